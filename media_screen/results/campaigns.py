"""Reading `campaigns.jsonl`, one campaign a line, as a scan left it beside the results."""

from __future__ import annotations

from pathlib import Path

from media_screen.evidence import Campaign
from media_screen.files import open_regular
from media_screen.results.lines import each_line
from media_screen.results.saved_line import BAD_RECORD, parse_campaign

CAMPAIGNS = "campaigns.jsonl"


def read_campaigns(out: Path) -> tuple[Campaign, ...]:
    """Return the campaigns of a folder of results, the most urgent first; none before a scan.

    Lines that are no campaign are passed over: the next scan writes them all anew. Raises OSError.
    """
    path = out / CAMPAIGNS
    if not path.exists():
        return ()
    found = []
    with open_regular(path) as stream:
        for _, _, line in each_line(stream):
            try:
                found.append(parse_campaign(line))
            except BAD_RECORD:
                continue
    return tuple(found)
