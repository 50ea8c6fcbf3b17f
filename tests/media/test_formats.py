"""What the help announces can be decoded by what is installed, and what can't be says so."""

from __future__ import annotations

import re
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from media_screen.cli.main import main
from media_screen.media import Media, MediaError, reader

# By the name in the help: FFmpeg's names of the format, and of the decoders that it takes.
VIDEOS = {
    "MP4": ("mov", "h264 hevc libdav1d aac"),
    "MOV": ("mov", "prores pcm_s16le"),
    "Matroska": ("matroska", "h264 hevc vorbis"),
    "WebM": ("matroska", "vp8 vp9 opus"),
    "AVI": ("avi", "mpeg4 msmpeg4v3 mp3"),
    "FLV": ("flv", "flv vp6f nellymoser"),
    "MPEG": ("mpeg", "mpeg1video mpeg2video mp2"),
    "TS": ("mpegts", "h264 mpeg2video ac3"),
    "WMV": ("asf", "wmv3 vc1 wmav2"),
    "MXF": ("mxf", "dnxhd mpeg2video"),
}
SOUNDS = {
    "MP3": ("mp3", "mp3"),
    "M4A": ("mov", "aac alac"),
    "AAC": ("aac", "aac"),
    "FLAC": ("flac", "flac"),
    "WAV": ("wav", "pcm_s16le"),
    "Ogg": ("ogg", "vorbis"),
    "Opus": ("ogg", "opus"),
    "AMR": ("amr", "amrnb amrwb"),
}
PICTURES = {
    "JPEG": ("jpeg_pipe", "mjpeg"),
    "PNG": ("png_pipe", "png apng"),
    "WebP": ("webp_pipe", "webp"),
    "GIF": ("gif", "gif"),
    "BMP": ("bmp_pipe", "bmp"),
    "TIFF": ("tiff_pipe", "tiff"),
    "AVIF": ("mov", "libdav1d"),
}
KNOWN = VIDEOS | SOUNDS | PICTURES


def announced() -> list[str]:
    """The formats that `scan --help` names."""
    text = " ".join(CliRunner().invoke(main, ["scan", "--help"]).output.split())
    lists = re.findall(r"(?:videos|sound|pictures) \((.+?)\)", text[text.index("Read are") :])
    return [name for one in lists for name in re.split(r", | and (?!others)", one)]


def test_every_announced_format_is_known_here() -> None:
    assert [name.removesuffix(" and others") for name in announced()] == list(KNOWN)


@pytest.mark.parametrize("name", KNOWN)
def test_every_announced_format_can_be_opened_and_decoded(name: str) -> None:
    form, decoders = KNOWN[name]
    assert form in reader._FORMATS.split(",")
    assert any(form in one.split(",") for one in av.formats_available)
    for decoder in decoders.split():
        assert av.codec.Codec(decoder, "r").is_decoder


BOXED = b"\0\0\0\x0cJXL \r\n\x87\n"
BRAND = b"\0\0\0\x14ftypjxl \0\0\0\0jxl "


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"\xff\x0a", id="bare"),
        pytest.param(BOXED + BRAND, id="boxed"),
        pytest.param(BOXED + BRAND + b"\0\0\0\0jxlc\xff\x0a", id="boxed-to-the-end"),
    ],
)
@pytest.mark.parametrize("content", [bytes(200), bytes(range(256)) * 4], ids=["zeros", "bytes"])
def test_jpeg_xl_says_that_it_is_to_be_converted(
    tmp_path: Path, head: bytes, content: bytes
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(head + content)
    with pytest.raises(MediaError, match="JPEG XL picture, which can't be decoded here: convert"):
        Media.open(path)
