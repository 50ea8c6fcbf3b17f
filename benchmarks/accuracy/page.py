"""The page of the accuracy, results/accuracy.md, made of nothing but the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    weights_of,
    words,
)
from benchmarks.accuracy.record import COMMAND
from benchmarks.markdown import NONE, escaped, number, percent, table
from media_screen.evaluation.measure import KINDS


def markdown(found: dict[str, Any]) -> str:
    """Return accuracy.md."""
    return "\n".join(
        [
            "# Accuracy, held out",
            "",
            f"`{COMMAND}`, from the ratios in `benchmarks/records/ratios`; no media are read.",
            "",
            "**What is judged on what.** A label says something of the picture or of the sound, "
            "and a detector is judged where its evidence is about the same. Clips are labelled "
            "for their picture: whether the sound of a forged clip was made, nobody noted. "
            "Recordings of speech are labelled for their sound, and so are genuine clips that "
            "have any. A detector that needs nothing but speech is judged on these, every other "
            "one on pictures (`benchmarks/accuracy/clips.py`). The sum is measured on both.",
            "",
            *(line for one in found["sets"] for line in _media(one)),
            "",
            "Every ratio is of a network that was not trained on the clip's collection, or, for "
            "synthetic speech, on its family of synthesis; every sum is by weights that saw "
            "nothing of the file's group. Intervals: bootstrap over people, 95%. The copies of "
            "different detectors were made with somewhat different settings of the encoder.",
            "",
            "**Read with care.** 'Metadata' is what codec, size, length and frame rate alone tell, "
            "of speech also level, silences, exact zeros, noise floor and bandwidth. Where genuine "
            "and forged files were gathered in other ways, these tell them apart better than any "
            "detector does. 'Alike' is the AUC among pairs of a forged and a genuine file that "
            "metadata can't tell apart; 'luck' is the upper end of what shuffled labels give. A "
            "detector counts in the sum only if the intervals of both its AUC and of 'alike' lie "
            "over .50, on originals and on the copies it was run on. Methods are measured against "
            "all genuine files, collections and people among themselves; people of one file are "
            "left out.",
            "",
            *_combination(found),
            *_false_alarms(found),
            *(
                line
                for one in found["sets"]
                for version in one["versions"]
                for line in _version(one["about"], version)
            ),
            "## What each adds to the sum",
            "",
            *_added(found),
            "",
            *_indicators(found),
        ]
    )


def _media(one: dict[str, Any]) -> Iterator[str]:
    kind = {
        "picture": "clips",
        "sound": "recordings of speech, or clips with speech,",
    }[one["about"]]
    split = {
        "picture": "groups share no collection, no method of forging and no person",
        "sound": "groups share no collection of genuine speech and no family of synthesis; more "
        "can't be kept apart, because all synthetic speech here shares a family, a speaker or a "
        "collection in the end",
    }[one["about"]]
    versions = ", ".join(VERSIONS[version["name"]] for version in one["versions"])
    yield (
        f"- {TITLES[one['about']]}: {one['genuine']} genuine and {one['forged']} forged {kind} of "
        f"{one['collections']} collections, in {one['groups']} groups ({split}); {versions}."
    )


def _combination(found: dict[str, Any]) -> Iterator[str]:
    chosen = found["combination"]
    yield from ("## The sum", "", "| judged on | detector | weight |", "|---|---|---|")
    for about, name, weight in weights_of(found):
        yield f"| {TITLES[about].lower()} | `{name}` | {weight:.2f} |"
    yield ""
    points = ", ".join(
        f"{name} {one['llr']:.2f} (at most {one['false_alarms']:.1%} of genuine files)"
        for name, one in chosen["thresholds"].items()
    )
    yield (
        f"Cut off at {chosen['bound']:.2f} either way. Thresholds: {points}. Sums of picture and "
        "sound are joined as in the [card](../../models/fusion/card.md): what seems genuine in one "
        "does not clear the other."
    )
    yield ""


def _false_alarms(found: dict[str, Any]) -> Iterator[str]:
    """Show how many genuine files of both sets are marked, each in the worst of its versions."""
    yield from ("## False alarms", "")
    yield "Genuine files that reach the threshold in any of their versions, held out."
    yield ""
    yield from table(ALARMS, alarm_rows(found))
    yield ""


def _version(about: str, version: dict[str, Any]) -> Iterator[str]:
    control, title = version["metadata_control"], words(about, version["name"])
    yield from (f"## {title}", "")
    if control["auc"] is not None:
        shuffled = control["shuffled_labels"]
        yield (
            f"Metadata alone, collections held out: AUC {interval_of(control['auc'])}; trained on "
            f"shuffled labels {shuffled['mean']:.2f}."
        )
        yield ""
    yield from table(HEAD, [measured_cells(system) for system in version["systems"]])
    yield ""
    yield from table(COSTS, [cost_cells(system) for system in version["systems"]])
    yield ""
    sliced = [kind for kind in KINDS if any(system["slices"] for system in version["systems"])]
    for kind in sliced:
        yield from (f"### {title}, by {kind}", "")
        yield from _parts(version["systems"], kind)
        yield ""


def _parts(systems: Sequence[dict[str, Any]], kind: str) -> Iterator[str]:
    rows: dict[str, list[str]] = {}
    for system in systems:
        for part in system["slices"]:
            if part["kind"] == kind:
                row = rows.setdefault(part["name"], [f"{part['genuine']}+{part['forged']}"])
                row.append(_cell(part))
    names = [f"`{system['name']}`" for system in systems]
    shown = [[escaped(name), *row] for name, row in rows.items()]
    yield from table((kind, "clips", *names), shown)


def _cell(part: dict[str, Any]) -> str:
    """Show the AUC where there are both classes, else what is flagged of the one there is."""
    if part["auc"] is not None:
        return number(part["auc"]["value"])
    if not part["genuine"] and part["detections"] is not None:
        return f"{part['detections']:.0%} detected"
    if not part["forged"] and part["false_alarms"] is not None:
        return f"{part['false_alarms']:.0%} false alarms"
    return NONE


def _added(found: dict[str, Any]) -> Iterator[str]:
    """Compare the sum with and without each detector; one that does not count is tried in it."""
    head = (
        "detector",
        "version",
        "counts",
        "judged",
        "AUC",
        "all files",
        "TPR 1%",
        "TPR 5%",
        "Cllr",
    )
    rows = []
    for one in found["added"]:
        sides = one["with_it"], one["without"]
        rows.append(
            [
                f"`{one['detector']}`",
                VERSIONS[one["version"]],
                "yes" if one["counted"] else "no",
                _change(sides, "counts", lambda c: str(c["judged_genuine"] + c["judged_forged"])),
                _change(sides, "separation", lambda s: number(s["auc"]["value"])),
                _change(sides, "separation", lambda s: number(s["covered_auc"])),
                _change(sides, "separation", lambda s: percent(s["tpr_at_1"])),
                _change(sides, "separation", lambda s: percent(s["tpr_at_5"])),
                _change(sides, "cost", lambda c: number(c["cllr"])),
            ]
        )
    yield "The sum with the detector and, after the arrow, without it; '-' where nothing is left."
    yield ""
    yield from table(head, rows)


def _change(sides: Sequence[dict[str, Any]], key: str, show: Any) -> str:
    shown = [NONE if side[key] is None else show(side[key]) for side in sides]
    return " → ".join(shown)


def _indicators(found: dict[str, Any]) -> Iterator[str]:
    """Say what it would bring to learn from abstentions, and why that is left out."""
    yield from ("## What an abstention means", "")
    if not found["indicated"]:
        yield (
            "A detector that abstains adds 0. Whether its silence itself should count was not "
            "measured: no detector counts."
        )
        yield ""
        return
    measured = "; ".join(
        f"{TITLES[one['about']].lower()}: AUC {_area(other)} and Cllr {_cllr(other)}, against "
        f"{_area(plain)} and {_cllr(plain)}"
        for one in found["indicated"]
        for plain, other in ((one["plain"], one["with_indicators"]),)
    )
    yield (
        "A detector that abstains adds 0. A sum that also learns what its silence means (one more "
        f"column a detector, and an offset) reaches, on originals, for {measured}. It is left out "
        "either way: that a clip has no sound or a small face says from which collection it is, "
        "and nothing of forgery."
    )
    yield ""


def _area(measures: dict[str, Any]) -> str:
    apart = measures["separation"]
    return NONE if apart is None else number(apart["auc"]["value"])


def _cllr(measures: dict[str, Any]) -> str:
    return NONE if measures["cost"] is None else number(measures["cost"]["cllr"])
