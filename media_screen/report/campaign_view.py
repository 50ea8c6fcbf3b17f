"""What the page of a campaign shows, worked out from its record and the verdicts of its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timezone, tzinfo

from media_screen.evidence import (
    AccountTie,
    Campaign,
    CampaignAccount,
    CampaignFile,
    Label,
    NameSeen,
    PassedAlong,
    Verdict,
)
from media_screen.report.claims import (
    NamedOne,
    SaidText,
    by_frequency,
    campaign_name,
    named_people,
    said_elsewhere,
)
from media_screen.report.file_view import Folded, fold
from media_screen.report.network import TIE_WORDS, NetworkView, draw_network
from media_screen.report.posting import PostedAt, PostingTimes, posting_times, shown_time, time_key
from media_screen.report.variants import (
    VariantGroup,
    file_paths,
    passed_words,
    tie_words,
    variant_groups,
)
from media_screen.results import text
from media_screen.results.rows import ResultRow
from media_screen.results.thumbs import Picture
from media_screen.results.words import RANK

MOST_FILES = 2_000  # files that a page lists; the exports list all
MOST_MARKS = 12  # marks in the picture that are told
ONSCREEN = "onscreen"  # the detector that reads the picture


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What the page of its campaign needs of a file's verdict and pictures."""

    people: Mapping[str, str]  # the names of those whom its record speaks of, by slug
    names: tuple[NameSeen, ...]
    marks: tuple[str, ...]  # accounts and generators that are named in the picture
    persons: Mapping[str, float | None]  # who it shows by itself, and the nearest cosine
    explicit: bool
    passed: PassedAlong | None
    link: str | None  # of the post
    cover: Picture | None
    faces: Mapping[str, Picture]  # by person


@dataclass(frozen=True, slots=True)
class CampaignMember:
    """One file of a campaign."""

    file: CampaignFile
    row: ResultRow | None  # None when its result is gone
    facts: MemberFacts | None
    posted: str  # in UTC as shown; "" when not known
    first: bool  # the earliest post of those that repeat one another
    tie: str
    passed: str


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Somebody enrolled whom files of a campaign show or voice."""

    person: str  # the name
    files: int
    cosine: float | None  # the nearest face
    key: str  # of the file that `face` is of
    face: Picture | None
    explicit: bool


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account: how often it posted, and what ties it to how many others."""

    account: CampaignAccount
    first: str
    last: str
    wordings: int
    others: int
    ties: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CampaignView:
    """Everything the template of a campaign's page needs beside the campaign itself."""

    name: str
    person: str  # whom it concerns, by name; "" for nobody
    members: tuple[CampaignMember, ...]
    listed: tuple[CampaignMember, ...]
    by_key: Mapping[str, CampaignMember]
    through: CampaignMember | None
    labels: tuple[tuple[Label, int], ...]
    passed: int  # files whose label came from another one
    exact: int  # files whose bytes another file of the campaign has too
    unattributed: int  # files without a word about who posted them
    platforms: tuple[tuple[str, int], ...]
    times: PostingTimes
    titles: Folded
    descriptions: Folded
    comments: Folded
    marks: tuple[tuple[str, int], ...]
    named: list[NamedOne]
    persons: list[PersonShown]
    accounts: Folded
    network: NetworkView | None
    variants: tuple[tuple[VariantGroup, Folded], ...]
    explicit: bool


def member_facts(verdict: Verdict, pictures: Sequence[Picture]) -> MemberFacts:
    """Return what of a file the page of its campaign needs."""
    own = [picture for picture in pictures if picture.reference_s is None]
    mine = verdict.passed.person if verdict.passed else verdict.person
    persons: dict[str, float | None] = {mine: None} if mine else {}
    faces: dict[str, Picture] = {}
    for track in sorted(verdict.tracks, key=lambda one: -(one.cosine or 0.0)):
        if track.person is None:
            continue
        persons[track.person] = max(persons.get(track.person) or 0.0, track.cosine or 0.0)
        shot = next((one for one in own if one.track == track.track), None)
        if shot is not None:
            faces.setdefault(track.person, shot)
    marks = [one for one in verdict.evidence if one.detector == ONSCREEN]
    return MemberFacts(
        people=verdict.names,
        names=verdict.context.names,
        marks=tuple(one.why for one in marks if one.finding != "no_marks"),
        persons=persons,
        explicit="explicit" in verdict.flags,
        passed=verdict.passed,
        link=text.safe_link(verdict.post.url) if verdict.post else None,
        cover=cover(pictures),
        faces=faces,
    )


def cover(pictures: Sequence[Picture]) -> Picture | None:
    """Choose the picture of a row: the middle frame, as the first is often black, or a face."""
    own = [picture for picture in pictures if picture.reference_s is None]
    frames = [picture for picture in own if picture.track is None] or own[:1]
    return frames[len(frames) // 2] if frames else None


def campaign_view(
    campaign: Campaign,
    titles: Sequence[SaidText],
    rows: Mapping[str, ResultRow],
    facts: Mapping[str, MemberFacts],
    zone: tzinfo = timezone.utc,
) -> CampaignView:
    """Work out what the page of a campaign shows; `rows` and `facts` are those of its files."""
    members = _members(campaign, rows, facts)
    known = [member.row for member in members if member.row is not None]
    told = [member.facts for member in members if member.facts is not None]
    hashes = Counter(file.sha256 for file in campaign.files if file.sha256)
    labels = Counter(file.label for file in campaign.files)
    by_key = {member.file.key: member for member in members}
    people = {slug: name for one in told for slug, name in one.people.items()}
    person = campaign.person or ""
    return CampaignView(
        name=campaign_name(campaign, titles),
        person=people.get(person, person),
        members=members,
        listed=members[:MOST_FILES],
        by_key=by_key,
        through=by_key.get(campaign.through),
        labels=tuple(sorted(labels.items(), key=lambda item: RANK[item[0]])),
        passed=sum(1 for member in members if member.passed),
        exact=sum(count for count in hashes.values() if count > 1),
        unattributed=sum(1 for file in campaign.files if not file.account),
        platforms=by_frequency(row.platform for row in known if row.platform),
        times=posting_times(_posts(campaign, rows), zone),
        titles=fold(titles),
        descriptions=fold(said_elsewhere(campaign, "description")),
        comments=fold(said_elsewhere(campaign, "comment")),
        marks=by_frequency(mark for one in told for mark in one.marks)[:MOST_MARKS],
        named=named_people(one.names for one in told),
        persons=_persons(members, people),
        accounts=fold(_account_rows(campaign)),
        network=draw_network(campaign.accounts, campaign.ties),
        variants=tuple((group, fold(group.files)) for group in variant_groups(campaign.files)),
        explicit=any(one.explicit for one in told),
    )


def _posts(campaign: Campaign, rows: Mapping[str, ResultRow]) -> Iterator[PostedAt]:
    """Give when each member was posted, "" for those whose result is gone."""
    for file in campaign.members:
        row = rows.get(file.key)
        yield PostedAt(row.platform, row.published) if row else PostedAt("", "")


def _members(
    campaign: Campaign, rows: Mapping[str, ResultRow], facts: Mapping[str, MemberFacts]
) -> tuple[CampaignMember, ...]:
    """Return the files of a campaign, the earliest post first."""
    paths = file_paths(campaign.files)
    published = {
        file.key: rows[file.key].published if file.key in rows else "" for file in campaign.files
    }
    ordered = sorted(campaign.files, key=lambda file: (time_key(published[file.key]), file.path))
    first = next((file for file in ordered if file.role == "member"), None)
    members = []
    for file in ordered:
        own = facts.get(file.key)
        posted = shown_time(published[file.key])
        members.append(
            CampaignMember(
                file=file,
                row=rows.get(file.key),
                facts=own,
                posted=posted,
                first=file is first and bool(posted),
                tie=tie_words(file, paths.get(file.to, "")),
                passed=passed_words(own.passed) if own and own.passed else "",
            )
        )
    return tuple(members)


def _persons(members: Iterable[CampaignMember], names: Mapping[str, str]) -> list[PersonShown]:
    files: Counter[str] = Counter()
    best: dict[str, tuple[float, CampaignMember]] = {}
    for member in members:
        for person, cosine in (member.facts.persons if member.facts else {}).items():
            files[person] += 1
            near = -1.0 if cosine is None else cosine
            if person not in best or near > best[person][0]:
                best[person] = near, member
    found = []
    for person, count in files.most_common():
        cosine, member = best[person]
        face = member.facts.faces.get(person) if member.facts else None
        explicit = bool(member.facts and member.facts.explicit)
        near_one = cosine if cosine > 0 else None
        name = names.get(person, person)
        found.append(PersonShown(name, count, near_one, member.file.key, face, explicit))
    return found


def _account_rows(campaign: Campaign) -> Iterator[AccountRow]:
    """Give the accounts, those that are tied to most others first."""
    posted = campaign.posted_wordings
    wordings = Counter(account for one in posted for account in set(one.accounts))
    ties: dict[str, list[AccountTie]] = {account.id: [] for account in campaign.accounts}
    for tie in campaign.ties:
        for end in (tie.one, tie.other):
            if end in ties:
                ties[end].append(tie)
    rows = []
    for account in campaign.accounts:
        own = ties[account.id]
        kinds = Counter(TIE_WORDS[tie.by] for tie in own)
        rows.append(
            AccountRow(
                account=account,
                first=shown_time(account.first),
                last=shown_time(account.last),
                wordings=wordings[account.id],
                others=len({tie.one if tie.other == account.id else tie.other for tie in own}),
                ties=tuple(kinds.most_common()),
            )
        )
    yield from sorted(rows, key=lambda row: (-row.others, -len(row.account.posts), row.account.id))
