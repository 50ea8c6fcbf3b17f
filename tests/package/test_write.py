"""Evidence packages: what is in them, that it can be verified, and that pages open from them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from media_screen.cli.main import main
from media_screen.evidence import MediaInfo, Verdict
from media_screen.exports import FORMATS
from media_screen.package import PackageError, TimeStampError, write, write_package
from media_screen.package.contents import EXPORTED, contents
from media_screen.package.signature import KeyFileError
from media_screen.package.timestamp import time_stamp_request
from media_screen.report.posting import TimeZoneError
from media_screen.results.folder import Results
from media_screen.results.text import visible
from tests.report import invented, records
from tests.report.pages import Page

from .test_timestamp import response


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder of results with a campaign, another one, and files of none."""
    folder = tmp_path / "out"
    one, other = invented.small(), invented.large(4, files=6)
    verdicts = [*one[1], *other[1], *records.every_label()]
    invented.write(folder, one[0], other[0], verdicts=verdicts)
    return folder


def unpacked(package: Path, folder: Path) -> Path:
    """Unpack and verify as `sha256sum -c` does; return the folder of the package."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    told = set()
    for line in (top / "SHA256SUMS").read_text("ascii").splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((top / name).read_bytes()).hexdigest() == digest, name
        told.add(name)
    there = {path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()}
    about = {name for name in there if name == "SEALS.txt" or name.startswith("SHA256SUMS")}
    assert there - about == told
    return top


def key_file(folder: Path, key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> Path:
    path = folder / "key.pem"
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    )
    return path


def test_a_package_holds_the_campaign_and_nothing_of_other_files(out: Path, tmp_path: Path) -> None:
    package = write_package(out, invented.ID)
    assert package == out / f"results.{invented.ID}.zip"
    top = unpacked(package, tmp_path / "there")
    keys = {verdict.media.key for verdict in invented.small()[1]}
    assert {page.stem for page in (top / "report" / "files").iterdir()} == keys
    assert {page.stem for page in (top / "report" / "campaigns").iterdir()} == {invented.ID}
    assert {folder.name for folder in (top / "thumbs").iterdir()} == keys
    lines = (top / "results.jsonl").read_text().splitlines()
    assert {Verdict.from_dict(json.loads(line)).media.key for line in lines} == keys
    assert len((top / "campaigns.jsonl").read_text().splitlines()) == 1
    assert (top / "results.csv").read_text("utf-8-sig").count("\n") == 1 + len(keys)
    assert len((top / "media.sha256").read_text().splitlines()) == len(keys)
    assert json.loads((top / "versions.json").read_text())["torch"] == ["2.13.0"]
    assert "youtube.en.txt" in (top / "README.txt").read_text()
    assert not list(out.glob(".results*"))


def test_its_pages_open_with_their_pictures(out: Path, tmp_path: Path) -> None:
    top = unpacked(write_package(out, invented.ID), tmp_path / "there")
    pictures = 0
    for path in (top / "report").rglob("*.html"):
        page = Page(path.read_text("utf-8"))
        for attribute in ("src", "href"):
            for _, attrs in page.having(attribute):
                target = attrs[attribute].partition("#")[0]
                pictures += attribute == "src"
                if target and not target.startswith("http"):
                    assert (path.parent / target).resolve().is_file(), (path.name, target)
    assert pictures > 20


def test_the_same_results_of_the_same_time_give_the_same_bytes(out: Path, tmp_path: Path) -> None:
    first = write_package(out, invented.ID, output=tmp_path / "a.zip").read_bytes()
    assert write_package(out, invented.ID, output=tmp_path / "b.zip").read_bytes() == first
    moved = tmp_path / "elsewhere" / "moved"
    shutil.copytree(out, moved)  # which keeps times
    assert write_package(moved, invented.ID, output=tmp_path / "c.zip").read_bytes() == first
    os.utime(out / "results.jsonl", (1.7e9, 1.7e9))
    assert write_package(out, invented.ID, output=tmp_path / "d.zip").read_bytes() != first


@pytest.mark.parametrize("extras", [{}, {"media": True}, {"sidecars": False}], ids=str)
def test_its_readme_has_a_row_for_each_file_and_for_nothing_else(
    scanned: tuple[Path, list[Path]], tmp_path: Path, extras: dict[str, Any]
) -> None:
    top = unpacked(write_package(scanned[0], invented.ID, **extras), tmp_path / "there")
    readme = (top / "README.txt").read_text()
    names = {path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()}
    names = {name for name in names if not name.startswith(("SHA256SUMS", "README.txt"))}
    rows = [line.split()[0] for line in readme.splitlines() if line.startswith("  ")]
    rows = [row for row in rows if row not in ("SHA256SUMS", "sha256sum")]
    for row in rows:
        assert any(name == row or name.startswith(row) for name in names), row
    for name in names:
        assert any(name == row or (row[-1] == "/" and name.startswith(row)) for row in rows), name
    assert ("cookies" in readme) == ("sidecars/" in rows) == extras.get("sidecars", True)


def test_every_export_has_its_words_in_the_readme() -> None:
    assert list(EXPORTED) == list(FORMATS)
    assert [row.place for row in contents(FORMATS.values())] == list(FORMATS.values())


@pytest.mark.parametrize("form", ["stix", "misp"])
def test_an_export_that_is_not_installed_has_no_row_and_a_note(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.delitem(sys.modules, f"media_screen.exports.{form}", raising=False)
    monkeypatch.setitem(sys.modules, {"stix": "stix2", "misp": "pymisp"}[form], None)
    readme = (
        unpacked(write_package(out, invented.ID), tmp_path / "there") / "README.txt"
    ).read_text()
    assert f"  {FORMATS[form]}" not in readme
    assert f"Note: the export {form} is not in the package" in readme


def test_a_package_says_that_nobody_checked_its_results(out: Path, tmp_path: Path) -> None:
    notes: list[object] = []
    top = unpacked(write_package(out, invented.ID, tell=notes.append), tmp_path / "there")
    said = "whether a scan wrote these results as they are can't be told: there is no state.sqlite"
    assert any(said in str(note) for note in notes) and said in (top / "README.txt").read_text()


def test_a_campaign_is_found_by_the_id_that_was_merged_into_it(out: Path, tmp_path: Path) -> None:
    merged = invented.small()[0].merged[0]
    assert write_package(out, merged).name == f"results.{invented.ID}.zip"


def test_what_is_not_there_is_said(out: Path, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=f"no campaign 'c-9'.*there are {invented.ID}, c-aaaa"):
        write_package(out, "c-9")
    (out / "campaigns.jsonl").write_text("{}\n", "utf-8")
    told: list[str] = []
    with pytest.raises(PackageError, match=r"no campaign in .* can be read: scan again"):
        write_package(out, invented.ID, tell=told.append)
    assert "campaigns.jsonl" in told[0]
    (out / "campaigns.jsonl").unlink()
    with pytest.raises(PackageError, match="there are no campaigns"):
        write_package(out, invented.ID)


# --- media and sidecars --------------------------------------------------------------------------


@pytest.fixture
def scanned(tmp_path: Path) -> tuple[Path, list[Path]]:
    """Results as a scan wrote them, of files that are there, and the files."""
    out, files, written = tmp_path / "out", [], []
    (tmp_path / "media").mkdir()
    campaign, verdicts = invented.small()
    with Results(out) as results:
        for number, verdict in enumerate(verdicts[:2]):
            path = tmp_path / "media" / f"clip {number}.mp4"
            path.write_bytes(b"media %d" % number)
            path.with_suffix(".info.json").write_text(json.dumps({"id": f"{number}"}))
            info = MediaInfo(
                path=str(path),
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                kind="video",
                size_bytes=7,
                sidecar=str(path.with_suffix(".info.json")),
            )
            # What was shown is no path that leads there from here.
            info = replace(info, path=f"gone/{path.name}")
            written.append(results.add(path, replace(verdict, media=info), "settings"))
            files.append(path)
    members = tuple(invented.member(one) for one in written)
    campaign = replace(campaign, files=members, through=members[0].key)
    (out / "campaigns.jsonl").write_text(json.dumps(campaign.to_dict()) + "\n")
    return out, files


def test_sidecars_and_copies_of_media(scanned: tuple[Path, list[Path]], tmp_path: Path) -> None:
    out, files = scanned
    top = unpacked(write_package(out, invented.ID, tell=pytest.fail), tmp_path / "lean")
    assert not (top / "media").exists()
    packed = sorted(path.read_bytes() for path in (top / "sidecars").iterdir())
    assert packed == [b'{"id": "0"}', b'{"id": "1"}']
    top = unpacked(write_package(out, invented.ID, media=True), tmp_path / "whole")
    assert sorted(path.read_bytes() for path in (top / "media").iterdir()) == [
        path.read_bytes() for path in files
    ]
    for line in (top / "media.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((top / name).read_bytes()).hexdigest() == digest


def test_what_changed_since_is_left_out_and_told(
    scanned: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    out, files = scanned
    files[0].write_bytes(b"another")
    files[1].with_suffix(".info.json").write_text("{}")
    notes: list[object] = []
    top = unpacked(write_package(out, invented.ID, media=True, tell=notes.append), tmp_path / "x")
    assert [path.read_bytes() for path in (top / "media").iterdir()] == [b"media 1"]
    assert [path.read_text() for path in (top / "sidecars").iterdir()] == ['{"id": "0"}']
    assert notes == [
        "1 file of media left out: gone, or changed since",
        "the sidecars of 1 file are left out: gone, or changed since",
    ]
    assert all(f"Note: {note}" in (top / "README.txt").read_text() for note in notes)


def test_sidecars_that_nothing_knows_are_packed_apart_and_told(
    scanned: tuple[Path, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, files = scanned
    monkeypatch.chdir(tmp_path)
    Path("gone").symlink_to(files[0].parent)  # what was shown leads there from here
    (out / "state.sqlite").unlink()
    files[1].write_bytes(b"another")
    notes: list[object] = []
    top = unpacked(write_package(out, invented.ID, tell=notes.append), tmp_path / "there")
    packed = [path.relative_to(top / "sidecars") for path in (top / "sidecars").rglob("*.json")]
    assert [path.parent.name for path in packed] == ["unchecked"]
    assert any("sidecars of 1 file were not checked" in str(note) for note in notes)
    assert any("sidecars of 1 file are left out" in str(note) for note in notes)
    readme = (top / "README.txt").read_text()
    assert "  sidecars/unchecked/ " in readme and all(f"Note: {note}" in readme for note in notes)


def test_sidecars_are_left_out_on_request(scanned: tuple[Path, list[Path]], tmp_path: Path) -> None:
    package = write_package(scanned[0], invented.ID, sidecars=False, tell=pytest.fail)
    top = unpacked(package, tmp_path / "api")
    assert not (top / "sidecars").exists()
    options = ["--format", "package", "--campaign", invented.ID, "--no-sidecars"]
    done = CliRunner().invoke(main, ["report", str(scanned[0]), *options])
    assert done.exit_code == 0, done.output
    assert not (unpacked(package, tmp_path / "cli") / "sidecars").exists()


# --- seals ---------------------------------------------------------------------------------------


def test_without_a_key_and_a_server_the_seals_say_that_there_is_none(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it went on the network"))
    top = unpacked(write_package(out, invented.ID), tmp_path / "there")
    manifest = (top / "SHA256SUMS").read_bytes()
    seals = (top / "SEALS.txt").read_text()
    assert hashlib.sha256(manifest).hexdigest() in seals
    assert "Signature: none." in seals and "Time stamp: none. Nothing was sent" in seals
    request = (top / "SHA256SUMS.tsq").read_bytes()
    assert request == time_stamp_request(hashlib.sha256(manifest).digest())
    assert not (top / "SHA256SUMS.sig").exists()


def test_a_key_signs_the_manifest(out: Path, tmp_path: Path) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    package = write_package(out, invented.ID, key=key_file(tmp_path, private))
    top = unpacked(package, tmp_path / "there")
    manifest, signature = ((top / name).read_bytes() for name in ("SHA256SUMS", "SHA256SUMS.sig"))
    public = serialization.load_pem_public_key((top / "SHA256SUMS.pub.pem").read_bytes())
    assert isinstance(public, ed25519.Ed25519PublicKey) and public == private.public_key()
    public.verify(signature, manifest)
    with pytest.raises(InvalidSignature):
        public.verify(signature, manifest + b" ")


def test_another_kind_of_key_is_refused(out: Path, tmp_path: Path) -> None:
    other = key_file(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(KeyFileError, match="expected an Ed25519 key, got"):
        write_package(out, invented.ID, key=other)
    other.write_text("a password")
    with pytest.raises(KeyFileError, match="expected a private Ed25519 key in PEM"):
        write_package(out, invented.ID, key=other)
    assert not list(out.glob("*.zip")) and not list(out.glob(".*"))


def test_a_response_of_an_earlier_package_is_packed(out: Path, tmp_path: Path) -> None:
    top = unpacked(write_package(out, invented.ID), tmp_path / "first")
    digest = hashlib.sha256((top / "SHA256SUMS").read_bytes()).digest()
    stamp = tmp_path / "response.tsr"
    stamp.write_bytes(response(digest))
    top = unpacked(write_package(out, invented.ID, time_stamp=stamp), tmp_path / "again")
    assert (top / "SHA256SUMS.tsr").read_bytes() == response(digest)
    assert "which names 2025-09-13 01:05:00 UTC" in (top / "SEALS.txt").read_text()
    stamp.write_bytes(response())
    with pytest.raises(TimeStampError, match="of another file"):
        write_package(out, invented.ID, time_stamp=stamp)


@pytest.mark.parametrize(
    ("named", "error"),
    [
        pytest.param({"key": "no key"}, KeyFileError, id="key"),
        pytest.param({"key": None}, OSError, id="key-gone"),
        pytest.param({"time_stamp": None}, OSError, id="response-gone"),
        pytest.param({"time_stamp_server": "http://x"}, TimeStampError, id="server"),
        pytest.param({"time_stamp_server": "https://[x"}, TimeStampError, id="no-address"),
        pytest.param({"output": None}, PackageError, id="output-in-no-folder"),
        pytest.param({"time_zone": "Nowhere"}, TimeZoneError, id="time-zone"),
    ],
)
def test_what_is_named_is_checked_before_anything_is_made(
    out: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: dict[str, str | None],
    error: type[Exception],
) -> None:
    monkeypatch.setattr(write, "copy_results", lambda *_: pytest.fail("it began"))
    given: dict[str, Any] = dict(named)
    for name, text in named.items():
        if name in ("key", "time_stamp", "output"):
            given[name] = tmp_path / "no folder" / "file"
        if name == "key" and text:
            given[name] = tmp_path / "file"
            given[name].write_text(text)
    with pytest.raises(error):
        write_package(out, invented.ID, **given)
    with pytest.raises(PackageError, match="the name of a file in a folder"):
        write_package(out, invented.ID, output=tmp_path)


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["--format", "package"], 2, "needs --campaign ID", id="no-campaign"),
        pytest.param(["--campaign", "c-1"], 2, "with --format package", id="no-package"),
        pytest.param(["--no-sidecars"], 2, "with --format package", id="no-sidecars-of-nothing"),
        pytest.param(
            ["--format", "package", "--campaign", invented.ID, "--output", "-"],
            2,
            "not to stdout",
            id="stdout",
        ),
        pytest.param(["--format", "package", "--campaign", "c-1"], 1, "no campaign", id="unknown"),
        pytest.param(
            ["--format", "package", "--campaign", invented.ID, "--time-stamp-server", "http://x"],
            1,
            "by https alone",
            id="not-https",
        ),
        pytest.param(
            ["--format", "package", "--campaign", invented.ID], 0, "results.c-", id="done"
        ),
    ],
)
def test_the_command(out: Path, arguments: list[str], code: int, said: str) -> None:
    done = CliRunner().invoke(main, ["report", str(out), *arguments])
    assert done.exit_code == code, done.output
    assert said in done.output
    assert not Path("-").exists()


@pytest.mark.parametrize("hostile", records.HOSTILE)
def test_hostile_posts_are_packed_as_text(tmp_path: Path, hostile: str) -> None:
    campaign, pair = invented.hostile(hostile)
    out = tmp_path / "out"
    invented.write(out, campaign, verdicts=pair)
    top = unpacked(write_package(out, campaign.id), tmp_path / "there")
    for text in (path.read_text("utf-8") for path in top.glob("**/*.txt")):
        assert visible(text.replace("\n", "")) == text.replace("\n", "")
