"""What travels to a machine with a GPU can be put together again, and starts what is asked."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from benchmarks.gpu import pack
from benchmarks.gpu.__main__ import GpuRun, doublings


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack in small pieces, in a folder where an older one of more pieces was."""
    monkeypatch.setattr(pack, "PIECE_BYTES", 5_000)
    folder, made = tmp_path / "folder", tmp_path / "a pack"
    for name in pack.CONTENTS:
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_bytes(name.encode() * 1_000)
    made.mkdir()
    (made / "piece-099").write_bytes(b"old")
    pack.pieces(folder, pack.CONTENTS, made, pack.RUN.format(sums=pack.SUMS, minutes=2))
    return made


def test_pieces_are_no_larger_than_what_travels_at_once(packed: Path) -> None:
    sizes = [piece.stat().st_size for piece in sorted(packed.glob("piece-*"))]
    assert len(sizes) > 2 and set(sizes[:-1]) == {5_000} and 0 < sizes[-1] <= 5_000


def test_pieces_join_to_what_was_packed(packed: Path) -> None:
    pieces = sorted(packed.glob("piece-*"))
    whole = b"".join(piece.read_bytes() for piece in pieces)
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        for name in pack.CONTENTS:
            held = archive.extractfile(f"{name}/file")
            assert held is not None and held.read() == name.encode() * 1_000
    sums = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}" for one in pieces]
    assert (packed / pack.SUMS).read_text().splitlines() == sums


def test_what_starts_a_pack_is_a_shell_script_that_checks_its_pieces(packed: Path) -> None:
    subprocess.run(["sh", "-n", str(packed / "run.sh")], check=True)
    (packed / "piece-000").write_bytes(b"damaged")
    done = subprocess.run(["sh", str(packed / "run.sh")], capture_output=True, text=True)
    assert done.returncode != 0 and "piece-000: FAILED" in done.stdout
    assert not (packed / "unpacked").exists()


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        pytest.param("numpy>=1.26", "numpy", id="bounded"),
        pytest.param('tomli>=2; python_version < "3.11"', "tomli", id="marked"),
        pytest.param("ray[data]>=2.40", "ray", id="with-extra"),
        pytest.param("opencv_python", "opencv-python", id="underscore"),
    ],
)
def test_a_wish_names_its_package(wish: str, name: str) -> None:
    assert pack.name_of_wish(wish) == name


def test_a_pack_wants_onnx_runtime_for_the_gpu_alone() -> None:
    names = {pack.name_of_wish(one) for one in pack.wanted(pack.EXTRAS)}
    assert "onnxruntime-gpu" in names and "onnxruntime" not in names


@pytest.mark.parametrize(("most", "found"), [(1, [1]), (4, [1, 2, 4]), (6, [1, 2, 4, 6])])
def test_processes_are_doubled_up_to_the_most(most: int, found: list[int]) -> None:
    assert doublings(most) == found


def test_hours_an_hour_count_the_length_of_the_videos() -> None:
    run = GpuRun("cuda", 4, True, 20, 30.0, 9.0, 60.0, 50.0, 900.0, 80.0, {})
    assert run.hours_an_hour == pytest.approx(20 * 30 / 60)
