"""Writes the measurements as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from media_screen.detectors.lip_sync.fit import WORDS

_BASES = {
    "checked": "sets cut for lip reading, taken to be in time",
    "rest": "files whose other windows agree, from their offset",
    "as_is": "all files, taken to be in time",
}


def lines(result: Mapping[str, Any]) -> list[str]:
    """Return the page."""
    sync, marks = result["synchrony"], result["forged"]
    return [
        "# Lip-sync",
        "",
        f"`{result['command']}`",
        "",
        "Networks saw nothing of the collections, methods and people that they are tried on (three "
        "folds); lines of forged mouths were fitted without the group of each clip.",
        "",
        "## Offset of windows of 5 s, sound moved by up to 1 s",
        "",
        "Two moves of each window, in which the face is seen for 3 s at least; up to four windows "
        "of a clip. Files from the web are often off by up to a quarter of a second themselves. "
        "So the offset is also counted from what the clip's other windows say: where there are two "
        "at least that don't overlap it, no more than 80 ms apart. That offset is known without a "
        "look at the window that is tried, but by the same network. Only sets cut for lip reading "
        "say whether the offset itself is right, and they are small.",
        "",
        *_offsets(sync["offsets"]),
        "",
        *_collections(sync["collections"]),
        "",
        "## Own voice against another",
        "",
        "Area under the curve (95% by bootstrap over clips) of the agreement at the best offset "
        "within 400 ms; for comparison that of the margin between best and median offset, over all "
        "offsets. Windows in which the face is seen for four fifths. Other: other people's voices, "
        "four for each window. Time: the same clip at another time.",
        "",
        *_swaps(sync["swaps"]),
        "",
        "## A voice that fits no mouth",
        "",
        *_fits(result["fits"]),
        "",
        "## Several voices at once",
        "",
        *_voices(result["voices"]),
        "",
        "## Forged mouths",
        "",
        *_forged(marks, weighs=result["weighs"]),
        "",
        "## Time",
        "",
        *_time(result["time"]),
    ]


def _offsets(offsets: Mapping[str, Any]) -> list[str]:
    rows = [
        "| | measure | counted on | windows (clips) | within 40 ms | within 80 ms |",
        "|" + "---|" * 6,
    ]
    for condition, found in offsets.items():
        for measure, bases in found.items():
            for base, name in _BASES.items():
                if bases[base]["windows"]:
                    rows.append(f"| {condition} | {measure} | {name} | {_shares(bases[base])} |")
    return rows


def _shares(row: Mapping[str, Any]) -> str:
    return (
        f"{row['windows']} ({row['clips']}) | {row['within_40']:.0%} | {row['within_80']:.0%}"
        if row["windows"]
        else "0 | - | -"
    )


def _collections(found: Mapping[str, Any]) -> list[str]:
    """Return the same for the network on originals, by collection."""
    rows = [
        "| collection | its own offset, ms | windows (clips) | within 40 ms of zero | 80 ms | "
        "windows whose clip's other windows agree (clips) | within 40 ms of these | 80 ms |",
        "|" + "---|" * 8,
    ]
    return rows + [
        f"| {name} | {row['own_ms']:.0f} | {_shares(row['as_is'])} | {_shares(row['rest'])} |"
        for name, row in found.items()
    ]


def _fits(found: Mapping[str, Any]) -> list[str]:
    silent, words = found["silent"], list(WORDS)
    rows = [
        "What is said of windows of 5 s. *Fits*: the agreement is over that of 95% of others' "
        "voices; *apart*: it is so at an offset beyond 400 ms; *against*: it is under that of 95% "
        "of genuine windows, and the mouth moves; *still*: the same, and the mouth is slower than "
        "95% of genuine ones; *unclear*: the rest. The limits were set on the same windows.",
        "",
        f"| sound | windows | {' | '.join(words)} |",
        "|" + "---|" * (len(words) + 2),
    ]
    rows += [
        f"| {name} | {row['windows']} | {' | '.join(f'{row[word]:.0%}' for word in words)} |"
        for name, row in found["words"].items()
    ]
    return [
        *rows,
        "",
        f"A listening face was hardly to be had: {silent['stretches']} stretches of 1 s or more in "
        f"which nobody speaks, {silent['slower_than_5_percent']} of them with a mouth slower than "
        f"95% of speaking ones (AUC of the speed {silent['auc']}). So only a mouth that is nearly "
        "still, as in a picture, is called a voice-over; a face that smiles, nods or chews under "
        "another's voice is told from one that speaks against it by nothing here.",
    ]


def _voices(found: Mapping[str, Any]) -> list[str]:
    rows = [
        "Windows that are like several voices at once are left out; the limit lets a twentieth "
        "of clips with one voice be left out, too. Lines were fitted without the collection "
        "of each sound. One voice in noise or music is the usual mistake.",
        "",
        "| | one voice / several | AUC | several: left out | one: left out |",
        "|" + "---|" * 5,
    ]
    return rows + [
        f"| {name} | {row['one']} / {row['several']} | {row['auc']} | {row['left_out']:.0%} | "
        f"{row['left_out_of_one']:.0%} |"
        for name, row in found.items()
    ]


def _swaps(swaps: Mapping[str, Any]) -> list[str]:
    rows = [
        "| | measure | other (own / other windows) | time (own / other windows) |",
        "|" + "---|" * 4,
    ]
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
    rows = [
        "| | genuine / forged | AUC (95%) | detected at 5% false alarms | false alarms at the "
        "threshold | detected there |",
        "|" + "---|" * 6,
    ]
    for version, row in marks["versions"].items():
        low, high = row["auc_interval"]
        rows.append(
            f"| {version} | {row['genuine']} / {row['forged']} | {row['auc']} ({low} to {high}) | "
            f"{row['detected_at_5']:.0%} | {row['false_alarms']:.1%} | {row['detected']:.0%} |"
        )
    rows += [
        "",
        f"Technical facts of the files alone: AUC {controls['metadata_auc']}; among pairs that "
        f"these can't tell apart the measure has {controls['alike_auc']}. Shuffled labels: "
        f"{controls['shuffled'][0]} to {controls['shuffled'][1]}. "
        + (
            "The measure counts."
            if weighs
            else "**The measure has not shown that it tells forgery from form: it weighs nothing.**"
        ),
    ]
    if len(marks["versions"]) == 1:
        rows.append("Forged clips were not scored as copies; so nothing is known of those.")
    if pseudo["pairs"]:
        rows.append(
            f"A pseudo-fake scores higher than the clip it was made from in "
            f"{pseudo['share']:.0%} of {pseudo['pairs']} pairs."
        )
    rows += ["", "| method | clips | AUC | over the line of 5% false alarms |", "|" + "---|" * 4]
    rows += [
        f"| {name} | {row['clips']} | {row['auc']} | {row['over_5_percent_line']:.0%} |"
        for name, row in marks["methods"].items()
    ]
    rows += ["", "| genuine collection | clips | over that line |", "|" + "---|" * 3]
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
    ]
