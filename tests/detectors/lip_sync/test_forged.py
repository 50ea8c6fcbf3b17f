"""The shipped line is over the measures that are taken."""

from __future__ import annotations

import numpy as np

from media_screen.detectors.lip_sync.forged import NAMES, line


def test_the_shipped_line_is_over_the_measures_of_this_version() -> None:
    assert line().names == NAMES
    assert np.isfinite(line().raw(np.zeros(len(NAMES))))
