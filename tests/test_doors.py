"""Text that others chose leaves through many doors, and does nothing at any of them."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.progress import Progress as Bar

from media_screen.batch import scan as batch
from media_screen.batch.scan import FoundFiles, Progress, Summary
from media_screen.cli import setup as scanning
from media_screen.cli.showing import show_people, show_summary
from media_screen.cli.terminal import PlainGroup, new_console
from media_screen.evidence import Campaign, Failure, Post, Verdict
from media_screen.exports import FORMATS, mediareview, misp, stix
from media_screen.exports import csv as csv_export
from media_screen.people.enrol import Enrolment
from media_screen.people.gallery import Gallery, Problem
from media_screen.report import write_report
from media_screen.results.folder import FinishedFile
from media_screen.results.plain import PlainFormatter
from tests.exports.made import campaign
from tests.report.records import every_label, suspected, write_results

AS_OF = datetime(2026, 1, 2, tzinfo=timezone.utc)
HOSTILE = {
    "script": "</script><script>alert(1)</script><!--",
    "attribute": "\" onmouseover=alert(1) x='",
    "link": "javascript:alert(1)",
    "terminal": "\x1b]8;;https://evil.example\x07click\x1b[31;5m\x9b31m",
    "line": "a\r\nERROR forged line\n[1/1] official /a.mp4",
    "bidi": "\u202egpj.exe\u2066\u200b",
    "markup": "[link=https://evil.example]click[/link][blink]x[/blink] :smile:",
    "half-markup": "[/bold][",
    "formula": "=cmd|' /C calc'!A0",
    "formula-behind-a-semicolon": 'a; =HYPERLINK("https://evil.example")\t=1+1;\'@SUM(1)',
    "template": "{{ 7 * 7 }}{% raw %}%s %(message)s {0}",
    "no-text": "\udcff\ud800\x00",
}
# What no door may let through as it is.
LIVE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ud800-\udfff]")
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def nasty(text: str) -> Verdict:
    """A verdict with the text wherever others choose it."""
    post = Post(
        platform=text, channel_id=text, handle=text, display_name=text, title=text, url=text
    )
    made = suspected(f"downloads/{text}.mp4")
    return replace(made, post=post, person=text, failures=(Failure("media", text),))


def written(module: object, verdicts: list[Verdict], campaigns: Sequence[Campaign] = ()) -> str:
    stream = io.StringIO()
    module.write(verdicts, campaigns, stream, as_of=AS_OF)  # type: ignore[attr-defined]
    return stream.getvalue()


# --- exports -------------------------------------------------------------------------------------


@hostile
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_of_a_spreadsheet_begins_a_formula(text: str, separator: str) -> None:
    found = written(csv_export, [nasty(text)])
    assert not LIVE.search(found.replace("\r\n", "").lstrip("\ufeff"))
    for cells in csv.reader(io.StringIO(found.lstrip("\ufeff")), delimiter=separator):
        for cell in cells:
            number = re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)
            assert number or not cell.lstrip(" \"'\t").startswith(tuple("=+@-")) or "'" in cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("a;=1+1", "a;'=1+1"),
        ('a; "=1+1', "a; \"'=1+1"),
        ("a\t@SUM(1)", "a\\t'@SUM(1)"),
        ("a,-1", "a,'-1"),
        ("a well-known name; x=y", "a well-known name; x=y"),
    ],
)
def test_a_formula_is_marked_where_a_cell_may_begin(text: str, cell: str) -> None:
    found = written(csv_export, [replace(nasty("x"), post=Post(title=text))])
    (row,) = csv.DictReader(io.StringIO(found.lstrip("\ufeff")))
    assert row["title"] == cell


@hostile
def test_json_ld_can_stand_in_a_page(text: str) -> None:
    found = written(mediareview, [nasty(text)])
    assert found.isascii() and not set("<>&") & set(found)
    assert json.loads(found)["@graph"]


PLATFORMS = ("YouTube", "Twitter", "Facebook", "TikTok", "")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("form", [misp, stix], ids=["misp", "stix"])
@pytest.mark.parametrize(
    "post",
    [
        Post(),
        Post(url="https://example.org/1"),
        Post(title="t"),
        Post(channel_id="UC1"),
        Post(handle="h"),
        Post(display_name="d"),
        Post(title="\u200b "),
    ],
    ids=["empty", "address", "title", "channel", "handle", "name", "invisible-title"],
)
def test_a_post_that_lacks_anything_stops_no_export(
    form: object, platform: str, post: Post
) -> None:
    sparse = replace(suspected("a.mp4"), post=replace(post, platform=platform))
    found = written(form, [sparse, suspected("b.mp4")])
    assert json.loads(found) and "b.mp4" in found


@hostile
@pytest.mark.parametrize("form", FORMATS)
def test_every_export_is_made_of_hostile_texts(form: str, text: str) -> None:
    module = import_module(f"media_screen.exports.{form}")
    joined, files = campaign(text=text)
    found = written(module, [nasty(text), *every_label(), *files], [joined])
    if FORMATS[form].endswith(".json"):
        found = json.dumps(json.loads(found), ensure_ascii=False)
    assert not LIVE.search(found.replace("\r\n", "\n").lstrip("\ufeff"))


# --- pages ---------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Collects what a page would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        for name, value in attrs:
            if name.startswith("on") or name == "srcdoc":
                self.handlers.append(name)
            if name in ("href", "src", "action", "data"):
                self.links.append(value or "")


@hostile
def test_pages_run_and_link_nothing(tmp_path: Path, text: str) -> None:
    write_results(tmp_path, [nasty(text)])
    write_report(tmp_path)
    for path in (tmp_path / "report").rglob("*.html"):
        page = _Page()
        page.feed(path.read_text("utf-8"))
        assert not page.handlers and page.scripts <= 1
        assert not [
            link for link in page.links if re.match(r"\s*(javascript|data|vbscript):", link)
        ]
        assert not LIVE.search(path.read_text("utf-8").replace("\n", ""))


# --- the terminal --------------------------------------------------------------------------------


def said(show: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> str:
    show()
    return capsys.readouterr().out


@hostile
def test_the_table_of_a_scan_is_plain(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    entry = FinishedFile(
        f"in/{text}",
        "official",
        text,
        1.0,
        text,
        failed=False,
        copy=False,
        partly=False,
        kept=False,
    )
    summary = Summary((entry,), FoundFiles((), missing=(Path(text.replace("\0", "")),)), 1, 0, 1.0)
    found = said(lambda: show_summary(summary, Path("report")), capsys)
    assert not LIVE.search(found) and "forged line\n" not in found


@hostile
def test_the_table_of_people_is_plain(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    enrolment = Enrolment(Gallery(), None, (Problem(text, text, text, text),), 0, 0)
    assert not LIVE.search(said(lambda: show_people((), enrolment), capsys))


@hostile
def test_the_progress_is_plain(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stream = io.StringIO()
    terminal = Console(file=stream, force_terminal=True, width=200, markup=False, emoji=False)
    monkeypatch.setattr(scanning, "new_console", lambda **_: terminal)

    def scan(
        *_: object,
        on_start: Callable[[Progress], None],
        on_result: Callable[[Verdict, Progress], None],
        **__: object,
    ) -> None:
        on_start(Progress(total=1, kept=0))
        on_result(nasty(text), Progress(total=1, kept=0))

    monkeypatch.setattr(batch, "scan", scan)
    stopped = Bar.stop
    monkeypatch.setattr(Bar, "stop", lambda bar: (bar.refresh(), stopped(bar)))
    scanning.scan_with_progress([], tmp_path, None, 1, None, executor=None, quiet=False)  # type: ignore[arg-type]
    found = stream.getvalue()
    assert "evil.example\x1b\\" not in found and "]8;" not in found.replace("\\x1b]8;", "")
    assert "\x1b[5m" not in found and "\U0001f604" not in found and "\x9b" not in found


@hostile
def test_a_console_prints_markup_as_it_is(text: str) -> None:
    console = new_console()
    console.file, console.width = io.StringIO(), 500
    console.print("[bold]x[/bold] :smile:")
    assert console.file.getvalue() == "[bold]x[/bold] :smile:\n"


@hostile
def test_the_log_is_plain(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "f.py", 1, "screening %s failed", (text,), sys.exc_info()
        )
    found = PlainFormatter().format(record)
    assert not LIVE.search(found)
    first, *rest = found.split("\n")
    assert first.startswith("ERROR x: screening ") and all(line.startswith("    ") for line in rest)


@hostile
def test_errors_of_commands_are_plain(text: str) -> None:
    @click.group(cls=PlainGroup)
    def main() -> None:
        """A group."""

    @main.command()
    def fail() -> None:
        raise click.ClickException(text)

    assert not LIVE.search(CliRunner().invoke(main, ["fail"]).output)
