"""What exports tell of: files as they were posted, and the claim that several of them make.

A campaign makes one claim, and so does a suspected file that is in none. Not all files of a
campaign are accused: the official post that the others use never is, and a file that quotes a part
of them beside footage of its own is only for what it shows itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media_screen.evidence import Campaign, CampaignAccount, CampaignFile, Verdict
from media_screen.exports.claims import (
    COPYPASTA,
    CROSS_PLATFORM,
    Technique,
    is_claiming,
    sha256,
    short,
    techniques,
)


@dataclass(frozen=True, slots=True)
class Posting:
    """A file as it was posted: its verdict, its place in a campaign, and who posted it.

    `official` tells that the account posted the official post, too, that the campaign uses.
    """

    verdict: Verdict
    file: CampaignFile | None = None
    account: CampaignAccount | None = None
    official: bool = False

    @property
    def accused(self) -> bool:
        """Whether the file is suspected, and its place in the campaign does not excuse it."""
        if not is_claiming(self.verdict.label):
            return False
        if self.file is None or self.file.role == "member":
            return True
        return self.file.role == "quotes" and is_claiming(self.file.own_label)

    @property
    def accuses_account(self) -> bool:
        """Whether an export may tie the account to the suspicion."""
        return self.accused and not self.official


@dataclass(frozen=True, slots=True)
class PostedClaim:
    """The files that make one claim: those of a campaign, or one that is in none."""

    postings: tuple[Posting, ...]
    campaign: Campaign | None = None

    @property
    def accused(self) -> tuple[Posting, ...]:
        """The files that are suspected."""
        return tuple(one for one in self.postings if one.accused)

    @property
    def excused(self) -> tuple[Posting, ...]:
        """The other files of the campaign, of which nothing is suspected."""
        return tuple(one for one in self.postings if not one.accused)

    @property
    def lead(self) -> Posting:
        """The suspected file whose verdict speaks for all; raises IndexError if none is."""
        through = self.campaign.through if self.campaign else ""
        named = (one for one in self.accused if one.verdict.media.key == through)
        return next(named, self.accused[0])

    @property
    def title(self) -> str:
        """The title that most of the suspected posts have, cut, "" when none has any."""
        posts = (one.verdict.post for one in self.accused)
        titles = Counter(short(post.title) for post in posts if post and post.title)
        return titles.most_common(1)[0][0] if titles else ""


def campaigns_by_file(campaigns: Iterable[Campaign]) -> dict[str, Campaign]:
    """Return the campaign of each file that is in one, by the key of the file."""
    return {file.key: campaign for campaign in campaigns for file in campaign.files}


def claims_of(verdicts: Iterable[Verdict], campaigns: Sequence[Campaign]) -> list[PostedClaim]:
    """Return the claim of each campaign, and of each suspected file that is in none, in order.

    Files whose content has no known hash are left out: nothing could find them again.
    """
    of_file = campaigns_by_file(campaigns)
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        campaign = of_file.get(verdict.media.key)
        if sha256(verdict) and (campaign or is_claiming(verdict.label)):
            found.setdefault(campaign.id if campaign else f"file {len(found)}", []).append(verdict)
    known = {campaign.id: campaign for campaign in campaigns}
    return [_claim(some, known.get(name)) for name, some in found.items()]


def _claim(verdicts: Sequence[Verdict], campaign: Campaign | None) -> PostedClaim:
    if campaign is None:
        return PostedClaim(tuple(Posting(verdict) for verdict in verdicts))
    files = {file.key: file for file in campaign.files}
    accounts = {account.id: account for account in campaign.accounts}
    official = {file.account for file in campaign.files if file.role == "original"}
    placed = ((verdict, files[verdict.media.key]) for verdict in verdicts)
    postings = (
        Posting(verdict, file, accounts.get(file.account), file.account in official - {""})
        for verdict, file in placed
    )
    return PostedClaim(tuple(postings), campaign)


def techniques_of(claim: PostedClaim) -> tuple[Technique, ...]:
    """Return the techniques that a claim speaks for, as a suspicion, by their ids.

    Those of its files, and what its accounts do: that suspected posts stand on several platforms,
    and that several of the suspected accounts use one text.
    """
    found = {one for posting in claim.accused for one in techniques(posting.verdict)}
    known = [one.account for one in claim.accused if one.account and one.accuses_account]
    if len({account.platform for account in known}) > 1:
        found.add(CROSS_PLATFORM)
    names = {account.id for account in known}
    wordings = claim.campaign.posted_wordings if claim.campaign else ()
    if any(len(names & set(wording.accounts)) > 1 for wording in wordings):
        found.add(COPYPASTA)
    return tuple(sorted(found, key=lambda technique: technique.id))
