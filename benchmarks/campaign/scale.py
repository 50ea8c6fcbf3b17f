"""Times memory and campaigns of folders of many files, by fingerprints that are made up.

A made-up file is 8 seconds of frames whose hashes and small pictures wander, and of peaks of sound;
a copy of it differs in some bits of each frame and some of its peaks. Most files are single ones,
the others are campaigns, of which the largest has 500 copies. Times are those of the processor:
what waits for others or for the disk does not count.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from media_screen.arrays import Bytes, Codes
from media_screen.batch.campaigns import settle
from media_screen.evidence import Evidence, Match, MediaInfo, Post, SharedFootage, Span, Verdict
from media_screen.files import remove_database
from media_screen.footage.campaigns import ScreenedFile, Suspicion, find_ties, pass_along
from media_screen.footage.catalogue import Catalogue
from media_screen.footage.fingerprint import LAYOUT, Fingerprint
from media_screen.footage.memory import LEAST_NEW, Memory
from media_screen.fusion.judge import judge
from media_screen.results.folder import Results
from media_screen.screen import Config

SIZES = (1_000, 5_000, 20_000)  # files
LARGEST = (500, 200, 100, 50, 50, 20, 20, 20, 10, 10)  # copies of one file, in a folder of any size
SUSPECTED = (500, 2_000, 8_000)  # copies of one file, half of them suspected for themselves
SECONDS, FPS = 8.0, 4.0
PEAKS_PER_S = 30  # as speech has
MET = 30  # files timed
WANDER_BITS, COPY_BITS = 20, 8  # of 256, from one frame to the next, and between copies
SETTINGS = "scale"


@dataclass(frozen=True)
class MadeUp:
    """A made-up file: its number, and the number of the file that it is a copy of."""

    number: int
    source: int

    @property
    def path(self) -> str:
        """The name it is shown by."""
        return f"post-{self.number:06d}.mp4"

    @property
    def sha256(self) -> str:
        """The hash of its content."""
        return content(self.number)


def content(number: int) -> str:
    """Return the hash of the content of a made-up file."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def folder(size: int) -> list[MadeUp]:
    """Return so many files: copies of some, up to half of them, among single ones."""
    sources = list(range(size))
    taken = 0
    for copies in LARGEST:
        if taken + copies <= size // 2:
            sources[taken : taken + copies] = [taken] * copies
            taken += copies
    order = np.random.default_rng(size).permutation(size)
    first: dict[int, int] = {}
    made = []
    for number, place in enumerate(order):
        made.append(MadeUp(number, first.setdefault(sources[int(place)], number)))
    return made


def fingerprint(file: MadeUp) -> Fingerprint:
    """Make up the fingerprint of a file: that of its source, with some bits of its own."""
    rng = np.random.default_rng(file.source)
    count = round(SECONDS * FPS)
    rows = {
        name: np.zeros((count, *row), kind)
        for name, (kind, row) in LAYOUT.items()
        if name in ("times", "hashes", "mirrored", "quality", "pictures", "fine")
    }
    rows["times"] = (np.arange(count) / FPS).astype("<f4")
    rows["quality"][:] = 100
    rows["hashes"] = _wandering_bits(rng, rows["hashes"].shape)
    rows["mirrored"] = _wandering_bits(rng, rows["hashes"].shape)
    for name in ("pictures", "fine"):
        rows[name] = _wandering(rng, rows[name].shape)
    frames = np.sort(rng.choice(round(SECONDS * 62.5), round(SECONDS * PEAKS_PER_S), False))
    steps = rng.integers(0, 64, len(frames))
    if file.number != file.source:
        rng = np.random.default_rng(file.number)
        for name in ("hashes", "mirrored"):
            rows[name] = rows[name] ^ _some_bits(rng, rows[name].shape, COPY_BITS)
        stays = rng.random(len(frames)) < 0.8
        frames, steps = frames[stays], steps[stays]
    empty = {name: np.zeros((0, *row), kind) for name, (kind, row) in LAYOUT.items()}
    arrays = empty | rows
    arrays["peak_frames"] = frames.astype("<u4")
    arrays["peak_steps"] = steps.astype("|u1")
    return Fingerprint(duration_s=SECONDS, sound_s=SECONDS, **arrays)


def _some_bits(rng: np.random.Generator, shape: Sequence[int], bits: int) -> Bytes:
    """Return hashes of which about so many bits of 256 are set."""
    set_ = rng.random((*shape, 8), dtype=np.float32) < bits / 256
    return np.asarray(np.packbits(set_, axis=-1)[..., 0])


def _wandering_bits(rng: np.random.Generator, shape: tuple[int, ...]) -> Bytes:
    steps = _some_bits(rng, shape, WANDER_BITS)
    steps[0] = rng.integers(0, 256, shape[1:], dtype=np.uint8)
    return np.asarray(np.bitwise_xor.accumulate(steps, axis=0))


def _wandering(rng: np.random.Generator, shape: tuple[int, ...]) -> Codes:
    steps = rng.normal(0, 8, shape)
    steps[0] = rng.normal(0, 60, shape[1:])
    return np.clip(np.cumsum(steps, axis=0), -127, 127).astype(np.int8)


# --- memory --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeetTimes:
    """How long it takes to look up and remember a file in a folder of so many, s, and memory.

    `build_s` is what indexing all files takes, which each process does once, and then again after
    `every` files; `median_s` and `most_s` are of files in between.
    """

    files: int
    median_s: float
    most_s: float
    build_s: float
    every: int
    found: int  # copies among those timed that were found
    copies: int
    peak_mib: int

    @property
    def file_s(self) -> float:
        """Seconds a file, with its share of indexing all."""
        return self.median_s + self.build_s / self.every


def time_meeting(size: int, work: Path) -> MeetTimes:
    """Fill a memory with a folder, and time its last files, half-way between two buildings."""
    files = folder(size)
    every = max(LEAST_NEW, math.isqrt(2 * size))
    before = size - MET - every // 2
    path = work / f"memory-{size}.sqlite"
    remove_database(path)  # what an earlier run left unfinished
    _fill(path, files[:before])
    memory = Memory(path)
    build_s, _ = _met(memory, files[before])
    _fill(path, files[before + 1 : size - MET])
    timed = [_met(memory, file) for file in files[size - MET :]]
    memory.close()
    copies = [file.number != file.source for file in files[size - MET :]]
    times = [seconds for seconds, _ in timed[1:]]  # the first one reads what was filled in
    return MeetTimes(
        files=size,
        median_s=float(np.median(times)),
        most_s=max(times),
        build_s=build_s,
        every=every,
        found=sum(found for (_, found), copy in zip(timed, copies, strict=True) if copy),
        copies=sum(copies),
        peak_mib=peak_mib(),
    )


def _fill(path: Path, files: Sequence[MadeUp]) -> None:
    """Add files without looking them up."""
    catalogue = Catalogue(path)
    for file in files:
        catalogue.add(file.path, file.path, file.sha256, fingerprint(file))
    catalogue.close()


def _met(memory: Memory, file: MadeUp) -> tuple[float, bool]:
    """Return how long a look-up took, s, and whether the file was found to repeat another."""
    print_ = fingerprint(file)
    began = time.process_time()
    recall = memory.meet(file.path, file.sha256, print_)
    return time.process_time() - began, recall.repeats is not None


def peak_mib() -> int:
    """Return the most memory that this process ever had, MiB, as Linux tells it; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text("ascii").splitlines() if status.exists() else []
    # What the system counts as used most by a process includes that of the one that started it.
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM")), 0)


# --- campaigns -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SettleTimes:
    """How long it takes to settle a folder of so many new files, one more, and none, s."""

    files: int
    all_s: float
    again_s: float
    one_more_s: float
    moved: int
    campaigns: int
    peak_mib: int


def time_settling(size: int, work: Path) -> SettleTimes:
    """Fill a folder of results whose largest campaign is suspected, and time settling."""
    from media_screen.results.campaigns import read_campaigns

    out = work / f"settle-{size}"
    shutil.rmtree(out, ignore_errors=True)  # what an earlier run left unfinished
    files = folder(size + 1)
    with Results(out) as results:
        for file, verdict in verdicts(files[:-1]):
            results.add(work / file.path, verdict, SETTINGS)
        all_s, moved = _timed(results, out)
        again_s, _ = _timed(results, out)
        ((last, verdict),) = verdicts(files[-1:])
        results.add(work / last.path, verdict, SETTINGS)
        one_more_s, _ = _timed(results, out)
    campaigns = len(read_campaigns(out))
    return SettleTimes(size, all_s, again_s, one_more_s, moved, campaigns, peak_mib())


def _timed(results: Results, out: Path) -> tuple[float, int]:
    began = time.process_time()
    moved = settle(results, out, Config())
    return time.process_time() - began, len(moved)


def verdicts(files: Sequence[MadeUp]) -> Iterator[tuple[MadeUp, Verdict]]:
    """Give the verdict of each file, as what it shares tells; the first of each ten is a fake."""
    whole = Span(0.0, SECONDS)
    fake = judge([_known_fake(whole)], duration_s=SECONDS)
    nothing = judge([], duration_s=SECONDS)
    for file in files:
        found = fake if file.number == file.source and file.number % 10 == 0 else nothing
        shared = SharedFootage(
            f"post-{file.source:06d}.mp4",
            content(file.source),
            "repeat",
            "both",
            whole,
            whole,
            0.97,
            0.97,
        )
        yield (
            file,
            Verdict(
                label=found.label,
                media=MediaInfo(file.path, file.sha256, "video", 1_000_000, SECONDS),
                person=found.person,
                summary=found.summary,
                evidence=(_known_fake(whole),) if found is fake else (),
                fusion=found.fusion,
                post=Post("youtube", f"channel-{file.number}"),
                shared=() if file.number == file.source else (shared,),
            ),
        )


def _known_fake(whole: Span) -> Evidence:
    match = Match("ann", "old.mp4", "known_fake", whole, whole, 1.0, 1.0)
    return Evidence(
        "catalogue",
        "provenance",
        1.0,
        4.0,
        "all of it matches old.mp4",
        person="ann",
        finding="known_fake",
        match=match,
    )


# --- labels --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PassTimes:
    """How long it takes to pass labels along in one campaign of so many files, s, and who got one.

    Of each two files one is suspected for itself.
    """

    files: int
    seconds: float
    passed: int


def time_passing(size: int) -> PassTimes:
    """Time a campaign of copies of one file."""
    whole = Span(0.0, SECONDS)
    first = content(0)
    shared = SharedFootage("post.mp4", first, "repeat", "both", whole, whole, 0.97, 0.97)
    fake = Suspicion("suspected_impersonation", "ann", "", frozenset())
    files = {
        content(number): ScreenedFile(
            content(number),
            f"post-{number:06d}.mp4",
            content(number),
            "no_finding" if number % 2 else fake.label,
            "ann",
            "",
            suspicion=None if number % 2 else fake,
            shared=(shared,) if number else (),
        )
        for number in range(size)
    }
    began = time.process_time()
    found = pass_along(files, find_ties(files.values()))
    return PassTimes(size, time.process_time() - began, len(found.passed))
