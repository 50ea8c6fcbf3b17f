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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from media_screen import sidecar as sidecars
from media_screen.errors import MediaScreenError
from media_screen.evidence import Campaign, Verdict
from media_screen.exports import FORMATS, ExportError, export
from media_screen.files import new_file, open_regular, private_folder, write_atomically
from media_screen.package.complaints import complaints, text_template
from media_screen.package.signature import Signature, sign
from media_screen.package.timestamp import (
    LONGEST,
    TimeStamp,
    ask_server,
    check_time_stamp,
    time_stamp_request,
)
from media_screen.report import write_report
from media_screen.results.campaigns import CAMPAIGNS, read_campaigns
from media_screen.results.folder import RESULTS
from media_screen.results.plain import counted
from media_screen.results.rows import read_line, read_results
from media_screen.results.saved_line import parse_line
from media_screen.results.thumbs import read_thumbnails, thumbnail_folder
from media_screen.results.written import WrittenFile, line_digest, written_files, written_lines

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
    """The media of a verdict and its sidecar as they lie on this machine; None for what is gone."""

    verdict: Verdict
    media: Path | None
    sidecar: Path | None

    @property
    def name(self) -> str:
        """A name for the media that no other file of the package has."""
        suffix = Path(self.verdict.media.path).suffix.lower()
        return self.verdict.media.key + (suffix if _SUFFIX.fullmatch(suffix) else "")


def write_package(
    out: Path,
    campaign: str,
    *,
    output: Path | None = None,
    media: bool = False,
    key: Path | None = None,
    time_stamp: Path | None = None,
    time_stamp_server: str = "",
    time_zone: str = "UTC",
    tell: Callable[[str], object] = _log.warning,
) -> Path:
    """Write the evidence package of one campaign of a folder of results; returns the ZIP.

    `campaign` is its id, or that of one that was merged into it; `output` is by default
    `OUT/results.ID.zip`. With `media` copies of the media are in it, without their hashes alone.
    `key` is a private Ed25519 key (PEM) to sign the manifest with. `time_stamp` is a response that
    a time-stamping server gave to the request in an earlier package of the same results;
    `time_stamp_server` (https) is asked for one, and nothing else goes over the network. `tell`
    hears what could not be packed. Raises PackageError, KeyFileError, TimeStampError,
    TimeZoneError and OSError.
    """
    chosen = _campaign(out, campaign)
    target = output or out / f"results.{chosen.id}.zip"
    # What is half done lies in the folder of results, and nowhere else.
    with tempfile.TemporaryDirectory(prefix=".results.package-", dir=out) as name:
        room = Path(name)
        lines = _copy_results(out, room, chosen)
        verdicts = [parse_line(line) for line in lines]
        write_report(room, time_zone=time_zone, tell=_log.debug)
        notes = list(_export(room))
        found = _find_media(out, lines, verdicts)
        copies = [one for one in found if media and _is_as_screened(one)]
        notes += _missing(found, len(found) - len(copies) if media else 0)
        _write_texts(room, chosen, verdicts, found, notes)
        files = _hashed([*_inside(room), *_outside(found, copies)])
        manifest = "".join(f"{one.sha256}  {one.name}\n" for one in files).encode()
        (room / MANIFEST).write_bytes(manifest)
        digest = hashlib.sha256(manifest).digest()
        signature = sign(manifest, key) if key else None
        stamp = _stamp(digest, time_stamp, time_stamp_server)
        seals = dict(_seals(manifest, signature, stamp))
        _write_zip(target, chosen.id, files, {MANIFEST: manifest, **seals})
    for note in notes:
        tell(note)
    return target


def _campaign(out: Path, wanted: str) -> Campaign:
    known = read_campaigns(out)
    for one in known:
        if wanted == one.id or wanted in one.merged:
            return one
    if not known:
        raise PackageError(f"there are no campaigns in {out}: scan files into it first")
    some = ", ".join(one.id for one in known[:10])
    raise PackageError(f"no campaign {wanted!r:.60} in {out}; there are {some}")


# --- what goes in --------------------------------------------------------------------------------


def _copy_results(out: Path, room: Path, campaign: Campaign) -> list[bytes]:
    """Copy what the folder holds of a campaign's files into a folder of its own."""
    wanted = {file.key for file in campaign.files}
    with open_regular(out / RESULTS) as stream:
        results = read_results(stream, written_lines(out))
        lines = [read_line(stream, row) for row in results.rows if row.key in wanted]
        keys = [row.key for row in results.rows if row.key in wanted]
    if not lines:
        raise PackageError(f"no result of a file of campaign {campaign.id} is in {out / RESULTS}")
    write_atomically(room / RESULTS, (line.rstrip(b"\n") + b"\n" for line in lines))
    record = json.dumps(campaign.to_dict(), ensure_ascii=True, allow_nan=False)
    write_atomically(room / CAMPAIGNS, [record.encode(), b"\n"])
    for key in keys:
        for picture in read_thumbnails(out, key):
            folder = thumbnail_folder(room, key)
            private_folder(folder)
            data = (thumbnail_folder(out, key) / picture.name).read_bytes()
            write_atomically(folder / picture.name, [data])
    # Pages and exports name the time of the results.
    changed = int((out / RESULTS).stat().st_mtime)
    os.utime(room / RESULTS, (changed, changed))
    return lines


def _export(room: Path) -> Iterator[str]:
    """Write every export that is installed; gives a note for each that is not."""
    for form in FORMATS:
        try:
            export(room, form, tell=_log.debug)
        except ExportError as error:
            yield f"the export {form} is not in the package: {error}"


def _find_media(
    out: Path, lines: Sequence[bytes], verdicts: Sequence[Verdict]
) -> tuple[FoundMedia, ...]:
    """Find what was screened: where the state knows it, else where it was shown."""
    digests = [line_digest(line) for line in lines]
    known = written_files(out, set(digests))
    return tuple(
        _found(verdict, known.get(digest))
        for digest, verdict in zip(digests, verdicts, strict=True)
    )


def _found(verdict: Verdict, written: WrittenFile | None) -> FoundMedia:
    path = written.path if written else Path(verdict.media.path)
    found = FoundMedia(verdict, path if path.is_file() else None, sidecars.find(path))
    if written is None:  # a file of this name may be another one
        return found if _is_as_screened(found) else FoundMedia(verdict, None, None)
    same = found.sidecar and _sha256(found.sidecar) == written.sidecar_sha256
    return found if same else replace(found, sidecar=None)


def _is_as_screened(found: FoundMedia) -> bool:
    return found.media is not None and _sha256(found.media) == found.verdict.media.sha256


def _missing(found: Iterable[FoundMedia], media: int) -> Iterator[str]:
    """Give a note for what is gone, or is not any more what was screened."""
    lacking = sum(1 for one in found if one.verdict.media.sidecar and one.sidecar is None)
    if lacking:
        yield f"the sidecars of {counted(lacking, 'file')} are left out: gone, or changed since"
    if media:
        yield f"{counted(media, 'file')} of media left out: gone, or changed since"


def _write_texts(
    room: Path,
    campaign: Campaign,
    verdicts: Sequence[Verdict],
    found: Sequence[FoundMedia],
    notes: Sequence[str],
) -> None:
    private_folder(room / "complaints")
    texts = list(complaints(campaign, verdicts))
    for text in texts:
        write_atomically(room / "complaints" / text.name, [text.text.encode()])
    hashes = (f"{one.verdict.media.sha256}  media/{one.name}\n" for one in found)
    write_atomically(room / "media.sha256", (line.encode() for line in hashes if line[0] != " "))
    versions = json.dumps(_versions(verdicts), indent=2, sort_keys=True)
    write_atomically(room / "versions.json", [versions.encode(), b"\n"])
    values = {
        "campaign": campaign,
        "files": len(verdicts),
        "lacking": len(campaign.files) - len(verdicts),
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


def _inside(room: Path) -> Iterator[tuple[str, Path]]:
    for path in room.rglob("*"):
        if path.is_file():
            yield path.relative_to(room).as_posix(), path


def _outside(
    found: Iterable[FoundMedia], copies: Iterable[FoundMedia]
) -> Iterator[tuple[str, Path]]:
    for one in copies:
        if one.media is not None:
            yield f"media/{one.name}", one.media
    for one in found:
        if one.sidecar is not None:
            yield f"sidecars/{one.verdict.media.key}{_sidecar_suffix(one.sidecar)}", one.sidecar


def _sidecar_suffix(path: Path) -> str:
    return ".info.json" if path.name.endswith(".info.json") else ".json"


def _hashed(files: Iterable[tuple[str, Path]]) -> list[PackedFile]:
    return [PackedFile(name, path, _sha256(path)) for name, path in sorted(files)]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as stream:
        for block in iter(partial(stream.read, _BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


# --- seals ---------------------------------------------------------------------------------------


def _stamp(digest: bytes, response: Path | None, server: str) -> TimeStamp | None:
    if response is not None:
        with open_regular(response) as stream:
            return check_time_stamp(stream.read(LONGEST), digest)
    if server:
        return check_time_stamp(ask_server(server, time_stamp_request(digest)), digest)
    return None


def _seals(
    manifest: bytes, signature: Signature | None, stamp: TimeStamp | None
) -> Iterator[tuple[str, bytes]]:
    """Give the files that are about the manifest, and so can't be in it."""
    digest = hashlib.sha256(manifest)
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
