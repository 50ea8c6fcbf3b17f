"""Gathers what detectors that learned nothing say of clips and of their copies at 480p.

WORK is any folder: copies are made in it, and clips and copies are screened, as `media-screen
evaluate --reencode 480p` does. What is there already is kept, so a second run goes on where one
stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from benchmarks.accuracy import clips, ratios
from benchmarks.accuracy.ratios import Ratio
from benchmarks.places import RATIOS
from media_screen.batch.scan import scan
from media_screen.evaluation.outcomes import outcomes, read_results
from media_screen.evaluation.reencode import make_copies
from media_screen.evidence import Verdict
from media_screen.results.folder import RESULTS
from media_screen.screen import Config

NAME = "rules"
DETECTORS = ("container", "face_consistency")  # their thresholds were fitted to no label
VERSIONS = ("original", "480p")
NAMED = 24  # digits of the original's hash after which a copy is named


def gather(work: Path, media: Path) -> None:
    """Write the ratios of `DETECTORS` on the clips and on their copies."""
    for version in VERSIONS:
        screen(work, media, version)
    write(work, media)


def screen(work: Path, media: Path, version: str) -> None:
    """Screen the clips, or copies of them, into WORK/scores/VERSION: one process, one thread."""
    files = [media / row.path for row in clips.labelled(media)]
    if version != VERSIONS[0]:
        files = list(make_copies(files, version, work / "copies").paths.values())
    config = Config(detectors=DETECTORS, device="cpu", threads=1)
    scan(files, work / "scores" / version, config)


def write(work: Path, media: Path) -> None:
    """Write the ratios from what was screened; a clip that could not be copied has none there."""
    hashes = [row.sha256 for row in clips.labelled(media)]
    said: dict[str, list[Ratio]] = {name: [] for name in DETECTORS}
    for version in VERSIONS:
        verdicts = _by_hash(work / "scores" / version / RESULTS, hashes)
        of_each = outcomes(tuple(verdicts.values()))
        for name in DETECTORS:
            for key, one in zip(verdicts, of_each[name], strict=True):
                judged = one.state == "scored"
                said[name].append(Ratio(key, version, one.score, one.llr if judged else None))
    for name, own in said.items():
        ratios.write(ratios.path_of(name, RATIOS), own)


def _by_hash(results: Path, hashes: Iterable[str]) -> dict[str, Verdict]:
    """Return the verdicts by the hash of the original; a copy is named after it."""
    whole = {key[:NAMED]: key for key in hashes}
    found = {}
    for verdict in read_results(results).verdicts:
        name = Path(verdict.media.path).stem
        key = whole.get(name) or whole.get(verdict.media.sha256[:NAMED])
        if key is not None:
            found[key] = verdict
    return dict(sorted(found.items()))
