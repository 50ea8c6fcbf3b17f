"""Pairs of public repositories are laid out whole, or told missing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.training.test_media import repository
from training.media.clones import RepositoryFile
from training.original.pairs import PublicPair, lay_out, read_pairs


def test_a_pair_is_laid_out_from_two_repositories(tmp_path: Path) -> None:
    known = stored(tmp_path / "clones", "o/n", "in/a.mov", b"genuine")
    forged = stored(tmp_path / "clones", "p/q", "out/b.mp4", b"forged")
    pair = PublicPair("001", "Tool", "somebody", known, forged)
    assert list(lay_out([pair], tmp_path / "clones", tmp_path / "into")) == []
    sides = pair.sides(tmp_path / "into")
    assert [side.name for side in sides] == ["original.mov", "forged.mp4"]
    assert [side.read_bytes() for side in sides] == [b"genuine", b"forged"]


def test_a_pair_without_its_original_is_told_and_left_out(tmp_path: Path) -> None:
    forged = stored(tmp_path / "clones", "p/q", "b.mp4", b"forged")
    gone = RepositoryFile("o/n", "0" * 40, "a.mov", "0" * 64)
    pair = PublicPair("001", "Tool", "somebody", gone, forged)
    told = list(lay_out([pair], tmp_path / "clones", tmp_path / "into"))
    assert told == [f"pair 001: o/n: no clone of it in {tmp_path / 'clones'}"]
    assert not pair.sides(tmp_path / "into")[1].exists()


def test_the_table_holds_each_pair_once_with_both_hashes() -> None:
    pairs = read_pairs()
    assert len({pair.number for pair in pairs}) == len(pairs) == 46
    for pair in pairs:
        assert pair.method and pair.identity
        assert pair.original.sha256 != pair.forged.sha256
        for side in (pair.original, pair.forged):
            assert len(side.sha256) == 64 and len(side.commit) == 40


def stored(clones: Path, repo: str, path: str, data: bytes) -> RepositoryFile:
    commit = repository(clones / repo, {path: data})
    return RepositoryFile(repo, commit, path, hashlib.sha256(data).hexdigest())
