"""How does a scan on a Ray cluster grow with its nodes, and what do slow and dying ones cost?

    python -m benchmarks.cluster

No cluster is at hand, so one is simulated on this machine: each node is a raylet of its own with
one CPU, and in place of computing a file's detectors sleep for a set time, so that the few cores
here can stand for many nodes. What is real is all the rest: actors and their isolated processes,
what goes over the wire, the driver's work, retries, the memory of earlier files, and the written
results. A shared folder that stalls is one in which every read waits.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.markdown import heading, table
from benchmarks.places import SAMPLES, write_page, write_record
from benchmarks.throughput import machine
from media_screen.batch.ray import RayPool
from media_screen.batch.scan import Progress, scan
from media_screen.batch.worker import Limits
from media_screen.evidence import Verdict
from media_screen.screen import Config

SECONDS = 2.0  # that each file takes on a node
SLOW = 5.0  # times as long on a slow node
FILES_A_NODE = 12  # of each scan
DIES_EVERY = 6.0  # s between deaths of nodes; a new one takes the place of each
STALL_S = 15.0  # that reads of a shared folder wait, once
NODE: dict[str, Any] = {
    "num_cpus": 1,
    "object_store_memory": 80 << 20,  # bytes, the least that Ray takes
    "include_log_monitor": False,
}
LIMITS = Limits(time_s=120.0)
SOURCE = SAMPLES / "downloads" / "voice-message.m4a"
DETECTOR = "sleeping"

# What is done to a cluster, with a folder that all see, until the scan is over; nodes that died.
Disturb = Callable[[Any, Path, threading.Event], int]

# The detector comes from a package of its own, as those of others do.
MODULE = '''
import os, time
from pathlib import Path
from media_screen.evidence import Evidence

FOLDER = Path(os.environ["SLEEPING_FOLDER"])
SECONDS = float(os.environ["SLEEPING_SECONDS"])
SLOW = float(os.environ["SLEEPING_SLOW"])


def _slow():
    """Every fourth process that comes into being is on a slow node."""
    number = os.open(FOLDER / "processes", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(number, b".")
    return os.fstat(number).st_size % 4 == 0


class Sleeping:
    name, axis, needs = "sleeping", "manipulation", ()

    def __init__(self):
        self.times = None

    def examine(self, case):
        if self.times is None:
            self.times = SLOW if (FOLDER / "some-are-slow").exists() and _slow() else 1.0
        while (FOLDER / "stalled").exists():
            time.sleep(0.1)
        time.sleep(SECONDS * self.times)
        yield Evidence(self.name, self.axis, 0.0, 0.0, "slept")
'''
ENTRY_POINT = "[media_screen.detectors]\nsleeping = sleeping_detector:Sleeping\n"


@dataclass(frozen=True, slots=True)
class ClusterRun:
    """A scan on a simulated cluster: what happened, what it took, and what it came to."""

    what: str
    nodes: int
    files: int
    seconds: float  # from the first verdict to the last, so without the start of the processes
    best_s: float  # that as many nodes would take, each as quick, with nothing in between
    driver_s: float  # CPU seconds of the driver
    lost: int  # files without a verdict of the detector
    doubled: int  # lines too many
    died: int  # nodes

    @property
    def efficiency(self) -> float:
        """Share of the time in which nodes did what they are there for."""
        return self.best_s / self.seconds


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, nargs="+", default=(1, 4, 8))
    asked = parser.parse_args()
    try:
        import ray  # noqa: F401
    except ImportError:
        print("no cluster was simulated: pip install 'media_screen[ray]'", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary)
        lay_detector(site)
        runs = []
        for run in scans(site, asked.nodes):
            runs.append(run)
            text = page(runs)
            write_record("cluster", {"machine": machine(), "runs": [asdict(run) for run in runs]})
            write_page("cluster", text)
    print(text)
    return 0


def scans(site: Path, nodes: Sequence[int]) -> Iterator[ClusterRun]:
    """Scan on each number of nodes, and on the most of them under what goes wrong."""
    for count in nodes:
        yield measured(site, count, "all is well")
    yield measured(site, max(nodes), "every fourth process is slow", slow=True)
    yield measured(site, max(nodes), "nodes die", disturb=deaths)
    yield measured(site, max(nodes), "the shared folder stalls", disturb=stall)


def lay_detector(site: Path) -> None:
    """Install the detector that sleeps into a folder, and let it be found there."""
    (site / "sleeping_detector.py").write_text(MODULE, "utf-8")
    facts = site / "sleeping-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: sleeping\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINT)
    sys.path.insert(0, str(site))
    inherited = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(site), inherited)))
    os.environ["SLEEPING_FOLDER"] = str(site)
    os.environ["SLEEPING_SECONDS"], os.environ["SLEEPING_SLOW"] = str(SECONDS), str(SLOW)


@contextmanager
def simulated(nodes: int) -> Iterator[Any]:
    """Begin a cluster of raylets of this machine, and connect to it."""
    import ray
    import ray._private.ray_constants as constants
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_agent_register_timeout_ms"] = "120000"  # noqa: SIM112 (so Ray spells it)
    constants.ENABLE_RAY_CLUSTER = False  # it stays on the loopback interface
    cluster = Cluster()
    try:
        cluster.add_node(include_dashboard=False, **(NODE | {"num_cpus": 0}))  # with the driver
        for _ in range(nodes):
            cluster.add_node(**NODE)
        ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()  # type: ignore[no-untyped-call]


def measured(
    site: Path,
    nodes: int,
    what: str,
    *,
    slow: bool = False,
    disturb: Disturb | None = None,
) -> ClusterRun:
    """Scan as many files as the nodes need for a while, perhaps disturbed."""
    folder = Path(tempfile.mkdtemp(dir=site))
    files = lay_files(folder / "in", FILES_A_NODE * nodes)
    (site / "some-are-slow").unlink(missing_ok=True)
    if slow:
        (site / "some-are-slow").touch()
    times: list[float] = []
    begun, over = threading.Event(), threading.Event()
    died = [0]

    def on_result(_: Verdict, __: Progress) -> None:
        times.append(time.monotonic())
        begun.set()

    def disturbing() -> None:
        begun.wait()
        if disturb is not None:
            died[0] = disturb(cluster, site, over)

    config = Config(device="cpu", detectors=(DETECTOR,), threads=1)
    with simulated(nodes) as cluster:
        disturber = threading.Thread(target=disturbing, daemon=True)
        disturber.start()
        own = psutil.Process()
        before = sum(own.cpu_times()[:2])
        scan(
            [folder / "in"], folder / "out", config,
            workers=nodes, limits=LIMITS, executor=RayPool, on_result=on_result,
        )  # fmt: skip
        driver_s = sum(own.cpu_times()[:2]) - before
        over.set()
        disturber.join()
    run = summed(folder / "out", what, nodes, files, times, driver_s, died[0])
    shutil.rmtree(folder)
    print(f"{what}, {nodes} nodes: {run.seconds:.0f} s, {run.efficiency:.0%}", flush=True)
    return run


def lay_files(folder: Path, count: int) -> int:
    """Lay copies of a short sound into a folder, each with bytes of its own; returns how many."""
    folder.mkdir()
    for number in range(count):
        copy = folder / f"{number:04}{SOURCE.suffix}"
        copy.write_bytes(SOURCE.read_bytes() + b"\0\0\0\x10free" + number.to_bytes(8, "big"))
    return count


def deaths(cluster: Any, _: Path, over: threading.Event) -> int:
    """Let nodes die, one after the other, and others come in their place; returns how many."""
    died, nodes = 0, len(cluster.worker_nodes)
    while not over.wait(DIES_EVERY):
        if len(cluster.worker_nodes) == nodes:  # else the last one has no successor yet
            node = sorted(cluster.worker_nodes, key=str)[died % nodes]
            cluster.remove_node(node, allow_graceful=False)
            died += 1
        with suppress(Exception, SystemExit):  # Ray exits where a new raylet is late: once more
            cluster.add_node(**NODE)
    return died


def stall(_: Any, site: Path, over: threading.Event) -> int:
    """Let every read wait for a while, once."""
    over.wait(DIES_EVERY)
    (site / "stalled").touch()
    over.wait(STALL_S)
    (site / "stalled").unlink()
    return 0


def summed(
    out: Path, what: str, nodes: int, files: int, times: list[float], driver_s: float, died: int
) -> ClusterRun:
    """Return what a scan came to."""
    lines = (out / "results.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    counted = Counter(record["media"]["path"] for record in records)
    judged = {one["media"]["path"] for one in records if one["evidence"]}
    return ClusterRun(
        what=what,
        nodes=nodes,
        files=files,
        seconds=times[-1] - times[0],
        best_s=(files - 1) * SECONDS / nodes,
        driver_s=driver_s,
        lost=files - len(judged),
        doubled=sum(counted.values()) - len(counted),
        died=died,
    )


def page(runs: list[ClusterRun]) -> str:
    """Return cluster.md."""
    nodes = " ".join(map(str, sorted({run.nodes for run in runs})))
    lines = [
        *heading("A simulated cluster", f"python -m benchmarks.cluster --nodes {nodes}"),
        f"{machine()}. Each node is a raylet with one CPU on this machine; a file takes "
        f"{SECONDS:.0f} s of sleep on it ({SECONDS * SLOW:.0f} on a slow one), with "
        f"{FILES_A_NODE} files a node. Times are by the clock, from the first verdict to the last, "
        "beside what as many nodes would take with nothing in between. The processes of all nodes "
        "share these cores, so that starting them, which is dear, counts more than on a cluster.",
        "",
        *table(
            ("what", "nodes", "files", "s", "at best, s", "share", "nodes that died",
             "driver, CPU s a file", "lost", "doubled"),
            [
                (
                    run.what,
                    run.nodes,
                    run.files,
                    f"{run.seconds:.0f}",
                    f"{run.best_s:.0f}",
                    f"{run.efficiency:.0%}",
                    run.died,
                    f"{run.driver_s / run.files:.3f}",
                    run.lost,
                    run.doubled,
                )
                for run in runs
            ],
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
