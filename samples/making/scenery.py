"""Draws what stands around the puppet: backgrounds, clothes, captions. All BGR, 0 to 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.making.puppet import CANVAS, ORIGIN, SCALE, Image, Plane, stock

BACKGROUND = (1000, 600)  # pixels: larger than any frame, so that the camera can pan over it
Color = tuple[float, float, float]
Random = np.random.Generator


def _tiled(gray: NDArray[Any], size: float) -> Plane:
    """Return a grey texture repeated (mirrored) over the background, 0 to 1."""
    tile = cv2.resize(gray, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    tile = np.vstack([np.hstack([tile, tile[:, ::-1]]), np.hstack([tile[::-1], tile[::-1, ::-1]])])
    across = -(-BACKGROUND[0] // tile.shape[1])
    down = -(-BACKGROUND[1] // tile.shape[0])
    whole = np.tile(tile, (down, across))[: BACKGROUND[1], : BACKGROUND[0]]
    return whole.astype(np.float32) / 255


def _ramp(left_top: float, right_bottom: float) -> Plane:
    """Return a diagonal ramp of brightness over the background."""
    ys, xs = np.mgrid[0 : BACKGROUND[1], 0 : BACKGROUND[0]].astype(np.float32)
    along = (xs / BACKGROUND[0] + ys / BACKGROUND[1]) / 2
    return np.asarray(left_top + (right_bottom - left_top) * along)


def _tint(gray: Plane, color: Color) -> Image:
    return (gray[..., None] * np.asarray(color, np.float32)).clip(0, 1)


def brick(random: Random) -> Image:
    """A brick wall in warm light."""
    wall = _tint(_tiled(stock("brick"), 0.9) * _ramp(1.5, 0.55), (0.55, 0.75, 1.1))
    return cv2.GaussianBlur(wall, (0, 0), 1.6)


def shelves(random: Random) -> Image:
    """Book shelves, out of focus."""
    picture = np.full((BACKGROUND[1], BACKGROUND[0], 3), (0.12, 0.17, 0.24), np.float32)
    for shelf in range(4):
        bottom, x = 140 + 150 * shelf, 0
        while x < BACKGROUND[0]:
            width, height = int(random.integers(12, 34)), int(random.integers(80, 128))
            color = tuple(float(c) for c in random.uniform(0.1, 0.75, 3))
            cv2.rectangle(picture, (x, bottom - height), (x + width - 2, bottom), color, -1)
            x += width
        cv2.rectangle(picture, (0, bottom), (BACKGROUND[0], bottom + 12), (0.2, 0.32, 0.45), -1)
    return cv2.GaussianBlur(picture, (0, 0), 3.0)


def park(random: Random) -> Image:
    """A lawn under leaves and light spots."""
    lawn = _tint(_tiled(stock("grass"), 0.7), (0.35, 0.95, 0.6))
    leaves = np.full_like(lawn, (0.55, 0.72, 0.5))
    for _ in range(260):
        x, y = int(random.integers(0, BACKGROUND[0])), int(random.integers(-20, 380))
        green = float(random.uniform(0.35, 0.95))
        color = (green * 0.5, green, green * float(random.uniform(0.5, 0.9)))
        cv2.circle(leaves, (x, y), int(random.integers(10, 38)), color, -1, cv2.LINE_AA)
    fade = np.clip((np.arange(BACKGROUND[1]) - 340) / 60, 0, 1)[:, None, None].astype(np.float32)
    return cv2.GaussianBlur(leaves * (1 - fade) + lawn * fade, (0, 0), 3.5)


def studio(random: Random) -> Image:
    """A blue studio wall of lit panels."""
    picture = _tint(_ramp(0.25, 1.0), (0.85, 0.5, 0.25))
    for column in range(10):
        for row in range(6):
            glow = float(random.uniform(0.0, 0.35))
            start = (column * 100 + 6, row * 100 + 6)
            color = tuple(float(c) for c in picture[start[1], start[0]] + glow)
            cv2.rectangle(picture, start, (start[0] + 88, start[1] + 88), color, -1)
    return cv2.GaussianBlur(picture, (0, 0), 2.0)


def newsroom(random: Random) -> Image:
    """A dark newsroom with a chart on a screen."""
    picture = _tint(_ramp(0.5, 0.2), (0.35, 0.2, 0.45))
    cv2.rectangle(picture, (520, 60), (960, 400), (0.75, 0.78, 0.72), -1)
    heights = np.cumsum(random.normal(4, 16, 12)) + 110
    for index, height in enumerate(heights):
        start = (550 + index * 33, 370 - int(np.clip(height, 20, 280)))
        cv2.rectangle(picture, start, (start[0] + 22, 372), (0.25, 0.3, 0.75), -1)
    for x in range(20, 480, 70):
        cv2.rectangle(picture, (x, 90), (x + 40, 180), (0.2, 0.55, 0.7), -1)
    return cv2.GaussianBlur(picture, (0, 0), 2.2)


def gravel(random: Random) -> Image:
    """A grey stone wall."""
    return cv2.GaussianBlur(
        _tint(_tiled(stock("gravel"), 1.2) * _ramp(0.7, 1.6), (1, 1, 1)), (0, 0), 2
    )


def sky(random: Random) -> Image:
    """The Hubble deep field, out of focus."""
    stars = stock("hubble_deep_field")[:600, :1000].astype(np.float32) / 255
    return cv2.GaussianBlur(stars * 1.6 + 0.06, (0, 0), 1.5).clip(0, 1)


Background = Callable[[Random], Image]


def _outline(points: list[tuple[float, float]]) -> NDArray[Any]:
    """Return portrait points as canvas points."""
    return np.array(
        [[(x - ORIGIN[0]) * SCALE, (y - ORIGIN[1]) * SCALE] for x, y in points], np.int32
    )


def clothes(color: Color, weave: NDArray[Any]) -> Image:
    """Return a pullover with a high collar, BGRA on the puppet's canvas."""
    size = (CANVAS[1] * SCALE, CANVAS[0] * SCALE)
    u = np.linspace(-1, 1, 15)
    collar_top = [(221 + 38 * t, 174 + 11 * (1 - t * t)) for t in u]
    right = [(262, 196), (285, 207), (330, 226), (358, 258), (372, 340)]
    left = [(442 - x, y) for x, y in reversed(right)]
    alpha = np.zeros(size, np.uint8)
    cv2.fillPoly(alpha, [_outline(collar_top + right + left)], 255)
    solid = cv2.GaussianBlur(alpha.astype(np.float32) / 255, (0, 0), 1.2)
    round_off = cv2.GaussianBlur(solid, (0, 0), 22) * 1.1 - 0.1
    knit = cv2.resize(weave, size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    shade = (0.35 + 0.75 * round_off) * (0.88 + 0.3 * (knit - float(knit.mean())))
    folds = np.zeros(size, np.uint8)
    rim = [(221 + 40 * t, 194 + 11 * (1 - t * t)) for t in u]
    cv2.polylines(folds, [_outline(rim)], False, 255, 5, cv2.LINE_AA)
    shade *= 1 - 0.5 * cv2.GaussianBlur(folds.astype(np.float32) / 255, (0, 0), 3)
    picture = shade[..., None] * np.asarray(color, np.float32)
    return np.dstack([picture.clip(0, 1), solid]).astype(np.float32)


def leaf_shadows(random: Random) -> Plane:
    """Return factors that dapple the puppet's canvas as leaves in the sun do."""
    noise = random.standard_normal((CANVAS[1] * SCALE, CANVAS[0] * SCALE)).astype(np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 24)
    spots = 1 / (1 + np.exp(-7 * blurred / float(blurred.std())))
    return np.asarray(0.6 + 0.55 * cv2.GaussianBlur(spots, (0, 0), 3), np.float32)


def caption(frame: Image, text: str, place: tuple[int, int], size: float, strength: float) -> None:
    """Write a line of text onto a frame (its baseline starts at `place`, in pixels)."""
    mask = np.zeros(frame.shape[:2], np.uint8)
    cv2.putText(mask, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1, cv2.LINE_AA)
    ink = mask.astype(np.float32)[..., None] / 255
    shadow = np.clip(cv2.GaussianBlur(ink, (0, 0), 1.5) * 2.5, 0, 1)[..., None]
    frame *= 1 - 0.6 * strength * shadow
    frame += (1 - frame) * strength * ink


def lower_third(frame: Image) -> None:
    """Draw a news programme's banner onto a frame."""
    frame[292:334, 24:400] = (
        frame[292:334, 24:400] * 0.2 + np.array([0.35, 0.12, 0.08], np.float32) * 0.8
    )
    caption(frame, "NORTHERN DESK  |  fictional programme", (36, 310), 0.45, 0.95)
    caption(frame, "Irena Valequist, harbour engineer", (36, 327), 0.4, 0.85)
