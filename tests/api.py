"""Writes docs/api.md: every public name with its signature and its first sentence.

python -m tests.api
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import media_screen
from media_screen import testing
from media_screen.case import Case
from media_screen.detectors import contract
from media_screen.fusion.combination import Weight
from tests.places import ROOT

PAGE = ROOT / "docs" / "api.md"
WIDTH = 100  # characters of a line of code, as in the code itself
_STARS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}
_HEAD = """# API

Which names may I import? Those on this page keep their names and arguments up to the next major
version; every other module may change. What the fields mean stands in the docstrings; how the names
go together in [stage.md](stage.md). The page is written by `python -m tests.api`, from the code.
"""


def page() -> str:
    """Return the page as the code has it now."""
    names = [name for name in media_screen.__all__ if not name.startswith("_")]
    checks = [name for name, one in vars(testing).items() if _is_public(name, one, testing)]
    return "\n".join(
        [
            _HEAD,
            "## media_screen\n",
            *(_entry(name, getattr(media_screen, name)) for name in names),
            "## The detector contract\n",
            "`from media_screen.detectors.contract import Detector, Need`\n",
            f"`Need` is one of {', '.join(f'`{need}`' for need in contract.NEEDS)}.\n",
            _entry("Detector", contract.Detector),
            "`from media_screen.case import Case`\n",
            _entry("Case", Case),
            "`from media_screen.fusion.combination import Weight`\n",
            _entry("Weight", Weight),
            "## media_screen.testing\n",
            *(_entry(name, getattr(testing, name)) for name in checks),
        ]
    )


def _entry(name: str, one: Any) -> str:
    """Return the part of the page on one class or function."""
    lines = [_signature(name, one)]
    if inspect.isclass(one):
        lines += [f"    {line}" for line in _members(one)]
    code = "\n".join(lines)
    return f"### {name}\n\n{_sentence(one)}\n\n```py\n{code}\n```\n"


def _members(kind: type) -> Iterator[str]:
    """Give the lines on the public attributes and methods of a class."""
    if getattr(kind, "_is_protocol", False):
        yield from (f"{name}: {what}" for name, what in kind.__annotations__.items())
    for name, raw in vars(kind).items():
        if name != "__call__" and name.startswith("_"):
            continue
        if isinstance(raw, (property, cached_property)):
            getter: Any = raw.fget if isinstance(raw, property) else raw.func
            typed = _plain(inspect.signature(getter).return_annotation)
            yield from (f"# {_sentence(getter)}", f"{name}: {typed}")
        elif inspect.isfunction(raw) or isinstance(raw, (classmethod, staticmethod)):
            made = getattr(kind, name)
            yield from (f"# {_sentence(made)}", *_signature(name, made).splitlines())


def _signature(name: str, one: Any) -> str:
    """Return a signature on one line, or with a line for each argument where that is too long."""
    if inspect.isclass(one) and not _is_made_by_callers(one):
        return f"class {name}"
    signature = inspect.signature(one)
    parts = list(_arguments(signature))
    kind = "class" if inspect.isclass(one) else "def"
    back = "" if inspect.isclass(one) else f" -> {_plain(signature.return_annotation)}"
    line = f"{kind} {name}({', '.join(parts)}){back}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{kind} {name}(", *(f"    {part}," for part in parts), f"){back}"])


def _is_made_by_callers(kind: type) -> bool:
    """Say whether the arguments of a class are a promise: a screener makes cases by itself."""
    is_protocol = getattr(kind, "_is_protocol", False)
    return not (issubclass(kind, Exception) or is_protocol or kind is Case)


def _arguments(signature: inspect.Signature) -> Iterator[str]:
    keyword_only = False
    for argument in signature.parameters.values():
        if argument.kind is argument.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            yield "*"
        stars = _STARS.get(argument.kind, "")
        typed = "" if argument.annotation is argument.empty else f": {_plain(argument.annotation)}"
        yield f"{stars}{argument.name}{typed}{_default(argument)}"


def _default(argument: inspect.Parameter) -> str:
    """Return what an argument is by default, "..." for what can't be typed in a few letters."""
    if argument.default is argument.empty:
        return ""
    if isinstance(argument.default, str):
        return f" = {json.dumps(argument.default)}"
    plain = isinstance(argument.default, (int, float, bool, bytes, tuple, type(None)))
    return f" = {argument.default!r}" if plain else " = ..."


def _plain(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    return getattr(annotation, "__name__", str(annotation))


def _sentence(one: Any) -> str:
    """Return the first sentence of a docstring."""
    first = inspect.cleandoc(one.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=\.)\s", first)[0]


def _is_public(name: str, one: Any, module: Any) -> bool:
    own = inspect.isfunction(one) and one.__module__ == module.__name__
    return own and not name.startswith("_")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8", newline="\n")
