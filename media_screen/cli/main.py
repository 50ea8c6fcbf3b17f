"""The command line: the group of the commands, each of which has a module of its own.

A command reads options, calls the library, and shows what it gives back. What is heavy to import
is imported where it is used: `--help` answers at once.
"""

from __future__ import annotations

import io
import logging
import signal
import sys

import click

from media_screen import __version__
from media_screen.cli.decide import decide
from media_screen.cli.detectors import detectors
from media_screen.cli.enroll import enroll
from media_screen.cli.evaluate import evaluate
from media_screen.cli.keyframes import keyframes
from media_screen.cli.models import models
from media_screen.cli.options import interrupted_by
from media_screen.cli.people import people
from media_screen.cli.report import report
from media_screen.cli.scan import scan
from media_screen.cli.serve import serve
from media_screen.cli.terminal import PlainGroup
from media_screen.cli.watch import watch
from media_screen.results.plain import log_plainly

# A shell asks the program itself what may come next; the library of the command line answers.
_COMPLETION = """\b
Complete commands and options with the tab key, from the next shell on:
  bash  echo 'eval "$(_MEDIA_SCREEN_COMPLETE=bash_source media-screen)"' >> ~/.bashrc
  zsh   echo 'eval "$(_MEDIA_SCREEN_COMPLETE=zsh_source media-screen)"' >> ~/.zshrc
  fish  _MEDIA_SCREEN_COMPLETE=fish_source media-screen >> ~/.config/fish/config.fish"""


@click.group(
    cls=PlainGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_COMPLETION,
)
@click.version_option(__version__, prog_name="media-screen")
@click.option("-v", "--verbose", is_flag=True, help="Show the log of the program on stderr.")
def main(verbose: bool) -> None:
    """Screen downloaded media for suspected impersonation of enrolled people.

    It ranks and explains; a person decides. Start with: media-screen scan downloads --people people
    """
    click.get_current_context().with_resource(interrupted_by(signal.SIGTERM))
    for stream in (sys.stdout, sys.stderr):  # a terminal may lack the letters of a name
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    level = logging.INFO if verbose else logging.ERROR
    log_plainly(level)


COMMANDS = (
    scan,
    watch,
    report,
    serve,
    decide,
    keyframes,
    people,
    enroll,
    evaluate,
    detectors,
    models,
)
for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
