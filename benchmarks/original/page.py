"""Writes what came of the comparisons: by kind of forgery and kind of copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, get_args

from benchmarks.markdown import escaped, table
from benchmarks.original.cost import MinuteCost, rows
from benchmarks.original.gathered import Form
from benchmarks.original.judging import SLIGHT, Judged, Outcome
from media_screen.footage.original.alteration import (
    LEAST_LAID,
    SAME_PLACE,
    WIDE_PX,
    is_open,
    unlike,
)
from media_screen.footage.original.comparison import ComparedFace

COMMAND = "python -m benchmarks.original --media ../shared/media --public PAIRS --autoencoder TAESD"
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# What is neither a copy nor a forgery of its original, or a forgery that nobody can see.
APART = ("another take", "late sound", "pair: same face")


def summary(found: Sequence[Judged], of: int, minutes: Sequence[MinuteCost]) -> dict[str, Any]:
    """Return the record: counts by kind, the aims, what was judged wrongly, and what it costs.

    `of` is how many files there are, of which the first of a mixed order were compared.
    """
    kinds = Counter((_row(one), one.outcome) for one in found)
    return {
        "command": COMMAND,
        "files": len(found),
        "of": of,
        "kinds": {
            name: {outcome: kinds[name, outcome] for outcome in OUTCOMES if kinds[name, outcome]}
            for name in sorted({_row(one) for one in found})
        },
        "aims": aims(found),
        "wrong": {
            one.answer.key: None if one.llr is None else round(one.llr, 2)
            for one in found
            if one.outcome == ("same" if one.answer.forged else "changed")
        },
        "laid_badly": {name: _laid_badly(own) for name, own in _sides(found).items()},
        "wide": {name: _wide(own) for name, own in _sides(found).items()},
        "minutes": [asdict(one) for one in minutes],
    }


def _sides(found: Sequence[Judged]) -> dict[str, list[ComparedFace]]:
    """Return the faces that were judged, of copies and of forgeries."""
    return {
        name: [
            face
            for one in _kept(found)
            if one.answer.forged is forged
            for face in one.answer.compared
            if is_open(face)
        ]
        for name, forged in (("genuine", False), ("forged", True))
    }


def _laid_badly(faces: Sequence[ComparedFace]) -> list[int]:
    """Return how many faces lie in pictures that nothing accuses in, and of how many."""
    return [sum(face.laid < LEAST_LAID for face in faces), len(faces)]


def _wide(faces: Sequence[ComparedFace]) -> list[float]:
    """Return the least and the median likeness of wide faces, and how many those are."""
    likeness = [face.likeness for face in faces if unlike(face) >= -1.0]
    return [round(min(likeness), 2), round(median(likeness), 2), len(likeness)] if likeness else []


def _row(one: Judged) -> str:
    answer = one.answer
    what = "forged" if answer.forged else "genuine"
    form = "" if answer.form == "full" else f", {answer.form}"
    return f"{what}{form}: {answer.kind}"


def aims(found: Sequence[Judged]) -> dict[str, list[float]]:
    """Return how many did what is asked for, of how many, and what was aimed at."""
    genuine = [one for one in _kept(found) if not one.answer.forged]
    forged = [one for one in _kept(found) if one.answer.forged and one.answer.kind not in SLIGHT]
    full, small, captioned = (
        [one for one in forged if one.answer.form == form] for form in get_args(Form)
    )
    return {
        "genuine copies accused": _of(genuine, "changed", 0.0),
        "genuine copies vouched for": _of(genuine, "same", None),
        "forgeries accused, original size": _of(full, "changed", 0.95),
        "forgeries accused, small copies": _of(small, "changed", 0.90),
        "forgeries accused, with captions": _of(captioned, "changed", None),
        "of these made by published tools, original size": _of(_by_tools(full), "changed", 0.95),
        "of these made by published tools, small copies": _of(_by_tools(small), "changed", 0.90),
        "of these made by published tools, with captions": _of(
            _by_tools(captioned), "changed", None
        ),
        "forgeries that pass as copies": _of(forged, "same", 0.0),
        "forgeries that can't be accused: all faces follow the original": [
            sum(one.follows for one in forged),
            len(forged),
        ],
    }


def _kept(found: Iterable[Judged]) -> list[Judged]:
    return [one for one in found if one.answer.kind not in APART]


def _by_tools(found: Iterable[Judged]) -> list[Judged]:
    """Return what others forged, and not `benchmarks.original.forgeries`."""
    return [one for one in found if one.answer.kind.startswith(("public", "pair"))]


def _of(found: Sequence[Judged], outcome: Outcome, aim: float | None) -> list[float]:
    count = sum(one.outcome == outcome for one in found)
    return [count, len(found), *([] if aim is None else [aim])]


def markdown(record: dict[str, Any]) -> str:
    """Return original.md."""
    lines = [
        "# Compared with the original",
        "",
        f"`{COMMAND}`: {record['files']:,} of {record['of']:,} files (as "
        "many as were reached; the rows say of which kinds), clips of at "
        "most 4 s at 360 lines, each compared with the proxy of its "
        "original as in a scan, and judged by what was learned from other people (five folds). "
        "*changed* accuses a face, *same* vouches for it.",
        "",
        *table(
            ("what", "files", "of", "share", "aim"),
            [
                (name, int(values[0]), int(values[1]), _share(values), _aim(values))
                for name, values in record["aims"].items()
            ],
        ),
        "",
        "Changed eyes (`eyes of another moment`) are counted by themselves: eyes that look the "
        "same way at the other moment are no change. So are another take of the same speech (it "
        "has no original here), sound that was shifted, and two pairs of the media whose faces are "
        "alike as far as can be seen.",
        "",
        "## By kind",
        "",
        *table(
            ("kind", *OUTCOMES),
            [
                (escaped(name), *(counts.get(outcome, 0) for outcome in OUTCOMES))
                for name, counts in record["kinds"].items()
            ],
        ),
        "",
        "## Judged wrongly",
        "",
        *table(
            ("file", "log likelihood ratio"),
            [(escaped(name), llr) for name, llr in record["wrong"].items()] or [("none", "")],
        ),
        "",
        "## What spares copies",
        "",
        *table(
            ("faces", "of", f"laid over with a score under {LEAST_LAID}"),
            [
                (name, of, f"{few / max(1, of):.1%}")
                for name, (few, of) in record["laid_badly"].items()
            ],
        ),
        "",
        *table(
            (
                f"{WIDE_PX:.0f} px and more, score {SAME_PLACE} and more",
                "of",
                "least likeness",
                "median",
            ),
            [
                (name, int(values[2]), values[0], values[1])
                for name, values in record["wide"].items()
                if values
            ],
        ),
        "",
        "## What it costs",
        "",
        "Processor seconds of one core, of files of 720 lines that match whole; aim: under .5 of "
        "decoding.",
        "",
        *table(
            ("clip", "s", "windows", "comparing", "decoding", "ratio"),
            rows([MinuteCost(**one) for one in record["minutes"]]),
        ),
    ]
    return "\n".join(lines) + "\n"


def _share(values: Sequence[float]) -> str:
    return f"{values[0] / max(1, values[1]):.1%}"


def _aim(values: Sequence[float]) -> str:
    return "" if len(values) < 3 else "none" if values[2] == 0 else f"{values[2]:.0%}"
