"""What results depend on, and a digest that changes when files must be screened again."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen import weights
from media_screen.config import Config
from media_screen.detectors.contract import DEPENDENCES, Dependence
from media_screen.files import facts
from media_screen.folders import CACHE_FOLDER, look_through
from media_screen.media import shown_path
from media_screen.people.cache import CATALOGUE
from media_screen.screen.records import records_of
from media_screen.screen.versions import own_network, own_version, versions
from media_screen.weights.known_tables import SHA256

if TYPE_CHECKING:
    from media_screen.detectors.contract import Detector
    from media_screen.footage.catalogue import Catalogue
    from media_screen.footage.original.proxy import Proxies
    from media_screen.names.mentions import Names
    from media_screen.people.gallery import Gallery
    from media_screen.people.own_videos import PersonRecord
    from media_screen.people.registry import Person
    from media_screen.people.trusted import TrustedChannel


def detectors_of(config: Config) -> tuple[Detector, ...]:
    """Return the detectors that a config asks for, in the order in which they examine."""
    from media_screen.detectors import choose

    chosen = choose(config.detectors, added=config.add_detectors, weights=config.weights)
    if config.artifact_model is None:
        return chosen
    from media_screen.detectors.face_artifact import FaceArtifact
    from media_screen.detectors.face_artifact.own import OwnNetwork

    own = OwnNetwork(Path(config.artifact_model))
    return tuple(FaceArtifact(own) if isinstance(one, FaceArtifact) else one for one in chosen)


def people_of(config: Config) -> tuple[Person, ...]:
    """Return the enrolled people; raises PeopleError."""
    if config.people is None:
        return ()
    from media_screen.people.registry import load_people

    return load_people(Path(config.people))


def trusted_of(config: Config) -> tuple[TrustedChannel, ...]:
    """Return the trusted channels of others; raises PeopleError."""
    if config.people is None:
        return ()
    from media_screen.people.trusted import load_trusted

    return load_trusted(Path(config.people))


def names_of(config: Config, people: Sequence[Person]) -> Names:
    """Return the names to look for in texts: of people, and on the watch-list."""
    from media_screen.names.mentions import Names, names_of_people, read_watch_list

    watched = read_watch_list(Path(config.watch)) if config.watch else ()
    return Names((*names_of_people(people), *watched))


def settings_digest(config: Config) -> str:
    """Return 16 hex digits that change when a result may not hold any more.

    They cover the enrolled people (their records, the sizes and times of their references, and what
    detectors say of their own videos), the official posts that serve as originals, the networks,
    the detectors with their weights, the sensitivity, the watch-list, a network of the user's and
    the version; not the device, the threads and the memory.
    """
    parts: list[object] = [
        version("media_screen"),
        [(file.name, file.sha256) for file in weights.installed()],
        _settings(config),
        judged_with(config),
    ]
    if config.people is not None:
        parts += _state_of_people(Path(config.people))
        parts += _known_of_people(config)
    if config.originals is not None:
        parts += _state_of_originals(Path(config.originals))
    return _digest(parts)


def examined_with(config: Config) -> dict[str, str]:
    """Return what files are looked at and listened to with: when it changes, it is done anew.

    Those are packages by version, networks by hash, and the settings.
    """
    return versions() | own_version(config) | {"settings": _digest(_settings(config))}


def examination_digest(config: Config) -> str:
    """Return 16 hex digits that change when files would have to be looked at anew."""
    return _digest(sorted(examined_with(config).items()))


def _settings(config: Config) -> list[object]:
    """Return what was chosen of how files are looked at and listened to."""
    detectors = [detector.name for detector in detectors_of(config)]
    return [config.thorough, detectors, sorted(SHA256.items()), *own_network(config)]


def judged_with(config: Config) -> dict[str, str]:
    """Return what evidence is judged with, and names are looked for with: nothing is decoded."""
    watched = weights.sha256_of(Path(config.watch)) if config.watch else ""
    return {
        "judging": _digest([config.sensitivity, config.weights]),
        "names": _digest([watched, config.transcript]),
    }


def compared_with(
    people: Sequence[Person],
    trusted: Sequence[TrustedChannel],
    gallery: Gallery,
    catalogue: Catalogue | None,
    proxies: Proxies | None,
    trust_anchors: str,
    own_videos: Sequence[PersonRecord],
) -> dict[str, str]:
    """Return a digest of each part of what is enrolled, by the name of what depends on it."""
    entries = sorted(catalogue.entries(), key=lambda one: one.sha256) if catalogue else []
    own = [(one.kind, one.person, one.reference, one.sha256) for one in entries]
    copies = [one.sha256 for one in entries if proxies is not None and proxies.path(one.sha256)]
    faces = [(one.person, one.embedding.tobytes()) for one in gallery.templates]
    voices = [
        (one.person, one.embedding.tobytes(), one.synthesis, [own.recorded for own in one.moments])
        for one in gallery.voices
    ]
    parts: dict[Dependence, object] = {
        "records": [(one.slug, one.name, one.aliases, one.channels) for one in people]
        + [one.told for one in trusted],
        "faces": [bool(people), *faces],  # whether anybody is enrolled is said, too
        "voices": [bool(people), *voices],
        "official": [*(one for one in own if one[0] == "official"), *copies],
        "fakes": [one for one in own if one[0] == "known_fake"],
        "trust": trust_anchors,
        "own_videos": [(one.person, one.videos) for one in own_videos if one.videos],
    }
    return {_key_of(part): _digest(value) for part, value in parts.items()}


def changed_parts(before: Mapping[str, str], now: Mapping[str, str]) -> frozenset[Dependence]:
    """Return which parts of what is enrolled differ between the versions of two results."""
    return frozenset(
        part for part in DEPENDENCES if before.get(_key_of(part)) != now.get(_key_of(part))
    )


def is_examined_alike(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Tell whether the versions of two results differ only in people, judging and names."""
    free = {"judging", "names", *map(_key_of, DEPENDENCES)}
    return all(before.get(name) == now.get(name) for name in (before.keys() | now.keys()) - free)


def _key_of(part: Dependence) -> str:
    return f"people.{part}"  # in the versions of a result


def _digest(parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _state_of_people(top: Path) -> Iterator[tuple[str, str]]:
    """Give name below the folder and facts of each file that screening depends on."""
    for folder in sorted(top.iterdir()):
        if not os.path.isdir(folder) or folder.name == CACHE_FOLDER:
            continue
        listing = look_through(folder)
        records = (one.path for one in listing.left_out if one.path.suffix in (".toml", ".pem"))
        for file in sorted((*listing.media, *records)):
            with contextlib.suppress(OSError):  # gone meanwhile, or a link to nothing
                yield shown_path(file.relative_to(top)), facts(file.stat())


def _known_of_people(config: Config) -> list[object]:
    """Return what detectors say of own videos, and who is trusted; [] where people can't be read.

    Whoever screens with such people is told what is wrong with them.
    """
    from media_screen.people.registry import PeopleError

    try:
        records = records_of(config, people_of(config))
        return [*(one for record in records for one in record.videos), *trusted_of(config)]
    except PeopleError:
        return []


def _state_of_originals(folder: Path) -> list[tuple[str, str]]:
    """Return person and hash of each original; [] where the folder is out of reach."""
    from media_screen.footage.catalogue import Catalogue

    if not (folder / CATALOGUE).is_file():
        return []
    with Catalogue.open(folder / CATALOGUE) as catalogue:
        return sorted((one.person, one.sha256) for one in catalogue.entries())
