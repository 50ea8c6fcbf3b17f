"""Imports point one way: a module imports only what stands before it in this list."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "media_screen"

# From the bottom up; names on one line know nothing of each other.
LAYERS = [
    {"evidence", "errors", "plain", "files", "lines", "known_tables"},
    {"weights", "media", "sidecar", "saved_line"},
    {"folders", "database"},
    {"cache", "written"},
    {"nets", "fetch", "calibration", "combination", "linear"},
    {"faces", "speech", "ocr", "config"},
    {"fingerprint", "waveform", "lipsync", "coverage"},
    {"people", "catalogue", "look", "hearing"},
    {"references", "memory", "beside", "channel_ids"},
    {"gallery"},
    {"enrol"},
    {"case"},
    {"detectors"},
    {"verdict_table"},
    {"fusion", "context"},
    {"screen"},
    {"worker", "thumbs"},
    {"results"},
    {"batch", "pipe", "ray_executor"},
    {"report"},
    {"exports"},
    {"training", "evaluation", "testing"},
    {"terminal"},
    {"scanning", "showing"},
    {"evaluate_command"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imports(path: Path) -> set[str]:
    """The modules of this package that a file imports at run time, by their first name."""
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
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {n.split(".")[1] for n in names if n.startswith("media_screen.") and n.count(".")}
    return {name for name in found if name in RANK}


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_lies_below(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in RANK, f"{own} has no place in LAYERS"
    above = {name for name in imports(path) if name != own and RANK[name] > RANK[own]}
    assert not above, f"{own} imports {above}, which stand above it"


def test_only_the_command_line_imports_training() -> None:
    users = {path.name for path in FILES if imports(path) & {"training", "evaluation"}
             and path.relative_to(PACKAGE).parts[0] not in ("training", "evaluation")}  # fmt: skip
    assert users <= {"evaluate_command.py"}


def test_nothing_is_unpickled() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        for word in ("pickle.load", "import pickle", "allow_pickle=True", "marshal"):
            assert word not in text, f"{path.name} uses {word}"
        # Training reads its own checkpoints, and tensors are all that this lets through.
        loads = [line for line in text.splitlines() if "torch.load(" in line]
        assert all("weights_only=True" in line for line in loads), f"{path.name} uses torch.load"
