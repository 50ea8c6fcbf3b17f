"""The command `media-screen enroll`: checks the references of people and prepares them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from media_screen.cli.options import (
    EXIT_FAILED,
    PEOPLE,
    device_option,
    language_option,
    list_option,
    plain_errors,
)
from media_screen.cli.setup import enrol_people, screen_own_videos
from media_screen.cli.showing import show_each_left_out, show_people, show_records
from media_screen.cli.terminal import Examples
from media_screen.folders import CACHE_FOLDER
from media_screen.results.plain import plain


@click.command(
    cls=Examples,
    examples=[
        "media-screen enroll people",
        "media-screen enroll people --strict",
        "media-screen enroll people --no-record --html enrolment.html",
    ],
)
@click.argument("people", type=PEOPLE)
@device_option
@click.option("--strict", is_flag=True, help="Exit with 1 when a reference was refused.")
@click.option(
    "--no-record",
    is_flag=True,
    help="Don't screen the official videos to see how often detectors are wrong about the person.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the page of the enrolment there; by default beside what is kept of the references.",
)
@language_option
@list_option
def enroll(
    people: Path,
    device: str,
    strict: bool,
    no_record: bool,
    html: Path | None,
    language: str,
    list_left_out: bool,
) -> None:
    """Check the references of people and prepare them for scanning.

    PEOPLE holds a folder for each person: SLUG/person.toml, pictures in faces/, recordings of the
    voice in voice/, videos that the person published in official/. Beside them, _known_fakes holds
    media recorded as fabricated, and _trust certificates (*.pem) that may sign media. What is wrong
    with a reference is said, with what to do about it. Only new or changed references are read.

    Each official video is then screened once, as if nothing were known of it, to learn what
    detectors say of genuine videos of the person; files are judged beside that. It takes as long as
    a scan of them, and goes on where it was stopped.
    """
    from media_screen.cli.enrolment_page import write_enrolment_page
    from media_screen.config import Config
    from media_screen.people.cache import ENROLMENT_PAGE, cache_folder
    from media_screen.people.registry import REGISTRY_FILE, PeopleError, load_people
    from media_screen.screen.records import records_of

    with plain_errors():
        persons = load_people(people)
        if not persons:
            raise PeopleError(
                f"nobody is enrolled in {people}: create {people / 'SLUG' / REGISTRY_FILE} with a "
                "name and the official channels"
            )
        cache = cache_folder(people)
        enrolment = enrol_people(people, cache=cache, quiet=False, device=device)
        if no_record:
            records = records_of(Config(people=people, cache=cache), persons)
        else:
            records = screen_own_videos(people, enrolment, device=device, cache=cache)
        page = write_enrolment_page(
            html or cache / ENROLMENT_PAGE, persons, enrolment, records, language=language
        )
    show_people(persons, enrolment)
    show_records(records)
    click.echo(f"Enrolment page: {plain(str(page))}")
    if cache != people / CACHE_FOLDER:
        click.echo(f"nothing can be written into {people}: a scan keeps what it finds below --out")
    if list_left_out:
        show_each_left_out(enrolment.left_out)
    if strict and any(problem.refused for problem in enrolment.problems):
        sys.exit(EXIT_FAILED)
