"""Runs the two networks that hear what a sound is: voice activity, and speech, song or music.

Voice activity is silero-vad. The other is YAMNet, trained on AudioSet (Gemmeke et al., "Audio Set:
An ontology and human-labeled dataset for audio events", ICASSP 2017).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats
from media_screen.evidence import Span
from media_screen.media import SAMPLE_RATE
from media_screen.speech.spectra import frames, htk_filters, power

if TYPE_CHECKING:
    import onnxruntime

VAD = "speech/vad.onnx"
YAMNET = "speech/yamnet.onnx"

FRAME = 512  # samples that one value of voice activity stands for: 32 ms
CONTEXT = 64  # samples before a frame that the network hears with it
BANDS = 32  # of equal width, 250 Hz each, in which levels are kept
# YAMNet's input: spectra of 25 ms every 10 ms, 64 mel bands, patches of 96 spectra.
_WINDOW, _HOP, _MELS, _PATCH = 400, 160, 64, 96
_PATCH_HOP = 48  # spectra between patches: 0.48 s
PATCH_S = _PATCH * _HOP / SAMPLE_RATE
PATCH_HOP_S = _PATCH_HOP * _HOP / SAMPLE_RATE
Hear = Callable[[Span], bool]  # says of a stretch of sound whether to listen to it
State = tuple[Floats, Floats]  # what the network for voice activity remembers
_FLOOR = 1e-10  # power of digital silence, so that its level is finite: -100 dB
# Power, -40 dB of full scale, to which the networks hear a quieter block raised: turned down by 45
# dB, half of all speech is none to them. 19 in 20 recordings of speech are louder than -32 dB.
_QUIET = 1e-4
_REMEMBERED = 10 * SAMPLE_RATE  # samples by whose level that is told, so that no pause is raised
_MOST = 100.0  # times; what is quieter than -80 dB is the noise of a codec


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard over a whole sound, about 90 bytes for each 32 ms of it.

    `activity` is the probability of voice for each frame of 512 samples, `bands` the power of each
    frame in 32 bands of 250 Hz; `scores` are those of speech, singing and music (0 to 1) of patches
    of 0.96 s every 0.48 s. Where nobody listened all of them are 0; elsewhere `bands` never is.
    """

    activity: Floats  # frames
    bands: Floats  # frames x 32
    scores: Floats  # patches x 3


class Listener:
    """Hears a sound block by block; memory does not grow but for what `Heard` keeps."""

    def __init__(
        self, vad: onnxruntime.InferenceSession, yamnet: onnxruntime.InferenceSession
    ) -> None:
        self._vad = vad
        self._yamnet = yamnet

    @classmethod
    def load(cls, device: str = "cpu") -> Listener:
        """Open the recorded weights on a device."""
        from media_screen import weights
        from media_screen.weights import nets

        vad, yamnet = (nets.session(weights.path(name), device=device) for name in (VAD, YAMNET))
        return cls(vad, yamnet)

    def hear(self, blocks: Iterable[tuple[float, Floats]], *, to: Hear | None = None) -> Heard:
        """Hear the blocks of one sound (16 kHz, mono), as `Media.audio_blocks` gives them.

        The networks get only the blocks that `to` says yes to, by default all of them, and quiet
        ones as if the player had been turned up.
        """
        listening = Listening(self)
        for start, samples in blocks:
            block = Span(start, start + len(samples) / SAMPLE_RATE)
            listening.take(samples, heard=to is None or to(block))
        return listening.heard()

    def voice(self, rows: Floats, state: State) -> tuple[Floats, State]:
        """Return the voice activity of frames, and what the network remembers after them."""
        found, h, c = self._vad.run(None, {"input": rows, "h": state[0], "c": state[1]})
        return found, (h, c)

    def kinds(self, patches: Floats) -> Floats:
        """Return the scores of speech, singing and music of patches."""
        scores: Floats = self._yamnet.run(None, {"audio": patches})[0]
        return scores


class Listening:
    """One sound while it is listened to: its blocks are taken one after the other."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._activity: list[Floats] = [np.zeros(0, np.float32)]
        self._bands: list[Floats] = [np.zeros((0, BANDS), np.float32)]
        self._scores: list[Floats] = [np.zeros((0, 3), np.float32)]
        self._voice = _Overlap(FRAME, FRAME, before=CONTEXT)
        self._spectra, self._patches = _Overlap(_WINDOW, _HOP), _Overlap(_PATCH, _PATCH_HOP)
        self._state: State = (np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32))
        self._loudness = _Loudness()
        self._total = 0
        self._last = True  # whether the last block was listened to

    def take(self, samples: Floats, *, heard: bool = True) -> None:
        """Take in the next block; the networks listen to it, or not."""
        self._total += len(samples)
        self._last = heard
        self._hear(samples, heard)

    def heard(self) -> Heard:
        """Return all that was heard; silence fills the last frame and patch."""
        if self._total:
            patch = _WINDOW + (_PATCH - 1) * _HOP
            beyond = max(0, patch - self._total)
            self._hear(np.zeros(max(beyond, -self._total % FRAME), np.float32), self._last)
        parts = (self._activity, self._bands, self._scores)
        return Heard(*(np.concatenate(part).astype(np.float32) for part in parts))

    def _hear(self, samples: Floats, heard: bool) -> None:
        gain = self._loudness.gain(samples)
        rows, frames_ = self._voice.rows(samples), self._spectra.rows(samples)
        if len(rows) and heard:
            found, self._state = self._listener.voice(rows * gain, self._state)
            self._activity.append(found)
            self._bands.append(_levels(rows[:, CONTEXT:]))
        elif len(rows):
            self._activity.append(np.zeros(len(rows), np.float32))
            self._bands.append(np.zeros((len(rows), BANDS), np.float32))
        mels = _mels(frames_ * gain) if heard else np.zeros((len(frames_), _MELS), np.float32)
        rows = self._patches.rows(mels)[:, None]
        if len(rows) and heard:
            self._scores.append(self._listener.kinds(rows))
        elif len(rows):
            self._scores.append(np.zeros((len(rows), 3), np.float32))


class _Overlap:
    """Cuts a stream of rows (samples or spectra) into pieces of one length, across block borders.

    Pieces begin `step` rows apart; `before` rows of the past are part of each, at first zeros.
    """

    def __init__(self, length: int, step: int, *, before: int = 0) -> None:
        self._length, self._step = length + before, step
        self._held: Floats | None = np.zeros(before, np.float32) if before else None

    def rows(self, new: Floats) -> Floats:
        """Return the pieces that are complete with these rows."""
        joined = new if self._held is None else np.concatenate([self._held, new])
        pieces = frames(joined, length=self._length, step=self._step)
        self._held = joined[len(pieces) * self._step :]
        return np.ascontiguousarray(pieces)


class _Loudness:
    """Knows by what a sound is multiplied for the networks: 1 unless its last seconds are quiet."""

    def __init__(self) -> None:
        self._last: deque[tuple[int, float]] = deque()  # samples and energy of blocks

    def gain(self, samples: Floats) -> float:
        """Return it for the next block; digital silence leaves it as it was."""
        if samples.any():
            self._last.append((len(samples), float(np.sum(np.square(samples)))))
        count = sum(length for length, _ in self._last)
        while self._last and count - self._last[0][0] >= _REMEMBERED:
            count -= self._last.popleft()[0]
        level = sum(energy for _, energy in self._last) / max(count, 1)
        return min(_MOST, max(1.0, float((_QUIET / max(level, _FLOOR)) ** 0.5)))


def _levels(rows: Floats) -> Floats:
    """Return the power of frames in bands of 250 Hz, as a share of full scale."""
    spectra = power(rows, size=FRAME)[:, 1:]  # a constant offset is no sound
    share = spectra.reshape(len(rows), BANDS, -1).sum(axis=2) * (16 / 3 / FRAME**2)
    return np.asarray(np.maximum(share, _FLOOR / BANDS), np.float32)


def _mels(rows: Floats) -> Floats:
    """Return YAMNet's spectra, frames x 64: natural logarithms of mel bands of magnitudes."""
    mel = htk_filters(_MELS, size=512, low=125.0, high=7500.0)
    return np.asarray(np.log(np.sqrt(power(rows, size=512)) @ mel.T + 0.001), np.float32)


@cache
def listener(device: str = "cpu") -> Listener:
    """Return the listener of this process and device, loaded once."""
    return Listener.load(device)
