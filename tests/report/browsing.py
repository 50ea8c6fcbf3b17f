"""Opening pages in a browser, and what is looked for in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def opened(browser: Any, page_path: Path, fragment: str = "", **options: Any) -> Iterator[Any]:
    """Open a page; a word on the console, a dialog or a request elsewhere is an error."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    complaints: list[str] = []
    own = next(top for top in page_path.parents if (top / "results.jsonl").exists()).as_uri()

    def note(request: Any) -> None:
        if not request.url.startswith(own):
            complaints.append(request.url)

    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", note)
    page.goto(page_path.as_uri() + fragment)
    yield page
    assert complaints == []
    context.close()


def index(out: Path) -> Path:
    return out / "report" / "index.html"


def names(page: Any) -> list[str]:
    """The names of the files in the table, in order."""
    paths = page.locator("#files tbody tr td.c-file small.path").all_text_contents()
    return [path.rpartition("/")[2] for path in paths]


def wait_for_count(page: Any, count: int) -> None:
    """Wait for the filters, which act a moment after the last key."""
    page.wait_for_function(
        "n => document.querySelectorAll('#files tbody tr').length === n", arg=count
    )


# Only what is asserted is handed over: a page of thousands of rows that breaks a rule has thousands
# of nodes, each with its reasons, and handing those over took a quarter of an hour once.
_VIOLATIONS = """(options) => axe.run(document, options).then((found) => found.violations.map(
  (one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))"""
# Rows of what is opened are put in when the browser tells of it: until then the page is not whole.
_OPEN_ALL = """() => new Promise((done) => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));
})"""


def violations(page: Any) -> list[list[Any]]:
    """axe-core: contrast, names of controls, target sizes; rules of WCAG 2.2 at level AA."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    options = {"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]}
    page.evaluate(axe.axe_script)
    page.evaluate(_OPEN_ALL)
    found: list[list[Any]] = page.evaluate(_VIOLATIONS, options)
    return found
