"""No page calls picture and sound the original's where something in them was changed."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from media_screen.evidence import (
    LABELS,
    Abstention,
    Evidence,
    Failure,
    Label,
    Match,
    Provenance,
    Relation,
    Span,
    Verdict,
)
from media_screen.report import write_report
from media_screen.results.matched import Matched, matched
from media_screen.testing import make_verdict
from tests.report import records
from tests.report.pages import Page

MATCH = Match("ada", "talk.mp4", "copy", Span(0, 60), Span(10, 70), 1.0, 1.0)
# What would say, without any reserve, that all of it is the original's.
UNRESERVED = re.compile(
    r"(picture and sound|both|picture) (both )?(match|matches|is|are) "
    r"(the original's\.|those of|100%|both)|both match",
    re.IGNORECASE,
)


def original(finding: str, span: Span | None = None, *, why: str = "why") -> Evidence:
    return Evidence(
        "original",
        "manipulation",
        0.9,
        1.0,
        why,
        span,
        None if span is None else 0,
        finding=finding,
    )


def catalogue(finding: str, *, reference: str = "talk.mp4", why: str = "why") -> Evidence:
    match = replace(MATCH, reference=reference)
    span = match.query_span
    return Evidence(
        "catalogue", "provenance", 1.0, 1.0, why, span, person="ada", finding=finding, match=match
    )


def silent(reason: Any, why: str = "") -> Abstention:
    return Abstention("original", reason, why)


def verdict(label: Label = "official_copy", match: Match | None = MATCH, **told: Any) -> Verdict:
    return make_verdict(
        label,
        **{
            "provenance": Provenance(match=match),
            "evidence": (original("as_original"),),
            "abstentions": (),
            "failures": (),
        }
        | told,
    )


CHANGED: dict[str, tuple[tuple[Evidence, ...], str]] = {
    "mouth": (
        (original("mouth_changed", Span(2, 4)), original("remade")),
        "the mouth at 0:02.0 to 0:04.0",
    ),
    "eyes": (
        (original("eyes_changed", Span(2, 4)), original("remade")),
        "the eyes at 0:02.0 to 0:04.0",
    ),
    "exchanged": (
        (original("face_exchanged", Span(2, 4)), original("remade")),
        "the face, which is another one at 0:02.0 to 0:04.0",
    ),
    "face": (
        (original("face_changed", Span(2, 4)), original("remade")),
        "the face at 0:02.0 to 0:04.0",
    ),
    "pooled-only": ((original("remade"),), "a face"),
    "windows-that-touch": (
        tuple(original("mouth_changed", Span(at, at + 2)) for at in (4, 2, 10)),
        "the mouth at 0:02.0 to 0:06.0, 0:10.0 to 0:12.0",
    ),
    "many-windows": (
        tuple(original("mouth_changed", Span(at, at + 2)) for at in (0, 10, 20, 30, 40)),
        "the mouth at 0:00.0 to 0:02.0, 0:10.0 to 0:12.0, 0:20.0 to 0:22.0 and 2 more",
    ),
    "stretch": (
        (catalogue("altered_official", why="the sound of 0:03 to 0:05 is not"),),
        "a stretch of it: the sound of 0:03 to 0:05 is not",
    ),
    "further-sound": ((catalogue("revoiced"),), "the sound, which is another one"),
    "picture": ((catalogue("repictured"),), "the picture, which is another one"),
}


@pytest.mark.parametrize(("evidence", "but_for"), CHANGED.values(), ids=CHANGED)
@pytest.mark.parametrize("label", LABELS)
def test_what_was_changed_is_named_beside_the_rest(
    label: Label, evidence: tuple[Evidence, ...], but_for: str
) -> None:
    found = matched(verdict(label, evidence=(original("as_original"), *evidence)))
    assert found is not None
    assert found.sentence == "picture and sound are the original's but for"
    assert found.but_for == (but_for,)


DOUBTS: dict[str, tuple[dict[str, Any], str]] = {
    "unclear": ({"evidence": (original("unclear", why="it differs more"),)}, "it differs more"),
    "incomplete": ({"evidence": (original("incomplete", why="3 were not"),)}, "3 were not"),
    "no-proxy": ({"abstentions": (silent("no_reference", "no small copy"),)}, "no small copy"),
    "low-quality": ({"abstentions": (silent("low_quality"),)}, "the quality is too low"),
    "small": ({"abstentions": (silent("face_too_small"),)}, "the faces are too small"),
    "small-in-one-of-two": (
        {"abstentions": (silent("no_face"), silent("face_too_small"))},
        "the faces are too small",
    ),
    "failed": ({"failures": (Failure("original", "ValueError: x"),)}, "failed"),
    "not-asked": ({}, "they were not compared"),
}


@pytest.mark.parametrize(("told", "doubt"), DOUBTS.values(), ids=DOUBTS)
@pytest.mark.parametrize("label", LABELS)
def test_where_nobody_vouches_for_the_faces_it_is_said_and_why(
    label: Label, told: dict[str, Any], doubt: str
) -> None:
    found = matched(verdict(label, **{"evidence": ()} | told))
    assert found is not None
    assert found.sentence == "picture and sound follow the original" and not found.but_for
    assert doubt in found.doubt


PLAIN: dict[str, tuple[Verdict, Matched | None]] = {
    "compared": (verdict(), Matched("picture and sound are the original's")),
    "without-faces": (
        verdict(evidence=(), abstentions=(silent("no_face"),)),
        Matched("picture and sound are the original's"),
    ),
    "without-sound": (
        verdict(match=replace(MATCH, sound=0.0)),
        Matched("the picture is the original's"),
    ),
    "sound-alone": (
        verdict(match=replace(MATCH, picture=0.0), evidence=()),
        Matched("the sound is the original's"),
    ),
    "revoiced": (
        verdict("altered_official", replace(MATCH, relation="revoiced", sound=0.1)),
        Matched("the sound is another one, and the picture is the original's"),
    ),
    "revoiced-and-remade": (
        verdict(
            "altered_official",
            replace(MATCH, relation="revoiced", sound=0.1),
            evidence=(catalogue("revoiced"), original("mouth_changed", Span(2, 4))),
            abstentions=(silent("no_face"),),
        ),
        Matched(
            "the sound is another one, and the picture is the original's but for",
            ("the mouth at 0:02.0 to 0:04.0",),
        ),
    ),
    "repictured": (
        verdict("altered_official", replace(MATCH, relation="repictured", picture=0.1)),
        Matched("the picture is another one, and the sound is the original's"),
    ),
    "another-match-was-changed": (
        verdict(evidence=(original("as_original"), catalogue("revoiced", reference="other.mp4"))),
        Matched("picture and sound are the original's"),
    ),
    "known-fake": (verdict(match=replace(MATCH, relation="known_fake")), None),
    "no-match": (verdict(match=None), None),
}


@pytest.mark.parametrize(("given", "said"), PLAIN.values(), ids=PLAIN)
def test_the_rest_is_called_what_it_is(given: Verdict, said: Matched | None) -> None:
    assert matched(given) == said


def test_an_accused_file_is_not_called_the_originals() -> None:
    found = matched(verdict("suspected_impersonation"))
    assert found is not None and "what speaks against the file" in found.sentence


def test_no_page_contradicts_its_label(tmp_path: Path) -> None:
    """Every label and relation, with each kind of change and of doubt, as pages show them."""
    told: list[dict[str, Any]] = [{"evidence": evidence} for evidence, _ in CHANGED.values()]
    told += [{"evidence": ()} | given for given, _ in DOUBTS.values()]
    relations = [one for one in get_args(Relation) if one != "known_fake"]
    verdicts = [
        replace(
            verdict(label, replace(MATCH, relation=relation), **given),
            media=replace(records.suspected().media, path=f"{number}.mp4"),
            summary="What was found.",
        )
        for number, (label, relation, given) in enumerate(product(LABELS, relations, told))
    ]
    records.write_results(tmp_path, verdicts)
    write_report(tmp_path)
    for one in verdicts:
        page = tmp_path / "report" / "files" / f"{one.media.key}.html"
        words = Page(page.read_text("utf-8")).words()
        found = matched(one)
        assert found is not None
        assert not UNRESERVED.search(words), (one.label, one.provenance, UNRESERVED.search(words))
        assert ("but for:" in words) == bool(found.but_for)
        assert ("Nothing vouches for the faces" in words) == bool(found.doubt)
        assert found.but_for or found.doubt or "another one" in found.sentence
