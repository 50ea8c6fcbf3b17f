"""Reading `results.jsonl` line by line: what the batch page needs of each file, and no more.

A broken line (a writer was killed, a disk was full) costs that line only. Records are kept on
disk and read again one at a time when their pages are made, so memory does not grow with them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from media_screen.evidence import SETUP_REASONS, Verdict
from media_screen.results.grounds import ground
from media_screen.results.lines import LINE_LIMIT, each_line
from media_screen.results.saved_line import BAD_RECORD, parse_line
from media_screen.results.words import rank_of
from media_screen.results.written import STRANGE, Written

MOST_COUNTED = 10**15  # views or followers; no site has more
BEGINNING = 120  # bytes of a broken line that are told
LONGEST_SUMMARY = 1_000  # characters; sentences of the package have fewer, and are shown cut


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One line of the batch table, and where its record lies in the results file."""

    key: str
    sha256: str  # "" for what could not be read
    label: str
    path: str
    person: str  # slug, "" for nobody
    name: str  # of that person, the slug where older results don't tell; "" for nobody
    llr: float | None
    handle: str
    platform: str
    standing: str
    ground: str  # what decided in place of the ratio of manipulation, in a word, "" for nothing
    published: str
    duration_s: float
    title: str
    views: int | None
    followers: int | None
    summary: str
    flags: tuple[str, ...]
    failures: int
    reasons: tuple[str, ...]
    lacking: tuple[str, ...]  # what was not looked for at all, for want of a package or a reference
    line: int
    offset: int


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no record: its number, what is wrong with it, and how it begins."""

    number: int
    error: str
    start: str


@dataclass(slots=True)
class ReadResults:
    """All that was read: the rows in the order of a work queue, and the broken lines."""

    rows: list[ResultRow] = field(default_factory=list)
    broken: list[BrokenLine] = field(default_factory=list)
    unknown: str = ""  # why it can't be told which lines a scan wrote

    def notes(self) -> Iterator[str]:
        """Give what whoever reads the results has to know of them, in sentences."""
        if self.unknown:
            yield f"whether a scan wrote these results as they are can't be told: {self.unknown}"
        if self.broken:
            yield left_out(self.broken)


def read_results(stream: IO[bytes], written: Written | None = None) -> ReadResults:
    """Read an open results file; the last record of a file wins.

    Lines that `written` does not hold are left out, as broken ones are.
    """
    results = ReadResults(unknown=written.unknown if written is not None else "")
    rows: dict[str, ResultRow] = {}
    for number, offset, line in each_line(stream):
        try:
            if written is not None and not written.holds(line):
                raise ValueError(STRANGE)
            row = _row(parse_line(line), number, offset)
        except BAD_RECORD as error:
            results.broken.append(broken_line(number, error, line))
        else:
            rows[row.key] = row
    results.rows = sorted(rows.values(), key=_urgency)
    return results


def _urgency(row: ResultRow) -> tuple[int, float, str]:
    return rank_of(row.label, row.flags), -(row.llr or 0.0), row.path


def read_line(stream: IO[bytes], row: ResultRow) -> bytes:
    """Read the line of a row again from the open results file."""
    stream.seek(row.offset)
    return stream.readline(LINE_LIMIT + 1)


def broken_line(number: int, error: BaseException, line: bytes) -> BrokenLine:
    """Describe a line that could not be read or shown."""
    start = line[:BEGINNING].decode("utf-8", "surrogateescape").rstrip("\r\n")
    return BrokenLine(number, f"{error}" or type(error).__name__, start)


def left_out(broken: Sequence[BrokenLine]) -> str:
    """Say how many lines were left out, and what was wrong with the first."""
    first, many = broken[0], len(broken)
    were = "line was" if many == 1 else "lines were"
    return f"{many} {were} left out, the first is line {first.number}: {first.error}"


def _row(verdict: Verdict, number: int, offset: int) -> ResultRow:
    media, post = verdict.media, verdict.post
    llr = verdict.llr.get("manipulation")
    return ResultRow(
        key=media.key,
        sha256=_text(media.sha256),
        label=verdict.label,
        path=media.path,
        person=_text(verdict.person or ""),
        name=_text(verdict.name_of(verdict.person)),
        llr=None if llr is None else _number(llr),
        handle=_text(post.account if post else ""),
        platform=_text(post.platform if post else ""),
        standing=_text(verdict.provenance.channel),
        ground=rests.short if (rests := ground(verdict)) else "",
        published=_text(post.published if post else ""),
        duration_s=_number(media.duration_s),
        title=_text(post.title if post else "")[:300],
        views=_count(post.views if post else None),
        followers=_count(post.followers if post else None),
        summary=_text(verdict.summary)[:LONGEST_SUMMARY],
        flags=tuple(_text(flag) for flag in verdict.flags),
        failures=len(verdict.failures),
        reasons=tuple(dict.fromkeys(_text(piece.reason) for piece in verdict.abstentions)),
        lacking=tuple(
            _text(piece.why) for piece in verdict.abstentions if piece.reason in SETUP_REASONS
        ),
        line=number,
        offset=offset,
    )


def _count(value: int | None) -> int | None:
    if value is not None and not (isinstance(value, int) and 0 <= value <= MOST_COUNTED):
        raise ValueError(f"expected a count, got {value!r:.40}")
    return value


def _number(value: float) -> float:
    if not math.isfinite(value):  # JSON readers turn 1e999 into infinity
        raise ValueError("a number is out of range")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text, got {type(value).__name__}")
    return value
