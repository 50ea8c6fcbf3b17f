"""Reads lists of files, as other programs write them, for `--files-from`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from media_screen.results.plain import plain
from media_screen.sidecar import is_sidecar

LIST = click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
STDIN = Path("-")
_MOST = 256 << 20  # bytes of a list; a million paths are half of that
_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some editors put before a text


def listed(file: Path, *, null: bool = False) -> tuple[Path, ...]:
    """Return the paths in a list: one a line, or with `null` one before each null character.

    They are taken as they stand, spaces and all; sidecars are left to their files. Raises
    UsageError for what can't be a list.
    """
    data = _read(file).removeprefix(_MARK)
    if null:
        found = data.split(b"\0")
    elif b"\0" in data:
        raise click.UsageError(
            f"--files-from: expected a path a line in {plain(str(file))}, got null characters: "
            "give --null when they stand between the paths"
        )
    else:
        found = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    paths = [Path(os.fsdecode(one)) for one in found if one.strip()]
    return tuple(path for path in paths if not is_sidecar(path))


def _read(file: Path) -> bytes:
    try:
        if file == STDIN:
            data = sys.stdin.buffer.read(_MOST + 1)
        else:
            with file.open("rb") as stream:  # which may be a pipe: <(find ...)
                data = stream.read(_MOST + 1)
    except OSError as error:
        raise click.UsageError(
            f"--files-from: {plain(str(file))} can't be read: {error.strerror or error}"
        ) from error
    if len(data) > _MOST:
        raise click.UsageError(
            f"--files-from: expected at most {_MOST >> 20} MiB in {plain(str(file))}, got more"
        )
    return data
