"""Tells forged mouths from genuine ones by lines that saw nothing of their method or collection."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.ratios import Ratio
from media_screen.arrays import Doubles, Flags
from media_screen.detectors.lip_sync.forged import NAMES
from media_screen.evaluation import calibration, controls, metrics
from media_screen.media import Media, MediaError
from media_screen.weights.calibration import Calibration
from training import columns
from training.face_artifact.crops import read_sources
from training.lip_sync import line
from training.lip_sync.line import LineTable
from training.lip_sync.prepare import COPY, ORIGINAL, PSEUDO, TrainingClip

VERSIONS = (ORIGINAL, COPY)
FALSE_ALARMS = 0.05
DIGITS = 4


@dataclass(frozen=True, eq=False)
class HeldScores:
    """Held-out scores of n clips and versions; `group` is what was held out together."""

    path: npt.NDArray[np.str_]
    version: npt.NDArray[np.str_]
    raw: Doubles
    fake: Flags
    method: npt.NDArray[np.str_]
    collection: npt.NDArray[np.str_]
    group: npt.NDArray[np.int_]

    def take(self, keep: Flags) -> HeldScores:
        """Return the kept rows."""
        return columns.take(self, keep)


def held_out(
    table: LineTable, clips: Sequence[TrainingClip], groups: Mapping[str, int]
) -> HeldScores:
    """Return the pooled scores of clips, of both versions and of pseudo-fakes."""
    of_path = {clip.path: clip for clip in clips}
    pooled = line.by_clip(table, line.held_out(table))
    rows = [(path, version, raw, of_path[path]) for (path, version), raw in pooled.items()]
    return HeldScores(
        path=np.array([path for path, *_ in rows]),
        version=np.array([version for _, version, *_ in rows]),
        raw=np.array([raw for _, _, raw, _ in rows]),
        fake=np.array([clip.fake or version == PSEUDO for _, version, _, clip in rows]),
        method=np.array([line.method_of(clip) for *_, clip in rows]),
        collection=np.array([clip.collection for *_, clip in rows]),
        group=np.array([groups[path] for path, *_ in rows]),
    )


def judged(held: HeldScores) -> HeldScores:
    """Return what the measure is for: genuine clips against lip-sync and driven faces, no swaps."""
    swaps = np.array([line.is_swap(method) for method in held.method])
    return held.take(~swaps & (held.version != PSEUDO))


def fit(held: HeldScores) -> Calibration:
    """Fit score to ratio on held-out scores of originals and copies.

    The bound counts groups, not clips: those of one method or collection are not independent.
    """
    keys = np.where(held.fake, held.method, held.collection)
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    fitted = calibration.fit(held.raw, held.fake, weights=1.0 / np.sqrt(counts[place]))
    kinds = min(len(set(held.method[held.fake])), len(set(held.collection[~held.fake])))
    return Calibration(
        round(fitted.slope, DIGITS), round(fitted.offset, DIGITS), round(math.log(kinds + 1), 3)
    )


def videos(media: Path) -> dict[str, str]:
    """Return the hash of each genuine and forged video, with sound or without, by its path."""
    return {one.path: one.sha256 for one in read_sources(media) if one.kind.endswith("video")}


def ratios(held: HeldScores, hashes: Mapping[str, str], *, counts: bool) -> list[Ratio]:
    """Return a line for each video and version, calibrated without the group of the clip.

    A video without sound or a mouth in view has no ratio. With `counts` False the measure weighs
    nothing, and each ratio is 0.
    """
    use = judged(held)
    lines = {group: fit(use.take(use.group != group)) for group in np.unique(held.group).tolist()}
    found = {
        (path, version): (raw, lines[group].llr(raw) if counts else 0.0)
        for path, version, raw, group in zip(
            held.path.tolist(),
            held.version.tolist(),
            held.raw.tolist(),
            held.group.tolist(),
            strict=True,
        )
    }
    return [
        Ratio(sha256, version, *found[path, version])
        if (path, version) in found
        else Ratio(sha256, version)
        for path, sha256 in hashes.items()
        for version in VERSIONS
    ]


def tables(held: HeldScores, table: LineTable, media: Path, threshold: float) -> dict[str, Any]:
    """Return the measures of both versions, of each method and collection, and the controls."""
    use = judged(held)
    fitted = fit(use)
    result: dict[str, Any] = {}
    for version in VERSIONS:
        own = use.take(use.version == version)
        if own.fake.all() or not own.fake.any():  # no copies were made
            continue
        llrs = np.array([fitted.llr(raw) for raw in own.raw])
        result[version] = _measures(own) | {
            "false_alarms": _rate(llrs[~own.fake], threshold),
            "detected": _rate(llrs[own.fake], threshold),
        }
    original = use.take(use.version == ORIGINAL)
    return {
        "versions": result,
        "methods": _methods(held.take(held.version == ORIGINAL)),
        "collections": _collections(original),
        "pseudo": _pseudo(held),
        "controls": _controls(original, media),
        "single": _single(table),
    }


def _rate(llrs: Doubles, threshold: float) -> float:
    return round(float(np.mean(llrs >= threshold)), 3)


def _measures(own: HeldScores) -> dict[str, Any]:
    area = metrics.bootstrap(metrics.auc, own.raw, own.fake, groups=own.group.tolist(), rounds=300)
    return {
        "genuine": int((~own.fake).sum()),
        "forged": int(own.fake.sum()),
        "auc": round(area.value, 3),
        "auc_interval": [round(area.low, 3), round(area.high, 3)],
        "detected_at_5": round(metrics.tpr_at_fpr(own.raw, own.fake, FALSE_ALARMS), 3),
    }


def _methods(held: HeldScores) -> dict[str, Any]:
    """Return for each method its separation from all genuine clips."""
    line_at_5 = float(np.quantile(held.raw[~held.fake], 1 - FALSE_ALARMS))
    rows = {}
    for method in sorted(set(held.method[held.fake].tolist())):
        part = held.take(~held.fake | (held.method == method))
        forged = part.raw[part.fake]
        rows[method] = {
            "clips": len(forged),
            "auc": round(metrics.auc(part.raw, part.fake), 3),
            "over_5_percent_line": round(float(np.mean(forged > line_at_5)), 3),
        }
    return rows


def _collections(held: HeldScores) -> dict[str, Any]:
    """Return for each genuine collection how many of its clips lie among the highest 5%."""
    genuine = held.take(~held.fake)
    line_at_5 = float(np.quantile(genuine.raw, 1 - FALSE_ALARMS))
    return {
        name: {
            "clips": int((genuine.collection == name).sum()),
            "false_alarms": round(
                float(np.mean(genuine.raw[genuine.collection == name] > line_at_5)), 3
            ),
        }
        for name in sorted(set(genuine.collection.tolist()))
    }


def _pseudo(held: HeldScores) -> dict[str, Any]:
    """Return how often a pseudo-fake scores higher than the very clip it was made from."""
    keys = zip(held.path.tolist(), held.version.tolist(), strict=True)
    scores = dict(zip(keys, held.raw.tolist(), strict=True))
    pairs = [
        (raw, scores[path, ORIGINAL])
        for (path, version), raw in scores.items()
        if version == PSEUDO and (path, ORIGINAL) in scores
    ]
    if not pairs:
        return {"pairs": 0}
    forged, genuine = np.array(pairs).T
    return {"pairs": len(pairs), "share": round(metrics.paired_share(forged, genuine), 3)}


def _controls(own: HeldScores, media: Path) -> dict[str, Any]:
    """Return the area of the files' technical facts alone, groups held out, and that of luck."""
    infos, keep = [], []
    for row, path in enumerate(own.path.tolist()):
        try:
            with Media.open(media / path, threads=1) as opened:
                infos.append(opened.info)
                keep.append(row)
        except MediaError:
            continue
    part = own.take(np.array(keep))
    names = [str(group) for group in part.group]
    scores = controls.metadata_scores(infos, part.fake, names)
    luck = controls.shuffled_auc(part.raw, part.fake)
    return {
        "metadata_auc": round(metrics.auc(scores, part.fake), 3),
        "alike_auc": round(controls.matched_auc(part.raw, part.fake, scores), 3),
        "shuffled": [round(luck.low, 3), round(luck.high, 3)],
    }


def _single(table: LineTable) -> dict[str, float]:
    """Return the area of each measure alone over windows of originals, higher meaning forged."""
    swaps = np.array([line.is_swap(method) for method in table.method])
    use = table.take((table.version == ORIGINAL) & ~swaps)
    return {
        name: round(metrics.auc(use.values[:, column], use.fake), 3)
        for column, name in enumerate(NAMES)
    }
