"""Tables of lip-sync count what they say, and a measure that showed nothing weighs nothing."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.lip_sync import forged, synchrony
from benchmarks.lip_sync.__main__ import weighs
from benchmarks.lip_sync.forged import Held
from benchmarks.lip_sync.synchrony import CHECKED, Trial


def trial(kind: str, truth_ms: float, offset_ms: float, *, confidence: float = 0.5,
          path: str = "a.mp4", collection: str = "web") -> Trial:  # fmt: skip
    return Trial(path, collection, "original", 5.0, 0.0, kind, truth_ms,
                 (offset_ms, offset_ms + 500), (confidence, 0.1))  # fmt: skip


def test_offsets_are_counted_from_zero_and_from_that_of_the_clip() -> None:
    found = [
        trial("own", 0.0, -100.0),
        trial("shifted", 500.0, 390.0),
        trial("shifted", -300.0, -460.0),
        trial("own", 0.0, 10.0, path="b.mp4", collection=CHECKED[0]),
        trial("shifted", 200.0, 230.0, path="b.mp4", collection=CHECKED[0]),
    ]
    table = synchrony.tables(found)
    assert table["own_offsets_ms"] == {"a.mp4": -100.0, "b.mp4": 10.0}
    network = table["offsets"]["original"]["network"]
    assert network["as_is"] == {"windows": 3, "within_40": 0.333, "within_80": 0.333}
    assert network["checked"] == {"windows": 1, "within_40": 1.0, "within_80": 1.0}
    assert network["own"] == {"windows": 3, "within_40": 0.667, "within_80": 1.0}
    assert table["offsets"]["original"]["opening"]["own"]["within_80"] == 0.0


def test_swapped_sound_is_compared_by_confidence() -> None:
    found = [trial("own", 0.0, 0.0, confidence=0.4 + 0.1 * n, path=f"{n}.mp4") for n in range(4)]
    found += [trial("other", math.nan, 0.0, confidence=0.1 * n, path=f"{n}.mp4") for n in range(4)]
    areas = synchrony.tables(found)["swaps"]["original, 5 s"]
    assert areas["network"]["other"]["auc"] == 1.0
    assert areas["opening"]["other"]["auc"] == 0.5
    assert "time" not in areas["network"]


FOUND = {
    "versions": {
        version: {"auc": 0.8, "auc_interval": [0.7, 0.9]} for version in ("original", "480p")
    },
    "controls": {"metadata_auc": 0.6, "shuffled": [0.4, 0.6]},
}


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        pytest.param(lambda f: None, True, id="clear"),
        pytest.param(lambda f: f["versions"]["480p"].update(auc_interval=[0.55, 0.9]), False,
                     id="luck-would-do"),
        pytest.param(lambda f: f["controls"].update(metadata_auc=0.85), False,
                     id="technical-facts-do-better"),
        pytest.param(lambda f: f["versions"].pop("480p"), False, id="never-tried-on-copies"),
    ],
)  # fmt: skip
def test_what_did_not_beat_luck_and_form_weighs_nothing(change, counts: bool) -> None:
    found = copy.deepcopy(FOUND)
    change(found)
    assert weighs(found) is counts


def held() -> Held:
    rng = np.random.default_rng(0)
    fake = np.arange(40) % 2 == 1
    return Held(
        path=np.array([f"{number}.mp4" for number in range(40)]),
        version=np.array(["original"] * 40),
        raw=rng.normal(0, 1, 40) + 2 * fake,
        fake=fake,
        method=np.where(fake, np.char.add("m", (np.arange(40) // 10).astype(str)), "real"),
        collection=np.char.add("c", (np.arange(40) // 8).astype(str)),
        group=np.arange(40) // 10,
    )


def test_the_bound_counts_methods_and_not_clips() -> None:
    assert forged.fit(held()).bound == pytest.approx(math.log(5), abs=1e-3)


def test_swaps_are_not_what_the_measure_is_for() -> None:
    one = held()
    one.method[1] = "DFDC"
    assert len(forged.judged(one).raw) == 39
