"""Measures what screening costs, as a ratio to decoding the file once, stage by stage.

    python -m benchmarks.throughput --media ../shared/media/real_video

Videos of 1, 10 and 60 minutes are built out of talking clips (see `talking_videos`; default: the
shipped samples), screened with all detectors against the sample person on one thread, and compared
with plain decoding by PyAV on one thread and with the naive loop of `naive_peer`. All times are CPU
seconds, since those of the clock grow with whatever else a machine does; on an idle core both are
the same but for waiting on the disk. What is compared is run in turns, and the least of some rounds
taken. Each run has a process of its own, whose peak of resident memory is its own.

The decode of a longer video is that of the minutes it is made of: it holds the same packets.

    python -m benchmarks.throughput --short --media ../shared/media/real_video

measures clips of 15, 30 and 60 s in the forms in which platforms deliver them in place of that.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.cpu_clock import count_cpu
from benchmarks.markdown import table
from benchmarks.naive_peer import PeerRun, run_peer
from benchmarks.places import HERE, SAMPLES, write_page, write_record
from benchmarks.talking_videos import PLATFORMS, Form, VideoBuilder

LENGTHS = (1, 10, 60)  # minutes
SHORT = (15, 30, 60)  # s
# Has a face that speaks, and sound: what is screened first, so that every network is open.
WARMING = SAMPLES / "downloads" / "my-new-channel.mp4"
DAY = 86_400.0  # s

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Scan:
    """What screening a file took: CPU seconds, in all and by stage, and the peak of memory."""

    cpu_s: float
    stages: Mapping[str, float]
    peak_bytes: int
    label: str
    tracks: int
    failures: int


@dataclass(frozen=True, slots=True)
class Start:
    """CPU and clock seconds, and peak memory of the process tree, until a first result."""

    cpu_s: float
    clock_s: float
    peak_bytes: int


def main() -> None:
    """Build the videos, measure, and write the tables as each measurement ends."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, default=SAMPLES / "downloads")
    parser.add_argument("--videos", type=Path, help="folder to keep the built videos in")
    parser.add_argument("--minutes", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--short", action="store_true", help="short clips in place of minutes")
    parser.add_argument("--codecs", nargs="+", help="of the short clips, as FFmpeg calls encoders")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results/ and records/")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        builder = VideoBuilder(arguments.media, arguments.videos or Path(temporary))
        command = f"python -m benchmarks.throughput {' '.join(sys.argv[1:])}"
        measured = LeastTimes(command, arguments.rounds, arguments.out)
        people = Path(temporary) / "people"
        subprocess.run(["cp", "-r", str(SAMPLES / "people"), str(people)], check=True)
        apart(warm_start, people)  # enrolls
        if arguments.short:
            forms = [one for one in PLATFORMS if one.codec in (arguments.codecs or one.codec)]
            measure_short(builder, forms, people, command, arguments.rounds, arguments.out)
            return
        for turn in range(arguments.rounds):
            decoded: set[Path] = set()
            for minutes in arguments.minutes:
                path, parts = builder.build(minutes), builder.parts(minutes)
                measured.parts[minutes] = [part.stem for part in parts]
                for part in dict.fromkeys(parts):
                    if part not in decoded:
                        measured.decoded(part.stem, apart(decode, part))
                        decoded.add(part)
                # The longest takes as long as all others: the last round is enough.
                if minutes < max(arguments.minutes) or turn == arguments.rounds - 1:
                    measured.scanned(minutes, apart(scan, path, people))
                measured.write()
            measured.started("a worker", apart(warm_start, people))
            measured.started("the first result of a new process", cold_start(people))
        measured.peer = apart(run_peer, builder.parts(1)[0])
        measured.write()
    print(measured.text())


def measure_short(
    builder: VideoBuilder,
    forms: Sequence[Form],
    people: Path,
    command: str,
    rounds: int,
    out: Path,
) -> None:
    """Screen and decode short clips in turns, and write the table as each ends."""
    scans: dict[tuple[Form, int], Scan] = {}
    decodes: dict[tuple[Form, int], float] = {}
    for turn in range(rounds):
        for key in ((form, seconds) for form in forms for seconds in SHORT):
            path = builder.short(key[1], key[0])
            found, decode_s = apart(scan, path, people), apart(decode, path)
            if turn == 0 or found.cpu_s < scans[key].cpu_s:
                scans[key] = found
            decodes[key] = min(decode_s, decodes.get(key, decode_s))
            text = "\n".join(_short_page(scans, decodes, command, rounds))
            write_page("throughput_short", text, out=out)
    print(text)


def _short_page(
    scans: Mapping[tuple[Form, int], Scan],
    decodes: Mapping[tuple[Form, int], float],
    command: str,
    rounds: int,
) -> list[str]:
    rows = []
    stages: dict[str, list[str]] = {}
    for (form, seconds), found in scans.items():
        plain = decodes[form, seconds]
        rate = f"{found.cpu_s / plain:.2f}"
        name = f"{seconds} s"
        rows.append((form.name, name, f"{found.cpu_s:.1f}", f"{plain:.1f}", rate, found.tracks))
        if seconds == SHORT[-1]:
            for stage, took in found.stages.items():
                stages.setdefault(stage, []).append(f"{took:.2f} ({took / plain:.2f})")
    forms = list(dict.fromkeys(form.name for form, seconds in scans if seconds == SHORT[-1]))
    lines = [
        "# Throughput of short clips",
        "",
        f"`{command}`; {machine()}.",
        f"CPU seconds on one thread, the least of {rounds} rounds; cuts every 4 to 12 s, which is "
        "more than most posts have; networks are open.",
        "",
        *table(("form", "length", "screening, s", "decoding it once, s", "ratio", "tracks"), rows),
        "",
    ]
    if stages:
        whole = {stage: cells for stage, cells in stages.items() if len(cells) == len(forms)}
        ordered = sorted(whole.items(), key=lambda item: -float(item[1][0].split()[0]))
        lines += [
            f"Time of each stage of {SHORT[-1]} s: s (ratio to decoding the file once)",
            "",
            *table(("stage", *forms), [(stage, *cells) for stage, cells in ordered]),
            "",
        ]
    return lines


def apart(function: Callable[..., Result], *arguments: Any) -> Result:
    """Run a function in a fresh process, so that its memory and its CPU time are its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


# --- what is measured, each in a process of its own ----------------------------------------------


def decode(path: Path) -> float:
    """Return the CPU seconds of decoding the pictures of a file on one thread."""
    import av

    start = time.process_time()
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        for _ in container.decode(video=0):
            pass
    return time.process_time() - start


def scan(path: Path, people: Path) -> Scan:
    """Screen a file with all detectors in a process that has screened one before."""
    from media_screen import Config, Screener

    count_cpu()
    screener = Screener(Config(people=people, device="cpu", threads=1, fingerprint=True))
    screener.screen(WARMING)
    start = time.process_time()
    verdict = screener.screen(path)
    cpu_s = time.process_time() - start
    stages = {name: took for name, took in verdict.timing_s.items() if name != "total"}
    stages["rest (opening, hash, judging)"] = cpu_s - sum(stages.values())
    failures = len(verdict.failures)
    return Scan(cpu_s, stages, _peak(), verdict.label, len(verdict.tracks), failures)


def warm_start(people: Path) -> Start:
    """Load what a worker loads before its first file: imports, networks, people."""
    start, clock = time.process_time(), time.monotonic()
    from media_screen import Config, Screener

    Screener(Config(people=people, device="cpu", threads=1)).prepare()
    return Start(time.process_time() - start, time.monotonic() - clock, _peak())


def cold_start(people: Path) -> Start:
    """Start the command line on one picture, and wait until it has printed the verdict."""
    picture = SAMPLES / "downloads" / "forwarded-picture.jpg"
    with tempfile.TemporaryDirectory() as out:
        command = [
            sys.executable,
            "-m",
            "media_screen",
            "scan",
            str(picture),
            "--out",
            out,
            "--people",
            str(people),
            "--device",
            "cpu",
            "--jsonl",
            "--quiet",
        ]
        before, clock = os.times(), time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            clock_s = time.monotonic() - clock
        after = os.times()
    assert json.loads(line)["label"]
    cpu_s = sum(after[2:4]) - sum(before[2:4])  # of ended children: the report is in it
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10
    return Start(cpu_s, clock_s, peak)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


# --- what comes of it ----------------------------------------------------------------------------


SCANS = (
    "video",
    "screening, s",
    "decoding it once, s",
    "ratio",
    "times real time",
    "hours of video a day, one core",
    "files a day, one core",
    "peak memory, MiB",
)


class LeastTimes:
    """Collects measurements, keeps the least of each, and writes them."""

    def __init__(self, command: str, rounds: int, folder: Path) -> None:
        self._command = command
        self._rounds = rounds
        self._folder = folder
        self._decode: dict[str, float] = {}
        self._scans: dict[int, Scan] = {}
        self._starts: dict[str, Start] = {}
        self.parts: dict[int, list[str]] = {}
        self.peer: PeerRun | None = None

    def decoded(self, part: str, cpu_s: float) -> None:
        """Take the time of decoding a minute."""
        self._decode[part] = min(cpu_s, self._decode.get(part, cpu_s))

    def scanned(self, minutes: int, found: Scan) -> None:
        """Take a scan of a video."""
        self._scans[minutes] = min(found, self._scans.get(minutes, found), key=lambda s: s.cpu_s)

    def started(self, what: str, found: Start) -> None:
        """Take a start of a process."""
        self._starts[what] = min(found, self._starts.get(what, found), key=lambda s: s.cpu_s)

    def decode_s(self, minutes: int) -> float:
        """Return the CPU seconds of decoding a video: the sum over its minutes."""
        return sum(self._decode[part] for part in self.parts[minutes])

    def write(self) -> None:
        """Write the tables and the numbers."""
        record = {
            "command": self._command,
            "machine": machine(),
            "rounds": self._rounds,
            "decode_s": {str(minutes): self.decode_s(minutes) for minutes in self._scans},
            "scans": {str(minutes): asdict(found) for minutes, found in self._scans.items()},
            "starts": {what: asdict(found) for what, found in self._starts.items()},
            "peer": asdict(self.peer) if self.peer else None,
        }
        write_record("throughput", record, out=self._folder)
        write_page("throughput", self.text(), out=self._folder)

    def text(self) -> str:
        """Return the tables."""
        head = [
            "# Throughput",
            "",
            f"`{self._command}`; {machine()}.",
            "CPU seconds on one thread, the least of "
            f"{self._rounds} rounds (the longest video: one); 720p30 H.264, cuts every 4 to 12 s.",
            "",
        ]
        tables = [self._scan_table(), self._stage_table(), self._start_lines(), self._peer_lines()]
        return "\n".join([*head, *(line for table in tables for line in [*table, ""])])

    def _scan_table(self) -> list[str]:
        rows = []
        for minutes, found in sorted(self._scans.items()):
            plain = self.decode_s(minutes)
            speed = 60 * minutes / found.cpu_s
            rows.append(
                (
                    f"{minutes} min",
                    f"{found.cpu_s:.1f}",
                    f"{plain:.1f}",
                    f"{found.cpu_s / plain:.2f}",
                    f"{speed:.0f}",
                    f"{speed * 24:.0f}",
                    f"{DAY / found.cpu_s:.0f}",
                    found.peak_bytes >> 20,
                )
            )
        return table(SCANS, rows)

    def _stage_table(self) -> list[str]:
        lengths = sorted(self._scans)
        names = list(dict.fromkeys(name for one in lengths for name in self._scans[one].stages))
        rows = []
        names.sort(key=lambda name: -self._scans[lengths[-1]].stages.get(name, 0.0))
        for name in names:
            cells = []
            for minutes in lengths:
                found = self._scans[minutes]
                took = found.stages.get(name, 0.0)
                ratio = took / self.decode_s(minutes)
                cells.append(f"{took:.2f} ({took / found.cpu_s:.0%}; {ratio:.2f})")
            rows.append((name, *cells))
        return [
            "Time of each stage: s (share of the scan; ratio to decoding the file once)",
            "",
            *table(("stage", *(f"{minutes} min" for minutes in lengths)), rows),
        ]

    def _start_lines(self) -> list[str]:
        return [
            f"Start, {what}: {found.cpu_s:.1f} s of CPU, {found.clock_s:.1f} s by the clock, "
            f"{found.peak_bytes >> 20} MiB in the largest process."
            for what, found in self._starts.items()
        ]

    def _peer_lines(self) -> list[str]:
        if self.peer is None or 1 not in self._scans:
            return []
        peer, scan_s = self.peer, self._scans[1].cpu_s
        return [
            f"The naive loop takes {peer.cpu_s:.1f} s for the same minute (decoding "
            f"{peer.decode_s:.1f}, MTCNN once a second {peer.detect_s:.1f}, embedding "
            f"{peer.faces} faces {peer.embed_s:.1f}): {peer.cpu_s / scan_s:.1f} times this scan, "
            f"and {peer.cpu_s / self.decode_s(1):.1f} times decoding it once. It grows with the "
            "length, and finds faces only: no voices, text, copies or credentials."
        ]


def machine() -> str:
    """Return what the machine is, without its name."""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return f"{os.cpu_count()} cores, {model or 'of unknown model'}, Python {sys.version.split()[0]}"


if __name__ == "__main__":
    main()
