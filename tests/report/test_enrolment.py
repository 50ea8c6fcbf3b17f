"""The page of an enrolment shows what it is given, as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from media_screen.report.enrolment import (
    SPREAD,
    EnrolledShown,
    ReferenceShown,
    plot,
    write_enrolment,
)

HOSTILE = "<script>alert(1)</script>\u202egnp"


def shown(**changes: object) -> EnrolledShown:
    fields: dict[str, object] = {
        "slug": "ada",
        "name": HOSTILE,
        "channels": (f"youtube {HOSTILE}",),
        "pictures": (
            ReferenceShown(f"{HOSTILE}.jpg", True, (f"{HOSTILE}: replace it",), b"\xff\xd8"),
            ReferenceShown("b.jpg"),
        ),
        "recordings": (),
        "videos": (),
        "face": "The face is known by 1 picture and 0 official videos.",
        "voice": HOSTILE,
        "plots": (),
        "record": HOSTILE,
        "first": (HOSTILE,),
    }
    return EnrolledShown(**fields | changes)  # type: ignore[arg-type]


def page(tmp_path: Path, *people: EnrolledShown) -> str:
    file = write_enrolment(tmp_path / "enrolment.html", people, written="2026-01-02")
    return file.read_text("utf-8")


def test_names_and_files_of_others_are_shown_as_text(tmp_path: Path) -> None:
    dots = plot("mine", [(HOSTILE, 1.0)], threshold=2.0, sentence=HOSTILE, useless=False)
    text = page(tmp_path, shown(plots=(dots,)), shown(name="Ben"))
    assert "<script>alert" not in text and "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_it_loads_nothing_and_runs_nothing_but_its_own(tmp_path: Path) -> None:
    text = page(tmp_path, shown())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None and "default-src &#39;none&#39;; img-src data:" in policy[1]
    assert text.count("<img") == 1 and 'src="data:image/jpeg;base64,' in text


def test_what_is_refused_stands_out_and_ids_are_unique(tmp_path: Path) -> None:
    text = page(tmp_path, shown(), shown())
    assert text.count(">refused</span>") == 2 and text.count(">kept</span>") == 2
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("llr", "x"),
    [
        (-9.0, 0.0),
        pytest.param(-SPREAD, 0.0),
        (0.0, 50.0),
        (SPREAD / 2, 75.0),
        (99.0, 100.0),
    ],
)
def test_dots_lie_where_their_ratio_is(llr: float, x: float) -> None:
    found = plot("mine", [("a.mp4", llr)], threshold=2.0, sentence="", useless=False)
    (dot,) = found.dots
    assert dot.x == x and dot.over == (llr >= 2.0)
