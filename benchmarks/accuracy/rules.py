"""Gathers what detectors that learned nothing say, from one scan, and the facts of the clips.

WORK is the folder of `media-screen evaluate LABELLED.csv --out WORK --detector container
--detector face_consistency`, with or without `--reencode 480p`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.accuracy import clips, ratios
from benchmarks.accuracy.clips import Clip, labelled
from benchmarks.accuracy.ratios import RESULTS, VERSIONS, Ratio
from media_screen.evaluation.outcomes import outcomes, read_results
from media_screen.evidence import Verdict
from media_screen.results import RESULTS as SAVED

NAME = "rules"
DETECTORS = ("container", "face_consistency")  # their thresholds were fitted to no label
NAMED = 24  # digits of the original's hash after which a copy is named


def gather(work: Path, media: Path) -> None:
    """Write the clips and the ratios of `DETECTORS`; of copies only when they were scanned too."""
    rows = {row["sha256"]: row for row in labelled(media)}
    said: dict[str, list[Ratio]] = {name: [] for name in DETECTORS}
    for version in VERSIONS:
        results = work / "scores" / version / SAVED
        if version != VERSIONS[0] and not results.is_file():
            continue
        verdicts = _by_hash(results, rows)
        of_each = outcomes(tuple(verdicts.values()))
        for name in DETECTORS:
            for key, one in zip(verdicts, of_each[name], strict=True):
                judged = one.state == "scored"
                said[name].append(Ratio(key, version, one.score, one.llr if judged else None))
        if version == VERSIONS[0]:
            clips.write(_clip(rows[key], verdict) for key, verdict in verdicts.items())
    for name, own in said.items():
        ratios.write(ratios.path_of(name, RESULTS), own)


def _by_hash(results: Path, rows: dict[str, dict[str, str]]) -> dict[str, Verdict]:
    """Return the verdicts by the hash of the original; a copy is named after it."""
    whole = {key[:NAMED]: key for key in rows}
    found = {}
    for verdict in read_results(results).values():
        name = Path(verdict.media.path).stem
        key = whole.get(name) or whole.get(verdict.media.sha256[:NAMED])
        if key is not None:
            found[key] = verdict
    return dict(sorted(found.items()))


def _clip(row: dict[str, str], verdict: Verdict) -> Clip:
    fake = row["kind"] == "fake_video"
    method = row["method"] if fake else ""
    media = replace(verdict.media, sha256=row["sha256"])
    return Clip(fake, method, row["collection"], row["identity"], media)
