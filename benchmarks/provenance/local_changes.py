"""Are a few seconds that were changed in official footage named, and are mere copies left alone?

    python -m benchmarks.local_changes --media ../shared/media [--work DIR] [--take 600]

Enters the official clips of `benchmarks.provenance`, and asks `catalogue` and `original` about each
of their reposts (its attacks that exchange nothing) and about each change of `edits`, as a scan
does. What it says is kept in `DIR`, so that a run goes on where the last one stopped, and a second
one only prints. With `--take` so many files are asked about, drawn evenly from all kinds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np

import media_screen
from benchmarks.markdown import table
from benchmarks.places import write_page, write_record
from benchmarks.provenance import attacks
from benchmarks.provenance import clips as clips_of
from benchmarks.provenance.clips import RELATIONS, SOUND_ONLY, SourceClip, Workshop
from benchmarks.provenance.edits import EDITS, edited, possible
from media_screen.case import Case
from media_screen.detectors.catalogue import ALTERED, REST, KnownFootage
from media_screen.detectors.original import AS_ORIGINAL, REMADE, OriginalBeside
from media_screen.equipment import Equipment
from media_screen.evidence import Abstention, Evidence
from media_screen.footage.catalogue import Catalogue
from media_screen.footage.original.proxy import Proxies
from media_screen.look import Looker
from media_screen.media import Media, identify
from media_screen.people.references import read_video

COMMAND = "python -m benchmarks.local_changes --media ../shared/media"
CLIP_S = 8.0  # as in `benchmarks.provenance`, whose files are used again
# Reposts that show and play nothing else than the original. What stands beside it in an inset or
# a film joined from several, and an exchanged track, are other footage.
GENUINE = tuple(
    attack for attack in RELATIONS if attack not in ("revoiced", "repictured", "joined", "inset")
)

# What a user reads: a change, that a part is the original's and another is not looked at or not
# sure, nothing at all, or that it is the original.
Outcome = Literal["named", "unsure", "not found", "copy"]
NAMED = {ALTERED, REST, REMADE, "revoiced", "repictured"}
NO_FACE = "no_face"  # nothing to compare: what matches is the original's as a whole


@dataclass(frozen=True)
class Asked:
    """A file that is asked about; `make` builds it when it is not there."""

    kind: str
    edit: bool
    half: str
    clip: str
    make: Callable[[], Path]

    @property
    def name(self) -> str:
        """The kind of change and the clip that it was made of."""
        return f"{self.kind}/{self.clip}"


@dataclass(frozen=True)
class Answer:
    """What the detector said of a file."""

    name: str
    kind: str
    edit: bool
    half: str
    outcome: Outcome
    findings: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, print and write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.local_changes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with manifest.tsv")
    parser.add_argument("--work", type=Path, help="where files are kept (default: a temporary one)")
    parser.add_argument("--take", type=int, help="how many files are asked about (default: all)")
    asked = parser.parse_args(arguments)
    work = asked.work or Path(tempfile.gettempdir()) / "media-screen-provenance"
    everything = files(asked.media, work)
    answers = ask(asked.media, work, drawn(everything, asked.take))
    record = {"asked": len(answers), "of": len(everything), "answers": compact(answers)}
    text = markdown(answers, len(everything))
    write_record("local_changes", record)
    write_page("local_changes", text)
    print(text)
    return 0


# --- files ---------------------------------------------------------------------------------------


def files(media: Path, work: Path) -> list[Asked]:
    """List every repost and every edit of every official clip."""
    workshop = Workshop(media, work / "clips", most_s=CLIP_S)
    sources = clips_of.sources(media)
    official = [one for one in sources if one.official]
    result: list[Asked] = []
    for source in official:
        others = [
            one for one in sources if not one.official and one.sound and one.half == source.half
        ]
        result += _reposts(workshop, source, others)
        result += _edits(workshop, source, others)
    return result


def _reposts(workshop: Workshop, source: SourceClip, others: list[SourceClip]) -> Iterable[Asked]:
    for attack in GENUINE:
        if source.sound or attack not in SOUND_ONLY:

            def make(attack: str = attack) -> Path:
                if attack == "exact":
                    return workshop.master(source.path)
                return workshop.attacked(source, attack, others)

            yield Asked(attack, False, source.half, source.path, make)


def _edits(workshop: Workshop, source: SourceClip, others: list[SourceClip]) -> Iterable[Asked]:
    with Media.open(workshop.master(source.path), threads=1) as media:
        length = media.info.duration_s or 0.0
    for edit in EDITS:
        if possible(edit, source, length):
            rng = np.random.default_rng(attacks.seed_of(source.path, edit.name, "other"))
            other = others[int(rng.integers(len(others)))]

            def make(edit=edit, other=other) -> Path:  # type: ignore[no-untyped-def]
                return edited(workshop, source, edit, other)

            yield Asked(edit.name, True, source.half, source.path, make)


def drawn(asked: list[Asked], count: int | None) -> list[Asked]:
    """Return `count` files, as many of each kind and half as there are; more add to fewer."""
    groups: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for one in asked:
        groups[one.kind, one.half].append(one)
    ranked = []
    for members in groups.values():
        members.sort(key=lambda one: attacks.seed_of(one.name))
        ranked += [((place + 0.5) / len(members), one) for place, one in enumerate(members)]
    ranked.sort(key=lambda pair: (pair[0], pair[1].name))
    return [one for _, one in ranked[:count]]


# --- answers -------------------------------------------------------------------------------------


def ask(media: Path, work: Path, asked: list[Asked]) -> list[Answer]:
    """Return what the detector says of each file; what was said before is read again."""
    kept = work / f"local_changes-{code_digest()}.jsonl"
    lines = kept.read_text("utf-8").splitlines() if kept.exists() else []
    known = {row["name"]: Answer(**row) for row in map(json.loads, lines)}
    todo = [one for one in asked if one.name not in known]
    if todo:
        looker = Looker()
        start = time.perf_counter()
        proxies = Proxies((work / "proxies",))
        with (
            _official(media, work, looker, proxies) as catalogue,
            kept.open("a", encoding="utf-8") as out,
        ):
            for done, one in enumerate(todo, 1):
                answer = _answer(
                    one, Equipment(looker, catalogue=catalogue, proxies=proxies, listens=True)
                )
                known[one.name] = answer
                out.write(json.dumps(asdict(answer)) + "\n")
                out.flush()
                if done % 20 == 0:
                    took = time.perf_counter() - start
                    print(f"{done} of {len(todo)} files, {took / done:.1f} s each", flush=True)
    return [known[one.name] for one in asked]


def code_digest() -> str:
    """Return what tells answers apart that other code gave: 12 hex digits."""
    package = Path(media_screen.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _official(media: Path, work: Path, looker: Looker, proxies: Proxies) -> Catalogue:
    """Return a catalogue of the official clips, entered as enrolment enters them."""
    workshop = Workshop(media, work / "clips", most_s=CLIP_S)
    catalogue = Catalogue.open(work / f"local_changes-{code_digest()}.sqlite")
    entered = {entry.reference for entry in catalogue.entries()}
    for source in clips_of.sources(media):
        if source.official and source.path not in entered:
            master = workshop.master(source.path)
            sha256, _ = identify(master)
            with proxies.writer(sha256) as proxy:
                _, fingerprint = read_video(looker, master, proxy=proxy)
                proxy.finish()
            catalogue.add(source.identity, source.path, sha256, fingerprint)
    return catalogue


def _answer(asked: Asked, equipment: Equipment) -> Answer:
    with Media.open(asked.make(), threads=1) as media:
        case = Case(media, equipment)
        pieces = [*KnownFootage().examine(case), *OriginalBeside().examine(case)]
    findings = {one.finding for one in pieces if isinstance(one, Evidence) and one.finding}
    if any(isinstance(one, Abstention) and one.reason == NO_FACE for one in pieces):
        findings.add(NO_FACE)
    told = tuple(sorted(findings))
    return Answer(asked.name, asked.kind, asked.edit, asked.half, outcome(told), told)


def outcome(findings: Sequence[str]) -> Outcome:
    """Return what the findings of a file come to for a reader."""
    if NAMED & set(findings):
        return "named"
    if not {"copy", "excerpt"} & set(findings):
        return "not found"
    return "copy" if {AS_ORIGINAL, NO_FACE} & set(findings) else "unsure"


# --- tables --------------------------------------------------------------------------------------


def compact(answers: list[Answer]) -> dict[str, dict[str, str]]:
    """Return the findings of each file by kind and clip."""
    result: dict[str, dict[str, str]] = defaultdict(dict)
    for one in answers:
        result[one.kind][one.name.split("/", 1)[1]] = " ".join(one.findings)
    return {kind: dict(sorted(found.items())) for kind, found in sorted(result.items())}


def markdown(answers: list[Answer], of: int) -> str:
    """Return the tables as text."""
    lines = [
        "# A change inside a match, and copies without one",
        "",
        f"`{COMMAND}`: {len(answers):,} of {of:,} files (`--take {len(answers)}`, drawn evenly), "
        f"clips of at most {CLIP_S:.0f} s at 360 lines; `catalogue` and `original` as in a scan.",
        "",
        "*set* is the half of the collections on which thresholds may be set, *report* the other.",
        "*unsure*: no change is named, and nothing vouches for the faces.",
    ]
    for edit, title in ((True, "Edits that must be named"), (False, "Reposts that must not")):
        lines += ["", f"## {title}", ""]
        some = [one for one in answers if one.edit == edit]
        rows = [
            row
            for kind in sorted({one.kind for one in some})
            for row in _rows(kind, [one for one in some if one.kind == kind])
        ]
        lines += table(HEAD, [*rows, *_rows("**all**", some)])
    return "\n".join(lines) + "\n"


HEAD = ("kind", "half", "files", "named", "unsure", "not found", "passed as the original")


def _rows(title: str, answers: list[Answer]) -> Iterable[Sequence[object]]:
    for half in ("set", "report"):
        counts = Counter(one.outcome for one in answers if one.half == half)
        total = counts.total()
        if total:
            shares = (counts["named"], counts["unsure"], counts["not found"], counts["copy"])
            yield (title, half, total, *(f"{count} ({count / total:.0%})" for count in shares))


if __name__ == "__main__":
    raise SystemExit(main())
