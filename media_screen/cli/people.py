"""The commands `media-screen people`: add a person, a reference or a known fake; check; list."""

from __future__ import annotations

import difflib
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from click.shell_completion import CompletionItem

from media_screen.cli.config_file import Configured
from media_screen.cli.options import EXIT_FAILED, FILE, PATH, plain_errors, refuse_other_folder
from media_screen.cli.scan import scan
from media_screen.cli.terminal import ExamplesGroup, new_console
from media_screen.results.plain import counted, plain

if TYPE_CHECKING:
    from media_screen.people.accounts import AddedAccount
    from media_screen.people.additions import AddedFile, Purpose
    from media_screen.people.registry import Person
    from media_screen.results.rows import ResultRow

_NEARLY = 0.8  # likeness of two names (difflib) from which one may be a slip for the other

One = TypeVar("One", Path, "ResultRow")  # what becomes a reference or a known fake

_folder_option = click.option(
    "--people",
    type=PATH,
    default=Path("people"),
    show_default=True,
    help="Folder of enrolled people.",
)


def _persons(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the people of the folder, for completion in the shell."""
    from media_screen.people.registry import PeopleError, load_people

    try:
        people = load_people(ctx.params.get("people") or Path("people"))
    except (PeopleError, OSError):
        return []
    return [
        CompletionItem(one.slug, help=plain(one.name))
        for one in people
        if one.slug.startswith(begun)
    ]


@click.group(
    cls=ExamplesGroup,
    examples=[
        'media-screen people add "Xin Liu" --sidecar downloads/talk.info.json',
        "media-screen people add-official xin-liu talk.mp4 portrait.jpg",
        "media-screen people add-fake fake.mp4 --of xin-liu",
        "media-screen people check",
        "media-screen people list",
    ],
)
def people() -> None:
    """Add people, their channels, references and known fakes; check and list them.

    Who is looked for, and what tells the real person, lies in one folder: PEOPLE/SLUG/person.toml,
    and faces/, voice/, official/ beside it. Files are copied there, with their sidecars.
    """


@people.command(
    cls=Configured,
    like=scan,
    examples=[
        'media-screen people add "Xin Liu" --sidecar downloads/talk.info.json',
        'media-screen people add "Xin Liu" --sidecar short.info.json --sidecar photo.jpg.json',
        'media-screen people add "Xin Liu"',
    ],
)
@click.argument("name")
@click.option(
    "--sidecar",
    "sidecars",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="What yt-dlp or gallery-dl wrote beside a post of the person's own, or the file of that "
    "post; may be given several times. Without one the person has no account yet.",
)
@click.option(
    "--slug", default="", help="Name of the new person's folder; made of NAME by default."
)
@click.option("--anyway", is_flag=True, help="Add an account although it looks like an imitation.")
@_folder_option
def add(name: str, sidecars: tuple[Path, ...], slug: str, anyway: bool, people: Path) -> None:
    """Enrol a person, and the account of a post as the person's own.

    NAME is the person's name; who is not there yet gets a folder. The stable id of the account is
    taken from the sidecar: compare it with the account's own page, since every post of it will
    count as the person's. What stands in a person.toml that is there is kept, comments and all.
    """
    from media_screen.people.accounts import add_person
    from media_screen.people.registry import REGISTRY_FILE, load_people

    if not anyway:
        _refuse_imitations(sidecars)
    with plain_errors():
        added = add_person(people, name, sidecars, slug=slug)
    person = added.person
    state = "new" if added.is_new else "enrolled before"
    click.echo(f"{person.slug}: {plain(person.name)}, {state}: {plain(str(person.folder))}")
    for account in added.accounts:
        _show_account(account)
        if account.is_new and not _bears_name_of(account, person):
            click.secho(
                f"  look at it: neither its name nor its handle is like {plain(person.name)}, and "
                "every post of it counts as the person's own from now on; if it is not, take it "
                f"out of {plain(str(person.folder / REGISTRY_FILE))}",
                fg="yellow",
            )
    if not person.channels:
        click.echo("  no account: until one is added with --sidecar, no post can be official")
    if added.is_new:
        for other in _called_nearly(person, load_people(people)):
            click.secho(
                f"  look at it: {other.slug} ({plain(other.name)}) is enrolled, too; if that is "
                f"who is meant, give that name, and remove {plain(str(person.folder))}",
                fg="yellow",
            )
        click.echo(
            "next: pictures of the face, recordings of the voice and genuine videos: "
            f"media-screen people add-official {person.slug} FILE"
        )


def _bears_name_of(account: AddedAccount, person: Person) -> bool:
    """Say whether an account is called like a person, in its name or in its handle."""
    from media_screen.names.alike import name_likeness, spells_name

    handle, shown = account.channel.handle, account.display_name
    return any(
        spells_name(handle, name)
        or any(name_likeness(text, name) is not None for text in (handle, shown))
        for name in (person.name, *person.aliases)
    )


def _called_nearly(person: Person, people: Sequence[Person]) -> list[Person]:
    """Return the others whose names differ so little that one of them may be a slip."""
    names = {one.name.casefold(): one for one in people if one.slug != person.slug}
    near = difflib.get_close_matches(person.name.casefold(), names, cutoff=_NEARLY)
    return [names[name] for name in near]


def _refuse_imitations(files: Sequence[Path]) -> None:
    """Refuse accounts whose names hide letters of another script within a Latin word."""
    from media_screen.people.accounts import sidecar_at
    from media_screen.sidecar import SidecarError, read

    for file in files:
        try:
            post = read(sidecar_at(file))
        except SidecarError:
            continue  # adding it says why
        for text in (post.handle, post.display_name):
            odd = [one for word in text.split() for one in _hidden_letters(word)]
            if odd:
                raise click.UsageError(
                    f"{file}: the account calls itself {text!r}, which looks like an imitation "
                    f"({', '.join(odd)}): give --anyway when you know that it is the person's own"
                )


def _hidden_letters(word: str) -> Iterator[str]:
    """Name the letters of a word with Latin ones that only look like such."""
    from media_screen.names.alike import look_alike_letters

    latin = any(letter.isascii() and letter.isalpha() for letter in word)
    for letter in word if latin else "":
        if letter.isalpha() and not unicodedata.name(letter, "").startswith(("LATIN", "CJK")):
            yield from look_alike_letters(letter)


def _show_account(account: AddedAccount) -> None:
    channel, called = account.channel, plain(account.display_name) or "without a name"
    told = f"{plain(channel.platform)} {plain(channel.id)}"
    told += f" @{plain(channel.handle)}" * bool(channel.handle)
    click.echo(f"  {'added' if account.is_new else 'known'}: {told}, which calls itself: {called}")
    for note in account.notes:
        click.echo(f"  note: {plain(note)}")


@people.command(
    "add-official",
    cls=Configured,
    like=scan,
    examples=[
        "media-screen people add-official xin-liu talk.mp4",
        "media-screen people add-official xin-liu portrait.jpg office.jpg speech.m4a",
        "media-screen people add-official xin-liu broadcast.mp3 --into official",
    ],
)
@click.argument("name", shell_complete=_persons)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option(
    "--into",
    type=click.Choice(["faces", "voice", "official"]),
    help="Which folder; by default pictures go to faces, sound to voice, videos to official.",
)
@click.option(
    "--anyway",
    is_flag=True,
    help="Add a video although its sidecar names no channel of the person, or does not fit it.",
)
@_folder_option
def add_official(
    name: str, files: tuple[Path, ...], into: Purpose | None, anyway: bool, people: Path
) -> None:
    """Copy genuine media of a person to the references.

    Videos, pictures and recordings of the voice go to the folder for each. NAME is the person's
    slug, name or alias. You vouch for the files: copies of what lies in
    official/ are called genuine. A sidecar beside a file is copied along.

    Exit codes: 0 done, 1 some files were refused, 2 usage.
    """
    from media_screen.people.additions import add_official as add_one
    from media_screen.people.naming import the_person
    from media_screen.people.registry import load_people

    with plain_errors():
        person = the_person(load_people(people), name)
    _add_each(files, lambda file: add_one(people, person, file, into=into, anyway=anyway), people)


@people.command(
    "add-fake",
    cls=Configured,
    like=scan,
    examples=[
        "media-screen people add-fake fake.mp4 --of xin-liu",
        "media-screen people add-fake one.mp4 two.mp4",
        "media-screen people add-fake --confirmed media-screen-out",
    ],
)
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]...")
@click.option(
    "--confirmed",
    "out",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="OUT",
    help="Take the files that people confirmed to be fake in the results of a scan, each as of "
    "whom it presents.",
)
@click.option(
    "--of",
    "name",
    shell_complete=_persons,
    metavar="NAME",
    help="Who is shown in them: slug, name or alias; nobody enrolled by default.",
)
@_folder_option
def add_fake(files: tuple[Path, ...], out: Path | None, name: str | None, people: Path) -> None:
    """Copy fabricated media to the known fakes.

    They are videos or sound. What matches one of them is suspected from then on, whoever posts it.

    Exit codes: 0 done, 1 some files were refused, 2 usage.
    """
    from media_screen.people.additions import add_fake as add_one
    from media_screen.people.naming import the_person
    from media_screen.people.registry import load_people

    if bool(files) == (out is not None):
        raise click.UsageError("name files, or the results of a scan with --confirmed")
    if out is not None:
        if name is not None:
            raise click.UsageError("--of goes with files that are named")
        _add_confirmed(people, out)
        return
    with plain_errors():
        enrolled = load_people(people)
        person = None if name is None else the_person(enrolled, name)
    _add_each(files, lambda file: add_one(people, person, file), people)


def _add_confirmed(people: Path, out: Path) -> None:
    """Add the confirmed fakes of a folder of results."""
    from media_screen.people.confirmed import add_confirmed_fake, confirmed_fakes
    from media_screen.results.deciding import decidable

    refuse_other_folder(out)
    with plain_errors():
        known = decidable(out)
    rows = confirmed_fakes(known)
    if not rows:
        click.echo("nothing to add: no file of these results was confirmed to be fake")
        return
    _add_each(rows, lambda row: add_confirmed_fake(people, out, row, known.ledger), people)


def _add_each(files: Sequence[One], add_one: Callable[[One], AddedFile], people: Path) -> None:
    """Add files one by one, tell of each, and exit with 1 when some were refused."""
    from media_screen.people.registry import PeopleError

    refused = 0
    for file in files:
        try:
            added = add_one(file)
        except (PeopleError, OSError) as error:
            click.echo(f"refused: {plain(str(error))}", err=True)
            refused += 1
            continue
        state = "added" if added.is_new else "there already"
        click.echo(f"{state}: {plain(str(added.file))}")
        for note in added.notes:
            click.echo(f"  note: {plain(note)}")
    if refused < len(files):
        click.echo(f"next: media-screen enroll {plain(str(people))}, or the next scan, reads them")
    if refused:
        sys.exit(EXIT_FAILED)


@people.command(
    cls=Configured,
    like=scan,
    examples=["media-screen people check", "media-screen people check --people people --strict"],
)
@click.option("--strict", is_flag=True, help="Exit with 1 for what is noted, too.")
@_folder_option
def check(strict: bool, people: Path) -> None:
    """Say what is missing or wrong in the folder of people.

    Records that can't be read, accounts without a stable id, ids and names of two people, files
    that can't be decoded or lie in two places, folders that nobody looks into. Whether faces and
    voices are good enough is told by media-screen enroll, which runs the networks.

    Exit codes: 0 nothing is wrong, 1 something is, 2 usage.
    """
    from media_screen.people.checking import check_people

    with plain_errors():
        persons, remarks = check_people(people)
    wrong = [one for one in remarks if one.wrong]
    notes = [one for one in remarks if not one.wrong]
    for kind, told in (("wrong", wrong), ("note", notes)):
        for one in told:
            click.echo(f"{kind}: {plain(one.text)}")
    counts = f"{len(wrong)} wrong, {counted(len(notes), 'note')}"
    click.echo(f"{counted(len(persons), 'person', 'people')}: {counts}")
    if wrong or (strict and notes):
        sys.exit(EXIT_FAILED)


@people.command(
    name="list", cls=Configured, like=scan, examples=["media-screen people list --people people"]
)
@_folder_option
def list_people(people: Path) -> None:
    """List people, channels and references."""
    from media_screen.people.enrol import known_fakes
    from media_screen.people.registry import load_people

    with plain_errors():
        persons = load_people(people)
        fakes = known_fakes(people).media
    _show_people(persons)
    click.echo(f"{counted(len(persons), 'person', 'people')}, {counted(len(fakes), 'known fake')}")


def _show_people(persons: Iterable[Person]) -> None:
    from rich.text import Text

    console = new_console()
    for person in persons:
        names = ", ".join((person.name, *person.aliases))
        counts = (
            counted(len(person.faces), "picture"),
            counted(len(person.voice), "recording"),
            counted(len(person.official), "official file"),
        )
        console.print(Text(f"{person.slug}  {plain(names)}"), soft_wrap=True)
        console.print(Text(f"  {', '.join(counts)}"), soft_wrap=True)
        for channel in person.channels:
            told = f"  {channel.platform} {channel.id or 'without an id'}"
            told += f" @{channel.handle}" * bool(channel.handle)
            console.print(Text(plain(told)), soft_wrap=True)
