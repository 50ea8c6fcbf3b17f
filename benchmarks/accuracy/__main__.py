"""Prints what a learned detector is worth on what it was not trained on.

    python -m benchmarks.accuracy --detector face_artifact
    python -m benchmarks.accuracy --detector face_artifact --work WORK --media ../shared/media
    python -m benchmarks.accuracy --speed

The first prints the tables from the kept scores; the second takes the scores anew from the folder
in which the networks were trained, and writes scores, tables, calibration,
eval.json and the last part of the card. The third says what a face costs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.accuracy import face_artifact
from media_screen import weights

MEASURED = "## Measured"  # heading of the card under which the tables stand
DETECTORS = {face_artifact.NAME: face_artifact}


def main() -> None:
    """Print the tables, and write them when they were made anew."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--detector", choices=sorted(DETECTORS), default=face_artifact.NAME)
    parser.add_argument("--work", type=Path, help="folder of training, to take the scores from")
    parser.add_argument("--media", type=Path, help="folder with manifest.tsv; with --work")
    parser.add_argument("--speed", action="store_true", help="time of a face against MobileNetV2")
    asked = parser.parse_args()
    if asked.speed:
        from benchmarks.accuracy.speed import measured

        print(measured())
        return
    if (asked.work is None) != (asked.media is None):
        parser.error("--work and --media belong together")
    detector = DETECTORS[asked.detector]
    if asked.work is not None:
        detector.gather(asked.work, asked.media)
    if not (detector.RESULTS / detector.HELD).is_file():
        parser.error(f"no scores of {detector.NAME} are kept yet: train it, then give --work")
    text, record = detector.tables()
    print(text)
    if asked.work is not None:
        (detector.RESULTS / f"{detector.NAME}.md").write_text(text, "utf-8")
        model = weights.models_dir() / detector.NAME
        (model / "eval.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        _renew_card(model / "card.md", text)


def _renew_card(card: Path, tables: str) -> None:
    """Put the tables, without their title, under the last heading of the card."""
    before = card.read_text("utf-8").split(MEASURED)[0]
    body = tables.split("\n", 2)[2].replace("\n## ", "\n### ")
    card.write_text(f"{before}{MEASURED}\n\n{body}", "utf-8")


if __name__ == "__main__":
    main()
