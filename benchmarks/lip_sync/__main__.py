"""Runs the measurements and writes their tables, and on request what is shipped of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import lip_sync
from benchmarks.accuracy import ratios
from benchmarks.lip_sync import COMMAND, forged, page, speed, synchrony, voices
from benchmarks.places import HERE, RATIOS, write_page, write_record
from media_screen import weights
from media_screen.detectors.lip_sync.fit import Tables
from media_screen.fusion.judge import threshold
from media_screen.weights import nets
from training.lip_sync import __main__ as training
from training.lip_sync.prepare import ORIGINAL
from training.record import ship

NAME = "lip_sync"
PERCENTILES = np.arange(0, 101, 5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lip_sync", description=lip_sync.__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results/ and records/")
    parser.add_argument("--calibrate", action="store_true", help="write models/lip_sync, too")
    options = parser.parse_args(arguments)
    nets.limit_threads(1)
    torch.set_num_threads(1)
    table, clips = training.training_table(options.media, options.work)
    groups, folds = training.groups_of(options.media), training.folds_of(options.media)
    tried = list(
        synchrony.trials(training.nets_of_folds(options.work), folds, options.work / "store", clips)
    )
    held = forged.held_out(table, clips, groups)
    found = forged.tables(held, table, options.media, threshold())
    counts = weighs(found)
    raw = held.raw[~held.fake & (held.version == ORIGINAL)]
    known = Tables.from_dict(
        {
            **synchrony.percentiles_of(tried, PERCENTILES),
            "raw": np.percentile(raw, PERCENTILES).round(4).tolist(),
        }
    )
    silent = synchrony.silent_speeds(options.work / "store", clips)
    result: dict[str, Any] = {
        "command": COMMAND,
        "synchrony": synchrony.tables(tried),
        "fits": synchrony.fits(tried, known, silent),
        "voices": voices.table(options.work / training.VOICES),
        "forged": found,
        "weighs": counts,
        "calibration": _calibration(held, known, counts=counts),
    }
    if options.calibrate:
        _ship(result)
    result["time"] = speed.times(options.media)
    if options.calibrate:
        _write_card(page.lines(result))
    write_record(NAME, result, out=options.out)
    ratios.write(
        ratios.path_of(NAME, options.out / RATIOS.relative_to(HERE)),
        forged.ratios(held, forged.videos(options.media), counts=counts),
    )
    text = "\n".join(page.lines(result)) + "\n"
    write_page(NAME, text, out=options.out)
    print(text)
    return 0


def weighs(found: dict[str, Any]) -> bool:
    """Say whether the measure of forged mouths has shown anything, on originals and on copies.

    It must lie above luck with its whole interval, and above what the files' technical facts give.
    """
    luck = found["controls"]["shuffled"][1]
    least = max(luck, 0.5)
    return len(found["versions"]) == len(forged.VERSIONS) and all(
        part["auc_interval"][0] > least and part["auc"] > found["controls"]["metadata_auc"]
        for part in found["versions"].values()
    )


def _calibration(held: forged.HeldScores, known: Tables, *, counts: bool) -> dict[str, Any]:
    fitted = forged.fit(forged.judged(held)).to_dict()
    if not counts:
        fitted = {"slope": fitted["slope"], "offset": fitted["offset"], "bound": 0.0}
    return fitted | known.to_dict() | {"command": COMMAND}


def _write_card(lines: Sequence[str]) -> None:
    """Put the tables under the heading of the card, one level deeper than on their own page."""
    card = weights.models_dir() / NAME / "card.md"
    above, heading, _ = card.read_text("utf-8").partition("## Measured\n")
    deeper = [f"#{line}" if line.startswith("#") else line for line in lines[1:]]
    card.write_text(above + heading + "\n".join(deeper) + "\n", "utf-8")


def _ship(result: dict[str, Any]) -> None:
    ship(f"{NAME}/calibration.json", result["calibration"])
    swaps = result["synchrony"]["swaps"]["original, 5 s"]["network"]["other"]
    right = result["synchrony"]["offsets"]["original"]["network"]["rest"]
    marks = result["forged"]["versions"][ORIGINAL]
    summary = (
        f"own voice against another's in 5 s: AUC {swaps['auc']}; offset as in the rest of the "
        f"clip within 40 ms in {right['within_40']:.0%} of {right['windows']} windows; "
        f"forged mouths of unseen methods: AUC {marks['auc']}"
    )
    kept = {
        key: result[key] for key in ("synchrony", "fits", "voices", "forged", "weighs", "command")
    }
    ship(f"{NAME}/eval.json", {"summary": summary} | kept)


if __name__ == "__main__":
    raise SystemExit(main())
