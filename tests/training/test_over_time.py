"""Pseudo-fakes over time change how the face moves alone, and training goes on from a stop."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from media_screen.arrays import Floats, Image  # noqa: E402
from training.over_time import examples, moving, train, windows  # noqa: E402
from training.over_time.examples import PairDraw, Taught  # noqa: E402
from training.over_time.network import FRAMES, SIDE, MovementNet  # noqa: E402
from training.over_time.windows import PIXELS, Windows  # noqa: E402

HALF = PIXELS // 2


def face(seed: int, frames: int = FRAMES) -> tuple[Image, Floats]:
    """A textured picture that sways, with a mouth in it that opens, and points that go along."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(60, 200, (PIXELS + 16, PIXELS + 16, 3), dtype=np.uint8)
    sway = np.round(4 + 3 * np.sin(np.arange(frames) / 3)).astype(int)
    crops = np.stack([texture[8 : 8 + PIXELS, x : x + PIXELS] for x in sway])
    angle, reach = rng.uniform(0, 2 * np.pi, 468), 22 * np.sqrt(rng.random(468))
    disc = np.stack([HALF + reach * np.cos(angle), HALF + reach * np.sin(angle)], -1)
    points = np.stack([disc - (x - 4, 0) for x in sway]).astype(np.float32)
    for at, x in enumerate(sway):
        opened = 4 + 3 * np.sin(at)
        lips = (HALF - x + 4, HALF + 8)
        cv2.ellipse(
            crops[at], (int(lips[0]), lips[1]), (8, round(opened)), 0, 0, 360, (20,) * 3, -1
        )
        turn = np.linspace(0, 2 * np.pi, len(moving.LIPS), endpoint=False)
        around = np.stack([8 * np.cos(turn), opened * np.sin(turn)], -1)
        points[at, list(moving.LIPS)] = around + lips
    return crops, points


def shown(seed: int, count: int = 2) -> Windows:
    made = [face(seed * 10 + one, windows.FRAMES) for one in range(count)]
    return Windows(np.stack([crops for crops, _ in made]), np.stack([at for _, at in made]))


@pytest.mark.parametrize("forge", moving.KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("seed", range(3))
def test_a_pseudo_fake_differs_inside_the_face_alone(forge: moving.Forge, seed: int) -> None:
    frames, points = face(seed)
    forged, genuine = forge(np.random.default_rng(seed), frames, points)
    assert forged.shape == genuine.shape == frames.shape
    assert forged.dtype == genuine.dtype == np.uint8
    differs = np.abs(forged.astype(int) - genuine).max(axis=(0, 3))
    assert differs[HALF - 25 : HALF + 25, HALF - 25 : HALF + 25].max() > 2
    assert max(differs[:6].max(), differs[-6:].max(), differs[:, :6].max()) <= 1, "the edge moved"


@pytest.mark.parametrize("forge", moving.KINDS, ids=lambda kind: kind.__name__)
def test_what_is_wrong_changes_over_time(forge: moving.Forge) -> None:
    frames, points = face(5)
    forged, genuine = forge(np.random.default_rng(5), frames, points)
    off = forged.astype(int) - genuine
    assert np.abs(np.diff(off, axis=0)).max() > 2


def test_a_draw_gives_the_same_example_again() -> None:
    draw = PairDraw([Taught(shown(1), "a"), Taught(shown(2), "b")], size=4, seed=3)
    assert draw.seeds(7) == draw.seeds(7) != draw.seeds(8)
    first, again = (draw.example(draw.seeds(7)[0]) for _ in range(2))
    assert first.clips.shape == (2, FRAMES, SIDE, SIDE, 3)
    assert first.kind == again.kind and np.array_equal(first.clips, again.clips)


def test_collections_count_as_the_root_of_their_clips() -> None:
    taught = [Taught(shown(1), "many")] * 9 + [Taught(shown(2), "one")]
    draw = PairDraw(taught, size=400, seed=1)
    ones = sum(clip == 9 for clip, _ in draw.seeds(0))
    assert 70 <= ones <= 130  # a quarter, not a tenth


def test_encoding_keeps_the_frames() -> None:
    crops, _ = face(1)
    back = examples.encoded(crops[:, :96, :96], 18)
    assert back.shape == (FRAMES, 96, 96, 3)


def test_a_training_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "SAVE_EVERY", 1)
    taught = [Taught(shown(1), "a"), Taught(shown(2), "b")]
    plan = train.MovementPlan(steps=2, batch=2)
    kept = tmp_path / "net.pt"
    train.train(train.MovementPlan(steps=1, batch=2), taught, kept)
    model = train.train(plan, taught, kept)
    assert all(bool(torch.isfinite(one).all()) for one in model.parameters())
    once = train.score(train.load(kept), shown(3))
    assert once is not None and once == train.score(train.load(kept), shown(3))


def test_a_clip_without_windows_has_no_score() -> None:
    nothing = Windows(
        np.zeros((0, windows.FRAMES, PIXELS, PIXELS, 3), np.uint8),
        np.zeros((0, windows.FRAMES, 468, 2), np.float32),
    )
    assert train.score(MovementNet().eval(), nothing) is None


@pytest.mark.parametrize(
    ("rate", "count", "taken"),
    [
        pytest.param(25.0, 40, list(range(32)), id="25"),
        pytest.param(50.0, 80, list(range(0, 64, 2)), id="50-every-second"),
        pytest.param(60.0, 80, list(range(0, 64, 2)), id="60-every-second"),
        pytest.param(10.0, 40, [], id="too-slow"),
        pytest.param(25.0, 1, [], id="one-frame"),
    ],
)
def test_frames_of_a_window_come_some_25_a_second(
    rate: float, count: int, taken: list[int]
) -> None:
    assert windows._steady([at / rate for at in range(count)]) == taken


def test_a_short_window_goes_back_from_its_end() -> None:
    filled = windows._filled(np.arange(30))
    assert filled.tolist() == [*range(30), 28, 27]
