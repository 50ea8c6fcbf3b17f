"""The command `media-screen enroll`: checks the references of people and prepares them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from media_screen.cli.options import EXIT_FAILED, PEOPLE, device_option, list_option, plain_errors
from media_screen.cli.setup import enrol_people
from media_screen.cli.showing import show_each_left_out, show_people
from media_screen.cli.terminal import Examples
from media_screen.folders import CACHE_FOLDER


@click.command(
    cls=Examples,
    examples=["media-screen enroll people", "media-screen enroll people --strict"],
)
@click.argument("people", type=PEOPLE)
@device_option
@click.option("--strict", is_flag=True, help="Exit with 1 when a reference was refused.")
@list_option
def enroll(people: Path, device: str, strict: bool, list_left_out: bool) -> None:
    """Check the references of people and prepare them for scanning.

    PEOPLE holds a folder for each person: SLUG/person.toml, pictures in faces/, recordings of the
    voice in voice/, videos that the person published in official/. Beside them, _known_fakes holds
    media recorded as fabricated, and _trust certificates (*.pem) that may sign media. What is wrong
    with a reference is said, with what to do about it. Only new or changed references are read.
    """
    from media_screen.people.cache import cache_folder
    from media_screen.people.registry import REGISTRY_FILE, PeopleError, load_people

    with plain_errors():
        persons = load_people(people)
        if not persons:
            raise PeopleError(
                f"nobody is enrolled in {people}: create {people / 'SLUG' / REGISTRY_FILE} with a "
                "name and the official channels"
            )
        cache = cache_folder(people)
        enrolment = enrol_people(people, cache=cache, quiet=False, device=device)
    show_people(persons, enrolment)
    if cache != people / CACHE_FOLDER:
        click.echo(f"nothing can be written into {people}: a scan keeps what it finds below --out")
    if list_left_out:
        show_each_left_out(enrolment.left_out)
    if strict and any(problem.refused for problem in enrolment.problems):
        sys.exit(EXIT_FAILED)
