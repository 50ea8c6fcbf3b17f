"""Finds speech in a sound: where it is, how clean it is, and what else there is to hear.

Shared by every detector that looks at voices, computed once for a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from media_screen.arrays import Flags, Floats
from media_screen.evidence import Reason, Span
from media_screen.media import SAMPLE_RATE
from media_screen.speech.listen import BANDS, FRAME, PATCH_HOP_S, PATCH_S, Hear, Heard, listener

__all__ = [
    "Kind",
    "Speech",
    "SpeechSegment",
    "find_speech",
    "lacks_speech",
    "speech_in",
    "speech_windows",
]

Kind = Literal["speech", "music", "other"]

FRAME_S = FRAME / SAMPLE_RATE
# Voice activity as silero-vad recommends: speech begins over the first value and ends under the
# second; shorter stretches are clicks and coughs, shorter gaps are stops and breaths.
_ONSET, _OFFSET = 0.5, 0.35
_MIN_SPEECH, _MAX_GAP = 0.25, 0.3  # s
MUSIC = 0.5  # score of YAMNet from which music is there
_AUDIBLE = 1e-6  # power of a frame, -60 dB of full scale, under which nothing is heard
_NEAR = 3.0  # s around a segment in whose quietest moments the noise is measured
_QUIET = 10  # percentile of frames that counts as noise
_SNR_RANGE = (-10.0, 60.0)  # dB; digital silence between words would give any number
# dB under the strongest band of the mean spectrum, at which a band still counts as there. Speech
# falls by 30 to 50 dB towards 8 kHz; a filter or a codec's limit cuts deeper.
_BAND_RANGE = 58.0
WINDOW = 4.0  # s of speech that are judged together
MIN_WINDOW = 1.5  # s; of less speech neither a voice nor its making can be told
MIN_SNR = 0.0  # dB; under it the noise is louder than the speech


@dataclass(frozen=True, slots=True)
class SpeechSegment:
    """A stretch of one kind. `snr_db`, `bandwidth_hz` and `level_db` are of the speech in it.

    `snr_db` compares speech with the quietest moments around it (-10 to 60), `bandwidth_hz` is the
    highest frequency with any sound (to 250 Hz, at most 8000), `level_db` the power in relation to
    full scale, `music` the score of music behind the speech, 0 to 1.
    """

    span: Span
    kind: Kind
    snr_db: float
    bandwidth_hz: float
    level_db: float
    music: float


@dataclass(frozen=True, slots=True)
class Speech:
    """All that was heard in a file: segments in order of time; what lies between is silence.

    Of a long file not all is listened to: `skipped_s` seconds of `duration_s` were not.
    """

    segments: tuple[SpeechSegment, ...] = ()
    duration_s: float = 0.0
    skipped_s: float = 0.0

    @property
    def spoken(self) -> tuple[SpeechSegment, ...]:
        """The segments in which somebody speaks."""
        return tuple(segment for segment in self.segments if segment.kind == "speech")

    def seconds(self, kind: Kind = "speech") -> float:
        """Return how much of the file is of one kind."""
        return sum(segment.span.duration for segment in self.segments if segment.kind == kind)

    def within(self, span: Span) -> float:
        """Return the seconds of speech inside a span."""
        return sum(segment.span.overlap(span) for segment in self.spoken)

    def inside(self, spans: Sequence[Span]) -> Speech:
        """Return only what was heard inside spans; segments are cut at their ends."""
        segments = tuple(
            replace(segment, span=Span(max(own.start, span.start), min(own.end, span.end)))
            for segment in self.segments
            for own in (segment.span,)
            for span in spans
            if own.overlap(span) > 0.0
        )
        return replace(self, segments=segments)


def find_speech(
    blocks: Iterable[tuple[float, Floats]], *, device: str = "cpu", hear: Hear | None = None
) -> Speech:
    """Find speech, music and other sounds in blocks of 16 kHz mono sound.

    The blocks are those of `Media.audio_blocks`: one is held at a time, and 90 bytes for each 32 ms
    (10 MB for an hour). `hear` says of each whether to listen to it (see `spread`), by default all.
    """
    return speech_in(listener(device).hear(blocks, to=hear))


def speech_in(heard: Heard) -> Speech:
    """Return the segments of a sound that was heard."""
    skipped = np.count_nonzero(~heard.bands.any(axis=1))
    duration_s = round(len(heard.activity) * FRAME_S, 3)
    return Speech(tuple(_segments(heard)), duration_s, round(skipped * FRAME_S, 3))


def speech_windows(speech: Speech, *, count: int) -> tuple[Span, ...]:
    """Return up to `count` windows of at most 4 s of speech, spread over the whole file.

    Segments with short pauses between them share a window. A window has 1.5 s at least.
    """
    windows = list(_windows(speech.spoken))
    if len(windows) > count:
        places = np.linspace(0, len(windows) - 1, count).round().astype(int)
        windows = [windows[place] for place in places]
    return tuple(windows)


def lacks_speech(speech: Speech) -> tuple[Reason, str] | None:
    """Return why the voices of a file can't be judged, as (reason, sentence), or None."""
    seconds, music = speech.seconds(), speech.seconds("music")
    heard = speech.duration_s - speech.skipped_s
    where = f" in the {heard:.0f} s of it that were listened to" if speech.skipped_s else ""
    if seconds == 0.0 and music > 0.0:
        return "music", f"there is music or song ({music:.0f} s) and nobody speaks{where}"
    if seconds == 0.0:
        return "no_speech", f"nobody speaks{where or ' in it'}"
    clear = sum(segment.span.duration for segment in speech.spoken if segment.snr_db >= MIN_SNR)
    if clear < seconds / 2:
        return "low_quality", "the speech is quieter than the noise or the music around it"
    if not speech_windows(speech, count=1):
        return (
            "too_short",
            f"there are {seconds:.1f} s of speech, no stretch of which has {MIN_WINDOW} s",
        )
    return None


def _windows(segments: Iterable[SpeechSegment]) -> Iterator[Span]:
    run: Span | None = None
    for segment in segments:
        if run is not None and segment.span.start - run.end <= 2 * _MAX_GAP:
            run = Span(run.start, segment.span.end)
            continue
        if run is not None:
            yield from _cut(run)
        run = segment.span
    if run is not None:
        yield from _cut(run)


def _cut(run: Span) -> Iterator[Span]:
    """Cut a run of speech into equal windows of at most 4 s."""
    if run.duration < MIN_WINDOW:
        return
    parts = max(1, int(np.ceil(run.duration / WINDOW)))
    edges = np.linspace(run.start, run.end, parts + 1)
    yield from (Span(float(a), float(b)) for a, b in pairwise(edges))


def _segments(heard: Heard) -> list[SpeechSegment]:
    """Return the segments of all kinds, in order of time."""
    total = heard.bands.sum(axis=1)
    voiced = np.zeros(len(total), bool)
    found = []
    for first, last in _runs(heard.activity):
        voiced[first:last] = True
        speech, singing, music = _scores(heard, first, last)
        # People who speak over music score both; song scores higher as singing than as speech.
        kind: Kind = "music" if singing > speech and max(singing, music) >= MUSIC else "speech"
        found.append(_segment(heard, total, first, last, kind, music))
    patch = np.repeat(_per_hop(heard), max(1, round(PATCH_HOP_S / FRAME_S)), axis=0)
    patch = np.pad(patch, ((0, max(0, len(total) - len(patch))), (0, 0)), mode="edge")[: len(total)]
    rest = (total > _AUDIBLE) & ~voiced
    for is_music in (True, False):
        mask = rest & ((patch[:, 2] >= MUSIC) == is_music)
        for first, last in _stretches(mask):
            kind = "music" if is_music else "other"
            found.append(_segment(heard, total, first, last, kind, _scores(heard, first, last)[2]))
    return sorted(found, key=lambda segment: segment.span)


def _runs(activity: Floats) -> list[tuple[int, int]]:
    """Return (first, last + 1) frames of speech: hysteresis, then short gaps closed."""
    spoken, on = np.zeros(len(activity), bool), False
    for place, value in enumerate(activity):
        on = value >= (_OFFSET if on else _ONSET)
        spoken[place] = on
    return _stretches(spoken, gap=_MAX_GAP, least=_MIN_SPEECH)


def _stretches(mask: Flags, *, gap: float = 0.5, least: float = 0.5) -> list[tuple[int, int]]:
    """Return (first, last + 1) of stretches that hold, gaps closed, short ones left out; s."""
    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1)))
    joined: list[tuple[int, int]] = []
    for first, last in edges.reshape(-1, 2).tolist():
        if joined and (first - joined[-1][1]) * FRAME_S <= gap:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(first, last) for first, last in joined if (last - first) * FRAME_S >= least]


def _per_hop(heard: Heard) -> Floats:
    """Return the scores for each 0.48 s: the mean of the patches that cover it."""
    if not len(heard.scores):
        return np.zeros((1, 3), np.float32)
    before = np.concatenate([heard.scores[:1], heard.scores])
    after = np.concatenate([heard.scores, heard.scores[-1:]])
    return np.asarray((before + after) / 2, np.float32)


def _scores(heard: Heard, first: int, last: int) -> tuple[float, float, float]:
    """Return the mean scores of speech, singing and music over frames."""
    if not len(heard.scores):
        return 1.0, 0.0, 0.0
    low = int(max(0, (first * FRAME_S - PATCH_S / 2) // PATCH_HOP_S))
    high = int(np.ceil(last * FRAME_S / PATCH_HOP_S))
    part = heard.scores[min(low, len(heard.scores) - 1) : max(high, low + 1)]
    speech, singing, music = part.mean(axis=0).tolist()
    return speech, singing, music


def _segment(
    heard: Heard, total: Floats, first: int, last: int, kind: Kind, music: float
) -> SpeechSegment:
    near = round(_NEAR / FRAME_S)
    around = total[max(0, first - near) : last + near]
    noise = float(np.percentile(around[around > 0.0], _QUIET))  # 0: nobody listened
    loud = float(total[first:last].mean())
    # The speech itself is what is left of its frames without the noise.
    snr = 10 * np.log10(max(loud - noise, 1e-12) / noise)
    mean = heard.bands[first:last].mean(axis=0)
    there = np.flatnonzero(mean > mean.max() * 10 ** (-_BAND_RANGE / 10))
    return SpeechSegment(
        span=Span(round(first * FRAME_S, 3), round(last * FRAME_S, 3)),
        kind=kind,
        snr_db=round(float(np.clip(snr, *_SNR_RANGE)), 1),
        bandwidth_hz=float((there[-1] + 1) * SAMPLE_RATE / 2 / BANDS),
        level_db=round(10 * float(np.log10(loud)), 1),
        music=round(music, 3),
    )
