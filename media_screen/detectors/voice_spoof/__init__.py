"""Scores the voices of a file for being synthetic, converted or vocoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from media_screen.detectors.contract import Case, Need
from media_screen.detectors.voice_spoof.network import spoof_net
from media_screen.evidence import Abstention, Axis, Evidence, Span
from media_screen.weights.calibration import genuine, share_of, shipped

if TYPE_CHECKING:
    from media_screen.speech.voices import Voice


class VoiceSpoof:
    """Says how much more likely the speech is synthetic, converted or vocoded than genuine."""

    name = "voice_spoof"
    axis: Axis = "manipulation"
    needs: tuple[Need, ...] = ("speech",)

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each voice, and one for the most suspicious voice of the file."""
        if not case.voices:
            yield Abstention(self.name, "no_speech", "no speech of it can be decoded")
            return
        net = spoof_net(case.device)
        scored = [
            (voice, [net.score(window.samples) for window in voice.windows])
            for voice in case.voices
        ]
        for voice, raw in scored:
            yield self._evidence(voice, raw, voice.name, span=voice.span)
        # The mean over windows is what counts: windows of one voice are not independent.
        voice, raw = max(scored, key=lambda pair: sum(pair[1]) / len(pair[1]))
        several = f"the most suspicious of {len(scored)} voices"
        yield self._evidence(voice, raw, "the speech" if len(scored) == 1 else several)

    def _evidence(
        self, voice: Voice, raw: list[float], subject: str, *, span: Span | None = None
    ) -> Evidence:
        mean = sum(raw) / len(raw)
        known, share = shipped(self.name), genuine(self.name).below(mean)
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=known.probability(mean),
            llr=known.llr(mean),
            why=f"{subject} ({voice.seconds:.0f} s listened to) scores higher than "
            f"{share_of(share, 'genuine speech')} in a check for synthesis",
            span=span,
            values={
                "raw": mean,
                "windows": len(raw),
                "speech_s": voice.seconds,
                "snr_db": voice.snr_db,
            },
        )
