"""What a network is worth is said by lines that saw nothing of what they judge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="training only")

import torch

from tests.training.test_face_artifact import POINTS, picture, source
from training.face_artifact import states
from training.face_artifact.crops import ORIGINAL, Crop, CropSource
from training.face_artifact.states import LayerMix, StateTable

# Values that tell something: the opinion, and some of the states of each layer.
TOLD, EARLY, LATE = slice(0, 1), slice(5, 65), slice(states.WIDTH + 5, states.WIDTH + 65)


def sources() -> list[CropSource]:
    genuine = [source(f"real_video/{n}", collection=f"c{n % 4}") for n in range(24)]
    return genuine + [source(f"fake_video/{n}", method=f"m{n % 4}") for n in range(24)]


FOLDS = {one.path: int(one.path[-1]) % 2 for one in sources()}


def table(tells: slice) -> StateTable:
    """Four views of one track of each file, as it is and at 480p; some values tell forged ones."""
    rng = np.random.default_rng(3)
    rows = [(one, version) for one in sources() for version in states.VERSIONS for _ in range(4)]
    values = rng.normal(0, 1, (len(rows), 1 + 2 * states.WIDTH)).astype(np.float32)
    values[[one.fake for one, _ in rows], tells] += 4
    return StateTable(
        values,
        np.array([one.path for one, _ in rows]),
        np.array([version for _, version in rows]),
        np.zeros(len(rows), int),
    )


@pytest.mark.parametrize(
    ("tells", "mix", "seen"),
    [
        pytest.param(TOLD, LayerMix((), 1.0), True, id="opinion"),
        pytest.param(TOLD, LayerMix((8,), 0.0), False, id="opinion-left-out"),
        pytest.param(EARLY, LayerMix((8,), 0.0), True, id="layer-8"),
        pytest.param(LATE, LayerMix((8,), 0.0), False, id="layer-10-left-out"),
        pytest.param(LATE, LayerMix((8, 10), 0.2), True, id="layer-10"),
    ],
)
def test_a_mix_sees_what_it_is_made_of(tells: slice, mix: LayerMix, seen: bool) -> None:
    found = states.scores(table(tells), sources(), FOLDS, mix)
    assert len(found) == 48 * 2
    forged, genuine = (
        np.array([value for (path, _), value in found.items() if path.startswith(kind)])
        for kind in ("fake", "real")
    )
    share = (forged[:, None] > genuine).mean()
    assert share > 0.9 if seen else 0.3 < share < 0.7


def test_a_held_out_fold_and_copies_teach_nothing() -> None:
    plain, spoilt = table(EARLY), table(EARLY)
    of_fold = np.array([FOLDS[path] == 0 for path in spoilt.path])
    spoilt.values[of_fold | (spoilt.version != ORIGINAL)] *= -7
    found = states.scores(plain, sources(), FOLDS, LayerMix((8,), 0.0))
    wrong = states.scores(spoilt, sources(), FOLDS, LayerMix((8,), 0.0))
    # Those of fold 1 are judged by fold 0, which was spoilt; the others by what was left alone.
    same = table(EARLY)
    same.values[:] = np.where(of_fold[:, None], spoilt.values, plain.values)
    again = states.scores(same, sources(), FOLDS, LayerMix((8,), 0.0))
    kept = [key for key in found if FOLDS[key[0]] == 0 and key[1] == ORIGINAL]
    assert kept and all(wrong[key] == again[key] for key in kept)
    assert any(wrong[key] != found[key] for key in kept)


def test_what_can_teach_wrongly_is_judged_and_does_not_teach() -> None:
    unsure = [replace(one, clean=not one.path.endswith("/3")) for one in sources()]
    spoilt = table(EARLY)
    spoilt.values[[path.endswith("/3") for path in spoilt.path]] = 50
    found = states.scores(spoilt, unsure, FOLDS, LayerMix((8,), 0.0))
    plain = states.scores(table(EARLY), unsure, FOLDS, LayerMix((8,), 0.0))
    assert found.keys() == plain.keys()
    assert all(found[key] == plain[key] for key in plain if not key[0].endswith("/3"))


def test_the_table_has_a_row_for_each_mix() -> None:
    more = [one.path for one in sources() if FOLDS[one.path]]
    head, rule, *rows = states.table(table(EARLY), sources(), FOLDS, more)
    assert len(rows) == len(states.MIXES) and rule.count("---") == head.count("|") - 1 == 4
    assert rows[1].startswith("| layer 8 | 1.00, 100%, 100% |")


def test_faces_are_measured_in_the_window_that_was_trained_on() -> None:
    class Corner(torch.nn.Module):
        def forward(self, pictures: torch.Tensor) -> torch.Tensor:
            assert pictures.shape[1:] == (3, 176, 176)
            return pictures[:, :, 0, 0]

    lines = [
        Crop("real_video/1", version, 0, float(n), 90.0, 0.0, 1.0, 0.5, POINTS)
        for version in ("original", "480p", "320p")
        for n in range(8)
    ]
    pixels = np.stack([picture(n) for n in range(len(lines))])
    *told, found = states.measures(Corner(), lines, pixels, sources())
    assert isinstance(found, StateTable) and told == ["8 of 12 faces measured"]
    assert found.version.tolist() == ["original"] * 6 + ["480p"] * 6
    np.testing.assert_array_equal(found.values[0], pixels[0, 60, 40])
