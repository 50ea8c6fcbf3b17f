"""Fixed splits, and the check that nothing is trained and tested."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from media_screen.cli.main import main
from media_screen.evaluation.manifest import read_manifest
from media_screen.evaluation.protocol import (
    Protocol,
    ProtocolError,
    check,
    load,
    refuse_overlap,
    save,
)


def manifest(folder: Path, texts: dict[str, str]) -> Path:
    """A manifest of small files with these contents, genuine and forged in turn."""
    lines = ["path,label"]
    for number, (name, text) in enumerate(texts.items()):
        (folder / name).write_text(text, "utf-8")
        lines.append(f"{name},{('real', 'fake')[number % 2]}")
    path = folder / "labelled.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


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


TEXTS = {
    "a.mp4": "trained on, held out in fold 0",
    "b.mp4": "trained on, in fold 1",
    "c.mp4": "new",
}
HASHES = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in TEXTS.items()}
FOLDS = Protocol({"net": {HASHES["a.mp4"]: "0", HASHES["b.mp4"]: "1"}, "other": {ONE: "0"}})


@pytest.mark.parametrize(
    ("names", "fold", "refused"),
    [
        pytest.param("c.mp4 a.mp4", "", "a.mp4", id="shipped-networks-saw-all-folds"),
        pytest.param("c.mp4 a.mp4", "net:0", "", id="held-out"),
        pytest.param("c.mp4 b.mp4", "net:0", "b.mp4", id="trained-on-by-this-fold"),
        pytest.param("c.mp4 a.mp4", "other:0", "", id="of-another-network"),
    ],
)
def test_what_was_trained_on_is_no_test(
    tmp_path: Path, names: str, fold: str, refused: str
) -> None:
    items = read_manifest(manifest(tmp_path, {name: TEXTS[name] for name in names.split()}))
    save(tmp_path / "protocol.json", FOLDS)
    if not refused:
        check(items, tmp_path / "protocol.json", fold=fold)
        return
    with pytest.raises(ProtocolError, match="1 of the 2 files were trained on") as error:
        check(items, tmp_path / "protocol.json", fold=fold)
    assert refused in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--protocol", "P"], "2 of the 3 files were trained on", id="trained-on"),
        pytest.param(["--protocol", "P", "--fold", "0"], "expected SPLIT:FOLD", id="no-split"),
        pytest.param(["--protocol", "P", "--fold", "net:9"], "no fold '9'", id="no-fold"),
        pytest.param(["--fold", "net:0"], "--fold goes with --protocol", id="no-protocol"),
        pytest.param(["--protocol", "labelled.csv"], "is no protocol", id="another-file"),
    ],
)
def test_evaluate_refuses_before_it_screens(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    listed = manifest(tmp_path, TEXTS)
    save(tmp_path / "protocol.json", FOLDS)
    names = {"P": str(tmp_path / "protocol.json"), "labelled.csv": str(listed)}
    given = [names.get(word, word) for word in arguments]
    result = CliRunner(env={"COLUMNS": "300"}).invoke(
        main, ["evaluate", str(listed), "--out", str(tmp_path / "out"), *given]
    )
    assert result.exit_code == 2, result.output
    assert message in result.output
    assert not (tmp_path / "out").exists()
