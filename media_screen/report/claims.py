"""What a campaign says: titles and other texts, marks in the picture, and who is named.

All of it is context. It tells what the files are used for, and nothing of how they were made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from media_screen.evidence import Campaign, NamePlace, NameSeen, SharedWording
from media_screen.report.variants import file_paths
from media_screen.results.text import file_name


@dataclass(frozen=True, slots=True)
class SaidText:
    """One text, and how many files, accounts or comments have it; `alike` is 1 for equal ones."""

    text: str
    count: int
    accounts: int
    alike: float


@dataclass(frozen=True, slots=True)
class NamedOne:
    """Somebody who is named in files of a campaign: where, in how many, and an example."""

    name: str
    kind: str
    enrolled: bool
    places: tuple[NamePlace, ...]
    files: int
    example: str


def said_titles(campaign: Campaign, titles: Mapping[str, str]) -> list[SaidText]:
    """Return the titles of a campaign, nearly equal ones together, the most frequent first.

    `titles` are those of its files by key.
    """
    shared = [one for one in campaign.wordings if one.where == "title"]
    told = {key for one in shared for key in one.files}
    others = Counter(text for key, text in titles.items() if text and key not in told)
    alone = [SaidText(text, count, 0, 1.0) for text, count in others.items()]
    return sorted([*map(_said, shared), *alone], key=_most_first)


def said_elsewhere(campaign: Campaign, where: str) -> list[SaidText]:
    """Return the shared wordings of descriptions or comments, the most frequent first."""
    texts = [_said(one) for one in campaign.wordings if one.where == where]
    return sorted(texts, key=_most_first)


def _most_first(said: SaidText) -> tuple[int, str]:
    return -said.count, said.text


def campaign_name(campaign: Campaign, titles: Sequence[SaidText]) -> str:
    """Return what a campaign is called: the most frequent of its titles, else the name of a file.

    `titles` are those that `said_titles` gives.
    """
    if titles:
        return titles[0].text
    return file_name(file_paths(campaign.files).get(campaign.through, campaign.files[0].path))


def _said(wording: SharedWording) -> SaidText:
    return SaidText(wording.text, wording.count, len(wording.accounts), wording.alike)


def by_frequency(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count names, the most frequent first."""
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def named_people(names: Iterable[Sequence[NameSeen]]) -> list[NamedOne]:
    """Return who is named, by the names of each file; who is named in most files comes first."""
    seen: dict[tuple[str, str], list[NameSeen]] = defaultdict(list)
    files: Counter[tuple[str, str]] = Counter()
    for of_file in names:
        files.update({(one.kind, one.name) for one in of_file})
        for one in of_file:
            seen[one.kind, one.name].append(one)
    people = [
        NamedOne(
            name=name,
            kind=kind,
            enrolled=any(one.person for one in found),
            places=tuple(dict.fromkeys(one.where for one in found)),
            files=files[kind, name],
            example=found[0].text,
        )
        for (kind, name), found in seen.items()
    ]
    return sorted(people, key=lambda one: (-one.files, one.name))
