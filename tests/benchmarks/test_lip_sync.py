"""Tables of lip-sync count what they say, and a measure that showed nothing weighs nothing."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks.lip_sync import forged, synchrony
from benchmarks.lip_sync.__main__ import weighs
from benchmarks.lip_sync.forged import HeldScores
from benchmarks.lip_sync.synchrony import CHECKED, Trial
from media_screen.detectors.lip_sync.fit import Tables
from media_screen.weights.calibration import Percentiles


def trial(
    kind: str,
    truth_ms: float,
    offset_ms: float,
    *,
    agreement: float = 0.5,
    start: float = 0.0,
    path: str = "a.mp4",
    collection: str = "web",
    speed: float = 0.3,
    seen_s: float = 5.0,
) -> Trial:
    return Trial(
        path,
        collection,
        "original",
        5.0,
        start,
        seen_s,
        speed,
        kind,
        truth_ms,
        (offset_ms, offset_ms + 500),
        (agreement, 0.1),
        (agreement, 0.1),
        (agreement, 0.1),
    )


def test_an_offset_is_counted_from_that_of_the_other_windows() -> None:
    found = [
        *(
            trial("own", 0.0, offset, start=start)
            for start, offset in ((0, 300), (5, -100), (10, -110))
        ),
        trial("shifted", 500.0, 390.0),  # -110 from the truth, -5 from the others' offset
        trial("shifted", -300.0, -360.0, start=5),  # the others are 410 ms apart: unknown
        trial("own", 0.0, 10.0, path="b.mp4", collection=CHECKED[0]),
        trial("shifted", 200.0, 230.0, path="b.mp4", collection=CHECKED[0], seen_s=3.0),
    ]
    table = synchrony.tables(found)
    network = table["offsets"]["original"]["network"]
    assert network["as_is"] == {"windows": 3, "clips": 2, "within_40": 0.333, "within_80": 0.667}
    assert network["checked"] == {"windows": 1, "clips": 1, "within_40": 1.0, "within_80": 1.0}
    assert network["rest"] == {"windows": 1, "clips": 1, "within_40": 1.0, "within_80": 1.0}
    assert table["offsets"]["original"]["opening"]["rest"]["within_80"] == 0.0
    web = table["collections"]["web"]
    assert web["own_ms"] == -100.0 and web["as_is"]["windows"] == 2


def test_swapped_sound_is_compared_by_agreement() -> None:
    found = [trial("own", 0.0, 0.0, agreement=0.4 + 0.1 * n, path=f"{n}.mp4") for n in range(4)]
    found += [trial("other", math.nan, 0.0, agreement=0.1 * n, path=f"{n}.mp4") for n in range(4)]
    found.append(trial("other", math.nan, 0.0, agreement=0.9, seen_s=3.0))  # seen too shortly
    areas = synchrony.tables(found)["swaps"]["original, 5 s"]
    assert areas["network"]["other"]["auc"] == 1.0
    assert areas["opening"]["other"]["auc"] == 0.5
    assert "time" not in areas["network"]


def test_each_sound_gets_its_words() -> None:
    found = [
        trial("own", 0.0, 0.0, agreement=0.8),
        trial("other", math.nan, 0.0, agreement=0.0),
        trial("other", math.nan, 0.0, agreement=0.0, speed=0.0),
        trial("shifted", 300.0, 0.0, agreement=0.0),  # not out of time
    ]
    ends = (0.1, 0.9), (-0.2, 0.2), (0.0, 0.4), (0.0, 1.0), (0.0, 1.0)
    known = Tables(*map(Percentiles, ends))
    table = synchrony.fits(found, known, [0.01, 0.5])
    assert table["words"]["its own voice"]["fits"] == 1.0
    other = table["words"]["another person's voice"]
    assert other["against"] == other["still"] == 0.5
    assert table["words"]["its own voice, moved by over 400 ms"]["windows"] == 0
    assert table["silent"]["stretches"] == 2 and table["silent"]["slower_than_5_percent"] == 1


FOUND: dict[str, Any] = {
    "versions": {
        version: {"auc": 0.8, "auc_interval": [0.7, 0.9]} for version in ("original", "480p")
    },
    "controls": {"metadata_auc": 0.6, "shuffled": [0.4, 0.6]},
}


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        pytest.param(lambda f: None, True, id="clear"),
        pytest.param(
            lambda f: f["versions"]["480p"].update(auc_interval=[0.55, 0.9]),
            False,
            id="luck-would-do",
        ),
        pytest.param(
            lambda f: f["controls"].update(metadata_auc=0.85), False, id="technical-facts-do-better"
        ),
        pytest.param(lambda f: f["versions"].pop("480p"), False, id="never-tried-on-copies"),
    ],
)
def test_what_did_not_beat_luck_and_form_weighs_nothing(
    change: Callable[[dict[str, Any]], object], counts: bool
) -> None:
    found = copy.deepcopy(FOUND)
    change(found)
    assert weighs(found) is counts


def held() -> HeldScores:
    rng = np.random.default_rng(0)
    fake = np.arange(40) % 2 == 1
    return HeldScores(
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


def test_every_video_has_a_line_and_those_without_a_mouth_no_ratio() -> None:
    hashes = {f"{number}.mp4": f"{number:02}" for number in range(41)}
    rows = forged.ratios(held(), hashes, counts=True)
    assert len(rows) == 2 * 41
    judged = [one for one in rows if one.llr is not None]
    assert len(judged) == 40 and {one.version for one in judged} == {"original"}
    assert {one.llr for one in forged.ratios(held(), hashes, counts=False)} == {0.0, None}
