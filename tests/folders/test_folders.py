"""Looking through folders: what is screened, what is left out as what, and nothing gone."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media_screen.folders import is_address, look_through, said
from media_screen.folders.recognise import recognise
from tests.making import quarters, write_picture, write_sound_file, write_video


def png(*chunks: bytes) -> bytes:
    """A PNG of chunks with these names, each of 13 bytes."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (13).to_bytes(4, "big") + name + bytes(17) for name in chunks
    )


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


MOVIE = box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(50)) + box(b"moov", bytes(8))
CUT = box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(50))  # its index never came
WEBM = b"\x1aE\xdf\xa3" + bytes(60)
SOUND = b"ID3\x04" + bytes(60)
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
TEXT, JUNK = b"words\n", b"\x00\x01\x02junk\xff\xfe"
PLAYLIST = b"#EXTM3U\n"


def put(top: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(content)


def screened(top: Path) -> list[str]:
    return [path.relative_to(top).as_posix() for path in look_through(top).media]


def left_out(top: Path) -> dict[str, str]:
    return {one.path.relative_to(top).as_posix(): one.kind for one in look_through(top).left_out}


# --- names ---------------------------------------------------------------------------------------

TALK = {"Talk [x].mp4": MOVIE}
LEFTOVERS = {
    "part": "Talk [x].mp4.part",
    "part of a stream": "Talk [x].f248.webm.part",
    "fragment": "Talk [x].f248.webm.part-Frag6476",
    "part of a fragment": "Talk [x].f140.m4a.part-Frag6476.part",
    "stream": "Talk [x].f137.mp4",
    "stream of a playlist": "Talk [x].fhls-1080p.mp4",
    "re-muxed": "Talk [x].temp.mp4",
    "aria2": "Talk [x].mp4.aria2",
    "ytdl": "Talk [x].mp4.ytdl",
    "addresses of fragments": "Talk [x].mp4.frag.urls",
    "chrome": "Talk [x].mp4.crdownload",
    "safari": "Talk [x].mp4.download",
    "opera": "Talk [x].mp4.opdownload",
    "utorrent": "Talk [x].mp4.!ut",
    "other case": "Talk [x].mp4.PART",
}
ABOUT = {
    "storyboard": "Talk [x].mhtml",
    "subtitles": "Talk [x].en.vtt",
    "subtitles, other": "Talk [x].en-US.srv3",
    "subtitles of youtube": "Talk [x].sbv",
    "subtitles, styled": "Talk [x].de.ass",
    "description": "Talk [x].description",
    "annotations": "Talk [x].annotations.xml",
    "live chat": "Talk [x].live_chat.json",
    "comments": "Talk [x].comments.json",
    "playlist": "Talk [x].m3u8",
    "metadata": "Talk [x].meta",
    "metadata, xmp": "Talk [x].xmp",
    "archive": "archive.txt",
    "link": "Talk [x].url",
}
THUMBNAILS = {
    "thumbnail": "Talk [x].jpg",
    "thumbnail, webp": "Talk [x].webp",
    "thumbnail, numbered": "Talk [x].37.jpg",
    "thumbnail, named": "Talk [x].maxresdefault.jpg",
    "thumbnail of tiktok": "Talk [x].originCover.image",
}


@pytest.mark.parametrize("content", [MOVIE, CUT, b"", JUNK], ids=["plays", "cut", "empty", "junk"])
@pytest.mark.parametrize("name", LEFTOVERS.values(), ids=LEFTOVERS)
def test_a_leftover_beside_its_media_is_left_aside(
    tmp_path: Path, name: str, content: bytes
) -> None:
    put(tmp_path, TALK | {name: content})
    assert screened(tmp_path) == ["Talk [x].mp4"] and left_out(tmp_path) == {name: "download"}


@pytest.mark.parametrize("name", LEFTOVERS.values(), ids=LEFTOVERS)
@pytest.mark.parametrize(
    "beside",
    [
        pytest.param({}, id="alone"),
        pytest.param({"Talk [y].mp4": MOVIE}, id="beside another"),
        pytest.param({"Talk [x].mp4": b""}, id="beside an empty file"),
        pytest.param({"Talk [x].mp4": TEXT}, id="beside a text of the name"),
        pytest.param({"Talk [x].jpg": JPEG}, id="beside a picture of the name"),
        pytest.param({"sub/Talk [x].mp4": MOVIE}, id="beside its folder"),
    ],
)
def test_what_plays_and_is_left_from_nothing_is_screened(
    tmp_path: Path, name: str, beside: dict[str, bytes]
) -> None:
    put(tmp_path, {name: MOVIE} | beside)
    assert name in screened(tmp_path)


@pytest.mark.parametrize("name", ["Talk.temp", "Talk.f137"])
def test_what_has_a_sidecar_of_its_own_is_no_leftover(tmp_path: Path, name: str) -> None:
    put(tmp_path, {"Talk.mp4": MOVIE, f"{name}.mp4": MOVIE, f"{name}.info.json": b"{}"})
    assert screened(tmp_path) == sorted(["Talk.mp4", f"{name}.mp4"])


@pytest.mark.parametrize("content", [CUT, b"", JUNK], ids=["cut", "empty", "junk"])
def test_a_part_that_can_not_play_is_left_aside_alone(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, {"a.mp4.part": content})
    assert left_out(tmp_path) == {"a.mp4.part": "download"}


def test_streams_that_were_not_joined_are_each_screened(tmp_path: Path) -> None:
    put(tmp_path, {"a.f137.mp4": MOVIE, "a.f140.m4a": MOVIE, "a.jpg": JPEG, "a.f140.m4a.part": b""})
    assert screened(tmp_path) == ["a.f137.mp4", "a.f140.m4a"]


def test_fragments_belong_to_the_part_that_is_screened(tmp_path: Path) -> None:
    put(tmp_path, {"a.webm.part": WEBM, "a.webm.part-Frag7": WEBM, "a.webp": JPEG})
    assert screened(tmp_path) == ["a.webm.part"]


@pytest.mark.parametrize("name", [*ABOUT.values(), "notes.txt", "page.html", "data.json"])
@pytest.mark.parametrize("beside", [{}, TALK], ids=["alone", "beside media"])
def test_what_is_named_like_a_text_is_left_aside_unless_it_plays(
    tmp_path: Path, name: str, beside: dict[str, bytes]
) -> None:
    put(tmp_path, beside | {name: PLAYLIST})
    assert left_out(tmp_path)[name] in ("download", "other")
    for hidden in (MOVIE, WEBM, SOUND, JPEG):
        put(tmp_path, {name: hidden})
        assert name in screened(tmp_path), "media under the name of a text"


@pytest.mark.parametrize("name", THUMBNAILS.values(), ids=THUMBNAILS)
def test_a_picture_is_a_thumbnail_only_beside_its_media(tmp_path: Path, name: str) -> None:
    put(tmp_path, {name: JPEG})
    assert screened(tmp_path) == [name]
    put(tmp_path, TALK)
    assert screened(tmp_path) == ["Talk [x].mp4"] and left_out(tmp_path) == {name: "download"}
    put(tmp_path, {name: MOVIE})
    assert screened(tmp_path) == sorted(["Talk [x].mp4", name]), "a video named as a thumbnail"


@pytest.mark.parametrize(
    "name", ["Talk [x] 2.jpg", "Talk [x].face.jpg", "Talk.jpg", "talk [x].jpg"]
)
def test_a_picture_of_another_name_is_no_thumbnail(tmp_path: Path, name: str) -> None:
    put(tmp_path, TALK | {name: JPEG})
    assert name in screened(tmp_path)


def test_names_are_compared_as_they_read(tmp_path: Path) -> None:
    composed, apart = "Caf\u00e9", "Cafe\u0301"
    put(tmp_path, {f"{apart}.mp4": MOVIE, f"{composed}.jpg": JPEG, f"{composed}.info.json": b"{}"})
    assert screened(tmp_path) == [f"{apart}.mp4"]
    assert left_out(tmp_path) == {f"{composed}.jpg": "download", f"{composed}.info.json": "sidecar"}


def test_a_sidecar_without_its_media_is_told_as_such(tmp_path: Path) -> None:
    put(tmp_path, {"a.mp4": b"", "a.info.json": b"{}", "b.info.json": b"{}"})
    assert left_out(tmp_path) == {"a.info.json": "sidecar", "b.info.json": "orphan"}


DOTTED = {
    "title": ("...Ready for It [x].mp4", MOVIE, True),
    "title, nothing inside": ("...Ready for It [x].mp4", b"", True),
    "title like a fork": ("._Ready for It [x].mp4", MOVIE, True),
    "no ending": (".clip", WEBM, True),
    "ending only": (".mp4", MOVIE, True),
    "folder": (".NET Foundation/Talk [x].mp4", MOVIE, True),
    "folder in folder": (".a/.b/c.jpg", JPEG, True),
    "fork": ("._Talk [x].mp4", b"\0\5\x16\7" + bytes(99), False),
    "finder": (".DS_Store", JUNK, False),
    "settings": (".bashrc", TEXT, False),
    "unknown": (".state", JUNK, False),
    "windows": ("Thumbs.db", JUNK, False),
    "windows, other": ("Desktop.ini", TEXT, False),
}


@pytest.mark.parametrize(("name", "content", "media"), DOTTED.values(), ids=DOTTED)
def test_names_that_begin_with_dots(tmp_path: Path, name: str, content: bytes, media: bool) -> None:
    put(tmp_path, {name: content})
    assert (screened(tmp_path), left_out(tmp_path)) == (
        ([name], {}) if media else ([], {name: "system"})
    )


def test_a_copy_under_way_is_left_aside_beside_its_file(tmp_path: Path) -> None:
    put(tmp_path, {".Talk [x].mp4.x7Qw2k": MOVIE})
    assert screened(tmp_path) == [".Talk [x].mp4.x7Qw2k"]
    put(tmp_path, TALK)
    assert screened(tmp_path) == ["Talk [x].mp4"]


FOLDERS = (".git", ".Trash", ".Trash-1000", ".thumbnails", "@eaDir", "$RECYCLE.BIN", "__MACOSX")


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_of_systems_can_not_hide_what_plays(tmp_path: Path, folder: str) -> None:
    put(tmp_path, {f"{folder}/a.jpg": JPEG, f"{folder}/b/c.bin": JUNK, f"{folder}/notes": TEXT})
    assert screened(tmp_path) == [] and set(left_out(tmp_path).values()) == {"system"}
    put(
        tmp_path,
        {f"{folder}/b/x.mp4": MOVIE, f"{folder}/y.jpg": JPEG, f"{folder}/y.info.json": b""},
    )
    assert screened(tmp_path) == [f"{folder}/y.jpg", f"{folder}/b/x.mp4"]


def test_a_repository_is_not_looked_into(tmp_path: Path) -> None:
    put(tmp_path, {".git/HEAD": TEXT, ".git/annex/objects/a.mp4": MOVIE})
    assert screened(tmp_path) == [] and left_out(tmp_path) == {".git": "system"}


# --- the output of a scan ------------------------------------------------------------------------

OUTPUT = {
    "state.sqlite": JUNK,
    "results.jsonl": TEXT,
    "results.csv": TEXT,
    "results.stix.json": TEXT,
    "results.c-0123456789ab.zip": JUNK,
    "campaigns.jsonl": TEXT,
    "campaigns.sqlite": JUNK,
    "state.sqlite.old": JUNK,
    ".results.package-x1_y2z3a/thumbs/ab/1.jpg": JPEG,
    "memory.sqlite-wal": JUNK,
    "ledger.jsonl": TEXT,
    "report/index.html": TEXT,
    "report/files/1.html": TEXT,
    "thumbs/ab/1.jpg": JPEG,
    ".results.jsonl.17.tmp": TEXT,
}


@pytest.mark.parametrize("folder", ["", "media-screen-out/", "of last week/", ".out/"])
def test_the_output_of_a_scan_is_known_by_what_is_in_it(tmp_path: Path, folder: str) -> None:
    put(tmp_path, {folder + name: content for name, content in OUTPUT.items()})
    put(tmp_path, {f"{folder}a.mp4": MOVIE, f"{folder}sub/b.jpg": JPEG})
    assert screened(tmp_path) == [f"{folder}a.mp4", f"{folder}sub/b.jpg"]
    assert left_out(tmp_path) == dict.fromkeys((folder + name for name in OUTPUT), "own")


def test_folders_named_like_the_output_are_looked_into(tmp_path: Path) -> None:
    put(tmp_path, {"media-screen-out/a.mp4": MOVIE, "report/b.jpg": JPEG, "thumbs/c.jpg": JPEG})
    assert len(screened(tmp_path)) == 3


def test_the_output_of_a_scan_can_not_hide_what_plays(tmp_path: Path) -> None:
    put(tmp_path, {f"out/{name}": content for name, content in OUTPUT.items()})
    put(tmp_path, {"out/thumbs/x.mp4": MOVIE, "out/report/y.jpg": WEBM})
    assert screened(tmp_path) == ["out/report/y.jpg", "out/thumbs/x.mp4"]


def test_the_cache_beside_the_people_is_left_aside(tmp_path: Path) -> None:
    put(tmp_path, {".media_screen/gallery.sqlite": JUNK, ".media_screen/x.jpg": JPEG})
    assert set(left_out(tmp_path).values()) == {"own"}


# --- links, pipes, locked folders ----------------------------------------------------------------


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Path]:
    """A folder with every kind of entry that is no ordinary file."""
    top = tmp_path / "top"
    put(top, {"a.mp4": MOVIE, "folder.mp4/b.mp4": MOVIE})
    put(tmp_path / "elsewhere", {"c.mp4": MOVIE})
    for name in ("pipe.mp4", "pipe.txt", "pipe", "a.info.json", "a.mp4.part"):
        os.mkfifo(top / name)
    for name, target in {"loop.mp4": "loop.mp4", "gone.mp4": "nothing", "gone.txt": "nothing",
                         "linked.mp4": "../elsewhere/c.mp4", "up": "..", "away": "../elsewhere",
                         "self": "self"}.items():  # fmt: skip
        (top / name).symlink_to(target)
    os.link(top / "a.mp4", top / "hard.mp4")
    with socket.socket(socket.AF_UNIX) as unix:
        before = Path.cwd()
        os.chdir(top)  # the path of a socket may not be long
        try:
            unix.bind("socket.mp4")
        finally:
            os.chdir(before)
        yield top


def test_what_is_no_file_is_told_and_not_opened(odd: Path) -> None:
    assert screened(odd) == [
        "a.mp4", "gone.mp4", "hard.mp4", "linked.mp4", "loop.mp4", "pipe", "pipe.mp4", "self",
        "socket.mp4", "folder.mp4/b.mp4",
    ]  # fmt: skip
    assert left_out(odd) == {
        "a.info.json": "special", "a.mp4.part": "special", "pipe.txt": "special",
        "gone.txt": "other", "away": "link", "up": "link",
    }  # fmt: skip


def test_a_folder_that_can_not_be_looked_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"locked/a.mp4": MOVIE, "b.mp4": MOVIE})
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert screened(tmp_path) == ["b.mp4"] and left_out(tmp_path) == {"locked": "unreadable"}


# --- every file ----------------------------------------------------------------------------------

PARTS = st.sampled_from(
    ["a", "b", "...a", ".git", ".Trash", "a.f137", "a.temp", "a.37", "report", "state", "results",
     "._a", ".media_screen", "HEAD", "caf\u00e9", "cafe\u0301", "archive", "a.info"]
)  # fmt: skip
ENDINGS = st.sampled_from(
    ["", ".mp4", ".jpg", ".txt", ".info.json", ".mp4.part", ".m4a.part-Frag1.part", ".sqlite",
     ".jsonl", ".json", ".webm.ytdl", ".x"]
)  # fmt: skip
NAMES = st.builds(lambda part, ending: part + ending, PARTS, ENDINGS)
CONTENTS = st.sampled_from([MOVIE, CUT, JPEG, TEXT, JUNK, b"", None])  # None: a link to nothing


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), CONTENTS, max_size=9))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_every_file_is_screened_or_left_out_and_never_both(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes | None]
) -> None:
    top = tmp_path_factory.mktemp("tree")
    for name, content in files.items():
        path = top / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to("nothing") if content is None else path.write_bytes(content)
        except OSError:  # a file and a folder of one name
            continue
    listing = look_through(top)
    listed = [*listing.media, *(one.path for one in listing.left_out)]
    assert len(set(listed)) == len(listed)
    for folder, _, names in os.walk(top):
        for name in names:
            path = Path(folder, name)
            above = [one for one in listed if one == path or one in path.parents]
            assert len(above) == 1, path
    playing = [path for path in top.rglob("*.txt") if path.is_file() and path.read_bytes() == MOVIE]
    repositories = [one.path for one in listing.left_out if one.path.is_dir()]
    for path in playing:
        assert path in listing.media or any(one in path.parents for one in repositories)


# --- contents ------------------------------------------------------------------------------------

MADE = {
    "a.mp4": "stream", "a.mov": "stream", "a.mkv": "stream", "a.webm": "stream", "a.avi": "stream",
    "a.flv": "stream", "a.ts": "stream", "a.m2ts": "stream", "a.mpg": "stream", "a.wmv": "stream",
    "a.mxf": "stream", "a.gif": "stream", "a.3gp": "stream", "a.nut": "stream", "a.ogv": "stream",
}  # fmt: skip
VIDEO_CODECS = {
    ".webm": "libvpx", ".flv": "flv", ".wmv": "wmv2", ".gif": "gif", ".mpg": "mpeg1video",
    ".mxf": "mpeg2video", ".ogv": "libvpx", ".avi": "mpeg4",
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_videos_are_recognised_by_their_content(tmp_path: Path, name: str) -> None:
    suffix = Path(name).suffix
    pixels = "rgb8" if suffix == ".gif" else "yuv420p"
    codec = VIDEO_CODECS.get(suffix, "libx264")
    path = write_video(tmp_path / name, [quarters(352, 288)] * 10, codec=codec, pixels=pixels)
    assert recognise(path.rename(tmp_path / "x.txt")) == "stream"


SOUNDS = {
    "a.mp3": "libmp3lame", "a.m4a": "aac", "a.aac": "aac", "a.flac": "flac", "a.wav": "pcm_s16le",
    "a.opus": "libopus", "a.mka": "aac", "a.ac3": "ac3", "a.aiff": "pcm_s16be",
    "a.caf": "pcm_s16le", "a.w64": "pcm_s16le", "a.mp2": "mp2", "a.au": "pcm_s16be", "a.tta": "tta",
    "a.wv": "wavpack",
}  # fmt: skip


@pytest.mark.parametrize(("name", "codec"), SOUNDS.items(), ids=SOUNDS)
def test_sound_is_recognised_by_its_content(tmp_path: Path, name: str, codec: str) -> None:
    path = write_sound_file(tmp_path / name, codec=codec, seconds=0.5)
    assert recognise(path.rename(tmp_path / "x.txt")) == "stream"


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.png", "png", "rgb24"), ("a.jpg", "mjpeg", "yuvj420p"), ("a.bmp", "bmp", "bgr24"),
        ("a.tiff", "tiff", "rgb24"), ("a.webp", "libwebp", "yuv420p"),
    ],
)  # fmt: skip
def test_pictures_are_recognised_by_their_content(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    path = write_picture(tmp_path / name, quarters(), codec=codec, pixels=pixels)
    assert recognise(path.rename(tmp_path / "x.txt")) == "picture"


CONTENTS_BY_HAND = {
    "index at the start": (box(b"moov") + box(b"mdat"), "stream"),
    "index after much else": (box(b"free") * 900 + box(b"moov"), "stream"),
    "too much before the index to be sure": (box(b"free") * 5000, "stream"),
    "a still brand over a video": (box(b"ftyp", b"avif" + bytes(4)) + box(b"moov"), "stream"),
    "a still": (box(b"ftyp", b"avif" + bytes(4)) + box(b"meta", bytes(9)), "picture"),
    "no index": (CUT, ""),
    "a box with a long length": (
        struct.pack(">I4sQ", 1, b"mdat", 20) + bytes(4) + box(b"moov"), "stream"
    ),
    "a box to the end": (struct.pack(">I4s", 0, b"mdat") + bytes(50), ""),
    "a box shorter than itself": (struct.pack(">I4s", 4, b"free") + box(b"moov"), ""),
    "fragment without its start": (box(b"moof") + box(b"mdat"), ""),
    "png": (png(b"IHDR", b"IDAT"), "picture"),
    "png that names a chunk in its pixels": (png(b"IHDR", b"IDAT", b"acTL"), "picture"),
    "moving png": (png(b"IHDR", b"acTL", b"IDAT"), "stream"),
    "moving png behind metadata": (png(b"IHDR", *[b"tEXt"] * 600, b"acTL", b"IDAT"), "stream"),
    "moving webp": (b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\x02" + bytes(9), "stream"),
    "transport after junk": (bytes(77) + (b"G" + bytes(187)) * 5, "stream"),
    "text": (TEXT, "text"),
    "text of another alphabet": ("\u8bdd\u8bed".encode() * 2000, "text"),
    "text of sixteen bits": (b"\xff\xfe" + "words".encode("utf-16-le"), "text"),
    "nothing": (b"", "text"),
    "junk": (JUNK, ""),
}  # fmt: skip


@pytest.mark.parametrize(("content", "what"), CONTENTS_BY_HAND.values(), ids=CONTENTS_BY_HAND)
def test_contents_are_told_apart(tmp_path: Path, content: bytes, what: str) -> None:
    put(tmp_path, {"x": content})
    assert recognise(tmp_path / "x") == what


# --- words ---------------------------------------------------------------------------------------


def test_what_was_left_aside_is_said_by_kind(tmp_path: Path) -> None:
    put(tmp_path, TALK | dict.fromkeys([*LEFTOVERS.values(), "a.txt"], b"") | {".git/HEAD": TEXT})
    (tmp_path / "up").symlink_to("..")
    assert said(look_through(tmp_path).left_out) == (
        f"{len(LEFTOVERS)} of yt-dlp's other files, 1 file of another kind, "
        "1 file of the system or another program, 1 linked folder (not followed)"
    )
    assert said(()) == ""


@pytest.mark.parametrize("name", LEFTOVERS.values(), ids=LEFTOVERS)
def test_a_leftover_that_plays_is_told(tmp_path: Path, name: str) -> None:
    """It is left aside by its name, and may show something else than the file beside it."""
    put(tmp_path, TALK | {name: WEBM, "b.mp4": MOVIE, "b.mp4.part": CUT, "b.en.vtt": TEXT})
    listing = look_through(tmp_path)
    assert said(listing.left_out) == "3 of yt-dlp's other files (1 can be played)"
    playing = [one for one in listing.left_out if one.what.endswith(", which plays")]
    assert [one.path.name for one in playing] == [name]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://www.youtube.com/watch?v=x", True), ("http://a.example/b.mp4", True),
        ("HTTPS://a", True), ("www.tiktok.com/@a", True), ("youtu.be/x", True), ("x.com/a", True),
        ("C:/videos", False), ("videos", False), ("a.mp4", False), ("xx.com/a", False),
    ],
)  # fmt: skip
def test_addresses_are_told_from_paths(text: str, address: bool) -> None:
    assert is_address(text) == address
