"""The weights of the detectors are what was measured, and can't claim more than detectors do."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from media_screen.evidence import SENSITIVITIES
from media_screen.fusion import combination
from media_screen.fusion.combination import Combination

RECORD: dict[str, Any] = {
    "weights": {"picture": {"face_artifact": 0.5, "lip_sync": 1.0}, "sound": {"voice_spoof": 0.8}},
    "bound": 3.0,
    "thresholds": {
        name: {"false_alarms": 0.01, "llr": 2.0 + number}
        for number, name in enumerate(SENSITIVITIES)
    },
}


def test_a_record_is_read_back() -> None:
    read = Combination.from_dict(RECORD)
    assert read.to_dict() == RECORD
    assert Combination.from_dict(json.loads(json.dumps(read.to_dict()))) == read


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            {"weights": {"picture": {"x": -0.1}, "sound": {}}}, "weights of 0 to 1", id="below-zero"
        ),
        pytest.param(
            {"weights": {"picture": {"x": 1.1}, "sound": {}}}, "weights of 0 to 1", id="over-one"
        ),
        pytest.param(
            {"weights": {"picture": {"x": 1.0}, "sound": {"x": 1.0}}}, "one subject", id="both"
        ),
        pytest.param({"weights": {"picture": {"x": 1.0}}}, "weights for", id="no-sound"),
        pytest.param({"weights": {"x": 1.0}}, "needs weights", id="no-subject"),
        pytest.param({"bound": -1.0}, "bound of 0 or more", id="bound"),
        pytest.param({"bound": float("inf")}, "bound of 0 or more", id="no-bound"),
        pytest.param({"thresholds": {}}, "expected thresholds", id="thresholds"),
        pytest.param({"weights": None}, "needs weights", id="no-weights"),
    ],
)
def test_a_wrong_record_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Combination.from_dict({**RECORD, **change})


@pytest.mark.parametrize(
    ("voice", "least"),
    [
        pytest.param({}, -3.0, id="no-sound"),
        pytest.param({"voice_spoof": -1.0}, -0.8, id="a-genuine-voice"),
        pytest.param({"voice_spoof": 0.0}, 0.0, id="a-voice-that-says-nothing"),
        pytest.param({"voice_spoof": 2.0}, 1.6, id="a-forged-voice"),
    ],
)
def test_more_of_one_detector_never_lowers_the_sum(voice: dict[str, float], least: float) -> None:
    read = Combination.from_dict(RECORD)
    others = {"lip_sync": 1.0, "other": 9.0, **voice}
    sums = [
        read.total(read.contributions({"face_artifact": llr / 2, **others}))
        for llr in range(-20, 21)
    ]
    assert sums == sorted(sums)
    assert (min(sums), max(sums)) == (least, 3.0)


def test_what_is_shipped_can_be_read_and_orders_its_thresholds() -> None:
    shipped = combination.shipped()
    low, normal, high = (shipped.thresholds[name] for name in SENSITIVITIES)
    assert low.llr >= normal.llr >= high.llr > 0
    assert low.false_alarms < normal.false_alarms == 0.01 < high.false_alarms
    assert shipped.weight("container") == 0 == shipped.weight("nobody measured it")


def test_it_costs_no_arithmetic_package_to_read() -> None:
    program = (
        "import sys; from media_screen.fusion import combination; combination.shipped(); "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'scipy', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
