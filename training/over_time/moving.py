"""Makes pseudo-fakes over time: what forging leaves behind in how a face moves, not in one picture.

A forged face is pasted anew into each frame, so it trembles against what is around it; its parts
don't move together, or move as at another moment; its light and its detail flicker, or detail
stands still while the face moves. Each of these is made in a genuine window, after kinematic
pseudo-fakes (KiMoI, arXiv 2512.04175: parts of the face are moved by themselves over time) and
video-level blends (Yan et al., CVPR 2025: features of the face drift). At times the genuine side
gets the same change without its movement, so that movement alone tells them apart.

A window is (n, 128, 128, 3) RGB with the points of the mesh (n, 468, 2) px.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from media_screen.arrays import Doubles, Floats, Image
from training.over_time.windows import PIXELS

Pair = tuple[Image, Image]  # forged and genuine
Forge = Callable[[np.random.Generator, Image, Floats], Pair]

# Points of the mesh (MediaPipe's canonical face).
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
LEFT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
RIGHT_EYE = (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398)
LEFT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
JAW = (288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58)
NOSE = (1, 2, 98, 327, 168, 6, 197, 195, 5, 4, 48, 278)
# What is exchanged: points around it, how often, and how far it is enlarged about its middle.
REGIONS = {
    "face": (OVAL, 0.40, (0.8, 1.05)),
    "lips": (LIPS, 0.22, (1.1, 1.6)),
    "lower": ((*JAW, 132, 361, 205, 425, 2), 0.26, (0.9, 1.1)),
    "eyes": ((*LEFT_EYE, *RIGHT_EYE), 0.12, (1.0, 1.15)),
}
# What moves by itself.
PARTS = (LIPS, LEFT_EYE + LEFT_BROW, RIGHT_EYE + RIGHT_BROW, JAW, NOSE, LEFT_BROW + RIGHT_BROW)
# Points that carry the picture with them where parts are moved.
HANDLES = tuple(
    sorted(
        {*OVAL[::2], *LIPS[::2], *LEFT_EYE[::3], *RIGHT_EYE[::3], *LEFT_BROW[::3]}
        | {*RIGHT_BROW[::3], *NOSE[::2], 50, 280, 205, 425}
    )
)
_ALL = np.stack(np.meshgrid(np.arange(PIXELS), np.arange(PIXELS)), -1).astype(np.float32)
_COARSE = np.stack([np.linspace(0, PIXELS - 1, 17)] * 2)
_GRID = np.stack(np.meshgrid(*_COARSE), -1).astype(np.float32)


def pseudo_fake(
    rng: np.random.Generator, frames: Image, points: Floats
) -> tuple[Image, Image, int]:
    """Return a pseudo-fake, the genuine window that it is told from, and which of `KINDS` it is."""
    kind = _drawn(rng)
    forged, genuine = KINDS[kind](rng, frames, points)
    if rng.random() < 0.2:  # a second thing is wrong, too
        forged, _ = KINDS[_drawn(rng)](rng, forged, points)
    return forged, genuine, kind


def trembling(rng: np.random.Generator, frames: Image, points: Floats) -> Pair:
    """Move a region a little in every frame; at times the genuine one is moved once for all."""
    masks = _masks(rng, points)
    strength = _between(rng, 0.25, 1.6)
    scale = np.array([1.0, 1.0, 0.012, 1.0])  # px, px, share, degrees
    moved_once = _wandering(rng, 1, 4, 0.0) * scale * 0.8
    moves = moved_once + _wandering(rng, len(frames), 4, _memory(rng)) * scale * strength
    forged = _blended(_placed(frames, points, moves), frames, masks)
    if rng.random() < 0.5:
        return forged, frames
    once = np.repeat(moved_once, len(frames), axis=0)
    return forged, _blended(_placed(frames, points, once), frames, masks)


def drifting(rng: np.random.Generator, frames: Image, points: Floats) -> Pair:
    """Let one to three parts of the face move and grow by themselves."""
    strength = _between(rng, 0.4, 2.5)
    shifts = np.zeros((len(frames), len(HANDLES), 2), np.float32)
    for part in _some_parts(rng):
        moves = _waves(rng, len(frames), 4) if rng.random() < 0.6 else None
        moves = _wandering(rng, len(frames), 4, 0.7) if moves is None else moves
        rows = _rows(part)
        away = points[:, HANDLES][:, rows] - points[:, part].mean(axis=1)[:, None]
        shifts[:, rows] += strength * (moves[:, None, :2] + away * moves[:, None, 2:] * 0.05)
    forged = _bent(frames, points, shifts, rng.uniform(5, 9))
    if rng.random() < 0.6:
        return forged, frames
    still = np.repeat(shifts.mean(axis=0, keepdims=True), len(frames), axis=0)
    return forged, _bent(frames, points, still, rng.uniform(5, 9))


def out_of_step(rng: np.random.Generator, frames: Image, points: Floats) -> Pair:
    """Let parts move as at another moment, or less than they did, or more."""
    own = _without_head(points)
    mean, draw = own.mean(axis=0), rng.random()
    if draw < 0.4:
        delay = int(rng.integers(2, len(frames) // 2))
        other = np.concatenate([own[delay:], own[:delay][::-1]])
    else:
        share = rng.uniform(0, 0.3) if draw < 0.7 else rng.uniform(1.8, 3)
        other = mean + (own - mean) * share
    moves = np.zeros(len(HANDLES), bool)
    for part in (*_some_parts(rng), *([LIPS] if rng.random() < 0.6 else [])):
        moves[_rows(part)] = True
    shifts = np.clip((other - own) * moves[None, :, None], -6, 6)  # px
    return _bent(frames, points, shifts.astype(np.float32), rng.uniform(5, 9)), frames


def other_moment(rng: np.random.Generator, frames: Image, points: Floats) -> Pair:
    """Put a region as it is at another moment, or at one for all, onto each frame."""
    masks, count = _masks(rng, points), len(frames)
    order = (np.arange(count) + int(rng.integers(3, count - 2))) % (2 * count - 2)
    order = np.where(order < count, order, 2 * count - 2 - order)  # back and forth
    if rng.random() < 0.3:
        order = np.full(count, rng.integers(count))
    moved = [
        _warped(frames[source], _similarity(points[source][list(OVAL)], target[list(OVAL)]))
        for source, target in zip(order, points, strict=True)
    ]
    return _blended(np.stack(moved), frames, masks), frames


def flickering(rng: np.random.Generator, frames: Image, points: Floats) -> Pair:
    """Let brightness, colour and sharpness of a region change from frame to frame."""
    masks, strength, memory = _masks(rng, points), _between(rng, 0.6, 2.5), _memory(rng)
    course = _wandering(rng, len(frames), 5, memory) * strength
    light, sharp, louder = rng.random() < 0.7, rng.random() < 0.6, rng.random() < 0.3
    changed = []
    for frame, (gain, *colour, blur) in zip(frames, course, strict=True):
        picture: Any = frame.astype(np.float32)
        if light or not sharp:
            picture = picture * (1 + 0.02 * gain) + 2.0 * np.array(colour)
        if sharp and abs(blur) > 0.3:
            soft = cv2.GaussianBlur(picture, (0, 0), 0.5 * abs(blur))
            picture = 2 * picture - soft if louder else soft
        changed.append(np.clip(picture, 0, 255).astype(np.uint8))
    return _blended(np.stack(changed), frames, masks), frames


def other_grid(rng: np.random.Generator, frames: Image, points: Floats) -> Pair:
    """Draw a region on a grid of low resolution, which lies elsewhere in every frame."""
    masks, side = _masks(rng, points), int(rng.integers(32, 90))
    places = rng.uniform(-0.5, 0.5, (len(frames), 2))  # of a pixel of the grid
    forged = _blended(_on_grid(frames, places, side), frames, masks)
    if rng.random() < 0.6:
        return forged, frames
    once = np.repeat(places[:1], len(frames), axis=0)
    return forged, _blended(_on_grid(frames, once, side), frames, masks)


def standing_detail(rng: np.random.Generator, frames: Image, points: Floats) -> Pair:
    """Let fine detail stand where it was, or run together over time, while the face moves."""
    masks, reach = _masks(rng, points), rng.uniform(0.8, 2.0)  # px
    soft = np.stack([cv2.GaussianBlur(frame.astype(np.float32), (0, 0), reach) for frame in frames])
    fine = frames - soft
    if rng.random() < 0.5:
        near = int(rng.integers(1, 4))  # frames to each side
        spans = [slice(max(0, at - near), at + near + 1) for at in range(len(frames))]
        other = np.stack([fine[span].mean(axis=0) for span in spans])
        other *= fine.std() / max(float(other.std()), 1e-3)
    else:
        other = np.repeat(fine[int(rng.integers(len(frames)))][None], len(frames), axis=0)
    share = rng.uniform(0.5, 1)
    changed = np.clip(soft + (1 - share) * fine + share * other, 0, 255).astype(np.uint8)
    return _blended(changed, frames, masks), frames


KINDS: tuple[Forge, ...] = (
    trembling, drifting, out_of_step, other_moment, flickering, other_grid, standing_detail,
)  # fmt: skip
SHARES = (0.24, 0.18, 0.14, 0.16, 0.10, 0.09, 0.09)  # how often each is made


# --- draws -----------------------------------------------------------------------------------


def _drawn(rng: np.random.Generator) -> int:
    return int(rng.choice(len(KINDS), p=SHARES))


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _memory(rng: np.random.Generator) -> float:
    """Return how much of a value stays until the next frame: none is noise, much is drift."""
    return float(rng.choice([0.0, 0.4, 0.8, 0.95]))


def _wandering(rng: np.random.Generator, frames: int, columns: int, memory: float) -> Floats:
    """Return (frames, columns) of spread 1, each row near the one before by its memory."""
    steps = rng.normal(size=(frames, columns)) * np.sqrt(1 - memory**2)
    steps[0] = rng.normal(size=columns)
    for at in range(1, frames):
        steps[at] += memory * steps[at - 1]
    return np.asarray(steps, np.float32)


def _waves(rng: np.random.Generator, frames: int, columns: int) -> Floats:
    """Return (frames, columns) of spread 1 in slow waves, .4 to 4 a second."""
    times = np.arange(frames)[:, None] / 25
    waves = [
        rng.uniform(0.3, 1)
        * np.sin(2 * np.pi * (rng.uniform(0.4, 4) * times + rng.random((1, columns))))
        for _ in range(3)
    ]
    return np.asarray(np.sum(waves, axis=0) / np.std(np.sum(waves, axis=0)), np.float32)


def _some_parts(rng: np.random.Generator) -> list[tuple[int, ...]]:
    chosen = rng.choice(len(PARTS), int(rng.integers(1, 4)), replace=False)
    return [PARTS[one] for one in chosen]


def _rows(part: Sequence[int]) -> list[int]:
    return [row for row, point in enumerate(HANDLES) if point in part]


# --- pictures --------------------------------------------------------------------------------


def _masks(rng: np.random.Generator, points: Floats) -> Floats:
    """Return soft masks (n, 128, 128), 0 to 1, of one region in all frames."""
    names = list(REGIONS)
    name = names[int(rng.choice(len(names), p=[share for _, share, _ in REGIONS.values()]))]
    around, _, sizes = REGIONS[name]
    grown, softness, shift = rng.uniform(*sizes), rng.uniform(1.5, 6), rng.normal(0, 1.2, 2)
    drawn = []
    for frame in points:
        hull = cv2.convexHull((frame[list(around)] + shift).astype(np.float32))[:, 0]
        outline = hull.mean(axis=0) + (hull - hull.mean(axis=0)) * grown
        mask: Any = np.zeros((PIXELS, PIXELS), np.float32)
        cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 1.0)
        drawn.append(cv2.GaussianBlur(mask, (0, 0), softness))
    return np.asarray(drawn, np.float32)


def _blended(inside: Image, outside: Image, masks: Floats) -> Image:
    return np.stack(
        [
            cv2.blendLinear(one, other, mask, 1 - mask)
            for one, other, mask in zip(inside, outside, masks, strict=True)
        ]
    )


def _placed(frames: Image, points: Floats, moves: Floats) -> Image:
    """Move each frame about the middle of its face: x and y, px, share of growth, degrees."""
    placed = []
    for frame, face, (x, y, growth, turn) in zip(frames, points, moves, strict=True):
        middle = face.mean(axis=0)
        centre = (float(middle[0]), float(middle[1]))
        matrix = cv2.getRotationMatrix2D(centre, float(turn), 1 + float(growth))
        matrix[:, 2] += (x, y)
        placed.append(_warped(frame, matrix))
    return np.stack(placed)


def _warped(frame: Image, matrix: Any) -> Image:
    size, border = (PIXELS, PIXELS), cv2.BORDER_REFLECT
    warped = cv2.warpAffine(frame, matrix, size, flags=cv2.INTER_CUBIC, borderMode=border)
    return np.asarray(warped, np.uint8)


def _similarity(source: Floats, target: Floats) -> Any:
    matrix, _ = cv2.estimateAffinePartial2D(
        source.astype(np.float32), target.astype(np.float32), method=cv2.LMEDS
    )
    return np.eye(2, 3) if matrix is None else matrix


def _bent(frames: Image, points: Floats, shifts: Floats, reach: float) -> Image:
    """Carry the picture along where the handles of the face are shifted, px."""
    bent = []
    for frame, face, shift in zip(frames, points, shifts, strict=True):
        away = ((_GRID[:, :, None] - face[list(HANDLES)]) ** 2).sum(axis=-1)
        near = np.exp(-away / (2 * reach**2))
        # Where no handle is near, nothing moves.
        field = (near[..., None] * shift).sum(axis=2) / (near.sum(axis=2)[..., None] + 0.15)
        whole: Any = cv2.resize(
            field.astype(np.float32), (PIXELS, PIXELS), interpolation=cv2.INTER_CUBIC
        )
        places: Any = _ALL - whole
        bent.append(
            cv2.remap(frame, places, np.empty(0), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        )
    return np.stack(bent)


def _without_head(points: Floats) -> Floats:
    """Return the handles (n, handles, 2) as if the head stood still, by its outline and nose."""
    firm, mean = [*OVAL, *NOSE], points.mean(axis=0)
    still = []
    for face in points:
        matrix = _similarity(face[firm], mean[firm])
        still.append(face[list(HANDLES)] @ matrix[:, :2].T + matrix[:, 2])
    return np.asarray(still, np.float32)


def _on_grid(frames: Image, places: Doubles, side: int) -> Image:
    share = side / PIXELS
    drawn = []
    for frame, (x, y) in zip(frames, places, strict=True):
        matrix = np.array([[share, 0, x], [0, share, y]], np.float32)
        soft = cv2.GaussianBlur(frame, (0, 0), 0.35 / share)
        small = cv2.warpAffine(soft, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
        drawn.append(_warped(np.asarray(small, np.uint8), cv2.invertAffineTransform(matrix)))
    return np.stack(drawn)
