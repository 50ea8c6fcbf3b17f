"""Reading `campaigns.jsonl`, one campaign a line, as a scan left it beside the results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from media_screen.evidence import Campaign
from media_screen.files import open_regular
from media_screen.results.lines import each_line
from media_screen.results.rows import BEGINNING, BrokenLine, broken_line, left_out
from media_screen.results.saved_line import BAD_RECORD, parse_campaign

CAMPAIGNS = "campaigns.jsonl"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign, the number of the line that it stands on, and how that begins."""

    campaign: Campaign
    number: int
    start: bytes


@dataclass(slots=True)
class ReadCampaigns:
    """All lines that were read: the campaigns by id, the most urgent first, and the broken ones."""

    lines: dict[str, CampaignLine] = field(default_factory=dict)
    broken: list[BrokenLine] = field(default_factory=list)
    searched: bool = False  # False before a scan looked for any

    @property
    def campaigns(self) -> tuple[Campaign, ...]:
        """The campaigns that could be read."""
        return tuple(line.campaign for line in self.lines.values())

    def leave_out(self, name: str, error: Exception) -> None:
        """Count a campaign that could be read and not be shown among the broken lines."""
        line = self.lines.pop(name)
        self.broken.append(broken_line(line.number, error, line.start))

    def notes(self) -> Iterator[str]:
        """Give what whoever reads campaigns has to know of them, in sentences."""
        if self.broken:
            yield f"of {CAMPAIGNS} {left_out(self.broken)}"


def read_campaign_lines(out: Path) -> ReadCampaigns:
    """Read the campaigns of a folder of results, and what is wrong with other lines.

    A line that can't be read costs that campaign only: the next scan writes them all anew. Raises
    OSError.
    """
    path = out / CAMPAIGNS
    if not path.exists():
        return ReadCampaigns()
    read = ReadCampaigns(searched=True)
    with open_regular(path) as stream:
        for number, _, line in each_line(stream):
            try:
                campaign = parse_campaign(line)
                if first := read.lines.get(campaign.id):
                    raise ValueError(f"{campaign.id} is on line {first.number}, too")
            except BAD_RECORD as error:
                read.broken.append(broken_line(number, error, line))
            else:
                read.lines[campaign.id] = CampaignLine(campaign, number, line[:BEGINNING])
    return read


def read_campaigns(
    out: Path, *, tell: Callable[[str], object] = _log.warning
) -> tuple[Campaign, ...]:
    """Return the campaigns of a folder of results, the most urgent first; none before a scan.

    Lines that are no campaign are left out, and `tell` hears how many and which. Raises OSError.
    """
    read = read_campaign_lines(out)
    for note in read.notes():
        tell(note)
    return read.campaigns
