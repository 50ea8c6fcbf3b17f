"""Writes the page of `benchmarks.campaign`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.campaign.orders import EVERY, SCANS
from benchmarks.campaign.posts import LONGEST_S
from benchmarks.markdown import NONE, escaped, heading, table
from media_screen.footage.campaigns.passing import RECOGNISED, SAME_FACE

COMMAND = "python -m benchmarks.campaign --media ../shared/media"


def markdown(record: Mapping[str, Any]) -> str:
    """Return campaign.md."""
    lines = [
        *heading("Campaigns", COMMAND),
        f"{record['fakes']} fakes, cut to {LONGEST_S:g} s, with their reposts, with the genuine "
        "clips that ten of them were made of, and with clips that share nothing with them. This "
        "measures whether files are joined and labels are passed along, not whether fakes are "
        "found: the first post of each fake is given its finding by hand. Screened with "
        f"{', '.join(f'`{name}`' for name in record['detectors'])} alone. People are enrolled by "
        "frames of the very clips, which flatters faces, and what tells short silent excerpts and "
        "the same face of an enrolled person was set on these very posts.",
        "",
        *table(
            ("asked", "found", "aim", "met"),
            [
                (
                    one["what"],
                    f"{one['count']} of {one['of']}",
                    one["aim"],
                    "yes" if one["met"] else "**no**",
                )
                for one in record["aims"]
            ],
        ),
        "",
        "## By kind of post",
        "",
        "Joined: in the campaign of the fake it belongs to (an unrelated clip: in any). A genuine "
        "clip shares the footage of its fake, so that it may be joined, but not called. Suspected "
        "for itself: by official footage, if there is some, without what is passed along.",
        "",
        *table(
            ("post", "files", "joined", "beside, as quoting", "called through", "for itself"),
            [
                tuple(one[key] for key in ("kind", "files", "joined", "quoting", "called", "alone"))
                for one in record["kinds"]
            ],
        ),
        "",
        "## What is wrong",
        "",
        *table(
            ("campaign", "post", "wrong", "label", "why"),
            [
                (
                    one["campaign"] or NONE,
                    one["kind"] if one["campaign"] else one["file"],
                    one["what"],
                    f"`{one['label']}`",
                    escaped(one["why"]),
                )
                for one in record["wrong"]
            ],
        ),
        "",
        *_faces(record["faces"]),
        *_laid(record["laid"]),
        *_orders(record["orders"], _when(record, "orders")),
        *_scale(record),
    ]
    return "\n".join(lines) + "\n"


def apart(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return by how much faces differ, sorted; strangers to everybody enrolled are left out."""
    known = (row for row in rows if max(row["fake"], row["other"]) >= RECOGNISED)
    return sorted(abs(row["fake"] - row["other"]) for row in known)


def _faces(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Faces"
    yield ""
    yield (
        f"By how much the likeness to an enrolled person (cosine, {RECOGNISED} at least in one of "
        f"both) differs between a fake and its copies, and between it and the genuine clip; up to "
        f"{SAME_FACE} the faces count as the same. Fakes that keep the face of the genuine clip "
        "and change what it says can't be told from that clip by this; laid over one another, they "
        "can."
    )
    yield ""
    told = []
    for name in dict.fromkeys(row["campaign"] for row in rows):
        mine = [row for row in rows if row["campaign"] == name]
        genuine = apart([row for row in mine if row["kind"].startswith("genuine")])
        copies = apart([row for row in mine if not row["kind"].startswith("genuine")])
        if copies:
            likeness = max(row["fake"] for row in mine)
            ends = median(copies), copies[-1], *(genuine[:1] + genuine[-1:] or (None, None))
            cells = (NONE if one is None else f"{one:.3f}" for one in ends)
            told.append((name, f"{likeness:.2f}", len(copies), *cells))
    head = ("fake", "likeness", "copies", "median", "most", "genuine: least", "most")
    yield from table(head, told)
    yield ""


def _laid(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Faces laid over one another"
    yield ""
    yield (
        "Files that may get the label of a suspected one are laid over that. The log likelihood "
        "ratio (natural) that the face which differs most was changed, against that it was only "
        "copied: up to 0 it is a copy."
    )
    yield ""
    told = []
    for name in dict.fromkeys(row["campaign"] for row in rows):
        for genuine in (False, True):
            mine = [
                row
                for row in rows
                if row["campaign"] == name and row["kind"].startswith("genuine") == genuine
            ]
            found = sorted(row["most"] for row in mine if row["most"] is not None)
            if mine:
                ends = (f"{found[at]:.1f}" if found else NONE for at in (0, -1))
                kind = "genuine" if genuine else "copies"
                told.append((name, kind, len(mine), len(mine) - len(found), *ends))
    head = ("campaign", "files", "compared", "not comparable", "least", "most")
    yield from table(head, told)
    yield ""


def _when(record: Mapping[str, Any], measured: str) -> str:
    """Say that a part of the record is of an earlier revision, "" where it is not."""
    revision = record.get("earlier", {}).get(measured)
    return f" Measured with revision {revision}, and not again since." if revision else ""


def _orders(rows: Sequence[Mapping[str, Any]], when: str) -> Iterator[str]:
    yield "## Other orders"
    yield ""
    yield (
        f"The posts of one fake in {EVERY} and the unrelated ones in {len(rows)} random orders, at "
        f"once and in {SCANS} scans one after the other, compared with the first outcome: the "
        "least of all orders, and how many orders were alike throughout. A file has another "
        f"campaign when any file of that is missing or new.{when}"
    )
    yield ""
    told = []
    # An id is given when a campaign is first seen, so that several scans may give another one.
    for name, text in (("at_once", "in one scan"), ("in_scans", f"in {SCANS} scans")):
        for key, of, what in (
            ("companions", "files", "files with the same campaign"),
            ("labels", "files", "files with the same label"),
            *([("ids", "campaigns", "campaigns with the same id")] if name == "at_once" else []),
        ):
            found = [(row[name][key], row[name][of]) for row in rows]
            least = min(found, default=(0, 0))
            whole = sum(count == total for count, total in found)
            told.append((f"{what}, {text}", f"{least[0]} of {least[1]}", f"{whole} of {len(rows)}"))
    ids = [(row["ids"]["leading"], row["ids"]["given"]) for row in rows]
    least = min(ids, default=(0, 0), key=lambda one: one[0] - one[1])
    whole = sum(count == total for count, total in ids)
    what = "ids of any scan that still lead to their campaign"
    told.append((what, f"{least[0]} of {least[1]}", f"{whole} of {len(rows)}"))
    yield from table(("what stays", "least", "orders in which all do"), told)
    yield ""


def _scale(record: Mapping[str, Any]) -> Iterator[str]:
    yield "## Size of the folder"
    yield ""
    yield (
        "Made-up fingerprints of 8 s; half of the files are copies in campaigns of up to 500. "
        "Seconds of one of 2 cores; waiting for the disk is left out. A file: looked up and "
        "remembered, with its share of indexing the folder anew after so many files."
        f"{_when(record, 'meeting')}"
    )
    yield ""
    yield from table(
        ("files", "s a file", "median look-up, s", "indexing all, s", "copies found", "MiB"),
        [
            (
                f"{one['files']:,}",
                f"{one['median_s'] + one['build_s'] / one['every']:.2f}",
                f"{one['median_s']:.2f}",
                f"{one['build_s']:.1f}, after {one['every']} files",
                f"{one['found']} of {one['copies']}",
                f"{one['peak_mib']:,}",
            )
            for one in record["meeting"]
        ],
    )
    yield ""
    when = _when(record, "settling")
    yield f"Settling, when all files are new, when one was added, and when nothing changed.{when}"
    yield ""
    yield from table(
        ("files", "all new, s", "one more, s", "nothing new, s", "labels moved", "MiB"),
        [
            (
                f"{one['files']:,}",
                f"{one['all_s']:.1f}",
                f"{one['one_more_s']:.2f}",
                f"{one['again_s']:.2f}",
                one["moved"],
                f"{one['peak_mib']:,}",
            )
            for one in record["settling"]
        ],
    )
    yield ""
    yield (
        "Passing labels along in one campaign of copies, half of which are suspected for "
        "themselves (without comparing faces, which takes some seconds for each file once):"
    )
    yield ""
    yield from table(
        ("files", "s", "labels passed"),
        [
            (f"{one['files']:,}", f"{one['seconds']:.2f}", one["passed"])
            for one in record["passing"]
        ],
    )
