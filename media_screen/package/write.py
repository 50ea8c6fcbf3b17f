"""Putting a package together: a small folder of results of its own, texts, a manifest, one ZIP."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.errors import MediaScreenError
from media_screen.evidence import Campaign, Verdict
from media_screen.exports import FORMATS, ExportError, export
from media_screen.files import new_file, open_regular, private_folder, write_atomically
from media_screen.package.complaints import complaints, text_template
from media_screen.package.contents import SIDECARS, UNCHECKED, contents
from media_screen.package.signature import read_key, sign
from media_screen.package.timestamp import (
    TimeStamp,
    ask_server,
    check_server,
    check_time_stamp,
    read_time_stamp,
    time_stamp_request,
)
from media_screen.report import write_report
from media_screen.report.posting import find_zone
from media_screen.results.campaigns import CAMPAIGNS, read_campaign_lines
from media_screen.results.folder import RESULTS
from media_screen.results.plain import counted
from media_screen.results.rows import ReadResults, read_line, read_results
from media_screen.results.saved_line import parse_line
from media_screen.results.thumbs import read_thumbnails, thumbnail_folder
from media_screen.results.written import (
    STATE,
    WrittenFile,
    line_digest,
    written_files,
    written_lines,
)
from media_screen.sidecar import find as find_sidecar

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MANIFEST = "SHA256SUMS"
_BLOCK = 1 << 20  # bytes read at once
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP can name: the same in each
_SUFFIX = re.compile(r"\.[a-z0-9]{1,5}")
_STORED = {".jpg", ".mp4", ".webm", ".mkv", ".mov", ".m4a", ".mp3", ".png", ".webp"}  # packed as is

_log = logging.getLogger(__name__)


class PackageError(MediaScreenError, RuntimeError):
    """A package can't be made: there is no such campaign, or a file changed meanwhile."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a package: its name in it, where it lies now, and its SHA-256."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class FoundMedia:
    """Where the media of a verdict should lie on this machine, and their sidecar, if it is there.

    `checked` tells that the sidecar is the one that was read when the file was screened.
    """

    verdict: Verdict
    media: Path
    sidecar: Path | None
    checked: bool

    @property
    def name(self) -> str:
        """A name for the media that no other file of the package has."""
        suffix = Path(self.verdict.media.path).suffix.lower()
        return self.verdict.media.key + (suffix if _SUFFIX.fullmatch(suffix) else "")


@dataclass(frozen=True, slots=True)
class Vouching:
    """What is to vouch for a manifest, as far as it can be had before there is one."""

    key: Ed25519PrivateKey | None
    response: bytes | None
    server: str


def write_package(
    out: Path,
    campaign: str,
    *,
    output: Path | None = None,
    media: bool = False,
    sidecars: bool = True,
    key: Path | None = None,
    time_stamp: Path | None = None,
    time_stamp_server: str = "",
    time_zone: str = "UTC",
    tell: Callable[[str], object] = _log.warning,
) -> Path:
    """Write the evidence package of one campaign of a folder of results; returns the ZIP.

    `campaign` is its id, or that of one that was merged into it; `output` is by default
    `OUT/results.ID.zip`. With `media` copies of the media are in it, without their hashes alone.
    The sidecars are in it unless `sidecars` is false: they hold what the downloader wrote, which
    may be addresses and cookies of its machine and names of third parties. `key` is a private
    Ed25519 key (PEM) to sign the manifest with. `time_stamp` is a response that a time-stamping
    server gave to the request in an earlier package of the same results; `time_stamp_server`
    (https) is asked for one, and nothing else goes over the network. `tell` hears what could not be
    packed or checked. Raises PackageError, KeyFileError, TimeStampError, TimeZoneError and OSError.
    """
    chosen = _campaign(out, campaign, tell)
    target = _target(output or out / f"results.{chosen.id}.zip")
    find_zone(time_zone)
    vouching = _prepared(key, time_stamp, time_stamp_server)
    # What is half done lies in the folder of results, and nowhere else.
    with tempfile.TemporaryDirectory(prefix=".results.package-", dir=out) as name:
        room = Path(name)
        lines, notes = _copy_results(out, room, chosen)
        write_report(room, time_zone=time_zone, tell=_log.debug)
        notes += _export(room)
        found = _find_media(out, lines)
        outside = (_sidecars(found, notes) if sidecars else {}) | (
            _copies(found, notes) if media else {}
        )
        _write_texts(room, chosen, found, outside, notes)
        files = _hashed({**_inside(room), **outside})
        manifest = "".join(f"{one.sha256}  {one.name}\n" for one in files).encode()
        (room / MANIFEST).write_bytes(manifest)
        seals = dict(_seals(manifest, vouching))
        _write_zip(target, chosen.id, files, {MANIFEST: manifest, **seals})
    for note in notes:
        tell(note)
    return target


def _campaign(out: Path, wanted: str, tell: Callable[[str], object]) -> Campaign:
    read = read_campaign_lines(out)
    for note in read.notes():
        tell(note)
    for one in read.campaigns:
        if wanted == one.id or wanted in one.merged:
            return one
    if read.campaigns:
        some = ", ".join(one.id for one in read.campaigns[:10])
        raise PackageError(f"no campaign {wanted!r:.60} in {out}; there are {some}")
    if read.broken:
        raise PackageError(f"no campaign in {out} can be read: scan again to write them anew")
    raise PackageError(f"there are no campaigns in {out}: scan files into it first")


def _target(path: Path) -> Path:
    """Return where the ZIP is to lie; raises PackageError where none can, before it is made."""
    if path.is_dir() or not path.parent.is_dir():
        raise PackageError(f"expected the name of a file in a folder that is there, got {path}")
    return path


def _prepared(key: Path | None, time_stamp: Path | None, server: str) -> Vouching:
    """Read and check what the user named, before anything is made."""
    if server:
        check_server(server)
    return Vouching(
        read_key(key) if key else None, read_time_stamp(time_stamp) if time_stamp else None, server
    )


# --- what goes in --------------------------------------------------------------------------------


def _copy_results(out: Path, room: Path, campaign: Campaign) -> tuple[list[bytes], list[str]]:
    """Copy what the folder holds of a campaign's files into a folder of its own.

    Returns the lines of the results, and what has to be noted of them.
    """
    wanted = {file.key for file in campaign.files}
    with open_regular(out / RESULTS) as stream:
        results = read_results(stream, written_lines(out))
        rows = [row for row in results.rows if row.key in wanted]
        lines = [read_line(stream, row) for row in rows]
    if not lines:
        raise PackageError(f"no result of a file of campaign {campaign.id} is in {out / RESULTS}")
    write_atomically(room / RESULTS, (line.rstrip(b"\n") + b"\n" for line in lines))
    record = json.dumps(campaign.to_dict(), ensure_ascii=True, allow_nan=False)
    write_atomically(room / CAMPAIGNS, [record.encode(), b"\n"])
    for row in rows:
        for picture in read_thumbnails(out, row.key):
            folder = thumbnail_folder(room, row.key)
            private_folder(folder)
            data = (thumbnail_folder(out, row.key) / picture.name).read_bytes()
            write_atomically(folder / picture.name, [data])
    # Pages and exports name the time of the results.
    changed = int((out / RESULTS).stat().st_mtime)
    os.utime(room / RESULTS, (changed, changed))
    # Broken lines may be of any file, and are not told of here.
    return lines, list(ReadResults(unknown=results.unknown).notes())


def _export(room: Path) -> Iterator[str]:
    """Write every export that is installed; gives a note for each that is not."""
    for form in FORMATS:
        try:
            export(room, form, tell=_log.debug)
        except ExportError as error:
            yield f"the export {form} is not in the package: {error}"


def _find_media(out: Path, lines: Iterable[bytes]) -> list[FoundMedia]:
    """Find what was screened: where the state knows it, else where it was shown."""
    by_digest = {line_digest(line): line for line in lines}
    known = written_files(out, by_digest)
    return [_found(parse_line(line), known.get(digest)) for digest, line in by_digest.items()]


def _found(verdict: Verdict, written: WrittenFile | None) -> FoundMedia:
    path = written.path if written else Path(verdict.media.path)
    sidecar = find_sidecar(path)
    if written is not None:
        same = sidecar is not None and _sha256(sidecar) == written.sidecar_sha256
    else:  # a file of this name may be another one, and then so is what lies beside it
        same = _is_as_screened(path, verdict)
    return FoundMedia(verdict, path, sidecar if same else None, checked=written is not None)


def _is_as_screened(path: Path, verdict: Verdict) -> bool:
    return path.is_file() and _sha256(path) == verdict.media.sha256


def _sidecars(found: Sequence[FoundMedia], notes: list[str]) -> dict[str, Path]:
    """Return the sidecars by their names in the package; notes what is gone or can't be checked."""
    there = {
        f"{SIDECARS if one.checked else UNCHECKED}{one.verdict.media.key}"
        f"{'.info' * path.name.endswith('.info.json')}.json": path
        for one in found
        if (path := one.sidecar) is not None
    }
    lacking = sum(1 for one in found if one.verdict.media.sidecar and one.sidecar is None)
    if lacking:
        notes.append(
            f"the sidecars of {counted(lacking, 'file')} are left out: gone, or changed since"
        )
    if unchecked := sum(1 for name in there if name.startswith(UNCHECKED)):
        notes.append(
            f"the sidecars of {counted(unchecked, 'file')} were not checked and lie in "
            f"{UNCHECKED}: no {STATE} tells what they were when the file was screened"
        )
    return there


def _copies(found: Sequence[FoundMedia], notes: list[str]) -> dict[str, Path]:
    """Return the media by their names in the package; notes how many are gone or changed."""
    there = {
        f"media/{one.name}": one.media for one in found if _is_as_screened(one.media, one.verdict)
    }
    if lacking := len(found) - len(there):
        notes.append(f"{counted(lacking, 'file')} of media left out: gone, or changed since")
    return there


def _write_texts(
    room: Path,
    campaign: Campaign,
    found: Sequence[FoundMedia],
    outside: Collection[str],
    notes: Sequence[str],
) -> None:
    """Write complaints, hashes and versions, and the README, which lists what there is."""
    verdicts = [one.verdict for one in found]
    private_folder(room / "complaints")
    texts = list(complaints(campaign, verdicts))
    for text in texts:
        write_atomically(room / "complaints" / text.name, [text.text.encode()])
    hashes = [(one.verdict.media.sha256, one.name) for one in found]
    listed = (f"{sha256}  media/{name}\n".encode() for sha256, name in hashes if sha256)
    write_atomically(room / "media.sha256", listed)
    versions = json.dumps(_versions(verdicts), indent=2, sort_keys=True)
    write_atomically(room / "versions.json", [versions.encode(), b"\n"])
    values = {
        "campaign": campaign,
        "files": counted(len(verdicts), "file"),
        "lacking": len(campaign.files) - len(verdicts),
        "rows": contents([*_inside(room), *outside]),
        "sidecars": any(name.startswith(SIDECARS) for name in outside),
        "complaints": [text.name for text in texts],
        "manifest": MANIFEST,
        "notes": notes,
    }
    write_atomically(room / "README.txt", [text_template("readme.txt", values).encode()])


def _versions(verdicts: Iterable[Verdict]) -> dict[str, list[str]]:
    """Return which versions of what made these results, and of the program that packed them."""
    versions: dict[str, set[str]] = defaultdict(set)
    for verdict in verdicts:
        for name, own in verdict.versions.items():
            versions[name].add(own)
    with contextlib.suppress(PackageNotFoundError):  # run from a folder, and not installed
        versions["packed by media_screen"] = {version("media_screen")}
    return {name: sorted(some) for name, some in versions.items()}


def _inside(room: Path) -> dict[str, Path]:
    files = (path for path in room.rglob("*") if path.is_file())
    return {path.relative_to(room).as_posix(): path for path in files}


def _hashed(files: Mapping[str, Path]) -> list[PackedFile]:
    return [PackedFile(name, path, _sha256(path)) for name, path in sorted(files.items())]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        for block in iter(partial(stream.read, _BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


# --- seals ---------------------------------------------------------------------------------------


def _stamp(digest: bytes, vouching: Vouching) -> TimeStamp | None:
    response = vouching.response
    if response is None and vouching.server:
        response = ask_server(vouching.server, time_stamp_request(digest))
    return None if response is None else check_time_stamp(response, digest)


def _seals(manifest: bytes, vouching: Vouching) -> Iterator[tuple[str, bytes]]:
    """Give the files that are about the manifest, and so can't be in it."""
    digest = hashlib.sha256(manifest)
    signature = sign(manifest, vouching.key) if vouching.key else None
    stamp = _stamp(digest.digest(), vouching)
    yield f"{MANIFEST}.tsq", time_stamp_request(digest.digest())
    if signature is not None:
        yield f"{MANIFEST}.sig", signature.signature
        yield f"{MANIFEST}.pub.pem", signature.public_key
    if stamp is not None:
        yield f"{MANIFEST}.tsr", stamp.response
    values = {
        "manifest": MANIFEST,
        "sha256": digest.hexdigest(),
        "fingerprint": signature.fingerprint if signature else "",
        "time": f"{stamp.time:%Y-%m-%d %H:%M:%S} UTC" if stamp else "",
    }
    yield "SEALS.txt", text_template("seals.txt", values).encode()


# --- the ZIP -------------------------------------------------------------------------------------


def _write_zip(
    target: Path, folder: str, files: Sequence[PackedFile], seals: Mapping[str, bytes]
) -> None:
    """Write all into one folder of a new ZIP, which takes its place when it is whole."""
    temporary, opened = new_file(target)
    try:
        with opened as stream, zipfile.ZipFile(stream, "w") as archive:
            for one in files:
                _add(archive, f"{folder}/{one.name}", _checked(one))
            for name, data in sorted(seals.items()):
                _add(archive, f"{folder}/{name}", [data])
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _add(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> None:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.create_system = 3  # Unix, whatever this is, so that modes are read
    entry.external_attr = 0o644 << 16
    stored = Path(name).suffix.lower() in _STORED
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as stream:
        for block in blocks:
            stream.write(block)


def _checked(file: PackedFile) -> Iterator[bytes]:
    """Give a file's content; raises PackageError when it is not what was hashed before."""
    digest = hashlib.sha256()
    with open_regular(file.path) as stream:
        for block in iter(partial(stream.read, _BLOCK), b""):
            digest.update(block)
            yield block
    if digest.hexdigest() != file.sha256:
        raise PackageError(f"{file.name} changed while it was packed: make the package again")
