"""The rows of the batch page: files, and each campaign as one row, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from media_screen.evidence import Campaign
from media_screen.report.claims import SaidText, by_frequency, campaign_name, said_titles
from media_screen.report.posting import shown_time, time_key
from media_screen.report.standing import Standing
from media_screen.results.rows import ResultRow
from media_screen.results.words import RANK, rank_of


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as one row, which opens: what all its files have in common, and the most urgent.

    `llr` is the greatest of its members, `published` when the first of them was; `views` are those
    of the `viewed` members whose views are known, `followers` those of their accounts.
    """

    campaign: Campaign
    name: str
    person: str  # the name of the person, "" for nobody
    titles: tuple[SaidText, ...]
    llr: float | None
    accounts: int
    platforms: tuple[str, ...]  # the most frequent first
    published: str  # "" when not known
    views: int | None
    viewed: int
    followers: int | None
    duration_s: float
    cover: str  # key of the file whose picture stands for all
    explicit: bool


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A campaign with its files, or files without one that follow each other in the table."""

    campaign: CampaignRow | None
    rows: tuple[ResultRow, ...]


def table_blocks(
    rows: Sequence[ResultRow], standing: Mapping[str, Standing]
) -> tuple[TableBlock, ...]:
    """Put rows, which are in order, into campaigns; each stands where a file of its label would.

    A campaign none of whose files has a result is left out.
    """
    by_key = {row.key: row for row in rows}
    of_file = {key: one.campaign for key, one in standing.items()}
    inside: dict[str, list[ResultRow]] = {}
    for row in rows:
        if row.key in of_file:
            inside.setdefault(of_file[row.key].id, []).append(row)
    blocks: list[TableBlock] = []
    alone: list[ResultRow] = []
    told: set[str] = set()
    for row in _by_campaign(rows, of_file):
        campaign = of_file.get(row.key)
        if campaign is None:
            alone.append(row)
        elif campaign.id not in told:
            told.add(campaign.id)
            if alone:
                blocks.append(TableBlock(None, tuple(alone)))
                alone = []
            own = inside[campaign.id]
            blocks.append(TableBlock(_campaign_row(campaign, by_key), tuple(own)))
    if alone:
        blocks.append(TableBlock(None, tuple(alone)))
    return tuple(blocks)


def person_names(rows: Iterable[ResultRow]) -> dict[str, str]:
    """Return the names of those whom labels concern by slug; older results tell only the slug."""
    names: dict[str, str] = {}
    for row in rows:
        if row.person and names.get(row.person, row.person) == row.person:
            names[row.person] = row.name
    return names


def _by_campaign(rows: Sequence[ResultRow], of_file: Mapping[str, Campaign]) -> Sequence[ResultRow]:
    """Order rows so that those of a campaign have its label, which one of them need not have."""

    def rank(row: ResultRow) -> int:
        campaign = of_file.get(row.key)
        return rank_of(row.label, row.flags) if campaign is None else RANK[campaign.label]

    return sorted(rows, key=rank)  # stable: by ratio and path as before


def _campaign_row(campaign: Campaign, by_key: Mapping[str, ResultRow]) -> CampaignRow:
    rows = [by_key[file.key] for file in campaign.files if file.key in by_key]
    members = [by_key[file.key] for file in campaign.members if file.key in by_key]
    # An official post that was used has no part in the campaign, nor has who only quotes it.
    titles = said_titles(campaign, {row.key: row.title for row in members})
    posted = {row.key for row in members}
    accounts = [one for one in campaign.accounts if posted.intersection(one.posts)]
    first = min((row.published for row in members), key=time_key, default="")
    shown = by_key.get(campaign.through, rows[0])
    views = [row.views for row in members if row.views is not None]
    followers = [one.followers for one in accounts if one.followers is not None]
    person = campaign.person or ""
    return CampaignRow(
        campaign=campaign,
        name=campaign_name(campaign, titles),
        person=person_names(rows).get(person, person),
        titles=tuple(titles),
        llr=max((row.llr for row in members if row.llr is not None), default=None),
        accounts=len(accounts),
        platforms=tuple(name for name, _ in by_frequency(row.platform for row in members) if name),
        published=first if shown_time(first) else "",
        views=sum(views) if views else None,
        viewed=len(views),
        followers=sum(followers) if followers else None,
        duration_s=shown.duration_s,
        cover=shown.key,
        explicit=any("explicit" in row.flags for row in rows),
    )
