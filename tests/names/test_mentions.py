"""Names are found in any spelling that a reader would take for them, and in no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from media_screen.evidence import NameSeen, Span, TextLine
from media_screen.names.mentions import (
    Names,
    Text,
    WatchError,
    WatchName,
    names_of_people,
    read_watch_list,
    texts_of,
)
from media_screen.names.spelling import MAX_TEXT
from media_screen.people.registry import Person
from media_screen.sidecar import Sidecar


def name(text: str, kind: str, *aliases: str, person: str | None = None) -> WatchName:
    return WatchName(text, kind, (text, *aliases), person)  # type: ignore[arg-type]


# Fictional, but for the shapes of the names.
NAMES = Names(
    [
        name("Xin Liu", "person", "刘欣", person="xin-liu"),
        name("Viviane Dumarchais", "politician", "杜玛尔谢", "維維安·杜瑪爾謝"),
        name("Jean-Luc Mérandier", "politician"),
        name("Rally of the North", "party", "RN"),
        name("Québec", "place", "魁北克"),
        name("Li Na", "person", person="li-na"),
    ]
)


def found(text: str) -> dict[str, int]:
    """The names in a text, with the letters by which the best spelling differs."""
    return {one.name: one.distance for one in NAMES.find([Text("title", text)]).names}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # letters, accents, and what stands between words
        ("VIVIANE DUMARCHAIS parle", {"Viviane Dumarchais": 0}),
        ("Jean Luc Merandier", {"Jean-Luc Mérandier": 0}),
        ("Jean\u2010Luc Me\u0301randier", {"Jean-Luc Mérandier": 0}),
        ("l'avis d'Jean-Luc\xa0Mérandier\u2019s", {"Jean-Luc Mérandier": 0}),
        ("Dumarchais, Viviane", {"Viviane Dumarchais": 0}),
        ("Liu Xin", {"Xin Liu": 0}),
        ("in quebec city", {"Québec": 0}),
        # hashtags and handles
        ("#VivianeDumarchais", {"Viviane Dumarchais": 0}),
        ("#vivianedumarchais @xinliu", {"Viviane Dumarchais": 0, "Xin Liu": 0}),
        ("#QuébecLibre", {"Québec": 0}),
        # spelling
        ("Vivianne Dumarchais", {"Viviane Dumarchais": 1}),
        ("Vivianne Dumarchay", {}),
        ("Viviane Dumarchias", {"Viviane Dumarchais": 1}),
        ("Vivyane Dumarshais", {"Viviane Dumarchais": 2}),
        ("Wiviane Dumarchais", {}),
        ("Xin Lin", {}),
        # made to escape a search
        ("Vivi\u0430n\u0435 Dum\u0430rch\u0430is", {"Viviane Dumarchais": 0}),
        ("V\u200biviane Dumarchais", {"Viviane Dumarchais": 0}),
        (
            "\U0001d4e5iviane \uff24\uff55\uff4d\uff41\uff52\uff43\uff48\uff41\uff49\uff53",
            {"Viviane Dumarchais": 0},
        ),
        # Chinese, traditional and simplified
        ("主播劉欣說", {"Xin Liu": 0}),
        ("总统杜瑪爾謝访问魁北克", {"Viviane Dumarchais": 0, "Québec": 0}),
        ("维维安•杜玛尔谢", {"Viviane Dumarchais": 0}),
        ("维维安·杜玛尔榭", {"Viviane Dumarchais": 1}),
        ("刘\n欣", {}),
        ("刘新", {}),
        # short names only as they are written
        ("the RN wins", {"Rally of the North": 0}),
        ("the rn wins", {}),
        ("Lina and Luna", {}),
        ("li na", {"Li Na": 0}),
        # parts of words, and other names
        ("Quebecois quebecers", {}),
        ("Dumarchais", {}),
        ("Viviane\nDumarchais", {}),
        ("", {}),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, str) else "",
)
def test_spellings(text: str, expected: dict[str, int]) -> None:
    assert found(text) == expected


def test_a_name_is_told_once_for_each_place_with_its_words() -> None:
    words = "Here: Xin Liu. And again Xin Liu, who is 刘欣. " + "x" * 200
    texts = [
        Text("title", "Liu Xin today"),
        Text("description", words),
        Text("onscreen", "XIN LIU", Span(2.0, 2.0)),
        Text("onscreen", "XIN LIU", Span(5.0, 5.0)),
    ]
    told = NAMES.find(texts).names
    assert [(one.where, one.count) for one in told] == [
        ("title", 1),
        ("description", 3),
        ("onscreen", 2),
    ]
    assert told[1] == NameSeen(
        "Xin Liu",
        "person",
        "description",
        text=words[:53],
        spelled="Xin Liu",
        count=3,
        person="xin-liu",
    )
    assert told[2].span == Span(2.0, 2.0)


def test_the_best_spelling_is_told() -> None:
    (one,) = NAMES.find(
        [Text("title", "Vivianne Dumarchais"), Text("title", "Viviane Dumarchais")]
    ).names
    assert (one.spelled, one.distance, one.count) == ("Viviane Dumarchais", 0, 2)


@pytest.mark.parametrize(
    "text",
    [
        "Viviane " * 20_000,
        "\u9a6c" * 200_000,
        "#" + "aA" * 100_000,
        "\u0301" * 200_000,
        "Viviane Dumarchais " * 20_000,
        "RN" * 100_000,
        "\ufdfa" * 100_000,
    ],
    ids=["first-words", "han", "hashtag", "marks", "names", "no-spaces", "ligatures"],
)
def test_huge_texts_are_cut(text: str) -> None:
    told = NAMES.find([Text("description", text)]).names
    assert all(len(one.text) < 200 and one.count <= MAX_TEXT for one in told)


def test_texts_of_a_post_and_of_the_picture() -> None:
    post = Sidecar(title="a", description="b", tags=("c", "d"))
    line = TextLine("e", 1.5, (0.0, 0.0, 1.0, 1.0))
    assert [(text.where, text.text) for text in texts_of(post, [line])] == [
        ("title", "a"),
        ("description", "b"),
        ("tags", "c\nd"),
        ("onscreen", "e"),
    ]
    assert not list(texts_of(None))


def test_tags_are_apart() -> None:
    post = Sidecar(tags=("Viviane", "Dumarchais", "刘", "欣"))
    assert not NAMES.find(texts_of(post)).names


def test_people_are_found_by_name_and_alias() -> None:
    person = Person("xin-liu", "Xin Liu", ("刘欣", "X", "Xin Liu"), (), Path("xin-liu"))
    (one,) = names_of_people([person])
    assert one == WatchName("Xin Liu", "person", ("Xin Liu", "刘欣"), "xin-liu")


# --- the watch-list --------------------------------------------------------------------------


def test_a_watch_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text(
        '[[name]]\nname = "Viviane Dumarchais"\nkind = "politician"\n'
        'aliases = ["杜玛尔谢"]\n[[name]]\nname = "RN"\n',
        "utf-8",
    )
    assert read_watch_list(path) == (
        WatchName("Viviane Dumarchais", "politician", ("Viviane Dumarchais", "杜玛尔谢")),
        WatchName("RN", "other", ("RN",)),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = [", "not valid TOML"),
        ('[[name]]\nname = "Ada"\nkind = ' + str([1] * 5000), r"got \[1, 1.{,60}$"),
        ('[name]\nname = "A"', "expected \\[\\[name\\]\\] tables"),
        ('[[nmae]]\nname = "Ada"', "got \\['nmae'\\]"),
        ('[[name]]\nname = "Ada"\nalias = ["B"]', "name 1: unknown key 'alias'"),
        ('[[name]]\nname = "Ada"\nkind = "person"', "kind to be one of politician, party"),
        ('[[name]]\nname = "A"', "at least two letters, got 'A'"),
        ('[[name]]\nname = "Ada"\naliases = "Countess"', "aliases to be a list"),
        ('[[name]]\nname = "Ada"\naliases = [1]', "at least two letters, got 1"),
        ("[[name]]", "at least two letters, got None"),
    ],
)
def test_mistakes_in_a_watch_list_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "names.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(WatchError, match=message):
        read_watch_list(path)


def test_a_missing_watch_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(WatchError, match="can't be read: No such file"):
        read_watch_list(tmp_path / "nowhere.toml")
