"""What the benchmark of mouths and voices counts as said of a clip."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.person import mouth_and_voice
from benchmarks.person.mouth_and_voice import (
    INTERVIEW,
    LIMITS,
    OWN,
    MouthHeard,
    SoundTrial,
    goes_together,
    of_kind,
    reference_of,
    voices_of,
    word,
)
from benchmarks.person.watching import HeardVoice
from media_screen.detectors.lip_sync.fit import Tables
from media_screen.evidence import Span
from media_screen.weights.calibration import Percentiles

FITS, AGAINST = MouthHeard(0.5, 0.5, 0.5), MouthHeard(0.0, 0.0, 0.5)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Tables(
        genuine=Percentiles((0.2, 1.0)),
        swapped=Percentiles((-0.1, 0.1)),
        anywhere=Percentiles((0.0, 0.2)),
        speed=Percentiles((0.0, 1.0)),
        raw=Percentiles((-1.0, 1.0)),
    )
    monkeypatch.setattr(mouth_and_voice, "tables", lambda: known)


@pytest.mark.parametrize(
    ("windows", "said", "together"),
    [
        pytest.param([FITS, FITS], "fits", True, id="both"),
        pytest.param([FITS], "fits", False, id="one-is-too-few"),
        pytest.param([FITS, AGAINST], "fits", False, id="the-mean-is-not-each"),
        pytest.param([AGAINST, AGAINST], "against", False, id="neither"),
        pytest.param([], None, False, id="nothing-seen"),
    ],
)
def test_a_mouth_goes_with_a_voice_where_each_window_says_so(
    windows: list[MouthHeard], said: str | None, together: bool
) -> None:
    assert word(windows) == said and goes_together(windows) == together


def test_windows_of_several_voices_are_left_out() -> None:
    several = MouthHeard(0.0, 0.0, 0.5, several=True)
    assert word([FITS, several]) == "fits" and word([several]) is None


def test_a_kind_counts_what_is_said_of_its_own_trials() -> None:
    trials = [
        SoundTrial(OWN.name, "ada", "ada", (FITS, FITS), 4.0),
        SoundTrial(OWN.name, "bob", "bob", (FITS, FITS), -2.5),
        SoundTrial(INTERVIEW.name, "bob", "eve", (FITS, FITS), -3.0),
    ]
    found = of_kind(OWN, trials)
    assert (found["trials"], found["people"], found["goes_together"]) == (2, 2, 1.0)
    assert found["other_voice"] == [0.5 if limit >= -2.5 else 0.0 for limit in LIMITS]
    assert [one["share"] for one in found["both"]] == found["other_voice"]


def test_the_voice_heard_longest_is_the_reference_and_too_little_is_none() -> None:
    def heard(start: float, *embedding: float) -> HeardVoice:
        return HeardVoice(Span(start, start + 4), np.array(embedding, np.float32), 20.0)

    windows = [heard(0, 1, 0), heard(4, 0, 1), heard(8, 0, 1)]
    assert [voice.seconds for voice in voices_of(windows)] == [8.0, 4.0]
    reference = reference_of(windows)
    assert reference is not None and reference.tolist() == [0.0, 1.0]
    assert reference_of(windows[:2]) is None
