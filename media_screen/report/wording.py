"""The words of templates in another language, put in when a template is compiled.

All text that stands in a template is a message; none has to be marked, so none is forgotten. Text
between two tags is one message, with numbered places for the expressions in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jinja2
from jinja2 import nodes
from markupsafe import escape

# Attributes that are read; scripts say what stands in `data-say-...`.
_SHOWN = ("title", "aria-label", "alt", "placeholder")
_AS_IT_IS = ("code", "kbd", "pre", "style", "script")
_WORDS = re.compile(r"[^\W\d_]{2}")
_NO_WORDS = re.compile(r"[<>=_/\\]|^flag:|\.html$|^failure $|-$")
_TAG = re.compile(r"</?([a-zA-Z0-9]*)")
_ATTRIBUTE = re.compile(r"""([\w-]+)=["']$""")
_PLACE = re.compile(r"\{(\d+)\}")
_NUMBERS = "{:,}"
# What these filters and functions give are words, numbers and dates of this package.
_SAID = {
    "answer_words", "check_words", "credentials_words", "day", "detector_words",
    "finding_name", "flag_words", "measured",
    "passed_words", "percent", "place_words", "posted", "reason_words", "relation_words",
    "shared_words", "signed", "standing_words",
}  # fmt: skip


class WordedEnvironment(jinja2.Environment):
    """Templates whose words are given by a function from message to message."""

    words: Callable[[str], str] | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        if self.words is not None:
            _Wording(self.words).apply(template)
        return template


@dataclass
class _Wording:
    words: Callable[[str], str]
    state: str = "text"  # or "tag", "shown" and "value" for values of attributes
    quote: str = ""
    raw: str = ""  # the element whose text stays as it is
    tag: str = ""
    run: list[str | nodes.Expr] = field(default_factory=list)

    def apply(self, template: nodes.Template) -> None:
        for output in list(template.find_all(nodes.Output)):
            output.nodes = list(self._output(output))

    def _output(self, output: nodes.Output) -> Iterator[nodes.Expr]:
        for node in output.nodes:
            if not isinstance(node, nodes.TemplateData):
                read = self.state in ("text", "shown") and not self.raw
                self.run.append(self._expression(node) if read else node)
                continue
            for text, read in self._pieces(node.data):
                if read:
                    self.run.append(html.unescape(text) if _WORDS.search(text) else text)
                    continue
                yield from self._flush()
                yield nodes.TemplateData(text)
        yield from self._flush()

    def _pieces(self, data: str) -> Iterator[tuple[str, bool]]:
        """Split what stands in a template into words that are read, and the rest."""
        start = 0
        for at, char in enumerate(data):
            before = self.state
            if before == "text" and char == "<":
                yield data[start:at], not self.raw
                start, self.state = at, "tag"
                found = _TAG.match(data, at)
                self.tag = found[0] if found else ""
            elif before == "tag" and char == ">":
                self._close()
                yield data[start : at + 1], False
                start = at + 1
            elif before == "tag" and char in "\"'":
                named = _ATTRIBUTE.search(data[start : at + 1])
                read = named and (named[1] in _SHOWN or named[1].startswith("data-say-"))
                self.state = "shown" if read else "value"
                self.quote = char
                if self.state == "shown":
                    yield data[start : at + 1], False
                    start = at + 1
            elif before in ("shown", "value") and char == self.quote:
                if before == "shown":
                    yield data[start:at], True
                    start = at
                self.state = "tag"
        if start < len(data):
            yield data[start:], self.state == "shown" or (self.state == "text" and not self.raw)

    def _close(self) -> None:
        self.state = "text"
        name = self.tag.lstrip("</")
        if self.tag.startswith("</"):
            self.raw = "" if name == self.raw else self.raw
        elif name in _AS_IT_IS and not self.raw:
            self.raw = name

    def _flush(self) -> Iterator[nodes.Expr]:
        run, self.run = self.run, []
        if not any(isinstance(part, str) and _WORDS.search(part) for part in run):
            yield from (nodes.TemplateData(p) if isinstance(p, str) else p for p in run)
            return
        places = [part for part in run if not isinstance(part, str)]
        numbers = iter(range(1, len(places) + 1))
        message = "".join(
            re.sub(r"\s+", " ", part) if isinstance(part, str) else f"{{{next(numbers)}}}"
            for part in run
        )
        pieces = _PLACE.split(self.words(message))
        for number, piece in enumerate(pieces):
            if number % 2:
                yield places[int(piece) - 1]
            elif piece:
                yield nodes.TemplateData(str(escape(piece)))

    def _expression(self, node: nodes.Expr) -> nodes.Expr:
        """Put words into an expression: where it is a text itself, or chooses between texts."""
        if isinstance(node, nodes.Const):
            return self._constant(node)
        if isinstance(node, nodes.CondExpr):
            node.expr1 = self._expression(node.expr1)
            node.expr2 = node.expr2 and self._expression(node.expr2)
        elif isinstance(node, nodes.Concat):
            node.nodes = [self._expression(each) for each in node.nodes]
        elif isinstance(node, nodes.Or):
            node.left, node.right = self._expression(node.left), self._expression(node.right)
        elif isinstance(node, nodes.Filter):
            return self._filtered(node)
        elif isinstance(node, nodes.Call):
            return self._call(node)
        return node

    def _filtered(self, node: nodes.Filter) -> nodes.Expr:
        if node.name in _SAID:
            return _said(node)
        if isinstance(node.node, nodes.Filter):
            node.node = self._filtered(node.node)
        return node

    def _call(self, node: nodes.Call) -> nodes.Expr:
        called = node.node
        if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Const):
            if called.node.value == _NUMBERS:
                return _said(node)
            called.node = self._constant(called.node)
        elif isinstance(called, nodes.Name):
            node.args = [self._expression(each) for each in node.args]
        return node

    def _constant(self, node: nodes.Const) -> nodes.Const:
        value: Any = node.value
        if isinstance(value, str) and _WORDS.search(value) and not _NO_WORDS.search(value):
            return nodes.Const(self.words(value))
        return node


def _said(node: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, "say", [], [], None, None, environment=node.environment)
