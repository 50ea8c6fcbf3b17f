"""Says by how much a mouth leads or follows a voice, and how sure that is.

The network embeds the mouth and the voice 25 times a second; the voice is moved against the mouth
until they agree best. The measures are those of SyncNet (Chung and Zisserman, "Out of time:
automated lip sync in the wild", ACCV workshop 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Doubles, Flags, Floats
from media_screen.detectors.lip_sync.movement import RATE, Movement
from media_screen.detectors.lip_sync.sound import STEPS, envelope

if TYPE_CHECKING:
    import onnxruntime


WEIGHTS = "lip_sync/sync.onnx"
REACH = 30  # frames by which the voice is moved: 1.2 s either way
REACH_S = REACH / RATE
# Frames by which recordings are off at most, but for rare ones: 400 ms (the worst of 50 genuine
# files was 360). Over more offsets another's voice fits somewhere by chance.
NEAR = 10
LEAST_SHARE = 0.6  # of the seen frames that must have sound at an offset for it to count
LEAST_FRAMES = 40  # seen frames; of less than 1.6 s no offset can be told


@dataclass(frozen=True, eq=False)
class Curve:
    """How far mouth and voice are apart at each offset, 0 (agree) to 2 (contradict).

    `distances` (61,) is for the voice moved by -30 to 30 frames of 40 ms: NaN where there is too
    little sound. Positive offsets of the voice mean that the mouth leads.
    """

    distances: Doubles

    @property
    def offset_ms(self) -> float:
        """Return the best offset: below zero the mouth leads, above it follows."""
        best = int(np.nanargmin(self.distances))
        around = self.distances[max(0, best - 1) : best + 2]
        part = 0.0
        if len(around) == 3 and np.isfinite(around).all():  # the lowest point of a parabola
            bend = around[0] - 2 * around[1] + around[2]
            part = 0.5 * (around[0] - around[2]) / bend if bend > 0 else 0.0
        return float(-(best + part - REACH) * 1000 / RATE)

    @property
    def distance(self) -> float:
        """Return the distance at the best offset."""
        return float(np.nanmin(self.distances))

    @property
    def agreement(self) -> float:
        """Return how well they agree at the best offset within 400 ms, -1 to 1; 0 if unheard."""
        near = self.distances[REACH - NEAR : REACH + NEAR + 1]
        return 1.0 - float(np.nanmin(near)) if np.isfinite(near).any() else 0.0

    @property
    def confidence(self) -> float:
        """Return how much better the best offset is than the median one, 0 or more."""
        return float(np.nanmedian(self.distances) - np.nanmin(self.distances))


@dataclass(frozen=True, eq=False)
class Embedded:
    """One window as the network sees it.

    Mouth (n, 64), voice (n + 2 reach, 64), seen frames (n,), and whether there is sound for each
    frame of the voice.
    """

    mouth: Floats
    voice: Floats
    seen: Flags
    heard: Flags

    def curve(self) -> Curve | None:
        """Return the distances at all offsets, or None when too little was seen and heard."""
        return _curve(self.mouth, self.voice, self.seen, self.heard)


class SyncNet:
    """Embeds mouths and voices with the shipped network; open it with `load`."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    @classmethod
    def load(cls, device: str = "cpu") -> SyncNet:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        return cls(nets.session(weights.path(WEIGHTS), device=device))

    def embed(self, movement: Movement, mels: Floats, first: int) -> Embedded:
        """Embed a mouth and the voice around it.

        `mels` (m, 40) are levels at 100 Hz, of which row `first` belongs to the first movement;
        where they do not reach, there is no sound.
        """
        count = len(movement.features)
        sound, heard = around(mels, first, count)
        features = movement.features - movement.features[movement.valid].mean(axis=0)
        features[~movement.valid] = 0.0
        mouth, voice = self._session.run(
            ["mouth", "voice"], {"movement": features[None], "sound": sound[None]}
        )
        return Embedded(mouth[0], voice[0], movement.valid, heard)


def around(mels: Floats, first: int, count: int) -> tuple[Floats, Flags]:
    """Return the levels from `REACH` frames before to after a window, and which frames have any."""
    wanted = first + np.arange(-STEPS * REACH, STEPS * (count + REACH))
    there = (wanted >= 0) & (wanted < len(mels))
    sound = np.zeros((len(wanted), mels.shape[1]), np.float32)
    sound[there] = mels[wanted[there]]
    return sound, np.asarray(there.reshape(-1, STEPS).all(axis=1))


def opening_curve(movement: Movement, mels: Floats, first: int) -> Curve | None:
    """Return the baseline: 1 less the correlation of the mouth's opening with the loudness."""
    count = len(movement.opening)
    sound, heard = around(mels, first, count)
    loud = envelope(sound)
    opening = np.asarray(movement.opening, np.float64)
    rows = np.full(2 * REACH + 1, np.nan)
    for place in range(2 * REACH + 1):
        both = movement.valid & heard[place : place + count]
        if both.sum() < max(LEAST_FRAMES, LEAST_SHARE * movement.valid.sum()):
            continue
        one, other = opening[both], loud[place : place + count][both]
        spread = one.std() * other.std()
        agree = np.mean((one - one.mean()) * (other - other.mean())) / spread if spread else 0.0
        rows[place] = 1.0 - agree
    return Curve(rows) if np.isfinite(rows).any() else None


def _curve(mouth: Floats, voice: Floats, seen: Flags, heard: Flags) -> Curve | None:
    count = len(mouth)
    rows = np.full(2 * REACH + 1, np.nan)
    least = max(LEAST_FRAMES, LEAST_SHARE * seen.sum())
    for place in range(2 * REACH + 1):
        both = seen & heard[place : place + count]
        if both.sum() >= least:
            agree = (mouth[both] * voice[place : place + count][both]).sum(axis=1)
            rows[place] = 1.0 - float(agree.mean())
    return Curve(rows) if np.isfinite(rows).any() else None


@cache
def sync_net(device: str = "cpu") -> SyncNet:
    """Return the network of this process and device, loaded once."""
    return SyncNet.load(device)
