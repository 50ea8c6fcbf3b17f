"""The detectors: one class, one file, one line in `DETECTORS`.

Other packages add theirs through the entry point group `media_screen.detectors`; such a detector
is loaded only when the user names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points

from media_screen.detectors.catalogue import KnownFootage
from media_screen.detectors.channel import Channel
from media_screen.detectors.container import Container
from media_screen.detectors.contract import Detector
from media_screen.detectors.credentials import Credentials
from media_screen.detectors.explicit import Explicit
from media_screen.detectors.face_artifact import FaceArtifact
from media_screen.detectors.face_consistency import FaceConsistency
from media_screen.detectors.face_identity import FaceIdentity
from media_screen.detectors.lip_sync import LipSync
from media_screen.detectors.onscreen import Onscreen
from media_screen.detectors.original import OriginalBeside
from media_screen.detectors.voice_identity import VoiceIdentity
from media_screen.detectors.voice_spoof import VoiceSpoof
from media_screen.errors import SetupError
from media_screen.fusion.combination import Weight

ENTRY_POINTS = "media_screen.detectors"

DETECTORS: tuple[type[Detector], ...] = (
    Channel,
    KnownFootage,
    OriginalBeside,
    Credentials,
    Onscreen,
    Container,
    FaceIdentity,
    FaceConsistency,
    FaceArtifact,
    LipSync,
    VoiceIdentity,
    VoiceSpoof,
    Explicit,
)


class UnknownDetector(SetupError, ValueError):
    """A detector was named that neither this package nor an installed one offers."""


def plugins() -> dict[str, str]:
    """Return the names that other packages offer, each with its package; none is loaded."""
    built_in = {detector.name for detector in DETECTORS}
    found = [point for point in entry_points(group=ENTRY_POINTS) if point.name not in built_in]
    return {point.name: point.dist.name if point.dist else "?" for point in found}


def first_line(detector: Detector) -> str:
    """Return the sentence that begins the docstring of a detector: what it does."""
    return (type(detector).__doc__ or "").strip().split("\n")[0]


def choose(
    names: Sequence[str] = (), *, added: Sequence[str] = (), weights: Sequence[Weight] = ()
) -> tuple[Detector, ...]:
    """Make the detectors of these names (default: every built-in one), in the order of the table.

    Those `added` come besides. Names that are not built in are looked up among the installed entry
    points. Raises UnknownDetector with the known names, and for a weight that is for none of them
    or for a built-in one, whose weight was measured.
    """
    built_in = {detector.name: detector for detector in DETECTORS}
    if not names and not added and not weights:
        return tuple(detector() for detector in DETECTORS)
    names = tuple(dict.fromkeys((*(names or built_in), *added)))
    for weight in weights:
        if weight.detector in built_in or weight.detector not in names:
            raise UnknownDetector(
                f"a weight is for a detector of another package that is used, and "
                f"{weight.detector!r} is not one: name it with --add-detector or --detector"
            )
    if len({weight.detector for weight in weights}) < len(weights):
        raise UnknownDetector("a detector was given two weights")
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    unknown = [name for name in names if name not in built_in and name not in found]
    if unknown:
        known = sorted({*built_in, *found})
        raise UnknownDetector(f"no detector named {unknown[0]!r}; there are {', '.join(known)}")
    chosen = [detector() for name, detector in built_in.items() if name in names]
    chosen += [found[name].load()() for name in names if name not in built_in]
    return tuple(chosen)
