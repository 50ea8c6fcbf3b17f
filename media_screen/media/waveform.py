"""The loudness of a file's sound over time, gathered while the sound is read for something else."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BARS = 200  # stretches of the whole length: a page shows no more, and a record stays small
STEP = 800  # samples at 16 kHz: 50 ms, about a syllable's rise, is one measurement
SILENCE = 1e-4  # of full scale (-80 dB): below, there is nothing to scale the bars by


class Waveform:
    """Gathers root mean square levels of blocks of sound; giving a block twice changes nothing."""

    def __init__(self) -> None:
        self._times: list[np.ndarray] = []
        self._levels: list[np.ndarray] = []

    def add(self, start_s: float, samples: np.ndarray) -> None:
        """Take in a block that begins at `start_s`: float32, mono, 16 kHz, -1 to 1."""
        import numpy as np

        count = math.ceil(samples.size / STEP)
        padded = np.zeros(count * STEP, np.float32)
        padded[: samples.size] = samples
        power = np.mean(padded.reshape(count, STEP) ** 2, axis=1)
        self._times.append(start_s + np.arange(count) * (STEP / 16_000))
        self._levels.append(np.sqrt(power))

    def bars(self, duration_s: float) -> tuple[int, ...]:
        """Return the loudest level of each equal stretch of a file, 0 to 100 (its loudest).

        Up to `BARS` numbers, fewer for a file shorter than 10 s; none when no sound was read or
        the length is not known.
        """
        import numpy as np

        if not self._times or duration_s <= 0:
            return ()
        times, levels = np.concatenate(self._times), np.concatenate(self._levels)
        count = max(1, min(BARS, int(duration_s * 16_000 / STEP)))
        places = np.floor(times / duration_s * count).astype(int)
        inside = (places >= 0) & (places < count)
        loudest = np.zeros(count)
        np.maximum.at(loudest, places[inside], levels[inside])
        if loudest.max() > SILENCE:
            loudest *= 100 / loudest.max()
        return tuple(int(value) for value in np.rint(loudest))
