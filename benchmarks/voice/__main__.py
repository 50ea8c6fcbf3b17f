"""Runs the measurements and writes their tables, and the calibrations on request."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks import voice
from benchmarks.places import HERE, read_record, write_page, write_record
from benchmarks.voice import COMMAND, heldout, identity, spoof
from media_screen import weights
from media_screen.media import Media
from media_screen.speech import embed, find_speech
from media_screen.speech.synthesis import UNLIKE_REST, spoof_net
from media_screen.speech.voices import find_voices
from media_screen.weights import nets
from training.record import ship

TIMED = 6  # recordings that are timed


def times(media: Path) -> dict[str, float]:
    """Return milliseconds of one core for each second of sound or speech, by stage."""
    spent = dict.fromkeys(("decode", "speech", "voices", "spoof"), 0.0)
    sound = heard = 0.0

    def lap(stage: str, start: float) -> float:
        now = time.process_time()
        spent[stage] += now - start
        return now

    for file in sorted((media / "real_video" / "web-talking").glob("*.mp4"))[:TIMED]:
        with Media.open(file, threads=1) as opened:
            clock = time.process_time()
            blocks = list(opened.audio_blocks())
            clock = lap("decode", clock)
            speech = find_speech(blocks)
            clock = lap("speech", clock)
            voices = find_voices(opened, speech)
            clock = lap("voices", clock)
            net = spoof_net()
            for one in voices:
                for window in one.windows:
                    net.score(window.samples)
            lap("spoof", clock)
        sound += speech.duration_s
        heard += sum(one.seconds for one in voices)
    return {
        stage: round(1000 * seconds / (sound if stage in ("decode", "speech") else heard), 2)
        for stage, seconds in spent.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.voice", description=voice.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of results/ and records/")
    parser.add_argument(
        "--calibrate", action="store_true", help="write calibrations, cohort, held-out ratios"
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--identity",
        action="store_true",
        help="only compare voices, for which nothing is trained; the other tables stay",
    )
    only.add_argument(
        "--synthesis",
        action="store_true",
        help="only measure the check for synthesis; the tables of voices compared stay",
    )
    options = parser.parse_args(arguments)
    nets.limit_threads(1)
    torch.set_num_threads(1)
    result = {
        **(read_record("voice", out=options.out) if options.identity or options.synthesis else {}),
        **({} if options.synthesis else _identity(options)),
        **({} if options.identity else _spoof(options) | {"ms_per_s": times(options.media)}),
        "command": COMMAND,
    }
    text = "\n".join(_lines(result)) + "\n"
    write_record("voice", result, out=options.out)
    write_page("voice", text, out=options.out)
    print(text)
    return 0


def _identity(options: argparse.Namespace) -> dict[str, Any]:
    """Compare voices, and write what is shipped of that on request."""
    recordings = _recordings(options.media, options.work / f"voices-{embed.VERSION}.npz")
    compared = identity.trials(recordings)
    record = identity.calibrate(compared)
    if options.calibrate:
        identity.ship_cohort(recordings)
        ship("voice_identity/calibration.json", {**record, "command": COMMAND})
    return {
        "voice_identity": identity.table(compared),
        "voice_identity_calibration": record,
    }


def _recordings(media: Path, kept: Path) -> list[identity.Recording]:
    """Return the embeddings of all recordings, as kept or made now."""
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        identity.save(identity.embed_all(media), kept)
    return identity.load(kept)


def _spoof(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the folds of voice_spoof, and write what is shipped of them on request."""
    scored, pairs = spoof.score_folds(options.work)
    line = spoof.calibrate(scored)
    found = spoof.tables(scored, pairs, line)
    if options.calibrate:
        _ship(line, found)
        heldout.gather(options.work, options.media, scored)
    return {"voice_spoof": found, "voice_spoof_calibration": line}


def _ship(line: Any, found: dict[str, Any]) -> None:
    name = "voice_spoof/calibration.json"
    ship(name, {**line, UNLIKE_REST: weights.record(name)[UNLIKE_REST], "command": COMMAND})
    clean = found["protocols"][spoof.HARDEST]["clean"]
    low, high = clean["auc_interval"]
    summary = (
        f"AUC {clean['auc']} ({low} to {high}), EER {clean['eer']:.0%} on windows of 3 s of unseen "
        "collections and unseen systems"
    )
    kept = {key: found[key] for key in ("protocols", "families", "genuine", "pairs")}
    ship("voice_spoof/eval.json", {"summary": summary, **kept, "command": COMMAND})


def _lines(result: dict[str, Any]) -> list[str]:
    spent = result["ms_per_s"]
    decode = max(spent["decode"], 1e-3)
    rows = [f"| {stage} | {value / decode:.1f} | {value} |" for stage, value in spent.items()]
    identity_rows = identity.markdown(result["voice_identity"])
    spoof_rows = spoof.markdown(result["voice_spoof"], result["voice_spoof_calibration"])
    return [
        "# Voice",
        "",
        f"`{COMMAND}`",
        "",
        "## Genuine or synthetic",
        "",
        "Each window of 3 s is scored by a network of a fold. Unseen collections: of genuine "
        "speech; unseen systems: the whole family that shares the vocoder. Where collections are "
        "seen, the genuine files are not. Intervals: bootstrap over collections.",
        "",
        *spoof_rows,
        "",
        "## Whose voice",
        "",
        "Pairs of different recordings only; strangers are of the same collection.",
        "",
        *identity_rows,
        "",
        "## Time",
        "",
        "Of one core, for a second of sound (decode, speech) or of speech listened to (voices with "
        "their decode and embedding, spoof).",
        "",
        "| stage | times decoding | ms a second |",
        "|---|---|---|",
        *rows,
    ]


if __name__ == "__main__":
    raise SystemExit(main())
