"""Voices are compared with everyone enrolled; a face with another voice is said so."""

from __future__ import annotations

import numpy as np
import pytest

from media_screen.case import Case
from media_screen.detectors import voice_identity
from media_screen.detectors.voice_identity import VoiceIdentity
from media_screen.evidence import Abstention, Evidence, HeardBeside, RecordedMoment, Span
from media_screen.faces.align import Quality
from media_screen.faces.track import Face, Track
from media_screen.people.gallery import Gallery, KnownMoment, Template, VoiceTemplate
from media_screen.speech.embed import DIMENSION
from media_screen.speech.voices import Voice, VoiceWindow
from tests.fakes import stand_in

ADA, BOB, STRANGER = np.eye(DIMENSION, dtype=np.float32)[:3]
FACE = np.eye(128, dtype=np.float32)[0]


def voice(number: int, embedding: np.ndarray, start: float = 0.0) -> Voice:
    span = Span(start, start + 4.0)
    return Voice(number, (VoiceWindow(span, np.zeros(1, np.float32), embedding, 20.0),))


def examine(*voices: Voice, face: bool = False, people: bool = True) -> list[Evidence | Abstention]:
    templates = (VoiceTemplate("ada", ADA, 2, 0, 30.0), VoiceTemplate("bob", BOB, 0, 2, 60.0))
    gallery = Gallery((Template("ada", FACE, 2, 0),), templates if people else ())
    best = stand_in(Face, quality=stand_in(Quality, size_px=120.0))
    tracks = (stand_in(Track, embedding=FACE, best=best),) if face else ()
    case = stand_in(Case, gallery=gallery, voices=voices, tracks=tracks)
    return list(VoiceIdentity().examine(case))


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare by cosine alone, so that the tests know what to expect."""

    def compare(one: Voice, reference: np.ndarray) -> tuple[float, float]:
        cosine = float(one.embedding @ reference)
        return cosine, 6.0 * cosine - 2.0

    monkeypatch.setattr(voice_identity, "compare", compare)


def pooled(pieces: list[Evidence | Abstention]) -> dict[str | None, Evidence]:
    return {p.person: p for p in pieces if isinstance(p, Evidence) and p.span is None}


def test_each_voice_is_named_after_its_nearest_and_each_person_is_pooled() -> None:
    pieces = examine(voice(0, ADA), voice(1, STRANGER, 9.0))
    spans = [p for p in pieces if isinstance(p, Evidence) and p.span is not None]
    assert (spans[0].person, spans[0].span) == ("ada", Span(0.0, 4.0))
    assert len(spans) == 2
    assert pooled(pieces)["ada"].llr == 4.0
    assert pooled(pieces)["bob"].llr == -2.0
    assert pooled(pieces)["ada"].values["voices"] == 2


@pytest.mark.parametrize(
    ("embedding", "face", "finding"),
    [
        pytest.param(STRANGER, True, "face_with_other_voice", id="a dub or a swap"),
        pytest.param(ADA, True, "", id="her own voice"),
        pytest.param(STRANGER, False, "", id="nobody seen"),
    ],
)
def test_a_face_with_another_voice_is_said_so(
    embedding: np.ndarray, face: bool, finding: str
) -> None:
    piece = pooled(examine(voice(0, embedding), face=face))["ada"]
    assert piece.finding == finding
    assert ("dub" in piece.why) == bool(finding)
    assert piece.axis == "identity"


def test_without_references_it_abstains() -> None:
    (piece,) = examine(voice(0, ADA), people=False)
    assert isinstance(piece, Abstention) and piece.reason == "no_reference"


def test_without_a_voice_it_abstains() -> None:
    (piece,) = examine()
    assert isinstance(piece, Abstention) and piece.reason == "no_speech"


# --- what can be listened to ---------------------------------------------------------------------


def moment(number: int, embedding: np.ndarray) -> KnownMoment:
    start = 10.0 * number
    span = Span(start, start + 4.0)
    return KnownMoment(RecordedMoment(f"ada/voice/{number}.wav", "ab" * 32, 9, span), embedding)


def mixed(*shares: float) -> np.ndarray:
    """A voice that is so much like Ada's, Bob's and a stranger's."""
    voice = sum(share * own for share, own in zip(shares, (ADA, BOB, STRANGER), strict=True))
    return np.asarray(voice / np.linalg.norm(voice), np.float32)


RECORDED = (moment(0, mixed(1, 1, 0)), moment(1, mixed(1, 0, 1)))


def heard(speaks: Voice, *, known: tuple[KnownMoment, ...] = RECORDED) -> tuple[HeardBeside, ...]:
    ada = VoiceTemplate("ada", ADA, 2, 0, 30.0, moments=known)
    case = stand_in(Case, gallery=Gallery((), (ada,)), voices=(speaks,), tracks=())
    return pooled(list(VoiceIdentity().examine(case)))["ada"].heard


def speaking(*embeddings: np.ndarray, place: str = "") -> Voice:
    """A voice with a window of 4 s for each embedding."""
    windows = (
        VoiceWindow(Span(4.0 * n, 4.0 * n + 4.0), np.zeros(1, np.float32), one, 20.0)
        for n, one in enumerate(embeddings)
    )
    return Voice(0, tuple(windows), place=place)


def test_the_windows_most_and_least_like_a_person_are_set_beside_what_is_most_like_them() -> None:
    most, least = heard(speaking(mixed(1, 0.8, 0), mixed(1, 0, 0.2), mixed(1, 0.3, 0)))
    assert (most.heard_for, most.span) == ("most_like", Span(4.0, 8.0))
    assert (least.heard_for, least.span) == ("least_like", Span(0.0, 4.0))
    assert [one.recorded.path for one in (most, least)] == ["ada/voice/1.wav", "ada/voice/0.wav"]
    assert least.cosine == pytest.approx(float(mixed(1, 0.8, 0) @ mixed(1, 1, 0)))


@pytest.mark.parametrize(
    ("speaks", "known", "count"),
    [
        pytest.param(speaking(ADA), RECORDED, 1, id="one-window-is-not-both"),
        pytest.param(speaking(STRANGER, STRANGER), RECORDED, 0, id="a-stranger"),
        pytest.param(speaking(ADA, ADA), (), 0, id="nothing-kept-of-the-recordings"),
        pytest.param(speaking(ADA, place="on sound track 2"), RECORDED, 0, id="not-played"),
    ],
)
def test_what_helps_nobody_is_not_set_beside(
    speaks: Voice, known: tuple[KnownMoment, ...], count: int
) -> None:
    assert len(heard(speaks, known=known)) == count
