"""GEXF 1.2 of the network of accounts, the format of Gephi."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from networkx.readwrite.gexf import GEXFWriter

from media_screen.evidence import Campaign, Verdict
from media_screen.exports.network import network_of
from media_screen.results.ledger import NO_LEDGER, Ledger


def write(
    verdicts: Iterable[Verdict],
    campaigns: Sequence[Campaign],
    stream: TextIO,
    *,
    as_of: datetime,
    ledger: Ledger = NO_LEDGER,
) -> int:
    """Write one graph of all accounts of all campaigns."""
    graph, posts = network_of(verdicts, campaigns, ledger)
    writer = GEXFWriter(graph)
    # The schema knows no name of a graph. The library writes today's date and its own version, and
    # the same results give the same bytes.
    writer.xml.find("graph").attrib.pop("name", None)
    meta = writer.xml.find("meta")
    meta.set("lastmodifieddate", as_of.date().isoformat())
    meta.find("creator").text = "media_screen"
    document = io.BytesIO()
    writer.write(document)
    stream.write(document.getvalue().decode("utf-8") + "\n")
    return posts
