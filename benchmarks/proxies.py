"""Measures how large the small copies are that are kept of official videos.

    python -m benchmarks.proxies --media ../shared/media/real_video

The clips of each folder are joined in time to one video, since most of them last seconds, and its
copy is written as at an enrolment.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.markdown import table
from benchmarks.onscreen import files_of
from benchmarks.places import write_page
from media_screen.evidence import Span
from media_screen.footage.original.proxy import PROXY_FPS, PROXY_LINES, Proxies
from media_screen.media import Media, MediaError

HOUR = 3600.0  # s
JOINED = "0" * 64  # in the place of a content hash


@dataclass(frozen=True)
class JoinedClips:
    """What the clips of one folder came to."""

    name: str
    clips: int
    seconds: float
    original: int  # bytes of the files as they are
    proxy: int  # bytes
    spent: float  # s for decoding and encoding

    def row(self) -> tuple[str, ...]:
        """Return the row of the table."""
        an_hour = HOUR / max(self.seconds, 1e-6)
        return (
            self.name,
            str(self.clips),
            f"{self.seconds:.0f}",
            f"{self.original * an_hour / 1e6:.0f}",
            f"{self.proxy * an_hour / 1e6:.0f}",
            f"{100 * self.proxy / max(self.original, 1):.0f}%",
            f"{self.seconds / self.spent:.0f}",
        )


def main() -> None:
    """Write the copies and the table of their sizes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, required=True, help="folder of folders of videos")
    media = parser.parse_args().media
    found = [measure(folder) for folder in sorted(media.iterdir()) if folder.is_dir()]
    found = [one for one in found if one.clips]
    every = JoinedClips(
        "all",
        sum(one.clips for one in found),
        sum(one.seconds for one in found),
        sum(one.original for one in found),
        sum(one.proxy for one in found),
        sum(one.spent for one in found),
    )
    text = "\n".join(_page([*found, every]))
    print(text)
    write_page("proxies", text + "\n")


def measure(folder: Path) -> JoinedClips:
    """Write one proxy of all clips of a folder, one after the other."""
    clips = list(_clips(folder))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as kept:
        proxies = Proxies((Path(kept),))
        with proxies.writer(JOINED) as writer:
            writer.expect_sound()
            for path, start, length in clips:
                with Media.open(path, threads=1) as media:
                    for frame in media.window(Span(0.0, length), fps=PROXY_FPS):
                        writer.add_frame(start + frame.time_s, frame.image)
            for path, start, length in clips:
                with Media.open(path, threads=1) as media:
                    writer.add_sound(start, media.audio(Span(0.0, length)))
            if clips:
                writer.finish()
        size = proxies.nbytes
    original = sum(path.stat().st_size for path, _, _ in clips)
    seconds = sum(length for _, _, length in clips)
    return JoinedClips(
        folder.name, len(clips), seconds, original, size, time.perf_counter() - started
    )


def _clips(folder: Path) -> Iterator[tuple[Path, float, float]]:
    """Give the videos of a folder, each with when it starts in the joined one and its length."""
    start = 0.0
    for path in files_of(folder):
        try:
            with Media.open(path, threads=1) as media:
                info = media.info
        except MediaError:
            continue
        if info.kind == "video" and info.duration_s > 0:
            yield path, start, info.duration_s
            start += info.duration_s


def _page(found: list[JoinedClips]) -> list[str]:
    columns = ("folder", "clips", "s", "files, MB/h", "copies, MB/h", "share", "times real time")
    return [
        "# Small copies of official videos: size",
        "",
        "`python -m benchmarks.proxies --media ../shared/media/real_video`",
        "",
        f"The clips of each folder are joined in time to one video. Its copy has {PROXY_FPS:.0f}",
        f"frames a second and {PROXY_LINES} px on the short side at most, and is written as at an",
        "enrolment; the last column says how fast, with one thread to decode. Cuts every few",
        "seconds cost more than a video that goes on.",
        "",
        *table(columns, [one.row() for one in found]),
    ]


if __name__ == "__main__":
    main()
