"""The numbers of an evaluation, on files whose scores are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.evaluation import measure
from media_screen.evaluation.manifest import Item
from media_screen.evaluation.outcomes import FUSED, Outcome
from media_screen.fusion.judge import threshold
from tests.evaluation.labelled import evidence, gathering, verdict

ABSTAINED, FAILED = Outcome("abstained"), Outcome("failed")
OVER, UNDER = threshold() + 1, threshold() - 1


def items(pattern: str) -> list[Item]:
    """Items of a pattern such as "gff": genuine, forged, forged."""
    return [Item(Path(f"{place}.mp4"), letter == "f") for place, letter in enumerate(pattern)]


def scored(*llrs: float) -> list[Outcome]:
    return [Outcome("scored", llr, llr) for llr in llrs]


def test_what_was_not_judged_counts_against_a_detector() -> None:
    found = measure.measure(
        items("gggffff"), [*scored(-9, -8), ABSTAINED, *scored(UNDER, OVER), FAILED, ABSTAINED]
    )
    counts = found.counts
    assert (counts.genuine, counts.forged) == (3, 4)
    assert (counts.judged_genuine, counts.judged_forged) == (2, 2)
    assert (counts.abstention_rate, counts.failure_rate) == (2 / 7, 1 / 7)
    assert found.separation is not None and found.separation.auc.value == 1.0
    # 4 of 12 pairs were judged and won, the others tie.
    assert found.separation.covered_auc == pytest.approx((4 + 8 / 2) / 12)
    assert found.decisions == measure.Decisions(0.0, 0.5, 0.25)


def test_decisions_are_taken_at_the_shipped_threshold() -> None:
    found = measure.measure(items("ggff"), scored(OVER, UNDER, threshold(), UNDER))
    assert found.decisions == measure.Decisions(0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param("gg", measure.Decisions(0.5, None, None), id="genuine-only"),
        pytest.param("ff", measure.Decisions(None, 0.5, 0.5), id="forged-only"),
    ],
)
def test_one_class_alone_has_rates_and_nothing_else(
    pattern: str, expected: measure.Decisions
) -> None:
    found = measure.measure(items(pattern), scored(OVER, UNDER))
    assert found.decisions == expected
    assert found.separation is None and found.cost is None


def test_ratios_that_are_all_zero_have_no_cost() -> None:
    silent = [Outcome("scored", score) for score in (0.1, 0.2, 0.3, 0.4)]
    found = measure.measure(items("gfgf"), silent)
    assert found.cost is None
    assert found.separation is not None and found.separation.auc.value == 0.75


def test_ratios_that_hold_cost_little() -> None:
    honest = measure.measure(items("g" * 10 + "f" * 10), scored(*[-1] * 10, *[1] * 10)).cost
    boasting = measure.measure(items("gf" * 10), scored(*[-5, -5, 5, 5] * 5)).cost
    assert honest is not None and boasting is not None
    assert honest.cllr < 0.5 and honest.min_cllr == 0.0
    assert honest.ece == pytest.approx(1 - 0.7311, abs=1e-3)  # said 73%, and was always right
    assert boasting.cllr > 3 and boasting.min_cllr == pytest.approx(1.0)
    assert boasting.ece == pytest.approx(0.493, abs=1e-3)


@pytest.fixture(scope="module")
def version() -> measure.Version:
    return measure.measure_version("original", *gathering(Path("downloads")))


def test_a_version_measures_the_fused_ratio_and_each_detector(version: measure.Version) -> None:
    fused, detector = version.systems
    assert [fused.name, detector.name] == [FUSED, "face_artifact"]
    one, other = fused.overall.separation, detector.overall.separation
    assert one is not None and other is not None
    # The fused ratio is that of the detector, cut off at its bound.
    assert one.auc.value == pytest.approx(other.auc.value, abs=0.01)
    assert 0.8 < other.auc.low < other.auc.value < other.auc.high <= 1.0
    assert detector.overall.counts.abstained == 8
    assert detector.calibrated
    assert version.metadata is not None and version.metadata.value < 0.6


def test_a_good_detector_beats_metadata_that_say_nothing(version: measure.Version) -> None:
    system = version.systems[1]
    assert system.control is not None and system.overall.separation is not None
    assert system.control.beaten
    assert system.control.shuffled.high < system.overall.separation.auc.value
    assert system.control.margin.value == pytest.approx(
        system.overall.separation.auc.value - max(0.5, system.control.metadata_auc)
    )


def test_a_detector_that_reads_what_the_metadata_say_is_not_believed() -> None:
    files, verdicts = gathering(Path("downloads"), count=40)
    leaky = [
        replace(one, media=replace(one.media, fps=30.0 if item.fake else 25.0))
        for item, one in zip(files, verdicts, strict=True)
    ]
    control = measure.measure_version("original", files, leaky).systems[1].control
    assert control is not None and not control.beaten
    assert control.metadata_auc > 0.95


def test_parts_are_methods_against_all_genuine_files_and_collections_alone() -> None:
    files, verdicts = gathering(Path("downloads"))
    files = [
        replace(item, method="lips" if row % 8 == 1 and item.fake else item.method)
        for row, item in enumerate(files)
    ]
    parts = measure.measure_version("original", files, verdicts).systems[0].slices
    counts = {(part.kind, part.name): part.measures.counts for part in parts}
    assert (counts["method", "lips"].genuine, counts["method", "lips"].forged) == (40, 10)
    assert counts["method", "swap"].forged == 30
    assert ("method", "real") not in counts
    whole = counts["collection", "collection 0"]
    assert (whole.genuine, whole.forged) == (10, 10)
    assert sum(kind == "identity" for kind, _ in counts) == 20


def test_files_that_nobody_could_read_are_failures_and_no_metadata() -> None:
    version = measure.measure_version(
        "original",
        items("gfgf"),
        [verdict("0.mp4", [evidence("x", 0.1, 1.0)]), None, None, None],
    )
    assert version.metadata is None
    assert [system.overall.counts.failed for system in version.systems] == [3, 3]
    assert version.systems[1].control is None


def test_clips_of_one_person_from_one_place_are_drawn_together() -> None:
    rows = [("a", "x"), ("a", "x"), ("b", "x"), ("a", ""), ("a", "")]
    files = [Item(Path("p"), False, "", collection, name) for collection, name in rows]
    groups = measure.resampling_groups(files)
    assert groups[0] == groups[1] and len(set(groups)) == 4
