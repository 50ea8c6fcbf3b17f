"""Animates one still portrait: a head that turns, blinks and speaks, cut out of its background.

Everything is measured in pixels of the original portrait (512 x 512) and drawn at SCALE times that
size. The head is treated as a shallow relief, so a turn shifts near parts more than far ones:
simple, but it gives every video its own view of the face, as a zoom of one still would not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

Image = NDArray[Any]  # height x width x channels, BGR or BGRA, float32 from 0 to 1
Plane = NDArray[Any]  # height x width, float32

SCALE = 2  # canvas pixels per portrait pixel
ORIGIN = (54, -30)  # portrait pixel at the top left of the canvas
CANVAS = (340, 360)  # width and height of the canvas, in portrait pixels
HEAD_ROWS = 236  # rows of the canvas that the head can reach, in portrait pixels
EYES = ((202.5, 101.5), (247.5, 103.0))
MOUTH = (224.0, 140.5)
MOUTH_HALF_WIDTH = 20.0
MOUTH_SAG = 8.0  # how far the teeth's lower edge hangs below the corners of the mouth
CHIN_Y = 177.0
NECK = (222.0, 180.0)


@dataclass(frozen=True)
class Pose:
    """One moment of the head: angles in radians, the rest 0 (at rest) to 1 (fully)."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    open: float = 0.0
    round: float = 0.0
    blink: float = 0.0
    brow: float = 0.0


@dataclass(frozen=True)
class Look:
    """What stays the same through one recording: light, bearing of the head, glasses."""

    light: tuple[float, float] = (0.0, 0.0)  # where the light comes from: right, below
    contrast: float = 0.0
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)  # blue, green, red
    yaw: float = 0.0
    pitch: float = 0.0
    brow: float = 0.0
    glasses: str = ""  # "", "round" or "narrow"


def stock(name: str) -> NDArray[Any]:
    """Return a picture that ships with scikit-image, 8 bits, BGR if it has colours."""
    picture = np.asarray(getattr(data, name)())
    return np.ascontiguousarray(picture[..., ::-1]) if picture.ndim == 3 else picture


def _grid() -> tuple[Plane, Plane]:
    """Return for each canvas pixel that the head can reach its place in the portrait."""
    width, height = CANVAS[0] * SCALE, HEAD_ROWS * SCALE
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    return xs / SCALE + ORIGIN[0], ys / SCALE + ORIGIN[1]


def _ellipse(
    xs: Plane,
    ys: Plane,
    center: tuple[float, float],
    half: tuple[float, float],
) -> Plane:
    """Return the squared distance from the centre, 1 on the ellipse."""
    return ((xs - center[0]) / half[0]) ** 2 + ((ys - center[1]) / half[1]) ** 2


def _cut_out(portrait: NDArray[Any]) -> Plane:
    """Return the alpha of head and neck, found by GrabCut from rough ellipses."""
    ys, xs = np.mgrid[0:512, 0:512].astype(np.float32)
    hair = _ellipse(xs, ys, (227, 76), (75, 62))
    face = _ellipse(xs, ys, (224, 122), (48, 58))
    neck = (np.abs(xs - 221) < 33) & (ys > 150) & (ys < 192)
    mask = np.full((512, 512), cv2.GC_BGD, np.uint8)
    mask[(hair < 1.15) | (face < 1.2)] = cv2.GC_PR_FGD
    mask[(hair < 0.6) | (face < 0.75) | neck] = cv2.GC_FGD
    mask[(ys > 130) & (np.abs(xs - 223) > 52)] = cv2.GC_BGD
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(portrait, mask, (0, 0, 1, 1), *models, 6, cv2.GC_INIT_WITH_MASK)
    found = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(found.astype(np.float32), (0, 0), 1.2)
    return np.asarray(np.clip(soft * 2.2 - 1.15, 0, 1))


class Puppet:
    """The cut-out head and what moves it."""

    def __init__(self) -> None:
        portrait = stock("astronaut")
        whole = np.dstack([portrait.astype(np.float32) / 255, _cut_out(portrait)])
        self.xs, self.ys = _grid()
        self.head: Image = cv2.remap(
            whole, self.xs, self.ys, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_CONSTANT
        ).clip(0, 1)
        self.skull, self.depth = self._relief()

    def _relief(self) -> tuple[Plane, Plane]:
        """Return how far each point stands out, in portrait pixels: the skull, and all of it."""
        skull = np.sqrt(np.clip(1 - _ellipse(self.xs, self.ys, (225, 108), (80, 96)), 0, None)) * 46
        nose = 13 * np.exp(-_ellipse(self.xs, self.ys, (222, 126), (8, 11)))
        ridge = 5 * np.exp(-_ellipse(self.xs, self.ys, (223, 108), (6, 18)))
        chin = 5 * np.exp(-_ellipse(self.xs, self.ys, (223, 168), (18, 10)))
        whole = (skull + nose + ridge + chin).astype(np.float32)
        return skull.astype(np.float32), cv2.GaussianBlur(whole, (0, 0), 2.0)

    def _shading(self, look: Look) -> Plane:
        """Return the factor by which the look's light brightens or darkens each point."""
        # The still has its own shadows at the nose: only the skull is lit anew.
        soft = cv2.GaussianBlur(0.8 * self.skull + 0.2 * self.depth, (0, 0), 7.0)
        slope_x = cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=1 / 8) * SCALE
        slope_y = cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=1 / 8) * SCALE
        length = np.sqrt(slope_x**2 + slope_y**2 + 1)
        facing = -(slope_x * look.light[0] + slope_y * look.light[1]) / length
        return np.asarray(np.clip(1 + look.contrast * facing, 0.35, 1.7))

    def dress(self, look: Look) -> Image:
        """Return the head as this look's light shows it (and with its glasses)."""
        lit = self.head.copy()
        lit[..., :3] *= self._shading(look)[..., None] * np.asarray(look.gain, np.float32)
        if look.glasses:
            _draw_glasses(lit, *_RIMS[look.glasses])
        return np.asarray(lit.clip(0, 1))

    def _speak(self, head: Image, pose: Pose) -> Image:
        """Open the mouth by moving the lower lip and jaw down, and paint what is seen inside."""
        gap = pose.open * 8.5
        u = (self.xs - MOUTH[0]) / (MOUTH_HALF_WIDTH * (1 - 0.12 * pose.round))
        inside = np.clip(1 - u**2, 0, 1)
        line = MOUTH[1] + MOUTH_SAG * inside
        lower = np.clip((self.ys - line) / (CHIN_Y - line), 0, 1)
        jaw = np.exp(-(((self.xs - MOUTH[0]) / 30) ** 2))
        fade = np.clip((196 - self.ys) / (196 - CHIN_Y), 0, 1)
        shift = gap * fade * (inside**0.7 * (1 - lower) + 0.55 * jaw * lower)
        shift = np.where(self.ys > line, shift, 0).astype(np.float32)
        source_y = np.where(self.ys > line, np.maximum(self.ys - shift, line), self.ys)
        squeeze = 0.12 * pose.round * np.exp(-_ellipse(self.xs, self.ys, (224, 148), (26, 16)))
        source_x = self.xs + (self.xs - MOUTH[0]) * squeeze
        moved = self._sample(head, source_x, source_y)
        depth_in = (self.ys - line) / np.maximum(gap * inside**0.7, 1e-3)
        hole = np.clip((1 - depth_in) * gap * 0.7, 0, 1) * np.clip((self.ys - line) * 1.2, 0, 1)
        hole = np.where(inside > 0, hole, 0)[..., None].astype(np.float32)
        tongue = np.clip(depth_in * 1.4 - 0.5, 0, 1)[..., None]
        color = np.array([0.08, 0.06, 0.16], np.float32) * (1 - tongue)
        color = color + np.array([0.26, 0.24, 0.5], np.float32) * tongue
        moved[..., :3] = moved[..., :3] * (1 - hole) + color * hole
        return moved

    def _eyes(self, head: Image, pose: Pose) -> Image:
        """Close the lids by stretching the skin above each eye over it, and lift the brows."""
        source_y = self.ys.copy()
        for x, y in EYES:
            reach = np.exp(-(((self.xs - x) / 11) ** 4))
            lift = 3.0 * pose.brow * reach * np.exp(-(((self.ys - (y - 12)) / 7) ** 2))
            source_y = source_y + lift.astype(np.float32)
            if pose.blink > 0:
                height = self.ys - y
                lid = -4.5 + 8.0 * pose.blink
                above = np.interp(height, (-10.0, lid, 4.0), (-10.0, -4.5, 4.0)).astype(np.float32)
                near = (height > -10) & (height < 4)
                source_y = source_y + np.where(near, (above - height) * reach, 0)
        return self._sample(head, self.xs, source_y)

    def _turn(self, head: Image, pose: Pose) -> Image:
        """Turn the relief about a vertical and a horizontal axis, then tilt it about the neck."""
        cos, sin = np.cos(pose.roll), np.sin(pose.roll)
        rx, ry = self.xs - NECK[0], self.ys - NECK[1]
        xs, ys = cos * rx + sin * ry + NECK[0], -sin * rx + cos * ry + NECK[1]
        weight = np.clip((205 - ys) / 40, 0, 1)  # the neck stays where the collar is
        near = cv2.remap(self.depth, *self._to_canvas(xs, ys), cv2.INTER_LINEAR) - 24
        squash = 1 / np.cos(pose.yaw)
        xs = (
            (xs - NECK[0]) * (1 + (squash - 1) * weight)
            + NECK[0]
            - np.sin(pose.yaw) * near * weight
        )
        return self._sample(head, xs, ys - np.sin(pose.pitch) * near * weight)

    def _to_canvas(self, xs: Plane, ys: Plane) -> tuple[Plane, Plane]:
        return (
            ((xs - ORIGIN[0]) * SCALE).astype(np.float32),
            ((ys - ORIGIN[1]) * SCALE).astype(np.float32),
        )

    def _sample(self, image: Image, xs: Plane, ys: Plane) -> Image:
        return cv2.remap(image, *self._to_canvas(xs, ys), cv2.INTER_LINEAR)

    def draw(self, dressed: Image, pose: Pose) -> Image:
        """Return head and neck in this pose, BGRA on the canvas."""
        drawn = self._turn(self._eyes(self._speak(dressed, pose), pose), pose)
        below = (CANVAS[1] - HEAD_ROWS) * SCALE
        return cv2.copyMakeBorder(drawn, 0, below, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))


# Half width and half height of a glass in portrait pixels, thickness of its rim in canvas pixels.
_RIMS = {"round": (16.0, 11.5, 2), "narrow": (17.5, 8.0, 6)}


def _draw_glasses(head: Image, half_width: float, half_height: float, rim: int) -> None:
    """Draw glasses onto the head."""
    fine = 4  # bits of the fraction of a pixel, for smooth lines

    def point(x: float, y: float) -> tuple[int, int]:
        step = SCALE * 2**fine
        return round((x - ORIGIN[0]) * step), round((y - ORIGIN[1]) * step)

    rims = np.zeros(head.shape[:2], np.uint8)  # OpenCV smooths lines in 8-bit pictures only
    for x, y in EYES:
        axes = (round(half_width * SCALE * 2**fine), round(half_height * SCALE * 2**fine))
        cv2.ellipse(rims, point(x, y + 2), axes, 0, 0, 360, 255, rim, cv2.LINE_AA, fine)
    for start, end in (((218, 101), (232, 101)), ((187, 101), (177, 99)), ((263, 102), (273, 100))):
        cv2.line(rims, point(*start), point(*end), 255, rim, cv2.LINE_AA, fine)
    weight = (rims.astype(np.float32) / 255)[..., None] * 0.9
    head[..., :3] = head[..., :3] * (1 - weight) + np.array([0.1, 0.09, 0.12], np.float32) * weight


def reference_portrait() -> NDArray[Any]:
    """Return the head of the unchanged portrait, as an enrolled reference picture (BGR)."""
    return np.ascontiguousarray(stock("astronaut")[0:200, 124:324])
