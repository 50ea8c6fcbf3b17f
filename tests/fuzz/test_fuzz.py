"""A short run of every fuzz check; `make fuzz` runs them for long."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from media_screen.batch.pipe import LineError, parse_line
from tests.fuzz.__main__ import passes
from tests.fuzz.checks import CHECKS
from tests.fuzz.media import SOURCES, WAYS, boxes

ROUNDS = {
    "media": 1,
    "sound": 6,
    "sidecars": 3,
    "people": 6,
    "lines": 10,
    "results": 12,
    "databases": 20,
    "links": 3,
}


@pytest.mark.parametrize("name", CHECKS)
def test_it_holds(name: str, tmp_path: Path) -> None:
    for seed in range(ROUNDS[name]):
        folder = tmp_path / str(seed)
        folder.mkdir()
        CHECKS[name](random.Random(seed), folder)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_damage_is_the_same_for_a_seed_and_changes_the_file(
    way: Callable[[random.Random, bytearray], bytearray],
) -> None:
    data = SOURCES[0].read_bytes()
    one, other = (bytes(way(random.Random(7), bytearray(data))) for _ in range(2))
    assert one == other != data


def test_the_boxes_of_the_samples_are_found() -> None:
    kinds = {
        kind for path in SOURCES if path.suffix == ".mp4" for _, _, kind in boxes(path.read_bytes())
    }
    assert {b"ftyp", b"moov", b"trak", b"stbl", b"stsz", b"mdat"} <= kinds


def test_a_failing_round_is_kept_with_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(chance: random.Random, folder: Path) -> None:
        (folder / "input.mp4").write_bytes(chance.randbytes(8))
        raise AssertionError("as asked")

    monkeypatch.setitem(CHECKS, "media", failing)
    assert not passes("media", 5, tmp_path / "kept")
    assert "--check media --seed 5" in capsys.readouterr().out
    kept = tmp_path / "kept" / "media-5"
    assert (kept / "input.mp4").read_bytes() == random.Random(5).randbytes(8)
    assert "as asked" in (kept / "error.txt").read_text("utf-8")


def test_half_a_character_is_no_path() -> None:
    with pytest.raises(LineError, match="half a character"):
        parse_line(b'{"path": "\\ud800.mp4"}')
