"""The pages in a real browser, where one is installed: what scripts do, what it complains of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media_screen.evidence import Verdict
from media_screen.report import write_report
from tests.report import invented, records
from tests.report.browsing import index, names, opened, violations, wait_for_count

MANY = 230
LONG = "unbreakable" * 30


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every label, a campaign, and whatever a hostile uploader may write."""
    folder = tmp_path_factory.mktemp("results")
    hostile = [records.hostile(text) for text in (*records.HOSTILE, LONG)]
    campaigns = [invented.small(), *(invented.hostile(text) for text in (records.HOSTILE[1], LONG))]
    campaigns[2] = replace(campaigns[2][0], id="c-eeeeeeeeeeee"), campaigns[2][1]
    posted = [verdict for _, verdicts in campaigns for verdict in verdicts]
    verdicts = [*records.every_label(), *posted, *hostile]
    invented.write(folder, *(campaign for campaign, _ in campaigns), verdicts=verdicts)
    write_report(folder, time_zone="Asia/Taipei")
    return folder


# The file in whose row the focus is.
FOCUSED = """document.activeElement.closest("tr").querySelector(".path").textContent
    .split("/").at(-1)"""


def of(out: Path, verdict: Verdict) -> Path:
    return out / "report" / "files" / f"{verdict.media.key}.html"


# --- the table -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with one file of each label."""
    folder = tmp_path_factory.mktemp("labels")
    verdicts = records.every_label()
    news = verdicts[3]
    assert news.post is not None
    post = replace(news.post, platform="TikTok", handle="@news", published="2025-10-01")
    verdicts[3] = replace(news, post=post)
    records.write_results(folder, verdicts)
    write_report(folder)
    return folder


def test_filters_come_from_the_address(browser: Any, labels: Path) -> None:
    fragment = "#q=DOWNLOADS+mp4&person=xin-liu&llr=-1&sort=-llr"
    with opened(browser, index(labels), fragment) as page:
        assert names(page) == ["clip_0001.mp4", "revoiced.mp4", "news.mp4"]
        assert page.locator("#shown").text_content() == "3 of 8 files"
        assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
        page.locator("td.c-file a").first.click()
        page.wait_for_url("**/files/*.html")
        page.go_back()
        wait_for_count(page, 3)


PHONE = {"width": 390, "height": 844}


def test_on_a_phone_the_queue_begins_on_the_first_screen(browser: Any, labels: Path) -> None:
    with opened(browser, index(labels), viewport=PHONE) as page:
        assert page.locator("#files tbody tr").first.bounding_box()["y"] < 600
        page.locator("#choosing > summary").click()
        page.locator("#filters [name=q]").fill("revoiced")
        wait_for_count(page, 1)
    with opened(browser, index(labels), "#q=revoiced", viewport=PHONE) as page:
        assert page.locator("#filters [name=q]").is_visible(), "what is filtered is seen"


FILTERS: tuple[tuple[str, str, list[str]], ...] = (
    ("q", "revoiced", ["revoiced.mp4"]),
    ("q", "NEWS tiktok", ["news.mp4"]),
    ("person", "-", ["picture.jpg", "broken.mp4", "cat.mp4"]),
    ("platform", "TikTok", ["news.mp4"]),
    ("platform", "-", ["picture.jpg", "broken.mp4"]),
    ("standing", "lookalike", ["clip_0001.mp4"]),
    ("standing", "official", ["repost.mp4", "statement.mp4"]),
    ("mark", "failure", ["broken.mp4"]),
    ("mark", "flag:explicit", ["picture.jpg"]),
    ("llr", "1.05", ["clip_0001.mp4", "revoiced.mp4", "picture.jpg"]),
    ("most", "-1", ["cat.mp4", "repost.mp4"]),
    ("from", "2025-09-20", ["news.mp4"]),
    ("q", "no such file", []),
)


def test_each_filter(browser: Any, labels: Path) -> None:
    with opened(browser, index(labels)) as page:
        for field, value, found in FILTERS:
            control = page.locator(f"#filters [name={field}]")
            if control.evaluate("each => each.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
            wait_for_count(page, len(found))
            assert names(page) == found, (field, value)
            assert page.locator("#nothing").is_visible() == (not found)
            page.locator("#filters [type=reset]").click()
            wait_for_count(page, 8)


def test_labels_filter_by_their_boxes(browser: Any, labels: Path) -> None:
    with opened(browser, index(labels)) as page:
        page.locator("input[name=label][value=official]").check()
        page.locator("input[name=label][value=synthetic_media]").check()
        wait_for_count(page, 2)
        assert names(page) == ["picture.jpg", "statement.mp4"]


SORTED = (  # column, and the first and last file after one click on its heading
    ("person", "clip_0001.mp4", "cat.mp4"),
    ("llr", "clip_0001.mp4", "statement.mp4"),
    ("channel", "news.mp4", "broken.mp4"),
    ("reach", "clip_0001.mp4", "broken.mp4"),
    ("date", "news.mp4", "broken.mp4"),
    ("title", "broken.mp4", "statement.mp4"),
    ("label", "clip_0001.mp4", "statement.mp4"),
)


def test_headings_sort(browser: Any, labels: Path) -> None:
    with opened(browser, index(labels)) as page:
        for column, first, last in SORTED:
            heading = page.locator(f"th[data-sort={column}]")
            heading.get_by_role("button").click()
            assert (names(page)[0], names(page)[-1]) == (first, last), column
            was = heading.get_attribute("aria-sort")
            heading.get_by_role("button").click()
            assert {was, heading.get_attribute("aria-sort")} == {"ascending", "descending"}


def test_a_long_table_is_laid_out_in_parts(browser: Any, tmp_path: Path) -> None:
    some = [records.quiet("no_finding", f"downloads/{n:03d}.mp4", None, None) for n in range(MANY)]
    records.write_results(tmp_path, [replace(one, thumbnails=()) for one in some])
    write_report(tmp_path)
    with opened(browser, index(tmp_path)) as page:
        assert len(names(page)) == 100
        assert "Showing 100 of 230 matching files" in page.locator("#shown").text_content()
        page.locator("#more").click()
        assert len(names(page)) == 200
        assert page.evaluate(FOCUSED) == "100.mp4"
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert len(names(page)) == MANY
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert len(names(page)) == 200
    with opened(browser, index(tmp_path), java_script_enabled=False) as page:
        assert len(names(page)) == MANY


# --- the keyboard --------------------------------------------------------------------------------


def test_the_table_by_keyboard(browser: Any, labels: Path) -> None:
    focused = FOCUSED
    with opened(browser, index(labels)) as page:
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate(focused) == "revoiced.mp4"
        page.keyboard.press("End")
        assert page.evaluate(focused) == "statement.mp4"
        page.keyboard.press("ArrowUp")
        assert page.evaluate(focused) == "repost.mp4"
        page.keyboard.press("/")
        page.keyboard.type("j?kc")  # in a field these are letters
        wait_for_count(page, 0)
        page.locator("#filters [type=reset]").focus()
        page.keyboard.press("c")
        wait_for_count(page, 8)
        page.keyboard.press("/")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/files/*.html")


def test_files_by_keyboard(browser: Any, labels: Path) -> None:
    with opened(browser, of(labels, records.suspected())) as page:
        for key, heading in (("j", "revoiced"), ("ArrowRight", "picture"), ("k", "revoiced")):
            with page.expect_navigation():
                page.keyboard.press(key)
            assert heading in page.locator("h1").text_content()
        with page.expect_navigation():
            page.keyboard.press("u")
        assert page.locator("h1").text_content() == "Screening report"


@pytest.mark.parametrize("page_of", ["index", "file"])
def test_keys_are_listed_and_can_be_switched_off(browser: Any, labels: Path, page_of: str) -> None:
    path = index(labels) if page_of == "index" else of(labels, records.suspected())
    with opened(browser, path) as page:
        dialog = page.locator("#keys")
        assert not dialog.is_visible()
        page.keyboard.press("?")
        assert dialog.is_visible()
        assert "next file" in dialog.text_content()
        page.keyboard.press("j")  # not while the list is open
        assert page.url.startswith(path.as_uri())
        page.locator("#letters").uncheck()
        page.keyboard.press("Escape")
        assert not dialog.is_visible()
        page.keyboard.press("?")
        assert not dialog.is_visible()
        page.locator("#show-keys").click()
        assert dialog.is_visible()
        dialog.get_by_role("button", name="Close").click()
        assert not dialog.is_visible()


# --- explicit pictures ---------------------------------------------------------------------------


def blurred(page: Any) -> list[bool]:
    script = "all => all.map(each => getComputedStyle(each).filter.includes('blur'))"
    return list(page.eval_on_selector_all("img", script))


def test_explicit_pictures_stay_blurred_until_clicked(browser: Any, labels: Path) -> None:
    with opened(browser, of(labels, records.picture())) as page:
        assert blurred(page) == [True] * 3
        page.locator(".veil").first.click()
        assert blurred(page) == [False, True, True]
        page.keyboard.press("b")
        assert blurred(page) == [False] * 3
        page.locator("#unveil").click()
        assert blurred(page) == [True] * 3
    with opened(browser, index(labels)) as page:
        row = page.locator("tr[data-marks*=explicit]")
        assert blurred(page).count(True) == 1
        row.locator(".veil").click()
        assert blurred(page).count(True) == 0
    with opened(browser, of(labels, records.picture()), java_script_enabled=False) as page:
        page.locator(".veil").first.click()
        assert page.locator(".veil input").first.is_checked()


# --- paper, phones, themes -----------------------------------------------------------------------


@pytest.mark.parametrize("page_of", ["index", "file"])
def test_paper_has_no_controls_and_nothing_folded(browser: Any, out: Path, page_of: str) -> None:
    path = index(out) if page_of == "index" else of(out, records.suspected())
    with opened(browser, path, color_scheme="dark") as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        controls = page.locator("nav, .filters, #more, #show-keys, dialog")
        assert controls.locator("visible=true").count() == 0
        folded = page.locator("details:not([open])").locator("visible=true")
        assert folded.count() == 0 or page_of == "file"
        white = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(white) == "rgb(255, 255, 255)"
        assert page.pdf().startswith(b"%PDF")


SCREENS = pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])


@SCREENS
def test_pages_meet_wcag_aa(browser: Any, labels: Path, scheme: str, width: int) -> None:
    size = {"width": width, "height": 900}
    with opened(browser, index(labels), color_scheme=scheme, viewport=size) as page:
        for path in (index(labels), *(of(labels, one) for one in records.every_label()[:3])):
            page.goto(path.as_uri())
            assert violations(page) == [], path.name


@SCREENS
def test_faces_beside_the_original_fit_every_screen_and_meet_wcag_aa(
    browser: Any, tmp_path: Path, scheme: str, width: int
) -> None:
    explicit = replace(records.remade(), flags=("explicit",))
    records.write_results(tmp_path, [explicit])
    write_report(tmp_path)
    size = {"width": width, "height": 900}
    with opened(browser, of(tmp_path, explicit), color_scheme=scheme, viewport=size) as page:
        shots = page.locator(".three img")
        assert shots.count() == 6 and all(blurred(page))
        assert all(box["width"] > 100 for box in (one.bounding_box() for one in shots.all()))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert violations(page) == []


# --- hostile metadata ----------------------------------------------------------------------------


def test_hostile_text_runs_nothing_and_fits_a_phone(browser: Any, out: Path) -> None:
    size = {"width": 360, "height": 800}
    markup = "document.querySelectorAll('[onerror], [onload], [onmouseover], iframe').length"
    unfold = "for (const each of document.querySelectorAll('details')) each.open = true"
    wider = "document.documentElement.scrollWidth - innerWidth"
    with opened(browser, index(out), viewport=size) as page:
        for path in (index(out), *sorted((out / "report").glob("*/*.html"))):
            page.goto(path.as_uri())
            assert page.evaluate("document.scripts.length") == 1
            assert page.evaluate(markup) == 0
            page.evaluate(unfold)
            for width in (360, 768, 1100):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(wider) <= 0, (page.title(), width)
        page.goto(index(out).as_uri())
        page.locator("#filters [name=q]").fill("<script>")
        wait_for_count(page, 1)
        assert names(page) == ["script>.mp4"]
