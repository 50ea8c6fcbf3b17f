"""The record of what was measured, and the Markdown that is made of nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.accuracy.fused import Learned, Measured
from media_screen.evaluation.measure import KINDS
from media_screen.evaluation.outcomes import FUSED
from media_screen.evaluation.record import to_dict

COMMAND = "python -m benchmarks.accuracy"
SCHEMA = "media_screen.accuracy/1"
BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"  # of the table in README.md
NONE = "-"
_DIGITS = 4


def record(learned: Learned, measured: Measured) -> dict[str, Any]:
    """Return the record for accuracy.json: rates from 0 to 1, Cllr in bits, natural logarithms."""
    evaluation = to_dict(measured.evaluation)
    for version in evaluation["versions"]:
        for system in version["systems"]:
            del system["outcomes"]  # they stand in *.heldout.csv
            system["slices"] = [_part(one) for one in system["slices"] if _several(one)]
    found: dict[str, Any] = _rounded(
        {
            "schema": SCHEMA,
            "command": COMMAND,
            "groups": len(set(learned.table.group)),
            "collections": len(set(learned.table.collection)),
            "combination": learned.combination.to_dict(),
            "counted": list(learned.counted),
            "versions": evaluation["versions"],
            "added": [asdict(one) for one in measured.added],
            "with_indicators": measured.with_indicators and asdict(measured.with_indicators),
        }
    )
    return found


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
    counts = found["versions"][0]["systems"][0]["overall"]["counts"]
    return "\n".join(
        [
            "# Accuracy, held out",
            "",
            f"`{COMMAND}`, from the ratios in `*.heldout.csv`; no media are read.",
            "",
            f"{counts['genuine']} genuine and {counts['forged']} forged clips of "
            f"{found['collections']} collections, as they are and re-encoded to 480p. Every ratio "
            "is of a network that was not trained on the clip's collection; every sum is by "
            f"weights that saw nothing of its group ({found['groups']} groups, which share no "
            "collection, no method of forging and no person). Intervals: bootstrap over people, "
            "95%. The copies of different detectors were made with somewhat different settings of "
            "the encoder.",
            "",
            "**Read with care:** here genuine clips are small and forged ones large, so that "
            "codec, size, length and frame rate alone ('metadata') tell them apart better than any "
            "detector does. 'Alike' is the AUC among pairs of a forged and a genuine clip that "
            "metadata can't tell apart; 'luck' is the upper end of what shuffled labels give. A "
            "detector counts in the sum only if the intervals of both its AUC and of 'alike' lie "
            "over .50, on originals and on the copies it was run on. Methods are measured against "
            "all genuine clips, collections and people among themselves; people of one clip are "
            "left out.",
            "",
            *_combination(found),
            *(line for version in found["versions"] for line in _version(version)),
            "## What each adds to the sum",
            "",
            *_added(found),
            "",
            *_indicators(found),
        ]
    )  # fmt: skip


def _combination(found: dict[str, Any]) -> Iterator[str]:
    chosen = found["combination"]
    yield from ("## The sum", "", "| detector | weight |", "|---|---|")
    yield from (f"| `{name}` | {weight:.2f} |" for name, weight in chosen["weights"].items())
    yield ""
    points = ", ".join(
        f"{name} {one['llr']:.2f} (at most {one['false_alarms']:.1%} of genuine clips)"
        for name, one in chosen["thresholds"].items()
    )
    yield f"Cut off at {chosen['bound']:.2f} either way. Thresholds: {points}."
    yield ""


def _version(version: dict[str, Any]) -> Iterator[str]:
    control = version["metadata_control"]
    yield from (f"## {_words(version['name'])}", "")
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
    for kind in KINDS:
        yield from (f"### {_words(version['name'])}, by {kind}", "")
        yield from _parts(version["systems"], kind)
        yield ""


HEAD = ("", "judged", "AUC", "metadata", "alike", "luck", "all files", "EER", "TPR 1%", "TPR 5%")
COSTS = ("", "false alarms at the threshold", "detected", "of all forged", "Cllr", "least Cllr",
         "ECE", "abstained", "failed")  # fmt: skip


def _row(system: dict[str, Any]) -> list[str]:
    overall, control = system["overall"], system["control"]
    found, counts = overall["separation"], overall["counts"]
    judged = f"{counts['judged_genuine']}+{counts['judged_forged']}"
    if found is None:
        return [f"`{system['name']}`", judged, *[NONE] * (len(HEAD) - 2)]
    return [
        f"`{system['name']}`", judged, _interval(found["auc"]),
        NONE if control is None else _number(control["metadata_auc"]),
        NONE if control is None else _interval(control["matched"]),
        NONE if control is None else _number(control["shuffled"]["high"]),
        _number(found["covered_auc"]), _percent(found["eer"]), _percent(found["tpr_at_1"]),
        _percent(found["tpr_at_5"]),
    ]  # fmt: skip


def _cost_row(system: dict[str, Any]) -> list[str]:
    overall = system["overall"]
    decided, cost = overall["decisions"], overall["cost"] or {}
    return [
        f"`{system['name']}`",
        *(_percent(decided[key]) for key in ("false_alarms", "detections", "detections_of_all")),
        *(_number(cost.get(key)) for key in ("cllr", "min_cllr", "ece")),
        _percent(overall["abstention_rate"]), _percent(overall["failure_rate"]),
    ]  # fmt: skip


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
    head = ("detector", "version", "counts", "judged", "AUC", "all files", "TPR 1%", "TPR 5%",
            "Cllr")  # fmt: skip
    rows = []
    for one in found["added"]:
        sides = one["with_it"], one["without"]
        rows.append(
            [
                f"`{one['detector']}`", one["version"], "yes" if one["counted"] else "no",
                _change(sides, "counts", lambda c: str(c["judged_genuine"] + c["judged_forged"])),
                _change(sides, "separation", lambda s: _number(s["auc"]["value"])),
                _change(sides, "separation", lambda s: _number(s["covered_auc"])),
                _change(sides, "separation", lambda s: _percent(s["tpr_at_1"])),
                _change(sides, "separation", lambda s: _percent(s["tpr_at_5"])),
                _change(sides, "cost", lambda c: _number(c["cllr"])),
            ]
        )  # fmt: skip
    yield "The sum with the detector and, after the arrow, without it; '-' where nothing is left."
    yield ""
    yield from _table(head, rows)


def _change(sides: Sequence[dict[str, Any]], key: str, show: Any) -> str:
    shown = [NONE if side[key] is None else show(side[key]) for side in sides]
    return " → ".join(shown)


def _indicators(found: dict[str, Any]) -> Iterator[str]:
    """Say what it would bring to learn from abstentions, and why that is left out."""
    yield from ("## What an abstention means", "")
    other = found["with_indicators"]
    if other is None or other["separation"] is None:
        yield (
            "A detector that abstains adds 0. Whether its silence itself should count was not "
            "measured: no detector counts."
        )
    else:
        own = _system(found, FUSED)["overall"]
        yield (
            "A detector that abstains adds 0. A sum that also learns what its silence means (one "
            "more column a detector, and an offset) reaches, on originals, an AUC of "
            f"{_number(other['separation']['auc']['value'])} and a Cllr of "
            f"{_number(other['cost']['cllr'])}, against "
            f"{_number(own['separation']['auc']['value'])} and {_number(own['cost']['cllr'])}. It "
            "is left out either way: that a clip has no sound or a small face says from which "
            "collection it is, and nothing of forgery."
        )
    yield ""


def _system(found: dict[str, Any], name: str, version: int = 0) -> dict[str, Any]:
    systems: list[dict[str, Any]] = found["versions"][version]["systems"]
    return next(system for system in systems if system["name"] == name)


README = ("", "weight", "clips judged", "AUC (95%)", "alike", "EER", "TPR at 1% / 5% FPR",
          "false alarms / detected at the threshold", "Cllr (least)", "AUC at 480p")  # fmt: skip


def readme(found: dict[str, Any]) -> str:
    """Return the table of the README, with the sentence above it."""
    control = found["versions"][0]["metadata_control"]["auc"]
    counts = found["versions"][0]["systems"][0]["overall"]["counts"]
    rows = [_readme_row(found, system["name"]) for system in found["versions"][0]["systems"]]
    return "\n".join(
        [
            f"{counts['genuine']} genuine and {counts['forged']} forged clips of "
            f"{found['collections']} collections, each scored by networks and weights that saw "
            f"nothing of its collection (`{COMMAND}`, "
            "[accuracy.md](benchmarks/results/accuracy.md)). Codec, size, length and frame rate "
            f"alone reach an AUC of {_interval(control)} there; 'alike' is the AUC among pairs "
            "that these can't tell apart. Weight 0: shown, and not counted.",
            "",
            *_table(README, rows),
        ]
    )


def _readme_row(found: dict[str, Any], name: str) -> list[str]:
    system = _system(found, name)
    copies = [one for one in found["versions"][1]["systems"] if one["name"] == name]
    overall, control = system["overall"], system["control"]
    apart, decided, cost, counts = (
        overall[key] for key in ("separation", "decisions", "cost", "counts")
    )
    weight = found["combination"]["weights"].get(name)
    judged = f"{counts['judged_genuine']}+{counts['judged_forged']}"
    lead = [f"`{name}`", NONE if weight is None else f"{weight:.2f}", judged]
    if apart is None:
        return [*lead, *[NONE] * (len(README) - 3)]
    second = copies[0]["overall"]["separation"] if copies else None
    return [
        *lead, _interval(apart["auc"]), NONE if control is None else _interval(control["matched"]),
        _percent(apart["eer"]), f"{_percent(apart['tpr_at_1'])} / {_percent(apart['tpr_at_5'])}",
        f"{_percent(decided['false_alarms'])} / {_percent(decided['detections'])}",
        NONE if cost is None else f"{_number(cost['cllr'])} ({_number(cost['min_cllr'])})",
        NONE if second is None else _number(second["auc"]["value"]),
    ]  # fmt: skip


def in_readme(text: str, found: dict[str, Any]) -> str:
    """Return the README with its table renewed; raises ValueError when a marker is missing."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError(f"README.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{readme(found)}\n{END}{after}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _words(version: str) -> str:
    return "Originals" if version == "original" else f"Copies at {version}"


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
    weights = found["combination"]["weights"]
    rows = [[f"`{name}`", f"{weight:.2f}", _why(found, name)] for name, weight in weights.items()]
    thresholds = [
        [name, f"{one['false_alarms']:.1%}", f"{one['llr']:.2f}"]
        for name, one in found["combination"]["thresholds"].items()
    ]
    sums = [
        [_words(version["name"]), *_row(system)[1:], *_cost_row(system)[1:4]]
        for number, version in enumerate(found["versions"])
        for system in (_system(found, FUSED, number),)
    ]
    return "\n".join(
        [
            f"`{COMMAND}` ([accuracy.md](../../benchmarks/results/accuracy.md))",
            "",
            *_table(("detector", "weight", "why"), rows),
            "",
            f"The sum is cut off at {found['combination']['bound']:.2f} either way.",
            "",
            *_table(("sensitivity", "false alarms on genuine clips", "threshold"), thresholds),
            "",
            *_table(("the sum on", *HEAD[1:], *COSTS[1:4]), sums),
            "",
        ]
    )


def _why(found: dict[str, Any], name: str) -> str:
    """Say why a detector counts or does not, by the version on which it does worst."""
    for number, version in enumerate(found["versions"]):
        where = _words(version["name"]).lower()
        systems = [system["name"] for system in version["systems"]]
        system = _system(found, name, number) if name in systems else None
        if number and system is None:
            continue  # it was not run on copies
        if system is None or system["overall"]["separation"] is None:
            return f"{where}: judged no clips of both classes"
        if not system["calibrated"]:
            return "every ratio is 0: it informs and weighs nothing"
        area, control = system["overall"]["separation"]["auc"], system["control"]
        if area["low"] <= 0.5:
            return f"{where}: no better than a coin, AUC {_interval(area)}"
        if control is None or control["matched"]["low"] <= 0.5:
            alike = NONE if control is None else _interval(control["matched"])
            return f"{where}: no clear margin where metadata are alike, AUC {alike}"
    first = _system(found, name)
    return (
        f"counts: AUC {_interval(first['overall']['separation']['auc'])}, where metadata are alike "
        f"{_interval(first['control']['matched'])}"
    )
