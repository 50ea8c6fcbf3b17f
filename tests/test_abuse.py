"""What takes no care of the program: bombs, hours of nothing, crowds, full disks, signals."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from click.testing import CliRunner

from media_screen.batch.scan import scan
from media_screen.batch.worker import Limits
from media_screen.cli.main import main
from media_screen.look import SURVEYED, Looker
from media_screen.media import Media
from media_screen.results.folder import RESULTS, Results
from media_screen.screen import Config, Screener
from media_screen.speech.spread import LISTENED
from tests.making import records, write_picture
from tests.places import PLUGINS, SAMPLES

TEXT = SAMPLES / "downloads/not-a-video.mp4"
SCAN = [sys.executable, "-m", "media_screen", "scan", "--device", "cpu", "--workers", "1"]
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1  # of prctl(2) and capabilities(7)
CROWD = 600  # files; `python -m benchmarks.abuse --tiny 10000` takes ten thousand


def write_text_files(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.mp4").write_bytes(b"no video %d" % number)
    return folder


# --- much out of little --------------------------------------------------------------------------


def test_a_picture_that_unpacks_to_a_thousand_times_its_size_is_looked_at_small(
    tmp_path: Path,
) -> None:
    grey = np.full((5000, 6000, 3), 128, np.uint8)  # 90 MB
    path = write_picture(tmp_path / "bomb.png", grey, codec="png", pixels="rgb24")
    assert path.stat().st_size < 1 << 20
    with Media.open(path) as media:
        ((_, height, width),) = [(f.time_s, *f.image.shape[:2]) for f in media.survey()]
    assert max(height, width) <= 1920


def test_ten_hours_of_one_picture_cost_no_more_than_a_long_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1, options={"g": "50", "preset": "ultrafast"})
        stream.width, stream.height = 64, 48
        for number in range(3600):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = 10 * number, Fraction(1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with Media.open(path) as media:
        assert media.info.duration_s == pytest.approx(36_000, abs=20)
        assert Looker().look(media).frames <= SURVEYED + 1


def test_an_hour_of_silence_is_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        block = np.zeros((1, 4000), np.int16)
        for number in range(3600 * 4):
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.rate, frame.pts, frame.time_base = 16_000, number * 4000, Fraction(1, 16_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    verdict = Screener(Config(device="cpu", detectors=("voice_spoof",))).screen(path)
    assert verdict.media.duration_s == 3600.0 and not verdict.failures and not verdict.evidence
    (abstention,) = verdict.abstentions
    assert (abstention.detector, abstention.reason) == ("voice_spoof", "no_speech")
    seconds = re.search(r"in the (\d+) s of it that were listened to", abstention.why)
    assert seconds and LISTENED / 2 < float(seconds.group(1)) <= LISTENED


def test_a_crowd_of_tiny_files_gets_a_result_each(tmp_path: Path) -> None:
    folder, out = write_text_files(tmp_path / "in", CROWD), tmp_path / "out"
    summary = scan([folder], out, Config(device="cpu", detectors=("container",)))
    assert summary.screened == summary.failed == CROWD
    names = [Path(record["media"]["path"]).name for record in records(out)]
    assert sorted(names) == sorted(path.name for path in folder.iterdir())


# --- nowhere to write ----------------------------------------------------------------------------


def test_a_second_scan_into_a_folder_is_told_to_wait(tmp_path: Path) -> None:
    with Results(tmp_path / "out"):
        done = CliRunner().invoke(main, ["scan", str(TEXT), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1 and "another scan is writing into" in done.output


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_folder_that_nobody_may_write_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["scan", str(TEXT), "--out", "/proc/self/out"])
    assert done.exit_code == 1 and "can't write into /proc/self/out" in done.output


@pytest.mark.parametrize("place", ["out", "made/on/the/way"])
def test_a_read_only_folder_is_told(tmp_path: Path, place: str) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir(mode=0o555)
    done = scanned_within_modes(shelf / place)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"can't write into {shelf / place}: " in done.stderr


def test_a_read_only_folder_of_ones_own_stays_read_only(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    done = scanned_within_modes(out)
    assert done.returncode == 1 and f"can't write into {out}: " in done.stderr
    assert not list(out.iterdir()) and not out.stat().st_mode & 0o222


def scanned_within_modes(out: Path) -> subprocess.CompletedProcess[str]:
    command = [*SCAN, str(TEXT), "--out", str(out)]
    return subprocess.run(
        command, capture_output=True, text=True, preexec_fn=bound_by_modes, check=False
    )


def bound_by_modes() -> None:
    """In a child that becomes another program: root, too, may only do what modes of files say.

    As another user it could not read a checkout that is root's alone.
    """
    if os.geteuid() == 0:
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "the power of root can't be given up")


@pytest.mark.parametrize("most", [1000, 22_000], ids=["nothing-fits", "a-little-fits"])
def test_a_disk_that_fills_up_is_told_and_a_second_scan_goes_on(tmp_path: Path, most: int) -> None:
    folder, out = write_text_files(tmp_path / "in", 4), tmp_path / "out"
    command = [*SCAN, str(folder), "--out", str(out), "--quiet"]

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    full = subprocess.run(command, capture_output=True, text=True, preexec_fn=fill, check=False)
    assert full.returncode == 1
    assert "Traceback" not in full.stderr and str(out) in full.stderr
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # all four are no media
    assert len(records(out)) == 4


# --- stopped -------------------------------------------------------------------------------------


def test_a_terminated_scan_leaves_nobody_behind_and_goes_on(tmp_path: Path) -> None:
    folder, out = write_text_files(tmp_path / "in", 0), tmp_path / "out"
    sound = [np.zeros((1, 4800), np.int16)] * 10
    for name in ("a.wav", "hang-b.wav", "hang-c.wav"):
        with av.open(str(folder / name), "w") as container:
            stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
            for block in sound:
                frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
                frame.rate = 48_000
                container.mux(stream.encode(frame))
    command = [*SCAN, str(folder), "--out", str(out), "--detector", "misbehaving"]
    environment = os.environ | {"PYTHONPATH": str(PLUGINS)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 300
        while not _lines(out) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and "the scan was stopped; what was finished is safe" in told
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert workers and not alive
    assert [Path(record["media"]["path"]).name for record in records(out)] == ["a.wav"]
    config = Config(device="cpu", threads=1, detectors=("misbehaving",))
    sys.path.insert(0, str(PLUGINS))
    try:
        summary = scan([folder], out, config, limits=Limits(time_s=1.0))
        again = scan([folder], out, config, limits=Limits(time_s=1.0))
        longer = scan([folder], out, config, limits=Limits(time_s=1.1))
    finally:
        sys.path.remove(str(PLUGINS))
    assert (summary.screened, summary.kept) == (2, 1)
    assert (again.screened, again.kept) == (0, 3)
    assert (longer.screened, longer.kept) == (2, 1), "what passed a limit, and nothing else"
    reasons = [record["abstentions"][0]["reason"] for record in records(out)[1:]]
    assert reasons == ["time_limit", "time_limit"]


def _lines(out: Path) -> int:
    return (out / RESULTS).read_bytes().count(b"\n") if (out / RESULTS).exists() else 0
