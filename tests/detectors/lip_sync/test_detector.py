"""What the detector makes of readings: one piece a window and face, one for who speaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from media_screen.case import Case
from media_screen.detectors import lip_sync
from media_screen.detectors.lip_sync import LipSync, marks
from media_screen.detectors.lip_sync.fit import Tables
from media_screen.detectors.lip_sync.forged import LIMIT, NAMES
from media_screen.detectors.lip_sync.marks import Marks
from media_screen.detectors.lip_sync.reading import Reading
from media_screen.detectors.lip_sync.synchrony import REACH, Curve
from media_screen.detectors.lip_sync.windows import WatchedWindow
from media_screen.evidence import Abstention, Evidence, MediaInfo, Span
from media_screen.hearing import Ear
from media_screen.sidecar import Fit, Sidecar
from media_screen.speech import Speech, SpeechSegment, lacks_speech
from media_screen.weights.calibration import Calibration, Percentiles
from media_screen.weights.linear import LinearModel
from tests.fakes import stand_in


def reading(
    track: int = 0,
    start: float = 0.0,
    *,
    offset_frames: int = 0,
    depth: float = 0.5,
    mark: float | None = 0.0,
    speed: float = 0.3,
    several: bool = False,
) -> Reading:
    rows = np.ones(2 * REACH + 1)
    rows[REACH + offset_frames] -= depth
    values = None if mark is None else Marks(np.full(len(marks.NAMES), mark))
    return Reading(
        Span(start, start + 5), track, Curve(rows), None, values, speed, several, 5.0, 4.0
    )


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    count = len(NAMES)
    weights = (1.0,) + (0.0,) * (count - 1)
    first = LinearModel(NAMES, (0.0,) * count, (1.0,) * count, weights, 0.0, LIMIT)
    monkeypatch.setattr(lip_sync, "line", lambda: first)
    known = Tables(
        genuine=Percentiles((0.0, 1.0)),
        swapped=Percentiles((-0.1, 0.1)),
        anywhere=Percentiles((0.0, 0.2)),
        speed=Percentiles((0.0, 1.0)),
        raw=Percentiles((-1.0, 1.0)),
    )
    monkeypatch.setattr(lip_sync, "tables", lambda: known)
    monkeypatch.setattr(lip_sync, "shipped", lambda name: Calibration(1.0, 0.0, 2.0))


def examine(
    monkeypatch: pytest.MonkeyPatch,
    *readings: Reading,
    kind: str = "video",
    dubbed: bool = False,
    fit: Fit | None = None,
) -> list[Evidence | Abstention]:
    places = [WatchedWindow(one.span, (one.track,)) for one in readings]
    monkeypatch.setattr(lip_sync, "choose", lambda *_, **__: places)
    monkeypatch.setattr(lip_sync, "read_windows", lambda *_, **__: iter(readings))
    monkeypatch.setattr(lip_sync, "lacks_view", lambda *_: ("no_face", "nobody is seen"))
    sidecar = Sidecar(dubbed=dubbed, fit=fit or Fit())
    is_dubbed: Any = Case.dubbed  # as a file with that sidecar has it
    case = stand_in(
        Case,
        info=stand_in(MediaInfo, kind=kind),
        sidecar=sidecar,
        dubbed=is_dubbed.fget(stand_in(Case, sidecar=sidecar)),
        thorough=False,
        speech=None,
        ear=stand_in(Ear, mix=None),
        tracks=(),
        media=None,
        device="cpu",
    )
    return list(LipSync().examine(case))


def test_the_dub_of_another_file_silences_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = examine(monkeypatch, dubbed=True, fit=Fit(against=("it is of another length",)))
    assert [piece.reason for piece in pieces if isinstance(piece, Abstention)] == ["no_face"]


def test_each_window_and_the_file_get_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, whole = examine(
        monkeypatch, reading(offset_frames=5, mark=1.0), reading(start=5, offset_frames=5)
    )
    assert isinstance(one, Evidence) and isinstance(two, Evidence) and isinstance(whole, Evidence)
    assert one.span == Span(0, 5) and one.track == 0 and one.llr == 0.0
    assert one.values["offset_ms"] == pytest.approx(-200) and "it leads by 200 ms" in one.why
    assert whole.span is None and whole.track is None
    assert whole.llr == pytest.approx(0.5) and whole.values["raw"] == pytest.approx(0.5)


def test_the_face_that_fits_the_voice_stands_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, whole = examine(
        monkeypatch, reading(0, depth=0.1, mark=3.0), reading(1, depth=0.6, mark=-1.0)
    )
    assert isinstance(whole, Evidence)
    assert whole.llr == pytest.approx(-1.0) and whole.values["faces"] == 2
    assert "of 2 faces, that of track 1 fits best" in whole.why


def test_a_ratio_is_bounded_by_the_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, whole = examine(monkeypatch, reading(mark=3.0))
    assert isinstance(whole, Evidence) and whole.llr == 2.0


def test_neither_an_offset_nor_a_misfit_weighs_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, late = examine(monkeypatch, reading(offset_frames=20, depth=0.01))
    *_, fit = examine(monkeypatch, reading())
    assert isinstance(late, Evidence) and isinstance(fit, Evidence)
    assert late.llr == fit.llr


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(reading(), "mouth and voice go together", id="fits"),
        pytest.param(reading(offset_frames=20), "but not at the time", id="apart"),
        pytest.param(reading(depth=0.06), "can't be told", id="unclear"),
        pytest.param(reading(depth=0.01), "not with this voice", id="against"),
    ],
)
def test_a_window_says_how_voice_and_mouth_go_together(
    monkeypatch: pytest.MonkeyPatch, one: Reading, words: str
) -> None:
    window, whole = examine(monkeypatch, one)
    assert words in window.why and words in whole.why


def test_a_still_mouth_under_a_voice_is_a_voice_over(monkeypatch: pytest.MonkeyPatch) -> None:
    (piece,) = examine(monkeypatch, reading(depth=0.01, speed=0.01))
    assert isinstance(piece, Abstention) and piece.reason == "voice_over"
    assert "nearly still" in piece.why


def test_windows_of_several_voices_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    one, whole = examine(monkeypatch, reading(mark=1.0), reading(start=5, several=True, mark=-1.0))
    assert isinstance(one, Evidence) and one.span == Span(0, 5)
    assert isinstance(whole, Evidence) and whole.values["windows"] == 1 and whole.llr == 1.0


def test_the_reasons_of_sound_come_before_it_is_asked() -> None:
    """No speech, music and a word or two: the case abstains for whoever needs speech."""
    assert "speech" in LipSync.needs
    music = SpeechSegment(Span(0, 9), "music", 20.0, 8000.0, -20.0, 1.0)
    word = SpeechSegment(Span(0, 1), "speech", 20.0, 8000.0, -20.0, 0.0)
    for segments, reason in (((), "no_speech"), ((music,), "music"), ((word,), "too_short")):
        lacking = lacks_speech(Speech(segments, 9.0))
        assert lacking is not None and lacking[0] == reason


def test_a_mouth_without_marks_weighs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    window, whole = examine(monkeypatch, reading(mark=None))
    assert isinstance(window, Evidence) and isinstance(whole, Evidence)
    assert window.score == whole.score == 0.5 and whole.llr == 0.0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({"kind": "image"}, "not_applicable", id="picture"),
        pytest.param({"dubbed": True}, "dubbed", id="dubbed"),
        pytest.param({}, "no_face", id="no-window"),
        pytest.param({"readings": (reading(several=True),)}, "several_voices", id="two-voices"),
    ],
)
def test_what_can_not_be_judged_says_why(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], reason: str
) -> None:
    (piece,) = examine(monkeypatch, *options.pop("readings", ()), **options)
    assert isinstance(piece, Abstention) and piece.reason == reason


def test_a_measure_that_proved_nothing_says_that_it_weighs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    *_, counted = examine(monkeypatch, reading(mark=1.0))
    monkeypatch.setattr(lip_sync, "shipped", lambda name: Calibration(1.0, 0.0, 0.0))
    *_, idle = examine(monkeypatch, reading(mark=1.0))
    assert isinstance(counted, Evidence) and isinstance(idle, Evidence)
    assert counted.llr == 1.0 and "weighs nothing" not in counted.why
    assert idle.llr == 0.0 and "weighs nothing" in idle.why
