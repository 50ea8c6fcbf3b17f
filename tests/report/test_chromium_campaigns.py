"""Campaigns in a real browser: how they open, where links lead, and whether names have room."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media_screen.report import write_report
from media_screen.report.network import label_width
from tests.report import invented, records
from tests.report.browsing import index, opened, violations, wait_for_count


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with two campaigns, one of 130 files, and a file of each label."""
    folder = tmp_path_factory.mktemp("campaigns")
    small, large = invented.small(), invented.large(40, files=130)
    verdicts = [*small[1], *large[1], *records.every_label()]
    invented.write(folder, small[0], large[0], verdicts=verdicts)
    write_report(folder)
    return folder


OPENER = f"#files tr[id={invented.ID}] .opener"


def test_a_campaign_opens_and_its_files_are_filtered(browser: Any, campaigns: Path) -> None:
    with opened(browser, index(campaigns)) as page:
        rows = 2 + 8
        wait_for_count(page, rows)
        assert page.locator("#shown").text_content() == "143 of 143 files"
        page.locator(f"{OPENER} summary").click()
        wait_for_count(page, rows + 5)
        opened_row = page.locator(f"tr[id={invented.ID}] + tr.member td.c-file .path")
        assert opened_row.text_content().endswith("fake.mp4")
        page.locator("#filters [name=q]").fill("evening")
        wait_for_count(page, 2)
        assert page.locator(f"{OPENER} .within").text_content() == "1 of 5 files"
        assert page.locator("#shown").text_content() == "1 of 143 files"
        page.locator("#filters [name=q]").fill(invented.small()[0].reason.split()[1])
        page.locator("#filters [type=reset]").click()
        wait_for_count(page, rows + 5)
        page.locator("th[data-sort=date] button").click()
        wait_for_count(page, rows + 5)
        assert page.locator("tr.member").count() == 5
        follows = "each => each.previousElementSibling.matches('.campaign, .member')"
        assert all(one.evaluate(follows) for one in page.locator("tr.member").all())


def test_on_a_phone_a_link_to_a_campaign_leads_to_its_row(browser: Any, campaigns: Path) -> None:
    phone = {"width": 390, "height": 844}
    with opened(browser, index(campaigns), "#c-aaaaaaaaaaaa", viewport=phone) as page:
        top = page.locator("#files tr[id=c-aaaaaaaaaaaa]").bounding_box()["y"]
        assert 0 <= top < 844


def test_a_large_campaign_shows_its_first_hundred_files(browser: Any, campaigns: Path) -> None:
    with opened(browser, index(campaigns)) as page:
        page.locator("#files tr[id=c-aaaaaaaaaaaa] .opener summary").click()
        wait_for_count(page, 10 + 100)
        assert "130 files, the first 100 here" in page.locator("#files").text_content()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("tr.member").count() == 135


def test_campaigns_by_keyboard(browser: Any, campaigns: Path) -> None:
    with opened(browser, index(campaigns)) as page:
        page.locator(f"tr[id={invented.ID}] td.c-file a").focus()
        page.keyboard.press("o")
        wait_for_count(page, 10 + 5)
        page.keyboard.press("j")
        page.keyboard.press("o")
        wait_for_count(page, 10)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/campaigns/{invented.ID}.html")
        with page.expect_navigation():
            page.keyboard.press("j")
        assert "c-aaaaaaaaaaaa" in page.url
        with page.expect_navigation():
            page.keyboard.press("u")
        assert page.url.endswith("index.html#c-aaaaaaaaaaaa")


def test_campaigns_open_without_script(browser: Any, campaigns: Path) -> None:
    with opened(browser, index(campaigns), java_script_enabled=False) as page:
        visible = page.locator("tr.member >> visible=true")
        assert visible.count() == 0
        page.locator(f"{OPENER} summary").click()
        assert visible.count() == 5
        page.goto((campaigns / "report" / "campaigns" / "c-aaaaaaaaaaaa.html").as_uri())
        lines = page.locator(".picture line.k-media >> visible=true")
        assert lines.count() > 0
        page.locator("#k-media").uncheck()
        assert lines.count() == 0


def test_a_link_to_a_campaign_leads_to_its_row_however_far_down(
    browser: Any, tmp_path: Path
) -> None:
    pairs = [invented.pair(f"c-{number:012x}") for number in range(120)]
    verdicts = [verdict for _, pair in pairs for verdict in pair]
    invented.write(tmp_path, *(campaign for campaign, _ in pairs), verdicts=verdicts)
    write_report(tmp_path)
    last = re.findall(r'<tr class="campaign" id="([^"]+)"', index(tmp_path).read_text("utf-8"))[-1]
    with opened(browser, index(tmp_path), f"#{last}") as page:
        row = page.locator(f"tr[id={last}]")
        wait_for_count(page, 120 + 2)
        assert "linked" in row.get_attribute("class") and row.locator("a").is_visible()
        assert row.evaluate("each => each.getBoundingClientRect().top < innerHeight")
        assert page.locator(f"tr[id={last}] + tr.member").count() == 1
        page.locator("#filters [name=q]").fill("no such file")  # a filter ends it
        wait_for_count(page, 0)
        assert last not in page.url
    with opened(browser, index(tmp_path)) as page:
        assert page.locator(f"tr[id={last}]").count() == 0


STRANGE_NAMES = (
    "WWWWWWWWMMMMMMMM@@",
    "mmmmmmmmmmwwwwwwww",
    "OQGDHNUCKRBXAVSEPTZYFLJI",
    "aeioubdgpqnhkvxyzcs",
    "ijlrtf.,:;'!|()[]-/",
    '0123456789_?$*`{}\\"',
    "#%&+<=>^~",
    "\u5218\u6b23\u7684\u771f\u76f8\u8bf7\u8f6c\u53d1",
    "\u3042\u30a2\ud55c\uae00\uff21\uff22",
    "\u0429\u042e\u0428\u0416\u0449\u044b\u0432",
    "\u03a9\u03a8\u03c9 \u2026\u2014\u00c6\u0152",
    "\u0645\u062b\u0627\u0644 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\U0001f600\U0001f525\U0001f1eb\U0001f1f7",
)


def test_no_name_in_the_network_is_wider_than_reckoned(browser: Any, tmp_path: Path) -> None:
    campaign, verdicts = invented.large(13, files=20)
    pairs = zip(campaign.accounts, STRANGE_NAMES, strict=False)
    named = tuple(replace(account, handle=name) for account, name in pairs)
    invented.write(tmp_path, replace(campaign, accounts=named), verdicts=verdicts)
    write_report(tmp_path)
    path = tmp_path / "report" / "campaigns" / f"{campaign.id}.html"
    widths = "all => all.map(each => [each.textContent, each.getBBox().width])"
    with opened(browser, path) as page:
        found = page.eval_on_selector_all(".picture text", widths)
    assert len(found) >= len(STRANGE_NAMES) / 2
    assert [(name, width) for name, width in found if width > label_width(name)] == []


def test_on_a_phone_the_network_begins_in_its_middle(browser: Any, campaigns: Path) -> None:
    path = campaigns / "report" / "campaigns" / "c-aaaaaaaaaaaa.html"
    with opened(browser, path, viewport={"width": 390, "height": 800}) as page:
        middle = "each => (each.scrollWidth - each.clientWidth) / 2 - each.scrollLeft"
        assert page.locator(".picture").evaluate("each => each.scrollLeft") > 100
        assert abs(page.locator(".picture").evaluate(middle)) <= 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_pages_of_campaigns_fit_every_screen_and_meet_wcag_aa(
    browser: Any, campaigns: Path, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 900}
    with opened(browser, index(campaigns), color_scheme=scheme, viewport=size) as page:
        for path in (index(campaigns), *sorted(campaigns.glob("report/campaigns/*.html"))):
            page.goto(path.as_uri())
            assert violations(page) == [], path.name
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
