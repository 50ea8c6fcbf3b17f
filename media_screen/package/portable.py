"""The pages of a folder of results as one folder or ZIP that opens anywhere, with its pictures."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from media_screen.evidence import Verdict
from media_screen.files import open_regular, write_atomically
from media_screen.package.archive import (
    HALF_PORTABLE,
    PackageError,
    files_in,
    hashed,
    write_folder,
    write_zip,
)
from media_screen.package.complaints import text_template
from media_screen.package.pathless import MachinePaths
from media_screen.package.room import copy_decisions, copy_results, media_copies
from media_screen.report import find_zone, write_report
from media_screen.results.campaigns import read_campaign_lines
from media_screen.results.folder import RESULTS
from media_screen.results.plain import counted
from media_screen.results.rows import read_line, read_results
from media_screen.results.saved_line import parse_line
from media_screen.results.whereabouts import screened_media
from media_screen.results.written import written_lines

PORTABLE = "results.portable.zip"  # beside the exports
_PACKED = ("report/", "thumbs/")  # what pages need

_log = logging.getLogger(__name__)


def write_portable(
    out: Path,
    *,
    output: Path | None = None,
    media: bool = False,
    decisions: bool = True,
    time_zone: str = "UTC",
    language: str = "en",
    tell: Callable[[str], object] = _log.warning,
) -> Path:
    """Write the pages of saved results and their pictures as one ZIP or folder; returns it.

    `output` is by default `OUT/results.portable.zip`; what does not end in .zip is made a folder.
    In it are pages and pictures alone: no embeddings, no references of people, no paths of this
    machine. With `media` copies of the media are in it, too, and the pages play them. What people
    decided is shown with their notes and names, unless `decisions` is false. `tell` hears what
    could not be packed. Raises PackageError, TimeZoneError and OSError.
    """
    target = _target(output or out / PORTABLE)
    find_zone(time_zone)
    campaigns = read_campaign_lines(out)
    for note in campaigns.notes():
        tell(note)
    with tempfile.TemporaryDirectory(prefix=HALF_PORTABLE, dir=out) as name:
        room = Path(name)
        paths = MachinePaths(_verdicts(out), out)
        lines, notes = copy_results(out, room, campaigns.campaigns, told=paths.taken_out)
        if decisions:
            notes += copy_decisions(out, room, told=paths.taken_out)
        copies = media_copies(screened_media(out, lines), notes) if media else {}
        links = {key: copy.name for key, copy in copies.items()}
        write_report(room, time_zone=time_zone, language=language, media=links, tell=_log.debug)
        values = {"files": counted(len(lines), "file"), "media": bool(copies)}
        write_atomically(room / "README.txt", [text_template("portable.txt", values).encode()])
        pages = {
            name: path
            for name, path in files_in(room).items()
            if name.startswith(_PACKED) or name == "README.txt"
        }
        files = hashed(pages | {copy.name: copy.path for copy in copies.values()})
        if target.suffix.lower() == ".zip":
            write_zip(target, target.stem, files)
        else:
            write_folder(target, files)
    for note in notes:
        tell(note)
    return target


def _verdicts(out: Path) -> Iterator[Verdict]:
    with open_regular(out / RESULTS) as stream:
        for row in read_results(stream, written_lines(out)).rows:
            yield parse_line(read_line(stream, row))


def _target(path: Path) -> Path:
    """Return where to write; raises PackageError where nothing can, before anything is made."""
    if not path.resolve().parent.is_dir():
        raise PackageError(f"expected a name in a folder that is there, got {path}")
    if path.suffix.lower() == ".zip":
        if path.is_dir():
            raise PackageError(f"expected the name of a ZIP, got the folder {path}")
    elif path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise PackageError(f"expected a new or an empty folder, or a name ending in .zip: {path}")
    return path
