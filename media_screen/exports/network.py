"""The network of the accounts of all campaigns, for tools that draw and measure networks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import networkx

from media_screen.evidence import Campaign, CampaignAccount, Verdict
from media_screen.exports.claims import clean
from media_screen.exports.postings import claims_of
from media_screen.results.ledger import Ledger


def network_of(
    verdicts: Iterable[Verdict], campaigns: Sequence[Campaign], ledger: Ledger
) -> tuple[networkx.MultiGraph, int]:
    """Return the accounts with what they did alike, and how many files they posted.

    A node is an account, `suspected` where it posted a suspected file; an edge is what two of them
    share in one campaign, and its `weight` is how often. All texts are cleaned; nodes and edges
    have ids of their own, as those of accounts are untrusted.
    """
    suspected = {
        posting.file.account
        for claim in claims_of(verdicts, campaigns, ledger)
        for posting in claim.accused
        if posting.file and posting.accuses_account
    }
    places: dict[str, list[tuple[Campaign, CampaignAccount]]] = {}
    for campaign in campaigns:
        for account in campaign.accounts:
            places.setdefault(account.id, []).append((campaign, account))
    graph = networkx.MultiGraph()
    names = {identity: f"n{number}" for number, identity in enumerate(places)}
    for identity, found in places.items():
        graph.add_node(names[identity], **_node(found), suspected=identity in suspected)
    for campaign in campaigns:
        for tie in campaign.ties:
            if tie.one in names and tie.other in names:
                graph.add_edge(
                    names[tie.one],
                    names[tie.other],
                    key=f"e{graph.number_of_edges()}",
                    label=tie.by,
                    by=tie.by,
                    count=tie.count,
                    weight=float(tie.count),
                    apart_s=float(tie.apart_s),
                    example=clean(tie.example),
                    campaign=campaign.id,
                )
    posts = {key for found in places.values() for _, account in found for key in account.posts}
    return graph, len(posts)


def _node(found: Sequence[tuple[Campaign, CampaignAccount]]) -> dict[str, Any]:
    """Return what the campaigns of an account know of it together."""
    accounts = [account for _, account in found]
    one = accounts[0]
    followers = [account.followers for account in accounts if account.followers is not None]
    known = {"followers": max(followers)} if followers else {}
    return {
        "label": clean(one.handle or one.name or one.id),
        "account": clean(one.id),
        "platform": clean(one.platform),
        "handle": clean(one.handle),
        "name": clean(one.name),
        "posts": len({key for account in accounts for key in account.posts}),
        "first": clean(min((account.first for account in accounts if account.first), default="")),
        "last": clean(max(account.last for account in accounts)),
        "created": clean(one.created),
        "scheme": clean(one.scheme),
        "campaigns": "; ".join(campaign.id for campaign, _ in found),
        **known,
    }
