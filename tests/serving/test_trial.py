"""An analyst's days, walked through in a browser: what was screened is what the pages show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.trial import DRAWN, IMPOSTOR, REVOICED, AnalystTrial, lay_out
from media_screen.batch.scan import scan
from media_screen.cli.main import main
from media_screen.evidence import Campaign, Verdict
from media_screen.languages import CODES, find_language
from media_screen.results.campaigns import read_campaigns
from media_screen.results.ledger import LEDGER, read_ledger
from media_screen.screen import Config
from tests.making import records
from tests.report.test_wording import ENGLISH, Shown
from tests.serving.conftest import Server, serving
from tests.serving.test_browser import entered, open_file, ready, record

REPOSTS = 12
# What says who is shown, by whom it was published, and what of it is known: no looking for traces.
DETECTORS = ("channel", "catalogue", "face_identity", "container")


@dataclass(frozen=True)
class Screened:
    """A trial after its first day: made short, so that it costs little."""

    trial: AnalystTrial
    config: Config

    @property
    def out(self) -> Path:
        return self.trial.folder / "results"

    def scan(self) -> Any:
        return scan([self.trial.downloads], self.out, self.config)

    def verdict(self, name: str) -> Verdict:
        """The result of the file whose name holds this."""
        found = (
            Verdict.from_dict(one) for one in records(self.out) if name in one["media"]["path"]
        )
        return next(found)

    def campaign(self) -> Campaign:
        (found,) = read_campaigns(self.out)
        return found


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Screened:
    folder = tmp_path_factory.mktemp("trial") / "trial"
    trial = lay_out(folder, samples=(IMPOSTOR, REVOICED), seconds=3.0, short_side=240)
    config = Config(people=trial.people, device="cpu", detectors=DETECTORS)
    screened = Screened(trial, config)
    assert screened.scan().screened == 2 + REPOSTS + DRAWN
    return screened


@pytest.fixture(params=CODES)
def served(request: pytest.FixtureRequest, screened: Screened) -> Iterator[tuple[str, Server]]:
    """The first day's results in one language, of which nothing is decided."""
    (screened.out / LEDGER).unlink(missing_ok=True)
    with serving(screened.out, "--language", request.param) as server:
        yield request.param, server


def test_what_was_laid_out_is_found(screened: Screened) -> None:
    assert screened.verdict(IMPOSTOR).label == "suspected_impersonation"
    assert screened.verdict(REVOICED).label == "altered_official"
    assert screened.verdict("colours.0").label == "no_finding"
    campaign = screened.campaign()
    assert campaign.label == "suspected_impersonation"
    assert len(campaign.members) == 1 + REPOSTS and len(campaign.accounts) == 1 + REPOSTS


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_from_the_first_screen_to_a_decision(
    browser: Any, screened: Screened, served: tuple[str, Server], width: int
) -> None:
    code, server = served
    say = find_language(code).say
    with entered(browser, server, viewport={"width": width, "height": 900}) as page:
        _look(page, code)
        first, *others = page.locator("#files tbody tr").all()
        assert "campaign" in (first.get_attribute("class") or "")
        assert say("Suspected impersonation") in first.text_content()
        assert say("Altered official footage") in others[0].text_content()
        assert page.locator("#files tr.member:visible").count() == 0
        first.locator("details.opener summary").click()
        page.wait_for_function(
            "n => [...document.querySelectorAll('#files tr.member')]"
            ".filter((each) => each.offsetParent).length === n",
            arg=1 + REPOSTS,
        )
        first.locator("td.c-file a").first.click()
        page.wait_for_url("**/campaigns/c-*.html")
        ready(page)
        _look(page, code)
        page.locator("a[href*='files/']", has_text=IMPOSTOR).first.click()
        page.wait_for_url("**/files/*.html")
        ready(page)
        _look(page, code)
        page.keyboard.press("f")
        page.wait_for_selector("#decision .decided.d-confirmed_fake")
        assert say("Confirmed fake") in page.locator("#decision .decided").first.text_content()
        page.locator("[data-answer=to_check]").click()
        page.wait_for_selector("#decision .decided.d-to_check")
        assert say("Written down.") in page.locator(".told").text_content()
        page.keyboard.press("z")
        page.wait_for_selector("#decision .decided.d-confirmed_fake")
        _look(page, code)
        assert record(server, screened.verdict(IMPOSTOR).media).answer == "confirmed_fake"


def _look(page: Any, code: str) -> None:
    """Nothing of a page is wider than the screen, and nothing that the program says is English."""
    assert page.locator("html").get_attribute("lang") == code
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    if code != "en":
        left = {text for text in Shown(page.content()).texts if ENGLISH.search(text)}
        assert not {text for text in left if not re.search("ENFSI|LLR", text)}


def test_the_next_day(browser: Any, screened: Screened) -> None:
    (screened.out / LEDGER).unlink(missing_ok=True)
    campaign = screened.campaign()
    with serving(screened.out) as server, entered(browser, server) as page:
        page.goto(page.url.partition("/report/")[0] + f"/report/campaigns/{campaign.id}.html")
        ready(page)
        page.keyboard.press("f")
        page.wait_for_function(
            "() => document.querySelector('.told').textContent.includes('Written down')"
        )
    decided = {file.sha256 for one in read_ledger(screened.out).entries for file in one.files}
    assert len(decided) == 1 + REPOSTS

    trial, before = screened.trial, records(screened.out)
    colours = next(trial.downloads.glob("colours.0*.info.json"))
    fake = next(trial.downloads.glob("*repost01*.mp4"))
    _people("add-fake", fake, "--of", "irena-valequist", people=trial.people)
    _people("add", "Colour Painter", "--sidecar", colours, people=trial.people)
    trial.turn()
    summary = screened.scan()

    assert summary.changes is not None and len(summary.changes.new) == 3
    assert summary.screened - summary.renewed == 3, "only what is new is looked at"
    assert screened.verdict("colours.0").label == "official"
    match = screened.verdict("repost02").provenance.match
    assert match is not None and match.relation == "known_fake"
    after = screened.campaign()
    assert after.id == campaign.id and len(after.members) == 2 + REPOSTS
    kept = {one["media"]["path"] for one in before}
    with serving(screened.out) as server, entered(browser, server) as page:
        page.locator("#files details.opener summary").first.click()
        shown = page.locator("#files tr.member .decided.d-confirmed_fake")
        shown.nth(REPOSTS).wait_for()
        assert shown.count() == 1 + REPOSTS
        assert record(server, screened.verdict("repost13").media).answer is None
        open_file(page, screened.verdict(IMPOSTOR).media.key)
        assert page.locator("#decision .decided.d-confirmed_fake").count() == 1
    assert kept < {one["media"]["path"] for one in records(screened.out)}


def _people(command: str, *arguments: object, people: Path) -> None:
    done = CliRunner().invoke(
        main, ["people", command, *map(str, arguments), "--people", str(people)]
    )
    assert done.exit_code == 0, done.output
