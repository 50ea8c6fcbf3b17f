"""Texts of complaint: for whom there is one, and that it claims no more than the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import get_args

import pytest

from media_screen.evidence import (
    ACCUSING,
    LABELS,
    Campaign,
    CampaignRole,
    ChannelStanding,
    Label,
    Post,
    Provenance,
    Verdict,
)
from media_screen.exports.causes import MEDIA_CAUSES, SUPPORTED, Supported
from media_screen.package.complaint_words import LANGUAGES, REPEAT, SAID, Language
from media_screen.package.complaints import FORMS, ComplaintForm, complaints
from tests.exports.causing import CASES, Case, judged
from tests.report import invented, records


def texts(*verdicts: Verdict, **roles: str) -> dict[str, str]:
    """The texts for a campaign of these files by name; `roles` by number of the file."""
    files = tuple(
        invented.member(one, role=roles.get(f"file_{number}", "member"))
        for number, one in enumerate(verdicts)
    )
    campaign = Campaign(
        invented.ID, verdicts[0].label, None, "", verdicts[0].media.key, files=files
    )
    return {one.name: one.text for one in complaints(campaign, verdicts)}


def manipulated(**fields: object) -> Verdict:
    """A suspected file with signs of manipulation, posted on YouTube."""
    post = Post("youtube", "UC1", "@truth", "Truth", "t", "https://example.org/1", "2025-09-13")
    return replace(records.suspected(), post=post, **fields)  # type: ignore[arg-type]


# --- what is said --------------------------------------------------------------------------------

# By which words each claim is known, in no other sentence.
MARKS: Mapping[Language, Mapping[Supported, str]] = {
    "en": {
        "shown": "appears to show or voice",
        "recorded": "recorded as showing",
        "footage": "uses official footage",
        "uncompared": "could not be compared",
        "beside": "but for a part that does not match",
        "nobody": "nobody in particular was recognised",
        "known_fake": "recorded earlier as fabricated",
        "revoiced": "its sound does not",
        "repictured": "its picture does not",
        "altered_official": "but for parts",
        "remade": "a face in it differs",
        "measured": "has signs of manipulation",
        "weighed": "only together with",
        "declared_ai": "declare its content as generated",
        "generator_tag": "name a program",
        "ai_generated": "declare its content as made by",
        "ai_composite": "made in part by",
        "platform_ai_label": "the platform labels",
        "generator_mark": "carries a label",
        "lookalike": "name or handle of the account",
    },
    "fr": {
        "shown": "semble montrer",
        "recorded": "enregistré comme montrant",
        "footage": "utilise une vidéo officielle",
        "uncompared": "n'ont pu être comparés",
        "beside": "sauf un passage",
        "nobody": "personne n'a été reconnu",
        "known_fake": "déjà enregistré comme fabriqué",
        "revoiced": "mais pas la bande-son",
        "repictured": "mais pas l'image",
        "altered_official": "sauf des passages",
        "remade": "un visage y diffère",
        "measured": "présente des indices de manipulation",
        "weighed": "ne dépassent le seuil",
        "declared_ai": "comme généré par",
        "generator_tag": "nomment un programme",
        "ai_generated": "comme créé par",
        "ai_composite": "créé en partie par",
        "platform_ai_label": "la plateforme signale",
        "generator_mark": "porte une mention",
        "lookalike": "l'identifiant du compte",
    },
}
NO_AI: Mapping[Language, str] = {
    "en": "It does not say that the media were made by artificial intelligence.",
    "fr": "Elle n'affirme pas que le contenu a été créé par une intelligence artificielle.",
}
BY_AI = {"en": "artificial intelligence", "fr": "intelligence artificielle"}
# What no text says: a screening finds nothing out, and knows no truth.
NEVER = ("fake", "deepfake", "forged", "proves", "shows that", "faux", "truqué", "prouve")


def claimed(text: str, language: Language) -> set[Supported]:
    return {one for one, mark in MARKS[language].items() if mark in text}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("one", SUPPORTED)
def test_each_claim_has_a_sentence_that_is_known_by_its_words(
    one: Supported, language: Language
) -> None:
    assert claimed(SAID[language][one], language) == {one}


def found_in(text: str) -> str:
    """The part of a text that says what was found."""
    return text.split("\n\n\n")[-1].split("\n\n")[2]


def declares(supported: Iterable[Supported]) -> bool:
    by = ("declared_ai", "generator_tag", "ai_generated", "ai_composite", "platform_ai_label")
    return bool({*by, "generator_mark"} & set(supported))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_text_claims_what_the_verdict_does_and_nothing_else(
    case: Case, form: ComplaintForm, language: Language
) -> None:
    for site in form.sites:
        found = texts(judged(case.evidence, platform=site))
        assert set(found) == {f"{form.name.lower()}.{one}.txt" for one in LANGUAGES}
        text = found[f"{form.name.lower()}.{language}.txt"]
        assert claimed(found_in(text), language) == case.supported
        assert (NO_AI[language] in text) == (not declares(case.supported))
        if not declares(case.supported):
            assert text.count(BY_AI[language]) == 1, "only that it is not said"
        assert not [word for word in NEVER if word in text.lower()]
        grounds = {
            "manipulated": bool(case.supported & set(MEDIA_CAUSES)),
            "impersonation": case.label == "suspected_impersonation",
            "explicit": False,
        }
        category = text.splitlines()[1]
        for ground, named in grounds.items():
            assert (form.categories[ground][language] in category) == named  # type: ignore[index]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_copy_is_said_to_repeat_what_was_found_in_the_media(
    case: Case, language: Language
) -> None:
    source = judged(case.evidence, platform="douyin")
    copy = replace(
        judged((), name="copy", platform="tiktok"),
        label=source.label,
        person=source.person,
        passed=invented.through(source, share=0.614),
    )
    found = texts(source, copy)
    media = case.supported - {"lookalike"}
    if not media & set(MEDIA_CAUSES):
        assert found == {}, "what another account is called says nothing of this one"
        return
    text = found[f"tiktok.{language}.txt"]
    assert claimed(found_in(text), language) == media
    assert found_in(text).count("(A)") == 1 and "(B)" not in found_in(text)
    assert REPEAT[language].partition("{")[0] in text
    assert {"en": "repeats: 61%", "fr": "reprise : 61 %"}[language] in text


def test_copies_of_one_file_share_one_finding_whatever_their_share() -> None:
    source = judged(CASES["signs"].evidence, platform="youtube")
    copies = [
        replace(
            judged((), name=f"copy {number}", platform="youtube"),
            label=source.label,
            person=source.person,
            passed=invented.through(source, share=number / 40),
        )
        for number in range(20, 40)
    ]
    text = texts(source, *copies)["youtube.en.txt"]
    assert [letter for letter in "ABCD" if f"  ({letter}) " in text] == ["A", "B", "C"]
    assert text.count("found: C\n") == 20 and text.count("repeats: ") == 20


def test_who_is_recognised_in_the_copy_alone_is_said_of_the_copy() -> None:
    source = judged(CASES["signs-of-nobody"].evidence, platform="youtube")
    copy = replace(
        judged(CASES["signs"].evidence[:1], name="copy", platform="youtube"),
        label="suspected_impersonation",
        passed=replace(invented.through(source), label="unverified_appearance", person="ada"),
    )
    text = texts(source, copy)["youtube.en.txt"]
    assert "this post appears to show or voice ada" in text
    assert "Category: Impersonation; Misinformation: manipulated content" in text


# --- of whom -------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", LABELS)
def test_only_what_is_suspected_is_complained_of(label: Label) -> None:
    assert bool(texts(replace(manipulated(), label=label))) == (label in ACCUSING)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("own", [None, *LABELS])
@pytest.mark.parametrize("role", get_args(CampaignRole))
def test_the_official_post_what_is_vouched_for_and_what_quotes_never_are(
    role: str, own: Label | None, label: Label
) -> None:
    source = replace(manipulated(), post=None)
    passed = own and replace(invented.through(source), label=own)
    post = replace(manipulated(), label=label, passed=passed)
    post = replace(post, media=replace(post.media, path="other.mp4"))
    complained = label in ACCUSING and role == "member" and own not in ("official", "official_copy")
    assert bool(texts(source, post, file_1=role)) == complained


@pytest.mark.parametrize("channel", get_args(ChannelStanding))
def test_no_account_that_is_official_or_may_be_is_complained_of(channel: ChannelStanding) -> None:
    post = replace(manipulated(), provenance=Provenance(channel=channel))
    assert bool(texts(post)) == (channel not in ("official", "claimed"))


def test_no_account_that_posted_the_original_is_complained_of() -> None:
    original = invented.posted("talk", channel="UC1", label="official")
    assert texts(manipulated())
    assert texts(manipulated(), original) == {}
    unproven = replace(original, provenance=Provenance())
    assert (
        texts(manipulated(), unproven) and texts(manipulated(), unproven, file_1="original") == {}
    )
    other = replace(manipulated(), post=replace(original.post or Post(), channel_id="UC2"))
    assert texts(other, original, file_1="original")


def test_accounts_are_counted_by_their_ids() -> None:
    def by(name: str, channel: str, handle: str) -> Verdict:
        one = invented.posted(name, channel=channel, passed=invented.through(manipulated()))
        assert one.post
        return replace(one, post=replace(one.post, handle=handle))

    renamed = [by(f"{n}", "UC2", f"@name{n}") for n in range(3)]
    text = texts(manipulated(), *renamed)["youtube.en.txt"]
    assert "these 4 posts under the rules above, posted by 2 accounts" in text
    namesakes = [by(f"{n}", f"UC{n + 5}", "@same") for n in range(3)]
    assert "posted by 4 accounts" in texts(manipulated(), *namesakes)["youtube.en.txt"]
    nobody = [by(f"{n}", "", f"@name{n}") for n in range(3)]
    assert "accounts" not in texts(manipulated(), *nobody)["youtube.en.txt"].split("\n\n")[3]


def test_posts_elsewhere_are_left_out() -> None:
    verdict = manipulated()
    assert verdict.post
    assert texts(replace(verdict, post=replace(verdict.post, platform="douyin"))) == {}
    assert texts(replace(verdict, post=None)) == {}


def test_a_text_lists_the_posts_and_says_how_far_it_goes() -> None:
    repost = invented.posted(
        "again",
        published="2025-09-13T01:45:00Z",
        channel="UC2",
        passed=invented.through(manipulated()),
    )
    text = texts(manipulated(), repost)["youtube.en.txt"]
    for said in (
        "these 2 posts under the rules above, posted by 2 accounts",
        "(A) this post appears to show or voice Xin Liu",
        "(B) the picture or sound of this post has signs of manipulation",
        "another file of the same campaign, of which the screening found: that file appears to "
        "show or voice Xin Liu",
        "repeats: 97% of it is in the other file",
        "This is a suspicion and no finding of fact.",
        "https://example.org/watch/again\n   account: @UC2, UC2\n   posted: 2025-09-13 01:45 UTC",
        "posted: 2025-09-13 UTC",
        f"SHA-256 of the file as downloaded: {repost.media.sha256}",
    ):
        assert said in text, said


def test_a_look_alike_account_is_no_sign_of_manipulation() -> None:
    channel = manipulated(llr={"manipulation": -2.0}, fusion=None, evidence=())
    text = texts(channel)["youtube.en.txt"]
    assert "Category: Impersonation\n" in text
    assert "signs of manipulation" not in text and "the account that published" in text
    # What another account is called says nothing of who posted the same.
    repost = invented.posted("again", channel="UC2", passed=invented.through(channel))
    assert "@UC2" not in texts(channel, repost)["youtube.en.txt"]
    assert texts(repost) == {}  # the result that it is from is gone


def test_explicit_pictures_are_named_as_such() -> None:
    text = texts(manipulated(flags=("explicit",)))["youtube.en.txt"]
    assert "Nudity and sexual content" in text and "sexually explicit" in text


def test_nobody_is_named_where_nobody_was_recognised() -> None:
    text = texts(replace(records.picture(), post=manipulated().post))["youtube.en.txt"]
    assert "nobody in particular was recognised" in text and "Impersonation" not in text


@pytest.mark.parametrize("hostile", records.HOSTILE)
def test_hostile_posts_can_write_no_lines(hostile: str) -> None:
    verdict = manipulated()
    post = Post("youtube", hostile, hostile, hostile, hostile, hostile, hostile)
    plain = texts(verdict)["youtube.en.txt"]
    text = texts(replace(verdict, post=post, person=hostile))["youtube.en.txt"]
    assert len(text.splitlines()) == len(plain.splitlines())
    assert "(address not known)" in text
    assert not set(text) & set("\x00\x1b\u202e\u2066\u200b\u2028")
