"""Files that repeat one another are one group; what only quotes stands beside it."""

from __future__ import annotations

import pytest

from media_screen.footage.campaigns import ScreenedFile, find_groups, find_ties
from tests.footage.campaigns.making import by_key, file, shares, suspected

Groups = list[tuple[str, str]]  # names of files, and of those that quote


def grouped(*files: ScreenedFile) -> Groups:
    known = by_key(*files)
    groups = find_groups(known, find_ties(known.values()))
    return [(" ".join(group.files), " ".join(group.quoting)) for group in groups]


@pytest.mark.parametrize(
    ("kind", "part", "speak", "joined"),
    [
        pytest.param("repeat", "both", False, True, id="repeat"),
        pytest.param("repeat", "picture", False, True, id="revoiced"),
        pytest.param("repeat", "face", False, True, id="same-face-in-another-frame"),
        pytest.param("repeat", "sound", True, True, id="same-speech-under-other-pictures"),
        pytest.param("repeat", "sound", False, False, id="same-music-under-other-pictures"),
        pytest.param("excerpt", "both", False, True, id="excerpt"),
        pytest.param("contains", "both", False, True, id="what-holds-it"),
        pytest.param("quote", "both", True, False, id="quote"),
    ],
)
def test_what_joins_two_files(kind: str, part: str, speak: bool, joined: bool) -> None:
    two = (file("a", speaks=speak), file("b", shares("a", kind, part), speaks=speak))
    assert grouped(*two) == ([("a b", "")] if joined else [])


FAKE = file("a", suspicion=suspected())
SHORT = (10.0, 18.0)
CHAIN = (file("a"), file("b", shares("a")), file("c", shares("b", "excerpt")), file("d"))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(CHAIN, [("a b c", "")], id="through-another"),
        pytest.param(CHAIN[::-1], [("a b c", "")], id="in-another-order"),
        pytest.param((file("a"), file("z", sha256="a")), [("a z", "")], id="same-bytes"),
        pytest.param((file("a", shares("gone")), file("b")), [], id="what-is-gone-joins-nothing"),
        pytest.param(
            (file("a"), file("b", shares("a")), file("c"), file("d", shares("c"))),
            [("a b", ""), ("c d", "")],
            id="two-groups",
        ),
        pytest.param(
            (
                file("a", suspicion=suspected()),
                file("b", shares("a")),
                file("c", suspicion=suspected()),
                file("news", shares("a", "quote"), shares("c", "quote")),
            ),
            [("a b", "news"), ("c", "news")],
            id="news-that-quote-two-join-neither",
        ),
        pytest.param(
            (file("a"), file("news", shares("a", "quote"))), [], id="a-quote-of-nothing-suspected"
        ),
        pytest.param(
            (file("a", suspicion=suspected()), file("b", shares("a", "quote", "sound"))),
            [],
            id="a-jingle-quotes-nothing",
        ),
        pytest.param(
            (file("news"), file("z", shares("news", "quote"), suspicion=suspected())),
            [("z", "news")],
            id="quoted-whichever-came-first",
        ),
        pytest.param(
            (FAKE, file("news", shares("a", "contains", here=SHORT))),
            [("a", "news")],
            id="a-programme-that-shows-all-of-a-fake",
        ),
        pytest.param(
            (
                file("news"),
                file("z", shares("news", "excerpt", there=SHORT), suspicion=suspected()),
            ),
            [("z", "news")],
            id="a-programme-that-came-before-the-fake-it-shows",
        ),
        pytest.param(
            (FAKE, file("b", shares("a")), file("news", shares("b", "contains", here=SHORT))),
            [("a b", "news")],
            id="a-programme-that-shows-a-copy",
        ),
        pytest.param(
            (
                FAKE,
                file("c", suspicion=suspected()),
                file("news", *(shares(one, "contains", here=SHORT) for one in "ac")),
            ),
            [("a", "news"), ("c", "news")],
            id="a-programme-that-shows-two-fakes-joins-neither",
        ),
        pytest.param(
            (FAKE, file("intro", shares("a", "contains", here=(0, 20)))),
            [("a intro", "")],
            id="a-fake-that-is-half-of-a-file",
        ),
        pytest.param(
            (FAKE, file("piece", shares("a", "excerpt", there=SHORT))),
            [("a piece", "")],
            id="a-short-piece-of-a-fake",
        ),
        pytest.param(
            (FAKE, file("mix", shares("a", "contains", here=SHORT), suspicion=suspected())),
            [("a mix", "")],
            id="a-longer-fake-that-holds-one",
        ),
        pytest.param(
            (
                FAKE,
                file("news", shares("a", "contains", here=SHORT), suspicion=suspected((9.0, 18.0))),
            ),
            [("a", "news")],
            id="a-programme-that-is-suspected-for-what-it-shows",
        ),
        pytest.param(
            (
                FAKE,
                file(
                    "mix",
                    shares("a", "contains", here=SHORT),
                    suspicion=suspected((9.0, 18.0), (25.0, 35.0)),
                ),
            ),
            [("a mix", "")],
            id="a-longer-fake-that-is-suspected-for-more",
        ),
        pytest.param(
            (file("a"), file("b", shares("a", "contains", here=SHORT))),
            [("a b", "")],
            id="what-holds-a-file-of-which-nothing-is-suspected",
        ),
    ],
)
def test_groups(files: tuple[ScreenedFile, ...], expected: Groups) -> None:
    assert grouped(*files) == expected
