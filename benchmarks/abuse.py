"""Screens corrupted copies of real media and reports what became of each, and the peak memory.

    python -m benchmarks.abuse --media ../shared/media --copies 500

Each copy is a real file that was cut off, had bytes flipped, had a block overwritten or removed, or
got another file's name; seeded, so a run can be repeated. Every copy must get a result; the worker
that screens it may be ended by a limit or even die, the batch must not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.memory import MemoryWatch
from benchmarks.places import write_page
from media_screen.batch.scan import Progress, scan
from media_screen.batch.worker import Limits
from media_screen.evidence import Verdict
from media_screen.report import write_report
from media_screen.screen import Config

DAMAGES = ("cut", "flips", "header flips", "block of zeros", "block removed", "renamed")
MAX_BYTES = 4 << 20  # larger sources are left out: the damage is the same and the copy slower
TIME_LIMIT = 120.0  # s a file


def main() -> None:
    """Make the copies, screen them, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, required=True, help="folder of media to corrupt")
    parser.add_argument("--copies", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tiny", type=int, default=0, help="screen so many files of bytes, too")
    arguments = parser.parse_args()
    sources = [
        path
        for path in sorted(arguments.media.rglob("*"))
        if path.suffix in (".mp4", ".mov", ".avi", ".mpg", ".flac", ".jpg", ".webp", ".avif")
        and path.stat().st_size <= MAX_BYTES
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        damage = make_copies(sources, folder, arguments.copies, random.Random(arguments.seed))
        lines = run(folder, Path(name) / "out", damage, arguments.workers)
        if arguments.tiny:
            lines += crowd(Path(name) / "crowd", arguments.tiny, arguments.workers)
    text = "\n".join(lines)
    print(text)
    head = (
        f"# Corrupted media\n\n`python -m benchmarks.abuse --media ../shared/media "
        f"--copies {arguments.copies} --tiny {arguments.tiny}`, {arguments.workers} workers\n\n"
    )
    write_page("abuse", head + text + "\n")


def make_copies(
    sources: list[Path], folder: Path, count: int, chance: random.Random
) -> dict[str, str]:
    """Write damaged copies; returns the damage by file name."""
    folder.mkdir(parents=True)
    by_kind: dict[str, list[Path]] = {}
    for source in sources:
        by_kind.setdefault(source.suffix, []).append(source)
    # Video is where most code is: half of the copies, the other kinds share the rest.
    kinds = [".mp4"] * len(by_kind) + list(by_kind)
    damage = {}
    for index in range(count):
        source = chance.choice(by_kind[chance.choice(kinds)])
        kind = DAMAGES[index % len(DAMAGES)]
        suffix = chance.choice([".mp4", ".jpg", ".mp3"]) if kind == "renamed" else source.suffix
        path = folder / f"{index:04}{suffix}"
        path.write_bytes(damaged(source.read_bytes(), kind, chance))
        damage[path.name] = kind
    return damage


def damaged(data: bytes, kind: str, chance: random.Random) -> bytes:
    """Return a damaged copy of a file's bytes."""
    changed = bytearray(data)
    size = len(changed)
    if kind == "cut":
        return bytes(changed[: chance.randrange(1, size)])
    if kind in ("flips", "header flips"):
        most = min(size, 4096) if kind == "header flips" else size
        for _ in range(chance.choice([1, 10, 100, 1000])):
            changed[chance.randrange(most)] = chance.randrange(256)
    elif kind.startswith("block"):
        start = chance.randrange(size)
        end = min(size, start + chance.randrange(1, max(2, size // 4)))
        changed[start:end] = bytes(end - start) if kind == "block of zeros" else b""
    elif chance.random() < 0.5:  # renamed, and cut as well
        del changed[chance.randrange(1, size) :]
    return bytes(changed)


def run(folder: Path, out: Path, damage: dict[str, str], workers: int) -> list[str]:
    """Screen the copies and return the table."""
    labels: Counter[tuple[str, str]] = Counter()
    ended: Counter[str] = Counter()
    peak = MemoryWatch()

    def on_result(verdict: Verdict, progress: Progress) -> None:
        name = Path(verdict.media.path).name
        labels[damage[name], verdict.label] += 1
        for failure in verdict.failures:
            ended[f"{failure.detector}: {failure.error[:80]}"] += 1
        for abstention in verdict.abstentions:
            if abstention.reason in ("time_limit", "memory_limit", "too_large"):
                ended[abstention.reason] += 1
        print(f"\r{progress.done}/{progress.total}", end="", file=sys.stderr, flush=True)

    config = Config(device="cpu", threads=1)
    with peak:
        summary = scan(
            [folder],
            out,
            config,
            workers=workers,
            limits=Limits(time_s=TIME_LIMIT),
            on_result=on_result,
        )
    print(file=sys.stderr)
    names = sorted({label for _, label in labels})
    lines = [
        f"{len(damage)} copies, {len(summary.entries)} results; "
        f"peak memory of all processes together {peak.all_bytes >> 20} MiB, "
        f"of one {peak.most_bytes >> 20} MiB.",
        "",
        "| damage | " + " | ".join(names) + " |",
        "|---|" + "---|" * len(names),
    ]
    for kind in DAMAGES:
        lines.append(f"| {kind} | " + " | ".join(str(labels[kind, n]) for n in names) + " |")
    lines += ["", "Ended or failed: " + (", ".join(f"{n} x {what}" for what, n in ended.items()) or "none")]  # fmt: skip  # noqa: E501
    if len(summary.entries) != len(damage):
        lines.append("**Some copies have no result.**")
    return lines


def crowd(folder: Path, count: int, workers: int) -> list[str]:
    """Screen many files of a few bytes, with the report, and return what came of it."""
    (folder / "in").mkdir(parents=True)
    for number in range(count):
        (folder / "in" / f"{number:06}.mp4").write_bytes(b"no video %d" % number)
    config = Config(device="cpu", threads=1)
    with MemoryWatch() as peak:
        summary = scan([folder / "in"], folder / "out", config, workers=workers)
        write_report(folder / "out")
    found = len(summary.entries)
    most = peak.all_bytes >> 20
    return ["", f"{count} files of a few bytes: {found} results; peak memory {most} MiB."]


if __name__ == "__main__":
    main()
