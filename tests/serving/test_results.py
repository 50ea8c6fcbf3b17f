"""What is served is what lies in the folder now, in the language that was asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("starlette")

from media_screen.languages import CODES
from media_screen.report import write_report
from media_screen.report.pages import source_hash
from media_screen.results import deciding
from media_screen.results.deciding import Decidable
from media_screen.results.folder import RESULTS
from media_screen.results.ledger import LEDGER
from media_screen.serving import results as serving
from media_screen.serving.app import _Answers
from media_screen.serving.results import PostedDecision, ServedResults
from tests.report import invented, records

KEY = records.suspected().media.key
PAGES = {
    "index": Path("index.html"),
    "file": Path("files", f"{KEY}.html"),
    "campaign": Path("campaigns", f"{invented.ID}.html"),
}


@pytest.fixture
def served(tmp_path: Path) -> ServedResults:
    campaign, verdicts = invented.small()
    invented.write(tmp_path / "out", campaign, verdicts=[*records.every_label(), *verdicts])
    return ServedResults(tmp_path / "out", people=None, who="ada", time_zone="UTC", language="en")


@pytest.mark.parametrize(("kind", "place"), PAGES.items(), ids=PAGES.keys())
@pytest.mark.parametrize("language", CODES)
def test_a_page_that_was_written_in_any_language_keeps_its_style(
    served: ServedResults, language: str, kind: str, place: Path
) -> None:
    write_report(served.out, language=language)
    answer = _Answers(served)._written(kind, place)
    page, policy = bytes(answer.body).decode(), answer.headers["content-security-policy"]
    assert f'<html lang="{language}">' in page
    parts = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", page, re.DOTALL)
    assert len(parts) == 4 and all(source_hash(part) in policy for part in parts)


def test_a_page_of_no_language_has_a_policy(served: ServedResults) -> None:
    served.write_pages()
    (served.out / "report/index.html").write_text('<!doctype html>\n<html lang="xx\\">\n')
    answer = _Answers(served)._written("index", PAGES["index"])
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")


def test_pages_that_another_program_wrote_are_written_anew(served: ServedResults) -> None:
    index = served.out / "report/index.html"
    served.write_pages()
    before = index.stat().st_mtime_ns
    served.renew_pages()
    assert index.stat().st_mtime_ns == before, "nothing changed"
    write_report(served.out, language="fr")
    served.renew_pages()
    assert '<html lang="en">' in index.read_text("utf-8")
    index.unlink()
    served.renew_pages()
    assert index.is_file()


def test_a_decision_reads_the_ledger_and_not_the_results(
    served: ServedResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []

    def counted(out: Path) -> Decidable:
        reads.append(out)
        return deciding.decidable(out)

    monkeypatch.setattr(serving, "decidable", counted)
    for number in range(3):
        served.take(KEY, PostedDecision(note=f"note {number}"))
        assert len(served.known().ledger.entries) == number + 1
        assert served.marks()[KEY][0] == "" and f"note {number}" in served.panel(KEY)
    assert len(reads) == 1
    (served.out / LEDGER).unlink()
    assert not served.known().ledger.entries and len(reads) == 1
    with (served.out / RESULTS).open("a") as stream:
        stream.write(records.quiet("no_finding", "new.mp4", None, 0.0).to_json() + "\n")
    assert "new.mp4" in [row.path for row in served.known().rows] and len(reads) == 2
