"""Measures, for the thresholds of the tracker, how faces change from frame to frame."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.faces.people import base_name
from benchmarks.faces.sights import FaceSight
from media_screen.arrays import Array

GAPS = ((0.3, "< 0.3 s"), (1.0, "0.3 to 1 s"), (3.0, "1 to 3 s"), (1e9, "> 3 s"))
INSERTS = {"002", "005", "007", "011", "020", "028", "eyecantell-0005"}


def tracking_table(
    sights: Sequence[FaceSight], rows: Array, groups: Mapping[str, Sequence[int]]
) -> dict[str, Any]:
    """Return quantiles of frame-to-frame cosine and movement by gap, and between people."""
    by_gap: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    clips = {path: members for path, members in groups.items() if path.startswith("real_video")}
    # Clips with inserts of other people, which the manifest calls single.
    clips = {path: m for path, m in clips.items() if base_name(path) not in INSERTS}
    members: Sequence[int]
    for members in clips.values():
        for first, second in combinations(members, 2):
            a, b = sights[first], sights[second]
            gap = next(label for limit, label in GAPS if b.time_s - a.time_s < limit)
            width = (a.quality.size_px + b.quality.size_px) / 2
            ratio = a.quality.size_px / b.quality.size_px
            moved = math.dist(a.centre, b.centre) / width
            by_gap[gap].append((float(rows[first] @ rows[second]), moved, max(ratio, 1 / ratio)))
    result: dict[str, Any] = {"within": {}}
    for _, label in GAPS:
        values = np.array(by_gap[label])
        result["within"][label] = {
            "pairs": len(values),
            "cosine_p001_p01_p05": np.quantile(values[:, 0], (0.001, 0.01, 0.05)).round(2).tolist(),
            "moved_p50_p99_p999": np.quantile(values[:, 1], (0.5, 0.99, 0.999)).round(2).tolist(),
            "ratio_p999": round(float(np.quantile(values[:, 2], 0.999)), 2),
        }
    between = []
    for one, other in combinations(clips.values(), 2):
        if sights[one[0]].identity != sights[other[0]].identity:
            between.append((rows[one] @ rows[other].T).ravel())
    values = np.concatenate(between)
    shares = {str(limit): float((values >= limit).mean()) for limit in (0.35, 0.40, 0.45, 0.5)}
    result["between"] = {"pairs": len(values), "share_reaching": shares}
    return result
