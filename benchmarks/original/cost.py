"""Measures what the comparison of a matched minute costs, against decoding that minute."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av

from benchmarks.original.measuring import Bench
from benchmarks.provenance.clips import sources
from media_screen.case import Case
from media_screen.media import Media

MINUTE_S, LEAST_S = 60.0, 45.0  # what is compared at most and at least
LINES = 720  # px of the short side: as platforms deliver


@dataclass(frozen=True)
class MinuteCost:
    """One matched minute as a file of 720 lines: processor seconds of comparing and of decoding."""

    name: str
    seconds: float
    windows: int
    compared_s: float
    decoded_s: float

    @property
    def ratio(self) -> float:
        """Comparing, as a share of decoding."""
        return self.compared_s / self.decoded_s


def measure_minutes(media: Path, work: Path, *, count: int) -> list[MinuteCost]:
    """Compare a few long genuine clips, enlarged and encoded anew, with what they were made from.

    All runs on one thread of this process, which must have the machine for itself.
    """
    return list(islice(_minutes(media, work), count))


def _minutes(media: Path, work: Path) -> Iterator[MinuteCost]:
    bench = Bench(work / "references")
    for clip in sources(media):
        path = media / "real_video" / clip.path
        with Media.open(path, threads=1) as original:
            if (original.info.duration_s or 0.0) < LEAST_S:
                continue
        copy = work / "minutes" / f"{path.stem}.mp4"
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            _deliver(path, copy)
        equipment = bench.equipment(path)
        with Media.open(copy, threads=1) as opened:
            case = Case(opened, equipment)
            if not case.matches:
                continue
            started = time.process_time()
            compared = case.comparisons
            spent = time.process_time() - started
        seconds, decoded = _decode(copy)
        windows = sum(len(one.windows) for one in compared)
        yield MinuteCost(clip.path, seconds, windows, spent, decoded)


def _deliver(source: Path, target: Path) -> None:
    """Encode the first minute of a file at 720 lines, picture and nothing else."""
    part = target.with_suffix(".part.mp4")
    with av.open(str(source)) as given, av.open(str(part), "w") as made:
        shown = given.streams.video[0]
        scale = LINES / min(shown.width, shown.height)
        rate = Fraction(shown.average_rate or 25)
        video = made.add_stream("libx264", rate=rate)
        video.width, video.height = (
            round(side * scale) // 2 * 2 for side in (shown.width, shown.height)
        )
        video.pix_fmt, video.options = "yuv420p", {"crf": "26", "preset": "veryfast"}
        for number, frame in enumerate(given.decode(shown)):
            if (frame.time or 0.0) >= MINUTE_S:
                break
            sized = frame.reformat(video.width, video.height, format="yuv420p")
            sized.pts, sized.time_base = number, 1 / rate
            made.mux(video.encode(sized))
        made.mux(video.encode(None))
    part.replace(target)


def _decode(path: Path) -> tuple[float, float]:
    """Return how long a file is, and what decoding it costs on one thread, s."""
    with av.open(str(path)) as given:
        video = given.streams.video[0]
        video.codec_context.thread_count = 1
        started = time.process_time()
        frames = sum(1 for _ in given.decode(video))
        spent = time.process_time() - started
        return frames / float(video.average_rate or 25), spent


def rows(costs: Sequence[MinuteCost]) -> list[tuple[str | float, ...]]:
    """Return the lines of a table."""
    return [
        (
            one.name,
            round(one.seconds),
            one.windows,
            round(one.compared_s, 1),
            round(one.decoded_s, 1),
            f"{one.ratio:.2f}",
        )
        for one in costs
    ]
