"""A file's ratio beside a person's own videos: shrunk, bounded, and never against more of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_screen.people.own_videos import (
    LEAST_OWN,
    MOST_OF_SETTING,
    OwnScore,
    OwnScores,
    OwnVideo,
    PersonRecord,
    false_alarms,
    scores_beside,
    settings,
)
from media_screen.weights.calibration import UsualScores, usual

USUAL = UsualScores(-0.6, 0.95)
THRESHOLD = 2.0
RATIO = st.floats(-5.0, 5.0)
OWN = st.lists(RATIO, min_size=LEAST_OWN, max_size=15)


def scores(*llrs: float, settings: Sequence[int] = ()) -> OwnScores:
    return OwnScores("ada", "own videos", llrs, llrs, tuple(settings))


def video(number: int, llr: float, scene: tuple[float, ...] = ()) -> OwnVideo:
    return OwnVideo(f"{number:064x}", f"{number}.mp4", {"mine": OwnScore(0.5, llr)}, scene)


def record(*llrs: float) -> PersonRecord:
    return PersonRecord("ada", tuple(video(number, llr) for number, llr in enumerate(llrs)))


# A webcam that makes every genuine video of one person look forged, and somebody whom it does not.
WEBCAM, STUDIO = (1.9, 2.3, 2.1, 2.4, 1.8, 2.2), (-1.3, -0.9, -1.6, -1.1, -1.4, -1.0)


def test_an_unusual_camera_gives_false_alarms_alone_and_none_beside_the_own_videos() -> None:
    found = false_alarms(record(*WEBCAM), "mine", threshold=THRESHOLD, usual=USUAL)
    assert found is not None and found.useless
    assert (found.videos, found.over, found.over_beside) == (6, 4, 0)
    assert (found.highest, found.video) == (2.4, "3.mp4")


@pytest.mark.parametrize("own", [WEBCAM, STUDIO], ids=["webcam", "studio"])
def test_what_stands_out_among_the_own_videos_stays_suspected(own: tuple[float, ...]) -> None:
    forged = 4.0
    assert scores(*own).relative(forged, USUAL) >= THRESHOLD


def test_it_is_found_sooner_where_all_own_videos_of_many_settings_score_low() -> None:
    forged = 1.6
    assert scores(*STUDIO).relative(forged, USUAL) == pytest.approx(math.log(7))
    assert scores(*STUDIO * 3).relative(forged, USUAL) >= THRESHOLD
    assert scores(*STUDIO * 3, settings=[0] * 18).relative(forged, USUAL) == forged


@pytest.mark.parametrize("count", range(LEAST_OWN))
def test_below_the_least_number_of_videos_nothing_is_moved(count: int) -> None:
    assert scores(*WEBCAM[:count]).relative(2.2, USUAL) == 2.2
    assert scores_beside([record(*WEBCAM[:count])], "ada", "mine") is None


@given(OWN, RATIO, RATIO)
def test_a_higher_ratio_never_becomes_the_lower_one(
    own: list[float], one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert scores(*own).relative(low, USUAL) <= scores(*own).relative(high, USUAL)


@given(OWN, RATIO, st.floats(0.0, 3.0))
def test_a_further_own_video_that_scores_as_high_never_makes_a_file_more_suspicious(
    own: list[float], llr: float, above: float
) -> None:
    more = scores(*own, llr + above).relative(llr, USUAL)
    assert more <= scores(*own).relative(llr, USUAL) + 1e-9


@given(OWN, RATIO)
def test_no_record_vouches_for_a_file_or_shows_more_than_it_holds(
    own: list[float], llr: float
) -> None:
    relative = scores(*own).relative(llr, USUAL)
    assert min(llr, 0.0) <= relative <= max(llr, math.log(1 + len(own)))


def test_of_one_setting_a_few_count() -> None:
    few = scores(*[2.0] * MOST_OF_SETTING, settings=[0] * MOST_OF_SETTING)
    many = scores(*[2.0] * 40, settings=[0] * 40)
    apart = scores(*[2.0] * 40)
    assert few.relative(2.2, USUAL) == many.relative(2.2, USUAL)
    assert apart.relative(2.2, USUAL) < many.relative(2.2, USUAL)


def test_alike_scenes_are_one_setting_also_through_a_third() -> None:
    turned = [(math.cos(angle), math.sin(angle)) for angle in (0.0, 1.5, 0.6, 0.3)]
    assert settings([*turned, (), ()]) == [0, 1, 0, 0, 4, 5]


def test_a_video_is_set_beside_the_others_and_not_beside_itself() -> None:
    own = record(*WEBCAM)
    found = scores_beside([own], "ada", "mine", without=own.videos[3].sha256)
    assert found is not None and found.llrs == (*WEBCAM[:3], *WEBCAM[4:])
    assert scores_beside([own], "ben", "mine") is None
    assert scores_beside([own], "ada", "another") is None


def test_it_is_told_how_many_score_lower() -> None:
    told = scores(0.1, 0.5, 0.9).beside(0.6)
    assert told == ", and than 2 of 3 own videos of ada"


@pytest.mark.parametrize(
    ("own", "useless"),
    [
        pytest.param((2.5, *[-1.0] * 3), False, id="one-of-four"),
        pytest.param((2.5, 2.5, *[-1.0] * 8), True, id="two-of-ten"),
        pytest.param((2.5, 2.5, *[-1.0] * 9), False, id="two-of-eleven"),
    ],
)
def test_a_detector_that_is_often_wrong_is_of_no_use(own: tuple[float, ...], useless: bool) -> None:
    found = false_alarms(record(*own), "mine", threshold=THRESHOLD)
    assert found is not None and found.useless == useless


def test_a_video_is_read_back_as_it_was_kept() -> None:
    one = OwnVideo("ab", "a.mp4", {"mine": OwnScore(0.7, 1.2)}, (0.6, 0.8), "")
    assert OwnVideo.from_dict("ab", "a.mp4", one.to_dict()) == one


def test_what_is_usual_is_what_genuine_media_scored() -> None:
    found = usual("face_artifact")
    assert -2.0 < found.mean < 0.0 < found.spread < 2.0
