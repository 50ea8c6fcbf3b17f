"""Reads what is written in the picture: other accounts' marks, and marks of generators.

Campaigns repost clips with the mark of the account they were taken from, and free versions of
generators burn their name in. A few stills are read, so a mark that shows for a moment may be
missed; absence says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.detectors.onscreen.accounts import (
    SeenAccount,
    find_accounts,
    find_logos,
    is_publisher,
    owner,
)
from media_screen.detectors.onscreen.marks import Mark, find_marks
from media_screen.evidence import Abstention, Axis, Evidence, Span, TextLine
from media_screen.names.ocr import MissingOcr
from media_screen.people.registry import Person
from media_screen.sidecar import Sidecar

# Natural-log likelihood ratios, set by judgement: how often forgeries carry a mark is not known.
# The mark of a generator is as good a sign as its name in a tag of the file (see `container`):
# benchmarks/results/onscreen.md has no false one in genuine files, which bounds it no better.
LLR_MARK = 2.3
LLR_NAME = 1.0  # a name that is also a word, small and at the edge of several stills
# Honest accounts repost, too: a clip with another's mark is not the publisher's own, no more.
LLR_OTHER_ACCOUNT = 0.5

_MAX_QUOTED = 60  # characters of an untrusted text in a sentence
_MAX_ACCOUNTS = 5  # that are told of one file


class Onscreen:
    """Reads text in a few stills and compares the accounts in it with the one that published."""

    name = "onscreen"
    axis: Axis = "provenance"
    needs: tuple[Need, ...] = ("frames",)
    depends: tuple[Dependence, ...] = ("post", "records")

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each mark and account, or one that says there is none."""
        try:
            text = case.text
        except MissingOcr as error:
            yield Abstention(self.name, "missing_package", str(error))
            return
        if not text.stills:
            yield Abstention(self.name, "unreadable", "no still of the file could be read")
            return
        yield from examine_lines(
            text.lines, stills=text.stills, post=case.sidecar, people=case.people
        )


def examine_lines(
    lines: Sequence[TextLine], *, stills: int, post: Sidecar | None, people: Sequence[Person]
) -> Iterator[Evidence]:
    """Say what the text that was read in a number of stills means."""
    marks = [_marked(mark) for mark in find_marks(lines, stills=stills)]
    accounts = find_accounts(lines, stills=stills)[:_MAX_ACCOUNTS]
    told = [_compared(account, post, people) for account in accounts]
    logos = [] if accounts else [_logo(*item, post) for item in find_logos(lines).items()]
    found = [*marks, *told, *logos]
    yield from found
    if not found:
        count = f"{stills} still{'s' if stills > 1 else ''}"
        why = f"no account and no generator is named in the picture ({count} read)"
        yield Evidence(
            detector=Onscreen.name,
            axis="provenance",
            score=0.0,
            llr=0.0,
            finding="no_marks",
            why=why,
            values={"stills": stills, "lines": len(lines)},
        )


def _marked(mark: Mark) -> Evidence:
    seen = _seen(mark.lines)
    if mark.name == "AI label":
        why = f"a label in the picture declares it as made by AI: {seen}"
    elif mark.sure:
        why = f"the picture carries the mark of {mark.name}, which generates video: {seen}"
    else:
        why = (
            f"a small {mark.name} stands at the edge of the picture, which may be the mark of the "
            f"generator or another word: {seen}"
        )
    finding = "generator_mark" if mark.sure else "generator_name"
    return _evidence(finding, LLR_MARK if mark.sure else LLR_NAME, why, mark.lines)


def _compared(account: SeenAccount, post: Sidecar | None, people: Sequence[Person]) -> Evidence:
    where = f" on {account.platform}" if account.platform else ""
    shown = f"{_quoted('@' + account.handle)}{where} ({_seen(account.lines)})"
    by = (post.handle or post.display_name) if post is not None else ""
    if post is not None and is_publisher(account.handle, post):
        why = f"the picture names the account that published it: {shown}"
        return _evidence("own_account", 0.0, why, account.lines)
    person = owner(account.handle, people)
    if person is not None:
        why = (
            f"the picture names {shown}, which reads like an official account of {person.name}: "
            "look for the original there"
        )
        found = _evidence("official_handle_onscreen", 0.0, why, account.lines)
        return Evidence(
            detector=found.detector,
            axis=found.axis,
            score=found.score,
            llr=found.llr,
            why=why,
            span=found.span,
            person=person.slug,
            finding=found.finding,
            values=found.values,
        )
    if by:
        why = f"the picture names the account {shown}, yet {_quoted(by)} published it: a repost"
        return _evidence("other_account", LLR_OTHER_ACCOUNT, why, account.lines)
    why = f"the picture names the account {shown}; nothing says who published the file"
    return _evidence("account_mark", 0.0, why, account.lines)


def _logo(platform: str, lines: Sequence[TextLine], post: Sidecar | None) -> Evidence:
    why = f"the picture carries the mark of {platform}: {_seen(lines)}"
    if post is not None and post.platform and post.platform != platform:
        why += f"; it was published on {_quoted(post.platform)}, so it was taken from there"
    return _evidence("platform_mark", 0.0, why, lines)


def _evidence(finding: str, llr: float, why: str, lines: Sequence[TextLine]) -> Evidence:
    times = sorted({line.time_s for line in lines})
    x, y = lines[0].centre
    return Evidence(
        detector=Onscreen.name,
        axis="provenance",
        score=1.0 if llr else 0.0,
        llr=llr,
        why=why,
        span=Span(times[0], times[-1]),
        finding=finding,
        values={"x": round(x, 3), "y": round(y, 3), "stills": len(times)},
    )


def _seen(lines: Sequence[TextLine]) -> str:
    """Say what was read, where and when first."""
    first = min(lines, key=lambda line: line.time_s)
    x, y = first.centre
    column = "left" if x < 1 / 3 else "right" if x > 2 / 3 else "middle"
    row = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else "centre"
    return f"{_quoted(first.text)} at the {row} {column}, {first.time_s:.1f} s"


def _quoted(text: str) -> str:
    """Quote an untrusted text: cut, with line breaks, bidi and invisible characters escaped."""
    return repr(text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "...")
