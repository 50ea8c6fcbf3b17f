"""What tests ask of the pieces that detectors yield."""

from __future__ import annotations

from collections.abc import Iterable

from media_screen.evidence import Abstention, Evidence


def all_evidence(pieces: Iterable[Evidence | Abstention]) -> list[Evidence]:
    """The pieces, none of which may be an abstention."""
    found = []
    for piece in pieces:
        assert isinstance(piece, Evidence), piece.why
        found.append(piece)
    return found
