"""The command `media-screen detectors`: lists what looks at a file."""

from __future__ import annotations

import click

from media_screen.cli.terminal import Examples, new_console
from media_screen.results.plain import plain


@click.command(cls=Examples, examples=["media-screen detectors", "media-screen detectors mine"])
@click.argument("names", nargs=-1)
def detectors(names: tuple[str, ...]) -> None:
    """List the detectors: what each looks at and what it needs.

    What other packages offer is listed, and loaded only when one of the NAMES names it.
    """
    from rich.table import Table

    from media_screen.detectors import UnknownDetector, choose, first_line, plugins

    table = Table("detector", "axis", "needs", "what it does", box=None)
    try:
        chosen = choose(added=names)
    except UnknownDetector as error:
        raise click.UsageError(str(error)) from error
    for detector in chosen:
        needs = ", ".join(detector.needs) or "-"
        table.add_row(*map(plain, (detector.name, detector.axis, needs, first_line(detector))))
    for name, package in sorted(plugins().items()):
        if name not in names:
            told = f"Of {package}; used when named: --add-detector, --detector"
            table.add_row(plain(name), "?", "?", plain(told))
    new_console().print(table)
