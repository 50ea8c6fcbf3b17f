"""What was seen and heard is kept as it was, and what is no such thing is refused."""

from __future__ import annotations

import random
from dataclasses import fields

import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.faces.align import Quality
from media_screen.faces.track import Face, Track
from media_screen.footage.fingerprint import FingerprintBuilder
from media_screen.hearing import Ear, OtherSound
from media_screen.look import Look
from media_screen.media import Mix
from media_screen.observation import KeptHearing, Observation
from media_screen.speech import Speech, SpeechSegment
from media_screen.speech.voices import Voice, VoiceWindow

CHANCE = np.random.default_rng(7)


def fingerprint(seconds: int = 5) -> FingerprintBuilder:
    builder = FingerprintBuilder(duration_s=float(seconds))
    for index in range(seconds * 4):
        builder.add_frame(index / 4 + 1 / 3, CHANCE.integers(0, 255, (90, 120, 3), np.uint8))
    builder.add_sound(0.0, CHANCE.normal(size=16_000 * seconds).astype(np.float32))
    return builder


def a_track(number: int) -> Track:
    faces = tuple(
        Face(
            time_s=index / 3,
            box=(1.1, 2.2, 33.3, 44.4 + index),
            landmarks=CHANCE.normal(size=(5, 2)).astype(np.float32),
            score=0.93,
            quality=Quality(*CHANCE.uniform(1, 9, len(fields(Quality))).tolist()),
            crop=np.zeros((256, 256, 3), np.uint8),
            embedding=CHANCE.normal(size=128).astype(np.float32),
        )
        for index in range(number + 1)
    )
    return Track(number, faces)


def an_observation() -> Observation:
    span = Span(1 / 3, 2.7)
    voices = tuple(
        Voice(
            number,
            (
                VoiceWindow(
                    span, np.ones(9, np.float32), CHANCE.normal(size=192).astype(np.float32), 12.5
                ),
            ),
            Mix.LEFT,
            "on sound track 2",
        )
        for number in range(2)
    )
    segment = SpeechSegment(span, "speech", 20.5, 8000.0, -21.5, 0.1)
    sound = KeptHearing(
        ear=Ear(Mix.BOTH, Speech((segment,), 5.0, 1.5)),
        voices=voices,
        synthesis=((1.25, -3.0), (0.1,)),
        other_sounds=(OtherSound("on the left side", (span,), fingerprint(2).finish()),),
        share=0.75,
        waveform=(1, 50, 100),
    )
    look = Look(
        shots=(span,),
        tracks=(a_track(0), a_track(3)),
        frames=20,
        small_faces=1,
        turns=2,
        covered=0.9,
        windows=(span,),
    )
    return Observation(fingerprint().finish(), look, sound)


def test_it_is_read_back_as_it_was() -> None:
    was = an_observation()
    now = Observation.from_bytes(was.to_bytes())
    assert now.fingerprint == was.fingerprint
    assert was.look is not None and now.look is not None and was.sound is not None
    for before, after in zip(was.look.tracks, now.look.tracks, strict=True):
        assert (before.id, before.span) == (after.id, after.span)
        assert np.array_equal(before.embedding, after.embedding)
        assert before.best.quality == after.best.quality and before.best.box == after.best.box
        assert np.array_equal(before.best.landmarks, after.best.landmarks)
        assert all(face.crop.size == face.embedding.size == 0 for face in after.faces)
    for name in ("shots", "windows", "frames", "small_faces", "further_faces", "turns", "covered"):
        assert getattr(now.look, name) == getattr(was.look, name)
    assert now.sound is not None
    for one, other in zip(was.sound.voices, now.sound.voices, strict=True):
        assert (one.words, one.seconds, one.snr_db, one.span) == (
            other.words, other.seconds, other.snr_db, other.span,
        )  # fmt: skip
        assert np.array_equal(one.embedding, other.embedding)
        assert not any(window.samples.size for window in other.windows)
    for name in ("ear", "synthesis", "share", "waveform"):
        assert getattr(now.sound, name) == getattr(was.sound, name)
    assert now.sound.other_sounds == was.sound.other_sounds


@pytest.mark.parametrize("kind", ["cut", "changed", "other"])
def test_what_was_damaged_is_refused_or_read(kind: str) -> None:
    data = an_observation().to_bytes()
    chance = random.Random(3)
    for _ in range(60):
        place = chance.randrange(len(data))
        damaged = {
            "cut": data[:place],
            "changed": data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :],
            "other": bytes(chance.randrange(256) for _ in range(200)),
        }[kind]
        try:
            Observation.from_bytes(damaged)
        except ValueError as error:
            assert "not an observation" in str(error)
        else:
            assert kind == "changed", "what is cut off or something else is no observation"


def test_a_finished_fingerprint_takes_further_frames_as_if_they_had_come_at_once() -> None:
    frames = [
        (index / 7, CHANCE.integers(0, 255, (90, 120, 3), np.uint8)) for index in range(64 + 20)
    ]
    builder = FingerprintBuilder(duration_s=20.0)
    for time_s, image in frames[:64]:
        builder.add_frame(time_s, image)
    builder.add_sound(0.0, CHANCE.normal(size=48_000).astype(np.float32))
    resumed = FingerprintBuilder.resumed(builder.finish())
    again = frames[60:]  # some of them were there
    for one in (builder, resumed):
        for time_s, image in again:
            one.add_frame(time_s, image)
    assert resumed.finish() == builder.finish()
