"""Cuts the faces out of all labelled media once, as the scan cuts them, and keeps them in a store.

A store is a folder: `crops.u8` (n x 256 x 256 x 3 bytes, RGB) and `faces.csv` (a line for each).
Every clip is looked over by the same code that screens files, as it is and as re-encoded copies, so
what the network is trained and judged on is what it will be given. Stopping and starting again goes
on after the last file that was written.
"""

from __future__ import annotations

import csv
import functools
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Floats, Image
from training.face_artifact.copies import COPIES, Copy, reencode
from training.manifest import MediaRow, read_media_rows

if TYPE_CHECKING:
    from media_screen.faces.align import Quality
    from media_screen.faces.track import Track
    from media_screen.look import Looker


ORIGINAL = "original"
SHAPE = (256, 256, 3)
KINDS = ("real_video", "fake_video", "real_face", "fake_face", "real_other", "real_dubbed")
# Stills of the media that are drawings, paintings, statues or masks (seen by eye): the test.
DRAWINGS = frozenset(
    f"makeittalk-{number:04d}"
    for number in (2, 6, 7, 10, 14, 18, 23, 30, 37, 38, 42, 44, 45, 47, 52)
)
MOST = 120  # crops kept of one file and version, evenly spread: a minute says no more than that


@dataclass(frozen=True)
class Crop:
    """One line of `faces.csv`: where a crop comes from and how good the view is.

    The mouth and eyes are given in px of the crop, as the five points of the aligned face.
    """

    path: str
    version: str
    track: int
    time_s: float
    size_px: float
    yaw_deg: float
    inside: float
    sharpness: float
    points: str  # ten numbers, x and y of eyes, nose and mouth corners, px of the crop

    @property
    def landmarks(self) -> Floats:
        """The five points, (5, 2)."""
        return np.array(self.points.split(), np.float32).reshape(5, 2)


@dataclass(frozen=True)
class CropSource:
    """One labelled file: its row in the manifest, reduced to what training needs."""

    path: str
    kind: str
    method: str
    identity: str
    collection: str
    sha256: str
    clean: bool = True  # the label holds for every face of the file, and these are photographed
    person: str = ""  # who is shown, where faces of several collections were compared

    @property
    def stem(self) -> str:
        """The name of the file without its ending."""
        return self.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]

    @property
    def fake(self) -> bool:
        """Whether the file shows a forged or generated face."""
        return self.kind.startswith("fake")


def read_sources(media: Path, more: Path | None = None) -> list[CropSource]:
    """Return the labelled files with faces; those with shifted sound alone count as genuine.

    `more` is the folder that `training.media` laid out.
    """
    if more is not None:
        known = _people()
        own = [replace(one, person=known.get(one.stem, "")) for one in read_sources(media)]
        return [*own, *(replace(one, person=one.identity) for one in read_sources(more))]
    return [
        CropSource(
            path=row.path,
            kind="real_video" if row.shifted else row.kind,
            method=row.method,
            identity=row.identity,
            collection=row.collection,
            sha256=row.sha256,
            clean=_is_clean(row),
        )
        for row in read_media_rows(media)
        if row.kind in KINDS
    ]


@functools.cache
def _people() -> dict[str, str]:
    """Return who is shown by files whose face was found in other collections, by their stem."""
    from training.media.people import PEOPLE

    with PEOPLE.open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row["identity"] for row in csv.DictReader(stream, delimiter="\t")}


def _is_clean(row: MediaRow) -> bool:
    """Say whether a file may teach: panels show the genuine face too, and statues are no faces."""
    drawn = Path(row.path).stem in DRAWINGS or "non-photo" in row.note
    return not drawn and (row.layout in ("", "single") or not row.fake)


def build(media: Path, store: Path, *, workers: int = 2, kinds: str = "") -> Iterator[str]:
    """Fill a store with the crops of all files and yield a line for each file that was added.

    With `kinds` only files of kinds that end so are taken ("video").
    """
    store.mkdir(parents=True, exist_ok=True)
    done = {line.strip() for line in _lines(store / "done.txt")}
    wanted = [
        source
        for source in read_sources(media)
        if source.path not in done and source.kind.endswith(kinds)
    ]
    rows = {row.path: row for row in read_media_rows(media)}
    table, pixels = store / "faces.csv", store / "crops.u8"
    _forget_unfinished(table, pixels)
    with (
        ProcessPoolExecutor(workers) as pool,
        table.open("a", newline="") as lines,
        pixels.open("ab") as data,
    ):
        writer = csv.writer(lines)
        if not table.stat().st_size:
            writer.writerow(field.name for field in fields(Crop))
        jobs = pool.map(_crops_of, [media / s.path for s in wanted], [rows[s.path] for s in wanted])
        for source, (crops, images, why) in zip(wanted, jobs, strict=True):
            for crop in crops:
                writer.writerow(astuple(crop))
            data.write(images.tobytes())
            lines.flush()
            data.flush()
            with (store / "done.txt").open("a") as stream:
                stream.write(source.path + "\n")
            yield f"{source.path}: {len(crops)} crops{why}"


def read(store: Path) -> tuple[list[Crop], Image]:
    """Return the lines of a store and its crops as a memory map, (n, 256, 256, 3)."""
    crops = read_lines(store)
    pixels = np.memmap(store / "crops.u8", np.uint8, "r").reshape(-1, *SHAPE)
    if len(pixels) < len(crops):
        raise ValueError(f"{store}: {len(crops)} lines, but {len(pixels)} crops")
    return crops, pixels[: len(crops)]


def read_lines(store: Path) -> list[Crop]:
    """Return the lines of a store, without its pictures."""
    with (store / "faces.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return [
        Crop(
            path=row[0],
            version=row[1],
            track=int(row[2]),
            time_s=float(row[3]),
            size_px=float(row[4]),
            yaw_deg=float(row[5]),
            inside=float(row[6]),
            sharpness=float(row[7]),
            points=row[8],
        )
        for row in rows
    ]


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []


def _forget_unfinished(table: Path, pixels: Path) -> None:
    """Cut both files back to the same number of crops, after a run that was stopped."""
    table.touch()
    pixels.touch()
    lines = table.read_text().splitlines()
    whole = min(max(0, len(lines) - 1), pixels.stat().st_size // int(np.prod(SHAPE)))
    table.write_text("".join(line + "\n" for line in lines[: whole + 1]) if lines else "")
    with pixels.open("r+b") as stream:
        stream.truncate(whole * int(np.prod(SHAPE)))


def _crops_of(path: Path, row: MediaRow) -> tuple[list[Crop], Image, str]:
    """Return the crops of one file and of its re-encoded copies, and why some are missing."""
    import av

    if row.moments:
        return _moments_of(path, row)
    name = row.path
    crops: list[Crop] = []
    images: list[Image] = []
    why = ""
    still = path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp")
    versions: Sequence[Copy | None] = (None,) if still else (None, *COPIES)
    with tempfile.TemporaryDirectory() as folder:
        for copy in versions:
            clip = path
            try:
                if copy is not None:
                    clip = Path(folder) / f"{copy.name}.mp4"
                    reencode(path, clip, copy)
                _add(_tracks(clip), name, copy.name if copy else ORIGINAL, crops, images)
            except (av.FFmpegError, RuntimeError, ValueError) as error:
                why = f" ({error})"
    return crops, np.asarray(images, dtype=np.uint8), why


def _moments_of(path: Path, row: MediaRow) -> tuple[list[Crop], Image, str]:
    """Return one face at each of some moments of a clip, as it is."""
    from training.media.clips import Panel, find_faces

    found = find_faces(path, Panel.read(row.panel), moments=int(row.moments))
    crops = [_line(row.path, ORIGINAL, 0, one.time_s, one.quality, one.points) for one in found]
    images = np.array([one.crop for one in found], np.uint8).reshape(-1, *SHAPE)
    return crops, images, "" if found else " (no face)"


def _tracks(path: Path) -> Sequence[Track]:
    from media_screen.media import Media

    with Media.open(path, threads=1) as media:
        return _looker().look(media).tracks


def _add(
    tracks: Sequence[Track], name: str, version: str, crops: list[Crop], images: list[Image]
) -> None:
    from media_screen.faces.align import REFERENCE, similarity

    faces = [(track.id, face) for track in tracks for face in track.faces]
    keep = np.unique(np.linspace(0, len(faces) - 1, min(MOST, len(faces))).round().astype(int))
    for index in keep:
        track, face = faces[index]
        matrix = similarity(face.landmarks, REFERENCE)
        points = face.landmarks @ matrix[:, :2].T + matrix[:, 2]
        crops.append(_line(name, version, track, face.time_s, face.quality, points))
        images.append(face.crop)


def _line(
    name: str, version: str, track: int, time_s: float, quality: Quality, points: Floats
) -> Crop:
    return Crop(
        name,
        version,
        track,
        round(time_s, 3),
        round(quality.size_px, 1),
        round(quality.yaw_deg, 1),
        round(quality.inside, 3),
        round(quality.sharpness, 4),
        " ".join(f"{number:.1f}" for number in points.ravel()),
    )


@functools.cache
def _looker() -> Looker:
    """Return the face networks of this process, opened once, on one thread."""
    from media_screen.look import Looker
    from media_screen.weights import nets

    nets.limit_threads(1)
    return Looker()
