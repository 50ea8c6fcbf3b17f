"""Makes what has to travel to a machine with a GPU that has no network, in pieces of 50 MB.

    python -m benchmarks.gpu.pack PACK --media ../shared/media/real_video --python 3.12

PACK gets the packages (all but torch and the libraries of CUDA, which such machines have), with
this one and its networks among them, the rest of the checkout, a few one-minute videos, and
`run.sh`. Copy its files there, one after the other if need be, and run `sh PACK/run.sh`: it checks
and joins the pieces, sets all up in a folder beside them, and measures (`benchmarks.gpu`); page and
record lie in PACK/results as soon as there is a first row. A trial without a GPU, on few and short
files, is `sh PACK/run.sh --device cpu --files 2 --seconds 6`.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from benchmarks.gpu import MINUTES
from benchmarks.places import ROOT, SAMPLES
from benchmarks.talking_videos import VideoBuilder

PIECE_BYTES = 50_000_000  # what travels at once
EXTRAS = ("gpu", "ocr")
LEFT_OUT = ("torch",)  # it is there, and brings the libraries of CUDA
GLIBC = range(17, 36)  # of manylinux; pip wants each named that may do
SUMS = "SHA256SUMS"
IN_WHEEL = ("media_screen", "models")  # of the checkout, so that they need not travel twice
CONTENTS = ("wheels", "project", "videos")  # the folders of a pack

RUN = """\
#!/bin/sh
# Sets up what lies beside this file, and measures. PYTHON names the interpreter, with torch in it.
set -eu
cd "$(dirname "$0")"
python=${{PYTHON:-python3}}
sha256sum --check --quiet {sums}
if [ ! -e unpacked/ready ]; then
  rm -rf unpacked && mkdir unpacked
  cat piece-* | tar -x -C unpacked
  $python -m pip install --quiet --no-index --no-deps --no-compile \\
    --target unpacked/site unpacked/wheels/*.whl
  touch unpacked/ready
fi
PYTHONPATH=$PWD/unpacked/site:$PWD/unpacked/project
export PYTHONPATH
results=$PWD/results
cd unpacked/project
exec $python -m benchmarks.gpu --videos ../videos --media samples/downloads \\
  --minutes {minutes} --out "$results" "$@"
"""


def main() -> None:
    """Make the pack."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pack", type=Path)
    parser.add_argument("--media", type=Path, default=SAMPLES / "downloads")
    parser.add_argument("--videos", type=Path, help="folder to keep the built videos in")
    parser.add_argument("--minutes", type=int, default=MINUTES, help="of video")
    parser.add_argument("--python", default="3.12", help="version of the interpreter there")
    parser.add_argument(
        "--without", nargs="*", default=[], help="packages that are there, in a fitting version"
    )
    parser.add_argument("--extras", nargs="*", default=EXTRAS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        without = {*LEFT_OUT, *map(str.lower, arguments.without)}
        download(wanted(arguments.extras), folder / "wheels", arguments.python, without)
        checkout(folder / "project", folder / "wheels")
        builder = VideoBuilder(arguments.media, arguments.videos or folder / "built")
        (folder / "videos").mkdir()
        for part in sorted(set(builder.parts(arguments.minutes))):
            shutil.copy(part, folder / "videos")
        run = RUN.format(sums=SUMS, minutes=arguments.minutes)
        packed = pieces(folder, CONTENTS, arguments.pack, run)
        for name in CONTENTS:
            print(f"{name}: {size_of(folder / name) / 1e6:.0f} MB")
    size = sum(piece.stat().st_size for piece in packed)
    print(f"{arguments.pack}: {len(packed)} pieces, {size / 1e6:.0f} MB; start with sh run.sh")


def wanted(extras: Sequence[str]) -> list[str]:
    """Return what the package needs with some of its extras, as pip reads it."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)["project"]
    optional = project["optional-dependencies"]
    return [*project["dependencies"], *(one for extra in extras for one in optional[extra])]


def download(wanted: Sequence[str], folder: Path, python: str, without: set[str]) -> None:
    """Fetch the wheels of packages and of what they need, but for those that are there."""
    folder.mkdir()
    listed = [one for one in wanted if name_of_wish(one) not in without]
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in GLIBC]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder),
        "--only-binary=:all:", "--implementation=cp", f"--python-version={python}",
        *platforms, "--platform=manylinux2014_x86_64",
        # The tested versions; among them two packages of OpenCV that write into one folder.
        "--constraint", str(ROOT / "requirements.lock"), *listed,
    ]  # fmt: skip
    subprocess.run(command, check=True)
    for wheel in folder.glob("*.whl"):
        if wheel.name.split("-")[0].replace("_", "-").lower() in without:
            wheel.unlink()


def name_of_wish(wish: str) -> str:
    """Return the package of a line like 'numpy>=1.26; python_version < "3.11"'."""
    end = next((at for at, sign in enumerate(wish) if sign in "[<>=!~; "), len(wish))
    return wish[:end].replace("_", "-").lower()


def checkout(folder: Path, wheels: Path) -> None:
    """Lay the committed files of this checkout into a folder, the package as a wheel to others."""
    folder.mkdir()
    packed = subprocess.run(
        ["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", str(wheels), str(folder)], check=True)
    for name in IN_WHEEL:
        shutil.rmtree(folder / name)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def pieces(folder: Path, names: Sequence[str], pack: Path, run: str) -> list[Path]:
    """Write folders into a pack as pieces of one archive, with their sums and what starts them."""
    pack.mkdir(parents=True, exist_ok=True)
    for old in pack.glob("piece-*"):
        old.unlink()
    whole = folder / "whole.tar"
    with tarfile.open(whole, "w") as archive:  # wheels, networks and videos don't get smaller
        for name in names:
            archive.add(folder / name, name)
    with whole.open("rb") as stream:
        written = [_piece(pack, number, part) for number, part in enumerate(_parts(stream))]
    sums = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in written]
    (pack / SUMS).write_text("".join(sums), "utf-8")
    (pack / "run.sh").write_text(run, "utf-8")
    return written


def _parts(stream: BinaryIO) -> Iterator[bytes]:
    while part := stream.read(PIECE_BYTES):
        yield part


def _piece(pack: Path, number: int, part: bytes) -> Path:
    path = pack / f"piece-{number:03}"
    path.write_bytes(part)
    return path


if __name__ == "__main__":
    main()
