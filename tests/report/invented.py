"""Invented campaigns for tests of the pages and of packages: verdicts, and the record of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from media_screen.evidence import (
    AccountTie,
    Campaign,
    CampaignAccount,
    CampaignFile,
    CommentActivity,
    Duplicate,
    Evidence,
    Label,
    PassedAlong,
    Post,
    SharedFootage,
    SharedWording,
    Span,
    TieKind,
    Verdict,
)
from tests.report import records

ID = "c-0123456789ab"
WHOLE = Span(0.0, 41.2)


def digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def posted(
    name: str,
    *,
    content: str = "",
    published: str = "",
    channel: str = "",
    platform: str = "youtube",
    label: Label = "suspected_impersonation",
    title: str = "title",
    passed: PassedAlong | None = None,
) -> Verdict:
    """A file as it was posted; `content` names what is in it by a word."""
    verdict = records.quiet(label, f"downloads/{name}.mp4", "xin-liu", 2.0)
    media = replace(verdict.media, sha256=digest(content or name))
    url = f"https://example.org/watch/{name}"
    post = Post(platform, channel, f"@{channel}", channel, title, url, published)
    return replace(
        verdict, media=media, post=post, campaign=ID, passed=passed, versions={"torch": "2.13.0"}
    )


def through(first: Verdict, *, share: float = 0.97, here: Span | None = WHOLE) -> PassedAlong:
    """How a repeat of a suspected file has its label."""
    return PassedAlong(
        "no_finding",
        None,
        "No sign of manipulation was found.",
        first.media.path,
        first.media.sha256,
        first.media.key,
        here,
        share,
    )


def member(verdict: Verdict, to: Verdict | None = None, **fields: object) -> CampaignFile:
    """The entry of a file in its campaign."""
    post = verdict.post or Post()
    known = CampaignFile(
        key=verdict.media.key,
        path=verdict.media.path,
        sha256=verdict.media.sha256,
        role="member",
        label=verdict.label,
        own_label=verdict.passed.label if verdict.passed else verdict.label,
        person=verdict.person,
        account=account_id(post),
        to=to.media.key if to else "",
        kind="repeat" if to else "",
        part="both" if to else "",
        here=WHOLE if to else None,
        share=0.97 if to else 0.0,
    )
    return replace(known, **fields)  # type: ignore[arg-type]


def account_id(post: Post) -> str:
    return f"{post.platform}:{post.channel_id}" if post.channel_id else ""


def accounts_of(verdicts: Iterable[Verdict]) -> tuple[CampaignAccount, ...]:
    """Who posted the files."""
    posts: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.post and account_id(verdict.post):
            posts.setdefault(account_id(verdict.post), []).append(verdict)
    found = []
    for name, own in posts.items():
        times = sorted(one.post.published for one in own if one.post and one.post.published)
        post = own[0].post
        assert post is not None
        found.append(
            CampaignAccount(
                id=name,
                platform=post.platform,
                handle=post.handle,
                name=post.display_name,
                posts=tuple(one.media.key for one in own),
                first=times[0] if times else "",
                last=times[-1] if times else "",
                created="2025-09-01",
                followers=12,
                scheme="letters + 4 digits" if post.handle[-4:].isdigit() else "",
            )
        )
    return tuple(found)


def pair(name: str) -> tuple[Campaign, list[Verdict]]:
    """A campaign of a file and its repost, and nothing else."""
    first, repost = posted(f"{name} first"), posted(f"{name} repost")
    verdicts = [replace(one, campaign=name, thumbnails=()) for one in (first, repost)]
    files = member(first), member(repost, first)
    return Campaign(name, first.label, first.person, "", first.media.key, files), verdicts


SPEAKS = "\u5218\u6b23 speaks about the events"


def small() -> tuple[Campaign, list[Verdict]]:
    """A fake, its repost, a copy of the same bytes, an excerpt, and a news clip that quotes it."""
    verdicts = list(_small_files())
    first, repost, same, cut, quote = verdicts
    accounts = accounts_of(verdicts)
    campaign = Campaign(
        id=ID,
        label="suspected_impersonation",
        person="xin-liu",
        reason=first.summary,
        through=first.media.key,
        files=(
            member(first),
            member(repost, first, here=Span(3.0, 41.0)),
            member(same, repost, kind="same_file", share=1.0),
            member(cut, first, kind="excerpt", part="picture", here=Span(0.0, 9.0), share=1.0),
            member(quote, first, role="quotes", kind="quote", here=Span(12.0, 14.0), share=0.05),
        ),
        merged=("c-ba9876543210",),
        first="2025-09-13T01:05:00Z",
        last="2025-09-14T08:30:00Z",
        accounts=accounts,
    )
    return _with_deeds(campaign), verdicts


def _small_files() -> Iterator[Verdict]:
    yield _fake()
    yield _repost(_fake())
    yield posted(
        "same",
        content="second",
        published="2025-09-14",
        channel="77",
        platform="tiktok",
        title="Look at this!",
        passed=through(_fake()),
    )
    yield posted(
        "cut", published="2025-09-14T08:30:00Z", channel="UC9", label="unverified_appearance"
    )
    yield posted(
        "evening news",
        published="2025-09-15T18:00:00Z",
        channel="bbc",
        label="no_finding",
        title="Fake videos of Xin Liu spread",
    )


def _fake() -> Verdict:
    url, published = "https://example.org/watch/fake", "2025-09-13T01:05:00Z"
    first = replace(
        records.suspected("downloads/fake.mp4"),
        post=Post("youtube", "UC1", "@truth4821", "Truth", SPEAKS, url, published),
    )
    mark = Evidence(
        "onscreen",
        "provenance",
        0.0,
        0.5,
        "the picture names the account @origin_tv; nothing says who published the file",
        finding="account_mark",
    )
    return replace(first, campaign=ID, evidence=(*first.evidence, mark))


def _repost(first: Verdict) -> Verdict:
    repost = posted(
        "second",
        published="2025-09-13T01:45:00Z",
        channel="news7733",
        title=SPEAKS,
        passed=through(first),
    )
    return replace(
        repost,
        duplicate_of=Duplicate("downloads/fake.mp4", first.media.sha256, False, 0.9, 1.0),
        shared=(
            SharedFootage(
                "downloads/fake.mp4",
                first.media.sha256,
                "repeat",
                "both",
                Span(3.0, 41.0),
                Span(0.0, 38.0),
                0.97,
                0.95,
            ),
        ),
    )


def _with_deeds(campaign: Campaign) -> Campaign:
    """The campaign with what its accounts and comments did together."""
    one, other, third = (account.id for account in campaign.accounts[:3])
    keys = tuple(file.key for file in campaign.files[:2])
    return replace(
        campaign,
        ties=(
            AccountTie(one, other, "title", 1, 2400.0, "speaks about the events"),
            AccountTie(one, other, "media", 2, 2400.0),
            AccountTie(other, third, "media", 1, 60.0),
        ),
        wordings=(
            SharedWording(SPEAKS, "title", (one, other), keys, 2, 1.0),
            SharedWording("So it is true", "comment", ("Ann1", "Bob2"), keys, 31, 0.8),
        ),
        comments=CommentActivity(
            4120,
            2950,
            (("Ann1", 4), ("Bob2", 3)),
            (("2025-09-13T02:11:00Z", 240),),
            (("Xin Liu", 311), ("Emmanuel Macron", 4)),
        ),
    )


def large(
    count: int = 200, *, files: int = 260, name: str = "c-aaaaaaaaaaaa"
) -> tuple[Campaign, list[Verdict]]:
    """A campaign of many accounts on four platforms, tied in bunches and by nearly everything."""
    platforms = ("youtube", "tiktok", "twitter", "facebook", "douyin")
    titles = ("The truth about Xin Liu", "\u5218\u6b23\u7684\u771f\u76f8", "Share before deleted")
    first = replace(records.suspected("downloads/origin.mp4"), campaign=name)
    verdicts = [first]
    for number in range(files - 1):
        account = number * 7 % count
        published = f"2025-09-{13 + number % 9:02d}T{number * 5 % 11 + 1:02d}:{number % 60:02d}:00Z"
        one = posted(
            f"copy_{number:04d}",
            content=f"copy {number % 23}",
            published=published,
            channel=f"{('truth', 'news', 'free')[account % 3]}{account:04d}",
            platform=platforms[account % 5],
            title=titles[number % 3],
            passed=through(first),
        )
        verdicts.append(replace(one, campaign=name))
    members = [member(first)]
    known: dict[str, Verdict] = {}
    for number, one in enumerate(verdicts[1:]):
        earlier = known.setdefault(one.media.sha256, one)
        kind = ("repeat", "repeat", "excerpt", "contains")[number % 4]
        part = ("both", "both", "both", "sound", "picture", "face")[number % 6]
        if earlier is one:
            members.append(member(one, first, kind=kind, part=part))
        else:
            members.append(member(one, earlier, kind="same_file", share=1.0))
    accounts = accounts_of(verdicts)
    ids = [account.id for account in accounts]
    ties = [
        AccountTie(min(one, other), max(one, other), "media", 1 + place % 4, 60.0 * place)
        for place, (one, other) in enumerate(pairwise(ids))
    ]
    kinds: tuple[TieKind, ...] = ("title", "description", "comment", "link", "tag")
    for bunch in range(0, len(ids) - 8, 9):
        group = ids[bunch : bunch + 8]
        by = kinds[bunch // 9 % 5]
        ties += [
            AccountTie(min(one, other), max(one, other), by, 1 + bunch % 3, 30.0)
            for place, one in enumerate(group)
            for other in group[:place]
        ]
    campaign = Campaign(
        id=name,
        label="suspected_impersonation",
        person="xin-liu",
        reason=first.summary,
        through=first.media.key,
        files=tuple(members),
        first="2025-09-13T01:00:00Z",
        last="2025-09-21T11:00:00Z",
        accounts=accounts,
        ties=tuple(ties),
        wordings=tuple(
            SharedWording(
                title,
                "title",
                tuple(ids[place::3]),
                tuple(one.media.key for one in verdicts if one.post and one.post.title == title),
                files // 3,
                0.9,
            )
            for place, title in enumerate(titles)
        ),
    )
    return campaign, verdicts


def hostile(text: str) -> tuple[Campaign, list[Verdict]]:
    """A campaign in which each text that the schema leaves free is the given one."""
    pair = [records.hostile(text, f"{name}{text}.mp4") for name in "ab"]
    passed = PassedAlong("no_finding", text, text, text, text, pair[0].media.key, Span(0, 1), 0.5)
    shared = SharedFootage(text, text, "quote", "face", Span(0, 1), Span(0, 1), 0.5, 0.5)
    mark = Evidence("onscreen", "provenance", 0.5, 0.5, text, finding=text)
    pair[1] = replace(pair[1], passed=passed, shared=(shared,), evidence=(*pair[1].evidence, mark))
    files = (
        replace(member(pair[0]), account=text),
        replace(member(pair[1], pair[0]), account=text, kind="quote", part="face"),
    )
    accounts = tuple(
        CampaignAccount(
            f"{text}:{name}", text, text, text, (pair[0].media.key,), text, text, text, 3, text
        )
        for name in "ab"
    )
    wordings = tuple(
        SharedWording(text, where, (text, accounts[0].id), (files[0].key,), 2, 0.5, text, text)
        for where in ("title", "description", "comment")
    )
    campaign = Campaign(
        id="c-ffffffffffff",
        label="suspected_impersonation",
        person=text,
        reason=text,
        through=pair[0].media.key,
        files=files,
        first=text,
        last=text,
        accounts=accounts,
        ties=(AccountTie(accounts[0].id, accounts[1].id, "tag", 3, 0.0, text),),
        wordings=wordings,
        comments=CommentActivity(9, 3, ((text, 2),), ((text, 5),), ((text, 7),)),
    )
    return campaign, pair


def write(out: Path, *campaigns: Campaign, verdicts: Iterable[Verdict] = ()) -> None:
    """Write verdicts and campaigns as a scan leaves them."""
    records.write_results(out, verdicts)
    lines = (json.dumps(one.to_dict()) + "\n" for one in campaigns)
    (out / "campaigns.jsonl").write_text("".join(lines), "ascii")
