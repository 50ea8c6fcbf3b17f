"""What is written of the accuracy is what was measured, and the fusion believes no leak."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import clips, fused, ratios, splits, tables
from benchmarks.accuracy.clips import Clip
from benchmarks.accuracy.ratios import RESULTS, VERSIONS, Ratio
from media_screen import combination
from media_screen.evaluation import controls, measure, metrics, protocol
from media_screen.evidence import MediaInfo

ROOT = RESULTS.parent.parent
RECORD = json.loads((RESULTS / "accuracy.json").read_text("utf-8"))
KNOWN = {one.sha256: one for one in clips.read()}


# --- what is committed ---------------------------------------------------------------------------


def test_the_table_of_results_is_made_of_the_record() -> None:
    assert (RESULTS / "accuracy.md").read_text("utf-8") == tables.markdown(RECORD)


def test_the_readme_shows_the_record() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert tables.in_readme(text, RECORD) == text, f"run {tables.COMMAND}"


def test_the_card_of_the_fusion_shows_the_record() -> None:
    card = combination.path().with_name("card.md").read_text("utf-8")
    assert tables.card(RECORD).replace("\n## ", "\n### ") in card


def test_what_is_shipped_is_what_was_measured() -> None:
    assert combination.shipped().to_dict() == RECORD["combination"]
    measured = {name for name, weight in RECORD["combination"]["weights"].items() if weight > 0}
    assert measured <= set(RECORD["counted"])


def test_every_detector_has_one_row_for_a_clip_and_has_most_clips() -> None:
    for name, own in ratios.read_all().items():
        rows = [(one.sha256, one.version) for one in own]
        assert len(set(rows)) == len(rows), name
        originals = {sha256 for sha256, version in rows if version == "original"}
        # A quarter of the clips has no sound; other rows are of speech, or of shifted sound.
        assert len(KNOWN.keys() & originals) >= 0.75 * len(KNOWN), name


@pytest.mark.parametrize("split", ["face_artifact", "fusion"])
def test_folds_share_no_collection_method_or_person(split: str) -> None:
    folds = protocol.load(splits.FILE).splits[split]
    for what in ("collection", "method", "identity"):
        of_name: dict[str, set[str]] = {}
        for key, clip in KNOWN.items():
            name = getattr(clip, what).split(" (")[0] if what == "method" else getattr(clip, what)
            if name:
                of_name.setdefault(name, set()).add(folds[key])
        assert {name for name, found in of_name.items() if len(found) > 1} == set()


def test_nothing_is_trained_on_in_the_fold_that_tests_it() -> None:
    known = protocol.load(splits.FILE)
    for split, folds in known.splits.items():
        for fold in set(folds.values()):
            test = known.test(split, fold)
            protocol.refuse_overlap(known.training(split, fold), test)
            assert test


# --- how it is measured --------------------------------------------------------------------------


def made(count: int = 80, *, leak: bool = False) -> list[Clip]:
    """Clips of four collections; with a leak most of the forged ones are larger."""
    random = np.random.default_rng(0)
    found = []
    for row in range(count):
        fake = row % 2 == 1
        tall = leak and random.random() < (0.9 if fake else 0.1)
        media = MediaInfo(
            f"{row}", sha256=f"{row:064x}", kind="video", size_bytes=int(random.integers(9e5, 1e6)),
            duration_s=4.0, width=640 if tall else 320, height=480 if tall else 240, fps=25.0,
            container="mov", video_codec="h264",
        )  # fmt: skip
        found.append(
            Clip(fake, "swap" if fake else "", f"c{row // 2 % 4}", f"p{row // 2 % 8}", media)
        )
    return found


def said(known: Sequence[Clip], llrs: Sequence[float | None]) -> list[Ratio]:
    return [
        Ratio(one.sha256, version, llr or 0.0, llr)
        for version in VERSIONS
        for one, llr in zip(known, llrs, strict=True)
    ]


def told(known: Sequence[Clip], separation: float, seed: int) -> list[float | None]:
    """Calibrated ratios of a detector, normal with this distance between the classes."""
    random = np.random.default_rng(seed)
    return [
        float(separation * (random.normal() + separation * one.fake - separation / 2))
        for one in known
    ]


def noise(known: Sequence[Clip]) -> list[float | None]:
    """Ratios of a detector that knows nothing and says much."""
    random = np.random.default_rng(2)
    return [float(random.normal()) for _ in known]


def learned(known: list[Clip], **own: Sequence[float | None]) -> fused.Learned:
    groups = {one.sha256: one.collection for one in known}
    return fused.learn(known, {name: said(known, llrs) for name, llrs in own.items()}, groups)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few draws: what is asked here does not hang on the ends of intervals."""
    monkeypatch.setitem(metrics.bootstrap.__kwdefaults__, "rounds", 40)
    monkeypatch.setitem(measure.measure.__kwdefaults__, "rounds", 20)
    monkeypatch.setitem(controls.shuffled_auc.__kwdefaults__, "rounds", 5)
    monkeypatch.setattr(controls, "RETRAINED", 1)
    monkeypatch.setattr(measure, "SLICE_ROUNDS", 2)


def test_a_detector_counts_when_it_beats_a_coin() -> None:
    known = made()
    found = learned(known, good=told(known, 1.5, 1), coin=noise(known), mute=[0.0] * len(known))
    assert found.counted == ("good",)
    assert found.combination.weights["good"] > 0.3
    assert (found.combination.weights["coin"], found.combination.weights["mute"]) == (0.0, 0.0)


def test_a_detector_that_reads_the_size_does_not_count() -> None:
    known = made(leak=True)
    reads = [1.5 if one.media.height > 300 else -1.5 for one in known]
    found = learned(known, size=reads, good=told(known, 2.0, 1))
    assert found.counted == ("good",)


def test_a_detector_must_keep_up_on_copies() -> None:
    known = made()
    own = {name: said(known, told(known, 1.5, 1)) for name in ("always", "originals_only")}
    own["originals_only"] = [
        replace(one, score=place % 7, llr=0.01 * (place % 7)) if one.version == "480p" else one
        for place, one in enumerate(own["originals_only"])
    ]
    found = fused.learn(known, own, {one.sha256: one.collection for one in known})
    assert found.counted == ("always",)


def test_what_a_detector_adds_is_measured_with_and_without_it() -> None:
    known = made()
    found = learned(known, good=told(known, 1.2, 1), other=told(known, 1.2, 2))
    measured = fused.measure_all(known, found)
    assert [(one.detector, one.version) for one in measured.added][:2] == [
        ("good", "original"), ("good", "480p"),
    ]  # fmt: skip
    first = measured.added[0]
    assert first.with_it.separation is not None and first.without.separation is not None
    assert first.with_it.separation.auc.value > first.without.separation.auc.value
    record = json.loads(json.dumps(tables.record(found, measured)))
    assert "| `good` | original | yes |" in tables.markdown(record)
    assert "counts: AUC" in tables.card(record)


def test_with_nothing_that_counts_nothing_is_summed() -> None:
    known = made()
    found = learned(known, coin=noise(known))
    measured = fused.measure_all(known, found)
    sums = next(s for s in measured.evaluation.versions[0].systems if s.name == "fused")
    assert sums.overall.counts.abstained == len(known)
    assert "no better than a coin" in tables.card(tables.record(found, measured))


# --- the common form -----------------------------------------------------------------------------


def test_ratios_are_read_back(tmp_path: Path) -> None:
    own = [Ratio("b", "original", 0.5, -1.25), Ratio("a", "480p"), Ratio("a", "original", 2.0, 0.0)]
    ratios.write(tmp_path / "x.heldout.csv", own)
    assert (tmp_path / "x.heldout.csv").read_text() == (
        "sha256,version,score,llr\na,original,2.0000,0.0000\nb,original,0.5000,-1.2500\na,480p,,\n"
    )
    assert ratios.read_all(tmp_path) == {"x": [own[2], own[0], own[1]]}


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.heldout.csv").write_text("path,score\na,1\n", "utf-8")
    with pytest.raises(ValueError, match="expected the columns"):
        ratios.read_all(tmp_path)
