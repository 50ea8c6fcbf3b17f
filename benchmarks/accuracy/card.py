"""The measured part of the card of the fusion, models/fusion/card.md."""

from __future__ import annotations

from typing import Any

from benchmarks.accuracy.cells import (
    ALARMS,
    COSTS,
    HEAD,
    TITLES,
    VERSIONS,
    alarm_rows,
    cost_cells,
    interval_of,
    measured_cells,
    system_of,
    weights_of,
    words,
)
from benchmarks.accuracy.record import COMMAND
from benchmarks.markdown import NONE, table
from media_screen.evaluation.outcomes import FUSED


def card(found: dict[str, Any]) -> str:
    """Return the measured part of models/fusion/card.md."""
    rows = [
        [TITLES[about].lower(), f"`{name}`", f"{weight:.2f}", _why(found, about, name)]
        for about, name, weight in weights_of(found)
    ]
    thresholds = [
        [name, f"{one['false_alarms']:.1%}", f"{one['llr']:.2f}"]
        for name, one in found["combination"]["thresholds"].items()
    ]
    sums = [
        [
            words(one["about"], version["name"]),
            *measured_cells(system)[1:],
            *cost_cells(system)[1:4],
        ]
        for one in found["sets"]
        for version in one["versions"]
        if (system := system_of(version, FUSED)) is not None
    ]
    return "\n".join(
        [
            f"`{COMMAND}` ([accuracy.md](../../benchmarks/results/accuracy.md))",
            "",
            *table(("judged on", "detector", "weight", "why"), rows),
            "",
            f"The sum is cut off at {found['combination']['bound']:.2f} either way.",
            "",
            *table(("sensitivity", "false alarms on genuine files", "threshold"), thresholds),
            "",
            "Genuine files that reach it in any of their versions:",
            "",
            *table(ALARMS, alarm_rows(found)),
            "",
            *table(("the sum on", *HEAD[1:], *COSTS[1:4]), sums),
            "",
        ]
    )


def _why(found: dict[str, Any], about: str, name: str) -> str:
    """Say why a detector counts or does not, by the version on which it does worst."""
    ran = [
        (VERSIONS[version["name"]], system)
        for one in found["sets"]
        if one["about"] == about
        for version in one["versions"]
        if (system := system_of(version, name)) is not None
    ]
    for where, system in ran:
        if system["overall"]["separation"] is None:
            return f"{where}: judged no files of both classes"
        if not system["calibrated"]:
            return "every ratio is 0: it informs and weighs nothing"
        area, control = system["overall"]["separation"]["auc"], system["control"]
        if area["low"] <= 0.5:
            return f"{where}: no better than a coin, AUC {interval_of(area)}"
        if control is None or control["matched"]["low"] <= 0.5:
            alike = NONE if control is None else interval_of(control["matched"])
            return f"{where}: no clear margin where metadata are alike, AUC {alike}"
    first = ran[0][1]
    area, alike = first["overall"]["separation"]["auc"], interval_of(first["control"]["matched"])
    return (
        f"counts: AUC {interval_of(area)}, where metadata are alike {alike}, on originals; no "
        f"worse than a coin on {', '.join(where for where, _ in ran[1:]) or 'no copies'}"
    )
