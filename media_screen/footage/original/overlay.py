"""Finds how the picture of a file lies in the original's: scaled, cropped, inset, stretched.

The place is found by what lies outside of faces, which is what a forger leaves alone, and made
exact by all of the picture as far as what lies outside allows. Everything happens on the canvas:
the original's picture, at most `LINES` px on its short side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain

import numpy as np

from media_screen.arrays import Array, Doubles, Flags, Floats, Image
from media_screen.footage.original.laid_over import laid_over

LINES = 320  # px of the short side of the canvas; what proxies have
# Ellipse of a head around its five points, in distances of the eyes (or from eyes to mouth, if that
# is more): with hair and chin, so that what lies outside of it is no part of a swapped head.
HEAD_WIDE, HEAD_HIGH = 2.6, 3.4
# Standard deviations of the two Gaussians whose difference is compared: px of the canvas.
FINE_PX, COARSE_PX = 1.0, 6.0
LEAST_OUTSIDE = 0.03  # share of the canvas outside of heads that is enough to place a picture by
LEAST_OVERLAP = 0.04  # share of the canvas that the picture must cover
PLAIN = 24  # grey levels and differences of channels within a bar, for coding stains it
DETAIL, LEAST_SHOWN = 3.0, 0.004  # grey levels, and share of the canvas that has so much of it
SAME_SHAPE = 0.05  # sides differ by at most this share: the whole picture may lie in the whole
STRETCH = 1.7  # most by which width and height may be scaled differently
SKEW = 0.05  # cosine of the angle between both sides, at most: nobody posts a slanted copy
CORNERS, CORNER_CONTRAST = 1200, 6  # of ORB for each picture
LEAST_INLIERS = 8
NEAR_PX = 2.0  # how exactly corners must fall on one another
RATIO = 0.8  # Lowe's ratio test
ECC_STEPS, ECC_GAIN = 30, 1e-4  # of the refinement
# A place that fits outside of heads may lean within them, where nothing held it: it is refined by
# all of the picture, too, and that counts where what does not fit outside (1 minus the score) grows
# by no more than this share: it grew by .12 at most in copies that leaned.
MISFIT_GROWTH = 0.2
GOOD_SCORE = 0.97  # from which no other place is looked for
LEAN = 0.03  # sine of the angle up to which a picture may stand straight and only seem to lean


Box = tuple[int, int, int, int]  # left, top, right, bottom, px


@dataclass(frozen=True, eq=False)
class Overlay:
    """How a picture lies on the canvas: `matrix` (2 x 3) takes its px there.

    `score` is how alike both are outside of faces and of what was laid over the picture (mean
    correlation of the middle frequencies, -1 to 1), `size` width and height of the canvas, px,
    `over` the share of the picture that was laid over.
    """

    matrix: Doubles
    size: tuple[int, int]
    score: float
    over: float = 0.0

    @property
    def scale(self) -> float:
        """By how much the picture is enlarged on the canvas."""
        return _scale(self.matrix)

    def resized(self, width: int, height: int) -> Overlay:
        """Return the same place on a canvas of another size."""
        shares = np.array([width / self.size[0], height / self.size[1]])
        matrix = shares[:, None] * self.matrix
        matrix[:, 2] += (shares - 1) / 2  # the middle of a px lies at half a px
        return Overlay(matrix, (width, height), self.score, self.over)

    def laid(self, image: Array) -> Array:
        """Return a picture as it lies on the canvas, black where it does not reach."""
        return laid(image, self.matrix, self.size)

    def points(self, points: Floats) -> Doubles:
        """Return where points (n, 2) of the picture lie on the canvas."""
        return np.asarray(points @ self.matrix[:, :2].T + self.matrix[:, 2], np.float64)

    def covered(self, shape: tuple[int, ...], box: Box | None = None) -> Flags:
        """Return what of the canvas a picture of this shape covers, or a box of it."""
        mask = np.zeros(shape[:2], np.uint8)
        left, top, right, bottom = (0, 0, shape[1], shape[0]) if box is None else box
        mask[top:bottom, left:right] = 255
        return np.asarray(laid(mask, self.matrix, self.size) > 250)


@dataclass(frozen=True, eq=False)
class Sighted:
    """Two pictures of about the same moment, and the faces of the first (n times five points)."""

    picture: Image
    original: Image
    faces: tuple[Floats, ...]

    @cached_property
    def shade(self) -> Floats:
        """The brightness of the original."""
        return grey(self.original)

    @cached_property
    def detail(self) -> Floats:
        """The middle frequencies of the original."""
        return band(self.shade, FINE_PX, COARSE_PX)


def canvas(image: Image, lines: int = LINES) -> Image:
    """Return a picture scaled down to `lines` px on its short side; smaller ones stay."""
    import cv2

    height, width = image.shape[:2]
    scale = lines / min(height, width)
    if scale >= 1.0:
        return image
    whole = int(1 / scale)
    if whole >= 2:  # by a whole number first: that is several times as fast
        part = width // whole, height // whole
        cut = image[: part[1] * whole, : part[0] * whole]
        image = np.asarray(cv2.resize(cut, part, interpolation=cv2.INTER_AREA), np.uint8)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def without_bars(images: Sequence[Image]) -> Box:
    """Return what of all these pictures is not one plain colour from an edge inwards.

    That is what letterboxes and pillars leave; of a picture that is plain all over, all of it.
    """
    low, high = (reduce(way, images) for way in (np.minimum, np.maximum))  # far faster than by px
    rows, columns = (
        high.max(axis=axes).astype(int) - low.min(axis=axes) > PLAIN for axes in ((1, 2), (0, 2))
    )
    if not (rows.any() and columns.any()):
        return 0, 0, len(columns), len(rows)
    across, down = np.flatnonzero(columns), np.flatnonzero(rows)
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


def grey(image: Image) -> Floats:
    """Return the brightness of an RGB picture, 0 to 255."""
    import cv2

    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)


def band(picture: Floats, fine: float, coarse: float) -> Floats:
    """Return the frequencies between two Gaussians (standard deviations in px)."""
    import cv2

    low = cv2.GaussianBlur(picture, (0, 0), coarse)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), fine) - low, np.float32)


def laid(image: Array, matrix: Doubles, size: tuple[int, int]) -> Array:
    """Return a picture moved by a matrix onto a canvas; one that shrinks is blurred first."""
    import cv2

    scale = _scale(matrix)
    if scale < 0.7:  # else warping would alias
        image = cv2.GaussianBlur(image, (0, 0), 0.45 / scale)
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR))


def _scale(matrix: Doubles) -> float:
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


def covered(matrix: Doubles, shape: tuple[int, ...], size: tuple[int, int]) -> Flags:
    """Return what of a canvas a picture of this shape covers, moved by a matrix."""
    return np.asarray(laid(np.full(shape[:2], 255, np.uint8), matrix, size) > 250)


def heads(shape: tuple[int, ...], faces: Iterable[Doubles | Floats], grow: float = 1.0) -> Flags:
    """Return the ellipses of the heads whose five points are given."""
    import cv2

    mask = np.zeros(shape[:2], np.uint8)
    for points in faces:
        middle, eyes = points.mean(axis=0), points[1] - points[0]
        down = points[3:].mean(axis=0) - points[:2].mean(axis=0)
        unit = max(float(np.hypot(*eyes)), float(np.hypot(*down)), 4.0) * grow
        lean = float(np.degrees(np.arctan2(eyes[1], eyes[0])))
        place = (float(middle[0]), float(middle[1])), (unit * HEAD_WIDE, unit * HEAD_HIGH), lean
        cv2.ellipse(mask, place, 255, -1)
    return np.asarray(mask > 0)


def find_overlay(
    seen: Sequence[Sighted], *, known: Doubles | None = None, there_only: bool = False
) -> Overlay | None:
    """Return the best place of the pictures on their originals, None where there is none.

    `known` is where they lay at another time: mostly they still do. With `there_only` no other
    place is tried.
    """
    best: Overlay | None = None
    tried = () if known is None else (known,)
    for matrix in chain(tried, () if there_only else _candidates(seen)):
        overlay = scored(matrix, seen)
        if overlay is not None and (best is None or overlay.score > best.score):
            best = overlay
            if best.score >= GOOD_SCORE:
                break
    return best


def scored(matrix: Doubles, seen: Sequence[Sighted]) -> Overlay | None:
    """Return a place with its score, None where hardly anything of the canvas is covered."""
    size = (seen[0].original.shape[1], seen[0].original.shape[0])
    scores, shares = [], []
    for one in seen:
        high, wide = one.picture.shape[:2]
        if _scale(matrix) ** 2 * high * wide < LEAST_OVERLAP * size[0] * size[1]:
            return None  # before anything is scaled down to next to nothing, which takes forever
        inside = covered(matrix, one.picture.shape, size)
        if inside.mean() < LEAST_OVERLAP:
            return None
        mine, theirs = _bands(matrix, one, inside)
        over, faces = laid_over(mine, theirs, inside), _heads(matrix, one)
        scores.append(_correlation(mine, theirs, _outside(inside & ~over, faces)))
        shares.append(float((over & ~faces).sum() / inside.sum()))
    return Overlay(matrix, size, float(np.mean(scores)), float(np.mean(shares)))


def _bands(matrix: Doubles, one: Sighted, inside: Flags) -> tuple[Floats, Floats]:
    """Return the middle frequencies of a moved picture and of its original.

    Where the picture does not reach lies the original, as bright as the picture is: the edge of a
    narrow crop would be the strongest detail of it.
    """
    original = one.shade
    moved = grey(np.asarray(laid(one.picture, matrix, original.shape[::-1]), np.uint8))
    brighter = float(moved[inside].mean() - original[inside].mean()) if inside.any() else 0.0
    whole = np.where(inside, moved, original + np.float32(brighter))
    return band(whole, FINE_PX, COARSE_PX), one.detail


def refined(overlay: Overlay, seen: Sequence[Sighted]) -> Overlay:
    """Return a place made exact to a fraction of a px, or the same one where that gains nothing.

    Evangelidis and Psarakis, "Parametric image alignment using enhanced correlation coefficient
    maximization", PAMI 2008.
    """
    outside = (_fitted(overlay, one, outside=True) for one in seen[:2])
    best = max((overlay, *_scored(outside, seen)), key=lambda one: one.score)
    whole = (_fitted(best, one, outside=False) for one in seen[:2])
    most = (1 + MISFIT_GROWTH) * (1 - best.score)
    good = [found for found in _scored(whole, seen) if 1 - found.score <= most]
    return _straightened(max(good, key=lambda one: one.score, default=best), seen)


def _straightened(overlay: Overlay, seen: Sequence[Sighted]) -> Overlay:
    """Return a place that hardly leans without that, unless it fits clearly worse then."""
    matrix = overlay.matrix.copy()
    if max(abs(matrix[0, 1]), abs(matrix[1, 0])) > LEAN * overlay.scale:
        return overlay
    matrix[0, 1] = matrix[1, 0] = 0.0
    # It is turned about the middle of the picture, which stays where it is.
    middle = np.array([side / 2 for side in seen[0].picture.shape[1::-1]])
    matrix[:, 2] += (overlay.matrix[:, :2] - matrix[:, :2]) @ middle
    straight = scored(matrix, seen)
    most = (1 + MISFIT_GROWTH) * (1 - overlay.score)
    return straight if straight is not None and 1 - straight.score <= most else overlay


def _scored(matrices: Iterable[Doubles | None], seen: Sequence[Sighted]) -> Iterator[Overlay]:
    for matrix in matrices:
        found = None if matrix is None else scored(matrix, seen)
        if found is not None:
            yield found


def _fitted(overlay: Overlay, one: Sighted, *, outside: bool) -> Doubles | None:
    """Return the map by which a picture fits best near an overlay: outside of heads, or everywhere.

    None where there is too little to go by.
    """
    import cv2

    inside = overlay.covered(one.picture.shape)
    moved, there = _bands(overlay.matrix, one, inside)
    bare = inside & ~laid_over(moved, there, inside)
    where = _outside(bare, _heads(overlay.matrix, one)) if outside else bare
    step: Array = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, ECC_STEPS, ECC_GAIN)
    mask = where.astype(np.uint8) * 255
    try:
        _, step = cv2.findTransformECC(there, moved, step, cv2.MOTION_AFFINE, stop, mask, 3)
    except cv2.error:
        return None
    return np.asarray((np.linalg.inv(_square(step)) @ _square(overlay.matrix))[:2], np.float64)


def _candidates(seen: Sequence[Sighted]) -> Iterator[Doubles]:
    picture, original = seen[0].picture, seen[0].original
    wide, high = (original.shape[axis] / picture.shape[axis] for axis in (1, 0))
    if abs(wide / high - 1) < SAME_SHAPE:
        yield np.array([[wide, 0, wide / 2 - 0.5], [0, high, high / 2 - 0.5]])
    for with_faces in (False, True):
        yield from _by_corners(seen, with_faces=with_faces)


def _by_corners(seen: Sequence[Sighted], *, with_faces: bool) -> Iterator[Doubles]:
    """Give the map by which most corners of the pictures fall on the originals', leaning or not."""
    import cv2

    orb = cv2.ORB.create(CORNERS, fastThreshold=CORNER_CONTRAST)
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    here: list[Sequence[float]] = []
    there: list[Sequence[float]] = []
    for one in seen:
        allowed = ~heads(one.picture.shape, () if with_faces else one.faces)
        left, mine = orb.detectAndCompute(one.picture, allowed.astype(np.uint8) * 255)
        right, theirs = orb.detectAndCompute(one.original, None)
        if mine is None or theirs is None or len(right) < 2:
            continue
        for near, next_near in (
            two for two in matcher.knnMatch(mine, theirs, k=2) if len(two) == 2
        ):
            if near.distance < RATIO * next_near.distance:
                here.append(left[near.queryIdx].pt)
                there.append(right[near.trainIdx].pt)
    if len(here) < LEAST_INLIERS:
        return
    matrix, inliers = cv2.estimateAffine2D(
        np.array(here, np.float32), np.array(there, np.float32), ransacReprojThreshold=NEAR_PX
    )
    if matrix is None or int(inliers.sum()) < LEAST_INLIERS:
        return
    found = np.asarray(matrix, np.float64)
    kept = inliers.ravel() > 0
    for candidate in (found, _upright(np.array(here)[kept], np.array(there)[kept])):
        if _fits(candidate):
            yield candidate


def _upright(here: Doubles, there: Doubles) -> Doubles:
    """Return the map without a turn that moves points best: copies hardly ever lean."""
    matrix = np.zeros((2, 3))
    for axis in (0, 1):
        spread = max(float(here[:, axis].var()), 1e-9)
        scale = float(np.mean((here[:, axis] - here[:, axis].mean()) * there[:, axis])) / spread
        matrix[axis, axis] = scale
        matrix[axis, 2] = there[:, axis].mean() - scale * here[:, axis].mean()
    return matrix


def _fits(matrix: Doubles) -> bool:
    """Tell whether a map is one that a copy can have: hardly slanted, not much stretched."""
    wide, high = (float(np.hypot(*matrix[:, axis])) for axis in (0, 1))
    skew = abs(float(matrix[:, 0] @ matrix[:, 1])) / max(wide * high, 1e-6)
    return 1 / STRETCH < wide / max(high, 1e-6) < STRETCH and skew < SKEW


def _heads(matrix: Doubles, one: Sighted) -> Flags:
    """Return where the heads of a picture lie on the canvas."""
    moved = [points @ matrix[:, :2].T + matrix[:, 2] for points in one.faces]
    return heads(one.original.shape, moved)


def _outside(part: Flags, faces: Flags) -> Flags:
    """Return what of a part to compare: outside of heads, or all of it where that is too little."""
    outside = part & ~faces
    return outside if outside.mean() >= LEAST_OUTSIDE else part


def _correlation(file: Floats, original: Floats, where: Flags) -> float:
    """Return how alike both are where the original has detail: captions lie on plain ground."""
    shown = where & (np.abs(original) > DETAIL)
    if shown.mean() < LEAST_SHOWN:
        shown = where
    if not shown.any():
        return 0.0
    a, b = file[shown], original[shown]
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / np.sqrt(float((a * a).sum()) * float((b * b).sum()) + 1e-6))


def _square(matrix: Array) -> Doubles:
    return np.vstack([np.asarray(matrix, np.float64), [0.0, 0.0, 1.0]])
