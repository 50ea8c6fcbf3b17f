"""The line learns from tracks and from pairs, and from nothing that was held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_screen.detectors.face_artifact import texture
from media_screen.detectors.face_artifact.forged import NAMES
from media_screen.weights.linear import LinearModel
from tests.training.test_face_artifact import POINTS, picture, source
from training import columns
from training.face_artifact import export, line
from training.face_artifact.crops import Crop, CropSource
from training.face_artifact.line import MeasureTable
from training.face_artifact.settings import TextureLine

SEEN, BLENDED, BORROWED = 3, 40, len(texture.NAMES) + 7  # measures that tell something
STRENGTH = {"of_texture": TextureLine(3e-3, 1.0), "of_features": TextureLine(1e-1, 0.5)}


def sources() -> list[CropSource]:
    genuine = [source(f"real_video/{n}", collection=f"c{n % 4}") for n in range(12)]
    return genuine + [source(f"fake_video/{n}", method=f"m{n % 4}") for n in range(12)]


def measures(seed: int = 0) -> MeasureTable:
    """Four views of one track of each file; blends move another measure than forgeries do."""
    rng = np.random.default_rng(seed)
    paths = [one.path for one in sources() for _ in range(4)]
    values = rng.normal(0, 1, (len(paths), len(NAMES))).astype(np.float32)
    fake = np.array([path.startswith("fake") for path in paths])
    values[fake, SEEN] += 2
    values[fake, BORROWED] += 2
    pairs = rng.normal(0, 1, (60, 1, len(NAMES))).repeat(2, axis=1).astype(np.float32)
    pairs[:, 1, BLENDED] += 1
    return MeasureTable(
        values,
        np.array(paths),
        np.full(len(paths), "original"),
        np.zeros(len(paths), int),
        pairs,
        np.array([f"real_video/{n % 12}" for n in range(60)]),
    )


@pytest.fixture(scope="module")
def fitted() -> LinearModel:
    return line.fit(measures(), sources(), **STRENGTH)


def test_what_tells_tracks_and_what_tells_blends_both_count(fitted: LinearModel) -> None:
    weights = np.array(fitted.weights)
    of_texture = weights[: len(texture.NAMES)]
    assert set(np.argsort(-of_texture)[:2]) == {SEEN, BLENDED}
    assert int(weights[len(texture.NAMES) :].argmax()) + len(texture.NAMES) == BORROWED


def test_forged_tracks_that_it_never_saw_score_higher(fitted: LinearModel) -> None:
    others = measures(seed=1)
    raw = fitted.raw(others.values)
    fake = np.array([path.startswith("fake") for path in others.path])
    assert raw[fake].mean() > raw[~fake].mean() + 0.2


def test_files_that_are_held_out_change_nothing() -> None:
    kept = sources()[:10] + sources()[12:22]
    gone = {one.path for one in sources()} - {one.path for one in kept}
    spoilt = measures()
    spoilt.values[[path in gone for path in spoilt.path]] = 1e3
    spoilt.pairs[[path in gone for path in spoilt.pair_path]] = 1e3
    assert line.fit(spoilt, kept, **STRENGTH) == line.fit(measures(), kept, **STRENGTH)


def test_measures_survive_their_file(tmp_path: Path) -> None:
    columns.save(tmp_path / "measures.npz", measures())
    read = columns.load(tmp_path / "measures.npz", MeasureTable)
    assert line.fit(read, sources(), **STRENGTH) == line.fit(measures(), sources(), **STRENGTH)


def test_crops_are_measured_with_blends_of_the_genuine_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line, "measure", lambda crops: np.stack([c[::8, ::8, 0] for c in crops]))
    monkeypatch.setattr(line, "PAIRS", {"real_video": 3})
    known = [source("real_video/a"), source("real_video/b"), source("fake_video/c", method="Swap")]
    lines = [
        Crop(one.path, "original", 0, 0.0, 100.0, 0.0, 1.0, 0.5, POINTS)
        for one in known
        for _ in range(3)
    ]
    pixels = np.stack([picture(number) for number in range(len(lines))])
    found = line.measures(lines, pixels, known, {one.path: 0 for one in known})
    assert sorted(set(found.path.tolist())) == [
        one.path for one in sorted(known, key=lambda s: s.path)
    ]
    assert found.pair_path.tolist() == ["real_video/a"] * 3 + ["real_video/b"] * 3
    assert all((genuine != blend).any() for genuine, blend in found.pairs)


def test_photographs_are_told_from_drawings_made_of_them() -> None:
    known = [source(f"real_video/{n}") for n in range(8)]
    lines = [
        Crop(one.path, "original", 0, 0.0, 100.0, 0.0, 1.0, 0.5, POINTS)
        for one in known
        for _ in range(3)
    ]
    pixels = np.stack([picture(number) for number in range(len(lines))])
    found, told = export.fit_photographic(lines, pixels, known)
    assert found.names == texture.NAMES and "drawings by filters found" in told
    assert (found.raw([texture.measure(one) for one in pixels]) > 0).mean() > 0.9
