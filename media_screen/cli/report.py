"""The command `media-screen report`: writes the pages of saved results anew, or exports them."""

from __future__ import annotations

from pathlib import Path

import click

from media_screen.cli.options import PATH, plain_errors, zone_option
from media_screen.cli.terminal import Examples
from media_screen.exports import FORMATS
from media_screen.results.plain import counted, plain


@click.command(
    cls=Examples,
    examples=[
        "media-screen report media-screen-out",
        "media-screen report media-screen-out --time-zone Asia/Shanghai",
        "media-screen report media-screen-out --format stix --output bundle.json",
        "media-screen report media-screen-out --format graphml",
    ],
)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", *FORMATS]),
    default="html",
    show_default=True,
    help="The pages, or an export for other tools.",
)
@click.option("--output", type=PATH, help="File of the export; OUT/results... by default.")
@zone_option
def report(out: Path, form: str, output: Path | None, time_zone: str) -> None:
    """Write the report of saved results anew, or export them, without running a model.

    csv: one row a file, for spreadsheets. stix: a STIX 2.1 bundle. opencti: the same with the
    objects of OpenCTI. misp: MISP events. mediareview: schema.org MediaReview in JSON-LD. These
    accuse only files whose verdict says that something is suspected. graphml, gexf: the network of
    the accounts of all campaigns.
    """
    from media_screen.exports import export
    from media_screen.report import write_report
    from media_screen.results.folder import RESULTS

    if not (out / RESULTS).is_file():
        raise click.UsageError(f"{out} holds no {RESULTS}: it is not the --out folder of a scan")
    if form == "html":
        if output is not None:
            raise click.UsageError("--output goes with an export: --format " + ", ".join(FORMATS))
        with plain_errors():
            click.echo(write_report(out, time_zone=time_zone, tell=_tell))
        return
    with plain_errors():
        written, count = export(out, form, output=output, tell=_tell)
    if str(written) != "-":
        click.echo(f"{written}: {counted(count, 'file')}")


def _tell(note: str) -> None:
    click.echo(plain(note), err=True)
