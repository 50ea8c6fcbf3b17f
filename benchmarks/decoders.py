"""Reads public test files for decoders: every one is read, or refused in a sentence.

    python -m benchmarks.decoders --media FOLDER

Each folder in FOLDER is one collection. Each file is opened, its pictures are surveyed and its
sound is read, in a process that reads many files and is begun anew when it dies or a file takes too
long. What is no media error counts as broken; so does a death of the process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from benchmarks.places import write_page
from media_screen.media import Media, MediaError

TIME_LIMIT = 60.0  # s a file
MOST_FRAMES = 20  # of a survey
MOST_BLOCKS = 6  # of ten seconds of sound
SHOWN = 12  # sentences of refusal in the table


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a file: `end` is read, refused, broken, died or late."""

    path: str
    end: str
    why: str = ""


def main() -> int:
    """Read all files and write the table; returns 1 when one broke the reader."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, help="folder with one folder a collection")
    parser.add_argument("--read", action="store_true", help="read the files named on the input")
    arguments = parser.parse_args()
    if arguments.read:
        for line in sys.stdin:
            print(json.dumps(asdict(read(Path(json.loads(line))))), flush=True)
        return 0
    files = sorted(path for path in arguments.media.rglob("*") if path.is_file())
    outcomes = list(read_all(files))
    text = page(arguments.media, outcomes)
    print(text)
    write_page("decoders", text)
    return int(any(outcome.end not in ("read", "refused") for outcome in outcomes))


def read(path: Path) -> Ending:
    """Read one file as a scan would."""
    try:
        with Media.open(path, threads=1) as media:
            for frame in islice(media.survey(), MOST_FRAMES):
                assert frame.image.ndim == 3 and frame.image.shape[2] == 3 and frame.image.size
            for _, samples in islice(media.audio_blocks(), MOST_BLOCKS):
                assert samples.ndim == 1
            list(media.unseen())
    except MediaError as error:
        return Ending(str(path), "refused", str(error))
    except Exception as error:
        return Ending(str(path), "broken", f"{type(error).__name__}: {error}"[:200])
    return Ending(str(path), "read")


def read_all(files: list[Path]) -> Iterator[Ending]:
    """Read files in a process of their own, begun anew after each that ended it."""
    left = files
    while left:
        count = 0
        for outcome in _batch(left):
            yield outcome
            count += 1
        left = left[count:]


def _batch(files: list[Path]) -> Iterator[Ending]:
    """Read files until one of them ends the process; that one comes last."""
    command = [sys.executable, "-m", "benchmarks.decoders", "--read"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        for path in files:
            process.stdin.write(json.dumps(str(path)).encode() + b"\n")
            process.stdin.flush()
            late = threading.Timer(TIME_LIMIT, process.kill)
            late.start()
            line = process.stdout.readline()
            timed_out = not late.is_alive()
            late.cancel()
            if line:
                yield Ending(**json.loads(line))
                continue
            code = process.wait()
            yield Ending(str(path), "late" if timed_out else "died", f"exit code {code}")
            return
        process.stdin.close()


def page(top: Path, outcomes: list[Ending]) -> str:
    """Return the page of results."""
    by_collection: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        by_collection[Path(outcome.path).relative_to(top).parts[0]][outcome.end] += 1
    total = Counter(outcome.end for outcome in outcomes)
    ends = ("read", "refused", "broken", "died", "late")
    lines = [
        "# Test collections of decoders",
        "",
        "`python -m benchmarks.decoders --media FOLDER`: opened, surveyed and heard, one by one.",
        "Refused is what is no media, damaged, encrypted or of a format that is not supported.",
        "",
        f"| collection | files | {' | '.join(ends)} |",
        "|---|---|" + "---|" * len(ends),
    ]
    for name, counts in [*sorted(by_collection.items()), ("all", total)]:
        numbers = " | ".join(str(counts[end]) for end in ends)
        lines.append(f"| {name} | {counts.total()} | {numbers} |")
    broken = [outcome for outcome in outcomes if outcome.end not in ("read", "refused")]
    lines += ["", "## What broke", ""]
    lines += [f"- `{Path(one.path).relative_to(top)}`: {one.end}, {one.why}" for one in broken] or [
        "Nothing."
    ]
    refusals = Counter(one.why.partition(" (")[0] for one in outcomes if one.end == "refused")
    lines += ["", "## Refusals", "", "| files | sentence |", "|---|---|"]
    lines += [f"| {count} | {why} |" for why, count in refusals.most_common(SHOWN)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
