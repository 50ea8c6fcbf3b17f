"""Clips are laid out as the table says, or told missing; actors of DFDC stay on one side."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import numpy as np
import pytest

from training import media
from training.manifest import MediaRow, read_media_rows
from training.media import __main__ as laying
from training.media import clips, dfdc, people, stills


def repository(folder: Path, files: dict[str, bytes]) -> str:
    """Commit files to a new repository and return the commit."""
    folder.mkdir(parents=True)

    def git(*words: str) -> str:
        names = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        done = subprocess.run(["git", *names, *words], cwd=folder, capture_output=True, check=True)
        return done.stdout.decode().strip()

    git("init", "-q")
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    git("add", ".")
    git("commit", "-qm", "x")
    return git("rev-parse", "HEAD")


def row(path: str, data: bytes, commit: str, *, panel: str = "") -> laying.PublicClip:
    digest = hashlib.sha256(data).hexdigest()
    return laying.PublicClip("o/n", commit, path, digest, "fake_video", "Tool", "p1", panel, "")


@pytest.mark.parametrize("place", ["o/n", "o+n"])
def test_clips_are_laid_out_with_their_list(tmp_path: Path, place: str) -> None:
    commit = repository(tmp_path / "clones" / place, {"d/a.mp4": b"one", "b.mp4": b"two"})
    rows = [
        row("d/a.mp4", b"one", commit),
        row("d/a.mp4", b"one", commit, panel="0,0,0.5,1"),
        row("b.mp4", b"other", commit),
        row("gone.mp4", b"x", commit),
    ]
    told = list(laying.lay_out(rows, tmp_path / "clones", tmp_path / "into"))
    assert [line.split(" at ")[0] for line in told] == ["o/n: b.mp4", "o/n: gone.mp4"]
    listed = read_media_rows(tmp_path / "into")
    assert [one.panel for one in listed] == ["", "0,0,0.5,1"]
    assert [one.layout for one in listed] == ["single", "multi"]
    assert len({one.path for one in listed}) == 2 and {one.moments for one in listed} == {"12"}
    assert all((tmp_path / "into" / one.path).read_bytes() == b"one" for one in listed)


def test_a_missing_clone_is_told(tmp_path: Path) -> None:
    told = list(laying.lay_out([row("a", b"x", "0" * 40)], tmp_path, tmp_path / "into"))
    assert told == [f"o/n: no clone of it in {tmp_path}"]


def test_the_table_holds_each_clip_once_and_nothing_that_is_kept_out() -> None:
    rows = laying.read_table()
    assert len({one.target for one in rows}) == len(rows) > 400
    assert {one.kind for one in rows} == {"real_video", "fake_video"}
    assert all(one.method for one in rows if one.kind == "fake_video")
    assert all(len(one.sha256) == 64 and len(one.commit) == 40 for one in rows)
    assert media.__doc__


@pytest.mark.parametrize(
    ("text", "shape"),
    [("", (20, 40)), ("0,0,0.5,1", (20, 20)), ("0.25,0.5,0.75,1", (10, 20))],
)
def test_a_panel_is_cut_by_shares(text: str, shape: tuple[int, int]) -> None:
    picture = np.zeros((20, 40, 3), np.uint8)
    assert clips.Panel.read(text).cut(picture).shape[:2] == shape


def test_a_pair_is_used_when_the_middle_alone_differs() -> None:
    rng = np.random.default_rng(1)
    genuine = rng.integers(60, 180, (224, 224, 3)).astype(np.uint8)
    forged = genuine.copy()
    forged[60:-60, 60:-60] += 30
    noisy = np.clip(genuine + rng.normal(0, 3, genuine.shape), 0, 255).astype(np.uint8)
    other = rng.integers(60, 180, genuine.shape).astype(np.uint8)
    assert stills.is_changed(genuine, forged)
    assert not stills.is_changed(genuine, noisy)  # the sound was forged
    assert not stills.is_changed(genuine, other)  # another frame


def test_actors_are_split_and_nobody_is_near_the_other_side() -> None:
    rng = np.random.default_rng(2)
    faces = rng.normal(0, 1, (40, 128))
    rows = np.repeat(faces, 8, axis=0) + rng.normal(0, 0.3, (320, 128))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    actor = people.alike(rows)
    assert len(set(actor.tolist())) == 40
    taught, kept = dfdc.split(rows, actor, kept=60)
    assert 60 <= len(kept) < 80 and len(taught) == 320 - len(kept)
    assert not set(actor[taught].tolist()) & set(actor[kept].tolist())
    assert (rows[taught] @ rows[kept].T).max() <= dfdc.NEAR


def test_the_table_of_dfdc_shares_no_actor() -> None:
    rows = dfdc.read_table()
    parts = {
        split: {one.actor for one in rows if one.split == split}
        for split in (dfdc.TAUGHT, dfdc.KEPT)
    }
    assert not parts[dfdc.TAUGHT] & parts[dfdc.KEPT]
    assert all(one.forgeries for one in rows) and len(parts[dfdc.KEPT]) > 40


def test_identities_are_those_of_the_faces_wherever_they_lie() -> None:
    def shown(path: str, face: int, *, public: bool) -> people.ShownFace:
        vector = np.eye(4, dtype=np.float32)[face]
        return people.ShownFace(MediaRow(path), public, vector)

    rows = [
        row("a.mp4", b"a", "0" * 40),
        row("b.mp4", b"b", "0" * 40),
        row("c.mp4", b"c", "0" * 40),
    ]
    found = [
        shown("real/one.mp4", 0, public=False),
        shown("real/alone.mp4", 1, public=False),
        shown(rows[0].target, 0, public=True),
        shown(rows[1].target, 2, public=True),
    ]
    known = people.identities(found)
    a, b, c = (one.identity for one in people.renamed(rows, known))
    assert a == known["real/one.mp4", ""] != b and c == "p1"  # in the last no face is seen
    assert people.shared(found, known) == [("one", a)]


def test_faces_of_a_clip_come_with_what_is_known_of_them(tmp_path: Path) -> None:
    from tests.faces.making import astronaut
    from tests.making import write_video

    clip = write_video(tmp_path / "clip.mp4", [astronaut()] * 24)
    faces = clips.find_faces(clip, clips.Panel(), moments=3)
    assert len(faces) == 3
    assert [one.time_s for one in faces] == sorted({one.time_s for one in faces})
    assert all(one.crop.shape == (256, 256, 3) and one.points.shape == (5, 2) for one in faces)
    assert all(one.quality.size_px > 36 and one.quality.inside > 0.6 for one in faces)
    assert not clips.find_faces(clip, clips.Panel(0.0, 0.8, 0.2, 1.0), moments=2)
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    assert not clips.find_faces(tmp_path / "broken.mp4", clips.Panel())
