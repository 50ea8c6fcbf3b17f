"""Imports point one way: a module imports only what stands before it in this list."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.places import PACKAGE, ROOT

# From the bottom up; names on one line know nothing of each other.
LAYERS = [
    {"arrays", "errors", "evidence", "files"},
    {"database", "languages", "media", "sidecar", "weights"},
    {"faces", "folders", "fusion", "results", "speech"},
    {"config", "coordination", "exports", "look", "report"},
    {"footage", "keyframes", "package"},
    {"hearing", "people"},
    {"equipment", "names", "observation", "serving"},
    {"case"},
    {"detectors"},
    {"evaluation", "screen"},
    {"batch", "testing", "__init__"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
MOST_FLAT = 14  # modules at the top; what comes after has a room


def name_of(path: Path) -> str:
    """The dotted name of a file of the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {name_of(path): path for path in FILES}


def imports(path: Path) -> set[str]:
    """The modules of this package that a file imports at run time."""
    found = set()
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & MODULES.keys() or {node.module}
    return found & MODULES.keys()


def room(module: str) -> str:
    """The first name below the package: a room, or a module that stands at the top."""
    return (module.split(".") + ["__init__"])[1]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_lies_below(module: str) -> None:
    own = room(module)
    assert own in RANK, f"{own} has no place in LAYERS"
    above = {
        name
        for name in imports(MODULES[module])
        if room(name) != own and RANK[room(name)] >= RANK[own]
    }
    assert not above, f"{module} imports {above}, which do not stand below it"


def test_no_modules_import_each_other() -> None:
    known = {module: imports(path) for module, path in MODULES.items()}
    while known:
        free = {module for module, names in known.items() if not names & known.keys() - {module}}
        assert free, f"these import each other: {sorted(known)}"
        for module in free:
            del known[module]


def test_no_two_classes_share_a_name() -> None:
    homes: dict[str, list[Path]] = {}
    beside = [path for name in ("training", "benchmarks") for path in (ROOT / name).rglob("*.py")]
    for path in [*FILES, *beside]:
        for node in ast.parse(path.read_text("utf-8")).body:
            # What a module keeps to itself may be called there as it likes, outside the package.
            if isinstance(node, ast.ClassDef) and (path in FILES or node.name[0] != "_"):
                homes.setdefault(node.name, []).append(path)
    assert not {name: where for name, where in homes.items() if len(where) > 1}


def test_few_modules_stand_at_the_top() -> None:
    flat = sorted(path.name for path in PACKAGE.glob("*.py"))
    assert len(flat) <= MOST_FLAT, flat


def test_the_package_knows_nothing_of_what_stands_beside_it() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            beside = {name for name in names if name.split(".")[0] in ("training", "benchmarks")}
            assert not beside, f"{path.name} imports {beside}"


def test_only_the_command_line_imports_evaluation() -> None:
    users = {module for module, path in MODULES.items() if "evaluation" in map(room, imports(path))}
    users = {module for module in users if room(module) != "evaluation"}
    assert users == {"media_screen.cli.evaluate"}


def test_nothing_is_unpickled() -> None:
    for path in [*FILES, *sorted((ROOT / "training").rglob("*.py"))]:
        text = path.read_text("utf-8")
        for word in ("pickle.load", "import pickle", "allow_pickle=True", "marshal"):
            assert word not in text, f"{path.name} uses {word}"
        # Training reads its own checkpoints, and tensors are all that this lets through.
        loads = [line for line in text.splitlines() if "torch.load(" in line]
        assert all("weights_only=True" in line for line in loads), f"{path.name} uses torch.load"
