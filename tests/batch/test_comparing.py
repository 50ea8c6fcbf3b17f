"""Faces are compared in other processes, of the files that were screened and no others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from media_screen.batch.campaigns import comparing
from media_screen.batch.campaigns.comparing import PairOfFiles, PairReader, compare_all
from media_screen.batch.worker import Job, Limits, Pool, WorkerError
from media_screen.evidence import Abstention, Failure, MediaInfo, Verdict
from media_screen.footage.campaigns import FacesApart
from media_screen.footage.catalogue import MeasuredMatch
from media_screen.footage.memory import Memory
from media_screen.footage.original.copies import CopyComparer
from media_screen.media import Media, identify
from media_screen.screen import Config, unable
from tests.fakes import stand_in
from tests.footage.making import Scene, take
from tests.making import write_video

SECONDS = 4.0


def film(path: Path) -> Path:
    return write_video(path, [Scene(1).at(step / 25) for step in range(round(25 * SECONDS))])


@pytest.fixture
def pair(tmp_path: Path) -> PairOfFiles:
    """A file and a copy of it, both in the memory of what was screened."""
    one, other = film(tmp_path / "copy.mp4"), film(tmp_path / "fake.mp4")
    with one.open("ab") as file:
        file.write(b"\0" * 8)  # other bytes, the same film
    contents = identify(one)[0], identify(other)[0]
    memory = Memory(tmp_path / "memory.sqlite")
    for path, sha256 in zip((one, other), contents, strict=True):
        memory.meet(path.name, sha256, take(Scene(1), SECONDS))
    memory.close()
    return PairOfFiles(one, other, contents)


def compared(media: Media, other: Media, found: Sequence[MeasuredMatch]) -> FacesApart:
    """Stands in for the comparison: says how long the picture matches, s."""
    assert media.info.duration_s > 0 < other.info.duration_s
    spans = [one.picture_span for one in found if one.picture_span]
    return FacesApart(spans[0].duration if spans else None)


@pytest.fixture
def reader(tmp_path: Path, pair: PairOfFiles) -> PairReader:
    made = PairReader(Config(memory=tmp_path / "memory.sqlite"), pairs={pair.path: pair})
    vars(made)["_comparer"] = stand_in(CopyComparer, compare=compared)
    return made


def test_a_worker_lays_two_files_over_one_another(reader: PairReader, pair: PairOfFiles) -> None:
    verdict = reader.screen(pair.path)
    (piece,) = verdict.evidence
    assert piece.llr == pytest.approx(SECONDS, abs=0.6)
    assert verdict.abstentions == ()


def _write_to(path: Path) -> None:
    path.write_bytes(b"another film")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        pytest.param(lambda pair: _write_to(pair.path), "changed", id="file"),
        pytest.param(lambda pair: _write_to(pair.other_path), "changed", id="suspected-one"),
        pytest.param(lambda pair: pair.path.unlink(), "unreadable", id="gone"),
    ],
)
def test_files_that_are_others_now_are_not_compared(
    reader: PairReader, pair: PairOfFiles, harm: Callable[[PairOfFiles], None], reason: str
) -> None:
    harm(pair)
    verdict = reader.screen(pair.path)
    assert verdict.evidence == () and [one.reason for one in verdict.abstentions] == [reason]


def all_compared(pair: PairOfFiles, memory: Path) -> list[object]:
    config = Config(memory=memory)
    return list(compare_all([pair], config, workers=1, limits=Limits()))


def at_once(*abstentions: Abstention, failures: Sequence[Failure] = ()) -> type[Pool]:
    """Return workers for which each comparison comes to the same."""

    class AtOnce(Pool):
        def screen(self, jobs: Iterator[Job | None]) -> Iterator[tuple[Job, Verdict]]:
            for job in jobs:
                assert job is not None
                yield job, unable(MediaInfo(path=job.path.name), abstentions, failures)

    return AtOnce


ENDED = Failure("media", "the process that screened it ended: killed by SIGKILL")
# What a comparison came to, and whether that is kept.
CAME_TO = {
    "no face over a face": (at_once(Abstention("original", "no_face", "none")), True),
    "over a limit": (at_once(Abstention("media", "time_limit", "too long")), True),
    "another file now": (at_once(Abstention("original", "changed", "changed")), False),
    "gone meanwhile": (at_once(Abstention("original", "unreadable", "no such file")), False),
    "its worker was killed": (at_once(failures=[ENDED]), False),
}


@pytest.mark.parametrize(("pool", "kept"), CAME_TO.values(), ids=CAME_TO.keys())
def test_what_may_pass_is_not_kept(
    pair: PairOfFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool: type[Pool], kept: bool
) -> None:
    monkeypatch.setattr(comparing, "Pool", pool)
    assert bool(all_compared(pair, tmp_path / "memory.sqlite")) is kept


def test_it_is_told_how_far_comparing_is(
    pair: PairOfFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "Pool", at_once())
    heard: list[tuple[int, int]] = []
    config = Config(memory=tmp_path / "memory.sqlite")
    made = compare_all(
        [pair], config, workers=1, limits=Limits(), on_pair=lambda *told: heard.append(told)
    )
    assert list(made) == [(pair.contents, FacesApart())]
    assert heard == [(0, 1), (1, 1)]


def test_no_worker_starts_for_files_that_are_gone(
    pair: PairOfFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "Pool", None)
    assert all_compared(pair, tmp_path / "no-memory.sqlite") == []
    pair.other_path.unlink()
    assert all_compared(pair, tmp_path / "memory.sqlite") == []


def test_a_worker_that_cannot_start_is_told_and_ends_no_scan(
    pair: PairOfFiles,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Pool):
        def screen(self, jobs: object) -> Iterator[tuple[object, object]]:  # type: ignore[override]
            raise WorkerError("no network")

    monkeypatch.setattr(comparing, "Pool", Broken)
    with caplog.at_level(logging.WARNING):
        assert all_compared(pair, tmp_path / "memory.sqlite") == []
    assert "no network" in caplog.text
