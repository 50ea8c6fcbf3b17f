"""Says whether an enrolled person's own channel published a file, or one that poses as it.

Channels of others that a user trusts are named, too: that is context and acquits of nothing.

Only stable ids prove a channel, on both sides. A handle or a name is a claim that anybody can make
(handles change owners): it is told, and it vouches for nothing. Channels
get hijacked: an official id speaks for the channel, not for the video. Whether an official channel
carries a forgery is for the fusion to say, which sees the other detectors' evidence.

Measured by `tests/detectors/test_channel.py` on the 122 real sidecars of the development media,
which name 87 channels, 82 of them with a handle. False alarms: each owner stands once for the
enrolled person, each other owner's post is compared: 0 look-alikes of handle or name in 7,482
pairs. Hits: handles made from the 82 real ones, by trick: Cyrillic letters 80/80, capital I
37/37, digits 75/75, underscores 81/82, "official" 82/82, "real" 82/82, a digit added 81/82, two
keys swapped 73/80, last key doubled 78/82. Handles made of 1,500 names drawn at random from the
US census, each compared with all others: 11 look-alikes in 2,248,500 pairs, all by a typing error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence
from media_screen.names.alike import (
    Kind,
    Likeness,
    handle_likeness,
    look_alike_letters,
    name_likeness,
    spells_name,
)
from media_screen.people.channel_ids import owns
from media_screen.people.registry import OfficialChannel, Person
from media_screen.people.trusted import TrustedChannel, publisher_of
from media_screen.sidecar import Sidecar, handle_key

Finding = Literal[
    "official",
    "lookalike_handle",
    "lookalike_name",
    "claimed_official",
    "not_official",
    "trusted_channel",
    "claimed_trusted",
    "lookalike_trusted",
]

# Natural-log likelihood ratios, set by judgement and not learned: there is no labelled collection
# of impersonating and innocent accounts to learn them from. They are therefore modest: alone, none
# turns a prior of 1 in 100 into more than 7 in 100.
LLR_OFFICIAL = -3.0  # 1 in 20: ids can't be taken over, but channels are hijacked now and then
LLR_CLAIMED = 0.0  # a handle or a name that no id confirms: whoever posts as a person writes it
LLR_HANDLE: Mapping[Kind, float] = MappingProxyType(
    {
        "confusable": 2.0,  # nobody gets such a handle by accident
        "same": 1.5,  # the handle of the person, with another id: re-used, or the registry is old
        "separators": 1.5,
        "digits": 1.5,
        "affix": 1.0,  # admirers and namesakes do this, too
        "typo": 1.0,  # as do real names that differ by a letter
    }
)
ELSEWHERE = 0.5  # weight of a handle enrolled on another platform only: it may be the person's own
LLR_NAME = 0.5  # fan and news accounts carry the name, and names are shared
LLR_NAME_CONFUSABLE = 1.0  # the name in look-alike letters or digits dodges a filter
LLR_NOT_OFFICIAL = 0.0  # most honest posts about a person are by others

_ORDER: tuple[Finding, ...] = (
    "official",
    "lookalike_handle",
    "lookalike_name",
    "claimed_official",
    "not_official",
)
_TRICKS: Mapping[Kind, str] = MappingProxyType(
    {
        "same": "it is the same handle",
        "confusable": "letters are replaced by look-alikes",
        "separators": "only separators differ",
        "digits": "digits stand for letters",
        "affix": "words or digits are added",
        "typo": "it differs by a key or two",
    }
)
_MAX_QUOTED = 60  # characters of an untrusted text in a sentence


class Channel:
    """Compares the publishing channel with the official ones of everyone who is enrolled."""

    name = "channel"
    axis: Axis = "provenance"
    needs: tuple[Need, ...] = ("sidecar",)
    depends: tuple[Dependence, ...] = ("post", "records")

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each person concerned, or one that says nobody is."""
        post = case.sidecar
        if post is None:
            yield self._abstain("no_sidecar", "no sidecar says who published this file")
            return
        yield from _trusted(post, case.trusted)
        if not case.people:
            yield self._abstain("no_reference", "nobody is enrolled, so no channel is official")
        elif not (post.channel_ids or post.handle or post.display_name):
            yield self._abstain("not_applicable", "the sidecar does not say who published it")
        else:
            yield from self._compare(post, case.people)

    def _compare(
        self, post: Sidecar, enrolled: Sequence[Person]
    ) -> Iterator[Evidence | Abstention]:
        found = [piece for person in enrolled if (piece := _judge(post, person)) is not None]
        # The official channel of one person is no look-alike of another person's.
        if owned := [piece for piece in found if piece.finding == "official"]:
            found = owned
        if found:
            yield from sorted(found, key=lambda p: (_ORDER.index(p.finding), p.person))
        elif post.platform and (post.channel_ids or post.handle):
            yield _not_official(post, enrolled)
        else:
            yield self._abstain(
                "not_applicable",
                "the sidecar gives no platform, or neither an id nor a handle, so the publisher "
                f"({_who(post)}) can't be compared with the official channels",
            )

    def _abstain(
        self, reason: Literal["no_sidecar", "no_reference", "not_applicable"], why: str
    ) -> Abstention:
        return Abstention(self.name, reason, why)


def _trusted(post: Sidecar, trusted: Sequence[TrustedChannel]) -> Iterator[Evidence]:
    """Tell a post of a channel of others that is trusted, or one that bears the name of such."""
    found = publisher_of(post, trusted)
    if found is not None:
        if post.fit.proves:
            why = f"published by a trusted channel: {found.told}"
            yield _context("trusted_channel", why)
        else:
            why = (
                f"the post data beside the file name the trusted channel {found.told}, but don't "
                f"prove that this file is that post: {post.fit.doubts[0]}"
            )
            yield _context("claimed_trusted", why)
        return
    for one in trusted:
        likeness = name_likeness(post.display_name, one.name)
        if likeness is not None:
            why = (
                f"published by {_who(post)} under the name of the trusted channel {one.told}, "
                f"{_apart(post, one)}; look at both channels"
            )
            yield _context("lookalike_trusted", why, similarity=likeness.similarity)
            return


def _apart(post: Sidecar, trusted: TrustedChannel) -> str:
    """Say why a post under the name of a trusted channel does not count as its own."""
    if post.platform != trusted.platform:
        return "which is on another platform"
    return "which it is not by its id" if post.channel_ids else "and no id tells that it is"


def _context(finding: Finding, why: str, **values: float) -> Evidence:
    """Return what is told and speaks for nothing: neither for a forgery nor against one."""
    return Evidence(
        detector=Channel.name,
        axis="provenance",
        score=0.0,
        llr=0.0,
        why=why,
        finding=finding,
        values=values,
    )


# --- one person ------------------------------------------------------------------------------


def _judge(post: Sidecar, person: Person) -> Evidence | None:
    """Return the strongest finding about one person, or None when the channel is unrelated."""
    here = [account for account in person.channels if account.platform == post.platform]
    if owns(person, post):
        if post.fit.proves:
            why = f"published by {_who(post)}, an official channel of {person.name}"
            return _evidence("official", person, LLR_OFFICIAL, 0.0, why, id_equal=1)
        why = (
            f"the post data beside the file name {_who(post)}, an official channel of "
            f"{person.name}, but don't prove that this file is that post: {post.fit.doubts[0]}; "
            "compare the channel's page"
        )
        return _evidence("claimed_official", person, LLR_CLAIMED, 0.0, why, id_equal=1)
    if (claim := _claim(post, person, here)) is not None:
        return claim
    handle, name = _lookalike_handle(post, person), _lookalike_name(post, person)
    # The handle on another platform may be the person's; under a disguised name it isn't.
    if handle is not None and handle.llr < LLR_NAME_CONFUSABLE and _is_disguised(name):
        return name
    return handle or name


def _is_disguised(name: Evidence | None) -> bool:
    return name is not None and name.llr >= LLR_NAME_CONFUSABLE


def _claim(post: Sidecar, person: Person, here: Sequence[OfficialChannel]) -> Evidence | None:
    """Tell a post that carries the handle or name of an official channel, and no id against it."""
    key = handle_key(post.handle)
    same = [account for account in here if key and handle_key(account.handle) == key]
    if same and not _contradicts(post, same):
        known = any(account.id for account in same)
        lacks = "no id that proves it" if known else "no id of it is enrolled that could prove it"
        what = f"the handle {_quoted('@' + post.handle)} of {person.name}'s channel"
    elif here and not (post.handle or post.channel_ids) and _bears_name(post, person):
        lacks = "neither handle nor id"
        what = f"the name {_quoted(post.display_name)} of {person.name}"
    else:
        return None
    why = (
        f"the post carries {what}, but {lacks}: compare the channel's page (it is by {_who(post)})"
    )
    return _evidence("claimed_official", person, LLR_CLAIMED, 0.0, why, id_equal=0)


def _bears_name(post: Sidecar, person: Person) -> bool:
    """Say whether the display name is one of the person's, letter by letter."""
    likenesses = (name_likeness(post.display_name, name) for name in (person.name, *person.aliases))
    return any(likeness is not None and likeness.kind == "same" for likeness in likenesses)


def _contradicts(post: Sidecar, accounts: Sequence[OfficialChannel]) -> bool:
    """Say whether the ids rule these accounts out; ids of different kinds can't be compared."""
    kinds = {_id_kind(text) for text in post.channel_ids}
    return any(account.id and _id_kind(account.id) in kinds for account in accounts)


def _id_kind(text: str) -> str:
    # Some platforms give an account a number and a token; one says nothing of the other.
    return "number" if text.isdecimal() else "token"


@dataclass(frozen=True)
class _Hit:
    likeness: Likeness
    account: OfficialChannel
    llr: float


def _lookalike_handle(post: Sidecar, person: Person) -> Evidence | None:
    hits = []
    for account in person.channels:
        if not (account.handle and post.handle):
            continue
        likeness = handle_likeness(post.handle, account.handle)
        if likeness is not None:
            weight = 1.0 if account.platform == post.platform else ELSEWHERE
            hits.append(_Hit(likeness, account, weight * LLR_HANDLE[likeness.kind]))
    if not hits:
        return None
    best = max(hits, key=lambda hit: (hit.llr, hit.likeness.similarity))
    elsewhere = best.account.platform != post.platform
    if elsewhere and best.likeness.kind == "same" and not _enrolled_on(person, post.platform):
        why = (
            f"published by {_who(post)}: {person.name} uses this handle on "
            f"{best.account.platform} and has no enrolled channel on {_site(post)}"
            "; if the channel is theirs, enroll it"
        )
        return _evidence("not_official", person, LLR_NOT_OFFICIAL, 0.0, why, elsewhere=1)
    why = (
        f"published under a handle that imitates that of {person.name}: "
        f"{_trick(best.likeness, post.handle, elsewhere=elsewhere)}; {_who(post)} is not "
        f"{_account(best.account)}; look at both channels"
    )
    return _alike("lookalike_handle", person, best.llr, best.likeness, why, elsewhere=elsewhere)


def _lookalike_name(post: Sidecar, person: Person) -> Evidence | None:
    names = [person.name, *person.aliases]
    handles = [account.handle for account in person.channels if account.handle]
    hits = [
        (likeness, name)
        for name in [*names, *handles]
        if (likeness := name_likeness(post.display_name, name)) is not None
    ]
    if hits:
        # An unaltered name is the weakest sign, look-alike letters in it the strongest.
        likeness, name = max(hits, key=lambda hit: (_name_llr(hit[0]), hit[0].similarity))
        why = (
            f"published by {_who(post)}, no official channel, under the name of {person.name} "
            f"({_quoted(name)}); fan and news accounts do this, too{_hint(post, person)}"
        )
        llr = _name_llr(likeness)
        return _alike("lookalike_name", person, llr, likeness, why, elsewhere=False)
    spelt = [name for name in names if post.handle and spells_name(post.handle, name)]
    if not spelt:
        return None
    why = (
        f"published by {_who(post)}, no official channel, whose handle spells {_quoted(spelt[0])} "
        f"of {person.name}; namesakes and fans do this, too{_hint(post, person)}"
    )
    return _evidence("lookalike_name", person, LLR_NAME, 1.0, why, handle_spells_name=1)


def _name_llr(likeness: Likeness) -> float:
    return LLR_NAME_CONFUSABLE if likeness.kind in ("confusable", "digits") else LLR_NAME


def _hint(post: Sidecar, person: Person) -> str:
    """Say what to do where a channel may be the person's, on a platform that nobody enrolled."""
    return "" if _enrolled_on(person, post.platform) else "; if the channel is theirs, enroll it"


def _enrolled_on(person: Person, platform: str) -> bool:
    return any(account.platform == platform for account in person.channels)


# --- words -----------------------------------------------------------------------------------


def _not_official(post: Sidecar, enrolled: Sequence[Person]) -> Evidence:
    here = sum(_enrolled_on(person, post.platform) for person in enrolled)
    why = (
        f"published by {_who(post)}, no official channel of anyone enrolled ({len(enrolled)}, "
        f"{here} with a channel on {_site(post)}); alone this means little"
    )
    return Evidence(
        detector=Channel.name,
        axis="provenance",
        score=0.0,
        llr=LLR_NOT_OFFICIAL,
        why=why,
        finding="not_official",
        values={"people_compared": len(enrolled), "people_on_platform": here},
    )


def _alike(
    finding: Finding, person: Person, llr: float, likeness: Likeness, why: str, *, elsewhere: bool
) -> Evidence:
    return _evidence(
        finding,
        person,
        llr,
        likeness.similarity,
        why,
        edit_distance=likeness.distance,
        similarity=likeness.similarity,
        elsewhere=elsewhere,
    )


def _evidence(
    finding: Finding, person: Person, llr: float, score: float, why: str, **values: float
) -> Evidence:
    return Evidence(
        detector=Channel.name,
        axis="provenance",
        score=score,
        llr=llr,
        why=why,
        person=person.slug,
        finding=finding,
        values=values,
    )


def _trick(likeness: Likeness, handle: str, *, elsewhere: bool) -> str:
    text = _TRICKS[likeness.kind]
    letters = look_alike_letters(handle)[:3]
    if letters:
        text += f" ({', '.join(letters)})"
    if likeness.kind == "same" and elsewhere:
        text += " on another platform"
    elif likeness.kind == "same":
        text += " with another id (it was taken over, or the registry is out of date)"
    return text


def _who(post: Sidecar) -> str:
    shown = f"@{post.handle}" if post.handle else post.display_name
    ids = ", ".join(_quoted(text) for text in post.channel_ids[:3]) or "unknown"
    return f"{_quoted(shown)} on {_site(post)} (id {ids})"


def _site(post: Sidecar) -> str:
    """Name the platform of a post; on a site that is not listed that is a text of its own."""
    return _quoted(post.platform or "an unknown site")[1:-1]


def _account(account: OfficialChannel) -> str:
    return (
        f"the official {_quoted('@' + account.handle)} on {account.platform} "
        f"(id {_quoted(account.id) if account.id else 'not enrolled'})"
    )


def _quoted(text: str) -> str:
    """Quote an untrusted text: cut, with line breaks, bidi and other invisible characters escaped.

    `repr` escapes all that Python calls unprintable, which includes those.
    """
    return repr(text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "...")
