"""What is written in the picture, as it was read; every text is untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from media_screen.evidence.records import fields_of


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text: where and when it stands; the text is untrusted.

    The box (left, top, right, bottom) is in shares of the picture's width and height, 0 to 1.
    """

    text: str
    time_s: float
    box: tuple[float, float, float, float]

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box, in shares of width and height."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2

    @property
    def height(self) -> float:
        """Height of the box, as a share of the picture's."""
        return self.box[3] - self.box[1]


@dataclass(frozen=True, slots=True)
class OnscreenText:
    """The lines that were read in the picture, in order of time, and in how many stills."""

    stills: int = 0
    lines: tuple[TextLine, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the record of the text; its numbers whole, since marks are told by them."""
        lines = [fields_of(line) | {"box": list(line.box)} for line in self.lines]
        return {"stills": self.stills, "lines": lines}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> OnscreenText:
        """Read the record of the text back."""
        lines = []
        for line in record["lines"]:
            left, top, right, bottom = map(float, line["box"])
            box = (left, top, right, bottom)
            lines.append(TextLine(line["text"], float(line["time_s"]), box))
        return OnscreenText(int(record["stills"]), tuple(lines))
