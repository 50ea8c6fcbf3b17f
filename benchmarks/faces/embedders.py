"""Compares face embedders: how well they tell people apart, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faces.nets import embed, facenet_input, import_mtcnn, open_session, unit
from benchmarks.faces.pairs import Pairs, mean_rows
from benchmarks.faces.sights import FaceSight
from media_screen.arrays import Array, Image
from media_screen.faces import align

# A still of Face-Mask-Detection whose crop is covered less than this is of its East Asian part.
TIGHT_INSIDE = 0.62


def verification(same: Array, different: Array) -> dict[str, float]:
    """Return AUC and the share of same-person pairs above the 1e-3 quantile of the others."""
    ranks = np.searchsorted(np.sort(different), same)
    threshold = float(np.quantile(different, 0.999))
    return {
        "auc": round(float(ranks.mean() / len(different)), 4),
        "tar": round(float((same > threshold).mean()), 3),
        "threshold": round(threshold, 3),
    }


def embedder_table(
    vectors: Mapping[str, Array], groups: Mapping[str, Sequence[int]], pairs: Pairs
) -> list[dict[str, Any]]:
    """Return verification figures of each net, their fusion, flips and frame counts."""
    table = []
    for frames in (1, 4, 12):
        means = {name: mean_rows(rows, groups, frames) for name, rows in vectors.items()}
        cosines = {
            name: np.sum(rows[pairs.left] * rows[pairs.right], axis=1)
            for name, rows in means.items()
        }
        for weight in (0.7, 0.5):
            cosines[f"{weight} SFace + {1 - weight:.1f} FaceNet"] = (
                weight * cosines["SFace"] + (1 - weight) * cosines["FaceNet"]
            )
        for name, cosine in cosines.items():
            different = cosine[~pairs.same]
            entry: dict[str, Any] = {"embedder": name, "frames": frames}
            entry |= verification(cosine[pairs.same & ~pairs.session], different)
            entry["tar_same_session"] = verification(cosine[pairs.session], different)["tar"]
            table.append(entry)
    return table


def east_asian_table(
    sights: Sequence[FaceSight], vectors: Mapping[str, Array], threshold: float
) -> dict[str, Any]:
    """Return what the unlabelled East Asian stills tell of SFace and FaceNet."""
    chosen = [
        index
        for index, sight in enumerate(sights)
        if "face-mask-detection" in sight.path and sight.quality.inside < TIGHT_INSIDE
    ]
    names = np.array([sights[index].identity for index in chosen])
    left, right = np.triu_indices(len(chosen), 1)
    same = (names[left] == names[right]) & (names[left] != "")
    result: dict[str, Any] = {"stills": len(chosen), "same_pairs": int(same.sum())}
    for name in ("SFace", "FaceNet"):
        rows = vectors[name][chosen]
        cosine = np.sum(rows[left] * rows[right], axis=1)
        result[name] = {
            "auc_lower_bound": round(verification(cosine[same], cosine[~same])["auc"], 3),
            "same_mean": round(float(cosine[same].mean()), 3),
            "same_p05": round(float(np.quantile(cosine[same], 0.05)), 3),
        }
    cosine = np.sum(vectors["SFace"][chosen][left] * vectors["SFace"][chosen][right], axis=1)
    result["tar_at_threshold"] = round(float((cosine[same] > threshold).mean()), 3)
    result["above_threshold_upper_bound"] = round(float((cosine[~same] > threshold).mean()), 4)
    between = (names[left] != names[right]) & (names[left] != "") & (names[right] != "")
    result["man_woman_max"] = round(float(cosine[between].max()), 3)
    return result


def same_clip_table(
    sights: Sequence[FaceSight], rows: Array, groups: Mapping[str, Sequence[int]], threshold: float
) -> dict[str, Any]:
    """Return the cosines of the first and the last third of each clip of at least 3 s."""
    cosines = []
    for members in groups.values():
        times = np.array([sights[index].time_s for index in members])
        if len(members) < 6 or times[-1] - times[0] < 3.0:
            continue
        third = (times[-1] - times[0]) / 3
        early = [index for index, at in zip(members, times, strict=True) if at <= times[0] + third]
        late = [index for index, at in zip(members, times, strict=True) if at >= times[-1] - third]
        pair = unit(np.array([rows[early].mean(axis=0), rows[late].mean(axis=0)]))
        cosines.append(float(pair[0] @ pair[1]))
    values = np.array(cosines)
    return {
        "clips": len(values),
        "mean": round(float(values.mean()), 3),
        "least": round(float(values.min()), 3),
        "tar": round(float((values > threshold).mean()), 3),
    }


def time_table(weights: Path, crops: Sequence[Image]) -> list[dict[str, Any]]:
    """Return the time a face of each net relative to SFace in onnxruntime, one thread."""
    import torch

    facenet_pytorch = import_mtcnn()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    model = facenet_pytorch.InceptionResnetV1(pretrained=None).eval()
    batch = np.asarray(crops[:8])
    sface = open_session(weights / "face_embedder/sface.onnx", threads=1)
    facenet = open_session(weights / "compared/facenet.onnx", threads=1)
    wide, narrow = facenet_input(batch), align.embedder_input(batch)

    def torch_run() -> None:
        with torch.inference_mode():
            model(torch.from_numpy(wide))

    runs: dict[str, Callable[[], object]] = {
        "SFace, onnxruntime (chosen)": lambda: sface.run(None, {"face": narrow}),
        "FaceNet, onnxruntime": lambda: facenet.run(None, {"face": wide}),
        "FaceNet, torch": torch_run,
    }
    least = {name: least_time(run) for name, run in runs.items()}
    first = next(iter(least.values()))
    return [{"net": name, "time": round(value / first, 2)} for name, value in least.items()]


def least_time(run: Callable[[], object], repeats: int = 15) -> float:
    """Return the shortest time of several runs, s, which other work disturbs least."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def half_width_error(weights: Path, crops: Sequence[Image]) -> float:
    """Return the largest loss of cosine from storing SFace's weights in 16 bits."""
    full = weights.parent / f"{weights.name}-float32/face_embedder/sface.onnx"
    if not full.is_file():
        return float("nan")
    half = embed(open_session(weights / "face_embedder/sface.onnx"), align.embedder_input, crops)
    return float(
        np.max(1 - np.sum(half * embed(open_session(full), align.embedder_input, crops), axis=1))
    )
