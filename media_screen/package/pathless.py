"""Takes the paths of this machine out of what is handed on.

Results tell where files lay when they were screened. What is left of an absolute path is how it
goes on below the folder that all files of the results have in common, or its last name. What posts
say is left as it is.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from media_screen.evidence import Verdict

# An absolute path in a sentence of the program, up to its last name; not in an address.
_FOLDERS = re.compile(r"(?<![\w:/.\\-])(?:[A-Za-z]:[\\/]|/)(?:[^/\\\0\"']+[\\/])+")
_OF_POSTS = ("post", "context", "text")  # what others wrote
_PROGRAM = ("failures", "abstentions", "versions")  # what may quote any path of the machine


class MachinePaths:
    """The folders of this machine that results name, and how to say them without it."""

    def __init__(self, verdicts: Iterable[Verdict], out: Path) -> None:
        files = {os.path.dirname(path) for verdict in verdicts for path in _absolute(verdict)}
        common = os.path.commonpath(files) if files else ""
        if len(Path(common).parts) < 2:  # nothing in common but the root
            common = ""
        shown = {folder: _below(folder, common) for folder in files}
        # Of the machine in general; what lies in them is named from there.
        for own in (out.resolve(), Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
            if len(own.parts) > 1:
                shown.setdefault(str(own), "")
        self._shown = {
            folder.rstrip(os.sep): f"{name}/" if name else "" for folder, name in shown.items()
        }
        self._longest = max(map(len, self._shown))
        self._deepest = 1 + max(folder.count(os.sep) for folder in self._shown)
        # Not where it stands within another path, or in an address.
        first = "".join({folder[:1] or os.sep for folder in self._shown})
        self._begins = re.compile(rf"(?<![\w/.-])[{re.escape(first)}]")

    def taken_out(self, line: bytes) -> bytes:
        """Return the line of a verdict or a campaign without paths of this machine."""
        record = json.loads(line)
        if "media" in record:  # the key of a file comes from its path unless it is told
            record["media"]["id"] = Verdict.from_dict(record).media.key
        cleaned = {
            name: value if name in _OF_POSTS else self._cleaned(value, program=name in _PROGRAM)
            for name, value in record.items()
        }
        return json.dumps(cleaned, ensure_ascii=True, allow_nan=False).encode()

    def _cleaned(self, value: Any, *, program: bool) -> Any:
        if isinstance(value, str):
            return self._said(value, program=program)
        if isinstance(value, list):
            return [self._cleaned(one, program=program) for one in value]
        if isinstance(value, dict):
            return {
                self._said(name, program=program): self._cleaned(one, program=program)
                for name, one in value.items()
            }
        return value

    def _said(self, text: str, *, program: bool) -> str:
        text = self._shortened(text)
        return _FOLDERS.sub("", text) if program else text

    def _shortened(self, text: str) -> str:
        """Return a text in which each path of a known folder is told without the machine's part."""
        told, end = [], 0
        for found in self._begins.finditer(text) if os.sep in text else ():
            folder = self._folder_at(text, found.start())
            if found.start() >= end and folder is not None:
                told += [text[end : found.start()], self._shown[folder]]
                end = found.start() + len(folder) + len(os.sep)
        return "".join([*told, text[end:]])

    def _folder_at(self, text: str, start: int) -> str | None:
        """Return the deepest known folder whose path begins there, None for none.

        Each part of the path is looked up, and not each folder: there may be one for each file.
        """
        deepest, end = None, start - 1
        for _ in range(self._deepest):
            end = text.find(os.sep, end + 1, start + self._longest + len(os.sep))
            if end < 0:
                break
            if text[start:end] in self._shown:
                deepest = text[start:end]
        return deepest


def _absolute(verdict: Verdict) -> Iterator[str]:
    passed, earlier = verdict.passed, verdict.duplicate_of
    paths = (
        verdict.media.path,
        verdict.media.sidecar,
        verdict.examined_as,
        passed.path if passed else "",
        earlier.path if earlier else "",
        *(one.path for one in verdict.shared),
    )
    return (path for path in paths if os.path.isabs(path))


def _below(folder: str, common: str) -> str:
    if not common:
        return os.path.basename(folder)
    below = os.path.relpath(folder, common)
    return "" if below == "." else below.replace(os.sep, "/")
