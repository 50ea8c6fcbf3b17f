"""Reads what detectors say of each person's own videos, as it was kept when they were screened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from media_screen import weights
from media_screen.config import Config
from media_screen.detectors.face_artifact import FaceArtifact
from media_screen.fusion import combination
from media_screen.media import MediaError, shown_path
from media_screen.people.cache import GALLERY, cache_folder
from media_screen.people.own_videos import FalseAlarms, OwnVideo, PersonRecord, false_alarms
from media_screen.people.references import Store
from media_screen.people.registry import Person
from media_screen.screen.versions import own_network
from media_screen.weights.calibration import usual
from media_screen.weights.known_tables import SHA256

# Whose ratios are taken relative to a person's own videos; those of others are told beside them.
SET_BESIDE = (FaceArtifact.name,)


@dataclass(frozen=True, slots=True)
class AskedVideo:
    """One official file of a person, with its hash and what is kept of it, None for nothing."""

    person: str
    file: Path
    sha256: str
    kept: OwnVideo | None


def records_of(config: Config, people: Iterable[Person]) -> tuple[PersonRecord, ...]:
    """Return what is kept of the own videos of each of the people of a config."""
    if config.people is None:
        return ()
    cache = cache_of(config)
    if not (cache / GALLERY).is_file():
        return ()
    with closing(Store(cache)) as store:
        return tuple(_record(one.slug, asked(store, [one], made_with(config))) for one in people)


def cache_of(config: Config) -> Path:
    """Return the folder in which what is found in the references is kept."""
    return Path(config.cache) if config.cache else cache_folder(Path(config.people or ""))


def made_with(config: Config) -> str:
    """Return what tells the scores of these detectors and networks from those of others."""
    parts = [
        version("media_screen"),
        [(file.name, file.sha256) for file in weights.recorded()],
        sorted(SHA256.items()),
        own_network(config),
    ]
    return f"own videos {hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def asked(store: Store, people: Iterable[Person], key: str) -> Iterator[AskedVideo]:
    """Give each readable official file, one content once for a person."""
    for person in people:
        seen = set()
        for file in person.official:
            try:
                sha256 = store.hash_of(file)
            except MediaError:
                continue  # enrolling tells it
            if sha256 not in seen:
                seen.add(sha256)
                kept = store.kept(sha256, f"{key} {person.slug}")
                name = shown_path(Path(file.name))
                found = OwnVideo.from_dict(sha256, name, kept) if kept is not None else None
                yield AskedVideo(person.slug, file, sha256, found)


def wrong_about(record: PersonRecord) -> tuple[FalseAlarms, ...]:
    """Return how often each detector that counts is wrong about a person's own videos.

    At the normal threshold, each alone; the most often wrong comes first.
    """
    weighing = combination.shipped()
    threshold = weighing.thresholds["normal"].llr
    found = [
        false_alarms(
            record,
            detector,
            threshold=threshold / weighing.weight(detector),
            usual=usual(detector) if detector in SET_BESIDE else None,
        )
        for detector in record.detectors
        if weighing.weight(detector) > 0
    ]
    spoke = [one for one in found if one is not None]
    return tuple(sorted(spoke, key=lambda one: (-one.over, -one.highest)))


def _record(person: str, asked: Iterable[AskedVideo]) -> PersonRecord:
    every = list(asked)
    videos = tuple(one.kept for one in every if one.kept is not None)
    return PersonRecord(person, videos, lacking=len(every) - len(videos))
