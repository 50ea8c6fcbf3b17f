"""GraphML of the network of accounts, as igraph, Cytoscape, yEd and Gephi read it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from networkx.readwrite.graphml import GraphMLWriter

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
    document = io.BytesIO()
    # Not `write_graphml`, whose bytes depend on whether lxml is installed.
    GraphMLWriter(graph).dump(document)
    stream.write(document.getvalue().decode("utf-8") + "\n")
    return posts
