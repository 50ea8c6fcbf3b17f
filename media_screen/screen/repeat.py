"""The examination of a file whose very bytes were examined before, under another name or post.

What follows from the bytes is taken from the saved line of the earlier file; what may depend on the
post, the name or the day is looked at anew, and everything is judged anew. So the verdict is what a
full examination would give. Nothing but equal bytes will do: a copy that was encoded again may hide
what the first one shows, or show another mouth.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from media_screen import weights
from media_screen.detectors import DETECTORS, OF_CONTENT
from media_screen.detectors.explicit import NETWORK as EXPLICIT_NETWORK
from media_screen.detectors.explicit import Explicit
from media_screen.detectors.onscreen import Onscreen
from media_screen.files import file_id
from media_screen.footage.memory import Recall
from media_screen.names import ocr
from media_screen.screen.examination import CONTENT_FLAGS, Content, Examination

if TYPE_CHECKING:
    from media_screen.config import Config
    from media_screen.detectors.contract import Detector
    from media_screen.evidence import (
        Abstention,
        Duplicate,
        Evidence,
        Match,
        MediaInfo,
        Thumbnail,
        Verdict,
    )
    from media_screen.media import Media
    from media_screen.screen.loading import Loaded
    from media_screen.sidecar import Sidecar

_log = logging.getLogger(__name__)

_REMARKS = ("media", "look")  # who tells what was not looked at, or not as it is shown
_ANEW = ("sidecar", "transcript")  # who is asked anew, besides detectors


class RepeatedExamination(Examination):
    """One open file with what was found in the same bytes before.

    Detectors that are not `OF_CONTENT` examine it; text is not read again, but compared with this
    post.
    """

    def __init__(
        self,
        media: Media,
        loaded: Loaded,
        config: Config,
        info: MediaInfo,
        sidecar: Sidecar | None,
        abstentions: Iterable[Abstention],
        *,
        earlier: Verdict,
        first: Duplicate,
    ) -> None:
        super().__init__(media, loaded, config, info, sidecar, abstentions, text=earlier.text)
        self._earlier, self._first = earlier, first

    @property
    def heard_alike(self) -> bool:
        """Whether both posts are dubbed or neither: the mouth of a dubbed one is not judged."""
        before = any(one.reason == "dubbed" for one in self._earlier.abstentions)
        return self._case.dubbed == before

    def verdict(self) -> Verdict:
        """Judge anew; raises MediaError when the file changed."""
        earlier = self._earlier
        return replace(super().verdict(), examined_as=earlier.examined_as or earlier.media.path)

    def _examine(self) -> None:
        for detector in self._loaded.detectors:
            if isinstance(detector, OF_CONTENT) or self._unread(detector):
                self._take(detector.name)
            else:
                self._consult(detector)
        for remark in _REMARKS:
            self._take(remark)

    def _unread(self, detector: Detector) -> bool:
        """Tell whether a detector reads text and nobody could: whoever posted it, it says why."""
        return isinstance(detector, Onscreen) and self._earlier.text is None

    def _take(self, name: str) -> None:
        """Take what a detector said of the same bytes."""
        self._evidence += [one for one in self._earlier.evidence if one.detector == name]
        self._abstentions += [one for one in self._earlier.abstentions if one.detector == name]

    def _lacking(self, detector: Detector) -> Abstention | None:
        return None if isinstance(detector, Onscreen) else super()._lacking(detector)

    def _content(self) -> Content:
        earlier, own = self._earlier, self._info
        return Content(
            media=replace(earlier.media, path=own.path, sidecar=own.sidecar, id=""),
            coverage=earlier.coverage,
            tracks=earlier.tracks,
            waveform=earlier.waveform,
            comparisons=earlier.comparisons,
            text=earlier.text,
        )

    def _content_flags(self) -> dict[str, bool]:
        return {flag: flag in self._earlier.flags for flag in CONTENT_FLAGS}

    def _recall(self) -> tuple[Recall, bytes]:
        return Recall(self._first), b""

    def _beside(self, match: Match | None) -> tuple[Thumbnail, ...]:
        return ()  # they lie beside the earlier file


def examination_of(
    media: Media,
    loaded: Loaded,
    config: Config,
    info: MediaInfo,
    sidecar: Sidecar | None,
    abstentions: Iterable[Abstention],
    *,
    earlier: Verdict | None = None,
) -> Examination:
    """Return what examines an open file: that of an earlier verdict's file, if it will do."""
    parts = media, loaded, config, info, sidecar, abstentions
    if earlier is not None and _holds(earlier, info, loaded, config):
        first = _first_of(info, media, loaded)
        if first is not None:
            repeated = RepeatedExamination(*parts, earlier=earlier, first=first)
            if repeated.heard_alike:
                return repeated
    return Examination(*parts)


def _holds(earlier: Verdict, info: MediaInfo, loaded: Loaded, config: Config) -> bool:
    """Tell whether what a verdict says of its bytes is what would be found in these ones today."""
    told = {one.detector for one in earlier.abstentions}
    known = {detector.name for detector in loaded.detectors} | {*_REMARKS, *_ANEW}
    return (
        earlier.media.sha256 == info.sha256 != ""
        and earlier.versions == loaded.versions  # of people, settings, networks and packages, too
        and earlier.device == loaded.equipment.device
        and not earlier.failed  # what broke, or went over a limit, is tried again
        and told <= known
        # Others may ask for anything, and by that change what was looked at.
        and all(type(detector) in DETECTORS for detector in loaded.detectors)
        and info.sha256 not in loaded.equipment.posts  # the post itself is no copy of itself
        and not config.fingerprint  # which the caller keeps, and would have to be made
        and (earlier.text is not None or not any(map(_is_read, earlier.evidence)))
        and not any(_is_mended(one, earlier.device) for one in earlier.abstentions)
    )


def _is_read(piece: Evidence) -> bool:
    """Tell whether evidence is of text, which belongs to its post; older records lack the text."""
    return piece.detector == Onscreen.name


def _is_mended(abstention: Abstention, device: str) -> bool:
    """Tell whether what lacked can be used now; that its files are whole shows when it is tried."""
    if abstention.reason != "missing_package":
        return False
    try:
        if abstention.detector == Onscreen.name:
            ocr.reader(device)
        elif abstention.detector == Explicit.name:
            weights.path(EXPLICIT_NETWORK)
    except Exception as error:  # of another kind: the full examination tells it
        return not isinstance(error, (ocr.MissingOcr, weights.WeightsError))
    return abstention.detector in (Onscreen.name, Explicit.name)


def _first_of(info: MediaInfo, media: Media, loaded: Loaded) -> Duplicate | None:
    """Return the other file with the same bytes that was remembered first, if there is one."""
    if loaded.memory is None:
        return None
    try:
        return loaded.memory.first_of(info.sha256, file=file_id(media.path))
    except Exception:  # the full examination tells what is wrong with the memory
        _log.warning("the memory of earlier files can't be asked", exc_info=True)
    return None
