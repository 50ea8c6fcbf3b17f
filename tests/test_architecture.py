"""The pages on the code show it as it is: its layers, the steps of a scan, its public names."""

from __future__ import annotations

import re
import subprocess
import sys

from tests import api, pages
from tests.places import PACKAGE, ROOT
from tests.test_layers import LAYERS

PAGE = ROOT / "docs" / "architecture.md"


def test_the_layers_are_those_that_are_tested() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| .+ \|$", pages.read(PAGE), re.MULTILINE)
    drawn = [
        {name for number, name in rows if int(number) == rank} for rank, _ in enumerate(LAYERS, 1)
    ]
    assert drawn == LAYERS
    assert len(rows) == len(set(rows)), "a room stands there twice"


def test_every_step_of_a_scan_leads_to_its_code() -> None:
    picture = pages.read(PAGE).split("```")[1]
    named = re.findall(r"(?<![\w/.])(\w+(?:/\w+)*(?:\.py|/))(?![\w.])", picture)
    written = {"thumbs/", "report/index.html"}  # in the folder of results
    missing = [name for name in named if not (PACKAGE / name).exists() and name not in written]
    assert len(named) > 20 and not missing


def test_every_room_is_in_the_picture_or_serves_all() -> None:
    picture = pages.read(PAGE).split("```")[1]
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert {room for room in rooms if f"{room}/" not in picture} <= {"evidence"}


def test_the_public_names_are_those_of_the_code() -> None:
    # In a process of its own: Ray, where a test ran it before, rewrites the class that it takes.
    program = "from tests import api; print(api.page(), end='')"
    page = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert pages.read(api.PAGE) == page, "run make docs"
