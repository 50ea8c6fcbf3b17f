"""Measures what a GPU adds: hours of video an hour, how busy it is, and whether results agree.

    python -m benchmarks.gpu --media ../shared/media/real_video

One-minute videos (see `talking_videos`) are screened with all detectors, first one on the GPU, so
that a number is there within a minute or two, then by 1, 2, 4 ... decoding processes that share the
GPU (`batch.networks`), by processes that each hold their networks themselves, and on the CPU of the
same machine. Each row is printed, and kept in the record, as soon as it is measured. Every file has
bytes of its own, since the same bytes are not examined twice. Decoding alone is measured beside it,
on the CPU and, where PyAV can, by the GPU (NVDEC). Without a usable GPU it says what is missing and
exits with 2; `--device cpu` tries everything without one, on few files, and writes no page.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.gpu import MINUTES
from benchmarks.markdown import heading, table
from benchmarks.places import SAMPLES, write_page, write_record
from benchmarks.talking_videos import MINUTE, VideoBuilder
from benchmarks.throughput import machine
from media_screen.batch.scan import Progress, scan
from media_screen.batch.worker import Pool
from media_screen.cli.setup import cores
from media_screen.evidence import Verdict
from media_screen.screen import Config
from media_screen.weights.nets import Device, DeviceError, choose_device

FILES = 20  # of a run, so that starting the processes is a small part of its time
FEW = 4  # of a trial without a GPU
QUERY = ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits"]
_SHOWN_STAGES = 6  # the longest of a run


@dataclass(frozen=True, slots=True)
class GpuRun:
    """One scan: what it took, how busy the machine was, and where its processes spent the time."""

    device: str
    processes: int
    shared: bool  # one process runs the networks of all
    files: int
    video_s: float  # s of each file
    first_s: float  # until the first verdict, the start of the processes included
    seconds: float
    gpu_percent: float  # mean utilisation while it ran; 0 where nvidia-smi is missing
    gpu_mib: float  # the most memory in use on the GPU
    cpu_percent: float  # mean, of all cores
    stages: Mapping[str, float]  # s, by the clock of each process

    @property
    def hours_an_hour(self) -> float:
        """Hours of video that it screens in an hour."""
        return self.files * self.video_s / self.seconds


@dataclass(frozen=True, slots=True)
class Decoding:
    """Decoding one minute whole: how, and seconds by the clock, or why it could not be done."""

    how: str
    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Parity:
    """How verdicts of the two devices differ."""

    files: int
    same_label: int
    most: float  # of the pooled ratios


class Machine:
    """Asks once a second how busy the GPU and the CPUs are while inside `with`."""

    def __init__(self) -> None:
        self._gpu: list[tuple[float, float]] = []
        self._cpu: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Machine:
        psutil.cpu_percent()  # the first answer has nothing to count from
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def gpu_percent(self) -> float:
        """Mean utilisation of the GPU."""
        return statistics.fmean(percent for percent, _ in self._gpu) if self._gpu else 0.0

    @property
    def gpu_mib(self) -> float:
        """The most memory in use on the GPU."""
        return max((used for _, used in self._gpu), default=0.0)

    @property
    def cpu_percent(self) -> float:
        """Mean utilisation of all cores."""
        return statistics.fmean(self._cpu) if self._cpu else 0.0

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            self._cpu.append(psutil.cpu_percent())
            try:
                told = subprocess.run(QUERY, capture_output=True, text=True, check=True).stdout
            except (OSError, subprocess.CalledProcessError):
                continue
            percent, memory = told.splitlines()[0].split(",")
            self._gpu.append((float(percent), float(memory)))


def main() -> int:
    """Measure what the options ask for, row by row."""
    arguments = _arguments()
    device: Device = arguments.device
    try:
        choose_device(device)
    except DeviceError as error:
        print(f"no GPU was measured: {error}", file=sys.stderr)
        return 2
    trial = device == "cpu"
    builder = VideoBuilder(arguments.media, arguments.videos or Path(tempfile.mkdtemp()))
    with tempfile.TemporaryDirectory() as name:
        files = arguments.files or (FEW if trial else FILES)
        parts = builder.parts(min(arguments.minutes, files))
        videos = [builder.beginning(part, arguments.seconds) for part in parts]
        bench = GpuBench(videos, Path(name), files, arguments.seconds)
        page = Page(builder, arguments, device)
        for run in bench.runs(device, arguments.processes or doublings(cores())):
            page.add(run, bench.parity())
        page.decoded(decodings(builder.parts(1)[0]))
    if trial:
        print("this was a trial on the CPU: no page was written")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, default=SAMPLES / "downloads")
    parser.add_argument("--videos", type=Path, help="folder with built videos, or for them")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--processes", type=int, nargs="*", help="decoding processes of each run")
    parser.add_argument("--files", type=int, help=f"of each run; {FILES}, or {FEW} on the CPU")
    parser.add_argument("--minutes", type=int, default=MINUTES, help="of video that differ")
    parser.add_argument("--seconds", type=int, default=MINUTE, help="of each video, up to 60")
    parser.add_argument("--out", type=Path, help="folder for page and record in place of this one")
    return parser.parse_args()


def doublings(most: int) -> list[int]:
    """Return 1, 2, 4 ... and last the most."""
    return sorted({*(1 << power for power in range(most.bit_length())), most})


class GpuBench:
    """Runs scans over files with bytes of their own, and keeps their verdicts."""

    def __init__(self, videos: Sequence[Path], folder: Path, files: int, seconds: int) -> None:
        self._folder = folder
        self._seconds = seconds
        (folder / "in").mkdir()
        self._files = [
            with_own_bytes(videos[number % len(videos)], folder / "in" / f"{number:02}.mp4", number)
            for number in range(files)
        ]
        self._verdicts: dict[str, Mapping[str, Verdict]] = {}

    def runs(self, device: Device, processes: Sequence[int]) -> Iterator[GpuRun]:
        """Run what is compared, that first which says most."""
        yield self._run(device, 1, files=1)
        for count in processes:
            yield self._run(device, count)
        yield self._run(device, min(4, cores()), shared=False)
        yield self._run("cpu", cores(), shared=False)

    def parity(self) -> Parity | None:
        """Compare the verdicts of both devices, once both are there."""
        if not {"cpu", "cuda"} <= self._verdicts.keys():
            return None
        cpu, cuda = self._verdicts["cpu"], self._verdicts["cuda"]
        pairs = [(one, cpu[name]) for name, one in cuda.items()]
        same = sum(one.label == other.label for one, other in pairs)
        return Parity(len(pairs), same, max(_apart(one, other) for one, other in pairs))

    def _run(
        self, device: Device, count: int, *, files: int | None = None, shared: bool = True
    ) -> GpuRun:
        verdicts: dict[str, Verdict] = {}
        begun = time.monotonic()
        first = 0.0

        def on_result(verdict: Verdict, _: Progress) -> None:
            nonlocal first
            first = first or time.monotonic() - begun
            verdicts[Path(verdict.media.path).name] = verdict

        out = Path(tempfile.mkdtemp(dir=self._folder))
        threads = max(1, cores() // count)
        config = Config(people=SAMPLES / "people", device=device, threads=threads)
        executor = functools.partial(Pool, shares_networks=shared)
        with Machine() as watched:
            summary = scan(
                self._files[:files], out, config,
                workers=count, executor=executor, on_result=on_result,
            )  # fmt: skip
        shutil.rmtree(out)
        self._verdicts[device] = verdicts
        stages: Counter[str] = Counter()
        for verdict in verdicts.values():
            stages.update(verdict.timing_s)
        return GpuRun(
            device=device,
            processes=count,
            shared=shared,
            files=len(verdicts),
            video_s=self._seconds,
            first_s=first,
            seconds=summary.seconds,
            gpu_percent=watched.gpu_percent,
            gpu_mib=watched.gpu_mib,
            cpu_percent=watched.cpu_percent,
            stages=dict(stages.most_common()),
        )


def with_own_bytes(source: Path, target: Path, number: int) -> Path:
    """Copy a video and add an empty box with a number: the same video, and another content hash."""
    shutil.copy(source, target)
    with target.open("ab") as stream:
        stream.write(struct.pack(">I4sQ", 16, b"free", number))
    return target


def _apart(one: Verdict, other: Verdict) -> float:
    axes = set(one.llr) | set(other.llr)
    return max((abs(one.llr.get(a, 0.0) - other.llr.get(a, 0.0)) for a in axes), default=0.0)


def decodings(video: Path) -> list[Decoding]:
    """Decode a minute on one thread of the CPU, and by the GPU where PyAV can."""
    return [_decoded(video, "CPU, one thread"), _decoded(video, "GPU (NVDEC, by PyAV)", "cuda")]


def _decoded(video: Path, how: str, hardware: str = "") -> Decoding:
    import av
    from av.codec.hwaccel import HWAccel

    asked: dict[str, Any] = {}
    if hardware:
        asked["hwaccel"] = HWAccel(device_type=hardware, allow_software_fallback=False)
    begun = time.monotonic()
    try:
        with av.open(str(video), **asked) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for frame in container.decode(stream):
                frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, RuntimeError, NotImplementedError, ValueError) as error:
        return Decoding(how, 0.0, str(error))
    return Decoding(how, time.monotonic() - begun)


class Page:
    """Prints rows as they come, and writes the record and the page after each."""

    def __init__(
        self, builder: VideoBuilder, arguments: argparse.Namespace, device: Device
    ) -> None:
        del builder
        self._out: Path | None = arguments.out
        self._writes = device == "cuda"
        self._runs: list[GpuRun] = []
        self._parity: Parity | None = None
        self._decodings: list[Decoding] = []

    def add(self, run: GpuRun, parity: Parity | None) -> None:
        """Take one more row."""
        self._runs.append(run)
        self._parity = parity or self._parity
        print(
            f"{run.device}, {run.processes} processes, networks "
            f"{'shared' if run.shared else 'of each'}, {run.files} files: "
            f"{run.hours_an_hour:.1f} hours an hour, first after {run.first_s:.0f} s, "
            f"GPU {run.gpu_percent:.0f}%, CPUs {run.cpu_percent:.0f}%",
            flush=True,
        )
        self._write()

    def decoded(self, decodings: list[Decoding]) -> None:
        """Take what decoding alone takes."""
        self._decodings = decodings
        for one in decodings:
            print(f"decoding, {one.how}: {one.why or f'{one.seconds:.1f} s a minute'}", flush=True)
        self._write()

    def _write(self) -> None:
        if not self._writes:
            return
        record = {
            "machine": machine(),
            "gpu": gpu(),
            "runs": [asdict(run) for run in self._runs],
            "decoding": [asdict(one) for one in self._decodings],
            "parity": None if self._parity is None else asdict(self._parity),
        }
        place = {} if self._out is None else {"out": self._out}
        write_record("gpu", record, **place)
        lines = page(self._runs, self._decodings, self._parity)
        write_page("gpu", "\n".join(lines) + "\n", **place)


def page(runs: Sequence[GpuRun], decodings: Sequence[Decoding], parity: Parity | None) -> list[str]:
    """Return the lines of the page."""
    whole = [run for run in runs if run.files > 1]
    cpu = next((run for run in whole if run.device == "cpu"), None)
    return [
        *heading("GPU", "python -m benchmarks.gpu --media ../shared/media/real_video"),
        f"{machine()}; {gpu()}. Videos of {runs[0].video_s:.0f} s, 720p30. "
        f"The first verdict of a new process came after {runs[0].first_s:.0f} s.",
        "",
        *table(
            ["device", "processes", "networks", "files", "video hours an hour", "to the CPU",
             "GPU busy", "GPU memory, MiB", "CPUs busy"],
            [_row(run, cpu) for run in whole],
        ),
        "",
        *([] if parity is None else [_parity_line(parity), ""]),
        "Where the processes spend their time, s a file by their clocks:",
        "",
        *table(["device", "processes", "stages"], [_stages(run) for run in whole]),
        "",
        *table(
            ["decoding a minute whole", "s"],
            [[one.how, one.why or f"{one.seconds:.1f}"] for one in decodings],
        ),
    ]  # fmt: skip


def _row(run: GpuRun, cpu: GpuRun | None) -> list[str]:
    ratio = "-" if cpu is None else f"{run.hours_an_hour / cpu.hours_an_hour:.1f}"
    on_gpu = run.device != "cpu"
    return [
        run.device,
        str(run.processes),
        "shared" if run.shared else "of each",
        str(run.files),
        f"{run.hours_an_hour:.1f}",
        ratio,
        f"{run.gpu_percent:.0f}%" if on_gpu else "",
        f"{run.gpu_mib:.0f}" if on_gpu else "",
        f"{run.cpu_percent:.0f}%",
    ]


def _stages(run: GpuRun) -> list[str]:
    longest = list(run.stages.items())[:_SHOWN_STAGES]
    told = ", ".join(f"{name} {seconds / run.files:.2f}" for name, seconds in longest)
    return [run.device, str(run.processes), told]


def _parity_line(parity: Parity) -> str:
    return (
        f"{parity.same_label} of {parity.files} files get the same label on both devices; "
        f"pooled ratios differ by {parity.most:.4f} at most."
    )


def gpu() -> str:
    """Return the name of the GPU."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "GPU of unknown name"


if __name__ == "__main__":
    sys.exit(main())
