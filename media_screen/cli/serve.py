"""The command `media-screen serve`: the pages on this machine alone, with buttons to decide."""

from __future__ import annotations

from pathlib import Path

import click

from media_screen.cli.config_file import Configured
from media_screen.cli.decide import RESULTS_FOLDER
from media_screen.cli.options import (
    PEOPLE,
    language_option,
    plain_errors,
    refuse_other_folder,
    zone_option,
)
from media_screen.cli.scan import scan
from media_screen.results.plain import counted, plain


@click.command(
    cls=Configured,
    like=scan,
    examples=[
        "media-screen serve media-screen-out",
        "media-screen serve media-screen-out --people people --port 8765",
        "media-screen serve media-screen-out --language fr",
    ],
)
@click.argument("out", type=RESULTS_FOLDER)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port on this machine; any that is free by default.",
)
@click.option(
    "--people", type=PEOPLE, help="Folder of people, to add confirmed fakes to the known ones."
)
@click.option("--by", "who", metavar="NAME", help="Who decides; the user of the system by default.")
@zone_option
@language_option
def serve(
    out: Path, port: int, people: Path | None, who: str | None, time_zone: str, language: str
) -> None:
    """Open the report on this machine alone, with buttons and keys for what you decide.

    Open the address that is printed: it holds a secret of this run, and nobody without it gets in.
    Nothing goes over the network. What you decide stands in OUT/ledger.jsonl, as with
    media-screen decide, when the page says so. Ctrl-C ends it.

    Exit codes: 0 ended, 1 can't be served, 2 usage.
    """
    from media_screen.results.deciding import user_name
    from media_screen.serving import serve as run

    refuse_other_folder(out)
    with plain_errors():
        taken = run(
            out,
            port=port,
            people=people,
            who=user_name() if who is None else who,
            time_zone=time_zone,
            language=language,
            tell=lambda address: click.echo(f"open {address}\nCtrl-C ends"),
        )
    told = f"ended; {counted(taken, 'decision')} written into {plain(str(out / 'ledger.jsonl'))}"
    click.echo(told, err=True)
