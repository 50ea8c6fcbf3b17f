"""Shows on the terminal what a scan or an enrolment came to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_screen.cli.terminal import SHOWN, minutes, moment, new_console
from media_screen.evidence import BY_URGENCY, Answer
from media_screen.folders import LeftOut, said
from media_screen.people.own_videos import LEAST_OWN
from media_screen.results.ledger import Ledger, read_ledger
from media_screen.results.plain import counted, plain
from media_screen.results.text import reach
from media_screen.results.words import REVIEW, rank_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from media_screen.batch.campaigns import Moved
    from media_screen.batch.scan import Summary
    from media_screen.people.enrol import Enrolment
    from media_screen.people.own_videos import FalseAlarms, PersonRecord
    from media_screen.people.registry import Person
    from media_screen.results.changes import FolderChanges
    from media_screen.results.folder import FinishedFile

MOVED_SHOWN = 10  # changed labels that are named
WIDE = 80  # columns of a terminal from which the table has room for the reasons
POST_SHARE = 0.42  # of the room beside the label that the post has; the reason has the rest
# Lines of a reason that are shown: where the table is narrow, and elsewhere.
REASON_LINES = (6, 4)
NARROW = 100  # columns
GAP = 2  # columns between two of the table
_COLOURS = {
    "official": "green",
    "official_copy": "green",
    "altered_official": "red",
    "suspected_impersonation": "bold red",
    "unverified_appearance": "yellow",
    "synthetic_media": "red",
    "no_finding": "default",
    "unable_to_evaluate": "magenta",
}


def show_summary(summary: Summary, report: Path, *, zone: tzinfo | None = None) -> None:
    """Print the table of verdicts, the counts, what changed, and where the report is."""
    from rich.text import Text

    console = new_console()
    ledger = read_ledger(report.parent.parent)
    ordered = sorted(
        summary.entries, key=lambda e: (rank_of(e.label, e.flags), -(e.manipulation or 0.0), e.path)
    )
    if ordered:
        console.print(_table(ordered[:SHOWN], console, ledger))
        if len(ordered) > SHOWN:
            console.print(f"... and {len(ordered) - SHOWN} more in the report")
        console.print()
    counts = summary.labels
    parts = [f"{counts[label]} {label}" for label in BY_URGENCY if counts[label]]
    if review := sum(REVIEW in entry.flags for entry in summary.entries):
        parts[-1] += f" ({review} to review)"
    nothing = "nothing to screen"
    if summary.found.left_out:
        nothing += " but files of other kinds; media-screen scan --help says which kinds are read"
    console.print(
        Text(f"{counted(len(summary.entries), 'file')}: " + (", ".join(parts) or nothing))
    )
    notes = [f"{summary.screened} screened in {minutes(summary.seconds)}"]
    if summary.kept:
        notes.append(f"{summary.kept} kept from earlier")
    if summary.failed:
        notes.append(f"{summary.failed} failed or unreadable")
    if summary.copies:
        notes.append(f"{counted(summary.copies, 'copy', 'copies')} of files screened before")
    if summary.renewed:
        notes.append(f"{summary.renewed} judged again by what was seen and heard before")
    if summary.redecoded:
        notes.append(f"{summary.redecoded} of these decoded where official footage is compared")
    if summary.repeated:
        notes.append(f"{summary.repeated} of them examined as a file with the same bytes")
    if summary.moved:
        notes.append(f"{counted(len(summary.moved), 'label')} moved for what is known of copies")
    if summary.partly:
        notes.append(f"{summary.partly} looked at in part")
    console.print(Text(", ".join(notes)))
    show_moved(summary.moved, console)
    if summary.changes is not None:
        show_changes(summary.changes, console, zone)
    if summary.outdated:
        told = f"{counted(summary.outdated, 'result')} of earlier people or settings, not renewed"
        console.print(Text(told, style="yellow"))
    show_left_out(summary.found.left_out, console)
    for why in sorted({why for entry in summary.entries for why in entry.lacking}):
        console.print(Text(f"note: {plain(why)}", style="dim"))
    for folder in summary.found.unreadable:
        console.print(Text(f"can't be looked into: {plain(str(folder))}", style="red"))
    if summary.broken_lines:
        many = "lines were" if summary.broken_lines > 1 else "line was"
        told = f"{summary.broken_lines} broken {many} left out of results.jsonl"
        console.print(Text(told))
    show_missing(summary.found.missing)
    console.print(Text(f"Report: {plain(str(report))}"))


def show_missing(missing: Sequence[Path], *, err: bool = False) -> None:
    """Print which of the files that were named are not there, the first few of many."""
    for path in missing[:SHOWN]:
        click.secho(f"not there: {plain(str(path))}", err=err, fg="red")
    if len(missing) > SHOWN:
        click.secho(f"... and {len(missing) - SHOWN} more that are not there", err=err, fg="red")


def show_moved(moved: Sequence[Moved], console: Console) -> None:
    """Print which labels changed for what is known of other files, the first few, and why."""
    from rich.text import Text

    for one in moved[:MOVED_SHOWN]:
        name = Path(one.verdict.media.path).name
        told = f"{name}: {one.before} is now {one.verdict.label}: {one.why}"
        console.print(Text(plain(told)), soft_wrap=True)
    if len(moved) > MOVED_SHOWN:
        console.print(f"... and {len(moved) - MOVED_SHOWN} more; their pages say why")


def show_changes(changes: FolderChanges, console: Console, zone: tzinfo | None = None) -> None:
    """Print what changed since the last scan: how much, which labels and why, what is gone."""
    from rich.text import Text

    since = f"since the scan of {moment(changes.since, zone)}: {changes.counts}"
    if changes.parts:
        since += f"; changed since: {', '.join(changes.parts)}"
    console.print(Text(since), soft_wrap=True)
    for one in changes.moved[:MOVED_SHOWN]:
        told = f"  {Path(one.path).name}: {one.before} is now {one.label}: {one.why}"
        console.print(Text(plain(told)), soft_wrap=True)
    for path in changes.gone[:MOVED_SHOWN]:
        console.print(Text(plain(f"  {Path(path).name}: gone; its result is kept")), soft_wrap=True)
    more = max(0, changes.moved_count - MOVED_SHOWN) + max(0, changes.gone_count - MOVED_SHOWN)
    if more:
        console.print(f"  ... and {more} more")


def show_left_out(left_out: Sequence[LeftOut], console: Console) -> None:
    """Print how much was left out of folders, in one line."""
    from rich.text import Text

    if counts := said(left_out):
        console.print(Text(f"left aside: {counts} (--list-left-out names them)"), soft_wrap=True)


def show_each_left_out(left_out: Sequence[LeftOut], *, err: bool = False) -> None:
    """Print each file and folder that was left out, and as what."""
    for one in left_out:
        click.echo(f"{plain(str(one.path))}: {one.what}", err=err)


def _table(entries: Sequence[FinishedFile], console: Console, ledger: Ledger) -> Table:
    """Lay out files: label and person, the post and the file, and the reason where there is room.

    Labels and names of files are always whole: one asks for them by these.
    """
    from rich.table import Table
    from rich.text import Text

    label = max(len(entry.label) for entry in entries)
    room = max(1, console.width - label - GAP)
    wide = console.width >= WIDE
    post = int(room * POST_SHARE) if wide else room
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
    table.add_column("verdict", min_width=label)
    for name in ("post", "why")[: 1 + wide]:
        table.add_column(name, overflow="fold")
    for entry in entries:
        answer = ledger.of_content(entry.sha256, entry.path).answer
        cells = [_called(entry, label, answer), _posted(entry, post, console)]
        if wide:
            why = Text(plain(entry.summary))
            most = REASON_LINES[console.width >= NARROW]
            cells.append(_first_lines(why, room - post - GAP, most, console))
        table.add_row(*cells)
    return table


def _called(entry: FinishedFile, width: int, answer: Answer | None) -> Text:
    """Return the label, what a person decided, and who is shown, a line each."""
    from rich.text import Text

    told = Text(entry.label, style=_COLOURS[entry.label])
    if REVIEW in entry.flags:
        told.append("\nto review", style="bold yellow")
    if answer:
        told.append(f"\ndecided: {answer}", style="bold default")
    if entry.person:
        name = Text(plain(entry.name or entry.person), style="default")
        name.truncate(width, overflow="ellipsis")
        told.append("\n").append_text(name)
    return told


def _posted(entry: FinishedFile, width: int, console: Console) -> Text:
    """Return title, account, reach and name of the file, a line each of what is known."""
    from rich.text import Text

    by = ", ".join(filter(None, (entry.account, entry.platform)))
    told = (entry.title, by, reach(entry.views, None))
    lines = [Text(plain(one)) for one in told if one]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    name = Text(plain(Path(entry.path).name), style="dim" if lines else "default")
    return Text("\n").join([*lines, *name.wrap(console, width, overflow="fold")])


def _first_lines(text: Text, width: int, most: int, console: Console) -> Text:
    """Return the first lines of a text, with an ellipsis where more follows."""
    from rich.text import Text

    lines = list(text.wrap(console, width, overflow="fold"))
    if len(lines) > most:
        lines[most - 1].append("\u2026" * width)
        lines[most - 1].truncate(width, overflow="ellipsis")
        lines[most - 1] = Text(lines[most - 1].plain.rstrip("\u2026") + "\u2026")
    return Text("\n").join(lines[:most])


def show_people(people: Sequence[Person], enrolment: Enrolment) -> None:
    """Print who is enrolled with what, and what is wrong with the references."""
    from rich.table import Table
    from rich.text import Text

    from media_screen.people.enough import standing

    console = new_console()
    ready = {template.person: template for template in enrolment.gallery.templates}
    voices = {voice.person: voice for voice in enrolment.gallery.voices}
    columns = ("person", "name", "channels", "pictures", "videos", "voices", "state")
    table = Table(*columns, box=None)
    for person in people:
        template = ready.get(person.slug)
        state = "ready" if template else "channels only: no usable face reference"
        pictures, videos = (template.pictures, template.videos) if template else (0, 0)
        table.add_row(
            Text(person.slug),
            Text(plain(person.name)),
            str(len(person.channels)),
            f"{pictures} of {len(person.faces)}",
            f"{videos} of {len(person.official)}",
            f"{voices[person.slug].recordings if person.slug in voices else 0} of "
            f"{len(person.voice)}",
            Text(state, style="green" if template else "yellow"),
        )
    console.print(table)
    for person in people:
        known = standing(person.slug, enrolment.gallery)
        console.print(Text(f"{person.slug}: {known}"), soft_wrap=True)
    for problem in enrolment.problems:
        kind = "refused" if problem.refused else "note"
        console.print(
            Text(
                f"{kind}: {plain(problem.file)}: {plain(problem.why)}. To do: {plain(problem.fix)}"
            )
        )
    show_left_out(enrolment.left_out, console)
    if enrolment.known_fakes:
        console.print(f"{counted(enrolment.known_fakes, 'known fake')} beside the people")
    if taken := enrolment.proxies.nbytes:
        told = f"small copies of official videos, to compare with, take {taken / 1e6:.1f} MB"
        console.print(told, highlight=False)
    console.print(
        f"{counted(enrolment.read, 'reference')} read, {enrolment.kept} known from before"
    )


def show_records(records: Sequence[PersonRecord]) -> None:
    """Print what detectors say of each person's own videos, and where they are of no use."""
    from rich.text import Text

    from media_screen.screen.records import wrong_about

    console = new_console()
    for record in records:
        for line in record_lines(record, wrong_about(record)):
            console.print(Text(plain(line)), soft_wrap=True)


def record_lines(record: PersonRecord, wrong: Sequence[FalseAlarms]) -> list[str]:
    """Say in a line each what detectors make of a person's own videos."""
    count = len(record.screened)
    if not count:
        return [f"{record.person}: no own video was screened"]
    lines = []
    for one in wrong:
        beside = one.over_beside != one.over
        told = f"{one.over} of {counted(one.videos, 'own video')} over the normal threshold"
        told += f", {one.over_beside} beside the others" * beside
        told += f"; highest: {one.video} ({one.highest:+.1f})"
        lines.append(f"{record.person}: {one.detector}: {told}")
        if one.useless:
            lines.append(
                f"warning: {record.person}: what {one.detector} suspects says little of this "
                "person: it suspects so many genuine videos"
            )
    if record.lacking:
        lines.append(f"{record.person}: {counted(record.lacking, 'video')} not screened yet")
    if count < LEAST_OWN:
        lack = counted(LEAST_OWN - count, "own video")
        lines.append(f"{record.person}: with {lack} more, faces are judged beside them")
    return lines
