"""Records are short and can be compared line by line, and `make bench` leaves no benchmark out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks import markdown, places


@pytest.mark.parametrize("file", sorted(places.RECORDS.glob("*.json")), ids=lambda file: file.stem)
def test_records_are_kept_as_they_are_written(file: Path) -> None:
    text = file.read_text("utf-8")
    assert places.compact(json.loads(text)) == text


def test_a_record_has_a_line_for_each_item() -> None:
    record = {"a": 1, "b": {"c": [1, 2], "d": {}}, "e": [{"f": None}, "g"], "h": [], "i": {}}
    text = places.compact(record)
    assert json.loads(text) == record
    assert text.splitlines() == [
        "{",
        '"a":1,',
        '"b":{',
        '"c":[1,2],',
        '"d":{}',
        "},",
        '"e":[',
        '{"f":null},',
        '"g"',
        "],",
        '"h":[],',
        '"i":{}',
        "}",
    ]


def test_a_table_has_a_line_for_each_row() -> None:
    lines = markdown.table(("name", "AUC"), [("one", markdown.number(0.5)), ("two", "-")])
    assert lines == ["| name | AUC |", "|---|---|", "| one | 0.50 |", "| two | - |"]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_bench_runs_every_benchmark() -> None:
    """What can be run is a module with a `main`, or a package with a `__main__`."""
    runnable = set()
    for file in places.HERE.rglob("*.py"):
        if re.search(r"^if __name__ ==", file.read_text("utf-8"), re.MULTILINE):
            module = ".".join(file.relative_to(places.HERE).with_suffix("").parts)
            runnable.add(module.removesuffix(".__main__"))
    runnable.discard("provenance.local_changes")  # run as `local_changes`
    runnable.discard("gpu.pack")  # which measures nothing
    runnable -= {"findings", "trial"}  # which compares two revisions; which lays out what to try
    folders = ["DECODERS=folder", "TEXTS=folder", "MEDIA=media"]
    command = ["make", "--dry-run", "--always-make", "bench", *folders]
    told = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"-m benchmarks\.([\w.]+)", told.stdout)) == runnable
