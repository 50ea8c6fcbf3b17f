"""The page of an enrolment: what was made of each person's references, and what is missing.

It shows what it is given; pictures stand in it, so that it is one file.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from media_screen.files import write_atomically
from media_screen.languages import find_language
from media_screen.report.pages import make_environment, page_assets

SPREAD = 6.0  # natural-log ratios either way that the plot of own videos shows
PLOT_HEIGHT = 34  # px
_LEVELS = (9, 14, 19)  # px from the top on which dots lie in turn, so that near ones show apart


@dataclass(frozen=True, slots=True)
class ReferenceShown:
    """A reference as it is shown: `told` is what is wrong with it, `jpeg` a small picture of it."""

    file: str
    refused: bool = False
    told: tuple[str, ...] = ()
    jpeg: bytes = b""

    @property
    def picture(self) -> str:
        """The address of its picture, which holds it, "" without one."""
        return "data:image/jpeg;base64," + base64.b64encode(self.jpeg).decode() if self.jpeg else ""


@dataclass(frozen=True, slots=True)
class OwnDot:
    """What a detector says of one own video: where it lies, in % of the width and px, and of it."""

    x: float
    y: int
    over: bool
    title: str


@dataclass(frozen=True, slots=True)
class OwnPlot:
    """What a detector says of all own videos of a person, in a line with the threshold."""

    detector: str
    dots: tuple[OwnDot, ...]
    threshold_x: float
    sentence: str
    useless: bool


@dataclass(frozen=True, slots=True)
class EnrolledShown:
    """One enrolled person as the page shows them; `first` is what to add or mend, in that order."""

    slug: str
    name: str
    channels: tuple[str, ...]
    pictures: tuple[ReferenceShown, ...]
    recordings: tuple[ReferenceShown, ...]
    videos: tuple[ReferenceShown, ...]
    face: str
    voice: str
    plots: tuple[OwnPlot, ...]
    record: str
    first: tuple[str, ...]


def plot(
    detector: str,
    ratios: Sequence[tuple[str, float]],
    *,
    threshold: float,
    sentence: str,
    useless: bool,
) -> OwnPlot:
    """Lay out what a detector says of own videos: (file, natural-log ratio) of each."""
    dots = tuple(
        OwnDot(
            _across(llr),
            _LEVELS[number % len(_LEVELS)],
            llr >= threshold,
            f"{file}: log likelihood ratio {llr:+.1f}",
        )
        for number, (file, llr) in enumerate(sorted(ratios, key=lambda one: one[1]))
    )
    return OwnPlot(detector, dots, _across(threshold), sentence, useless)


def _across(llr: float) -> float:
    """Return where a ratio lies in the plot, in % of its width."""
    return round(100 * (max(-SPREAD, min(SPREAD, llr)) + SPREAD) / (2 * SPREAD), 2)


def write_enrolment(
    path: Path, people: Sequence[EnrolledShown], *, written: str, language: str = "en"
) -> Path:
    """Write the page of an enrolment, and return where it is; raises OSError."""
    template = make_environment(language=find_language(language)).get_template("enrolment.html")
    page = template.render(
        **page_assets("enrolment", language=language, images="data:"),
        people=people,
        written=written,
        plot_height=PLOT_HEIGHT,
    )
    write_atomically(path, [page.encode("utf-8")])
    return path
