"""What tests of the served pages share: a server of its own program."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import pytest

from media_screen.database import connect
from media_screen.evidence import Evidence, HeardBeside, MediaInfo, RecordedMoment, Span
from media_screen.results.folder import RESULTS
from media_screen.results.recordings import keep_people_folder
from media_screen.results.written import LAYOUT, STATE, line_digest
from tests.places import ROOT, SAMPLES
from tests.report import invented, records

CLIP = SAMPLES / "downloads" / "7300000000000000001.mp4"


@dataclass
class Server:
    """A running `media-screen serve`, and where it is."""

    out: Path
    address: str  # with the secret
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc


@contextmanager
def serving(out: Path, *options: str) -> Iterator[Server]:
    """Serve a folder of results with the command, and end it."""
    pytest.importorskip("uvicorn")
    program = [sys.executable, "-m", "media_screen", "serve", str(out), "--by", "ada", *options]
    pipe = subprocess.PIPE
    process = subprocess.Popen(program, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    try:
        stdout: IO[str] | None = process.stdout
        assert stdout is not None
        first = stdout.readline()
        assert first.startswith("open http://127.0.0.1:"), first
        yield Server(out, first.split()[1], process)
    finally:
        process.terminate()
        process.wait(30)
        process.communicate()


def results(out: Path, clip: Path = CLIP) -> Path:
    """Write results of every label, a campaign, and one of a file that is there: `downloads/`."""
    out.mkdir(parents=True, exist_ok=True)
    there = out.parent / "downloads" / "clip.mp4"
    there.parent.mkdir()
    shutil.copyfile(clip, there)
    verdict = records.quiet("suspected_impersonation", str(there), "xin-liu", 9.0)
    data = there.read_bytes()
    media = replace(
        verdict.media, sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data), duration_s=3.0
    )
    campaign, posted = invented.small()
    verdict = replace(verdict, media=media, evidence=(*verdict.evidence, spoken(out)))
    verdicts = [verdict, *records.every_label(), *posted]
    invented.write(out, campaign, verdicts=verdicts)
    _vouch(out)
    return out


def spoken(out: Path) -> Evidence:
    """Copy the clip to a person's recordings, and say that the voice in it is that person's."""
    recording = out.parent / "people" / "xin-liu" / "official" / "recording.mp4"
    recording.parent.mkdir(parents=True)
    shutil.copyfile(CLIP, recording)
    keep_people_folder(out, out.parent / "people")
    data = recording.read_bytes()
    recorded = RecordedMoment(
        "xin-liu/official/recording.mp4",
        hashlib.sha256(data).hexdigest(),
        len(data),
        Span(1.0, 2.0),
    )
    heard = (HeardBeside("most_like", Span(0.5, 1.5), recorded, 0.9),)
    said = "the most similar of 1 voices has cosine 0.90 to xin-liu"
    return Evidence("voice_identity", "identity", 0.9, 2.0, said, person="xin-liu", heard=heard)


def _vouch(out: Path) -> None:
    """Note each line as one that a scan wrote, as the state of a folder does."""
    with contextlib.closing(connect(out / STATE, LAYOUT)) as state:
        for line in (out / RESULTS).read_bytes().splitlines(keepends=True):
            path = os.fsencode(json.loads(line)["media"]["path"])
            row = (os.path.abspath(path), "", "", "", False, line_digest(line))
            state.execute("INSERT INTO done VALUES (?, ?, ?, ?, ?, ?)", row)


def clip_key(out: Path) -> str:
    """The key of the file that is there."""
    return MediaInfo(path=str(out.parent / "downloads" / "clip.mp4")).key
