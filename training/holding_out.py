"""Holds folds out: what a network is tried on was never among what it was trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from media_screen.evaluation.protocol import refuse_overlap

ALL = "all"  # in place of a fold: trained on everything, which is what is shipped


class Labelled(Protocol):
    """What a fold is made of: files with a path and a hash."""

    @property
    def path(self) -> str:
        """The path below the folder of media."""

    @property
    def sha256(self) -> str:
        """The hash of the content."""


File = TypeVar("File", bound=Labelled)


def parted(
    files: Sequence[File], folds: Mapping[str, int], fold: str
) -> tuple[list[File], list[File]]:
    """Return the files to train on and those that the fold holds out, none for `all`.

    Raises ValueError when one content is on both sides.
    """
    if fold == ALL:
        return list(files), []
    kept = [one for one in files if folds[one.path] != int(fold)]
    held = [one for one in files if folds[one.path] == int(fold)]
    refuse_overlap((one.sha256 for one in kept), (one.sha256 for one in held))
    return kept, held
