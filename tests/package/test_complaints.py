"""Texts of complaint: for whom there is one, and that it claims no more than the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media_screen.evidence import ACCUSING, LABELS, Campaign, Label, Post, Verdict
from media_screen.package.complaints import FORMS, LANGUAGES, complaints
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


@pytest.mark.parametrize("label", LABELS)
def test_only_what_is_suspected_is_complained_of(label: Label) -> None:
    assert bool(texts(replace(manipulated(), label=label))) == (label in ACCUSING)


@pytest.mark.parametrize("role", ["original", "quotes"])
def test_the_official_post_and_what_quotes_it_never_are(role: str) -> None:
    assert texts(manipulated(), file_0=role) == {}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_platform_has_a_text_in_each_language(form) -> None:  # type: ignore[no-untyped-def]
    for site in form.sites:
        verdict = manipulated()
        assert verdict.post
        found = texts(replace(verdict, post=replace(verdict.post, platform=site)))
        assert set(found) == {f"{form.name.lower()}.{language}.txt" for language in LANGUAGES}
        for language in LANGUAGES:
            text = found[f"{form.name.lower()}.{language}.txt"]
            assert form.categories["manipulated"][language] in text
            assert form.categories["impersonation"][language] in text
            assert form.categories["explicit"][language] not in text


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
        "(A) this post appears to show or voice xin-liu",
        "(B) 97% of this post repeats another file of the same campaign, and that file appears to "
        "show or voice xin-liu",
        "This is a suspicion and no finding of fact.",
        "https://example.org/watch/again\n   account: @UC2, UC2\n   posted: 2025-09-13 01:45 UTC",
        "posted: 2025-09-13 UTC",
        f"SHA-256 of the file as downloaded: {repost.media.sha256}",
    ):
        assert said in text, said
    french = texts(manipulated(), repost)["youtube.fr.txt"]
    assert "97 % de cette publication reprend un autre fichier de la même campagne, et ce" in french
    for word in ("fake", "deepfake", "forged", "proves", "faux", "truqué", "prouve"):
        assert word not in text.lower() and word not in french.lower()


def test_a_look_alike_account_is_no_sign_of_manipulation() -> None:
    channel = manipulated(llr={"manipulation": -2.0}, fusion=None, evidence=())
    text = texts(channel)["youtube.en.txt"]
    assert "Category: Impersonation\n" in text
    assert "signs of manipulation" not in text and "the account resembles theirs" in text
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
