"""Compares face detectors: what they find, how fast, and how exact the points are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faces.nets import import_mtcnn, open_session
from benchmarks.faces.sights import read_frames
from media_screen.arrays import Image
from media_screen.faces import align
from media_screen.faces.detect import FaceDetector
from media_screen.faces.landmarks import LandmarkNet
from training.manifest import MediaRow

# Upright stills of 256 px, the face about half as wide, for the test of the points.
FRONTAL_STILLS = "real_face/makeittalk"


def detector_table(media: Path, rows: Sequence[MediaRow], weights: Path) -> list[dict[str, Any]]:
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


def roll_table(media: Path, rows: Sequence[MediaRow], weights: Path) -> list[dict[str, Any]]:
    """Return how far the measured lean follows a known turn of the picture, degrees."""
    plain = FaceDetector(open_session(weights / "face_detector/yunet.onnx"))
    finders = {"YuNet": plain, "YuNet with O-Net": open_detector(weights, threads=2)}
    paths = [media / row.path for row in rows if row.path.startswith(FRONTAL_STILLS)]
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


def detection_sets(media: Path, rows: Sequence[MediaRow]) -> dict[str, list[Image]]:
    """Return pictures with one face each: stills, video frames, close-ups and small faces."""
    import cv2

    stills = [row for row in rows if row.kind == "real_face"]
    picture = [next(iter(read_frames(media / row.path, 1)))[1] for row in stills[::10]]
    frames = []
    for row in [row for row in rows if row.kind == "real_video"][::4]:
        frames.append(list(read_frames(media / row.path, 3))[-2][1])
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
