"""A scan asks nothing of the network, and opens no file because somebody's metadata names it."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from media_screen.detectors import DETECTORS
from tests import watched
from tests.making import quarters, records, write_video
from tests.places import PLUGINS, SAMPLES

SAMPLE = SAMPLES / "downloads" / "slow-pictures-cat-and-coffee.mp4"
GUARDED = """
import guarding
from media_screen.cli.main import main
if __name__ == "__main__":
    main()
"""
IN_OPEN, IN_ACCESS, IN_CREATE = 0x20, 0x1, 0x100  # of inotify(7)


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A file that nobody may open, and what tells when somebody does, in whatever language."""
    path = tmp_path / "bait" / "secret.mp4"
    path.parent.mkdir()
    shutil.copy(SAMPLE, path)
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "inotify_init1"):
        pytest.skip("needs inotify")
    watch = library.inotify_init1(os.O_NONBLOCK)
    assert library.inotify_add_watch(watch, os.fsencode(path), IN_OPEN | IN_ACCESS) >= 0
    yield path, watch
    os.close(watch)


def touched(watch: int) -> bool:
    try:
        return bool(os.read(watch, 4096))
    except BlockingIOError:
        return False


def naming(record: object, path: str) -> object:
    """Put a path in the place of every text of a record."""
    if isinstance(record, dict):
        return {key: naming(value, path) for key, value in record.items()}
    if isinstance(record, list):
        return [naming(value, path) for value in record]
    return path if isinstance(record, str) else record


def test_neither_the_network_nor_a_file_named_by_metadata_is_touched(
    tmp_path: Path, bait: tuple[Path, int]
) -> None:
    secret, watch = bait
    downloads, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    downloads.mkdir()
    shutil.copy(SAMPLE, downloads / "a.mp4")
    record = json.loads(SAMPLE.with_suffix(".info.json").read_text("utf-8"))
    record |= {
        "filename": "",
        "_filename": "",
        "requested_downloads": [{"filepath": ""}],
        "thumbnails": [{"filepath": "", "url": ""}],
        "infojson_filename": "",
    }
    (downloads / "a.info.json").write_text(json.dumps(naming(record, str(secret))), "utf-8")
    tags = {"title": str(secret), "comment": f"file://{secret}", "encoder": "http://127.0.0.1:9/"}
    write_video(downloads / "b.mp4", [quarters()] * 25, tags=tags)
    (downloads / "c.mp4").write_text(f"#EXTM3U\n#EXTINF:9,\nfile://{secret}\n", "utf-8")
    (downloads / "d.mp4").write_text(f"ffconcat version 1.0\nfile {secret}\n", "utf-8")
    (tmp_path / "guarded.py").write_text(GUARDED, "utf-8")
    names = [*(kind.name for kind in DETECTORS), "guarding"]
    detectors = [part for name in names for part in ("--detector", name)]
    folders = [str(downloads), "--out", str(out), "--people", str(SAMPLES / "people")]
    command = [sys.executable, str(tmp_path / "guarded.py"), "scan", *folders, "--device", "cpu"]
    command += detectors
    plugins = str(PLUGINS)
    environment = os.environ | {"PYTHONPATH": plugins, "GUARDING_LOG": str(log)}
    assert not touched(watch)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # two of the files are no media
    events = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert sum(event == "guarded" for event, _ in events) >= 2, "command line and worker"
    assert [event for event in events if event[0] not in ("open", "write", "guarded")] == []
    ours = (str(out), str(SAMPLES / "people" / ".media_screen"), str(log), os.devnull)
    written = {what for event, what in events if event == "write" and not what.isdigit()}
    assert {what for what in written if not what.startswith(ours)} == set()
    assert str(out / "results.jsonl") in written, "the watch works"
    assert any(event == ["open", str(downloads / "a.mp4")] for event in events)
    assert [what for _, what in events if str(secret.parent) in what] == []
    assert not touched(watch), "the decoder opened it"
    for found in records(out):
        assert not found["failures"]
    secret.read_bytes()
    assert touched(watch), "the watch works"


def quiet_home(folder: Path) -> dict[str, str]:
    """An environment whose home, temporary folder and working folder are new, watched and empty."""
    kept = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    for name in ("home", "tmp", "cwd"):
        (folder / name).mkdir()
    # CI would make some libraries silent by themselves.
    return kept | {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


COMMANDS = {
    "scan": (
        "-m",
        "media_screen",
        "scan",
        str(SAMPLES / "downloads" / "forwarded-picture.jpg"),
        "--people",
        str(SAMPLES / "people"),
        "--quiet",
        "--transcript",
        "--out",
    ),
    "library": (
        "-c",
        "import sys; from media_screen import Screener;"
        "label = Screener().screen(sys.argv[2]).label; open(sys.argv[3], 'w').write(label)",
        "-",
        str(SAMPLES / "downloads" / "voice-message.m4a"),
    ),
    "plots": (
        "-c",
        "import sys; from media_screen.evaluation.plots import _import_matplotlib;"
        "open(sys.argv[1], 'w').write(_import_matplotlib().__version__)",
    ),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_name_is_asked_for_and_nothing_is_written_elsewhere(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    environment, log, out = quiet_home(tmp_path), tmp_path / "names.json", tmp_path / "out"
    inside = watched.namespace()
    if inside:
        inside += [sys.executable, "-m", "tests.watched", str(log)]
        environment["PYTHONPATH"] = str(SAMPLES.parent)
    library = ctypes.CDLL(None, use_errno=True)
    watch = library.inotify_init1(os.O_NONBLOCK)
    for name in ("home", "cwd"):
        assert library.inotify_add_watch(watch, os.fsencode(tmp_path / name), IN_CREATE) >= 0
    arguments = [*inside, sys.executable, *command, str(out)]
    done = subprocess.run(
        arguments,
        env=environment,
        cwd=tmp_path / "cwd",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert out.exists()
    assert not inside or json.loads(log.read_text("utf-8")) == [watched.CONTROL]
    left = [path for name in ("home", "tmp", "cwd") for path in (tmp_path / name).rglob("*")]
    assert not left
    assert not touched(watch), "something was made there, and removed"
    (tmp_path / "home" / "made").touch()
    assert touched(watch), "the watch works"
