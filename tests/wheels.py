"""Resolves what is declared as a clean machine without a compiler would: with wheels alone.

    python -m tests.wheels

The base and all extras are resolved for every supported Python on Linux, in two sets, since the
builds of ONNX Runtime for the CPU and for CUDA exclude each other. What can be resolved together
can be resolved one by one. It asks the package index, and fails where that can't be reached.
Then the wheel of the project is built, and must hold its notices and nothing but the package.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tomli

from tests.places import ROOT

PYPROJECT = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
UV = str(Path(sys.executable).parent / "uv")
PLATFORM = "x86_64-manylinux_2_28"
# Extras whose packages ask for the CPU build of ONNX Runtime by its name.
WITH_CPU_BUILD = ("cpu", "explicit", "transcript")


def project() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    return dict(PYPROJECT["project"])


def tool(name: str) -> dict[str, Any]:
    """Return the table of a tool in pyproject.toml."""
    return dict(PYPROJECT["tool"][name])


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
        UV,
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


def check_wheel(wheel: zipfile.ZipFile) -> None:
    """Check what a wheel of the project holds: the package, its models, and the notices."""
    name = f"{project()['name']}-{project()['version']}.dist-info"
    tops = {member.split("/")[0] for member in wheel.namelist()}
    assert tops == {project()["name"], name}, f"it also holds {sorted(tops)}"
    metadata = wheel.read(f"{name}/METADATA").decode()
    for notice in project()["license-files"]:
        assert f"License-File: {notice}\n" in metadata, f"METADATA lacks {notice}"
        assert f"{name}/licenses/{notice}" in wheel.namelist()


def make_wheel() -> str:
    """Build the wheel, check it, and return its name."""
    with TemporaryDirectory() as folder:
        command = [UV, "build", "--quiet", "--wheel", "--out-dir", folder, "."]
        subprocess.run(command, cwd=ROOT, check=True)
        (path,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(path) as wheel:
            check_wheel(wheel)
        return path.name


def main() -> int:
    wanted = {"cpu": ("onnxruntime", "onnxruntime-gpu"), "gpu": ("onnxruntime-gpu", "onnxruntime")}
    for python in PYTHONS:
        for build, extras in sets_of_extras().items():
            packages = resolve(python, extras)
            there, absent = wanted[build]
            assert there in packages and absent not in packages, f"{build}: {sorted(packages)}"
            print(f"Python {python}, {build}: {len(packages)} packages, each as a wheel")
    print(f"{make_wheel()}: the package and its notices")
    return 0


if __name__ == "__main__":
    sys.exit(main())
