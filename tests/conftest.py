"""What all tests share: goldens, kept under `tests/goldens/`, and a browser, started once."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.places import CHROMIUM

GOLDENS = Path(__file__).parent / "goldens"
# What no set-up of the tests can bring is a GPU, and a machine that has one lacks its absence.
EXCUSED = re.compile(r"\b(cuda|gpu)\b", re.IGNORECASE)
# A busy machine takes longer over an example, which says nothing of the program.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
LEAST_NORMAL = sys.float_info.min  # half of it is zero where a processor flushes denormal numbers


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-goldens",
        action="store_true",
        help="write what the tests produce into tests/goldens instead of comparing with it",
    )
    parser.addoption(
        "--strict-skips",
        action="store_true",
        help="fail when a test was skipped for want of anything that can be installed",
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if not session.config.getoption("--strict-skips"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker of pytest-xdist: the process that collects all reports decides
        return
    reasons = [report.longrepr[-1] for report in reporter.stats.get("skipped", [])]
    if [reason for reason in reasons if not EXCUSED.search(reason)]:
        reporter.write_line("\na test was skipped for want of what can be installed", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def arithmetic() -> Iterator[None]:
    """Let no test leave the arithmetic of its process other than it found it.

    Which tests share a process changes from run to run; one that flushes denormal numbers fails
    others, far from its own place.
    """
    before = LEAST_NORMAL / 2
    yield
    assert before == LEAST_NORMAL / 2, "this test left denormal numbers flushed to zero"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden of that name, or rewrite it under `--renew-goldens`."""

    def check(name: str, text: str) -> None:
        path = GOLDENS / name
        if request.config.getoption("--renew-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.exists(), f"no golden {name}: run pytest --renew-goldens, then look at it"
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
