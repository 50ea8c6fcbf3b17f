"""Reads the options of commands from a file, media-screen.toml, and shows which ones count.

What may stand in the file follows from the options of the command itself, so that none can be
forgotten: the name of a key is that of the option, and its type is checked as the option has it.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from media_screen.cli.options import FILE
from media_screen.cli.terminal import Examples
from media_screen.errors import SetupError
from media_screen.files import open_regular, refuse_strangers
from media_screen.results.plain import plain, toml_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CONFIG_FILE = Path("media-screen.toml")  # in the working folder
_MOST = 1 << 20  # bytes; a file of options has some hundreds
_CLOSE = 0.6  # difflib ratio from which a misspelt key gets a suggestion
_SHOWN = 60  # characters of a wrong value
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_META = __name__  # of a context: what was read


class ConfigFileError(SetupError, ValueError):
    """A file of options can't be used; the message names the file, the key and the remedy."""


@dataclass(frozen=True)
class FileOptions:
    """What a file of options holds, by key, each of the type that its option has."""

    path: Path | None = None  # None: no file is used
    values: Mapping[str, Any] = field(default_factory=dict)


class Configured(Examples):
    """A command whose options may stand in a file; those on the command line win.

    `like` is the command whose options the file may hold, by default this one: a command uses
    those that it has itself. `also` are options of that command which this one takes as they are.
    """

    def __init__(
        self,
        *args: Any,
        like: click.Command | None = None,
        also: Sequence[click.Option] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.params += also
        self._known = config_options(like or self)
        keys = set(map(key_of, self._known))
        for option in config_options(self):
            may_stand = option.is_flag and key_of(option) in keys
            if may_stand and not option.secondary_opts:  # or a file's true would be final
                option.secondary_opts.append(f"--no-{key_of(option)}")
        self.params += [
            click.Option(
                ["--config"],
                type=FILE,
                metavar="FILE",
                expose_value=False,
                help=f"File of options (TOML); {CONFIG_FILE} of this folder by default.",
            ),
            click.Option(
                ["--no-config"], is_flag=True, expose_value=False, help=f"Read no {CONFIG_FILE}."
            ),
        ]
        if like is None:
            self.params.append(
                click.Option(
                    ["--show-config"],
                    is_flag=True,
                    expose_value=False,
                    help="Print what every option is, and where that was said, and do nothing.",
                )
            )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let the file give what the command line does not."""
        if not ctx.resilient_parsing:  # else a shell is completing
            typed, _, _ = self.make_parser(ctx).parse_args(list(args))
            help_option = self.get_help_option(ctx)
            if help_option is None or not typed.get(help_option.name or ""):
                try:
                    self._take(ctx, typed)
                except (ConfigFileError, OSError) as error:
                    raise click.UsageError(str(error), ctx) from error
        return super().parse_args(ctx, args)

    def _take(self, ctx: click.Context, typed: Mapping[str, Any]) -> None:
        """Read the file, if there is one, and make its values the defaults of this run."""
        path = _chosen(typed, self.params)
        ctx.meta[_META] = FileOptions(), typed
        if path is None:
            return
        found = FileOptions(path, read_config(path, self._known))
        ctx.meta[_META] = found, typed
        own = {key_of(option): option for option in config_options(self)}
        used = {key: own[key] for key in found.values if key in own and own[key].name not in typed}
        for key, option in used.items():
            _check_value(ctx, option, found.values[key], f"{path}: `{key}`")
        ctx.default_map = {option.name or "": found.values[key] for key, option in used.items()}
        quiet = typed.get("quiet", found.values.get("quiet", False))
        if used and not quiet:
            click.echo(f"options of {plain(str(path))}: {', '.join(used)}", err=True)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, or show its options when that was asked for."""
        found, typed = ctx.meta[_META]
        if not typed.get("show_config"):
            return super().invoke(ctx)
        for line in _shown_options(ctx, found, typed, config_options(self)):
            click.echo(line)
        return None


def config_options(command: click.Command) -> list[click.Option]:
    """Return the options of a command that a file may hold: all that reach the command."""
    return [one for one in command.params if isinstance(one, click.Option) and one.expose_value]


def key_of(option: click.Option) -> str:
    """Return what an option is called in a file: as on the command line, without the dashes."""
    return max(option.opts, key=len).lstrip("-")


def _chosen(typed: Mapping[str, Any], params: Sequence[click.Parameter]) -> Path | None:
    """Return the file to read, None for none; raises ConfigFileError for one not to be trusted."""
    named, none = typed.get("config"), typed.get("no_config")
    if named is not None:
        if none:
            raise ConfigFileError("give --config or --no-config, not both")
        return Path(FILE.convert(named, None, None))
    if none or not os.path.lexists(CONFIG_FILE):
        return None
    if os.path.isfile(CONFIG_FILE):
        refuse_strangers(CONFIG_FILE)
    for folder in filter(os.path.isdir, _arguments(typed, params)):
        if Path.cwd().is_relative_to(os.path.realpath(folder)):
            raise ConfigFileError(
                f"{CONFIG_FILE} lies in what is screened, {folder}, where a download may have "
                f"put it: give --config {CONFIG_FILE} if it is yours, else --no-config"
            )
    return CONFIG_FILE


def _arguments(typed: Mapping[str, Any], params: Sequence[click.Parameter]) -> Iterator[str]:
    """Give the arguments that were typed, which are no options."""
    for param in params:
        given = typed.get(param.name or "") if isinstance(param, click.Argument) else None
        if isinstance(given, str):
            yield given
        elif isinstance(given, (tuple, list)):
            yield from given


def read_config(path: Path, options: Sequence[click.Option]) -> dict[str, Any]:
    """Return what a file says of these options, by key; relative paths are those from the file.

    Raises ConfigFileError with the key, what was expected and what is there.
    """
    known = {key_of(option): option for option in options}
    values = {}
    for key, value in _toml(path).items():
        where = f"{path}: `{key[:_SHOWN]}`"
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=_CLOSE)
            remedy = f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(known)}"
            raise ConfigFileError(f"{where} is no option: {remedy}")
        values[key] = _typed(known[key], value, path.parent, where)
    return values


def _toml(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):
        raise ConfigFileError(f"{path}: expected a file of options, got what is no regular file")
    try:
        with open_regular(path) as stream:
            data = stream.read(_MOST + 1)
        if len(data) > _MOST:
            raise ConfigFileError(f"{path}: expected at most {_MOST} bytes, got more")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise ConfigFileError(f"{path}: can't be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, ConfigFileError):
            raise
        raise ConfigFileError(f"{path}: not valid TOML: {error}") from error


def _typed(option: click.Option, value: object, folder: Path, where: str) -> Any:
    """Return a value as the option takes it; raises ConfigFileError for another type."""
    if not option.multiple:
        return _one(option, value, folder, where)
    if not isinstance(value, list):
        raise ConfigFileError(f"{where}: expected a list of texts, got {_told(value)}")
    return [_one(option, item, folder, where) for item in value]


def _one(option: click.Option, value: object, folder: Path, where: str) -> Any:
    wanted = _type_of(option)
    allowed = (int, float) if wanted is float else (wanted,)
    if type(value) not in allowed or value == "":
        expected = _WORDS[wanted]
        if isinstance(option.type, click.Choice):
            expected = f"one of {', '.join(option.type.choices)}"
        raise ConfigFileError(f"{where}: expected {expected}, got {_told(value)}")
    if isinstance(option.type, click.Path) and value != "-":
        return str(folder / os.path.expanduser(str(value)))
    return value


def _type_of(option: click.Option) -> type:
    """Return the type that the value of an option has in a file."""
    if option.is_flag:
        return bool
    kinds = {click.types.IntParamType: int, click.types.FloatParamType: float}
    return next((own for kind, own in kinds.items() if isinstance(option.type, kind)), str)


def _told(value: object) -> str:
    if value == "":
        return "an empty text"
    if isinstance(value, bool):
        return str(value).lower()
    kinds = {str: "text", int: "the number", float: "the number", list: "a list", dict: "a table"}
    return f"{kinds.get(type(value), type(value).__name__)} {str(value)[:_SHOWN]!r}"


def _check_value(ctx: click.Context, option: click.Option, value: object, where: str) -> None:
    """Raise ConfigFileError for a value that the option would refuse on the command line."""
    try:
        option.process_value(ctx, value)
    except click.BadParameter as error:
        raise ConfigFileError(f"{where}: {error.message}") from error


def _shown_options(
    ctx: click.Context,
    found: FileOptions,
    typed: Mapping[str, Any],
    options: Sequence[click.Option],
) -> Iterator[str]:
    """Give a line for each option, as it would stand in a file, with where it was said."""
    for option in options:
        key, name = key_of(option), option.name or ""
        said = {
            ParameterSource.COMMANDLINE: "command line",
            ParameterSource.DEFAULT_MAP: str(found.path),
        }.get(ctx.get_parameter_source(name) or ParameterSource.DEFAULT, "default")
        value = ctx.params[name]
        if option.multiple:  # which a callback may have made something else of
            value = list(typed.get(name) or (said != "default" and found.values.get(key)) or ())
        if value is None:
            yield f"# {key} is not set"
        else:
            yield f"{key} = {_as_toml(value)}  # {plain(said)}"


def _as_toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_as_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (int, float)) else toml_text(str(value))
