"""MISP event of what is suspected (MISP core format; extra `misp`).

One event with, for each file of a claiming label: the file by its hash, the post and its channel as
the object that MISP has for the site, the impersonation, and an annotation with propositions,
likelihood ratio and limits. Nothing is marked for detection (`to_ids`): a person decides that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TextIO

from pymisp import MISPEvent, MISPObject

from media_screen.evidence import Post, Verdict
from media_screen.exports.claims import (
    Technique,
    claiming,
    clean,
    link,
    name_of,
    published,
    sha256,
    stable_uuid,
    statement,
    techniques,
)

_YOUTUBE_ID = re.compile(r"UC[\w-]{22}", re.ASCII)
_TWITTER_HANDLE = re.compile(r"\w{1,15}", re.ASCII)


def write(verdicts: Iterable[Verdict], stream: TextIO, *, as_of: datetime) -> int:
    """Write one event of all files of a claiming label.

    Its UUID is a function of them: MISP keeps no UUID in two events, so a grown set is another.
    """
    suspected = list(claiming(verdicts))
    keys = sorted(sha256(verdict) + verdict.media.key for verdict in suspected)
    event = MISPEvent()
    event.uuid = stable_uuid("event", *keys)
    event.info = f"media_screen: {len(suspected)} files of suspected impersonation or synthesis"
    event.set_date(as_of.date())
    event.timestamp = as_of
    event.distribution = 0  # your organisation only
    event.threat_level_id = 4  # undefined
    event.analysis = 0  # initial
    for verdict in suspected:
        for one in _objects(verdict, event.uuid):
            one.timestamp = as_of
            event.add_object(one)
    for technique in _named(suspected):
        event.add_attribute(
            "link",
            technique.url,
            comment=f"DISARM {technique.id}: {technique.name}",
            uuid=stable_uuid("technique", event.uuid, technique.id),
            timestamp=as_of,
            to_ids=False,
        )
    stream.write(event.to_json(sort_keys=True))
    stream.write("\n")
    return len(suspected)


def _objects(verdict: Verdict, event: str) -> Iterator[MISPObject]:
    seed = (event, sha256(verdict), verdict.media.key)
    file = _object(
        "file",
        seed,
        {
            "sha256": sha256(verdict),
            "filename": name_of(verdict),
            "size-in-bytes": str(verdict.media.size_bytes) if verdict.media.size_bytes > 0 else "",
            "text": clean(verdict.label),
        },
    )
    post, channel = _post(verdict, seed), _channel(verdict, seed)
    if post is not None:
        _refer(file, post, "retrieved-from")
    if post is not None and channel is not None:
        _refer(post, channel, "published-by")
    suspicion = _impersonation(verdict, seed)
    if suspicion is not None:
        _refer(suspicion, file, "related-to")
    note = _object("annotation", seed, {"text": statement(verdict), "type": "Annotation"})
    _refer(note, file, "annotates")
    yield from (one for one in (file, post, channel, suspicion, note) if one is not None)


def _post(verdict: Verdict, seed: tuple[str, ...]) -> MISPObject | None:
    """Return the object of the site on which the file was posted, if the post is known."""
    post, url, time = verdict.post, link(verdict), published(verdict)
    if post is None or not (url or post.title):
        return None
    when = time.isoformat() if time else ""
    if post.platform.lower() == "youtube" and post.title:
        made = _object(
            "youtube-video",
            seed,
            {
                "video-title": post.title,
                "url": url,
                "channel-name": post.display_name,
                "creator": post.handle,
            },
        )
    elif post.platform.lower() == "twitter":
        made = _object(
            "twitter-post",
            seed,
            {
                "post": post.title,
                "url": url,
                "name": post.display_name or post.handle,
                "user-id": post.channel_id,
                "created-at": when,
            },
        )
    elif post.platform.lower() == "facebook":
        made = _object(
            "facebook-post",
            seed,
            {
                "post": post.title,
                "url": url,
                "user-name": post.display_name,
                "username": post.handle,
                "user-id": post.channel_id,
            },
        )
    else:
        made = _object(
            "microblog",
            seed,
            {
                "title": post.title,
                "url": url,
                "display-name": post.display_name,
                "username": post.handle,
                "creation-date": when,
                "type": post.platform,
                "post": post.title,
            },
        )
    return _complete(made)


def _channel(verdict: Verdict, seed: tuple[str, ...]) -> MISPObject | None:
    post = verdict.post
    if post is None or post.platform.lower() != "youtube" or not post.channel_id:
        return None
    return _complete(
        _object(
            "youtube-channel",
            seed,
            {
                "channel-id": post.channel_id,
                "channel-name": post.display_name,
                "url": _account_url(post),
            },
        )
    )


def _impersonation(verdict: Verdict, seed: tuple[str, ...]) -> MISPObject | None:
    """Return who is presented by whom; no objective, which no screening measures."""
    if verdict.label != "suspected_impersonation" or not verdict.person:
        return None
    post = verdict.post or Post()
    return _object(
        "impersonation",
        seed,
        {
            "real-name": verdict.person,
            "type": "Person",
            "account-name": post.handle,
            "account-url": _account_url(post),
        },
    )


def _account_url(post: Post) -> str:
    if post.platform.lower() == "youtube" and _YOUTUBE_ID.fullmatch(post.channel_id):
        return f"https://www.youtube.com/channel/{post.channel_id}"
    handle = post.handle.removeprefix("@")
    if post.platform.lower() == "twitter" and _TWITTER_HANDLE.fullmatch(handle):
        return f"https://x.com/{handle}"
    return ""


def _object(name: str, seed: tuple[str, ...], values: dict[str, str]) -> MISPObject:
    """Make an object by MISP's template, with UUIDs that are functions of the seed."""
    made = MISPObject(name, strict=True)
    made.uuid = stable_uuid(name, *seed)
    for relation, value in values.items():
        text = value if relation == "text" and name == "annotation" else clean(value)
        if text:
            made.add_attribute(
                relation, value=text, to_ids=False, uuid=stable_uuid(relation, made.uuid)
            )
    return made


def _complete(made: MISPObject) -> MISPObject | None:
    """Return an object that has what its template asks for, None for one that MISP would refuse.

    A post without a title and without an address is none that MISP has an object for.
    """
    template = made._definition or {}
    there = {attribute.object_relation for attribute in made.attributes}
    any_of, all_of = template.get("requiredOneOf") or [], template.get("required") or []
    whole = there >= set(all_of) and (not any_of or bool(there & set(any_of)))
    return made if whole else None


def _refer(source: MISPObject, target: MISPObject, kind: str) -> None:
    reference = source.add_reference(target.uuid, kind)
    reference.uuid = stable_uuid(kind, source.uuid, target.uuid)


def _named(verdicts: Iterable[Verdict]) -> list[Technique]:
    return sorted({one for verdict in verdicts for one in techniques(verdict)}, key=lambda t: t.id)
