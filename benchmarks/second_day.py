"""What does the second day cost: three new files, one more known fake, one more person?

    python -m benchmarks.second_day --media ../shared/media

A folder of files, samples and short clips, is scanned by the command line, as a user does
it. Then three clips come into it, one that was there is enrolled as a known fake, and a person is
added by an official video; the same command is given again. Beside that stands what it costs where
nothing was kept: a scan of the same files with the same people into an empty folder. Verdicts of
both are compared. CPU seconds are those of all processes; those of the clock grow with whatever
else a machine does.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.markdown import heading, table
from benchmarks.places import SAMPLES, write_page, write_record
from benchmarks.talking_videos import find_clips
from benchmarks.throughput import machine
from media_screen.results.observations import OBSERVED

COMMAND = "python -m benchmarks.second_day --media ../shared/media --files {files}"
FILES, NEW = 25, 3
OF_SAMPLES = 0.4  # of the files, with their sidecars; the others are clips
ADDED = "added-person"
# What depends on the order of files, and on when they came.
_NOT_COMPARED = ("timing_s", "examined_as", "duplicate_of", "shared", "campaign", "passed", "flags")


@dataclass(frozen=True, slots=True)
class DayScan:
    """What a scan cost, and what each file was called by it."""

    name: str
    clock_s: float
    cpu_s: float
    files: int
    observed_bytes: int
    called: Mapping[str, Any]
    stages: Mapping[str, float]  # seconds by the clock, of files that were there before


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=Path, required=True)
    parser.add_argument("--files", type=int, default=FILES, help="of the first day, 5 or more")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, people, out, fresh = (
            Path(temporary) / name for name in ("in", "people", "out", "fresh")
        )
        shutil.copytree(SAMPLES / "people", people)
        samples = round(asked.files * OF_SAMPLES)
        lay_samples(samples, folder)
        clips = shortest(asked.media / "real_video", asked.files - samples + NEW + 1)
        official, *clips = clips
        lay(clips[NEW:], folder)
        before = sorted(path.name for path in folder.iterdir())
        days = [scan(people, folder, out, "the first day")]
        lay(clips[:NEW], folder)
        add(people, official, fake=clips[NEW])
        days.append(scan(people, folder, out, "the second day", among=before))
        days.append(scan(people, folder, fresh, "all of it from nothing", among=before))
    write(days)


def lay_samples(count: int, folder: Path) -> None:
    """Lay the first samples, by their names, into a folder, each with its sidecar."""
    folder.mkdir()
    there = sorted((SAMPLES / "downloads").iterdir())
    for path in [path for path in there if path.suffix != ".json"][:count]:
        shutil.copy(path, folder)
        beside = path.with_suffix(".info.json")
        if beside.is_file():
            shutil.copy(beside, folder)


def shortest(folder: Path, count: int) -> list[Path]:
    """Return the shortest clips below a folder."""
    found = sorted(find_clips(folder), key=lambda clip: (clip[1], clip[0]))
    return [path for path, _ in found[:count]]


def lay(clips: Sequence[Path], folder: Path) -> None:
    """Lay clips into a folder, under names that tell where they come from."""
    for clip in clips:
        shutil.copy(clip, folder / f"{clip.parent.name}-{clip.name}")


def add(people: Path, official: Path, *, fake: Path) -> None:
    """Enrol a person by an official video, and a known fake."""
    person = people / ADDED
    (person / "official").mkdir(parents=True)
    (person / "person.toml").write_text('name = "Added Person"\n', "utf-8")
    shutil.copy(official, person / "official")
    (people / "_known_fakes").mkdir()
    shutil.copy(fake, people / "_known_fakes")


def scan(
    people: Path,
    folder: Path,
    out: Path,
    name: str,
    *,
    among: Sequence[str] | None = None,
) -> DayScan:
    """Run the command, and return what it cost; stages are those of the files `among` these."""
    command = [sys.executable, "-m", "media_screen", "scan", "--no-config", "--quiet"]
    command += [str(folder), "--people", str(people), "--out", str(out), "--device", "cpu"]
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, check=False)
    if done.returncode not in (0, 1):  # 1: the samples have broken files
        raise RuntimeError(f"the scan ended with {done.returncode}")
    clock_s, after = time.monotonic() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = (out / "results.jsonl").read_text("utf-8").splitlines()
    records = {Path(one["media"]["path"]).name: one for one in map(json.loads, lines)}
    stages: dict[str, float] = {}
    for record in (one for file, one in records.items() if among is None or file in among):
        for stage, seconds in record["timing_s"].items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    return DayScan(
        name,
        clock_s,
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        len(records),
        (out / OBSERVED).stat().st_size,
        {file: _called(record) for file, record in records.items()},
        stages,
    )


def _called(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a record must not depend on how it came about."""
    return {name: value for name, value in record.items() if name not in _NOT_COMPARED}


# --- what comes of it -----------------------------------------------------------------------------


def write(days: Sequence[DayScan]) -> None:
    """Write the record and the page, and print that."""
    _, second, fresh = days
    differing = [name for name in fresh.called if second.called[name] != fresh.called[name]]
    record = {
        "command": COMMAND.format(files=days[0].files),
        "machine": machine(),
        "days": [
            {key: value for key, value in asdict(day).items() if key != "called"} for day in days
        ],
        "differing": differing,
    }
    text = page(record)
    write_record("second_day", record)
    write_page("second_day", text)
    print(text)


def page(record: Mapping[str, Any]) -> str:
    """Return second_day.md."""
    first, second, fresh = record["days"]
    old = first["files"]
    lines = [
        *heading("The second day", record["command"]),
        f"{record['machine']}. Two workers; enrolling, campaigns and the report are part of it. "
        "Where a machine does other work meanwhile, CPU seconds are what can be compared.",
        "",
        f"{old} files are screened. The next day there are {second['files'] - old} more, a known "
        "fake and a person with an official video were added, and the same command is given "
        "again; below it the same files and people where nothing was kept, as it was for any "
        "change of people before:",
        "",
        *table(
            ("scan", "files", "CPU, s", "clock, s"),
            [
                (day["name"], day["files"], f"{day['cpu_s']:.1f}", f"{day['clock_s']:.1f}")
                for day in record["days"]
            ],
        ),
        "",
        f"Of the {old} files that were there before, the examination took "
        f"{second['stages']['total']:.1f} s by the clock on the second day, and "
        f"{fresh['stages']['total']:.1f} s from nothing.",
        "",
        f"Verdicts that differ between both, but for what depends on the order of files: "
        f"{len(record['differing'])} of {second['files']}.",
        "",
        f"What was seen and heard is kept in {second['observed_bytes'] / 1e6:.1f} MB for "
        f"{second['files']} files, {second['observed_bytes'] / second['files'] / 1e3:.0f} KB each.",
        "",
        "## Where the time of the files that were there before goes",
        "",
        *table(
            ("stage", "second day, s", "from nothing, s"),
            [
                (name, f"{second['stages'].get(name, 0.0):.2f}", f"{seconds:.2f}")
                for name, seconds in sorted(fresh["stages"].items(), key=lambda one: -one[1])
                if seconds >= 0.05
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
