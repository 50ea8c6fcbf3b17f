"""Measures whether voice and mouth go together, and looks for the marks of a forged mouth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.detectors.lip_sync.fit import WORDS, Fit, tables
from media_screen.detectors.lip_sync.forged import line, raw_of
from media_screen.detectors.lip_sync.reading import read_windows
from media_screen.detectors.lip_sync.windows import WINDOWS, WINDOWS_THOROUGH, choose, lacks_view
from media_screen.evidence import Abstention, Axis, Evidence
from media_screen.weights.calibration import share_of, shipped

if TYPE_CHECKING:
    from media_screen.detectors.lip_sync.reading import Reading


class LipSync:
    """Measures by how much a mouth leads or follows the voice, and marks of a forged mouth.

    Neither an offset nor a voice that fits no mouth is a forgery: sound is cut late, and a speaker
    may be out of the picture. Both are shown and weigh nothing. Windows in which several voices
    are heard at once are left out.
    """

    name = "lip_sync"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ("frames", "faces", "speech")
    depends: tuple[Dependence, ...] = ("dubbing",)

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each window and face, and one for the face that speaks most."""
        if case.info.kind == "image":
            yield Abstention(self.name, "not_applicable", "a picture has no course of time")
            return
        # A sidecar of another file must not keep this one from being looked at.
        if case.dubbed:
            yield Abstention(self.name, "dubbed", "the platform dubbed it, so no mouth fits")
            return
        count = WINDOWS_THOROUGH if case.thorough else WINDOWS
        places = choose(case.speech, case.tracks, count=count)
        if not places:
            yield Abstention(self.name, *lacks_view(case.speech, case.tracks))
            return
        readings = list(
            read_windows(
                case.media,
                places,
                case.tracks,
                case.speech,
                device=case.device,
                mix=case.ear.mix,
            )
        )
        if not readings:
            yield Abstention(self.name, "low_quality", "no mouth can be followed while it speaks")
            return
        alone = [reading for reading in readings if not reading.several]
        if not alone:
            yield Abstention(
                self.name, "several_voices", "the sound is like several voices at once"
            )
            return
        by_track: dict[int, list[Reading]] = defaultdict(list)
        for reading in alone:
            by_track[reading.track].append(reading)
        speaking = max(by_track.values(), key=lambda own: sum(r.curve.agreement for r in own))
        if all(_fit_of(own) == "still" for own in by_track.values()):
            yield Abstention(self.name, "voice_over", _why(speaking))
            return
        for reading in alone:
            yield self._window(reading)
        yield self._pooled(speaking, faces=len(by_track))

    def _window(self, reading: Reading) -> Evidence:
        raw = raw_of(reading, line())
        return Evidence(
            detector=self.name,
            axis=self.axis,
            llr=0.0,
            span=reading.span,
            track=reading.track,
            score=0.5 if raw is None else shipped(self.name).probability(raw),
            why=_why([reading]),
            finding=f"mouth_{_fit_of([reading])}",
            values=_values([reading]),
        )

    def _pooled(self, readings: Sequence[Reading], *, faces: int) -> Evidence:
        scores = [raw for reading in readings if (raw := raw_of(reading, line())) is not None]
        raw = float(np.mean(scores)) if scores else 0.0
        known, share = shipped(self.name), tables().raw.below(raw)
        counts = bool(scores) and known.bound > 0
        whose = (
            "" if faces == 1 else f"of {faces} faces, that of track {readings[0].track} fits best: "
        )
        remark = "" if counts else ", which weighs nothing"
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=known.probability(raw) if scores else 0.5,
            llr=known.llr(raw) if counts else 0.0,
            why=f"{whose}{_why(readings)}; the mouth looks and moves more like a forged one than "
            f"in {share_of(share, 'genuine clips')}{remark}",
            values=_values(readings) | {"raw": raw, "windows": len(readings), "faces": faces},
        )


def _values(readings: Sequence[Reading]) -> dict[str, float]:
    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    return {
        "offset_ms": float(np.median([one.curve.offset_ms for one in readings])),
        "agreement": mean([one.curve.agreement for one in readings]),
        "confidence": mean([one.curve.confidence for one in readings]),
        "distance": mean([one.curve.distance for one in readings]),
        "mouth_speed": mean([one.speed for one in readings]),
        "speech_s": sum(one.speech_s for one in readings),
        "seen_s": sum(one.seen_s for one in readings),
    }


def _fit_of(readings: Sequence[Reading]) -> Fit:
    values = _values(readings)
    return tables().fit(
        agreement=values["agreement"], best=1 - values["distance"], speed=values["mouth_speed"]
    )


def _why(readings: Sequence[Reading]) -> str:
    """Say whether mouth and voice go together, and in numbers that can be compared."""
    values, known = _values(readings), tables()
    offset, fit = values["offset_ms"], _fit_of(readings)
    order = "leads" if offset < 0 else "follows"
    when = f": it {order} by {abs(offset):.0f} ms" if fit in ("fits", "apart") else ""
    own, other = (table.below(values["agreement"]) for table in (known.genuine, known.swapped))
    other_voice = "windows with another's voice"
    return (
        f"{WORDS[fit]}{when}; {share_of(1 - own, 'genuine windows of 5 s')} agree better, and "
        f"{share_of(1 - other, other_voice)}"
    )
