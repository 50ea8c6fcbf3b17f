"""The folders around the program may be written into by others: nothing there is trusted."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partialmethod
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from media_screen import sidecar as sidecars
from media_screen.batch.campaigns import MEMORY
from media_screen.batch.originals import official_posts
from media_screen.batch.scan import scan
from media_screen.cli.config_file import read_config
from media_screen.cli.main import main
from media_screen.detectors.contract import Detector
from media_screen.detectors.face_artifact.own import OwnDescription
from media_screen.errors import MediaScreenError
from media_screen.evaluation.manifest import read_manifest
from media_screen.evaluation.outcomes import read_results
from media_screen.evaluation.protocol import load as load_protocol
from media_screen.evidence import Abstention, MediaInfo, Span, Thumbnail, Verdict
from media_screen.exports import export, saved_verdicts
from media_screen.files import private_folder, read_regular, write_atomically
from media_screen.folders import CACHE_FOLDER
from media_screen.folders.recognise import recognise
from media_screen.footage.catalogue import Catalogue, CatalogueError
from media_screen.footage.memory import Memory
from media_screen.media import Media, MediaError
from media_screen.names.watch import read_watch_list
from media_screen.package.signature import read_key
from media_screen.people.checking import check_people
from media_screen.people.references import FoundFace, Store
from media_screen.people.registry import OfficialChannel, Person, read_record
from media_screen.report import write_report
from media_screen.results.folder import RESULTS, BatchError, Results
from media_screen.results.written import STATE
from media_screen.screen import Config, Screener
from media_screen.sidecar import read_comments
from media_screen.speech.embed import VERSION as VOICE_VERSION
from media_screen.weights import ModelFile, read_registry, sha256_of
from media_screen.weights.fetch import fetch
from tests.footage.making import Scene, take
from tests.fuzz.state import SCHEMAS, change_schema
from tests.making import quarters, records, touch, write_video
from tests.report.records import suspected

CONFIG = Config(device="cpu", threads=1, detectors=("channel",))


@pytest.fixture
def open_umask() -> Iterator[None]:
    """The most careless umask: what a program makes, all may read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def verdict(path: Path, label: str = "no_finding") -> Verdict:
    media = MediaInfo(str(path), sha256="0" * 64, size_bytes=path.stat().st_size)
    return Verdict(label=label, media=media, versions={"settings": "s1"})  # type: ignore[arg-type]


@pytest.fixture
def screened(tmp_path: Path) -> tuple[Path, Path]:
    """A file, and the folder of results in which it stands."""
    touch(tmp_path, "in/a.mp4")
    path, out = tmp_path / "in/a.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(path, verdict(path, "suspected_impersonation"), "s1")
    return path, out


def kept(path: Path, out: Path) -> bool:
    with Results(out) as results:
        return results.has(path, "s1")


# --- private -------------------------------------------------------------------------------------


def modes(top: Path) -> dict[str, str]:
    """What others may do with anything below a folder, by name."""
    found = {}
    for path in (top, *top.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077:
            found[str(path.relative_to(top))] = oct(mode)
    return found


@pytest.mark.usefixtures("open_umask")
def test_all_that_a_scan_writes_is_private(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_video(tmp_path / "in/a.mp4", [quarters()] * 20)
    out = tmp_path / "out"
    scan([tmp_path / "in"], out, CONFIG)
    write_report(out)
    for form in ("csv", "mediareview"):
        export(out, form)
    there = {path.relative_to(out).parts[0] for path in out.rglob("*")}
    assert {RESULTS, STATE, MEMORY, "report", "thumbs", "results.csv"} <= there
    assert modes(out) == {}


@pytest.mark.usefixtures("open_umask")
def test_the_cache_of_the_people_is_private(tmp_path: Path) -> None:
    store = Store(tmp_path / CACHE_FOLDER)
    with Catalogue.open(tmp_path / CACHE_FOLDER / "catalogue.sqlite") as catalogue:
        catalogue.add("ada", "a.mp4", "a" * 64, take(Scene(1), 4.0))
        assert modes(tmp_path / CACHE_FOLDER) == {}
    store.close()


def test_what_was_written_openly_before_is_made_private(screened: tuple[Path, Path]) -> None:
    path, out = screened
    for open_to_all in (out, out / RESULTS, out / STATE):
        open_to_all.chmod(0o755)
    assert kept(path, out)
    assert modes(out) == {}


# --- lines ---------------------------------------------------------------------------------------


def faked(line: bytes) -> bytes:
    return line.replace(b"suspected_impersonation", b"official")


def told(out: Path) -> tuple[list[str], str, list[str]]:
    """What the report says while it is made, what it shows, and what an export says."""
    by_report: list[str] = []
    by_export: list[str] = []
    page = write_report(out, tell=by_report.append).read_text("utf-8")
    export(out, "csv", tell=by_export.append)
    return by_report, page + (out / "results.csv").read_text("utf-8"), by_export


@pytest.mark.parametrize(
    ("lay", "count"),
    [
        pytest.param(lambda line: line + faked(line), "1 line was", id="beside-the-true-one"),
        pytest.param(lambda line: faked(line) * 2, "2 lines were", id="instead"),
        pytest.param(lambda line: line + line[:-2] + b"\n", "1 line was", id="cut"),
        pytest.param(lambda line: line + b"{}\n", "1 line was", id="no-record"),
    ],
)
def test_reports_and_exports_leave_out_what_no_scan_wrote(
    screened: tuple[Path, Path], lay: Callable[[bytes], bytes], count: str
) -> None:
    out = screened[1]
    (out / RESULTS).write_bytes(lay((out / RESULTS).read_bytes()))
    by_report, shown, by_export = told(out)
    assert by_report == by_export
    assert len(by_report) == 1 and by_report[0].startswith(f"{count} left out, the first is line")
    assert "no scan into this folder wrote this line" in shown
    assert "official" not in (out / "results.csv").read_text("utf-8")


def remove_state(out: Path) -> None:
    (out / STATE).unlink()


def empty_state(out: Path) -> None:
    (out / STATE).write_bytes(b"")


def another_state(out: Path) -> None:
    (out / STATE).write_bytes(b"something else" * 100)


@pytest.mark.parametrize("change", [remove_state, empty_state, another_state])
def test_results_without_a_state_are_shown_and_it_is_said_once(
    screened: tuple[Path, Path], change: Callable[[Path], None]
) -> None:
    out = screened[1]
    change(out)
    before = (out / STATE).read_bytes() if (out / STATE).exists() else None
    by_report, shown, by_export = told(out)
    assert by_report == by_export
    assert len(by_report) == 1 and "can't be told" in by_report[0]
    assert "suspected_impersonation" in shown
    assert before == ((out / STATE).read_bytes() if (out / STATE).exists() else None)


def test_a_report_can_be_made_while_a_scan_writes(screened: tuple[Path, Path]) -> None:
    out = screened[1]
    with Results(out):
        by_report, shown, _ = told(out)
    assert "a scan is writing into the folder" in by_report[0]
    assert "suspected_impersonation" in shown


# --- links ---------------------------------------------------------------------------------------

Lay = Callable[[Path, Path], None]  # a name of the program's, and a file or folder of the user's


def to_file(name: Path, victim: Path) -> None:
    name.unlink(missing_ok=True)
    name.symlink_to(victim / "precious")


def to_folder(name: Path, victim: Path) -> None:
    name.symlink_to(victim, target_is_directory=True)


def to_nothing_yet(name: Path, victim: Path) -> None:
    name.unlink(missing_ok=True)
    name.symlink_to(victim / "new")


def second_name(name: Path, victim: Path) -> None:
    name.unlink(missing_ok=True)
    os.link(victim / "precious", name)


def pipe(name: Path, victim: Path) -> None:
    name.unlink(missing_ok=True)
    os.mkfifo(name)


LINKS = [
    (RESULTS, to_file),
    (RESULTS, to_nothing_yet),
    (RESULTS, second_name),
    (RESULTS, pipe),
    (STATE, to_file),
    (STATE, to_nothing_yet),
    (STATE, pipe),
    (f"{STATE}-journal", to_file),
    (MEMORY, to_file),
    (MEMORY, to_nothing_yet),
    (f"{MEMORY}-wal", to_file),
    (f"{MEMORY}-shm", to_nothing_yet),
    (f"{MEMORY}-shm", second_name),
    (f"{MEMORY}-wal", second_name),
    (f"{MEMORY}-wal", pipe),
    (f"{STATE}-journal", second_name),
    ("thumbs", to_folder),
]


@pytest.mark.parametrize(
    ("name", "lay"), LINKS, ids=[f"{name}-{lay.__name__}" for name, lay in LINKS]
)
def test_a_link_where_a_scan_writes_is_refused(tmp_path: Path, name: str, lay: Lay) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    victim.mkdir()
    (victim / "precious").write_bytes(b"precious")
    out.mkdir()
    (tmp_path / "in").mkdir()
    write_video(tmp_path / "in/a.mp4", [quarters()] * 5)
    lay(out / name, victim)
    with pytest.raises(BatchError) as told:
        scan([tmp_path / "in"], out, CONFIG)
    assert name in str(told.value)
    assert {path.name: path.read_bytes() for path in victim.iterdir()} == {"precious": b"precious"}
    assert (victim / "precious").stat().st_mode & 0o777 == 0o644


def test_links_that_old_temporary_names_had_are_left_alone(screened: tuple[Path, Path]) -> None:
    path, out = screened
    victim = out.parent / "precious"
    victim.write_bytes(b"precious")
    for name in (f"{RESULTS}.new", f".index.html.{os.getpid()}.tmp"):
        (out / name).symlink_to(victim)
    with Results(out) as results:
        results.add(path, verdict(path), "s1")
        results.compact()
    write_report(out)
    assert victim.read_bytes() == b"precious" and len(records(out)) == 1


def test_folders_above_a_private_one_are_private_too(tmp_path: Path) -> None:
    private_folder(tmp_path / "out" / "references")
    assert [
        path.stat().st_mode & 0o777 for path in (tmp_path / "out", tmp_path / "out/references")
    ] == [0o700, 0o700]


@pytest.mark.parametrize("folder", ["report", "report/files", "thumbs", "thumbs/{key}"])
def test_a_linked_folder_is_refused(tmp_path: Path, folder: str) -> None:
    touch(tmp_path, "a.mp4", "victim/0000000000000000.html", "victim/frame-000000001.jpg")
    path, out, victim = tmp_path / "a.mp4", tmp_path / "out", tmp_path / "victim"
    pictures = (Thumbnail(1.5, b"\xff\xd8x"),)
    with Results(out) as results:
        results.add(path, verdict(path), "s1")
        key = records(out)[0]["media"]["id"]
        link = out / folder.format(key=key)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(victim, target_is_directory=True)
        with pytest.raises((BatchError, OSError), match="link"):
            results.add(path, replace(verdict(path), thumbnails=pictures), "s1")
            write_report(out)
    assert len(list(victim.iterdir())) == 2


def test_an_output_that_is_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "precious")
    (tmp_path / "results.csv").symlink_to(tmp_path / "precious")
    write_atomically(tmp_path / "results.csv", [b"new"])
    assert (tmp_path / "precious").read_bytes() == b"x"
    assert not (tmp_path / "results.csv").is_symlink()


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_an_output_that_is_no_file_is_left_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "results.csv"
    os.mkfifo(path) if kind == "pipe" else path.mkdir()
    with pytest.raises(OSError, match="not a regular file"):
        write_atomically(path, [b"new"])
    assert not path.is_file() and len(list(tmp_path.iterdir())) == 1


def test_a_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "stat", partialmethod(_owned, tmp_path.stat(), 54321))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(OSError, match="another user"):
        private_folder(tmp_path)


def _owned(_: Path, status: os.stat_result, owner: int, **__: object) -> os.stat_result:
    """Give a status with another owner; only root can make a file that has one."""
    fields = list(status)
    fields[4] = owner  # st_uid
    return os.stat_result(fields)


# --- another program's ---------------------------------------------------------------------------


def notes(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE note (text TEXT)")
        connection.execute("INSERT INTO note VALUES ('precious')")
    connection.close()


def text(path: Path) -> None:
    path.write_bytes(b"no database at all " * 300)


@pytest.mark.parametrize("make", [notes, text])
@pytest.mark.parametrize("name", [STATE, MEMORY])
def test_what_another_program_wrote_is_left_alone(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    touch(tmp_path, "in/a.mp4", "out/other")
    make(tmp_path / "out" / name)
    before = (tmp_path / "out" / name).read_bytes()
    with pytest.raises(BatchError, match=rf"{name}: it is a file of another program"):
        scan([tmp_path / "in"], tmp_path / "out", CONFIG)
    assert (tmp_path / "out" / name).read_bytes() == before


EARLIER = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER)",
    "CREATE TABLE IF NOT EXISTS done (path BLOB PRIMARY KEY, signature TEXT, settings TEXT, "
    "offset INTEGER, failed INTEGER, digest TEXT)",
)  # as the first versions made them


def earlier(out: Path, *more: str) -> dict[str, bytes]:
    """Lay out a folder as an earlier version left it; returns what stands in it."""
    (out / STATE).unlink()
    with sqlite3.connect(out / STATE) as connection:
        for statement in (*EARLIER, *more):
            connection.execute(statement)
    connection.close()
    return {name: (out / name).read_bytes() for name in (STATE, RESULTS)}


def test_the_results_of_an_earlier_version_are_kept_and_all_is_screened_again(
    screened: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    path, out = screened
    before = earlier(out)
    with Results(out) as results:
        assert not results.has(path, "s1")
        assert results.broken_lines == 0
        results.add(path, verdict(path), "s1")
    assert {name: (out / f"{name}.old").read_bytes() for name in before} == before
    assert "of an earlier version" in caplog.text and "screened again" in caplog.text
    assert kept(path, out)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("CREATE TABLE note (text TEXT)", id="another-table"),
        pytest.param(
            "CREATE TRIGGER t AFTER INSERT ON done BEGIN DELETE FROM done; END", id="trigger"
        ),
        pytest.param("CREATE VIEW v AS SELECT 1", id="view"),
        pytest.param("PRAGMA application_id = 5", id="mark-of-another"),
    ],
)
def test_what_only_resembles_an_earlier_version_is_left_alone(
    screened: tuple[Path, Path], more: str
) -> None:
    out = screened[1]
    before = earlier(out, more)
    with pytest.raises(BatchError, match=f"{STATE}: it is a file of another program"):
        Results(out)
    assert {name: (out / name).read_bytes() for name in before} == before
    assert not list(out.glob("*.old"))


def test_keeping_what_is_old_goes_on_where_it_was_interrupted(screened: tuple[Path, Path]) -> None:
    path, out = screened
    before = earlier(out)
    (out / RESULTS).rename(out / f"{RESULTS}.old")
    assert not kept(path, out)
    assert {name: (out / f"{name}.old").read_bytes() for name in before} == before


@pytest.mark.parametrize("name", [STATE, RESULTS])
def test_what_was_kept_once_is_never_written_over(screened: tuple[Path, Path], name: str) -> None:
    out = screened[1]
    before = earlier(out)
    (out / f"{name}.old").write_bytes(b"kept before")
    with pytest.raises(BatchError, match=f"{STATE}: it is a file of another program"):
        Results(out)
    assert (out / f"{name}.old").read_bytes() == b"kept before"
    assert {name: (out / name).read_bytes() for name in before} == before


# --- databases -----------------------------------------------------------------------------------

FINGERPRINT = take(Scene(1), 4.0)


@pytest.mark.parametrize("sql", SCHEMAS.values(), ids=SCHEMAS)
def test_a_changed_index_is_made_anew_and_never_run(screened: tuple[Path, Path], sql: str) -> None:
    path, out = screened
    change_schema(out / STATE, "done", sql)
    with Results(out) as results:
        assert not results.has(path, "s1")
        results.add(path, verdict(path), "s1")
        results.compact()
    assert kept(path, out) and [one["label"] for one in records(out)] == ["no_finding"]


@pytest.mark.parametrize("sql", SCHEMAS.values(), ids=SCHEMAS)
def test_a_changed_catalogue_is_refused(tmp_path: Path, sql: str) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.add("ada", "a.mp4", "a" * 64, FINGERPRINT)
    change_schema(tmp_path / "c.sqlite", "array", sql)
    with pytest.raises(CatalogueError, match="expected version"):
        Catalogue.open(tmp_path / "c.sqlite")


@pytest.mark.parametrize("sql", SCHEMAS.values(), ids=SCHEMAS)
def test_a_changed_gallery_is_made_anew(tmp_path: Path, sql: str) -> None:
    faces = [FoundFace(FINGERPRINT.times.astype("<f4"), 80.0, 0.5, 1.0, 1)]
    store = Store(tmp_path)
    store.put("a" * 64, "picture", faces, "")
    assert store.get("a" * 64, "picture") is not None
    store.close()
    change_schema(tmp_path / "gallery.sqlite", "found", sql)
    store = Store(tmp_path)
    assert store.get("a" * 64, "picture") is None
    store.close()


def test_voices_of_an_earlier_embedding_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.put_voices("a" * 64, [], "")
    assert store.get_voices("a" * 64) is not None
    store.close()
    monkeypatch.setattr("media_screen.people.references.VOICE_VERSION", VOICE_VERSION + 1)
    store = Store(tmp_path)
    assert store.get_voices("a" * 64) is None
    store.close()


def test_what_was_found_in_one_file_is_not_taken_for_anothers(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("a" * 64, "picture", [], "")
    change_schema(
        tmp_path / "gallery.sqlite", "found", f"UPDATE {{table}} SET sha256 = '{'b' * 64}'"
    )
    assert store.get("b" * 64, "picture") is None
    store.close()


def test_a_fingerprint_of_other_content_is_read_again(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.add("ada", "a.mp4", "a" * 64, FINGERPRINT)
        assert catalogue.has("a" * 64)
        change_schema(catalogue.path, "reference", f"UPDATE {{table}} SET sha256 = '{'b' * 64}'")
        assert not catalogue.has("b" * 64)


def test_pages_that_lead_back_into_themselves_end(tmp_path: Path) -> None:
    """An inner page whose children are all itself: read to the end, it would take for ever."""
    path = tmp_path / MEMORY
    with Catalogue.open(path) as catalogue:
        catalogue.add("ada", "a.mp4", "a" * 64, FINGERPRINT)
        ((page,),) = catalogue._rows("SELECT rootpage FROM sqlite_schema WHERE name = 'array'")
        ((size,),) = catalogue._rows("PRAGMA page_size")
    data = bytearray(path.read_bytes())
    cell = page.to_bytes(4, "big") + b"\x07\x06\x00\x01\x01\x00\x00"
    count, body = 100, size - 8 - len(cell)
    start = (page - 1) * size
    head = b"\x02\x00\x00" + count.to_bytes(2, "big") + body.to_bytes(2, "big") + b"\x00"
    data[start : start + size] = bytes(size)
    data[start : start + 12] = head + page.to_bytes(4, "big")
    for number in range(count):
        at = start + 12 + 2 * number
        data[at : at + 2] = body.to_bytes(2, "big")
    data[start + body : start + body + len(cell)] = cell
    path.write_bytes(bytes(data))
    with pytest.raises(CatalogueError):
        Memory(path)


def _open_and_write(path: Path, worker: int, start: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    memory = Memory(path)
    memory.close()


def test_many_processes_may_open_a_memory_that_is_not_there_yet(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for round_ in range(5):
        together = context.Barrier(8)
        workers = [
            context.Process(target=_open_and_write, args=(tmp_path / f"{round_}", n, together))
            for n in range(8)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * 8


# --- saved lines ---------------------------------------------------------------------------------


def forged(out: Path) -> None:
    data = (out / RESULTS).read_bytes()
    (out / RESULTS).write_bytes(data.replace(b"suspected_impersonation", b"official"))


def forged_and_index_gone(out: Path) -> None:
    forged(out)
    (out / STATE).unlink()


def appended(out: Path) -> None:
    line = (out / RESULTS).read_bytes()
    (out / RESULTS).write_bytes(line + line.replace(b"suspected_impersonation", b"official"))


def put_before(out: Path) -> None:
    line = (out / RESULTS).read_bytes()
    (out / RESULTS).write_bytes(b"{}\n" + line)


@pytest.mark.parametrize(
    ("tamper", "holds"),
    [(forged, False), (forged_and_index_gone, False), (appended, True), (put_before, True)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_forged_line_costs_that_line(
    screened: tuple[Path, Path], tamper: Callable[[Path], None], holds: bool
) -> None:
    path, out = screened
    tamper(out)
    with Results(out) as results:
        assert results.has(path, "s1") == holds
        assert results.broken_lines == 1
        results.compact()
    assert [one["label"] for one in records(out)] == ["suspected_impersonation"] * holds


def test_a_scan_tells_how_many_lines_were_broken_lines(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    scan([tmp_path / "in"], tmp_path / "out", CONFIG)
    with (tmp_path / "out" / RESULTS).open("a") as stream:
        stream.write("{}\n{broken\n")
    summary = scan([tmp_path / "in"], tmp_path / "out", CONFIG)
    assert (summary.broken_lines, summary.screened, len(records(tmp_path / "out"))) == (2, 0, 1)


# --- the files themselves ------------------------------------------------------------------------


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(b"y")
    os.replace(other, path)


def overwritten(path: Path) -> None:
    path.write_bytes(b"y")


@pytest.mark.parametrize("way", [replaced, overwritten])
@pytest.mark.parametrize("name", ["a.mp4", "a.info.json"])
def test_a_change_that_keeps_size_and_time_is_noticed(
    tmp_path: Path, name: str, way: Callable[[Path], None]
) -> None:
    touch(tmp_path, "a.mp4", "a.info.json")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    with Results(out) as results:
        results.add(path, verdict(path), "s1")
    before = (tmp_path / name).stat()
    way(tmp_path / name)
    os.utime(tmp_path / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not kept(path, out)


def test_the_same_content_is_not_screened_again(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    path, out = tmp_path / "a.mp4", tmp_path / "out"
    with Results(out) as results:
        made = verdict(path)
        sha256 = hashlib.sha256(b"x").hexdigest()
        results.add(path, replace(made, media=replace(made.media, sha256=sha256)), "s1")
    path.write_bytes(b"x")
    path.chmod(0o600)
    assert kept(path, out)


@pytest.mark.parametrize("names", [(b"\xff.mp4", b"\\xff.mp4"), (b"\xff.mp4", b"\xfe.mp4")])
def test_names_that_are_shown_alike_are_two_files(
    tmp_path: Path, names: tuple[bytes, bytes]
) -> None:
    paths = [Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))) for name in names]
    for path in paths:
        path.write_bytes(b"x")
    out = tmp_path / "out"
    with Results(out) as results:
        for path in paths:
            shown = replace(verdict(path), media=MediaInfo("alike.mp4", sha256="0" * 64))
            results.add(path, replace(shown, thumbnails=(Thumbnail(0.0, b"\xff\xd8"),)), "s1")
    write_report(out)
    assert len(list((out / "report/files").iterdir())) == len(list((out / "thumbs").iterdir())) == 2


def test_one_relative_path_in_two_folders_is_two_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    for folder in ("one", "two"):
        touch(tmp_path, f"{folder}/a.mp4")
        monkeypatch.chdir(tmp_path / folder)
        with Results(out) as results:
            results.add(Path("a.mp4"), verdict(Path("a.mp4")), "s1")
            results.compact()
    assert len(records(out)) == 2
    write_report(out)
    assert len(list((out / "report/files").iterdir())) == 2


def test_a_file_by_two_paths_is_no_copy_of_itself_and_two_files_are(tmp_path: Path) -> None:
    memory = Memory(tmp_path / MEMORY)
    assert memory.meet("a.mp4", "a" * 64, FINGERPRINT, file="1").repeats is None
    assert memory.meet("/in/a.mp4", "a" * 64, FINGERPRINT, file="1").repeats is None
    found = memory.meet("a.mp4", "a" * 64, FINGERPRINT, file="2").repeats
    assert found is not None and found.exact


@pytest.mark.parametrize("value", ["../../../../x", "A" * 16, "0" * 15, 7])
def test_an_id_of_a_saved_line_is_no_path(tmp_path: Path, value: object) -> None:
    record = suspected().to_dict()
    record["media"]["id"] = value
    tmp_path.joinpath(RESULTS).write_text(json.dumps(record) + "\n")
    assert write_report(tmp_path).exists()
    assert not list((tmp_path / "report/files").iterdir())


# --- what is judged ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Swap:
    """A detector that does something to the file while it is examined."""

    what: Callable[[], None]
    name: str = "swap"
    axis: str = "manipulation"
    needs: tuple[str, ...] = ()

    def examine(self, case: object) -> Iterator[Abstention]:
        self.what()
        yield Abstention("swap", "not_applicable", "it swaps")


def swapping(what: Callable[[], None]) -> Screener:
    screener = Screener(CONFIG)
    detectors = cast("tuple[Detector, ...]", (_Swap(what),))
    screener._loaded = replace(screener._load(), detectors=detectors)
    return screener


@pytest.fixture
def two_videos(tmp_path: Path) -> tuple[Path, Path]:
    one = write_video(tmp_path / "a.mp4", [quarters()] * 5)
    return one, write_video(tmp_path / "other.mp4", [quarters()] * 10)


def test_every_pass_reads_the_file_that_was_hashed(two_videos: tuple[Path, Path]) -> None:
    path, other = two_videos
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    with Media.open(path) as media:
        os.replace(other, path)
        assert len(list(media.window(Span(0.0, 9.0)))) == 5
        assert media.source.sha256 == before
        with pytest.raises(MediaError, match="changed"):
            media.source.refuse_change()


def test_a_file_that_is_replaced_once_is_screened_again(two_videos: tuple[Path, Path]) -> None:
    path, other = two_videos
    wanted = hashlib.sha256(other.read_bytes()).hexdigest()

    def replace_once() -> None:
        if other.exists():
            os.replace(other, path)

    verdict = swapping(replace_once).screen(path)
    assert verdict.media.sha256 == wanted
    assert "changed" not in {piece.reason for piece in verdict.abstentions}


def _append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def _write_inside(path: Path) -> None:
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 255
    with path.open("r+b") as stream:
        stream.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [_append, _write_inside, Path.unlink])
def test_a_file_that_keeps_changing_is_not_judged_and_never_kept(
    two_videos: tuple[Path, Path], change: Callable[[Path], None]
) -> None:
    path, _ = two_videos
    verdict = swapping(lambda: change(path)).screen(path)
    assert verdict.label == "unable_to_evaluate"
    if change is not Path.unlink:  # else there is nothing to open the second time
        assert [piece.reason for piece in verdict.abstentions] == ["changed"]
        assert "the file changed while it was screened" in verdict.abstentions[0].why
        with Results(path.parent / "out") as results:
            results.add(path, verdict, "s1")
            assert not results.has(path, "s1")


def test_a_new_mode_is_no_change(two_videos: tuple[Path, Path]) -> None:
    path, _ = two_videos
    verdict = swapping(lambda: path.chmod(0o600)).screen(path)
    assert verdict.media.sha256 and not {"changed"} & {one.reason for one in verdict.abstentions}


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [write_report, lambda out: list(saved_verdicts(out)), lambda out: read_results(out / RESULTS)],
    ids=["report", "export", "evaluation"],
)
def test_a_pipe_in_place_of_results_is_refused_and_not_waited_for(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    os.mkfifo(tmp_path / RESULTS)
    with pytest.raises((OSError, MediaScreenError), match="not a regular file"):
        read(tmp_path)


def fetched_from(path: Path) -> Path:
    named = ModelFile(name="mine/a.onnx", sha256="0" * 64, licence="MIT", origin="a test")
    return fetch(named, source=path)


READERS: dict[str, Callable[[Path], object]] = {
    "sidecar": sidecars.read,
    "comments": lambda path: list(read_comments(path)),
    "content": recognise,
    "manifest": read_manifest,
    "protocol": load_protocol,
    "options": lambda path: read_config(path, []),
    "list-of-weights": read_registry,
    "weights": sha256_of,
    "weights-to-place": fetched_from,
    "network-of-the-users": OwnDescription.read,
    "record-of-a-person": read_record,
    "key-to-sign-with": read_key,
    "watch-list": read_watch_list,
    "anything-else": read_regular,
}


@pytest.fixture
def impatient() -> Iterator[None]:
    """What would be waited for for ever fails instead."""

    def fail(*_: object) -> None:
        raise AssertionError("it was waited for")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(20)  # s
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=["pipe", "device", "linked-device", "folder"])
def irregular(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What can be opened and is no file."""
    path = tmp_path / "a.json"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "device":
        return Path(os.devnull)
    elif request.param == "linked-device":
        path.symlink_to(os.devnull)
    else:
        path.mkdir()
    return path


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_what_is_named_to_be_read_and_is_no_file_is_refused_and_not_waited_for(
    irregular: Path, read: Callable[[Path], object]
) -> None:
    with pytest.raises((OSError, MediaScreenError), match=r"(not a|no) regular file"):
        read(irregular)


@pytest.mark.usefixtures("impatient")
def test_a_sidecar_that_is_no_file_costs_only_itself(tmp_path: Path, irregular: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(path, [quarters()] * 5)
    verdict = Screener(CONFIG).screen(path, sidecar=irregular)
    (told,) = (one.why for one in verdict.abstentions if one.detector == "sidecar")
    assert "it is not a regular file" in told and verdict.media.kind == "video"


@pytest.mark.usefixtures("impatient")
def test_a_sidecar_that_becomes_a_pipe_stops_no_scan(
    tmp_path: Path, irregular: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be another one from one moment to the next."""
    monkeypatch.setattr(sidecars, "find", lambda _: irregular)
    person = Person("ada", "Ada", (), (OfficialChannel("youtube", "UC1"),), tmp_path)
    assert list(official_posts([tmp_path / "a.mp4"], [person])) == []
    touch(tmp_path, "in/a.mp4")
    with Results(tmp_path / "out") as results:
        results.add(tmp_path / "in/a.mp4", verdict(tmp_path / "in/a.mp4"), "s1")
        assert results.has(tmp_path / "in/a.mp4", "s1")


@pytest.mark.usefixtures("impatient")
def test_a_certificate_that_is_no_file_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "people/ada/faces/a.jpg")
    (tmp_path / "people/ada/person.toml").write_text('name = "Ada"')
    (tmp_path / "people/_trust").mkdir()
    os.mkfifo(tmp_path / "people/_trust/a.pem")
    _, remarks = check_people(tmp_path / "people")
    assert any("a.pem" in one.text and "not a regular file" in one.text for one in remarks)


ROWS = {
    "length-as-text": "UPDATE reference SET duration_s = 'long'",
    "length-without-end": "UPDATE reference SET duration_s = 9e999",
    "no-length": "UPDATE reference SET duration_s = -1e300",
    "person-as-bytes": "UPDATE reference SET person = x'ff00'",
    "another-kind": "UPDATE reference SET kind = 'genuine'",
    "rows-as-text": "UPDATE array SET rows = 'many'",
    "rows-without-end": "UPDATE array SET rows = 4611686018427387904",
    "data-as-text": "UPDATE array SET data = 'text'",
    "another-name": "UPDATE array SET name = 'f' || name WHERE name = 'hashes'",
    "another-hash": "UPDATE reference SET sha256 = 'b'",
}


@pytest.mark.parametrize("sql", ROWS.values(), ids=ROWS)
def test_a_changed_row_of_a_catalogue_is_refused(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "c.sqlite"
    with Catalogue.open(path) as catalogue:
        catalogue.add("ada", "a.mp4", "a" * 64, FINGERPRINT)
        assert catalogue.find(FINGERPRINT)
    change_schema(path, "reference", sql)
    with pytest.raises(CatalogueError), Catalogue.open(path) as catalogue:
        catalogue.find(FINGERPRINT)


def test_a_damaged_schema_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    with Catalogue.open(path) as catalogue:
        catalogue.add("ada", "a.mp4", "a" * 64, FINGERPRINT)
    data = path.read_bytes()
    place = data.index(b"TABLE reference (") + len("TABLE reference (")
    path.write_bytes(data[:place] + b'"\xff\xfe' + data[place + 3 :])
    with pytest.raises(CatalogueError):
        Catalogue.open(path)


def test_a_report_into_a_link_is_refused_in_a_sentence(screened: tuple[Path, Path]) -> None:
    out = screened[1]
    (out.parent / "elsewhere").mkdir()
    (out / "report").symlink_to(out.parent / "elsewhere")
    done = CliRunner().invoke(main, ["report", str(out)])
    assert done.exit_code == 1 and "links are not followed" in done.output
    assert not list((out.parent / "elsewhere").iterdir())
