"""Says what an account that is enrolled without its id is worth, and where the id stands.

A post is official by the stable id of its channel alone. An account that is listed by its handle
makes claims recognisable, and nothing more; the sidecars of the person's own videos hold the id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from media_screen import sidecar as sidecars
from media_screen.people.registry import REGISTRY_FILE, OfficialChannel, Person
from media_screen.results.plain import toml_text
from media_screen.sidecar import Platform, handle_key, platform_of

_MOST_READ = 50  # sidecars; the ids stand in each of a channel's posts


@dataclass(frozen=True, slots=True)
class Advice:
    """What an entry is worth, and what to add to it."""

    why: str
    fix: str


def owns(person: Person, post: sidecars.Sidecar) -> bool:
    """Say whether a post names an official channel of a person by its stable id."""
    return any(
        account.platform == post.platform and account.id != "" and account.id in post.channel_ids
        for account in person.channels
    )


def advice(person: Person) -> Iterator[Advice]:
    """Say of each account of a person that has no id what that means, and how to get the id."""
    lacking = [channel for channel in person.channels if not channel.id]
    if not lacking and person.channels:
        return
    seen = _published(person)
    for channel in lacking:
        account = f"{channel.platform} account {toml_text('@' + channel.handle)}"
        yield Advice(
            f"the {account} has no id: posts that "
            "carry its handle are called a claim, never official",
            _fix(channel, [post for post in seen if _is_by(post, channel)]),
        )
    if not person.channels and seen:
        found = "; ".join(_lines(post, with_table=True) for post in seen)
        yield Advice(
            "no account is enrolled, so no post can be official",
            f"if the videos in official/ are of the person's own channel, add {found}",
        )


def _fix(channel: OfficialChannel, posts: list[sidecars.Sidecar]) -> str:
    if posts:
        lines = " or ".join(_lines(post) for post in posts)
        return f"compare the channel's page, then add {lines}, which the sidecars in official/ hold"
    platform = platform_of(channel.platform) or Platform(name=channel.platform)
    return f'add id = "..." to it in {REGISTRY_FILE}: {platform.where_id}'


def _published(person: Person) -> list[sidecars.Sidecar]:
    """Return a post of each channel that the sidecars in the person's official/ name."""
    found: dict[tuple[str, tuple[str, ...]], sidecars.Sidecar] = {}
    for file in person.official[:_MOST_READ]:
        beside = sidecars.find(file)
        try:
            post = sidecars.read(beside) if beside is not None else None
        except sidecars.SidecarError:
            continue  # nobody needs it here; a scan of the file tells what is wrong
        if post is not None and post.channel_ids and not post.fit.against:
            found.setdefault((post.platform, post.channel_ids), post)
    return list(found.values())


def _is_by(post: sidecars.Sidecar, channel: OfficialChannel) -> bool:
    return post.platform == channel.platform and (
        handle_key(post.handle) == handle_key(channel.handle)
    )


def _lines(post: sidecars.Sidecar, *, with_table: bool = False) -> str:
    """Return what to paste into the registry, as TOML; the texts are a stranger's, so escaped."""
    table = (
        f"[[channel]] and below it platform = {toml_text(post.platform)} and " if with_table else ""
    )
    return " or ".join(f"{table}id = {toml_text(text)}" for text in post.channel_ids)
