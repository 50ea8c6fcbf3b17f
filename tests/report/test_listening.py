"""A voice is heard beside recordings of the person, where both are there and may be played."""

from __future__ import annotations

import hashlib
import shutil
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media_screen.evidence import Evidence, HeardBeside, RecordedMoment, Span, Verdict
from media_screen.package import write_portable
from media_screen.report import write_report
from media_screen.report.listening import listening_views
from media_screen.results.folder import Results
from media_screen.results.recordings import keep_people_folder, people_folder, recording_path
from tests.report import records
from tests.report.browsing import opened, violations
from tests.report.pages import Page, check_markup

RECORDING = "xin-liu/voice/a #1 100%.wav"
RATE = 16_000


def sounded(path: Path, seconds: float) -> Path:
    """Write a file in which something is heard."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = np.sin(np.arange(round(seconds * RATE)) / 20) * 9_000
    with wave.open(str(path), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(RATE)
        target.writeframes(tone.astype("<i2").tobytes())
    return path


def spoken(
    recorded: RecordedMoment, *, identity: float = 4.0, spoof: float = 1.0, lower: int = 1
) -> tuple[Evidence, ...]:
    """What both detectors say of a voice."""
    most = HeardBeside("most_like", Span(0.5, 1.1), recorded, 0.83)
    made = HeardBeside("most_synthetic", Span(1.5, 2.0), recorded, 0.7)
    return (
        Evidence(
            "voice_identity", "identity", 0.8, identity, "why", person="xin-liu", heard=(most,)
        ),
        Evidence(
            "voice_spoof",
            "manipulation",
            0.6,
            spoof,
            "why",
            person="xin-liu",
            values={"own_recordings": 3, "own_lower": lower},
            heard=(made,),
        ),
    )


ANY = RecordedMoment("xin-liu/voice/a.wav", "ab" * 32, 9, Span(1.0, 1.5))


def scanned(folder: Path, **changes: Any) -> Path:
    """Write results of a sound file and a person's recording that are there; return the page."""
    people = folder / "people"
    recording = sounded(people / RECORDING, 3.0)
    data = recording.read_bytes()
    recorded = RecordedMoment(
        RECORDING, hashlib.sha256(data).hexdigest(), len(data), Span(1.0, 1.5)
    )
    clip = sounded(folder / "downloads" / "clip.wav", 2.5)
    verdict = records.quiet("unverified_appearance", str(clip), "xin-liu", -1.0)
    media = replace(
        verdict.media, size_bytes=clip.stat().st_size, kind="audio", width=0, height=0,
        sha256=hashlib.sha256(clip.read_bytes()).hexdigest(), duration_s=2.5,
    )  # fmt: skip
    out = folder / "out"
    changed = replace(verdict, media=media, evidence=spoken(recorded), **changes)
    with Results(out) as results:
        keep_people_folder(out, people)
        key = results.add(clip, changed, "").media.key
    write_report(out)
    return out / "report" / "files" / f"{key}.html"


def test_both_are_played_one_after_the_other(browser: Any, tmp_path: Path) -> None:
    page_path = scanned(tmp_path)
    context = browser.new_context()
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(page_path.as_uri())
    here, there = (page.locator(".heard").first.locator("audio").nth(n) for n in range(2))
    assert here.get_attribute("src") == "../../../downloads/clip.wav#t=0.5,1.1"
    assert (there.get_attribute("src") or "").endswith("voice/a%20%231%20100%25.wav#t=1,1.5")
    page.evaluate("""() => {
      window.began = [];
      document.querySelector(".heard").querySelectorAll("audio").forEach((each, number) =>
        each.addEventListener("playing", () => began.push([number, each.currentTime])));
    }""")
    page.locator(".heard button").first.click()
    page.wait_for_function("() => began.some(([number]) => number === 1)", timeout=20_000)
    began = page.evaluate("began")
    assert [number for number, _ in began] == [0, 1]
    here_s, there_s = (time for _, time in began)  # when the page was told, which may be late
    assert 0.5 <= here_s <= 1.2 and 1.0 <= there_s <= 1.6
    assert page.evaluate("document.querySelector('.heard audio').paused")
    page.wait_for_function(
        "() => document.querySelectorAll('.heard audio')[1].paused", timeout=20_000
    )
    assert refused == []
    context.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_heard_can_be_reached_by_everyone(browser: Any, tmp_path: Path, width: int) -> None:
    page_path = scanned(tmp_path)
    check_markup(Page(page_path.read_text("utf-8")))
    with opened(browser, page_path, viewport={"width": width, "height": 900}) as page:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def lose(folder: Path, name: str) -> None:
    (folder / name).unlink()


GONE = {
    "the recording is gone": lambda folder: lose(folder / "people", RECORDING),
    "the recording is another one": lambda folder: sounded(folder / "people" / RECORDING, 2.0),
    "the people are gone": lambda folder: shutil.rmtree(folder / "people"),
    "nobody knows where the people are": lambda folder: lose(folder, "out/people.json"),
    "the file is gone": lambda folder: lose(folder, "downloads/clip.wav"),
}


@pytest.mark.parametrize("happens", GONE.values(), ids=GONE)
def test_what_is_not_there_is_not_offered(tmp_path: Path, happens: Any) -> None:
    page = scanned(tmp_path)
    assert 'id="h-listening"' in page.read_text("utf-8")
    happens(tmp_path)
    write_report(tmp_path / "out")
    assert "h-listening" not in page.read_text("utf-8")


def test_sexual_content_is_not_played(tmp_path: Path) -> None:
    assert "h-listening" not in scanned(tmp_path, flags=("explicit",)).read_text("utf-8")


@pytest.mark.parametrize("media", [True, False], ids=["with-media", "pages-alone"])
def test_recordings_of_people_are_not_handed_on(tmp_path: Path, media: bool) -> None:
    name = scanned(tmp_path).name
    target = write_portable(tmp_path / "out", output=tmp_path / "handed on", media=media)
    page = (target / "report" / "files" / name).read_text("utf-8")
    assert "Recordings of people stay with whoever enrolled them" in page
    assert page.count("<audio") == (3 if media else 0)  # the player of the file, and two clips
    assert "data-recording" not in page.replace("dataset.recording", "")
    assert "a #1 100%.wav" in page and str(tmp_path) not in page
    recorded = (tmp_path / "people" / RECORDING).read_bytes()
    packed = [one for one in target.rglob("*") if one.is_file()]
    assert all(one.read_bytes() != recorded for one in packed)
    assert "people.json" not in {one.name for one in packed}


SAID = {
    "a stranger": ({"identity": -1.0}, "rather like a stranger's than like that of Xin Liu."),
    "unlike all recordings": ({"lower": 3}, "and unlike the recordings of Xin Liu"),
    "rather made": ({"lower": 2}, "rather for made than for recorded"),
    "rather recorded": ({"spoof": -1.0}, "rather for recorded than for made"),
}


@pytest.mark.parametrize(("said", "words"), SAID.values(), ids=SAID)
def test_the_sentence_says_what_was_measured_and_no_more(said: Any, words: str) -> None:
    (view,) = views(spoken(ANY, **said))
    assert words in view.sentence
    assert ("one in 4 genuine recordings" in view.sentence) == (
        "lower" in said and said["lower"] == 3
    )


def test_a_voice_that_was_not_checked_is_called_alike_alone() -> None:
    (view,) = views(spoken(ANY)[:1])
    assert view.sentence == "The voice sounds like Xin Liu."


def views(evidence: tuple[Evidence, ...]) -> Any:
    verdict: Verdict = replace(records.suspected(), evidence=evidence)
    return listening_views(verdict, "a", recording=lambda _: "b", handed_on=False)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret.wav", "xin-liu/../../secret.wav", "a\0b"]
)
def test_a_path_that_leads_out_of_the_people_is_not_followed(tmp_path: Path, path: str) -> None:
    assert recording_path(tmp_path, replace(ANY, path=path)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"people": 3}', "[" * 9_999])
def test_a_damaged_note_of_where_people_are_names_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "people.json").write_text(text)
    assert people_folder(tmp_path) is None


def test_without_people_the_note_goes(tmp_path: Path) -> None:
    keep_people_folder(tmp_path, tmp_path / "people")
    assert people_folder(tmp_path) == tmp_path / "people"
    keep_people_folder(tmp_path, None)
    assert people_folder(tmp_path) is None


@pytest.mark.parametrize("sha256", ["", "ab", "AB" * 32, "../x"])
def test_a_recording_is_named_by_a_hash(sha256: str) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        replace(ANY, sha256=sha256)
