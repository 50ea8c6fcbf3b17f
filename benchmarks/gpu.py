"""Measures what a GPU adds: hours of video an hour, how busy it is, and whether results agree.

    python -m benchmarks.gpu --media ../shared/media/real_video

One-minute videos (see `talking_videos`) are screened on the GPU and on the CPU of the same machine,
each with the default number of workers and with all detectors. `nvidia-smi` tells how busy the GPU
is, once a second. Without a usable GPU it says what is missing and exits with 2.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from benchmarks.places import SAMPLES, write_page
from benchmarks.talking_videos import MINUTES, VideoBuilder
from benchmarks.throughput import machine
from media_screen.batch.scan import scan
from media_screen.cli.setup import cores, workers_of
from media_screen.evidence import Verdict
from media_screen.screen import Config
from media_screen.weights.nets import Device, DeviceError, choose_device

COPIES = 4  # of each video, so that starting the workers is a small part of the time
QUERY = ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]


@dataclass(frozen=True, slots=True)
class Run:
    """A scan on one device: seconds, verdicts by file, and how busy the GPU was."""

    seconds: float
    verdicts: dict[str, Verdict]
    busy: Busy


@dataclass(frozen=True, slots=True)
class Busy:
    """Mean utilisation of the GPU in percent, and the most memory used on it in MiB."""

    percent: float
    memory_mib: float


def main() -> int:
    """Measure both devices and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, default=SAMPLES / "downloads")
    parser.add_argument("--videos", type=Path, help="folder to keep the built videos in")
    arguments = parser.parse_args()
    try:
        choose_device("cuda")
    except DeviceError as error:
        print(f"no GPU was measured: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        builder = VideoBuilder(arguments.media, arguments.videos or folder / "videos")
        (folder / "in").mkdir()
        for number, part in enumerate(builder.parts(MINUTES) * COPIES):
            shutil.copy(part, folder / "in" / f"{number:02}.mp4")
        runs = {device: measured(device, folder) for device in ("cuda", "cpu")}
    text = "\n".join(table(runs["cuda"], runs["cpu"]))
    print(text)
    head = f"# GPU\n\n`python -m benchmarks.gpu {' '.join(sys.argv[1:])}`; {machine()}; {gpu()}\n\n"
    write_page("gpu", head + text + "\n")
    return 0


def measured(device: Device, folder: Path) -> Run:
    """Screen the folder on a device."""
    verdicts: dict[str, Verdict] = {}

    def on_result(verdict: Verdict, _: object) -> None:
        verdicts[Path(verdict.media.path).name] = verdict

    workers = workers_of(0)
    config = Config(
        people=SAMPLES / "people", device=device, threads=max(1, cores() // workers)
    )  # every file is looked at, copies too: the memory only tells of them
    with Watch() as watch:
        out = folder / f"out-{device}"
        summary = scan([folder / "in"], out, config, workers=workers, on_result=on_result)
    return Run(summary.seconds, verdicts, watch.busy())


class Watch:
    """Asks the GPU once a second how busy it is while inside `with`."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def busy(self) -> Busy:
        """Return what was seen; zeros when nvidia-smi is missing."""
        percents, memory = zip(*self._seen or [(0.0, 0.0)], strict=True)
        return Busy(statistics.fmean(percents), max(memory))

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            try:
                told = subprocess.run(QUERY, capture_output=True, text=True, check=True).stdout
            except (OSError, subprocess.CalledProcessError):
                return
            percent, memory = told.splitlines()[0].split(",")
            self._seen.append((float(percent), float(memory)))


def table(cuda: Run, cpu: Run) -> list[str]:
    """Return the lines of the result."""
    lines = ["| device | video hours an hour | GPU busy | GPU memory, MiB |", "|---|---|---|---|"]
    for name, run in (("cuda", cuda), ("cpu", cpu)):
        hours = sum(verdict.media.duration_s for verdict in run.verdicts.values()) / run.seconds
        busy = f"{run.busy.percent:.0f}% | {run.busy.memory_mib:.0f}" if name == "cuda" else " | "
        lines.append(f"| {name} | {hours:.1f} | {busy} |")
    pairs = [(verdict, cpu.verdicts[name]) for name, verdict in cuda.verdicts.items()]
    same = sum(one.label == other.label for one, other in pairs)
    apart = max((_difference(one, other) for one, other in pairs), default=0.0)
    return [
        *lines,
        "",
        f"The GPU is {cpu.seconds / cuda.seconds:.1f} times as fast. {same} of {len(pairs)} files "
        f"get the same label; pooled ratios differ by {apart:.4f} at most.",
    ]


def _difference(one: Verdict, other: Verdict) -> float:
    axes = set(one.llr) | set(other.llr)
    return max((abs(one.llr.get(a, 0.0) - other.llr.get(a, 0.0)) for a in axes), default=0.0)


def gpu() -> str:
    """Return the name of the GPU."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "GPU of unknown name"


if __name__ == "__main__":
    sys.exit(main())
