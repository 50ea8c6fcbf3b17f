"""The command `media-screen decide`: writes what a person decided, and lists it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_screen.cli.config_file import Configured
from media_screen.cli.options import plain_errors, refuse_other_folder
from media_screen.cli.scan import scan
from media_screen.evidence import ANSWERS, Answer, DecidedFile, Decision
from media_screen.results.plain import counted, plain

if TYPE_CHECKING:
    from media_screen.results.deciding import Decidable
    from media_screen.results.ledger import FileRecord, Ledger

RESULTS_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command(
    cls=Configured,
    like=scan,
    examples=[
        'media-screen decide media-screen-out fake.mp4 --as confirmed_fake --note "voice cloned"',
        "media-screen decide media-screen-out a.mp4 b.mp4 --as to_check --assignee Ada",
        "media-screen decide media-screen-out a.mp4 --check watermark=none "
        '--check "office_call=she never said it"',
        "media-screen decide media-screen-out --campaign c-0123456789ab --as confirmed_fake",
        "media-screen decide media-screen-out a.mp4 --undo",
        "media-screen decide media-screen-out --list",
    ],
)
@click.argument("out", type=RESULTS_FOLDER)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--as", "answer", type=click.Choice(ANSWERS), help="What was decided.")
@click.option("--note", help="Why, in words; takes the place of the note before.")
@click.option("--assignee", help="Who is to see to it; an empty name for nobody any more.")
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="NAME=OUTCOME",
    help="A check by hand and what came of it; may be given several times. Usual names are "
    "watermark, reverse_search and office_call; an empty outcome takes one back.",
)
@click.option(
    "--campaign",
    metavar="ID",
    help="Decide on all files that repeat one another in a campaign as it is now.",
)
@click.option("--by", "who", metavar="NAME", help="Who decides; the user of the system by default.")
@click.option("--undo", "undone", is_flag=True, help="Take back the newest entry on each file.")
@click.option("--list", "listed", is_flag=True, help="Show what was decided, and write nothing.")
def decide(
    out: Path,
    files: tuple[str, ...],
    answer: Answer | None,
    note: str | None,
    assignee: str | None,
    checks: tuple[str, ...],
    campaign: str | None,
    who: str | None,
    undone: bool,
    listed: bool,
) -> None:
    """Write down what you decided on files that were screened.

    FILE is a path, the name of a file among the results, its SHA-256 or the key of its page. What
    you decide stands in OUT/ledger.jsonl beside the verdicts and is kept through later scans: a
    file is known by its content, wherever it lies. Nothing is written over: the newest counts, and
    the history stays. A decision on a campaign holds for the files that it has now, but for the
    official post and files that only quote.

    Exit codes: 0 done, 1 can't be written, 2 usage.
    """
    from media_screen.results import deciding, ledger

    wanted = (answer, note, assignee, *checks)
    if sum((listed, undone, any(one is not None for one in wanted))) != 1:
        raise click.UsageError(
            "say what was decided (--as, --note, --assignee, --check), or give --undo or --list"
        )
    if bool(files) == bool(campaign) and not (listed and not campaign):
        raise click.UsageError("name files, or a campaign with --campaign")
    who = deciding.user_name() if who is None else who
    with plain_errors():
        known = _read(out)
        chosen = list(_chosen(known, files, campaign))
        if listed:
            _list(known, [file for some in chosen for file in some])
            return
        entries: list[Decision] = []
        for some in chosen:
            if undone:
                entries += deciding.undo(out, known.ledger, some, who=who)
                continue
            entry = ledger.decide(
                out,
                some,
                who=who,
                after=known.ledger.head,
                answer=answer,
                note=note,
                assignee=assignee,
                checks=deciding.asked_checks(checks),
                campaign=known.campaign(campaign).id if campaign else "",
            )
            entries.append(entry)
        _tell(entries, ledger.read_ledger(out))
    click.echo(f"next: media-screen report {plain(str(out))} writes the pages anew")


def _read(out: Path) -> Decidable:
    from media_screen.results.deciding import decidable

    refuse_other_folder(out)
    known = decidable(out)
    for line in known.ledger.notes():
        click.echo(plain(line), err=True)
    return known


def _chosen(
    known: Decidable, files: Iterable[str], campaign: str | None
) -> Iterator[Sequence[DecidedFile]]:
    """Give what is decided on in one entry each: a file, or those of a campaign."""
    from media_screen.results.deciding import file_of, members_of
    from media_screen.results.named import row_of

    if campaign:
        yield members_of(known.campaign(campaign))
    # All are looked up before anything is written.
    yield from [(file_of(row_of(known.rows, name)),) for name in files]


def _tell(entries: Iterable[Decision], ledger: Ledger) -> None:
    """Say what holds now for the files of some entries, and what had not been seen."""
    for entry in entries:
        first, many = entry.files[0], len(entry.files)
        name = first.path if many == 1 else f"{counted(many, 'file')} of {entry.campaign}"
        record = ledger.record(first.subject)
        click.echo(f"{plain(name)}: {plain(_state(record))}")
        for other in record.unseen:
            click.echo(f"  meanwhile {plain(_said(other))}; kept in the history")


def _state(record: FileRecord) -> str:
    checks = ", ".join(f"{one.name}: {one.outcome}" for one in record.checks)
    told = (
        record.answer or "",
        f"for {record.assignee}" if record.assignee else "",
        f"checked {checks}" if checks else "",
        f'"{record.note}"' if record.note else "",
    )
    return ", ".join(filter(None, told)) or "undecided"


def _said(entry: Decision) -> str:
    """Return an entry in words: who did what, and when."""
    did = (
        entry.answer or "",
        f"for {entry.assignee}" if entry.assignee else "",
        *(f"{check.name}: {check.outcome}" for check in entry.checks),
        f'"{entry.note}"' if entry.note else "",
        "took an entry back" if entry.undoes else "",
    )
    place = f" on {entry.campaign}" if entry.campaign else ""
    return f"{entry.when} {entry.who or 'somebody'}{place}: {', '.join(filter(None, did))}"


def _list(known: Decidable, files: Sequence[DecidedFile]) -> None:
    """Print what holds for each file that was decided on; of named files the history, too."""
    from media_screen.results.deciding import file_of

    ledger = known.ledger
    paths = {file.subject: file.path for entry in ledger.entries for file in entry.files}
    paths |= {file.subject: file.path for file in map(file_of, known.rows)}
    chosen = [file.subject for file in files] or list(ledger.subjects())
    records = [(paths[subject], ledger.record(subject)) for subject in chosen if subject in paths]
    for path, record in sorted(records, key=lambda pair: pair[0]):
        if files or not record.is_empty:
            click.echo(f"{plain(path)}: {plain(_state(record))}")
        for entry in record.history if files else record.unseen:
            mark = " (undone)" if entry.id in record.undone else ""
            unseen = " (unseen by who decided after)" if entry in record.unseen else ""
            click.echo(f"  {plain(_said(entry))}{mark}{unseen}")
    answers = [record.answer for _, record in records if record.answer]
    counts = ", ".join(f"{answers.count(one)} {one}" for one in ANSWERS if one in answers)
    click.echo(f"{counted(len(answers), 'file')} decided on" + (f": {counts}" if counts else ""))
