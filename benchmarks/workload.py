"""What does a campaign cost: short posts in the forms of platforms, most of them repeats?

    python -m benchmarks.workload --media ../shared/media/real_video --work bench-work/workload

Posts of 20 to 60 s are built (see `talking_videos`): 30% are new, and of the others half are the
same bytes as an earlier post and half are an earlier post in the form of another platform. How
campaigns divide is not known; the cost of each kind is told apart, so that others can be put
together. They come in portions, and after each the folder is scanned again by two workers, as a
user does it; what every file takes is counted by the CPU of its worker. One post in each form is
decoded, and run through the naive loop of `naive_peer`, between the portions.

What is done is kept in the folder to work in: the same command goes on where it stopped. Record and
page are written after each portion.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import psutil

from benchmarks import cpu_clock
from benchmarks.markdown import heading, table
from benchmarks.memory import MemoryWatch
from benchmarks.naive_peer import run_peer
from benchmarks.places import HERE, SAMPLES, write_page, write_record
from benchmarks.repeats import lay_post
from benchmarks.talking_videos import PLATFORMS, Form, VideoBuilder
from benchmarks.throughput import apart, decode, machine
from media_screen.batch.scan import scan
from media_screen.batch.worker import Pool
from media_screen.config import Config

FILES, PORTION = 500, 25
NEW, SAME_BYTES = 0.3, 0.35  # of the files; the others are encoded again
SHORTEST, LONGEST = 20, 60  # s
WORKERS = 2
SEED = 1
HOUR = 3600.0  # s

Kind = Literal["new", "encoded again", "same bytes"]
KINDS: tuple[Kind, ...] = ("new", "encoded again", "same bytes")


@dataclass(frozen=True, slots=True)
class CampaignPost:
    """A post: the number of what it shows, its length in s, its form, and what it repeats."""

    content: int
    seconds: int
    form: Form
    kind: Kind


@dataclass(frozen=True, slots=True)
class PortionScan:
    """A scan after a portion came: files screened, seconds, bytes.

    `others_s` are the CPU seconds that everything else on the machine took meanwhile, `peak_bytes`
    the most memory of all processes of the scan together, `worker_bytes` of one of them.
    """

    files: int
    cpu_s: float
    clock_s: float
    others_s: float
    peak_bytes: int
    worker_bytes: int


@dataclass(frozen=True, slots=True)
class FileCost:
    """CPU seconds that a worker spent on a post."""

    content: int
    seconds: int
    form: str
    kind: Kind
    cpu_s: float


@dataclass(frozen=True, slots=True)
class SampledPost:
    """CPU seconds for a post of its form, decoded once and run through the naive loop."""

    form: str
    seconds: int
    decode_s: float
    peer_s: float


def main() -> None:
    """Build, measure, and write as each portion ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=Path, default=SAMPLES / "downloads")
    parser.add_argument("--files", type=int, default=FILES, help="of the campaign, 10 or more")
    parser.add_argument("--portion", type=int, default=PORTION, help="files that come at once")
    parser.add_argument("--work", type=Path, help="folder to go on in; a temporary one by default")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results/ and records/")
    asked = parser.parse_args()
    if asked.files < 10 or asked.portion < 1:
        parser.error(f"expected 10 files or more in portions, got {asked.files}, {asked.portion}")
    shown = f"--media {asked.media} --files {asked.files} --portion {asked.portion}"
    command = f"python -m benchmarks.workload {shown}"
    text = ""
    with tempfile.TemporaryDirectory() as temporary:
        run = WorkloadRun(asked.work or Path(temporary), asked.media, asked.files, asked.portion)
        for measured in run.portions():
            record = {"command": command, "machine": machine(), **measured}
            text = page(record)
            write_record("workload", record, out=asked.out)
            write_page("workload", text, out=asked.out)
    print(text)


# --- which posts there are ------------------------------------------------------------------------


def campaign(files: int) -> list[CampaignPost]:
    """Return posts in the order in which they come; any post may be repeated, and so again."""
    chance = random.Random(SEED)
    new, same = round(NEW * files), round(SAME_BYTES * files)
    counts: dict[Kind, int] = {
        "new": new - 1,  # the first post is one
        "same bytes": same,
        "encoded again": files - new - same,
    }
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    chance.shuffle(kinds)
    posts: list[CampaignPost] = []
    kinds.insert(0, "new")
    for kind in kinds:
        posts.append(_new(posts, chance) if kind == "new" else _repeat(posts, kind, chance))
    return posts


def _new(posts: Sequence[CampaignPost], chance: random.Random) -> CampaignPost:
    content = sum(post.kind == "new" for post in posts)
    form = PLATFORMS[content % len(PLATFORMS)]
    return CampaignPost(content, chance.randint(SHORTEST, LONGEST), form, "new")


def _repeat(posts: Sequence[CampaignPost], kind: Kind, chance: random.Random) -> CampaignPost:
    """Repeat an earlier post; in another form only while one is left that does not show it yet."""
    shown: dict[int, set[Form]] = {}
    for post in posts:
        shown.setdefault(post.content, set()).add(post.form)
    left = [post for post in posts if len(shown[post.content]) < len(PLATFORMS)]
    if kind == "encoded again" and left:
        repeated = chance.choice(left)
        forms = [form for form in PLATFORMS if form not in shown[repeated.content]]
        return replace(repeated, form=chance.choice(forms), kind=kind)
    return replace(chance.choice(posts), kind="same bytes")


def sampled(posts: Sequence[CampaignPost]) -> list[int]:
    """Return the places of one new post in each form, spread over the campaign."""
    new = [place for place, post in enumerate(posts) if post.kind == "new"]
    forms = len(PLATFORMS)
    in_form = [new[number::forms] for number in range(forms)]
    return [own[len(own) * number // forms] for number, own in enumerate(in_form) if own]


# --- what is measured -----------------------------------------------------------------------------


class WorkloadRun:
    """The portions of a campaign, each scanned once, and what is known of those before."""

    def __init__(self, work: Path, media: Path, files: int, portion: int) -> None:
        """Go on in a folder; raises ValueError where it holds another campaign."""
        self._work = work
        self._posts = campaign(files)
        self._portion = portion
        self._builder = VideoBuilder(media, work / "videos")
        self._done = work / "done.json"
        asked = {"files": files, "portion": portion}
        self._state: dict[str, Any] = {**asked, "scans": [], "samples": {}}
        if self._done.exists():
            self._state = json.loads(self._done.read_text("utf-8"))
        found = {name: self._state[name] for name in asked}
        if found != asked:
            raise ValueError(f"{work} holds another campaign: expected {asked}, got {found}")
        if not (work / "people").exists():
            shutil.copytree(SAMPLES / "people", work / "people")

    def portions(self) -> Iterator[dict[str, Any]]:
        """Scan what was not scanned yet, and give the record after each portion."""
        portions = -(-len(self._posts) // self._portion)
        while len(self._state["scans"]) < portions:
            ended = min((len(self._state["scans"]) + 1) * self._portion, len(self._posts))
            self._lay(ended)
            folders = (self._work / name for name in ("in", "people", "out"))
            self._state["scans"].append(asdict(apart(scan_portion, *folders)))
            self._keep()
            self._sample(ended)
            yield self._record(ended)
        yield self._record(len(self._posts))

    def _lay(self, ended: int) -> None:
        """Lay the first posts into the folder, but for those that are there."""
        for place, post in enumerate(self._posts[:ended]):
            name = named(place)
            if not (self._work / "in" / f"{name}.info.json").exists():
                lay_post(self._built(post), self._work / "in", name)

    def _built(self, post: CampaignPost) -> Path:
        return self._builder.post(post.content, post.seconds, post.form)

    def _sample(self, ended: int) -> None:
        """Decode a post and run the naive loop: one a portion, and after the last all."""
        samples = self._state["samples"]
        due = [place for place in sampled(self._posts[:ended]) if str(place) not in samples]
        for place in due if ended == len(self._posts) else due[:1]:
            post = self._posts[place]
            path = self._built(post)
            decode_s, peer_s = apart(decode, path), apart(run_peer, path).cpu_s
            samples[str(place)] = asdict(
                SampledPost(post.form.name, post.seconds, decode_s, peer_s)
            )
            self._keep()

    def _keep(self) -> None:
        unfinished = self._done.with_suffix(".part")
        unfinished.write_text(json.dumps(self._state), "utf-8")
        unfinished.rename(self._done)

    def _record(self, ended: int) -> dict[str, Any]:
        out = self._work / "out"
        return {
            "files": len(self._posts),
            "scans": self._state["scans"],
            "samples": list(self._state["samples"].values()),
            "costs": [asdict(one) for one in costs(self._posts[:ended], out)],
            "stored": stored(out),
        }


def named(place: int) -> str:
    """Return the name of a post and of its account."""
    return f"post-{place:04}"


def scan_portion(folder: Path, people: Path, out: Path) -> PortionScan:
    """Scan what is new in the folder, in a process that does nothing else."""
    before, busy, clock = os.times(), _busy_s(), time.monotonic()
    config = Config(people=people, device="cpu", threads=1)
    executor = functools.partial(Pool, kind=cpu_clock.screener)
    with MemoryWatch() as memory:
        summary = scan([folder], out, config, workers=WORKERS, executor=executor)
    cpu_s = sum(os.times()[:4]) - sum(before[:4])
    clock_s, others_s = time.monotonic() - clock, _busy_s() - busy - cpu_s
    return PortionScan(
        summary.screened, cpu_s, clock_s, max(0.0, others_s), memory.all_bytes, memory.most_bytes
    )


def _busy_s() -> float:
    """Return the CPU seconds that the machine has spent on anything."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)


def costs(posts: Sequence[CampaignPost], out: Path) -> list[FileCost]:
    """Return what the workers spent on each post that was screened."""
    lines = (out / "results.jsonl").read_text("utf-8").splitlines()
    spent = {
        Path(one["media"]["path"]).stem: one["timing_s"]["total"] for one in map(json.loads, lines)
    }
    return [
        FileCost(post.content, post.seconds, post.form.name, post.kind, spent[named(place)])
        for place, post in enumerate(posts)
        if named(place) in spent
    ]


def stored(out: Path) -> dict[str, int]:
    """Return the bytes of all that a scan keeps, by what lies in its folder."""
    found: dict[str, int] = {}
    for path in sorted(out.iterdir()):
        size = sum(one.stat().st_size for one in (path, *path.rglob("*")) if one.is_file())
        name = re.sub("-(wal|shm|journal)$", "", path.name)  # a part of the database
        found[name] = found.get(name, 0) + size
    return found


# --- what comes of it -----------------------------------------------------------------------------


def mean_decode(record: Mapping[str, Any], seconds: float, form: str) -> float:
    """Return the CPU seconds for decoding a post, from the sampled one of its form."""
    return seconds * _rate(record, form, "decode_s")


def mean_peer(record: Mapping[str, Any], seconds: float, form: str) -> float:
    """Return the CPU seconds that the naive loop takes for a post, in the same way."""
    return seconds * _rate(record, form, "peer_s")


def _rate(record: Mapping[str, Any], form: str, what: str) -> float:
    """Return CPU seconds a second of video; of all forms where this one was not sampled yet."""
    samples = record["samples"]
    own = [one for one in samples if one["form"] == form] or samples
    return float(sum(one[what] for one in own) / sum(one["seconds"] for one in own))


def file_s(record: Mapping[str, Any]) -> float:
    """Return the CPU seconds a file, all that a scan does included."""
    return float(sum(one["cpu_s"] for one in record["scans"])) / screened(record)


def screened(record: Mapping[str, Any]) -> int:
    """Return the number of files whose screening was measured."""
    return sum(one["files"] for one in record["scans"])


def of_kind(record: Mapping[str, Any], kind: Kind) -> list[Mapping[str, Any]]:
    """Return what was spent on the posts of a kind."""
    return [one for one in record["costs"] if one["kind"] == kind]


def mean_cost(record: Mapping[str, Any], kind: Kind) -> float:
    """Return the CPU seconds of a worker for a post of a kind."""
    return statistics.fmean(one["cpu_s"] for one in of_kind(record, kind))


def peer_file_s(record: Mapping[str, Any]) -> float:
    """Return the CPU seconds that the naive loop takes a file: it knows no repeats."""
    return statistics.fmean(
        mean_peer(record, one["seconds"], one["form"]) for one in record["costs"]
    )


def page(record: Mapping[str, Any]) -> str:
    """Return workload.md."""
    costs, scans = record["costs"], record["scans"]
    own_s, peer_s = file_s(record), peer_file_s(record)
    minutes = statistics.fmean(one["seconds"] for one in costs) / 60
    lines = [
        *heading("A campaign", record["command"]),
        f"{record['machine']}. {len(costs)} of {record['files']} posts came, "
        f"{minutes * 60:.0f} s long on average, in {len(PLATFORMS)} forms ("
        + "; ".join(form.name for form in PLATFORMS)
        + "), with cuts every 4 to 12 s, which is more than most have. How many posts of a "
        "campaign are repeats, and of which kind, is assumed; what each kind costs is measured.",
        "",
        _machine_line(scans),
        "",
        *_kind_table(record),
        "",
        "The ratio to decoding is to that of the same posts, taken from "
        f"{len(record['samples'])} sampled posts, each decoded once on one thread. Hashing a file "
        "to know its bytes, starting the processes and finding campaigns is part of the sums below "
        "and not of these.",
        "",
        "## In all",
        "",
        *table(
            ("", "CPU, s a file", "files an hour, 2 cores", "times the naive loop"),
            [
                ("this program", f"{own_s:.1f}", f"{WORKERS * HOUR / own_s:.0f}",
                 f"{peer_s / own_s:.1f}"),
                ("the naive loop", f"{peer_s:.1f}", f"{WORKERS * HOUR / peer_s:.0f}", "1"),
            ],
        ),
        "",
        "Files an hour are reckoned from CPU seconds, for two cores that do nothing else. The "
        f"naive loop ran over the {len(record['samples'])} sampled posts; the others are reckoned "
        "from these by form and length. It finds faces only, and knows no repeats.",
        "",
        f"All processes together took {max(one['peak_bytes'] for one in scans) >> 20} MiB of "
        f"memory at most, one of them {max(one['worker_bytes'] for one in scans) >> 20} MiB.",
        "",
        "## As the folder grows",
        "",
        *table(
            ("portion", "files", "CPU, s a file", "clock, s", "other programs, CPU s",
             "memory, MiB"),
            [
                (
                    number,
                    one["files"],
                    f"{one['cpu_s'] / max(one['files'], 1):.1f}",
                    f"{one['clock_s']:.0f}",
                    f"{one['others_s']:.0f}",
                    one["peak_bytes"] >> 20,
                )
                for number, one in enumerate(scans, 1)
            ],
        ),
        "",
        "## What is kept",
        "",
        *table(
            ("name", "KB a file"),
            [
                (f"`{name}`", f"{size / len(costs) / 1e3:.1f}")
                for name, size in record["stored"].items()
                if size
            ],
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _machine_line(scans: Sequence[Mapping[str, Any]]) -> str:
    own, others = (sum(one[name] for one in scans) for name in ("cpu_s", "others_s"))
    share = others / (own + others)
    state = "was idle otherwise" if share < 0.05 else "was not idle"
    return (
        f"The machine {state}: other programs took {share:.0%} of the CPU time that was spent "
        "meanwhile. CPU seconds are what counts; neighbours on a core make them more."
    )


def _kind_table(record: Mapping[str, Any]) -> list[str]:
    rows = []
    for kind in KINDS:
        own = of_kind(record, kind)
        if not own:
            continue
        plain = statistics.fmean(mean_decode(record, one["seconds"], one["form"]) for one in own)
        took = mean_cost(record, kind)
        ratio = took / mean_cost(record, "new")
        rows.append(
            (kind, len(own), f"{took:.2f}", f"{plain:.2f}", f"{took / plain:.2f}", f"{ratio:.3f}")
        )
    columns = ("post", "files", "CPU, s a file", "decoding it once, s", "ratio", "to a new post")
    return table(columns, rows)


if __name__ == "__main__":
    main()
