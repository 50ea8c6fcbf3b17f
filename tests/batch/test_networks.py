"""Networks that another process runs give what they give here, for many workers at once."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from media_screen import Config, weights
from media_screen.batch import networks
from media_screen.batch.networks import NetworkServer, NetworkServerError, joins_rows
from media_screen.batch.worker import Job, Pool, WorkerError
from media_screen.evidence import Verdict
from media_screen.faces.embed import WEIGHTS as EMBEDDER
from media_screen.speech.synthesis import WEIGHTS as SYNTHESIS
from media_screen.weights import nets
from media_screen.weights.served import ServedError, ServedSession
from tests.agreement import assert_agree
from tests.places import SAMPLES

DOWNLOADS = SAMPLES / "downloads"


@pytest.fixture(scope="module")
def server() -> Iterator[NetworkServer]:
    with NetworkServer("cpu", threads=1) as one:
        yield one


@pytest.fixture
def faces() -> np.ndarray[Any, Any]:
    return np.random.default_rng(5).random((6, 3, 112, 112), np.float32) * 255


def test_a_network_answers_as_it_does_here(server: NetworkServer, faces: Any) -> None:
    path = weights.path(EMBEDDER)
    here, there = nets.session(path), ServedSession(server.address, path)
    for one in ("get_inputs", "get_outputs"):
        own = [(value.name, value.shape, value.type) for value in getattr(here, one)()]
        told = [(value.name, list(value.shape), value.type) for value in getattr(there, one)()]
        assert told == own
    assert there.get_providers() == here.get_providers()
    assert there.get_modelmeta().custom_metadata_map == here.get_modelmeta().custom_metadata_map
    for names in (None, ["embedding"]):
        (own,), (told,) = (one.run(names, {"face": faces}) for one in (here, there))
        np.testing.assert_array_equal(told, own)


def test_what_several_ask_goes_through_together(faces: Any) -> None:
    """Each gets the rows that are its own, whoever else was in the batch."""
    batches: list[int] = []

    class Counting:
        def __init__(self) -> None:
            self._session = nets.session(weights.path(EMBEDDER))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._session, name)

        def run(self, names: list[str], inputs: dict[str, Any]) -> Any:
            batches.append(len(inputs["face"]))
            return self._session.run(names, inputs)

    session = Counting()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nets, "session", lambda path, device: session)
        network = networks._Network(weights.path(EMBEDDER), "cpu")
    parts = [faces[:1], faces[1:3], faces[3:]] * 4
    with ThreadPoolExecutor(len(parts)) as threads:
        answers = list(threads.map(lambda part: network.run(None, {"face": part}), parts))
    assert sum(batches) == 4 * len(faces)
    assert max(batches) > 3, "nothing went together"
    alone = session._session.run(None, {"face": faces})[0]
    for rows, answer in zip([slice(0, 1), slice(1, 3), slice(3, 6)] * 4, answers, strict=True):
        np.testing.assert_allclose(answer["embedding"], alone[rows], atol=2e-5)


def test_one_that_fails_does_not_fail_the_others(faces: Any) -> None:
    class Fragile:
        def get_inputs(self) -> list[Any]:
            return [SimpleNamespace(name="face", shape=["n", 2], type="")]

        get_outputs = get_inputs

        def get_providers(self) -> list[str]:
            return []

        def get_modelmeta(self) -> Any:
            return SimpleNamespace(custom_metadata_map={})

        def run(self, names: list[str], inputs: dict[str, Any]) -> Any:
            if (inputs["face"] < 0).any():
                raise ValueError("negative")
            return [inputs["face"] + 1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nets, "session", lambda path, device: Fragile())
        network = networks._Network(weights.path(EMBEDDER), "cpu")
    asks = [networks._Ask(None, {"face": np.full((1, 2), value)}) for value in (1.0, -1.0, 3.0)]
    network._answer(asks)
    first, second, third = (ask.answer.get() for ask in asks)
    assert isinstance(second, ValueError)
    assert not isinstance(first, Exception)
    assert not isinstance(third, Exception)
    assert (first["face"] == 2).all()
    assert (third["face"] == 4).all()


@pytest.mark.parametrize(
    ("network", "joined"),
    [
        pytest.param(EMBEDDER, True, id="rows-in-rows-out"),
        pytest.param(SYNTHESIS, True, id="windows-in-scores-out"),
        pytest.param("speech/vad.onnx", False, id="with-a-state"),
    ],
)
def test_only_rows_that_do_not_touch_share_a_batch(network: str, joined: bool) -> None:
    path = weights.path(network)
    assert joins_rows(path, nets.session(path)) is joined


def test_a_network_that_scales_by_its_batch_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(b"...DynamicQuantizeLinear...")
    assert not joins_rows(path, nets.session(weights.path(EMBEDDER)))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        pytest.param("nowhere.onnx", "nowhere", id="missing"),
        pytest.param("README.md", "README", id="no-network"),
    ],
)
def test_what_can_not_be_opened_is_told(server: NetworkServer, path: str, told: str) -> None:
    with pytest.raises(ServedError, match=told):
        ServedSession(server.address, Path(path))


def test_wrong_inputs_are_told_and_the_next_are_taken(server: NetworkServer, faces: Any) -> None:
    session = ServedSession(server.address, weights.path(EMBEDDER))
    with pytest.raises(ServedError, match="face"):
        session.run(None, {"nonsense": faces})
    assert session.run(None, {"face": faces})[0].shape == (6, 128)


def test_a_process_that_was_killed_is_made_up_for(faces: Any) -> None:
    with NetworkServer("cpu", threads=1) as server:
        session = ServedSession(server.address, weights.path(EMBEDDER))
        before = session.run(None, {"face": faces})[0]
        assert server._process is not None
        assert server._process.pid is not None
        os.kill(server._process.pid, signal.SIGKILL)
        server._process.join()
        server.keep()
        np.testing.assert_array_equal(session.run(None, {"face": faces})[0], before)


def test_a_process_that_ends_again_and_again_ends_the_scan(monkeypatch: Any) -> None:
    monkeypatch.setattr(networks, "RESTARTS", 0)
    with NetworkServer("cpu", threads=1) as server:
        assert server._process is not None
        server._process.kill()
        server._process.join()
        with pytest.raises(NetworkServerError, match="ended 1 times"):
            server.keep()


def test_nothing_is_left_of_a_process_that_can_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(networks, "START_LIMIT", 0.0)
    with pytest.raises(NetworkServerError, match="it did not start"):
        NetworkServer("cpu", threads=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("device", "workers", "shared"),
    [("cuda", 4, True), ("cuda", 1, False), ("cpu", 4, False)],
)
def test_networks_are_shared_where_several_workers_are_on_a_gpu(
    device: str, workers: int, shared: bool
) -> None:
    pool = Pool(Config(device=device), workers=workers)
    assert pool._shares_networks is shared


def test_a_device_that_is_not_there_is_said(monkeypatch: Any) -> None:
    try:
        nets.choose_device("cuda")
    except nets.DeviceError:
        with pytest.raises(NetworkServerError, match="cuda was asked for"):
            NetworkServer("cuda")
        jobs = iter([Job(DOWNLOADS / "any.mp4")])
        config = Config(device="cpu")
        monkeypatch.setattr(nets, "choose_device", lambda _: "cuda")
        with (
            Pool(config, workers=1, shares_networks=True) as pool,
            pytest.raises(WorkerError, match="cuda was asked for"),
        ):
            list(pool.screen(jobs))


def _judged(path: Path, *, shares_networks: bool) -> Verdict:
    config = Config(device="cpu", threads=1, people=SAMPLES / "people")
    with Pool(config, workers=1, shares_networks=shares_networks) as pool:
        ((_, verdict),) = pool.screen(iter([Job(path)]))
    return verdict


def test_verdicts_are_the_same_with_shared_networks() -> None:
    path = next(iter(sorted(DOWNLOADS.glob("*.mp4"))))
    alone, shared = (_judged(path, shares_networks=one) for one in (False, True))
    assert not shared.failures
    assert_agree(alone, shared)
