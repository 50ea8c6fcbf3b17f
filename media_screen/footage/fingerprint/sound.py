"""Turns sound into a constellation of spectral peaks and pairs of peaks that can be looked up.

Wang, "An industrial-strength audio search algorithm", ISMIR 2003: peaks of the spectrogram survive
noise, equalisation and lossy coding; a pair of them (pitch, interval, distance) is a 32-bit key.
Frequencies are logarithmic, so that a change of speed moves all peaks alike, and pairs can be made
for any assumed speed from the stored peaks.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Doubles, Flags, Floats, Ints

RATE = 16_000  # Hz
WINDOW = 1024  # samples, 64 ms: resolves the harmonics of speech
HOP = 256  # samples
FRAMES_PER_S = RATE / HOP  # 62.5
LOW_HZ, HIGH_HZ = 250.0, 4000.0  # what telephones, cheap speakers and low rates keep
PITCH_STEPS = 60  # steps of frequency per octave; four octaves fit a byte
PEAKS_PER_S = 14
# A peak is the largest value within +-5 frames (80 ms) and +-5 bins (78 Hz): about a syllable long
# and less than the distance of two harmonics.
NEAR_FRAMES, NEAR_BINS = 5, 5
# Below this level (of full scale, per bin) there is nothing but the noise of codecs and of 16 bits:
# white noise of -81 dB in all. Speech that is turned down by 45 dB has peaks up to -70 dB.
FLOOR_DB = -100.0
# Peaks so far below the loud ones of a block are what a pause leaves: room, hiss, coding noise.
RANGE_DB, LOUD_SHARE = 40.0, 0.9
# A peak says nothing when as many others within STEADY_S have its pitch (a held tone, hum, an
# organ: one each 0.1 s) or when those around it have few pitches, in number (beeps of a countdown,
# alarms) or as a share (hum with its overtones).
STEADY_S, STEADY_PEAKS, STEADY_STEPS = 1.0, 9, 1
LEAST_PITCHES, PITCHES_SHARE = 6, 0.4
BLOCK_S = 8.0  # of sound analysed at a time
# Pairs: the second peak lies 2 to 62 frames (32 ms to 1 s) after the first, within an octave.
PAIR_FRAMES = (2, 62)
PAIR_STEPS = 60
PITCH_BIN, INTERVAL_BIN, DISTANCE_BIN = 4, 3, 2  # steps, steps, frames in one bin of the key
KEYS = 64 * 64 * 32
# Pairs from each peak: few in the catalogue (they fill its memory), more in the query, where
# extra peaks of other sounds push the right partner back in the queue.
REFERENCE_FAN, QUERY_FAN = 3, 8


@dataclass(frozen=True, slots=True)
class Peaks:
    """Peaks in order of time: frame numbers (16 ms each) and frequency steps over LOW_HZ."""

    frames: npt.NDArray[np.uint32]
    steps: npt.NDArray[np.uint8]


class PeakPicker:
    """Finds the peaks of sound that is given in consecutive pieces."""

    def __init__(self) -> None:
        self._held: list[Floats] = []
        self._held_count = 0
        self._position: int | None = None  # of the first held sample, in samples
        self._frames: list[Ints] = []
        self._steps: list[Ints] = []
        self._next = 0  # first frame whose peaks were not taken yet
        self.seconds = 0.0

    def add(self, start_s: float, samples: Floats) -> None:
        """Take the next piece; a hole between pieces counts as silence."""
        start = round(start_s * RATE)
        if self._position is None:
            self._position = start - start % HOP
            self._hold(np.zeros(start % HOP, np.float32))
        gap = start - (self._position + self._held_count)
        if gap > RATE // 50:
            self._flush()
            self._position = start - start % HOP
            self._hold(np.zeros(start % HOP, np.float32))
        self._hold(np.asarray(samples, dtype=np.float32))
        self.seconds += samples.size / RATE
        while self._held_count >= round((BLOCK_S + 2) * RATE):
            self._analyse(last=False)

    def finish(self) -> Peaks:
        """Return all peaks."""
        self._flush()
        if not self._frames:
            return Peaks(np.zeros(0, np.uint32), np.zeros(0, np.uint8))
        frames, steps = np.concatenate(self._frames), np.concatenate(self._steps)
        telling = _telling(frames, steps)
        frames, steps = frames[telling], steps[telling]
        order = np.lexsort((steps, frames))
        return Peaks(frames[order].astype(np.uint32), steps[order].astype(np.uint8))

    def _hold(self, samples: Floats) -> None:
        self._held.append(samples)
        self._held_count += samples.size

    def _flush(self) -> None:
        if self._held_count:
            self._analyse(last=True)
        self._held, self._held_count = [], 0

    def _analyse(self, *, last: bool) -> None:
        """Take the peaks of one block; a second on each side of it is context only."""
        assert self._position is not None
        joined = np.concatenate(self._held) if len(self._held) > 1 else self._held[0]
        frames, steps = find_peaks(joined)
        frames = frames + self._position // HOP
        done = joined.size if last else round((BLOCK_S + 1) * RATE) // HOP * HOP
        end = (self._position + done) // HOP
        start = self._next
        keep = (frames >= start) & ((frames < end) | last)
        self._frames.append(frames[keep])
        self._steps.append(steps[keep])
        self._next = end
        tail = 0 if last else joined.size - (done - RATE // HOP * HOP)
        kept = joined[joined.size - tail :]
        self._position += joined.size - tail
        self._held, self._held_count = [kept], kept.size


def find_peaks(samples: Floats) -> tuple[Ints, Ints]:
    """Return frame numbers and frequency steps of the strongest peaks, PEAKS_PER_S a second."""
    from scipy.ndimage import maximum_filter

    if samples.size < WINDOW:
        samples = np.pad(samples, (0, WINDOW - samples.size))
    low, high = round(LOW_HZ * WINDOW / RATE), round(HIGH_HZ * WINDOW / RATE)
    # The bins that can hold a peak, and their neighbours, which it must be higher than.
    first, last = low - NEAR_BINS, high + NEAR_BINS
    level = _spectrogram(samples, first, last)
    # Equalisation lifts whole bands: peaks compete by how far they stand out of their own band.
    salience = level - level.mean(axis=0)
    top = maximum_filter(level, size=(2 * NEAR_FRAMES + 1, 2 * NEAR_BINS + 1), mode="nearest")
    loud = float(np.quantile(level.max(axis=1), LOUD_SHARE))
    found = (level >= top) & (level > max(FLOOR_DB, loud - RANGE_DB))
    found[:, : low - first] = found[:, high - first :] = False
    frame, bin_ = np.nonzero(found)
    frame, bin_ = _strongest(frame, bin_, salience[frame, bin_])
    vertex = _vertex(level[frame, bin_ - 1], level[frame, bin_], level[frame, bin_ + 1])
    fine = bin_ + first + vertex
    steps = np.rint(PITCH_STEPS * np.log2(fine * (RATE / WINDOW) / LOW_HZ))
    return frame, np.clip(steps, 0, 255).astype(np.int64)


def _spectrogram(samples: Floats, first: int, last: int) -> Floats:
    """Return the levels in dB, one row a frame, one column a frequency bin of `first` to `last`."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * _window(), axis=1)[:, first:last]
    power = (spectrum.real**2 + spectrum.imag**2) * (4 / WINDOW**2)
    return (10 * np.log10(power + 1e-12)).astype(np.float32)


@functools.cache
def _window() -> Floats:
    return np.hanning(WINDOW).astype(np.float32)


def _strongest(frame: Ints, bin_: Ints, salience: Floats) -> tuple[Ints, Ints]:
    """Keep the PEAKS_PER_S most salient peaks of each second."""
    second = (frame / FRAMES_PER_S).astype(np.int64)
    order = np.lexsort((-salience, second))
    begin = np.searchsorted(second[order], second[order], side="left")
    kept = np.sort(order[np.arange(order.size) - begin < PEAKS_PER_S])
    return frame[kept], bin_[kept]


def _telling(frames: Ints, steps: Ints) -> Flags:
    """Tell which peaks are part of something that changes: not of held tones, hum and beeps."""
    order = np.lexsort((steps, frames))
    frame, step = frames[order], steps[order]
    reach = STEADY_S * FRAMES_PER_S
    low, high = (
        np.searchsorted(frame, frame - reach),
        np.searchsorted(frame, frame + reach, "right"),
    )
    telling = np.zeros(len(frames), bool)
    for at in range(len(frame)):
        near = step[low[at] : high[at]]
        same = np.count_nonzero(np.abs(near - step[at]) <= STEADY_STEPS)
        pitches = np.count_nonzero(np.diff(np.sort(near)) > STEADY_STEPS) + 1
        telling[order[at]] = same < STEADY_PEAKS and pitches >= max(
            LEAST_PITCHES, PITCHES_SHARE * len(near)
        )
    return telling


def _vertex(left: Floats, middle: Floats, right: Floats) -> Floats:
    """Return where the parabola through three levels is highest, -0.5 to 0.5 bins."""
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.minimum(bend, -1e-6), 0.0)
    return np.clip(shift, -0.5, 0.5).astype(np.float32)


def moved(peaks: Peaks, speed: float, *, pitch: bool) -> tuple[Doubles, Doubles]:
    """Return (times in frames, steps) as they would be in sound that ran `speed` times slower.

    For a query that was sped up by `speed` this undoes it; `pitch` says that pitch rose with it.
    """
    frames = peaks.frames.astype(np.float64) * speed
    shift = -PITCH_STEPS * np.log2(speed) if pitch else 0.0
    return frames, peaks.steps.astype(np.float64) + shift


def pairs(
    frames: npt.NDArray[np.floating], steps: npt.NDArray[np.floating], fan: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.floating]]:
    """Return the keys of pairs of peaks and the times (frames) of their first peaks.

    Each peak is joined with the `fan` next ones that lie within PAIR_FRAMES and PAIR_STEPS.
    """
    keys, times = [], []
    count = len(frames)
    used = np.zeros(count, np.int64)
    # Within a second there are at most about PEAKS_PER_S peaks that could be partners.
    for ahead in range(1, min(2 * PEAKS_PER_S, count)):
        first, second = slice(0, count - ahead), slice(ahead, count)
        distance = frames[second] - frames[first]
        interval = steps[second] - steps[first]
        fits = (distance >= PAIR_FRAMES[0]) & (distance < PAIR_FRAMES[1])
        fits &= (np.abs(interval) < PAIR_STEPS) & (used[first] < fan)
        at = np.flatnonzero(fits)
        used[at] += 1
        keys.append(_key(steps[at], interval[at], distance[at]))
        times.append(frames[at])
    if not keys:
        return np.zeros(0, np.uint32), np.zeros(0, np.float64)
    return np.concatenate(keys), np.concatenate(times)


def _key(
    steps: npt.NDArray[np.floating],
    interval: npt.NDArray[np.floating],
    distance: npt.NDArray[np.floating],
) -> npt.NDArray[np.uint32]:
    pitch = np.clip(np.floor(steps / PITCH_BIN), 0, 63).astype(np.uint32)
    rise = np.clip(np.floor((interval + PAIR_STEPS) / INTERVAL_BIN), 0, 63).astype(np.uint32)
    wait = np.clip(np.floor(distance / DISTANCE_BIN), 0, 31).astype(np.uint32)
    return (pitch * 64 + rise) * 32 + wait
