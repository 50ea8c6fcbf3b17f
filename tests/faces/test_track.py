"""Tracks hold one person each, through crossings, missed cuts, panels and gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from media_screen.faces.track import LONGEST_GAP_S, Face, Track, Tracker, evenly
from tests.faces.making import face, person

# One observation: time in s, the people seen as (who, x of the centre), and whether a shot begins.
Step = tuple[float, Sequence[tuple[int, float]], bool]


def run(steps: Sequence[Step], *, width: float = 100.0) -> tuple[Track, ...]:
    tracker = Tracker()
    for time_s, people, cut in steps:
        seen = [face(time_s, who, x, width=width) for who, x in people]
        tracker.add(time_s, seen, cut=cut)
    return tracker.finish()


def person_of(seen: Face) -> int:
    """Return which made-up person a face shows."""
    return int(np.argmax([seen.embedding @ person(who) for who in range(10)]))


def people_of(tracks: Sequence[Track]) -> list[set[int]]:
    """Return which people each track holds."""
    return [{person_of(seen) for seen in track.faces} for track in tracks]


def dense(start: float, count: int, people: Sequence[tuple[int, float, float]]) -> list[Step]:
    """Return steps 0.2 s apart; each person has a place and a speed in px a step."""
    return [
        (start + 0.2 * i, [(who, x + speed * i) for who, x, speed in people], False)
        for i in range(count)
    ]


CASES: dict[str, tuple[list[Step], list[set[int]]]] = {
    "one person at rest": (dense(0, 10, [(1, 300, 0)]), [{1}]),
    "one person walking": (dense(0, 20, [(1, 100, 40)]), [{1}]),
    "two panels": (dense(0, 10, [(1, 300, 0), (2, 900, 0)]), [{1}, {2}]),
    "one person in two panels": (dense(0, 10, [(1, 300, 0), (1, 900, 0)]), [{1}, {1}]),
    "three panels": (dense(0, 5, [(1, 200, 0), (2, 600, 0), (3, 1000, 0)]), [{1}, {2}, {3}]),
    "two people crossing": (dense(0, 21, [(1, 100, 40), (2, 900, -40)]), [{1}, {2}]),
    "a missed cut to another person": (
        dense(0, 5, [(1, 300, 0)]) + dense(1.0, 5, [(2, 300, 0)]),
        [{1}, {2}],
    ),
    "a missed cut that swaps the places": (
        dense(0, 5, [(1, 300, 0), (2, 900, 0)]) + dense(1.0, 5, [(2, 300, 0), (1, 900, 0)]),
        [{1}, {2}, {2}, {1}],
    ),
    "missed cuts to and fro": (
        [(0.2 * i, [((1, 2)[i // 3 % 2], 300.0)], False) for i in range(12)],
        [{1}, {2}],
    ),
    "key frames 5 s apart": ([(5.0 * i, [(1, 300.0 + 30 * i)], False) for i in range(6)], [{1}]),
    "key frames that alternate": (
        [(5.0 * i, [((1, 2)[i % 2], 300.0)], False) for i in range(6)],
        [{1}, {2}],
    ),
    "key frames, then a dense window": (
        [(0.0, [(1, 300.0)], False), (5.0, [(1, 320.0)], False), *dense(6, 5, [(1, 320, 0)])],
        [{1}],
    ),
    "leaving for 3 s and returning": (
        [*dense(0, 5, [(1, 300, 0)]), (2.0, [], False), *dense(4, 5, [(1, 320, 0)])],
        [{1}],
    ),
    "another person at the place of one who left": (
        dense(0, 5, [(1, 300, 0)]) + dense(4, 5, [(2, 300, 0)]),
        [{1}, {2}],
    ),
    "a second person coming in": (
        dense(0, 5, [(1, 300, 0)]) + dense(1, 5, [(1, 300, 0), (2, 700, 0)]),
        [{1}, {2}],
    ),
    "one panel blank for a moment": (
        [
            *dense(0, 3, [(1, 300, 0), (1, 900, 0)]),
            (0.6, [(1, 900.0)], False),
            *dense(0.8, 3, [(1, 300, 0), (1, 900, 0)]),
        ],
        [{1}, {1}],
    ),
}


@pytest.mark.parametrize(("steps", "expected"), CASES.values(), ids=CASES.keys())
def test_each_track_holds_one_person(steps: list[Step], expected: list[set[int]]) -> None:
    tracks = run(steps)
    assert people_of(tracks) == expected
    assert sum(len(track.faces) for track in tracks) == sum(len(step[1]) for step in steps)


def test_a_panel_keeps_its_place_when_both_show_one_person() -> None:
    tracks = run(CASES["one panel blank for a moment"][0])
    assert [{seen.centre[0] for seen in track.faces} for track in tracks] == [{300.0}, {900.0}]


def test_a_known_cut_ends_every_track_even_of_the_same_person() -> None:
    steps = [(0.0, [(1, 300.0)], False), (0.2, [(1, 300.0)], True), (0.4, [(1, 300.0)], False)]
    tracks = run(steps)
    assert [track.span for track in tracks] == [(0.0, 0.0), (0.2, 0.4)]


def test_a_cut_without_faces_still_ends_the_tracks() -> None:
    tracks = run([(0.0, [(1, 300.0)], False), (0.2, [], True), (0.4, [(1, 300.0)], False)])
    assert len(tracks) == 2


@pytest.mark.parametrize(
    ("gap_s", "count"),
    [
        pytest.param(LONGEST_GAP_S - 1, 1, id="just short enough"),
        pytest.param(LONGEST_GAP_S + 1, 2, id="too long"),
    ],
)
def test_a_track_waits_only_so_long(gap_s: float, count: int) -> None:
    assert len(run([(0.0, [(1, 300.0)], False), (gap_s, [(1, 300.0)], False)])) == count


@pytest.mark.parametrize(
    ("distance", "gap_s", "count"),
    [
        pytest.param(80.0, 0.2, 1, id="a step in 0.2 s"),
        pytest.param(400.0, 0.2, 2, id="four widths in 0.2 s"),
        pytest.param(250.0, 5.0, 1, id="two widths and a half in 5 s"),
        pytest.param(900.0, 5.0, 2, id="nine widths in 5 s"),
    ],
)
def test_the_same_looks_far_away_are_another_track(
    distance: float, gap_s: float, count: int
) -> None:
    steps = [(0.0, [(1, 300.0)], False), (gap_s, [(1, 300.0 + distance)], False)]
    assert len(run(steps)) == count


def test_a_sudden_zoom_is_another_track() -> None:
    tracker = Tracker()
    tracker.add(0.0, [face(0.0, 1, 300, width=60)])
    tracker.add(0.2, [face(0.2, 1, 300, width=240)])
    assert len(tracker.finish()) == 2


@pytest.mark.parametrize("steps", [3, 5, 20], ids=lambda steps: f"over {steps / 5} s")
def test_a_cross_fade_does_not_lead_from_one_person_to_another(steps: int) -> None:
    fade = np.clip((np.arange(steps + 10) - 5) / steps, 0, 1)
    tracker = Tracker()
    for index, share in enumerate(fade.tolist()):
        mixed = (1 - share) * person(1) + share * person(2)
        seen = face(0.2 * index, 1, 300)
        blend = Face(**(vars(seen) | {"embedding": mixed / np.linalg.norm(mixed)}))
        tracker.add(0.2 * index, [blend])
    for track in tracker.finish():
        pure = {
            who for who in (1, 2) for seen in track.faces if seen.embedding @ person(who) > 0.999
        }
        assert len(pure) <= 1


def test_small_blurred_faces_need_more_likeness() -> None:
    def tracks(width: float) -> int:
        tracker = Tracker()
        for step in range(2):
            tracker.add(0.2 * step, [face(0.2 * step, 1, 300, width=width, likeness=0.79)])
        return len(tracker.finish())

    assert (tracks(100), tracks(18)) == (1, 2)


def test_numbers_follow_time_and_place_not_the_order_of_detection() -> None:
    def centres(order: Sequence[int]) -> list[tuple[int, float]]:
        tracker = Tracker()
        seen = [face(0.0, 1, 300), face(0.0, 2, 900), face(0.0, 3, 600)]
        tracker.add(0.0, [seen[index] for index in order])
        tracker.add(0.2, [face(0.2, 4, 1200)])
        return [(track.id, track.faces[0].centre[0]) for track in tracker.finish()]

    assert centres([0, 1, 2]) == centres([2, 1, 0]) == [(0, 300), (1, 600), (2, 900), (3, 1200)]


def test_times_must_not_run_backwards() -> None:
    tracker = Tracker()
    tracker.add(1.0, [])
    with pytest.raises(ValueError, match="came after"):
        tracker.add(0.5, [])


def test_an_empty_video_has_no_tracks() -> None:
    assert Tracker().finish() == ()


def test_the_mean_leans_to_the_better_views_and_the_best_is_the_best() -> None:
    tracker = Tracker()
    tracker.add(0.0, [face(0.0, 1, 300, likeness=0.6, sharpness=0.05)])
    tracker.add(0.2, [face(0.2, 1, 300, likeness=0.95, sharpness=0.9)])
    (track,) = tracker.finish()
    plain = np.mean([seen.embedding for seen in track.faces], axis=0)
    assert track.embedding @ person(1) > plain @ person(1) / np.linalg.norm(plain)
    assert np.linalg.norm(track.embedding) == pytest.approx(1, abs=1e-5)
    assert track.best.time_s == 0.2


@pytest.mark.parametrize("seed", range(5))
def test_random_scenes_never_mix_people(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tracker, time_s = Tracker(), 0.0
    for _ in range(120):
        time_s += float(rng.choice([0.1, 0.2, 1.0, 5.0]))
        people = rng.choice(6, size=rng.integers(0, 4), replace=False)
        tracker.add(
            time_s,
            [
                face(time_s, int(who), float(rng.integers(0, 12) * 100), likeness=0.8)
                for who in people
            ],
        )
    assert all(len(people) == 1 for people in people_of(tracker.finish()))


@pytest.mark.parametrize(
    ("count", "most", "kept"),
    [(0, 3, []), (2, 3, [0, 1]), (5, 3, [0, 2, 4]), (100, 2, [0, 99])],
    ids=["none", "few", "odd", "ends"],
)
def test_items_are_spread_evenly_from_the_first_to_the_last(
    count: int, most: int, kept: list[int]
) -> None:
    assert evenly(range(count), most) == kept
