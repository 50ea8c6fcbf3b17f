"""Lays out an analyst's trial: downloads around one impostor, and what the next day brings.

    python -m benchmarks.trial --out trial
    media-screen scan trial/downloads --people trial/people --out trial/results
    media-screen serve trial/results

In `downloads` lie the samples (an impostor, an altered official post, an official one and a copy of
another, innocent ones, broken ones), twelve reposts of the impostor's video by accounts of three
sites, and drawn videos that show nobody. `next-day` has three more: another repost, a repost of the
interview among the samples, and a drawn one. All is derived from the samples, so a second run lays
out the same.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from benchmarks.campaign.posts import KINDS, Recoding
from benchmarks.places import SAMPLES
from benchmarks.provenance import attacks
from benchmarks.provenance.attacks import Clip
from media_screen.arrays import Image
from media_screen.media import SAMPLE_RATE
from samples.making.sidecars import Channel, Post, write_sidecar

IMPOSTOR, INTERVIEW = "my-new-channel.mp4", "northern-desk-interview.mp4"
REVOICED = "dockside_rumours-1990000000000000001.mp4"
IMPOSED = datetime(2026, 7, 1, 3, 20)  # UTC, when the sample says that the impostor posted
SECONDS = 6.0  # of the interview that is reposted, and of drawn videos
WHOLE_S = 60.0  # more than the impostor's video has: reposted whole, since the samples are stills
# that move, and six seconds of one look like six seconds of another
DRAWN = 3  # videos that show nobody, on the first day
FPS = 25.0
SITES = ("tiktok", "x", "youtube")
# Titles as reposters write them; each is used again and again, as theirs are.
TITLES = ("She has a NEW channel now", "follow before it is gone!!", "new channel, old one closed")


@dataclass(frozen=True, slots=True)
class AnalystTrial:
    """A trial in a folder: downloads, people, and the downloads of the next day."""

    folder: Path

    @property
    def downloads(self) -> Path:
        """What is screened on the first day."""
        return self.folder / "downloads"

    @property
    def people(self) -> Path:
        """Who is enrolled on the first day."""
        return self.folder / "people"

    @property
    def next_day(self) -> Path:
        """What comes on the next day."""
        return self.folder / "next-day"

    def turn(self) -> None:
        """Move what comes on the next day to the downloads."""
        for path in sorted(self.next_day.iterdir()):
            path.rename(self.downloads / path.name)


def lay_out(
    folder: Path, *, samples: Sequence[str] = (), seconds: float = SECONDS, short_side: int = 360
) -> AnalystTrial:
    """Write a trial to a new folder, with all samples or those named."""
    trial = AnalystTrial(folder)
    shutil.copytree(SAMPLES / "people", trial.people)
    trial.downloads.mkdir()
    trial.next_day.mkdir()
    for path in sorted((SAMPLES / "downloads").iterdir()):
        if not samples or path.name.replace(".info.json", ".mp4") in samples:
            shutil.copy(path, trial.downloads)
    source = SAMPLES / "downloads"
    clip = attacks.load(source / IMPOSTOR, most_s=WHOLE_S, short_side=short_side)
    for number, recoding in enumerate(KINDS.values(), 1):
        _repost(clip, recoding, number, trial.downloads)
    for number in range(DRAWN):
        _draw(number, seconds, trial.downloads)
    _repost(clip, Recoding(attacks.mirrored, crf=31), len(KINDS) + 1, trial.next_day)
    interview = attacks.load(source / INTERVIEW, most_s=seconds, short_side=short_side)
    _repost(interview, Recoding(attacks.letterboxed), len(KINDS) + 2, trial.next_day)
    _draw(DRAWN, seconds, trial.next_day)
    return trial


def _repost(clip: Clip, recoding: Recoding, number: int, folder: Path) -> None:
    """Write a repost, each on an account of its own, some minutes after the one before."""
    changed = recoding.change(clip, np.random.default_rng(number))
    posted = IMPOSED + timedelta(hours=number // 3, minutes=7 * number)
    channel = _account(number)
    text = "found this"
    post = Post(
        channel, f"demo-repost{number:02d}", posted.isoformat(), TITLES[number % len(TITLES)], text
    )
    _write(changed, folder / f"{channel.handle}-{post.id}.mp4", post, recoding)


def _account(number: int) -> Channel:
    site, handle = SITES[number % len(SITES)], f"harbour.fan{4100 + 37 * number}"
    stable = (
        f"UCdemoRepost{number:012d}"
        if site == "youtube"
        else f"{6_900_000_000_000_002_000 + number}"
    )
    return Channel(
        site, stable, handle, f"Harbour Fan {number}", f"MS4wLjABAAAAdemo-{number:060d}", 3 * number
    )


def _draw(number: int, seconds: float, folder: Path) -> None:
    """Write a video of colours that drift, with a tone: it shows nobody and repeats nothing."""
    rng = np.random.default_rng(100 + number)
    field = rng.integers(40, 216, (12, 96, 3), dtype=np.uint8)
    wide = np.asarray(cv2.resize(field, (2560, 320), interpolation=cv2.INTER_CUBIC), np.uint8)
    count = round(seconds * FPS)
    steps = np.linspace(0, wide.shape[1] - 568, count).astype(int)
    frames: tuple[Image, ...] = tuple(wide[:, at : at + 568] for at in steps)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = 0.2 * np.sin(2 * np.pi * rng.uniform(200, 700) * time) * (1 + np.sin(3 * time)) / 2
    handle = f"colours.{number}"
    channel = Channel("youtube", f"UCdemoColours{number:011d}", handle, f"Colours {number}", "", 40)
    day = IMPOSED + timedelta(days=number - DRAWN)
    post = Post(
        channel, f"demo-colours{number}", day.isoformat(), f"Colours, no. {number + 1}", "Drawn."
    )
    clip = Clip(frames, FPS, tone.astype(np.float32))
    _write(clip, folder / f"{handle}-{post.id}.mp4", post, Recoding(lambda same, _: same))


def _write(clip: Clip, path: Path, post: Post, recoding: Recoding) -> None:
    attacks.save(clip, path, crf=recoding.crf, sound_rate=recoding.sound_rate)
    height, width = clip.frames[0].shape[:2]
    write_sidecar(path, post, clip.duration_s, (width, height))


def main() -> None:
    """Read the folder, and write the trial to it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="a folder that does not exist")
    lay_out(parser.parse_args().out)


if __name__ == "__main__":
    main()
