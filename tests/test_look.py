"""Shots, windows and tracks of one look; the networks run on a public-domain portrait."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from media_screen.evidence import Span
from media_screen.faces.upright import SURE
from media_screen.look import (
    CUTS_AT_ONCE,
    CUTS_SURVEYED,
    MAX_FACES,
    STILLS,
    SURVEYED,
    THUMBNAILS,
    WINDOW,
    Looker,
    _spaced,
    is_cut,
    tiny,
)
from media_screen.media import Frame, Media, MediaError
from media_screen.media.convert import scaled_down
from tests.faces.making import astronaut, of_skimage
from tests.making import quarters, write_picture, write_video

PORTRAIT = np.ascontiguousarray(astronaut())  # 512 x 512, one face about 100 px wide
GREY = np.full_like(PORTRAIT, 90)


@pytest.fixture(scope="module")
def looker() -> Looker:
    return Looker()


def moved(image: np.ndarray, dx: int) -> np.ndarray:
    return np.roll(image, dx, axis=1)


def test_one_face_is_one_track_over_survey_and_windows(looker: Looker, tmp_path: Path) -> None:
    frames = [moved(PORTRAIT, index // 5) for index in range(250)]  # 10 s, drifting right
    path = write_video(tmp_path / "a.mp4", frames, options={"g": "50"})
    seen: list[float] = []
    with Media.open(path) as media:
        look = looker.look(media, on_frame=lambda time_s, image: seen.append(time_s))
    (track,) = look.tracks
    assert track.span[0] == pytest.approx(0, abs=0.1) and track.span[1] > 9
    assert len(look.shots) == 1
    assert len(seen) == pytest.approx(look.frames, abs=8)  # frames that both passes gave, once
    faces, whole = [[t for t in look.thumbnails if (t.track is None) == w] for w in (0, 1)]
    assert len(faces) == 1 and 4 <= len(whole) <= THUMBNAILS
    assert all(picture.jpeg.startswith(b"\xff\xd8") for picture in look.thumbnails)


def test_stills_are_few_and_spread(looker: Looker, tmp_path: Path) -> None:
    wide = np.concatenate([GREY] * 3, axis=1)
    path = write_video(tmp_path / "a.mp4", [wide] * 1000, options={"g": "25"})  # 40 s
    with Media.open(path) as media:
        stills = looker.look(media).stills
    times = [time_s for time_s, _ in stills]
    assert 4 <= len(stills) <= STILLS and times[-1] - times[0] > 25
    assert min(np.diff(times)) > 2
    assert {image.shape for _, image in stills} == {(320, 960, 3)}


def test_a_cut_ends_shot_and_track(looker: Looker, tmp_path: Path) -> None:
    frames = [PORTRAIT] * 50 + [GREY] * 50 + [PORTRAIT] * 50
    path = write_video(tmp_path / "a.mp4", frames, options={"g": "25"})
    with Media.open(path) as media:
        look = looker.look(media)
    assert [round(shot.start) for shot in look.shots] == [0, 2, 4]
    assert len(look.tracks) == 2


def test_the_cost_follows_shots_and_not_length(looker: Looker, tmp_path: Path) -> None:
    small = np.ascontiguousarray(PORTRAIT[::2, ::2])
    frames = [small] * 3000  # 2 minutes of one shot
    path = write_video(tmp_path / "a.mp4", frames, options={"g": "25", "preset": "ultrafast"})
    with Media.open(path) as media:
        look = looker.look(media)
        dense = sum(window.duration for window in look.windows)
    assert dense <= 4 * WINDOW + 1
    assert look.frames <= 120 / 0.5 + dense * 5 + 8


def test_hours_of_sound_hide_no_pictures(looker: Looker, tmp_path: Path) -> None:
    """Fades give no cut by which a face would be seen that comes and goes."""
    shares = np.clip(np.sin(np.linspace(0, 6 * np.pi, 1000)), 0, 1)  # 40 s, seen three times
    small = PORTRAIT[::2, ::2] - 90.0
    frames = [np.asarray(90 + share * small, np.uint8) for share in shares]
    path = write_video(tmp_path / "a.mkv", frames, options={"g": "25", "preset": "ultrafast"})
    long = tmp_path / "long.mkv"
    with av.open(str(path)) as film, av.open(str(long), "w") as made:
        video = made.add_stream_from_template(film.streams.video[0])
        sound = made.add_stream("pcm_u8", rate=1000, layout="mono")
        for packet in film.demux(video=0):
            if packet.size:
                packet.stream = video
                made.mux(packet)
        for start in range(0, 2 * 3600 * 1000, 10_000):
            silence = np.full((1, 10_000), 128, np.uint8)
            frame = av.AudioFrame.from_ndarray(silence, format="u8", layout="mono")
            frame.rate, frame.pts, frame.time_base = 1000, start, Fraction(1, 1000)
            made.mux(sound.encode(frame))
    looks = []
    for one in (path, long):
        with Media.open(one) as media:
            looks.append(looker.look(media))
    assert looks[0].frames > 40 and looks[1].frames == pytest.approx(looks[0].frames, rel=0.5)
    assert len(looks[0].tracks) == len(looks[1].tracks)


@pytest.mark.parametrize(
    ("length", "most"),
    [
        pytest.param(60.0, 120, id="a-minute-is-seen-whole"),
        pytest.param(
            3600.0, round(SURVEYED * (1 + CUTS_SURVEYED + CUTS_AT_ONCE)), id="an-hour-is-not"
        ),
    ],
)
def test_cuts_are_taken_from_all_parts_of_a_flicker_film(length: float, most: int) -> None:
    pictures = [np.full((9, 16, 3), 255 * (number % 2), np.uint8) for number in range(2)]
    frames = (Frame(n / 2, pictures[n % 2]) for n in range(round(2 * length)))
    step = max(0.5, length / SURVEYED)
    taken = [one.time_s for one in _spaced(frames, step, most=SURVEYED, duration_s=length)]
    assert len(taken) <= most
    assert len(taken) == most or length > 60.0
    early, late = (sum(a <= time_s < a + length / 4 for time_s in taken) for a in (0, length * 0.7))
    assert late > early / 3 and taken[-1] > 0.95 * length


def test_panels_give_several_tracks(looker: Looker, tmp_path: Path) -> None:
    panel = np.concatenate([PORTRAIT, PORTRAIT[:, ::-1]], axis=1)
    path = write_video(tmp_path / "a.mp4", [panel] * 50)
    with Media.open(path) as media:
        look = looker.look(media)
    assert len(look.tracks) == 2
    assert all(len(track.faces) >= 8 for track in look.tracks)


def test_faces_too_small_to_compare_are_counted(looker: Looker, tmp_path: Path) -> None:
    import cv2

    tiny_face = cv2.resize(PORTRAIT, (96, 96), interpolation=cv2.INTER_AREA)  # about 19 px wide
    image = GREY.copy()
    image[100:196, 100:196] = tiny_face
    path = write_picture(tmp_path / "a.png", image, codec="png", pixels="rgb24")
    with Media.open(path) as media:
        look = looker.look(media)
    assert look.tracks == () and look.small_faces == 1


def test_a_span_is_looked_at_densely(looker: Looker, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [PORTRAIT] * 100)
    with Media.open(path) as media:
        look = looker.look_at(media.window(Span(1, 3), fps=4), Span(1, 3))
    assert look.frames == 8 and len(look.tracks[0].faces) == 8


def test_pictures_that_can_not_be_decoded_are_an_error(looker: Looker, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [quarters()] * 50)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = bytes(end - start)  # an index without the pictures that it names
    path.write_bytes(data)
    with pytest.raises(MediaError, match="not one frame"), Media.open(path) as media:
        looker.look(media)


@pytest.mark.parametrize(
    ("after", "cut"),
    [
        pytest.param(PORTRAIT, False, id="same"),
        pytest.param(moved(PORTRAIT, 12), False, id="moved"),
        pytest.param((PORTRAIT * 0.9).astype(np.uint8), False, id="darker"),
        pytest.param(GREY, True, id="other"),
        pytest.param(np.ascontiguousarray(of_skimage("coffee")), True, id="coffee"),
    ],
)
def test_cuts(after: np.ndarray, cut: bool) -> None:
    assert is_cut(tiny(PORTRAIT), tiny(after)) == cut


def test_red_next_to_red_is_no_cut() -> None:
    one, other = (np.full((18, 32, 3), (hue, 200, 200), np.uint8) for hue in (2, 254))
    assert not is_cut(one, other)


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("kind", ["video", "picture"])
def test_turned_footage_is_looked_at_upright(
    looker: Looker, tmp_path: Path, turns: int, kind: str
) -> None:
    shown = np.ascontiguousarray(np.rot90(PORTRAIT, turns))
    if kind == "video":
        path = write_video(tmp_path / "a.mp4", [shown] * 50)
    else:
        path = write_picture(tmp_path / "a.png", shown, codec="png", pixels="rgb24")
    taken: list[np.ndarray] = []
    with Media.open(path) as media:
        look = looker.look(
            media, on_frame=lambda _, image: taken.append(image), on_turn=taken.clear
        )
        assert media.turns == look.turns == 4 - turns
    (track,) = look.tracks
    assert abs(track.best.quality.roll_deg) < 20 and track.best.score > SURE
    for image in (*taken, look.stills[0][1]):  # what is hashed and read is upright, too
        assert np.abs(image.astype(int) - scaled_down(PORTRAIT, len(image))).mean() < 10


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(PORTRAIT, id="upright"),
        pytest.param(GREY, id="no-face"),
        pytest.param(np.ascontiguousarray(PORTRAIT[:, ::-1]), id="mirrored"),
    ],
)
def test_upright_and_faceless_footage_stays_as_it_is(
    looker: Looker, tmp_path: Path, image: np.ndarray
) -> None:
    path = write_video(tmp_path / "a.mp4", [image] * 10)
    with Media.open(path) as media:
        assert looker.look(media, on_turn=lambda: pytest.fail("turned")).turns == 0


def crowd(count: int) -> np.ndarray:
    """A picture of many faces, each narrower than the one before."""
    face = PORTRAIT[:260, 100:340]
    sizes = range(240, 240 - 4 * count, -4)
    tiles = [
        np.pad(small(face, size), ((0, 240 - size), (0, 240 - size), (0, 0))) for size in sizes
    ]
    rows = [np.concatenate(tiles[start : start + 4], axis=1) for start in range(0, count, 4)]
    return np.concatenate(rows)


def small(image: np.ndarray, size: int) -> np.ndarray:
    import cv2

    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA))


def test_every_face_of_a_picture_is_looked_at(looker: Looker, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", crowd(16), codec="png", pixels="rgb24")
    with Media.open(path) as media:
        look = looker.look(media)
    assert len(look.tracks) == 16 and look.further_faces == 0


def test_faces_beyond_those_of_a_video_are_counted(looker: Looker, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [crowd(8)] * 5)
    with Media.open(path) as media:
        assert looker.look(media).further_faces == 8 - MAX_FACES


def test_both_views_of_a_transparent_picture_are_looked_at(looker: Looker, tmp_path: Path) -> None:
    """White over white is nothing; over black the face that its transparency draws is seen."""
    from PIL import Image

    image = Image.new("RGB", (512, 512), "white")
    image.putalpha(Image.fromarray(PORTRAIT).convert("L"))
    image.save(tmp_path / "a.png")
    with Media.open(tmp_path / "a.png") as media:
        look = looker.look(media)
    assert len(look.tracks) == 1 and look.frames == 2


def test_the_views_of_a_transparent_picture_are_one_shot(looker: Looker, tmp_path: Path) -> None:
    from PIL import Image

    image = Image.fromarray(PORTRAIT)
    height, width, _ = PORTRAIT.shape
    clear = np.zeros((height, width), np.uint8)
    clear[:, width // 4 : width * 3 // 4] = 255  # half of it shows the backdrop
    image.putalpha(Image.fromarray(clear))
    image.save(tmp_path / "a.png")
    with Media.open(tmp_path / "a.png") as media:
        look = looker.look(media)
    assert look.frames == 2 and len(look.shots) == 1 and len(look.tracks) == 1
