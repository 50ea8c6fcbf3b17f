"""Scores held-out windows with the folds' networks and with the baseline, and tabulates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.voice import baseline
from media_screen import weights
from media_screen.evaluation import calibration, metrics
from media_screen.fusion import DECLARED_THRESHOLD as TEN_TO_ONE
from media_screen.training.voice_spoof.prepare import CONDITIONS, Prepared, load_prepared
from media_screen.training.voice_spoof.train import (
    fit,
    read_config,
    scores,
    test_rows,
    training_rows,
)

FALSE_ALARMS = 0.05  # at which the detection rate is given beside that of the shipped threshold


@dataclass(frozen=True)
class Scored:
    """Scores of held-out windows by network and baseline, and what each window is."""

    net: npt.NDArray[np.float64]
    baseline: npt.NDArray[np.float64]
    fake: npt.NDArray[np.bool_]
    condition: npt.NDArray[np.intp]
    family: npt.NDArray[np.str_]
    system: npt.NDArray[np.str_]
    collection: npt.NDArray[np.str_]
    web: npt.NDArray[np.bool_]

    def take(self, keep: npt.NDArray[np.bool_]) -> Scored:
        """Return the kept windows."""
        return Scored(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


def score_folds(work: Path) -> Scored:
    """Score every held-out window: nets are trained where they are not there yet."""
    config = read_config(weights.models_dir() / "voice_spoof" / "train.toml")
    train, test = (load_prepared(work / "prepared", which) for which in ("train", "test"))
    parts = []
    for number, fold in enumerate(config.folds):
        own = training_rows(train, fold)
        net = fit(train, own, config, work / "nets" / f"fold{number}.safetensors")
        mixtures = baseline.fit(train, own)
        rows = test_rows(test, fold)
        windows = [test.features(int(row)) for row in rows]
        parts.append(_scored(test, rows, scores(net, windows), baseline.scores(mixtures, windows)))
    return Scored(
        *(np.concatenate([getattr(one, name) for one in parts]) for name in Scored.__annotations__)
    )


def _scored(data: Prepared, rows: Any, net: Any, gmm: Any) -> Scored:
    sounds = [data.sounds[data.rows[row].sound] for row in rows]
    return Scored(
        net=net,
        baseline=gmm,
        fake=np.array([sound.fake for sound in sounds]),
        condition=np.array([data.rows[row].copy for row in rows]),
        family=np.array([sound.family for sound in sounds]),
        system=np.array([sound.system for sound in sounds]),
        collection=np.array([sound.collection for sound in sounds]),
        web=np.array([sound.web for sound in sounds]),
    )


def class_weights(data: Scored) -> npt.NDArray[np.float64]:
    """Weigh each collection (of genuine) and family (of synthetic) by the root of its size.

    A collection of one clip counts for one clip, and a large one does not drown the rest.
    """
    names = np.where(data.fake, data.family, data.collection)
    _, place, counts = np.unique(names, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / np.sqrt(counts[place]), np.float64)


def calibrate(data: Scored) -> dict[str, Any]:
    """Fit the score of held-out windows, of all conditions, to a log-likelihood ratio."""
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


def measures(data: Scored, llrs: npt.NDArray[np.float64], raw: str = "net") -> dict[str, Any]:
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
        "false_alarms": round(metrics.false_alarm_rate(llrs, data.fake, TEN_TO_ONE), 3),
        "detected": round(metrics.detection_rate(llrs, data.fake, TEN_TO_ONE), 3),
        "cllr": round(metrics.cllr(llrs, data.fake), 3),
        "min_cllr": round(metrics.min_cllr(values, data.fake), 3),
    }


def ratios(raw: npt.NDArray[np.float64], record: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Return the calibrated ratios of scores."""
    bound = record["bound"]
    return np.asarray(np.clip(record["slope"] * raw + record["offset"], -bound, bound))


def tables(data: Scored, record: dict[str, Any]) -> dict[str, Any]:
    """Return the measures by condition, by family, by system and of genuine speech by kind."""
    own = ratios(data.net, record)
    beside = calibration.fit(data.baseline, data.fake, weights=class_weights(data))
    gmm = np.array([beside.llr(value) for value in data.baseline])
    by_condition, by_condition_gmm = {}, {}
    for number, name in enumerate(CONDITIONS):
        keep = data.condition == number
        by_condition[name] = measures(data.take(keep), own[keep])
        by_condition_gmm[name] = measures(data.take(keep), gmm[keep], "baseline")
    clean = data.condition == 0
    genuine = clean & ~data.fake
    return {
        "conditions": by_condition,
        "baseline": by_condition_gmm,
        "families": _each(data, own, clean, data.family),
        "systems": _each(data, own, clean, data.system),
        "collections": {
            name: {
                "windows": int(np.sum(genuine & (data.collection == name))),
                "false_alarms": round(
                    float(np.mean(own[genuine & (data.collection == name)] >= TEN_TO_ONE)),
                    3,
                ),
                "over_even": round(float(np.mean(own[genuine & (data.collection == name)] > 0)), 3),
            }
            for name in np.unique(data.collection[genuine]).tolist()
        },
        "genuine": {
            name: round(float(np.mean(own[genuine & (data.web == web)] >= TEN_TO_ONE)), 3)
            for name, web in (("web", True), ("other", False))
        },
    }


def _each(
    data: Scored, own: npt.NDArray[np.float64], clean: npt.NDArray[np.bool_], names: Any
) -> dict[str, Any]:
    """Return for each family or system of synthetic speech its separation from all genuine."""
    rows = {}
    for name in np.unique(names[clean & data.fake]).tolist():
        keep = clean & (~data.fake | (names == name))
        part = data.take(keep)
        rows[name] = {
            "windows": int(part.fake.sum()),
            "auc": round(metrics.auc(part.net, part.fake), 3),
            "eer": round(metrics.eer(part.net, part.fake), 3),
            "detected_at_5": round(metrics.tpr_at_fpr(part.net, part.fake, FALSE_ALARMS), 3),
            "detected": round(metrics.detection_rate(own[keep], part.fake, TEN_TO_ONE), 3),
        }
    return rows


def markdown(result: dict[str, Any], calibration_record: dict[str, Any]) -> Sequence[str]:
    """Return the tables as lines of Markdown."""
    head = (
        "| | genuine / synthetic | AUC (95%) | EER | detected at 5% false alarms | "
        "false alarms at the threshold | detected there | Cllr | min Cllr |"
    )
    lines = []
    for title, key in (("Network", "conditions"), ("LFCC-GMM baseline", "baseline")):
        lines += [f"### {title}, by channel", "", head, "| --- " * 9 + "|"]
        for name, row in result[key].items():
            low, high = row["auc_interval"]
            lines.append(
                f"| {name} | {row['genuine']} / {row['synthetic']} | {row['auc']} ({low} to {high})"
                f" | {row['eer']:.1%} | {row['detected_at_5']:.0%} | {row['false_alarms']:.1%} | "
                f"{row['detected']:.0%} | {row['cllr']} | {row['min_cllr']} |"
            )
        lines.append("")
    for title, key in (("family", "families"), ("system", "systems")):
        lines += [f"### Network, clean, by {title} of synthesis", "",
                  f"| {title} | windows | AUC | EER | detected at 5% | detected at the threshold |",
                  "| --- " * 6 + "|"]  # fmt: skip
        lines += [
            f"| {name} | {row['windows']} | {row['auc']} | {row['eer']:.1%} | "
            f"{row['detected_at_5']:.0%} | {row['detected']:.0%} |"
            for name, row in result[key].items()
        ]
        lines.append("")
    lines += ["### Genuine speech, clean, by collection", "",
              "| collection | windows | at the threshold | over even odds |",
              "| --- " * 4 + "|"]  # fmt: skip
    lines += [
        f"| {name} | {row['windows']} | {row['false_alarms']:.1%} | {row['over_even']:.0%} |"
        for name, row in result["collections"].items()
    ]
    bound = calibration_record["bound"]
    lines += ["", f"The threshold is ten to one, {TEN_TO_ONE}; ratios of "
              f"this detector alone reach {bound} at most."]  # fmt: skip
    return lines
