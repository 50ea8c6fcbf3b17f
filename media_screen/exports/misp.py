"""MISP events of what is suspected (MISP core format; extra `misp`).

One event for each campaign, and one for the suspected files that are in none, in the list of a
`response` that MISP exports and imports. It holds, for each suspected file, the file by its hash,
the post and its account as the objects that MISP has for the site, and the impersonation; an
annotation with propositions, likelihood ratio and limits for the campaign, or for each file that is
in none; and techniques of DISARM as links, and as tags of MISP's galaxy where that has them. Of
files that are not suspected, or that a person cleared, it holds none, and of the official post its
address alone; what a person decided on others is a comment and a tag of the file. Nothing is
marked for detection (`to_ids`): a person decides that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TextIO

from pymisp import MISPEvent, MISPObject

from media_screen.evidence import Campaign, Post, Verdict
from media_screen.exports.claims import (
    Technique,
    clean,
    link,
    name_of,
    published,
    sha256,
    stable_uuid,
    statement,
)
from media_screen.exports.postings import PostedClaim, Posting, claims_of, techniques_of
from media_screen.results.ledger import NO_LEDGER, FileRecord, Ledger
from media_screen.results.plain import counted
from media_screen.results.words import LABELS

_YOUTUBE_ID = re.compile(r"UC[\w-]{22}", re.ASCII)
_TWITTER_HANDLE = re.compile(r"\w{1,15}", re.ASCII)


def write(
    verdicts: Iterable[Verdict],
    campaigns: Sequence[Campaign],
    stream: TextIO,
    *,
    as_of: datetime,
    ledger: Ledger = NO_LEDGER,
) -> int:
    """Write the events of all campaigns and files of a claiming label."""
    claims = [claim for claim in claims_of(verdicts, campaigns, ledger) if claim.accused]
    single = [claim for claim in claims if claim.campaign is None]
    events = [_campaign_event(one, one.campaign, as_of) for one in claims if one.campaign]
    events += [_files_event(single, as_of)] if single else []
    told = [{"Event": json.loads(event.to_json())} for event in events]
    stream.write(json.dumps({"response": told}, sort_keys=True))
    stream.write("\n")
    return sum(len(claim.accused) for claim in claims)


def _campaign_event(claim: PostedClaim, campaign: Campaign, as_of: datetime) -> MISPEvent:
    """Return the event of a campaign; its UUID is a function of the campaign's id, and stays."""
    accused = claim.accused
    about = f"{LABELS[campaign.label].name.lower()}, {counted(len(accused), 'file')}"
    event = _event(stable_uuid("event", campaign.id), f"{campaign.id}: {about}", as_of)
    files = [_add_file(event, posting, as_of) for posting in accused]
    lead = accused.index(claim.lead)
    seed = (event.uuid, campaign.id)
    _annotate(event, statement(claim.lead.verdict), [files[lead]], seed, as_of)
    for posting in claim.excused:
        if posting.file and posting.file.role == "original" and link(posting.verdict):
            why = "The official post that these files use; nothing is suspected of it."
            _add_link(event, link(posting.verdict), why, as_of)
    _name_techniques(event, techniques_of(claim), as_of)
    return event


def _files_event(claims: Sequence[PostedClaim], as_of: datetime) -> MISPEvent:
    """Return the event of the files that are in no campaign.

    Its UUID is a function of them: MISP keeps no UUID in two events, so a grown set is another.
    """
    verdicts = [claim.lead.verdict for claim in claims]
    keys = sorted(sha256(verdict) + verdict.media.key for verdict in verdicts)
    about = f"{counted(len(verdicts), 'suspected file')} of no campaign"
    event = _event(stable_uuid("event", *keys), about, as_of)
    for claim in claims:
        verdict = claim.lead.verdict
        file = _add_file(event, claim.lead, as_of)
        seed = (event.uuid, sha256(verdict), verdict.media.key)
        _annotate(event, statement(verdict), [file], seed, as_of)
    found = {technique for claim in claims for technique in techniques_of(claim)}
    _name_techniques(event, sorted(found, key=lambda technique: technique.id), as_of)
    return event


def _event(uuid: str, about: str, as_of: datetime) -> MISPEvent:
    event = MISPEvent()
    event.uuid = uuid
    event.info = f"media_screen: {about}"
    event.set_date(as_of.date())
    event.timestamp = as_of
    event.distribution = 0  # your organisation only
    event.threat_level_id = 4  # undefined
    event.analysis = 0  # initial
    return event


def _add_file(event: MISPEvent, posting: Posting, as_of: datetime) -> MISPObject:
    """Add a suspected file, its post, its account and the impersonation; return the file."""
    verdict = posting.verdict
    seed = (event.uuid, sha256(verdict), verdict.media.key)
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
    if posting.record.answer:
        _mark_decision(file, posting.record)
    post = _post(verdict, seed)
    account = _account(posting, event.uuid) if posting.accuses_account else None
    if post is not None:
        _refer(file, post, "retrieved-from")
    if account is not None:
        _refer(file if post is None else post, account, "published-by")
    suspicion = _impersonation(posting, seed)
    if suspicion is not None:
        _refer(suspicion, file, "related-to")
    _add_objects(event, (file, post, account, suspicion), as_of)
    return file


def _mark_decision(file: MISPObject, record: FileRecord) -> None:
    """Say what a person decided on a file: in its comment, and as a tag of its hash."""
    who = record.by.who if record.by is not None else ""
    by = f" by {who}" if who else ""
    file.comment = clean(f"A person decided{by}: {record.answer}. {record.note}".strip())
    for attribute in file.attributes:
        if attribute.object_relation == "sha256":
            attribute.add_tag(f'media-screen:decision="{record.answer}"')


def _annotate(
    event: MISPEvent,
    text: str,
    files: Sequence[MISPObject],
    seed: tuple[str, ...],
    as_of: datetime,
) -> None:
    note = _object("annotation", seed, {"text": text, "type": "Annotation"})
    for file in files:
        _refer(note, file, "annotates")
    _add_objects(event, (note,), as_of)


def _add_objects(event: MISPEvent, objects: Iterable[MISPObject | None], as_of: datetime) -> None:
    """Add what there is, each object once: several posts share an account."""
    known = {one.uuid for one in event.objects}
    for one in objects:
        if one is not None and one.uuid not in known:
            one.timestamp = as_of
            event.add_object(one)


def _add_link(event: MISPEvent, address: str, comment: str, as_of: datetime) -> None:
    event.add_attribute(
        "link",
        address,
        comment=comment,
        uuid=stable_uuid("link", event.uuid, address),
        timestamp=as_of,
        to_ids=False,
    )


def _name_techniques(event: MISPEvent, found: Iterable[Technique], as_of: datetime) -> None:
    for technique in found:
        _add_link(event, technique.url, f"DISARM {technique.id}: {technique.name}", as_of)
        if technique.in_misp:
            event.add_tag(f'misp-galaxy:disarm-techniques="{technique.name}"')


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


def _account(posting: Posting, event: str) -> MISPObject | None:
    """Return the account by the object that MISP has for its site, None when nobody knows it.

    Its UUID is a function of what it is known by, so that its posts refer to one object.
    """
    post, known = posting.verdict.post or Post(), posting.account
    platform = (known.platform if known else post.platform).lower()
    handle = known.handle if known else post.handle
    name = known.name if known else post.display_name
    seed = (event, platform, post.channel_id or handle or name)
    if platform == "youtube":
        kind, values = "youtube-channel", {"channel-id": post.channel_id, "channel-name": name}
    elif platform == "twitter":
        kind = "twitter-account"
        values = {"id": post.channel_id, "name": handle, "displayed-name": name}
    elif platform == "facebook":
        kind, values = "facebook-account", {"account-id": post.channel_id, "account-name": handle}
    else:
        kind = "user-account"
        values = {
            "account-type": platform,
            "user-id": post.channel_id,
            "username": handle,
            "display-name": name,
        }
    address = {} if kind == "user-account" else {"url": _account_url(post)}
    return _complete(_object(kind, seed, values | address))


def _impersonation(posting: Posting, seed: tuple[str, ...]) -> MISPObject | None:
    """Return who is presented by whom; no objective, which no screening measures."""
    verdict = posting.verdict
    if verdict.label != "suspected_impersonation" or not verdict.person:
        return None
    post = (posting.accuses_account and verdict.post) or Post()
    return _object(
        "impersonation",
        seed,
        {
            "real-name": verdict.name_of(verdict.person),
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
