"""Looks over the pictures of a file once: shots, face tracks and thumbnails from one decode.

First the key frames (about ten times cheaper than decoding all), then a few dense windows where
faces were seen, so that tracks have the short steps that consistency and lip movement need. The
cost follows the number of distinct shots, not the length of the file. A file that is no longer
than the windows together is decoded once, and looked at densely from end to end.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from media_screen.arrays import Array, Image
from media_screen.evidence import Span, Thumbnail, joined
from media_screen.faces.align import align, measure_quality
from media_screen.faces.detect import Detection, FaceDetector
from media_screen.faces.embed import FaceEmbedder
from media_screen.faces.search import CloseSearch
from media_screen.faces.sparing import embed_sparingly
from media_screen.faces.track import Face, FaceView, Track, Tracker, evenly
from media_screen.faces.upright import stand_upright, turns_to_upright
from media_screen.media.convert import scaled_down
from media_screen.media.coverage import covered

if TYPE_CHECKING:
    from media_screen.media import Frame, Media
    from media_screen.media.index import Timeline


# Frames held and searched together: 50 MB at 1920 px, and what a GPU's detector takes at once.
BATCH = {"cpu": 8, "cuda": 16}
MIN_FACE = 28.0  # px wide; below, the embedding of a face says little about whose it is
# Largest faces kept of one frame of a video, where a crowd would fill memory, and of a picture.
MAX_FACES, MAX_FACES_STILL = 6, 40
PROBED = 4  # stills that are searched turned, when no face in the file surely stands upright
WINDOW = 5.0  # s, length of a dense window: the span that synchrony and flicker are measured over
WINDOW_FPS = 5.0  # frames a second in it: steps of .2 s, in which a head moves less than its width
# Share of a window that may lie before the moment for which it was chosen.
LATEST = 0.75
WINDOWS = 4  # dense windows of a file; more add little once each shot was seen
WINDOWS_THOROUGH = 24  # with --thorough
SURVEYED = 240  # frames of a survey that are searched for faces at most, besides those after cuts
SURVEYED_THOROUGH = 1200
# Frames after a cut that are searched besides those, at most, as shares of their number: half as
# many, spread over the file, since a flicker film has thousands; and half of that may come before
# their time, so that a trailer is seen whole.
CUTS_SURVEYED, CUTS_AT_ONCE = 0.5, 0.25
# Mean difference of hue, saturation and value (0 to 255) between two shots. Measured on 90 clips:
# 98% of pairs of pictures of different clips lie above, 99.5% of pictures .2 s apart in one below.
CUT = 30.0
STILLS = 6  # frames kept for reading what is burnt into them
_STILL_SIDE = 960  # px; a handle in a corner is still 10 px high there, which can be read
THUMBNAILS = 8  # whole frames kept for the report
_THUMB_SIDE = 240  # px
_FACE_SIDE = 128  # px
_JPEG_QUALITY = 80

OnFrame = Callable[[float, Image], None]  # when it is shown, s, and `Frame.small`
OnTurn = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look over the pictures found; times in seconds."""

    shots: tuple[Span, ...]
    tracks: tuple[Track, ...]
    frames: int  # pictures that were searched for faces
    small_faces: int  # faces left out because they are narrower than MIN_FACE
    further_faces: int = 0  # most faces of one frame left out because larger ones were enough
    turns: int = 0  # quarter turns counterclockwise after which faces stood upright
    covered: float = 1.0  # share of the time of the pictures that was looked at, 0 to 1
    windows: tuple[Span, ...] = ()  # where frames were taken densely
    thumbnails: tuple[Thumbnail, ...] = ()
    stills: tuple[tuple[float, Image], ...] = ()  # (time, RGB of at most 960 px), spread in time


@dataclass(slots=True)
class _Seen:
    """One searched frame: its tiny picture for shot cuts, its faces, its thumbnail."""

    time_s: float
    tiny: Image
    view: int = 0  # of a transparent picture, which is seen over white and over black
    views: tuple[FaceView, ...] = ()
    thumbnail: bytes = b""  # of some of them


@dataclass(slots=True)
class _Notes:
    seen: list[_Seen] = field(default_factory=list)
    small_faces: int = 0
    further_faces: int = 0
    most_faces: int = MAX_FACES
    stills: list[tuple[float, Image]] = field(default_factory=list)
    every: float = 0.0  # s between stills that are kept
    pictured_every: float = 0.0  # s between thumbnails
    dense: bool = False  # whether all of the file was looked at densely
    looked: list[Span] = field(default_factory=list)  # when each decoded frame was shown

    @classmethod
    def of(cls, media: Media) -> _Notes:
        """Begin notes on a file: of a picture more faces are kept, of a film what is spread."""
        most_faces = MAX_FACES_STILL if media.info.kind == "image" else MAX_FACES
        end_s = media.pictures.end_s
        every, pictured_every = end_s / (2 * STILLS), end_s / (4 * THUMBNAILS)
        return cls(most_faces=most_faces, every=every, pictured_every=pictured_every)

    def looking(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Pass frames on, noting when they were shown: those of a survey are all looked at.

        A shot is searched for faces a few times, and every frame is compared with the one before.
        """
        for frame in frames:
            self.looked.append(Span(frame.time_s, frame.time_s + max(0.0, frame.shown_s)))
            yield frame

    def large(self, detections: Sequence[Detection]) -> list[Detection]:
        """Return the largest faces of a frame, and count those that are left out."""
        large = [one for one in detections if one.box[2] - one.box[0] >= MIN_FACE]
        self.small_faces += len(detections) - len(large)
        large.sort(key=lambda one: one.box[0] - one.box[2])
        self.further_faces = max(self.further_faces, len(large) - self.most_faces)
        return large[: self.most_faces]

    def keep_still(self, frame: Frame) -> None:
        """Keep a frame unless one close to it is kept; with too many, keep every second."""
        if any(abs(frame.time_s - time_s) < self.every for time_s, _ in self.stills):
            return
        still = frame.time_s, scaled_down(frame.image, _STILL_SIDE)
        insort(self.stills, still, key=lambda one: one[0])
        if len(self.stills) > 2 * STILLS:
            self.stills = self.stills[::2]
            self.every = 2 * (self.stills[1][0] - self.stills[0][0]) * 0.75


class Looker:
    """Holds the face networks of a process and looks over files with them."""

    def __init__(self, device: str = "cpu") -> None:
        self._detector = FaceDetector.load(device)
        self._embedder = FaceEmbedder.load(device)
        self._batch = BATCH[device]

    @property
    def embedder(self) -> FaceEmbedder:
        """The network that tells people apart."""
        return self._embedder

    def look(
        self,
        media: Media,
        *,
        thorough: bool = False,
        on_frame: OnFrame | None = None,
        on_turn: OnTurn | None = None,
    ) -> Look:
        """Look over a video or picture; `on_frame` is given every frame that is searched, small.

        When faces stand upright only in turned pictures, `media` is turned and all is looked at
        again; `on_turn` is called before that, for what was given until then no longer counts.
        Raises MediaError when not one picture can be decoded.
        """
        notes = self._first(media, thorough, on_frame)
        turns = 0
        if not any(stand_upright(one.views) for one in notes.seen):
            stills = [image for _, image in evenly(notes.stills, PROBED)]
            turns = turns_to_upright(self._detector, stills)
        if turns:
            media.turns = (media.turns + turns) % 4
            if on_turn is not None:
                on_turn()
            notes = self._first(media, thorough, on_frame)
        if notes.dense:
            windows = _windows(notes.seen, media, thorough, faceless=on_frame is not None)
        else:
            windows = self._look_closer(media, notes, thorough, on_frame)
        whole = Span(media.pictures.start_s, media.pictures.end_s)
        share = covered(notes.looked, media.missed, whole)
        look = self._finish(notes, windows, media.info.duration_s)
        return replace(look, turns=media.turns, covered=share)

    def _first(self, media: Media, thorough: bool, on_frame: OnFrame | None) -> _Notes:
        """Look at a short film densely, at anything else in a survey."""
        if media.info.kind == "video" and 0.0 < media.info.duration_s <= _dense_s(thorough):
            notes = _Notes.of(media)
            notes.dense = True
            frames = media.window(Span(0.0, media.info.duration_s), fps=WINDOW_FPS)
            self._read(_with_stills(notes.looking(frames), notes), notes, on_frame, close=True)
            if notes.seen:
                return notes
        return self._survey(media, thorough, on_frame)

    def _survey(self, media: Media, thorough: bool, on_frame: OnFrame | None) -> _Notes:
        notes = _Notes.of(media)
        most = SURVEYED_THOROUGH if thorough else SURVEYED
        duration_s = media.pictures.end_s  # not of the file: hours of sound would hide the pictures
        step = max(0.5, duration_s / most)
        frames = _spaced(
            notes.looking(media.survey(chances=False)), step, most=most, duration_s=duration_s
        )
        self._read(_with_stills(frames, notes), notes, on_frame)
        return notes

    def _look_closer(
        self, media: Media, notes: _Notes, thorough: bool, on_frame: OnFrame | None
    ) -> tuple[Span, ...]:
        """Look at moments by chance and densely at windows, and return these.

        Chance is for what is outside of windows: they are chosen first, where a face was seen.
        """
        windows = _windows(notes.seen, media, thorough, faceless=False)
        frames = notes.looking(media.by_chance(without=windows))
        self._read(_with_stills(frames, notes), notes, on_frame)
        if not windows:  # copies of faceless footage are found by its movement
            windows = _windows(notes.seen, media, thorough, faceless=on_frame is not None)
        for window in windows:
            dense = notes.looking(media.window(window, fps=WINDOW_FPS))
            self._read(dense, notes, on_frame, close=True)
        return windows

    def look_at(
        self, frames: Iterable[Frame], span: Span, *, on_frame: OnFrame | None = None
    ) -> Look:
        """Look over all frames of one span: for references, which are looked at from end to end."""
        notes = _Notes(pictured_every=math.inf)  # nobody asks for thumbnails
        self._read(frames, notes, on_frame)
        return self._finish(notes, (span,), span.end, sparing=False)

    def faces_in(self, image: Image, *, time_s: float = 0.0) -> tuple[Face, ...]:
        """Return the faces of one picture, largest first, without a limit on their size."""
        (found,) = self._detector.detect([image])
        return self._embedded(_views(time_s, image, found))

    def _read(
        self,
        frames: Iterable[Frame],
        notes: _Notes,
        on_frame: OnFrame | None,
        *,
        close: bool = False,
    ) -> None:
        """Search frames for faces; `close` says that they follow closely on one another."""
        search = CloseSearch(self._detector, least_px=MIN_FACE) if close else None
        pictured_s = float("-inf")
        before: _Seen | None = None
        for batch in _batches(frames, self._batch):
            if on_frame is not None:
                for frame in batch:
                    on_frame(frame.time_s, frame.small)
            images = [frame.image for frame in batch]
            seen = [_Seen(frame.time_s, tiny(frame.small), frame.view) for frame in batch]
            if search is None:
                found = self._detector.detect(images)
            else:
                cuts = _cuts(seen, before=before)
                found = search.detect([frame.time_s for frame in batch], images, cuts)
            before = next((one for one in reversed(seen) if not one.view), before)
            for frame, detections, one in zip(batch, found, seen, strict=True):
                one.views = _views(frame.time_s, frame.image, notes.large(detections))
                if frame.time_s - pictured_s >= notes.pictured_every:
                    pictured_s, one.thumbnail = frame.time_s, thumbnail_jpeg(frame.image)
            notes.seen += seen

    def _finish(
        self,
        notes: _Notes,
        windows: tuple[Span, ...],
        duration_s: float,
        *,
        sparing: bool = True,
    ) -> Look:
        """Put survey and windows into one order of time, find the cuts, and follow the faces."""
        seen = _without_doubles(sorted(notes.seen, key=lambda one: one.time_s))
        cuts = _cuts(seen)
        views = [one.views for one in seen]
        if sparing:
            faces = embed_sparingly(self._embedder, views, cuts)
        else:
            faces = [self._embedded(own) for own in views]
        tracker = Tracker()
        for one, own, cut in zip(seen, faces, cuts, strict=True):
            tracker.add(one.time_s, own, cut=cut)
        tracks = tracker.finish()
        return Look(
            shots=_shots([one.time_s for one in seen], cuts, duration_s),
            tracks=tracks,
            frames=len(seen),
            small_faces=notes.small_faces,
            further_faces=notes.further_faces,
            windows=windows,
            stills=tuple(evenly(notes.stills, STILLS)),
            thumbnails=(*_frame_thumbnails(seen), *(_track_thumbnail(track) for track in tracks)),
        )

    def _embedded(self, views: Sequence[FaceView]) -> tuple[Face, ...]:
        """Embed views, each of them."""
        rows = self._embedder.embed([view.crop for view in views])
        pairs = zip(views, rows, strict=True)
        return tuple(Face(**vars(view), embedding=row) for view, row in pairs)


def _views(time_s: float, image: Image, found: Sequence[Detection]) -> tuple[FaceView, ...]:
    """Align and measure the faces of a picture."""
    views = []
    for one in found:
        crop = align(image, one.landmarks)
        quality = measure_quality(crop, one.landmarks, one.score, image_shape=image.shape)
        views.append(FaceView(time_s, one.box, one.landmarks, one.score, quality, crop))
    return tuple(views)


def tiny(image: Image) -> Image:
    """Return the 32 x 18 px hue-saturation-value picture that shots are told apart by."""
    import cv2

    small = cv2.resize(image, (32, 18), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2HSV_FULL), dtype=np.uint8)


def is_cut(before: Image, after: Image) -> bool:
    """Tell whether two tiny pictures are of different shots.

    The measure is that of PySceneDetect's content detector: the mean change of hue, saturation and
    value; hue is a circle, so red next to red counts as no change.
    """
    change = np.abs(before.astype(np.int16) - after.astype(np.int16))
    change[..., 0] = np.minimum(change[..., 0], 256 - change[..., 0])
    return bool(change.mean() > CUT)


def _cuts(seen: Iterable[_Seen], *, before: _Seen | None = None) -> list[bool]:
    """Tell of each frame whether it begins a shot.

    The first does not, but for what came before it, nor does another view of the same picture.
    """
    cuts = []
    for one in seen:
        cuts.append(before is not None and not one.view and is_cut(before.tiny, one.tiny))
        before = before if one.view else one
    return cuts


def _spaced(
    frames: Iterator[Frame], step: float, *, most: int, duration_s: float
) -> Iterator[Frame]:
    """Pass on the frames that follow a cut, and of the others one each `step` seconds.

    Whenever `most` were passed on, the step doubles: files can be longer than they say.
    """
    last_time, last_tiny, cuts, count = -step, None, 0, 0
    passed = False
    for frame in frames:
        if frame.view:  # the other view of the frame before
            if passed:
                yield frame
            continue
        passed = False
        now = tiny(frame.small)
        progress = frame.time_s / max(duration_s, frame.time_s, 1e-9)
        due = cuts < most * (CUTS_AT_ONCE + CUTS_SURVEYED * progress)
        cut = last_tiny is not None and due and is_cut(last_tiny, now)
        if cut or frame.time_s - last_time >= step:
            cuts += cut
            count += not cut
            if count == most:
                count, step = 0, 2 * step
            last_time, passed = frame.time_s, True
            yield frame
        last_tiny = now


def _with_stills(frames: Iterable[Frame], notes: _Notes) -> Iterator[Frame]:
    for frame in frames:
        notes.keep_still(frame)
        yield frame


def _batches(frames: Iterable[Frame], size: int) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _dense_s(thorough: bool) -> float:
    """Return up to which length, in s, a film is looked at densely from end to end."""
    return (WINDOWS_THOROUGH if thorough else WINDOWS) * WINDOW


def _windows(
    seen: list[_Seen], media: Media, thorough: bool, *, faceless: bool
) -> tuple[Span, ...]:
    """Choose where to look densely: around faces, spread over the file, a short file whole.

    With `faceless`, short files and stretches without a face are looked at too.
    """
    duration_s = media.info.duration_s
    if duration_s <= 0:
        return ()
    most = WINDOWS_THOROUGH if thorough else WINDOWS
    with_faces = [one for one in seen if one.views] or (seen if faceless else [])
    if with_faces and duration_s <= _dense_s(thorough):
        return (Span(0.0, duration_s),)
    # Split the frames with faces into as many stretches as windows, and take of each the frame
    # with the widest face: spread over the file, and the best view of every stretch.
    chosen: list[Span] = []
    for part in np.array_split(np.arange(len(with_faces)), min(most, len(with_faces)) or 1):
        if not part.size:
            continue
        best = max((with_faces[i] for i in part), key=_widest)
        start = min(_start_for(best.time_s, media.pictures), max(0.0, duration_s - WINDOW))
        chosen.append(Span(start, min(start + WINDOW, duration_s)))
    return tuple(joined(chosen))


def _start_for(time_s: float, pictures: Timeline) -> float:
    """Return where a window that shows a moment begins: with a key frame, if one is near.

    Decoding begins with one in any case, and what lies between it and the window is wasted.
    """
    key = pictures.key_before(time_s)
    if key is not None and time_s - key.time_s <= LATEST * WINDOW:
        return key.time_s
    return max(0.0, time_s - WINDOW / 4)


def _widest(one: _Seen) -> float:
    return one.views[0].quality.size_px if one.views else 0.0


def _shots(times: Sequence[float], cuts: Sequence[bool], duration_s: float) -> tuple[Span, ...]:
    """Return the shots between the cuts, each of which lies half way between two frames."""
    steps = zip(pairwise(times), cuts[1:], strict=True)
    starts = [0.0, *((before + after) / 2 for (before, after), cut in steps if cut)]
    end = max(duration_s, times[-1] if times else 0.0, starts[-1])
    return tuple(Span(start, stop) for start, stop in pairwise((*starts, end)))


def _without_doubles(seen: list[_Seen]) -> list[_Seen]:
    """Drop frames that both the survey and a window gave."""
    kept: list[_Seen] = []
    for one in seen:
        if not kept or one.time_s - kept[-1].time_s > 1e-3:
            kept.append(one)
    return kept


def _frame_thumbnails(seen: list[_Seen]) -> list[Thumbnail]:
    """Return thumbnails that lie evenly in time, which is not evenly in number of frames."""
    pictured = [one for one in seen if one.thumbnail]
    if not pictured:
        return []
    times = np.array([one.time_s for one in pictured])
    wanted = np.linspace(times[0], times[-1], THUMBNAILS)
    indices = sorted({int(np.abs(times - time_s).argmin()) for time_s in wanted})
    return [Thumbnail(pictured[index].time_s, pictured[index].thumbnail) for index in indices]


def _track_thumbnail(track: Track) -> Thumbnail:
    import cv2

    face = track.best
    side = (_FACE_SIDE, _FACE_SIDE)
    return Thumbnail(
        face.time_s, _jpeg(cv2.resize(face.crop, side, interpolation=cv2.INTER_AREA)), track.id
    )


def thumbnail_jpeg(image: Image) -> bytes:
    """Return a picture as the small JPEG that the report shows."""
    return _jpeg(scaled_down(image, _THUMB_SIDE))


def _jpeg(image: Array) -> bytes:
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    done, encoded = cv2.imencode(".jpg", np.ascontiguousarray(image[:, :, ::-1]), options)
    if not done:
        raise ValueError(f"OpenCV could not write a JPEG of {image.shape}")
    return encoded.tobytes()
