"""The pages in a real browser, where one is installed: scripts run, nothing is refused."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from media_screen.report import write_report

from . import records

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


def load(address: str, profile: Path) -> str:
    """Return the page as the browser holds it after its scripts ran; complaints are errors."""
    options = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --virtual-time-budget=4000 --enable-logging=stderr --dump-dom""".split()  # noqa: SIM905
    command = [str(CHROMIUM), *options, f"--user-data-dir={profile}", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    return done.stdout


def test_filters_come_from_the_address(tmp_path: Path) -> None:
    records.write_results(tmp_path / "out", records.every_label())
    index = write_report(tmp_path / "out").as_uri()
    dom = load(f"{index}#q=DOWNLOADS+mp4&person=xin-liu&llr=-1&sort=-llr", tmp_path / "profile")
    rows = re.findall(r'<tr data-label="(\w+)"[^>]*?( hidden="")?>', dom)
    shown = [label for label, hidden in rows if not hidden]
    assert shown == ["suspected_impersonation", "altered_official", "unverified_appearance"]
    assert "3 of 8 files" in dom
    assert 'aria-sort="descending"' in dom


def test_a_file_page_loads_without_complaint(tmp_path: Path) -> None:
    hostile = [records.hostile(text) for text in records.HOSTILE[:3]]
    records.write_results(tmp_path / "out", hostile)
    write_report(tmp_path / "out")
    page = tmp_path / "out" / "report" / "files" / f"{hostile[0].media.key}.html"
    dom = load(page.as_uri(), tmp_path / "profile")
    assert '<html lang="en" class="js">' in dom
    assert "alert(1)" in dom and "<script>alert" not in dom
