"""Listens apart to what the sound of a file leaves out: sides that differ, and further tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media_screen.evidence import MediaStream, Span
from media_screen.fingerprint import FingerprintBuilder
from media_screen.media import SAMPLE_RATE, Media, Mix
from media_screen.speech import Speech, find_speech, lacks_speech
from media_screen.speech.spread import Spread

if TYPE_CHECKING:
    from media_screen.fingerprint import Fingerprint
    from media_screen.media import Balance

MOST_TRACKS = 16  # further sound tracks that are listened to; films have one for each language
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
                before = spans.pop() if spans and spans[-1].end >= start else Span(start, start)
                spans.append(Span(before.start, start + samples.size / SAMPLE_RATE))
    if spans:
        said = ", ".join(text for text in (stream.language, stream.title) if text)
        name = f"on sound track {number}{f' ({said})' if said else ''}"
        yield OtherSound(name, tuple(spans), builder.finish())
