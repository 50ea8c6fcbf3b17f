"""Whose channel it is: official by id, claimed by handle, look-alikes, and no false alarms."""

from __future__ import annotations

import functools
import math
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_screen import sidecar
from media_screen.case import Case
from media_screen.detectors.channel import (
    ELSEWHERE,
    LLR_CLAIMED,
    LLR_HANDLE,
    LLR_NAME,
    LLR_NAME_CONFUSABLE,
    LLR_NOT_OFFICIAL,
    LLR_OFFICIAL,
    Channel,
)
from media_screen.evidence import Abstention, Evidence
from media_screen.names.alike import edit_distance, handle_likeness, name_likeness, skeleton
from media_screen.people.registry import OfficialChannel, Person
from media_screen.people.trusted import TrustedChannel
from media_screen.sidecar import Fit, Sidecar
from tests.channels import real_sidecars, write_made
from tests.fakes import stand_in
from tests.pieces import all_evidence


def person(
    slug: str, name: str, *accounts: OfficialChannel, aliases: tuple[str, ...] = ()
) -> Person:
    return Person(slug, name, aliases, accounts, Path(slug))


XIN = person(
    "xin-liu",
    "Xin Liu",
    OfficialChannel("youtube", "UCxin", "XinLiuTalks"),
    OfficialChannel("tiktok", "123", "xinliutalks"),
    aliases=("\u5289\u6b23",),
)
BEN = person("ben", "Ben Okafor", OfficialChannel("youtube", "UCben", "XinLiuTalk"))
NO_ID = person("eve", "Eve Adams", OfficialChannel("youtube", "", "EveAdams"))


def posted(
    handle: str = "",
    *,
    platform: str = "youtube",
    ids: tuple[str, ...] = ("UCother",),
    name: str = "",
) -> Sidecar:
    return Sidecar(
        platform=platform,
        channel_id=ids[0] if ids else "",
        channel_ids=ids,
        handle=handle,
        display_name=name,
    )


def examine(
    post: Sidecar | None, *people: Person, trusted: tuple[TrustedChannel, ...] = ()
) -> list[Evidence | Abstention]:
    return list(Channel().examine(stand_in(Case, sidecar=post, people=people, trusted=trusted)))


def only(post: Sidecar, *people: Person) -> Evidence:
    (piece,) = examine(post, *people)
    assert isinstance(piece, Evidence)
    return piece


# --- findings --------------------------------------------------------------------------------

FINDINGS = {
    "id": (posted("renamed", ids=("UCxin",)), "official", "xin-liu", LLR_OFFICIAL),
    "second-of-two-ids": (
        posted("renamed", platform="tiktok", ids=("MS4wLjAB", "123")),
        "official",
        "xin-liu",
        LLR_OFFICIAL,
    ),
    "id-of-another-platform": (
        posted("renamed", platform="twitter", ids=("123",)),
        "not_official",
        None,
        LLR_NOT_OFFICIAL,
    ),
    "handle-without-an-id": (
        posted("xinliutalks", ids=()),
        "claimed_official",
        "xin-liu",
        LLR_CLAIMED,
    ),
    "handle-with-an-id-of-another-kind": (
        posted("xinliutalks", platform="tiktok", ids=("MS4wLjAB",)),
        "claimed_official",
        "xin-liu",
        LLR_CLAIMED,
    ),
    "handle-enrolled-without-an-id": (
        posted("EveAdams"),
        "claimed_official",
        "eve",
        LLR_CLAIMED,
    ),
    "handle-on-both-sides-and-no-id-at-all": (
        posted("@eveadams", ids=()),
        "claimed_official",
        "eve",
        LLR_CLAIMED,
    ),
    "only-the-name-where-the-person-has-a-channel": (
        posted(ids=(), name="Xin Liu"),
        "claimed_official",
        "xin-liu",
        LLR_CLAIMED,
    ),
    "only-the-name-where-the-person-has-none": (
        posted(platform="facebook", ids=(), name="Xin Liu"),
        "lookalike_name",
        "xin-liu",
        LLR_NAME,
    ),
    "only-the-name-in-look-alike-letters": (
        posted(ids=(), name="Xin L\u0456u"),
        "lookalike_name",
        "xin-liu",
        LLR_NAME_CONFUSABLE,
    ),
    "only-the-name-with-a-claim-in-it": (
        posted(ids=(), name="Xin Liu Official"),
        "lookalike_name",
        "xin-liu",
        LLR_NAME,
    ),
    "the-name-with-another-id": (
        posted(name="Xin Liu"),
        "lookalike_name",
        "xin-liu",
        LLR_NAME,
    ),
    "handle-with-a-contradicting-id": (
        posted("xinliutalks"),
        "lookalike_handle",
        "xin-liu",
        LLR_HANDLE["same"],
    ),
    "cyrillic-letter": (
        posted("xinliut\u0430lks"),
        "lookalike_handle",
        "xin-liu",
        LLR_HANDLE["confusable"],
    ),
    "separator": (
        posted("xinliu_talks"),
        "lookalike_handle",
        "xin-liu",
        LLR_HANDLE["separators"],
    ),
    "separator-on-another-platform": (
        posted("xinliu_talks", platform="twitter"),
        "lookalike_handle",
        "xin-liu",
        ELSEWHERE * LLR_HANDLE["separators"],
    ),
    "same-handle-on-a-platform-without-enrolled-channel": (
        posted("xinliutalks", platform="twitter"),
        "not_official",
        "xin-liu",
        LLR_NOT_OFFICIAL,
    ),
    "same-handle-under-a-disguised-name": (
        posted("xinliutalks", platform="twitter", name="Xin L\u0456u"),
        "lookalike_name",
        "xin-liu",
        LLR_NAME_CONFUSABLE,
    ),
    "same-handle-under-the-plain-name": (
        posted("xinliutalks", platform="twitter", name="Xin Liu"),
        "not_official",
        "xin-liu",
        LLR_NOT_OFFICIAL,
    ),
    "name": (posted("dailyclips", name="XIN LIU"), "lookalike_name", "xin-liu", LLR_NAME),
    "alias-in-simplified-characters": (
        posted("dailyclips", name="\u5218\u6b23"),
        "lookalike_name",
        "xin-liu",
        LLR_NAME,
    ),
    "name-in-look-alike-letters": (
        posted("dailyclips", name="Xin L\u0456u"),
        "lookalike_name",
        "xin-liu",
        LLR_NAME_CONFUSABLE,
    ),
    "handle-spells-the-name": (posted("xin.liu.2024"), "lookalike_name", "xin-liu", LLR_NAME),
    "title-like-channel-name": (
        posted("dailyclips", name="News about Xin Liu"),
        "not_official",
        None,
        LLR_NOT_OFFICIAL,
    ),
    "stranger": (posted("cookingwithjo", name="Jo"), "not_official", None, LLR_NOT_OFFICIAL),
}


@pytest.mark.parametrize(("post", "finding", "slug", "llr"), FINDINGS.values(), ids=FINDINGS)
def test_the_publisher_is_placed(post: Sidecar, finding: str, slug: str | None, llr: float) -> None:
    piece = only(post, XIN, NO_ID)
    assert (piece.finding, piece.person, piece.llr) == (finding, slug, llr)
    assert (piece.detector, piece.axis) == ("channel", "provenance")


ABSTENTIONS = {
    "no-sidecar": (None, (XIN,), "no_sidecar"),
    "nobody-enrolled": (posted("a"), (), "no_reference"),
    "no-publisher": (Sidecar(platform="youtube"), (XIN,), "not_applicable"),
    "only-a-name": (posted(ids=(), name="Jo"), (XIN,), "not_applicable"),
    "no-platform": (posted("jo", platform=""), (XIN,), "not_applicable"),
}


@pytest.mark.parametrize(("post", "people", "reason"), ABSTENTIONS.values(), ids=ABSTENTIONS)
def test_what_can_not_be_judged_is_said(
    post: Sidecar | None, people: tuple[Person, ...], reason: str
) -> None:
    (piece,) = examine(post, *people)
    assert isinstance(piece, Abstention)
    assert piece.reason == reason


def test_an_official_channel_is_no_look_alike_of_another_persons() -> None:
    """The two handles differ by one key, and both belong to enrolled people."""
    pieces = examine(posted("XinLiuTalk", ids=("UCben",)), XIN, BEN)
    assert [p.finding for p in all_evidence(pieces)] == ["official"]


def test_a_claim_hides_no_look_alike_of_another_person() -> None:
    handle_only = examine(posted("XinLiuTalk", ids=()), XIN, BEN)
    assert [(p.finding, p.person) for p in all_evidence(handle_only)] == [
        ("lookalike_handle", "xin-liu"),
        ("claimed_official", "ben"),
    ]


def test_a_handle_like_two_peoples_concerns_both() -> None:
    pieces = examine(posted("xinliu-talk"), XIN, BEN)
    assert [(p.finding, p.person) for p in all_evidence(pieces)] == [
        ("lookalike_handle", "ben"),
        ("lookalike_handle", "xin-liu"),
    ]


def test_weights_are_modest_and_point_the_right_way() -> None:
    """Alone, no channel finding takes a prior of 1 in 100 over 7 in 100."""
    odds = math.exp(max(*LLR_HANDLE.values(), LLR_NAME, LLR_NAME_CONFUSABLE)) / 99
    assert odds / (1 + odds) <= 0.07
    assert LLR_OFFICIAL < LLR_CLAIMED == LLR_NOT_OFFICIAL == 0 < LLR_NAME
    assert max(LLR_NAME, LLR_NAME_CONFUSABLE) <= min(LLR_HANDLE.values())


# --- the sentences ---------------------------------------------------------------------------

SENTENCES = {
    "official": (
        posted("xinliutalks", ids=("UCxin",)),
        "published by '@xinliutalks' on youtube (id 'UCxin'), an official channel of Xin Liu",
    ),
    "look-alike": (
        posted("xinliut\u0430lks"),
        "published under a handle that imitates that of Xin Liu: letters are replaced by "
        "look-alikes (U+0430 CYRILLIC SMALL LETTER A for 'a'); '@xinliut\u0430lks' on youtube (id "
        "'UCother') is not the official '@XinLiuTalks' on youtube (id 'UCxin'); look at both "
        "channels",
    ),
    "re-used": (
        posted("xinliutalks"),
        "published under a handle that imitates that of Xin Liu: it is the same handle with "
        "another id (it was taken over, or the registry is out of date); '@xinliutalks' on "
        "youtube (id 'UCother') is not the official '@XinLiuTalks' on youtube (id 'UCxin'); look "
        "at both channels",
    ),
    "re-used-elsewhere": (
        posted("XinLiuTalks2", platform="tiktok"),
        "published under a handle that imitates that of Xin Liu: words or digits are added; "
        "'@XinLiuTalks2' on tiktok (id 'UCother') is not the official '@xinliutalks' on tiktok "
        "(id '123'); look at both channels",
    ),
    "name-elsewhere": (
        posted("dailyclips", platform="facebook", name="Xin Liu"),
        "published by '@dailyclips' on facebook (id 'UCother'), no official channel, under the "
        "name of Xin Liu ('Xin Liu'); fan and news accounts do this, too; if the channel is "
        "theirs, enroll it",
    ),
    "claim": (
        posted("xinliutalks", ids=()),
        "the post carries the handle '@xinliutalks' of Xin Liu's channel, but no id that proves "
        "it: compare the channel's page (it is by '@xinliutalks' on youtube (id unknown))",
    ),
    "nobody": (
        posted("jo"),
        "published by '@jo' on youtube (id 'UCother'), no official channel of anyone enrolled (1, "
        "1 with a channel on youtube); alone this means little",
    ),
}


@pytest.mark.parametrize(("post", "why"), SENTENCES.values(), ids=SENTENCES)
def test_the_sentence_says_what_to_look_at(post: Sidecar, why: str) -> None:
    assert only(post, XIN).why == why


HOSTILE = {
    "bidi-override": "xinliu\u202etalks",
    "line-break": "xinliu\ntalks",
    "zero-width": "xin\u200bliu\u2060talks",
    "tags": "xinliutalks\U000e0061",
    "marks": "x" + "\u0301" * 500 + "inliutalks",
    "megabyte": "xinliutalks" * 100_000,
    "nul": "xinliu\x00talks",
}


@pytest.mark.parametrize("handle", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_escaped_and_cut(handle: str) -> None:
    """Also as the sidecar reader would never pass them on."""
    piece = only(posted(handle, name=handle), XIN)
    assert piece.why.isprintable()
    assert len(piece.why) < 1_000


@pytest.mark.parametrize("name", ["bidi-override", "line-break", "zero-width", "tags", "nul"])
def test_invisible_characters_do_not_hide_a_look_alike(name: str) -> None:
    assert only(posted(HOSTILE[name]), XIN).finding == "lookalike_handle"


@settings(max_examples=200)
@given(handle=st.text(max_size=40), name=st.text(max_size=40), alias=st.text(max_size=10))
def test_no_name_breaks_the_detector(handle: str, name: str, alias: str) -> None:
    someone = person("a", "Ann", OfficialChannel("youtube", "1", alias), aliases=(alias,))
    for piece in examine(posted(handle, platform=alias or "youtube", name=name), someone):
        assert piece.why.isprintable()


# --- look-alikes -----------------------------------------------------------------------------

HANDLES = {
    "case": ("MrBeast", "mrbeast", "same"),
    "capital-i-for-l": ("mrb\u0435ast", "MrBeast", "confusable"),
    "capital-i": ("eIonmusk", "elonmusk", "confusable"),
    "rn-for-m": ("elonrnusk", "elonmusk", "confusable"),
    "greek": ("el\u03bfnmusk", "elonmusk", "confusable"),
    "wide": ("\uff45lonmusk", "elonmusk", "confusable"),
    "small-capitals": ("\u1d07\u029f\u1d0f\u0274musk", "elonmusk", "confusable"),
    "accent": ("el\u00f6nmusk", "elonmusk", "confusable"),
    "underscore": ("elon_musk", "elonmusk", "separators"),
    "separator-left-out": ("elonmusk", "elon.musk", "separators"),
    "zero-for-o": ("el0nmusk", "elonmusk", "digits"),
    "letters-for-digits": ("deadmaus", "deadmau5", "digits"),
    "suffix": ("elonmusk_official", "elonmusk", "affix"),
    "prefix": ("TheRealElonMusk", "elonmusk", "affix"),
    "both": ("real.elonmusk.tv", "elonmusk", "affix"),
    "number": ("elonmusk2024", "elonmusk", "affix"),
    "digits-and-number": ("el0nmusk2024", "elonmusk", "affix"),
    "chinese-claim": ("elonmusk\u5b98\u65b9", "elonmusk", "affix"),
    "key-left-out": ("elonmsk", "elonmusk", "typo"),
    "keys-swapped": ("elonmuks", "elonmusk", "typo"),
    "two-keys-in-a-long-one": ("berniesannderrs", "berniesanders", "typo"),
    "two-keys-in-a-short-one": ("elonmusskk", "elonmusk", None),
    "key-in-a-very-short-one": ("elmusk", "elusk", None),
    "number-after-a-short-one": ("milan5503", "milan", None),
    "another-number": ("user440922249", "user440922248", None),
    "key-and-claim": ("irenavalequst_official", "irenavalequist", "typo"),
    "key-digit-and-claim": ("ir3na_valequst_0fficial", "irenavalequist", "typo"),
    "key-and-number": ("irenavalequst2024", "irenavalequist", "typo"),
    "digits-and-claim": ("real1renava1equist", "irenavalequist", "affix"),
    "key-and-claim-in-a-short-one": ("real_elonmsk", "elonmusk", None),
    "number-of-a-claim": ("official440922249", "official440922248", None),
    "fan-account": ("elonmuskfans", "elonmusk", None),
    "part-of-a-word": ("belonmuskrat", "elonmusk", None),
    "stranger": ("cookingwithjo", "elonmusk", None),
    "empty": ("", "elonmusk", None),
    "nothing-visible": ("\u200b", "___", None),
}


@pytest.mark.parametrize(("shown", "enrolled", "kind"), HANDLES.values(), ids=HANDLES)
def test_look_alike_handles(shown: str, enrolled: str, kind: str | None) -> None:
    likeness = handle_likeness(shown, enrolled)
    assert (likeness.kind if likeness else None) == kind


NAMES = {
    "equal": ("bernie  SANDERS", "Bernie Sanders", "same"),
    "order": ("Sanders, Bernie", "Bernie Sanders", "same"),
    "picture-signs": ("\u2b50 Bernie Sanders \u2705", "Bernie Sanders", "same"),
    "styled-letters": ("\U0001d401ernie Sanders", "Bernie Sanders", "confusable"),
    "cyrillic": ("B\u0435rnie Sanders", "Bernie Sanders", "confusable"),
    "claim": ("The Real Bernie Sanders (Official)", "Bernie Sanders", "affix"),
    "year": ("Bernie Sanders 2024", "Bernie Sanders", "affix"),
    "digit": ("Bern1e Sanders", "Bernie Sanders", "digits"),
    "typo": ("Bernie Sandes", "Bernie Sanders", "typo"),
    "short-typo": ("Xin Lie", "Xin Liu", None),
    "traditional": ("\u8521\u82f1\u6587", "\u8521\u82f1\u6587", "same"),
    "traditional-against-simplified": ("\u9418\u5357\u5c71", "\u949f\u5357\u5c71", "same"),
    "chinese-claim": ("\u949f\u5357\u5c71\u5b98\u65b9\u983b\u9053", "\u949f\u5357\u5c71", "affix"),
    "chinese-studio": ("\u6768\u8d85\u8d8a\u5de5\u4f5c\u5ba4", "\u6768\u8d85\u8d8a", None),
    "one-han-character-differs": ("\u949f\u5317\u5c71", "\u949f\u5357\u5c71", None),
    "accents-left-out": ("Zoe Dechane", "Zo\u00eb D\u00e9chan\u00e9", "same"),
    "spaces-left-out": ("berniesanders", "Bernie Sanders", "same"),
    "stroke": ("Bernie | Sanders", "Bernie Sanders", "same"),
    "stroke-and-claim": ("Bernie Sanders|Official", "Bernie Sanders", "affix"),
    "wide-stroke-and-claim": ("\u5218\u6b23\uff5c\u5b98\u65b9", "\u5218\u6b23", "affix"),
    "stroke-for-a-letter": ("Mar|ene |mhoff", "Marlene Imhoff", "confusable"),
    "hangul-filler": ("Bernie\u3164 San\u3164ders", "Bernie Sanders", "confusable"),
    "choseong-filler": ("Bernie\u115f Sanders", "Bernie Sanders", "confusable"),
    "mongolian-separator": ("Ber\u180enie Sanders", "Bernie Sanders", "confusable"),
    "khmer-vowel": ("Ber\u17b4nie Sanders", "Bernie Sanders", "confusable"),
    "unseen-before": ("\u200b" * 130 + "Bernie Sanders", "Bernie Sanders", "same"),
    "thousands-sign": ("B\u0489e\u0489rnie Sanders", "Bernie Sanders", "confusable"),
    "mark-of-another-script": ("Ber\u0e38nie Sanders", "Bernie Sanders", "confusable"),
    "backwards": ("\u202esrednaS einreB", "Bernie Sanders", "confusable"),
    "half-backwards": ("Bernie \u202esrednaS\u202c", "Bernie Sanders", "confusable"),
    "upside-down": (
        "s\u0279\u01ddpu\u0250s \u01dd\u1d09u\u0279\u01ddq",
        "Bernie Sanders",
        "confusable",
    ),
    "signs": ("Bernie $@nder$", "Bernie Sanders", "confusable"),
    "signs-and-digits": ("B3rn!e S@nders", "Bernie Sanders", "digits"),
    "a-sign-ends-a-word": ("Bernie Sanders!", "Bernie Sanders", "same"),
    "typo-and-claim": ("Bernie Sandes Official", "Bernie Sanders", "typo"),
    "digits-and-claim": ("8ernie 5anders TV", "Bernie Sanders", "digits"),
    "digit-typo-and-claim": ("Bern1e Sandes 0fficial", "Bernie Sanders", "typo"),
    "spaced-out": ("B e r n i e  S a n d e r s", "Bernie Sanders", "same"),
    "news": ("News about Bernie Sanders", "Bernie Sanders", None),
    "stroke-in-news": ("Live|Bernie Sanders|Iowa", "Bernie Sanders", None),
    "fans": ("Bernie Sanders Fans", "Bernie Sanders", None),
    "first-name": ("Bernie", "Bernie Sanders", None),
    "too-short": ("LBK", "LBK", None),
    "empty": ("", "Bernie Sanders", None),
}


# What "fancy text" sites write for a to z.
ALPHABETS = {
    "mixed": "αвc∂єƒgнιנкℓмησρqяѕтυνωχуz",  # noqa: RUF001
    "tails": "ąცƈɖɛʄɠɧıʝƙƖɱŋơ℘զཞʂɬų۷ῳҳყʑ",
    "hooks": "αɓƈɗɛƒɠɦιʝƙʅɱɳσρϙɾʂƚυʋɯxყȥ",  # noqa: RUF001
    "strokes": "ⱥƀȼđɇfǥħɨɉꝁłmnøᵽꝗɍsŧᵾvwxɏƶ",
    "syllabics": "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ",  # noqa: RUF001
    "armenian": "ǟɮƈɖɛʄɢɦɨʝӄʟʍռօքզʀֆȶʊʋաӽʏʐ",
    "small-capitals": "ᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘqʀsᴛᴜᴠᴡxʏᴢ",  # noqa: RUF001
    "squares": "".join(map(chr, range(0x1F130, 0x1F14A))),
    "dark-circles": "".join(map(chr, range(0x1F150, 0x1F16A))),
    "dark-squares": "".join(map(chr, range(0x1F170, 0x1F18A))),
    "halves-of-flags": "".join(map(chr, range(0x1F1E6, 0x1F200))),
    "script": "".join(map(chr, range(0x1D4EA, 0x1D504))),
}  # fmt: skip


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
def test_a_name_in_fancy_letters_is_found(alphabet: str) -> None:
    fancy = str.maketrans("abcdefghijklmnopqrstuvwxyz", alphabet)
    likeness = name_likeness("irena valequist".translate(fancy), "Irena Valequist")
    assert likeness is not None
    assert likeness.kind == "confusable"


@pytest.mark.parametrize(("shown", "enrolled", "kind"), NAMES.values(), ids=NAMES)
def test_look_alike_names(shown: str, enrolled: str, kind: str | None) -> None:
    likeness = name_likeness(shown, enrolled)
    assert (likeness.kind if likeness else None) == kind


DISTANCES = [("", "", 0), ("abc", "", 3), ("abc", "acb", 1), ("abc", "abd", 1), ("ca", "abc", 3)]


@pytest.mark.parametrize(("first", "second", "keys"), DISTANCES)
def test_edit_distance(first: str, second: str, keys: int) -> None:
    assert edit_distance(first, second) == edit_distance(second, first) == keys


@given(a=st.text("abc", max_size=8), b=st.text("abc", max_size=8), limit=st.integers(0, 4))
def test_a_limit_only_cuts_the_edit_distance(a: str, b: str, limit: int) -> None:
    assert edit_distance(a, b, limit=limit) == min(edit_distance(a, b), limit + 1)


@given(st.text(max_size=60))
def test_a_skeleton_shows_everything_that_it_compares(text: str) -> None:
    folded = skeleton(text)
    assert not {unicodedata.category(char) for char in folded} & {"Cc", "Cf", "Cs"}


# --- many channels ---------------------------------------------------------------------------


@functools.cache
def owners() -> list[Sidecar]:
    """One post of each channel, made or real, preferably one with a handle."""
    found: dict[tuple[str, str], Sidecar] = {}
    with tempfile.TemporaryDirectory() as folder:
        posts = [sidecar.read(path) for path in (*write_made(Path(folder)), *real_sidecars())]
    for post in posts:
        key = (post.platform, post.channel_id)
        if all(key) and (key not in found or not found[key].handle):
            found[key] = post
    return list(found.values())


def as_person(owner: Sidecar) -> Person:
    account = OfficialChannel(owner.platform, owner.channel_id, owner.handle)
    return person("owner", owner.display_name or owner.handle, account)


def test_no_channel_is_a_look_alike_of_another() -> None:
    """45 made owners; with 87 real ones 17,292 ordered pairs of different ones: no false alarm."""
    findings = Counter(
        only(post, as_person(owner)).finding
        for owner in owners()
        for post in owners()
        if post is not owner
    )
    assert sum(findings.values()) == len(owners()) * (len(owners()) - 1)
    assert set(findings) == {"not_official"}


def test_every_channel_is_official_to_its_owner() -> None:
    """By its ids; most of these records are of yt-dlp's tests, which prove no file."""
    downloads = [replace(post, fit=Fit()) for post in owners()]
    assert {only(post, as_person(post)).finding for post in downloads} == {"official"}


CYRILLIC = "\u0430\u0441\u0435\u043e\u0440\u0445\u0443"  # look like aceopxy
TRICKS: dict[str, tuple[Callable[[str], str], float]] = {
    "cyrillic": (lambda h: h.translate(str.maketrans("aceopxy", CYRILLIC)), 1.0),
    "capital-i": (lambda h: h.replace("l", "I"), 1.0),
    "digits": (lambda h: h.translate(str.maketrans("oie", "013")), 1.0),
    "underscore": (lambda h: f"{h[:3]}_{h[3:]}_", 0.98),
    "official": (lambda h: f"{h}_official", 1.0),
    "real": (lambda h: f"real{h}", 1.0),
    "number": (lambda h: f"{h}1", 0.98),
    "swapped": (lambda h: h[:2] + h[3:4] + h[2:3] + h[4:], 0.9),
    "doubled": (lambda h: f"{h}{h[-1:]}", 0.95),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_look_alikes_made_from_handles_are_found(trick: str) -> None:
    change, expected = TRICKS[trick]
    hits = total = 0
    for owner in owners():
        changed = change(owner.handle.lower())
        if not owner.handle or sidecar.handle_key(changed) == sidecar.handle_key(owner.handle):
            continue
        total += 1
        stranger = posted(changed, platform=owner.platform, ids=("UCstranger",))
        hits += only(stranger, as_person(owner)).finding == "lookalike_handle"
    assert total >= 30
    assert hits / total >= expected


@pytest.mark.parametrize(
    ("shown", "enrolled"),
    [("\u9a6c\u82f1\u4e5d", "\u9f99\u82f1\u4e5d"), ("\u4eba\u6587\u660e", "\u6587\u660e")],
)
def test_a_han_character_is_never_left_out(shown: str, enrolled: str) -> None:
    # The first character of each is a confusable of a radical, which is no letter.
    assert name_likeness(shown, enrolled) is None


def test_a_radical_stands_for_its_character() -> None:
    likeness = name_likeness("\u2ee2\u82f1\u4e5d", "\u9a6c\u82f1\u4e5d")
    assert likeness is not None and likeness.kind == "confusable"


REUTERS = TrustedChannel("youtube", "UCreuters", "Reuters")


@pytest.mark.parametrize(
    ("post", "finding", "told"),
    [
        pytest.param(
            posted(ids=("UCreuters",)),
            "trusted_channel",
            "published by a trusted channel: Reuters (youtube UCreuters)",
            id="by-its-id",
        ),
        pytest.param(
            replace(posted(ids=("UCreuters",)), fit=Fit(against=("it is longer",))),
            "claimed_trusted",
            "don't prove that this file is that post: it is longer",
            id="sidecar-of-another-file",
        ),
        pytest.param(
            posted(name="REUTERS"), "lookalike_trusted", "which it is not by its id", id="its-name"
        ),
        pytest.param(
            posted(ids=(), name="REUTERS"),
            "lookalike_trusted",
            "and no id tells that it is",
            id="its-name-without-an-id",
        ),
        pytest.param(
            posted(platform="tiktok", name="REUTERS"),
            "lookalike_trusted",
            "which is on another platform",
            id="its-name-elsewhere",
        ),
        pytest.param(
            posted(ids=("UCreuters",), platform="tiktok"), None, "", id="id-of-another-site"
        ),
        pytest.param(posted(name="Gardening with Bea"), None, "", id="somebody-else"),
    ],
)
@pytest.mark.parametrize("people", [(), (XIN,)], ids=["nobody-enrolled", "somebody-enrolled"])
def test_a_trusted_channel_of_others_is_context_and_speaks_for_nothing(
    people: tuple[Person, ...], post: Sidecar, finding: str | None, told: str
) -> None:
    pieces = examine(post, *people, trusted=(REUTERS,))
    found = [one for one in pieces if isinstance(one, Evidence) and "trusted" in one.finding]
    assert [one.finding for one in found] == ([finding] if finding else [])
    assert all(told in one.why and one.llr == 0.0 and one.person is None for one in found)
    assert [one for one in pieces if one not in found] == examine(post, *people)
