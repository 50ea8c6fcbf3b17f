"""Finds the faces of large collections of still pictures once, and who is who among them.

Two collections: face crops of DFDC in which a forged picture lies beside its genuine original of
the same frame (i-Shreyansh/DeepFake-Detection), and genuine portraits of very many people
(UTKFace). A folder of work gets `stills.npz`: the name, five points and identity embedding of each.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media_screen.arrays import Floats, Image

PADDING = 48  # px round a tight crop, so that a face that fills it is found
RING = 20  # px at the edge of a DFDC crop, outside of the face, which forging leaves alone
# Mean difference, levels of 255, of the edges of a pair: above, the crops are of different frames.
SAME_FRAME = 6.0
# How many times as much the middle of a pair must differ as its edges: below, it is the sound that
# was forged, and the picture is genuine.
CHANGED = 1.6
CHANGED_LEAST = 4.0  # levels of 255


@dataclass(frozen=True)
class StillTable:
    """Columns of equal length: pictures with one sure face.

    `points` are (n, 10) px of the picture, `embeddings` (n, 128) of unit length.
    """

    names: tuple[str, ...]
    points: Floats
    embeddings: Floats


def dfdc_pairs(folder: Path) -> dict[str, list[str]]:
    """Return the names of the forged crops of each genuine one."""
    with (folder / "metadata.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    genuine = {row["videoname"] for row in rows if row["label"] == "REAL"}
    pairs: dict[str, list[str]] = {name: [] for name in sorted(genuine)}
    for row in rows:
        if row["label"] == "FAKE" and row["original"] in genuine:
            pairs[row["original"]].append(row["videoname"])
    return pairs


def crop_file(folder: Path, name: str) -> Path:
    """Return where the crop of a DFDC clip lies."""
    return folder / "faces_224" / f"{Path(name).stem}.jpg"


def is_changed(genuine: Image, forged: Image) -> bool:
    """Say whether a pair shows the same frame, with another face in its middle."""
    apart = np.abs(genuine.astype(np.float32) - forged).mean(axis=2)
    middle = apart[RING:-RING, RING:-RING]
    edges = (apart.sum() - middle.sum()) / (apart.size - middle.size)
    inner = apart[60:-60, 60:-60].mean()
    return bool(edges < SAME_FRAME and inner > max(CHANGED_LEAST, CHANGED * edges))


def find_faces(paths: Sequence[Path]) -> StillTable:
    """Return the points and embeddings of the pictures with exactly one face that is sure."""
    import cv2

    from media_screen.faces.align import align
    from media_screen.faces.detect import FaceDetector
    from media_screen.faces.embed import FaceEmbedder
    from media_screen.weights import nets

    nets.limit_threads(1)
    detector, embedder = FaceDetector.load(), FaceEmbedder.load()
    names, points, embeddings = [], [], []
    for path in paths:
        picture = cv2.imread(str(path))
        if picture is None:
            continue
        rgb = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
        padded = np.pad(rgb, ((PADDING, PADDING), (PADDING, PADDING), (0, 0)), "edge")
        found = detector.detect([padded])[0]
        if not found or (len(found) > 1 and found[1].score > 0.7 * found[0].score):
            continue
        landmarks = found[0].landmarks - PADDING
        names.append(path.name)
        points.append(landmarks.ravel())
        embeddings.append(embedder.embed([align(rgb, landmarks)])[0])
    return StillTable(
        tuple(names),
        np.array(points, np.float32).reshape(-1, 10),
        np.array(embeddings, np.float32).reshape(-1, 128),
    )


def aligned(picture: Image, points: Floats) -> tuple[Image, Floats]:
    """Return the upright 256 px crop of a tight picture, mirrored at its edges, and its points."""
    import cv2

    from media_screen.faces.align import CROP_SIDE, REFERENCE, similarity

    landmarks = points.reshape(5, 2)
    matrix = similarity(landmarks, REFERENCE)
    crop = cv2.warpAffine(
        picture,
        matrix,
        (CROP_SIDE, CROP_SIDE),
        flags=cv2.INTER_AREA if abs(matrix[0, 0]) < 1 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    moved = landmarks @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(crop, np.uint8), np.asarray(moved.ravel(), np.float32)
