"""What is written of the accuracy is what was measured, and the fusion believes no leak."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import card as cards
from benchmarks.accuracy import (
    clips,
    face_artifact,
    fused,
    overview,
    page,
    ratios,
    rules,
    sound,
    splits,
)
from benchmarks.accuracy import record as records
from benchmarks.accuracy.clips import LabelledClip
from benchmarks.accuracy.ratios import Ratio
from benchmarks.places import RESULTS, read_record
from media_screen.evaluation import controls, measure, metrics, protocol
from media_screen.evidence import Abstention, Evidence, MediaInfo, Verdict
from media_screen.fusion import combination
from media_screen.fusion.combination import Subject
from tests.places import ROOT
from training.manifest import SHIFTED
from training.voice_spoof.channel import band

RECORD = read_record("accuracy")
KNOWN = {one.sha256: one for one in clips.read()}


# --- what is committed ---------------------------------------------------------------------------


def test_the_table_of_results_is_made_of_the_record() -> None:
    assert (RESULTS / "accuracy.md").read_text("utf-8") == page.markdown(RECORD)


def test_the_page_shows_the_record() -> None:
    text = (ROOT / "docs" / "accuracy.md").read_text("utf-8")
    assert overview.in_page(text, RECORD) == text, f"run {records.COMMAND}"


def test_the_card_of_the_fusion_shows_the_record() -> None:
    card = combination.path().with_name("card.md").read_text("utf-8")
    assert cards.card(RECORD).replace("\n## ", "\n### ") in card


def test_what_is_shipped_is_what_was_measured() -> None:
    assert combination.measured_together().to_dict() == RECORD["combination"]
    weights = RECORD["combination"]["weights"].values()
    measured = {name for own in weights for name, weight in own.items() if weight > 0}
    assert measured <= set(RECORD["counted"])


def test_the_tables_of_faces_are_made_of_the_kept_scores() -> None:
    def without_intervals(text: str) -> str:  # the tests draw fewer samples for them
        return re.sub(r"\(\d\.\d\d to \d\.\d\d\)", "", text).replace("\n## ", "\n### ")

    text = without_intervals(face_artifact.tables()[0])
    kept = (RESULTS / "face_artifact.md").read_text("utf-8")
    card = combination.path().parent.parent / face_artifact.NAME / "card.md"
    assert without_intervals(kept) == text
    assert text.split("\n", 2)[2] in without_intervals(card.read_text("utf-8"))


def test_what_a_network_was_once_given_stays_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = protocol.load(splits.FILE).splits["voice_spoof"]
    (tmp_path / "manifest.tsv").write_text(
        "path\tkind\tmethod\tidentity\tcollection\tsha256\tlayout\tnote\taudio\n"
    )
    written = []
    monkeypatch.setattr(protocol, "save", lambda file, found: written.append(found))
    splits.save(tmp_path)
    assert written[0].splits["voice_spoof"] == kept


def test_no_more_genuine_files_are_marked_than_is_stated() -> None:
    for one in RECORD["alarms"]:
        stated = RECORD["combination"]["thresholds"][one["sensitivity"]]["false_alarms"]
        if one["files"] == "all":
            assert one["flagged"] <= stated * one["judged"], one["sensitivity"]


def test_every_detector_has_one_row_for_a_file_and_has_most_of_its_files() -> None:
    for name, own in ratios.read_all().items():
        rows = [(one.sha256, one.version) for one in own]
        assert len(set(rows)) == len(rows), name
        originals = {sha256 for sha256, version in rows if version == "original"}
        labelled = {key for key, one in KNOWN.items() if clips.subject(name) in one.subjects}
        # A quarter of the clips has no sound; what weighs nothing was measured on the clips of
        # the first gathering alone, a quarter of all.
        least = 0.75 if name in RECORD["counted"] else 0.25
        assert len(labelled & originals) >= least * len(labelled), name


def test_speech_is_labelled_for_its_sound_and_forged_clips_for_their_picture_alone() -> None:
    found = {(one.media.kind, one.fake, one.subjects) for one in KNOWN.values()}
    assert found - {("audio", False, ())} == {  # one recording is empty
        ("video", True, ("picture",)),
        ("video", False, ("picture",)),
        ("video", False, ("picture", "sound")),
        ("audio", True, ("sound",)),
        ("audio", False, ("sound",)),
    }


def test_what_needs_nothing_but_speech_is_judged_on_speech() -> None:
    assert clips.subject("voice_spoof") == "sound"
    assert clips.subject("lip_sync") == clips.subject("container") == "picture"
    with pytest.raises(ValueError, match="not among DETECTORS"):
        clips.subject("nobody")


@pytest.mark.parametrize("split", ["face_artifact", "fusion"])
def test_folds_share_no_collection_method_or_person(split: str) -> None:
    folds = protocol.load(splits.FILE).splits[split]
    pictures = {key: one for key, one in KNOWN.items() if "picture" in one.subjects}
    for what in ("collection", "method", "identity"):
        of_name: dict[str, set[str]] = {}
        for key, clip in pictures.items():
            name = getattr(clip, what).split(" (")[0] if what == "method" else getattr(clip, what)
            if name:
                of_name.setdefault(name, set()).add(folds[key])
        assert {name for name, found in of_name.items() if len(found) > 1} == set()


def test_nothing_is_trained_on_in_the_fold_that_tests_it() -> None:
    known = protocol.load(splits.FILE)
    for split, folds in known.splits.items():
        for fold in set(folds.values()):
            test = known.test(split, fold)
            protocol.refuse_overlap(known.training(split, fold), test)
            assert test


# --- how it is measured --------------------------------------------------------------------------


def made(count: int = 80, *, leak: bool = False) -> list[LabelledClip]:
    """Clips of four collections; with a leak most of the forged ones are larger."""
    random = np.random.default_rng(0)
    found = []
    for row in range(count):
        fake = row % 2 == 1
        tall = leak and random.random() < (0.9 if fake else 0.1)
        media = MediaInfo(
            f"{row}",
            sha256=f"{row:064x}",
            kind="video",
            size_bytes=int(random.integers(900_000, 1_000_000)),
            duration_s=4.0,
            width=640 if tall else 320,
            height=480 if tall else 240,
            fps=25.0,
            container="mov",
            video_codec="h264",
        )
        found.append(
            LabelledClip(
                fake, "swap" if fake else "", f"c{row // 2 % 4}", f"p{row // 2 % 8}", media
            )
        )
    return found


def spoken(count: int = 80, *, leak: bool = False) -> list[LabelledClip]:
    """Recordings of speech of four collections; with a leak most synthetic ones are louder."""
    random = np.random.default_rng(3)
    found = []
    for row in range(count):
        fake = row % 2 == 1
        loud = leak and random.random() < (0.9 if fake else 0.1)
        heard = sound.facts(random.normal(size=16_000).astype(np.float32) * (0.2 if loud else 0.02))
        media = MediaInfo(
            f"s{row}",
            sha256=f"{row + 1000:064x}",
            kind="audio",
            size_bytes=90_000,
            duration_s=5.0,
            container="flac",
            audio_codec="flac",
        )
        found.append(
            LabelledClip(fake, "tts" if fake else "", f"s{row // 2 % 4}", "", media, heard)
        )
    return found


def said(
    known: Sequence[LabelledClip],
    llrs: Sequence[float | None],
    versions: Sequence[str] = ("original", "480p"),
) -> list[Ratio]:
    return [
        Ratio(one.sha256, version, llr or 0.0, llr)
        for version in versions
        for one, llr in zip(known, llrs, strict=True)
    ]


def told(known: Sequence[LabelledClip], separation: float, seed: int) -> list[float | None]:
    """Calibrated ratios of a detector, normal with this distance between the classes."""
    random = np.random.default_rng(seed)
    return [
        float(separation * (random.normal() + separation * one.fake - separation / 2))
        for one in known
    ]


def noise(known: Sequence[LabelledClip]) -> list[float | None]:
    """Ratios of a detector that knows nothing and says much."""
    random = np.random.default_rng(2)
    return [float(random.normal()) for _ in known]


def learned(known: list[LabelledClip], **own: Sequence[float | None]) -> fused.Learned:
    ratios = {name: said(known, llrs) for name, llrs in own.items()}
    return fused.learn(known, ratios, grouped(known))


def grouped(known: Sequence[LabelledClip]) -> dict[Subject, dict[str, str]]:
    groups = {one.sha256: one.collection for one in known}
    return {"picture": groups, "sound": groups}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few draws: what is asked here does not hang on the ends of intervals."""
    drawing = ((metrics.bootstrap, 40), (measure.measure, 20), (controls.shuffled_auc, 5))
    for function, rounds in drawing:
        defaults = function.__kwdefaults__
        assert defaults is not None
        monkeypatch.setitem(defaults, "rounds", rounds)
    monkeypatch.setattr(controls, "RETRAINED", 1)
    monkeypatch.setattr(measure, "SLICE_ROUNDS", 2)


def test_a_detector_counts_when_it_beats_a_coin() -> None:
    known = made()
    found = learned(
        known,
        lip_sync=told(known, 1.5, 1),
        face_consistency=noise(known),
        container=[0.0] * len(known),
    )
    assert found.counted == ("lip_sync",)
    weigh = found.combination.weight
    assert weigh("lip_sync") > 0.3
    assert (weigh("face_consistency"), weigh("container")) == (0.0, 0.0)


def test_a_detector_that_reads_the_size_does_not_count() -> None:
    known = made(leak=True)
    reads = [1.5 if one.media.height > 300 else -1.5 for one in known]
    found = learned(known, container=reads, lip_sync=told(known, 2.0, 1))
    assert found.counted == ("lip_sync",)


def test_a_detector_that_reads_the_level_of_speech_does_not_count() -> None:
    known = spoken(leak=True)
    reads = [one.sound.level_db / 10 + 2.5 for one in known if one.sound is not None]
    assert learned(known, voice_spoof=reads).counted == ()
    assert learned(known, voice_spoof=told(known, 2.0, 1)).counted == ("voice_spoof",)


def test_a_detector_is_judged_where_the_label_is_about_its_evidence() -> None:
    """A voice detector that is right on speech says nothing of clips whose picture is forged."""
    pictures, speech = made(), spoken()
    known = [*pictures, *speech]
    own = {
        "lip_sync": said(pictures, told(pictures, 1.5, 1)),
        "voice_spoof": [*said(pictures, noise(pictures)), *said(speech, told(speech, 1.5, 4))],
    }
    found = fused.learn(known, own, grouped(known))
    assert found.counted == ("lip_sync", "voice_spoof")
    measured = fused.measure_all(known, found)
    names = {
        about: [system.name for system in evaluation.versions[0].systems]
        for about, evaluation in measured.sets.items()
    }
    assert names == {"picture": ["fused", "lip_sync"], "sound": ["fused", "voice_spoof"]}
    assert {one.files: one.judged for one in measured.alarms} == {
        "clips": 40,
        "speech": 40,
        "all": 80,
    }
    record = json.loads(json.dumps(records.record(found, measured)))
    assert "| normal | 1.0% | all | 80 |" in page.markdown(record)
    assert "| speech | `voice_spoof` |" in overview.overview(record)


def test_a_detector_must_keep_up_on_copies() -> None:
    known = made()
    own = {name: said(known, told(known, 1.5, 1)) for name in ("lip_sync", "container")}
    own["container"] = [
        replace(one, score=place % 7, llr=0.01 * (place % 7)) if one.version == "480p" else one
        for place, one in enumerate(own["container"])
    ]
    found = fused.learn(known, own, grouped(known))
    assert found.counted == ("lip_sync",)


def test_copies_of_one_class_alone_judge_nobody() -> None:
    known = made()
    own = said(known, told(known, 1.5, 1), ["original"])
    genuine = [one for one in known if not one.fake]
    own += said(genuine, [0.1] * len(genuine), ["480p"])
    assert fused.learn(known, {"lip_sync": own}, grouped(known)).counted == ("lip_sync",)


def test_what_a_detector_adds_is_measured_with_and_without_it() -> None:
    known = made()
    found = learned(known, lip_sync=told(known, 1.2, 1), container=told(known, 1.2, 2))
    measured = fused.measure_all(known, found)
    assert [(one.detector, one.version) for one in measured.added][:2] == [
        ("lip_sync", "original"),
        ("lip_sync", "480p"),
    ]
    first = measured.added[0]
    assert first.with_it.separation is not None and first.without.separation is not None
    assert first.with_it.separation.auc.value > first.without.separation.auc.value
    record = json.loads(json.dumps(records.record(found, measured)))
    assert "| `lip_sync` | originals | yes |" in page.markdown(record)
    assert "counts: AUC" in cards.card(record)


def test_with_nothing_that_counts_nothing_is_summed() -> None:
    known = made()
    found = learned(known, lip_sync=noise(known))
    measured = fused.measure_all(known, found)
    systems = measured.sets["picture"].versions[0].systems
    sums = next(system for system in systems if system.name == "fused")
    assert sums.overall.counts.abstained == len(known)
    assert "no better than a coin" in cards.card(records.record(found, measured))


@pytest.mark.parametrize(
    ("change", "fact", "expected"),
    [
        pytest.param(lambda x: 0.1 * x, "level_db", -20.0, id="level"),
        pytest.param(lambda x: np.pad(x, (8_000, 0)), "lead_s", 0.5, id="silence-before"),
        pytest.param(lambda x: np.pad(x, (0, 4_000)), "trail_s", 0.25, id="silence-after"),
        pytest.param(lambda x: np.pad(x, (16_000, 0)), "zeros", 0.5, id="exact-zeros"),
        pytest.param(lambda x: band(x, 0.0, 4_000.0), "bandwidth_hz", 4_250.0, id="bandwidth"),
    ],
)
def test_technical_facts_of_a_sound(
    change: Callable[[np.ndarray], np.ndarray], fact: str, expected: float
) -> None:
    plain = np.random.default_rng(1).normal(size=16_000).astype(np.float32)
    found = getattr(sound.facts(change(plain)), fact)
    assert found == pytest.approx(expected, abs=0.06 if expected < 1000 else 250)


def test_clips_are_read_back(tmp_path: Path) -> None:
    known = [*made(4), *spoken(4)]
    clips.write(known, tmp_path / "clips.csv")
    again = clips.read(tmp_path / "clips.csv")
    assert [(one.fake, one.collection, one.subjects) for one in again] == [
        (one.fake, one.collection, one.subjects) for one in known
    ]
    assert again[-1].sound is not None and known[-1].sound is not None
    assert again[-1].sound.numbers == pytest.approx(known[-1].sound.numbers, rel=1e-3)


# --- the common form -----------------------------------------------------------------------------


def test_ratios_are_read_back(tmp_path: Path) -> None:
    own = [Ratio("b", "original", 0.5, -1.25), Ratio("a", "480p"), Ratio("a", "original", 2.0, 0.0)]
    ratios.write(tmp_path / "x.csv", own)
    assert (tmp_path / "x.csv").read_text() == (
        "sha256,version,score,llr\na,original,2.0000,0.0000\nb,original,0.5000,-1.2500\na,480p,,\n"
    )
    assert ratios.read_all(tmp_path) == {"x": [own[2], own[0], own[1]]}


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("path,score\na,1\n", "utf-8")
    with pytest.raises(ValueError, match="expected the columns"):
        ratios.read_all(tmp_path)


def test_what_was_screened_is_kept_by_the_hash_of_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine, forged = "a" * 64, "b" * 64
    rows = [
        ("real_video", "real", genuine),
        ("fake_video", "swap", forged),
        ("fake_video", f"{SHIFTED} (genuine)", "c" * 64),
    ]
    lines = ["path\tkind\tmethod\tsha256", *(f"{row[2][0]}.mp4\t" + "\t".join(row) for row in rows)]
    (tmp_path / "manifest.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    for version, names in (("original", ("a.mp4", "b.mp4")), ("480p", (f"{genuine[:24]}.mp4",))):
        folder = tmp_path / "scores" / version
        folder.mkdir(parents=True)
        found = [
            Verdict(
                "no_finding",
                MediaInfo(name, sha256=name[0] * 64 if version == "original" else "f" * 64),
                evidence=(Evidence("face_consistency", "manipulation", 0.25, 0.0, "steady"),),
                abstentions=(Abstention("container", "unreadable", "no tags"),),
            )
            for name in names
        ]
        text = "".join(json.dumps(one.to_dict()) + "\n" for one in found)
        (folder / "results.jsonl").write_text(text, "utf-8")
    monkeypatch.setattr(rules, "RATIOS", tmp_path / "ratios")
    (tmp_path / "ratios").mkdir()
    rules.write(tmp_path, tmp_path)
    kept = ratios.read_all(tmp_path / "ratios")
    assert [(one.sha256, one.version) for one in kept["face_consistency"]] == [
        (genuine, "original"),
        (forged, "original"),
        (genuine, "480p"),
    ]
    assert {one.score for one in kept["face_consistency"]} == {0.25}
    assert {one.llr for one in kept["container"]} == {None}
