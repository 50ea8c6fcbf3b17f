"""`media-screen keyframes`: writes the frames of screened files that matter, as pictures."""

from __future__ import annotations

from pathlib import Path

import click

from media_screen.cli.options import EXIT_FAILED, PATH, plain_errors, refuse_other_folder
from media_screen.cli.terminal import Examples
from media_screen.results.plain import counted, plain


@click.command(
    cls=Examples,
    examples=[
        "media-screen keyframes media-screen-out -o frames",
        "media-screen keyframes media-screen-out downloads/clip.mp4 --png -o frames",
    ],
)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("names", metavar="[FILE]...", nargs=-1)
@click.option("-o", "--output", type=PATH, required=True, help="Folder to write into.")
@click.option("--png", is_flag=True, help="Write PNG, which loses nothing, in place of JPEG.")
def keyframes(out: Path, names: tuple[str, ...], output: Path, png: bool) -> None:
    """Write the frames that matter at full size, for reverse picture search and for the record.

    Of each FILE that was screened into the folder OUT, by default of all that are suspected: the
    moments where evidence lies, the best view of enrolled people's faces, and one frame of each
    distinct shot. The time stands in the name of each picture; keyframes.csv and keyframes.json say
    why it was chosen, and contact-sheet.jpg shows all of a file. Nothing is sent anywhere.
    """
    from media_screen.keyframes import write_keyframes

    refuse_other_folder(out)
    with plain_errors():
        written = write_keyframes(out, names, output, lossless=png, tell=_tell)
    for one in written:
        told = one.why or f"{counted(one.count, 'picture')} in {one.folder}"
        click.echo(plain(f"{one.path}: {told}"), err=bool(one.why))
    if any(one.why for one in written):
        raise SystemExit(EXIT_FAILED)


def _tell(note: str) -> None:
    click.echo(plain(note), err=True)
