"""Fixed splits, and the check that nothing is trained and tested."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from media_screen.evaluation.protocol import Protocol, ProtocolError, load, refuse_overlap, save

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)
PROTOCOL = Protocol({"collection": {ONE: "a", TWO: "b", THREE: "b"}, "method": {ONE: "swap"}})


def test_a_protocol_is_read_back(tmp_path: Path) -> None:
    save(tmp_path / "protocol.json", PROTOCOL)
    assert load(tmp_path / "protocol.json") == PROTOCOL


def test_training_is_what_the_fold_leaves() -> None:
    assert PROTOCOL.test("collection", "b") == {TWO, THREE}
    assert PROTOCOL.training("collection", "b") == {ONE}
    refuse_overlap(PROTOCOL.training("collection", "b"), PROTOCOL.test("collection", "b"))


def test_an_item_that_is_trained_and_tested_is_named() -> None:
    with pytest.raises(ProtocolError, match=f"1 training items are in the test: {TWO[:16]}"):
        refuse_overlap([ONE, TWO], [TWO, THREE])


@pytest.mark.parametrize(
    ("split", "fold", "message"),
    [
        pytest.param("person", "a", "there are collection, method", id="split"),
        pytest.param("collection", "z", "there are a, b", id="fold"),
    ],
)
def test_unknown_names_are_answered_with_the_known(split: str, fold: str, message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        PROTOCOL.training(split, fold)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("nothing", "is no protocol", id="no-json"),
        pytest.param("[]", "is no protocol", id="no-object"),
        pytest.param('{"schema": "other/1"}', "expected schema", id="schema"),
        pytest.param('{"schema": "media_screen.protocol/1"}', "splits", id="no-splits"),
        pytest.param(
            json.dumps({"schema": "media_screen.protocol/1", "splits": {"x": {"a.mp4": "1"}}}),
            "expected a SHA-256",
            id="no-hash",
        ),
    ],
)
def test_a_file_that_is_no_protocol_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "protocol.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ProtocolError, match=message):
        load(path)
