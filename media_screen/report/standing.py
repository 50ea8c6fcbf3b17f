"""How each file stands in its campaign: for its own page, and for its row on the batch page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media_screen.evidence import Campaign
from media_screen.report.posting import shown_time, time_key
from media_screen.report.variants import file_paths, tie_words
from media_screen.results.rows import ResultRow

FELLOWS = 5  # other files of its campaign that the page of a file names


@dataclass(frozen=True, slots=True)
class Standing:
    """How one file stands in its campaign, whose `fellows` are the first members, as posted."""

    campaign: Campaign
    tie: str
    fellows: tuple[ResultRow, ...]

    def others(self, key: str) -> list[tuple[ResultRow, str]]:
        """Return the first files beside one of them, with when they were posted (UTC)."""
        others = [row for row in self.fellows if row.key != key][:FELLOWS]
        return [(row, shown_time(row.published)) for row in others]


def standings(rows: Sequence[ResultRow], campaigns: Iterable[Campaign]) -> dict[str, Standing]:
    """Return how each row that is in a campaign stands in it, by the row's key."""
    by_key = {row.key: row for row in rows}
    found: dict[str, Standing] = {}
    for campaign in campaigns:
        paths = file_paths(campaign.files)
        held = [by_key[file.key] for file in campaign.members if file.key in by_key]
        first = sorted(held, key=lambda row: (time_key(row.published), row.path))[: FELLOWS + 1]
        for file in campaign.files:
            if file.key in by_key and file.key not in found:
                tie = tie_words(file, paths.get(file.to, ""))
                found[file.key] = Standing(campaign, tie, tuple(first))
    return found
