"""Bytes that lie in a folder several times are examined once, in any order and by any workers."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media_screen.batch.repeats import Repeats
from media_screen.batch.scan import scan
from media_screen.batch.worker import Job, Limits
from media_screen.evidence import Evidence, Failure, MediaInfo, Thumbnail, Verdict
from media_screen.media import identify
from media_screen.results.folder import Results
from media_screen.results.thumbs import read_thumbnails
from media_screen.screen import Config, Screener
from tests.making import quarters, records, write_picture, write_sound_file

CONFIG = Config(device="cpu", threads=1)
SETTINGS = "0" * 16
PIECE = Evidence("container", "manipulation", 0.0, 0.0, "plain", finding="plain")


def lay(folder: Path, **contents: str) -> list[Path]:
    """Lay files of these contents into a folder, all of one size."""
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}.mp4").write_text(content, "utf-8")
    return [folder / f"{name}.mp4" for name in contents]


def verdict_on(path: Path, *, failed: bool = False) -> Verdict:
    sha256, size = identify(path)
    info = MediaInfo(str(path), sha256=sha256, kind="video", size_bytes=size)
    failures = (Failure("media", "it broke"),) if failed else ()
    verdict = Verdict(label="no_finding", media=info, evidence=(PIECE,), failures=failures)
    return verdict.with_thumbnails((Thumbnail(1.0, b"a picture"),))


class Workers:
    """Stands in for workers: takes jobs, and is done with one of them by chance."""

    def __init__(self, count: int, repeats: Repeats, results: Results, seed: int) -> None:
        self.examined: list[str] = []
        self.repeated: list[str] = []
        self._count, self._repeats, self._results = count, repeats, results
        self._chance = random.Random(seed)

    def run(self, *, failing: str = "") -> None:
        busy: list[Job] = []
        jobs: Iterator[Job | None] = self._repeats.jobs()
        more = True
        while more or busy:
            while more and len(busy) < self._count:
                job = next(jobs, False)
                if job is False:
                    more = False
                elif job is None:
                    assert busy, "nothing is under way that could be waited for"
                    break
                else:
                    assert isinstance(job, Job)
                    busy.append(job)
            if busy:
                self._end(busy.pop(self._chance.randrange(len(busy))), failing)

    def _end(self, job: Job, failing: str) -> None:
        verdict = verdict_on(job.path, failed=job.path.stem == failing)
        name = job.path.stem
        if job.earlier is None:
            self.examined.append(name)
        else:
            self.repeated.append(name)
            pictures = job.earlier.thumbnails
            verdict = replace(verdict, examined_as=job.earlier.media.path, thumbnails=pictures)
        self._repeats.finished(job, self._results.add(job.path, verdict, SETTINGS))


FOLDER = {"a": "one", "b": "two", "c": "one", "d": "one", "e": "six", "f": "two", "g": "a longer"}


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_each_content_is_examined_once(tmp_path: Path, count: int, seed: int) -> None:
    files = lay(tmp_path / "in", **FOLDER)
    random.Random(seed).shuffle(files)
    with Results(tmp_path / "out") as results:
        workers = Workers(count, Repeats(files, results, SETTINGS, Limits()), results, seed)
        workers.run()
    assert len(workers.examined) == len({FOLDER[name] for name in workers.examined}) == 4
    assert sorted(workers.examined + workers.repeated) == sorted(FOLDER)
    out = tmp_path / "out"
    for record in records(out):
        pictures = read_thumbnails(out, record["media"]["id"])
        assert [one.name for one in pictures] == ["frame-000001000.jpg"]


def test_the_next_scan_knows_what_was_examined_in_the_former(tmp_path: Path) -> None:
    files = lay(tmp_path / "in", **FOLDER)
    for number, path in enumerate(files):  # a scan that is killed after each file
        with Results(tmp_path / "out") as results:
            workers = Workers(1, Repeats([path], results, SETTINGS, Limits()), results, 0)
            workers.run()
            known = {FOLDER[one.stem] for one in files[:number]}
            assert bool(workers.repeated) == (FOLDER[path.stem] in known)


NOT_KNOWN: dict[str, dict[str, Any]] = {
    "other-settings": {"settings": "1" * 16},
    "it-failed": {"failed": True},
    "its-pictures-are-gone": {"pictured": False},
    "it-is-screened-again": {"again": True},
    "too-large-to-be-read": {"limits": Limits(size_bytes=2)},
}


@pytest.mark.parametrize("case", NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_what_can_not_be_relied_on_is_examined_again(tmp_path: Path, case: dict[str, Any]) -> None:
    first, second = lay(tmp_path / "in", a="one", b="one")
    out = tmp_path / "out"
    with Results(out) as results:
        written = results.add(first, verdict_on(first, failed=case.get("failed", False)), SETTINGS)
        if not case.get("pictured", True):
            shutil.rmtree(out / "thumbs" / written.media.key)
        todo = [second, first] if case.get("again") else [second]
        repeats = Repeats(
            todo, results, case.get("settings", SETTINGS), case.get("limits", Limits())
        )
        job = next(repeats.jobs())
        assert job is not None and job.path == second and job.earlier is None


@pytest.mark.parametrize(
    ("count", "outcome"),
    [
        pytest.param(1, (["a", "b"], ["c"]), id="a-copy-is-tried-and-serves-the-others"),
        pytest.param(3, (["a", "b", "c"], []), id="nobody-waits-any-more"),
    ],
)
def test_after_a_failure(tmp_path: Path, count: int, outcome: tuple[list[str], list[str]]) -> None:
    files = lay(tmp_path / "in", a="one", b="one", c="one")
    with Results(tmp_path / "out") as results:
        workers = Workers(count, Repeats(files, results, SETTINGS, Limits()), results, 0)
        workers.run(failing="a")
    assert (sorted(workers.examined), workers.repeated) == outcome


def test_while_a_large_file_is_hashed_workers_are_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_screen.batch.repeats._STEP", 4)
    first, second = lay(tmp_path / "in", a="a long one", b="a long one")
    with Results(tmp_path / "out") as results:
        results.add(first, verdict_on(first), SETTINGS)
        given = list(Repeats([second], results, SETTINGS, Limits()).jobs())
    assert given[:2] == [None, None]  # 10 bytes are three steps
    (job,) = given[2:]
    assert job is not None and job.earlier is not None


def test_a_file_that_becomes_another_one_is_no_repeat_of_what_it_was(tmp_path: Path) -> None:
    files = lay(tmp_path / "in", a="one", b="one")
    with Results(tmp_path / "out") as results:
        repeats = Repeats(files, results, SETTINGS, Limits())
        jobs = repeats.jobs()
        job = next(jobs)
        assert job is not None
        job.path.write_text("two", "utf-8")  # after it was hashed
        repeats.finished(job, results.add(job.path, verdict_on(job.path), SETTINGS))
        other = next(jobs)
        assert other is not None and other.earlier is None


def test_a_scan_gives_copies_the_verdict_of_a_full_examination(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    write_picture(folder / "a.png", quarters(), codec="png", pixels="rgb24")
    write_sound_file(folder / "s.wav", codec="pcm_s16le", seconds=1.0)
    (folder / "x.mp4").write_text("no video at all\n" * 50, "utf-8")
    for name in ("a.png", "s.wav", "x.mp4"):
        shutil.copy(folder / name, folder / f"b{name}")
    (folder / "bs.info.json").write_text('{"extractor_key": "Youtube", "ext": "wav"}', "utf-8")
    scan([folder], out, CONFIG, workers=2)
    found = {Path(record["media"]["path"]).name: record for record in records(out)}
    screener = Screener(CONFIG)
    for name, record in found.items():
        assert _own(record) == _own(screener.screen(folder / name).to_dict()), name
    repeated = {name for name, record in found.items() if record["examined_as"]}
    assert "ba.png" in repeated or "a.png" in repeated
    assert not repeated & {"x.mp4", "bx.mp4"}, "what can't be read is tried again"


def _own(record: dict[str, Any]) -> dict[str, Any]:
    """A record without its times, and without what the folder adds."""
    without = ("timing_s", "examined_as", "duplicate_of", "campaign")
    own = {name: value for name, value in record.items() if name not in without}
    return own | {"media": record["media"] | {"id": ""}}
