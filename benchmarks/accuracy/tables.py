"""The record of what was measured, and the Markdown that is made of nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.accuracy.fused import SUBJECTS, Learned, Measured
from media_screen.evaluation.measure import KINDS, Evaluation
from media_screen.evaluation.outcomes import FUSED
from media_screen.evaluation.record import to_dict

COMMAND = "python -m benchmarks.accuracy"
SCHEMA = "media_screen.accuracy/2"
BEGIN, END = (
    "<!-- accuracy: begin -->",
    "<!-- accuracy: end -->",
)  # of the table in docs/accuracy.md
NONE = "-"
_DIGITS = 4
_TITLES = {"picture": "Pictures", "sound": "Speech"}
_VERSIONS = {
    "original": "originals",
    "480p": "copies at 480p",
    "opus24k": "as Opus of 24 kbit/s",
    "telephone": "by telephone",
}


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
            del system["outcomes"]  # they stand in *.heldout.csv
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


def markdown(found: dict[str, Any]) -> str:
    """Return accuracy.md."""
    return "\n".join(
        [
            "# Accuracy, held out",
            "",
            f"`{COMMAND}`, from the ratios in `*.heldout.csv`; no media are read.",
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
            "of speech also level, silences, exact zeros, noise floor and bandwidth. Genuine clips "
            "are small here and forged ones large, so that metadata tell them apart better than "
            "any detector does. 'Alike' is the AUC among pairs of a forged and a genuine file that "
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
    versions = ", ".join(_VERSIONS[version["name"]] for version in one["versions"])
    yield (
        f"- {_TITLES[one['about']]}: {one['genuine']} genuine and {one['forged']} forged {kind} of "
        f"{one['collections']} collections, in {one['groups']} groups ({split}); {versions}."
    )


def _combination(found: dict[str, Any]) -> Iterator[str]:
    chosen = found["combination"]
    yield from ("## The sum", "", "| judged on | detector | weight |", "|---|---|---|")
    for about, name, weight in _weights(found):
        yield f"| {_TITLES[about].lower()} | `{name}` | {weight:.2f} |"
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


def _weights(found: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    for about, own in found["combination"]["weights"].items():
        for name, weight in own.items():
            yield about, name, weight


ALARMS = (
    "sensitivity",
    "stated",
    "genuine files",
    "judged",
    "false alarms",
    "by a threshold without their collection",
)


def _false_alarms(found: dict[str, Any]) -> Iterator[str]:
    """Show how many genuine files of both sets are marked, each in the worst of its versions."""
    yield from ("## False alarms", "")
    yield "Genuine files that reach the threshold in any of their versions, held out."
    yield ""
    yield from _table(ALARMS, _alarm_rows(found))
    yield ""


def _alarm_rows(found: dict[str, Any]) -> list[list[str]]:
    stated = found["combination"]["thresholds"]
    return [
        [
            one["sensitivity"],
            f"{stated[one['sensitivity']]['false_alarms']:.1%}",
            one["files"],
            str(one["judged"]),
            _share(one["flagged"], one["judged"]),
            _share(one["flagged_unseen"], one["judged"]),
        ]
        for one in found["alarms"]
    ]


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.1%})" if of else NONE


def _version(about: str, version: dict[str, Any]) -> Iterator[str]:
    control, title = version["metadata_control"], _words(about, version["name"])
    yield from (f"## {title}", "")
    if control["auc"] is not None:
        shuffled = control["shuffled_labels"]
        yield (
            f"Metadata alone, collections held out: AUC {_interval(control['auc'])}; trained on "
            f"shuffled labels {shuffled['mean']:.2f}."
        )
        yield ""
    yield from _table(HEAD, [_row(system) for system in version["systems"]])
    yield ""
    yield from _table(COSTS, [_cost_row(system) for system in version["systems"]])
    yield ""
    sliced = [kind for kind in KINDS if any(system["slices"] for system in version["systems"])]
    for kind in sliced:
        yield from (f"### {title}, by {kind}", "")
        yield from _parts(version["systems"], kind)
        yield ""


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


def _row(system: dict[str, Any]) -> list[str]:
    overall, control = system["overall"], system["control"]
    found, counts = overall["separation"], overall["counts"]
    judged = f"{counts['judged_genuine']}+{counts['judged_forged']}"
    if found is None:
        return [f"`{system['name']}`", judged, *[NONE] * (len(HEAD) - 2)]
    return [
        f"`{system['name']}`",
        judged,
        _interval(found["auc"]),
        NONE if control is None else _number(control["metadata_auc"]),
        NONE if control is None else _interval(control["matched"]),
        NONE if control is None else _number(control["shuffled"]["high"]),
        _number(found["covered_auc"]),
        _percent(found["eer"]),
        _percent(found["tpr_at_1"]),
        _percent(found["tpr_at_5"]),
    ]


def _cost_row(system: dict[str, Any]) -> list[str]:
    overall = system["overall"]
    decided, cost = overall["decisions"], overall["cost"] or {}
    return [
        f"`{system['name']}`",
        *(_percent(decided[key]) for key in ("false_alarms", "detections", "detections_of_all")),
        *(_number(cost.get(key)) for key in ("cllr", "min_cllr", "ece")),
        _percent(overall["abstention_rate"]),
        _percent(overall["failure_rate"]),
    ]


def _parts(systems: Sequence[dict[str, Any]], kind: str) -> Iterator[str]:
    rows: dict[str, list[str]] = {}
    for system in systems:
        for part in system["slices"]:
            if part["kind"] == kind:
                row = rows.setdefault(part["name"], [f"{part['genuine']}+{part['forged']}"])
                row.append(_cell(part))
    names = [f"`{system['name']}`" for system in systems]
    shown = [[_escaped(name), *row] for name, row in rows.items()]
    yield from _table((kind, "clips", *names), shown)


def _cell(part: dict[str, Any]) -> str:
    """Show the AUC where there are both classes, else what is flagged of the one there is."""
    if part["auc"] is not None:
        return _number(part["auc"]["value"])
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
                _VERSIONS[one["version"]],
                "yes" if one["counted"] else "no",
                _change(sides, "counts", lambda c: str(c["judged_genuine"] + c["judged_forged"])),
                _change(sides, "separation", lambda s: _number(s["auc"]["value"])),
                _change(sides, "separation", lambda s: _number(s["covered_auc"])),
                _change(sides, "separation", lambda s: _percent(s["tpr_at_1"])),
                _change(sides, "separation", lambda s: _percent(s["tpr_at_5"])),
                _change(sides, "cost", lambda c: _number(c["cllr"])),
            ]
        )
    yield "The sum with the detector and, after the arrow, without it; '-' where nothing is left."
    yield ""
    yield from _table(head, rows)


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
        f"{_TITLES[one['about']].lower()}: AUC {_area(other)} and Cllr {_cllr(other)}, against "
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
    return NONE if apart is None else _number(apart["auc"]["value"])


def _cllr(measures: dict[str, Any]) -> str:
    return NONE if measures["cost"] is None else _number(measures["cost"]["cllr"])


def _system(version: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((system for system in version["systems"] if system["name"] == name), None)


OVERVIEW = (
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


def overview(found: dict[str, Any]) -> str:
    """Return the table of docs/accuracy.md, with the sentence above it."""
    sets = found["sets"]
    media = " and ".join(
        f"{one['genuine']} genuine and {one['forged']} forged "
        f"{'clips' if one['about'] == 'picture' else 'files of speech'} of {one['collections']} "
        "collections"
        for one in sets
    )
    first = [(one, one["versions"][0]) for one in sets]
    controls = " and of ".join(
        f"{_interval(version['metadata_control']['auc'])} for {_TITLES[one['about']].lower()}"
        for one, version in first
    )
    rows = [
        _overview_row(found, one, system) for one, version in first for system in version["systems"]
    ]
    return "\n".join(
        [
            f"{media}, each scored by networks and weights that saw nothing of its collection or "
            f"way of synthesis (`{COMMAND}`, [accuracy.md](../benchmarks/results/accuracy.md)). A "
            "detector is judged on files whose label is about what it looks at or listens to. "
            f"Technical facts alone reach an AUC of {controls}; 'alike' is the AUC among pairs "
            "that these can't tell apart. Weight 0: shown, and not counted.",
            "",
            *_table(OVERVIEW, rows),
            "",
            _overview_alarms(found),
        ]
    )


def _overview_alarms(found: dict[str, Any]) -> str:
    said = ", ".join(
        f"{_share(one['flagged'], one['judged'])} of {one['judged']} {_GENUINE[one['files']]}"
        for one in found["alarms"]
        if one["sensitivity"] == "normal"
    )
    return f"False alarms at the normal sensitivity, a file counting in its worst version: {said}."


_GENUINE = {"clips": "genuine clips", "speech": "genuine recordings of speech", "all": "both"}


def _overview_row(found: dict[str, Any], one: dict[str, Any], system: dict[str, Any]) -> list[str]:
    name = system["name"]
    copies = [_system(version, name) for version in one["versions"] if version["name"] == "480p"]
    overall, control = system["overall"], system["control"]
    apart, decided, cost, counts = (
        overall[key] for key in ("separation", "decisions", "cost", "counts")
    )
    weight = found["combination"]["weights"][one["about"]].get(name)
    judged = f"{counts['judged_genuine']}+{counts['judged_forged']}"
    lead = [
        _TITLES[one["about"]].lower(),
        f"`{name}`",
        NONE if weight is None else f"{weight:.2f}",
        judged,
    ]
    if apart is None:
        return [*lead, *[NONE] * (len(OVERVIEW) - len(lead))]
    second = copies[0]["overall"]["separation"] if copies and copies[0] else None
    return [
        *lead,
        _interval(apart["auc"]),
        NONE if control is None else _interval(control["matched"]),
        _percent(apart["eer"]),
        f"{_percent(apart['tpr_at_1'])} / {_percent(apart['tpr_at_5'])}",
        f"{_percent(decided['false_alarms'])} / {_percent(decided['detections'])}",
        NONE if cost is None else f"{_number(cost['cllr'])} ({_number(cost['min_cllr'])})",
        NONE if second is None else _number(second["auc"]["value"]),
    ]


def in_page(text: str, found: dict[str, Any]) -> str:
    """Return the page with its table renewed; raises ValueError when a marker is missing."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError(f"docs/accuracy.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{overview(found)}\n{END}{after}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _words(about: str, version: str) -> str:
    return f"{_TITLES[about]}, {_VERSIONS[version]}"


def _escaped(name: str) -> str:
    return name.replace("|", "\\|")


def _interval(value: dict[str, float]) -> str:
    return f"{value['value']:.2f} ({value['low']:.2f} to {value['high']:.2f})"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def card(found: dict[str, Any]) -> str:
    """Return the measured part of models/fusion/card.md."""
    rows = [
        [_TITLES[about].lower(), f"`{name}`", f"{weight:.2f}", _why(found, about, name)]
        for about, name, weight in _weights(found)
    ]
    thresholds = [
        [name, f"{one['false_alarms']:.1%}", f"{one['llr']:.2f}"]
        for name, one in found["combination"]["thresholds"].items()
    ]
    sums = [
        [_words(one["about"], version["name"]), *_row(system)[1:], *_cost_row(system)[1:4]]
        for one in found["sets"]
        for version in one["versions"]
        if (system := _system(version, FUSED)) is not None
    ]
    return "\n".join(
        [
            f"`{COMMAND}` ([accuracy.md](../../benchmarks/results/accuracy.md))",
            "",
            *_table(("judged on", "detector", "weight", "why"), rows),
            "",
            f"The sum is cut off at {found['combination']['bound']:.2f} either way.",
            "",
            *_table(("sensitivity", "false alarms on genuine files", "threshold"), thresholds),
            "",
            "Genuine files that reach it in any of their versions:",
            "",
            *_table(ALARMS, _alarm_rows(found)),
            "",
            *_table(("the sum on", *HEAD[1:], *COSTS[1:4]), sums),
            "",
        ]
    )


def _why(found: dict[str, Any], about: str, name: str) -> str:
    """Say why a detector counts or does not, by the version on which it does worst."""
    ran = [
        (_VERSIONS[version["name"]], system)
        for one in found["sets"]
        if one["about"] == about
        for version in one["versions"]
        if (system := _system(version, name)) is not None
    ]
    for where, system in ran:
        if system["overall"]["separation"] is None:
            return f"{where}: judged no files of both classes"
        if not system["calibrated"]:
            return "every ratio is 0: it informs and weighs nothing"
        area, control = system["overall"]["separation"]["auc"], system["control"]
        if area["low"] <= 0.5:
            return f"{where}: no better than a coin, AUC {_interval(area)}"
        if control is None or control["matched"]["low"] <= 0.5:
            alike = NONE if control is None else _interval(control["matched"])
            return f"{where}: no clear margin where metadata are alike, AUC {alike}"
    first = ran[0][1]
    return (
        f"counts: AUC {_interval(first['overall']['separation']['auc'])}, where metadata are alike "
        f"{_interval(first['control']['matched'])}, on originals; no worse than a coin on "
        f"{', '.join(where for where, _ in ran[1:]) or 'no copies'}"
    )
