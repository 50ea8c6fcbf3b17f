"""Measures how well the catalogue finds reposted official footage: recall, relation, false matches.

    python -m benchmarks.provenance --media ../shared/media [--quick] [--workers 2]

Builds its own attacks (kept in a folder, so that a second run only searches), enters half of the
clips of `real_video` as official, looks up every attack, every other clip, and the fakes whose
source is there, and writes `results/provenance.md` and `records/provenance.json`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.markdown import table
from benchmarks.places import write_page, write_record
from benchmarks.provenance import clips as clips_of
from benchmarks.provenance.clips import RELATIONS, LookUp, SourceClip, Workshop
from benchmarks.provenance.fingerprints import FingerprintReader
from media_screen.footage.catalogue import Catalogue, MeasuredMatch

CLIP_S = 8.0  # clips are cut to this length
# Issue's aims: recall per attack.
AIMS = dict.fromkeys(("exact", "reencode", "scale", "trim", "watermark"), 0.99) | dict.fromkeys(
    ("crop", "recut", "mirror", "border", "letterbox", "blur_box", "inset", "speed_-10")
    + ("speed_-5", "speed_+5", "speed_+10", "tempo_+10"),
    0.95,
)
CHANGED = ("lip_sync", "swap", "desynced")
NOTES = """
## How to read this

- *set* is where thresholds were chosen, by whole collections. Two were not chosen blindly:
  `FAINT_AGREEMENT` was added after four false matches of which two lay in *report*, `FAINT_ALIKE`
  after one that lay there; the set half alone gives the same values.
- Half of an identity with several recordings (MEAD: one studio, one framing) is official and the
  other half negative: the hardest strangers there are. Two pairs of clips of different collections
  show the same footage and count as one (`SAME_FOOTAGE`).
- Misses are silent clips of 2 s (`trim`: ten frames; copies and strangers overlap there), and small
  faces in insets without sound that the index does not propose: there the picture is found by the
  hash of the upper face alone.
- Fakes are found as copies of the picture, which is right: what was changed in them is measured by
  `benchmarks.original`.
- Files are covered whole by dense windows up to 20 s; longer ones are sampled.
"""


@dataclass(frozen=True)
class LookUpRow:
    """One looked-up file: what was found and how long it took."""

    name: str
    attack: str
    half: str
    sound: bool
    truth: tuple[str, ...]
    found: tuple[str, ...]
    relations: tuple[str, ...]  # of the right ones
    wrong: tuple[str, ...]
    spans: tuple[tuple[float, float], ...]  # in the query, of the right ones
    scores: tuple[tuple[float, float], ...]  # picture and sound of every match
    altered: bool  # a part of what matches is another one
    shift_s: float
    seconds: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and write its tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.provenance", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--quick", action="store_true", help="every fourth official clip only")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, help="where built files are kept (default: a temp)")
    options = parser.parse_args(arguments)
    folder = options.work or Path(tempfile.gettempdir()) / "media-screen-provenance"
    start = time.perf_counter()
    sources = clips_of.sources(options.media)
    workshop = Workshop(options.media, folder / "clips", most_s=CLIP_S)
    with ProcessPoolExecutor(options.workers, initializer=_quiet) as pool:
        share = partial(_build, options.media, folder, options.quick, options.workers)
        list(pool.map(share, range(options.workers)))
    built = time.perf_counter() - start
    rows = _search(workshop, folder, sources, quick=options.quick)
    report = summarise(rows, sources)
    report["seconds"] = {
        "building and fingerprinting": round(built, 1),
        "all": round(time.perf_counter() - start, 1),
    }
    text = markdown(report, rows)
    name = "provenance-quick" if options.quick else "provenance"
    write_page(name, text)
    write_record(name, report)
    print(text)


def _quiet() -> None:
    import cv2

    cv2.setNumThreads(1)
    os.nice(5)


def _build(media: Path, folder: Path, quick: bool, workers: int, number: int) -> None:
    """Build and fingerprint the queries whose turn it is; the parts are the workers' own."""
    reader = FingerprintReader(folder / "fingerprints")
    workshop = Workshop(media, folder / "clips", most_s=CLIP_S)
    sources = clips_of.sources(media)
    for query in clips_of.queries(workshop, sources, quick=quick, part=(number, workers)):
        reader.read(query.path, reference=False)
        if query.attack == "exact":
            reader.read(query.path, reference=True)
    if quick:
        for source in [one for one in sources if one.official][number::workers]:
            reader.read(workshop.master(source.path), reference=True)


def _search(
    workshop: Workshop, folder: Path, sources: list[SourceClip], *, quick: bool
) -> list[LookUpRow]:
    reader = FingerprintReader(folder / "fingerprints")
    path = folder / "catalogue.sqlite"
    for name in (path.name, path.name + "-wal", path.name + "-shm"):
        (folder / name).unlink(missing_ok=True)
    rows = []
    with Catalogue.open(path) as catalogue:
        for source in sources:
            if source.official:
                fingerprint = reader.read(workshop.master(source.path), reference=True)
                catalogue.add(source.identity, source.path, source.path, fingerprint)
        for query in clips_of.queries(workshop, sources, quick=quick):
            fingerprint = reader.read(query.path, reference=False)
            start = time.perf_counter()
            found = catalogue.find(fingerprint)
            rows.append(_row(query, found, time.perf_counter() - start))
    return rows


def _row(query: LookUp, found: Sequence[MeasuredMatch], seconds: float) -> LookUpRow:
    def source_of(name: str) -> str:
        """Return the clip that was meant when another one shows the same footage."""
        same = next((group for group in clips_of.SAME_FOOTAGE if name in group), {name})
        meant = [truth for truth in query.truth if truth in same]
        return meant[0] if meant else name

    named = [(source_of(item.match.reference), item) for item in found]
    allowed = set(query.truth) | clips_of.alike(query)
    right = [item for name, item in named if name in query.truth]
    return LookUpRow(
        name=query.name,
        attack=query.attack,
        half=query.half,
        sound=query.sound,
        truth=query.truth,
        found=tuple(sorted({name for name, _ in named})),
        relations=tuple(item.match.relation for item in right),
        wrong=tuple(sorted({name for name, _ in named if name not in allowed})),
        spans=tuple((item.match.query_span.start, item.match.query_span.end) for item in right),
        scores=tuple((round(i.picture_score, 1), round(i.sound_score, 1)) for i in found),
        altered=any(item.changes for item in right),
        shift_s=right[0].shift_s if right else 0.0,
        seconds=seconds,
    )


def summarise(rows: list[LookUpRow], sources: list[SourceClip]) -> dict[str, object]:
    """Return the numbers of the tables."""
    official = sum(source.official for source in sources)
    attacks = {}
    for attack in (*RELATIONS, *CHANGED):
        for half in ("set", "report"):
            mine = [row for row in rows if row.attack == attack and row.half == half]
            if mine:
                attacks[f"{attack}/{half}"] = _attack(mine)
    negatives = {half: _false(rows, half, official) for half in ("set", "report")}
    times = [row.seconds for row in rows]
    return {
        "official": official,
        "attacks": attacks,
        "false": negatives,
        "search_s": {"median": float(np.median(times)), "95%": float(np.quantile(times, 0.95))},
    }


def _attack(rows: list[LookUpRow]) -> dict[str, float]:
    attack = rows[0].attack
    wanted = RELATIONS.get(attack, "")
    accepted = {"copy", "excerpt"} if attack == "joined" else {wanted}
    pieces = sum(len(row.truth) for row in rows)
    hits = sum(len(set(row.truth) & set(row.found)) for row in rows)
    hit = [row for row in rows if row.relations]
    right = sum(set(row.relations) <= accepted for row in hit)
    result = {
        "files": len(rows),
        "pieces": pieces,
        "recall": hits / pieces,
        "silent": sum(not row.sound for row in rows),
        "altered": sum(row.altered for row in rows) / len(rows),
    }
    if wanted:
        result["relation"] = right / max(1, len(hit))
    return result


def _false(rows: list[LookUpRow], half: str, official: int) -> dict[str, float]:
    """Count pairs of a file and an official clip that is not in it, and those that matched."""
    mine = [row for row in rows if row.half == half]
    return {
        "files": len(mine),
        "pairs": sum(official - len(row.truth) for row in mine),
        "false": sum(len(row.wrong) for row in mine),
        "negatives": sum(row.attack == "negative" for row in mine),
        "false of negatives": sum(bool(row.wrong) for row in mine if row.attack == "negative"),
    }


def markdown(report: dict[str, object], rows: list[LookUpRow]) -> str:
    """Return the tables as text, with every failure listed."""
    attacks, false = report["attacks"], report["false"]
    assert isinstance(attacks, dict) and isinstance(false, dict)
    lines = [
        "# Finding official footage again",
        "",
        "`python -m benchmarks.provenance --media ../shared/media`. Clips of at most "
        f"{CLIP_S:.0f} s at 360 lines; {report['official']} are official.",
        "",
        "| attack | aim | recall (set) | recall (report) | relation (set) | relation (report) "
        "| files | of them silent |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for attack in RELATIONS:
        halves = [attacks.get(f"{attack}/{half}") for half in ("set", "report")]
        some = [half for half in halves if half]
        aim = f"{AIMS[attack]:.0%}" if attack in AIMS else ""
        cells = [_percent(half, "recall") for half in halves]
        cells += [_percent(half, "relation") for half in halves]
        files = sum(half["files"] for half in some)
        silent = sum(half["silent"] for half in some)
        lines.append(f"| {attack} | {aim} | {' | '.join(cells)} | {files} | {silent} |")
    lines += ["", "## False matches", "", "| half | files | pairs | false | of negatives |"]
    lines += ["|---|---|---|---|---|"]
    for half, counts in false.items():
        lines.append(
            f"| {half} | {counts['files']} | {counts['pairs']} | {counts['false']} | "
            f"{counts['false of negatives']} of {counts['negatives']} |"
        )
    lines += ["", *_changed(rows), "", "## What failed", "", *_failures(rows), ""]
    lines.append(f"Look-up: {report['search_s']}; time in all: {report['seconds']}.")
    lines.append(NOTES)
    return "\n".join(lines)


def _percent(counts: dict[str, float] | None, name: str) -> str:
    return f"{counts[name]:.1%}" if counts and name in counts else ""


def _changed(rows: list[LookUpRow]) -> list[str]:
    lines = ["## Fakes made from an official clip", ""]
    found = [
        (
            row.name,
            "yes" if set(row.truth) <= set(row.found) else "no",
            " ".join(row.relations),
            f"{row.shift_s:+.2f} s",
        )
        for row in rows
        if row.attack in CHANGED
    ]
    return [*lines, *table(("fake", "found", "relation", "sound shift"), found)]


def _failures(rows: list[LookUpRow]) -> list[str]:
    lines = []
    for row in rows:
        missed = sorted(set(row.truth) - set(row.found))
        wanted = RELATIONS.get(row.attack)
        accepted = {"copy", "excerpt"} if row.attack == "joined" else {wanted}
        other = sorted(set(row.relations) - accepted) if wanted else []
        if missed:
            lines.append(f"- {row.name} ({row.half}): missed {', '.join(missed)}")
        if other:
            lines.append(f"- {row.name} ({row.half}): {', '.join(other)}, expected {wanted}")
        if row.wrong:
            lines.append(f"- {row.name} ({row.half}): false {', '.join(row.wrong)} {row.scores}")
        if row.altered and row.attack not in CHANGED:
            lines.append(f"- {row.name} ({row.half}): a part of it is called another one")
    return lines or ["Nothing."]


if __name__ == "__main__":
    main()
