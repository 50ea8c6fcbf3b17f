"""Fetches optional weights on request: by https or from a file, and only with the right SHA-256.

Nothing is fetched while files are screened. What is fetched is data for ONNX Runtime or such; it is
never unpickled or run.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from media_screen.files import open_regular, read_regular, write_atomically
from media_screen.weights import RECORD, ModelFile, WeightsError, fetched_dir, sha256_of

MAX_BYTES = 4 << 30  # of one fetch; the largest public face nets are a few hundred MB
_BLOCK = 1 << 20  # bytes read at a time
_TIMEOUT = 60.0  # s without an answer


def fetch(file: ModelFile, *, source: Path | None = None) -> Path:
    """Place a weight file into the folder of fetched weights, and return where it stands.

    It comes from its `url`, or from `source`: the file itself, or the archive that holds it. Raises
    WeightsError, with both hashes, when it is not the recorded one; what was there then stays.
    """
    place = fetched_dir() / file.name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".fetch-") as folder:
            given = source or _download(file, Path(folder) / "download")
            found = _unpack(given, file, Path(folder) / "file")
            os.replace(found, place)
        _record(file, place)
    except OSError as error:  # includes what urllib raises
        raise WeightsError(f"{file.name} could not be fetched: {error}") from error
    return place


def _download(file: ModelFile, into: Path) -> Path:
    if not file.url:
        raise WeightsError(f"{file.name} has no url: name the file with --from PATH")
    with _open(file.url) as stream, into.open("wb") as target:
        size = 0
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > MAX_BYTES:
                raise WeightsError(f"{file.url}: expected at most {MAX_BYTES} bytes, got more")
            target.write(block)
    return into


@contextmanager
def _open(url: str) -> Iterator[IO[bytes]]:
    """Open an address; only https, also after it was redirected."""
    _check_https(url)
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as stream:
        _check_https(stream.geturl())
        yield stream


def _check_https(url: str) -> None:
    if urlsplit(url).scheme != "https":
        raise WeightsError(f"expected an address with https, got {url!r}")


def _unpack(given: Path, file: ModelFile, into: Path) -> Path:
    """Return a verified copy of the weight file, taken out of its archive where it is in one."""
    actual = sha256_of(given)
    wanted = [file.sha256, *([file.archive_sha256] if file.archive_sha256 else [])]
    if actual not in wanted:
        raise WeightsError(
            f"{given.name} is not {file.name}: expected SHA-256 {' or '.join(wanted)}, got {actual}"
        )
    digest = hashlib.sha256()
    with _stream(given, file, in_archive=actual != file.sha256) as stream, into.open("wb") as copy:
        while block := stream.read(_BLOCK):
            digest.update(block)
            copy.write(block)
    if digest.hexdigest() != file.sha256:
        raise WeightsError(
            f"{file.member} in {given.name} is not {file.name}: expected SHA-256 {file.sha256}, "
            f"got {digest.hexdigest()}"
        )
    return into


@contextmanager
def _stream(given: Path, file: ModelFile, *, in_archive: bool) -> Iterator[IO[bytes]]:
    if not in_archive:
        with open_regular(given) as stream:
            yield stream
        return
    try:
        with (
            open_regular(given) as whole,
            zipfile.ZipFile(whole) as archive,
            archive.open(file.member) as stream,
        ):
            yield stream
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(f"{given.name} holds no {file.member}: {error}") from error


def _record(file: ModelFile, place: Path) -> None:
    """Note hash, licence and origin beside the file, in the form of the shipped ones."""
    record = place.parent / RECORD
    files = json.loads(read_regular(record))["files"] if record.is_file() else {}
    files[place.name] = {
        "bytes": place.stat().st_size,
        "licence": file.licence,
        "measured": file.measured,
        "origin": file.origin or file.url,
        "sha256": file.sha256,
    }
    text = json.dumps({"files": files}, indent=2, sort_keys=True) + "\n"
    write_atomically(record, [text.encode()])
