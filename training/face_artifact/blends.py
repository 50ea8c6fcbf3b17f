"""Makes pseudo-fakes from genuine aligned crops: what face swaps and lip-sync edits leave behind.

Self-blended images after Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images",
CVPR 2022: two versions of one face that differ in colour, sharpness, scale and compression are
blended through a mask of the face, so that nothing but the forging itself tells the result from its
source. Beside the whole face, regions that lip-sync edits change are blended (from another moment
of the same clip), and faces of strangers (a swap). Detail is lost and sharpened again as generators
of low resolution and face restoration do.

All pictures are 256 x 256 RGB crops as `faces.align` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Floats, Image
from media_screen.faces.align import CROP_SIDE, REFERENCE

Points = npt.NDArray[np.float32]

# Outlines in px of the aligned crop, of a frontal adult face (eyes 62 px apart, chin at 223).
FACE = np.array(
    [
        (61, 98), (63, 140), (72, 178), (93, 209), (128, 224), (163, 209), (184, 178), (193, 140),
        (195, 98), (183, 80), (158, 72), (128, 76), (98, 72), (73, 80),
    ], np.float32,
)  # fmt: skip
INNER = np.array(
    [
        (72, 92), (76, 140), (88, 180), (108, 202), (128, 206), (148, 202), (168, 180), (180, 140),
        (184, 92), (156, 84), (128, 88), (100, 84),
    ], np.float32,
)  # fmt: skip
LOWER = np.array(
    [
        (64, 142), (72, 178), (93, 209), (128, 224), (163, 209), (184, 178), (192, 142),
        (150, 146), (128, 150), (106, 146),
    ], np.float32,
)  # fmt: skip
MOUTH = np.array(
    [
        (92, 176), (104, 164), (128, 160), (152, 164), (164, 176), (158, 196), (142, 208),
        (114, 208), (98, 196),
    ], np.float32,
)  # fmt: skip
# The lower half of a face box with some margin, as Wav2Lip-like nets paste it.
LOWER_BOX = np.array([(58, 138), (198, 138), (198, 232), (58, 232)], np.float32)

MASK_SIDE = 128  # px that masks are drawn at: soft edges need no more
_GRID = np.stack(np.meshgrid(np.arange(MASK_SIDE), np.arange(MASK_SIDE)), -1).astype(np.float32)
_RATIOS = (0.25, 0.5, 0.75, 1.0, 1.0, 1.0)  # how opaque a self-blend is (Shiohara and Yamasaki)


@dataclass(frozen=True)
class Genuine:
    """A genuine crop with its five points, and others to take parts from."""

    crop: Image
    points: Points
    moment: Image  # the same face at another moment of the clip, or the crop again
    stranger: Image  # a face of someone else


def pseudo_fake(
    genuine: Genuine, rng: np.random.Generator, *, mouth_share: float = 0.4
) -> tuple[Image, Image]:
    """Return a pseudo-fake and the genuine crop it is to be told from.

    `mouth_share` of the fakes change the mouth or the lower face only.
    """
    if rng.random() < mouth_share:
        return mouth_edit(genuine, rng), genuine.crop
    if rng.random() < 0.2:
        return swap(genuine, rng), genuine.crop
    return self_blend(genuine, rng)


def self_blend(genuine: Genuine, rng: np.random.Generator) -> tuple[Image, Image]:
    """Blend two versions of one face through a deformed mask; return the blend and its ground."""
    source, target = genuine.crop, genuine.crop
    if rng.random() < 0.5:
        source = _restyled(source, rng)
    else:  # the genuine crop is restyled with it: an odd colour of the whole is no forgery
        target = _restyled(target, rng)
    mask = _mask((FACE, INNER)[int(rng.random() < 0.4)], genuine.points, rng)
    source, mask = _shifted(source, mask, rng)
    return _blend(source, target, mask * np.float32(rng.choice(_RATIOS))), target


def mouth_edit(genuine: Genuine, rng: np.random.Generator) -> Image:
    """Replace mouth or lower face by that of another moment, softened as generators leave it."""
    outline = (MOUTH, LOWER, LOWER_BOX)[rng.choice(3, p=[0.4, 0.4, 0.2])]
    source = genuine.moment if rng.random() < 0.6 else genuine.crop
    change = rng.random()
    if change < 0.6:
        source = _softened(source, rng)
    if change > 0.4:
        source = _restyled(source, rng, strength=0.6)
    mask = _mask(outline, genuine.points, rng)
    source, mask = _shifted(source, mask, rng)
    return _blend(source, genuine.crop, mask)


def swap(genuine: Genuine, rng: np.random.Generator) -> Image:
    """Put a stranger's face into the outline, its colours moved to those of the target."""
    mask = _mask((FACE, INNER)[int(rng.random() < 0.5)], genuine.points, rng)
    source = _recoloured(genuine.stranger, genuine.crop, mask)
    if rng.random() < 0.6:
        source = _softened(source, rng)
    return _blend(source, genuine.crop, mask)


def _mask(outline: Any, points: Points, rng: np.random.Generator) -> Floats:
    """Return a soft mask, (256, 256) of 0 to 1, of an outline moved onto this face's points."""
    import cv2

    matrix, *_ = np.linalg.lstsq(
        np.column_stack([REFERENCE, np.ones(5)]), points.astype(np.float64), rcond=None
    )
    outline = outline + rng.normal(0, 2.5, outline.shape)
    placed = np.column_stack([outline, np.ones(len(outline))]) @ matrix
    mask: Any = np.zeros((MASK_SIDE, MASK_SIDE), np.float32)
    cv2.fillPoly(mask, [(placed * (MASK_SIDE / CROP_SIDE)).round().astype(np.int32)], 1.0)
    mask = _bent(mask, rng)
    for _ in range(rng.integers(1, 3)):
        side = 2 * int(rng.integers(1, 6)) + 1
        mask = cv2.GaussianBlur(mask, (side, side), 0)
        if rng.random() < 0.3:  # move the edge inwards, so that the change stays inside the face
            mask = np.clip(mask * 2 - 1, 0, 1)
    return np.asarray(cv2.resize(mask, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_LINEAR))


def _bent(mask: Floats, rng: np.random.Generator) -> Floats:
    """Bend a mask by a smooth random field of up to about 8 px of the crop."""
    import cv2

    coarse = rng.normal(0, 2.0, (5, 5, 2)).astype(np.float32)
    field = cv2.resize(coarse, (MASK_SIDE, MASK_SIDE), interpolation=cv2.INTER_CUBIC)
    grid: Any = field + _GRID
    return np.asarray(cv2.remap(mask, grid, np.empty(0), cv2.INTER_LINEAR))


def _shifted(image: Image, mask: Floats, rng: np.random.Generator) -> tuple[Image, Floats]:
    """Move and scale picture and mask together, by up to 3% and 5% of the side."""
    import cv2

    scale = rng.uniform(0.95, 1.05)
    shift = rng.uniform(-0.03, 0.03, 2) * CROP_SIDE + (1 - scale) * CROP_SIDE / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    size = (CROP_SIDE, CROP_SIDE)
    moved = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.uint8), np.asarray(cv2.warpAffine(mask, matrix, size), np.float32)


def _blend(source: Image, target: Image, mask: Floats) -> Image:
    import cv2

    # blendLinear takes 8-bit pictures and float weights, and is ten times as fast as numpy.
    return np.asarray(cv2.blendLinear(source, target, mask, 1 - mask), np.uint8)


def _restyled(image: Image, rng: np.random.Generator, *, strength: float = 1.0) -> Image:
    """Change colour and one of sharpness or compression, as the two parts of a forgery differ."""
    import cv2

    strength *= rng.uniform(0.2, 1.0)
    levels = np.arange(256, dtype=np.float32)[:, None] + rng.uniform(-20, 20, 3) * strength
    levels = (levels - 128) * (1 + rng.uniform(-0.15, 0.15) * strength) + 128
    tables = np.clip(levels + rng.uniform(-12, 12) * strength, 0, 255).astype(np.uint8)
    changed: Any = cv2.LUT(image, tables[None])
    if rng.random() < 0.3:
        hsv = cv2.cvtColor(changed, cv2.COLOR_RGB2HSV).astype(np.int16)
        hsv[..., 1] = np.clip(hsv[..., 1] * (1 + rng.uniform(-0.3, 0.3) * strength), 0, 255)
        changed = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    kind = rng.random()
    if kind < 0.35:
        return _softened(changed, rng)
    if kind < 0.55:
        blurred = cv2.GaussianBlur(changed, (0, 0), rng.uniform(0.6, 2.0))
        return np.asarray(cv2.addWeighted(changed, 1.6, blurred, -0.6, 0), np.uint8)
    if kind < 0.75:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))]
        return np.asarray(cv2.imdecode(cv2.imencode(".jpg", changed, quality)[1], 1), np.uint8)
    return np.asarray(changed, np.uint8)


def _softened(image: Image, rng: np.random.Generator) -> Image:
    """Lose detail as a generator of low resolution does: down, up again, sometimes smoothed."""
    import cv2

    side = int(rng.integers(72, 220))  # px; a net of 96 or 128 px for the face lies in between
    down = cv2.resize(image, (side, side), interpolation=int(rng.choice((1, 3))))
    if rng.random() < 0.3:
        down = cv2.bilateralFilter(down, 5, rng.uniform(15, 60), 3)
    size = (CROP_SIDE, CROP_SIDE)
    up = cv2.resize(down, size, interpolation=int(rng.choice((1, 2))))
    if rng.random() < 0.3:  # super-resolution and face restoration sharpen what is not there
        up = cv2.addWeighted(up, 1.8, cv2.GaussianBlur(up, (0, 0), rng.uniform(0.8, 2.0)), -0.8, 0)
    return np.asarray(up, np.uint8)


def _recoloured(source: Image, target: Image, mask: Floats) -> Image:
    """Give the source the target's mean and spread of colour inside the mask (Reinhard, 2001)."""
    import cv2

    inside = mask > 0.5
    if not inside.any():
        return source
    from_lab = cv2.cvtColor(source, cv2.COLOR_RGB2LAB).astype(np.float32)
    to_lab = cv2.cvtColor(target, cv2.COLOR_RGB2LAB).astype(np.float32)
    here, there = from_lab[inside], to_lab[inside]
    spread = (there.std(axis=0) + 1) / (here.std(axis=0) + 1)
    moved = (from_lab - here.mean(axis=0)) * np.clip(spread, 0.5, 2) + there.mean(axis=0)
    return np.asarray(
        cv2.cvtColor(np.clip(moved, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8
    )
