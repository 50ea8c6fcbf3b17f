"""Campaigns on the pages: what is shown of them, and that nothing in a post can deceive."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from media_screen.evidence import Campaign, CampaignFile, CampaignRole, Duplicate, Span, Verdict
from media_screen.report import write_report
from media_screen.report.variants import passed_words, tie_words, variant_groups
from media_screen.results import text
from tests.report import invented, records
from tests.report.pages import Page, check_markup

from .test_pages import file_page, read


def render(out: Path, *campaigns: Campaign, verdicts: list[Verdict]) -> Page:
    invented.write(out, *campaigns, verdicts=verdicts)
    page = read(write_report(out, time_zone="Asia/Shanghai"))
    check_markup(page)
    return page


def campaign_page(out: Path, campaign: Campaign) -> Page:
    page = read(out / "report" / "campaigns" / f"{campaign.id}.html")
    check_markup(page)
    return page


def test_a_campaign_is_one_row_with_its_files_inside(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    page = render(tmp_path, campaign, verdicts=[*verdicts, *records.every_label()])
    assert "1 campaign of 5 files that repeat one another" in page.words()
    (head,) = [
        attrs for tag, attrs in page.tags if attrs.get("class") == "campaign" and "id" in attrs
    ]
    assert head["id"] == campaign.id
    block = page.html.split('<tbody class="campaign">')[1].split("</tbody>")[0]
    assert block.count('<tr class="member"') == 5 and "<summary>" in block
    assert re.findall(r'href="([^"]+)"', block) == [
        f"campaigns/{campaign.id}.html",
        *(f"files/{verdicts[number].media.key}.html" for number in (0, 2, 1, 3, 4)),
    ]
    # It stands where its most urgent file would: beside the others of that label.
    labels = re.findall(r'class="chip l-(\w+)"', page.html.split('id="files"')[1])
    assert labels[:3] == ["suspected_impersonation"] * 3 and labels[7] == "altered_official"
    assert page.html.count("<tr data-label=") == len(records.every_label())


def test_the_page_of_a_file_says_which_one_was_examined_in_its_place(tmp_path: Path) -> None:
    same = Duplicate("first.mp4", "ab" * 32, exact=True, picture=1.0, sound=1.0)
    plain = replace(records.suspected(), duplicate_of=same)
    for examined_as in ("", "first.mp4"):
        verdict = replace(plain, examined_as=examined_as)
        render(tmp_path, verdicts=[verdict])
        shown = file_page(tmp_path, verdict).read_text("utf-8")
        assert "An exact copy of" in shown
        assert ("Examined as" in shown and "same content" in shown) == bool(examined_as)


def test_the_page_of_a_campaign_shows_its_record(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    render(tmp_path, campaign, verdicts=verdicts)
    words = campaign_page(tmp_path, campaign).words()
    for shown in (
        "\u5218\u6b23 speaks about the events \u00d72 2 word for word",
        "the picture names the account @origin_tv",
        "Xin Liu in 3 of 5 files nearest face: cosine +0.71",
        "Emmanuel Macron politician 1 what is said: with Emanuel Makron, who",
        "Suspected impersonation Person: Xin Liu",
        campaign.reason,
        "The reason is that of fake.mp4",
        "2025-09-13 01:05, last 2025-09-14 (UTC): 1 day",
        "youtube \u00d74, tiktok \u00d71",
        "5; 2 of them have the bytes of another; 2 have their label from another file",
        "c-ba9876543210, which turned out to be this campaign",
        "Only of files that repeat one another: the official post and files that only quote",
        "posting hours, Asia/Shanghai (3 of 4 known)",
        "What follows is context and no evidence.",
        "@news7733 news7733 youtube 1 2025-09-13 01:45 1 2: "
        "the same media \u00d72, the same title \u00d71 12 2025-09-01 letters + 4 digits",
        "repeats fake.mp4: 97% of it, from 0:03.0 to 0:41.0 0:41.2; 2 files of these",
        "is an excerpt of fake.mp4: 100% of it, from 0:00.0 to 0:09.0, in the picture "
        "alone: the sound is another one, or missing",
        "quotes fake.mp4: 5% of it, from 0:12.0 to 0:14.0",
        "4,120 comments of 2,950 authors",
        "Ann1 under 4 files",
        "2025-09-13 10:11 (Asia/Shanghai): 240 in a minute",
        "Xin Liu \u00d7311",
        "So it is true \u00d731, 2 authors",
        "2025-09-13 01:05 first seen here",
        "by itself: No finding",
        "label passed along from fake.mp4: repeats it by 97% from 0:00.0 to 0:41.2; "
        "by itself it was called \u201cNo finding\u201d",
    ):
        assert shown in words, shown
    # The title of a news clip that quotes is none of the campaign's claims.
    assert "Fake videos of Xin Liu spread \u00d71" not in words


def test_who_comments_by_the_name_of_an_account_shared_no_wording_of_posts(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    poster = campaign.accounts[0].id
    (title,) = (one for one in campaign.wordings if one.where == "title")
    commented = replace(title, accounts=(poster,), where="comment")
    render(tmp_path, replace(campaign, wordings=(title, commented)), verdicts=verdicts)
    page = (tmp_path / "report" / "campaigns" / f"{campaign.id}.html").read_text("utf-8")
    counts = re.findall(r'class="right num words">(\d*)<', page)
    assert sorted(filter(None, counts)) == ["1", "1"], "the two accounts that share a title"


def test_its_pictures_are_there(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    render(tmp_path, campaign, verdicts=verdicts)
    page = campaign_page(tmp_path, campaign)
    shots = [attrs["src"] for _, attrs in page.having("src")]
    assert len(shots) == 4 + 1  # a variant each, and the nearest face
    assert all((tmp_path / "report" / "campaigns" / shot).resolve().is_file() for shot in shots)


def test_a_file_page_leads_to_its_campaign_and_says_where_its_label_is_from(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    lone = records.picture()
    render(tmp_path, campaign, verdicts=[*verdicts, lone])
    for verdict in verdicts:
        page = read(file_page(tmp_path, verdict))
        check_markup(page)
        assert f"../campaigns/{campaign.id}.html" in {a["href"] for _, a in page.having("href")}
    page = read(file_page(tmp_path, verdicts[1]))
    for shown in (
        "Label passed along from fake.mp4: repeats it by 97% from 0:00.0 to 0:41.2; by "
        "itself it was called \u201cNo finding\u201d: No sign of manipulation was found.",
        "One of 5 files of campaign c-0123456789ab, from 5 accounts.",
        "This file: repeats fake.mp4: 97% of it, from 0:03.0 to 0:41.0",
        "near-duplicate (picture 90%, sound 100% in common) of downloads/fake.mp4",
        "fake.mp4 2025-09-13 01:05 (UTC)",
    ):
        assert shown in page.words(), shown
    assert f"{verdicts[0].media.key}.html" in {a["href"] for _, a in page.having("href")}
    assert "Campaign" not in read(file_page(tmp_path, lone)).words()


def test_explicit_pictures_are_veiled_on_the_page_of_a_campaign(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    verdicts = [replace(one, flags=("explicit",)) for one in verdicts]
    index = render(tmp_path, campaign, verdicts=verdicts)
    for page in (campaign_page(tmp_path, campaign), index):
        veils = [a for tag, a in page.tags if tag == "label" and a.get("class") == "veil"]
        assert len(veils) == len(page.having("src")) > 0


@pytest.mark.parametrize("hostile", records.HOSTILE)
def test_hostile_posts_stay_text(tmp_path: Path, hostile: str) -> None:
    campaign, pair = invented.hostile(hostile)
    page = render(tmp_path, campaign, verdicts=pair)
    pages = [page, *(read(file_page(tmp_path, one)) for one in pair)]
    pages.append(campaign_page(tmp_path, campaign))
    for one in pages:
        check_markup(one)
        assert text.visible(one.html.replace("\n", "")) == one.html.replace("\n", "")
    assert "1 campaign of 2 files" in page.words()


def test_without_a_search_for_campaigns_the_page_says_so(tmp_path: Path) -> None:
    records.write_results(tmp_path, records.every_label())
    page = read(write_report(tmp_path))
    assert "Campaigns have not been looked for in these results: the next scan" in page.words()
    (tmp_path / "campaigns.jsonl").write_text("")
    assert "No campaigns: no two of these files" in read(write_report(tmp_path)).words()


def test_files_without_a_result_are_named_and_not_linked(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    page = render(tmp_path, campaign, verdicts=verdicts[1:])
    assert "1 campaign of 4 files" in page.words()
    words = campaign_page(tmp_path, campaign).words()
    assert "fake.mp4 its result is gone" in words
    other = replace(campaign, id="c-000000000000")
    render(tmp_path, other, verdicts=[records.picture()])
    assert not list((tmp_path / "report" / "campaigns").iterdir())


def test_the_same_results_give_the_same_pages_in_any_order(tmp_path: Path) -> None:
    campaign, verdicts = invented.small()
    first = render(tmp_path / "a", campaign, verdicts=verdicts).html.split('id="files"')[1]
    again = render(tmp_path / "b", campaign, verdicts=verdicts[::-1]).html.split('id="files"')[1]
    assert first == again
    one, other = (campaign_page(tmp_path / name, campaign).html for name in "ab")
    assert one == other


def test_thousands_of_files_in_campaigns(tmp_path: Path) -> None:
    """The batch page stays as small as without them, and the page of one is not endless."""
    record = invented.posted("x", published="2025-09-13T01:05:00Z", channel="c").to_dict()
    files: list[CampaignFile] = []
    tmp_path.mkdir(exist_ok=True)
    with (tmp_path / "results.jsonl").open("w") as stream:
        for number in range(2400):
            media = record["media"] | {"path": f"d/{number:05d}.mp4"}
            line = json.dumps(record | {"media": media})
            stream.write(line + "\n")
            files.append(invented.member(Verdict.from_dict(json.loads(line))))
    campaigns = [
        Campaign(
            id=f"c-{place:012x}",
            label="suspected_impersonation",
            person=None,
            reason="",
            through=files[start].key,
            files=tuple(files[start:end]),
        )
        for place, (start, end) in enumerate(
            [(0, 2100), *((start, start + 2) for start in range(2100, 2300, 2))]
        )
    ]
    lines = (json.dumps(one.to_dict()) + "\n" for one in campaigns)
    (tmp_path / "campaigns.jsonl").write_text("".join(lines))
    index = write_report(tmp_path)
    assert index.stat().st_size < 3_000_000
    page = index.read_text("utf-8")
    assert page.count('<tr class="member"') == 2300 and page.count("<tr data-label=") == 100
    assert len(list((tmp_path / "report" / "campaigns").iterdir())) == 101
    large = campaign_page(tmp_path, campaigns[0])
    assert "100 more are in campaigns.jsonl and the exports" in large.words()
    assert len(large.html) < 3_000_000


FILE = CampaignFile("0" * 16, "a.mp4", "", "member", "no_finding", "no_finding")
TIED = replace(FILE, to="1" * 16, here=Span(3, 41), share=0.97)
FROM_TO = "97% of it, from 0:03.0 to 0:41.0"


@pytest.mark.parametrize(
    ("file", "said", "group"),
    [
        pytest.param(FILE, "the first of the campaign", "First in the campaign", id="first"),
        pytest.param(
            replace(TIED, role="original"),
            "the official post, which the others use",
            "Official post",
            id="official-post",
        ),
        pytest.param(
            replace(TIED, kind="same_file"),
            "the same bytes as b.mp4",
            "Whole repeats",
            id="same-bytes",
        ),
        pytest.param(
            replace(TIED, kind="repeat", part="both"),
            f"repeats b.mp4: {FROM_TO}",
            "Whole repeats",
            id="repeat",
        ),
        pytest.param(
            replace(TIED, kind="excerpt", part="sound"),
            f"is an excerpt of b.mp4: {FROM_TO}, in the sound alone: the picture is another one, "
            "or missing",
            "Other picture",
            id="excerpt-in-sound",
        ),
        pytest.param(
            replace(TIED, kind="contains", part="both"),
            f"holds all of b.mp4: {FROM_TO}",
            "Longer ones",
            id="longer",
        ),
        pytest.param(
            replace(TIED, kind="repeat", part="face"),
            f"repeats b.mp4: {FROM_TO}, in the faces alone, in another frame",
            "Same faces, other frame",
            id="faces",
        ),
        pytest.param(
            replace(TIED, role="quotes", kind="quote"),
            f"quotes b.mp4: {FROM_TO}",
            "Quoted parts",
            id="quotes",
        ),
        pytest.param(
            replace(TIED, kind="new in a later version"),
            f"shares footage with b.mp4: {FROM_TO}",
            "Whole repeats",
            id="unknown-kind",
        ),
    ],
)
def test_what_ties_a_file_is_said(file: CampaignFile, said: str, group: str) -> None:
    assert tie_words(file, "b.mp4") == said
    assert [one.title for one in variant_groups([file])] == [group]


HASHED = [
    replace(FILE, sha256="ab"),
    replace(TIED, key="1" * 16, sha256="cd", kind="same_file", share=1.0),
    replace(TIED, key="2" * 16, sha256="cd", kind="excerpt", part="both"),
    replace(TIED, key="3" * 16, sha256="ab", kind="same_file", share=1.0),
    replace(TIED, key="4" * 16, sha256="ab", role="quotes", kind="quote"),
    replace(TIED, key="5" * 16, kind="repeat", part="both"),
    replace(TIED, key="6" * 16, kind="repeat", part="both"),
]


@pytest.mark.parametrize("files", [HASHED, HASHED[::-1]], ids=["in-order", "turned-round"])
def test_files_of_the_same_bytes_are_one_variant(files: list[CampaignFile]) -> None:
    groups = variant_groups(files)
    found = {one.title: sorted((file.key[0], many) for file, many in one.files) for one in groups}
    assert found == {
        "First in the campaign": [("0", 2)],
        "Excerpts": [("2", 2)],
        "Quoted parts": [("4", 1)],
        "Whole repeats": [("5", 1), ("6", 1)],  # nobody knows their bytes
    }


OTHERS: tuple[CampaignRole, ...] = ("original", "quotes")


@pytest.mark.parametrize("role", OTHERS)
def test_times_and_ratios_are_those_of_files_that_repeat_one_another(
    tmp_path: Path, role: CampaignRole
) -> None:
    campaign, verdicts = invented.small()
    posts = [
        replace(one.post, published=f"2025-0{n}-01T08:30:00Z")
        for n, one in enumerate(verdicts, 1)
        if one.post
    ]
    verdicts = [
        replace(one, post=post, llr={"manipulation": 9.0 - n})
        for n, (one, post) in enumerate(zip(verdicts, posts, strict=True))
    ]
    files = (*(replace(one, role=role) for one in campaign.files[::4]), *campaign.files[1:4])
    index = render(tmp_path, replace(campaign, files=files), verdicts=verdicts)
    head = index.html.split('<tr class="campaign"')[1].split("</tr>")[0]
    assert ">2025-02-01<" in head and 'data-v="8.0"' in head
    page = campaign_page(tmp_path, campaign)
    assert "2025-02-01 08:30, last 2025-04-01 08:30 (UTC): 59 days" in page.words()
    assert "posting hours, Asia/Shanghai (3 of 3 known)" in page.words()
    assert "2025-02-01 08:30 first seen here" in page.words()
    assert "2025-05-01" not in page.words().split("When it was posted")[1].split("Variants")[0]
    fellows = read(file_page(tmp_path, verdicts[1])).words().split("First posts of the campaign")[1]
    assert "same.mp4" in fellows and "fake.mp4" not in fellows and "evening news" not in fellows


def test_how_a_label_was_passed_along_is_said() -> None:
    passed = invented.through(records.suspected(), share=0.97, here=Span(3, 41))
    said = "label passed along from clip_0001.mp4: "
    own = "by itself it was called \u201cNo finding\u201d"
    assert passed_words(passed) == f"{said}repeats it by 97% from 0:03.0 to 0:41.0; {own}"
    assert passed_words(replace(passed, here=None)) == f"{said}it is the same file; {own}"


def test_campaign_page_golden(tmp_path: Path, golden) -> None:  # type: ignore[no-untyped-def]
    campaign, verdicts = invented.small()
    render(tmp_path, campaign, verdicts=verdicts)
    main = campaign_page(tmp_path, campaign).html.split('<main id="main">')[1].split("</main>")[0]
    golden("report/campaign.html", re.sub(r"\n+", "\n", main))
