"""Packs faces to train on into a few small files that travel to a machine with a GPU.

A pack is a folder: `items.npz` (one row a face) and `faces-N.bin` (their JPEG pictures one after
another, at most 56 MB a file).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from media_screen.arrays import Floats, Image
from training.face_artifact.forging import KEPT, LEFT, TOP, fit_points

DFDC_GENUINE, DFDC_FORGED, STILL, CLIP_GENUINE, CLIP_FORGED = range(5)
PART = 56_000_000  # bytes of a file
QUALITY = 90  # of JPEG, the same for every face
ITEMS = "items.npz"


@dataclass(frozen=True)
class PackedFace:
    """One aligned face: its picture, kind, and what it is trained and judged with.

    `points` are ten px of the 256 px crop; `source` names the genuine face that a forged one was
    made from, `clip` its clip, `group` the method or collection it counts for, `fold` its fold.
    """

    name: str
    crop: Image
    points: Floats
    kind: int
    source: str = ""
    clip: str = ""
    group: str = ""
    fold: int = -1


@dataclass(frozen=True)
class Items:
    """Columns of equal length: a row for each face of a pack; `source` is a row, or -1."""

    name: npt.NDArray[np.str_]
    kind: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]
    clip: npt.NDArray[np.str_]
    group: npt.NDArray[np.str_]
    fold: npt.NDArray[np.int64]
    maps: Floats
    part: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


def write(faces: Iterable[PackedFace], folder: Path) -> Items:
    """Write a pack and return its rows."""
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    part, offset = 0, 0
    stream = (folder / "faces-0.bin").open("wb")
    for face in faces:
        kept = face.crop[TOP : TOP + KEPT, LEFT : LEFT + KEPT, ::-1]
        _, data = cv2.imencode(".jpg", kept, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if offset + data.size > PART:
            stream.close()
            part, offset = part + 1, 0
            stream = (folder / f"faces-{part}.bin").open("wb")
        stream.write(data.tobytes())
        rows.append(
            {
                "name": face.name,
                "kind": face.kind,
                "source": face.source,
                "clip": face.clip,
                "group": face.group,
                "fold": face.fold,
                "maps": face.points,
                "part": part,
                "offset": offset,
                "length": data.size,
            }
        )
        offset += data.size
    stream.close()
    places = {row["name"]: number for number, row in enumerate(rows)}
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    columns["source"] = np.array([places.get(row["source"], -1) for row in rows])
    columns["maps"] = fit_points(columns["maps"])
    items = Items(**columns)
    np.savez_compressed(folder / ITEMS, **columns)  # type: ignore[arg-type]
    return items


def read_items(folder: Path) -> Items:
    """Return the rows of a pack."""
    with np.load(folder / ITEMS, allow_pickle=False) as kept:
        return Items(**{field.name: kept[field.name] for field in fields(Items)})


def read_pictures(folder: Path, items: Items, *, workers: int) -> npt.NDArray[np.uint8]:
    """Return the pictures of all rows, (n, 208, 208, 3) RGB."""
    import cv2

    result = np.empty((len(items.name), KEPT, KEPT, 3), np.uint8)

    def decode(chosen: npt.NDArray[np.int64], data: bytes) -> None:
        for row in chosen:
            start = items.offset[row]
            coded = np.frombuffer(data, np.uint8, items.length[row], start)
            picture: Any = cv2.imdecode(coded, cv2.IMREAD_COLOR)
            result[row] = picture[..., ::-1]

    with ThreadPoolExecutor(workers) as pool:
        jobs = []
        for chosen, data in _parts(folder, items):
            jobs += [pool.submit(decode, rows, data) for rows in np.array_split(chosen, workers)]
        for job in jobs:
            job.result()
    return result


def _parts(folder: Path, items: Items) -> Iterator[tuple[npt.NDArray[np.int64], bytes]]:
    for part in np.unique(items.part):
        yield np.flatnonzero(items.part == part), (folder / f"faces-{part}.bin").read_bytes()
