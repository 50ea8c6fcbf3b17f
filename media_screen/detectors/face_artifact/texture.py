"""Measures the fine texture of an aligned face: how much detail there is where, and of what kind.

Cameras, generators and blends leave detail of different kinds. Three are measured, on a Laplacian
pyramid (Burt and Adelson 1983) of brightness and colour:

- energy: how much detail each part of the face holds, and what surrounds it;
- neighbours: how alike detail is from one pixel to the next. Upsampling and denoising make it
  smooth, as first used to tell resampled pictures (Popescu and Farid, 2005);
- channels: how alike the detail of brightness and of colour is. A sensor mosaic and its chroma
  subsampling tie them otherwise than the decoder of a generator (McCloskey and Albright, 2018).

Everything comes from the crop alone; nothing here was learned.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from media_screen.arrays import Floats, Image

CHANNELS = ("Y", "Cr", "Cb")
LEVELS = 4  # octaves of detail, the finest first: a pixel of the crop, then 2, 4 and 8
# Parts of the 256 px crop of `faces.align`: left, top, right, bottom.
PARTS = {
    "face": (64, 80, 192, 220),
    "mouth": (88, 158, 168, 212),
    "eyes": (72, 88, 184, 136),
    "forehead": (96, 60, 160, 88),
    "left_cheek": (72, 140, 104, 190),
    "right_cheek": (152, 140, 184, 190),
    "nose": (100, 112, 156, 156),
}
HEAD = (56, 60, 200, 230)  # what lies outside of it is called "around"
SKIN = (64, 80, 192, 220)  # where neighbours and channels are compared
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))  # rows down, columns right
COMPARED_LEVELS = 3  # of the coarsest level a face has too few pixels to correlate
_BLUR = 1.0  # px, standard deviation of what splits a level into detail and the rest
_LEAST_ENERGY = 0.01  # squared levels: far below rounding, so that flat parts have a logarithm
_LEAST_POWER = 0.05  # squared levels: below it detail is rounding, and correlates with nothing
GREY = 1.0  # levels: a picture whose colour spreads less than this has none


def _names() -> Iterator[str]:
    for channel in CHANNELS:
        for level in range(LEVELS):
            for part in (*PARTS, "around"):
                yield f"energy {channel} {level} {part}"
    for channel in CHANNELS:
        for level in range(COMPARED_LEVELS):
            for down, right in NEIGHBOURS:
                yield f"neighbours {channel} {level} {down}-{right}"
    for level in range(COMPARED_LEVELS):
        for one, other in _PAIRS:
            yield f"channels {CHANNELS[one]}-{CHANNELS[other]} {level}"


_PAIRS = ((0, 1), (0, 2), (1, 2))
NAMES = tuple(_names())


def measure(crop: Image) -> Floats:
    """Return the measures of a 256 x 256 RGB crop of `align`, (150,), in the order of NAMES.

    Energies are natural logarithms of squared levels; the others are correlations, -1 to 1.
    """
    details = _details(crop)
    energies = [
        energy
        for channel in details
        for level, detail in enumerate(channel)
        for energy in _energies(detail, level)
    ]
    on_skin = [
        [detail[_scaled(SKIN, level)] for level, detail in enumerate(channel[:COMPARED_LEVELS])]
        for channel in details
    ]
    neighbours = [
        _alike(skin[down:, right:], skin[: len(skin) - down, : skin.shape[1] - right], skin.var())
        for channel in on_skin
        for skin in channel
        for down, right in NEIGHBOURS
    ]
    channels = [
        _correlation(on_skin[one][level], on_skin[other][level])
        for level in range(COMPARED_LEVELS)
        for one, other in _PAIRS
    ]
    return np.array([*energies, *neighbours, *channels], np.float32)


def is_grey(crop: Image) -> bool:
    """Say whether a picture has no colour, of which two thirds of the measures are."""
    import cv2

    chroma = cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb)[_scaled(SKIN, 0)][..., 1:]
    return bool(chroma.std(axis=(0, 1)).max() < GREY)


def _details(crop: Image) -> list[list[Floats]]:
    """Return for each channel the detail of each octave, half as large each time."""
    import cv2

    found: list[list[Floats]] = []
    for channel in cv2.split(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb).astype(np.float32)):
        rest, own = np.asarray(channel, np.float32), []
        for _ in range(LEVELS):
            low = np.asarray(cv2.GaussianBlur(rest, (0, 0), _BLUR), np.float32)
            own.append(rest - low)
            half = (low.shape[1] // 2, low.shape[0] // 2)
            rest = np.asarray(cv2.resize(low, half, interpolation=cv2.INTER_AREA), np.float32)
        found.append(own)
    return found


def _energies(detail: Floats, level: int) -> Iterator[float]:
    power = detail * detail
    for box in PARTS.values():
        yield float(np.log(power[_scaled(box, level)].mean() + _LEAST_ENERGY))
    head = power[_scaled(HEAD, level)]
    around = (float(power.sum()) - float(head.sum())) / (power.size - head.size)
    yield float(np.log(max(0.0, around) + _LEAST_ENERGY))


def _scaled(box: tuple[int, int, int, int], level: int) -> tuple[slice, slice]:
    left, top, right, bottom = (side >> level for side in box)
    return slice(top, bottom), slice(left, right)


def _alike(one: Floats, other: Floats, power: np.floating) -> float:
    return float((one * other).mean() / (power + _LEAST_POWER))


def _correlation(one: Floats, other: Floats) -> float:
    power = (one.var() + _LEAST_POWER) * (other.var() + _LEAST_POWER)
    return float((one * other).mean() / np.sqrt(power))
