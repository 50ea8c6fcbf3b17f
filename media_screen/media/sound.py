"""Turns the frames of a sound track into clean sides at 16 kHz, and sides into what is heard.

A player gives a listener two sides, whatever the number of channels. They are kept apart here, for
voices may lie on one of them, or on both in opposite phase, where a plain mix would lose them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import av.filter
    import numpy as np
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler

SAMPLE_RATE = 16_000  # Hz, what the speech networks were trained on
AUDIO_BLOCK = 10.0  # s of sound that are given at a time
# s of sound that are kept once they were decoded: 16 MB, and all that most posts have.
KEPT_SOUND = 120.0
# Hz; telephones have 8,000, studios up to 768,000. A header that claims 1 makes a day of silence
# out of a hundred kilobytes.
LEAST_RATE, MOST_RATE = 1_000, 768_000
_HOLE = SAMPLE_RATE // 10  # samples; less between time stamps is rounding or a codec's delay
_MAX_SILENCE_FILLED = 600 * SAMPLE_RATE  # a larger hole in the time stamps is a broken clock
_EXACT = SAMPLE_RATE // 200  # samples; resamplers and rounded stamps move sound by less
_RESTART = SAMPLE_RATE  # samples; stamps that fall back by more begin to count anew
# Hz, under the lowest tone that is heard as one; twice two poles take 48 dB of a sway of 4 Hz and
# half a decibel of 31 Hz. Computed in 64 bits, since the poles lie next to one.
_HIGH_PASS = "f=16:p=2:r=f64"
# Power of what can't be heard over that of what can, from which it is taken out: 17 dB under it.
# 96 in 100 ordinary recordings have less.
_INAUDIBLE = 0.02
_FADE = SAMPLE_RATE // 20  # samples
_SETTLED = SAMPLE_RATE // 5  # samples after which nothing is left of how the filter began
_LAYOUTS = {1: "mono", 2: "stereo"}
_EQUAL = 0.5**0.5  # weight of each side in a mix: FFmpeg's, which keeps the power of two voices


class Mix(Enum):
    """What is heard of two sides: (weight of the left, weight of the right)."""

    BOTH = (_EQUAL, _EQUAL)
    APART = (_EQUAL, -_EQUAL)  # of sides in opposite phase, which cancel each other in BOTH
    LEFT = (1.0, 0.0)
    RIGHT = (0.0, 1.0)

    @property
    def words(self) -> str:
        """Where that is, as sentences say it."""
        return {
            Mix.BOTH: "on both sides",
            Mix.APART: "in opposite phase on both sides",
            Mix.LEFT: "on the left side",
            Mix.RIGHT: "on the right side",
        }[self]

    def of(self, sides: np.ndarray) -> np.ndarray:
        """Return what is heard of sides (see `Block`); of a single one, that one."""
        import numpy as np

        if len(sides) == 1:
            return np.asarray(sides[0])
        left, right = self.value
        return np.asarray(np.float32(left) * sides[0] + np.float32(right) * sides[1], np.float32)


def is_rate(rate: int) -> bool:
    """Tell whether sound has so many samples a second; what claims more or fewer is damaged."""
    return LEAST_RATE <= rate <= MOST_RATE


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a sound track.

    `sides` are float32, 16 kHz, sides x samples, each -1 to 1: one side for mono, two for all else.
    `decoded_s` of it were decoded; the rest are holes in the time stamps, filled with silence.
    """

    start_s: float
    sides: np.ndarray
    decoded_s: float


@dataclass(frozen=True, slots=True)
class KeptSound:
    """The whole sound of a short file, so that no part of it is decoded twice."""

    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, frames: Iterable[AudioFrame]) -> KeptSound | None:
        """Keep the sound of all frames of a file.

        None where it lasts longer than KEPT_SOUND, or where its time stamps leave it unclear which
        sample is heard when: decoding from a time on follows them, and so it must be done.
        """
        clock = SoundClock(0.0)
        held: list[Block] = []
        samples = 0
        for block in blocks(frames, clock=clock):
            block.sides.flags.writeable = False  # it is given to all who ask
            held.append(block)
            samples += block.sides.shape[1]
            if samples > KEPT_SOUND * SAMPLE_RATE:
                return None
        return cls(tuple(held)) if clock.strayed <= _EXACT else None

    def parts(self, start: float, end: float) -> Iterator[tuple[float, np.ndarray]]:
        """Give the sides (see `Block`) between two times, s, and the time at which each begins."""
        first, last = (round(max(0.0, time_s) * SAMPLE_RATE) for time_s in (start, end))
        for block in self.blocks:
            begin = round(block.start_s * SAMPLE_RATE)
            skipped = max(0, first - begin)
            sides = block.sides[:, skipped : max(0, last - begin)]
            if sides.shape[1]:
                yield block.start_s + skipped / SAMPLE_RATE, sides


def blocks(
    frames: Iterable[AudioFrame],
    *,
    span: tuple[float, float | None] = (0.0, None),
    block_s: float = AUDIO_BLOCK,
    clock: SoundClock | None = None,
) -> Iterator[Block]:
    """Give the sound of a span of time (to None: to its end) in blocks of `block_s` or a bit more.

    Holes in the time stamps become silence; `clock` counts from the start of the span.
    """
    start, end = span
    most = None if end is None else round((end - start) * SAMPLE_RATE)
    high_pass = HighPass()
    held: list[_Part] = []
    held_count = given = 0
    for part in _placed(frames, clock or SoundClock(start)):
        held.append(part)
        held_count += part.sides.shape[1]
        done = most is not None and given + held_count >= most
        if held_count >= block_s * SAMPLE_RATE or done:
            count = held_count if most is None else min(held_count, most - given)
            yield _block(held, start + given / SAMPLE_RATE, count, high_pass)
            given += count
            held, held_count = [], 0
        if done:
            return
    if held_count:
        yield _block(held, start + given / SAMPLE_RATE, held_count, high_pass)


@dataclass(frozen=True, slots=True)
class _Part:
    """Samples that follow one another, sides x samples; `decoded`, or silence in their place."""

    sides: np.ndarray
    decoded: bool = True


def _block(held: list[_Part], start_s: float, count: int, high_pass: HighPass) -> Block:
    import numpy as np

    pairs = any(len(part.sides) == 2 for part in held)
    joined = np.concatenate([_pair(p.sides) if pairs else p.sides for p in held], axis=1)[:, :count]
    # Broken float streams carry NaN and infinities, which would spread through every network.
    clean = np.nan_to_num(joined, nan=0.0, posinf=1.0, neginf=-1.0)
    decoded = sum(part.sides.shape[1] for part in held if part.decoded)
    return Block(
        start_s, high_pass.take(np.clip(clean, -1.0, 1.0)), min(decoded, count) / SAMPLE_RATE
    )


def _pair(sides: np.ndarray) -> np.ndarray:
    """Return two sides; a single one is put on both, so that BOTH of them is that one."""
    import numpy as np

    return sides if len(sides) == 2 else np.concatenate([sides, sides]) * np.float32(_EQUAL)


def _placed(frames: Iterable[AudioFrame], clock: SoundClock) -> Iterator[_Part]:
    """Give the samples from the zero of a clock on, holes filled, what lies before it left out."""
    import numpy as np

    converter = _Converter()
    for raw in frames:
        hole = clock.hole(raw.time)
        while hole > 0:
            silence = min(hole, round(AUDIO_BLOCK * SAMPLE_RATE))
            yield from clock.take(_Part(np.zeros((1, silence), np.float32), decoded=False))
            hole -= silence
        for sides in converter.take(raw):
            yield from clock.take(_Part(sides))
    for sides in converter.flush():
        yield from clock.take(_Part(sides))


class SoundClock:
    """Knows where the next sample lies, counted from time stamp `zero`, by stamps that may jump.

    `strayed` is by how many samples, at most, it was given elsewhere than its stamp says.
    """

    def __init__(self, zero: float) -> None:
        self._zero = zero
        self._next: int | None = None
        self.strayed = 0

    def hole(self, stamp: float | None) -> int:
        """Return how many samples are missing before the frame of this time stamp."""
        if stamp is None:
            return 0
        place = round((stamp - self._zero) * SAMPLE_RATE)
        if self._next is None:
            # Sound that begins a little late is a codec's delay, and is given from 0 on.
            self._next = 0 if place > 0 else place
        jump = place - self._next
        if jump > _MAX_SILENCE_FILLED or jump < -_RESTART:
            self._zero += jump / SAMPLE_RATE  # the clock began anew: the sound just goes on
        if _HOLE < jump <= _MAX_SILENCE_FILLED:
            return jump
        self.strayed = max(self.strayed, abs(jump))
        return 0

    def take(self, part: _Part) -> Iterator[_Part]:
        """Give what of the next samples does not lie before the start."""
        before, self._next = self._next or 0, (self._next or 0) + part.sides.shape[1]
        sides = part.sides[:, max(0, -before) :]
        if sides.shape[1]:
            yield _Part(sides, part.decoded)


class _Converter:
    """Turns decoded frames of any kind into one or two sides at 16 kHz.

    Rate, format and layout may change from frame to frame.
    """

    def __init__(self) -> None:
        self._kind: tuple[str, int, str] | None = None
        self._resampler: AudioResampler | _Panner | None = None
        self._sides = 2

    def take(self, raw: AudioFrame) -> Iterator[np.ndarray]:
        """Give the samples that are ready with one more frame."""
        kind = (raw.format.name, raw.sample_rate, raw.layout.name)
        if kind != self._kind:
            yield from self.flush()
            self._begin(raw)
            self._kind = kind
        raw.pts = None  # the resampler refuses time stamps that jump
        yield from self._convert(raw)

    def flush(self) -> Iterator[np.ndarray]:
        """Give what is left of the frames so far; none may follow but of another kind."""
        if self._resampler is not None:
            yield from self._convert(None)
        self._kind = self._resampler = None

    def _begin(self, raw: AudioFrame) -> None:
        from av.audio.resampler import AudioResampler

        channels = raw.layout.nb_channels
        self._sides = min(channels, 2)
        layout = "mono" if channels == 1 else "stereo"
        # FFmpeg would guess what unnamed channels are, and leave out the one it takes for a bass.
        nameless = channels > 2 and raw.layout.name == f"{channels} channels"
        self._resampler = _Panner() if nameless else AudioResampler("flt", layout, SAMPLE_RATE)

    def _convert(self, raw: AudioFrame | None) -> list[np.ndarray]:
        import av

        assert self._resampler is not None
        try:
            parts = self._resampler.resample(raw)
        except (av.error.FFmpegError, ValueError):
            return []  # a frame whose layout is nonsense; the next ones may be right
        return [part.to_ndarray().reshape(-1, self._sides).T for part in parts]


class _Panner:
    """A resampler for channels without names: the odd ones are heard left, the even ones right.

    FFmpeg mixes 64 channels at most; files may have more.
    """

    def __init__(self) -> None:
        from av.audio.resampler import AudioResampler

        self._resampler = AudioResampler("flt", "stereo", SAMPLE_RATE)

    def resample(self, raw: AudioFrame | None) -> list[AudioFrame]:
        """Return the frames that are ready with one more; None: with the last."""
        return self._resampler.resample(None if raw is None else self._sides(raw))

    def _sides(self, raw: AudioFrame) -> AudioFrame:
        """Return a frame of two sides, each as loud as unlike channels are together."""
        import av
        import numpy as np

        values, count = raw.to_ndarray(), raw.layout.nb_channels
        if not raw.format.is_planar:
            values = values.reshape(-1, count).T
        channels = values.astype(np.float32)
        if values.dtype.kind in "iu":
            full = 2.0 ** (8 * values.itemsize - 1)
            channels = channels / full - (values.dtype.kind == "u")
        with np.errstate(invalid="ignore", over="ignore"):  # broken numbers, cleaned later
            sides = [channels[first::2].sum(axis=0) for first in (0, 1)]
        mixed = np.asarray(np.stack(sides) * (2 / count) ** 0.5, np.float32)
        frame = av.AudioFrame.from_ndarray(mixed, format="fltp", layout="stereo")
        frame.rate = raw.sample_rate
        return frame


class HighPass:
    """Takes out what is too slow to be heard, an offset of the zero line above all.

    Voice activity, levels and spectra read an offset as noise that is louder than any voice. A
    sound that has next to nothing of the kind is left as it is, to the last bit.
    """

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._sides = 0
        self._weight = 0.0  # of the filtered sound in what was given last

    def take(self, sides: np.ndarray) -> np.ndarray:
        """Return the next piece without it; pieces follow one another."""
        import numpy as np

        lead = sides[:, :0]
        first = self._graph is None
        if len(sides) != self._sides:
            self._begin(len(sides))
            # As if the same sound had gone before: an offset is none from the first sample on.
            lead = sides[:, :_SETTLED][:, ::-1]
        found = self._filter(np.concatenate([lead, sides], axis=1))[:, lead.shape[1] :]
        audible = float(np.mean(found**2))
        weight = float(np.mean(sides**2) - audible > _INAUDIBLE * audible)
        weights = np.full(sides.shape[1], weight, np.float32)
        if not first and weight != self._weight:  # a step would click
            fade = min(_FADE, weights.size)
            weights[:fade] = np.linspace(self._weight, weight, fade)
        self._weight = weight
        if not weights.any():
            return sides
        return np.asarray(np.clip(sides + weights * (found - sides), -1.0, 1.0))

    def _begin(self, sides: int) -> None:
        import av.filter

        graph = av.filter.Graph()
        nodes = [
            graph.add_abuffer(
                sample_rate=SAMPLE_RATE,
                format="fltp",
                layout=_LAYOUTS[sides],
                time_base=Fraction(1, SAMPLE_RATE),
            ),
            graph.add("highpass", _HIGH_PASS),
            graph.add("highpass", _HIGH_PASS),
            graph.add("abuffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        self._graph, self._sides = graph, sides

    def _filter(self, sides: np.ndarray) -> np.ndarray:
        import av
        import numpy as np

        assert self._graph is not None
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sides, np.float32), format="fltp", layout=_LAYOUTS[len(sides)]
        )
        frame.rate = SAMPLE_RATE
        self._graph.push(frame)
        return np.asarray(self._graph.pull().to_ndarray(), np.float32)
