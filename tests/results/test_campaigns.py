"""Saved campaigns are input: numbers have limits, and what is wrong with a line is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from media_screen.results.campaigns import CAMPAIGNS, read_campaigns
from media_screen.results.saved_line import BAD_RECORD, parse_campaign
from tests.report import invented

GOOD: dict[str, Any] = invented.small()[0].to_dict()
MOST = 2**53 - 1  # every reader of JSON holds integers up to it


def schema(name: str) -> Any:
    path = files("media_screen") / "schema" / f"{name}.schema.json"
    return json.loads(path.read_text("utf-8"))


def nodes(found: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Give each part of a schema or record with the way to it."""
    yield place, found
    if isinstance(found, (dict, list)):
        for step, part in found.items() if isinstance(found, dict) else enumerate(found):
            yield from nodes(part, f"{place}/{step}")


def is_number(found: Any) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool)


NUMBERS = [place for place, found in nodes(GOOD) if is_number(found)]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("campaign", {"integer", "number"}), ("verdict", {"integer"})],
    ids=["campaign", "verdict"],
)
def test_every_number_of_a_schema_has_limits(name: str, kinds: set[str]) -> None:
    found = []
    for place, part in nodes(schema(name)):
        told = part.get("type") if isinstance(part, dict) else None
        told = part.get("type") if isinstance(part, dict) else None
        # Where a property is called so, "type" is no kind.
        if isinstance(told, (str, list)) and kinds & set([told] if isinstance(told, str) else told):
            found.append(place)
            assert 0 <= part["minimum"] < part["maximum"] <= MOST, place
    assert len(found) >= 10


def with_number(place: str, to: object) -> bytes:
    record = json.loads(json.dumps(GOOD))
    part: Any = record
    *way, last = (int(step) if step.isdigit() else step for step in place.split("/")[1:])
    for step in way:
        part = part[step]
    part[last] = to
    return json.dumps(record).encode()


HUGE = {
    "over-the-limit": MOST + 1,
    "beyond-floats": 10**400,
    "below-zero": -1,
    "far-below-zero": -(10**400),
    "no-number": "9",
}


@pytest.mark.parametrize("value", HUGE.values(), ids=HUGE)
def test_a_number_beyond_its_limits_is_refused_wherever_it_stands(value: object) -> None:
    assert {place.split("/")[-1] for place in NUMBERS} > {"count", "followers", "apart_s", "read"}
    for place in NUMBERS:
        with pytest.raises(BAD_RECORD):
            parse_campaign(with_number(place, value))


LINES: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut-off": (lambda: json.dumps(GOOD).encode()[:300], "line 2: "),
    "no-campaign": (lambda: b'{"schema": "media_screen.verdict/1"}', "media_screen.campaign/1"),
    "a-number-too-great": (lambda: with_number("/ties/0/count", 10**400), "ties.0.count"),
    "the-same-campaign-again": (lambda: json.dumps(GOOD).encode(), "is on line 1, too"),
}


@pytest.mark.parametrize(("line", "told"), LINES.values(), ids=LINES)
def test_bad_lines_are_told_and_cost_nothing_else(
    tmp_path: Path, line: Callable[[], bytes], told: str
) -> None:
    other = json.dumps(GOOD | {"id": "c-111111111111"}).encode()
    (tmp_path / CAMPAIGNS).write_bytes(b"\n".join((json.dumps(GOOD).encode(), line(), other)))
    heard: list[str] = []
    found = read_campaigns(tmp_path, tell=heard.append)
    assert [one.id for one in found] == [GOOD["id"], "c-111111111111"]
    (note,) = heard
    assert note.startswith("of campaigns.jsonl 1 line was left out, the first is line 2: ")
    assert told in note


def test_before_a_scan_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert read_campaigns(tmp_path, tell=pytest.fail) == ()


def test_whoever_asks_in_code_hears_of_bad_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import media_screen

    (tmp_path / CAMPAIGNS).write_text("{}\n")
    assert media_screen.campaigns(tmp_path) == ()
    assert "of campaigns.jsonl 1 line was left out" in caplog.text
