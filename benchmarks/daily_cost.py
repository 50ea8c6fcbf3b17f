"""What does a day of 10,000 or of 1,000,000 posts cost: cores, and what is kept?

    python -m benchmarks.daily_cost

Nothing is measured here: it is reckoned from what `workload`, `throughput` and `proxies` measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.markdown import heading, table
from benchmarks.places import read_page, read_record, write_page
from benchmarks.workload import file_s, mean_cost, peer_file_s
from media_screen.batch.campaigns import MEMORY
from media_screen.results.observations import OBSERVED

POSTS = (10_000, 1_000_000)  # a day
DAY = 86_400.0  # s
TEN_MINUTES = "10"  # as the record of throughput calls it
OFFICIAL_HOURS = 100  # of official footage, as an example
UNMEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class PostCost:
    """What a post costs on average, as it was measured: CPU seconds, and bytes that are kept."""

    screening_s: float  # in a campaign, where most repeat another one
    new_s: float  # of one that repeats nothing
    peer_s: float  # of the naive loop
    ten_minutes_s: float  # of a video of ten minutes
    fingerprint_bytes: float
    observed_bytes: float
    other_bytes: float  # results and small pictures


def main() -> None:
    """Reckon, print and write."""
    text = page(read_record("workload"), read_record("throughput"), read_page("proxies"))
    write_page("daily_cost", text)
    print(text)


def post_cost(workload: Mapping[str, Any], throughput: Mapping[str, Any]) -> PostCost:
    """Return what the records say of one post."""
    stored, files = workload["stored"], len(workload["costs"])
    others = sum(size for name, size in stored.items() if name not in (MEMORY, OBSERVED))
    return PostCost(
        screening_s=file_s(workload),
        new_s=mean_cost(workload, "new"),
        peer_s=peer_file_s(workload),
        ten_minutes_s=throughput["scans"][TEN_MINUTES]["cpu_s"],
        fingerprint_bytes=stored[MEMORY] / files,
        observed_bytes=stored[OBSERVED] / files,
        other_bytes=others / files,
    )


def proxy_megabytes(page: str) -> float:
    """Return the megabytes that are kept of an hour of official footage, from proxies.md."""
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in page.splitlines()]
    (head,) = (cells for cells in rows if cells[0] == "folder")
    (every,) = (cells for cells in rows if cells[0] == "all")
    return float(every[head.index("copies, MB/h")])


def page(workload: Mapping[str, Any], throughput: Mapping[str, Any], proxies: str) -> str:
    """Return daily_cost.md."""
    cost = post_cost(workload, throughput)
    repeats = 1 - sum(one["kind"] == "new" for one in workload["costs"]) / len(workload["costs"])
    work = {
        f"cores, {repeats:.0%} of the posts repeats": cost.screening_s,
        "cores, no post a repeat": cost.new_s,
        "cores, as many videos of ten minutes": cost.ten_minutes_s,
        "cores of the naive loop": cost.peer_s,
    }
    kept = {
        f"fingerprints (`{MEMORY}`), GB": cost.fingerprint_bytes,
        f"what was seen and heard (`{OBSERVED}`), GB": cost.observed_bytes,
        "results and small pictures, GB": cost.other_bytes,
    }
    an_hour = proxy_megabytes(proxies)
    rows = [_row(name, f"{spent:.1f} s", spent / DAY) for name, spent in work.items()]
    rows.append(("hours of a GPU", UNMEASURED, *(UNMEASURED for _ in POSTS)))
    rows += [_row(name, f"{size / 1e3:.0f} KB", size / 1e9) for name, size in kept.items()]
    lines = [
        *heading("What a day costs", "python -m benchmarks.daily_cost"),
        f"Reckoned from what was measured on {len(workload['costs'])} short posts "
        f"([workload.md](workload.md): {workload['machine']}), on a video of ten minutes "
        f"([throughput.md](throughput.md): {throughput['machine']}) and on official footage "
        "([proxies.md](proxies.md)). Cores are those that do nothing else, day and night; a folder "
        "of so many files was not measured.",
        "",
        *table(("", "a post", *(f"{posts:,} posts a day" for posts in POSTS)), rows),
        "",
        f"Small copies are kept of official videos alone, {an_hour:.0f} MB of each hour: "
        f"{OFFICIAL_HOURS * an_hour / 1e3:.1f} GB of {OFFICIAL_HOURS} hours, however many posts "
        "come.",
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, a_post: str, each: float) -> tuple[str, ...]:
    """Return a row: what a post takes in words, and what all of a day do, `each` of them this."""
    return (name, a_post, *(f"{posts * each:,.1f}" for posts in POSTS))


if __name__ == "__main__":
    main()
