"""What was told is remembered, and what can't be read of that was not told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from media_screen.evidence import Verdict
from media_screen.results.folder import Results
from media_screen.results.told import TOLD, AlreadyTold, New
from tests.report.records import suspected


def add(results: Results, path: Path, verdict: Verdict) -> None:
    path.touch()
    results.add(path, verdict, "settings")


def said(news: list[New]) -> list[tuple[str, str]]:
    return [(one.file.label, one.before) for one in news]


def test_each_result_is_new_once_and_again_with_another_label(tmp_path: Path) -> None:
    a, b, out = tmp_path / "a.mp4", tmp_path / "b.mp4", tmp_path / "out"
    label = suspected(str(a)).label
    with Results(out) as results:
        add(results, a, suspected(str(a)))
        told = AlreadyTold.read(out)
        assert said(told.news(results, [a, b])) == [(label, "")]
        told.write(out, now="2026-01-01T00:00:00+00:00")
        told = AlreadyTold.read(out)
        assert told.last == "2026-01-01T00:00:00+00:00"
        assert not told.news(results, [a, b])
        add(results, b, suspected(str(b)))
        add(results, a, suspected(str(a)))
        assert said(told.news(results, [a, b])) == [(label, "")]
        told.lines[str(a)] = ("", "no_finding")
        assert said(told.news(results, [a, b])) == [(label, "no_finding")]
        assert not told.news(results, [])
        other_way = tmp_path / "sub" / ".." / "a.mp4"
        assert said(AlreadyTold().news(results, [other_way])) == [(label, "")]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "{",
        '{"last": 1, "told": {}}',
        '{"last": "x", "told": []}',
        "[" * 100_000,
        "\udcff",
    ],
    ids=range(8),
)
def test_what_can_not_be_read_was_not_told(tmp_path: Path, content: str) -> None:
    (tmp_path / TOLD).write_text(content, "utf-8", "surrogateescape")
    assert AlreadyTold.read(tmp_path) == AlreadyTold()


def test_what_is_no_pair_of_texts_was_not_told(tmp_path: Path) -> None:
    record = {"last": "x", "told": {"a": ["d", "l"], "b": ["d"], "c": "dl", "e": ["d", 1]}}
    (tmp_path / TOLD).write_text(json.dumps(record))
    assert AlreadyTold.read(tmp_path) == AlreadyTold("x", {"a": ("d", "l")})


def test_a_link_is_neither_read_nor_followed(tmp_path: Path) -> None:
    target, out = tmp_path / "target.json", tmp_path / "out"
    out.mkdir()
    target.write_text('{"last": "x", "told": {}}')
    (out / TOLD).symlink_to(target)
    assert AlreadyTold.read(out) == AlreadyTold()
    AlreadyTold("", {"\udcff.mp4": ("d", "l")}).write(out, now="y")
    assert target.read_text() == '{"last": "x", "told": {}}'
    assert AlreadyTold.read(out) == AlreadyTold("y", {"\udcff.mp4": ("d", "l")})
