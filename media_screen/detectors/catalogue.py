"""Looks the file up among the official footage and the known fakes of enrolled people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from media_screen.detectors.contract import Case, Dependence, Need
from media_screen.evidence import Abstention, Axis, Evidence, Span

if TYPE_CHECKING:
    from media_screen.footage.catalogue import Catalogue, MeasuredMatch
    from media_screen.hearing import OtherSound

ALTERED = "altered_official"
REST = "unmatched_rest"
# Natural-log likelihood ratios of "fabricated" against "genuine", by finding. A whole match of
# picture and sound is as strong as the benchmark can support (no false match in some 80,000 pairs
# would allow more, but genuine footage is also reposted to frame it wrongly); exchanged sound is
# mostly dubbing, translation or a voice-over, so it weighs less than a known fake.
LLR = {
    "copy": -3.0,
    "excerpt": -2.5,
    "revoiced": 2.0,
    "repictured": 1.5,
    ALTERED: 1.5,
    REST: 0.0,
    "known_fake": 4.0,
    "no_match": 0.0,
}
# A sound that is shifted by more than this against the picture, s, is mentioned: viewers notice it.
NOTICED_SHIFT_S = 0.12
# Share of what is heard on another track, or on one side, that must be the original's, too.
SAME_SOUND = 0.5
SHOWN_SPEED = 0.02  # a speed further from 1 than this is mentioned
COMPARED = 0.9  # share of a match from which it is called compared without naming the share
MOST_TOLD = 3  # stretches of one kind named in a sentence


class KnownFootage:
    """Says which official footage or known fake is in the file, where, and what was exchanged."""

    name = "catalogue"
    axis: Axis = "provenance"
    needs: tuple[Need, ...] = ()  # pictures or sound, whichever the file has
    depends: tuple[Dependence, ...] = ("official", "fakes")

    def examine(self, case: Case) -> Iterator[Evidence | Abstention]:
        """Yield one piece for each match, and what of the file no match vouches for."""
        catalogue = case.catalogue
        count = len(catalogue) - bool(case.itself) if catalogue is not None else 0
        if catalogue is None or not count:
            yield Abstention(
                self.name,
                "no_reference",
                "no official footage is enrolled: put videos into people/<name>/official and "
                "run media-screen enroll",
            )
            return
        fingerprint = case.fingerprint
        if fingerprint.empty:
            yield Abstention(
                self.name, "unreadable", "it holds neither picture nor sound that can be compared"
            )
            return
        found = case.matches
        for match in found:
            yield self._match(match)
        if any(_finding(match) in ("copy", "excerpt") for match in found):
            yield from self._rest(case, found)
        yield from self._beside(case, catalogue, found)
        if not found:
            yield Evidence(
                detector=self.name,
                axis=self.axis,
                score=0.0,
                llr=LLR["no_match"],
                finding="no_match",
                why=f"nothing of the {count} enrolled videos was found in the file",
                values={"references": count},
            )

    def _rest(self, case: Case, found: Sequence[MeasuredMatch]) -> Iterator[Evidence]:
        """Yield what shows a face or speaks and is not the original's: it is judged by itself."""
        from media_screen.footage.catalogue.rest import faces_outside, outside, speech_outside

        length = case.fingerprint.duration_s
        seen = faces_outside(found, case.tracks, length)
        heard: tuple[Span, ...] = ()
        sounds = [one.match.query_span for one in found if one.sound_span is not None]
        if case.info.audio_codec and outside(sounds, length):
            heard = speech_outside(found, case.speech, length)
        told = [
            f"the {what} at {_clocks(spans)} is not matched"
            for spans, what in ((seen, "face that is seen"), (heard, "speech"))
            if spans
        ]
        if told:
            yield Evidence(
                detector=self.name,
                axis=self.axis,
                score=0.0,
                llr=LLR[REST],
                finding=REST,
                person=found[0].match.person,
                why=f"{' and '.join(told)} by official footage, which vouches for the rest only",
                values={
                    "seconds_seen": sum(span.duration for span in seen),
                    "seconds_heard": sum(span.duration for span in heard),
                },
            )

    def _beside(
        self, case: Case, catalogue: Catalogue, found: Sequence[MeasuredMatch]
    ) -> Iterator[Evidence]:
        """Yield what is heard on other tracks, or on one side, and is not what was matched.

        A match of one sound vouches for no other; an official one that does not play is named.
        """
        copies = [one for one in found if _finding(one) in ("copy", "excerpt")]
        for sound in case.other_sounds:
            heard = sum(span.duration for span in sound.spans)
            for copy in copies:
                # Another reference with the same sound, a repost of it say, must not hide this one.
                same = catalogue.find(sound.fingerprint, among=(copy.number,))
                told = sum(
                    span.overlap(one.match.query_span) for span in sound.spans for one in same
                )
                if told < SAME_SOUND * heard:
                    yield self._other(copy, sound)
                    break
            own = () if copies else catalogue.find(sound.fingerprint, without=case.itself)
            official = [one for one in own if _finding(one) != "known_fake"]
            if official:
                match = official[0].match
                yield Evidence(
                    detector=self.name,
                    axis=self.axis,
                    score=0.0,
                    llr=0.0,
                    why=f"what is heard {sound.place} is the sound of {match.reference}",
                )

    def _other(self, copy: MeasuredMatch, sound: OtherSound) -> Evidence:
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=copy.match.picture,
            llr=LLR["revoiced"],
            why=f"shows {copy.match.reference}, but {sound.place} another sound is heard "
            f"at {_clocks(sound.spans)}",
            span=copy.match.query_span,
            person=copy.match.person,
            finding="revoiced",
            match=replace(copy.match, relation="revoiced"),
        )

    def _match(self, found: MeasuredMatch) -> Evidence:
        match = found.match
        finding = _finding(found)
        return Evidence(
            detector=self.name,
            axis=self.axis,
            score=max(match.picture, match.sound),
            llr=LLR[finding],
            why=why(found, finding),
            span=match.query_span,
            person=match.person,
            finding=finding,
            values=_values(found),
            match=match,
        )


def _finding(found: MeasuredMatch) -> str:
    """Return the relation, or that a part of what matches is another one."""
    relation = found.match.relation
    return ALTERED if found.changes and relation in ("copy", "excerpt") else relation


def why(found: MeasuredMatch, finding: str) -> str:
    """Return the sentence for a match: what goes along with the original, where, and what does not.

    It says "follows": whether a face in it is the original's is for the detector `original` to say.
    """
    match = found.match
    where = f"{_span(match.query_span)} shows {match.reference} at {_span(match.reference_span)}"
    said = {
        "copy": f"{where}: picture and sound follow the original",
        "excerpt": f"{where}: picture and sound follow this part of the original",
        "revoiced": f"{where}, but the sound is not the original's: another voice or track",
        "repictured": (
            f"the sound of {match.reference} at {_span(match.reference_span)} is heard at "
            f"{_span(match.query_span)}, but the picture is another one"
        ),
        "known_fake": f"{where}, which is enrolled as a known fake",
        ALTERED: f"{where}, but {_changed(found)}",
    }[finding]
    if finding in ("copy", "excerpt") and found.sound_score and found.picture_score:
        said += _compared(found)
    if finding in ("copy", "excerpt") and not found.sound_score:
        said = f"{where}: the picture follows the original; no sound could be compared"
    if finding in ("copy", "excerpt") and not found.picture_score:
        said = f"{where}: the sound follows the original; no picture could be compared"
    return said + _treatment(found)


def _changed(found: MeasuredMatch) -> str:
    """Return what is not the original's, with its times in the file."""
    told = [
        f"the {part} of {_clocks(spans)} is not that of the original"
        for part in ("picture", "sound")
        if (spans := [one.span for one in found.changes if one.part == part])
    ]
    jumps = [one.span for one in found.changes if one.part == "order"]
    if jumps:
        told.append(
            f"at {_clocks(jumps)} it goes on at another moment of the original than it left: "
            "something was cut out, repeated or moved"
        )
    return " and ".join(told)


def _compared(found: MeasuredMatch) -> str:
    """Name the shares of a match that were compared, where it is not all of it."""
    length = max(found.match.query_span.duration, 1e-6)
    shares = {
        "picture": sum(span.duration for span in found.pictures) / length,
        "sound": sum(span.duration for span in found.sounds) / length,
    }
    some = [
        f"the {part} over {int(100 * share)}%" for part, share in shares.items() if share < COMPARED
    ]
    return f" where they were compared ({' and '.join(some)} of it)" if some else ""


def _clocks(spans: Sequence[Span]) -> str:
    """Return times as players show them, the first few of many."""
    few = ", ".join(f"{_clock(span.start)} to {_clock(span.end)}" for span in spans[:MOST_TOLD])
    more = len(spans) - MOST_TOLD
    return f"{few} and {more} more" if more > 0 else few


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02d}"


def _treatment(found: MeasuredMatch) -> str:
    """Return what was done to the copy as far as it was measured, as the end of a sentence."""
    notes = []
    if found.mirrored:
        notes.append("mirrored")
    if abs(found.mapping.speed - 1) > SHOWN_SPEED:
        notes.append(f"played {found.mapping.speed:.2f} times as fast")
    if found.channel == "located":
        notes.append("inset or cropped")
    if abs(found.shift_s) > NOTICED_SHIFT_S:
        notes.append(f"sound shifted by {found.shift_s * 1000:+.0f} ms")
    return f" ({', '.join(notes)})" if notes else ""


def _span(span: Span) -> str:
    return f"{span.start:.1f} to {span.end:.1f} s"


def _values(found: MeasuredMatch) -> dict[str, float]:
    values = {
        "picture": found.match.picture,
        "sound": found.match.sound,
        "picture_score": found.picture_score,
        "sound_score": found.sound_score,
        "frames_matched": found.frames,
        "offset_s": found.mapping.offset_s,
        "speed": found.mapping.speed,
        "mirrored": found.mirrored,
        "sound_shift_s": found.shift_s,
        "picture_compared": found.compared_picture,
        "sound_compared": found.compared_sound,
        "seconds_changed": sum(one.span.duration for one in found.changes),
    }
    return {name: float(value) for name, value in values.items()}
