"""Tells media from other files by how they begin, without decoding anything.

It answers whether a player would take the file for a video or sound, whatever its name says; what
it can't place is "", which is no promise that nothing can play it.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Literal

from media_screen.files import open_regular
from media_screen.media.png import is_animated

# A stream plays: video, sound or moving pictures. A text holds nothing but characters.
Content = Literal["stream", "picture", "text", ""]

_HEAD = 4096  # bytes that are looked at; a transport stream shows itself within 800
_MOST_BOXES = 1000  # of an MP4 that are passed over in search of its index

_STREAMS = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF: WMV, WMA
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"\x00\x00\x01\xb3",  # MPEG video
    b"OggS",
    b"fLaC",
    b"ID3",
    b"#!AMR",
    b".RMF",
    b"caff",
    b".snd",  # AU
    b"TTA1",
    b"wvpk",  # WavPack
    b"nut/multimedia",
    b"DKIF",  # IVF
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01",  # MXF
    b"riff\x2e\x91\xcf\x11",  # Wave64
    b"\x0b\x77",  # AC-3
    b"\x1f\x07\x00",  # DV
    b"GIF8",  # may move, and no downloader writes a still one
)
_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURES = (
    b"\xff\xd8\xff",
    b"II*\x00",
    b"MM\x00*",
    b"\xff\x0a",  # JPEG XL
    b"\x00\x00\x00\x0cJXL ",
    b"\x00\x00\x00\x0cjP  ",
)
_FORMS = {b"AVI ": "stream", b"WAVE": "stream", b"AIFF": "stream", b"AIFC": "stream"}
_FIRST_BOXES = frozenset(
    (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"uuid")
)
_PACKET = 188  # bytes of a packet of a transport stream; M2TS has four more before each
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")


def recognise(path: Path) -> Content:
    """Return what a regular file holds, by its content alone; raises OSError."""
    with open_regular(path) as stream:
        head = stream.read(_HEAD)
        if head[4:8] in _FIRST_BOXES:
            return _boxed(stream)
        if head.startswith(_PNG):
            return "stream" if is_animated(stream) else "picture"
    if head.startswith(_STREAMS) or _is_transport(head) or _is_frame_of_sound(head):
        return "stream"
    if head.startswith(_PICTURES) or (head[:2] == b"BM" and head[6:10] == bytes(4)):
        return "picture"
    if head[:4] in (b"RIFF", b"RF64", b"RIFX", b"FORM"):
        if head[8:12] == b"WEBP":
            moves = head[12:16] == b"VP8X" and len(head) > 20 and head[20] & 2
            return "stream" if moves else "picture"
        return "stream" if head[8:12] in _FORMS else ""
    return "text" if _is_text(head) else ""


def _boxed(stream: BinaryIO) -> Content:
    """Return what a file made of boxes holds: a stream needs its index, wherever it stands.

    The brand at the start says nothing: any may be written there.
    """
    size = stream.seek(0, 2)
    position, still = 0, False
    for _ in range(_MOST_BOXES):
        stream.seek(position)
        header = stream.read(16)
        if len(header) < 8:
            return "picture" if still else ""
        length, kind = struct.unpack(">I4s", header[:8])
        if kind == b"moov":
            return "stream"
        still |= kind == b"meta"
        if length == 1 and len(header) == 16:
            (length,) = struct.unpack(">Q", header[8:])
        elif length == 0:
            length = size - position
        if length < 8:
            return "picture" if still else ""
        position += length
    return "stream"


def _is_transport(head: bytes) -> bool:
    """Tell whether four packets of a transport stream follow one another, from any byte on."""
    for packet in (_PACKET, _PACKET + 4):
        for start in range(min(packet, len(head))):
            if head[start : start + 3 * packet + 1 : packet] == b"G" * 4:
                return True
    return False


def _is_frame_of_sound(head: bytes) -> bool:
    """Tell whether a file begins with a frame of MPEG audio or of AAC."""
    if len(head) < 4 or head[0] != 0xFF:
        return False
    if head[1] & 0xF6 == 0xF0:  # AAC, of layer 0
        return (head[2] >> 2) & 15 < 13
    layer = (head[1] >> 1) & 3
    return head[1] & 0xE0 == 0xE0 and layer in (1, 2) and head[2] >> 4 not in (0, 15)


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # of UTF-16
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) < _HEAD:  # else a character cut in two
            return False
    return not _CONTROLS.intersection(head)
