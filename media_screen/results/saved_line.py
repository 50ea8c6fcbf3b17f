"""Reading one saved verdict, campaign or decision: a line is input, whoever wrote it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

from media_screen.evidence import Campaign, Decision, Verdict
from media_screen.results.lines import LINE_LIMIT

if TYPE_CHECKING:
    import jsonschema_rs

# What a record of the wrong shape can raise when it is read or shown.
BAD_RECORD = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
# Names of files may hold half a pair of UTF-16, which the schema's checker can't take.
_HALF = re.compile(r"\\ud[89a-f][0-9a-f]{2}", re.IGNORECASE)
_MOST_TOLD = 100  # characters of either end of what is wrong, which quotes what a line holds


Saved = TypeVar("Saved", Verdict, Campaign, Decision)


def parse_line(line: bytes) -> Verdict:
    """Read one line of `results.jsonl`; raises one of `BAD_RECORD` saying what is wrong with it.

    It is held to `schema/verdict.schema.json`, as what a scan writes is.
    """
    return _parsed(line, Verdict.from_dict, "verdict")


def parse_campaign(line: bytes) -> Campaign:
    """Read one line of `campaigns.jsonl`, which is held to `schema/campaign.schema.json`.

    Raises one of `BAD_RECORD` saying what is wrong with it.
    """
    return _parsed(line, Campaign.from_dict, "campaign")


def parse_decision(line: bytes) -> Decision:
    """Read one line of `ledger.jsonl`, which is held to `schema/decision.schema.json`.

    Raises one of `BAD_RECORD` saying what is wrong with it.
    """
    return _parsed(line, Decision.from_dict, "decision")


def _parsed(line: bytes, read: Callable[[Mapping[str, Any]], Saved], schema: str) -> Saved:
    if len(line) > LINE_LIMIT:
        raise ValueError(f"longer than {LINE_LIMIT} bytes")
    text = line.decode("utf-8")
    record = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_each_name_once)
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    found = read(record)  # first: it names the schema of another version
    _check(json.loads(_HALF.sub(r"\\ufffd", text)) if _HALF.search(text) else record, schema)
    return found


def _check(record: dict[str, Any], schema: str) -> None:
    for error in _validator(schema).iter_errors(record):
        place = ".".join(str(step) for step in error.instance_path) or "the record"
        told = error.message  # what stands there, and then what was expected
        if len(told) > 2 * _MOST_TOLD:
            told = f"{told[:_MOST_TOLD]}...{told[-_MOST_TOLD:]}"
        raise ValueError(f"{place[:_MOST_TOLD]}: {told}")


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    import jsonschema_rs

    schema = resources.files("media_screen").joinpath(f"schema/{name}.schema.json")
    return jsonschema_rs.validator_for(json.loads(schema.read_text("utf-8")))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number a record may hold")


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs; readers differ in which of two values of one name they take."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"expected each name once in an object, got {twice[:_MOST_TOLD]!r} twice")
    return found
