"""What a screener has loaded: networks, enrolled people, and how thoroughly files are examined."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from media_screen.people.gallery import Gallery

if TYPE_CHECKING:
    from media_screen.footage.catalogue import Catalogue
    from media_screen.footage.original.proxy import Proxies
    from media_screen.look import Looker
    from media_screen.people.own_videos import PersonRecord
    from media_screen.people.registry import Person
    from media_screen.people.trusted import TrustedChannel


@dataclass(frozen=True, eq=False)
class Equipment:
    """What is loaded once and serves every file.

    `looker` finds faces; `people` is everyone enrolled, `gallery` their faces and voices,
    `own_videos` what detectors say of each one's own videos, `catalogue` their footage and
    `proxies` small copies of it (or None); `posts` are the hashes of what is in there because it is
    an official post of the same scan; `trusted` are the channels of others that a user trusts;
    `trust_anchors` are the certificates (PEM) whose signatures count as trusted; `device` is where
    networks run. With `thorough` more of each file is looked at. With `listens` a detector will ask
    for speech, which is then found in the same decode as the fingerprint of the sound. With
    `prints` fingerprints are asked for even without a catalogue.
    """

    looker: Looker
    people: tuple[Person, ...] = ()
    trusted: tuple[TrustedChannel, ...] = ()
    gallery: Gallery = field(default_factory=Gallery)
    own_videos: tuple[PersonRecord, ...] = ()
    catalogue: Catalogue | None = None
    proxies: Proxies | None = None
    posts: frozenset[str] = frozenset()
    trust_anchors: str = ""
    device: str = "cpu"
    thorough: bool = False
    listens: bool = False
    prints: bool = False
