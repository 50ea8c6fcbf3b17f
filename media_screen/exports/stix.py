"""STIX 2.1 bundle of what is suspected (OASIS STIX Version 2.1; extra `stix`).

For each file of a claiming label: the file, the address and the account of its post as an observed
data, an indicator of the file's hash, the techniques of DISARM that it would speak for, the person
it presents, and a note with propositions, likelihood ratio and limits. No confidence is given: one
number would need a prior. Ids are functions of the content's hash, so a later export of the same
file updates the same objects.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any, TextIO

import stix2

from media_screen.evidence import Verdict
from media_screen.exports.claims import (
    LIMITS,
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
from media_screen.results.words import LABELS

# An object keeps its time of creation when it is exported again, and a result does not know when
# its file was screened first: all are as old as this way of writing them.
CREATED = datetime(2026, 1, 1, tzinfo=timezone.utc)


def write(verdicts: Iterable[Verdict], stream: TextIO, *, as_of: datetime) -> int:
    """Write one bundle of all files of a claiming label."""
    objects: dict[str, Any] = {}
    files = 0
    for verdict in claiming(verdicts):
        files += 1
        for one in _objects(verdict, max(as_of, CREATED)):
            objects.setdefault(one["id"], one)  # people, techniques and copies are shared
    ids = stable_uuid("bundle", *objects)
    bundle = stix2.v21.Bundle(*objects.values(), id=f"bundle--{ids}")
    stream.write(bundle.serialize(pretty=False))
    stream.write("\n")
    return files


def _objects(verdict: Verdict, modified: datetime) -> Iterator[Any]:
    times = {"created": CREATED, "modified": modified, "created_by_ref": _PROGRAM["id"]}
    seen = list(_seen(verdict))
    at = published(verdict) or modified
    observed = stix2.v21.ObservedData(
        id=_id("observed-data", sha256(verdict), verdict.media.key),
        **times,
        first_observed=at,
        last_observed=at,
        number_observed=1,
        object_refs=[one["id"] for one in seen],
    )
    indicator = stix2.v21.Indicator(
        id=_id("indicator", sha256(verdict)),
        **times,
        name=f"File: {LABELS[verdict.label].name.lower()}",
        description=LIMITS,
        indicator_types=["anomalous-activity"],
        labels=_labels(verdict),
        pattern=f"[file:hashes.'SHA-256' = '{sha256(verdict)}']",
        pattern_type="stix",
        valid_from=CREATED,
    )
    yield from (_PROGRAM, *seen, observed, indicator)
    yield _relation(indicator, "based-on", observed, times)
    about = [observed, indicator]
    if verdict.person:
        person = _person(verdict.person)
        about.append(person)
        yield person
        yield _relation(indicator, "related-to", person, times)
    for technique in techniques(verdict):
        pattern = _technique(technique)
        yield pattern
        yield _relation(indicator, "indicates", pattern, times)
    yield stix2.v21.Note(
        id=_id("note", sha256(verdict), verdict.media.key),
        **times,
        abstract=LABELS[verdict.label].name,
        content=statement(verdict),
        labels=_labels(verdict),
        object_refs=[one["id"] for one in about],
    )


def _seen(verdict: Verdict) -> Iterator[Any]:
    """Give the file, and the address and account of its post; the library derives their ids."""
    media, post = verdict.media, verdict.post
    size = {"size": media.size_bytes} if media.size_bytes > 0 else {}
    yield stix2.v21.File(hashes={"SHA-256": sha256(verdict)}, name=name_of(verdict), **size)
    if address := link(verdict):
        yield stix2.v21.URL(value=address)
    if post is None:
        return
    account = {
        "user_id": clean(post.channel_id),
        "account_login": clean(post.handle),
        "display_name": clean(post.display_name),
    }
    known = {key: text for key, text in account.items() if text}
    if known:
        site = {"account_type": clean(post.platform).lower()} if post.platform else {}
        yield stix2.v21.UserAccount(**known, **site)


def _labels(verdict: Verdict) -> list[str]:
    return [verdict.label, *(clean(flag) for flag in verdict.flags if flag)]


@functools.cache
def _person(slug: str) -> Any:
    return stix2.v21.Identity(
        id=_id("identity", "person", slug),
        created=CREATED,
        modified=CREATED,
        name=clean(slug),
        created_by_ref=_PROGRAM["id"],
        identity_class="individual",
        description="An enrolled person whom a screened file presents, by the name of the entry.",
    )


@functools.cache
def _technique(technique: Technique) -> Any:
    return stix2.v21.AttackPattern(
        id=_id("attack-pattern", technique.id),
        created=CREATED,
        modified=CREATED,
        created_by_ref=_PROGRAM["id"],
        name=technique.name,
        external_references=[
            {"source_name": "DISARM", "external_id": technique.id, "url": technique.url}
        ],
    )


def _relation(source: Any, kind: str, target: Any, times: dict[str, Any]) -> Any:
    return stix2.v21.Relationship(
        source,
        kind,
        target,
        id=_id("relationship", source["id"], kind, target["id"]),
        **times,
        description="As a suspicion, with the strength that the note on the file states.",
    )


def _id(kind: str, *parts: str) -> str:
    return f"{kind}--{stable_uuid(kind, *parts)}"


_PROGRAM = stix2.v21.Identity(
    id=_id("identity", "program"),
    created=CREATED,
    modified=CREATED,
    name="media_screen",
    identity_class="system",
    description=LIMITS,
)
