"""A share that is not all is never called 100%, and one that is not nothing never 0%."""

from __future__ import annotations

import pytest

from media_screen.weights.calibration import percent
from tests.places import PACKAGE

SHARES = {
    0.0: "0%",
    1e-9: "under 1%",
    0.0099: "under 1%",
    0.01: "1%",
    0.5: "50%",
    0.994: "99%",
    0.996: "99%",
    0.9999999: "99%",
    1.0: "100%",
}


@pytest.mark.parametrize(("share", "said"), SHARES.items())
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, said: str) -> None:
    assert percent(share) == said


def test_no_detector_rounds_a_share_by_itself() -> None:
    for path in (PACKAGE / "detectors").rglob("*.py"):
        assert ":.0%}" not in path.read_text("utf-8"), path.name
