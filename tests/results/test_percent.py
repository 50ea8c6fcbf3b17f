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


@pytest.mark.parametrize("room", ["detectors", "report"])
def test_no_detector_and_no_page_rounds_a_share_by_itself(room: str) -> None:
    paths = [path for path in (PACKAGE / room).rglob("*") if path.suffix in (".py", ".html")]
    assert len(paths) > 10
    for path in paths:
        for way in (":.0%}", "| int }}%", '| int ~ "%"'):
            assert way not in path.read_text("utf-8"), path.name
