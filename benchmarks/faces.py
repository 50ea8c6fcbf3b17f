"""Compares face detectors and embedders on labelled media, and fits the calibration.

Run as `python -m benchmarks.faces --media ../shared/media --weights DIR`, where DIR was made by
`python -m media_screen.training.convert_face_weights --all --out DIR` (and, for the cost of 16-bit
storage, `--width float32 --out DIR-float32`). It writes `faces.md` and
`faces.json` beside this file's `results/`, and with `--calibration FILE` the calibration.

Times are given as ratios: the machine was shared. Papers: MTCNN, Zhang et al., IEEE SPL 2016;
calibration by logistic regression and Cllr, Bruemmer and du Preez, CSL 2006.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.faces import align
from media_screen.faces.detect import SURE_SCORE, FaceDetector
from media_screen.faces.landmarks import LandmarkNet

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[Any]

COMMAND = "python -m benchmarks.faces --media ../shared/media --weights DIR --calibration FILE"
MACHINE = "2 CPU cores, shared with other work; onnxruntime, one thread for the timing"

# Frames taken from a clip, evenly spaced.
FRAMES = {"real_video": 12, "fake_video": 4}
# Faces below this width, px, are left out of the identity pairs: too small for any embedder.
LEAST_PX = 24.0
# Widths, px, at which the calibration is fitted: one face of each pair, or both, are shrunk to it
# and stored as JPEG of quality 40. The row holds from the middle between the neighbouring widths.
SMALL_WIDTHS = (16, 24, 32)
ROW_STARTS = (0.0, 20.0, 28.0, 40.0)
# FaceNet's window of the crop, px (x, y, side); the best of 12 that were tried.
FACENET_WINDOW = (24.0, 32.0, 208.0)

# People seen in several files, found by name or by eye (the manifest gives each its own name).
SAME_PERSON: dict[str, tuple[str, ...]] = {
    "Obama": (
        "eyecantell-0002",
        "hyperlips-0001",
        "edtalk-0004",
        "lia-0004",
        "makeittalk-0025",
    ),
    "AOC": ("sadtalker-0001", "edtalk-0002"),
    "web-talking-a": ("004", "018", "027"),
    "web-talking-b": ("024", "039"),
    "web-talking-c": ("009", "025"),
    "still-natalie": ("makeittalk-0013", "makeittalk-0048"),
    "still-anne": ("makeittalk-0004", "makeittalk-0050"),
    "still-leo": ("makeittalk-0019", "makeittalk-0028", "002"),
    "still-trump": ("makeittalk-0020", "makeittalk-0027"),
    "still-dwayne": ("makeittalk-0022", "makeittalk-0036"),
    "still-emma": ("makeittalk-0026", "makeittalk-0046", "facial-expressions-0046"),
    "still-chris": ("makeittalk-0008", "makeittalk-0011"),
}
# Several people in one clip, drawings, statues, masks, and a second copy of one photograph.
LEFT_OUT = {"012", "036", "visualvoice-0002", "eyecantell-0006"} | {
    f"makeittalk-{number:04d}"
    for number in (2, 6, 7, 10, 14, 18, 23, 30, 37, 38, 42, 44, 45, 47, 52)
}
# East Asian faces among the small, tightly cut stills of Face-Mask-Detection: two people, grouped
# by both embedders and then judged by eye, so their least similar pictures may be missing.
# fmt: off
EAST_ASIAN: dict[str, tuple[int, ...]] = {
    "still-man": (
        4, 11, 15, 38, 42, 44, 107, 111, 120, 125, 133, 140, 142, 153, 180, 181, 184, 198, 208,
        215, 226, 235, 248, 253, 263, 272, 282, 291, 294,
    ),
    "still-woman": (
        34, 43, 47, 59, 62, 68, 158, 161, 179, 189, 192, 193, 206, 212, 234, 237, 260, 277, 284,
        293, 299,
    ),
}
# fmt: on
# Upright stills of 256 px, the face about half as wide, for the test of the points.
FRONTAL_STILLS = "real_face/makeittalk"
# A still of Face-Mask-Detection whose crop is covered less than this is of its East Asian part.
TIGHT_INSIDE = 0.62


@dataclass(frozen=True)
class Sight:
    """One face of one frame of one file."""

    path: str
    kind: str
    identity: str
    time_s: float
    score: float
    quality: align.Quality
    centre: tuple[float, float]
    crop: Image


# --- reading ---------------------------------------------------------------------------------


def read_manifest(media: Path) -> list[dict[str, str]]:
    """Return the rows of the manifest that show faces."""
    with (media / "manifest.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    wanted = ("real_video", "fake_video", "real_face", "fake_face")
    return [row for row in rows if row["kind"] in wanted]


def read_frames(path: Path, count: int) -> Iterator[tuple[float, Image]]:
    """Yield (time in s, RGB frame) of a picture or of evenly spaced frames of a video."""
    import av
    import cv2

    if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
        still: Any = cv2.imread(str(path))
        yield 0.0, np.ascontiguousarray(still[:, :, ::-1])
        return
    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.video[0]))
        for index in np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int)):
            frame = frames[index]
            yield float(frame.time or 0.0), frame.to_ndarray(format="rgb24")


def base_name(path: str) -> str:
    """Return the file name without its suffix."""
    return Path(path).stem


def identity_of(row: Mapping[str, str]) -> str:
    """Return who is shown, by the manifest, the tables above, or else the file itself."""
    name = base_name(row["path"])
    for identity, names in SAME_PERSON.items():
        if name in names:
            return identity
    if name.startswith("face-mask-detection-"):
        for identity, numbers in EAST_ASIAN.items():
            if int(name[-4:]) in numbers:
                return identity
        return ""
    return row["identity"] or row["path"]


def collect(
    media: Path, rows: Sequence[Mapping[str, str]], detector: FaceDetector
) -> tuple[list[Sight], dict[str, list[int]]]:
    """Return all faces of all frames, and for each kind [frames, frames with a face]."""
    sights: list[Sight] = []
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for time_s, image in read_frames(media / row["path"], FRAMES.get(row["kind"], 1)):
            found = detector.detect([image])[0]
            counts[row["kind"]][0] += 1
            counts[row["kind"]][1] += bool(found)
            for face in found:
                crop = align.align(image, face.landmarks)
                quality = align.measure_quality(
                    crop, face.landmarks, face.score, image_shape=image.shape
                )
                x0, y0, x1, y1 = face.box
                centre = ((x0 + x1) / 2, (y0 + y1) / 2)
                identity = identity_of(row)
                sights.append(
                    Sight(
                        row["path"],
                        row["kind"],
                        identity,
                        time_s,
                        face.score,
                        quality,
                        centre,
                        crop,
                    )
                )
    return sights, dict(counts)


def largest_each_frame(sights: Sequence[Sight]) -> list[Sight]:
    """Keep the widest face of each frame."""
    best: dict[tuple[str, float], Sight] = {}
    for sight in sights:
        key = (sight.path, sight.time_s)
        if key not in best or sight.quality.size_px > best[key].quality.size_px:
            best[key] = sight
    return [sight for sight in best.values() if sight.quality.size_px >= LEAST_PX]


# --- nets ------------------------------------------------------------------------------------


def open_session(path: Path, threads: int = 2) -> Any:
    """Open an ONNX file on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def facenet_input(crops: Image) -> Floats:
    """Return FaceNet's input (n, 3, 160, 160), about -1 to 1."""
    windows = align.window(crops, FACENET_WINDOW, 160).transpose(0, 3, 1, 2)
    return np.ascontiguousarray((windows.astype(np.float32) - 127.5) / 128.0)


def embed(session: Any, prepare: Callable[[Image], Floats], crops: Sequence[Image]) -> Floats:
    """Return unit-length embeddings, eight crops in a call."""
    parts = []
    for start in range(0, len(crops), 8):
        batch = prepare(np.asarray(crops[start : start + 8]))
        parts.append(session.run(None, {"face": batch})[0])
    return np.concatenate(parts)


def unit(rows: Floats) -> Floats:
    """Scale rows to unit length."""
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def import_mtcnn() -> Any:
    """Import facenet-pytorch, also where torchvision's compiled operators don't fit torch.

    Beside a CPU-only torch the registry's torchvision misses its operators: then a plain nms, which
    MTCNN uses, is put in their place before a second try.
    """
    import torch

    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.impl("nms", plain_nms, "CPU")
        extension: Any = importlib.import_module("torchvision.extension")
        extension._has_ops = lambda: True
        globals()["_nms_library"] = library  # the definition lives as long as this object
    import facenet_pytorch

    return facenet_pytorch


def plain_nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    """Return the indices of the kept boxes, best first (greedy non-maximum suppression)."""
    import torch

    order = scores.argsort(descending=True)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = []
    while order.numel():
        best, order = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[order, :2])
        high = torch.minimum(boxes[best, 2:], boxes[order, 2:])
        common = (high - low).clamp(min=0).prod(dim=1)
        order = order[common / (area[best] + area[order] - common) <= iou_threshold]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.int64)


# --- detectors -------------------------------------------------------------------------------


def detector_table(
    media: Path, rows: Sequence[Mapping[str, str]], weights: Path
) -> list[dict[str, Any]]:
    """Measure detection rates and times of YuNet and MTCNN."""
    facenet_pytorch = import_mtcnn()
    mtcnn = facenet_pytorch.MTCNN(keep_all=True, min_face_size=20)
    session = open_session(weights / "face_detector/yunet.onnx", threads=1)
    full = open_detector(weights, threads=1)
    two, one = FaceDetector(session), FaceDetector(session, coarse_side=10**6)
    finders: dict[str, Callable[[Image], int]] = {
        "YuNet, two passes, O-Net points (chosen)": lambda image: len(full.detect([image])[0]),
        "YuNet, two passes": lambda image: len(two.detect([image])[0]),
        "YuNet, fine pass": lambda image: len(one.detect([image])[0]),
        "MTCNN": lambda image: mtcnn_count(mtcnn, image),
    }
    sets = detection_sets(media, rows)
    table = []
    for name, count in finders.items():
        entry: dict[str, Any] = {"detector": name}
        spent = 0.0
        for label, images in sets.items():
            start = time.perf_counter()
            hits = sum(count(image) > 0 for image in images)
            spent += time.perf_counter() - start
            entry[label] = f"{hits}/{len(images)}"
        entry["time"] = spent
        table.append(entry)
    for entry in table[::-1]:
        entry["time"] = round(entry["time"] / table[0]["time"], 2)
    return table


def open_detector(weights: Path, *, threads: int) -> FaceDetector:
    """Open the detector as it is shipped."""
    points = LandmarkNet(open_session(weights / "face_detector/onet.onnx", threads))
    return FaceDetector(
        open_session(weights / "face_detector/yunet.onnx", threads), landmarks=points
    )


def roll_table(
    media: Path, rows: Sequence[Mapping[str, str]], weights: Path
) -> list[dict[str, Any]]:
    """Return how far the measured lean follows a known turn of the picture, degrees."""
    plain = FaceDetector(open_session(weights / "face_detector/yunet.onnx"))
    finders = {"YuNet": plain, "YuNet with O-Net": open_detector(weights, threads=2)}
    paths = [media / row["path"] for row in rows if row["path"].startswith(FRONTAL_STILLS)]
    stills = [next(iter(read_frames(path, 1)))[1] for path in paths]
    table = []
    for name, finder in finders.items():
        for side in (256, 128, 64):
            entry: dict[str, Any] = {"points": name, "face, px": side // 2}
            upright = np.array([lean(finder, framed(image, side, 0)) for image in stills])
            for turn in (-20, -10, 10, 20):
                found = np.array([lean(finder, framed(image, side, turn)) for image in stills])
                entry[f"turned by {turn}"] = round(float(np.nanmedian(found - upright)), 1)
            table.append(entry)
    return table


def framed(image: Image, side: int, turn_deg: float) -> Image:
    """Return a picture scaled to `side` px, with a grey frame, turned clockwise."""
    import cv2

    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    canvas = np.full((2 * side, 2 * side, 3), 80, dtype=np.uint8)
    canvas[side // 2 : side // 2 + side, side // 2 : side // 2 + side] = small
    matrix = cv2.getRotationMatrix2D((side, side), -turn_deg, 1)
    return np.asarray(cv2.warpAffine(canvas, matrix, (2 * side, 2 * side)), dtype=np.uint8)


def lean(finder: FaceDetector, image: Image) -> float:
    """Return the roll of the best face, degrees, or NaN."""
    faces = finder.detect([image])[0]
    if not faces:
        return math.nan
    matrix = align.similarity(faces[0].landmarks, align.REFERENCE)
    return -math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))


def mtcnn_count(mtcnn: Any, image: Image) -> int:
    """Return how many faces MTCNN finds at a score of at least 0.9."""
    boxes, scores = mtcnn.detect(np.ascontiguousarray(image))
    return 0 if boxes is None else int(np.sum(scores.astype(float) >= 0.9))


def detection_sets(media: Path, rows: Sequence[Mapping[str, str]]) -> dict[str, list[Image]]:
    """Return pictures with one face each: stills, video frames, close-ups and small faces."""
    import cv2

    stills = [row for row in rows if row["kind"] == "real_face"]
    picture = [next(iter(read_frames(media / row["path"], 1)))[1] for row in stills[::10]]
    frames = []
    for row in [row for row in rows if row["kind"] == "real_video"][::4]:
        frames.append(list(read_frames(media / row["path"], 3))[-2][1])
    sets: dict[str, list[Any]] = {"stills": picture, "video frames": frames}
    some = picture[::6]
    sets["close-ups, 1,500 px"] = [cv2.resize(image, (1500, 1500)) for image in some]
    for side in (96, 64):
        placed = []
        for image in some:
            canvas = np.full((1080, 1920, 3), 96, dtype=np.uint8)
            small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
            canvas[500 : 500 + side, 900 : 900 + side] = small
            placed.append(canvas)
        sets[f"head of {side} px in 1080p"] = placed
    return sets


# --- pairs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pairs:
    """Pairs of files: indices of both, whether one person, and of what kind."""

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    same: npt.NDArray[np.bool_]
    session: npt.NDArray[np.bool_]  # same person, but recorded in one session (MEAD)


def group_files(sights: Sequence[Sight]) -> dict[str, list[int]]:
    """Return the indices of each file's faces, of files with a known identity, in time order."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, sight in enumerate(sights):
        known = sight.kind in ("real_video", "real_face") and sight.identity
        if known and base_name(sight.path) not in LEFT_OUT and "mesonet" not in sight.path.lower():
            groups[sight.path].append(index)
    return dict(sorted(groups.items()))


def make_pairs(identities: Sequence[str]) -> Pairs:
    """Return all pairs of files."""
    left, right = np.triu_indices(len(identities), 1)
    names = np.array(identities)
    same = names[left] == names[right]
    mead = np.array([name.startswith("MEAD") for name in identities])
    return Pairs(left, right, same, same & mead[left])


def mean_rows(rows: Floats, groups: Mapping[str, Sequence[int]], frames: int) -> Floats:
    """Return the unit mean embedding of each file over at most `frames` evenly spaced frames."""
    means = []
    for members in groups.values():
        take = np.unique(np.linspace(0, len(members) - 1, frames).round().astype(int))
        means.append(rows[[members[index] for index in take]].mean(axis=0))
    return unit(np.array(means))


def verification(same: Floats, different: Floats) -> dict[str, float]:
    """Return AUC and the share of same-person pairs above the 1e-3 quantile of the others."""
    ranks = np.searchsorted(np.sort(different), same)
    threshold = float(np.quantile(different, 0.999))
    return {
        "auc": round(float(ranks.mean() / len(different)), 4),
        "tar": round(float((same > threshold).mean()), 3),
        "threshold": round(threshold, 3),
    }


def embedder_table(
    vectors: Mapping[str, Floats], groups: Mapping[str, Sequence[int]], pairs: Pairs
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
    sights: Sequence[Sight], vectors: Mapping[str, Floats], threshold: float
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
    sights: Sequence[Sight], rows: Floats, groups: Mapping[str, Sequence[int]], threshold: float
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


# --- thresholds of the tracker ----------------------------------------------------------------


def tracking_table(
    sights: Sequence[Sight], rows: Floats, groups: Mapping[str, Sequence[int]]
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


GAPS = ((0.3, "< 0.3 s"), (1.0, "0.3 to 1 s"), (3.0, "1 to 3 s"), (1e9, "> 3 s"))
INSERTS = {"002", "005", "007", "011", "020", "028", "eyecantell-0005"}


# --- calibration -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scored:
    """Cosines of pairs, whether each is of one person, and the two identities."""

    cosine: Floats
    same: npt.NDArray[np.bool_]
    left: npt.NDArray[np.str_]
    right: npt.NDArray[np.str_]

    def join(self, other: Scored) -> Scored:
        """Return the pairs of both."""
        return Scored(
            np.concatenate([self.cosine, other.cosine]),
            np.concatenate([self.same, other.same]),
            np.concatenate([self.left, other.left]),
            np.concatenate([self.right, other.right]),
        )

    def take(self, keep: npt.NDArray[np.bool_]) -> Scored:
        """Return the kept pairs."""
        return Scored(self.cosine[keep], self.same[keep], self.left[keep], self.right[keep])


def pair_weights(pairs: Scored) -> Floats:
    """Weigh each person with same-person pairs equally, each other pair equally, classes alike."""
    weights = np.zeros(len(pairs.cosine))
    people, counts = np.unique(pairs.left[pairs.same], return_counts=True)
    size = dict(zip(people.tolist(), counts.tolist(), strict=True))
    weights[pairs.same] = [1 / (size[name] * len(size)) for name in pairs.left[pairs.same].tolist()]
    weights[~pairs.same] = 1 / np.sum(~pairs.same)
    return weights


def fit_line(pairs: Scored) -> tuple[float, float]:
    """Return slope and intercept of the log-likelihood ratio (logistic regression).

    The targets of each class are softened as by Platt (1999), with the number of its people for
    that of its cases, so that a clean separation does not give an endless slope.
    """
    from sklearn.linear_model import LogisticRegression

    weights = pair_weights(pairs)
    people = len(np.unique(pairs.left[pairs.same])), len(np.unique(pairs.left))
    soft = np.where(pairs.same, 1 / (people[0] + 2), 1 / (people[1] + 2))
    features = np.concatenate([pairs.cosine, pairs.cosine])[:, None]
    target = np.concatenate([pairs.same, ~pairs.same])
    both = np.concatenate([weights * (1 - soft), weights * soft]) * len(weights)
    model = LogisticRegression(C=1e6).fit(features, target, sample_weight=both)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def cllr(llr: Floats, same: npt.NDArray[np.bool_], weights: Floats) -> float:
    """Return the cost of log-likelihood ratios in bits: 0 is perfect, 1 says nothing."""
    cost = np.where(same, np.logaddexp(0, -llr), np.logaddexp(0, llr)) / math.log(2)
    share = [np.sum((weights * cost)[part]) / np.sum(weights[part]) for part in (same, ~same)]
    return float(np.mean(share))


def left_out_cllr(pairs: Scored, limits: tuple[float, float]) -> float:
    """Return Cllr when each person's pairs are scored by a line fitted without that person."""
    llr = np.full(len(pairs.cosine), np.nan)
    for person in np.unique(pairs.left[pairs.same]):
        mine = (pairs.left == person) | (pairs.right == person)
        slope, intercept = fit_line(pairs.take(~mine))
        llr[mine] = np.clip(slope * pairs.cosine[mine] + intercept, *limits)
    seen = ~np.isnan(llr)
    return cllr(llr[seen], pairs.same[seen], pair_weights(pairs)[seen])


def limits_of(pairs: Scored) -> tuple[float, float]:
    """Return the lowest and highest log-likelihood ratio that the pairs support.

    Below: the effective number of same-person pairs (Kish, by person). Above: the number of
    different people, and never more than the number of same-person pairs.
    """
    weights = pair_weights(pairs)[pairs.same]
    effective = float(weights.sum() ** 2 / np.sum(weights**2))
    people = len(np.unique(np.concatenate([pairs.left, pairs.right])))
    return -math.log(effective), math.log(min(people, int(pairs.same.sum())))


def degrade(crop: Image, width: int, seed: int) -> Image:
    """Return a crop whose face is shrunk to `width` px, stored as JPEG, enlarged and shifted."""
    import cv2

    side = round(width / align.FACE_WIDTH * align.CROP_SIDE)
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    stored = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    decoded: Any = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    large = cv2.resize(decoded, (align.CROP_SIDE,) * 2)
    shift = np.random.default_rng(seed).normal(0, 2, 2)  # landmarks of small faces are less exact
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    return np.asarray(cv2.warpAffine(large, matrix, (align.CROP_SIDE,) * 2), dtype=np.uint8)


def score_pairs(left: Floats, right: Floats, identities: Sequence[str]) -> Scored:
    """Return all pairs of rows of two tables with equal row order, each pair once."""
    first, second = np.triu_indices(len(identities), 1)
    names = np.array(identities)
    cosine = np.sum(left[first] * right[second], axis=1)
    return Scored(cosine, names[first] == names[second], names[first], names[second])


def calibrate(
    session: Any, sights: Sequence[Sight], rows: Floats, groups: Mapping[str, Sequence[int]]
) -> dict[str, Any]:
    """Return the calibration record: a line for each range of widths, limits and Cllr."""
    identities = [sights[members[0]].identity for members in groups.values()]
    clean = mean_rows(rows, groups, 12)
    middle = [sights[members[len(members) // 2]].crop for members in groups.values()]
    large = score_pairs(clean, clean, identities)
    limits = limits_of(large)
    fitted = {ROW_STARTS[-1]: large}
    for start, width in zip(ROW_STARTS, SMALL_WIDTHS, strict=False):
        crops = [degrade(crop, width, seed) for seed, crop in enumerate(middle)]
        small = embed(session, align.embedder_input, crops)
        # Two small faces look more alike than a small and a large one: both kinds count.
        mixed = score_pairs(small, clean, identities)
        fitted[start] = mixed.join(score_pairs(small, small, identities))
    lines = []
    for start in ROW_STARTS:
        slope, intercept = fit_line(fitted[start])
        llr = np.clip(slope * fitted[start].cosine + intercept, *limits)
        own = cllr(llr, fitted[start].same, pair_weights(fitted[start]))
        lines.append(
            {
                "least_size_px": start,
                "slope": round(slope, 3),
                "intercept": round(intercept, 3),
                "cllr": round(own, 3),
                "cllr_people_left_out": round(left_out_cllr(fitted[start], limits), 3),
            }
        )
    return {
        "net": "sface.onnx",
        "meaning": "llr = slope * cosine + intercept, clipped to limits; natural logarithm",
        "rows": lines,
        "limits": [round(limit, 2) for limit in limits],
        "pairs": {
            "same": int(large.same.sum()),
            "different": int(np.sum(~large.same)),
            "people": len(set(identities)),
            "people_with_same_pairs": len(np.unique(large.left[large.same])),
        },
        "command": COMMAND,
    }


# --- times --------------------------------------------------------------------------------------


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


# --- report -------------------------------------------------------------------------------------


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows of equal keys as a Markdown table."""
    head = list(rows[0])
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(row[key]) for key in head) + " |" for row in rows]
    return "\n".join(lines)


def markdown_embedders(result: Mapping[str, Any]) -> str:
    """Return the part of the report on embedders."""
    asian, clip = result["east_asian"], result["same_clip"]
    return f"""## Embedders

{result["pairs"]["same"]} pairs of files of one person ({result["pairs"]["same_session"]} of them of
one session, MEAD), {result["pairs"]["different"]} of different people. `tar` is the share of
same-person pairs over the threshold that 1 in 1,000 pairs of different people reach, over sessions;
`tar_same_session` the same for MEAD. "flip" averages the crop and its mirror image.

{markdown_table(result["embedders"])}

{markdown_table(result["times"])}

Same clip, first against last third ({clip["clips"]} clips, easy pairs): mean cosine {clip["mean"]},
least {clip["least"]}, over the threshold {clip["tar"]:.0%}.

SFace stored in 16-bit floats differs from 32-bit by less than {result["half_width"]:.1e} in cosine.

### East Asian faces

Named East Asian people with several recordings are too few (one, MEAD M030, in one session).
Instead: {asian["stills"]} small, tightly cut stills without names, of which two people were told
by eye ({asian["same_pairs"]} pairs); the remaining pairs still hold pairs of one person, so the AUC
is a lower and the false-match rate an upper bound.

- SFace {asian["SFace"]}, FaceNet {asian["FaceNet"]}.
- At SFace's threshold of the table above: {asian["tar_at_threshold"]:.0%} of the same-person pairs
  are over it, and at most {asian["above_threshold_upper_bound"]:.1%} of the others.
"""


def markdown(result: Mapping[str, Any]) -> str:
    """Return the report."""
    tracking = result["tracking"]
    within = [{"gap": gap, **values} for gap, values in tracking["within"].items()]
    scores = [{"kind": kind, **values} for kind, values in result["detections"].items()]
    return f"""# Faces: detectors, embedders, calibration

Made by `{COMMAND}`
on {MACHINE}.
Times are ratios to the chosen net.

## Detectors

Pictures in which at least one face was found (each holds one), and time.

{markdown_table(result["detectors"])}

YuNet over all files ({FRAMES["real_video"]} frames of each genuine clip, {FRAMES["fake_video"]} of
each fake one, all stills), sure from {SURE_SCORE}; the rest is faceless, but for one still:

{markdown_table(scores)}

Lean (median, degrees) that the five points show after a known turn, 52 stills:

{markdown_table(result["rolls"])}

{markdown_embedders(result)}
## Calibration

{markdown_table(result["calibration"]["rows"])}

Limits of the log-likelihood ratio: {result["calibration"]["limits"]}.
Pairs: {result["calibration"]["pairs"]}.

## Tracking thresholds

SFace between single frames of one clip of one person, and movement in face widths:

{markdown_table(within)}

Frames of different people ({tracking["between"]["pairs"]} pairs), share reaching a cosine:
{tracking["between"]["share_reaching"]}.
"""


def measure(media: Path, weights: Path) -> dict[str, Any]:
    """Run every comparison."""
    rows = read_manifest(media)
    detectors = detector_table(media, rows, weights)
    detector = open_detector(weights, threads=2)
    every, counts = collect(media, rows, detector)
    sights = largest_each_frame(every)
    del every
    sface = open_session(weights / "face_embedder/sface.onnx")
    facenet = open_session(weights / "compared/facenet.onnx")
    sights = [sight for sight in sights if sight.kind in ("real_video", "real_face")]
    crops = [sight.crop for sight in sights]
    vectors = {
        "SFace": embed(sface, align.embedder_input, crops),
        "FaceNet": embed(facenet, facenet_input, crops),
    }
    mirrored = embed(sface, align.embedder_input, [crop[:, ::-1] for crop in crops])
    vectors["SFace, flip"] = unit(vectors["SFace"] + mirrored)
    groups = group_files(sights)
    named = {path: m for path, m in groups.items() if "face-mask-detection" not in path}
    pairs = make_pairs([sights[members[0]].identity for members in named.values()])
    table = embedder_table(vectors, named, pairs)
    threshold = next(
        row["threshold"] for row in table if (row["embedder"], row["frames"]) == ("SFace", 12)
    )
    return {
        "command": COMMAND,
        "machine": MACHINE,
        "detectors": detectors,
        "rolls": roll_table(media, rows, weights),
        "detections": {
            kind: {"frames": total, "with a face": hits} for kind, (total, hits) in counts.items()
        },
        "pairs": {
            "same": int(pairs.same.sum()),
            "same_session": int(pairs.session.sum()),
            "different": int(np.sum(~pairs.same)),
        },
        "embedders": table,
        "times": time_table(weights, crops),
        "half_width": half_width_error(weights, crops[::40]),
        "same_clip": same_clip_table(sights, vectors["SFace"], named, threshold),
        "east_asian": east_asian_table(sights, vectors, threshold),
        "tracking": tracking_table(sights, vectors["SFace"], named),
        "calibration": calibrate(sface, sights, vectors["SFace"], groups),
    }


def half_width_error(weights: Path, crops: Sequence[Image]) -> float:
    """Return the largest loss of cosine from storing SFace's weights in 16 bits."""
    full = weights.parent / f"{weights.name}-float32/face_embedder/sface.onnx"
    if not full.is_file():
        return float("nan")
    half = embed(open_session(weights / "face_embedder/sface.onnx"), align.embedder_input, crops)
    return float(
        np.max(1 - np.sum(half * embed(open_session(full), align.embedder_input, crops), axis=1))
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faces", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--weights", type=Path, required=True, help="folder of converted weights")
    parser.add_argument("--calibration", type=Path, help="also write the calibration here")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args(arguments)
    result = measure(options.media, options.weights)
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1) + "\n"
    (options.out / "faces.json").write_text(text, encoding="utf-8")
    (options.out / "faces.md").write_text(markdown(result), encoding="utf-8")
    if options.calibration:
        record = json.dumps(result["calibration"], indent=1) + "\n"
        options.calibration.write_text(record, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
