"""Lays a file over the official footage that it matches, and says which faces were changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence, Reason, Span
from media_screen.weights.calibration import percent, shipped

if TYPE_CHECKING:
    from media_screen.footage.original.alteration import Alteration
    from media_screen.footage.original.comparison import ComparedFace, ComparedMatch, ComparedWindow

AS_ORIGINAL = "as_original"
REMADE = "remade"
# Share of the windows that could not be compared whole up to which the others vouch for a file: who
# lays something over the lips in every second one hides what was changed there.
MOST_HIDDEN = 0.25
LAID_OVER = 0.02  # share of the picture from which it is told that something lies over it
UNCLEAR, INCOMPLETE = "unclear", "incomplete"  # neither, and for want of what?
# How a kind of change is said; {more} is how many times the part differs as much as the rest of the
# same frames, {likeness} the cosine of both faces, {follows} how the mouth follows.
_SAID = {
    "mouth_changed": "the mouth is not the original's: it differs {more:.0f} times as much as the "
    "rest of the same frames{follows}",
    "eyes_changed": "the eyes are not the original's: they differ {more:.0f} times as much as the "
    "rest of the same frames",
    "face_exchanged": "the face is another one than in the original: their likeness is "
    "{likeness:.2f}, where copies have .9, and it differs {more:.0f} times as much as the rest of "
    "the same frames",
    "face_changed": "the face is not the original's: it differs {more:.0f} times as much as the "
    "rest of the same frames",
}


@dataclass(frozen=True, slots=True)
class _JudgedFace:
    """One face in one window of one match, and what its measures mean."""

    match: ComparedMatch
    window: ComparedWindow
    face: ComparedFace
    alteration: Alteration


class OriginalBeside:
    """Compares each face with the official footage that the file matches, at the same moments."""

    name = "original"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ("frames",)
    depends: tuple[Dependence, ...] = ("official", "fakes")

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each face of a window that was changed, and one for the file."""
        from media_screen.footage.original.alteration import is_open, judge, limits
        from media_screen.footage.original.comparison import is_comparable

        if not any(is_comparable(one) for one in case.matches):
            yield Abstention(self.name, *_without_picture(case))
            return
        compared = case.comparisons
        for beside in compared:
            lack = _lacking(beside, small=bool(case.look.small_faces))
            if lack is not None:
                yield Abstention(self.name, *lack)
        judged = [
            _JudgedFace(match, window, face, judge(face))
            for match in compared
            for window in match.windows
            for face in window.faces
            if is_open(face)
        ]
        bounds = limits()
        changed = [one for one in judged if one.alteration.llr >= bounds.changed]
        for one in changed:
            yield self._changed(one)
        if judged:
            strongest = max(judged, key=lambda one: one.alteration.llr)
            finding = REMADE if changed else UNCLEAR
            if strongest.alteration.llr <= bounds.same:
                finding = AS_ORIGINAL if all(map(_mostly_compared, compared)) else INCOMPLETE
            yield self._pooled(strongest, finding, judged, sum(map(_hidden, compared)))
        elif any(beside.identical for beside in compared):
            yield self._identical(next(beside for beside in compared if beside.identical))

    def _changed(self, one: _JudgedFace) -> Evidence:
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=one.alteration.score,
            llr=one.alteration.llr,
            finding=one.alteration.kind,
            person=one.match.found.match.person,
            span=one.window.span,
            track=one.face.track,
            why=_sentence(one),
            values=_values(one),
        )

    def _pooled(
        self, one: _JudgedFace, finding: str, judged: Sequence[_JudgedFace], hidden: int
    ) -> Evidence:
        name, count, llr = one.match.found.match.reference, len(judged), one.alteration.llr
        if finding == INCOMPLETE:
            llr = max(llr, 0.0)  # what was compared clears nothing of what was not
        views = "view" if count == 1 else "views"
        why = {
            REMADE: _sentence(one),
            AS_ORIGINAL: f"the faces are those of {name}: they differ no more than the rest of the "
            f"same frames ({count} {views} compared)",
            UNCLEAR: f"a face at {_span(one.window.span)} differs from {name} more than copies "
            f"mostly do, and less than changed faces do ({count} {views} compared)",
            INCOMPLETE: f"{count} {views} compared with {name} are the same, and too many faces "
            "could not be compared",
        }[finding]
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=one.alteration.score,
            llr=llr,
            finding=finding,
            person=one.match.found.match.person,
            why=why + (_more(hidden) if finding == AS_ORIGINAL else "") + _remark(one.match),
            values=_values(one) | {"views": count, "hidden_windows": hidden},
        )

    def _identical(self, one: ComparedMatch) -> Evidence:
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=0.0,
            llr=shipped(self.name).limits[0],
            finding=AS_ORIGINAL,
            person=one.found.match.person,
            why=f"the file is {one.found.match.reference}, byte for byte",
        )


def _without_picture(case: Case) -> tuple[Reason, str]:
    """Return why a file has nothing to compare: no face, or no official footage in its picture.

    Of official sound a plain picture shows no other face; a card shows what nobody vouches for.
    """
    faces = case.tracks or case.look.small_faces
    if case.matches and not faces and not len(case.fingerprint.times):
        return "no_face", "no face is seen in the file"
    return "not_applicable", "no enrolled official footage is seen in the file"


def _lacking(one: ComparedMatch, *, small: bool) -> tuple[Reason, str] | None:
    """Return why a match could not be compared, None where some of it was.

    `small` says whether there are faces that are too small to follow.
    """
    from media_screen.footage.original.alteration import is_open

    name = one.found.match.reference
    if one.identical or any(is_open(face) for window in one.windows for face in window.faces):
        return None
    if one.lacking is not None:
        return one.lacking
    faces = [face for window in one.windows for face in window.faces]
    if faces:
        return "low_quality", f"too much lies over the faces of {name} to compare them"
    laid = [window for window in one.windows if window.score is not None]
    if not laid:
        return "low_quality", f"its pictures and those of {name} could not be laid over one another"
    left_out = any(window.left_out for window in one.windows)
    if one.seen or small or left_out:
        return "face_too_small", f"the faces are too small, or too short in view, beside {name}"
    return "no_face", f"no face is seen where the file shows {name}"


def _mostly_compared(one: ComparedMatch) -> bool:
    """Tell whether in nearly all windows of a match in which faces are seen all were compared."""
    with_faces = sum(bool(window.faces) and not _is_hidden(window) for window in one.windows)
    return _hidden(one) <= MOST_HIDDEN * (with_faces + _hidden(one))


def _hidden(one: ComparedMatch) -> int:
    """Return in how many windows of a match some face could not be compared."""
    return sum(map(_is_hidden, one.windows))


def _is_hidden(window: ComparedWindow) -> bool:
    from media_screen.footage.original.alteration import is_open

    return window.score is None or window.left_out > 0 or not all(map(is_open, window.faces))


def _sentence(one: _JudgedFace) -> str:
    """Return what was changed, when, and by how much."""
    mouth = one.face.curves["mouth_open"]
    follows = ""
    if mouth.agreement < 0.5:
        follows = f", and does not open when that does (agreement {mouth.agreement:.1f})"
    said = _SAID[one.alteration.kind].format(
        more=_times(one), likeness=one.face.likeness, follows=follows
    )
    there = one.match.there(one.window.span)
    return (
        f"at {_span(one.window.span)} ({_span(there)} of {one.match.found.match.reference}) {said}"
    )


def _more(hidden: int) -> str:
    """Say in how many more windows of a file that is vouched for faces could not be compared."""
    if not hidden:
        return ""
    windows = "window" if hidden == 1 else "windows"
    return f"; in {hidden} more {windows} not all faces could be compared"


def _remark(match: ComparedMatch) -> str:
    """Say what was laid over the picture and left out, "" for next to nothing."""
    shares = [window.over for window in match.windows if window.score is not None]
    over = sum(shares) / max(1, len(shares))
    if over < LAID_OVER:
        return ""
    return f"; captions or boxes lie over {percent(over)} of the picture, which was left out"


def _times(one: _JudgedFace) -> float:
    """Return how many times the part that differs most differs as much as the rest."""
    parts = [part.excess[1] for part in one.face.residuals.values()]
    return math.exp(max(part for part in parts if not math.isnan(part)))


def _span(span: Span) -> str:
    return f"{span.start:.1f} to {span.end:.1f} s"


def _values(one: _JudgedFace) -> dict[str, float]:
    face, window = one.face, one.window
    values = {f"{name}_excess": part.excess[1] for name, part in face.residuals.items()}
    values |= {f"{name}_open": part.open for name, part in face.residuals.items()}
    values |= {f"{name}_agreement": curve.agreement for name, curve in face.curves.items()}
    values |= {
        "likeness": face.likeness,
        "displaced": face.displaced,
        "lips_displaced": face.lips_displaced,
        "width_px": face.width_px,
        "overlay": window.score or 0.0,
        "late_s": window.late_s,
        "over": window.over,
    }
    return {name: float(value) for name, value in values.items() if not math.isnan(value)}
