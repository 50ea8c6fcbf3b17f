"""Exports of saved results for other tools: spreadsheets, threat intelligence, networks, reviews.

Each format is a module with one function:

    write(
        verdicts: Iterable[Verdict],
        campaigns: Sequence[Campaign],
        stream: TextIO,
        *,
        as_of: datetime,
        ledger: Ledger,
    ) -> int

which writes the verdicts in order with the campaigns they belong to and what people decided, and
returns how many files it told of. `as_of` is when the results or the ledger were last written: the
same ones of the same time give the same bytes. No model is run.
"""

from __future__ import annotations

import importlib
import io
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path

from media_screen.errors import MediaScreenError
from media_screen.evidence import Verdict
from media_screen.files import open_regular, write_atomically

_log = logging.getLogger(__name__)

# Format, which is also the name of its module, and the file it is written to beside the results.
FORMATS: Mapping[str, str] = {
    "csv": "results.csv",
    "stix": "results.stix.json",
    "opencti": "results.opencti.json",
    "misp": "results.misp.json",
    "mediareview": "results.mediareview.json",
    "graphml": "results.graphml",
    "gexf": "results.gexf",
}


class ExportError(MediaScreenError, RuntimeError):
    """Results can't be exported: an optional package is missing, or a format is unknown."""


def export(
    out: Path,
    form: str,
    *,
    output: Path | None = None,
    tell: Callable[[str], object] = _log.warning,
) -> tuple[Path, int]:
    """Export the results in a folder; return the file and how many files of media it tells of.

    `form` is one of `FORMATS`; `output` is OUT/FORMATS[form] by default, and "-" for stdout.
    Broken and strange lines are passed over, as in the report, and `tell` hears of them. Raises
    ExportError.
    """
    from media_screen.results.campaigns import read_campaigns
    from media_screen.results.folder import RESULTS
    from media_screen.results.ledger import LEDGER, read_ledger

    if form not in FORMATS:
        raise ExportError(f"no format {form!r}; there are {', '.join(FORMATS)}")
    try:
        module = importlib.import_module(f"media_screen.exports.{form}")
    except ImportError as error:
        raise ExportError(
            f"{error}: the format needs a package: pip install 'media_screen[{form}]'"
        ) from error
    changed = max(
        (out / name).stat().st_mtime for name in (RESULTS, LEDGER) if (out / name).exists()
    )
    as_of = datetime.fromtimestamp(int(changed), timezone.utc)
    text = io.StringIO()
    verdicts, campaigns = saved_verdicts(out, tell=tell), read_campaigns(out, tell=tell)
    ledger = read_ledger(out)
    for note in ledger.notes():
        tell(note)
    count = module.write(verdicts, campaigns, text, as_of=as_of, ledger=ledger)
    path = output or out / FORMATS[form]
    if str(path) == "-":
        sys.stdout.write(text.getvalue())
    else:
        write_atomically(path, [text.getvalue().encode("utf-8")])
    return path, count


def saved_verdicts(out: Path, *, tell: Callable[[str], object] = _log.warning) -> Iterator[Verdict]:
    """Give the verdicts of a folder of results, each path once, what needs an eye first."""
    from media_screen.results.folder import RESULTS
    from media_screen.results.rows import read_line, read_results
    from media_screen.results.saved_line import parse_line
    from media_screen.results.written import written_lines

    with open_regular(out / RESULTS) as stream:
        results = read_results(stream, written_lines(out))
        for note in results.notes():
            tell(note)
        for row in results.rows:
            yield parse_line(read_line(stream, row))
