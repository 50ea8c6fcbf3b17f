"""Offsets come out as they were made, with the sign that the report explains."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from media_screen.detectors.lip_sync.movement import movement
from media_screen.detectors.lip_sync.sound import BANDS, STEPS, mel_levels
from media_screen.detectors.lip_sync.synchrony import REACH, Curve, SyncNet, around, opening_curve
from tests.detectors.lip_sync.making import sight, syllables, voice_of


def curve(best: float) -> Curve:
    places = np.arange(2 * REACH + 1)
    return Curve(1.0 - 0.5 * np.exp(-0.5 * ((places - best) / 2.0) ** 2))


@pytest.mark.parametrize(
    ("moved_frames", "offset_ms"),
    [(0, 0), (5, -200), (-3, 120), (2.5, -100)],
    ids=["in-time", "mouth-leads", "mouth-follows", "between-frames"],
)
def test_a_voice_that_comes_later_means_that_the_mouth_leads(
    moved_frames: float, offset_ms: float
) -> None:
    found = curve(REACH + moved_frames)
    assert found.offset_ms == pytest.approx(offset_ms, abs=6)
    assert found.distance == pytest.approx(0.5, abs=0.02)
    assert found.confidence == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("moved_frames", "agreement"),
    [
        pytest.param(0, 0.5, id="in-time"),
        pytest.param(-9, 0.5, id="late"),
        pytest.param(20, 0.0, id="out-of-time"),
    ],
)
def test_a_voice_agrees_only_where_recordings_lie(moved_frames: int, agreement: float) -> None:
    found = curve(REACH + moved_frames)
    assert found.agreement == pytest.approx(agreement, abs=0.01)
    assert 1 - found.distance == pytest.approx(0.5)


def test_where_nothing_is_heard_nothing_agrees() -> None:
    rows = np.full(2 * REACH + 1, np.nan)
    rows[0] = 0.2
    assert Curve(rows).agreement == 0.0


def test_offsets_without_sound_are_left_out() -> None:
    rows = curve(REACH).distances.copy()
    rows[:20] = np.nan
    assert Curve(rows).offset_ms == pytest.approx(0, abs=6)


def test_where_the_sound_ends_nothing_is_heard() -> None:
    mels = np.ones((400, BANDS), np.float32)
    sound, heard = around(mels, 0, 100)
    assert sound.shape == (STEPS * (100 + 2 * REACH), BANDS)
    assert not heard[:REACH].any() and heard[REACH : REACH + 100].all()
    assert not heard[REACH + 100 :].any() and not sound[: STEPS * REACH].any()


@pytest.mark.parametrize("moved_ms", [-400, 0, 320])
def test_the_baseline_finds_a_made_offset(moved_ms: int) -> None:
    opening = syllables(8.0)
    seen = movement(sight(opening[50:150], start=2.0), span=(2.0, 6.0))
    assert seen is not None
    found = opening_curve(seen, mel_levels(voice_of(opening)), 200 - moved_ms // 10)
    assert found is not None and found.confidence > 0.3
    assert found.offset_ms == pytest.approx(-moved_ms, abs=60)


def test_the_network_is_asked_about_the_window_and_its_surroundings() -> None:
    asked: dict[str, np.ndarray] = {}

    def run(names: list[str], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        asked.update(feeds)
        frames, steps = feeds["movement"].shape[1], feeds["sound"].shape[1] // STEPS
        mouth, voice = np.zeros((1, frames, 4)), np.zeros((1, steps, 4))
        mouth[..., 0] = 1.0
        voice[:, REACH + 5 : REACH + 5 + frames, 0] = 0.9  # the voice comes five frames late
        return [mouth, voice]

    opening = syllables(8.0)
    seen = movement(sight(opening[50:150], start=2.0), span=(2.0, 6.0))
    assert seen is not None
    net = SyncNet(SimpleNamespace(run=run))
    found = net.embed(seen, mel_levels(voice_of(opening)), 200).curve()
    assert found is not None and found.offset_ms == pytest.approx(-200, abs=1)
    assert abs(asked["movement"].mean(axis=1)).max() < 1e-4
    assert asked["sound"].shape == (1, STEPS * (100 + 2 * REACH), BANDS)


def test_too_short_a_view_gives_no_offset() -> None:
    seen = movement(sight(syllables(1.0)))
    assert seen is not None
    assert opening_curve(seen, mel_levels(voice_of(syllables(1.0))), 0) is None
