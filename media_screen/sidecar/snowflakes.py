"""Reads the moment that some platforms write into their ids.

The upper bits of such an id ("snowflake") count milliseconds from a moment that the platform chose;
the lower 22 tell machines and ids of the same millisecond apart
(https://docs.x.com/fundamentals/x-ids).
"""

from __future__ import annotations

import itertools
import re
from urllib.parse import urlsplit

FIRST_MS = 1_288_834_974_657  # 4 November 2010, from which X counts
LOWER_BITS = 22
_ID = re.compile(r"[0-9]{16,20}")  # ids of before are shorter, and in the order of posting alone


def made_at_ms(text: str) -> int | None:
    """Return when a post or upload was made, ms since 1970; None for an id that does not tell."""
    return (int(text) >> LOWER_BITS) + FIRST_MS if _ID.fullmatch(text) else None


def post_id_in(page: str) -> str:
    """Return the id of the post in its address (".../status/ID"), or ""."""
    parts = itertools.pairwise(urlsplit(page).path.split("/"))
    return next((after for part, after in parts if part == "status"), "")
