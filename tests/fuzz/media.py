"""Damages real media: cut, flipped, spliced, its boxes swapped, its numbers made absurd."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

SAMPLES = Path(__file__).parent.parent.parent / "samples"
SOURCES = tuple(
    path
    for folder in ("downloads", "people")
    for path in sorted((SAMPLES / folder).rglob("*"))
    if path.suffix in (".mp4", ".m4a", ".jpg") and path.name != "not-a-video.mp4"
)
ABSURD = (0, 1, 0x7F, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
# Boxes of MP4 that hold boxes, and boxes whose numbers tell sizes, lengths and places.
PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"edts", b"dinf")
NUMBERS = (b"mvhd", b"tkhd", b"mdhd", b"elst", b"stsd", b"stts", b"stss", b"stsc", b"stsz", b"stco",
           b"ctts", b"avcC", b"esds")  # fmt: skip

Box = tuple[int, int, bytes]  # start, end, type


def damaged(chance: random.Random) -> tuple[str, str, bytes]:
    """Return (what was done, suffix, bytes) of a damaged copy of a sample."""
    source = chance.choice(SOURCES)
    data = source.read_bytes()
    way = chance.choice(WAYS)
    suffix = source.suffix if chance.random() < 0.9 else chance.choice([".jpg", ".mp3", ".webm"])
    return f"{way.__name__} of {source.name}", suffix, bytes(way(chance, bytearray(data)))


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


WAYS: tuple[Callable[[random.Random, bytearray], bytearray], ...] = (
    flipped, cut, beheaded, spliced, repeated, swapped, absurd, absurd, resized, nested,
)  # fmt: skip
