"""Fixed splits of media into folds, kept as hashes, and the check that none is trained and tested.

The file of a protocol holds for each split (here one for each network that was trained) the fold of
every file by its SHA-256, so that it can be committed without the media:

    {"schema": "media_screen.protocol/1", "splits": {"face_artifact": {"<64 hex digits>": "0"}}}

A shipped network was trained on the files of all folds; it was measured fold by fold, on the files
that were left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from media_screen.errors import SetupError
from media_screen.evaluation.manifest import Item
from media_screen.files import read_regular
from media_screen.media import MediaError, identify, shown_path

SCHEMA = "media_screen.protocol/1"
SHOWN = 5  # hashes that an error names
_HASH = re.compile(r"[0-9a-f]{64}")


class ProtocolError(SetupError, ValueError):
    """The file is no protocol, or an evaluation breaks it."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """The folds of each split: name of the split to SHA-256 of a file to name of its fold."""

    splits: Mapping[str, Mapping[str, str]]

    def test(self, split: str, fold: str) -> frozenset[str]:
        """Return the hashes of the files that are measured in a fold."""
        folds = self._folds(split)
        found = frozenset(key for key, name in folds.items() if name == fold)
        if not found:
            names = ", ".join(sorted(set(folds.values())))
            raise ProtocolError(f"no fold {fold!r} in the split {split!r}; there are {names}")
        return found

    def training(self, split: str, fold: str) -> frozenset[str]:
        """Return the hashes of the files that may be trained on when a fold is measured."""
        return frozenset(self._folds(split)) - self.test(split, fold)

    def all_training(self) -> frozenset[str]:
        """Return the hashes of every file of every split: what shipped networks were trained on."""
        return frozenset(key for folds in self.splits.values() for key in folds)

    def _folds(self, split: str) -> Mapping[str, str]:
        if split not in self.splits:
            names = ", ".join(sorted(self.splits))
            raise ProtocolError(f"no split {split!r} in the protocol; there are {names}")
        return self.splits[split]


def load(path: Path) -> Protocol:
    """Read a protocol; raises ProtocolError naming what is wrong with the file."""
    try:
        record = json.loads(read_regular(path))
        if record.get("schema") != SCHEMA:
            raise ProtocolError(f"expected schema {SCHEMA!r}, got {record.get('schema')!r}")
        splits = {name: dict(folds) for name, folds in record["splits"].items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ProtocolError(f"{path.name} is no protocol: {error}") from error
    for name, folds in splits.items():
        for key, fold in folds.items():
            if not _HASH.fullmatch(key) or not isinstance(fold, str):
                raise ProtocolError(
                    f"{path.name}: {name}: expected a SHA-256 in lower case and the name of its "
                    f"fold, got {key[:80]!r}: {fold!r}"
                )
    return Protocol(splits)


def save(path: Path, protocol: Protocol) -> None:
    """Write a protocol, sorted, so that two versions of the file can be compared."""
    splits = {name: dict(folds) for name, folds in protocol.splits.items()}
    text = json.dumps({"schema": SCHEMA, "splits": splits}, indent=1, sort_keys=True)
    path.write_text(text + "\n", "utf-8", newline="\n")


def check(items: Iterable[Item], path: Path, *, fold: str = "") -> None:
    """Refuse items that are trained on, by their content; raises ProtocolError with what is both.

    Without a `fold` ("SPLIT:FOLD") everything in the protocol counts as trained on, as it is for
    the shipped networks; with it, what is left when that fold is held out. Files that can't be read
    were not trained on.
    """
    protocol = load(path)
    if fold:
        split, colon, name = fold.rpartition(":")
        if not colon:
            raise ProtocolError(f"expected SPLIT:FOLD, got {fold!r}")
        training = protocol.training(split, name)
    else:
        training = protocol.all_training()
    test = {}
    for item in items:
        try:
            test[identify(item.path)[0]] = item.path
        except MediaError:
            continue
    both = [shown_path(file) for key, file in test.items() if key in training]
    if both:
        shown = "\n  ".join(both[:SHOWN])
        more = f"\n  and {len(both) - SHOWN} more" if len(both) > SHOWN else ""
        raise ProtocolError(
            f"{len(both)} of the {len(test)} files were trained on, so nothing can be learned from "
            f"them about unseen media:\n  {shown}{more}"
        )


def refuse_overlap(training: Iterable[str], test: Iterable[str]) -> None:
    """Check by hash that nothing is trained and tested; raises ProtocolError with what is both."""
    both = sorted(set(training) & set(test))
    if both:
        shown = ", ".join(key[:16] for key in both[:SHOWN])
        more = f" and {len(both) - SHOWN} more" if len(both) > SHOWN else ""
        raise ProtocolError(f"{len(both)} training items are in the test: {shown}{more}")
