"""The page of a file in a browser: at once, on paper, on a phone, and the file played."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from media_screen.evidence import Abstention, Failure, Verdict
from media_screen.report import write_report
from media_screen.results.folder import Results
from tests.places import SAMPLES
from tests.report import records
from tests.report.browsing import opened

SCREEN = 1000  # px high, of which two are to hold what decides
SHEETS = 3  # of A4 that a file may take
CLIP = SAMPLES / "downloads" / "my-new-channel.mp4"

LONG = "so on and so forth " * 400


def crowded() -> Verdict:
    """A file of which every detector says much."""
    full = records.remade()
    assert full.post is not None
    return replace(
        full,
        media=replace(full.media, path=f"downloads/{'long-name-' * 18}.mp4"),
        summary=LONG,
        post=replace(full.post, title=LONG, description=LONG),
        evidence=(*full.evidence, *records.suspected().evidence),
        tracks=records.suspected().tracks * 40,
        abstentions=tuple(Abstention(f"detector_{n}", "no_face", LONG) for n in range(6)),
        failures=(Failure("voice_spoof", LONG),),
    )


FILES = {
    **{verdict.label: verdict for verdict in records.every_label()},
    "remade": records.remade(),
    "crowded": crowded(),
    **{f"hostile-{n}": records.hostile(text) for n, text in enumerate(records.HOSTILE[:3])},
    "hostile-long": records.hostile(LONG, "downloads/long.mp4"),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    records.write_results(folder, FILES.values())
    write_report(folder)
    return folder / "report" / "files"


def of(pages: Path, name: str) -> Path:
    return pages / f"{FILES[name].media.key}.html"


@pytest.mark.parametrize("name", FILES)
def test_what_decides_is_on_two_screens(browser: Any, pages: Path, name: str) -> None:
    size = {"width": 1280, "height": SCREEN}
    with opened(browser, of(pages, name), viewport=size) as page:
        details = page.locator("#details").bounding_box()
        assert details is not None and details["y"] <= 2 * SCREEN
        assert page.locator("details.deep[open]").count() == 0


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_three_sheets_at_most(browser: Any, pages: Path, name: str) -> None:
    with opened(browser, of(pages, name)) as page:
        printed = page.pdf(format="A4")
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= SHEETS


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(browser: Any, pages: Path, scheme: str) -> None:
    size = {"width": 390, "height": 844}
    for name in FILES:
        with opened(browser, of(pages, name), viewport=size, color_scheme=scheme) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


# --- the file itself -----------------------------------------------------------------------------


def scanned(folder: Path, name: str, **changes: Any) -> Path:
    """Lay a clip under a name beside results of it, as a scan leaves them; return its page."""
    clip = folder / name
    clip.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(CLIP, clip)
    verdict = records.suspected(str(clip))
    media = replace(verdict.media, size_bytes=clip.stat().st_size)
    out = folder / "out"
    with Results(out) as results:
        key = results.add(clip, replace(verdict, media=media, **changes), "").media.key
    write_report(out)
    return out / "report" / "files" / f"{key}.html"


@pytest.mark.parametrize("name", ["clip.mp4", 'a "quote" #1?t=9 & <b> 100% \u5218.mp4'])
def test_a_moment_is_played_where_it_is(browser: Any, tmp_path: Path, name: str) -> None:
    page_path = scanned(tmp_path, name)
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(page_path.as_uri())
    link = page.locator("a.play").first
    assert "#t=" in (link.get_attribute("href") or "")
    link.click()
    page.wait_for_function("document.getElementById('media').currentTime > 0", timeout=20_000)
    moment = float(link.get_attribute("data-time") or "nan")
    length = page.evaluate("document.getElementById('media').duration || Infinity")
    at = page.evaluate("document.getElementById('media').currentTime")
    assert abs(at - min(moment, length)) < 3 or not page.locator("#unplayed").is_hidden()
    assert not any("Content Security Policy" in told for told in refused)
    context.close()


def test_nothing_is_linked_that_is_not_there_or_changed(tmp_path: Path) -> None:
    page = scanned(tmp_path, "clip.mp4")
    assert 'id="media"' in page.read_text("utf-8")
    (tmp_path / "clip.mp4").write_bytes(b"another one")
    write_report(tmp_path / "out")
    assert 'id="media"' not in page.read_text("utf-8") and "#t=" not in page.read_text("utf-8")
    (tmp_path / "clip.mp4").unlink()
    write_report(tmp_path / "out")
    assert 'id="media"' not in page.read_text("utf-8") and "clip.mp4#" not in page.read_text(
        "utf-8"
    )


def test_sexual_content_is_linked_and_not_played(tmp_path: Path) -> None:
    page = scanned(tmp_path, "clip.mp4", flags=("explicit",)).read_text("utf-8")
    assert "<video" not in page and "Open the file itself" in page
