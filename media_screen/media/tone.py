"""Maps pictures of high dynamic range (PQ and HLG, ITU-R BT.2100) to those of an ordinary screen.

What lies up to reference white is kept as it is, brighter light is rolled off: a copy of an
ordinary video in PQ looks like the ordinary video again (ITU-R BT.2408: its white is 203 cd/m2).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from media_screen.arrays import Array, Floats

PQ, HLG = 16, 18  # transfer characteristics (ITU-T H.273)
HIGH_RANGE = (PQ, HLG)
BT2020 = 9  # colour primaries (ITU-T H.273)

WHITE = 203.0  # cd/m2; reference white
PEAK = 1000.0  # cd/m2; the screen that HLG is shown on
_HLG_GAMMA = 1.2  # of that screen
_SCREEN_GAMMA = 2.4  # of an ordinary one (ITU-R BT.1886)
KNEE = 0.8  # of reference white; what is brighter is rolled off towards 1
_BITS = 12  # of the tables: what PQ needs to show no steps
# From BT.2020 primaries to those of BT.709 (ITU-R BT.2087), and to luminance.
_TO_BT709 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
_LUMA_2020 = ((0.2627, 0.6780, 0.0593),)


def tone_mapped(
    pixels: npt.NDArray[np.uint16], transfer: int, primaries: int
) -> npt.NDArray[np.uint8]:
    """Return 8-bit pixels for an ordinary screen; a fourth channel (opacity) is only shortened."""
    import cv2
    import numpy as np

    light = _light_of(transfer)[np.ascontiguousarray(pixels[..., :3]) >> (16 - _BITS)]
    if transfer == HLG:  # from the scene's light to the screen's
        luma = cv2.transform(light, np.array(_LUMA_2020, np.float32))
        light *= np.power(luma, _HLG_GAMMA - 1)[..., None] * np.float32(PEAK / WHITE)
    if primaries == BT2020:
        light = np.maximum(cv2.transform(light, np.array(_TO_BT709, np.float32)), 0)
    brightest = light.max(axis=2)
    over = np.maximum(brightest - KNEE, 0)
    room = 1 - KNEE
    rolled = np.minimum(brightest, KNEE) + room * over / (over + room)
    light = (
        light * (rolled / np.maximum(brightest, 1e-6))[..., None]
    )  # all three alike: the hue stays
    screen = np.power(light, np.float32(1 / _SCREEN_GAMMA)) * 255 + 0.5
    mapped = np.asarray(np.minimum(screen, 255), dtype=np.uint8)
    if pixels.shape[2] == 3:
        return mapped
    opacity = (pixels[..., 3:] >> 8).astype(np.uint8)
    return np.asarray(np.concatenate([mapped, opacity], axis=2), dtype=np.uint8)


@functools.cache
def _light_of(transfer: int) -> Floats:
    """Return the light of each code: of the screen over WHITE for PQ, of the scene for HLG."""
    import numpy as np

    signal = np.linspace(0, 1, 1 << _BITS)
    light: Array
    if transfer == PQ:  # SMPTE ST 2084
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        root = signal ** (1 / m2)
        light = (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * (10_000 / WHITE)
    else:  # ARIB STD-B67
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return light.astype(np.float32)
