"""What the detector makes of readings: one piece a window and face, one for who speaks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from media_screen.calibration import Calibration
from media_screen.detectors import lip_sync
from media_screen.detectors.lip_sync import LipSync
from media_screen.evidence import Abstention, Evidence, Span
from media_screen.lipsync import marks
from media_screen.lipsync.forged import NAMES, Line, Tables
from media_screen.lipsync.marks import Marks
from media_screen.lipsync.reading import Reading
from media_screen.lipsync.synchrony import REACH, Curve
from media_screen.lipsync.windows import Place


def reading(track: int = 0, start: float = 0.0, *, offset_frames: int = 0, depth: float = 0.5,
            mark: float | None = 0.0, moving: float = 0.05) -> Reading:  # fmt: skip
    rows = np.ones(2 * REACH + 1)
    rows[REACH + offset_frames] -= depth
    values = None if mark is None else Marks(np.full(len(marks.NAMES), mark))
    return Reading(Span(start, start + 5), track, Curve(rows), None, values, moving, 5.0, 4.0)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    count = len(NAMES)
    first = Line((0.0,) * count, (1.0,) * count, (1.0,) + (0.0,) * (count - 1), 0.0)
    monkeypatch.setattr(lip_sync, "line", lambda: first)
    monkeypatch.setattr(lip_sync, "tables", lambda: Tables((0.0, 1.0), (0.0, 0.2), (0.0, 0.1),
                                                           (-1.0, 1.0)))  # fmt: skip
    monkeypatch.setattr(lip_sync, "shipped", lambda name: Calibration(1.0, 0.0, 2.0))


def examine(monkeypatch: pytest.MonkeyPatch, *readings: Reading, kind: str = "video",
            dubbed: bool = False) -> list[Evidence | Abstention]:  # fmt: skip
    places = [Place(one.span, (one.track,)) for one in readings]
    monkeypatch.setattr(lip_sync, "choose", lambda *_, **__: places)
    monkeypatch.setattr(lip_sync, "read_windows", lambda *_, **__: iter(readings))
    monkeypatch.setattr(lip_sync, "lacks_view", lambda *_: ("no_face", "nobody is seen"))
    case = SimpleNamespace(
        info=SimpleNamespace(kind=kind), sidecar=SimpleNamespace(dubbed=dubbed), thorough=False,
        speech=None, tracks=(), media=None, device="cpu",
    )  # fmt: skip
    return list(LipSync().examine(case))  # type: ignore[arg-type]


def test_each_window_and_the_file_get_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, whole = examine(
        monkeypatch, reading(offset_frames=5, mark=1.0), reading(start=5, offset_frames=5)
    )
    assert isinstance(one, Evidence) and isinstance(two, Evidence) and isinstance(whole, Evidence)
    assert one.span == Span(0, 5) and one.track == 0 and one.llr == 0.0
    assert one.values["offset_ms"] == pytest.approx(-200) and "leads the voice by 200 ms" in one.why
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


def test_a_still_mouth_is_told_from_one_that_moves_against_the_voice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    still, *_ = examine(monkeypatch, reading(depth=0.01, moving=0.0))
    against, *_ = examine(monkeypatch, reading(depth=0.01, moving=0.09))
    assert isinstance(still, Evidence) and isinstance(against, Evidence)
    assert "moves more than 0%" in still.why and "moves more than 90%" in against.why


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
    ],
)
def test_what_can_not_be_judged_says_why(
    monkeypatch: pytest.MonkeyPatch, options: dict, reason: str
) -> None:
    (piece,) = examine(monkeypatch, **options)
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
