"""Are copies of a fake joined to one campaign, and is what is known of one passed along rightly?

    python -m benchmarks.campaign --media ../shared/media [--work DIR]

Makes campaigns of fakes of several methods: their reposts, excerpts and news clips that quote them,
with the genuine clips that they were made of and clips that have nothing to do with them. It does
not measure whether detectors find fakes: the first post of each fake is given its finding by hand,
and what is counted is which files are joined to it and get its label. People are enrolled by frames
of the very clips, which flatters faces. Then the same posts are screened in other orders, and times
are taken in folders of up to 20,000 made-up files. With a DIR a second run goes on where one
stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.campaign import judging, scale
from benchmarks.campaign.alone import alone
from benchmarks.campaign.orders import (
    ORDERS,
    FolderOutcome,
    Rescreening,
    in_other_orders,
)
from benchmarks.campaign.page import COMMAND, markdown
from benchmarks.campaign.posts import PostWriter
from benchmarks.posted import run_and_write
from media_screen.footage.campaigns.passing import RECOGNISED
from media_screen.results.campaigns import read_campaigns


def main(arguments: Sequence[str] | None = None) -> int:
    """Make posts, screen, print and write."""
    return run_and_write("campaign", __doc__, run, markdown, arguments)


def run(media: Path, work: Path) -> dict[str, Any]:
    """Measure everything; returns the record."""
    writer = PostWriter(media, work)
    people = writer.enrol()
    config = judging.config_of(people)
    out = work / "out"
    settled = judging.screened(list(writer.all()), people, out)
    some = in_other_orders(settled)
    first = FolderOutcome.of([one.verdict for one in some], read_campaigns(out))
    again = Rescreening(some, out, config)
    faces = judging.faces_apart(settled, config)
    return {
        "command": COMMAND,
        "fakes": sum(one.post.role == "fake" for one in settled),
        "detectors": list(judging.DETECTORS),
        "aims": [vars(one) for one in judging.aims(settled)],
        "kinds": [vars(one) for one in judging.count(settled)],
        "wrong": judging.failures(settled),
        "faces": [vars(one) for one in faces if max(one.fake, one.other) >= RECOGNISED],
        "laid": [vars(one) for one in judging.faces_laid(settled, out, config)],
        **_measured(work, again, first),
    }


def _measured(
    work: Path, again: Rescreening, first: FolderOutcome
) -> dict[str, list[dict[str, Any]]]:
    """Measure orders and sizes, or read what an earlier run measured.

    Each in a process of its own: the most memory that one had can't be reset.
    """
    tasks: dict[str, dict[str, Callable[[], Any]]] = {
        "orders": {f"order-{seed}": partial(again.compared, first, seed) for seed in range(ORDERS)},
        "meeting": {
            f"meeting-{size}": partial(scale.time_meeting, size, work) for size in scale.SIZES
        },
        "settling": {
            f"settling-{size}": partial(scale.time_settling, size, work) for size in scale.SIZES
        },
        "passing": {
            f"passing-{size}": partial(scale.time_passing, size) for size in scale.SUSPECTED
        },
    }
    with ThreadPoolExecutor(judging.CORES) as pool:
        waiting = {
            group: [
                pool.submit(_kept, work / f"{name}.json", partial(alone, task))
                for name, task in named.items()
            ]
            for group, named in tasks.items()
        }
        return {group: [one.result() for one in found] for group, found in waiting.items()}


def _kept(path: Path, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what an earlier run measured, else measure it now."""
    if not path.exists():
        path.write_text(json.dumps(measure()), "utf-8")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
