"""Windows are pooled by voice, and the most suspicious voice stands for the file."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.case import Case
from media_screen.detectors import voice_spoof
from media_screen.detectors.voice_spoof import VoiceSpoof
from media_screen.evidence import Abstention, Evidence, RecordedMoment, Span
from media_screen.people.gallery import Gallery, KnownMoment, VoiceTemplate
from media_screen.speech.embed import DIMENSION
from media_screen.speech.synthesis import UNLIKE_REST
from media_screen.speech.voices import Voice, VoiceWindow
from media_screen.weights import calibration
from media_screen.weights.calibration import Calibration, Percentiles
from tests.fakes import stand_in


def voice(number: int, *scores: float) -> Voice:
    """A voice whose windows hold nothing but the score that the network gave."""
    row = np.eye(DIMENSION, dtype=np.float32)[number]
    return Voice(
        number,
        tuple(
            VoiceWindow(Span(4.0 * n, 4.0 * n + 4.0), np.full(1, score, np.float32), row, 20.0)
            for n, score in enumerate(scores)
        ),
    )


def examine(*voices: Voice, people: tuple[VoiceTemplate, ...] = ()) -> list[Evidence | Abstention]:
    synthesis = tuple(tuple(float(one.samples[0]) for one in own.windows) for own in voices)
    case = stand_in(Case, voices=voices, synthesis=synthesis, gallery=Gallery((), people))
    return list(VoiceSpoof().examine(case))


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_spoof, "shipped", lambda name: Calibration(1.0, 0.0, 2.5))
    shares = {"": Percentiles((-2.0, 0.0, 2.0)), UNLIKE_REST: Percentiles((0.0, 2.0))}
    monkeypatch.setattr(voice_spoof, "genuine", lambda model, name="": shares[name])


def test_windows_of_a_voice_are_averaged() -> None:
    one, whole = examine(voice(0, 1.0, 2.0, 0.0))
    assert isinstance(one, Evidence) and isinstance(whole, Evidence)
    assert one.llr == whole.llr == pytest.approx(1.0)
    assert one.span == Span(0.0, 12.0) and whole.span is None and whole.track is None
    assert whole.values["windows"] == 3


def test_the_most_suspicious_voice_stands_for_the_file() -> None:
    *each, whole = examine(voice(0, -1.0), voice(1, 1.5))
    assert [piece.llr for piece in each if isinstance(piece, Evidence)] == [-1.0, 1.5]
    assert isinstance(whole, Evidence) and whole.llr == 1.5
    assert "most suspicious of 2 voices" in whole.why


def test_a_ratio_is_bounded_by_the_calibration() -> None:
    whole = examine(voice(0, 99.0))[-1]
    assert isinstance(whole, Evidence) and whole.llr == 2.5


@pytest.mark.parametrize(
    ("scores", "place"),
    [
        pytest.param((0.0, 0.1, 3.0, -0.1), 2, id="one-far-above-the-rest"),
        pytest.param((0.0, 0.0, 1.91, 0.0), 2, id="rarely-so-far"),
        pytest.param((0.0, 0.0, 1.89, 0.0), None, id="not-that-rarely"),
        pytest.param((5.0, 5.1, 5.2, 4.9), None, id="all-high"),
        pytest.param((0.0, 3.0, 3.1, 0.1), 2, id="two-of-four"),
        pytest.param((0.0, 3.0, 3.1, 2.9), None, id="three-of-four"),
        pytest.param((0.0, 0.1, 3.0), None, id="too-few-windows"),
    ],
)
def test_a_window_unlike_the_rest_is_pointed_at_and_weighs_nothing(
    scores: tuple[float, ...], place: int | None
) -> None:
    found = [piece for piece in examine(voice(0, *scores)) if isinstance(piece, Evidence)]
    told = [piece for piece in found if piece.finding == "unlike_the_rest"]
    if place is None:
        assert not told
        return
    (piece,) = told
    assert piece.span == Span(4.0 * place, 4.0 * place + 4.0) and piece.llr == 0.0
    assert "genuine voices do anywhere" in piece.why


def test_what_is_usual_within_a_genuine_voice_is_shipped() -> None:
    above = calibration.genuine("voice_spoof", name=UNLIKE_REST).scores
    assert len(above) > 20 and min(above) > 0 and list(above) == sorted(above)


def test_without_a_voice_it_abstains() -> None:
    (piece,) = examine()
    assert isinstance(piece, Abstention) and piece.reason == "no_speech"


def template(number: int, *synthesis: float) -> VoiceTemplate:
    """A person with that voice, whose recordings score so."""
    row = np.eye(DIMENSION, dtype=np.float32)[number]
    return VoiceTemplate(f"person-{number}", row, len(synthesis), 0, 30.0, synthesis)


@pytest.mark.parametrize(
    ("people", "told"),
    [
        pytest.param((template(0, 0.5, 1.5, 0.0),), "than 2 of 3 recordings of person-0", id="own"),
        pytest.param((template(1, 0.5, 1.5, 0.0),), None, id="somebody-else"),
        pytest.param((template(0, 0.5, 1.5),), None, id="too-few"),
        pytest.param((), None, id="nobody-enrolled"),
    ],
)
def test_the_person_s_own_recordings_are_told_and_move_nothing(
    people: tuple[VoiceTemplate, ...], told: str | None
) -> None:
    (*_, whole), (*_, alone) = examine(voice(0, 1.0), people=people), examine(voice(0, 1.0))
    assert isinstance(whole, Evidence) and isinstance(alone, Evidence)
    assert whole.llr == alone.llr
    assert ("recordings of" in whole.why) == (told is not None)
    assert told is None or told in whole.why
    assert whole.values.get("own_recordings") == (3 if told else None)
    assert whole.values.get("own_lower") == (2 if told else None)


def test_the_window_that_scores_highest_is_set_beside_the_person_s_recordings() -> None:
    recorded = RecordedMoment("person-0/voice/a.wav", "ab" * 32, 9, Span(3.0, 7.0))
    row = np.eye(DIMENSION, dtype=np.float32)[0]
    person = VoiceTemplate("person-0", row, 1, 0, 30.0, moments=(KnownMoment(recorded, row),))
    one, whole = examine(voice(0, 1.0, 2.0, 0.0), people=(person,))
    assert isinstance(one, Evidence) and isinstance(whole, Evidence)
    (heard,) = whole.heard
    assert (heard.heard_for, heard.span) == ("most_synthetic", Span(4.0, 8.0))
    assert heard.recorded == recorded and one.heard == ()
    assert Evidence.from_dict(whole.to_dict()).heard == whole.heard
