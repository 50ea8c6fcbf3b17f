"""Reads how a PNG begins: whether browsers play it, and whether others show another picture.

FFmpeg takes an animation for a still where the chunk that announces it comes after some metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from media_screen.media.source import Openable

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ANIMATION, _FRAME, _PICTURE = b"acTL", b"fcTL", b"IDAT"
# Chunks that are looked at: ordinary files have a dozen before the picture. What has more may be
# animated, and FFmpeg, which reads all of them, finds out.
MOST_CHUNKS = 10_000


def is_animated(file: BinaryIO) -> bool:
    """Tell whether a file is an animated PNG, or may be one."""
    return _ANIMATION in _before_picture(file)


def has_own_still(file: Openable) -> bool:
    """Tell whether viewers that play no animation show a picture that is none of its frames."""
    with file.open("rb") as stream:
        names = _before_picture(stream)
    return _ANIMATION in names and _FRAME not in names


def _before_picture(file: BinaryIO) -> set[bytes]:
    """Return the names of the chunks before the picture; for too many that of an animation, too."""
    names: set[bytes] = set()
    for number, name in enumerate(_chunks(file)):
        if name == _PICTURE:
            return names
        names.add(name if number < MOST_CHUNKS else _ANIMATION)
        if number == MOST_CHUNKS:
            return names
    return names


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        return
    while len(head := file.read(8)) == 8:
        yield head[4:]
        file.seek(int.from_bytes(head[:4], "big") + 4, 1)  # and the checksum
