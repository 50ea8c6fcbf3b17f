"""What a file page shows, worked out from a verdict; the template only lays it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from media_screen.evidence import Abstention, Evidence, MediaStream, TrackSummary, Verdict
from media_screen.report.beside import BesideView, beside_views
from media_screen.report.detector_lines import DetectorLine, detector_lines
from media_screen.report.listening import ListeningView, listening_views
from media_screen.report.media_links import NO_LINKS, FileLinks
from media_screen.report.offsets import OffsetCurve, offset_curves
from media_screen.report.timeline import TimelineView, build_timeline
from media_screen.results import text, words
from media_screen.results.grounds import Ground, ground
from media_screen.results.matched import Matched, matched
from media_screen.results.moments import MomentToSee, moments
from media_screen.results.scale import Weighing, bounds_sentence, fusion_sentence, weighings
from media_screen.results.thumbs import Picture
from media_screen.weights.calibration import percent

FIRST = 24  # pieces of evidence, tracks or pictures shown before the rest folds away
THUMB_HEIGHT = 108  # px
MOST = 500  # and beyond this many the page refers to the record


@dataclass(frozen=True, slots=True)
class Folded:
    """A long list: what is shown, what is folded away, and how many only the record holds."""

    first: tuple[object, ...]
    rest: tuple[object, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Group:
    """The evidence of one axis."""

    name: str
    note: str
    llr: float | None
    pieces: Folded


@dataclass(frozen=True, slots=True)
class TrackView:
    """One face track: its numbers, its pictures, and the strongest finding of each detector."""

    track: int
    summary: TrackSummary | None
    pictures: tuple[Picture, ...]
    strongest: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A frame of the file and the frame of the matched footage that belongs beside it."""

    here: Picture
    there: Picture


@dataclass(frozen=True, slots=True)
class FileView:
    """Everything the template of a file page needs beside the verdict itself."""

    name: str
    person: str  # whom the label concerns, by name; "" for nobody
    sentence: str
    ground: Ground | None  # what decided in place of the ratio of manipulation
    moments: tuple[MomentToSee, ...]
    lines: tuple[DetectorLine, ...]
    media: str  # where the file itself lies, as a link; "" where it is not there
    player: str  # "video" or "audio" where a browser may play it, else ""
    explicit: bool
    weighings: list[Weighing]
    bounds: str
    fusion: str  # what each detector adds, "" when the result does not tell
    timeline: TimelineView | None
    curves: tuple[OffsetCurve, ...]
    matched: Matched | None  # what of the match is the original's
    beside: tuple[BesideView, ...]  # faces beside the original
    listening: tuple[ListeningView, ...]  # moments of speech beside recordings of people
    pairs: tuple[Pair, ...]
    mirrored: bool  # the copy is, against the matched footage
    named: Folded
    frames: Folded
    tracks: Folded
    groups: list[Group]
    limits: list[str]
    facts: list[tuple[str, str]]
    covered: list[tuple[str, str]]  # how much of picture and sound was looked at
    unjudged: list[Abstention]  # but for what a whole batch lacks, which its page says once
    tracks_unjudged: list[str]  # of the container, in words
    link: str | None
    thumb_width: int  # px at `THUMB_HEIGHT`; 0 when the shape of the frames is not known


def file_view(
    verdict: Verdict, pictures: tuple[Picture, ...], *, links: FileLinks = NO_LINKS
) -> FileView:
    """Work out what the page of a file shows; `links` lead to the file itself and to recordings."""
    shape = verdict.media.width / verdict.media.height if _shaped(verdict) else 0.0
    own = tuple(picture for picture in pictures if picture.reference_s is None)
    frames = tuple(picture for picture in own if picture.track is None)
    player = _player(verdict) if links.media else ""
    return FileView(
        name=text.file_name(verdict.media.path),
        person=verdict.name_of(verdict.person),
        sentence=verdict.summary or words.label_words(verdict.label).meaning,
        ground=ground(verdict),
        moments=moments(verdict, pictures),
        lines=detector_lines(verdict),
        media=links.media,
        player=player,
        explicit="explicit" in verdict.flags,
        weighings=weighings(verdict),
        bounds=bounds_sentence(verdict.probability_bounds),
        fusion=fusion_sentence(verdict.fusion),
        timeline=build_timeline(verdict, frames),
        curves=offset_curves(verdict),
        matched=matched(verdict),
        beside=beside_views(verdict, pictures),
        listening=listening_views(
            verdict,
            links.media if player else "",
            recording=links.recording,
            handed_on=links.handed_on,
        ),
        pairs=_pairs(frames, pictures),
        mirrored=any(piece.match and piece.values.get("mirrored") for piece in verdict.evidence),
        named=fold(verdict.context.names),
        frames=fold(frames),
        tracks=fold(_tracks(verdict, own)),
        groups=_groups(verdict),
        limits=_limits(verdict),
        facts=_facts(verdict),
        covered=_covered(verdict),
        unjudged=_unjudged(verdict),
        tracks_unjudged=[_stream(one) for one in verdict.media.streams if _left(one)],
        link=text.safe_link(verdict.post.url) if verdict.post else None,
        thumb_width=round(THUMB_HEIGHT * min(shape, 4.0)),
    )


def fold(items: Iterable[object]) -> Folded:
    """Split a list into what is shown at once, what folds away, and what is left out."""
    everything = tuple(items)
    return Folded(everything[:FIRST], everything[FIRST:MOST], max(0, len(everything) - MOST))


def _pairs(frames: Sequence[Picture], pictures: Sequence[Picture]) -> tuple[Pair, ...]:
    here = {picture.time_s: picture for picture in frames}
    there = [
        picture for picture in pictures if picture.reference_s is not None and not picture.part
    ]
    return tuple(Pair(here[each.time_s], each) for each in there if each.time_s in here)


def _tracks(verdict: Verdict, pictures: tuple[Picture, ...]) -> list[TrackView]:
    summaries = {summary.track: summary for summary in verdict.tracks}
    # Pictures of a track without a summary are shown all the same.
    numbers = list(summaries) + sorted({p.track for p in pictures if p.track is not None})
    return [
        TrackView(
            track,
            summaries.get(track),
            tuple(picture for picture in pictures if picture.track == track),
            _strongest(verdict, track),
        )
        for track in dict.fromkeys(numbers)
    ]


def _strongest(verdict: Verdict, track: int) -> tuple[Evidence, ...]:
    best: dict[str, Evidence] = {}
    for piece in verdict.evidence:
        if piece.track == track:
            held = best.get(piece.detector)
            if held is None or abs(piece.llr) > abs(held.llr):
                best[piece.detector] = piece
    return tuple(best.values())


def _groups(verdict: Verdict) -> list[Group]:
    groups = []
    for axis, (name, note) in words.AXES.items():
        pieces = sorted((piece for piece in verdict.evidence if piece.axis == axis), key=_weight)
        if pieces:
            groups.append(Group(name, note, verdict.llr.get(axis), fold(pieces)))
    return groups


def _weight(piece: Evidence) -> tuple[bool, float, str, float]:
    # What speaks for the whole file comes before its windows and tracks.
    whole = piece.span is None and piece.track is None
    start = piece.span.start if piece.span else -1.0
    return not whole, -piece.llr, piece.detector, start


def _limits(verdict: Verdict) -> list[str]:
    """Say how far this result goes, from what its record holds and lacks."""
    limits = ["It ranks the file for review and proves nothing; no label means authentic."]
    if "manipulation" not in verdict.llr:
        limits.append(
            "Nothing calibrated spoke about manipulation, so a forgery that reuses no known "
            "footage and declares nothing can have passed unnoticed."
        )
    if verdict.media.kind == "video":
        limits.append(
            "Pictures were sampled: key frames, frames after cuts and short windows. What shows "
            "only between them was not seen."
        )
    if verdict.tracks:
        limits.append(
            "Faces are compared with enrolled people only. Errors are more frequent for small, "
            "turned or covered faces, and differ between groups of people."
        )
    if verdict.provenance.match is None:
        limits.append(
            "Footage can be matched only when its original is enrolled; no match says nothing "
            "about footage that is not."
        )
    unanswered = len(_unjudged(verdict)) + len(verdict.failures)
    if unanswered:
        checks = "1 check" if unanswered == 1 else f"{unanswered} checks"
        limits.append(f"No answer came from {checks}: see \u201cWhat could not be judged\u201d.")
    return limits


def _facts(verdict: Verdict) -> list[tuple[str, str]]:
    media = verdict.media
    facts = [
        ("Path", media.path),
        ("SHA-256", media.sha256 or "not computed"),
        ("Kind", media.kind),
        ("Size", text.size(media.size_bytes) if media.size_bytes else ""),
        ("Duration", text.clock(media.duration_s) if media.duration_s else ""),
        ("Picture", f"{media.width} \u00d7 {media.height} px" if _shaped(verdict) else ""),
        ("Frame rate", f"{round(media.fps, 2):g} frames/s" if media.fps else ""),
        ("Container", media.container),
        ("Video codec", media.video_codec),
        ("Audio codec", media.audio_codec),
        ("Post data from", media.sidecar),
        ("Device", verdict.device),
    ]
    return [(name, value) for name, value in facts if value]


def _unjudged(verdict: Verdict) -> list[Abstention]:
    return [one for one in verdict.abstentions if one.reason != "missing_package"]


def _covered(verdict: Verdict) -> list[tuple[str, str]]:
    coverage = verdict.coverage
    shares = (("Picture looked at", coverage.picture), ("Sound listened to", coverage.sound))
    return [(name, percent(share)) for name, share in shares if share is not None]


def _left(stream: MediaStream) -> bool:
    """Tell whether a track that could hold a picture or a voice was not judged."""
    return stream.kind != "other" and not stream.judged


def _stream(stream: MediaStream) -> str:
    names = (stream.codec, stream.language, f"\u201c{stream.title}\u201d" if stream.title else "")
    kind = {"video": "picture", "audio": "sound"}.get(stream.kind, stream.kind)
    shown = ", played by default" if stream.default else ""
    return f"{kind} track {stream.index}: {', '.join(filter(None, names)) or 'no codec'}{shown}"


def _player(verdict: Verdict) -> str:
    """Return what plays the file in a page; sexual content is not played in one."""
    kind = verdict.media.kind
    return kind if kind in ("video", "audio") and "explicit" not in verdict.flags else ""


def _shaped(verdict: Verdict) -> bool:
    return verdict.media.width > 0 and verdict.media.height > 0
