"""What other lines are worth is said by lines that saw nothing of what they judge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from media_screen.detectors.face_artifact import whole
from tests.training.test_face_artifact import source
from training.face_artifact import states
from training.face_artifact.crops import ORIGINAL, CropSource
from training.face_artifact.folds import split
from training.face_artifact.line import MeasureTable
from training.face_artifact.settings import FaceSettings, StatesLine

# Values that tell something: the opinion, and some of the states of each layer.
TOLD, EARLY, LATE = slice(0, 1), slice(5, 65), slice(whole.STATES + 5, whole.STATES + 65)
FOLDS = 2


def sources() -> list[CropSource]:
    genuine = [source(f"real_video/{n}", collection=f"c{n % 4}") for n in range(24)]
    forged = [source(f"fake_video/{n}", method=f"m{n % 4}") for n in range(24)]
    return [replace(one, sha256=f"{n:064}") for n, one in enumerate(genuine + forged)]


def settings(layers: tuple[int, ...], told: float) -> FaceSettings:
    return FaceSettings(1, FOLDS, StatesLine(30.0, told, layers))


def table(tells: slice) -> MeasureTable:
    """Four views of one track of each file, as it is and at 480p; some values tell forged ones."""
    rng = np.random.default_rng(3)
    rows = [(one, version) for one in sources() for version in (ORIGINAL, "480p") for _ in range(4)]
    values = rng.normal(0, 1, (len(rows), len(whole.NAMES))).astype(np.float32)
    values[[one.fake for one, _ in rows], tells] += 4
    return MeasureTable(
        values,
        np.array([one.path for one, _ in rows]),
        np.array([version for _, version in rows]),
        np.zeros(len(rows), int),
        np.zeros(len(rows)),
        np.full(len(rows), 90.0),
        np.ones(len(rows)),
    )


@pytest.mark.parametrize(
    ("tells", "layers", "told", "seen"),
    [
        pytest.param(TOLD, (), 1.0, True, id="opinion"),
        pytest.param(TOLD, (8,), 0.0, False, id="opinion-left-out"),
        pytest.param(EARLY, (8,), 0.0, True, id="layer-8"),
        pytest.param(LATE, (8,), 0.0, False, id="layer-10-left-out"),
        pytest.param(LATE, (8, 10), 0.2, True, id="layer-10"),
    ],
)
def test_a_line_sees_what_it_is_made_of(
    tells: slice, layers: tuple[int, ...], told: float, seen: bool
) -> None:
    found = states.scores(table(tells), sources(), settings(layers, told))
    assert len(found) == 48 * 2
    forged, genuine = (
        np.array([value for (path, _), value in found.items() if path.startswith(kind)])
        for kind in ("fake", "real")
    )
    share = (forged[:, None] > genuine).mean()
    assert share > 0.9 if seen else 0.3 < share < 0.7


def test_what_a_fold_holds_teaches_nothing_of_it() -> None:
    folds = split(sources(), FOLDS)
    plain, spoilt = table(EARLY), table(EARLY)
    held = np.array([folds[path] == 0 for path in spoilt.path])
    shifted = spoilt.values.copy()
    shifted[held] += 1.0  # alike for genuine and forged, so that only a line would learn of it
    moved = replace(spoilt, values=shifted)
    asked = settings((8,), 0.0)
    before, after = (states.scores(one, sources(), asked) for one in (plain, moved))
    of_first = [key for key in before if folds[key[0]] == 0]
    others = [key for key in before if folds[key[0]] == 1]
    # The line of fold 0 stays, so that all of its files move by one amount; that of fold 1 saw
    # what was shifted.
    steps = {round(after[key] - before[key], 2) for key in of_first}
    assert len(steps) == 1
    assert any(after[key] != before[key] for key in others)


def test_the_table_names_every_line_and_counts_public_clips_apart() -> None:
    rows = list(states.table(table(EARLY), sources(), settings((8,), 0.0), ["real_video/0"]))
    assert len(rows) == 2 + len(states.MIXES)
    assert rows[-1].startswith("| layer 8 + layer 10 + 0.2 x opinion | 1.00, 100%, 100% |")
