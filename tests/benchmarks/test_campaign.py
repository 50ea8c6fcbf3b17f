"""The campaigns ask for the right thing: what is joined, what is called, what stays the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.campaign import judging, orders, page, posts, scale
from benchmarks.campaign.judging import Settled
from benchmarks.campaign.orders import Alike, FolderOutcome, LastingIds
from benchmarks.campaign.posts import Posted, Role
from benchmarks.provenance.attacks import Clip
from media_screen.evidence import (
    Campaign,
    CampaignFile,
    CampaignRole,
    Evidence,
    Label,
    MediaInfo,
    PassedAlong,
    Span,
    TrackSummary,
    Verdict,
)
from media_screen.footage.fingerprint import picture
from media_screen.media import SAMPLE_RATE
from media_screen.screen import Config

PASSED = PassedAlong("no_finding", None, "fine", "fake.mp4", "0" * 64, "fake", None, 1.0)
FAKE: Label = "suspected_impersonation"


def clip(seconds: float, *, fps: float = 10.0, sound: bool = True, grey: int = 0) -> Clip:
    frames = tuple(np.full((40, 60, 3), grey + i, np.uint8) for i in range(round(seconds * fps)))
    heard = np.ones(round(seconds * SAMPLE_RATE) if sound else 0, np.float32)
    return Clip(frames, fps, heard)


def settled(
    role: Role,
    *,
    fake: str = "one",
    home: str = "",
    quotes: bool = False,
    label: Label = "no_finding",
    through: bool = False,
    official: bool = False,
    tracks: tuple[TrackSummary, ...] = (),
) -> Settled:
    verdict = Verdict(
        label,
        MediaInfo("x.mp4", "1" * 64, "video", 1, 8.0),
        summary="a | b",
        passed=PASSED if through else None,
        tracks=tracks,
    )
    post = Posted(
        Path(f"posts/one/{role}.mp4"), role, role, "" if role == "unrelated" else fake, official
    )
    return Settled(post, verdict, home, quotes)


FIRST = settled("fake", home="c-1", label=FAKE)
COPY = settled("repost", home="c-1", label=FAKE, through=True)


def met(*others: Settled) -> dict[str, tuple[int, int, bool]]:
    found = judging.aims([FIRST, *others])
    return {one.what: (one.count, one.of, one.met) for one in found}


def test_each_fake_has_footage_of_its_own_around_it() -> None:
    made = posts.campaigns()
    assert len({one.name for one in made}) == len(made) <= len(posts.PROGRAMMES)
    assert not {*posts.PROGRAMMES} & {*posts.UNRELATED}
    pairs = [one for one in made if one.genuine]
    assert sum(one.official for one in pairs) == len(pairs) // 2


def test_there_are_twelve_kinds_of_repost_beside_the_excerpt_and_the_title() -> None:
    assert len({*posts.KINDS, posts.INTRO} - {posts.EXCERPT}) == 12


def test_a_news_clip_has_two_seconds_of_the_fake_in_eight_of_its_own() -> None:
    made = posts.news(clip(6.0, grey=100), clip(12.0))
    assert made.duration_s == pytest.approx(10.0)
    quoted = [frame.min() >= 100 for frame in made.frames[:60]]
    assert quoted == [False] * 40 + [True] * 20


def test_an_intro_is_footage_that_no_news_clip_shows() -> None:
    made = posts.introduced(clip(4.0, grey=150), clip(12.0))
    assert made.duration_s == pytest.approx(7.0)
    assert made.frames[0].min() == 90 and made.frames[30].min() == 150


@pytest.mark.parametrize(
    ("sounds", "heard"),
    [
        pytest.param((True, True), 4.0, id="both speak"),
        pytest.param((True, False), 2.0, id="one is silent"),
        pytest.param((False, False), 0.0, id="neither has sound"),
    ],
)
def test_sound_stays_beside_its_picture(sounds: tuple[bool, bool], heard: float) -> None:
    one, other = (clip(2.0, sound=sound) for sound in sounds)
    made = posts.spliced((one, other), like=one)
    assert made.sound.sum() == pytest.approx(heard * SAMPLE_RATE)
    assert made.sound.size in (0, 4 * SAMPLE_RATE)


def test_a_fake_that_is_found_by_hand_is_suspected_once() -> None:
    shown = Evidence("face_identity", "identity", 0.8, 6.0, "it is ann", person="ann")
    verdict = Verdict(
        "unverified_appearance",
        MediaInfo("x.mp4", "1" * 64, "video", 1, 8.0),
        person="ann",
        evidence=(shown,),
    )
    found = judging.found_by_hand(verdict)
    assert found.label == FAKE and found.person == "ann"
    assert judging.found_by_hand(found) == found


def test_copies_are_to_be_joined_and_suspected() -> None:
    found = met(COPY, settled("repost", home="c-2"))
    assert found["copies of a fake in its campaign"] == (2, 3, False)
    assert found["copies suspected through it or for themselves"] == (1, 2, False)
    assert all(good for _, _, good in met(COPY).values())


@pytest.mark.parametrize(
    ("other", "what"),
    [
        pytest.param(
            settled("genuine", home="c-1", label=FAKE, through=True),
            "genuine files called through a fake",
            id="the genuine clip is called",
        ),
        pytest.param(
            settled("genuine", home="c-1", label=FAKE, official=True),
            "official posts suspected in any way",
            id="the official post is suspected",
        ),
        pytest.param(
            settled("unrelated", label=FAKE, through=True),
            "unrelated clips called through a fake",
            id="an unrelated clip is called",
        ),
        pytest.param(
            settled("unrelated", home="c-7"),
            "files in a campaign that is not theirs",
            id="an unrelated clip is joined",
        ),
        pytest.param(
            settled("news", home="c-1"),
            "files in a campaign that is not theirs",
            id="a news clip is a copy",
        ),
        pytest.param(
            settled("news", home="c-1", quotes=True, label=FAKE, through=True),
            "news clips called through the fake they quote",
            id="a news clip is called",
        ),
    ],
)
def test_no_innocent_file_may_be_called_or_joined(other: Settled, what: str) -> None:
    found = met(COPY, other)
    assert [name for name, (_, _, good) in found.items() if not good] == [what]
    assert found[what][0] == 1
    assert len(judging.failures([FIRST, COPY, other])) == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(settled("genuine", home="c-1"), id="the genuine clip shares its footage"),
        pytest.param(settled("genuine", home="c-9"), id="the genuine clips are their own group"),
        pytest.param(settled("news", home="c-1", quotes=True), id="a news clip stands beside"),
        pytest.param(settled("unrelated"), id="an unrelated clip is nowhere"),
    ],
)
def test_what_is_right_is_not_told_as_wrong(other: Settled) -> None:
    assert all(good for _, _, good in met(COPY, other).values())
    assert not judging.failures([FIRST, COPY, other])


def campaign(name: str, files: str, *, merged: tuple[str, ...] = (), quoting: str = "") -> Campaign:
    """Files are named by letters."""
    roles: dict[CampaignRole, str] = {"member": files, "quotes": quoting}
    members = [
        CampaignFile(MediaInfo(one).key, one, one, role, FAKE, FAKE)
        for role, names in roles.items()
        for one in names
    ]
    return Campaign(name, FAKE, None, "", files[0], tuple(members), merged=merged)


def test_files_are_put_into_their_campaigns_before_those_that_they_quote() -> None:
    key = FIRST.verdict.media.key
    both = [campaign("c-1", "ab"), campaign("c-2", "cd")]
    quoting, inside = (
        CampaignFile(key, "x", "x", role, FAKE, FAKE) for role in ("quotes", "member")
    )
    both[0] = Campaign("c-1", FAKE, None, "", "a", (*both[0].files, quoting))
    (one,) = judging.with_campaigns([FIRST.post], [FIRST.verdict], both)
    assert (one.campaign, one.quotes) == ("c-1", True)
    both[1] = Campaign("c-2", FAKE, None, "", "c", (*both[1].files, inside))
    (one,) = judging.with_campaigns([FIRST.post], [FIRST.verdict], both)
    assert (one.campaign, one.quotes) == ("c-2", False)


def outcome(labels: str, *groups: Campaign) -> FolderOutcome:
    """Files are named by letters; the suspected ones are capital."""
    return FolderOutcome.of(
        [
            Verdict(FAKE if key.isupper() else "no_finding", MediaInfo(key.lower()))
            for key in labels
        ],
        groups,
    )


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        pytest.param(outcome("Abc", campaign("c-1", "ab")), (3, 3, 1), id="the same"),
        pytest.param(outcome("Abc", campaign("c-2", "ab")), (3, 3, 0), id="another id"),
        pytest.param(outcome("ABc", campaign("c-1", "ab")), (3, 2, 1), id="another label"),
        pytest.param(outcome("Abc", campaign("c-1", "abc")), (0, 3, 0), id="another file"),
        pytest.param(
            outcome("Abc", campaign("c-1", "ab", quoting="c")), (3, 3, 1), id="one that quotes"
        ),
        pytest.param(
            outcome("Abc", campaign("c-1", "ab"), campaign("c-9", "yz")), (3, 3, 1), id="others"
        ),
    ],
)
def test_outcomes_are_compared_file_by_file(
    other: FolderOutcome, alike: tuple[int, int, int]
) -> None:
    found = Alike.of(other, outcome("Abc", campaign("c-1", "ab")))
    assert (found.companions, found.labels, found.ids) == alike
    assert (found.files, found.campaigns) == (3, 1)


@pytest.mark.parametrize(
    ("now", "leads"),
    [
        pytest.param([campaign("c-1", "abcd")], 1, id="it grew"),
        pytest.param([campaign("c-2", "abcd", merged=("c-1",))], 1, id="it was given up"),
        pytest.param([campaign("c-2", "abcd")], 0, id="it is lost"),
        pytest.param([campaign("c-1", "axyz")], 0, id="it names other files"),
    ],
)
def test_an_id_is_to_lead_to_most_of_the_files_it_had(now: list[Campaign], leads: int) -> None:
    assert orders.leading([outcome("ab", campaign("c-1", "ab"))], now) == LastingIds(1, leads)


def test_faces_are_compared_with_those_of_the_fake() -> None:
    def shown(cosine: float) -> tuple[TrackSummary, ...]:
        return (TrackSummary(0, Span(0, 8), 30, 100.0, "ann", cosine),)

    first = settled("fake", label=FAKE, tracks=shown(0.5))
    copy = settled("repost", tracks=shown(0.47))
    other = settled("genuine", tracks=shown(0.9))
    found = list(judging.faces_apart([first, copy, other], Config()))
    assert [(one.kind, round(one.apart, 2)) for one in found] == [
        ("repost", 0.03),
        ("genuine", 0.4),
    ]


def test_made_up_folders_have_campaigns_and_single_files() -> None:
    files = scale.folder(1_000)
    copies = [file for file in files if file.number != file.source]
    assert len({file.sha256 for file in files}) == 1_000
    assert 400 < len(copies) < 500
    assert all(file.source < file.number for file in copies)


def test_made_up_copies_are_alike_and_others_are_not() -> None:
    one, copy, other = (scale.fingerprint(scale.MadeUp(*pair)) for pair in ((1, 1), (7, 1), (8, 8)))
    near = picture.hamming(one.hashes[:, 0], copy.hashes[:, 0])
    far = picture.hamming(one.hashes[:, 0], other.hashes[:, 0])
    assert near.max() < 31 < 80 < far.min()


def test_a_folder_of_made_up_files_is_met_and_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "MET", 4)
    monkeypatch.setattr(scale, "LEAST_NEW", 4)
    monkeypatch.setattr(scale, "LARGEST", (12, 4))
    monkeypatch.setattr(scale, "peak_mib", lambda: 100)
    met = scale.time_meeting(40, tmp_path)
    assert met.found == met.copies and met.every == 8
    settled_ = scale.time_settling(40, tmp_path)
    assert settled_.campaigns == 2 and settled_.moved > 0


def test_half_of_made_up_copies_get_the_label_of_the_others() -> None:
    assert scale.time_passing(20).passed == 10


def test_the_page_says_what_was_measured() -> None:
    genuine = settled("genuine", home="c-1", label=FAKE, through=True)
    found = [FIRST, COPY, genuine]
    order = {
        "at_once": {"files": 3, "companions": 3, "labels": 2, "campaigns": 1, "ids": 1},
        "in_scans": {"files": 3, "companions": 3, "labels": 3, "campaigns": 1, "ids": 0},
        "ids": {"given": 4, "leading": 3},
    }
    record = {
        "command": page.COMMAND,
        "fakes": 1,
        "detectors": ["channel"],
        "aims": [vars(one) for one in judging.aims(found)],
        "kinds": [vars(one) for one in judging.count(found)],
        "wrong": judging.failures(found),
        "faces": [
            {"campaign": "one", "kind": kind, "person": "ann", "fake": 0.5, "other": other}
            for kind, other in (("480p", 0.48), ("mirrored", 0.3), ("genuine, 480p", 0.52))
        ],
        "laid": [
            {"campaign": "one", "kind": kind, "most": most}
            for kind, most in (("480p", -4.2), ("mirrored", None), ("genuine, 480p", 0.7))
        ],
        "orders": [order],
        "meeting": [
            {"files": 1000, "median_s": 0.5, "most_s": 1, "build_s": 4.4, "every": 44}
            | {"found": 9, "copies": 10, "peak_mib": 1200}
        ],
        "settling": [
            {"files": 1000, "all_s": 4, "again_s": 0.25, "one_more_s": 0.5}
            | {"moved": 7, "campaigns": 2, "peak_mib": 80}
        ],
        "passing": [{"files": 2000, "seconds": 0.071, "passed": 1000}],
    }
    text = page.markdown(record)
    assert "| one | genuine | called | `suspected_impersonation` | a \\| b |" in text
    assert "| one | 0.50 | 2 | 0.110 | 0.200 | 0.020 | 0.020 |" in text
    assert "| files with the same label, in one scan | 2 of 3 | 0 of 1 |" in text
    assert "| ids of any scan that still lead to their campaign | 3 of 4 | 0 of 1 |" in text
    assert "| 1,000 | 0.60 | 0.50 | 4.4, after 44 files | 9 of 10 | 1,200 |" in text
    assert "| one | copies | 2 | 1 | -4.2 | -4.2 |" in text
    assert "| one | genuine | 1 | 0 | 0.7 | 0.7 |" in text
    assert "| 2,000 | 0.07 | 1000 |" in text
    assert "| 1,000 | 4.0 | 0.50 | 0.25 | 7 | 80 |" in text
