"""What a fold leaves out is not trained on, and every sound is tested in some fold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_screen import weights
from media_screen.speech.synthesis import LEVELS
from training.media.__main__ import SPEECH, read_table
from training.voice_spoof.net import STATISTICS
from training.voice_spoof.prepare import MUSIC, RANDOM, Prepared, WindowRow, trimmed
from training.voice_spoof.sources import (
    FAMILIES,
    NO_SPEECH,
    PACKAGES,
    Sound,
    family,
    read_media,
    sound_of,
)
from training.voice_spoof.train import Fold, read_config, training_rows
from training.voice_spoof.train import test_rows as rows_to_test

FOLD = Fold(99, frozenset({"vits"}), frozenset({"left-out"}))  # which spares no file


def sound(fake: bool, name: str, collection: str, *, source: str = "") -> Sound:
    return Sound(Path("x"), name, fake, name, name, collection, False, source)


SOUNDS = (
    sound(False, "genuine", "left-out"),
    sound(False, "genuine", "kept"),
    sound(True, "vits", "kept"),
    sound(True, "world", "left-out", source="genuine"),
    sound(True, "world", "kept", source="genuine"),
    sound(True, "hifi-gan", "kept"),
    sound(True, "flite", PACKAGES),
)
CONDITIONS = (0, 3, RANDOM, MUSIC)  # clean, music of the tests, and two that are only trained on
DATA = Prepared(
    SOUNDS,
    tuple(
        WindowRow(place, 0, condition, 20)
        for place in range(len(SOUNDS))
        for condition in CONDITIONS
    ),
    np.zeros((len(SOUNDS) * len(CONDITIONS), STATISTICS), np.float16),
    np.zeros((len(SOUNDS) * len(CONDITIONS), 20, LEVELS), np.uint8),
)


def of(rows: np.ndarray) -> dict[int, list[int]]:
    """The conditions by sound."""
    found: dict[int, list[int]] = {}
    for row in rows.tolist():
        found.setdefault(DATA.rows[row].sound, []).append(DATA.rows[row].condition)
    return found


def test_a_fold_trains_on_nothing_that_it_leaves_out_nor_on_what_was_made_here() -> None:
    trained = [0, RANDOM, MUSIC]  # never the music that is tested with
    assert of(training_rows(DATA, FOLD)) == {1: trained, 5: trained}
    assert of(training_rows(DATA, None)) == dict.fromkeys((0, 1, 2, 5), trained)


def test_a_fold_is_tested_on_what_it_leaves_out() -> None:
    assert of(rows_to_test(DATA, FOLD)) == {sound: [0, 3] for sound in (0, 2, 3)}


def test_a_spared_file_is_left_out_with_its_copies() -> None:
    names = [f"file {number}" for number in range(200)]
    spared = [
        name
        for name in names
        if Fold(3, frozenset(), frozenset()).leaves_out(sound(False, name, "kept"))
    ]
    assert 5 < len(spared) < 50
    copy = sound(True, "world", "kept", source=spared[0])
    assert Fold(3, frozenset(), frozenset()).leaves_out(copy)
    assert not Fold(4, frozenset(), frozenset()).leaves_out(copy)


def shipped_folds() -> tuple[Fold, ...]:
    return read_config(weights.models_dir() / "voice_spoof" / "train.toml").folds


def test_the_folds_of_the_shipped_net_leave_every_family_out_once() -> None:
    left_out = [name for fold in shipped_folds() for name in fold.families]
    assert sorted(left_out) == sorted(name for name, _ in FAMILIES)
    collections = [name for fold in shipped_folds() for name in fold.collections]
    assert len(collections) == len(set(collections))


def test_every_public_recording_is_left_out_by_some_fold() -> None:
    listed = [sound_of(row.media_row(audio="ok"), Path()) for row in read_table(SPEECH)]
    sounds = [one for one in listed if one is not None]
    assert len(sounds) > 2_000
    collections = {name for fold in shipped_folds() for name in fold.collections}
    assert {one.collection for one in sounds if not one.fake} <= collections


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Tacotron2+HiFi-GAN V1 ft", "hifi-gan"),
        ("Tacotron2+WaveGlow", "older-neural"),
        ("Tacotron2", "tortoise"),
        ("YourTTS Exp.1", "vits"),
        ("griffin-lim-mel", "griffin-lim"),
        ("espeak", "classical"),
        ("NaturalSpeech", "tortoise"),
        ("NaturalSpeech 3", "naturalspeech"),
        ("VALL-E (SoundStorm)", "codec-lm"),
        ("CosyVoice 2", "cosyvoice"),
        ("IndexTTS 2", "indextts"),
        ("FluentSpeech", "fluentspeech"),
    ],
)
def test_systems_belong_to_the_family_of_their_vocoder(system: str, expected: str) -> None:
    assert family(system) == expected


def test_an_unknown_system_is_an_error() -> None:
    with pytest.raises(ValueError, match="add it there"):
        family("something new")


def test_collections_without_speech_are_left_out(tmp_path: Path) -> None:
    head = "path\tkind\tmethod\tcollection\taudio"
    lines = [f"{name}.flac\treal_audio\treal\t{name}\t" for name in (*NO_SPEECH, "other")]
    (tmp_path / "manifest.tsv").write_text("\n".join([head, *lines]), "utf-8")
    assert [sound.collection for sound in read_media(tmp_path)] == ["other"]


def test_speech_that_is_only_edited_is_of_neither_class(tmp_path: Path) -> None:
    head = "path\tkind\tmethod\tcollection\taudio"
    lines = ["a.wav\tedited_audio\tVoiceCraft\tx\tok", "b.wav\tfake_audio\tVoiceCraft\tx\tok"]
    (tmp_path / "manifest.tsv").write_text("\n".join([head, *lines]), "utf-8")
    assert [sound.name for sound in read_media(tmp_path)] == ["b.wav"]


def test_silence_is_cut_off_at_both_ends() -> None:
    sound = np.zeros(16_000, np.float32)
    sound[6_400:9_600] = 0.5
    assert len(trimmed(sound)) == 3_200
    assert len(trimmed(np.zeros(500, np.float32))) == 0
