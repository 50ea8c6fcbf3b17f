"""Whatever a file does to the process that screens it, the batch goes on and says what happened."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.batch.worker import Job, Limits, Pool, WorkerError, pack, unpack
from media_screen.evidence import Thumbnail, Verdict
from media_screen.evidence.pieces import is_of_machine
from media_screen.screen import Config
from tests.making import write_sound_file
from tests.places import PLUGINS
from tests.test_evidence import BARE, FULL

LIMITS = Limits(time_s=4.0, memory_bytes=900 << 20)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS))  # workers take the path of their parent over


def screen(folder: Path, names: list[str], *, workers: int = 1) -> dict[str, Verdict]:
    source = write_sound_file(folder / "source.wav", codec="pcm_s16le", seconds=0.2)
    paths = []
    for name in names:
        path = folder / name
        path.write_bytes(source.read_bytes())
        paths.append(path)
    config = Config(device="cpu", detectors=("misbehaving",), threads=1)
    with Pool(config, workers=workers, limits=LIMITS) as pool:
        jobs = (Job(path) for path in paths)
        return {job.path.name: verdict for job, verdict in pool.screen(jobs)}


def test_a_batch_survives_crash_hang_memory_and_errors(tmp_path: Path, plugins: None) -> None:
    names = [
        "a.wav",
        "crash-1.wav",
        "b.wav",
        "exit-1.wav",
        "hang-1.wav",
        "memory-1.wav",
        "raise-1.wav",
        "c.wav",
    ]
    found = screen(tmp_path, names, workers=2)
    assert set(found) == set(names)
    for name in ("a.wav", "b.wav", "c.wav"):
        assert [piece.why for piece in found[name].evidence] == ["behaved"]
    assert "SIGSEGV" in found["crash-1.wav"].failures[0].error
    assert "exit code 7" in found["exit-1.wav"].failures[0].error
    ended = {name for name in names if any(map(is_of_machine, found[name].failures))}
    assert ended == {"crash-1.wav", "exit-1.wav"}
    assert found["hang-1.wav"].abstentions[0].reason == "time_limit"
    assert found["memory-1.wav"].abstentions[0].reason == "memory_limit"
    assert "as asked" in found["raise-1.wav"].failures[0].error
    for name in names[1], names[3], names[4], names[5], names[6]:
        assert found[name].label == "unable_to_evaluate"
        assert len(found[name].media.sha256) == 64


def test_a_file_over_the_size_limit_is_left_unread(tmp_path: Path) -> None:
    path = write_sound_file(tmp_path / "a.wav", codec="pcm_s16le", seconds=0.2)
    with Pool(Config(device="cpu"), workers=1, limits=Limits(size_bytes=1 << 10)) as pool:
        ((_, verdict),) = pool.screen(iter([Job(path)]))
        assert not pool._idle, "no worker was started for it"
    assert verdict.abstentions[0].reason == "too_large"
    assert "over the limit of 0 MiB" in verdict.summary
    assert (verdict.media.sha256, verdict.media.size_bytes) == ("", path.stat().st_size)


def test_workers_that_can_not_start_stop_the_batch(tmp_path: Path) -> None:
    config = Config(device="cpu", people=tmp_path / "nobody-here")
    with Pool(config, workers=1) as pool, pytest.raises(WorkerError, match="nobody-here"):
        list(pool.screen(iter([Job(tmp_path / "a.mp4")])))


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(Job(Path("a.mp4")), id="bare"),
        pytest.param(Job(Path(os.fsdecode(b"\xff")), Path("b.json")), id="with-a-sidecar"),
        pytest.param(Job(Path("a.mp4"), earlier=FULL), id="with-an-earlier-verdict"),
    ],
)
def test_jobs_travel(job: Job) -> None:
    assert Job.from_bytes(job.to_bytes()) == job


def test_a_long_job_waits_until_its_worker_reads(tmp_path: Path) -> None:
    path = write_sound_file(tmp_path / "a.wav", codec="pcm_s16le", seconds=0.2)
    long = replace(BARE, summary="x" * (1 << 20))  # more than a pipe holds
    with Pool(Config(device="cpu", threads=1), workers=1) as pool:
        ((_, verdict),) = pool.screen(iter([Job(path, earlier=long)]))
    assert verdict.label == "no_finding" and not verdict.examined_as


@pytest.mark.parametrize("verdict", [FULL, BARE], ids=["full", "bare"])
def test_verdicts_travel_with_their_pictures(verdict: Verdict) -> None:
    pictures = (
        Thumbnail(0.5, b"\xff\xd8one"),
        Thumbnail(1.0, b"", 3),
        Thumbnail(0.5, b"two", reference_s=61.25),
        Thumbnail(0.5, b"where", reference_s=61.25, part="difference", comparison=2),
    )
    back = unpack(pack(verdict.with_thumbnails(pictures)))
    assert back == verdict and back.thumbnails == pictures
