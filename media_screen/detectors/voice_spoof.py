"""Scores the voices of a file for being synthetic, converted or vocoded.

Where a voice is an enrolled person's it says what the person's own recordings score, too: a studio,
a microphone or an accent moves the score of all of them. That is told, and moves no ratio: relative
to a person's other recordings a score tells clones from them no better than alone
(`benchmarks.voice`, "Beside the person's own recordings"; `benchmarks.person`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence, HeardBeside, Span
from media_screen.people.own_videos import LEAST_OWN, OwnScores
from media_screen.speech.ratio import compare
from media_screen.speech.synthesis import LEAST_WINDOWS, RARELY, UNLIKE_REST, above_rest
from media_screen.weights.calibration import genuine, share_of, shipped

if TYPE_CHECKING:
    from media_screen.people.gallery import VoiceTemplate
    from media_screen.speech.voices import Voice


class VoiceSpoof:
    """Says how much more likely the speech is synthetic, converted or vocoded than genuine."""

    name = "voice_spoof"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ("speech",)
    depends: tuple[Dependence, ...] = ("voices",)

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each voice and for a window unlike its rest, and one for the file."""
        if not case.voices:
            yield Abstention(self.name, "no_speech", "no speech of it can be decoded")
            return
        scored = [
            (voice, raw, _whose(voice, case.gallery.voices))
            for voice, raw in zip(case.voices, case.synthesis, strict=True)
        ]
        for voice, raw, whose in scored:
            yield self._evidence(voice, raw, whose, voice.words, span=voice.span)
            yield from self._unlike_rest(voice, raw)
        # The mean over windows is what counts: windows of one voice are not independent.
        voice, raw, whose = max(scored, key=lambda one: sum(one[1]) / len(one[1]))
        several = f"the most suspicious of {len(scored)} voices"
        yield self._evidence(voice, raw, whose, "the speech" if len(scored) == 1 else several)

    def _evidence(
        self,
        voice: Voice,
        raw: Sequence[float],
        whose: VoiceTemplate | None,
        subject: str,
        *,
        span: Span | None = None,
    ) -> Evidence:
        mean = sum(raw) / len(raw)
        known, share, own = shipped(self.name), genuine(self.name).below(mean), _recordings(whose)
        beside = own.beside(mean) if own else ""
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=known.probability(mean),
            llr=known.llr(mean),
            why=f"{subject} ({voice.seconds:.0f} s listened to) scores higher than "
            f"{share_of(share, 'genuine speech')}{beside} in a check for synthesis",
            span=span,
            person=whose.person if whose else None,
            values={
                "raw": mean,
                "windows": len(raw),
                "speech_s": voice.seconds,
                "snr_db": voice.snr_db,
                **(
                    {"own_recordings": len(own.scores), "own_lower": own.below(mean)} if own else {}
                ),
            },
            heard=tuple(_heard(voice, raw, whose)) if whose and span is None else (),
        )

    def _unlike_rest(self, voice: Voice, raw: Sequence[float]) -> Iterator[Evidence]:
        """Point at a window that scores much higher than the rest of its voice; it weighs nothing.

        Speech from elsewhere stands out as synthetic speech does (`benchmarks.voice.spans`).
        """
        if len(raw) < LEAST_WINDOWS:
            return
        place, above = above_rest(raw)
        share = genuine(self.name, name=UNLIKE_REST).below(above)
        if share < 1 - RARELY:
            return
        yield Evidence(
            detector=self.name,
            axis=self.axis,
            score=share,
            llr=0.0,
            why=f"{voice.words} scores farther above the rest of it here than "
            f"{share_of(share, 'genuine voices')} do anywhere: words may have been put in; listen "
            "to it",
            span=voice.windows[place].span,
            finding="unlike_the_rest",
            values={"raw": raw[place], "above_rest": above, "windows": len(raw)},
        )


def _heard(voice: Voice, raw: Sequence[float], whose: VoiceTemplate) -> Iterator[HeardBeside]:
    """Give the window of a voice that is scored highest, beside the person's recordings."""
    if not voice.place:  # players play what is on the track that plays by default
        _, window = max(zip(raw, voice.windows, strict=True), key=lambda pair: pair[0])
        yield from whose.beside(window, "most_synthetic")


def _whose(voice: Voice, people: Sequence[VoiceTemplate]) -> VoiceTemplate | None:
    """Return the enrolled person whose voice it rather is than a stranger's, or None."""
    compared = [(compare(voice, one.embedding)[1], one) for one in people]
    ratio, nearest = max(compared, key=lambda pair: pair[0], default=(0.0, None))
    return nearest if ratio > 0.0 else None


def _recordings(person: VoiceTemplate | None) -> OwnScores | None:
    """Return what the recordings of a person score; None where they are too few."""
    if person is None or len(person.synthesis) < LEAST_OWN:
        return None
    return OwnScores(person.person, "recordings", person.synthesis)
