"""Turns a picture into a 256-bit hash and a small descriptor of its coarse structure.

The hash follows PDQ (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
Algorithm", 2019): luma, 64 x 64, a 16 x 16 discrete cosine transform without its constant rows,
one bit a coefficient at the median. It is computed here in a few matrix products, by area
averaging in place of PDQ's two box filters, so hashes are close to PDQ's and not bit for bit PDQ's.

The descriptor keeps the 8 x 8 lowest coefficients as numbers. Two recordings of one person in one
studio have nearly the same hash; how the descriptor *changes* from moment to moment is what tells
a copy from another recording.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Bytes, Codes, Floats, Ints
from media_screen.media.convert import SMALL_SIDE, scaled_down

GRID = 64  # px; side of the luma picture that is transformed, as in PDQ
HASH_BYTES = 32  # 256 bits
DESCRIPTOR_SIDE = 8  # lowest cosine frequencies kept in each direction
DESCRIPTOR_SIZE = DESCRIPTOR_SIDE**2
FINE_SIDE = 16  # the same, for what a part of the picture is compared with
FINE_SIZE = FINE_SIDE**2
# Whitened coefficients of contrast-normalised pictures lie within about +-60: two steps for each
# unit use the range of a signed byte and leave movements of 1% of the contrast visible.
DESCRIPTOR_STEP = 2.0

# Regions that are hashed: all of the picture inside its borders, the part that a re-cut to another
# shape keeps (9:16 of a landscape picture, a square of a portrait one), and the middle 80%.
REGIONS = ("whole", "recut", "middle")
RECUT_SHAPE = 9 / 16  # width over height
MIDDLE_SHARE = 0.8  # of width and of height

# A line belongs to a border when this share of it is within BORDER_LEVELS of the border's colour:
# the rest may be a caption that is written into the bar.
BORDER_SHARE = 0.7
BORDER_EDGE_SHARE = 0.9  # the same for the outermost line
BORDER_END_SHARE = 0.5  # and at most this share two lines inside the picture
BORDER_LEVELS = 14  # of 256; low-rate encodes wobble by about half of it
# A picture says nothing when its grey levels span fewer than LEAST_RANGE or, spread to 64 levels,
# have less than LEAST_ENTROPY bits: black, noise on one colour, countdowns, cards and bars have 0
# to 4. Such pictures are the same in files that have nothing to do with one another.
LEAST_RANGE, LEAST_ENTROPY = 24.0, 4.0
LEAST_CONTENT = 0.25  # of width and of height; a "border" that leaves less is a dark scene
BOX_SLACK = 0.02  # of the side; borders found this close together are one border
BOX_AGREEMENT = 0.7  # share of the frames that must agree on a border

_GREYS = np.arange(256)  # all levels of 8 bits

Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of width and height
FULL: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Print:
    """Hash, hash of the mirrored picture, quality, descriptors, picture.

    The quality is PDQ's, 1 to 100, and 0 for a picture that says nothing (LEAST_ENTROPY).
    """

    hash: Bytes
    mirrored: Bytes
    quality: int
    descriptor: Codes
    fine: Codes
    thumb: Bytes  # GRID x GRID, grey


@functools.cache
def _cosines() -> Floats:
    """Return the 17 x 64 matrix of the lowest cosines, the constant one first."""
    order = np.arange(17)[:, None]
    place = np.arange(GRID)[None]
    waves = np.sqrt(2 / GRID) * np.cos(np.pi / GRID * order * (place + 0.5))
    return np.asarray(waves, dtype=np.float32)


@functools.cache
def whitening(side: int) -> Floats:
    """Return the weights that undo the 1/f fall of natural pictures' spectra; 0 for the mean."""
    order = np.arange(side, dtype=np.float32)
    return np.asarray(np.hypot(order[:, None], order[None]), dtype=np.float32)


@functools.cache
def mirror_signs() -> Floats:
    """Return the factors that turn a flat descriptor into that of the mirrored picture."""
    signs = np.where(np.arange(DESCRIPTOR_SIDE) % 2, -1.0, 1.0).astype(np.float32)
    return np.tile(signs, DESCRIPTOR_SIDE)


def fingerprint(grey: npt.NDArray[np.uint8]) -> Print:
    """Return the print of a grey picture of any size."""
    import cv2

    thumb = np.asarray(cv2.resize(grey, (GRID, GRID), interpolation=cv2.INTER_AREA), np.uint8)
    small = thumb.astype(np.float32)
    cosines = _cosines()
    spectrum = cosines @ small @ cosines.T
    wave = spectrum[1:, 1:]
    return Print(
        hash=_bits(wave),
        mirrored=_bits(wave * np.where(np.arange(1, 17) % 2, -1.0, 1.0)),
        quality=_quality(small) if _informative(thumb) else 0,
        descriptor=_descriptor(spectrum, float(small.std()), DESCRIPTOR_SIDE),
        fine=_descriptor(spectrum, float(small.std()), FINE_SIDE),
        thumb=thumb,
    )


def picture_of(descriptor: npt.NDArray[np.floating[Any]]) -> Floats:
    """Return the smooth GRID x GRID picture that a descriptor describes, without its mean."""
    side = math.isqrt(descriptor.size)
    weights = whitening(side)
    plain = descriptor.reshape(side, side) / np.where(weights > 0, weights, 1.0)
    # In the inverse transform constant terms count half.
    half = np.where(np.arange(side), 1.0, 0.5)
    cosines = _cosines()[:side]
    return np.asarray(cosines.T @ (plain * np.outer(half, half)) @ cosines, dtype=np.float32)


def describe(image: Floats) -> Floats:
    """Return the descriptor of a GRID x GRID picture as numbers, contrast as it is."""
    cosines = _cosines()[:DESCRIPTOR_SIDE]
    spectrum = cosines @ image @ cosines.T * whitening(DESCRIPTOR_SIDE)
    return np.asarray(spectrum, dtype=np.float32).ravel()


def _bits(wave: npt.NDArray[np.floating]) -> Bytes:
    flat = wave.ravel()
    middle = flat.size // 2
    # As `np.median`, which takes four times as long for so few numbers.
    below, above = np.partition(flat, (middle - 1, middle))[middle - 1 : middle + 1]
    return np.packbits(flat > (below + above) / 2)


def _quality(small: Floats) -> int:
    """Return PDQ's measure: the steps between neighbours in 1% of the range, summed, over 90.

    It is 1 at least.
    """
    steps = np.abs(np.diff(small, axis=0)).ravel(), np.abs(np.diff(small, axis=1)).ravel()
    total = sum(float(np.floor(step * (100 / 255)).sum()) for step in steps)
    return int(min(100.0, max(1.0, total / 90)))


def _informative(thumb: Bytes) -> bool:
    """Tell whether there is enough in a picture to know it by."""
    counts = np.bincount(thumb.ravel(), minlength=256)
    low, high = (_percentile(counts, share) for share in (0.01, 0.99))
    if high - low < LEAST_RANGE:
        return False
    levels = np.clip((_GREYS - low) * (63 / (high - low)), 0, 63).astype(np.int64)
    share = np.bincount(levels, weights=counts, minlength=64) / thumb.size
    share = share[share > 0]
    return bool(-(share * np.log2(share)).sum() >= LEAST_ENTROPY)


def _percentile(counts: Ints, share: float) -> float:
    """Return the grey level under which a share lies, between two as `np.percentile` has it."""
    place = share * (int(counts.sum()) - 1)
    rank = int(place)
    first, second = np.searchsorted(np.cumsum(counts), (rank, rank + 1), side="right")
    return float(first + (second - first) * (place - rank))


def _descriptor(spectrum: Floats, contrast: float, side: int) -> Codes:
    low = spectrum[:side, :side] * whitening(side)
    # Below about one grey level of contrast there is only noise to normalise.
    scaled = np.rint(low * (DESCRIPTOR_STEP / max(contrast, 1.0)))
    return np.asarray(np.clip(scaled, -127, 127), dtype=np.int8).ravel()


def to_grey(image: Bytes) -> Bytes:
    """Return the luma of an RGB picture, scaled down to SMALL_SIDE: hashes need no more."""
    import cv2

    small = scaled_down(image, SMALL_SIDE)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def content_box(grey: Bytes) -> Box:
    """Return the part of a picture inside borders of one colour; captions on them don't matter.

    Each side is walked inwards while the lines have the colour of the outermost one.
    """
    top, bottom = _borders(grey)
    left, right = _borders(grey[round(top * grey.shape[0]) : round(bottom * grey.shape[0])].T)
    return left, top, right, bottom


def settled_box(boxes: Sequence[Box]) -> Box:
    """Return the box that frames of one stretch of time agree on; sides in dispute are not cut.

    Bars stand still. What moves is a dark or plain part of the scene, and cutting there would
    shake the hash.
    """
    sides = np.array(boxes)
    middle = np.median(sides, axis=0)
    agree = np.mean(np.abs(sides - middle) <= BOX_SLACK, axis=0) >= BOX_AGREEMENT
    left, top, right, bottom = (
        float(edge) if sure else rest for edge, sure, rest in zip(middle, agree, FULL, strict=True)
    )
    if right - left < LEAST_CONTENT or bottom - top < LEAST_CONTENT:
        return FULL
    return left, top, right, bottom


def _borders(small: Bytes) -> tuple[float, float]:
    """Return where the content starts and ends down the rows, as shares of the height."""
    count = small.shape[0]
    first = _border_lines(small)
    last = _border_lines(small[::-1])
    if first + last >= count:
        return 0.0, 1.0
    # One line more than found: the line at the edge is a mixture of border and content.
    return (first + 1) / count if first else 0.0, 1.0 - (last + 1) / count if last else 1.0


def _border_lines(small: Bytes) -> int:
    colour = int(np.median(small[0]))
    like = np.mean(np.abs(small.astype(np.int16) - colour) <= BORDER_LEVELS, axis=1)
    inside = np.flatnonzero(like < BORDER_SHARE)
    if like[0] < BORDER_EDGE_SHARE or not inside.size:
        return 0
    first = int(inside[0])
    # A bar ends in a straight line. A plain wall ends where a head begins, and where that is
    # changes with every movement: cutting there would shake the hash.
    return first if like[min(first + 2, len(like) - 1)] < BORDER_END_SHARE else 0


def regions(grey: Bytes, box: Box) -> tuple[Bytes, ...]:
    """Return the pictures of REGIONS, in that order."""
    height, width = grey.shape
    left, right = round(box[0] * width), round(box[2] * width)
    top, bottom = round(box[1] * height), round(box[3] * height)
    whole = grey[top : max(bottom, top + 1), left : max(right, left + 1)]
    height, width = whole.shape
    shape = RECUT_SHAPE if width > height * 0.7 else 1.0
    recut = _middle(whole, min(width, round(height * shape)), min(height, round(width / shape)))
    middle = _middle(whole, round(width * MIDDLE_SHARE), round(height * MIDDLE_SHARE))
    return whole, recut, middle


def _middle(grey: Bytes, width: int, height: int) -> Bytes:
    width, height = max(1, width), max(1, height)
    top, left = (grey.shape[0] - height) // 2, (grey.shape[1] - width) // 2
    return grey[top : top + height, left : left + width]


def hamming(left: Bytes, right: Bytes) -> Ints:
    """Return the number of differing bits along the last axis."""
    return np.asarray(np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.int64))
