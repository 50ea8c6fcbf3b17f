"""Compares every face that was followed through the file with the enrolled people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence, Span
from media_screen.faces.embed import calibrated_llr


class FaceIdentity:
    """Says for each enrolled person how much more likely the faces are theirs than a stranger's."""

    name = "face_identity"
    axis: Axis = "identity"
    needs: tuple[Need, ...] = ("people", "frames", "faces")
    depends: tuple[Dependence, ...] = ("faces",)

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each track and its nearest person, and one pooled for each person."""
        if not case.gallery.templates:
            yield Abstention(
                self.name,
                "no_reference",
                "nobody who is enrolled has a usable face reference: run media-screen enroll",
            )
            return
        by_person: dict[str, list[tuple[float, float]]] = {}
        for track in case.tracks:
            size = track.best.quality.size_px
            ranked = case.gallery.cosines(track.embedding)
            for person, cosine in ranked:
                llr = calibrated_llr(cosine, size_px=size)
                by_person.setdefault(person, []).append((cosine, llr))
            person, cosine = ranked[0]
            start, end = track.span
            yield Evidence(
                detector=self.name,
                axis=self.axis,
                score=cosine,
                llr=calibrated_llr(cosine, size_px=size),
                why=f"the face from {start:.1f} s to {end:.1f} s is nearest to {person}",
                span=Span(start, end),
                track=track.id,
                person=person,
                values={
                    "cosine": cosine,
                    "faces": len(track.faces),
                    "size_px": size,
                },
            )
        for person, scored in by_person.items():
            yield self._pooled(person, scored)

    def _pooled(self, person: str, scored: Sequence[tuple[float, float]]) -> Evidence:
        """Pool a file by its most similar track: the question is whether the person is in it.

        The more tracks there are, the likelier a chance match among them; the threshold that a
        verdict needs is set with room for that.
        """
        cosine, llr = max(scored, key=lambda pair: pair[1])
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=cosine,
            llr=llr,
            why=f"the most similar of {len(scored)} tracks has cosine {cosine:.2f} to {person}",
            person=person,
            values={"cosine": cosine, "tracks": len(scored)},
        )
