"""Putting a package together: a small folder of results of its own, texts, a manifest, one ZIP."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen.evidence import Campaign, Verdict, subject_of
from media_screen.exports import FORMATS, ExportError, export
from media_screen.files import private_folder, write_atomically
from media_screen.package.archive import PackageError, files_in, hashed, sha256_of, write_zip
from media_screen.package.complaints import complaints, text_template
from media_screen.package.contents import SIDECARS, UNCHECKED, contents
from media_screen.package.room import (
    copy_decisions,
    copy_results,
    media_copies,
    packed_name,
)
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
from media_screen.results.campaigns import read_campaign_lines
from media_screen.results.folder import RESULTS
from media_screen.results.ledger import read_ledger
from media_screen.results.plain import counted
from media_screen.results.whereabouts import ScreenedMedia, screened_media
from media_screen.results.written import STATE
from media_screen.sidecar import find as find_sidecar

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MANIFEST = "SHA256SUMS"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoundMedia:
    """Media that were screened, and their sidecar where it is the one that was read then."""

    media: ScreenedMedia
    sidecar: Path | None

    @property
    def verdict(self) -> Verdict:
        """What was said of the media."""
        return self.media.verdict

    @property
    def checked(self) -> bool:
        """Whether it is known what the sidecar was when the file was screened."""
        return self.media.written is not None


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
    decisions: bool = True,
    key: Path | None = None,
    time_stamp: Path | None = None,
    time_stamp_server: str = "",
    time_zone: str = "UTC",
    language: str = "en",
    tell: Callable[[str], object] = _log.warning,
) -> Path:
    """Write the evidence package of one campaign of a folder of results; returns the ZIP.

    `campaign` is its id, or that of one that was merged into it; `output` is by default
    `OUT/results.ID.zip`. With `media` copies of the media are in it, without their hashes alone.
    The sidecars are in it unless `sidecars` is false: they hold what the downloader wrote, which
    may be addresses and cookies of its machine and names of third parties. So is what people
    decided on these files, with notes and names, unless `decisions` is false. `key` is a private
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
        lines, notes = copy_results(out, room, [chosen], keys={file.key for file in chosen.files})
        if not lines:
            raise PackageError(f"no result of a file of campaign {chosen.id} is in {out / RESULTS}")
        if decisions:
            wanted = {subject_of(file.sha256, file.path) for file in chosen.files}
            notes += copy_decisions(out, room, subjects=wanted)
        screened = screened_media(out, lines)
        copies = media_copies(screened, notes) if media else {}
        links = {key: copy.name for key, copy in copies.items()}
        write_report(room, time_zone=time_zone, language=language, media=links, tell=_log.debug)
        notes += _export(room)
        found = [_found(one) for one in screened]
        outside = (_sidecars(found, notes) if sidecars else {}) | {
            copy.name: copy.path for copy in copies.values()
        }
        _write_texts(room, chosen, found, outside, notes)
        files = hashed({**files_in(room), **outside})
        manifest = "".join(f"{one.sha256}  {one.name}\n" for one in files).encode()
        (room / MANIFEST).write_bytes(manifest)
        seals = dict(_seals(manifest, vouching))
        write_zip(target, chosen.id, files, {MANIFEST: manifest, **seals})
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


def _export(room: Path) -> Iterator[str]:
    """Write every export that is installed; gives a note for each that is not."""
    for form in FORMATS:
        try:
            export(room, form, tell=_log.debug)
        except ExportError as error:
            yield f"the export {form} is not in the package: {error}"


def _found(one: ScreenedMedia) -> FoundMedia:
    sidecar = find_sidecar(one.path)
    if one.written is not None:
        same = sidecar is not None and sha256_of(sidecar) == one.written.sidecar_sha256
    else:  # a file of this name may be another one, and then so is what lies beside it
        same = one.is_as_screened
    return FoundMedia(one, sidecar if same else None)


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
    texts = list(complaints(campaign, verdicts, read_ledger(room)))
    for text in texts:
        write_atomically(room / "complaints" / text.name, [text.text.encode()])
    hashes = [(one.verdict.media.sha256, packed_name(one.verdict)) for one in found]
    listed = (f"{sha256}  {name}\n".encode() for sha256, name in hashes if sha256)
    write_atomically(room / "media.sha256", listed)
    versions = json.dumps(_versions(verdicts), indent=2, sort_keys=True)
    write_atomically(room / "versions.json", [versions.encode(), b"\n"])
    values = {
        "campaign": campaign,
        "files": counted(len(verdicts), "file"),
        "lacking": len(campaign.files) - len(verdicts),
        "rows": contents([*files_in(room), *outside]),
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
