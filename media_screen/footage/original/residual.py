"""Measures how far parts of a face differ from the original, against the rest of the same frames.

Whatever coding, blur, a filter or half a frame of time makes of a picture, it makes of all of it.
So what two pictures that lie over one another differ by is explained, outside of the heads, by what
is there (noise, detail, movement), and the parts of a face are asked by how much they differ more.
It is done in three bands of frequencies that are set by the width of the face, each on a canvas of
its own size, so that faces of all sizes are measured alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from media_screen.arrays import Bytes, Doubles, Flags, Floats, Image
from media_screen.faces.align import REFERENCE, face_px, similarity
from media_screen.footage.original.laid_over import Box, laid_over, local_detail, patches
from media_screen.footage.original.overlay import COARSE_PX, FINE_PX, band, grey, heads
from media_screen.footage.original.pairs import FramePair, PairedWindow

Region = Literal["face", "mouth", "eyes", "brow"]
REGIONS: tuple[Region, ...] = get_args(Region)
# Ellipses in the upright crop of 256 px: left, top, right, bottom.
_PLACES: Mapping[Region, tuple[int, int, int, int]] = {
    "face": (58, 60, 198, 222),
    "mouth": (84, 150, 172, 214),
    "eyes": (62, 84, 194, 128),
    "brow": (66, 58, 190, 100),
}
# Width of the face, px, on the canvas of each band: fine, middle, coarse.
BANDS_PX = (80.0, 33.0, 13.0)
MIDDLE = 1
FINE, COARSE = 1.0, 2.5  # of the Gaussians of a band, px of its canvas
SPREAD = 5  # px over which energies are averaged
# Share of the canvas outside of heads from which that explains the faces; of a close-up all does.
LEAST_AROUND = 0.05
LEAST_SAMPLES, MOST_SAMPLES = 100, 6000  # px outside of heads that explain the difference
# What coding makes of a picture at least: grey levels squared of noise, a share of its detail, and
# of its movement to the next frame. A still studio background of a good copy has less, and a face
# in front of it moves.
LEAST_EXPLAINED = (1.0, 0.02, 0.05)
# And at most: detail can be lost, and a moment be missed by one frame; coding makes no more. With
# more, a picture that stands still explains a mouth that moves.
MOST_EXPLAINED = (np.inf, 1.0, 1.0)
OUTLIER = 5.0  # times what is explained, from which a sample hardly counts
FITS = 12  # rounds of the fit
# A change that reaches out of the head lies over the picture: a caption, a logo, a hand.
CHANGED, CHANGED_LEAST = 12.0, 40.0  # times what is explained, and grey levels squared
REACHES_OUT = 0.35  # share of a changed patch that lies outside of the head
# Detail of a patch (grey levels, median) from which it is letters. Of forged mouths and faces of 69
# files none had more than 28; captions over a chin had 32 to 54.
LETTERS = 30.0
# Change of a patch from pair to pair, for all that it shows, up to which it stands still in the
# file; and how many times as much the original changes there.
STANDS, MOVES = 0.15, 3.0
BANNER = 0.3  # of its hull that a patch fills, from which all of that is one thing
SEAM = 0.08  # of a face's width at the edge of the picture, where what lies beyond mixes in
HEAD = 0.8  # of the ellipse of a head
TONE_SAMPLES, TONE_BLUR_PX, TONE_FITS = 2000, 1.5, 10
GAINS = (0.25, 1.3)  # least and most detail of the file for what the original has


@dataclass(frozen=True, slots=True)
class Residual:
    """How far one part of a face differs in one window, each number a median over its frames.

    `excess` is the natural log of the difference for what the rest of the frames explains, by band
    (fine, middle, coarse; NaN where nothing was measured), `relative` that for the detail of both
    pictures there. `open` is the share of the part that nothing covers, 0 to 1. `frames` is the
    excess of the middle band in each pair in which the face is seen.
    """

    excess: tuple[float, float, float]
    relative: tuple[float, float, float]
    open: float
    frames: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class _Shades:
    """Brightness of the pictures of a pair, the original's as the file shows colours."""

    picture: Floats
    original: Floats
    after: Floats


@dataclass(frozen=True, eq=False)
class _Over:
    """What lies over a picture, or is new in it, and how much detail (grey levels) is where."""

    mask: Flags
    detail: Floats


@dataclass(frozen=True, eq=False)
class _Energies:
    """Of one pair in one band: the difference, the detail of both, the original's movement."""

    difference: Floats
    file: Floats
    original: Floats
    movement: Floats


def residuals(window: PairedWindow, track: int) -> Mapping[Region, Residual]:
    """Return how far the parts of a face differ; empty where it is not seen often enough."""
    pairs = [pair for pair in window.pairs if track in pair.faces]
    if not pairs:
        return {}
    inside = window.covered
    tone = _tone([pair.picture for pair in pairs], [pair.original for pair in pairs], inside)
    shades = [_shades(one, tone, inside) for one in pairs]
    over = [_over(one, inside) for one in shades]
    # What lies over the rest would explain any difference of a face.
    outside = [
        inside & ~heads(inside.shape, pair.faces.values()) & ~covered.mask
        for pair, covered in zip(pairs, over, strict=True)
    ]
    if np.mean([mask.mean() for mask in outside]) < LEAST_AROUND:
        outside = [inside & ~covered.mask for covered in over]
    faces = [pair.faces[track] for pair in pairs]
    width = float(np.median([face_px(points) for points in faces]))
    bands = [_measured(shades, outside, min(1.0, px / width)) for px in BANDS_PX]
    hidden = [
        changed | _not_of_a_face(covered, points)
        for changed, covered, points in zip(
            _changed_beyond(bands[MIDDLE], inside, faces), over, faces, strict=True
        )
    ]
    return {region: _residual(region, bands, faces, inside, hidden) for region in REGIONS}


def _shades(pair: FramePair, tone: Doubles, inside: Flags) -> _Shades:
    """Return a pair in shades of the file; where it does not reach, nothing differs."""
    original = _toned(pair.original, tone)
    picture = np.where(inside, grey(pair.picture), original)
    return _Shades(picture, original, _toned(pair.after, tone))


def _over(one: _Shades, inside: Flags) -> _Over:
    mine, theirs = (band(picture, FINE_PX, COARSE_PX) for picture in (one.picture, one.original))
    # That both pictures lie in the same place was settled when the window was laid.
    return _Over(laid_over(mine, theirs, inside, most=1.0), local_detail(mine))


# --- bands ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Band:
    """One band of all pairs: what differs, and what of that the rest of the frames explains."""

    scale: float  # of its canvas
    pictures: Sequence[tuple[Floats, Floats]]  # the band of file and original
    energies: Sequence[_Energies]
    explained: Sequence[Floats]


def _measured(shades: Sequence[_Shades], outside: Sequence[Flags], scale: float) -> _Band | None:
    """Return a band, None where too little lies outside of the heads to explain anything."""
    small = [_scaled_mask(mask, scale) for mask in outside]
    bands = [
        tuple(band(_scaled(picture, scale), FINE, COARSE) for picture in pictures)
        for pictures in ((one.picture, one.original, one.after - one.original) for one in shades)
    ]
    gain = _gain(bands, small)
    energies = [
        _Energies(
            _averaged((file - gain * original) ** 2),
            _averaged(file**2),
            _averaged((gain * original) ** 2),
            _averaged((gain * movement) ** 2),
        )
        for file, original, movement in bands
    ]
    difference, detail, movement = (
        _samples([getattr(one, name) for one in energies], small)
        for name in ("difference", "original", "movement")
    )
    if len(difference) < LEAST_SAMPLES:
        return None
    shares = _explanation(difference, detail, movement)
    explained = [
        np.asarray(shares[0] + shares[1] * one.original + shares[2] * one.movement, np.float32)
        for one in energies
    ]
    pictures = [(file, original) for file, original, _ in bands]
    return _Band(scale, pictures, energies, explained)


def _scaled(picture: Floats, scale: float) -> Floats:
    import cv2

    if scale >= 1.0:
        return picture
    return np.asarray(
        cv2.resize(picture, _size(picture.shape, scale), interpolation=cv2.INTER_AREA), np.float32
    )


def _scaled_mask(mask: Flags, scale: float) -> Flags:
    import cv2

    size = _size(mask.shape, scale)
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small > 0.99)


def _size(shape: tuple[int, ...], scale: float) -> tuple[int, int]:
    return max(8, round(shape[1] * scale)), max(8, round(shape[0] * scale))


def _averaged(energy: Floats) -> Floats:
    import cv2

    return np.asarray(cv2.blur(energy, (SPREAD, SPREAD)), np.float32)


def _samples(pictures: Sequence[Floats], masks: Sequence[Flags]) -> Floats:
    """Return up to MOST_SAMPLES values of the pictures where the masks allow, evenly spread."""
    values = np.concatenate([one[mask] for one, mask in zip(pictures, masks, strict=True)])
    return values[:: max(1, len(values) // MOST_SAMPLES)]


def _gain(bands: Sequence[tuple[Floats, ...]], masks: Sequence[Flags]) -> float:
    """Return how much of the original's detail the file has, by what lies outside of heads."""
    file, original = (_samples([one[side] for one in bands], masks) for side in (0, 1))
    weight = np.ones(len(file))
    gain = 1.0
    for _ in range(4):
        power = float((weight * original * original).sum())
        if power < 1e-3:
            return 1.0
        gain = float(np.clip((weight * file * original).sum() / power, *GAINS))
        error = np.abs(file - gain * original)
        usual = 2.0 * float(np.quantile(error, 0.6)) + 0.5
        weight = 1.0 / (1.0 + (error / usual) ** 2)
    return gain


def _explanation(difference: Floats, detail: Floats, movement: Floats) -> Doubles:
    """Return what explains the difference: a constant, and shares of detail and movement.

    None is negative; what differs much more than is explained hardly counts. The steps multiply, as
    in non-negative matrix factorisation (Lee and Seung, 2001).
    """
    columns = np.stack([np.ones_like(difference), detail, movement], axis=1).astype(np.float64)
    target = difference.astype(np.float64)
    shares = np.array([float(np.quantile(target, 0.3)) + 0.05, 0.05, 0.05])
    for _ in range(FITS):
        explained = columns @ shares + 1e-3
        excess = np.maximum(target / explained, 1e-9)
        weight = np.minimum(1.0, (OUTLIER / excess) ** 3) / explained**2
        wanted = (columns * (weight * target)[:, None]).sum(axis=0)
        given = (columns * (weight * explained)[:, None]).sum(axis=0) + 1e-12
        shares = np.clip(shares * np.clip(wanted / given, 0.3, 3.0), 1e-6, MOST_EXPLAINED)
    return np.asarray(np.maximum(shares, LEAST_EXPLAINED), np.float64)


# --- parts of a face -----------------------------------------------------------------------------


def _residual(
    region: Region,
    bands: Sequence[_Band | None],
    faces: Sequence[Floats],
    inside: Flags,
    hidden: Sequence[Flags],
) -> Residual:
    excess, relative, frames = [], [], [float("nan")] * len(faces)
    parts = [_part(region, points, inside.shape) for points in faces]
    sure = _shrunk(inside, face_px(faces[0]) * SEAM)
    left = [part & sure & ~patch for part, patch in zip(parts, hidden, strict=True)]
    for number, one in enumerate(bands):
        values = [] if one is None else list(_of_frames(one, left))
        excess.append(_middle([value[0] for value in values]))
        relative.append(_middle([value[1] for value in values]))
        if number == MIDDLE and values:
            frames = [value[0] for value in values]
    shares = [a.sum() / max(1, b.sum()) for a, b in zip(left, parts, strict=True)]
    return Residual(_three(excess), _three(relative), float(np.median(shares)), tuple(frames))


def _shrunk(inside: Flags, by_px: float) -> Flags:
    """Return what of the canvas lies so far from the edge of the file's picture."""
    import cv2

    side = 2 * round(by_px) + 1
    framed = cv2.erode(inside.astype(np.uint8), np.ones((side, side), np.uint8))
    return np.asarray(framed > 0)


def _middle(values: Sequence[float]) -> float:
    """Return the median of what was measured, NaN for nothing."""
    told = [value for value in values if not np.isnan(value)]
    return float(np.median(told)) if told else float("nan")


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    fine, middle, coarse = values
    return fine, middle, coarse


def _of_frames(one: _Band, left: Sequence[Flags]) -> Iterable[tuple[float, float]]:
    """Give excess and relative difference of a part in each frame, NaN where it is covered."""
    for energies, explained, mask in zip(one.energies, one.explained, left, strict=True):
        part = _scaled_mask(mask, one.scale)
        if part.sum() < 4:
            yield float("nan"), float("nan")
            continue
        found = float(energies.difference[part].sum()) + 1e-6
        detail = float(energies.file[part].sum() + energies.original[part].sum())
        yield (
            float(np.log(found / float(explained[part].sum()))),
            float(np.log(found / (detail + 2.0 * part.sum()))),
        )


def _part(region: Region, points: Floats, shape: tuple[int, ...]) -> Flags:
    """Return where a part of a face lies on the canvas."""
    import cv2

    left, top, right, bottom = _PLACES[region]
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack(
        [
            (left + right) / 2 + (right - left) / 2 * np.cos(turns),
            (top + bottom) / 2 + (bottom - top) / 2 * np.sin(turns),
        ],
        axis=1,
    )
    matrix = cv2.invertAffineTransform(similarity(points, REFERENCE))
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(ring @ matrix[:, :2].T + matrix[:, 2]).astype(np.int32)], 1)
    return np.asarray(mask > 0)


def _changed_beyond(one: _Band | None, inside: Flags, faces: Sequence[Floats]) -> list[Flags]:
    """Return the changed patches of each picture that reach out of the head, or stand still."""
    import cv2

    if one is None:
        return [np.zeros_like(inside)] * len(faces)
    result = []
    size = inside.shape[1], inside.shape[0]
    pairs = zip(one.energies, one.explained, faces, strict=True)
    for number, (energies, explained, points) in enumerate(pairs):
        changed = (energies.difference > CHANGED * explained) & (
            energies.difference > CHANGED_LEAST
        )
        changed &= _scaled_mask(inside, one.scale)
        closed = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3)))
        head = _scaled_mask(heads(inside.shape, [points], HEAD), one.scale)
        over = np.zeros(changed.shape, np.uint8)
        for box, patch in patches(np.asarray(closed, np.uint8)):
            if _reaches_out(patch, head[box]) or _stands(one, number, patch, box):
                over[box] |= _filled(patch)
        wider = cv2.dilate(over, np.ones((3, 3)))
        result.append(np.asarray(cv2.resize(wider, size, interpolation=cv2.INTER_NEAREST) > 0))
    return result


def _not_of_a_face(over: _Over, points: Floats) -> Flags:
    """Return the letters that lie over a picture, and what reaches out of the head.

    The rest may be a new mouth.
    """
    head = heads(over.mask.shape, [points], HEAD)
    hidden = np.zeros_like(over.mask)
    for box, patch in patches(over.mask):
        if _reaches_out(patch, head[box]) or np.median(over.detail[box][patch]) > LETTERS:
            hidden[box] |= patch
    return hidden


def _reaches_out(patch: Flags, head: Flags) -> bool:
    """Tell whether so much of a patch lies outside of the head that it is no part of a face."""
    return bool((patch & ~head).sum() > REACHES_OUT * patch.sum())


def _stands(one: _Band, pair: int, patch: Flags, box: Box) -> bool:
    """Tell whether a patch stands still in the file while the original moves: letters do."""
    near = pair + 1 if pair + 1 < len(one.pictures) else pair - 1
    if near < 0:
        return False
    changes = []
    for side in (0, 1):
        now, then = (one.pictures[number][side][box][patch] for number in (pair, near))
        power = float((now * now + then * then).sum())
        changes.append(float(((now - then) ** 2).sum()) / max(power, 1e-3))
    file, original = changes
    return file < STANDS and original > MOVES * max(file, STANDS / MOVES)


def _filled(patch: Flags) -> Bytes:
    """Return a patch with what lies between its letters, or inside of a plain banner."""
    import cv2

    rows, columns = np.nonzero(patch)
    ring = cv2.convexHull(np.stack([columns, rows], axis=1).astype(np.int32))
    hull = np.zeros(patch.shape, np.uint8)
    cv2.fillConvexPoly(hull, ring, 1)
    full = patch.sum() >= BANNER * hull.sum()
    return hull if full else patch.astype(np.uint8)


# --- colour --------------------------------------------------------------------------------------


def _tone(pictures: Sequence[Image], originals: Sequence[Image], inside: Flags) -> Doubles:
    """Return how the file's brightness follows from the original's colours: a robust polynomial.

    Filters, grey copies, gamma and contrast are such maps; a changed face is an outlier to it.
    """
    import cv2

    rng = np.random.default_rng(0)
    rows, columns = np.nonzero(inside)
    picked = rng.choice(len(rows), min(TONE_SAMPLES, len(rows)), replace=False)
    rows, columns = rows[picked], columns[picked]
    step = max(1, len(pictures) // 4)
    mine, theirs = [], []
    for picture, original in zip(pictures[::step], originals[::step], strict=True):
        blurred = cv2.GaussianBlur(original, (0, 0), TONE_BLUR_PX)
        mine.append(cv2.GaussianBlur(grey(picture), (0, 0), TONE_BLUR_PX)[rows, columns])
        theirs.append(blurred[rows, columns])
    target = np.concatenate(mine).astype(np.float64)
    terms = _terms(np.concatenate(theirs))
    calm = np.diag([1e-6] + [1e-4] * (terms.shape[1] - 1)) * len(target)
    weight = np.ones(len(target))
    tone = np.zeros(terms.shape[1])
    for _ in range(TONE_FITS):
        weighted = terms * weight[:, None]
        tone = np.linalg.solve(weighted.T @ terms + calm, weighted.T @ target)
        error = np.abs(target - terms @ tone)
        usual = max(1.0, 1.5 * float(np.median(error)))
        weight = 1.0 / (1.0 + (error / (2 * usual)) ** 2) ** 2
    return np.asarray(tone)


def _terms(colours: Image) -> Doubles:
    """Return the terms of the polynomial for each colour, as columns."""
    red, green, blue = (colours[..., channel].astype(np.float64) / 255 for channel in range(3))
    ones = np.ones_like(red)
    squares = (red * red, green * green, blue * blue, red * green, red * blue, green * blue)
    return np.stack([ones, red, green, blue, *squares], axis=-1)


def _toned(image: Image, tone: Doubles) -> Floats:
    """Return the value of the polynomial for each px, in the order that saves most products."""
    red, green, blue = (image[..., channel] * np.float32(1 / 255) for channel in range(3))
    one, r, g, b, rr, gg, bb, rg, rb, gb = (np.float32(value) for value in tone)
    value = one + red * (r + rr * red + rg * green + rb * blue)
    return np.asarray(value + green * (g + gg * green + gb * blue) + blue * (b + bb * blue))
