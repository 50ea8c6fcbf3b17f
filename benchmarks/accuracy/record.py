"""The record of what was measured: records/accuracy.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from benchmarks.accuracy.fused import SUBJECTS, Learned, Measured
from media_screen.evaluation.measure import Evaluation
from media_screen.evaluation.record import to_dict

COMMAND = "python -m benchmarks.accuracy"
SCHEMA = "media_screen.accuracy/2"
_DIGITS = 4


def record(learned: Learned, measured: Measured) -> dict[str, Any]:
    """Return the record for accuracy.json: rates from 0 to 1, Cllr in bits, natural logarithms."""
    groups = learned.table.group
    found: dict[str, Any] = _rounded(
        {
            "schema": SCHEMA,
            "command": COMMAND,
            "combination": learned.combination.to_dict(),
            "counted": list(learned.counted),
            "sets": [
                {
                    "about": about,
                    "groups": len(set(groups[about]) - {""}),
                    "detectors": list(learned.table.detectors[about]),
                    **_set(measured.sets[about]),
                }
                for about in SUBJECTS
                if measured.sets[about].versions
            ],
            "alarms": [asdict(one) for one in measured.alarms],
            "added": [asdict(one) for one in measured.added],
            "indicated": [asdict(one) for one in measured.indicated],
        }
    )
    return found


def _set(evaluation: Evaluation) -> dict[str, Any]:
    versions = to_dict(evaluation)["versions"]
    for version in versions:
        for system in version["systems"]:
            del system["outcomes"]  # they stand in records/ratios/
            system["slices"] = [_part(one) for one in system["slices"] if _several(one)]
    forged = sum(item.fake for item in evaluation.items)
    return {
        "genuine": len(evaluation.items) - forged,
        "forged": forged,
        "collections": len({item.collection for item in evaluation.items}),
        "versions": versions,
    }


def _several(part: dict[str, Any]) -> bool:
    """Say whether a part is worth a line: what one clip got says nothing of its person."""
    clips: int = part["counts"]["genuine"] + part["counts"]["forged"]
    return part["kind"] != "identity" or clips > 1


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """Keep of a part what the tables show."""
    counts, decided, apart = part["counts"], part["decisions"], part["separation"]
    return {
        "kind": part["kind"],
        "name": part["name"],
        "genuine": counts["genuine"],
        "forged": counts["forged"],
        "auc": apart and apart["auc"],
        "false_alarms": decided["false_alarms"],
        "detections": decided["detections"],
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(inner) for inner in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
