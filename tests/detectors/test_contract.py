"""What every registered detector must keep to; a new one inherits these tests by being listed."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from media_screen import detectors as package
from media_screen import sidecar as sidecars
from media_screen.case import Case
from media_screen.cli.main import main
from media_screen.detectors import DETECTORS, UnknownDetector, choose
from media_screen.detectors.contract import (
    DEPENDENCES,
    NEEDS,
    Dependence,
    Detector,
    depends_of,
)
from media_screen.equipment import Equipment
from media_screen.evidence import Abstention, Evidence
from media_screen.look import Looker
from media_screen.media import Media
from media_screen.people.enrol import Enrolment, enrol
from media_screen.people.registry import load_people
from tests.places import PLUGINS, SAMPLES

PEOPLE = SAMPLES / "people"
DOWNLOADS = SAMPLES / "downloads"
FILES = {
    "copy": "7300000000000000001.mp4",
    "other-footage": "northern-desk-interview.mp4",
    "nobody": "slow-pictures-cat-and-coffee.mp4",
    "picture": "forwarded-picture.jpg",
    "sound": "voice-message.m4a",
}
BY_NAME = pytest.mark.parametrize("detector", DETECTORS, ids=lambda kind: kind.name)


@pytest.fixture(scope="module")
def looker() -> Looker:
    return Looker()


@pytest.fixture(scope="module")
def enrolment(looker: Looker) -> Enrolment:
    return enrol(PEOPLE, load_people(PEOPLE), lambda: looker)


@pytest.fixture(scope="module", params=FILES)
def case(request: pytest.FixtureRequest, looker: Looker, enrolment: Enrolment) -> Iterator[Case]:
    """A file of the samples, with everyone enrolled and the catalogue filled."""
    from media_screen.footage.catalogue import Catalogue

    path = DOWNLOADS / FILES[request.param]
    beside = sidecars.find(path)
    assert enrolment.catalogue is not None
    with Media.open(path) as media, Catalogue.open(enrolment.catalogue) as catalogue:
        equipment = Equipment(
            looker=looker,
            people=load_people(PEOPLE),
            gallery=enrolment.gallery,
            catalogue=catalogue,
        )
        yield Case(media, equipment, sidecar=sidecars.read(beside) if beside else None)


@pytest.fixture(scope="module", params=FILES)
def bare_case(request: pytest.FixtureRequest, looker: Looker) -> Iterator[Case]:
    """The same files with nothing to compare with: nobody enrolled, no sidecar, no catalogue."""
    with Media.open(DOWNLOADS / FILES[request.param]) as media:
        yield Case(media, Equipment(looker=looker))


def run(detector: type[Detector], case: Case) -> list[Evidence | Abstention]:
    """Run a detector as the screener does."""
    lacking = case.abstention(detector.name, detector.needs)
    return [lacking] if lacking else list(detector().examine(case))


@BY_NAME
def test_it_says_what_it_is(detector: type[Detector]) -> None:
    assert isinstance(detector(), Detector)
    assert detector.name.isidentifier() and detector.name.islower()
    assert set(detector.needs) <= set(NEEDS)
    assert detector.__doc__ and detector.__doc__.split("\n")[0].endswith(".")


@BY_NAME
def test_it_yields_evidence_or_abstains_and_never_says_nothing(
    detector: type[Detector], case: Case
) -> None:
    pieces = run(detector, case)
    assert pieces, "a detector that has nothing to say abstains"
    for piece in pieces:
        assert isinstance(piece, Evidence | Abstention)
        assert piece.detector == detector.name
        assert piece.why and "\n" not in piece.why
        if isinstance(piece, Evidence):
            assert piece.axis == detector.axis


@BY_NAME
def test_it_abstains_where_nothing_can_be_compared(
    detector: type[Detector], bare_case: Case
) -> None:
    for piece in run(detector, bare_case):
        assert isinstance(piece, Abstention) or piece.person is None


@BY_NAME
def test_it_gives_one_pooled_piece_beside_those_for_spans(
    detector: type[Detector], case: Case
) -> None:
    evidence = [piece for piece in run(detector, case) if isinstance(piece, Evidence)]
    if detector.axis == "manipulation" and any(piece.track is not None for piece in evidence):
        assert sum(piece.track is None and piece.span is None for piece in evidence) == 1


@BY_NAME
def test_it_says_the_same_twice_and_leaves_the_case_alone(
    detector: type[Detector], case: Case
) -> None:
    before = dict(vars(case))
    first = run(detector, case)
    ours = {name: value for name, value in vars(case).items() if name in before}
    assert all(ours[name] is value for name, value in before.items()), "it wrote to the case"
    assert run(detector, case) == first


def files_of(detector: type[Detector]) -> list[Path]:
    """The file of a detector, or all of its package."""
    module = inspect.getmodule(detector)
    assert module is not None and module.__file__ is not None
    path = Path(module.__file__)
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


@BY_NAME
def test_it_imports_no_other_detector_and_judges_nothing(detector: type[Detector]) -> None:
    others = tuple(kind.__module__ for kind in DETECTORS if kind is not detector)
    for path in files_of(detector):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert not (node.module + ".").startswith(tuple(name + "." for name in others))
                assert not node.module.startswith(("media_screen.fusion", "training"))


def test_detectors_are_chosen_by_name_in_the_order_of_the_table() -> None:
    names = [kind.name for kind in DETECTORS]
    assert [one.name for one in choose()] == names
    assert [one.name for one in choose([names[2], names[0]])] == [names[0], names[2]]
    with pytest.raises(UnknownDetector, match="no detector named 'nonsense'"):
        choose(["nonsense"])


def test_detectors_of_other_packages_are_loaded_only_when_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS))
    assert "misbehaving" not in [one.name for one in choose()]
    assert [one.name for one in choose(["misbehaving"])] == ["misbehaving"]
    assert package.ENTRY_POINTS == "media_screen.detectors"


def test_detectors_of_other_packages_are_listed_without_being_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS))
    monkeypatch.delitem(sys.modules, "misbehaving", raising=False)
    listed = CliRunner().invoke(main, ["detectors"], env={"COLUMNS": "200"}).output
    assert "misbehaving" in listed and "--detector" in listed
    assert "misbehaving" not in sys.modules


# --- on what evidence depends ---------------------------------------------------------------------

# What a detector may read of a case, by what its evidence then depends on.
READING: dict[str, frozenset[Dependence]] = {
    "sidecar": frozenset({"post"}),
    "dubbed": frozenset({"dubbing"}),
    "people": frozenset({"records"}),
    "templates": frozenset({"faces"}),
    "cosines": frozenset({"faces"}),
    "gallery.voices": frozenset({"voices"}),
    "catalogue": frozenset({"official", "fakes"}),
    "matches": frozenset({"official", "fakes"}),
    "comparisons": frozenset({"official", "fakes"}),
    "trust_anchors": frozenset({"trust"}),
}


class _Watched:
    """Stands in for a case, and notes what is read of it."""

    def __init__(self, of: object, read: set[str], prefix: str = "") -> None:
        self._of, self._read, self._prefix = of, read, prefix

    def __getattr__(self, name: str) -> object:
        self._read |= {name, f"{self._prefix}{name}"}
        value = getattr(self._of, name)
        return _Watched(value, self._read, "gallery.") if name == "gallery" else value


@BY_NAME
def test_a_detector_depends_on_nothing_that_it_does_not_say(
    detector: type[Detector], case: Case
) -> None:
    assert isinstance(vars(detector).get("depends"), tuple), "a built-in one says it"
    read: set[str] = set()
    if case.abstention(detector.name, detector.needs) is None:
        list(detector().examine(cast("Case", _Watched(case, read))))
    needed: frozenset[Dependence] = frozenset().union(*(READING.get(name, ()) for name in read))
    assert needed <= depends_of(detector)
    assert depends_of(detector) <= set(DEPENDENCES)


def test_whose_evidence_needs_people_depends_on_their_faces_or_voices() -> None:
    for kind in DETECTORS:
        assert "people" not in kind.needs or depends_of(kind) & {"faces", "voices"}


def test_one_that_says_nothing_depends_on_all() -> None:
    class Silent:
        name = "silent"

    assert depends_of(cast("type[Detector]", Silent)) == set(DEPENDENCES)
