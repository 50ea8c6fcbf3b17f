"""Finds what a file has in common with the catalogue, looking twice where once is not enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media_screen.evidence import Span
from media_screen.footage.catalogue.match import MeasuredMatch
from media_screen.footage.catalogue.store import Catalogue
from media_screen.footage.fingerprint import Fingerprint

Turned = Callable[[], Sequence[Fingerprint]]
Closely = Callable[[Sequence[Span]], Fingerprint]


def search(
    catalogue: Catalogue,
    fingerprint: Fingerprint,
    *,
    turned: Turned,
    closely: Closely,
    without: str = "",
) -> tuple[MeasuredMatch, ...]:
    """Return the matches of a file, in order of time.

    `turned` gives its fingerprints on the other three sides, which is asked for where only the
    sound matches; `closely` gives one with frames of all of some stretches, which is asked for
    where they would be a copy. The reference with the content `without` is not looked for.
    """
    found = catalogue.find(fingerprint, without=without)
    if any(one.match.relation == "repictured" for one in found):
        # Another picture, or the same one on its side, which no face gives away?
        again = (catalogue.find(one, without=without) for one in turned())
        found = next((one for one in again if _has_picture(one)), found)
    return _closely(catalogue, fingerprint, found, closely, without)


def _closely(
    catalogue: Catalogue,
    fingerprint: Fingerprint,
    found: tuple[MeasuredMatch, ...],
    closely: Closely,
    without: str,
) -> tuple[MeasuredMatch, ...]:
    """Compare what would be a copy again, with frames of all of it; what was found stays found."""
    seen = (one.picture_span for one in found if one.unchanged)
    spans = [span for span in seen if span is not None]
    if not spans:
        return found
    more = closely(sorted(spans))
    again = () if more is fingerprint else catalogue.find(more, without=without)
    return again if _has_picture(again) or any(one.changes for one in again) else found


def _has_picture(found: Sequence[MeasuredMatch]) -> bool:
    return any(one.match.relation in ("copy", "excerpt") for one in found)
