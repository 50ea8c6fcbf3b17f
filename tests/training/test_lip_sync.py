"""Examples, offsets of clips and the line of marks come out as the data say, and the same twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from media_screen.detectors.lip_sync.forged import NAMES  # noqa: E402
from media_screen.detectors.lip_sync.movement import FEATURES, movement  # noqa: E402
from media_screen.detectors.lip_sync.sound import BANDS, STEPS, mel_levels  # noqa: E402
from tests.detectors.lip_sync.making import sight, syllables, voice_of  # noqa: E402
from training.lip_sync import line, overlap, prepare, score, train  # noqa: E402
from training.lip_sync.batches import FRAMES, REACH, ExampleDraw, trimmed  # noqa: E402
from training.lip_sync.network import SyncNetwork  # noqa: E402
from training.lip_sync.pieces import Piece, aligned, pieces_of  # noqa: E402
from training.lip_sync.prepare import ORIGINAL, PSEUDO, Seen, TrainingClip  # noqa: E402

SECONDS = 8.0


def clip(name: str, *, method: str = "real", collection: str = "set") -> TrainingClip:
    kind = "real_video" if method == "real" else "fake_video"
    return TrainingClip(name, kind, method, name, collection, name, "single")


def piece(seed: int, *, late_ms: int = 0) -> Piece:
    """A talking mouth whose voice comes late, seen from 1 s on."""
    opening = syllables(SECONDS, seed)
    found = movement(sight(opening[25:175], start=1.0))
    assert found is not None
    voice = np.roll(voice_of(opening, seed), 16 * late_ms)
    return Piece(clip(f"{seed}.mp4"), found, mel_levels(voice), 25 * STEPS)


def test_a_batch_depends_on_seed_and_number_alone() -> None:
    pieces = [piece(seed) for seed in range(4)]
    first, again = (ExampleDraw(pieces, size=3, seed=1).batch(7) for _ in range(2))
    np.testing.assert_array_equal(first.movement, again.movement)
    np.testing.assert_array_equal(first.sound, again.sound)
    assert first.movement.shape == (3, FRAMES, FEATURES) and first.sound.shape[2] == BANDS
    other = ExampleDraw(pieces, size=3, seed=2).batch(7)
    assert not np.array_equal(first.movement, other.movement)
    steps = np.zeros((3, first.sound.shape[1] // STEPS, 1), np.float32)
    assert trimmed(steps).shape[1] == FRAMES + 2 * REACH
    assert first.possible.shape == (3, 2 * REACH + 1) and first.possible[:, REACH].all()


def test_a_clip_whose_sound_is_late_is_put_in_time() -> None:
    (moved,), count = aligned([piece(0, late_ms=160)])
    assert count == 1 and moved.first - 25 * STEPS == pytest.approx(16, abs=5)
    (kept,), count = aligned([piece(0)])
    assert count == 0 and abs(kept.first - 25 * STEPS) < STEPS


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    pieces = [piece(seed) for seed in range(4)]
    plan = train.SyncPlan(steps=4, batch=3, width=16)
    model = train.train(plan, pieces, tmp_path / "net.pt")
    saved = torch.load(tmp_path / "net.pt", weights_only=True)
    assert saved["step"] == 4
    again = train.train(plan, pieces, tmp_path / "net.pt")  # nothing is left to do
    loaded = train.load(plan, tmp_path / "net.pt")
    for one, other, third in zip(
        model.parameters(), again.parameters(), loaded.parameters(), strict=True
    ):
        assert torch.equal(one, other) and torch.equal(one, third)


def test_the_network_knows_no_absolute_time() -> None:
    """What moves mouth and voice by a frame moves their embeddings by one."""
    model = SyncNetwork(width=16).eval()
    movement_, sound = torch.randn(1, 60, FEATURES), torch.rand(1, 60 * STEPS, BANDS)
    with torch.inference_mode():
        mouth, voice = model(movement_, sound)
        later = model(movement_[:, 1:], sound[:, STEPS:])
    for one, other in zip((mouth, voice), later, strict=True):
        assert torch.allclose(one[:, 11:-11], other[:, 10:-11], atol=1e-5)
        assert one.norm(dim=2).max() < 1


def store(folder: Path, *clips: TrainingClip, version: str = ORIGINAL) -> None:
    for number, one in enumerate(clips):
        opening = syllables(SECONDS, number)
        prepare.save(folder / one.file(version), Seen(voice_of(opening), (sight(opening),)))
        spans = (folder / one.file(version)).with_suffix(".speech.json")
        spans.write_text(f"[[0.0, {SECONDS}]]", "utf-8")


def test_what_was_seen_is_read_back(tmp_path: Path) -> None:
    one, two = clip("a.mp4"), clip("b.mp4")
    store(tmp_path, one)
    (found,) = pieces_of(tmp_path, [one, two], ORIGINAL)
    assert found.clip is one and found.frames == pytest.approx(25 * SECONDS, abs=1)
    windows = score.windows_of(tmp_path, one, ORIGINAL, count=3)
    assert [window.span.start for window in windows] == [0.0, 5.0]
    assert windows[0].speech_s == pytest.approx(5.0, abs=0.1)


def test_moved_sound_is_found_where_it_was_moved_to(tmp_path: Path) -> None:
    from media_screen.detectors.lip_sync.synchrony import opening_curve

    store(tmp_path, clip("a.mp4"))
    (window,) = score.windows_of(tmp_path, clip("a.mp4"), ORIGINAL, count=1)
    for shift in (-0.4, 0.0, 0.6):
        curve = opening_curve(window.movement, *window.mels(shift_s=shift))
        assert curve is not None and curve.offset_ms == pytest.approx(-1000 * shift, abs=60)


def test_a_forged_mouth_is_that_of_another_moment_in_one_way_for_all_frames() -> None:
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 255, (256, 256, 3)).astype(np.uint8) for _ in range(50)]
    forged = prepare.forge(crops, 3)
    changed = [
        np.abs(a.astype(int) - b).max(axis=2) > 3 for a, b in zip(crops, forged, strict=True)
    ]
    assert not any(one[:110].any() for one in changed)
    assert np.mean([one[170:195, 110:146].mean() for one in changed]) > 0.3


def table(groups: int = 6, rows: int = 8) -> line.LineTable:
    """Windows of which the second measure tells forged from genuine, and no other does."""
    rng = np.random.default_rng(0)
    count = groups * rows
    fake = np.arange(count) % 2 == 1
    values = rng.normal(0, 1, (count, len(NAMES)))
    values[:, 1] += 3.0 * fake
    place = np.arange(count) // rows
    return line.LineTable(
        values=values,
        path=np.array([f"{number // 2}.mp4" for number in range(count)]),
        version=np.array([ORIGINAL] * count),
        fake=fake,
        method=np.where(fake, np.char.add("m", place.astype(str)), "real"),
        group=place,
    )


def test_the_line_weighs_what_tells_them_apart() -> None:
    fitted = line.fit(table())
    assert line.contributions(fitted)[0][0] == NAMES[1]
    from media_screen.evaluation.metrics import auc

    assert auc(line.held_out(table()), table().fake) > 0.9


def test_swaps_do_not_teach_the_line() -> None:
    from dataclasses import replace

    plain = table()
    swaps = replace(plain, method=np.where(plain.group == 0, "DFDC", plain.method))
    swapped = swaps.fake & (plain.group == 0)
    assert line.is_swap("FF++ FaceSwap") and not line.is_swap("Wav2Lip")
    poisoned = replace(swaps, values=np.where(swapped[:, None], 99.0, swaps.values))
    kept = plain.group != 0
    assert line.fit(poisoned).weights[1] == pytest.approx(
        line.fit(replace(poisoned, values=np.where(swapped[:, None], 0.0, swaps.values))).weights[1]
    )
    assert kept.any()


def test_windows_of_a_clip_are_pooled_by_their_mean() -> None:
    plain = table()
    pooled = line.by_clip(plain, np.arange(len(plain.path), dtype=float))
    assert pooled["0.mp4", ORIGINAL] == 0.5
    assert PSEUDO not in {version for _, version in pooled}


def made_voices() -> list[overlap.LoneVoice]:
    """Speakers of two collections, half of them of clips, with pauses of their own."""
    return [
        overlap.LoneVoice(
            f"set {n % 2}", f"person {n}", pausing(100.0 * 2 ** (n / 8), n), n % 4 > 1
        )
        for n in range(12)
    ]


def pausing(pitch: float, seed: int) -> np.ndarray:
    times = np.arange(4 * 16_000) / 16_000
    rng = np.random.default_rng(seed)
    gate = ((times + rng.uniform(0, 1)) % 0.9) < 0.5
    row = sum(np.sin(2 * np.pi * step * pitch * times) / step for step in range(1, 10))
    return np.asarray(0.1 * gate * row + 1e-3 * rng.normal(size=len(times)), np.float32)


def test_voices_at_once_are_told_from_one() -> None:
    table = overlap.table_of(made_voices())
    again = overlap.table_of(made_voices())
    np.testing.assert_array_equal(table.values, again.values)
    assert set(table.under_db[table.clip & table.several]) == set(overlap.UNDER_DB)
    line = overlap.fit(table)
    raw = np.array([line.raw(values) for values in table.values])
    alone = table.clip & ~table.several
    assert np.mean(raw[alone] > line.limit) <= 0.2
    assert raw[table.several].mean() > raw[alone].mean()
    assert len(overlap.held_out(table)) == len(raw)
