"""What the technical side of a sound gives away, for the control of metadata of speech.

Speech is kept here as 16 kHz mono of at most 5 s, so that container and size say little. How loud
it is, how it begins and ends, and where its spectrum stops still tell from which collection it
comes (MP3 and resampling cut the top). A copy, a cut or another microphone changes all of it: none
of it shows that a voice was made.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Floats
from media_screen.media import SAMPLE_RATE, Media

_FRAME = SAMPLE_RATE // 50  # 20 ms, in which speech hardly changes
_RANGE = 40.0  # dB under the loudest frame, from which a frame counts as a pause
_FLOOR = -100.0  # dB of full scale; 16 bits reach -96
_BAND_RANGE = 58.0  # dB under the strongest band at which one counts as there, as in `speech`
_BANDS = 32  # of 250 Hz
_QUIET = 10  # percentile of frames that counts as noise


@dataclass(frozen=True)
class SoundFacts:
    """Technical facts of a sound; levels in dB of full scale, shares from 0 to 1.

    `lead_s` and `trail_s` are seconds of silence before and after, `pauses` the share of quiet
    frames, `zeros` that of samples that are exactly 0, `floor_db` the level of the quietest tenth,
    `high_db` the power over 7 kHz in relation to all, `bandwidth_hz` where the spectrum ends.
    """

    level_db: float
    peak_db: float
    floor_db: float
    lead_s: float
    trail_s: float
    pauses: float
    zeros: float
    bandwidth_hz: float
    high_db: float

    @property
    def numbers(self) -> tuple[float, ...]:
        """The facts in the order of their names."""
        return astuple(self)


def read_facts(path: Path) -> SoundFacts | None:
    """Measure the sound of a file; None when it has none or it is silent throughout."""
    with Media.open(path, threads=1) as media:
        blocks = [samples for _, samples in media.audio_blocks()]
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return facts(samples) if samples.size >= _FRAME and samples.any() else None


def facts(samples: Floats) -> SoundFacts:
    """Measure a sound of 16 kHz mono, full scale 1, that lasts a frame at least and is not 0."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME).astype(np.float64)
    levels = _db(np.mean(frames**2, axis=1))
    heard = np.flatnonzero(levels >= levels.max() - _RANGE)
    power = np.mean(np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1)) ** 2, axis=0)
    bands = power[1:].reshape(_BANDS, -1).mean(axis=1)
    present = np.flatnonzero(_db(bands / bands.max()) >= -_BAND_RANGE)
    step = SAMPLE_RATE / 2 / _BANDS
    return SoundFacts(
        level_db=float(_db(np.mean(frames**2))),
        peak_db=float(_db(np.max(frames**2))),
        floor_db=float(np.percentile(levels, _QUIET)),
        lead_s=heard[0] * _FRAME / SAMPLE_RATE,
        trail_s=(len(levels) - 1 - heard[-1]) * _FRAME / SAMPLE_RATE,
        pauses=1.0 - len(heard) / len(levels),
        zeros=float(np.mean(samples == 0)),
        bandwidth_hz=(present[-1] + 1) * step,
        high_db=float(_db(bands[-4:].sum() / bands.sum())),  # 7 to 8 kHz
    )


def _db(power: npt.ArrayLike) -> Doubles:
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (_FLOOR / 10))))
