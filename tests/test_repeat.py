"""A file whose very bytes were examined before gets the verdict of a full examination."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from media_screen import Config, Screener, Verdict, detectors
from media_screen.detectors import DETECTORS
from media_screen.detectors.contract import depends_of
from media_screen.evidence import Abstention, Evidence, Failure, OnscreenText, TextLine
from media_screen.names import ocr
from tests.places import PLUGINS, SAMPLES

Post = dict[str, object] | str | None

NONE: Post = None
STRANGER: Post = {
    "extractor_key": "TikTok",
    "webpage_url": "https://www.tiktok.com/@quay.clips/video/1",
    "uploader_id": "quay.clips",
    "uploader": "Quay clips",
    "channel_id": "7",
    "title": "Irena Valequist says it all",
    "description": "about Irena Valequist",
    "ext": "mp4",
}
OFFICIAL: Post = {
    "extractor_key": "Youtube",
    "webpage_url": "https://www.youtube.com/watch?v=1",
    "channel_id": "UCdemoIrenaValequist0001",
    "uploader_id": "@irenavalequist",
    "ext": "mp4",
}
# What differs between two files with the same bytes: the post of the first, that of the second,
# and whether the second is judged by what was found in the first.
POSTS = [
    pytest.param(NONE, STRANGER, True, id="a-post-after-none"),
    pytest.param(STRANGER, NONE, True, id="none-after-a-post"),
    pytest.param(STRANGER, OFFICIAL, True, id="official"),
    pytest.param(OFFICIAL, STRANGER, True, id="stranger-after-official"),
    pytest.param(NONE, {**cast("dict[str, object]", STRANGER), "duration": 999}, True, id="other"),
    pytest.param(NONE, "{", True, id="damaged-sidecar"),
]
MEDIA = {
    "video": "northern-desk-interview.mp4",
    "picture": "forwarded-picture.jpg",
    "sound": "voice-message.m4a",
    "hostile": "broken-download.mp4",
}
_NOT_COMPARED = ("timing_s", "examined_as")
DECODING = {"look", "speech", "voices", "matches", "compared", "onscreen_read"}


def posted(media: Path, folder: Path, post: Post) -> Path:
    """Lay a file into a folder, under a name of its own, with a sidecar."""
    folder.mkdir()
    path = folder / f"post{media.suffix}"
    shutil.copy(media, path)
    if post is not None:
        text = post if isinstance(post, str) else json.dumps(post)
        (folder / "post.info.json").write_text(text, "utf-8")
    return path


def saved(verdict: Verdict) -> Verdict:
    """The verdict as it is read back from its line."""
    return Verdict.from_dict(json.loads(verdict.to_json()))


def compared(verdict: Verdict) -> dict[str, Any]:
    record = verdict.to_dict()
    return {name: value for name, value in record.items() if name not in _NOT_COMPARED}


@pytest.fixture(scope="module")
def screener(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    memory = tmp_path_factory.mktemp("memory") / "memory.sqlite"
    return Screener(Config(people=SAMPLES / "people", device="cpu", threads=1, memory=memory))


@pytest.mark.parametrize("kind", [kind for kind in MEDIA if kind != "video"])
@pytest.mark.parametrize(("before", "now", "taken"), POSTS)
def test_the_same_bytes_get_the_same_verdict(
    screener: Screener, tmp_path: Path, kind: str, before: Post, now: Post, taken: bool
) -> None:
    _compare(screener, tmp_path, kind, before, now, taken=taken and kind != "hostile")


# A video takes seconds: two of the posts are enough, since nothing that differs decodes it.
@pytest.mark.parametrize(("before", "now", "taken"), [POSTS[0], POSTS[3]])
def test_a_video_gets_the_same_verdict(
    screener: Screener, tmp_path: Path, before: Post, now: Post, taken: bool
) -> None:
    _compare(screener, tmp_path, "video", before, now, taken=taken)


def _compare(
    screener: Screener, folder: Path, kind: str, before: Post, now: Post, *, taken: bool
) -> None:
    media = SAMPLES / "downloads" / MEDIA[kind]
    first = saved(screener.screen(posted(media, folder / "first", before)))
    second = posted(media, folder / "second", now)
    full = screener.screen(second)
    again = screener.screen(second, earlier=first)
    assert compared(again) == compared(full)
    assert again.examined_as == (first.media.path if taken else "")
    if taken:
        assert not DECODING & set(again.timing_s), "something was decoded again"
        third = screener.screen(second, earlier=saved(again))
        assert compared(third) == compared(full) and third.examined_as == first.media.path


# --- text in the picture, which is compared with the post of each copy ----------------------------

MARK = OnscreenText(
    2, tuple(TextLine("TikTok @quay.clips", time_s, (0.1, 0.1, 0.3, 0.15)) for time_s in (1.0, 5.0))
)


@pytest.mark.parametrize(
    ("post", "finding"),
    [
        pytest.param(STRANGER, "own_account", id="its-own"),
        pytest.param({**cast("dict[str, object]", STRANGER), "uploader_id": "other.account",
                      "uploader": "Other"}, "other_account", id="of-another"),
        pytest.param(NONE, "account_mark", id="nobody-knows"),
    ],
)  # fmt: skip
def test_an_account_in_the_picture_is_compared_with_each_post(
    screener: Screener, tmp_path: Path, post: Post, finding: str
) -> None:
    media = SAMPLES / "downloads" / MEDIA["picture"]
    first = saved(screener.screen(posted(media, tmp_path / "first", NONE)))
    second = posted(media, tmp_path / "second", post)
    marked = replace(first, text=MARK)
    found = screener.screen(second, earlier=marked)
    assert finding in {piece.finding for piece in found.evidence}
    assert found.text == MARK


# --- when it will not do --------------------------------------------------------------------------


def _onscreen() -> Evidence:
    return Evidence("onscreen", "provenance", 0.0, 0.0, "nothing is written", finding="no_marks")


UNFIT: dict[str, Callable[[Verdict], Verdict]] = {
    "other-bytes": lambda v: replace(v, media=replace(v.media, sha256="ab" * 32)),
    "other-settings": lambda v: replace(v, versions={**v.versions, "settings": "0" * 16}),
    "other-network": lambda v: replace(v, versions={**v.versions, "lip_sync/net.onnx": "0"}),
    "other-device": lambda v: replace(v, device="cuda"),
    "a-detector-broke": lambda v: replace(v, failures=(Failure("lip_sync", "it broke"),)),
    "over-a-limit": lambda v: replace(
        v, abstentions=(*v.abstentions, Abstention("media", "time_limit", "ended"))
    ),
    "not-remembered": lambda v: replace(
        v, abstentions=(*v.abstentions, Abstention("memory", "unreadable", "why"))
    ),
    "text-of-an-older-record": lambda v: replace(v, text=None, evidence=(_onscreen(),)),
    "the-mouth-was-left-alone": lambda v: replace(
        v, abstentions=(*v.abstentions, Abstention("lip_sync", "dubbed", "why"))
    ),
}


@pytest.mark.parametrize("change", UNFIT.values(), ids=UNFIT)
def test_what_may_differ_is_examined(
    screener: Screener, tmp_path: Path, change: Callable[[Verdict], Verdict]
) -> None:
    media = SAMPLES / "downloads" / MEDIA["sound"]
    first = saved(screener.screen(posted(media, tmp_path / "first", NONE)))
    second = posted(media, tmp_path / "second", NONE)
    assert screener.screen(second, earlier=first).examined_as, "the control"
    found = screener.screen(second, earlier=change(first))
    assert not found.examined_as
    assert compared(found) == compared(screener.screen(second))


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(Config(device="cpu", threads=1), id="no-memory"),
        pytest.param(Config(device="cpu", threads=1, fingerprint=True), id="fingerprint-is-asked"),
    ],
)
def test_without_a_memory_everything_is_examined(config: Config, tmp_path: Path) -> None:
    media = SAMPLES / "downloads" / MEDIA["sound"]
    screener = Screener(config)
    first = screener.screen(posted(media, tmp_path / "first", NONE))
    second = posted(media, tmp_path / "second", NONE)
    assert not screener.screen(second, earlier=saved(first)).examined_as


def test_detectors_of_other_packages_see_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS))
    media = SAMPLES / "downloads" / MEDIA["sound"]
    memory = tmp_path / "memory.sqlite"
    screener = Screener(Config(device="cpu", threads=1, memory=memory, add_detectors=("accusing",)))
    first = screener.screen(posted(media, tmp_path / "first", NONE))
    second = posted(media, tmp_path / "second", NONE)
    found = screener.screen(second, earlier=saved(first))
    assert not found.examined_as and "accusing" in {piece.detector for piece in found.evidence}


@pytest.mark.parametrize("there", [True, False], ids=["there-now", "still-missing"])
def test_what_lacked_is_tried_again(
    screener: Screener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    media = SAMPLES / "downloads" / MEDIA["picture"]
    first = saved(screener.screen(posted(media, tmp_path / "first", NONE)))
    evidence = tuple(one for one in first.evidence if one.detector != "onscreen")
    lacking = Abstention("onscreen", "missing_package", "text in the picture is not read")
    poor = replace(first, text=None, evidence=evidence, abstentions=(*first.abstentions, lacking))

    def reader(_device: str) -> object:
        if not there:
            raise ocr.MissingOcr("text in the picture is not read")
        return SimpleNamespace(read=lambda image, time_s: ())

    monkeypatch.setattr(ocr, "reader", reader)
    second = posted(media, tmp_path / "second", STRANGER)
    found = screener.screen(second, earlier=poor)
    assert bool(found.examined_as) != there
    assert compared(found) == compared(screener.screen(second))


def test_a_file_is_no_repeat_of_itself(screener: Screener, tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"  # what it shares with earlier files takes its fingerprint
    path.write_bytes((SAMPLES / "downloads" / MEDIA["sound"]).read_bytes() + b"\0\0\0\x08free")
    first = saved(screener.screen(path))
    assert not screener.screen(path, earlier=first).examined_as


# --- what follows from the bytes ------------------------------------------------------------------


def test_no_detector_of_content_reads_the_post() -> None:
    reading = {"channel", "credentials", "onscreen"}
    for kind in DETECTORS:
        name = kind.name
        folder = Path(detectors.__file__).parent
        files = [folder / f"{name}.py"] if (folder / f"{name}.py").exists() else sorted(
            (folder / name).glob("*.py")
        )  # fmt: skip
        text = "".join(file.read_text("utf-8") for file in files)
        reads = bool(re.search(r"\bsidecar\b", re.sub(r'#.*|"""[\s\S]*?"""', "", text)))
        assert reads == (name in reading), name
        assert reads == ("post" in depends_of(kind)), name
