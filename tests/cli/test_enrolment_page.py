"""The page of an enrolment says what was made of the references, in each language."""

from __future__ import annotations

from pathlib import Path

import pytest

from media_screen.cli.enrolment_page import write_enrolment_page
from media_screen.languages import CODES
from media_screen.people.enrol import Enrolment
from media_screen.people.gallery import Gallery
from media_screen.people.own_videos import OwnScore, OwnVideo, PersonRecord
from media_screen.people.registry import load_people
from tests.places import SAMPLES
from tests.report.test_wording import ENGLISH, Shown

PEOPLE = load_people(SAMPLES / "people")
SLUG = PEOPLE[0].slug


def videos(*ratios: float) -> tuple[OwnVideo, ...]:
    return tuple(
        OwnVideo(str(n), f"{n}.mp4", {"face_artifact": OwnScore(llr, llr)})
        for n, llr in enumerate(ratios)
    )


RECORDS = {
    "none": (),
    "one": (PersonRecord(SLUG, videos(0.5)),),
    "some-not-yet": (PersonRecord(SLUG, videos(0.5, 2.5), lacking=3),),
    "broken": (PersonRecord(SLUG, (OwnVideo("0", "0.mp4", {}, error="the file is empty"),)),),
}


@pytest.mark.parametrize("language", CODES[1:])
@pytest.mark.parametrize("records", RECORDS.values(), ids=RECORDS)
def test_no_english_is_left(
    tmp_path: Path, records: tuple[PersonRecord, ...], language: str
) -> None:
    enrolment = Enrolment(Gallery((), ()), None, (), 0, 0)
    page = write_enrolment_page(
        tmp_path / "page.html", PEOPLE, enrolment, records, language=language
    )
    texts = Shown(page.read_text("utf-8")).texts
    assert texts and not {text for text in texts if ENGLISH.search(text)}
