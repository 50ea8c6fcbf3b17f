"""What a person decided on files that were screened: one entry of the ledger.

It stands beside the verdict and is never a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from media_screen.evidence.records import fields_of

DECISION_SCHEMA = "media_screen.decision/1"

Answer = Literal["confirmed_fake", "genuine", "dismissed", "to_check"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)


@dataclass(frozen=True, slots=True)
class DecidedFile:
    """A file that was decided on: its content, and where it lay then.

    `sha256` is "" for what could not be read; such a file is known by its path alone. `label` is
    what the program said of it at the time.
    """

    sha256: str
    path: str
    label: str = ""

    @property
    def subject(self) -> str:
        """What the file is known by in the ledger."""
        return subject_of(self.sha256, self.path)


@dataclass(frozen=True, slots=True)
class HandCheck:
    """A check by hand, such as a call to the person's office, and what came of it."""

    name: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the ledger: what somebody decided or noted on some files at one time.

    What is None was left as it was. `after` is the id of the newest entry of the ledger that was
    seen then, "" for an empty one. `campaign` is the campaign whose files these were, "" for none.
    An entry that `undoes` an earlier one takes it back for its own files.
    """

    id: str
    files: tuple[DecidedFile, ...]
    who: str
    when: str  # ISO 8601, UTC
    after: str = ""
    answer: Answer | None = None
    note: str | None = None
    assignee: str | None = None
    checks: tuple[HandCheck, ...] = ()
    campaign: str = ""
    undoes: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the record that `schema/decision.schema.json` describes, ready for JSON."""
        lists = {name: [fields_of(one) for one in getattr(self, name)] for name in _LISTS}
        return {"schema": DECISION_SCHEMA} | fields_of(self) | lists

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> Decision:
        """Read a record back; raises ValueError naming what is wrong with it."""
        schema = record.get("schema")
        if schema != DECISION_SCHEMA:
            raise ValueError(f"expected a record of schema {DECISION_SCHEMA!r}, got {schema!r}")
        try:
            known = {name: value for name, value in record.items() if name != "schema"}
            files = tuple(DecidedFile(**one) for one in record["files"])
            checks = tuple(HandCheck(**one) for one in record["checks"])
            return Decision(**{**known, "files": files, "checks": checks})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a valid {DECISION_SCHEMA} record: {error!r}") from error


_LISTS = ("files", "checks")


def subject_of(sha256: str, path: str) -> str:
    """Return what a file is known by in the ledger: its content, or its path where that is all."""
    return sha256 or f"path {path}"
