"""What exports tell of: files as they were posted, and the claim that several of them make.

A campaign makes one claim, and so does a suspected file that is in none. Not all files of a
campaign are accused: the official post that the others use never is, and a file that quotes a part
of them beside footage of its own is only for what it shows itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media_screen.evidence import ACCUSING, Campaign, CampaignAccount, CampaignFile, Verdict
from media_screen.exports.causes import own_label
from media_screen.exports.claims import (
    COPYPASTA,
    CROSS_PLATFORM,
    Technique,
    sha256,
    short,
    techniques,
)
from media_screen.results.ledger import NO_LEDGER, NO_RECORD, FileRecord, Ledger

# Labels that a file has for itself by which it is the person's own, whatever repeats it.
_VOUCHED = ("official", "official_copy")
# What people decide by which an export accuses nobody, whatever the verdict says.
_CLEARED = ("genuine", "dismissed")
# Standings of an account that is the official one, or that the post alone says is: nothing proves
# that it is not.
_OFFICIAL = ("official", "claimed")


@dataclass(frozen=True, slots=True)
class Posting:
    """A file as it was posted: its verdict, its place in a campaign, and who posted it.

    `official` tells that the account is the official one or carries its name and nothing proves
    that it is not, or that it posted the official post, too, that the campaign uses. `record` is
    what people decided on it, which stands above the verdict.
    """

    verdict: Verdict
    file: CampaignFile | None = None
    account: CampaignAccount | None = None
    official: bool = False
    record: FileRecord = NO_RECORD

    @property
    def cleared(self) -> bool:
        """Whether a person decided that the file is genuine, or is not to be followed up."""
        return self.record.answer in _CLEARED

    @property
    def accused(self) -> bool:
        """Whether the file is suspected, and neither its campaign nor a person excuses it."""
        if (
            self.cleared
            or self.verdict.label not in ACCUSING
            or own_label(self.verdict) in _VOUCHED
        ):
            return False
        if self.file is None or self.file.role == "member":
            return True
        return self.file.role == "quotes" and self.file.own_label in ACCUSING

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


def claims_of(
    verdicts: Iterable[Verdict], campaigns: Sequence[Campaign], ledger: Ledger = NO_LEDGER
) -> list[PostedClaim]:
    """Return the claim of each campaign, and of each suspected file that is in none, in order.

    Files whose content has no known hash are left out: nothing could find them again.
    """
    of_file = campaigns_by_file(campaigns)
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        campaign = of_file.get(verdict.media.key)
        if sha256(verdict) and (campaign or verdict.label in ACCUSING):
            found.setdefault(campaign.id if campaign else f"file {len(found)}", []).append(verdict)
    known = {campaign.id: campaign for campaign in campaigns}
    return [_claim(some, known.get(name), ledger) for name, some in found.items()]


def _claim(verdicts: Sequence[Verdict], campaign: Campaign | None, ledger: Ledger) -> PostedClaim:
    if campaign is None:
        alone = (
            Posting(one, official=_is_official(one), record=ledger.on(one.media))
            for one in verdicts
        )
        return PostedClaim(tuple(alone))
    files = {file.key: file for file in campaign.files}
    accounts = {account.id: account for account in campaign.accounts}
    placed = [(verdict, files[verdict.media.key]) for verdict in verdicts]
    official = {file.account for file in campaign.files if file.role == "original"}
    official |= {file.account for verdict, file in placed if _is_official(verdict)}
    postings = (
        Posting(
            verdict,
            file,
            accounts.get(file.account),
            official=_is_official(verdict) or file.account in official - {""},
            record=ledger.on(verdict.media),
        )
        for verdict, file in placed
    )
    return PostedClaim(tuple(postings), campaign)


def _is_official(verdict: Verdict) -> bool:
    return verdict.provenance.official or verdict.provenance.channel in _OFFICIAL


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
