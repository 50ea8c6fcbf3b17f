"""Are changed faces told beside their original, and copies left alone?

    python -m benchmarks.original --media ../shared/media [--public DIR] [--work DIR] [--ship]

Builds copies of all genuine clips and forgeries of many kinds, compares each with its original as a
scan does, judges it by what was learned from other people, and writes `results/original.md` and
`records/original.json`. `--public` is where `python -m training.original.pairs` laid out the pairs
of public repositories, `--autoencoder` where taef2_encoder.pth and taef2_decoder.pth of
`madebyollin/taesd` lie. A second run with the same `--work` goes on where the last one stopped.
With `--ship` what was learned from all of it becomes `models/original`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.original import page
from benchmarks.original.cost import measure_minutes
from benchmarks.original.gathered import gathered
from benchmarks.original.judging import example, judge
from benchmarks.original.measuring import MeasuredFile, measure
from benchmarks.places import write_page, write_record
from media_screen.footage.original.alteration import FILE
from training.original.fit import fit
from training.record import ship


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, judge, print and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.original",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--public", type=Path, help="where the pairs of public repositories lie")
    parser.add_argument("--autoencoder", type=Path, help="where taef2_*.pth lie")
    parser.add_argument("--work", type=Path, help="where files are kept (default: a temporary one)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--take", type=int, help="how many files are compared (default: all)")
    parser.add_argument("--minutes", type=int, default=4, help="how many the cost is measured on")
    parser.add_argument("--ship", action="store_true", help="write models/original")
    asked = parser.parse_args(arguments)
    work = asked.work or Path(tempfile.gettempdir()) / "media-screen-original"
    questions = gathered(asked.media, work, asked.public, asked.autoencoder)
    answers = measure(questions, work, workers=asked.workers, take=asked.take)
    minutes = measure_minutes(asked.media, work, count=asked.minutes)
    record = page.summary(judge(answers, page.APART), len(questions), minutes)
    text = page.markdown(record)
    write_record("original", record)
    write_page("original", text)
    if asked.ship:
        ship(FILE, learned(answers))
    print(text)
    return 0


def learned(answers: Sequence[MeasuredFile]) -> dict[str, object]:
    """Return what all files teach, as `models/original/calibration.json` has it."""
    taught = [example(one) for one in answers if one.kind not in page.APART]
    return fit([one for one in taught if one is not None]).to_dict()


if __name__ == "__main__":
    raise SystemExit(main())
