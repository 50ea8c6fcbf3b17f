"""The served pages in a real browser: what is decided with buttons and keys, and what is played."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from media_screen.evidence import DecidedFile
from media_screen.results.ledger import LEDGER, FileRecord, decide, read_ledger
from tests.report import invented, records
from tests.report.browsing import violations
from tests.serving.conftest import Server, clip_key, results, serving

SUSPECTED, ALTERED = records.suspected().media, records.altered().media


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(results(tmp_path_factory.mktemp("serve") / "out")) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """Served results on which nothing was decided."""
    (running.out / LEDGER).unlink(missing_ok=True)
    return running


@contextmanager
def entered(browser: Any, server: Server, **options: Any) -> Iterator[Any]:
    """Open the address that was printed; a word on the console or a foreign request is an error."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda one: (
            None if one.url.startswith(f"http://{server.host}/") else complaints.append(one.url)
        ),
    )
    page.goto(server.address)
    ready(page)
    yield page
    assert complaints == []
    context.close()


def ready(page: Any) -> None:
    page.wait_for_selector("html[data-live=ready]", state="attached")


def record(server: Server, media: Any) -> FileRecord:
    return read_ledger(server.out).on(media)


def open_file(page: Any, key: str) -> None:
    page.goto(page.url.partition("/report/")[0] + f"/report/files/{key}.html")
    ready(page)


def told(page: Any, words: str) -> None:
    """Wait until the page says something, below its buttons or above all."""
    page.wait_for_function(
        "words => [...document.querySelectorAll('.told, .toast')]"
        ".some((each) => !each.hidden && each.textContent.includes(words))",
        arg=words,
    )


KEYS = {"f": "confirmed_fake", "g": "genuine", "d": "dismissed", "t": "to_check"}


def test_keys_decide_on_the_page_of_a_file(browser: Any, server: Server) -> None:
    with entered(browser, server) as page:
        assert "token" not in page.url
        open_file(page, SUSPECTED.key)
        for key, answer in KEYS.items():
            page.keyboard.press(key)
            page.wait_for_selector(f"#decision .decided.d-{answer}")
            assert record(server, SUSPECTED).answer == answer
        page.keyboard.press("z")
        page.wait_for_selector("#decision .decided.d-dismissed")
        assert record(server, SUSPECTED).answer == "dismissed"
        page.locator("[data-answer=genuine]").click()
        page.wait_for_selector("#decision .decided.d-genuine")
        page.keyboard.press("j")
        page.wait_for_url("**/files/*.html")
        ready(page)
        assert SUSPECTED.key not in page.url


def test_note_assignee_and_checks_are_written_with_the_answer(browser: Any, server: Server) -> None:
    with entered(browser, server) as page:
        open_file(page, SUSPECTED.key)
        page.keyboard.press("n")
        page.keyboard.type("fg <b>dt</b>")  # letters in a field are no keys
        page.locator("[name=assignee]").fill("Eve")
        page.locator("[data-check=watermark]").fill("none found")
        page.locator("[name=other]").fill("landlord")
        page.locator("[name=outcome]").fill("no answer")
        page.locator("[data-answer=to_check]").click()
        page.wait_for_selector("#decision .decided.d-to_check")
        held = record(server, SUSPECTED)
        assert (held.note, held.assignee) == ("fg <b>dt</b>", "Eve")
        assert {one.name: one.outcome for one in held.checks} == {
            "watermark": "none found",
            "landlord": "no answer",
        }
        assert len(held.history) == 1
        assert "fg <b>dt</b>" in (page.locator("#decision .facts").text_content() or "")
        page.keyboard.press("n")
        assert page.input_value("[name=note]") == "fg <b>dt</b>"
        page.locator("[data-check=watermark]").fill("")
        page.locator("form.deciding [type=submit]").click()
        told(page, "Written down")
        assert [one.name for one in record(server, SUSPECTED).checks] == ["landlord"]


def test_keys_decide_on_the_row_in_focus_and_filters_know(browser: Any, server: Server) -> None:
    with entered(browser, server) as page:
        page.keyboard.press("f")
        told(page, "Move to a file first")
        page.fill("[name=q]", "revoiced")
        page.wait_for_function("() => document.querySelectorAll('#files tbody tr').length === 1")
        page.locator("td.c-file a").focus()
        page.keyboard.press("f")
        page.wait_for_selector("#files .decided.d-confirmed_fake")
        assert record(server, ALTERED).answer == "confirmed_fake"
        page.keyboard.press("c")
        page.select_option("[name=decided]", "confirmed_fake")
        page.wait_for_function("() => document.querySelectorAll('#files tbody tr').length === 1")
        assert page.locator("#files .decided").count() == 1
        page.locator("td.c-file a").focus()
        page.keyboard.press("z")
        page.wait_for_function("() => !document.querySelector('#files .decided')")
        assert record(server, ALTERED).answer is None


def test_a_campaign_is_decided_on_its_page(browser: Any, server: Server) -> None:
    with entered(browser, server) as page:
        root = page.url.partition("/report/")[0]
        page.goto(f"{root}/report/campaigns/{invented.ID}.html")
        ready(page)
        page.keyboard.press("f")
        told(page, "Written down")
        assert "Confirmed fake \u00d74" in (page.locator("#decision").text_content() or "")
        campaign, verdicts = invented.small()
        media = {one.media.key: one.media for one in verdicts}
        for one in campaign.members:
            assert record(server, media[one.key]).answer == "confirmed_fake"


def test_two_pages_at_once_lose_nothing_and_the_second_is_told(
    browser: Any, server: Server
) -> None:
    with entered(browser, server) as page:
        open_file(page, SUSPECTED.key)
        seen = read_ledger(server.out).head
        file = DecidedFile(SUSPECTED.sha256, SUSPECTED.path)
        decide(server.out, (file,), who="eve", after=seen, answer="genuine", note="I asked her")
        page.keyboard.press("f")
        page.wait_for_selector("#decision .decided.d-confirmed_fake")
        panel = page.locator("#decision").text_content() or ""
        assert "had not seen" in panel and "eve" in panel and "I asked her" in panel
        held = record(server, SUSPECTED)
        assert [one.answer for one in held.history] == ["genuine", "confirmed_fake"]
        assert held.note == "I asked her"


def test_what_was_typed_is_kept_when_somebody_else_decides(browser: Any, server: Server) -> None:
    with entered(browser, server) as page:
        open_file(page, SUSPECTED.key)
        page.keyboard.press("n")
        page.keyboard.type("half a thought")
        file = DecidedFile(SUSPECTED.sha256, SUSPECTED.path)
        decide(server.out, (file,), who="eve", after="", answer="genuine")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(500)
        assert page.input_value("[name=note]") == "half a thought"
        page.locator("form.deciding [type=submit]").click()
        told(page, "Written down")
        held = record(server, SUSPECTED)
        assert (held.answer, held.note) == ("genuine", "half a thought")


def test_a_kill_in_the_middle_of_decisions_loses_none_that_was_shown(
    browser: Any, tmp_path: Path
) -> None:
    out = results(tmp_path / "out")
    shown = 0
    with serving(out) as server:
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(server.address)
        ready(page)
        open_file(page, SUSPECTED.key)
        for number in range(5):
            answer = list(KEYS.values())[number % len(KEYS)]
            page.locator(f"[data-answer={answer}]").click()
            page.wait_for_selector(f"#decision .decided.d-{answer}")
            shown += 1
        page.keyboard.press("n")
        page.keyboard.type("not yet saved")
        page.evaluate("document.querySelector('[data-answer=dismissed]').click()")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(30)
        page.keyboard.press("Escape")
        context.close()
    ledger = read_ledger(out)
    assert ledger.broken == [] or len(ledger.broken) == 1
    assert shown <= len(ledger.entries) <= shown + 1
    with serving(out) as server, entered(browser, server) as page:
        open_file(page, SUSPECTED.key)
        assert page.locator("#decision .decided").count() == 1


def test_what_can_not_be_written_is_said_and_what_was_typed_stays(
    browser: Any, tmp_path: Path
) -> None:
    with serving(results(tmp_path / "out")) as server:
        _type_after_the_end(browser, server)


def _type_after_the_end(browser: Any, server: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.address)
    ready(page)
    open_file(page, SUSPECTED.key)
    page.keyboard.press("n")
    page.keyboard.type("a thought")
    server.process.kill()
    server.process.wait(30)
    page.locator("[data-answer=genuine]").click()
    told(page, "Not written down")
    assert page.input_value("[name=note]") == "a thought"
    context.close()


def test_the_file_plays_at_a_moment(browser: Any, server: Server) -> None:
    with entered(browser, server) as page:
        open_file(page, clip_key(server.out))
        page.locator("details.player summary").click()
        media = page.locator("#media")
        media.evaluate("each => { each.preload = 'auto'; each.load(); each.currentTime = 2; }")
        page.wait_for_function("() => document.getElementById('media').readyState >= 2")
        assert media.evaluate("each => each.currentTime") == pytest.approx(2, abs=0.2)
        assert "/media/" in media.evaluate("each => each.currentSrc")


def test_a_voice_is_heard_beside_a_recording(browser: Any, server: Server) -> None:
    with entered(browser, server) as page:
        open_file(page, clip_key(server.out))
        here, there = (page.locator(".heard audio").nth(number) for number in range(2))
        for clip, place, start in ((here, "/media/", 0.5), (there, "/recordings/", 1.0)):
            clip.evaluate("each => { each.preload = 'auto'; each.load(); }")
            page.wait_for_function(
                "name => [...document.querySelectorAll('.heard audio')]"
                ".some((each) => each.currentSrc.includes(name) && each.readyState >= 2)",
                arg=place,
            )
            assert place in clip.evaluate("each => each.currentSrc")
            assert clip.evaluate("each => each.currentTime") == pytest.approx(start, abs=0.2)


def test_another_page_of_the_machine_gets_nothing(
    browser: Any, server: Server, tmp_path: Path
) -> None:
    evil = tmp_path / "evil.html"
    evil.write_text(
        f"""<form id=f method=post enctype=text/plain action="http://{server.host}/decisions/{SUSPECTED.key}">
        <input name='{{"answer":"genuine","x":"' value='"}}'></form>
        <iframe src="{server.address}"></iframe>"""
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.address)
    ready(page)
    other = context.new_page()
    other.goto(evil.as_uri())
    other.evaluate("document.getElementById('f').submit()")
    other.wait_for_load_state()
    assert read_ledger(server.out).entries == ()
    context.close()


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(browser: Any, server: Server, width: int, scheme: str) -> None:
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    context = browser.new_context(bypass_csp=True, **options)  # for axe
    page = context.new_page()
    page.goto(server.address)
    ready(page)
    open_file(page, SUSPECTED.key)
    page.keyboard.press("f")
    page.wait_for_selector("#decision .decided")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(page.url.partition("/files/")[0] + "/index.html")
    ready(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
