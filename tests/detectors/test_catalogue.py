"""The catalogue detector: what it says of matches, and when it can't say anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media_screen.arrays import Image
from media_screen.case import Case
from media_screen.detectors.catalogue import ALTERED, LLR, KnownFootage
from media_screen.equipment import Equipment
from media_screen.evidence import Abstention, Evidence, MediaInfo, Span, Verdict
from media_screen.faces.track import Face, Track
from media_screen.footage.catalogue import Catalogue, MeasuredMatch
from media_screen.footage.catalogue.search import search
from media_screen.footage.catalogue.store import Kind
from media_screen.footage.fingerprint import Fingerprint, FingerprintBuilder
from media_screen.hearing import OtherSound
from media_screen.look import Look
from media_screen.media import Block, Frame, Mix
from media_screen.speech import Speech, SpeechSegment
from tests.fakes import stand_in
from tests.footage.making import RATE, Scene, enrolled, take, voice
from tests.pieces import all_evidence

LENGTH = 8.0


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    made = Catalogue.open(tmp_path_factory.mktemp("detector") / "catalogue.sqlite")
    kinds: tuple[Kind, ...] = ("official", "official", "known_fake")
    for number, kind in enumerate(kinds):
        fingerprint = enrolled(Scene(number), LENGTH, sound=voice(LENGTH, number), head=number)
        made.add(f"person-{number}", f"{number}.mp4", str(number), fingerprint, kind=kind)
    return made


def examine(
    fingerprint: Fingerprint | None,
    catalogue: Catalogue | None,
    turned: tuple[Fingerprint, ...] = (),
    *,
    speech: tuple[Span, ...] = (),
    faces: tuple[float, ...] = (),
    others: tuple[OtherSound, ...] = (),
) -> list[Evidence | Abstention]:
    """Examine a file in which somebody speaks in some spans, and a face is seen at some moments."""
    spoken = tuple(SpeechSegment(span, "speech", 30.0, 8000.0, -20.0, 0.0) for span in speech)
    seen = [stand_in(Track, faces=[stand_in(Face, time_s=time_s) for time_s in faces])]
    matches: tuple[MeasuredMatch, ...] = ()
    if catalogue is not None and fingerprint is not None:
        matches = search(
            catalogue, fingerprint, turned=lambda: turned, closely=lambda spans: fingerprint
        )
    case = stand_in(
        Case,
        fingerprint=fingerprint,
        catalogue=catalogue,
        matches=matches,
        itself="",
        tracks=seen,
        speech=Speech(spoken),
        info=MediaInfo(path="a.mp4", kind="video", audio_codec="aac"),
        other_sounds=others,
    )
    return list(KnownFootage().examine(case))


def found(*given: Any, **options: Any) -> list[Evidence]:
    return all_evidence(examine(*given, **options))


def only(fingerprint: Fingerprint, catalogue: Catalogue) -> Evidence:
    (piece,) = examine(fingerprint, catalogue)
    assert isinstance(piece, Evidence)
    assert (piece.detector, piece.axis) == ("catalogue", "provenance")
    assert piece.llr == LLR[piece.finding]
    return piece


def test_without_a_catalogue_it_abstains(tmp_path: Path) -> None:
    for nothing in (None, Catalogue.open(tmp_path / "empty.sqlite")):
        (piece,) = examine(take(Scene(0), 2.0), nothing)
        assert isinstance(piece, Abstention)
        assert piece.reason == "no_reference" and "enroll" in piece.why


def test_a_file_without_content_is_unreadable(catalogue: Catalogue) -> None:
    (piece,) = examine(FingerprintBuilder().finish(), catalogue)
    assert isinstance(piece, Abstention) and piece.reason == "unreadable"


def test_a_stranger_is_no_match(catalogue: Catalogue) -> None:
    piece = only(take(Scene(40), 5.0, sound=voice(5.0, 40)), catalogue)
    assert (piece.finding, piece.score, piece.llr, piece.match) == ("no_match", 0.0, 0.0, None)
    assert "3 enrolled videos" in piece.why


def test_a_copy_speaks_for_genuine(catalogue: Catalogue) -> None:
    piece = only(take(Scene(1), LENGTH, sound=voice(LENGTH, 1), head=1), catalogue)
    assert (piece.finding, piece.person) == ("copy", "person-1")
    assert piece.llr < 0
    assert piece.match is not None and piece.span == piece.match.query_span
    assert "1.mp4 at 0.0 to 8.0 s" in piece.why
    assert piece.values["speed"] == pytest.approx(1.0, abs=0.01)
    assert piece.values["frames_matched"] > 20


def beside(seed: int) -> OtherSound:
    builder = FingerprintBuilder(duration_s=LENGTH)
    builder.add_sound(0.0, voice(LENGTH, seed))
    return OtherSound("on sound track 2", (Span(0.0, LENGTH),), builder.finish())


def test_a_match_vouches_for_no_other_sound_of_the_file(catalogue: Catalogue) -> None:
    copy = take(Scene(1), LENGTH, sound=voice(LENGTH, 1), head=1)
    assert [one.finding for one in found(copy, catalogue, others=(beside(1),))] == ["copy"]
    _, changed = found(copy, catalogue, others=(beside(1), beside(41)))
    assert (changed.finding, changed.person) == ("revoiced", "person-1")
    assert "on sound track 2 another sound is heard" in changed.why


@pytest.mark.parametrize("first", ["shown", "again"])
def test_a_speech_that_is_enrolled_twice_is_no_other_sound(first: str, tmp_path: Path) -> None:
    """A side that is alike in two official videos is found in one, and the picture in another."""
    catalogue = Catalogue.open(tmp_path / "catalogue.sqlite")
    scenes = {"shown": Scene(1), "again": Scene(9)}
    for name in sorted(scenes, key=lambda name: name != first):
        known = enrolled(scenes[name], LENGTH, sound=voice(LENGTH, 1))
        catalogue.add("ada", f"{name}.mp4", name, known)
    copy = take(Scene(1), LENGTH, sound=voice(LENGTH, 1))
    (piece,) = found(copy, catalogue, others=(beside(1),))
    assert piece.finding == "copy"
    assert piece.match is not None and piece.match.reference == "shown.mp4"
    _, changed = found(copy, catalogue, others=(beside(41),))
    assert changed.finding == "revoiced"


def test_an_official_sound_that_does_not_play_is_named(catalogue: Catalogue) -> None:
    shown = take(Scene(42), LENGTH, sound=voice(LENGTH, 42))
    pieces = found(shown, catalogue, others=(beside(0),))
    (named,) = [one for one in pieces if not one.finding]
    assert "on sound track 2" in named.why and "0.mp4" in named.why and named.llr == 0.0


def on_its_side(image: np.ndarray, turns: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(image, turns))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_copy_on_its_side_is_no_other_picture(catalogue: Catalogue, turns: int) -> None:
    """Without a face nothing tells which way is up, and only the sound is the original's."""
    changes = [partial(on_its_side, turns=turns + more) for more in range(4)]
    ways = [take(Scene(1), LENGTH, change=one, sound=voice(LENGTH, 1)) for one in changes]
    (piece,) = found(ways[0], catalogue)
    assert piece.finding == "repictured"
    (piece,) = found(ways[0], catalogue, tuple(ways[1:]))
    assert piece.finding == "copy" and piece.llr < 0


def test_another_picture_stays_one_however_it_is_turned(catalogue: Catalogue) -> None:
    ways = [take(Scene(50 + way), LENGTH, sound=voice(LENGTH, 1)) for way in range(4)]
    (piece,) = found(ways[0], catalogue, tuple(ways[1:]))
    assert piece.finding == "repictured"


def test_another_voice_speaks_against_it(catalogue: Catalogue) -> None:
    piece = only(take(Scene(0), LENGTH, sound=voice(LENGTH, 70), head=0), catalogue)
    assert piece.finding == "revoiced" and piece.llr > 0
    assert "sound is not the original's" in piece.why


def test_a_known_fake_says_most(catalogue: Catalogue) -> None:
    piece = only(take(Scene(2), LENGTH, sound=voice(LENGTH, 2), head=2), catalogue)
    assert piece.finding == "known_fake" and piece.llr == max(LLR.values())


def test_the_sentence_names_what_was_done(catalogue: Catalogue) -> None:
    query = take(Scene(1), LENGTH, change=lambda image: image[:, ::-1].copy())
    piece = only(query, catalogue)
    assert piece.why.endswith("(mirrored)") and "no sound could be compared" in piece.why
    assert piece.values["mirrored"] == 1.0


def test_the_evidence_survives_a_record(catalogue: Catalogue) -> None:
    piece = only(take(Scene(1), LENGTH, sound=voice(LENGTH, 1), head=1), catalogue)
    verdict = Verdict(label="official_copy", media=MediaInfo(path="a.mp4"), evidence=(piece,))
    back = Verdict.from_dict(json.loads(verdict.to_json()))
    assert back.evidence[0].finding == "copy"
    assert back.evidence[0].match is not None and back.evidence[0].match.reference == "1.mp4"


def test_a_change_inside_is_told_with_its_times(catalogue: Catalogue) -> None:
    sound = voice(LENGTH, 1)
    sound[3 * RATE : 5 * RATE] = voice(2.0, 90)
    piece = only(take(Scene(1), LENGTH, sound=sound, head=1), catalogue)
    assert piece.finding == "altered_official" and piece.llr > 0
    assert "the sound of 0:03 to 0:05 is not that of the original" in piece.why
    assert piece.values["seconds_changed"] == pytest.approx(2.0, abs=0.5)


@pytest.mark.parametrize(
    ("speech", "faces", "said"),
    [
        pytest.param((Span(0.0, 11.0),), (), "the speech at 0:08 to 0:11", id="speech-at-the-end"),
        pytest.param((), (1.0, 9.0), "the face that is seen at 0:08 to 0:11", id="face-at-the-end"),
        pytest.param((Span(0.0, 8.0),), (1.0, 7.0), "", id="nobody-at-the-end"),
    ],
)
def test_what_is_outside_of_the_match_is_not_vouched_for(
    catalogue: Catalogue, speech: tuple[Span, ...], faces: tuple[float, ...], said: str
) -> None:
    builder = FingerprintBuilder(duration_s=11.0)
    for index in range(55):
        time_s = index / 5
        builder.add_frame(time_s, Scene(1 if time_s < LENGTH else 60).at(time_s))
    builder.add_sound(0.0, np.concatenate([voice(LENGTH, 1), voice(3.0, 91)]))
    pieces = found(builder.finish(), catalogue, speech=speech, faces=faces)
    assert [piece.finding for piece in pieces] == ["copy"] + ["unmatched_rest"] * bool(said)
    assert said in pieces[-1].why


class Copy:
    """A minute and a half of one scene as a file, in which another scene is shown for a while."""

    LENGTH = 90.0
    WINDOWS = tuple(Span(start, start + 5.0) for start in (1.0, 24.0, 47.0, 70.0))

    def __init__(self, other: Span) -> None:
        self.info = MediaInfo("a.mp4", kind="video", duration_s=self.LENGTH, width=240, height=180)
        self.decoded: list[Span] = []
        self._other = other

    def frame(self, time_s: float) -> Frame:
        shown = Scene(8) if self._other.start <= time_s < self._other.end else Scene(7)
        return Frame(time_s, shown.at(time_s))

    def survey(self) -> Iterator[Frame]:
        return (self.frame(float(time_s)) for time_s in range(0, int(self.LENGTH), 5))

    mix = Mix.BOTH

    def sound(self) -> Iterator[Block]:
        return iter(())

    def window(self, span: Span, *, fps: float) -> Iterator[Frame]:
        self.decoded.append(span)
        times = np.arange(span.start, span.end, 1 / fps)
        return (self.frame(float(time_s)) for time_s in times)

    def look(self, media: object, *, on_frame: Callable[[float, Image], None], **_: object) -> Look:
        windows = [self.window(span, fps=5.0) for span in self.WINDOWS]
        for frame in sorted(chain(self.survey(), *windows), key=lambda frame: frame.time_s):
            on_frame(frame.time_s, frame.image)
        return Look(shots=(), tracks=(), frames=1, small_faces=0, windows=self.WINDOWS)


@pytest.mark.parametrize(
    ("other", "finding"),
    [(Span(0.0, 0.0), "copy"), (Span(36.2, 39.2), ALTERED)],
    ids=["untouched", "between-the-windows"],
)
def test_a_copy_is_compared_where_it_was_not_looked_at(
    other: Span, finding: str, tmp_path: Path
) -> None:
    catalogue = Catalogue.open(tmp_path / "catalogue.sqlite")
    catalogue.add("ada", "talk.mp4", "1", enrolled(Scene(7), Copy.LENGTH))
    film: Any = Copy(other)
    case = Case(film, Equipment(looker=film, catalogue=catalogue))
    (piece,) = KnownFootage().examine(case)
    assert isinstance(piece, Evidence) and piece.finding == finding, piece.why
    assert ("0:36 to 0:39" in piece.why) == bool(other.duration)
    closely = film.decoded[len(Copy.WINDOWS) :]
    assert sum(span.duration for span in closely) == pytest.approx(70.0, abs=3.0)
    assert not any(span.overlap(seen) for span in closely for seen in Copy.WINDOWS)
