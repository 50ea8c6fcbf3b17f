"""Damages real media: cut, flipped, spliced, its boxes swapped, its numbers made absurd.

Others are whole and declare odd things: display matrices, colours, pixel ratios, transparency.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from typing import Any

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.stream import Disposition
from PIL import Image

from tests.places import SAMPLES

SOURCES = tuple(
    path
    for folder in ("downloads", "people")
    for path in sorted((SAMPLES / folder).rglob("*"))
    if path.suffix in (".mp4", ".m4a", ".jpg") and path.name != "not-a-video.mp4"
    if ".media_screen"
    not in path.parts  # what other tests enrolled: a seed would mean another file
)
ABSURD = (0, 1, 0x7F, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
# Boxes of MP4 that hold boxes, and boxes whose numbers tell sizes, lengths and places.
PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"edts", b"dinf")
NUMBERS = (b"mvhd", b"tkhd", b"mdhd", b"elst", b"stsd", b"stts", b"stss", b"stsc", b"stsz", b"stco",
           b"ctts", b"avcC", b"esds")  # fmt: skip

CUT_OFF = ("broken-download.mp4",)  # has no index, so nothing of it can be copied
# What an H.264 stream may declare of itself, by the names of FFmpeg's h264_metadata filter.
DECLARED = {
    "matrix_coefficients": range(-1, 256),
    "transfer_characteristics": range(-1, 256),
    "colour_primaries": range(-1, 256),
    "video_full_range_flag": range(-1, 2),
    "video_format": range(-1, 8),
}
LAYERED = (("png", "RGBA"), ("png", "LA"), ("png", "P"), ("png", "I;16"), ("webp", "RGBA"),
           ("tiff", "RGBA"), ("tiff", "CMYK"), ("tiff", "F"), ("gif", "P"), ("avif", "RGBA"),
           ("jpeg", "CMYK"))  # fmt: skip

Box = tuple[int, int, bytes]  # start, end, type


def damaged(chance: random.Random) -> tuple[str, str, bytes]:
    """Return (what was done, suffix, bytes) of a damaged copy of a sample."""
    source = chance.choice(SOURCES)
    data = source.read_bytes()
    way = chance.choice(WAYS)
    suffix = source.suffix if chance.random() < 0.9 else chance.choice([".jpg", ".mp3", ".webm"])
    return f"{way.__name__} of {source.name}", suffix, bytes(way(chance, bytearray(data)))


def declaring(chance: random.Random) -> tuple[str, str, bytes]:
    """Return a whole file whose declarations a player must make something of."""
    return chance.choice([_film, _picture])(chance)


def _film(chance: random.Random) -> tuple[str, str, bytes]:
    source = chance.choice(
        [path for path in SOURCES if path.suffix == ".mp4" and path.name not in CUT_OFF]
    )
    names = chance.sample(sorted(DECLARED), chance.randrange(1, len(DECLARED) + 1))
    options = {name: str(chance.choice(DECLARED[name])) for name in names}
    if chance.random() < 0.5:
        width, height = (chance.choice([1, 2, 10, 255, 65535]) for _ in range(2))
        options["sample_aspect_ratio"] = f"{width}/{height}"
    how = ":".join(f"{name}={value}" for name, value in options.items())
    file = io.BytesIO()
    with av.open(str(source)) as before, av.open(file, "w", format="mp4") as after:
        streams = {one.index: after.add_stream_from_template(one) for one in before.streams}
        picture = before.streams.video[0]
        change = BitStreamFilterContext(f"h264_metadata={how}", picture, streams[picture.index])
        for packet in before.demux():
            for one in change.filter(packet) if packet.stream is picture else [packet]:
                if one.size:
                    one.stream = streams[one.stream_index]
                    after.mux(one)
    return f"{how} in {source.name}", ".mp4", bytes(rematrixed(chance, bytearray(file.getvalue())))


def rematrixed(chance: random.Random, data: bytearray) -> bytearray:
    """Give each track another display matrix: turned, mirrored, leaning, squeezed or senseless."""
    for start, end, kind in boxes(bytes(data)):
        at = start + 8 + 40  # version and flags, times, number, length, layer, group, volume
        if kind == b"tkhd" and data[start + 8] == 0 and at + 36 <= end:
            unit = chance.choice([1, 1 << 16, 1 << 31])
            matrix = [
                chance.choice([-unit, 0, unit, chance.randrange(-unit, unit)]) for _ in "abcd"
            ]
            numbers = [max(-(1 << 31), min(number, (1 << 31) - 1)) for number in matrix]
            a, b, c, d = numbers
            struct.pack_into(">9i", data, at, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    return data


def _picture(chance: random.Random) -> tuple[str, str, bytes]:
    kind, mode = chance.choice(LAYERED)
    source = chance.choice([path for path in SOURCES if path.suffix == ".jpg"])
    image = Image.open(source).convert("RGBA").resize((96, 128))
    opacity = np.random.default_rng(chance.randrange(1 << 32)).integers(0, 256, (128, 96))
    image.putalpha(
        Image.fromarray(np.minimum(opacity * chance.choice([0, 1, 9]), 255).astype("u1"))
    )
    tags = Image.Exif()
    tags[0x0112] = chance.choice([*range(10), 65535])
    how: dict[str, Any] = {"exif": tags} if kind not in ("gif", "tiff") else {}
    if mode == "P":
        how["transparency"] = chance.randrange(256)
    image = image.convert("L").convert(mode) if mode in ("I;16", "F") else image.convert(mode)
    file = io.BytesIO()
    image.save(file, kind, **how)
    return f"{kind} in {mode} of {source.name}", f".{kind}", file.getvalue()


def boxes(data: bytes, start: int = 0, end: int | None = None) -> list[Box]:
    """Return the boxes of an MP4, those inside of others too; nothing for other formats."""
    end = len(data) if end is None else end
    found: list[Box] = []
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > end or not kind.isalnum():
            break
        found.append((start, start + size, kind))
        if kind in PARENTS:
            found += boxes(data, start + 8, start + size)
        start += size
    return found


def flipped(chance: random.Random, data: bytearray) -> bytearray:
    most = chance.choice([64, 4096, len(data)])
    for _ in range(chance.choice([1, 8, 64, 512])):
        data[chance.randrange(min(most, len(data)))] ^= 1 << chance.randrange(8)
    return data


def cut(chance: random.Random, data: bytearray) -> bytearray:
    return data[: chance.randrange(len(data))]


def beheaded(chance: random.Random, data: bytearray) -> bytearray:
    return data[chance.randrange(1, min(4096, len(data))) :]


def spliced(chance: random.Random, data: bytearray) -> bytearray:
    other = chance.choice(SOURCES).read_bytes()
    at = chance.randrange(min(len(data), len(other)))
    return data[:at] + other[at:]


def repeated(chance: random.Random, data: bytearray) -> bytearray:
    start = chance.randrange(len(data))
    block = data[start : start + chance.randrange(1, 1 << 16)]
    return data[:start] + block * chance.choice([2, 10]) + data[start:]


def swapped(chance: random.Random, data: bytearray) -> bytearray:
    """Exchange two boxes that don't lie in each other; sizes of what holds them may be wrong."""
    found = boxes(bytes(data))
    if len(found) < 2:
        return flipped(chance, data)
    (a, b, _), (c, d, _) = sorted(chance.sample(found, 2))
    if c < b:
        return data[:a] + data[c:d] + data[b:]  # the inner one takes the place of the outer
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def absurd(chance: random.Random, data: bytearray) -> bytearray:
    """Overwrite numbers of the boxes that tell sizes, lengths and places."""
    places = [box for box in boxes(bytes(data)) if box[2] in NUMBERS]
    for _ in range(chance.choice([1, 2, 5])):
        start, end, _ = chance.choice(places) if places else (0, min(len(data), 64), b"")
        at = (
            chance.randrange(start + 8, max(start + 9, end - 4))
            if places
            else chance.randrange(end)
        )
        struct.pack_into(">I", data, min(at, len(data) - 4), chance.choice(ABSURD))
    return data


def resized(chance: random.Random, data: bytearray) -> bytearray:
    """Let a box say that it is larger, smaller, endless, or of another kind."""
    found = boxes(bytes(data))
    if not found:
        return flipped(chance, data)
    start, end, _ = chance.choice(found)
    if chance.random() < 0.3:
        data[start + 4 : start + 8] = chance.choice([*PARENTS, *NUMBERS])
    else:
        size = chance.choice([*ABSURD, end - start + chance.randrange(-9, 9)])
        struct.pack_into(">I", data, start, size & 0xFFFFFFFF)
    return data


def nested(chance: random.Random, data: bytearray) -> bytearray:
    """Wrap the file's boxes into hundreds of others."""
    for _ in range(chance.choice([10, 200])):
        data = bytearray(struct.pack(">I4s", len(data) + 8, chance.choice(PARENTS))) + data
    return data


def remuxed(chance: random.Random, data: bytearray, form: str, *, tracks: int = 1) -> bytearray:
    """Copy the streams into another container, from a random time on, pictures `tracks` times."""
    out = io.BytesIO()
    try:
        with (
            av.open(io.BytesIO(bytes(data))) as given,
            av.open(out, "w", format=form, options={"fflags": "+bitexact"}) as made,
        ):
            used = [one for one in given.streams if one.type in ("video", "audio")]
            copies = {
                one.index: [
                    made.add_stream_from_template(one)
                    for _ in range(tracks if one.type == "video" else 1)
                ]
                for one in used
            }
            for track in (track for tracks in copies.values() for track in tracks):
                track.disposition = chance.choice([0, Disposition.default])
            start = chance.choice([0.0, chance.uniform(0, 95_443), 1e5])
            for packet in given.demux(used):
                if packet.dts is not None:
                    whole = bytes(packet)
                    for track in copies[packet.stream.index]:
                        copy = av.Packet(whole)
                        move = round(start / packet.time_base)
                        copy.pts, copy.dts = packet.pts + move, packet.dts + move
                        copy.time_base, copy.duration = packet.time_base, packet.duration
                        copy.is_keyframe, copy.stream = packet.is_keyframe, track
                        made.mux(copy)
    except (av.error.FFmpegError, ValueError, TypeError):
        return flipped(chance, data)  # a picture, or what the container does not hold
    return bytearray(out.getvalue())


def restarted(chance: random.Random, data: bytearray) -> bytearray:
    """Join transport streams whose clocks start anywhere."""
    return remuxed(chance, data, "mpegts") + remuxed(chance, data, "mpegts")


def misstated(chance: random.Random, data: bytearray) -> bytearray:
    """Let a Matroska file, of one or two picture tracks, say any length."""
    made = remuxed(chance, data, "matroska", tracks=chance.choice([1, 2]))
    at = made.find(b"\x44\x89\x88")
    if at >= 0:
        length = chance.choice([0.0, 1.0, -5e3, 8e3, 1e15, float("nan"), float("inf")])
        struct.pack_into(">d", made, at + 3, length)
    return made


WAYS: tuple[Callable[[random.Random, bytearray], bytearray], ...] = (
    flipped, cut, beheaded, spliced, repeated, swapped, absurd, absurd, resized, nested, rematrixed,
    restarted, misstated,
)  # fmt: skip
