"""Where benchmarks write: pages for people in results/, records for programs in records/."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results"
RECORDS = HERE / "records"
RATIOS = RECORDS / "ratios"  # of each detector: see benchmarks.accuracy.ratios
SAMPLES = ROOT / "samples"


def write_page(name: str, text: str, *, out: Path = HERE) -> None:
    """Write OUT/results/NAME.md."""
    _write(out / RESULTS.name / f"{name}.md", text)


def read_page(name: str, *, out: Path = HERE) -> str:
    """Read OUT/results/NAME.md."""
    return (out / RESULTS.name / f"{name}.md").read_text("utf-8")


def write_record(name: str, record: Mapping[str, Any], *, out: Path = HERE) -> None:
    """Write OUT/records/NAME.json."""
    _write(out / RECORDS.name / f"{name}.json", compact(record))


def read_record(name: str, *, out: Path = HERE) -> dict[str, Any]:
    """Read OUT/records/NAME.json."""
    record: dict[str, Any] = json.loads((out / RECORDS.name / f"{name}.json").read_text("utf-8"))
    return record


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def compact(record: Mapping[str, Any]) -> str:
    """Return JSON with a line for each key and, below it, each item: short, and diffs are read."""
    lines = [f"{_said(key)}:{_opened(value)}" for key, value in record.items()]
    return _between("{", lines, "}") + "\n"


def _opened(value: Any) -> str:
    if isinstance(value, Mapping):
        return _between("{", (f"{_said(key)}:{_said(own)}" for key, own in value.items()), "}")
    if isinstance(value, (list, tuple)):
        return _between("[", map(_said, value), "]")
    return _said(value)


def _between(begin: str, lines: Iterable[str], end: str) -> str:
    text = ",\n".join(lines)
    return f"{begin}\n{text}\n{end}" if text else begin + end


def _said(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
