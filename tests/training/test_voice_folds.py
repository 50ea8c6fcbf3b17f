"""What a fold leaves out is not trained on, and every sound is tested in some fold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_screen import weights
from media_screen.speech.spoof import BINS
from media_screen.training.voice_spoof.prepare import Prepared, Row, trimmed
from media_screen.training.voice_spoof.sources import FAMILIES, Sound, family
from media_screen.training.voice_spoof.train import (
    Fold,
    example_weights,
    read_config,
    training_rows,
)
from media_screen.training.voice_spoof.train import (
    test_rows as rows_to_test,
)

FOLD = Fold(frozenset({"vits"}), frozenset({"left-out"}))


def sound(fake: bool, name: str, collection: str, *, web: bool = False) -> Sound:
    return Sound(Path("x"), name, fake, name, name, collection, web)


SOUNDS = (
    sound(False, "genuine", "left-out"),
    sound(False, "genuine", "kept", web=True),
    sound(True, "vits", "kept"),
    sound(True, "world", "left-out"),  # a copy of speech that is left out
    sound(True, "world", "kept"),
)
DATA = Prepared(
    SOUNDS,
    tuple(Row(place, 0, 0, 9) for place in range(len(SOUNDS))),
    np.zeros((len(SOUNDS), 9, BINS), np.uint8),
)


def test_a_fold_trains_on_nothing_that_it_leaves_out() -> None:
    assert training_rows(DATA, FOLD).tolist() == [1, 4]
    assert training_rows(DATA, None).tolist() == [0, 1, 2, 3, 4]


def test_a_fold_is_tested_on_unseen_collections_and_unseen_systems() -> None:
    assert rows_to_test(DATA, FOLD).tolist() == [0, 2]


def test_classes_and_groups_are_drawn_alike() -> None:
    weights_of = example_weights(DATA, np.arange(5))
    assert weights_of.tolist() == pytest.approx([0.25, 0.25, 0.25, 0.125, 0.125])


def test_the_folds_of_the_shipped_net_leave_every_family_out_once() -> None:
    folds = read_config(weights.models_dir() / "voice_spoof" / "train.toml").folds
    left_out = [name for fold in folds for name in fold.families]
    assert sorted(left_out) == sorted(name for name, _ in FAMILIES)
    collections = [name for fold in folds for name in fold.collections]
    assert len(collections) == len(set(collections))


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("Tacotron2+HiFi-GAN V1 ft", "hifi-gan"),
        ("Tacotron2+WaveGlow", "older-neural"),
        ("Tacotron2", "tortoise"),
        ("YourTTS Exp.1", "vits"),
        ("griffin-lim-mel", "griffin-lim"),
        ("espeak", "classical"),
    ],
)
def test_systems_belong_to_the_family_of_their_vocoder(system: str, expected: str) -> None:
    assert family(system) == expected


def test_an_unknown_system_is_an_error() -> None:
    with pytest.raises(ValueError, match="add it there"):
        family("something new")


def test_silence_is_cut_off_at_both_ends() -> None:
    sound = np.zeros(16_000, np.float32)
    sound[6_400:9_600] = 0.5
    assert len(trimmed(sound)) == 3_200
    assert len(trimmed(np.zeros(500, np.float32))) == 0
