"""Forges faces of genuine clips by hand: what swaps, lip-sync and re-animation do, in plain ways.

Mouths and eyes of another moment or of another person, faces of another person, and expressions of
another moment are warped onto each frame by the points of a face mesh, matched in colour and
blended in. Everything is derived from the names of clip and kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np

from benchmarks.provenance.attacks import Clip
from media_screen.arrays import Array, Doubles, Floats, Image
from media_screen.faces.align import CROP_SIDE, REFERENCE, similarity
from media_screen.faces.detect import FaceDetector
from media_screen.faces.mesh import MeshNet

Forgery = Literal[
    "mouth of another moment",
    "lower face of another moment",
    "lower face at 96 px",
    "mouth of another person",
    "eyes of another moment",
    "expression of another moment",
    "face of another person",
    "face of another person, fitted",
    "face of another person, half",
    "lower face by autoencoder",
]
# What a diffusion model's autoencoder gives back: made where its weights lie at hand.
BY_AUTOENCODER: Forgery = "lower face by autoencoder"
FORGERIES: tuple[Forgery, ...] = tuple(kind for kind in get_args(Forgery) if kind != BY_AUTOENCODER)
OF_ANOTHER = tuple(kind for kind in FORGERIES if "person" in kind)

# Points of MediaPipe's mesh.
_LIPS: tuple[int, ...] = (
    61,
    146,
    91,
    181,
    84,
    17,
    314,
    405,
    321,
    375,
    291,
    409,
    270,
    269,
    267,
    0,
    37,
    39,
    40,
    185,
)
_OVAL: tuple[int, ...] = (
    10,
    338,
    297,
    332,
    284,
    251,
    389,
    356,
    454,
    323,
    361,
    288,
    397,
    365,
    379,
    378,
    400,
    377,
)
_OVAL += (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
_LOWER: tuple[int, ...] = (
    234,
    454,
    93,
    323,
    132,
    361,
    58,
    288,
    172,
    397,
    136,
    365,
    150,
    379,
    149,
    378,
    176,
    400,
)
_LOWER += (148, 377, 152, 2, 98, 327)
_LIDS = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
_AROUND_MOUTH = (61, 291, 2, 200, 98, 327)
_STEADY = (33, 263, 2, 234, 454, 1)  # what does not move when somebody speaks
_FEATURES = (33, 263, 1, 61, 291, 152)
_SMALL = 96  # px, at which Wav2Lip gives back the lower face
_LATENT = 256  # px, at which LatentSync's autoencoder does
_BATCH = 8

# Takes frame, points of the face, the frame that is taken from and its points; gives a frame.
Way = Callable[[Image, Doubles, Image, Doubles], Image]
Autoencoder = Callable[[Image], Image]  # gives a picture back as it can


@dataclass(frozen=True, eq=False)
class FollowedFace:
    """A clip and the 468 points of its widest face in each frame, px; None where there is none."""

    clip: Clip
    points: Sequence[Doubles | None]

    @property
    def usable(self) -> bool:
        """Whether the face is seen in nearly all of the clip."""
        seen = sum(points is not None for points in self.points)
        return seen >= 0.8 * len(self.points) and seen >= 10


def follow(clip: Clip, detector: FaceDetector, mesh: MeshNet) -> FollowedFace:
    """Return the points of the widest face in each frame."""
    found: list[Doubles | None] = []
    for start in range(0, len(clip.frames), _BATCH):
        frames = list(clip.frames[start : start + _BATCH])
        for frame, faces in zip(frames, detector.detect(frames), strict=True):
            if not faces:
                found.append(None)
                continue
            widest = max(faces, key=lambda face: face.box[2] - face.box[0])
            matrix = similarity(widest.landmarks, REFERENCE)
            crop = cv2.warpAffine(frame, matrix, (CROP_SIDE, CROP_SIDE))
            points = mesh.find(np.asarray(crop, np.uint8)[None]).points[0, :, :2]
            back = cv2.invertAffineTransform(matrix)
            found.append(np.asarray(points @ back[:, :2].T + back[:, 2], np.float64))
    return FollowedFace(clip, found)


def forge(
    kind: Forgery,
    face: FollowedFace,
    other: FollowedFace,
    rng: np.random.Generator,
    *,
    autoencoder: Autoencoder | None = None,
) -> Clip:
    """Return a clip in which the face was changed; `other` is somebody else's.

    `autoencoder` is asked where the kind is BY_AUTOENCODER.
    """
    way = _WAYS.get(kind) or by_autoencoder(_needed(autoencoder))
    count = len(face.clip.frames)
    shift = max(5, int(count * rng.uniform(0.3, 0.6)))
    source = other if kind in OF_ANOTHER else face
    frames = []
    for index, (frame, points) in enumerate(zip(face.clip.frames, face.points, strict=True)):
        step = index if kind in OF_ANOTHER else index + shift
        taken = step % len(source.clip.frames)
        theirs = source.points[taken]
        if points is None or theirs is None:
            frames.append(frame)
        else:
            frames.append(way(frame, points, source.clip.frames[taken], theirs))
    return replace(face.clip, frames=tuple(frames))


def _needed(autoencoder: Autoencoder | None) -> Autoencoder:
    if autoencoder is None:
        raise ValueError(f"expected an autoencoder for {BY_AUTOENCODER!r}, got none")
    return autoencoder


def _mask(image: Image, points: Doubles, grow: float, feather: float) -> Floats:
    """Return the hull of some points, grown about its middle, with a soft edge."""
    middle = points.mean(axis=0)
    ring = cv2.convexHull(((points - middle) * grow + middle).astype(np.int32))
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillConvexPoly(mask, ring, 1.0)
    soft = max(1.0, float(np.ptp(points[:, 0])) * feather)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), soft), np.float32)


def _moved(image: Image, source: Doubles, target: Doubles, shape: tuple[int, ...]) -> Image:
    """Return a picture moved so that its points fall on the others, as well as a turn does."""
    matrix = similarity(source.astype(np.float32), target.astype(np.float32))
    return np.asarray(
        cv2.warpAffine(image, matrix, (shape[1], shape[0]), borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def _blended(under: Image, over: Image, mask: Floats) -> Image:
    """Return one picture over another, in the colours of that."""
    base, top = under.astype(np.float32), over.astype(np.float32)
    inside = mask > 0.5
    if inside.sum() > 20:
        for channel in range(3):
            mine, theirs = top[..., channel][inside], base[..., channel][inside]
            gain = np.clip(theirs.std() / (mine.std() + 1e-3), 0.6, 1.6)
            top[..., channel] = (top[..., channel] - mine.mean()) * gain + theirs.mean()
    mixed = base * (1 - mask[..., None]) + top * mask[..., None]
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def _part(
    where: tuple[int, ...], by: tuple[int, ...], grow: float, feather: float, share: float = 1.0
) -> Way:
    """Return a way to blend the part within some points in, moved by others."""

    def put(frame: Image, points: Doubles, source: Image, theirs: Doubles) -> Image:
        moved = _moved(source, theirs[list(by)], points[list(by)], frame.shape)
        mask = share * _mask(frame, points[list(where)], grow, feather)
        return _blended(frame, moved, np.asarray(mask, np.float32))

    return put


def _eyes(frame: Image, points: Doubles, source: Image, theirs: Doubles) -> Image:
    for lids in _LIDS:
        frame = _part(lids, lids, 1.6, 0.12)(frame, points, source, theirs)
    return frame


def _small(frame: Image, points: Doubles, source: Image, theirs: Doubles) -> Image:
    changed = _part(_LOWER, _STEADY, 0.95, 0.05)(frame, points, source, theirs)

    def reduced(box: Image) -> Image:
        return np.asarray(cv2.resize(box, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA), np.uint8)

    return _given_back(frame, changed, points, reduced)


def by_autoencoder(network: Autoencoder) -> Way:
    """Return a way to put the lower face of another moment in, as a network gives it back."""

    def put(frame: Image, points: Doubles, source: Image, theirs: Doubles) -> Image:
        changed = _part(_LOWER, _STEADY, 0.95, 0.05)(frame, points, source, theirs)

        def decoded(box: Image) -> Image:
            return network(np.asarray(cv2.resize(box, (_LATENT, _LATENT)), np.uint8))

        return _given_back(frame, changed, points, decoded)

    return put


def _given_back(frame: Image, changed: Image, points: Doubles, way: Autoencoder) -> Image:
    """Return the frame with the lower face of a changed one, of which `way` gave back the face."""
    low = np.maximum(points[list(_OVAL)].min(axis=0).astype(int), 0)
    high = points[list(_OVAL)].max(axis=0).astype(int)
    box = changed[low[1] : high[1], low[0] : high[0]]
    if box.size == 0:
        return frame
    size = box.shape[1], box.shape[0]
    given = changed.copy()
    given[low[1] : high[1], low[0] : high[0]] = cv2.resize(
        way(box), size, interpolation=cv2.INTER_CUBIC
    )
    mask = _mask(frame, points[list(_LOWER)], 0.98, 0.04)[..., None]
    return np.asarray(np.clip(frame * (1 - mask) + given * mask, 0, 255), np.uint8)


def _expression(frame: Image, points: Doubles, source: Image, theirs: Doubles) -> Image:
    """Return the frame itself, its face bent to the shape that it has at another moment."""
    matrix = similarity(theirs.astype(np.float32), points.astype(np.float32))
    shape = theirs @ matrix[:, :2].T + matrix[:, 2]
    bend = _field(shape, points - shape, frame.shape)
    mask = _mask(frame, points[list(_OVAL)], 1.1, 0.08)[..., None]
    return _bent(frame, _grid(frame.shape) + bend * mask)


def _fitted(frame: Image, points: Doubles, source: Image, theirs: Doubles) -> Image:
    """Return the frame with another face that was bent to the shape of this one."""
    matrix = similarity(points.astype(np.float32), theirs.astype(np.float32))
    placed = points @ matrix[:, :2].T + matrix[:, 2]
    bend = _field(points, theirs - placed, frame.shape)
    grid = _grid(frame.shape)
    moved = _bent(source, grid @ matrix[:, :2].T + matrix[:, 2] + bend)
    return _blended(frame, moved, _mask(frame, points[list(_OVAL)], 0.97, 0.04))


def _grid(shape: tuple[int, ...]) -> Doubles:
    columns, rows = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    return np.stack([columns, rows], axis=-1).astype(np.float64)


def _field(places: Doubles, moves: Doubles, shape: tuple[int, ...]) -> Array:
    """Return smooth moves of all px from those of some points."""
    step = 4
    sums = np.zeros((shape[0] // step + 1, shape[1] // step + 1, 3), np.float32)
    sums[..., 2] = 1e-3
    for (x, y), (right, down) in zip(places / step, moves, strict=True):
        if 0 <= int(y) < sums.shape[0] and 0 <= int(x) < sums.shape[1]:
            sums[int(y), int(x)] += (right, down, 1.0)
    smooth = cv2.GaussianBlur(sums, (0, 0), float(np.ptp(places[:, 0])) / step * 0.045 + 0.6)
    moved = np.asarray(smooth[..., :2] / smooth[..., 2:], np.float32)
    return np.asarray(cv2.resize(moved, (shape[1], shape[0])))


def _bent(image: Image, places: Doubles) -> Image:
    where = places.astype(np.float32)
    return np.asarray(
        cv2.remap(
            image, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


_WAYS: Mapping[Forgery, Way] = {
    "mouth of another moment": _part(_LIPS, _AROUND_MOUTH, 1.5, 0.12),
    "lower face of another moment": _part(_LOWER, _STEADY, 0.95, 0.06),
    "lower face at 96 px": _small,
    "mouth of another person": _part(_LIPS, _AROUND_MOUTH, 1.6, 0.12),
    "eyes of another moment": _eyes,
    "expression of another moment": _expression,
    "face of another person": _part(_OVAL, _FEATURES, 0.92, 0.05),
    "face of another person, fitted": _fitted,
    "face of another person, half": _part(_OVAL, _FEATURES, 0.92, 0.05, 0.6),
}
