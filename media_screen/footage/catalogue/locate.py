"""Finds where in a picture another one lies: insets, odd borders and off-centre crops.

The small pictures of query and reference are slid over each other at many scales (normalised
cross-correlation; Lewis, "Fast normalized cross-correlation", 1995). People who talk stand still
enough for that without knowing the moments. What is found is only a proposal: whether the part
then *moves* like the reference is what `catalogue.align` measures.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from media_screen.arrays import Bytes, Doubles, Flags, Floats
from media_screen.footage.catalogue.align import Mapping, Series
from media_screen.footage.fingerprint import Fingerprint, picture
from media_screen.footage.fingerprint.picture import Box

SIDE = 64  # px, longest side of the pictures that are slid over each other
LEAST_SCALE = 0.3  # of the larger picture's side; smaller insets have too few pixels
SCALE_STEP = 1.09
LEAST_CORRELATION = 0.55
MOST_QUERY, MOST_REFERENCE = 3, 4  # pictures tried
MOST_PLACES = 5
# A frame shows the reference's picture in another frame (a zoom, borders that come and go) when the
# two correlate so well and one fills so much of the other's side: a small part of a picture finds
# something like it anywhere. At most MOST_REFRAMED frames of a file are asked.
SAME_PICTURE, LEAST_FRAME, MOST_REFRAMED = 0.93, 0.6, 200
PLAIN_LEVELS = 16  # grey levels between the darkest and the lightest pixel of one colour
SMOOTH_PX = 2.0  # a fine descriptor holds waves of 8 px of a GRID picture
LOCATED = "located"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one picture lies in the other.

    `box` is in the query's picture for an inset (the whole reference is in it), in the reference's
    picture for a crop.
    """

    correlation: float
    inset: bool
    box: Box
    mirrored: bool


def places(query: Fingerprint, reference: Fingerprint) -> list[Place]:
    """Return the likeliest places, best first, at most MOST_PLACES."""
    found: list[Place] = []
    theirs = [_shaped(reference, row, False) for row in _rows(reference, MOST_REFERENCE)]
    for row in _rows(query, MOST_QUERY):
        for mirrored in (False, True):
            mine = _shaped(query, row, mirrored)
            for other in theirs:
                found += [
                    Place(score, inset, _unmirrored(box, mirrored and inset), mirrored)
                    for inset, (score, box) in (
                        (True, _slide(other, mine)),
                        (False, _slide(mine, other)),
                    )
                    if score >= LEAST_CORRELATION
                ]
    found.sort(key=lambda place: -place.correlation)
    kept: list[Place] = []
    for place in found:
        if len(kept) < MOST_PLACES and not any(_same(place, other) for other in kept):
            kept.append(place)
    return kept


def located(
    place: Place, query: Fingerprint, reference: Fingerprint, *, plain: bool
) -> tuple[Series, Series] | None:
    """Return the series of query and reference that show the same part; None without pictures.

    The query's is not mirrored: that is left to the alignment. Pictures that say nothing are only
    compared with `plain`, where the sound is known to be the same: two countdowns are alike in all
    their parts.
    """
    known = (reference.quality[:, 0] > 0) | plain
    moments = reference.times[known].astype(np.float64)
    if not place.inset:
        told = (query.quality[:, 0] > 0) | plain
        times, mine = query.times[told], query.pictures[told, 0].astype(np.float32)
        theirs = part_of(reference.fine[known].astype(np.float32), place.box)
    else:
        parts = [picture.fingerprint(_cut(thumb, place.box)) for thumb in query.thumbs]
        told = np.array([part.quality > 0 for part in parts], bool) | plain
        times = query.thumb_times[told]
        mine = np.array([part.descriptor for part in parts], dtype=np.float32)[told]
        theirs = reference.pictures[known, 0].astype(np.float32)
    if not len(times) or not len(moments):
        return None
    return Series(times.astype(np.float64), mine), Series(moments, theirs)


def reframed(
    query: Fingerprint,
    reference: Fingerprint,
    mapping: Mapping,
    times: Doubles,
    *,
    mirrored: bool,
) -> Flags:
    """Tell of some frames that look otherwise which show the same picture in another frame."""
    same = np.zeros(len(times), bool)
    if not len(query.thumb_times) or not len(reference.thumb_times):
        return same
    for place in range(min(len(times), MOST_REFRAMED)):
        row = int(np.abs(query.thumb_times - times[place]).argmin())
        time_s = float(mapping(times[place : place + 1])[0])
        there = int(np.abs(reference.times - time_s).argmin())
        shape = float(reference.thumb_shapes[np.abs(reference.thumb_times - time_s).argmin()])
        theirs = _in_shape(picture.picture_of(reference.fine[there].astype(np.float32)), shape)
        if np.ptp(query.thumbs[row]) < PLAIN_LEVELS:
            continue  # one colour correlates with anything
        smooth = _smooth(query.thumbs[row])
        mine = _in_shape(smooth[:, ::-1] if mirrored else smooth, float(query.thumb_shapes[row]))
        for score, box in (_slide(theirs, mine), _slide(mine, theirs)):
            large = max(box[2] - box[0], box[3] - box[1]) >= LEAST_FRAME
            same[place] |= large and score >= SAME_PICTURE
    return same


def _smooth(thumb: Bytes) -> Floats:
    import cv2

    return np.asarray(cv2.GaussianBlur(thumb.astype(np.float32), (0, 0), SMOOTH_PX), np.float32)


def part_of(fine: Floats, box: Box) -> Floats:
    """Return the descriptors of a part of pictures from the fine descriptors of the whole.

    A descriptor is a smooth picture in cosines; its part is again a sum of cosines, found by one
    matrix for rows and one for columns.
    """
    side, small = picture.FINE_SIDE, picture.DESCRIPTOR_SIDE
    weights = picture.whitening(side)
    across, down = _part_matrix(box[0], box[2]), _part_matrix(box[1], box[3])
    plain = fine.reshape(-1, side, side) / np.where(weights > 0, weights, 1.0)
    part = np.einsum("ij,njk,lk->nil", down, plain, across, optimize=True)
    shown = (part * picture.whitening(small)).reshape(-1, small * small)
    return np.asarray(shown, dtype=np.float32)


@functools.lru_cache(maxsize=256)
def _part_matrix(start: float, end: float) -> Doubles:
    """Return how the cosines of a whole line add up to those of its part."""
    count = picture.GRID
    order = np.arange(picture.FINE_SIDE)[:, None]
    place = (np.arange(count) + 0.5) / count
    inner = np.cos(np.pi * order[: picture.DESCRIPTOR_SIDE] * place) * (2.0 / count)
    # In the inverse transform the constant term counts half.
    outer = np.cos(np.pi * order * (start + (end - start) * place)) * np.where(order, 1.0, 0.5)
    return np.asarray(inner @ outer.T)


def _rows(fingerprint: Fingerprint, most: int) -> list[int]:
    count = len(fingerprint.thumbs)
    return sorted({int(row) for row in np.linspace(0, count - 1, min(count, most))})


def _shaped(fingerprint: Fingerprint, row: int, mirrored: bool) -> Bytes:
    """Return a small picture in its true shape, SIDE px long."""
    thumb = fingerprint.thumbs[row]
    thumb = np.ascontiguousarray(thumb[:, ::-1]) if mirrored else thumb
    return np.asarray(_in_shape(thumb, fingerprint.thumb_shapes[row]), dtype=np.uint8)


def _in_shape(square: Bytes | Floats, shape: float) -> Any:
    """Return a squeezed picture in its true shape (width over height), SIDE px long."""
    import cv2

    shape = min(4.0, max(0.25, float(shape)))
    size = (SIDE, round(SIDE / shape)) if shape > 1 else (round(SIDE * shape), SIDE)
    return cv2.resize(np.ascontiguousarray(square), size, interpolation=cv2.INTER_LINEAR)


def _slide(small: Bytes | Floats, large: Bytes | Floats) -> tuple[float, Box]:
    """Return (correlation, box in `large`) of the best place and scale for `small`."""
    import cv2

    height, width = large.shape
    most = min(width / small.shape[1], height / small.shape[0])
    best = (-1.0, picture.FULL)
    scale = most
    while (
        scale > most * 0.2
        and max(small.shape[1] * scale / width, small.shape[0] * scale / height) >= LEAST_SCALE
    ):
        size = max(8, round(small.shape[1] * scale)), max(8, round(small.shape[0] * scale))
        if size[0] <= width and size[1] <= height:
            template = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
            score = cv2.matchTemplate(large, template, cv2.TM_CCOEFF_NORMED)
            _, top, _, (left, upper) = cv2.minMaxLoc(score)
            if np.isfinite(top) and top > best[0]:
                box = (
                    left / width,
                    upper / height,
                    (left + size[0]) / width,
                    (upper + size[1]) / height,
                )
                best = (float(top), box)
        scale /= SCALE_STEP
    return best


def _cut(thumb: Bytes, box: Box) -> Bytes:
    import cv2

    side = picture.GRID
    left, top, right, bottom = (edge * side for edge in box)
    matrix = np.array(
        [[side / (right - left), 0, 0], [0, side / (bottom - top), 0]], dtype=np.float64
    )
    # Pixel centres: the middle of the first pixel of the part is half of its step inside.
    matrix[0, 2] = -left * matrix[0, 0] + 0.5 * matrix[0, 0] - 0.5
    matrix[1, 2] = -top * matrix[1, 1] + 0.5 * matrix[1, 1] - 0.5
    return np.asarray(cv2.warpAffine(thumb, matrix, (side, side)), dtype=np.uint8)


def _unmirrored(box: Box, mirrored: bool) -> Box:
    return (1 - box[2], box[1], 1 - box[0], box[3]) if mirrored else box


def _same(place: Place, other: Place) -> bool:
    return (
        place.inset == other.inset
        and place.mirrored == other.mirrored
        and max(abs(a - b) for a, b in zip(place.box, other.box, strict=True)) < 0.06
    )
