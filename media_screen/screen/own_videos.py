"""Screens each person's own videos, to know what detectors say of genuine ones, and keeps that.

Nothing is known of a video while it is screened: no official footage, no channel, and of the
references none that was taken from it. What was found is kept beside the people by content hash and
by what found it, so that only new videos are screened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from media_screen.config import Config
from media_screen.detectors import DETECTORS
from media_screen.evidence import Evidence, Thumbnail, Verdict
from media_screen.media import shown_path
from media_screen.people.own_videos import SCENE_SIDE, OwnScore, OwnVideo, PersonRecord
from media_screen.people.references import Store
from media_screen.screen import Screener
from media_screen.screen.loading import load
from media_screen.screen.records import AskedVideo, asked, cache_of, made_with, records_of

if TYPE_CHECKING:
    from media_screen.people.enrol import Enrolment
    from media_screen.people.registry import Person
    from media_screen.screen.loading import Loaded

RECORDED = tuple(one.name for one in DETECTORS if one.axis == "manipulation")

OnOwnVideo = Callable[[str, Path, int, int], None]  # person, file, done, total


def screen_own_videos(
    people: Sequence[Person],
    enrolment: Enrolment,
    config: Config,
    *,
    on_video: OnOwnVideo | None = None,
) -> tuple[PersonRecord, ...]:
    """Screen what was not screened yet of each person's own videos, and return all of them.

    Each is kept as it ends, so that what was stopped goes on where it was. Raises OSError when the
    cache can't be written.
    """
    key = made_with(config)
    with closing(Store(cache_of(config))) as store:
        lacking = [one for one in asked(store, people, key) if one.kept is None]
        loaded = load(_alone(config)) if lacking else None
        for done, one in enumerate(lacking):
            if on_video is not None:
                on_video(one.person, one.file, done, len(lacking))
            assert loaded is not None
            found = _screened(one, loaded, people, enrolment, config)
            store.keep(one.sha256, f"{key} {one.person}", found.to_dict())
    return records_of(config, people)


def _alone(config: Config) -> Config:
    """Return how own videos are screened: by the detectors of manipulation, knowing nobody."""
    return Config(
        device=config.device,
        threads=config.threads,
        detectors=RECORDED,
        artifact_model=config.artifact_model,
    )


def _screened(
    one: AskedVideo,
    loaded: Loaded,
    people: Sequence[Person],
    enrolment: Enrolment,
    config: Config,
) -> OwnVideo:
    references = enrolment.references
    gallery = references.gallery([], without=one.file) if references else enrolment.gallery
    equipment = replace(loaded.equipment, people=tuple(people), gallery=gallery)
    knowing = replace(loaded, equipment=equipment)
    verdict = Screener(_alone(config), loaded=knowing).screen(one.file)
    return OwnVideo(
        one.sha256,
        shown_path(Path(one.file.name)),
        dict(_scores(verdict, one.person)),
        _scene(verdict.thumbnails),
        "" if verdict.label != "unable_to_evaluate" else verdict.summary,
    )


def _scores(verdict: Verdict, person: str) -> Iterator[tuple[str, OwnScore]]:
    """Give what each detector says of the person in a video, else of the whole of it."""
    for detector in RECORDED:
        said = [
            piece
            for piece in verdict.evidence
            if piece.detector == detector and piece.axis == "manipulation"
        ]
        about = [piece for piece in said if piece.person == person and not piece.pooled]
        about = about or [piece for piece in said if piece.pooled]
        if about:
            strongest = max(about, key=_suspicion)
            yield detector, OwnScore(strongest.score, strongest.llr)


def _suspicion(piece: Evidence) -> tuple[float, float]:
    return piece.llr, piece.score


def _scene(thumbnails: Sequence[Thumbnail]) -> tuple[float, ...]:
    """Return the mean picture of whole frames, small and as a unit vector; () without any."""
    import cv2

    frames = []
    for one in thumbnails:
        if one.track is None and one.reference_s is None:
            picture = cv2.imdecode(np.frombuffer(one.jpeg, np.uint8), cv2.IMREAD_COLOR)
            if picture is not None:
                size = (SCENE_SIDE, SCENE_SIDE)
                frames.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    if not frames:
        return ()
    mean = np.mean(frames, axis=0).ravel()
    mean = mean - mean.mean()
    length = float(np.linalg.norm(mean))
    return tuple(round(float(value), 4) for value in mean / length) if length else ()
