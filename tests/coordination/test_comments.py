"""What comments do together; all of them are invented."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media_screen.coordination import comments as room
from media_screen.coordination.comments import BURST_AROUND, Comments, bursts_of, look_through
from media_screen.sidecar import CommentsError, read_comments, stream

NOON = 1_760_011_200  # a full hour
PRAISE = "Finally somebody says what all of us have been thinking for years"


def comment(number: int, text: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "text": text or f"comment {number}",
        "author": f"@a{number}",
        "author_id": f"UC{number}",
        "timestamp": NOON + 61 * number,
        "parent": "root",
    } | fields


def written(path: Path, comments: Iterable[object], *, after: str = "") -> Path:
    record = {"id": "v", "extractor_key": "Youtube", "comments": list(comments), "title": "t"}
    path.write_text(json.dumps(record) + after, "utf-8")
    return path


def looked(folder: Path, *files: Iterable[object], **options: Any) -> Comments:
    names = [f"{number:016x}" for number in range(len(files))]
    sidecars = {
        name: written(folder / f"{name}.info.json", own)
        for name, own in zip(names, files, strict=True)
    }
    return look_through(sidecars, **options)


# --- reading -----------------------------------------------------------------------------------


def test_comments_are_read_with_what_tells_who_wrote_them_when(tmp_path: Path) -> None:
    path = written(tmp_path / "a.info.json", [comment(1, author_thumbnail={"deep": ["text"]})])
    (read,) = read_comments(path)
    assert (read.id, read.text, read.author, read.author_id) == ("c1", "comment 1", "@a1", "UC1")
    assert read.moment_s == NOON + 61


WRONG = [
    pytest.param({"text": None, "author": 3, "timestamp": "now"}, id="types"),
    pytest.param({"text": ["a"], "author": {"id": "x"}, "timestamp": -5}, id="nested"),
    pytest.param({"timestamp": 1e300}, id="far-away"),
    pytest.param({"timestamp": True, "text": "a\u0000\ud800"}, id="no-text"),
    pytest.param({"comments": [{"text": "inner"}]}, id="comments-in-comments"),
]


@pytest.mark.parametrize("fields", WRONG)
def test_a_field_of_a_wrong_type_costs_the_field(tmp_path: Path, fields: dict[str, Any]) -> None:
    path = written(tmp_path / "a.info.json", [comment(1) | fields, "text", 5, None, [], comment(2)])
    first, second = read_comments(path)
    assert first.id == "c1" and second.text == "comment 2"
    assert first.moment_s is None or first.moment_s == NOON + 61


def test_a_long_comment_is_cut(tmp_path: Path) -> None:
    (read,) = read_comments(written(tmp_path / "a.info.json", [comment(1, "x" * 100_000)]))
    assert len(read.text) == 2_000


def test_comments_behind_a_text_of_megabytes_are_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.info.json", [comment(1, "x" * 9_000_000), comment(2)])
    first, second = read_comments(path)
    assert first.text == "x" * 2_000 and second.text == "comment 2"


def test_comments_are_read_up_to_as_many_values_as_time_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.info.json", [comment(number) for number in range(100)])
    monkeypatch.setattr(stream, "MAX_EVENTS", 200)
    read = []
    with pytest.raises(CommentsError, match=r"info.json: expected at most 200 values: comments"):
        for one in read_comments(path):
            read.append(one.id)
    assert read[:2] == ["c0", "c1"] and len(read) < 30


@pytest.mark.parametrize(
    ("value", "id_"),
    [
        pytest.param(7, "7", id="a-number"),
        pytest.param("x" * 201, "", id="too-long-for-an-id"),
        pytest.param("a\0", "a\ufffd", id="nul"),
        pytest.param(True, "", id="no-id"),
    ],
)
def test_an_id_is_read_as_it_is_or_not_at_all(tmp_path: Path, value: object, id_: str) -> None:
    (read,) = read_comments(written(tmp_path / "a.info.json", [comment(1, author_id=value)]))
    assert read.author_id == id_


def test_a_damaged_file_gives_what_could_be_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.info.json", [comment(number) for number in range(50)])
    path.write_bytes(path.read_bytes()[:-2_000])
    found = look_through({"0" * 16: path, "1" * 16: tmp_path / "missing.info.json"})
    assert 20 < found.activity.read < 50
    assert len(found.problems) == 2 and "a.info.json: not valid JSON" in found.problems[0]
    with pytest.raises(CommentsError, match="can't be read"):
        list(read_comments(tmp_path / "missing.info.json"))


@pytest.mark.parametrize(
    "text", ["[]", "5", '{"comments": 5}', '{"comments": {"a": 1}}', '{"a": []}']
)
def test_a_sidecar_without_comments_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.info.json").write_text(text)
    assert list(read_comments(tmp_path / "a.info.json")) == []


def test_memory_does_not_grow_with_the_comments_that_are_read(tmp_path: Path) -> None:
    many = [comment(number, "x" * 300, replies=[{"text": "y" * 300}]) for number in range(8_000)]
    path = written(tmp_path / "a.info.json", many)
    tracemalloc.start()
    assert sum(1 for _ in read_comments(path)) == 8_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 5 << 20 and peak < 1 << 20


def test_only_so_many_comments_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_COMMENTS", 5)
    found = looked(tmp_path, map(comment, range(4)), map(comment, range(4, 9)))
    assert found.activity.read == 5
    assert found.problems == ("only the first 5 comments were read",)


# --- what they do together ---------------------------------------------------------------------


def test_a_text_of_several_authors_is_a_wording_and_that_of_one_is_none(tmp_path: Path) -> None:
    own = "I have said so a hundred times and I will go on saying it"
    first = [comment(1, PRAISE), comment(2, PRAISE.upper()), comment(3, "So true")]
    second = [comment(4, f"{PRAISE} !!!"), comment(5, f"{PRAISE} now"), comment(6, "So true")]
    second += [comment(number, own, author_id="UC7", author="@a7") for number in range(7, 10)]
    (wording,) = looked(tmp_path, first, second).wordings
    assert wording.where == "comment" and wording.text in (PRAISE, PRAISE.upper(), f"{PRAISE} !!!")
    assert wording.accounts == ("@a1", "@a2", "@a4", "@a5") and wording.count == 4
    assert wording.files == ("0" * 16, "0" * 15 + "1") and 0.6 <= wording.alike < 1
    assert (wording.first, wording.last) == ("2025-10-09T12:01:01Z", "2025-10-09T12:05:05Z")


def test_authors_under_several_files_recur(tmp_path: Path) -> None:
    files = [
        [comment(10 * file + at, author_id=f"UC{at}", author=f"@a{at}") for at in range(3 - file)]
        for file in range(3)
    ]
    assert looked(tmp_path, *files).activity.recurring == (("@a0", 3), ("@a1", 2))


def test_one_comment_in_two_downloads_of_a_video_counts_once(tmp_path: Path) -> None:
    found = looked(tmp_path, map(comment, range(9)), map(comment, range(9))).activity
    assert (found.read, found.authors, found.recurring) == (9, 9, ())


def test_a_sidecar_of_several_files_is_read_once(tmp_path: Path) -> None:
    path = written(tmp_path / "a.info.json", [comment(1, id=""), comment(2, id="")])
    found = look_through({"1" * 16: path, "0" * 16: path}).activity
    assert (found.read, found.recurring) == (2, ())


def test_names_are_counted_by_comment(tmp_path: Path) -> None:
    def find(text: str) -> list[str]:
        return [name for name in ("Xin Liu", "Port") if name.lower() in text.lower()] * 2

    own = [comment(1, "Xin Liu lies"), comment(2, "xin liu lies"), comment(3, "Port of Xin Liu")]
    assert looked(tmp_path, own, find_names=find).activity.names == (("Xin Liu", 3), ("Port", 1))


def test_a_minute_with_far_more_comments_is_a_burst(tmp_path: Path) -> None:
    calm = [comment(at, timestamp=NOON + 37 * at) for at in range(200)]
    burst = [comment(500 + at, timestamp=NOON + 3_600 + at) for at in range(1, 31)]
    ((minute, count),) = looked(tmp_path, calm + burst).activity.bursts
    assert minute == "2025-10-09T13:00:00Z" and count in (31, 32)


@pytest.mark.parametrize("unit_s", [60, 3_600, 86_400], ids=["minutes", "hours", "days"])
def test_times_that_were_rounded_make_no_burst(tmp_path: Path, unit_s: int) -> None:
    start = NOON - NOON % 86_400
    own = [comment(at, timestamp=start + unit_s * (at // 50)) for at in range(200)]
    assert looked(tmp_path, own).activity.bursts == ()


PACES = [0.05, 0.5, 1, 2, 5, 20, 100]


@pytest.mark.parametrize("pace", PACES)
def test_a_steady_pace_has_no_bursts(pace: float) -> None:
    counts = np.random.default_rng(8).poisson(pace, 100_000).astype(np.int64)
    minutes = np.flatnonzero(counts)
    assert len(bursts_of(minutes.astype(np.float64), counts[minutes])) == 0


def test_a_wave_is_compared_with_the_half_hours_around_it() -> None:
    counts = np.ones(200, np.int64)
    counts[100] = 10
    assert list(bursts_of(np.arange(200.0), counts)) == [100]
    counts[100 - BURST_AROUND : 100] = 6
    assert list(bursts_of(np.arange(200.0), counts)) == []


def test_comments_of_accounts_that_post_are_given_back(tmp_path: Path) -> None:
    own = [comment(1, PRAISE), comment(2, PRAISE + " now"), comment(3, PRAISE), comment(4, "Yes")]
    found = looked(
        tmp_path,
        own,
        platforms={"0" * 16: "youtube"},
        accounts=frozenset(("youtube:UC1", "youtube:UC2", "youtube:UC4", "tiktok:UC3")),
    )
    assert [(share.what, share.account) for share in found.shares] == [
        (PRAISE, "youtube:UC1"),
        (PRAISE, "youtube:UC2"),
    ]


def test_a_name_does_not_pass_for_an_id(tmp_path: Path) -> None:
    accounts = frozenset(("youtube:UC1", "youtube:UC2"))
    own = [comment(1, PRAISE), comment(5, PRAISE, author_id="", author="UC2")]
    own += [comment(6, PRAISE, author_id="", author="\0UC2"), comment(2, "Yes", author="UC1")]
    found = looked(tmp_path, own, platforms={"0" * 16: "youtube"}, accounts=accounts)
    assert found.activity.authors == 4 and found.shares == ()


def flood(number: int, account: str, text: str = PRAISE) -> list[dict[str, Any]]:
    """Comments of one account, all different to look at, a second apart."""
    return [
        comment(at, f"{text} {'!' * (at % 7)}", author_id=account, timestamp=NOON + 1 + at)
        for at in range(number)
    ]


FLOODS = [
    pytest.param(flood(300, "UC1"), id="one-account-one-text"),
    pytest.param([each for n in range(60) for each in flood(5, f"UCx{n}")], id="many-accounts"),
    pytest.param(
        [each for n in range(100) for each in flood(3, f"UCx{n % 9}", f"{PRAISE} {n} {n}")],
        id="many-texts",
    ),
]


@pytest.mark.parametrize("flooded", FLOODS)
def test_a_flood_of_comments_is_cut_and_hides_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flooded: list[dict[str, Any]]
) -> None:
    monkeypatch.setattr(room, "MAX_SHARES", 100)
    other = "The harbour belongs to all of us and it must never be sold to anybody"
    own = [dict(each, id=f"f{at}") for at, each in enumerate(flooded)]
    own += [comment(2, other, timestamp=NOON + 9_001), comment(3, other, timestamp=NOON + 9_005)]
    ids = {each["author_id"] for each in own} | {"UC7"}
    found = looked(
        tmp_path,
        [*own, comment(7, PRAISE)],
        platforms={"0" * 16: "youtube"},
        accounts=frozenset(f"youtube:{id_}" for id_ in ids),
    )
    assert len(found.shares) == 100
    assert {share.account for share in found.shares if share.what == other} == {
        "youtube:UC2",
        "youtube:UC3",
    }
    (problem,) = found.problems
    assert problem.startswith("only 100 of ") and problem.endswith("are compared in time")


def test_the_order_of_files_and_comments_changes_nothing(tmp_path: Path) -> None:
    texts = [PRAISE, f"{PRAISE} now", f"{PRAISE}!", "Nobody asked us whether it should be sold"]
    own = [comment(at, texts[at % 4], author_id=f"UC{at % 9}") for at in range(40)]
    expected = looked(tmp_path, own[:20], own[20:])
    for seed in range(3):
        mixed = random.Random(seed).sample(own[:20], 20), random.Random(seed).sample(own[20:], 20)
        assert looked(tmp_path, *mixed) == expected
