"""Compares a match with its original in a few windows, face by face.

Windows are taken where faces are seen, spread over the match. Each face in each window gives its
measures; what they mean is said in `alteration`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from media_screen.arrays import Floats, Image
from media_screen.evidence import Reason, Span
from media_screen.evidence.pieces import LONGEST_ERROR
from media_screen.faces.align import CROP_SIDE, REFERENCE, face_px, similarity
from media_screen.faces.embed import FaceEmbedder
from media_screen.faces.mesh import MeshNet
from media_screen.faces.track import Face, Track
from media_screen.footage.catalogue import MeasuredMatch
from media_screen.footage.original.movement import INNER_LIPS, PartMovement, curves, displaced
from media_screen.footage.original.overlay import Overlay
from media_screen.footage.original.pairs import LEAST_SCORE, FramePair, PairedWindow, pair_window
from media_screen.footage.original.residual import Region, Residual, residuals
from media_screen.footage.original.sight import Moment, moment
from media_screen.media import Media, MediaError

WINDOW_S = 2.0  # a few syllables, and as much as two passes decode in a quarter of a second
EVERY_S = 15.0  # of a match there is one window, two at least
LEAST_WINDOWS, MOST_WINDOWS, MOST_THOROUGH = 2, 8, 40
LEAST_FACE_PX = 28.0  # width of a face in the smaller picture; less tells nothing
MOST_FACES = 3  # of a window, the widest
BYSTANDER = 0.5  # of the widest face's width, under which a face is none that the footage is about
LEAST_SEEN = 3  # pairs in which a face must be seen
# By how much the score of a window lies below another's from which the place of that is tried.
WORSE = 0.05
EMBEDDED = 4  # pairs of a face whose identity is compared


@dataclass(frozen=True, eq=False)
class ComparedFace:
    """One face in one window: what was measured between file and original.

    `width_px` is its width in the smaller of both pictures, `laid` how well the rest of the
    pictures lies over one another (the score of `Overlay`). `likeness` is the cosine of the
    embeddings of both sides at the same moments, `displaced` and `lips_displaced` how far the
    points of its mesh and of its lips lie apart, as shares of its width. `curves` are by name, at
    `times_s` of the file.
    """

    track: int
    width_px: float
    laid: float
    residuals: dict[Region, Residual]
    likeness: float
    displaced: float
    lips_displaced: float
    times_s: tuple[float, ...]
    curves: dict[str, PartMovement]
    moments: tuple[Moment, ...]  # where it differs most, and where least


@dataclass(frozen=True, eq=False)
class ComparedWindow:
    """One window of a match with its faces.

    `score` is how well the rest of the pictures lies over one another (see `Overlay`), None where
    nothing could be laid over; `late_s` is by how much the file comes later than the match says.
    `left_out` faces were seen and not compared: too small, too many, beside the original's picture,
    or seen too shortly to follow. `over` is the share of the file's picture that was laid over:
    captions, headlines, boxes.
    """

    span: Span
    score: float | None
    late_s: float
    faces: tuple[ComparedFace, ...]
    left_out: int = 0
    over: float = 0.0


@dataclass(frozen=True, eq=False)
class ComparedMatch:
    """A match with its compared windows; `seen` says whether faces are in view in it at all.

    `identical` files need no comparison; `lacking` is why there could be none: code and sentence.
    """

    found: MeasuredMatch
    windows: tuple[ComparedWindow, ...] = ()
    seen: bool = True
    identical: bool = False
    lacking: tuple[Reason, str] | None = None

    def there(self, span: Span) -> Span:
        """Return where a stretch of the file lies in the original."""
        start, end = self.found.mapping(np.array([span.start, span.end]))
        return Span(max(0.0, float(start)), max(0.0, float(end)))


class Comparer:
    """Holds the networks that a comparison needs."""

    def __init__(self, mesh: MeshNet, embedder: FaceEmbedder) -> None:
        self._mesh, self._embedder = mesh, embedder

    def compare_all(
        self,
        media: Media,
        found: Sequence[MeasuredMatch],
        tracks: Sequence[Track],
        *,
        sha256: str,
        path: Callable[[str], Path | None],
        thorough: bool = False,
    ) -> tuple[ComparedMatch, ...]:
        """Compare a file with all official footage that its picture matches.

        `sha256` is the file's content; `path` says for the content of a reference where there is
        something to read it from. What can't be read is told in the result.
        """
        official = [one for one in found if is_comparable(one)]
        shares = _shares(official, MOST_THOROUGH if thorough else MOST_WINDOWS)
        result = []
        for one, most in zip(official, shares, strict=True):
            if one.sha256 == sha256:
                result.append(ComparedMatch(one, identical=True))
            else:
                result.append(self._compared(media, one, tracks, path(one.sha256), most))
        return tuple(result)

    def _compared(
        self,
        media: Media,
        match: MeasuredMatch,
        tracks: Sequence[Track],
        path: Path | None,
        most: int,
    ) -> ComparedMatch:
        name = match.match.reference
        if path is None:
            why = f"only a fingerprint of {name} is kept: enroll again, and copies are compared"
            return ComparedMatch(match, lacking=("no_reference", why))
        try:
            with Media.open(path, shown=name) as original:
                windows = tuple(self.compare(media, original, match, tracks, most=most))
        except MediaError as error:
            if error.reason == "changed":  # the file that is screened: it is screened again
                raise
            return ComparedMatch(match, lacking=(error.reason, f"{name}: {error}"[:LONGEST_ERROR]))
        span = match.match.query_span
        seen = any(span.start <= face.time_s < span.end for track in tracks for face in track.faces)
        return ComparedMatch(match, windows, seen)

    def compare(
        self,
        media: Media,
        original: Media,
        match: MeasuredMatch,
        tracks: Sequence[Track],
        *,
        most: int = MOST_WINDOWS,
    ) -> Iterator[ComparedWindow]:
        """Give the windows of a match that were compared, in order of time.

        Raises MediaError when one of the files can't be read.
        """
        if match.picture_span is not None:
            spans = windows(match.picture_span, tracks, most=most)
            yield from self.compare_in(spans, media, original, match, tracks)

    def compare_in(
        self,
        spans: Sequence[Span],
        media: Media,
        original: Media,
        match: MeasuredMatch,
        tracks: Sequence[Track],
        *,
        least_score: float = LEAST_SCORE,
    ) -> Iterator[ComparedWindow]:
        """Give these stretches of a match, compared.

        Raises MediaError when one of the files can't be read.
        """
        compare = partial(
            self._window, media, original, match, tracks=tracks, least_score=least_score
        )
        tried: list[tuple[ComparedWindow, Overlay | None]] = []
        best: Overlay | None = None
        for span in spans:
            window, place = compare(span, known=best)
            tried.append((window, best))
            best = max((one for one in (best, place) if one), key=_score, default=None)
        for window, known in tried:  # what lay badly may lie as a later window does
            if best is not None and best is not known and _score(window) < best.score - WORSE:
                again, _ = compare(window.span, known=best, there_only=True)
                window = max((window, again), key=_score)
            yield window

    def _window(
        self,
        media: Media,
        original: Media,
        match: MeasuredMatch,
        span: Span,
        *,
        tracks: Sequence[Track],
        least_score: float,
        known: Overlay | None,
        there_only: bool = False,
    ) -> tuple[ComparedWindow, Overlay | None]:
        """Return one window, compared, and its overlay; `known` is that of another window."""
        paired = pair_window(
            media,
            original,
            span,
            match.mapping,
            tracks,
            mirrored=match.mirrored,
            least_score=least_score,
            known_place=None if known is None else known.matrix,
            there_only=there_only,
        )
        if paired is None:
            return ComparedWindow(span, None, 0.0, ()), None
        seen = _widths(paired)
        chosen = _compared(seen)
        faces = tuple(self._face(paired, track, width) for track, width in chosen)
        left_out = _left_out(seen, len(chosen)) + _beside(paired, chosen)
        if not seen:  # but for a moment, and nobody knows where they are before and after
            left_out = left_out or sum(bool(_within(track, span)) for track in tracks)
        place = paired.overlay
        window = ComparedWindow(span, place.score, paired.late_s, faces, left_out, place.over)
        return window, place

    def _face(self, window: PairedWindow, track: int, width: float) -> ComparedFace:
        pairs = [pair for pair in window.pairs if track in pair.faces]
        crops = [_crops(pair, track) for pair in pairs]
        mine = self._mesh.find(np.stack([file for file, _ in crops])).points
        theirs = self._mesh.find(np.stack([known for _, known in crops])).points
        differs = dict(residuals(window, track))
        return ComparedFace(
            track=track,
            width_px=width,
            laid=window.overlay.score,
            residuals=differs,
            likeness=self._likeness(crops),
            displaced=displaced(mine, theirs),
            lips_displaced=displaced(mine, theirs, INNER_LIPS),
            times_s=tuple(pair.time_s for pair in pairs),
            curves=dict(curves(mine, theirs)),
            moments=tuple(_moments(pairs, track, differs)),
        )

    def _likeness(self, crops: Sequence[tuple[Image, Image]]) -> float:
        rows = np.linspace(0, len(crops) - 1, min(EMBEDDED, len(crops))).round().astype(int)
        some = [crops[row] for row in rows]
        found = self._embedder.embed([*(one for one, _ in some), *(other for _, other in some)])
        mine, theirs = np.split(np.asarray(found, np.float32), 2)
        lengths = np.linalg.norm(mine, axis=1) * np.linalg.norm(theirs, axis=1)
        cosines: Floats = (mine * theirs).sum(axis=1) / np.maximum(lengths, 1e-9)
        return float(np.median(cosines))


def is_comparable(found: MeasuredMatch) -> bool:
    """Tell whether a match is one of the picture with official footage."""
    return found.picture_span is not None and found.match.relation != "known_fake"


def _shares(official: Sequence[MeasuredMatch], most: int) -> list[int]:
    """Return how many windows each match gets: by its length, and so many at least as one needs.

    Else whoever puts short pieces of other footage behind a long one leaves that uncompared.
    """
    lengths = [0.0 if one.picture_span is None else one.picture_span.duration for one in official]
    whole = max(sum(lengths), 1e-6)
    return [max(LEAST_WINDOWS, round(most * length / whole)) for length in lengths]


def windows(span: Span, tracks: Sequence[Track], *, most: int = MOST_WINDOWS) -> list[Span]:
    """Return where to compare: windows spread over a match, where the widest faces are seen.

    Of several people who are seen about as large each has windows of their own.
    """
    count = int(np.ceil(span.duration / EVERY_S))
    count = min(max(count, LEAST_WINDOWS), most)
    if span.duration <= count * WINDOW_S:
        count = max(1, int(span.duration // WINDOW_S))
        edges = np.linspace(span.start, span.end, count + 1)
        return [Span(a, b) for a, b in pairwise(edges.tolist())]
    edges = np.linspace(span.start, span.end, count + 1)
    chosen: Counter[int] = Counter()
    return [
        _around(_best_view(tracks, Span(a, b), chosen), Span(a, b))
        for a, b in pairwise(edges.tolist())
    ]


def _best_view(tracks: Sequence[Track], span: Span, chosen: Counter[int]) -> float:
    """Return when a face of a stretch is seen best, by default its middle.

    It is that of the track that was chosen least so far, and `chosen` counts it: always the widest
    would leave a guest uncompared whose host is seen a little larger.
    """
    views = {track.id: _within(track, span) for track in tracks}
    sizes = {number: max(map(_size, faces)) for number, faces in views.items() if faces}
    if not sizes:
        return (span.start + span.end) / 2
    least = BYSTANDER * max(sizes.values())
    large = sorted(
        (number for number in sizes if sizes[number] >= least), key=lambda number: -sizes[number]
    )
    fewest = min(chosen[number] for number in large)
    equal = [number for number in large if chosen[number] == fewest]
    number = equal[chosen.total() % len(equal)]  # in turns: after a cut all tracks may be new
    chosen[number] += 1
    good = [face.time_s for face in views[number] if _size(face) >= 0.8 * sizes[number]]
    return good[len(good) // 2]


def _within(track: Track, span: Span) -> list[Face]:
    return [face for face in track.faces if span.start <= face.time_s < span.end]


def _size(face: Face) -> float:
    return face.quality.size_px


def _around(time_s: float, room: Span) -> Span:
    start = min(max(room.start, time_s - WINDOW_S / 2), max(room.start, room.end - WINDOW_S))
    return Span(start, min(room.end, start + WINDOW_S))


def _score(place: ComparedWindow | Overlay) -> float:
    return -1.0 if place.score is None else place.score


def _widths(window: PairedWindow) -> list[tuple[int, float]]:
    """Return the tracks of a window that are seen often enough, with their widths, widest first."""
    seen: dict[int, list[float]] = {}
    for pair in window.pairs:
        for track, points in pair.faces.items():
            seen.setdefault(track, []).append(face_px(points))
    enlarged = max(1.0, window.overlay.scale)
    widths = [
        (track, float(np.median(values)) / enlarged)
        for track, values in seen.items()
        if len(values) >= LEAST_SEEN
    ]
    return sorted(widths, key=lambda one: -one[1])


def _compared(seen: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    return [one for one in seen if one[1] >= LEAST_FACE_PX][:MOST_FACES]


def _left_out(seen: Sequence[tuple[int, float]], compared: int) -> int:
    """Count the faces that were not compared and are no bystanders beside a much wider one."""
    return sum(width >= BYSTANDER * seen[0][1] for _, width in seen[compared:])


def _beside(window: PairedWindow, compared: Sequence[tuple[int, float]]) -> int:
    """Count the faces that stand beside an inset, where no original is, and are no bystanders."""
    least = BYSTANDER * compared[0][1] * max(1.0, window.overlay.scale) if compared else 0.0
    widths: dict[int, list[float]] = {}
    for pair in window.pairs:
        for track, width in pair.beside.items():
            widths.setdefault(track, []).append(width)
    often = [found for found in widths.values() if len(found) >= LEAST_SEEN]
    return sum(float(np.median(found)) >= least for found in often)


def _moments(
    pairs: Sequence[FramePair], track: int, differs: Mapping[Region, Residual]
) -> Iterator[Moment]:
    """Give the moments at which a face differs most and least, in that order."""
    excess = np.max([np.nan_to_num(one.frames, nan=-np.inf) for one in differs.values()], axis=0)
    for row in (int(np.argmax(excess)), int(np.argmin(excess))):
        if np.isfinite(excess[row]):
            yield moment(pairs[row], track, float(excess[row]))


def _crops(pair: FramePair, track: int) -> tuple[Image, Image]:
    """Return the upright crops of one face in file and original, both cut alike."""
    import cv2

    matrix = similarity(pair.faces[track], REFERENCE)
    side = (CROP_SIDE, CROP_SIDE)
    mine, theirs = (
        np.asarray(cv2.warpAffine(image, matrix, side, flags=cv2.INTER_LINEAR), np.uint8)
        for image in (pair.picture, pair.original)
    )
    return mine, theirs
