"""How files of a campaign differ: what each shares with another one, in words, and in groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media_screen.evidence import CampaignFile, PassedAlong, SharedFootage, Span
from media_screen.results.text import clock, file_name, shorten_path
from media_screen.results.words import LABELS
from media_screen.weights.calibration import percent

# What of a file its tie is, by `SharedFootage.kind`, and in what, by `SharedFootage.part`.
TIED = {
    "same_file": "the same bytes as",
    "repeat": "repeats",
    "excerpt": "is an excerpt of",
    "contains": "holds all of",
    "quote": "shares a part with",
}
_PARTS = {
    "picture": "in the picture alone: the sound is another one, or missing",
    "sound": "in the sound alone: the picture is another one, or missing",
    "face": "in the faces alone, in another frame",
}
_LONGEST_NAME = 80  # characters of a file that is named in a sentence


@dataclass(frozen=True, slots=True)
class VariantGroup:
    """Variants that differ from another file in the same way: `files` are all that are such."""

    title: str
    note: str
    files: tuple[tuple[CampaignFile, int], ...]  # one of each content, and how many files have it


# Groups in the order of the page: what each is called, and what is to be known of it.
_GROUPS = {
    "Official post": "What the others were taken from. It is no part of the suspicion.",
    "First in the campaign": "What the others are compared with.",
    "Whole repeats": "Picture and sound from end to end, copied or encoded anew.",
    "Longer ones": "All of another file, and more around it.",
    "Excerpts": "A part of another file and nothing else.",
    "Other sound": "The same picture with another sound, or none.",
    "Other picture": "The same sound with another picture, or none.",
    "Same faces, other frame": "The same face footage in another surrounding.",
    "Quoted parts": "A part of the footage beside footage of their own, as news reports do.",
}
_BY_PART = {
    "picture": "Other sound",
    "sound": "Other picture",
    "face": "Same faces, other frame",
}
_BY_KIND = {"excerpt": "Excerpts", "contains": "Longer ones"}


def variant_groups(files: Sequence[CampaignFile]) -> tuple[VariantGroup, ...]:
    """Group the files of a campaign by how they differ; files of the same bytes are one variant."""
    contents: dict[tuple[str, str], list[CampaignFile]] = defaultdict(list)
    for file in files:
        contents[file.role, file.sha256 or file.key].append(file)
    held: dict[str, list[tuple[CampaignFile, int]]] = defaultdict(list)
    for same in contents.values():
        # That a file has the bytes of another one says nothing of how these differ from others.
        told = min(same, key=lambda file: (bool(file.to), file.kind == "same_file"))
        held[_group(told)].append((told, len(same)))
    return tuple(
        VariantGroup(title, note, tuple(held[title]))
        for title, note in _GROUPS.items()
        if title in held
    )


def _group(file: CampaignFile) -> str:
    if file.role == "original":
        return "Official post"
    if file.role == "quotes" or file.kind == "quote":
        return "Quoted parts"
    if not file.to:
        return "First in the campaign"
    return _BY_PART.get(file.part) or _BY_KIND.get(file.kind, "Whole repeats")


def tie_words(file: CampaignFile, other: str) -> str:
    """Say what a file shares with the `other` one that ties it to its campaign, "" for the first.

    Such as "repeats FILE: 97% of it, from 0:03.0 to 0:41.0".
    """
    if file.role == "original":
        return "the official post, which the others use"
    if not file.to:
        return "the first of the campaign"
    tied = "quotes" if file.role == "quotes" else TIED.get(file.kind, "shares footage with")
    said = f"{tied} {_named(other)}"
    if file.kind == "same_file":
        return said
    return f"{said}: {_stretch(file.share, file.here)}{_in_part(file.part)}"


def shared_words(shared: SharedFootage) -> str:
    """Say what a file shares with an earlier one."""
    said = f"{TIED[shared.kind]} {_named(shared.path)}"
    return f"{said}: {_stretch(shared.share_here, shared.here)}{_in_part(shared.part)}"


def passed_words(passed: PassedAlong) -> str:
    """Say through which file a label came, by how much, and what the file was by itself.

    Such as "label passed along from FILE: repeats it by 97% from 0:03.0 to 0:41.0; by itself it was
    called "No finding"".
    """
    how = (
        "it is the same file"
        if passed.here is None
        else f"repeats it by {percent(passed.share)} {_from_to(passed.here)}"
    )
    called = LABELS[passed.label].name
    return (
        f"label passed along from {_named(passed.path)}: {how}; by itself it was called "
        f"\u201c{called}\u201d"
    )


def file_paths(files: Iterable[CampaignFile]) -> dict[str, str]:
    """Return the path of each file of a campaign by its key."""
    return {file.key: file.path for file in files}


def _named(path: str) -> str:
    return shorten_path(file_name(path), _LONGEST_NAME) if path else "a file that is gone"


def _stretch(share: float, here: Span | None) -> str:
    said = f"{percent(share)} of it"
    return said if here is None else f"{said}, {_from_to(here)}"


def _from_to(span: Span) -> str:
    return f"from {clock(span.start)} to {clock(span.end)}"


def _in_part(part: str) -> str:
    return f", {_PARTS[part]}" if part in _PARTS else ""
