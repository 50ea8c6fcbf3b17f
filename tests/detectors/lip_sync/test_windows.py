"""Windows lie where somebody speaks and a face is in view, and their lack has a reason."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from media_screen.detectors.lip_sync.windows import choose, lacks_view
from media_screen.evidence import Span
from media_screen.faces.track import Face, Track
from media_screen.speech import Speech, SpeechSegment
from tests.faces.making import face


def speech(*spans: tuple[float, float]) -> Speech:
    segments = [SpeechSegment(Span(*span), "speech", 20.0, 8000.0, -20.0, 0.0) for span in spans]
    return Speech(tuple(segments), 60.0)


def track(
    number: int,
    start: float,
    end: float,
    *,
    step: float = 0.2,
    width: float = 100.0,
    yaw: float = 0.0,
) -> Track:
    count = round((end - start) / step) + 1
    faces: list[Face] = []
    for index in range(count):
        one = face(start + index * step, number, 200.0, width=width)
        faces.append(replace(one, quality=replace(one.quality, yaw_deg=yaw)))
    return Track(number, tuple(faces))


def test_the_window_with_most_speech_in_view_is_taken_first() -> None:
    (place,) = choose(speech((10, 11), (20, 30)), [track(0, 0, 40)], count=1)
    assert place.tracks == (0,)
    assert place.span.start >= 20 and place.span.end <= 30 and place.span.duration == 5.0


def test_windows_do_not_overlap_and_come_in_order() -> None:
    places = choose(speech((0, 40)), [track(0, 0, 40)], count=4)
    assert len(places) == 4
    for one, other in pairwise(places):
        assert one.span.end <= other.span.start


def test_the_face_that_is_longest_in_view_stands_first() -> None:
    (place,) = choose(speech((0, 5)), [track(0, 0, 2.6), track(1, 0, 5)], count=1)
    assert place.tracks == (1, 0)


def test_faces_seen_once_a_second_can_not_be_followed() -> None:
    assert not choose(speech((0, 10)), [track(0, 0, 10, step=1.0)], count=2)


@pytest.mark.parametrize(
    ("seen", "spoken", "reason"),
    [
        pytest.param([track(0, 0, 9, width=34)], (0, 9), "face_too_small", id="small"),
        pytest.param([track(0, 0, 9, yaw=60)], (0, 9), "profile", id="profile"),
        pytest.param([track(0, 0, 4)], (10, 19), "no_face", id="voice-over"),
        pytest.param([track(0, 0, 9)], (0, 1), "too_short", id="a-word"),
    ],
)
def test_a_file_without_windows_says_why(
    seen: list[Track], spoken: tuple[float, float], reason: str
) -> None:
    assert not choose(speech(spoken), seen, count=2)
    assert lacks_view(speech(spoken), seen)[0] == reason
