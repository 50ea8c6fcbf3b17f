"""What each detector, and all of them fused, said about each labelled file."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from media_screen.detectors import DETECTORS
from media_screen.errors import SetupError
from media_screen.evaluation.manifest import Item
from media_screen.evidence import Evidence, Verdict
from media_screen.files import file_id, open_regular
from media_screen.media import MediaError, identify, shown_path
from media_screen.results.lines import each_line
from media_screen.results.plain import counted
from media_screen.results.saved_line import BAD_RECORD, parse_line

FUSED = "fused"

State = Literal["scored", "abstained", "failed"]


class ResultsError(SetupError, ValueError):
    """A file of results can't be read, or holds nothing of the manifest."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one detector said about one file.

    `score` ranks files, `llr` is the calibrated natural-log likelihood ratio; both are 0 unless the
    state is "scored".
    """

    state: State
    score: float = 0.0
    llr: float = 0.0


def outcomes(verdicts: Sequence[Verdict | None]) -> dict[str, tuple[Outcome, ...]]:
    """Return for the fused ratio and each detector of manipulation what it said about each file.

    None stands for a file that could not be screened: everything failed on it. A detector is listed
    when it gave pooled evidence on the axis of manipulation about at least one file, or is a
    built-in one of that axis that had to say something.
    """
    names = _detectors(verdict for verdict in verdicts if verdict is not None)
    found = {FUSED: tuple(_fused(verdict) for verdict in verdicts)}
    for name in names:
        found[name] = tuple(_of_detector(verdict, name) for verdict in verdicts)
    return found


def _detectors(verdicts: Iterable[Verdict]) -> list[str]:
    spoke: dict[str, None] = {}
    scored: set[str] = set()
    for verdict in verdicts:
        pooled = [piece.detector for piece in verdict.evidence if _counts(piece)]
        silent = [piece.detector for piece in verdict.abstentions]
        broken = [piece.detector for piece in verdict.failures]
        spoke.update(dict.fromkeys([*pooled, *silent, *broken]))
        scored.update(pooled)
    own = [kind.name for kind in DETECTORS if kind.axis == "manipulation" and kind.name in spoke]
    return own + sorted(scored - set(own))


def _counts(piece: Evidence) -> bool:
    """Tell whether a piece of evidence is what fusion reads: pooled, on manipulation."""
    return piece.axis == "manipulation" and piece.pooled


def _fused(verdict: Verdict | None) -> Outcome:
    if verdict is None or _unreadable(verdict):
        return Outcome("failed")
    llr = verdict.llr.get("manipulation")
    return Outcome("abstained") if llr is None else Outcome("scored", llr, llr)


def _of_detector(verdict: Verdict | None, name: str) -> Outcome:
    if verdict is None or _unreadable(verdict):
        return Outcome("failed")
    pieces = [piece for piece in verdict.evidence if piece.detector == name and _counts(piece)]
    if pieces:
        # Rules may find several things, whose ratios add up; a learned detector has one piece.
        llr = math.fsum(piece.llr for piece in pieces)
        return Outcome("scored", max(piece.score for piece in pieces), llr)
    broke = any(piece.detector == name for piece in verdict.failures)
    return Outcome("failed" if broke else "abstained")


def _unreadable(verdict: Verdict) -> bool:
    return any(piece.detector in ("media", "screen") for piece in verdict.failures) or any(
        piece.detector == "media" for piece in verdict.abstentions
    )


@dataclass(frozen=True, slots=True)
class SavedVerdicts:
    """The verdicts of a file of results, the last one of each file, and what was left out."""

    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...] = ()

    def of(self, paths: Sequence[Path]) -> list[Verdict | None]:
        """Return the verdict on each file, or None where there is none.

        A file is found by its id, else by its path if no other is shown alike (results of another
        machine), else by the SHA-256 of its content.
        """
        by_id = {verdict.media.id: verdict for verdict in self.verdicts if verdict.media.id}
        shown = [os.path.abspath(verdict.media.path) for verdict in self.verdicts]
        counts = Counter(shown)
        by_path = {
            path: verdict
            for path, verdict in zip(shown, self.verdicts, strict=True)
            if counts[path] == 1
        }
        by_hash = {verdict.media.sha256: verdict for verdict in self.verdicts}
        return [
            by_id.get(file_id(path))
            or by_path.get(os.path.abspath(shown_path(path)))
            or by_hash.get(_hash(path))
            for path in paths
        ]


def read_results(path: Path) -> SavedVerdicts:
    """Read the verdicts of a `results.jsonl`; a line that is none costs that line, and is noted.

    Raises ResultsError when the file can't be read.
    """
    verdicts: dict[str, Verdict] = {}
    broken: list[str] = []
    try:
        with open_regular(path) as stream:
            for number, _, line in each_line(stream):
                try:
                    verdict = parse_line(line)
                except BAD_RECORD as error:
                    broken.append(f"line {number}: {error}")
                else:
                    verdicts[verdict.media.key] = verdict
    except OSError as error:
        raise ResultsError(f"{path.name} can't be read: {error.strerror}") from error
    lines = counted(len(broken), "line was", "lines were")
    notes = [f"{lines} left out of {path.name}, the first is {broken[0]}"] if broken else []
    return SavedVerdicts(tuple(verdicts.values()), tuple(notes))


def join(items: Sequence[Item], saved: SavedVerdicts) -> list[Verdict | None]:
    """Return the verdict on each item; raises ResultsError when there is not one."""
    found = saved.of([item.path for item in items])
    if not any(found):
        files = counted(len(items), "file")
        told = "".join(f" ({note})" for note in saved.notes)
        raise ResultsError(f"the results hold nothing of the {files} of the manifest{told}")
    return found


def _hash(path: Path) -> str:
    try:
        return identify(path)[0]
    except MediaError:
        return "unreadable"
