"""Finding media, writing results, going on after any kind of end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.batch.scan import find_media, scan
from media_screen.results.folder import RESULTS
from media_screen.screen import Config
from tests.making import quarters, records, touch, write_sound_file, write_video
from tests.places import PLUGINS

CONFIG = Config(device="cpu", threads=1)


# --- finding -------------------------------------------------------------------------------------


def test_a_named_file_is_always_screened(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt", "b.mp4", "b.jpg")
    notes = tmp_path / "notes.txt"
    found = find_media([notes, tmp_path / "b.jpg", notes, tmp_path])
    assert [path.name for path in found.files] == ["notes.txt", "b.jpg", "b.mp4"]
    assert not found.left_out, "it is screened, whatever it is in its folder"


def test_missing_paths_are_told(tmp_path: Path) -> None:
    assert find_media([tmp_path / "nothing"]).missing == (tmp_path / "nothing",)


def test_a_file_that_is_reached_in_several_ways_is_screened_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "in/sub/a.mp4", "in/b.txt")
    (tmp_path / "way").symlink_to("in")
    monkeypatch.chdir(tmp_path)
    there, name = tmp_path / "in", tmp_path / "way/b.txt"
    ways = [Path("in"), there, Path("in/../in/sub"), Path("way"), Path("in/sub/a.mp4"), name]
    found = find_media(ways)
    assert found.files == (Path("in/sub/a.mp4"), tmp_path / "way/b.txt")
    assert not found.left_out


# --- whole scans ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an analyst has it: good files, broken ones, hostile names."""
    folder = tmp_path_factory.mktemp("downloads")
    video = write_video(folder / "plain.mp4", [quarters()] * 50, sounds=1)
    for name in ("line\nbreak.mp4", "a..%2fb?.mp4", "<b>&'\".mp4", "%d.mp4"):
        shutil.copy(video, folder / name)
    shutil.copy(os.fsencode(video), os.fsencode(folder) + b"/\xff\xfe.mp4")
    write_sound_file(folder / "sound.mp3", codec="libmp3lame")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("no video at all\n" * 50)
    (folder / "cut.mp4").write_bytes(video.read_bytes()[:1500])
    (folder / "plain.info.json").write_text('{"duration": 999, "extractor_key": "Youtube"}')
    (folder / "sound.info.json").write_bytes(b"\xff\xfe{ not json")
    os.mkfifo(folder / "pipe.mp4")
    return folder


def test_a_folder_is_screened_once_and_every_file_gets_a_result(
    downloads: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = scan([downloads], out, CONFIG, workers=2)
    again = scan([downloads], out, CONFIG, workers=2)
    assert (first.screened, first.kept) == (11, 0)
    assert (again.screened, again.kept) == (0, 11)
    assert first.labels == again.labels == {"no_finding": 7, "unable_to_evaluate": 4}
    assert first.failed == again.failed == 4  # empty, text, cut, pipe; the sound was readable
    by_name = {Path(r["media"]["path"]).name: r for r in records(out)}
    assert len(by_name) == 11 and "\\xff\\xfe.mp4" in by_name
    plain = by_name["plain.mp4"]
    assert "sidecar_mismatch" in plain["flags"]
    reasons = {(a["detector"], a["reason"]) for a in by_name["sound.mp3"]["abstentions"]}
    assert ("sidecar", "unreadable") in reasons
    assert "regular file" in by_name["pipe.mp4"]["summary"]


def test_a_changed_file_is_screened_again_and_its_old_result_goes(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    write_sound_file(folder / "a.wav", codec="pcm_s16le")
    write_sound_file(folder / "b.wav", codec="pcm_s16le")
    scan([folder], out, CONFIG)
    write_sound_file(folder / "a.wav", codec="pcm_s16le", seconds=1.0)
    summary = scan([folder], out, CONFIG)
    assert (summary.screened, summary.kept) == (1, 1)
    assert sorted(r["media"]["duration_s"] for r in records(out)) == [1.0, 2.0]


def test_a_file_whose_worker_ended_is_tried_once_in_each_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS))
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a.wav", "exit-1.wav"):
        write_sound_file(folder / name, codec="pcm_s16le", seconds=0.2)
    config = replace(CONFIG, detectors=("misbehaving",))
    first, again = (scan([folder], out, config) for _ in range(2))
    assert (first.screened, first.failed) == (2, 1)
    assert (again.screened, again.kept, again.failed) == (1, 1, 1)
    assert len(records(out)) == 2


def test_a_killed_scan_goes_on_without_losing_or_repeating(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    source = write_video(folder / "00.mp4", [quarters(1280, 720)] * 150)
    for index in range(1, 16):  # an empty box of other bytes: each file is examined
        box = b"\0\0\0\x09free" + bytes([index])
        (folder / f"{index:02}.mp4").write_bytes(source.read_bytes() + box)
    command = [
        sys.executable,
        "-m",
        "media_screen",
        "scan",
        str(folder),
        "--out",
        str(out),
        "--device",
        "cpu",
        "--workers",
        "2",
    ]
    finished_before = []
    for wanted in (2, 7):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if (out / RESULTS).exists() and (out / RESULTS).read_bytes().count(b"\n") >= wanted:
                break
            time.sleep(0.01)
        assert process.poll() is None, "the scan ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        whole = (out / RESULTS).read_bytes().rpartition(b"\n")[0].splitlines()
        finished_before.append([json.loads(line) for line in whole])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    final = records(out)
    assert sorted(Path(r["media"]["path"]).name for r in final) == [
        f"{index:02}.mp4" for index in range(16)
    ]
    # The same but for the campaign, which is settled at the end: nothing was screened again.
    kept = {r["media"]["path"]: r | {"campaign": ""} for r in final}
    for before in finished_before:
        assert [kept[r["media"]["path"]] for r in before] == before
