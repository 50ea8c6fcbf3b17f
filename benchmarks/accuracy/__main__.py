"""Prints what a learned detector is worth on what it was not trained on.

    python -m benchmarks.accuracy --detector face_artifact
    python -m benchmarks.accuracy --detector face_artifact --work WORK --media ../shared/media

The first prints the tables from the kept scores; the second takes the scores anew from the folder
in which the networks were trained, and writes scores, tables, calibration and eval.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.accuracy import face_artifact
from media_screen import weights

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
    asked = parser.parse_args()
    if (asked.work is None) != (asked.media is None):
        parser.error("--work and --media belong together")
    detector = DETECTORS[asked.detector]
    if asked.work is not None:
        detector.gather(asked.work, asked.media)
    text, record = detector.tables()
    print(text)
    if asked.work is not None:
        (detector.RESULTS / f"{detector.NAME}.md").write_text(text, "utf-8")
        path = weights.models_dir() / detector.NAME / "eval.json"
        path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
