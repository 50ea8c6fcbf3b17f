"""Compares look and movement of mouth and upper face with the reference that the picture matches.

A face swap keeps everything but the face, which then does not look quite as in the reference. A
lip-sync fake keeps the genuine picture and moves the mouth to other words: then the upper face
follows the reference and the mouth does not. Both are measured by the same aligned crops, so what
spoils one (few pixels, coding, a wrong moment) spoils the other; it is the difference that counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from media_screen.arrays import Doubles, Flags, Floats, Ints
from media_screen.evidence import Span
from media_screen.footage.catalogue import align
from media_screen.footage.catalogue.align import Mapping, Series
from media_screen.footage.fingerprint import Fingerprint, picture

# Thresholds from the clips of the set half (benchmarks/results/provenance.md, "Mouth").
FACE_FOLLOWS = 0.62  # agreement of the upper face from which the mouth can be judged at all
MOUTH_FOLLOWS = 0.38  # agreement of the mouth below which it may be another one ...
DIFFERENCE = 0.30  # ... when the upper face agrees by so much more
COVERED = 0.40  # the mouths themselves look less alike than this: something lies over them
LEAST_SIZE_PX = 60  # width of the face in the file
LEAST_CHANGES = 8
# How alike (cosine of descriptors at the same moments) face and mouth look in a copy. Chosen on
# re-encoded copies of 33 genuine clips and on ten swaps and lip-sync edits; what they are worth
# is in benchmarks/results/impersonation.md. A crop cuts brows off and leaves the mouth.
SAME_FACE, SAME_MOUTH, SURE_MOUTH = 0.95, 0.92, 0.97
LEAST_COMPARED_PX = 40  # width of a face whose look can be compared
WINDOW_S = 2.0  # spans are found with this resolution: a few syllables


@dataclass(frozen=True, slots=True)
class Mouth:
    """Agreement of upper face and mouth with the reference, -1 to 1, over `changes` of the picture.

    `alike` is how alike the mouths look, `face_alike` the upper faces; `spans` is where the mouth
    goes its own way.
    """

    face: float
    mouth: float
    alike: float
    face_alike: float
    changes: int
    size_px: float
    mirrored: bool
    spans: tuple[Span, ...]

    @property
    def judged(self) -> bool:
        """Whether the view of the face is good enough to say whether the mouth follows."""
        return (
            self.face >= FACE_FOLLOWS
            and self.alike >= COVERED
            and self.changes >= LEAST_CHANGES
            and self.size_px >= LEAST_SIZE_PX
        )

    @property
    def altered(self) -> bool:
        """Whether the upper face follows the reference and the mouth does not."""
        apart = self.face - self.mouth
        return self.judged and self.mouth < MOUTH_FOLLOWS and apart >= DIFFERENCE

    @property
    def confirmed(self) -> bool:
        """Whether face and mouth look as in the reference, or are too small to compare.

        Where they don't, the face may be another one, or be covered, or cut: nothing accuses it.
        """
        same = self.face_alike >= SAME_FACE and self.alike >= SAME_MOUTH
        return same or self.alike >= SURE_MOUTH or self.size_px < LEAST_COMPARED_PX


def compare_mouths(
    query: Fingerprint, reference: Fingerprint, mapping: Mapping, span: Span, *, mirrored: bool
) -> Mouth | None:
    """Return how the mouth follows in the pair of lanes whose upper faces agree best, or None."""
    best: Mouth | None = None
    for mine in align.face_lanes(query):
        for theirs in align.face_lanes(reference):
            pair = _compared(query, reference, (mine, theirs), mapping, span, mirrored)
            if pair is not None and (best is None or pair.face > best.face):
                best = pair
    return best


def _compared(
    query: Fingerprint,
    reference: Fingerprint,
    rows: tuple[Ints, Ints],
    mapping: Mapping,
    span: Span,
    mirrored: bool,
) -> Mouth | None:
    products = []
    for values in ("faces", "mouths"):
        mine = align.lane_series(query, rows[0], getattr(query, values))
        theirs = align.lane_series(reference, rows[1], getattr(reference, values))
        products.append(_products(mine.mirrored() if mirrored else mine, theirs, mapping, span))
    face, mouth = products
    if len(face.times) < 3:
        return None
    apart = _windows(face, mouth)
    times = query.face_times[rows[0]]
    sizes = query.face_sizes[rows[0]][(times >= span.start) & (times <= span.end)]
    return Mouth(
        face=face.pooled(),
        mouth=mouth.pooled(),
        alike=mouth.alike,
        face_alike=face.alike,
        changes=len(face.times),
        size_px=float(np.median(sizes)) if sizes.size else 0.0,
        mirrored=mirrored,
        spans=apart,
    )


@dataclass(frozen=True, slots=True)
class _Products:
    """Scalar products of changes in query and reference: together and each with itself."""

    times: Doubles
    both: Doubles
    mine: Doubles
    theirs: Doubles
    alike: float

    def pooled(self, rows: Flags | slice = slice(None)) -> float:
        """Return the cosine of all changes of these rows taken as one vector."""
        scale = np.sqrt(float(self.mine[rows].sum()) * float(self.theirs[rows].sum()))
        return float(self.both[rows].sum() / max(float(scale), 1e-9))


def _products(mine: Series, theirs: Series, mapping: Mapping, span: Span) -> _Products:
    moving = align.changes(mine)
    start, has_start = theirs.at(mapping(moving.start))
    end, has_end = theirs.at(mapping(moving.end))
    inside = (moving.start >= span.start) & (moving.end <= span.end)
    keep = has_start & has_end & inside
    left, right = moving.change[keep], (end - start)[keep]
    alike = 0.0
    if keep.any():
        alike = float(align.cosines(moving.before[keep], start[keep]).mean())
        basis = _jitter(mine.values.mean(axis=0), theirs.values.mean(axis=0))
        left, right = left - left @ basis @ basis.T, right - right @ basis @ basis.T
    return _Products(
        times=moving.start[keep],
        both=np.einsum("ij,ij->i", left, right).astype(np.float64),
        mine=np.einsum("ij,ij->i", left, left).astype(np.float64),
        theirs=np.einsum("ij,ij->i", right, right).astype(np.float64),
        alike=alike,
    )


def _jitter(*means: Floats) -> Floats:
    """Return an orthonormal basis of the changes that a slightly misplaced crop makes.

    Shifts, scale and turn of the mean picture, and its contrast: the tangent distance of Simard,
    LeCun and Denker ("Efficient pattern recognition using a new transformation distance", 1993).
    """
    import cv2

    side = picture.GRID
    middle = (side - 1) / 2
    turn, grow = np.cos(0.04) + 1j * np.sin(0.04), 1.03
    moves = [np.array([[1, 0, dx], [0, 1, dy]], float) for dx, dy in ((1, 0), (0, 1))]
    for factor in (turn, complex(grow)):
        a, b = factor.real, factor.imag
        shift = middle - np.array([a * middle - b * middle, b * middle + a * middle])
        moves.append(np.array([[a, -b, shift[0]], [b, a, shift[1]]]))
    columns = []
    for mean in means:
        image = picture.picture_of(mean)
        for move in moves:
            moved = cv2.warpAffine(image, move, (side, side), borderMode=cv2.BORDER_REPLICATE)
            columns.append(picture.describe(np.asarray(moved) - image))
        columns.append(mean)
    basis, _ = np.linalg.qr(np.stack(columns, axis=1))
    return np.asarray(basis, dtype=np.float32)


def _windows(face: _Products, mouth: _Products) -> tuple[Span, ...]:
    """Return the stretches in which the upper face follows and the mouth does not."""
    if len(face.times) != len(mouth.times):
        return ()
    spans: list[Span] = []
    for start in face.times:
        rows = (face.times >= start) & (face.times < start + WINDOW_S)
        if rows.sum() < LEAST_CHANGES:
            continue
        apart = face.pooled(rows) - mouth.pooled(rows)
        if face.pooled(rows) < FACE_FOLLOWS or apart < DIFFERENCE:
            continue
        if mouth.pooled(rows) >= MOUTH_FOLLOWS:
            continue
        span = Span(float(start), float(face.times[rows][-1]) + align.GAP_S)
        if spans and span.start <= spans[-1].end:
            span = Span(spans.pop().start, span.end)
        spans.append(span)
    return tuple(spans)
