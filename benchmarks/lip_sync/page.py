"""Writes the measurements as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_BASES = {
    "checked": "sets cut for lip reading",
    "as_is": "all files, taken to be in time",
    "own": "all files, from their own offset",
}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return the page."""
    sync, marks = result["synchrony"], result["forged"]
    return [
        "# Lip-sync", "", f"`{result['command']}`", "",
        "Networks saw nothing of the collections, methods and people that they are tried on (three "
        "folds); lines of forged mouths were fitted without the group of each clip.", "",
        "## Offset of windows of 5 s, sound moved by up to 1 s", "",
        "Files from the web are often off by up to a quarter of a second themselves. So the offset "
        "is also counted from that of the unmoved clip (the network's median over its windows), "
        "and given apart for sets whose makers checked it. The former says that a move is found "
        "again, not that the offset of the clip itself is right; only the latter says that.", "",
        *_offsets(sync["offsets"]), "",
        "## Own voice against another", "",
        "Area under the curve of the confidence (95% by bootstrap over clips). Other: another "
        "person's voice. Time: the same clip at another time.", "",
        *_swaps(sync["swaps"]), "",
        "## Forged mouths", "",
        *_forged(marks, weighs=result["weighs"]), "",
        "## Time", "",
        *_time(result["time"]),
    ]  # fmt: skip


def _offsets(offsets: Mapping[str, Any]) -> list[str]:
    rows = ["| | measure | counted on | windows | within 40 ms | within 80 ms |",
            "| --- " * 6 + "|"]  # fmt: skip
    for condition, found in offsets.items():
        for measure, bases in found.items():
            for base, name in _BASES.items():
                row = bases[base]
                if row["windows"]:
                    rows.append(
                        f"| {condition} | {measure} | {name} | {row['windows']} | "
                        f"{row['within_40']:.0%} | {row['within_80']:.0%} |"
                    )
    return rows


def _swaps(swaps: Mapping[str, Any]) -> list[str]:
    rows = ["| | measure | other (own / other windows) | time (own / other windows) |",
            "| --- " * 4 + "|"]  # fmt: skip
    for condition, found in swaps.items():
        for measure, kinds in found.items():
            cells = [_area(kinds[kind]) if kind in kinds else "" for kind in ("other", "time")]
            rows.append(f"| {condition} | {measure} | {cells[0]} | {cells[1]} |")
    return rows


def _area(row: Mapping[str, Any]) -> str:
    low, high = row["auc_interval"]
    return f"{row['auc']} ({low} to {high}; {row['own']} / {row['swapped']})"


def _forged(marks: Mapping[str, Any], *, weighs: bool) -> Sequence[str]:
    controls, pseudo = marks["controls"], marks["pseudo"]
    rows = ["| | genuine / forged | AUC (95%) | detected at 5% false alarms | false alarms at the "
            "threshold | detected there |", "| --- " * 6 + "|"]  # fmt: skip
    for version, row in marks["versions"].items():
        low, high = row["auc_interval"]
        rows.append(
            f"| {version} | {row['genuine']} / {row['forged']} | {row['auc']} ({low} to {high}) | "
            f"{row['detected_at_5']:.0%} | {row['false_alarms']:.1%} | {row['detected']:.0%} |"
        )
    rows += [
        "",
        f"Technical facts of the files alone: AUC {controls['metadata_auc']}. Shuffled labels: "
        f"{controls['shuffled'][0]} to {controls['shuffled'][1]}. "
        + ("The measure counts." if weighs else
           "**The measure has not shown that it tells forgery from form: it weighs nothing.**"),
    ]  # fmt: skip
    if len(marks["versions"]) == 1:
        rows.append("Forged clips were not scored as copies; so nothing is known of those.")
    if pseudo["pairs"]:
        rows.append(f"A pseudo-fake scores higher than the clip it was made from in "
                    f"{pseudo['share']:.0%} of {pseudo['pairs']} pairs.")  # fmt: skip
    rows += ["", "| method | clips | AUC | over the line of 5% false alarms |", "| --- " * 4 + "|"]
    rows += [
        f"| {name} | {row['clips']} | {row['auc']} | {row['over_5_percent_line']:.0%} |"
        for name, row in marks["methods"].items()
    ]
    rows += ["", "| genuine collection | clips | over that line |", "| --- " * 3 + "|"]
    rows += [
        f"| {name} | {row['clips']} | {row['false_alarms']:.0%} |"
        for name, row in marks["collections"].items()
    ]
    rows += [
        "",
        "Each measure alone, on windows (area under the curve, higher meaning forged): "
        + ", ".join(f"{name} {area}" for name, area in marks["single"].items())
        + ".",
    ]
    return rows


def _time(time: Mapping[str, Any]) -> list[str]:
    if not time:
        return ["Not measured: no window could be chosen."]
    return [
        f"{time['all_ms']:.0f} ms of one core for each second of window, its decode of "
        f"{time['decode_ms']:.0f} ms included: {time['times_decode']} times the decode "
        f"({time['seconds']:.0f} s of windows). Finding faces and speech is not counted, as other "
        "detectors need both."
    ]  # fmt: skip
