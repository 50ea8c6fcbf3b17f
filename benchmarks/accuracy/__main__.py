"""Measures all detectors and their sum on held-out clips, and renews everything that says so.

    python -m benchmarks.accuracy

trains the fusion on the ratios that are kept in records/ratios/, and writes
models/fusion/fusion.json, records/accuracy.json, results/accuracy.md, the table that begins
docs/accuracy.md, and the last part of the cards. It needs no media. A detector takes part when it
is registered and such a file is there. New ratios are gathered for one detector at a time:

    python -m benchmarks.accuracy --detector rules --work WORK --media MEDIA
    python -m benchmarks.accuracy --detector voice_spoof --work WORK --media MEDIA
    python -m benchmarks.accuracy --detector face_artifact --work WORK --media MEDIA --more PUBLIC

MEDIA is ../shared/media, PUBLIC what `training.media` laid out, WORK the folder in which the
networks were trained; for `rules` and `voice_spoof` see those modules. `--speed` says what a face
costs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks.accuracy import (
    card,
    clips,
    face_artifact,
    fused,
    overview,
    page,
    ratios,
    record,
    rules,
    splits,
    voice_spoof,
)
from benchmarks.places import ROOT, write_page, write_record
from media_screen import weights
from media_screen.fusion import combination
from training.record import ship

MEASURED = "## Measured"  # heading of a card under which the tables stand
GATHERED = {one.NAME: one for one in (rules, voice_spoof)}
PAGE = ROOT / "docs" / "accuracy.md"


def main() -> None:
    """Gather the ratios of a detector, or fuse all that are kept."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--detector", choices=sorted((*GATHERED, face_artifact.NAME)), help="gather its ratios"
    )
    parser.add_argument("--work", type=Path, help="folder of training, to take the scores from")
    parser.add_argument("--media", type=Path, help="folder with manifest.tsv; with --work")
    parser.add_argument("--more", type=Path, help="what training.media laid out; face_artifact")
    parser.add_argument("--speed", action="store_true", help="time of a face against MobileNetV2")
    asked = parser.parse_args()
    if asked.speed:
        from benchmarks.accuracy.speed import measured

        print(measured())
        return
    if (asked.work is None) != (asked.media is None) or (asked.work and not asked.detector):
        parser.error("--work and --media belong together, and to a --detector")
    if asked.work is not None:
        splits.save(asked.media, asked.more)
        if asked.detector == face_artifact.NAME:
            if asked.more is None:
                parser.error(f"{face_artifact.NAME} was trained on more: give --more")
            face_artifact.gather(asked.work, asked.media, asked.more)
        else:
            GATHERED[asked.detector].gather(asked.work, asked.media)
    if asked.detector == face_artifact.NAME:
        _write_face_artifact(parser)
    elif asked.detector is None:
        fuse()


def fuse() -> None:
    """Train the fusion on what is kept, measure it, and renew model, tables, page and cards."""
    known = clips.read()
    learned = fused.learn(known, ratios.read_all(), splits.held_together())
    shipped = {**learned.combination.to_dict(), "command": record.COMMAND}
    ship(combination.FILE, shipped)
    combination.shipped.cache_clear()
    found = record.record(learned, fused.measure_all(known, learned))
    text = page.markdown(found)
    print(text)
    write_record("accuracy", found)
    write_page("accuracy", text)
    PAGE.write_text(overview.in_page(PAGE.read_text("utf-8"), found), "utf-8")
    _renew_card(combination.path().with_name("card.md"), card.card(found))
    if face_artifact.SCORES.is_file():  # its tables say what is flagged at the threshold
        _write_face_artifact(None)


def _write_face_artifact(parser: argparse.ArgumentParser | None) -> None:
    if parser is not None and not face_artifact.SCORES.is_file():
        parser.error(f"no scores of {face_artifact.NAME} are kept yet: train it, then give --work")
    text, numbers = face_artifact.tables()
    if parser is not None:
        print(text)
    write_page(face_artifact.NAME, text)
    model = weights.models_dir() / face_artifact.NAME
    (model / "eval.json").write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")
    _renew_card(model / "card.md", text.split("\n", 2)[2])


def _renew_card(card: Path, body: str) -> None:
    """Put tables under the last heading of a card."""
    before = card.read_text("utf-8").split(MEASURED)[0]
    lower = body.replace("\n## ", "\n### ")
    card.write_text(f"{before}{MEASURED}\n\n{lower}", "utf-8")


if __name__ == "__main__":
    main()
