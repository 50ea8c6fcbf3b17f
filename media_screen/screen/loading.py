"""Loads what a config names, once for all files: networks, people, their footage, names."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from media_screen import weights
from media_screen.equipment import Equipment
from media_screen.files import read_regular
from media_screen.fusion import combination
from media_screen.people.cache import CATALOGUE, PROXIES
from media_screen.people.gallery import Gallery
from media_screen.people.registry import TRUST
from media_screen.screen.records import records_of
from media_screen.screen.settings import (
    compared_with,
    detectors_of,
    examined_with,
    judged_with,
    names_of,
    people_of,
    trusted_of,
)
from media_screen.weights import nets

if TYPE_CHECKING:
    from media_screen.config import Config
    from media_screen.detectors.contract import Detector
    from media_screen.footage.catalogue import Catalogue
    from media_screen.footage.memory import Memory
    from media_screen.footage.original.proxy import Proxies
    from media_screen.look import Looker
    from media_screen.names.mentions import Names
    from media_screen.people.enrol import Enrolment, OnReference
    from media_screen.people.registry import Person

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a screener works with: the equipment of each case, and what judges and remembers."""

    equipment: Equipment
    detectors: tuple[Detector, ...]
    weighing: combination.Combination
    names: Names
    versions: Mapping[str, str]
    enrolment: Enrolment | None = None
    memory: Memory | None = None


def load(config: Config, *, on_reference: OnReference | None = None) -> Loaded:
    """Load networks and people.

    Raises DeviceError, WeightsError, PeopleError, WatchError, UnknownDetector or OwnNetworkError:
    what is wrong with the set-up, as opposed to with a file.
    """
    from media_screen.look import Looker

    weights.check_tables()
    if config.threads:
        nets.limit_threads(config.threads)
    detectors = detectors_of(config)
    weighing = combination.shipped().joined_by(config.weights)
    device = nets.choose_device(config.device)
    _try_own_network(detectors, device)
    looker = Looker(device)
    people = people_of(config)
    enrolment = _enrolment(config, people, looker, device, on_reference)
    originals = _originals(config, enrolment)
    equipment = Equipment(
        looker=looker,
        people=people,
        trusted=trusted_of(config),
        gallery=enrolment.gallery if enrolment else Gallery(),
        own_videos=records_of(config, people),
        catalogue=originals.catalogue,
        proxies=originals.proxies,
        posts=originals.posts,
        trust_anchors=_trust_anchors(config),
        device=device,
        thorough=config.thorough,
        listens=any("speech" in detector.needs for detector in detectors),
        prints=config.memory is not None or config.fingerprint or config.observations,
    )
    enrolled = compared_with(
        people,
        equipment.trusted,
        equipment.gallery,
        equipment.catalogue,
        equipment.proxies,
        equipment.trust_anchors,
        equipment.own_videos,
    )
    return Loaded(
        equipment=equipment,
        detectors=detectors,
        weighing=weighing,
        names=names_of(config, people),
        versions=examined_with(config) | judged_with(config) | enrolled,
        enrolment=enrolment,
        memory=_memory(config),
    )


def _try_own_network(detectors: Sequence[Detector], device: str) -> None:
    """Let a network of the user's judge a grey picture: what is wrong with it is said once."""
    import numpy as np

    from media_screen.detectors.face_artifact import FaceArtifact
    from media_screen.detectors.face_artifact.own import CROP

    for detector in detectors:
        if isinstance(detector, FaceArtifact) and detector.own is not None:
            detector.own.forged([np.full((CROP, CROP, 3), 127, np.uint8)], device=device)


def _enrolment(
    config: Config,
    people: tuple[Person, ...],
    looker: Looker,
    device: str,
    on_reference: OnReference | None,
) -> Enrolment | None:
    if config.people is None:
        return None
    from media_screen.people.enrol import enrol

    enrolment = enrol(
        Path(config.people),
        people,
        lambda: looker,
        device=device,
        on_reference=on_reference,
        cache=Path(config.cache) if config.cache else None,
        retry=False,  # of many workers each would
    )
    for problem in enrolment.problems:
        _log.warning("%s: %s: %s", problem.person, problem.file, problem.why)
    return enrolment


@dataclass(frozen=True, slots=True)
class _Originals:
    """What files are compared with; `posts` are the contents of those that are no references."""

    catalogue: Catalogue | None = None
    proxies: Proxies | None = None
    posts: frozenset[str] = frozenset()


def _originals(config: Config, enrolment: Enrolment | None) -> _Originals:
    """Open what is enrolled, and with it the official posts of a scan."""
    if enrolment is None:
        return _Originals()
    from media_screen.footage.catalogue import Catalogue

    enrolled = Catalogue.open(enrolment.catalogue) if enrolment.catalogue else None
    folder = Path(config.originals) if config.originals else None
    # On a node of a cluster the folder of results may be out of reach: it does without.
    if folder is None or not (folder / CATALOGUE).is_file():
        return _Originals(enrolled, enrolment.proxies)
    both = Catalogue.open(folder / CATALOGUE)
    known = {one.sha256 for one in enrolled.entries()} if enrolled else set()
    posts = frozenset(one.sha256 for one in both.entries()) - known
    folders = (folder / PROXIES, *enrolment.proxies.folders)
    return _Originals(both, replace(enrolment.proxies, folders=folders), posts)


def _trust_anchors(config: Config) -> str:
    if config.people is None:
        return ""
    anchors = sorted(
        file for file in (Path(config.people) / TRUST).glob("*.pem") if os.path.isfile(file)
    )
    return "\n".join(read_regular(file).decode("utf-8", "replace") for file in anchors)


def _memory(config: Config) -> Memory | None:
    if config.memory is None:
        return None
    from media_screen.footage.memory import Memory

    return Memory(config.memory)
