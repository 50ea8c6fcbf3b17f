"""Where a query lies in a reference is found in parts of both, in memory that stays small."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_screen.footage.catalogue import align
from media_screen.footage.catalogue.align import Mapping, Series, changes
from media_screen.footage.fingerprint import LAYOUT, Fingerprint, picture
from media_screen.footage.fingerprint.picture import DESCRIPTOR_SIZE


def recording(seconds: float, seed: int) -> Series:
    """Four descriptors a second of somebody who moves before a wall."""
    rng = np.random.default_rng(seed)
    count = round(seconds * 4)
    shown = rng.normal(0, 30, DESCRIPTOR_SIZE) + rng.normal(0, 12, (count, DESCRIPTOR_SIZE))
    return Series(np.arange(count) / 4, shown.astype(np.float32))


def copied(reference: Series, times: np.ndarray, mapping: Mapping, noise: float) -> Series:
    values, _ = reference.at(mapping(times))
    noisy = values + np.random.default_rng(9).normal(0, noise, values.shape)
    return Series(times, noisy.astype(np.float32))


def plain_search(query: Series, reference: Series, speed: float, *, mirrored: bool) -> np.ndarray:
    """The score of each offset, from the first on, with the votes of all changes in one table."""
    moving, signs = changes(query), picture.mirror_signs() if mirrored else 1.0
    count = int(reference.times[-1] * align.GRID_HZ) + 1
    moments = np.arange(count) / align.GRID_HZ
    value, has = reference.at(moments)
    later, has_later = reference.at(moments + align.GAP_S)

    def unit(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        norm = np.linalg.norm(vectors, axis=1)
        return vectors / np.maximum(norm, 1e-6)[:, None], norm**2 / (norm**2 + align.NOISE**2)

    mine, weight = unit(moving.change * signs)
    theirs, counts = unit(later - value)
    alike = unit(moving.before * signs)[0] @ unit(value)[0].T >= align.ALIKE
    votes = np.where(alike, mine @ theirs.T, -1.0) - align.AGREE
    votes *= weight[:, None] * (counts * has * has_later)
    first = np.rint(moving.start * speed * align.GRID_HZ).astype(int)
    scores = []
    for shift in range(-first.max(), count):
        there = (first + shift >= 0) & (first + shift < count)
        run = np.cumsum([0.0, *votes[there, (first + shift)[there]]])
        scores.append((run - np.minimum.accumulate(run)).max())
    return np.array(scores)


@settings(max_examples=60)
@given(
    block=st.tuples(st.integers(1, 40), st.integers(1, 80)),
    seed=st.integers(0, 99),
    speed=st.sampled_from([1.0, 0.9, 1.1]),
    mirrored=st.booleans(),
    noise=st.sampled_from([4.0, 15.0, 25.0]),  # at the last one many changes vote against
)
def test_blocks_of_any_size_find_the_offset_that_all_at_once_finds(
    block: tuple[int, int], seed: int, speed: float, mirrored: bool, noise: float
) -> None:
    rng = np.random.default_rng(seed)
    reference = recording(20.0, seed)
    times = np.sort(rng.choice(np.arange(0.0, 12.0, 0.25), 40, replace=False))
    query = copied(reference, times, Mapping(speed, rng.uniform(-2, 8)), noise)
    query = query.mirrored() if mirrored else query
    scores = plain_search(query, reference, speed, mirrored=mirrored)
    pair = align.Alignment(Mapping(1.0, 0.0), "whole", "whole", mirrored, 0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(align, "BLOCK_CHANGES", block[0])
        patch.setattr(align, "BLOCK_MOMENTS", block[1])
        (found,) = align.search_offsets(
            [pair],
            {"whole": align.Motion(changes(query))},
            {"whole": align.Grid(reference)},
            [speed],
        )
    first = round(changes(query).start.max() * speed * align.GRID_HZ)
    assert found.score == pytest.approx(scores.max(), abs=1e-3)
    place = round(found.mapping.offset_s * align.GRID_HZ) + first
    assert scores[place] == pytest.approx(scores.max(), abs=1e-3)


@pytest.mark.parametrize(
    ("speed", "mirrored"),
    [
        pytest.param(1.0, False, id="as-it-is"),
        pytest.param(0.9, True, id="slower-and-mirrored"),
    ],
)
def test_hours_of_footage_are_compared_in_little_memory(speed: float, mirrored: bool) -> None:
    reference = recording(7200.0, 5)
    # As a match is looked at closely: 60 stretches of ten seconds, two frames a second.
    starts = np.linspace(0.0, 7180.0 / 1.1, 60)
    times = np.concatenate([start + np.arange(0.0, 10.0, 0.5) for start in starts])
    query = copied(reference, times, Mapping(speed, 7.25), 4.0)
    query = query.mirrored() if mirrored else query
    tracemalloc.start()
    best = align.align_picture({"whole": query}, {"whole": reference})[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (best.mapping.speed, best.mirrored) == (speed, mirrored)
    assert best.mapping.offset_s == pytest.approx(7.25, abs=0.15)
    # A table of the votes of all changes at all moments would have 250 MB, and there were several.
    assert peak < 64 << 20


def plain_lanes(times: np.ndarray, tracks: np.ndarray) -> list[list[int]]:
    """The same with each track laid beside all that stand in a lane already."""
    lanes: list[list[int]] = []
    numbers, counts = np.unique(tracks, return_counts=True)
    for track in numbers[np.argsort(-counts, kind="stable")]:
        rows = np.flatnonzero(tracks == track).tolist()
        for lane in lanes:
            seen = [times[tracks == one] for one in np.unique(tracks[lane])]
            if all(times[rows[-1]] < one[0] or times[rows[0]] > one[-1] for one in seen):
                lane += rows
                break
        else:
            if len(lanes) < align.MOST_LANES:
                lanes.append(rows)
    return [sorted(lane) for lane in lanes]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), max_size=50))
def test_a_lane_has_no_two_tracks_at_the_same_time(faces: list[tuple[int, int]]) -> None:
    rows = sorted((at, track + 2 * (at // 6)) for at, track in faces)
    arrays = {name: np.zeros((0, *shape), kind) for name, (kind, shape) in LAYOUT.items()}
    for name, (kind, shape) in LAYOUT.items():
        if name.startswith("face"):
            arrays[name] = np.zeros((len(rows), *shape), kind)
    arrays["face_times"] = np.array([at for at, _ in rows], "<f4")
    arrays["face_tracks"] = np.array([track for _, track in rows], "<i2")
    lanes = align.face_lanes(Fingerprint(duration_s=31.0, sound_s=0.0, **arrays))
    plain = plain_lanes(arrays["face_times"], arrays["face_tracks"])
    assert [lane.tolist() for lane in lanes] == plain
