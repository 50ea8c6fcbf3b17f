"""Finds the recordings of enrolled people that results name, so that they can be listened to.

Results name them from the folder of people on. Where that lies is kept beside the results, in
`OUT/people.json`, which goes into nothing that is handed on.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

from media_screen.evidence import RecordedMoment, Verdict
from media_screen.files import open_regular, write_atomically

PEOPLE = "people.json"
_MOST = 1 << 16  # bytes of it; a path is shorter


def keep_people_folder(out: Path, people: Path | None) -> None:
    """Keep where the enrolled people of a scan lie, or that there are none."""
    if people is None:
        (out / PEOPLE).unlink(missing_ok=True)
        return
    record = json.dumps({"people": str(people.resolve())}, ensure_ascii=True)
    write_atomically(out / PEOPLE, [record.encode()])


def people_folder(out: Path) -> Path | None:
    """Return where the enrolled people of the last scan lay, None where that is not known."""
    try:
        with open_regular(out / PEOPLE) as stream:
            people = json.loads(stream.read(_MOST))["people"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Path(people) if isinstance(people, str) else None


def recording_path(people: Path, recorded: RecordedMoment) -> Path | None:
    """Return where a recording should lie, None for a path that leads out of the folder."""
    below = PurePosixPath(recorded.path)
    if below.is_absolute() or ".." in below.parts or "\0" in recorded.path:
        return None
    return people.joinpath(*below.parts)


def recorded_moment(verdict: Verdict, sha256: str) -> RecordedMoment | None:
    """Return a moment of the recording with this hash that a verdict names, None for others."""
    heard = (one for piece in verdict.evidence for one in piece.heard)
    return next((one.recorded for one in heard if one.recorded.sha256 == sha256), None)
