"""The table that begins docs/accuracy.md."""

from __future__ import annotations

from typing import Any

from benchmarks.accuracy.cells import TITLES, interval_of, share_of, system_of
from benchmarks.accuracy.record import COMMAND
from benchmarks.markdown import NONE, number, percent, table

BEGIN, END = (
    "<!-- accuracy: begin -->",
    "<!-- accuracy: end -->",
)
COLUMNS = (
    "judged on",
    "",
    "weight",
    "files judged",
    "AUC (95%)",
    "alike",
    "EER",
    "TPR at 1% / 5% FPR",
    "false alarms / detected at the threshold",
    "Cllr (least)",
    "AUC at 480p",
)
_GENUINE = {"clips": "genuine clips", "speech": "genuine recordings of speech", "all": "both"}


def in_page(text: str, found: dict[str, Any]) -> str:
    """Return the page with its table renewed; raises ValueError when a marker is missing."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError(f"docs/accuracy.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{overview(found)}\n{END}{after}"


def overview(found: dict[str, Any]) -> str:
    """Return the table of the page, with the sentence above it."""
    sets = found["sets"]
    media = " and ".join(
        f"{one['genuine']} genuine and {one['forged']} forged "
        f"{'clips' if one['about'] == 'picture' else 'files of speech'} of {one['collections']} "
        "collections"
        for one in sets
    )
    first = [(one, one["versions"][0]) for one in sets]
    controls = " and of ".join(
        f"{interval_of(version['metadata_control']['auc'])} for {TITLES[one['about']].lower()}"
        for one, version in first
    )
    rows = [_row(found, one, system) for one, version in first for system in version["systems"]]
    return "\n".join(
        [
            f"{media}, each scored by networks and weights that saw nothing of its collection or "
            f"way of synthesis (`{COMMAND}`, [accuracy.md](../benchmarks/results/accuracy.md)). A "
            "detector is judged on files whose label is about what it looks at or listens to. "
            f"Technical facts alone reach an AUC of {controls}; 'alike' is the AUC among pairs "
            "that these can't tell apart. Weight 0: shown, and not counted.",
            "",
            *table(COLUMNS, rows),
            "",
            _alarms(found),
        ]
    )


def _alarms(found: dict[str, Any]) -> str:
    said = ", ".join(
        f"{share_of(one['flagged'], one['judged'])} of {one['judged']} {_GENUINE[one['files']]}"
        for one in found["alarms"]
        if one["sensitivity"] == "normal"
    )
    return f"False alarms at the normal sensitivity, a file counting in its worst version: {said}."


def _row(found: dict[str, Any], one: dict[str, Any], system: dict[str, Any]) -> list[str]:
    name = system["name"]
    copies = [system_of(version, name) for version in one["versions"] if version["name"] == "480p"]
    overall, control = system["overall"], system["control"]
    apart, decided, cost, counts = (
        overall[key] for key in ("separation", "decisions", "cost", "counts")
    )
    weight = found["combination"]["weights"][one["about"]].get(name)
    judged = f"{counts['judged_genuine']}+{counts['judged_forged']}"
    lead = [
        TITLES[one["about"]].lower(),
        f"`{name}`",
        NONE if weight is None else f"{weight:.2f}",
        judged,
    ]
    if apart is None:
        return [*lead, *[NONE] * (len(COLUMNS) - len(lead))]
    second = copies[0]["overall"]["separation"] if copies and copies[0] else None
    return [
        *lead,
        interval_of(apart["auc"]),
        NONE if control is None else interval_of(control["matched"]),
        percent(apart["eer"]),
        f"{percent(apart['tpr_at_1'])} / {percent(apart['tpr_at_5'])}",
        f"{percent(decided['false_alarms'])} / {percent(decided['detections'])}",
        NONE if cost is None else f"{number(cost['cllr'])} ({number(cost['min_cllr'])})",
        NONE if second is None else number(second["auc"]["value"]),
    ]
