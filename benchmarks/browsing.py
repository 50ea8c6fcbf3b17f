"""How long does a browser take to show the report of thousands of files, and to filter it?

    python -m benchmarks.browsing

Writes made-up results of posts of several accounts, as many as are asked for, and their report, and
opens it in the Chromium of the system: how long until the table stands there, and until each filter
has been applied. Needs the extra `dev` for playwright. Beside seconds it counts the elements of the
page, which do not depend on the machine.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.markdown import heading, table
from benchmarks.places import write_page, write_record
from benchmarks.throughput import machine
from media_screen.evidence import LABELS, MediaInfo, Post, Verdict, probability_bounds
from media_screen.report import write_report

COMMAND = "python -m benchmarks.browsing"
FILES = 5_000
RUNS = 5  # of each; the middle one counts
# What is typed or chosen, and how many of 5,000 files are left: one of each label has the same
# share; the words of the first filter stand in a third of the rows.
FILTERS = (("q", "account 7 clip"), ("label", "official"), ("person", "-"), ("q", "no such file"))
# Until the page says how many files are shown, and has drawn that.
_FILTERED = """([name, value]) => new Promise((done) => {
  const form = document.getElementById("filters"), shown = document.getElementById("shown");
  const start = performance.now();
  new MutationObserver((_, watch) => {
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  }).observe(shown, { childList: true, characterData: true, subtree: true });
  const field = form.elements[name];
  if (!field) {  // the boxes of labels stand outside of the form
    document.querySelector(`input[name=${name}][value=${value}]`).click();
  } else {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
})"""


@dataclass(frozen=True, slots=True)
class FilterTime:
    """How long a filter took, in the middle run, and how many rows were in the table after it."""

    name: str
    value: str
    ms: float
    rows: int


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=FILES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary)
        (out / "results.jsonl").write_text("".join(_lines(asked.files)), "ascii")
        start = time.monotonic()
        index = write_report(out)
        written_s = time.monotonic() - start
        record = {"files": asked.files, "written_s": written_s, **measured(index)}
    record = {"command": COMMAND, "machine": machine(), **record}
    write_record("browsing", record)
    write_page("browsing", page(record))
    print(page(record))


def _lines(count: int) -> Iterator[str]:
    """Give the line of each made-up file: every label and account in turn."""
    for number in range(count):
        label, account = LABELS[number % len(LABELS)], f"account {number % 50}"
        shows = "xin-liu" if number % 3 else None
        url = f"https://example.org/watch/{number}"
        when = f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T08:30:00Z"
        post = Post("youtube", f"UC{number % 50:022d}", f"@{account}", account, "", url, when)
        llr = round(number % 90 / 10 - 3, 1)
        media = MediaInfo(
            f"downloads/{account} clip {number:05d}.mp4", f"{number:064x}", "video", duration_s=41.2
        )
        yield (
            Verdict(
                label=label,
                media=media,
                person=shows,
                llr={"manipulation": llr},
                probability_bounds=probability_bounds(llr),
                summary=f"Made-up file {number}, of which nothing was looked at.",
                post=post,
            ).to_json()
            + "\n"
        )


def measured(index: Path) -> dict[str, Any]:
    """Open the report in a browser; returns what was counted and timed there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox"],
        )
        view = browser.new_page(viewport={"width": 1280, "height": 900})
        loads = []
        for _ in range(RUNS):
            view.goto(index.as_uri())
            loads.append(
                view.evaluate(
                    "() => new Promise((done) => requestAnimationFrame(() => "
                    "setTimeout(() => done(performance.now()))))"
                )
            )
        elements = view.evaluate("document.querySelectorAll('*').length")
        filters = [asdict(_filter(view, index, *one)) for one in FILTERS]
        browser.close()
    return {
        "index_bytes": index.stat().st_size,
        "elements": elements,
        "load_ms": sorted(loads)[RUNS // 2],
        "filters": filters,
    }


def _filter(view: Any, index: Path, name: str, value: str) -> FilterTime:
    times = []
    for _ in range(RUNS):
        view.goto(index.as_uri())
        times.append(view.evaluate(_FILTERED, [name, value]))
    rows = view.locator("#files tbody tr").count()
    return FilterTime(name, value, sorted(times)[RUNS // 2], rows)


def page(record: dict[str, Any]) -> str:
    """Return browsing.md."""
    lines = [
        *heading("Thousands of files in a browser", record["command"]),
        f"{record['machine']}, the Chromium of the system without a GPU. {record['files']:,} "
        f"made-up files; the middle of {RUNS} runs, each with a fresh page.",
        "",
        f"The first page has {record['index_bytes'] / 1e6:.1f} MB and is written, with a page for "
        f"each file, in {record['written_s']:.0f} s. Opened, until its table is drawn: "
        f"{record['load_ms'] / 1e3:.2f} s. Of its rows the browser lays out the first ones; the "
        f"document then has {record['elements']:,} elements.",
        "",
        *table(
            ("filter", "value", "rows laid out", "until drawn, s"),
            [
                (one["name"], f"`{one['value']}`", one["rows"], f"{one['ms'] / 1e3:.2f}")
                for one in record["filters"]
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
