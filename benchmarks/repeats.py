"""What does it save that bytes which were screened before are not decoded again?

    python -m benchmarks.repeats --media ../shared/media/real_video

A file is screened, and then the same bytes under another name and post: a built minute (see
`talking_videos`), a shipped video, a picture and a sound. Then a folder of 30 files, 9 videos and
21 byte-identical copies of them with posts of their own, is scanned with and without knowing them.
All times are CPU seconds, since those of the clock grow with whatever else a machine does, and
verdicts are compared. Where the time of the first copy went says what a copy that was encoded
again, which is examined whole, could be spared at most.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.cpu_clock import count_cpu
from benchmarks.markdown import heading, table
from benchmarks.places import SAMPLES, write_page, write_record
from benchmarks.talking_videos import VideoBuilder, find_clips
from benchmarks.throughput import apart, machine
from media_screen.batch.worker import Pool

COMMAND = "python -m benchmarks.repeats --media ../shared/media/real_video"
FILES, CONTENTS = 30, 9  # of the folder: 70% of the files are repeats
WORKERS = 2
SHIPPED = ("northern-desk-interview.mp4", "forwarded-picture.jpg", "voice-message.m4a")
WARMING = "my-new-channel.mp4"
# What a fingerprint takes: to know that a file repeats another one, it has to be looked at and
# listened to. Faces are among what is compared.
PRINTED = ("look", "speech", "sound_print", "memory")
_NOT_COMPARED = ("timing_s", "examined_as", "duplicate_of", "shared", "campaign", "media")


@dataclass(frozen=True, slots=True)
class RepeatCost:
    """CPU seconds for a file and for its bytes again, and the stages of the first."""

    name: str
    first_s: float
    again_s: float
    stages: Mapping[str, float]
    alike: bool  # the verdict on the second is that of a full examination

    @property
    def ratio(self) -> float:
        """How many times as long the first takes."""
        return self.first_s / self.again_s


@dataclass(frozen=True, slots=True)
class FolderScan:
    """CPU and clock seconds of a scan of the folder, with what each file was called."""

    cpu_s: float
    clock_s: float
    repeated: int
    called: Mapping[str, Any]


class Forgetful(Pool):
    """Workers that make no use of what is known of earlier files."""

    takes_earlier = False


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=Path, default=SAMPLES / "downloads")
    parser.add_argument("--videos", type=Path, help="folder to keep the built videos in")
    parser.add_argument("--minutes", type=int, nargs="+", default=(1,))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        people = work / "people"
        shutil.copytree(SAMPLES / "people", people)
        builder = VideoBuilder(asked.media, asked.videos or work / "videos")
        files = [builder.build(minutes) for minutes in asked.minutes]
        files += [SAMPLES / "downloads" / name for name in SHIPPED]
        pairs = [apart(pair, path, people, work / path.name) for path in files]
        lay_folder(asked.media, work / "folder")
        scans = {
            name: apart(scan_folder, work / "folder", people, work / f"out-{name}", name == "known")
            for name in ("known", "unknown")
        }
    write(pairs, scans)


def pair(path: Path, people: Path, folder: Path) -> RepeatCost:
    """Screen a file and its bytes under another post, in a process that has screened one before."""
    from media_screen import Config, Screener, Verdict
    from media_screen.media import identify

    count_cpu()
    memory = folder / "memory.sqlite"
    first, second = (lay_post(path, folder / name, name) for name in ("first", "second"))
    screener = Screener(Config(people=people, device="cpu", threads=1, memory=memory))
    screener.screen(SAMPLES / "downloads" / WARMING)  # opens every network
    began = time.process_time()
    earlier = screener.screen(first)
    then = time.process_time()
    identify(second)  # as the scan does that gives it out
    known = Verdict.from_dict(json.loads(earlier.to_json()))
    again = screener.screen(second, earlier=known)
    ended = time.process_time()
    if again.examined_as != known.media.path:
        raise RuntimeError(f"{path.name} was expected to be no more examined, and was")
    stages = {name: took for name, took in earlier.timing_s.items() if name != "total"}
    alike = _called(again.to_dict()) == _called(screener.screen(second).to_dict())
    return RepeatCost(path.name, then - began, ended - then, stages, alike)


def lay_post(path: Path, folder: Path, account: str) -> Path:
    """Lay a file into a folder under another name, as an account posted it."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{account}{path.suffix}"
    shutil.copy(path, copy)
    post = {
        "extractor_key": "TikTok",
        "uploader_id": account,
        "ext": path.suffix[1:],
        "title": account,
    }
    copy.with_suffix(".info.json").write_text(json.dumps(post), "utf-8")
    return copy


def lay_folder(media: Path, folder: Path) -> None:
    """Lay the shortest videos and copies of them into a folder, each with a post of its own."""
    clips = sorted(find_clips(media), key=lambda clip: (clip[1], clip[0]))[:CONTENTS]
    names = [f"post-{number:02}" for number in range(FILES)]
    random.Random(1).shuffle(names)
    for number, name in enumerate(names):
        lay_post(clips[number % len(clips)][0], folder, name)


def scan_folder(folder: Path, people: Path, out: Path, known: bool) -> FolderScan:
    """Scan the folder; the CPU time is that of the workers, too."""
    from media_screen.batch.scan import scan
    from media_screen.config import Config

    before, clock = os.times(), time.monotonic()
    config = Config(people=people, device="cpu", threads=1)
    summary = scan([folder], out, config, workers=WORKERS, executor=Pool if known else Forgetful)
    after = os.times()
    lines = (out / "results.jsonl").read_text("utf-8").splitlines()
    called = {Path(one["media"]["path"]).name: _called(one) for one in map(json.loads, lines)}
    cpu_s = sum(after[:4]) - sum(before[:4])
    return FolderScan(cpu_s, time.monotonic() - clock, summary.repeated, called)


def _called(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a record must not depend on how it came about."""
    return {name: value for name, value in record.items() if name not in _NOT_COMPARED}


# --- what comes of it -----------------------------------------------------------------------------


def write(pairs: Sequence[RepeatCost], scans: Mapping[str, FolderScan]) -> None:
    """Write the record and the page, and print that."""
    known, unknown = scans["known"], scans["unknown"]
    differing = sum(known.called[name] != unknown.called[name] for name in unknown.called)
    record = {
        "command": COMMAND,
        "machine": machine(),
        "pairs": [asdict(one) | {"ratio": one.ratio} for one in pairs],
        "folder": {
            name: {"cpu_s": one.cpu_s, "clock_s": one.clock_s, "repeated": one.repeated}
            for name, one in scans.items()
        }
        | {"files": len(unknown.called), "differing": differing},
    }
    text = page(record)
    write_record("repeats", record)
    write_page("repeats", text)
    print(text)


def page(record: Mapping[str, Any]) -> str:
    """Return repeats.md."""
    pairs, folder = record["pairs"], record["folder"]
    known, unknown = folder["known"], folder["unknown"]
    lines = [
        *heading("Repeats", record["command"]),
        f"{record['machine']}. CPU seconds; those of the clock count what else the machine did.",
        "",
        "The same bytes under another name and post are not decoded again; what depends on the "
        "post is judged anew. The second file, hashed twice and opened:",
        "",
        *table(
            ("file", "first, s", "the same bytes, s", "times", "verdict as of a full examination"),
            [
                (
                    one["name"],
                    f"{one['first_s']:.2f}",
                    f"{one['again_s']:.3f}",
                    f"{one['ratio']:.0f}",
                    "yes" if one["alike"] else "**no**",
                )
                for one in pairs
            ],
        ),
        "",
        f"A folder of {folder['files']} videos, {known['repeated']} of them such repeats; "
        f"{WORKERS} workers, their start and settling campaigns included:",
        "",
        *table(
            ("repeats", "CPU, s", "clock, s", "examined as another file"),
            [
                ("known", *_cells(known)),
                ("not known", *_cells(unknown)),
                ("ratio", f"{unknown['cpu_s'] / known['cpu_s']:.2f}",
                 f"{unknown['clock_s'] / known['clock_s']:.2f}", ""),
            ],
        ),
        "",
        f"Verdicts that differ between both: {folder['differing']} of {folder['files']}.",
        "",
        "## Where the time of a first copy goes",
        "",
        "A copy that was encoded again is examined whole. To know it as a copy takes a "
        "fingerprint, and that takes looking and listening; the rest is the most that could be "
        "spared.",
        "",
        *_stage_table(pairs),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _cells(scan: Mapping[str, Any]) -> tuple[str, str, int]:
    return f"{scan['cpu_s']:.1f}", f"{scan['clock_s']:.1f}", scan["repeated"]


def _stage_table(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the share of each stage, those of the fingerprint together."""
    names = {name for one in pairs for name in one["stages"]} - set(PRINTED)
    total = {name: sum(one["stages"].get(name, 0.0) for one in pairs) for name in names}
    ordered = sorted(names, key=lambda name: -total[name])
    rows = [(" and ".join(PRINTED), *(_share(one, PRINTED) for one in pairs))]
    rows += [(name, *(_share(one, (name,)) for one in pairs)) for name in ordered]
    return table(("stage", *(one["name"] for one in pairs)), rows)


def _share(one: Mapping[str, Any], names: Sequence[str]) -> str:
    return f"{sum(one['stages'].get(name, 0.0) for name in names) / one['first_s']:.0%}"


if __name__ == "__main__":
    main()
