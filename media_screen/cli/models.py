"""The command `media-screen models`: lists the networks, verifies them, fetches optional ones."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from media_screen.cli.options import EXIT_FAILED, FILE
from media_screen.cli.terminal import Examples, new_console
from media_screen.results.plain import plain

if TYPE_CHECKING:
    from media_screen.weights import ModelFile


@click.command(
    cls=Examples,
    examples=[
        "media-screen models",
        "media-screen models --verify",
        "media-screen models --fetch explicit/320n.onnx",
        "media-screen models --fetch explicit/320n.onnx --from nudenet-3.4.2-py3-none-any.whl",
    ],
)
@click.option("--verify", is_flag=True, help="Read every file, and exit with 1 when one differs.")
@click.option("--fetch", "name", metavar="NAME", help="Fetch optional weights, by their SHA-256.")
@click.option(
    "--from",
    "source",
    type=FILE,
    metavar="FILE",
    help="Take them from this file rather than from their address.",
)
@click.option(
    "--registry",
    type=FILE,
    metavar="FILE",
    help="List of further weights (TOML): name, url, sha256, licence.",
)
def models(verify: bool, name: str | None, source: Path | None, registry: Path | None) -> None:
    """List the networks with licence, origin, hash and measured result; fetch optional ones.

    Nothing is fetched unless --fetch names it, and only a file with the recorded SHA-256 is kept,
    in $MEDIA_SCREEN_MODELS or the folder of the user's data.
    """
    from media_screen import weights

    try:
        listed = {file.name: file for file in (*weights.recorded(), *weights.optional())}
        if registry is not None:
            known = listed
            listed = {file.name: file for file in weights.read_registry(registry)} | known
        if name is not None:
            click.echo(_fetch(name, listed, source))
            return
    except weights.WeightsError as error:
        raise click.UsageError(str(error)) from error
    if source is not None:
        raise click.UsageError("--from goes with --fetch")
    if _show_models(list(listed.values()), verify=verify):
        sys.exit(EXIT_FAILED)
    if verify:
        try:
            weights.check_tables()
        except weights.WeightsError as error:
            raise click.ClickException(str(error)) from error


def _fetch(name: str, listed: dict[str, ModelFile], source: Path | None) -> str:
    from media_screen import weights
    from media_screen.weights.fetch import fetch

    shipped = [file.name for file in weights.recorded()]
    if name not in listed or name in shipped:
        choice = ", ".join(sorted(set(listed) - set(shipped))) or "none"
        raise weights.WeightsError(f"no optional weights named {name!r}; there are {choice}")
    file = listed[name]
    return f"{fetch(file, source=source)}: verified, licence {plain(file.licence)}"


def _show_models(files: Sequence[ModelFile], *, verify: bool) -> bool:
    """Print what is known of each weight file; return whether one is there and differs."""
    from rich.text import Text

    from media_screen import weights

    console = new_console()
    there = {file.name for file in weights.installed()}
    differs = False
    for file in files:
        state = "there" if file.name in there else "not installed"
        if verify and file.name in there:
            try:
                weights.path(file.name)
                state = "verified"
            except weights.WeightsError as error:
                state, differs = str(error), True
        size = f"{file.size_bytes / 1e6:.1f} MB" if file.size_bytes else "size unknown"
        facts = f"{size}, {plain(file.licence)}, {state}"
        console.print(Text(f"{plain(file.name)}  {facts}"), soft_wrap=True)
        console.print(Text(f"  SHA-256   {file.sha256}"), soft_wrap=True)
        console.print(Text(f"  origin    {plain(file.origin)}"), soft_wrap=True)
        console.print(Text(f"  measured  {plain(file.measured) or 'not stated'}"), soft_wrap=True)
        if file.name not in there:
            ways = [f"the package {file.package}"] * bool(file.package)
            ways += [f"media-screen models --fetch {file.name}"] * bool(file.url)
            console.print(Text(f"  get it    {plain(', or '.join(ways))}"), soft_wrap=True)
    return differs
