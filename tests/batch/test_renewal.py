"""A second day: only what depends on a change is done again, and what changed is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from media_screen.batch.scan import Summary, scan
from media_screen.batch.worker import Job, Limits, Pool
from media_screen.evidence import Verdict
from media_screen.report import write_report
from media_screen.results.changes import CHANGES, FolderChanges
from media_screen.results.folder import OUTDATED
from media_screen.results.observations import OBSERVED
from media_screen.screen import Config, Screener
from tests.making import quarters, records, write_picture, write_sound_file
from tests.places import SAMPLES

ADA = 'name = "Ada Quist"\n[[channel]]\nplatform = "youtube"\nid = "UC0000000000000000000009"\n'


@pytest.fixture
def day_one(tmp_path: Path) -> tuple[Config, Path, Path]:
    """A folder that was screened: the config with people, the folder, and the results."""
    folder, people, out = (tmp_path / name for name in ("in", "people", "out"))
    folder.mkdir()
    (people / "ada").mkdir(parents=True)
    (people / "ada" / "person.toml").write_text(ADA, "utf-8")
    write_picture(folder / "a.png", quarters(), codec="png", pixels="rgb24")
    shutil.copy(SAMPLES / "downloads" / "voice-message.m4a", folder / "s.m4a")
    (folder / "x.mp4").write_text("no video at all\n" * 50, "utf-8")
    config = Config(people=people, device="cpu", threads=1)
    first = scan([folder], out, config)
    assert (first.renewed, first.changes) == (0, None)
    return config, folder, out


def add_fake(config: Config, file: Path) -> None:
    fakes = Path(config.people or "") / "_known_fakes"
    fakes.mkdir(exist_ok=True)
    shutil.copy(file, fakes)


def by_name(out: Path) -> dict[str, dict[str, Any]]:
    return {Path(record["media"]["path"]).name: record for record in records(out)}


def test_a_second_day(day_one: tuple[Config, Path, Path]) -> None:
    config, folder, out = day_one
    add_fake(config, folder / "s.m4a")
    write_sound_file(folder / "new.wav", codec="pcm_s16le", seconds=2.0)
    aside = (folder / "a.png").rename(folder.parent / "a.png")
    second = scan([folder], out, config)
    assert (second.screened, second.renewed, second.outdated) == (3, 1, 1)
    found = by_name(out)
    assert found["s.m4a"]["provenance"]["match"]["relation"] == "known_fake"
    assert {name for name, one in found.items() if OUTDATED in one["flags"]} == {"a.png"}
    changes = second.changes
    assert changes is not None and changes == FolderChanges.read(out)
    assert changes.parts == ("known fakes",)
    assert [Path(one.path).name for one in changes.new] == ["new.wav"]
    (moved,) = changes.moved
    assert (Path(moved.path).name, moved.before) == ("s.m4a", "no_finding")
    assert moved.label == found["s.m4a"]["label"] and moved.why == found["s.m4a"]["summary"]
    assert [Path(path).name for path in changes.gone] == ["a.png"]
    assert changes.counts == "1 new, 1 label changed, 1 gone"
    page = (write_report(out)).read_text("utf-8")
    assert "1 new, 1 label changed, 1 gone" in page and "known fakes" in page

    aside.rename(folder / "a.png")
    third = scan([folder], out, config)
    assert (third.renewed, third.outdated) == (1, 0), "it is there again, and as it was"
    assert not any(OUTDATED in one["flags"] for one in records(out))
    assert third.changes is not None and third.changes.moved_count == 0


def test_verdicts_are_those_of_a_fresh_scan(day_one: tuple[Config, Path, Path]) -> None:
    config, folder, out = day_one
    add_fake(config, folder / "s.m4a")
    scan([folder], out, config)
    fresh = out.with_name("fresh")
    scan([folder], fresh, config)
    without = ("timing_s", "campaign")
    assert [
        {name: value for name, value in one.items() if name not in without}
        for one in sorted(records(out), key=lambda one: one["media"]["path"])
    ] == [
        {name: value for name, value in one.items() if name not in without}
        for one in sorted(records(fresh), key=lambda one: one["media"]["path"])
    ]


def test_a_changed_post_is_compared_without_decoding(day_one: tuple[Config, Path, Path]) -> None:
    config, folder, out = day_one
    record = {"extractor_key": "Youtube", "channel_id": "UC0000000000000000000009", "ext": "m4a"}
    (folder / "s.info.json").write_text(json.dumps(record), "utf-8")
    second = scan([folder], out, config)
    assert (second.screened, second.renewed, second.kept) == (1, 1, 2)
    assert by_name(out)["s.m4a"]["post"]["channel_id"] == record["channel_id"]


def test_without_renewing_only_new_files_are_screened(day_one: tuple[Config, Path, Path]) -> None:
    config, folder, out = day_one
    add_fake(config, folder / "s.m4a")
    write_sound_file(folder / "new.wav", codec="pcm_s16le", seconds=2.0)
    second = scan([folder], out, config, renew=False)
    assert (second.screened, second.kept, second.outdated) == (1, 3, 3)
    marked = {name for name, one in by_name(out).items() if OUTDATED in one["flags"]}
    assert marked == {"a.png", "s.m4a", "x.mp4"}
    third = scan([folder], out, config)
    assert (third.screened, third.renewed, third.outdated) == (3, 2, 0)


def test_what_was_kept_can_be_left_out_and_removed(day_one: tuple[Config, Path, Path]) -> None:
    config, folder, out = day_one
    assert (out / OBSERVED).is_file()
    (folder / "a.png").unlink()
    second = scan([folder], out, config, keep=False)
    assert second.screened == 0 and not (out / OBSERVED).exists()
    add_fake(config, folder / "s.m4a")
    third = scan([folder], out, config, keep=False)
    assert (third.screened, third.renewed) == (2, 0) and not (out / OBSERVED).exists()
    assert by_name(out)["s.m4a"]["provenance"]["match"]["relation"] == "known_fake"


class Ended(Pool):
    """Workers that are ended after the first verdict, as by somebody at the keyboard."""

    def screen(self, jobs: Iterator[Job | None]) -> Iterator[tuple[Job, Verdict]]:
        yield next(super().screen(jobs))
        raise KeyboardInterrupt


def test_a_scan_that_is_ended_while_it_renews_goes_on(day_one: tuple[Config, Path, Path]) -> None:
    config, folder, out = day_one
    add_fake(config, folder / "s.m4a")
    before = by_name(out)
    with pytest.raises(KeyboardInterrupt):
        scan([folder], out, config, executor=Ended)
    assert by_name(out).keys() == before.keys()
    second = scan([folder], out, config)
    assert second.screened < 3, "what was renewed is kept"
    assert second.changes is not None and second.changes.moved_count == 1, (
        "since the last whole one"
    )
    assert len(records(out)) == 3


class Elsewhere(Pool):
    """Workers that know no memory, as on a cluster, where the one who gives the files has it."""

    takes_earlier = False


def test_workers_elsewhere_renew_too(day_one: tuple[Config, Path, Path]) -> None:
    config, folder, out = day_one
    add_fake(config, folder / "s.m4a")
    second: Summary = scan([folder], out, config, executor=Elsewhere, limits=Limits())
    assert second.renewed == 2


def test_a_fingerprint_that_is_asked_for_comes_from_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.m4a"
    shutil.copy(SAMPLES / "downloads" / "voice-message.m4a", path)
    config = Config(device="cpu", threads=1, fingerprint=True, observations=True)
    first = Screener(config).screen(path)
    again = Screener(config).screen(path, earlier=first)
    assert again.renewed and again.fingerprint == first.fingerprint


def test_what_is_no_record_of_changes_is_not_shown(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"since": 1}', '{"new": [{"label": "<b>"}]}', "[" * 9999):
        (tmp_path / CHANGES).write_text(text, "utf-8")
        assert FolderChanges.read(tmp_path) is None
