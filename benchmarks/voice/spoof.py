"""Scores held-out windows with the folds' networks and with the baseline, and tabulates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.voice import baseline, own
from benchmarks.voice.own import PersonWindow
from media_screen.arrays import Doubles, Flags, Rows
from media_screen.evaluation import calibration, metrics
from media_screen.fusion.thresholds import DECLARED_THRESHOLD as TEN_TO_ONE
from training import columns, settings
from training.voice_spoof.line import fit_line, scores
from training.voice_spoof.prepare import CONDITIONS, Prepared, load_prepared
from training.voice_spoof.train import Fold, read_config, test_rows, training_rows

FALSE_ALARMS, FEW = 0.05, 0.01  # at which detection is given beside the shipped threshold


@dataclass(frozen=True)
class ScoredWindows:
    """Scores of held-out windows by network and baseline, and what each window is.

    `new_family`, `new_collection` and `new_file` say what of a window the network of the fold had
    not been trained on.
    """

    net: Doubles
    baseline: Doubles
    fake: Flags
    condition: Rows
    family: npt.NDArray[np.str_]
    system: npt.NDArray[np.str_]
    collection: npt.NDArray[np.str_]
    web: Flags
    fold: Rows
    new_family: Flags
    new_collection: Flags
    new_file: Flags
    made_here: Flags

    def take(self, keep: Flags) -> ScoredWindows:
        """Return the kept windows."""
        return columns.take(self, keep)


# What is left out together, and so how hard the test is.
PROTOCOLS: dict[str, Callable[[ScoredWindows], Flags]] = {
    "unseen collections and unseen systems": lambda data: np.where(
        data.fake, data.new_family & ~data.made_here, data.new_collection
    ),
    "unseen collections, systems seen in others": lambda data: (
        data.new_collection & ~(data.fake & (data.new_family | data.made_here))
    ),
    "unseen systems, collections seen": lambda data: np.where(
        data.fake, data.new_family & ~data.made_here, data.new_file & ~data.new_collection
    ),
    "unseen collections, speech synthesised here": lambda data: np.where(
        data.fake, data.new_family & data.made_here, data.new_collection
    ),
}
HARDEST, MADE_HERE = next(iter(PROTOCOLS)), "unseen collections, speech synthesised here"


def score_folds(work: Path) -> tuple[ScoredWindows, list[PersonWindow]]:
    """Score every held-out window: lines are fitted where they are not there yet."""
    config = read_config(settings.path_of("voice_spoof"))
    data = load_prepared(work / "prepared")
    found: list[ScoredWindows] = []
    spoken: list[PersonWindow] = []
    for fold in config.folds:
        taught = training_rows(data, fold)
        checkpoint = work / "lines" / f"fold{fold.number}.safetensors"
        line = fit_line(data, taught, config.shrink, checkpoint)
        rows = test_rows(data, fold)
        values = scores(line, data, rows)
        found.append(_scored(data, rows, fold, values, baseline.scores(data, taught, rows)))
        spoken += own.windows_of_people(data, rows, fold, values)
    joined = (np.concatenate([getattr(one, name) for one in found]) for name in _FIELDS)
    return ScoredWindows(*joined), spoken


_FIELDS = tuple(ScoredWindows.__dataclass_fields__)


def _scored(data: Prepared, rows: Any, fold: Fold, net: Any, gmm: Any) -> ScoredWindows:
    sounds = [data.sound(row) for row in rows]
    return ScoredWindows(
        net=net,
        baseline=gmm,
        fake=np.array([sound.fake for sound in sounds]),
        condition=np.array([data.rows[row].condition for row in rows]),
        family=np.array([sound.family for sound in sounds]),
        system=np.array([sound.system for sound in sounds]),
        collection=np.array([sound.collection for sound in sounds]),
        web=np.array([sound.web for sound in sounds]),
        fold=np.full(len(sounds), fold.number),
        new_family=np.array([sound.family in fold.families for sound in sounds]),
        new_collection=np.array([sound.collection in fold.collections for sound in sounds]),
        new_file=np.array([fold.spares(sound) for sound in sounds]),
        made_here=np.array([sound.made_here for sound in sounds]),
    )


def class_weights(data: ScoredWindows) -> Doubles:
    """Weigh each collection (of genuine) and family (of synthetic) by the root of its size.

    A collection of one clip counts for one clip, and a large one does not drown the rest.
    """
    names = np.where(data.fake, data.family, data.collection)
    return np.asarray(1.0 / np.sqrt(columns.occurrences(names)), np.float64)


def calibrate(found: ScoredWindows) -> dict[str, Any]:
    """Fit the score of held-out windows, of all conditions, to a log-likelihood ratio."""
    data = found.take(PROTOCOLS[HARDEST](found))
    fitted = calibration.fit(data.net, data.fake, weights=class_weights(data))
    # Windows of one system or one collection are not independent of each other, so what supports
    # a ratio is their number, by the rule of succession (see `calibration.fit`).
    kinds = min(len(set(data.family[data.fake])), len(set(data.collection[~data.fake])))
    bound = math.log(kinds + 1)
    clean = data.take(data.condition == 0)
    genuine = np.percentile(data.net[~data.fake], np.arange(0, 101, 2))
    return {
        "slope": round(fitted.slope, 4),
        "offset": round(fitted.offset, 4),
        "bound": round(bound, 3),
        "genuine_percentiles": genuine.round(4).tolist(),
        "windows": {"genuine": int(np.sum(~clean.fake)), "synthetic": int(clean.fake.sum())},
    }


def ratios(raw: Doubles, record: dict[str, Any]) -> Doubles:
    """Return the calibrated ratios of scores."""
    bound = record["bound"]
    return np.asarray(np.clip(record["slope"] * raw + record["offset"], -bound, bound))


def measures(data: ScoredWindows, llrs: Doubles, raw: str = "net") -> dict[str, Any]:
    """Return the measures of one set of windows; rates of the threshold are of the llrs."""
    values = getattr(data, raw)
    area = metrics.bootstrap(
        metrics.auc, values, data.fake, groups=data.collection.tolist(), rounds=300
    )
    return {
        "genuine": int(np.sum(~data.fake)),
        "synthetic": int(data.fake.sum()),
        "auc": round(area.value, 3),
        "auc_interval": [round(area.low, 3), round(area.high, 3)],
        "eer": round(metrics.eer(values, data.fake), 3),
        "detected_at_5": round(metrics.tpr_at_fpr(values, data.fake, FALSE_ALARMS), 3),
        "detected_at_1": round(metrics.tpr_at_fpr(values, data.fake, FEW), 3),
        "false_alarms": round(metrics.false_alarm_rate(llrs, data.fake, TEN_TO_ONE), 3),
        "detected": round(metrics.detection_rate(llrs, data.fake, TEN_TO_ONE), 3),
        "genuine_over_even": round(float(np.mean(llrs[~data.fake] > 0)), 3),
        "synthetic_over_even": round(float(np.mean(llrs[data.fake] > 0)), 3),
        "cllr": round(metrics.cllr(llrs, data.fake), 3),
        "min_cllr": round(metrics.min_cllr(values, data.fake), 3),
    }


def tables(
    found: ScoredWindows, spoken: Sequence[PersonWindow], record: dict[str, Any]
) -> dict[str, Any]:
    """Return the measures by protocol and condition, and of the hardest protocol by kind."""
    data = found.take(PROTOCOLS[HARDEST](found))
    llrs = ratios(data.net, record)
    beside = calibration.fit(data.baseline, data.fake, weights=class_weights(data))
    parts = {name: found.take(of(found)) for name, of in PROTOCOLS.items()}
    here = parts[MADE_HERE]
    return {
        "protocols": {
            name: _by_condition(part, ratios(part.net, record)) for name, part in parts.items()
        },
        "baseline": {
            name: _by_condition(part, np.array([beside.llr(x) for x in part.baseline]), "baseline")
            for name, part in parts.items()
        },
        "families": _each(data, llrs, data.family),
        "made_here": _each(here, ratios(here.net, record), here.system),
        "systems": _each(data, llrs, data.system),
        "collections": _genuine(data, llrs, data.collection),
        "genuine": _genuine(data, llrs, np.where(data.web, "web", "other")),
        "pairs": own.paired(spoken),
        "own_recordings": own.beside_own(spoken, usual=record["genuine_percentiles"][25]),
    }


def _by_condition(
    data: ScoredWindows, llrs: Doubles, raw: str = "net"
) -> dict[str, dict[str, Any]]:
    rows = {}
    for number, name in enumerate(CONDITIONS):
        keep = data.condition == number
        rows[name] = measures(data.take(keep), llrs[keep], raw)
    return rows


def _each(data: ScoredWindows, own: Doubles, names: Any) -> dict[str, Any]:
    """Return for each family or system of synthetic speech its separation from all genuine."""
    rows = {}
    for name in np.unique(names[data.fake]).tolist():
        row: dict[str, Any] = {}
        for number, condition in enumerate(CONDITIONS):
            keep = (data.condition == number) & (~data.fake | (names == name))
            part, llrs = data.take(keep), own[keep]
            row[condition] = {
                "windows": int(part.fake.sum()),
                "auc": round(metrics.auc(part.net, part.fake), 3),
                "baseline_auc": round(metrics.auc(part.baseline, part.fake), 3),
                "eer": round(metrics.eer(part.net, part.fake), 3),
                "detected_at_5": round(metrics.tpr_at_fpr(part.net, part.fake, FALSE_ALARMS), 3),
                "detected": round(metrics.detection_rate(llrs, part.fake, TEN_TO_ONE), 3),
            }
        rows[name] = row
    return rows


def _genuine(data: ScoredWindows, own: Doubles, names: Any) -> dict[str, Any]:
    """Return how often genuine speech of each name reaches the threshold, and even odds."""
    rows = {}
    for name in np.unique(names[~data.fake]).tolist():
        row: dict[str, Any] = {}
        for number, condition in enumerate(CONDITIONS):
            llrs = own[~data.fake & (data.condition == number) & (names == name)]
            row[condition] = {
                "windows": len(llrs),
                "false_alarms": round(float(np.mean(llrs >= TEN_TO_ONE)), 3),
                "over_even": round(float(np.mean(llrs > 0)), 3),
            }
        rows[name] = row
    return rows


def markdown(result: dict[str, Any], calibration_record: dict[str, Any]) -> Sequence[str]:
    """Return the tables as lines of Markdown."""
    lines: list[str] = []
    for name, rows in result["protocols"].items():
        lines += [f"### Network, {name}", "", *_condition_table(rows), ""]
        beside = _condition_table(result["baseline"][name])
        lines += [f"### LFCC-GMM baseline, {name}", "", *beside, ""]
    for title, key in (("family", "families"), ("system", "systems")):
        lines += [f"### Network, {HARDEST}, by {title}", "", *_each_table(result[key], title), ""]
    made = _each_table(result["made_here"], "system")
    lines += [f"### Network, {MADE_HERE}, by system", "", *made, ""]
    for title, key in (("kind", "genuine"), ("collection", "collections")):
        lines += [
            f"### Genuine speech by {title}",
            "",
            "Windows over even odds, and at the threshold where any is.",
            "",
            *_genuine_table(result[key], title),
            "",
        ]
    lines += [
        *own.markdown(result["pairs"], result["own_recordings"]),
    ]
    bound = calibration_record["bound"]
    lines += [
        "",
        f"The threshold is ten to one, {TEN_TO_ONE}; ratios of "
        f"this detector alone reach {bound} at most.",
    ]
    return lines


def _condition_table(rows: dict[str, Any]) -> list[str]:
    head = (
        "| | genuine / synthetic | AUC (95%) | EER | detected at 5% / 1% false alarms | "
        "genuine / synthetic over even odds | false alarms / detected at the threshold | "
        "Cllr | min Cllr |"
    )
    lines = [head, "|" + "---|" * 9]
    for name, row in rows.items():
        low, high = row["auc_interval"]
        lines.append(
            f"| {name} | {row['genuine']} / {row['synthetic']} | {row['auc']} ({low} to {high})"
            f" | {row['eer']:.1%} | {row['detected_at_5']:.0%} / {row['detected_at_1']:.0%}"
            f" | {row['genuine_over_even']:.0%} / {row['synthetic_over_even']:.0%}"
            f" | {row['false_alarms']:.1%} / {row['detected']:.0%}"
            f" | {row['cllr']} | {row['min_cllr']} |"
        )
    return lines


def _each_table(rows: dict[str, Any], title: str) -> list[str]:
    cell = "AUC [LFCC-GMM], detected at 5% (threshold)"
    head = " | ".join(f"{name}: {cell}" for name in CONDITIONS)
    lines = [f"| {title} | windows | {head} |", "|" + "---|" * (2 + len(CONDITIONS))]
    for name, row in rows.items():
        cells = " | ".join(
            f"{one['auc']:.2f} [{one['baseline_auc']:.2f}], {one['detected_at_5']:.0%} "
            f"({one['detected']:.0%})"
            for one in row.values()
        )
        lines.append(f"| {name} | {row[CONDITIONS[0]]['windows']} | {cells} |")
    return lines


def _genuine_table(rows: dict[str, Any], title: str) -> list[str]:
    lines = [
        f"| {title} | windows | {' | '.join(CONDITIONS)} |",
        "|" + "---|" * (2 + len(CONDITIONS)),
    ]
    for name, row in rows.items():
        cells = " | ".join(
            f"{one['over_even']:.0%}"
            + (f" ({one['false_alarms']:.0%})" if one["false_alarms"] else "")
            for one in row.values()
        )
        lines.append(f"| {name} | {row[CONDITIONS[0]]['windows']} | {cells} |")
    return lines
