"""Listens apart to what the sound of a file leaves out: sides that differ, and further tracks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from media_screen.evidence import MediaStream, Span
from media_screen.fingerprint import FingerprintBuilder
from media_screen.media import SAMPLE_RATE, Media, Mix
from media_screen.speech import Speech, find_speech, lacks_speech
from media_screen.speech.spectra import Floats
from media_screen.speech.spread import Spread
from media_screen.speech.voices import Voice, find_voices

if TYPE_CHECKING:
    from media_screen.fingerprint import Fingerprint
    from media_screen.media import Balance

MOST_TRACKS = 16  # further sound tracks that are listened to; films have one for each language
# Sound tracks whose voices are judged, that which plays by default among them: listening costs as
# much for each.
MOST_JUDGED = 4
_CELL = 4 * SAMPLE_RATE  # samples over which two tracks are compared: a changed word shows in it
# Correlation of two tracks under which they differ: a copy that is coded anew has .95 and more.
_SAME = 0.9
_LAG = SAMPLE_RATE // 10  # samples by which codecs move a track at most
_AUDIBLE = 1e-6  # power, -60 dB of full scale, under which nothing is heard


@dataclass(frozen=True, slots=True)
class Ear:
    """One way of hearing the sides of a sound, and the speech that is heard so."""

    mix: Mix
    speech: Speech

    @property
    def clear(self) -> bool:
        """Whether there is speech that can be judged."""
        return lacks_speech(self.speech) is None


@dataclass(frozen=True, slots=True)
class OtherSound:
    """What is heard in a file beside the sound that is judged: a side of it, or another track.

    `spans` is where it is heard and is not the judged sound, so that a match of that vouches for
    none of it. `name` is a phrase ("on the left side", "on sound track 2 (ger)"); what it takes
    from the container is untrusted.
    """

    name: str
    spans: tuple[Span, ...]
    fingerprint: Fingerprint


def ears(
    media: Media, speech: Speech, balance: Balance, *, device: str = "cpu", thorough: bool = False
) -> tuple[Ear, ...]:
    """Return how a file is heard by default, and apart where its sides differ.

    `speech` is that of the default, `balance` what was measured while it was read. Only what the
    default leaves out is listened to again, and of a long file no more than of any.
    """
    found = [Ear(media.mix, speech)]
    left_out = balance.unheard(media.mix)
    for mix in balance.others(media.mix):
        choose = None if thorough else Spread(media.info.duration_s)

        def hear(block: Span, choose: Spread | None = choose) -> bool:
            taken = choose is None or choose(block)
            return taken and any(span.overlap(block) > 0.0 for span in left_out)

        heard = find_speech(media.audio_blocks(mix=mix), device=device, hear=hear)
        found.append(Ear(mix, heard.inside(left_out)))
    return tuple(found)


def other_sounds(media: Media, heard: Sequence[Ear]) -> Iterator[OtherSound]:
    """Give the fingerprints of what is spoken on sides that differ, and of all further tracks."""
    for ear in heard[1:]:
        spans = tuple(segment.span for segment in ear.speech.spoken)
        if spans:
            builder = FingerprintBuilder(duration_s=media.info.duration_s)
            for start, samples in media.audio_blocks(mix=ear.mix):
                builder.add_sound(start, samples)
            yield OtherSound(ear.mix.words, spans, builder.finish())
    for number, stream in enumerate(_tracks(media), start=1):
        if not stream.judged and number <= MOST_TRACKS:
            yield from _track(media, stream, number)


def track_voices(
    media: Media, ear: Ear, *, first: int, count: int, device: str = "cpu", thorough: bool = False
) -> tuple[Voice, ...]:
    """Return the voices of the further tracks where these differ from the one that is judged.

    They are numbered from `first` on, of each track those in up to `count` windows. Networks listen
    only to what differs, of the first `MOST_JUDGED` tracks.
    """
    found: list[Voice] = []
    for number, stream in enumerate(_tracks(media)[:MOST_JUDGED], start=1):
        if stream.judged:
            continue
        with Media.open(media.path, sound=stream.index, source=media.source) as other:
            spans = _differing(media.audio_blocks(mix=ear.mix), other.audio_blocks())
            if not spans:
                continue
            choose = None if thorough else Spread(media.info.duration_s)

            def hear(
                block: Span, choose: Spread | None = choose, spans: tuple[Span, ...] = spans
            ) -> bool:
                taken = choose is None or choose(block)
                return taken and any(span.overlap(block) > 0.0 for span in spans)

            speech = find_speech(other.audio_blocks(), device=device, hear=hear).inside(spans)
            if lacks_speech(speech) is None:
                found += find_voices(
                    other, speech, device=device, count=count, first=first + len(found),
                    place=_named(stream, number),
                )  # fmt: skip
    return tuple(found)


def _differing(
    one: Iterable[tuple[float, Floats]], other: Iterable[tuple[float, Floats]]
) -> tuple[Span, ...]:
    """Return where the second of two sounds is heard and is not the first."""
    spans: list[Span] = []
    nothing = np.zeros(0, np.float32)
    cells = zip_longest(_cells(one), _cells(other), fillvalue=nothing)
    for number, (known, new) in enumerate(cells):
        if new.size and float(np.mean(new**2)) > _AUDIBLE and not _alike(known, new):
            _extend(spans, number * _CELL / SAMPLE_RATE, new.size)
    return tuple(spans)


def _extend(spans: list[Span], start: float, samples: int) -> None:
    """Add a piece of sound to the stretches it may follow, which are in order of time."""
    before = spans.pop() if spans and spans[-1].end >= start else Span(start, start)
    spans.append(Span(before.start, start + samples / SAMPLE_RATE))


def _cells(blocks: Iterable[tuple[float, Floats]]) -> Iterator[Floats]:
    """Cut blocks, which follow one another, into cells of one length; the last may be shorter."""
    held = np.zeros(0, np.float32)
    for _, samples in blocks:
        held = np.concatenate([held, samples])
        while held.size >= _CELL:
            yield held[:_CELL]
            held = held[_CELL:]
    if held.size:
        yield held


def _alike(one: Floats, other: Floats) -> bool:
    """Tell whether two pieces are one sound, at any level and in any phase, a little moved."""
    size = 2 * max(one.size, other.size, _LAG)
    shared = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size)
    near = np.abs(np.concatenate([shared[: _LAG + 1], shared[-_LAG:]])).max()
    level = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return bool(near > _SAME * level)


def _named(stream: MediaStream, number: int) -> str:
    """Return where a track is, as sentences say it; what the container calls it is untrusted."""
    said = ", ".join(text for text in (stream.language, stream.title) if text)
    return f"on sound track {number}{f' ({said})' if said else ''}"


def unjudged_tracks(media: Media) -> int:
    """Return how many further sound tracks are too many for their voices to be judged."""
    return sum(not stream.judged for stream in _tracks(media)[MOST_JUDGED:])


def _tracks(media: Media) -> list[MediaStream]:
    return [stream for stream in media.info.streams if stream.kind == "audio"]


def _track(media: Media, stream: MediaStream, number: int) -> Iterator[OtherSound]:
    """Give another track as it would play, if anything is heard in it."""
    builder = FingerprintBuilder(duration_s=media.info.duration_s)
    spans: list[Span] = []
    with Media.open(media.path, sound=stream.index, source=media.source) as other:
        for start, samples in other.audio_blocks():
            builder.add_sound(start, samples)
            if samples.size and float(np.mean(samples**2)) > _AUDIBLE:
                _extend(spans, start, samples.size)
    if spans:
        yield OtherSound(_named(stream, number), tuple(spans), builder.finish())
