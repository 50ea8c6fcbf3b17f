"""Reads windows of speech from a file and keeps the voices in them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats
from media_screen.evidence import Span
from media_screen.media.sound import Mix
from media_screen.speech import Speech, speech_windows
from media_screen.speech.embed import embedder, unit

if TYPE_CHECKING:
    from media_screen.media import Media

WINDOWS = 24  # of 4 s, spread over the file: a minute and a half of speech, 6 MB
THOROUGH_WINDOWS = 96
# Mean cosine of windows that are taken for one voice: at .68 none of 21 web recordings of one
# speaker falls apart and none of 20 pairs of them becomes one; at .72 two fall apart, at .64 one
# pair joins.
SAME_VOICE = 0.68


@dataclass(frozen=True, slots=True)
class VoiceWindow:
    """A window of speech: its sound (16 kHz) and the embedding of the voice in it."""

    span: Span
    samples: Floats
    embedding: Floats
    snr_db: float


@dataclass(frozen=True, slots=True)
class Voice:
    """The windows in which one person speaks, in order of time; the longest-speaking is voice 0.

    `mix` is where it was heard, of a sound whose sides differ; `place`, a phrase, which of several
    tracks it is on, "" for the one that plays by default.
    """

    number: int
    windows: tuple[VoiceWindow, ...]
    mix: Mix = Mix.BOTH
    place: str = ""

    @property
    def words(self) -> str:
        """How sentences call it: by its number, its track and its side where these need saying."""
        side = "" if self.mix is Mix.BOTH else self.mix.words
        where = ", ".join(part for part in (self.place, side) if part)
        return f"voice {self.number + 1}{f' ({where})' if where else ''}"

    @property
    def embedding(self) -> Floats:
        """The mean embedding, at length 1; longer windows count more."""
        weighted = [window.embedding * window.span.duration for window in self.windows]
        return unit(np.sum(np.stack(weighted), axis=0))

    @property
    def seconds(self) -> float:
        """How much of its speech was listened to."""
        return sum(window.span.duration for window in self.windows)

    @property
    def snr_db(self) -> float:
        """The median signal-to-noise ratio of its windows."""
        return float(np.median([window.snr_db for window in self.windows]))

    @property
    def span(self) -> Span:
        """From its first window to its last; others may speak in between."""
        return Span(self.windows[0].span.start, self.windows[-1].span.end)


def find_voices(
    media: Media,
    speech: Speech,
    *,
    device: str = "cpu",
    count: int = WINDOWS,
    mix: Mix | None = None,
    first: int = 0,
    place: str = "",
) -> tuple[Voice, ...]:
    """Return the voices in up to `count` windows of a file, the longest-speaking first.

    They are numbered from `first` on, and heard in `mix`, by default that of the file, at `place`
    (see `Voice`).
    """
    net = embedder(device)
    windows = []
    for span in speech_windows(speech, count=count):
        samples = media.audio(span, mix=mix)
        if len(samples):
            snr = _snr(speech, span)
            windows.append(VoiceWindow(span, samples, net.embed(samples), snr))
    groups = same_voice([window.embedding for window in windows])
    voices = [[windows[place] for place in group] for group in groups]
    voices.sort(key=lambda own: -sum(window.span.duration for window in own))
    heard = media.mix if mix is None else mix
    return tuple(
        Voice(number, tuple(own), heard, place) for number, own in enumerate(voices, first)
    )


def same_voice(embeddings: Sequence[Floats]) -> list[list[int]]:
    """Group embeddings by voice (agglomerative clustering, mean cosine of all pairs)."""
    if len(embeddings) < 2:
        return [[place] for place in range(len(embeddings))]
    from scipy.cluster.hierarchy import fcluster, linkage

    tree = linkage(np.stack(embeddings).astype(np.float64), "average", metric="cosine")
    labels = fcluster(tree, 1.0 - SAME_VOICE, "distance")
    return [np.flatnonzero(labels == label).tolist() for label in dict.fromkeys(labels.tolist())]


def _snr(speech: Speech, span: Span) -> float:
    """Return the mean signal-to-noise ratio of the segments in a span, by their share of it."""
    shares = [(segment.span.overlap(span), segment.snr_db) for segment in speech.spoken]
    total = sum(share for share, _ in shares)
    return sum(share * snr for share, snr in shares) / max(total, 1e-9)
