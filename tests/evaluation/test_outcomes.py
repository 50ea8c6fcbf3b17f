"""What counts as a score, an abstention and a failure, and how results are found by file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.evaluation.manifest import Item
from media_screen.evaluation.outcomes import (
    FUSED,
    Outcome,
    ResultsError,
    SavedVerdicts,
    join,
    outcomes,
    read_results,
)
from media_screen.evidence import Abstention, Evidence, Failure
from media_screen.files import file_id
from tests.evaluation.labelled import evidence, unreadable, verdict
from tests.report.records import write_results

ABSTAINED, FAILED = Outcome("abstained"), Outcome("failed")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            verdict("a", [evidence("x", 0.7, 1.5)]), Outcome("scored", 0.7, 1.5), id="pooled"
        ),
        pytest.param(
            verdict("a", [evidence("x", 0.9, 3.0, track=1)]), ABSTAINED, id="tracks-do-not-count"
        ),
        pytest.param(
            verdict("a", [evidence("x", 1.0, 3.0), evidence("x", 0.5, 2.0)]),
            Outcome("scored", 1.0, 5.0),
            id="findings-of-rules-add-up",
        ),
        pytest.param(
            verdict("a", [Evidence("x", "identity", 0.9, 4.0, "why")]), ABSTAINED, id="identity"
        ),
        pytest.param(
            verdict("a", abstentions=[Abstention("x", "no_face", "why")]), ABSTAINED, id="abstained"
        ),
        pytest.param(verdict("a", failures=[Failure("x", "ValueError")]), FAILED, id="broke"),
        pytest.param(unreadable("a"), FAILED, id="unreadable"),
        pytest.param(None, FAILED, id="no-result"),
    ],
)
def test_what_a_detector_said(given: object, expected: Outcome) -> None:
    known = verdict("other", [evidence("x", 0.1, -1.0)])
    assert outcomes([given, known])["x"][0] == expected  # type: ignore[list-item]


def test_the_fused_ratio_is_that_of_the_verdict() -> None:
    found = outcomes([verdict("a", llr=2.5), verdict("b"), unreadable("c"), None])
    assert found[FUSED] == (Outcome("scored", 2.5, 2.5), ABSTAINED, FAILED, FAILED)


def test_detectors_of_other_axes_are_left_out() -> None:
    pieces = [Evidence("face_identity", "identity", 0.9, 4.0, "why"), evidence("new", 0.5, 0.0)]
    silent = [
        Abstention("channel", "no_sidecar", "why"),
        Abstention("face_consistency", "no_face", "why"),
    ]
    found = outcomes([verdict("a", pieces, abstentions=silent)])
    assert list(found) == [FUSED, "face_consistency", "new"]


def test_results_are_found_by_path_and_else_by_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    content = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    (tmp_path / "b.mp4").write_text("foo")  # whose SHA-256 that is
    moved = verdict("elsewhere/moved.mp4")
    moved = moved.from_dict(
        {**moved.to_dict(), "media": {**moved.to_dict()["media"], "sha256": content}}
    )
    path = write_results(tmp_path / "out", [verdict("a.mp4"), moved, verdict("a.mp4", llr=1.0)])
    items = [Item(tmp_path / name, False) for name in ("a.mp4", "b.mp4", "c.mp4")]
    found = join(items, read_results(path))
    assert [one and one.media.path for one in found] == ["a.mp4", "elsewhere/moved.mp4", None]
    assert found[0] is not None and found[0].llr == {"manipulation": 1.0}  # the last one counts


def test_results_of_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="nothing of the 1 file of the manifest"):
        join([Item(tmp_path / "a.mp4", False)], SavedVerdicts((verdict("b.mp4"),)))


def test_a_line_that_is_no_result_is_named_and_costs_itself_alone(tmp_path: Path) -> None:
    path = write_results(tmp_path, [verdict("a.mp4")])
    after = verdict("b.mp4").to_json()
    path.write_text(path.read_text() + '{"schema": "other/1"}\n{\n' + after + "\n")
    found = read_results(path)
    assert [one.media.path for one in found.verdicts] == ["a.mp4", "b.mp4"]
    (note,) = found.notes
    assert note.startswith("2 lines were left out of results.jsonl, the first is line 2: expected")


def test_two_files_that_are_shown_alike_are_two(tmp_path: Path) -> None:
    paths = [tmp_path / "one/a.mp4", tmp_path / "two/a.mp4"]
    said = [verdict("a.mp4", llr=float(number)) for number in range(2)]
    said = [
        replace(one, media=replace(one.media, id=file_id(path), sha256=f"{number:064}"))
        for number, (one, path) in enumerate(zip(said, paths, strict=True))
    ]
    found = read_results(write_results(tmp_path / "out", said)).of(paths)
    assert [one and one.llr["manipulation"] for one in found] == [0.0, 1.0]
