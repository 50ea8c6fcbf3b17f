"""A campaign has the posts it says, goes on where it stopped, and its page shows its record."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks import daily_cost, workload
from benchmarks.naive_peer import PeerRun, run_peer
from benchmarks.places import read_page, read_record
from benchmarks.talking_videos import PLATFORMS
from benchmarks.throughput import decode
from benchmarks.workload import PortionScan, WorkloadRun, campaign, sampled
from media_screen.batch.campaigns import MEMORY
from media_screen.results.observations import OBSERVED

SIZES = (10, 40, 60, 500)
RECORD = {
    "command": "python -m benchmarks.workload",
    "machine": "2 cores",
    "files": 10,
    "scans": [
        {"files": 3, "cpu_s": 40.0, "clock_s": 50.0, "others_s": 0.0, "peak_bytes": 900 << 20,
         "worker_bytes": 500 << 20},
        {"files": 1, "cpu_s": 0.0, "clock_s": 1.0, "others_s": 10.0, "peak_bytes": 1000 << 20,
         "worker_bytes": 400 << 20},
    ],
    "samples": [
        {"form": PLATFORMS[0].name, "seconds": 20, "decode_s": 2.0, "peer_s": 10.0},
        {"form": PLATFORMS[1].name, "seconds": 20, "decode_s": 4.0, "peer_s": 30.0},
    ],
    "costs": [
        {"content": 0, "seconds": 40, "form": PLATFORMS[0].name, "kind": "new", "cpu_s": 20.0},
        {"content": 0, "seconds": 40, "form": PLATFORMS[1].name, "kind": "encoded again",
         "cpu_s": 16.0},
        {"content": 0, "seconds": 40, "form": PLATFORMS[0].name, "kind": "same bytes",
         "cpu_s": 0.2},
        {"content": 0, "seconds": 40, "form": PLATFORMS[2].name, "kind": "encoded again",
         "cpu_s": 16.0},
    ],
    "stored": {MEMORY: 40_000, OBSERVED: 400_000, "results.jsonl": 4_000, "thumbs": 76_000},
}  # fmt: skip
THROUGHPUT = {"machine": "2 cores", "scans": {"10": {"cpu_s": 43.2}}}
PROXIES = "| folder | clips | copies, MB/h |\n|---|---|---|\n| a | 1 | 30 |\n| all | 2 | 50 |\n"


# --- what is committed ---------------------------------------------------------------------------


def test_pages_are_made_of_the_records() -> None:
    record = read_record("workload")
    reckoned = daily_cost.page(record, read_record("throughput"), read_page("proxies"))
    assert read_page("workload") == workload.page(record), "run python -m benchmarks.workload"
    assert read_page("daily_cost") == reckoned, "run python -m benchmarks.daily_cost"


# --- which posts there are -----------------------------------------------------------------------


@pytest.mark.parametrize("files", SIZES)
def test_seven_of_ten_posts_are_repeats(files: int) -> None:
    kinds = Counter(post.kind for post in campaign(files))
    assert kinds.total() == files
    assert kinds["new"] == round(0.3 * files)
    # At the beginning all forms may be there already.
    assert 0 <= kinds["same bytes"] - round(0.35 * files) <= 1


@pytest.mark.parametrize("files", SIZES)
def test_each_post_is_what_it_is_called(files: int) -> None:
    shown: set[tuple[int, int, Any]] = set()
    contents: set[int] = set()
    for post in campaign(files):
        video = post.content, post.seconds, post.form
        called = {
            (False, False): "new",
            (True, False): "encoded again",
            (True, True): "same bytes",
        }[post.content in contents, video in shown]
        assert (post.kind, 20 <= post.seconds <= 60) == (called, True)
        shown.add(video)
        contents.add(post.content)


@pytest.mark.parametrize("files", SIZES)
def test_a_new_post_in_each_form_is_sampled(files: int) -> None:
    posts = campaign(files)
    forms = [posts[place].form for place in sampled(posts) if posts[place].kind == "new"]
    expected = min(len(PLATFORMS), sum(post.kind == "new" for post in posts))
    assert len(forms) == len(set(forms)) == expected


# --- how it is measured --------------------------------------------------------------------------


@pytest.fixture
def screened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Nothing is built or screened; what is asked for is noted: how many files lay there."""
    asked: list[int] = []

    class Builder:
        def __init__(self, media: Path, folder: Path) -> None:
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = folder

        def post(self, number: int, seconds: int, form: Any) -> Path:
            path = self._folder / f"{number}-{seconds}-{form.width}-{form.codec}.mp4"
            path.write_bytes(b"video")
            return path

    def scan_portion(folder: Path, people: Path, out: Path) -> PortionScan:
        files = sorted(folder.glob("*.mp4"))
        out.mkdir(exist_ok=True)
        lines = [
            json.dumps({"media": {"path": str(path)}, "timing_s": {"total": 2.0}}) for path in files
        ]
        (out / "results.jsonl").write_text("\n".join(lines), "utf-8")
        new = len(files) - (asked[-1] if asked else 0)
        asked.append(len(files))
        return PortionScan(new, 3.0 * new, 4.0 * new, 1.0, 2 << 20, 1 << 20)

    def apart(function: Any, *arguments: Any) -> Any:
        faked: dict[Any, Any] = {decode: 1.0, run_peer: PeerRun(8.0, 1.0, 5.0, 2.0, 3)}
        return faked[function] if function in faked else function(*arguments)

    monkeypatch.setattr(workload, "VideoBuilder", Builder)
    monkeypatch.setattr(workload, "scan_portion", scan_portion)
    monkeypatch.setattr(workload, "apart", apart)
    return asked


def test_a_run_goes_on_where_it_stopped(screened: list[int], tmp_path: Path) -> None:
    first = next(WorkloadRun(tmp_path, tmp_path, 20, 8).portions())
    assert (screened, len(first["costs"]), len(first["samples"])) == ([8], 8, 1)
    *_, last = WorkloadRun(tmp_path, tmp_path, 20, 8).portions()
    assert screened == [8, 16, 20]
    assert [one["files"] for one in last["scans"]] == [8, 8, 4]
    assert len(last["costs"]) == 20
    assert {one["form"] for one in last["samples"]} == {form.name for form in PLATFORMS}
    assert list(WorkloadRun(tmp_path, tmp_path, 20, 8).portions()) == [last]
    assert screened == [8, 16, 20]


def test_a_folder_of_another_campaign_is_refused(screened: list[int], tmp_path: Path) -> None:
    next(WorkloadRun(tmp_path, tmp_path, 20, 8).portions())
    with pytest.raises(ValueError, match=r"another campaign: expected .*30.*, got .*20"):
        WorkloadRun(tmp_path, tmp_path, 30, 8)


def test_what_is_kept_is_counted_by_what_lies_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "thumbs" / "a").mkdir(parents=True)
    (tmp_path / "thumbs" / "a" / "0.jpg").write_bytes(b"123")
    (tmp_path / "thumbs" / "1.jpg").write_bytes(b"12")
    (tmp_path / "results.jsonl").write_bytes(b"1234")
    (tmp_path / "memory.sqlite").write_bytes(b"1")
    (tmp_path / "memory.sqlite-wal").write_bytes(b"12")
    kept = {"memory.sqlite": 3, "results.jsonl": 4, "thumbs": 5}
    assert workload.stored(tmp_path) == kept


# --- what comes of it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("| new | 1 | 20.00 | 4.00 | 5.00 | 1.000 |", id="new"),
        # Of a form that was not sampled the rate of all samples is taken: 6 s / 40 s.
        pytest.param("| encoded again | 2 | 16.00 | 7.00 | 2.29 | 0.800 |", id="encoded-again"),
        pytest.param("| same bytes | 1 | 0.20 | 4.00 | 0.05 | 0.010 |", id="same-bytes"),
        pytest.param("| this program | 10.0 | 720 | 3.5 |", id="in-all"),
        pytest.param("| the naive loop | 35.0 | 206 | 1 |", id="peer"),
        pytest.param("1000 MiB of memory at most, one of them 500 MiB", id="memory"),
        pytest.param("was not idle: other programs took 20%", id="not-idle"),
        pytest.param("| `thumbs` | 19.0 |", id="kept"),
    ],
)
def test_the_page_says_what_was_measured(line: str) -> None:
    assert line in workload.page(RECORD)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("| cores, 75% of the posts repeats | 10.0 s | 1.2 | 115.7 |", id="cores"),
        pytest.param("| cores, no post a repeat | 20.0 s | 2.3 | 231.5 |", id="new"),
        pytest.param("| cores, as many videos of ten minutes | 43.2 s | 5.0 | 500.0 |", id="long"),
        pytest.param("| cores of the naive loop | 35.0 s | 4.1 | 405.1 |", id="peer"),
        pytest.param("| hours of a GPU | not measured | not measured | not measured |", id="gpu"),
        pytest.param("| fingerprints (`memory.sqlite`), GB | 10 KB | 0.1 | 10.0 |", id="prints"),
        pytest.param("(`observed.sqlite`), GB | 100 KB | 1.0 | 100.0 |", id="observed"),
        pytest.param("| results and small pictures, GB | 20 KB | 0.2 | 20.0 |", id="others"),
        pytest.param("50 MB of each hour: 5.0 GB of 100 hours", id="proxies"),
    ],
)
def test_the_page_of_a_day_is_reckoned_from_the_records(line: str) -> None:
    assert line in daily_cost.page(RECORD, THROUGHPUT, PROXIES)
