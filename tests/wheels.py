"""Resolves what is declared as a clean machine without a compiler would: with wheels alone.

    python -m tests.wheels

The base and all extras are resolved for every supported Python on Linux, in two sets, since the
builds of ONNX Runtime for the CPU and for CUDA exclude each other. What can be resolved together
can be resolved one by one. It asks the package index, and fails where that can't be reached.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import tomli

from tests.places import ROOT

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
PLATFORM = "x86_64-manylinux_2_28"
# Extras whose packages ask for the CPU build of ONNX Runtime by its name.
WITH_CPU_BUILD = ("cpu", "explicit", "transcript")


def project() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    return dict(tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"])


def sets_of_extras() -> dict[str, list[str]]:
    """Return the extras that can be installed together, by the build of ONNX Runtime."""
    extras = list(project()["optional-dependencies"])
    return {
        "cpu": [name for name in extras if name != "gpu"],
        "gpu": [name for name in extras if name not in WITH_CPU_BUILD],
    }


def resolve(python: str, extras: list[str]) -> set[str]:
    """Return the names of the packages that would be installed; raises CalledProcessError."""
    command = [
        str(Path(sys.executable).parent / "uv"),
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--only-binary",
        ":all:",
        "--python",
        sys.executable,
        "--python-version",
        python,
        "--python-platform",
        PLATFORM,
        *(f"--extra={name}" for name in extras),
        "pyproject.toml",
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return set(re.findall(r"^([\w.-]+)==", done.stdout, re.MULTILINE))


def main() -> int:
    wanted = {"cpu": ("onnxruntime", "onnxruntime-gpu"), "gpu": ("onnxruntime-gpu", "onnxruntime")}
    for python in PYTHONS:
        for build, extras in sets_of_extras().items():
            packages = resolve(python, extras)
            there, absent = wanted[build]
            assert there in packages and absent not in packages, f"{build}: {sorted(packages)}"
            print(f"Python {python}, {build}: {len(packages)} packages, each as a wheel")
    return 0


if __name__ == "__main__":
    sys.exit(main())
