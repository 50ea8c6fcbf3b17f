"""Where a match is compared with its original, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media_screen.evidence import Match, Span
from media_screen.faces.align import Quality
from media_screen.faces.mesh import mesh_net
from media_screen.faces.track import Face, Track
from media_screen.footage.catalogue import MeasuredMatch
from media_screen.footage.catalogue.align import Mapping
from media_screen.footage.original import comparison, pairs
from media_screen.footage.original.comparison import Comparer, windows
from media_screen.footage.original.overlay import Overlay
from media_screen.footage.original.pairs import PairedWindow
from media_screen.media import Media
from tests.faces.making import embedder
from tests.fakes import stand_in
from tests.footage.original.making import FACE, paired, scene
from tests.making import write_video

SHA256 = "a" * 64


def seen(*times: float, size_px: float = 80.0, number: int = 0) -> Track:
    quality = stand_in(Quality, size_px=size_px)
    faces = [stand_in(Face, time_s=at, landmarks=FACE, quality=quality) for at in times]
    return Track(number, tuple(faces))


@pytest.mark.parametrize(
    ("span", "track", "most", "wanted"),
    [
        pytest.param(Span(3, 3.5), seen(3.2), 8, [(3.0, 3.5)], id="half-a-second"),
        pytest.param(Span(0, 4), seen(1.0), 8, [(0.0, 2.0), (2.0, 4.0)], id="short-is-whole"),
        pytest.param(
            Span(0, 20), seen(2.0, 15.0), 8, [(1.0, 3.0), (14.0, 16.0)], id="around-faces"
        ),
        pytest.param(Span(0, 20), seen(), 8, [(4.0, 6.0), (14.0, 16.0)], id="no-face"),
        pytest.param(Span(0, 20), seen(0.1), 1, [(0.0, 2.0)], id="one-allowed"),
    ],
)
def test_windows_lie_where_faces_are(
    span: Span, track: Track, most: int, wanted: list[tuple[float, float]]
) -> None:
    found = windows(span, [track], most=most)
    assert [(one.start, one.end) for one in found] == wanted


def test_the_number_of_windows_is_bounded() -> None:
    found = windows(Span(0, 36_000), [seen(*range(0, 36_000, 100))], most=8)
    assert len(found) == 8 and all(one.duration == 2.0 for one in found)


def test_the_best_view_of_a_stretch_is_compared() -> None:
    small, wide = seen(*range(0, 18), size_px=40.0), seen(7.0, size_px=90.0)
    first, _ = windows(Span(0, 20), [small, wide], most=8)
    assert first == Span(6.0, 8.0)


# Host and guest by turns for 5 s each, the host a little larger.
HOST = [at for at in range(120) if at % 10 < 5]
GUEST = [at for at in range(120) if at % 10 >= 5]
SHOTS = {
    "as-two-tracks": [seen(*HOST, size_px=200.0), seen(*GUEST, size_px=150.0, number=1)],
    "each-shot-a-track": [
        seen(*range(start, start + 5), size_px=(200.0, 150.0)[start // 5 % 2], number=start)
        for start in range(0, 120, 5)
    ],
}


@pytest.mark.parametrize("case", SHOTS)
def test_each_of_two_people_has_windows(case: str) -> None:
    found = windows(Span(0, 120), SHOTS[case], most=8)
    hosts = sum((one.start + one.end) / 2 % 10 < 5 for one in found)
    assert 3 <= hosts <= 5


def match(**known: Any) -> MeasuredMatch:
    told = Match("ada", "talk.mp4", "copy", Span(0, 2), Span(0, 2), 1, 1)
    facts = {
        "match": told,
        "sha256": "b" * 64,
        "mapping": Mapping(1.0, 0.0),
        "mirrored": False,
        "picture_span": Span(0, 2),
    }
    return stand_in(MeasuredMatch, **(facts | known))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [scene(step) for step in range(60)]
    return write_video(tmp_path_factory.mktemp("compared") / "film.mp4", frames)


@pytest.fixture(scope="module")
def comparer() -> Comparer:
    return Comparer(mesh_net(), embedder())


def test_a_copy_is_compared_face_by_face(film: Path, comparer: Comparer) -> None:
    track = seen(*(at / 5 for at in range(12)))
    with Media.open(film) as media:
        (one,) = comparer.compare_all(media, [match()], [track], sha256=SHA256, path=lambda _: film)
    assert one.lacking is None and one.seen and not one.identical
    (window,) = one.windows
    assert window.score is not None and window.score > 0.95
    (face,) = window.faces
    assert face.likeness > 0.95 and face.displaced < 0.02 and face.width_px > 60
    assert max(part.excess[1] for part in face.residuals.values()) < 0.5
    assert [moment.file[:2] for moment in face.moments] == [b"\xff\xd8"] * 2
    assert one.there(Span(0.5, 1)) == Span(0.5, 1)


@pytest.mark.parametrize(
    ("widths", "compared", "left_out"),
    [
        pytest.param([90.0], 1, 0, id="one"),
        pytest.param([90.0, 40.0, 20.0], 2, 0, id="bystanders"),
        pytest.param([40.0, 26.0, 22.0], 1, 2, id="too-small-beside-a-small-one"),
        pytest.param([60.0] * 5, 3, 2, id="a-panel-of-five"),
        pytest.param([20.0], 0, 1, id="too-small"),
        pytest.param([], 0, 0, id="nobody"),
    ],
)
def test_faces_that_are_not_compared_are_counted(
    widths: list[float], compared: int, left_out: int
) -> None:
    seen = list(enumerate(widths))
    chosen = comparison._compared(seen)
    assert (len(chosen), comparison._left_out(seen, len(chosen))) == (compared, left_out)


LACKING: dict[str, tuple[Callable[[Path], Path | None], str, str]] = {
    "no-proxy": (lambda folder: None, "no_reference", "only a fingerprint of talk.mp4 is kept"),
    "gone": (lambda folder: folder / "gone.mp4", "unreadable", "talk.mp4: "),
    "unreadable": (
        lambda folder: _written(folder / "broken.mp4"),
        "unreadable",
        "talk.mp4: not a media file",
    ),
}


def _written(path: Path) -> Path:
    path.write_bytes(b"no film at all" * 99)
    return path


@pytest.mark.parametrize("name", LACKING)
def test_what_can_not_be_compared_says_why(
    name: str, film: Path, comparer: Comparer, tmp_path: Path
) -> None:
    make, reason, why = LACKING[name]
    with Media.open(film) as media:
        (one,) = comparer.compare_all(
            media, [match()], [seen(1.0)], sha256=SHA256, path=lambda _: make(tmp_path)
        )
    assert one.lacking is not None and one.windows == ()
    assert one.lacking[0] == reason and why in one.lacking[1]
    assert str(tmp_path) not in one.lacking[1]


def test_the_same_bytes_and_known_fakes_are_not_compared(film: Path, comparer: Comparer) -> None:
    fake = Match("ada", "fake.mp4", "known_fake", Span(0, 2), Span(0, 2), 1, 1)
    found = [match(sha256=SHA256), match(match=fake), match(picture_span=None)]
    with Media.open(film) as media:
        (one,) = comparer.compare_all(media, found, [], sha256=SHA256, path=lambda _: film)
    assert one.identical and one.windows == ()


def test_ten_matches_share_the_windows(film: Path, comparer: Comparer) -> None:
    with Media.open(film) as media:
        found = comparer.compare_all(media, [match()] * 10, [], sha256=SHA256, path=lambda _: film)
    assert [len(one.windows) for one in found] == [1] * 10


def test_short_matches_take_no_window_from_a_long_one(film: Path, comparer: Comparer) -> None:
    long = match(picture_span=Span(0, 120))
    short = [match(picture_span=Span(120 + at, 123 + at)) for at in range(0, 12, 3)]
    with Media.open(film) as media:
        found = comparer.compare_all(media, [long, *short], [], sha256=SHA256, path=lambda _: film)
    assert len(found[0].windows) >= 6 and all(one.windows for one in found)


def test_who_was_seen_for_a_moment_only_was_not_compared(
    film: Path, comparer: Comparer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "HAND_OVER_S", 0.1)
    with Media.open(film) as media, Media.open(film) as original:
        (window,) = comparer.compare(media, original, match(), [seen(1.0)])
    assert window.score is not None and (window.faces, window.left_out) == ((), 1)


@pytest.mark.parametrize(
    ("width", "count", "wanted"),
    [(80.0, 4, 1), (30.0, 4, 0), (80.0, 2, 0)],
    ids=["as-large", "a-bystander", "for-a-moment"],
)
def test_a_face_beside_an_inset_was_not_compared(width: float, count: int, wanted: int) -> None:
    whole = paired(frames=4)
    some = tuple(
        replace(one, beside={7: width} if row < count else {})
        for row, one in enumerate(whole.pairs)
    )
    assert comparison._beside(replace(whole, pairs=some), [(0, 80.0)]) == wanted


# Scores of three windows, at first and with the place of the best one; which are tried again.
TRIED: dict[str, tuple[list[float | None], list[float | None], list[int], list[float | None]]] = {
    "the-first-lay-badly": ([0.6, 0.97, 0.97], [0.95, 0.0, 0.0], [0], [0.95, 0.97, 0.97]),
    "the-first-did-not-lie": ([None, 0.97, 0.97], [0.95, 0.0, 0.0], [0], [0.95, 0.97, 0.97]),
    "no-better-than-before": ([0.6, 0.97, 0.97], [None, 0.0, 0.0], [0], [0.6, 0.97, 0.97]),
    "the-last-was-tried-with-it": ([0.97, 0.97, 0.6], [0.0, 0.0, 0.0], [], [0.97, 0.97, 0.6]),
    "all-lie-alike": ([0.93, 0.95, 0.96], [0.0, 0.0, 0.0], [], [0.93, 0.95, 0.96]),
    "none-lies": ([None, None, None], [0.0, 0.0, 0.0], [], [None, None, None]),
}


@pytest.mark.parametrize("case", TRIED)
def test_a_window_that_lay_badly_is_tried_as_the_best_one_lies(
    case: str, film: Path, comparer: Comparer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, then, again, wanted = TRIED[case]
    spans = [Span(0.0, 0.5), Span(0.5, 1.0), Span(1.0, 1.5)]
    asked: list[tuple[int, float | None]] = []

    def pair_window(*args: Any, known_place: Any, **options: Any) -> PairedWindow | None:
        number = spans.index(args[2])
        seen = any(number == one for one, _ in asked)
        asked.append((number, None if known_place is None else float(known_place[0, 2])))
        score = (then if seen else first)[number]
        if score is None:
            return None
        place = Overlay(np.array([[1.0, 0, score], [0, 1.0, 0]]), (480, 320), score)
        return PairedWindow(args[2], place, 0.0, (320, 480, 3), (0, 0, 480, 320), ())

    monkeypatch.setattr(comparison, "pair_window", pair_window)
    with Media.open(film) as media, Media.open(film) as original:
        found = list(comparer.compare_in(spans, media, original, match(), []))
    assert [one.score for one in found] == wanted and [one.span for one in found] == spans
    assert [number for number, _ in asked[3:]] == again
    best = max((one for one in first if one is not None), default=None)
    assert all(place == best for _, place in asked[3:])
