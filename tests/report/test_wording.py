"""The pages in French and Chinese: nothing of them stays English but what others wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from media_screen.evidence import Verdict
from media_screen.languages import CODES, find_language
from media_screen.report import write_report
from media_screen.report.pages import make_environment
from media_screen.results.changes import OTHER_PARTS, PARTS, ChangedFile, FolderChanges
from media_screen.results.ledger import campaign_files, decide
from tests.report import invented, records
from tests.report.pages import Page, check_markup

# Words that no French or Chinese text has, and every longer English one.
ENGLISH = re.compile(r"\b(the|of|is|are|was|were|not|with|from|this|that|which|by|and|files?)\b")
# The title of a page names the file or the campaign, by what others called it; those within its
# pictures are the program's own.
DATA = ("bdi", "code", "kbd", "pre", "script", "style", "title")


class Shown(HTMLParser):
    """Collects the text of a page that no metadata wrote."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "input", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        data_alone = set(DATA) - ({"title"} if "svg" in self._open else set())
        if not set(self._open) & data_alone:
            self.texts.append(" ".join(data.split()))


def pages(out: Path, language: str) -> list[str]:
    campaign, verdicts = invented.small()
    records.write_results(out, [*records.every_label(), records.altered(), *verdicts])
    (out / "campaigns.jsonl").write_text(json.dumps(campaign.to_dict()) + "\n")
    changed(verdicts).write(out)
    files = campaign_files(campaign)[:1]
    decide(out, files, who="ada", after="", answer="confirmed_fake", campaign=campaign.id)
    write_report(out, language=language)
    return [path.read_text("utf-8") for path in sorted((out / "report").rglob("*.html"))]


FOUND_NOTHING = "Shows nobody who is enrolled, and nothing suspicious was found."


def changed(verdicts: Sequence[Verdict]) -> FolderChanges:
    """What changed since the last scan: a label, a file, and all that results are made with."""
    new, moved = (
        ChangedFile(one.media.path, one.media.key, one.label, before, FOUND_NOTHING)
        for one, before in zip(verdicts, ("", "no_finding"), strict=False)
    )
    parts = (*PARTS.values(), OTHER_PARTS)
    since, now = "2026-07-01T08:00:00+00:00", "2026-07-02T08:00:00+00:00"
    return FolderChanges(since, now, parts, (new,), (moved,), ("gone.mp4",), 1, 2, 1, 3)


@pytest.mark.parametrize("language", CODES[1:])
def test_no_english_is_left_but_what_others_wrote(tmp_path: Path, language: str) -> None:
    for html in pages(tmp_path, language):
        assert f'<html lang="{language}">' in html
        check_markup(Page(html))
        left = {text for text in Shown(html).texts if ENGLISH.search(text)}
        assert not {text for text in left if "ENFSI" not in text and not _invented(text)}


def _invented(text: str) -> bool:
    """Tell whether a text is of the tests' own records, whose sentences no detector says."""
    return any(re.search(pattern, text) for pattern in INVENTED)


INVENTED = (r"c2pa-python is not installed", r"no voice is enrolled for anyone", r"LLR")


@pytest.mark.parametrize("language", CODES)
def test_hostile_titles_stay_text_in_each_language(tmp_path: Path, language: str) -> None:
    records.write_results(tmp_path, [records.hostile(text) for text in records.HOSTILE])
    write_report(tmp_path, language=language)
    for path in (tmp_path / "report").rglob("*.html"):
        check_markup(Page(path.read_text("utf-8")))


def test_a_title_that_is_a_message_is_not_translated(tmp_path: Path) -> None:
    verdict = records.hostile("Suspected impersonation")
    records.write_results(tmp_path, [verdict])
    write_report(tmp_path, language="fr")
    page = (tmp_path / "report" / "files" / f"{verdict.media.key}.html").read_text("utf-8")
    assert "<bdi>Suspected impersonation</bdi>" in page


def test_text_of_templates_is_put_in_as_text() -> None:
    environment = make_environment(language=find_language("fr"))
    environment.words = lambda message: message.replace("Hello", "<b>&")
    template = environment.from_string('<p title="Hello {{ x }}">Hello {{ x }} there</p>')
    assert template.render(x="<i>") == (
        '<p title="&lt;b&gt;&amp; &lt;i&gt;">&lt;b&gt;&amp; &lt;i&gt; there</p>'
    )


def test_places_of_a_message_may_change_their_order() -> None:
    environment = make_environment(language=find_language("fr"))
    environment.words = lambda message: "{2} < {1}" if "{2}" in message else message
    assert environment.from_string("{{ a }} of {{ b }}").render(a=1, b=2) == "2 &lt; 1"
