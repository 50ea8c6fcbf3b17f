"""What commands print at their end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from media_screen.batch.scan import FoundFiles, Summary
from media_screen.cli.showing import record_lines, show_people, show_summary
from media_screen.evidence import BY_URGENCY, Label
from media_screen.footage.original.proxy import Proxies
from media_screen.people.enrol import Enrolment
from media_screen.people.gallery import Gallery, VoiceTemplate
from media_screen.people.own_videos import OwnScore, OwnVideo, PersonRecord
from media_screen.people.registry import load_people
from media_screen.results.folder import FinishedFile
from media_screen.results.words import REVIEW
from media_screen.screen.records import wrong_about
from tests.places import SAMPLES

PEOPLE = SAMPLES / "people"


@pytest.mark.parametrize(
    ("recordings", "fakes", "told"),
    [
        (1, 0, ["1 of 1"]),
        (0, 1, ["0 of 1", "1 known fake beside the people"]),
        (1, 3, ["1 of 1", "3 known fakes beside the people"]),
    ],
    ids=["a-voice", "a-fake", "both"],
)
def test_voices_and_known_fakes_are_counted(
    recordings: int, fakes: int, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    voice = VoiceTemplate("irena-valequist", np.ones(2, np.float32), recordings, 0, 8.0)
    enrolment = Enrolment(Gallery((), (voice,)), None, (), 0, 0, known_fakes=fakes)
    show_people(load_people(PEOPLE), enrolment)
    shown = capsys.readouterr().out
    assert all(text in shown for text in told)
    assert ("known fake" in shown) == bool(fakes)


def test_what_small_copies_take_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / f"{'a' * 64}.mp4").write_bytes(bytes(2_350_000))
    for folders, told in (((tmp_path,), True), ((), False)):
        enrolment = Enrolment(Gallery(), None, (), 0, 0, proxies=Proxies(folders))
        show_people(load_people(PEOPLE), enrolment)
        assert (
            "small copies of official videos, to compare with, take 2.4 MB"
            in capsys.readouterr().out
        ) == told


@pytest.mark.parametrize("count", [0, 2])
def test_files_that_were_not_examined_themselves_are_counted(
    count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = tuple(
        FinishedFile(f"{n}.mp4", "no_finding", None, None, "", False, True, False, False, n < count)
        for n in range(3)
    )
    show_summary(Summary(entries, FoundFiles((), ()), 3, 0, 1.0), Path("report"))
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 copies of files screened before" in shown
    told = "2 of them examined as a file with the same bytes"
    assert (told in shown) == bool(count)


def test_what_needs_an_eye_first_is_shown_first(capsys: pytest.CaptureFixture[str]) -> None:
    entries = tuple(
        FinishedFile(f"{number}.mp4", label, None, None, "", False, False, False, False)
        for number, label in enumerate(sorted(BY_URGENCY))
    )
    show_summary(Summary(entries, FoundFiles((), ()), 8, 0, 1.0), Path("report"))
    words = capsys.readouterr().out.replace(",", " ").split()
    assert [word for word in words if word in BY_URGENCY] == [*BY_URGENCY, *BY_URGENCY]


def test_an_official_post_to_review_stands_among_what_must_be_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    labels: tuple[Label, ...] = (
        "official",
        "no_finding",
        "official",
        "unverified_appearance",
        "altered_official",
    )
    entries = tuple(
        FinishedFile(f"{n}.mp4", label, None, None, "", False, False, False, False)
        for n, label in enumerate(labels)
    )
    entries = (replace(entries[0], flags=(REVIEW,)), *entries[1:])
    show_summary(Summary(entries, FoundFiles((), ()), 5, 0, 1.0), Path("report"))
    shown = capsys.readouterr().out
    table = [line for line in shown.splitlines() if ".mp4" in line]
    assert [line.split()[1] for line in table] == ["4.mp4", "0.mp4", "3.mp4", "1.mp4", "2.mp4"]
    assert shown.count("to review") == 2
    assert "2 official (1 to review)" in " ".join(shown.split())


POSTED = FinishedFile(
    "downloads/a-file-with-a-name-that-is-longer-than-its-column-[abc123].mp4",
    "suspected_impersonation",
    "xin-liu",
    3.0,
    "Presents Xin Liu, not on an official channel, and looks fabricated: " + "and so on " * 40,
    failed=False,
    copy=False,
    partly=False,
    kept=False,
    name="Xin Liu of the Harbour and Coast Commission",
    title="\u5218\u6b23 speaks about the events of last week, and about much more than that",
    account="xin1iu_official",
    platform="youtube",
    views=12_400,
)


@pytest.mark.parametrize("width", [30, 60, 80, 100, 200])
def test_the_table_fits_its_terminal(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    show_summary(Summary((POSTED,), FoundFiles((), ()), 1, 0, 1.0), Path("report"))
    table = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert max(map(cell_len, table)) <= width
    assert table[1].startswith("suspected_impersonation")
    posts = "".join(line[24:].strip().split("  ")[0] for line in table[1:])
    assert posts.endswith("longer-than-its-column-[abc123].mp4")  # the name is never cut
    shown = " ".join(table)
    assert ("Presents Xin Liu" in shown) == (width >= 80) and len(table) < 20
    if width >= 80:
        assert "Xin Liu of the Harbour" in shown and "12,400 views" in shown
        assert ("xin1iu_official, youtube" in shown) == (width >= 100)


def own_record(*llrs: float, lacking: int = 0) -> PersonRecord:
    videos = tuple(
        OwnVideo(f"{number}", f"{number}.mp4", {"face_artifact": OwnScore(0.5, llr)})
        for number, llr in enumerate(llrs)
    )
    return PersonRecord("ada", videos, lacking)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        pytest.param(
            own_record(*[-1.5, 1.0] * 6, 0.0, 1.3),
            [
                "ada: face_artifact: 0 of 14 own videos over the normal threshold; highest: 13.mp4 "
                "(+1.3)"
            ],
            id="never-wrong",
        ),
        pytest.param(
            own_record(3.3, 3.2, 3.4, 3.1),
            [
                "ada: face_artifact: 4 of 4 own videos over the normal threshold, 0 beside the "
                "others; highest: 2.mp4 (+3.4)",
                "warning: ada: what face_artifact suspects says little of this person: it suspects "
                "so many genuine videos",
            ],
            id="of-no-use",
        ),
        pytest.param(
            own_record(-1.0, lacking=2),
            [
                "ada: face_artifact: 0 of 1 own video over the normal threshold; highest: 0.mp4 "
                "(-1.0)",
                "ada: 2 videos not screened yet",
                "ada: with 2 own videos more, faces are judged beside them",
            ],
            id="too-few",
        ),
        pytest.param(own_record(), ["ada: no own video was screened"], id="none"),
    ],
)
def test_an_enrolment_says_how_often_detectors_are_wrong_about_a_person(
    record: PersonRecord, told: list[str]
) -> None:
    assert record_lines(record, wrong_about(record)) == told
