"""What a fold leaves out is not trained on, and every sound is tested in some fold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from media_screen import weights
from media_screen.detectors.voice_spoof.network import FEATURES, LEVELS
from training.voice_spoof import train
from training.voice_spoof.draw import Drawer
from training.voice_spoof.line import LineSettings
from training.voice_spoof.prepare import NO_PAIR, Prepared, WindowRow, trimmed
from training.voice_spoof.sources import FAMILIES, NO_SPEECH, PRACTICE, Sound, family, read_media
from training.voice_spoof.train import (
    Fold,
    SpoofSettings,
    TrainedNet,
    fit,
    fit_all,
    load_net,
    read_config,
    scores,
    training_rows,
    varied,
)
from training.voice_spoof.train import test_rows as rows_to_test

FOLD = Fold(99, frozenset({"vits"}), frozenset({"left-out"}))  # which spares no file


def sound(fake: bool, name: str, collection: str, *, web: bool = False, source: str = "") -> Sound:
    return Sound(Path("x"), name, fake, name, name, collection, web, source)


SOUNDS = (
    sound(False, "genuine", "left-out"),
    sound(False, "genuine", "kept", web=True),
    sound(True, "vits", "kept"),
    sound(True, "world", "left-out", source="genuine"),
    sound(True, "world", "kept", source="genuine"),
    sound(True, "hifi-gan", "kept"),
)
PAIRS = (NO_PAIR, NO_PAIR, NO_PAIR, 0, 1, NO_PAIR, 1)
PLACES = (0, 1, 2, 3, 4, 5, 1)
DATA = Prepared(
    SOUNDS,
    tuple(WindowRow(place, 0, 0, 20, pair) for place, pair in zip(PLACES, PAIRS, strict=True)),
    np.random.default_rng(0).integers(0, 255, (len(PLACES), 20, FEATURES)).astype(np.uint8),
)
MEMBERS = (
    TrainedNet("texture", (2, 2, 2, 2, 2), crop=8, paired=0.5, steps=4),
    TrainedNet("course", (2, 2, 2, 2), crop=8, paired=0.0, steps=4),
)
CONFIG = SpoofSettings(
    seed=1,
    dropout=0.0,
    batch=8,
    learning_rate=1e-3,
    weight_decay=0.0,
    label_smoothing=0.0,
    line=LineSettings(shrink=0.05, pairs=0.5, alone=2.0, weight=3.0),
    members=MEMBERS,
    folds=(FOLD,),
)


def test_a_fold_trains_on_nothing_that_it_leaves_out() -> None:
    assert training_rows(DATA, FOLD).tolist() == [1, 4, 5, 6]
    assert training_rows(DATA, None).tolist() == list(range(len(PLACES)))


def test_a_fold_is_tested_on_what_it_leaves_out() -> None:
    assert rows_to_test(DATA, FOLD).tolist() == [0, 2, 3]


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


def test_pairs_are_the_same_window_and_others_meet_their_collection() -> None:
    drawer = Drawer(DATA, training_rows(DATA, FOLD), paired=0.5)
    genuine, fake = drawer.draw(8, np.random.default_rng(0))
    assert genuine.tolist() == [6] * 4 + [1] * 4  # the paired half first
    assert fake.tolist() == [4] * 4 + [5] * 4


def test_both_of_a_pair_are_varied_alike() -> None:
    one = np.random.default_rng(0).random((3, 9, FEATURES)).astype(np.float32)
    out = varied(np.concatenate([one, one]), np.random.default_rng(1))
    assert np.array_equal(out[:3], out[3:])
    assert not np.array_equal(out[:3, :, :LEVELS], one[..., :LEVELS])


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.kind)
def test_training_goes_on_where_it_stopped(
    member: TrainedNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, draw, drawn = training_rows(DATA, FOLD), Drawer.draw, []

    def stops(drawer: Drawer, count: int, random: np.random.Generator) -> object:
        drawn.append(count)
        if len(drawn) == 4:
            raise KeyboardInterrupt
        return draw(drawer, count, random)

    monkeypatch.setattr(train, "CHECKPOINT_STEPS", 2)
    whole = fit(DATA, rows, CONFIG, member, tmp_path / "whole.safetensors")
    monkeypatch.setattr(Drawer, "draw", stops)
    with pytest.raises(KeyboardInterrupt):  # in the fourth step; two are kept
        fit(DATA, rows, CONFIG, member, tmp_path / "cut.safetensors")
    resumed = fit(DATA, rows, CONFIG, member, tmp_path / "cut.safetensors")
    assert len(drawn) == 4 + 2
    window = [DATA.features(0)]
    assert scores(resumed, window) == pytest.approx(scores(whole, window), abs=1e-6)


def test_the_scores_of_the_members_add_up(tmp_path: Path) -> None:
    windows = [DATA.features(row) for row in range(len(DATA.rows))]
    net = fit_all(DATA, training_rows(DATA, FOLD), CONFIG, tmp_path, "fold")
    each = [scores(member, windows) for member in net.members]
    borrowed = CONFIG.line.weight * scores(net.borrowed, windows)
    assert scores(net, windows) == pytest.approx(borrowed + sum(each), abs=1e-5)
    again = load_net(tmp_path, "fold", CONFIG)
    assert scores(again, windows) == pytest.approx(scores(net, windows), abs=1e-6)


def test_the_folds_of_the_shipped_net_leave_every_family_out_once() -> None:
    folds = read_config(weights.models_dir() / "voice_spoof" / "train.toml").folds
    left_out = [name for fold in folds for name in fold.families]
    # Practice that resembles no family is only ever trained on.
    assert sorted([*left_out, "practice"]) == sorted(name for name, _ in FAMILIES)
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
        ("prediction", "classical"),
        ("periodic-filter", "practice"),
    ],
)
def test_systems_belong_to_the_family_of_their_vocoder(system: str, expected: str) -> None:
    assert family(system) == expected


@pytest.mark.parametrize("system", PRACTICE)
def test_practice_is_of_a_family(system: str) -> None:
    assert family(system)


def test_an_unknown_system_is_an_error() -> None:
    with pytest.raises(ValueError, match="add it there"):
        family("something new")


def test_collections_without_speech_are_left_out(tmp_path: Path) -> None:
    head = "path\tkind\tmethod\tcollection\taudio"
    lines = [f"{name}.flac\treal_audio\treal\t{name}\t" for name in (*NO_SPEECH, "other")]
    (tmp_path / "manifest.tsv").write_text("\n".join([head, *lines]), "utf-8")
    assert [sound.collection for sound in read_media(tmp_path)] == ["other"]


def test_silence_is_cut_off_at_both_ends() -> None:
    sound = np.zeros(16_000, np.float32)
    sound[6_400:9_600] = 0.5
    assert len(trimmed(sound)) == 3_200
    assert len(trimmed(np.zeros(500, np.float32))) == 0
