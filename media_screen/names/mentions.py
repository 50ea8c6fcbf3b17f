"""Finds whom a file speaks of: enrolled people, and the names of a user's watch-list.

Names are looked for in the title, the description and the tags of the post, in the text in the
picture that the detector `onscreen` read, and in a transcript where one was made. What is found is
context for a reader. It is never evidence: naming a person says nothing of forgery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from media_screen.evidence import Context, NamePlace, NameSeen, Span, TextLine
from media_screen.names.spelling import FoundName, Spellings
from media_screen.names.watch import WatchError, WatchName, names_of_people, read_watch_list

if TYPE_CHECKING:
    from media_screen.sidecar import Sidecar

__all__ = [
    "Names",
    "Text",
    "WatchError",
    "WatchName",
    "names_of_people",
    "read_watch_list",
    "texts_of",
]

MAX_NAMES = 100  # told of one file; a description that lists more is a list
_AROUND = 40  # characters quoted before and after a name


@dataclass(frozen=True, slots=True)
class Text:
    """A text to look for names in, with where it stands; it is untrusted."""

    where: NamePlace
    text: str
    span: Span | None = None


class Names:
    """The names to look for, prepared once for many texts."""

    def __init__(self, names: Sequence[WatchName]) -> None:
        self._names = tuple(names)
        self._spellings = Spellings(
            [name.spellings for name in names], turned=[name.is_personal for name in names]
        )

    def __bool__(self) -> bool:
        return bool(self._names)

    def find(self, texts: Iterable[Text]) -> Context:
        """Find the names; one entry for each name and place, the best spelling told."""
        seen: dict[tuple[int, NamePlace], NameSeen] = {}
        for text in texts:
            for index, found in self._spellings.find(text.text):
                key = (index, text.where)
                seen[key] = self._better(seen.get(key), index, text, found)
        ordered = sorted(seen.values(), key=lambda name: (name.person is None, name.distance))
        return Context(tuple(ordered[:MAX_NAMES]))

    def found_in(self, text: str) -> list[str]:
        """Return which names a text holds, each once."""
        return [self._names[index].name for index, _ in self._spellings.find(text)]

    def _better(
        self, known: NameSeen | None, index: int, text: Text, found: Sequence[FoundName]
    ) -> NameSeen:
        best = min(found, key=lambda one: (one.distance, one.start))
        count = len(found) + (known.count if known else 0)
        if known is not None and known.distance <= best.distance:
            return replace(known, count=count)
        name = self._names[index]
        around = text.text[max(0, best.start - _AROUND) : best.end + _AROUND]
        return NameSeen(
            name=name.name,
            kind=name.kind,
            where=text.where,
            text=around,
            spelled=text.text[best.start : best.end],
            distance=best.distance,
            count=count,
            span=text.span,
            person=name.person,
        )


def texts_of(sidecar: Sidecar | None, lines: Iterable[TextLine] = ()) -> Iterator[Text]:
    """Give the texts of a post, and the lines that were read in the picture."""
    if sidecar is not None:
        yield Text("title", sidecar.title)
        yield Text("description", sidecar.description)
        yield Text("tags", "\n".join(sidecar.tags))
    for line in lines:
        yield Text("onscreen", line.text, Span(line.time_s, line.time_s))
