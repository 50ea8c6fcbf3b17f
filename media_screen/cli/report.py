"""The command `media-screen report`: writes the pages of saved results anew, or exports them."""

from __future__ import annotations

from pathlib import Path

import click

from media_screen.cli.options import (
    FILE,
    PATH,
    language_option,
    plain_errors,
    refuse_other_folder,
    zone_option,
)
from media_screen.cli.terminal import Examples
from media_screen.exports import FORMATS
from media_screen.results.plain import counted, plain

PACKAGE = "package"  # beside the formats of exports, which hold all files


@click.command(
    cls=Examples,
    examples=[
        "media-screen report media-screen-out",
        "media-screen report media-screen-out --time-zone Asia/Taipei --language zh-Hant",
        "media-screen report media-screen-out --portable -o for-the-newsroom.zip",
        "media-screen report media-screen-out --format stix --output bundle.json",
        "media-screen report media-screen-out --format graphml",
        "media-screen report media-screen-out --format package --campaign c-0123456789ab",
    ],
)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", *FORMATS, PACKAGE]),
    default="html",
    show_default=True,
    help="The pages, an export for other tools, or the evidence package of a campaign.",
)
@click.option(
    "--portable",
    is_flag=True,
    help="The pages and their pictures in one ZIP or folder, without biometric data or paths.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="File of the export or package (a folder for --portable, too); OUT/results... else.",
)
@click.option("--campaign", metavar="ID", help="The campaign to pack, by the id on its page.")
@click.option("--media", is_flag=True, help="Pack copies of the media, too.")
@click.option(
    "--no-sidecars", is_flag=True, help="Leave out sidecars, which may hold addresses and cookies."
)
@click.option(
    "--no-decisions", is_flag=True, help="Leave out what people decided, with notes and names."
)
@click.option("--key", type=FILE, help="Private Ed25519 key (PEM) to sign the package with.")
@click.option(
    "--time-stamp",
    type=FILE,
    help="Response (.tsr) to the request that an earlier package of the same results holds.",
)
@click.option(
    "--time-stamp-server",
    metavar="URL",
    help="Server (https, RFC 3161) to send the hash of the manifest to; none is asked otherwise.",
)
@zone_option
@language_option
def report(
    out: Path,
    form: str,
    portable: bool,
    output: Path | None,
    campaign: str | None,
    media: bool,
    no_sidecars: bool,
    no_decisions: bool,
    key: Path | None,
    time_stamp: Path | None,
    time_stamp_server: str | None,
    time_zone: str,
    language: str,
) -> None:
    """Write the report of saved results anew, or export them, without running a model.

    csv: one row a file, for spreadsheets. stix: a STIX 2.1 bundle. opencti: the same with the
    objects of OpenCTI. misp: MISP events. mediareview: schema.org MediaReview in JSON-LD. These
    accuse only files whose verdict says that something is suspected. graphml, gexf: the network of
    the accounts of all campaigns. package: all that is known of one campaign, in one ZIP.
    """
    refuse_other_folder(out)
    packing = (campaign, no_sidecars, key, time_stamp, time_stamp_server)
    shared = media or no_decisions
    if form != PACKAGE and (any(packing) or (shared and not portable)):
        raise click.UsageError(
            "--campaign, --media, --no-sidecars, --no-decisions, --key, --time-stamp and "
            f"--time-stamp-server go with --format {PACKAGE} (--media and --no-decisions with "
            "--portable, too)"
        )
    if portable and form != "html":
        raise click.UsageError(f"--portable makes pages, and --format {form} does not")
    if form == PACKAGE:
        if not campaign:
            raise click.UsageError(f"--format {PACKAGE} needs --campaign ID")
        if output is not None and str(output) == "-":
            raise click.UsageError(
                f"--format {PACKAGE} writes a ZIP and not to stdout: give --output a file name"
            )
        if time_stamp and time_stamp_server:
            raise click.UsageError("give --time-stamp or --time-stamp-server, not both")
        from media_screen.package import write_package

        with plain_errors():
            packed = write_package(
                out,
                campaign,
                output=output,
                media=media,
                sidecars=not no_sidecars,
                decisions=not no_decisions,
                key=key,
                time_stamp=time_stamp,
                time_stamp_server=time_stamp_server or "",
                time_zone=time_zone,
                language=language,
                tell=_tell,
            )
        click.echo(packed)
    elif portable:
        from media_screen.package import write_portable

        with plain_errors():
            packed = write_portable(
                out,
                output=output,
                media=media,
                decisions=not no_decisions,
                time_zone=time_zone,
                language=language,
                tell=_tell,
            )
        click.echo(packed)
    elif form == "html":
        _write_pages(out, output, time_zone, language)
    else:
        _write_export(out, form, output)


def _write_pages(out: Path, output: Path | None, time_zone: str, language: str) -> None:
    from media_screen.report import write_report

    if output is not None:
        forms = ", ".join((*FORMATS, PACKAGE))
        raise click.UsageError(f"--output goes with --portable, or with --format {forms}")
    with plain_errors():
        click.echo(write_report(out, time_zone=time_zone, language=language, tell=_tell))


def _write_export(out: Path, form: str, output: Path | None) -> None:
    from media_screen.exports import export

    with plain_errors():
        written, count = export(out, form, output=output, tell=_tell)
    if str(written) != "-":
        click.echo(f"{written}: {counted(count, 'file')}")


def _tell(note: str) -> None:
    click.echo(plain(note), err=True)
