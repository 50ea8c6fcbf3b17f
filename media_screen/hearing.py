"""Listens to the sound of a file once: what plays, sides that differ, and further tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from media_screen.arrays import Floats
from media_screen.evidence import MediaStream, Span
from media_screen.footage.fingerprint import FingerprintBuilder
from media_screen.media import SAMPLE_RATE, Balance, Media, Mix
from media_screen.media.waveform import Waveform
from media_screen.speech import Speech, find_speech, lacks_speech, speech_in
from media_screen.speech.listen import Listener, Listening, listener
from media_screen.speech.spread import Spread
from media_screen.speech.voices import THOROUGH_WINDOWS, WINDOWS, Voice, find_voices

if TYPE_CHECKING:
    from media_screen.footage.fingerprint import Fingerprint

MOST_TRACKS = 16  # further sound tracks that are listened to; films have one for each language
# Sound tracks whose voices are judged, that which plays by default among them: listening costs as
# much for each.
MOST_JUDGED = 4
_CELL = 4 * SAMPLE_RATE  # samples over which two tracks are compared: a changed word shows in it
# Correlation of two tracks under which they differ: a copy that is coded anew has .95 and more.
_SAME = 0.9
_LAG = SAMPLE_RATE // 10  # samples by which codecs move a track at most
_CODEC_DELAY = 0.1  # s at the ends of a track that decoders leave out
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
    none of it. `place` is a phrase ("on the left side", "on sound track 2 (ger)"); what it takes
    from the container is untrusted.
    """

    place: str
    spans: tuple[Span, ...]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class FurtherTrack:
    """A sound track that does not play by default.

    `spans` is where anything is heard in it, `speech` what is spoken there that the judged sound
    does not hold; of tracks whose voices nobody asks for, and of repetitions, that is nothing.
    """

    stream: MediaStream
    number: int  # among the sound tracks of the file, from 1 on
    spans: tuple[Span, ...]
    fingerprint: Fingerprint
    speech: Speech

    @property
    def place(self) -> str:
        """Where it is, as sentences say it; what the container calls it is untrusted."""
        title = ", ".join(text for text in (self.stream.language, self.stream.title) if text)
        if title:
            return f"on sound track {self.number} ({title})"
        return f"on sound track {self.number}"


class Timed(Protocol):
    """Adds the seconds that are spent inside to a stage."""

    def __call__(self, stage: str, /) -> AbstractContextManager[None]:
        """Return the context of a stage."""


class Hearing:
    """The one pass over the sound of a file, and what is told from it.

    Sound is read when somebody first asks, in blocks that all that is gathered takes along:
    `on_sound` gets the seconds at which one starts and its samples, as they play. With `listens`
    somebody will ask for speech, which is then found in that pass. `windows` gives the stretches
    whose pictures are looked at densely: there the sound is listened to, too.
    """

    def __init__(
        self,
        media: Media,
        *,
        device: str,
        thorough: bool,
        listens: bool,
        windows: Callable[[], Sequence[Span]],
        on_sound: Callable[[float, Floats], None],
        timed: Timed,
    ) -> None:
        self._media = media
        self._device, self._thorough, self._listens = device, thorough, listens
        self._windows, self._on_sound, self._timed = windows, on_sound, timed
        self._waveform = Waveform()
        self._balance = Balance()
        self._heard_s = 0.0  # of the sound that `on_sound` and the waveform were given
        self._decoded_s = 0.0  # of that
        self._whole = False

    def read(self) -> None:
        """Read the sound to its end, if nobody did; a network that breaks does not stop that."""
        if self._listens:
            with suppress(Exception):  # told by the detectors that ask for it
                _ = self.ears
        if not self._whole:
            with self._timed("sound_print"):
                for _ in self._blocks():
                    pass

    def _blocks(self) -> Iterator[tuple[float, Floats]]:
        """Yield the sound in blocks, which all that is gathered from it takes along once each."""
        mix = self._media.mix
        for block in self._media.sound():
            start, samples = block.start_s, mix.of(block.sides)
            if start >= self._heard_s - 1e-3:  # else a pass that broke off had it
                self._balance.add(start, block.sides)
                self._waveform.add(start, samples)
                self._on_sound(start, samples)
                self._heard_s = start + samples.size / SAMPLE_RATE
                self._decoded_s += block.decoded_s
            yield start, samples
        self._whole = True

    @cached_property
    def ears(self) -> tuple[Ear, ...]:
        """How the sound is heard: first as it plays, then apart where its sides differ."""
        # Where the pictures were looked at densely, the sound must be known, too.
        windows = self._windows()
        hear = None if self._thorough else Spread(self._media.info.duration_s, also=windows)
        device, thorough = self._device, self._thorough
        with self._timed("speech"):
            speech = find_speech(self._blocks(), device=device, hear=hear)
            return ears(self._media, speech, self._balance, device=device, thorough=thorough)

    @property
    def ear(self) -> Ear:
        """The way of hearing the sound that is judged: as it plays, if speech is clear in that."""
        return next((ear for ear in self.ears if ear.clear), self.ears[0])

    @cached_property
    def further_tracks(self) -> tuple[FurtherTrack, ...]:
        """The sound tracks that don't play by default; their voices only when somebody asks."""
        judged = self.ear if self._listens else None
        with self._timed("further_tracks"):
            return further_tracks(self._media, judged, device=self._device, thorough=self._thorough)

    @cached_property
    def other_sounds(self) -> tuple[OtherSound, ...]:
        """What is heard beside the sound that is judged: sides that differ, further tracks."""
        listens = self._listens or any(self._balance.others(self._media.mix))
        heard = self.ears if listens else ()
        further = self.further_tracks
        with self._timed("sound_print"):
            return tuple(other_sounds(self._media, heard, further))

    @cached_property
    def voices(self) -> tuple[Voice, ...]:
        """The voices in windows of speech, as they are heard, apart, and on further tracks."""
        found: list[Voice] = []
        clear = [ear for ear in self.ears if ear.clear]
        count = THOROUGH_WINDOWS if self._thorough else WINDOWS
        with self._timed("voices"):
            for ear in clear:
                found += find_voices(
                    self._media,
                    ear.speech,
                    device=self._device,
                    count=count,
                    mix=ear.mix,
                    first=len(found),
                )
            found += track_voices(
                self._media,
                self.further_tracks,
                first=len(found),
                count=count,
                device=self._device,
            )
        return tuple(found)

    @cached_property
    def synthesis(self) -> tuple[tuple[float, ...], ...]:
        """What a network says of each window of each voice: raw scores for being synthetic."""
        from media_screen.speech.synthesis import spoof_net

        net = spoof_net(self._device)
        return tuple(
            tuple(net.score(window.samples) for window in voice.windows) for voice in self.voices
        )

    @property
    def share(self) -> float:
        """Which share of the sound's time was listened to, 0 to 1.

        What was skipped of a long file is not covered, nor what could not be decoded or is missing
        between time stamps. Codecs leave out the first or last moments, which count as covered.
        """
        heard_so_far: tuple[Ear, ...] = vars(self).get("ears", ())
        skipped = heard_so_far[0].speech.skipped_s if heard_so_far else 0.0
        heard = self._decoded_s - skipped
        length = max(self._media.sounds.duration_s, self._decoded_s)
        if length <= 0.0:
            return 0.0
        return 1.0 if length - heard < _CODEC_DELAY else max(0.0, heard / length)

    @property
    def waveform(self) -> tuple[int, ...]:
        """Loudness over time, in percent of the loudest; empty when nobody asked for the sound."""
        return self._waveform.bars(self._media.info.duration_s)


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


def other_sounds(
    media: Media, heard: Sequence[Ear], further: Iterable[FurtherTrack]
) -> Iterator[OtherSound]:
    """Give the fingerprints of what is spoken on sides that differ, and of all further tracks."""
    for ear in heard[1:]:
        spans = tuple(segment.span for segment in ear.speech.spoken)
        if spans:
            builder = FingerprintBuilder(duration_s=media.info.duration_s)
            for start, samples in media.audio_blocks(mix=ear.mix):
                builder.add_sound(start, samples)
            yield OtherSound(ear.mix.words, spans, builder.finish())
    for track in further:
        if track.spans:
            yield OtherSound(track.place, track.spans, track.fingerprint)


def further_tracks(
    media: Media, judged: Ear | None, *, device: str = "cpu", thorough: bool = False
) -> tuple[FurtherTrack, ...]:
    """Read the further sound tracks of a file, all side by side and each of them once.

    `judged` is how the sound is heard that is judged; None when nobody asks for voices. Networks
    listen only to what differs from it, of the first `MOST_JUDGED` tracks.
    """
    asked = judged is not None
    with ExitStack() as opened:
        tracks = [
            _Track(
                opened.enter_context(media.beside(stream.index)),
                stream,
                number,
                listener=listener(device) if asked and number <= MOST_JUDGED else None,
                choose=None if thorough else Spread(media.info.duration_s),
            )
            for number, stream in enumerate(_tracks(media)[:MOST_TRACKS], start=1)
            if not stream.judged and media.plays(stream.index)
        ]
        known: Iterator[Floats] = iter(())
        if judged is not None and any(track.compared for track in tracks):
            known = _cells(media.audio_blocks(mix=judged.mix))
        playing = list(tracks)
        while playing:
            cell = next(known, np.zeros(0, np.float32))
            playing = [track for track in playing if track.goes_on(cell)]
        return tuple(track.finish() for track in tracks)


def track_voices(
    media: Media, further: Iterable[FurtherTrack], *, first: int, count: int, device: str = "cpu"
) -> tuple[Voice, ...]:
    """Return the voices of the further tracks where these differ from the one that is judged.

    They are numbered from `first` on, of each track those in up to `count` windows.
    """
    found: list[Voice] = []
    for track in further:
        if lacks_speech(track.speech) is None:
            with media.beside(track.stream.index) as other:
                found += find_voices(
                    other,
                    track.speech,
                    device=device,
                    count=count,
                    first=first + len(found),
                    place=track.place,
                )
    return tuple(found)


class _Track:
    """A further track while it is read, a cell at a time."""

    def __init__(
        self,
        media: Media,
        stream: MediaStream,
        number: int,
        *,
        listener: Listener | None,
        choose: Spread | None,
    ) -> None:
        self._stream, self._number = stream, number
        self._choose = choose
        self._coming = _cells(media.audio_blocks())
        self._builder = FingerprintBuilder(duration_s=media.info.duration_s)
        self._listening = None if listener is None else Listening(listener)
        self._heard: list[Span] = []
        self._differing: list[Span] = []
        self._end = 0.0  # s

    @property
    def compared(self) -> bool:
        """Whether it is asked where it differs from the judged sound."""
        return self._listening is not None

    def goes_on(self, known: Floats) -> bool:
        """Read the next cell, beside that of the judged sound; tell whether there was one."""
        cell = next(self._coming, None)
        if cell is None:
            return False
        span = Span(self._end, self._end + cell.size / SAMPLE_RATE)
        self._end = span.end
        self._builder.add_sound(span.start, cell)
        audible = float(np.mean(cell**2)) > _AUDIBLE
        if audible:
            _extend(self._heard, span)
        if self._listening is not None:
            taken = self._choose is None or self._choose(span)
            differs = audible and not _alike(known, cell)
            if differs:
                _extend(self._differing, span)
            self._listening.take(cell, heard=taken and differs)
        return True

    def finish(self) -> FurtherTrack:
        """Return what was found."""
        speech = Speech()
        if self._listening is not None and self._differing:
            speech = speech_in(self._listening.heard()).inside(self._differing)
        spans, print_ = tuple(self._heard), self._builder.finish()
        return FurtherTrack(self._stream, self._number, spans, print_, speech)


def _extend(spans: list[Span], span: Span) -> None:
    """Add a piece to the stretches that it may follow, which are in order of time."""
    before = spans.pop() if spans and spans[-1].end >= span.start else span
    spans.append(Span(before.start, span.end))


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


def unjudged_tracks(media: Media) -> int:
    """Return how many further sound tracks are too many for their voices to be judged."""
    return sum(not stream.judged for stream in _tracks(media)[MOST_JUDGED:])


def _tracks(media: Media) -> list[MediaStream]:
    return [stream for stream in media.info.streams if stream.kind == "audio"]
