"""Gathers what a network is trained on from the store of crops and the collections of stills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.faces.track import evenly
from training.face_artifact import pack
from training.face_artifact.crops import ORIGINAL, Crop, CropSource
from training.face_artifact.folds import SAME_METHOD
from training.face_artifact.score import tracks_of
from training.media import dfdc
from training.media.stills import StillTable, aligned, crop_file, find_faces

FACES_OF_CLIP = 12
PORTRAITS = 4_200  # stills of other people, drawn by chance
_SEED = 5


def faces(
    lines: Sequence[Crop],
    pixels: Image,
    sources: Sequence[CropSource],
    folds: Mapping[str, int],
    *,
    dfdc_folder: Path,
    portraits: Path,
) -> Iterator[pack.PackedFace]:
    """Yield the faces of a pack: of DFDC, portraits, and the clips that may teach."""
    yield from _of_dfdc(dfdc_folder)
    yield from _of_portraits(portraits)
    yield from _of_clips(lines, pixels, sources, folds)


def _of_dfdc(folder: Path) -> Iterator[pack.PackedFace]:
    rows = [row for row in dfdc.read_table() if row.split == dfdc.TAUGHT]
    points = points_of(find_faces([crop_file(folder, row.name) for row in rows]))
    for row in rows:
        if row.name not in points:
            continue
        crop, moved = aligned(dfdc.read_crop(folder, row.name), points[row.name])
        yield pack.PackedFace(f"genuine {row.name}", crop, moved, pack.DFDC_GENUINE)
        for name in row.forgeries:  # of the same frame: its points are those of the genuine face
            forged, _ = aligned(dfdc.read_crop(folder, name), points[row.name])
            source = f"genuine {row.name}"
            yield pack.PackedFace(f"forged {name}", forged, moved, pack.DFDC_FORGED, source=source)


def points_of(table: StillTable) -> dict[str, Floats]:
    """Return the five points of each picture by its name without its ending."""
    names = (Path(name).stem for name in table.names)
    return dict(zip(names, table.points, strict=True))


def portraits_taught(folder: Path) -> list[str]:
    """Return the names of the stills that a network is trained on."""
    names = sorted(one.name for one in folder.iterdir() if one.suffix.lower() in (".jpg", ".png"))
    order = np.random.default_rng(_SEED).permutation(len(names))[:PORTRAITS]
    return [names[index] for index in order]


def _of_portraits(folder: Path) -> Iterator[pack.PackedFace]:
    import cv2

    table = find_faces([folder / name for name in portraits_taught(folder)])
    for name, points in zip(table.names, table.points, strict=True):
        picture: Any = cv2.imread(str(folder / name))
        crop, moved = aligned(np.asarray(picture[..., ::-1], np.uint8), points)
        yield pack.PackedFace(f"portrait {name}", crop, moved, pack.STILL)


def _of_clips(
    lines: Sequence[Crop],
    pixels: Image,
    sources: Sequence[CropSource],
    folds: Mapping[str, int],
) -> Iterator[pack.PackedFace]:
    taught = {one.path: one for one in sources if one.clean and one.kind.endswith("video")}
    clips: dict[str, list[int]] = {}
    for (path, version, _), group in tracks_of(lines, list(taught.values())).items():
        if version == ORIGINAL and len(group) > len(clips.get(path, ())):
            clips[path] = group
    for path, group in clips.items():
        source = taught[path]
        method = source.method.split(" (")[0]
        for index in evenly(group, FACES_OF_CLIP):
            yield pack.PackedFace(
                f"{path} {index}",
                np.array(pixels[index]),
                lines[index].landmarks.ravel(),
                pack.CLIP_FORGED if source.fake else pack.CLIP_GENUINE,
                clip=path,
                group=SAME_METHOD.get(method, method) if source.fake else source.collection,
                fold=folds[path],
            )
