"""When posts were published: what is counted, and how it is laid out."""

from __future__ import annotations

import pytest

from media_screen.report import TimeZoneError, find_zone
from media_screen.report.posting import (
    LINE_HEIGHT,
    MOST_LINES,
    OTHERS,
    UNKNOWN,
    PostedAt,
    posting_times,
)

POSTS = (
    PostedAt("youtube", "2025-09-14T08:30:00Z"),
    PostedAt("youtube", "2025-09-13T01:05:00Z"),
    PostedAt("tiktok", "2025-09-14"),
    PostedAt("youtube", "2025-09-13T01:45:00Z"),
    PostedAt("", "yesterday"),
)


def test_posts_are_counted_by_hour_of_the_zone() -> None:
    times = posting_times(POSTS, find_zone("Asia/Shanghai"))
    assert (times.first, times.last) == ("2025-09-13 01:05", "2025-09-14")
    assert times.span == "1 day" and times.timed == 3
    assert {hour.hour: hour.posts for hour in times.hours if hour.posts} == {9: 2, 16: 1}


def test_posts_stand_on_a_line_of_time_for_each_platform() -> None:
    lines = posting_times(POSTS, find_zone("UTC")).lines
    # 1:05, 1:45, midnight (the hour is not known) and 31 h 25 min after the first.
    assert [(line.platform, [part.x for part in line.slices]) for line in lines] == [
        ("youtube", [0.0, 1.67, 98.33]),
        ("tiktok", [71.67]),
    ]
    assert all(part.y + part.height == LINE_HEIGHT for line in lines for part in line.slices)


def test_many_platforms_share_a_line() -> None:
    posts = [PostedAt(f"site {n}", f"2025-09-{n + 10}") for n in range(MOST_LINES + 3)]
    lines = posting_times([*posts, PostedAt("", "2025-09-10")], find_zone("UTC")).lines
    assert [line.platform for line in lines][-1] == OTHERS and len(lines) == MOST_LINES + 1
    assert sum(line.posts for line in lines) == MOST_LINES + 4
    unknown = posting_times([PostedAt("", "2025-09-10"), posts[4]], find_zone("UTC")).lines
    assert [line.platform for line in unknown] == [UNKNOWN, "site 4"]


@pytest.mark.parametrize("days", [("2025-09-13",) * 2, ("2025-09-13", ""), ("", "")])
def test_posts_of_one_time_have_no_line(days: tuple[str, str]) -> None:
    assert posting_times([PostedAt("x", day) for day in days], find_zone("UTC")).lines == ()


@pytest.mark.parametrize(
    ("first", "last", "span"),
    [
        ("2025-09-13T01:05:00Z", "2025-09-13T01:45:30Z", "40 min"),
        ("2025-09-13T01:05:00Z", "2025-09-14T03:06:00Z", "26 h 01 min"),
        ("2025-09-13T01:05:00Z", "2025-09-20T03:06:00Z", "7 days"),
        ("2025-09-13", "2025-09-13", "one day"),
        ("2025-09-13", "2025-09-14T03:06:00Z", "1 day"),
        ("2025-99-99T99:99:99Z", "2025-09-14T03:06:00Z", ""),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "3652058 days"),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_span_of_time_is_told(first: str, last: str, span: str, zone: str) -> None:
    posts = [PostedAt("x", first), PostedAt("x", last)]
    assert posting_times(posts, find_zone(zone)).span == span


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "", "Asia"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(TimeZoneError, match="expected a name such as Asia/Shanghai"):
        find_zone(name)
