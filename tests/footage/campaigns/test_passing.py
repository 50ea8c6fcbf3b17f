"""What is known of one copy is known of all copies, and of nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from media_screen.evidence import Span
from media_screen.footage.campaigns import (
    FacesApart,
    FacesSaid,
    Pair,
    Passed,
    Passing,
    ScreenedFile,
    find_ties,
    holding,
    pass_along,
)
from media_screen.footage.campaigns.passing import MOST_COMPARED
from tests.footage.campaigns.making import by_key, file, shares, suspected


def passed(*files: ScreenedFile) -> dict[str, Passed]:
    known = by_key(*files)
    return dict(pass_along(known, find_ties(known.values())).passed)


FAKE = file("fake", suspicion=suspected())
LATE = file("fake", suspicion=suspected((30.0, 38.0)))
VOICE = file("fake", suspicion=suspected(alone="sound"))
FACE = file("fake", suspicion=suspected(alone="picture"))
EITHER = file("fake", suspicion=suspected(alone="picture sound"))
OF_OFFICIAL = file("fake", suspicion=suspected(), original="ann/speech")


@pytest.mark.parametrize(
    ("source", "copy", "gets"),
    [
        pytest.param(FAKE, file("x", shares("fake")), True, id="repeat"),
        pytest.param(FAKE, file("x", sha256="fake"), True, id="same-bytes"),
        pytest.param(FAKE, file("x", sha256="fake", official=True), False, id="the-official-post"),
        pytest.param(FAKE, file("x", shares("fake"), vouched=True), False, id="compared-copy"),
        pytest.param(FAKE, file("x", shares("fake", part="picture")), False, id="revoiced"),
        pytest.param(FACE, file("x", shares("fake", part="picture")), True, id="face-revoiced"),
        pytest.param(FACE, file("x", shares("fake", part="sound")), False, id="face-sound"),
        pytest.param(VOICE, file("x", shares("fake", part="sound")), True, id="voice-sound"),
        pytest.param(FACE, file("x", shares("fake", part="face")), True, id="face-in-a-frame"),
        pytest.param(VOICE, file("x", shares("fake", part="face")), False, id="voice-face"),
        pytest.param(EITHER, file("x", shares("fake", part="sound")), True, id="either-sound"),
        pytest.param(EITHER, file("x", shares("fake", part="picture")), True, id="either-picture"),
        pytest.param(VOICE, file("x", shares("fake", part="picture")), False, id="voice-picture"),
        pytest.param(FAKE, file("x", shares("fake", "excerpt", there=(3, 12))), True, id="excerpt"),
        pytest.param(
            LATE, file("x", shares("fake", "excerpt", there=(25, 36))), True, id="excerpt-of-it"
        ),
        pytest.param(
            LATE,
            file("x", shares("fake", "excerpt", there=(3, 12))),
            False,
            id="excerpt-without",
        ),
        pytest.param(
            LATE,
            file("x", shares("fake", "excerpt", there=(20, 30.4))),
            False,
            id="excerpt-with-its-edge",
        ),
        pytest.param(
            FAKE,
            file("x", shares("fake", "contains", here=(0, 30))),
            True,
            id="with-more",
        ),
        pytest.param(FAKE, file("x", shares("fake", "contains", here=(0, 12))), False, id="long"),
        pytest.param(
            FAKE, file("x", shares("fake", "quote", here=(0, 2), there=(0, 2))), False, id="quote"
        ),
        pytest.param(
            OF_OFFICIAL,
            file("x", shares("fake"), original="ann/speech"),
            False,
            id="both-of-one-official-video",
        ),
        pytest.param(
            OF_OFFICIAL,
            file("x", sha256="fake", original="ann/speech"),
            True,
            id="same-bytes-of-an-official-video",
        ),
        pytest.param(
            OF_OFFICIAL,
            file("x", shares("fake"), original="ann/other"),
            True,
            id="of-two-official-videos",
        ),
    ],
)
def test_who_gets_the_label_of_a_suspected_file(
    source: ScreenedFile, copy: ScreenedFile, gets: bool
) -> None:
    found = passed(source, copy)
    assert set(found) == ({"x"} if gets else set())
    if gets:
        assert (found["x"].label, found["x"].through.key) == ("suspected_impersonation", "fake")


NEAR, FAR = {"ann": 0.78}, {"ann": 0.35}  # cosines of a face to a person's references


@pytest.mark.parametrize(
    ("original", "source", "copy", "gets"),
    [
        pytest.param("", NEAR, {"ann": 0.74}, True, id="same-face"),
        pytest.param("", NEAR, FAR, False, id="another-face"),
        pytest.param("", NEAR, {}, True, id="no-face-compared-in-the-copy"),
        pytest.param("ann/speech", NEAR, {}, False, id="official-no-face-compared"),
        pytest.param("", NEAR, {"ann": 0.78, "bob": 0.8}, False, id="somebody-more"),
        pytest.param("", {"ann": 0.3}, {"bob": 0.2}, True, id="strangers-in-both"),
        pytest.param("", {}, {}, True, id="nobody-in-either"),
        pytest.param("ann/speech", NEAR, {"ann": 0.74}, True, id="official-same-face"),
        pytest.param("ann/speech", NEAR, FAR, False, id="official-another-face"),
        pytest.param("ann/speech", {}, {}, False, id="official-nobody-in-either"),
    ],
)
def test_faces_tell_a_copy_of_a_face_swap_from_its_original(
    original: str, source: dict[str, float], copy: dict[str, float], gets: bool
) -> None:
    fake = file("fake", suspicion=suspected(), original=original, faces=source)
    found = passed(fake, file("x", shares("fake"), original=original, faces=copy))
    assert set(found) == ({"x"} if gets else set())


SAME, OTHER, UNSURE, NOTHING = (FacesApart(most) for most in (-4.0, 4.0, 0.5, None))
SEEN = file("fake", suspicion=suspected(), faces_seen=True)
HEARD = file("fake", suspicion=suspected(alone="sound"), faces_seen=True)


def settled(known: Mapping[Pair, FacesApart], *files: ScreenedFile) -> Passing:
    """What comes of files when comparisons that are asked for come to what is known."""
    named = by_key(*files)
    made: dict[Pair, FacesApart] = {}
    while True:
        found = pass_along(named, find_ties(files), made)
        if not found.lacking:
            return found
        assert not found.lacking & made.keys(), "asked twice"
        made |= {pair: known[pair] for pair in found.lacking}


@pytest.mark.parametrize(
    ("source", "copy", "apart", "refused"),
    [
        pytest.param(SEEN, {}, SAME, None, id="same-face"),
        pytest.param(SEEN, {}, OTHER, "other", id="what-it-was-made-of"),
        pytest.param(SEEN, {}, UNSURE, "unclear", id="rather-another-face"),
        pytest.param(SEEN, {}, NOTHING, "failed", id="not-comparable"),
        pytest.param(
            replace(SEEN, faces=NEAR),
            {"faces": NEAR},
            NOTHING,
            None,
            id="not-comparable-same-person",
        ),
        pytest.param(
            replace(SEEN, faces=NEAR),
            {"faces": NEAR},
            OTHER,
            "other",
            id="same-person-with-another-mouth",
        ),
        pytest.param(SEEN, {"faces_seen": False}, None, None, id="no-face-in-the-copy"),
        pytest.param(HEARD, {}, None, None, id="only-its-voice-is-suspect"),
        pytest.param(SEEN, {"sha256": "fake"}, None, None, id="same-bytes"),
        pytest.param(
            SEEN, {"vouched": True, "from_original": -1.8}, SAME, None, id="nearer-to-the-fake"
        ),
        pytest.param(
            SEEN,
            {"vouched": True, "from_original": -4.2},
            SAME,
            "other",
            id="nearer-to-the-official",
        ),
        pytest.param(SEEN, {"vouched": True}, None, "other", id="vouched-by-its-sound"),
        pytest.param(SEEN, {"official": True}, None, None, id="the-official-post"),
    ],
)
def test_faces_are_compared_before_a_label_is_passed_along(
    source: ScreenedFile, copy: dict[str, Any], apart: FacesApart | None, refused: FacesSaid | None
) -> None:
    one = file("x", shares("fake"), **({"faces_seen": True} | copy))
    found = settled({} if apart is None else {("x", "fake"): apart}, source, one)
    called = refused is None and not one.official
    assert (set(found.passed), dict(found.refused)) == (
        {"x"} if called else set(),
        {"x": refused} if refused else {},
    )


def test_pictures_are_called_by_what_they_share_alone() -> None:
    moment = (0.0, 0.0)
    picture = file("x", shares("fake", here=moment, there=moment), faces_seen=True)
    picture = replace(
        picture, shared=(replace(picture.shared[0], share_here=1.0, share_there=1.0),)
    )
    assert set(settled({}, SEEN, picture).passed) == {"x"}


def test_a_copy_is_called_though_it_is_tied_to_what_the_fake_was_made_of() -> None:
    real = file("real", faces_seen=True)
    files = (
        real,
        replace(SEEN, shared=(shares("real"),)),
        *(file(name, shares("real"), faces_seen=True) for name in ("copy", "reposted")),
    )
    known = {("real", "fake"): OTHER, ("reposted", "fake"): OTHER, ("copy", "fake"): SAME}
    found = settled(known, *files)
    assert set(found.passed) == {"copy"}
    assert set(found.refused) == {"real", "reposted"}


def test_of_hundreds_of_suspected_copies_a_few_are_compared_with() -> None:
    sources = [
        file(f"s{n}", *([shares("s0")] if n else []), suspicion=suspected(), faces_seen=True)
        for n in range(60)
    ]
    copies = [file(f"x{n}", shares("s0"), faces_seen=True) for n in range(60)]
    asked: set[Pair] = set()
    known: dict[Pair, FacesApart] = {}
    while pairs := pass_along(by_key(*sources, *copies), find_ties([*sources, *copies]), known):
        if not pairs.lacking:
            break
        asked |= pairs.lacking
        known |= dict.fromkeys(pairs.lacking, OTHER)
    assert len(asked) == MOST_COMPARED * len(copies)


def test_it_goes_along_copies_to_an_excerpt_and_no_further() -> None:
    files = (
        LATE,
        file("copy", shares("fake", here=(2, 40), there=(0, 38))),  # comes 2 s later
        file("end", shares("copy", "excerpt", here=(0, 10), there=(30, 40))),
        file("beginning", shares("copy", "excerpt", here=(0, 10), there=(0, 10))),
        file("of-end", shares("end", "excerpt", there=(0, 5))),
    )
    found = passed(*files)
    assert set(found) == {"copy", "end"}
    assert found["copy"].share == pytest.approx(0.95)
    assert found["end"].here == Span(0, 10)


CAMPAIGN = (
    FAKE,
    file("b", shares("fake")),
    file("c", shares("b"), published="2026-01-01"),
    file("worse", shares("c"), suspicion=suspected(label="synthetic_media")),
    file("apart"),
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(CAMPAIGN)), 5))[::17])
def test_the_order_of_files_changes_nothing(order: tuple[int, ...]) -> None:
    found = passed(*(CAMPAIGN[place] for place in order))
    assert set(found) == {"b", "c", "worse"}, "what is suspected of less is called by the more"
    assert {one.through.key for one in found.values()} == {"fake"}


@pytest.mark.parametrize(
    ("source", "own", "label", "person"),
    [
        pytest.param(None, "ann", "suspected_impersonation", "ann", id="recognised-in-the-copy"),
        pytest.param(None, None, "synthetic_media", None, id="nobody-in-either"),
        pytest.param("ann", None, "suspected_impersonation", "ann", id="recognised-in-the-fake"),
    ],
)
def test_whoever_is_shown_is_named(
    source: str | None, own: str | None, label: str, person: str | None
) -> None:
    name = "suspected_impersonation" if source else "synthetic_media"
    fake = file("fake", suspicion=suspected(label=name, person=source))
    found = passed(fake, file("x", shares("fake"), person=own))["x"]
    assert (found.label, found.person) == (label, person)


def test_nobody_is_called_less_for_being_a_copy() -> None:
    less = file("less", suspicion=suspected(label="synthetic_media"))
    more = file("more", shares("less"), suspicion=suspected(label="suspected_impersonation"))
    assert set(passed(less, more)) == {"less"}


@pytest.mark.parametrize(
    ("copy", "holds"),
    [
        pytest.param(file("x", shares("fake", "quote")), True, id="quote"),
        pytest.param(file("x", shares("fake", "excerpt", there=(0, 5))), True, id="excerpt"),
        pytest.param(file("x", shares("fake"), vouched=True), False, id="compared-copy"),
        pytest.param(file("x"), False, id="apart"),
    ],
)
def test_files_say_that_they_share_with_a_suspected_one(copy: ScreenedFile, holds: bool) -> None:
    known = by_key(LATE, copy)
    assert holding(known, find_ties(known.values())) == ({"x": "fake"} if holds else {})
