"""The pages that a user reads, and what stands in them: commands, examples, links, names."""

from __future__ import annotations

import re
from pathlib import Path

from tests.places import ROOT

README = ROOT / "README.md"
# The README first, whose commands others may build on; then every page that it leads to.
PAGES = [
    README,
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "THIRD-PARTY.md")),
]
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def read(page: Path) -> str:
    """Return the text of a page."""
    return page.read_text("utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of a page that are marked as of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", read(page), re.DOTALL | re.MULTILINE)


def typed(page: Path) -> list[str]:
    """Return the lines of a page that a user is told to type, with their remarks."""
    lines = "".join(blocks(page, "console")).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def links(page: Path) -> list[str]:
    """Return where a page leads to, without addresses of the network."""
    prose = _FENCED.sub("", read(page))
    return sorted({link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if ":" not in link})


def headings(page: Path) -> set[str]:
    """Return the anchors of a page: its headings, as links name them."""
    found = re.findall(r"^#+ (.+)$", _FENCED.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


def quoted(page: Path, pattern: str) -> list[str]:
    """Return what a page sets as code, alone or at the start of it, and has this pattern."""
    return sorted(set(re.findall(rf"`({pattern})[` ]", read(page))))
