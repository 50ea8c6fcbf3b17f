"""What share of the sound was listened to: what is missing, broken or skipped does not count."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import media_screen.hearing
from media_screen.case import Case
from media_screen.equipment import Equipment
from media_screen.evidence import Span
from media_screen.hearing import Hearing
from media_screen.media import Media
from media_screen.speech import Speech
from tests.making import quarters, tone, write_video

RATE = 8_000
STEP = 0.1  # s of sound in a packet


def write(
    path: Path, seconds: float, *, holes: Collection[Span] = (), broken: Collection[Span] = ()
) -> Path:
    """Write FLAC of a tone; in holes there is no packet, in broken spans one without a frame."""
    samples = (tone(seconds, RATE) * 32767).astype(np.int16)
    step = round(STEP * RATE)
    with av.open(str(path), "w") as made:
        size = {"frame_size": str(step)}
        track = made.add_stream("flac", rate=RATE, layout="mono", options=size)

        def put(packets: list[Any]) -> None:
            for packet in packets:
                if any(_inside(packet, span) for span in holes):
                    continue
                if any(_inside(packet, span) for span in broken):
                    dead = av.Packet(bytes(packet.size))
                    dead.pts, dead.dts, dead.time_base = packet.pts, packet.dts, packet.time_base
                    dead.stream = track
                    packet = dead
                made.mux(packet)

        for start in range(0, samples.shape[1], step):
            part = np.ascontiguousarray(samples[:, start : start + step])
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            frame.rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            put(track.encode(frame))
        put(track.encode())
    return path


def _inside(packet: Any, span: Span) -> bool:
    time_s = float((packet.pts or 0) * packet.time_base)
    return span.start - 1e-6 <= time_s < span.end - 1e-6


def share(path: Path) -> float | None:
    """The share after all sound was taken in, as a scan does."""
    with Media.open(path) as media:
        looker: Any = None
        case = Case(media, Equipment(looker=looker, prints=True))
        if not case.has_pictures:
            _ = case.fingerprint
        return case.heard_share


MADE: dict[str, tuple[float, dict[str, list[Span]], float]] = {
    "whole": (10.0, {}, 1.0),
    "short": (0.3, {}, 1.0),
    "hole": (10.0, {"holes": [Span(2, 6)]}, 0.6),
    "holes": (10.0, {"holes": [Span(1, 2), Span(4, 5), Span(7, 9)]}, 0.6),
    "broken": (10.0, {"broken": [Span(2, 6)]}, 0.6),
    "broken-at-the-end": (10.0, {"broken": [Span(5, 10)]}, 0.5),
    "broken-at-the-start": (10.0, {"broken": [Span(0, 5)]}, 0.5),
    "all-broken": (10.0, {"broken": [Span(0, 10)]}, 0.0),
    "hole-and-broken": (10.0, {"holes": [Span(1, 3)], "broken": [Span(6, 9)]}, 0.5),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_missing_or_broken_was_not_heard(tmp_path: Path, name: str) -> None:
    seconds, spoilt, expected = MADE[name]
    assert share(write(tmp_path / "a.mka", seconds, **spoilt)) == pytest.approx(expected, abs=0.03)


def test_without_sound_there_is_no_share(tmp_path: Path) -> None:
    assert share(write_video(tmp_path / "a.mp4", [quarters(64, 48)] * 5)) is None


def test_what_nobody_asked_for_was_not_heard(tmp_path: Path) -> None:
    assert share(write_video(tmp_path / "a.mp4", [quarters(64, 48)] * 5, sounds=1)) == 0.0


@pytest.mark.parametrize(
    ("takes", "expected"),
    [
        pytest.param(lambda span: True, 1.0, id="all"),
        pytest.param(lambda span: span.start < 20, 0.5, id="first-half"),
        pytest.param(lambda span: False, 0.0, id="none"),
    ],
)
def test_what_is_skipped_of_a_long_sound_was_not_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, takes: Callable[[Span], bool], expected: float
) -> None:
    def find(blocks: Any, **_: Any) -> Speech:
        spans = [Span(start, start + samples.size / 16_000) for start, samples in blocks]
        skipped = sum(span.duration for span in spans if not takes(span))
        return Speech((), spans[-1].end, skipped)

    monkeypatch.setattr(media_screen.hearing, "find_speech", find)
    with Media.open(write(tmp_path / "a.mka", 40.0)) as media:
        looker: Any = None
        case = Case(media, Equipment(looker=looker, listens=True))
        assert isinstance(case.hearing, Hearing)
        _ = case.hearing.ears
        assert case.heard_share == pytest.approx(expected, abs=0.03)
