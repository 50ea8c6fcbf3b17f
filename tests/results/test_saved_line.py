"""A saved line is input: it is held to the schema, and what is wrong with it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from media_screen.results.lines import LINE_LIMIT
from media_screen.results.saved_line import BAD_RECORD, parse_line
from tests.report import records

GOOD: dict[str, Any] = json.loads(records.suspected().to_json())


def test_what_a_scan_writes_is_read_again() -> None:
    for verdict in (records.suspected(), records.unjudged(), records.picture()):
        assert parse_line(verdict.to_json().encode() + b"\n") == verdict


def changed(*path: str | int, to: Any) -> Callable[[], bytes]:
    def line() -> bytes:
        record = json.loads(json.dumps(GOOD))
        place = record
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to
        return json.dumps(record).encode()

    return line


def without(name: str) -> Callable[[], bytes]:
    return lambda: json.dumps({key: GOOD[key] for key in GOOD if key != name}).encode()


def text(old: str, new: str) -> Callable[[], bytes]:
    def line() -> bytes:
        whole = json.dumps(GOOD)
        assert old in whole
        return whole.replace(old, new, 1).encode()

    return line


TAMPERED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no-label": (without("label"), "label"),
    "no-media": (without("media"), "media"),
    "unknown-label": (changed("label", to="certainly_fake"), "certainly_fake"),
    "label-as-list": (changed("label", to=["official"]), "label"),
    "other-version": (changed("schema", to="media_screen.verdict/99"), "verdict/99"),
    "person-as-number": (changed("person", to=7), "person"),
    "score-as-text": (changed("evidence", 0, "score", to="0.9"), "must be real number"),
    "unknown-axis": (changed("evidence", 0, "axis", to="taste"), "taste"),
    "evidence-as-object": (changed("evidence", to={}), "evidence"),
    "path-as-number": (changed("media", "path", to=7), "path"),
    "length-below-zero": (changed("media", "duration_s", to=-4.0), "duration_s"),
    "width-as-text": (changed("media", "width", to="wide"), "width"),
    "flags-as-text": (changed("flags", to="incomplete"), "flags"),
    "nan": (text('"score": ', '"score": NaN, "s": '), "NaN"),
    "infinity": (text('"score": ', '"score": Infinity, "s": '), "Infinity"),
    "a-number-beyond-all": (text('"duration_s": ', '"duration_s": 1e999, "d": '), ""),
    "digits-without-end": (text('"size_bytes": ', '"size_bytes": ' + "9" * 5000), ""),
    "a-name-twice": (text('"label": ', '"label": "official", "label": '), "got 'label' twice"),
    "deep": (lambda: b"[" * 100_000, ""),
    "deep-inside": (text('"post": ', f'"post": {"[" * 3000}{"]" * 3000}, "p": '), ""),
    "a-list": (lambda: b"[]", "not a JSON object"),
    "cut-off": (lambda: json.dumps(GOOD).encode()[:200], ""),
    "no-utf8": (lambda: b'{"schema": "\xff"}', "utf-8"),
    "too-long": (lambda: b" " * (LINE_LIMIT + 1), "longer than"),
}


@pytest.mark.parametrize(("line", "told"), TAMPERED.values(), ids=TAMPERED)
def test_a_line_that_no_scan_writes_is_refused(line: Callable[[], bytes], told: str) -> None:
    with pytest.raises(BAD_RECORD) as refused:
        parse_line(line())
    assert told in str(refused.value)
    assert len(str(refused.value)) < 1000  # however much the line holds


def test_text_that_no_encoding_holds_is_read() -> None:
    verdict = parse_line(changed("media", "path", to="\udcff\ud83d.mp4")())
    assert verdict.media.path == "\udcff\ud83d.mp4"
