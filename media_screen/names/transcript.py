"""Writes down what is said, with the small Whisper network that a package brings along.

Whisper (Radford and others, 2022) in its smallest English form: other languages come out as
nonsense, and names are often misheard. Nothing is downloaded.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from media_screen import weights
from media_screen.errors import MediaScreenError
from media_screen.evidence import Span
from media_screen.names.mentions import Text

if TYPE_CHECKING:
    from media_screen.media import Media

MODEL = "transcript/model.bin"
MAX_S = 600.0  # s of sound that are listened to: a stream of hours would never end


class MissingTranscriber(MediaScreenError):
    """The optional packages can't be used; the message says why and what to do."""


def transcribe(media: Media, *, threads: int = 0) -> Iterator[Text]:
    """Give what is said in a file, sentence by sentence; raises MissingTranscriber."""
    network = _network(threads)
    samples = media.audio(Span(0.0, MAX_S))
    if not samples.size:
        return
    # Without the condition on earlier text, one misheard sentence does not repeat to the end; at
    # one temperature, nonsense is not tried six times over; the filter leaves silence out, into
    # which Whisper reads sentences.
    segments, _ = network.transcribe(
        samples,
        language="en",
        beam_size=1,
        temperature=0.0,
        condition_on_previous_text=False,
        vad_filter=True,
    )
    for segment in segments:
        start = max(0.0, float(segment.start))
        yield Text("transcript", segment.text, Span(start, max(start, float(segment.end))))


@functools.cache
def _network(threads: int) -> Any:
    try:
        import faster_whisper
    except (ImportError, OSError) as error:
        raise MissingTranscriber(
            "speech is not written down: pip install 'media_screen[transcript]'"
        ) from error
    try:
        folder = weights.path(MODEL).parent
    except weights.WeightsError as error:
        raise MissingTranscriber(f"speech is not written down: {error}") from error
    return faster_whisper.WhisperModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )
