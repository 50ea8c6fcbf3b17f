"""The evaluation as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from media_screen.evaluation.measure import Evaluation, System, Version
from media_screen.files import write_atomically
from media_screen.media import shown_path

SCHEMA = "media_screen.evaluation/1"


def write_record(evaluation: Evaluation, path: Path) -> None:
    """Write the whole evaluation, with what was said about every file, to `path`."""
    text = json.dumps(to_dict(evaluation), ensure_ascii=True, allow_nan=False, indent=1)
    write_atomically(path, [text.encode(), b"\n"])


def to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation ready for JSON: rates from 0 to 1, Cllr in bits, ratios natural log."""
    items = [
        {
            "path": shown_path(item.path),
            "label": "fake" if item.fake else "real",
            "method": item.method,
            "collection": item.collection,
            "identity": item.identity,
        }
        for item in evaluation.items
    ]
    return {
        "schema": SCHEMA,
        "threshold_llr": evaluation.threshold,
        "notes": list(evaluation.notes),
        "files": items,
        "versions": [_version(version) for version in evaluation.versions],
    }


def _version(version: Version) -> dict[str, Any]:
    return {
        "name": version.name,
        "metadata_control": {
            "auc": version.metadata and asdict(version.metadata),
            "shuffled_labels": version.metadata_shuffled and asdict(version.metadata_shuffled),
        },
        "systems": [_system(system) for system in version.systems],
    }


def _system(system: System) -> dict[str, Any]:
    control = system.control
    return {
        "name": system.name,
        "calibrated": system.calibrated,
        "overall": _measures(system.overall),
        "control": None if control is None else {**asdict(control), "beaten": control.beaten},
        "slices": [
            {"kind": part.kind, "name": part.name, **_measures(part.measures)}
            for part in system.slices
        ],
        # In the order of "files".
        "outcomes": [asdict(outcome) for outcome in system.outcomes],
    }


def _measures(measures: Any) -> dict[str, Any]:
    counts = measures.counts
    return {
        **asdict(measures),
        "abstention_rate": counts.abstention_rate,
        "failure_rate": counts.failure_rate,
    }
