"""The line learns from tracks, and from nothing that was held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_screen.detectors.face_artifact import texture, whole
from media_screen.detectors.face_artifact.whole import NAMES
from media_screen.weights.linear import LinearModel
from tests.fakes import stand_in
from tests.training.test_face_artifact import POINTS, picture, source
from training import columns
from training.face_artifact import export, line
from training.face_artifact.crops import Crop, CropSource
from training.face_artifact.line import MeasureTable
from training.face_artifact.settings import StatesLine

TOLD, HELD = 0, 40  # measures that tell something: the opinion, and one of the states
SETTINGS = StatesLine(shrink=1e-1, told=0.3, layers=(8, 10))


def sources() -> list[CropSource]:
    genuine = [source(f"real_video/{n}", collection=f"c{n % 4}") for n in range(12)]
    return genuine + [source(f"fake_video/{n}", method=f"m{n % 4}") for n in range(12)]


def measures(seed: int = 0) -> MeasureTable:
    """Four views of one track of each file."""
    rng = np.random.default_rng(seed)
    paths = [one.path for one in sources() for _ in range(4)]
    values = rng.normal(0, 1, (len(paths), len(NAMES))).astype(np.float32)
    fake = np.array([path.startswith("fake") for path in paths])
    values[fake, HELD] += 2
    values[fake, TOLD] += 2
    return MeasureTable(
        values,
        np.array(paths),
        np.full(len(paths), "original"),
        np.zeros(len(paths), int),
        np.tile(np.arange(4.0), len(paths) // 4),
        np.full(len(paths), 90.0),
        np.full(len(paths), 1.0),
    )


@pytest.fixture(scope="module")
def fitted() -> LinearModel:
    return line.fit(measures(), sources(), SETTINGS)


def test_the_state_that_tells_weighs_most_and_the_opinion_as_was_set(fitted: LinearModel) -> None:
    weights = np.array(fitted.weights)
    assert int(weights[1:].argmax()) + 1 == HELD
    table = measures()
    facts = (table.values[:, TOLD] - fitted.means[TOLD]) / fitted.spreads[TOLD]
    tracks = facts.reshape(-1, 4).mean(axis=1)
    assert weights[TOLD] * tracks.std() == pytest.approx(SETTINGS.told, rel=0.1)


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
    assert line.fit(spoilt, kept, SETTINGS) == line.fit(measures(), kept, SETTINGS)


def test_measures_survive_their_file(tmp_path: Path) -> None:
    columns.save(tmp_path / "measures.npz", measures())
    read = columns.load(tmp_path / "measures.npz", MeasureTable)
    assert line.fit(read, sources(), SETTINGS) == line.fit(measures(), sources(), SETTINGS)


def test_held_out_files_alone_are_scored(fitted: LinearModel) -> None:
    held = sources()[:2]
    rows = list(line.scored(measures(), fitted, held))
    assert [row.path for row in rows] == [one.path for one in held for _ in range(4)]
    assert [row.time_s for row in rows] == [0.0, 1.0, 2.0, 3.0] * 2
    expected = fitted.raw(measures().values[:8])
    np.testing.assert_allclose([row.logit for row in rows], expected, atol=1e-4)


def test_the_line_learns_from_clips_as_they_are(fitted: LinearModel) -> None:
    table = measures()
    copies = MeasureTable(
        **{
            name: np.concatenate([getattr(table, name)] * 2)
            for name in table.__dataclass_fields__
            if name not in ("values", "version")
        },
        values=np.concatenate([table.values, -9 * table.values]),
        version=np.repeat(["original", "480p"], len(table.path)),
    )
    assert line.fit(copies, sources(), SETTINGS) == fitted


def test_some_faces_of_each_track_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(crops: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.resize(crop[::16, ::16, 0], len(NAMES)) for crop in crops])

    monkeypatch.setattr(whole, "whole_net", lambda: stand_in(whole.WholeNet, measure=measured))
    known = [source("real_video/a"), source("fake_video/b", method="Swap")]
    views = {("real_video/a", "original"): 9, ("real_video/a", "480p"): 4, ("real_video/a", "x"): 2}
    views |= {("fake_video/b", "original"): 2}
    lines = [
        Crop(path, version, 0, float(n), 100.0, 0.0, 1.0, 0.5, POINTS)
        for (path, version), count in views.items()
        for n in range(count)
    ]
    pixels = np.stack([picture(number) for number in range(len(lines))])
    *told, found = line.measures(lines, pixels, known)
    assert isinstance(found, MeasureTable) and told[-1] == "12 of 12 faces measured"
    assert found.version.tolist() == ["original"] * 6 + ["480p"] * 4 + ["original"] * 2
    assert found.time_s[:6].tolist() == [0.0, 2.0, 3.0, 5.0, 6.0, 8.0]


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
