"""The whole evaluation, from manifest to tables, page and plots; only the screening is played."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from media_screen.cli.main import main
from media_screen.evaluation import plots, run, tables
from media_screen.evaluation.manifest import Item, read_manifest
from media_screen.evaluation.measure import Evaluation, measure_version
from media_screen.evaluation.page import write_page
from media_screen.evaluation.record import write_record
from media_screen.evidence import Verdict
from media_screen.results.text import visible
from tests.evaluation.labelled import (
    digest,
    evidence,
    gathering,
    unreadable,
    verdict,
)
from tests.making import quarters, write_video
from tests.report.pages import ATTRIBUTES, TAGS, Page
from tests.report.records import HOSTILE, write_results

FILES = 20  # of which every tenth is not judged


def check_markup(page: Page) -> None:
    """Assert that all markup is the template's, and that nothing runs or is fetched."""
    for tag, attrs in page.tags:
        assert tag in TAGS - {"script"} and set(attrs) <= ATTRIBUTES, (tag, attrs)
    for _, attrs in page.having("src"):
        assert attrs["src"].startswith("data:image/svg+xml;base64,")
    for _, attrs in page.having("href"):
        assert attrs["href"].startswith("#")
    style = page.html.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style


def play(llrs: dict[str, float]) -> run.Scan:
    """A screening that gives each file the ratio of its stem; files are counted as they come."""

    def scan(paths: Sequence[Path], folder: Path) -> None:
        found = [
            verdict(path, [evidence("x", llrs.get(path.stem, 0.5), 1.0)], llr=1.0) for path in paths
        ]
        write_results(folder, found)

    return scan


def listed(folder: Path, items: Sequence[Item]) -> Path:
    """Write a manifest of items, with a file of some bytes for each."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["path,label,method,collection,identity"]
    for item in items:
        item.path.parent.mkdir(parents=True, exist_ok=True)
        item.path.write_text(str(item.path))
        label = "fake" if item.fake else "real"
        lines.append(f"{item.path},{label},{item.method},{item.collection},{item.identity}")
    path = folder / "labelled.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A manifest and the results of a scan of its files."""
    folder = tmp_path_factory.mktemp("evaluation")
    items, verdicts = gathering(folder / "media", count=FILES)
    return listed(folder, items), write_results(folder / "scan", verdicts)


@pytest.fixture(scope="module")
def evaluated(saved: tuple[Path, Path]) -> tuple[Result, Path]:
    """What the command printed on saved results, and the folder that it wrote."""
    manifest, results = saved
    out = manifest.parent / "out"
    arguments = ["evaluate", str(manifest), "--results", str(results), "--out", str(out)]
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, arguments), out


def test_saved_results_are_measured_without_screening(evaluated: tuple[Result, Path]) -> None:
    result, out = evaluated
    assert result.exit_code == 0, result.output
    for words in (
        "Separation",
        "face_artifact",
        "By method",
        "collection 3",
        "person 7",
        "beats the control of metadata",
        str(out / "evaluation.html"),
    ):
        assert words in result.output


def test_the_record_holds_numbers_that_add_up(evaluated: tuple[Result, Path]) -> None:
    record = json.loads((evaluated[1] / "evaluation.json").read_text())
    assert record["schema"] == "media_screen.evaluation/1"
    assert len(record["files"]) == FILES
    (version,) = record["versions"]
    for system in version["systems"]:
        overall = system["overall"]
        states = [outcome["state"] for outcome in system["outcomes"]]
        assert len(states) == FILES
        assert states.count("abstained") == overall["counts"]["abstained"] == FILES // 10
        assert overall["abstention_rate"] == 0.1
        area = overall["separation"]["auc"]
        assert area["low"] <= area["value"] <= area["high"]
        assert system["control"]["beaten"] is (system["control"]["margin"]["low"] > 0)
        assert {part["kind"] for part in system["slices"]} == {"method", "collection", "identity"}


def test_the_page_is_one_file_that_fetches_nothing(evaluated: tuple[Result, Path]) -> None:
    page = Page((evaluated[1] / "evaluation.html").read_text("utf-8"))
    check_markup(page)
    assert page.html.count("data:image/svg+xml;base64,") == len(plots.KINDS)


@pytest.mark.parametrize("kind", ["roc", "det", "tippett", "calibration", "histogram"])
@pytest.mark.parametrize(("end", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_plots_are_written(
    evaluated: tuple[Result, Path], kind: str, end: str, magic: bytes
) -> None:
    assert (evaluated[1] / "plots" / f"original-{kind}.{end}").read_bytes().startswith(magic)


def test_the_same_results_give_the_same_files(
    saved: tuple[Path, Path], evaluated: tuple[Result, Path], tmp_path: Path
) -> None:
    evaluation = run.evaluate_results(read_manifest(saved[0]), saved[1])
    run.write(evaluation, tmp_path)
    for name in ("evaluation.json", "evaluation.html", "plots/original-roc.svg"):
        assert (tmp_path / name).read_bytes() == (evaluated[1] / name).read_bytes()


def test_without_matplotlib_everything_else_is_written(
    saved: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "available", lambda: False)
    arguments = ["evaluate", str(saved[0]), "--results", str(saved[1]), "--out", str(tmp_path)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "media_screen[evaluate]" in result.output.replace("\n", "")
    assert "media_screen[evaluate]" in (tmp_path / "evaluation.html").read_text("utf-8")
    assert not (tmp_path / "plots").exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(tmp_path: Path, text: str) -> None:
    items = [Item(tmp_path / f"{row}.mp4", row == 1, text, text, text) for row in range(2)]
    verdicts = [verdict(item.path, [evidence("x", 1.0, 1.0)]) for item in items]
    version = measure_version("original", items, verdicts)
    evaluation = Evaluation(tuple(items), (version,), notes=(text,))
    write_page(evaluation, (), tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text("utf-8"))
    check_markup(page)
    assert " ".join(visible(text).split()) in page.words()
    assert text not in page.html or visible(text) == text
    write_record(evaluation, tmp_path / "record.json")
    json.loads((tmp_path / "record.json").read_text("ascii"))


def test_copies_are_screened_and_measured_beside_the_originals(tmp_path: Path) -> None:
    items = []
    for row in range(4):
        path = write_video(tmp_path / f"{row}.mp4", [quarters() * (row > 0) // (row + 1)] * 3)
        items.append(Item(path, row % 2 == 1))
    (tmp_path / "broken.mp4").write_text("no video")
    items.append(Item(tmp_path / "broken.mp4", True))
    found = run.evaluate(items, tmp_path / "out", play({"1": 0.9, "3": 0.9}), recipes=["240p"])
    originals, copies = found.versions
    assert (originals.name, copies.name) == ("original", "240p")
    assert originals.systems[1].overall.separation is not None
    assert originals.systems[1].overall.separation.auc.value == pytest.approx(5 / 6)
    counts = copies.systems[1].overall.counts
    assert (counts.genuine, counts.forged, counts.failed) == (2, 3, 1)
    assert "1 file could not be re-encoded as 240p, which counts as failed" in found.notes[-1]


def test_a_second_run_finds_the_copies_and_asks_for_the_same_files(tmp_path: Path) -> None:
    items = [
        Item(write_video(tmp_path / f"{row}.mp4", [quarters()] * (row + 2)), row == 1)
        for row in range(2)
    ]
    asked: list[list[Path]] = []

    def scan(paths: Sequence[Path], folder: Path) -> None:
        asked.append(list(paths))
        play({})(paths, folder)

    for _ in range(2):
        run.evaluate(items, tmp_path / "out", scan, recipes=["tiktok"])
    assert asked[:2] == asked[2:]


def test_files_without_a_result_and_repeated_files_are_noted(tmp_path: Path) -> None:
    items, verdicts = gathering(tmp_path, count=10)
    items = list(read_manifest(listed(tmp_path, items)))
    verdicts[2] = replace(verdicts[2], media=replace(verdicts[2].media, sha256=digest("000")))
    found = run.evaluate_results(items, write_results(tmp_path / "scan", verdicts[:-1]))
    assert found.notes == (
        "1 file has no result and counts as failed.",
        "1 file repeats another to the byte and counts several times.",
    )
    assert run.any_failed(found)


def said(verdicts: Sequence[Verdict], items: Sequence[Item]) -> str:
    return "\n".join(tables.sentences(measure_version("original", items, list(verdicts))))


def test_a_reader_is_told_what_not_to_believe(tmp_path: Path) -> None:
    items, verdicts = gathering(tmp_path, count=FILES)
    random = [
        replace(one, llr={}, evidence=(evidence("guess", float(row * 7 % 11), 0.0),))
        for row, one in enumerate(verdicts)
    ]
    told = said(random, items)
    assert "fused judged 0 genuine and 0 forged files: nothing to tell apart." in told
    assert "guess does not beat the control of metadata by a clear margin" in told
    assert "guess is no better than luck" in told
    assert "guess gave every file a ratio of 0: it is shown and weighs nothing." in told


def test_unreadable_files_alone_give_a_page(tmp_path: Path) -> None:
    items, _ = gathering(tmp_path, count=4)
    version = measure_version("original", items, [unreadable(item.path) for item in items])
    run.write(Evaluation(tuple(items), (version,)), tmp_path)
    assert "needs two readable files of each class" in (tmp_path / run.PAGE).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--reencode", "480p,8k"], "no recipe '8k'; there are 480p", id="recipe"),
        pytest.param(
            ["--results", "R", "--reencode", "480p"],
            "goes neither with --results nor",
            id="nothing-to-reencode",
        ),
        pytest.param(["--detector", "x"], "no detector named 'x'", id="detector"),
        pytest.param(["--results", "labelled.csv"], "the first is line 1", id="no-results"),
    ],
)
def test_usage_errors_say_what_is_wrong(
    saved: tuple[Path, Path], tmp_path: Path, arguments: list[str], message: str
) -> None:
    names = {"R": str(saved[1]), "labelled.csv": str(saved[0])}
    given = [names.get(word, word) for word in arguments]
    result = CliRunner(env={"COLUMNS": "300"}).invoke(
        main, ["evaluate", str(saved[0]), "--out", str(tmp_path), *given]
    )
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_a_bad_manifest_is_a_usage_error_that_names_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    path.write_text("path,label\n\x1b[31mred.mp4,real\n", "utf-8")
    result = CliRunner(env={"COLUMNS": "300"}).invoke(main, ["evaluate", str(path)])
    assert result.exit_code == 2
    assert "line 2: there is no file" in result.output
    assert "\x1b" not in result.output


def test_the_page_loads_in_a_browser_without_complaint(
    browser: Any, evaluated: tuple[Result, Path]
) -> None:
    complaints: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.goto((evaluated[1] / run.PAGE).as_uri())
    widths = page.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
    page.close()
    assert complaints == []
    assert len(widths) == len(plots.KINDS) and all(widths)
