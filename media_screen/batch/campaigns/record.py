"""Writes down a campaign: its files, how each is tied to another, and who posted them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from media_screen.batch.campaigns.facts import Told
from media_screen.evidence import Campaign, CampaignFile, CampaignRole
from media_screen.footage.campaigns import FootageGroup, FootageTie, ScreenedFile
from media_screen.results.words import RANK


def campaign_of(
    name: str,
    group: FootageGroup,
    files: Mapping[str, ScreenedFile],
    told: Mapping[str, Told],
    merged: Sequence[str] = (),
) -> Campaign:
    """Return the campaign of a group of files, without what its accounts do together.

    Its label is the most urgent of those that repeat one another, and its times are theirs:
    official posts and files that only quote have no part in that.
    """
    ties = _ties_to_first(group, files)
    members = [
        _member(files[key], ties.get(key), told[key], quotes=key in group.quoting)
        for key in (*group.files, *group.quoting)
    ]
    members.sort(key=lambda one: files[one.key].order)
    own = [one for one in members if one.role == "member"] or members
    lead = min(own, key=lambda one: (RANK[one.label], one.label != one.own_label))
    dates = sorted(files[one.key].published for one in own if files[one.key].published)
    return Campaign(
        id=name,
        label=lead.label,
        person=lead.person,
        reason=_reason(files[lead.key], told[lead.key]),
        through=lead.key,
        files=tuple(members),
        merged=tuple(merged),
        first=dates[0] if dates else "",
        last=dates[-1] if dates else "",
    )


def _reason(file: ScreenedFile, told: Told) -> str:
    return told.called.summary if told.called else file.summary


def _member(
    file: ScreenedFile, tie: FootageTie | None, told: Told, *, quotes: bool
) -> CampaignFile:
    role: CampaignRole = "original" if file.official else "member"
    called = told.called
    return CampaignFile(
        key=file.key,
        path=file.path,
        sha256=file.sha256,
        role="quotes" if quotes else role,
        label=called.label if called else file.label,
        own_label=file.label,
        person=called.person if called else file.person,
        account=file.account,
        to=tie.other if tie else "",
        kind=tie.kind if tie else "",
        part=tie.part if tie else "",
        here=tie.here if tie else None,
        share=round(tie.share, 3) if tie else 0.0,
    )


def _ties_to_first(group: FootageGroup, files: Mapping[str, ScreenedFile]) -> dict[str, FootageTie]:
    """Return for each file but the first the tie that leads towards it, by the fewest steps."""
    of_file: dict[str, list[FootageTie]] = defaultdict(list)
    for tie in group.ties:
        of_file[tie.other].append(tie)
        of_file[tie.file].append(tie.turned)
    first = min(group.files, key=lambda key: files[key].order)
    found: dict[str, FootageTie] = {}
    waiting = deque([first])
    while waiting:
        for tie in sorted(of_file[waiting.popleft()], key=lambda one: one.rank):
            if tie.file != first and tie.file not in found:
                found[tie.file] = tie
                waiting.append(tie.file)
    return found
