"""Runs a benchmark that posts media and screens them: reads its options, prints and writes."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.places import write_page, write_record


def run_and_write(
    name: str,
    description: str | None,
    run: Callable[[Path, Path], dict[str, Any]],
    markdown: Callable[[dict[str, Any]], str],
    arguments: Sequence[str] | None,
) -> int:
    """Make the record NAME of a folder of media in a folder to work in, and its page; 0."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, help="folder to go on in; a temporary one by default")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        record = run(asked.media, asked.work or Path(temporary))
    text = markdown(record)
    write_record(name, record)
    write_page(name, text)
    print(text)
    return 0
