"""Groups of copies: what is joined, what is counted, and that nothing in a post can deceive."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.evidence import Duplicate, Post, Verdict
from media_screen.report import TimeZoneError, write_report
from media_screen.report.clusters import LINE_HEIGHT, MOST_CLUSTERS, find_clusters, find_zone
from media_screen.results import text
from media_screen.results.rows import ReadResults, read_results
from tests.report import records
from tests.report.pages import Page, check_markup

from .test_pages import file_page, read


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def posted(
    name: str,
    *,
    repeats: str = "",
    content: str = "",
    published: str = "",
    channel: str = "",
    platform: str = "Youtube",
    label: str = "suspected_impersonation",
) -> Verdict:
    """A file as it was posted; `repeats` and `content` name the content by a word."""
    verdict = records.quiet(label, f"downloads/{name}.mp4", "xin-liu", 2.0)
    media = replace(verdict.media, sha256=digest(content or name))
    post = Post(platform, channel, f"@{channel}", channel, "title", "", published)
    earlier = Duplicate(f"downloads/{repeats}.mp4", digest(repeats), False, 0.9, 1.0)
    return replace(verdict, media=media, post=post, duplicate_of=earlier if repeats else None)


CAMPAIGN = (
    posted("c", repeats="b", published="2025-09-14T08:30:00Z", channel="UC1"),
    posted("a", published="2025-09-13T01:05:00Z", channel="UC2", label="no_finding"),
    posted("b", repeats="a", published="2025-09-13T01:45:00Z", channel="UC1"),
    posted("same", content="b", published="2025-09-14", channel="77", platform="TikTok"),
    posted("other", published="2025-09-14T08:30:00Z", channel="UC9"),
)


def render(out: Path, *verdicts: Verdict, time_zone: str = "UTC") -> Page:
    records.write_results(out, verdicts)
    page = read(write_report(out, time_zone=time_zone))
    check_markup(page)
    return page


def results(out: Path, *verdicts: Verdict) -> ReadResults:
    with records.write_results(out, verdicts).open("rb") as stream:
        return read_results(stream)


def test_links_and_equal_bytes_are_joined(tmp_path: Path) -> None:
    (cluster,) = find_clusters(results(tmp_path, *CAMPAIGN).rows, find_zone("Asia/Shanghai"))
    names = [text.file_name(member.row.path) for member in cluster.members]
    assert names == ["a.mp4", "b.mp4", "c.mp4", "same.mp4"]
    assert [member.first for member in cluster.members] == [True, False, False, False]
    assert (cluster.accounts, cluster.exact, cluster.timed) == (3, 2, 3)
    assert cluster.platforms == (("Youtube", 3), ("TikTok", 1))
    assert cluster.labels == (("suspected_impersonation", 3), ("no_finding", 1))
    assert cluster.posted == ("2025-09-13 01:05", "2025-09-14") and cluster.span == "1 day"
    assert {hour.hour: hour.posts for hour in cluster.hours if hour.posts} == {9: 2, 16: 1}


def test_posts_stand_on_a_line_of_time(tmp_path: Path) -> None:
    (cluster,) = find_clusters(results(tmp_path, *CAMPAIGN).rows, find_zone("UTC"))
    # 1:05, 1:45, midnight (the hour is not known) and 31 h 25 min after the first.
    assert [(part.posts, part.x) for part in cluster.line] == [
        (1, 0.0),
        (1, 1.67),
        (1, 71.67),
        (1, 98.33),
    ]
    assert all(part.y + part.height == LINE_HEIGHT for part in cluster.line)


@pytest.mark.parametrize("days", [("2025-09-13",) * 2, ("2025-09-13", ""), ("", "")])
def test_posts_of_one_time_have_no_line(tmp_path: Path, days: tuple[str, str]) -> None:
    pair = posted("a", published=days[0]), posted("b", repeats="a", published=days[1])
    (cluster,) = find_clusters(results(tmp_path, *pair).rows, find_zone("UTC"))
    assert cluster.line == ()


def test_two_copies_of_a_file_that_is_gone_are_one_group(tmp_path: Path) -> None:
    pair = posted("x", repeats="gone"), posted("y", repeats="gone")
    (cluster,) = find_clusters(results(tmp_path, *pair).rows, find_zone("UTC"))
    assert len(cluster.members) == 2 and cluster.posted is None and not cluster.timed
    assert (cluster.accounts, cluster.unattributed) == (0, 2)
    assert not any(member.first for member in cluster.members)


def test_files_without_content_are_no_copies_of_each_other(tmp_path: Path) -> None:
    media = [
        replace(posted(name, content="").media, size_bytes=0, sha256=digest("")) for name in "ab"
    ]
    empty = [replace(records.unjudged(), media=one) for one in media]
    assert not find_clusters(results(tmp_path, *empty).rows, find_zone("UTC"))


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
def test_the_span_of_time_is_told(tmp_path: Path, first: str, last: str, span: str) -> None:
    pair = posted("x", published=first), posted("y", repeats="x", published=last)
    for zone in ("Asia/Shanghai", "America/New_York"):
        (cluster,) = find_clusters(results(tmp_path, *pair).rows, find_zone(zone))
        assert cluster.span == span


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "", "Asia"])
def test_an_unknown_time_zone_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TimeZoneError, match="expected a name such as Asia/Shanghai"):
        write_report(tmp_path, time_zone=name)


def test_the_batch_page_shows_the_campaign(tmp_path: Path) -> None:
    page = render(tmp_path, *CAMPAIGN, time_zone="Asia/Shanghai")
    words = page.words()
    for shown in (
        "4 files in 1 group",
        "a.mp4 and its copies",
        "3 distinct",
        "Youtube \u00d73, TikTok \u00d71",
        "2025-09-13 01:05 to 2025-09-14 (UTC), 1 day",
        "2 of 4 files",
        "posting hours, Asia/Shanghai (3 of 4 known)",
        "09:00 to 09:59: 2",
    ):
        assert shown in words, shown
    assert words.count("first seen here") == 1
    key = next(a["id"] for _, a in page.having("id") if a["id"].startswith("cluster-"))
    for verdict in CAMPAIGN[:4]:
        own = read(file_page(tmp_path, verdict))
        check_markup(own)
        assert f"../index.html#{key}" in {a["href"] for _, a in own.having("href")}
    assert (
        "near-duplicate (picture 90%, sound 100% in common) of downloads/b.mp4"
        in read(file_page(tmp_path, CAMPAIGN[0])).words()
    )
    assert "repeat one another" not in read(file_page(tmp_path, CAMPAIGN[4])).words()


def test_without_copies_the_section_is_closed_and_says_so(tmp_path: Path) -> None:
    page = render(tmp_path, *records.every_label())
    assert "Copies and near-duplicates \u2014 none found" in page.words()
    section = page.html.split('<section class="clusters"')[1].split("</section>")[0]
    assert "<details>" in section and "<article" not in section


@pytest.mark.parametrize("hostile", records.HOSTILE)
def test_hostile_posts_stay_text(tmp_path: Path, hostile: str) -> None:
    pair = [records.hostile(hostile, f"{name}{hostile}.mp4") for name in "ab"]
    earlier = Duplicate(hostile, pair[1].media.sha256, False, 1.0, 1.0)
    pair = [replace(one, duplicate_of=earlier) for one in pair]
    page = render(tmp_path, *pair)
    own = read(file_page(tmp_path, pair[0]))
    check_markup(own)
    for html in (page.html, own.html):
        assert text.visible(html.replace("\n", "")) == html.replace("\n", "")
    assert "2 files in 1 group" in page.words()


def test_the_same_results_give_the_same_page_in_any_order(tmp_path: Path) -> None:
    first = render(tmp_path / "a", *CAMPAIGN).html.split('<section class="clusters"')[1]
    again = render(tmp_path / "b", *reversed(CAMPAIGN)).html.split('<section class="clusters"')[1]
    assert first == again


def test_thousands_of_copies_and_groups(tmp_path: Path) -> None:
    record = posted("x", repeats="first", published="2025-09-13T01:05:00Z", channel="c").to_dict()
    with (tmp_path / "results.jsonl").open("w") as stream:
        for number in range(5000):
            sha256 = digest(f"content {number // 2 if number < 3000 else 'one'}")
            media = record["media"] | {"path": f"d/{number:05d}.mp4", "sha256": sha256}
            stream.write(json.dumps(record | {"media": media, "duplicate_of": None}) + "\n")
    index = write_report(tmp_path)
    assert index.stat().st_size < 6_000_000
    page = read(index)
    assert "5,000 files in 1,501 groups" in page.words()
    shown = [a["id"] for _, a in page.having("id") if a["id"].startswith("cluster-")]
    assert len(shown) == len(set(shown)) == MOST_CLUSTERS
    assert "1,301 smaller groups are not shown here" in page.words()
    assert "and 1,900 more" in page.words()


def test_clusters_golden(tmp_path: Path, golden) -> None:  # type: ignore[no-untyped-def]
    page = render(tmp_path, *CAMPAIGN, time_zone="Asia/Shanghai")
    section = page.html.split('<section class="clusters"')[1].split("</section>")[0]
    golden("report/clusters.html", re.sub(r"\n+", "\n", section))
