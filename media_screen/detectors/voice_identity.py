"""Compares every voice that speaks in the file with the voices of enrolled people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence, HeardBeside
from media_screen.faces.embed import calibrated_llr as face_llr
from media_screen.speech.ratio import compare

if TYPE_CHECKING:
    from media_screen.people.gallery import VoiceTemplate
    from media_screen.speech.voices import Voice


class VoiceIdentity:
    """Says for each enrolled person how much more likely a voice is theirs than a stranger's."""

    name = "voice_identity"
    axis: Axis = "identity"
    needs: tuple[Need, ...] = ("people", "speech")
    depends: tuple[Dependence, ...] = ("faces", "voices")

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each voice and its nearest person, and one pooled for each person."""
        if not case.gallery.voices:
            yield Abstention(
                self.name,
                "no_reference",
                "nobody who is enrolled has a usable reference of the voice: add recordings to "
                "voice/ or videos to official/, and run media-screen enroll",
            )
            return
        if not case.voices:
            yield Abstention(self.name, "no_speech", "no speech of it can be decoded")
            return
        by_person: dict[str, list[Evidence]] = {}
        for voice in case.voices:
            pieces = [
                self._voice(voice, one.person, *compare(voice, one.embedding))
                for one in case.gallery.voices
            ]
            for piece in pieces:
                by_person.setdefault(piece.person or "", []).append(piece)
            yield max(pieces, key=lambda piece: piece.llr)
        for template in case.gallery.voices:
            yield self._pooled(case, template, by_person[template.person])

    def _voice(self, voice: Voice, person: str, cosine: float, llr: float) -> Evidence:
        start, end = voice.span.start, voice.span.end
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=cosine,
            llr=llr,
            why=f"of those enrolled, {voice.words} ({start:.1f} s to {end:.1f} s) is "
            f"nearest to {person}",
            span=voice.span,
            person=person,
            values={"cosine": cosine, "speech_s": voice.seconds, "snr_db": voice.snr_db},
        )

    def _pooled(self, case: Case, template: VoiceTemplate, own: Sequence[Evidence]) -> Evidence:
        """Pool a file by its most similar voice: the question is whether the person speaks in it.

        When the face is the person's and no voice is, that is said: it is how a dub, a voice-over
        and a face swap look, and a person must tell which.
        """
        best, voice = max(zip(own, case.voices, strict=True), key=lambda pair: pair[0].llr)
        person = template.person
        face = _face_llr(case, person)
        other = face > 0.0 > best.llr
        why = (
            f"the face is like that of {person} and none of {len(own)} voices is "
            f"(cosine {best.score:.2f} at most): a dub, a voice-over, another voice put under "
            "genuine pictures, or a swapped face"
            if other
            else f"the most similar of {len(own)} voices has cosine {best.score:.2f} to {person}"
        )
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=best.score,
            llr=best.llr,
            why=why,
            person=person,
            finding="face_with_other_voice" if other else "",
            values={**best.values, "voices": len(own), **({"face_llr": face} if face else {})},
            # Only where somebody may take the voice for the person's.
            heard=tuple(_heard(voice, template)) if max(best.llr, face) > 0.0 else (),
        )


def _heard(voice: Voice, template: VoiceTemplate) -> Iterator[HeardBeside]:
    """Give what of a voice speaks most for being the person's, and what speaks least for it."""
    if voice.place:  # on a track that players don't play
        return
    ranked = sorted(voice.windows, key=lambda one: -float(one.embedding @ template.embedding))
    yield from template.beside(ranked[0], "most_like")
    if len(ranked) > 1:
        yield from template.beside(ranked[-1], "least_like")


def _face_llr(case: Case, person: str) -> float:
    """Return the evidence that the person's face is in the file; 0.0 when it can't be compared."""
    ratios = [
        face_llr(cosine, size_px=track.best.quality.size_px)
        for track in case.tracks
        for name, cosine in case.gallery.cosines(track.embedding)
        if name == person
    ]
    return max(ratios, default=0.0)
