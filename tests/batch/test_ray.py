"""A cluster gives what one machine gives, whatever dies: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from media_screen import Config, Screener
from media_screen.batch.ray import TRIES, RayPool
from media_screen.batch.scan import scan
from media_screen.batch.worker import Job, Limits, WorkerError
from media_screen.evidence.pieces import is_of_machine
from tests.making import quarters, records, write_sound_file, write_video
from tests.places import PLUGINS, ROOT

CONFIG = Config(device="cpu", detectors=("misbehaving",), threads=1)
LIMITS = Limits(time_s=120.0, memory_bytes=900 << 20)
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_log_monitor": False}
STARTS = 3  # times to begin a cluster: Ray gives its own processes few seconds


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two nodes with a CPU each, to which this program is connected."""
    ray = pytest.importorskip("ray", reason="needs the extra ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_agent_register_timeout_ms", "120000")
        # As on systems where Ray stays on the loopback interface: nothing leaves the machine.
        patch.setattr("ray._private.ray_constants.ENABLE_RAY_CLUSTER", False)
        patch.setenv("PYTHONPATH", str(PLUGINS))  # for the processes of the nodes
        patch.syspath_prepend(str(PLUGINS))
        cluster = _begun(Cluster)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        yield cluster
        ray.shutdown()
        cluster.shutdown()


def _begun(kind: type) -> Any:
    for left in reversed(range(STARTS)):
        cluster = kind()
        try:
            cluster.add_node(include_dashboard=False, **NODE)
            cluster.add_node(**NODE)
        except (Exception, SystemExit) as error:  # Ray exits where a port file does not come
            cluster.shutdown()
            if not left:
                pytest.skip(f"Ray can't begin a cluster on this machine: {error}")
        else:
            return cluster
    raise AssertionError("unreachable")


def sounds(folder: Path, *names: str) -> list[Path]:
    """Write a short sound under each name."""
    source = write_sound_file(folder / "source.wav", codec="pcm_s16le", seconds=0.2)
    paths = [folder / name for name in names]
    for path in paths:
        shutil.copy(source, path)
    source.unlink()
    return paths


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what differs from run to run."""
    without = ("timing_s", "examined_as")  # on a cluster copies are examined, too
    return {name: value for name, value in record.items() if name not in without}


def test_a_cluster_gives_what_one_machine_gives(
    cluster: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("in")
    folder.mkdir()
    video = write_video(folder / "a.mp4", [quarters()] * 50, sounds=1)
    shutil.copy(video, folder / "b.mp4")
    shutil.copy(os.fsencode(video), os.fsencode(folder) + b"/\xff.mp4")
    sounds(folder, "crash-1.wav", "raise-1.wav")
    (folder / "text.mp4").write_text("no video at all\n" * 50)
    found = {}
    ways: dict[str, dict[str, Any]] = {"local": {}, "ray": {"executor": RayPool}}
    for executor, arguments in ways.items():
        out = Path(executor)
        summary = scan([folder], out, CONFIG, workers=1, limits=LIMITS, **arguments)
        assert (summary.screened, summary.copies) == (6, 2)
        again = scan([folder], out, CONFIG, workers=1, limits=LIMITS, **arguments)
        assert (again.screened, again.kept) == (1, 5), "what ended its worker is tried again"
        found[executor] = [comparable(record) for record in records(out)]
        assert (out / "memory.sqlite").is_file()
    assert found["ray"] == found["local"]


def test_killed_workers_and_nodes_lose_and_double_nothing(cluster: Any, tmp_path: Path) -> None:
    gates = sounds(tmp_path, "gate-1.wav", "gate-2.wav")
    others = sounds(tmp_path, *(f"{index}.wav" for index in range(6)))
    begun = [Path(f"{gate}.begun") for gate in gates]

    def jobs() -> Iterator[Job | None]:
        yield from map(Job, gates)
        while not all(file.exists() for file in begun):
            yield None
        first = int(begun[0].read_text())
        os.kill(first, signal.SIGKILL)
        while begun[0].read_text().count("\n") < 2:
            yield None
        node = sorted(cluster.worker_nodes, key=str)[0]
        cluster.remove_node(node, allow_graceful=False)
        while sum(file.read_text().count("\n") for file in begun) < 3:
            yield None
        for gate in gates:
            Path(f"{gate}.open").touch()
        yield from map(Job, others)

    with RayPool(CONFIG, workers=3, limits=LIMITS) as pool:
        answered = [(job.path, verdict) for job, verdict in pool.screen(jobs())]
    cluster.add_node(**NODE)
    assert Counter(path for path, _ in answered) == Counter([*gates, *others])
    for path, verdict in answered:
        assert [piece.why for piece in verdict.evidence] == ["behaved"], path
    assert begun[0].read_text().count("\n") >= 2, "the file of the killed worker was begun twice"


def test_only_so_many_files_are_in_flight(cluster: object, tmp_path: Path) -> None:
    paths = sounds(tmp_path, *(f"{index:02}.wav" for index in range(12)))
    out: set[Path] = set()
    most = 0

    def jobs() -> Iterator[Job]:
        nonlocal most
        for path in paths:
            out.add(path)
            most = max(most, len(out))
            yield Job(path)

    with RayPool(CONFIG, workers=2, limits=LIMITS) as pool:
        for job, _ in pool.screen(jobs()):
            out.remove(job.path)
    assert most == 2 and not out


def test_a_file_that_kills_its_workers_is_given_up(cluster: object, tmp_path: Path) -> None:
    paths = sounds(tmp_path, "orphan-1.wav", "a.wav")
    with RayPool(CONFIG, workers=1, limits=LIMITS) as pool:
        found = {job.path.name: verdict for job, verdict in pool.screen(map(Job, paths))}
    assert f"lost {TRIES} times" in found["orphan-1.wav"].failures[0].error
    assert is_of_machine(found["orphan-1.wav"].failures[0])
    assert not found["a.wav"].failures


def test_what_is_wrong_with_the_set_up_stops_the_batch(
    cluster: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = tmp_path / "unseen.wav"
    with RayPool(CONFIG, workers=1, limits=LIMITS) as pool:
        ((_, verdict),) = pool.screen(iter([Job(unseen)]))
        assert verdict.label == "unable_to_evaluate"  # it is nowhere
        monkeypatch.setattr("os.path.lexists", lambda _: True)  # it is here, but not on the node
        with pytest.raises(WorkerError, match=r"can't see .*unseen\.wav.* all nodes share"):
            list(pool.screen(iter([Job(unseen)])))
        monkeypatch.undo()
    config = Config(device="cpu", people=tmp_path / "nobody-here")
    with (
        RayPool(config, workers=1, limits=LIMITS) as pool,
        pytest.raises(WorkerError, match="nobody-here"),
    ):
        list(pool.screen(iter([Job(unseen)])))


def test_a_screener_is_an_actor(cluster: object) -> None:
    import ray

    actor: Any = ray.remote(num_cpus=1)(Screener)
    screener = actor.remote(CONFIG)
    batch = ray.get(screener.__call__.remote({"path": ["nowhere.mp4"]}))
    assert batch["label"] == ["unable_to_evaluate"]


def test_a_screener_is_a_stage_of_a_data_set(cluster: object) -> None:
    pytest.importorskip("pyarrow", reason="needs the packages of ray[data]")
    import ray

    files = ray.data.from_items([{"path": "nowhere.mp4"}, {"path": "gone.mp4"}])
    options: dict[str, Any] = {"fn_constructor_args": (CONFIG,), "concurrency": 1, "batch_size": 1}
    rows = files.map_batches(Screener, **options).take_all()
    assert sorted((row["path"], row["label"]) for row in rows) == [
        ("gone.mp4", "unable_to_evaluate"),
        ("nowhere.mp4", "unable_to_evaluate"),
    ]


def test_the_example_of_the_page_runs(
    cluster: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyarrow", reason="needs the packages of ray[data]")
    page = (ROOT / "docs" / "stage.md").read_text("utf-8")
    blocks = re.findall(r"```py\n(.*?)```", page, re.DOTALL)
    (example,) = [block for block in blocks if block.startswith("import ray")]
    samples, shared = ROOT / "samples", tmp_path / "shared"
    person = samples / "people" / "irena-valequist"
    shutil.copytree(person / "faces", shared / "people" / person.name / "faces")
    shutil.copy(person / "person.toml", shared / "people" / person.name)
    shutil.copy(samples / "downloads" / "forwarded-picture.jpg", shared / "a.mp4")
    shutil.copy(samples / "downloads" / "not-a-video.mp4", shared / "b.mp4")
    exec(compile(example.replace("/shared", str(shared)), "stage.md", "exec"), {})
    assert sorted(capsys.readouterr().out.splitlines()) == [
        f"{shared / 'a.mp4'} unverified_appearance",
        f"{shared / 'b.mp4'} unable_to_evaluate",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--executor", "ray"], "pip install 'media_screen[ray]'", id="not-installed"),
        pytest.param(["--ray-address", "a:1"], "goes with --executor ray", id="address-alone"),
    ],
)
def test_the_command_line_says_what_is_missing(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    (path,) = sounds(tmp_path, "a.wav")
    program = (
        "import sys; sys.modules['ray'] = None; from media_screen.cli.main import main; main()"
    )
    command = [sys.executable, "-c", program, "scan", str(path), "--out", str(tmp_path / "out")]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2) and message in done.stderr
    assert "Traceback" not in done.stderr
