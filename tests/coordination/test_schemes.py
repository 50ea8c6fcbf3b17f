"""Names made by one scheme, and names of people."""

from __future__ import annotations

import pytest

from media_screen.coordination.schemes import build_of, schemes
from tests.channels import MADE

BUILDS = [
    ("SunnyHarbor4821", "2 words + 4 digits"),
    ("sunny_harbor_4821", "2 words + 4 digits"),
    ("olegpavlyuk8812", "letters + 4 digits"),
    ("x99_news", "letters + 2 digits + letters"),
    ("\u6d77\u87ba2024", "letters + 4 digits"),
    ("\u0939\u093f\u0928\u094d\u0926\u09402024", "letters + 4 digits"),
    ("Ren\u00e9e_Mart\u00edn77", "2 words + 2 digits"),
    ("Rene\u0301e_Marti\u0301n77", "2 words + 2 digits"),
    ("railyard4", ""),
    ("velvetlantern", ""),
    ("20241130", ""),
    ("", ""),
]


@pytest.mark.parametrize(("name", "build"), BUILDS)
def test_the_build_of_a_name_is_said_in_words(name: str, build: str) -> None:
    assert build_of(name) == build


def numbered(*names: str) -> dict[str, str]:
    return {f"x:{at}": name for at, name in enumerate(names)}


SCHEMES = [
    pytest.param(
        ["harbour_voice1", "harbour_voice2", "Harbour_Voice17", "mollyquill"],
        [*["harbour_voice + 1 to 2 digits"] * 3, ""],
        id="one-stem",
    ),
    pytest.param(
        ["RedRiver1042", "BlueStone3381", "OldTower9120", "NewGate4417", "FarShore2206"],
        ["2 words + 4 digits"] * 5,
        id="one-build",
    ),
    pytest.param(
        ["stra\u00dfe1", "STRASSE27", "Stra\u00dfe300"],
        ["strasse + 1 to 3 digits"] * 3,
        id="longer-without-case",
    ),
    pytest.param(
        [
            "\u0130\u0130\u0130\u0130\u01301",
            "\u0130\u0130\u0130\u0130\u01302",
            "\u0130\u0130\u0130\u0130\u01303",
        ],
        ["i\u0307i\u0307i\u0307i\u0307i\u0307 + 1 digit"] * 3,
        id="letters-that-become-two",
    ),
    pytest.param(["RedRiver1042", "BlueStone3381", "mollyquill"], ["", "", ""], id="two-by-chance"),
    pytest.param(["a1", "b2", "c3", "d4", "e5"], [""] * 5, id="short-names"),
    pytest.param(
        ["user7719340088", "user2201384711", "user9018273645", *("abcdefghijklmn")],
        [""] * 17,
        id="names-that-platforms-give",
    ),
]


@pytest.mark.parametrize(("names", "expected"), SCHEMES)
def test_names_of_one_scheme_are_told(names: list[str], expected: list[str]) -> None:
    known = numbered(*names)
    found = schemes(known)
    assert [found.get(id_, "") for id_ in known] == expected


def test_channels_of_all_kinds_follow_no_scheme() -> None:
    assert schemes(numbered(*(channel.handle for channel in MADE))) == {}
