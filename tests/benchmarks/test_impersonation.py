"""The scenario asks for the right thing: who is enrolled, what is wrong, when an aim is met."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import impersonation
from benchmarks.impersonation import Kind, PostToJudge
from media_screen.evidence import Label, MediaInfo, Verdict


def posts(kind: Kind, *labels: Label) -> list[tuple[PostToJudge, Verdict]]:
    query = PostToJudge(Path("clips/one|two.mp4"), kind, "ada", kind == "official post")
    return [(query, Verdict(label, MediaInfo("x"), summary="a | b")) for label in labels]


def many(label: Label, count: int) -> list[Label]:
    return [label] * count


def test_every_fake_is_of_someone_enrolled() -> None:
    assert set(impersonation.FAKES.values()) <= set(impersonation.OFFICIAL)
    assert set(impersonation.UNSEEN.values()) <= set(impersonation.OFFICIAL)


@pytest.mark.parametrize(
    ("caught", "missed", "met"), [(19, 1, True), (18, 2, False), (20, 0, True)]
)
def test_ninety_five_of_a_hundred_fakes_are_asked_for(caught: int, missed: int, met: bool) -> None:
    found = posts("fake", *many("altered_official", caught), *many("official_copy", missed))
    aim = impersonation.aims(found)[0]
    assert (aim.count, aim.of, aim.met) == (caught, caught + missed, met)


def test_a_synthetic_label_names_nobody_and_is_no_catch() -> None:
    assert impersonation.aims(posts("fake", "synthetic_media"))[0].count == 0


def test_nothing_official_may_be_accused() -> None:
    fine = posts("official post", "official") + posts("copy elsewhere", "official_copy")
    assert impersonation.aims(fine)[1].met
    assert not impersonation.aims(fine + posts("copy elsewhere", "altered_official"))[1].met


def test_three_of_a_hundred_other_clips_may_be() -> None:
    fine = posts("genuine, of others", *many("no_finding", 97))
    three = posts("genuine, of enrolled people", *many("synthetic_media", 3))
    assert impersonation.aims(fine + three)[2].met
    assert not impersonation.aims(fine + three + three[:1])[2].met


def test_misses_are_listed_with_their_reasons() -> None:
    found = posts("fake", "unverified_appearance", "altered_official") + posts(
        "genuine, of others", "no_finding"
    )
    record = impersonation.summary(found)
    assert [one["label"] for one in record["missed"]] == ["unverified_appearance"]
    text = impersonation.markdown(record)
    assert "| fake | clips-one\\|two.mp4 | `unverified_appearance` |" in text
    assert "a \\| b" in text and "| fake | 1 | 1 | 0 |" in text


def test_a_person_and_the_channel_of_a_post_share_an_id(tmp_path: Path) -> None:
    from media_screen import sidecar
    from media_screen.people.registry import load_people

    clip = tmp_path / "clips" / "one.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"x")
    impersonation._enroll(tmp_path / "people", "ada-one", [clip])
    (person,) = load_people(tmp_path / "people")
    post = sidecar.parse(impersonation._sidecar("ada-one", clip))
    other = sidecar.parse(impersonation._sidecar("clips of the day", clip))
    assert post.channel_id == person.channels[0].id != other.channel_id
    assert [file.name for file in person.official] == ["clips-one.mp4"]
