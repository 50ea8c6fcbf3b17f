"""Cells and rows that the pages and the card of the fusion have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.markdown import NONE, interval, number, percent

TITLES = {"picture": "Pictures", "sound": "Speech"}
VERSIONS = {
    "original": "originals",
    "480p": "copies at 480p",
    "opus24k": "as Opus of 24 kbit/s",
    "telephone": "by telephone",
}
HEAD = ("", "judged", "AUC", "metadata", "alike", "luck", "all files", "EER", "TPR 1%", "TPR 5%")
COSTS = (
    "",
    "false alarms at the threshold",
    "detected",
    "of all forged",
    "Cllr",
    "least Cllr",
    "ECE",
    "abstained",
    "failed",
)
ALARMS = (
    "sensitivity",
    "stated",
    "genuine files",
    "judged",
    "false alarms",
    "by a threshold without their collection",
)


def interval_of(value: dict[str, float]) -> str:
    """Return a number of the record with the ends of its interval."""
    return interval(value["value"], value["low"], value["high"])


def words(about: str, version: str) -> str:
    """Return what a version of one subject is called."""
    return f"{TITLES[about]}, {VERSIONS[version]}"


def weights_of(found: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    """Give what each detector counts: subject, name, weight."""
    for about, own in found["combination"]["weights"].items():
        for name, weight in own.items():
            yield about, name, weight


def system_of(version: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return what was measured of a detector, or of the sum, on a version."""
    return next((system for system in version["systems"] if system["name"] == name), None)


def share_of(count: int, of: int) -> str:
    """Return a count and its share."""
    return f"{count} ({count / of:.1%})" if of else NONE


def alarm_rows(found: dict[str, Any]) -> list[list[str]]:
    """Return how many genuine files are marked at each sensitivity."""
    stated = found["combination"]["thresholds"]
    return [
        [
            one["sensitivity"],
            f"{stated[one['sensitivity']]['false_alarms']:.1%}",
            one["files"],
            str(one["judged"]),
            share_of(one["flagged"], one["judged"]),
            share_of(one["flagged_unseen"], one["judged"]),
        ]
        for one in found["alarms"]
    ]


def measured_cells(system: dict[str, Any]) -> list[str]:
    """Return how well a system separates, below HEAD."""
    overall, control = system["overall"], system["control"]
    found, counts = overall["separation"], overall["counts"]
    judged = f"{counts['judged_genuine']}+{counts['judged_forged']}"
    if found is None:
        return [f"`{system['name']}`", judged, *[NONE] * (len(HEAD) - 2)]
    return [
        f"`{system['name']}`",
        judged,
        interval_of(found["auc"]),
        NONE if control is None else number(control["metadata_auc"]),
        NONE if control is None else interval_of(control["matched"]),
        NONE if control is None else number(control["shuffled"]["high"]),
        number(found["covered_auc"]),
        percent(found["eer"]),
        percent(found["tpr_at_1"]),
        percent(found["tpr_at_5"]),
    ]


def cost_cells(system: dict[str, Any]) -> list[str]:
    """Return what its decisions cost, below COSTS."""
    overall = system["overall"]
    decided, cost = overall["decisions"], overall["cost"] or {}
    return [
        f"`{system['name']}`",
        *(percent(decided[key]) for key in ("false_alarms", "detections", "detections_of_all")),
        *(number(cost.get(key)) for key in ("cllr", "min_cllr", "ece")),
        percent(overall["abstention_rate"]),
        percent(overall["failure_rate"]),
    ]
