"""Gathers what the page of an enrolment shows, of the references and of what was made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from media_screen.fusion import combination
from media_screen.media import Media, MediaError, shown_path
from media_screen.people.enough import wanted
from media_screen.people.own_videos import LEAST_OWN
from media_screen.report.enrolment import (
    EnrolledShown,
    OwnPlot,
    ReferenceShown,
    plot,
    write_enrolment,
)
from media_screen.results.plain import counted
from media_screen.screen.records import wrong_about

if TYPE_CHECKING:
    from media_screen.people.enrol import Enrolment
    from media_screen.people.gallery import Gallery, Problem
    from media_screen.people.own_videos import FalseAlarms, PersonRecord
    from media_screen.people.registry import Person

MOST_PICTURES = 40  # references of a kind that are shown with a picture; a page stays under 5 MB
SMALL = 144  # px, the shorter side of such a picture
ENOUGH_PICTURES = 2  # of the face; two let one odd picture be noticed


def write_enrolment_page(
    path: Path,
    people: Sequence[Person],
    enrolment: Enrolment,
    records: Sequence[PersonRecord],
    *,
    language: str = "en",
) -> Path:
    """Write the page of an enrolment, and return where it is; raises OSError."""
    by_person = {record.person: record for record in records}
    shown = [_shown(person, enrolment, by_person.get(person.slug)) for person in people]
    written = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return write_enrolment(path, shown, written=written, language=language)


def _shown(person: Person, enrolment: Enrolment, record: PersonRecord | None) -> EnrolledShown:
    problems = [one for one in enrolment.problems if one.person == person.slug]
    wrong = wrong_about(record) if record is not None else ()
    return EnrolledShown(
        slug=person.slug,
        name=person.name,
        channels=tuple(
            f"{one.platform} {one.id or 'without an id'}" + f" @{one.handle}" * bool(one.handle)
            for one in person.channels
        ),
        pictures=_references(person.faces, problems, pictures=True),
        recordings=_references(person.voice, problems, pictures=False),
        videos=_references(person.official, problems, pictures=True),
        face=_face(person, enrolment.gallery),
        voice=_voice(person, enrolment.gallery),
        plots=tuple(_plots(record, wrong)) if record is not None else (),
        record=_of_record(record),
        first=tuple(_first(person, enrolment.gallery, record, problems)),
    )


def _references(
    files: Sequence[Path], problems: Sequence[Problem], *, pictures: bool
) -> tuple[ReferenceShown, ...]:
    """Return each reference with what is wrong with it, those that are refused first."""
    told: dict[str, list[Problem]] = {}
    for problem in problems:
        told.setdefault(problem.file, []).append(problem)
    shown = []
    for place, file in enumerate(files):
        own = told.get(shown_path(file), [])
        picture = _small(file) if pictures and place < MOST_PICTURES else b""
        shown.append(
            ReferenceShown(
                shown_path(Path(file.name)),
                any(problem.refused for problem in own),
                tuple(f"{problem.why}: {problem.fix}" for problem in own),
                picture,
            )
        )
    return tuple(sorted(shown, key=lambda one: (not one.refused, not one.told)))


def _small(file: Path) -> bytes:
    """Return the first picture of a file, small and without what a camera wrote; b"" for none."""
    import cv2

    try:
        with Media.open(file, threads=1) as media:
            frame = next(iter(media.survey()), None)
    except MediaError:
        return b""
    if frame is None:
        return b""
    height, width = frame.image.shape[:2]
    scale = min(1.0, SMALL / min(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(frame.image), size, interpolation=cv2.INTER_AREA)
    written, jpeg = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return jpeg.tobytes() if written else b""


def _face(person: Person, gallery: Gallery) -> str:
    for one in gallery.templates:
        if one.person == person.slug:
            videos = counted(one.videos, "official video")
            return f"The face is known by {counted(one.pictures, 'picture')} and {videos}."
    return "The face is not known: files can't be recognised as showing this person."


def _voice(person: Person, gallery: Gallery) -> str:
    for one in gallery.voices:
        if one.person == person.slug:
            recordings, videos = counted(one.recordings, "recording"), counted(one.videos, "video")
            return (
                f"The voice is known by {recordings} and {videos}, {one.seconds:.0f} s of speech."
            )
    return "The voice is not known: files can't be recognised by it."


def _of_record(record: PersonRecord | None) -> str:
    if record is None or not record.videos:
        return "No own video was screened, so it isn't known how often detectors are wrong."
    told = f"{counted(len(record.videos), 'own video')} screened as if nothing were known of them"
    if record.lacking:
        told += f", {record.lacking} not yet"
    return told + "."


def _plots(record: PersonRecord, wrong: Sequence[FalseAlarms]) -> Iterator[OwnPlot]:
    weighing = combination.shipped()
    threshold = weighing.thresholds["normal"].llr
    for one in wrong:
        ratios = [
            (video.file, video.scores[one.detector].llr)
            for video in record.videos
            if one.detector in video.scores
        ]
        yield plot(
            one.detector,
            ratios,
            threshold=threshold / weighing.weight(one.detector),
            sentence=_sentence(one),
            useless=one.useless,
        )


def _sentence(one: FalseAlarms) -> str:
    told = f"{one.over} of {counted(one.videos, 'own video')} over the normal threshold"
    if one.over_beside != one.over:
        told += f", {one.over_beside} when set beside the others"
    return f"{told}; highest: {one.video} ({one.highest:+.1f})"


def _first(
    person: Person,
    gallery: Gallery,
    record: PersonRecord | None,
    problems: Iterable[Problem],
) -> Iterator[str]:
    """Say what to add or mend, what helps most first."""
    faces: Mapping[str, int] = {one.person: one.pictures for one in gallery.templates}
    if not any(one.id for one in person.channels):
        yield "Enroll an official channel by its stable id: without one no post is known as theirs."
    if person.slug not in faces:
        yield "Add two or more clear, frontal pictures of the face to faces/."
    elif faces[person.slug] < ENOUGH_PICTURES:
        yield "Add a second picture of the face: one alone can't be checked."
    if not any(one.person == person.slug for one in gallery.voices):
        yield "Add recordings of the voice to voice/, each with at least 5 s and nobody else."
    if more := wanted(person.slug, gallery):
        yield f"Add {more}: with them more was recognised in a test."
    videos = len(record.screened) if record is not None else 0
    if videos < LEAST_OWN:
        lack = LEAST_OWN - videos
        yield (
            f"Add {counted(lack, 'official video')} to official/, of other days and places: with "
            f"{LEAST_OWN} a face is judged beside the person's own."
        )
    refused = sum(problem.refused for problem in problems)
    if refused:
        yield f"Replace what was refused ({counted(refused, 'reference')}), as told below."
