"""What changed in verdicts and findings between two revisions?

    python -m benchmarks.findings screen ../shared/media before   # with the code of one revision
    python -m benchmarks.findings screen ../shared/media after    # with that of the other
    python -m benchmarks.findings compare before after

Clips of the labelled media, genuine and forged and of every collection in turn, and small copies of
some, are screened as they are by default, one thread each. People are enrolled from one picture
each, so that faces can match. What is compared is what a user sees: labels, the faces that were
followed and whose they are, findings, and the ratio of each detector.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import NONE, heading, table
from benchmarks.places import write_page
from media_screen import Config, Screener, Verdict
from media_screen.evaluation.reencode import make_copies
from media_screen.evidence import Evidence, Span, TrackSummary
from media_screen.media import Media
from training.manifest import MediaRow, read_media_rows

COMMAND = "python -m benchmarks.findings compare before after"
KINDS = ("real_video", "fake_video")
LONGEST = 20.0  # s; of longer clips there are few, and each costs as much as several
SMALL = "240p"  # the recipe of small copies
SMALL_EVERY = 5  # of so many clips one is screened as a small copy, too
ENROLLED = 8  # people
FILE = "verdicts.jsonl"


def main() -> None:
    """Screen a sample, or compare what came of it twice."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = parser.add_subparsers(required=True, dest="task")
    screening = tasks.add_parser("screen")
    screening.add_argument("media", type=Path)
    screening.add_argument("out", type=Path)
    screening.add_argument("--clips", type=int, default=50)
    comparing = tasks.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    asked = parser.parse_args()
    if asked.task == "screen":
        screen(asked.media, asked.out, asked.clips)
    else:
        lines = compared(read(asked.before), read(asked.after))
        text = "\n".join([*heading("What changed in findings", COMMAND), *lines, ""])
        write_page("findings", text)
        print(text)


# --- screening -----------------------------------------------------------------------------------


def screen(media: Path, out: Path, count: int) -> None:
    """Screen the sample, and write a line for each file as it ends; those that are there stay."""
    out.mkdir(parents=True, exist_ok=True)
    rows = read_media_rows(media)
    people = out / "people"
    taken = enrol(media, rows, people)
    chosen = sample([row for row in rows if row.path not in taken], count)
    copies = make_copies(
        [media / row.path for row in chosen[::SMALL_EVERY]], SMALL, out / "small"
    ).paths
    files = {row.path: media / row.path for row in chosen}
    files |= {f"small/{row.path}": copies[media / row.path] for row in chosen[::SMALL_EVERY]}
    done = read(out)
    screener = Screener(Config(people=people, device="cpu", threads=1, fingerprint=True))
    with (out / FILE).open("a", encoding="utf-8") as stream:
        for name, path in files.items():
            if name not in done:
                start = time.process_time()
                record = screener.screen(path).to_dict()
                took = time.process_time() - start
                print(json.dumps({"file": name, "cpu_s": took, "verdict": record}), file=stream)
                stream.flush()


def sample(rows: Sequence[MediaRow], count: int) -> list[MediaRow]:
    """Return clips of both kinds, of each collection one in turn."""
    chosen: list[MediaRow] = []
    for kind in KINDS:
        by_collection: dict[str, list[MediaRow]] = defaultdict(list)
        for row in rows:
            if row.kind == kind and float(row.duration_s or "inf") <= LONGEST:
                by_collection[row.collection].append(row)
        for own in by_collection.values():
            random.Random(1).shuffle(own)
        turns = zip_longest(*(by_collection[name] for name in sorted(by_collection)))
        chosen += [row for turn in turns for row in turn if row is not None][: count // len(KINDS)]
    return chosen


def enrol(media: Path, rows: Sequence[MediaRow], people: Path) -> set[str]:
    """Enrol people who are in several clips by a picture of one, and return those clips."""
    from PIL import Image

    of_person: dict[str, list[MediaRow]] = defaultdict(list)
    for row in rows:
        if row.kind in KINDS and row.identity:
            of_person[row.identity].append(row)
    taken: set[str] = set()
    for identity in sorted(of_person):
        genuine = [row for row in of_person[identity] if not row.fake]
        if len(of_person[identity]) < 2 or not genuine or len(taken) == ENROLLED:
            continue
        taken.add(genuine[0].path)
        folder = people / f"person-{len(taken)}"
        if not folder.exists():
            (folder / "faces").mkdir(parents=True)
            (folder / "person.toml").write_text(f'name = "Person {len(taken)}"\n', "utf-8")
            with Media.open(media / genuine[0].path) as opened:
                frame = next(iter(opened.survey()))
            Image.fromarray(frame.image).save(folder / "faces" / "one.png")
    return taken


# --- comparing -----------------------------------------------------------------------------------


def read(folder: Path) -> dict[str, tuple[float, Verdict]]:
    """Return CPU seconds and verdict by file."""
    if not (folder / FILE).exists():
        return {}
    with (folder / FILE).open(encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    return {one["file"]: (one["cpu_s"], Verdict.from_dict(one["verdict"])) for one in lines}


Both = Mapping[str, tuple[Verdict, Verdict]]


def compared(
    before: Mapping[str, tuple[float, Verdict]], after: Mapping[str, tuple[float, Verdict]]
) -> list[str]:
    """Return the tables of what changed in the files that both have."""
    names = [name for name in before if name in after]
    both = {name: (before[name][1], after[name][1]) for name in names}
    took = [sum(one[name][0] for name in names) for one in (before, after)]
    return [
        f"{len(names)} files; {took[0]:.0f} s of CPU before, {took[1]:.0f} s after.",
        "",
        *_changed(both, "label", lambda verdict: verdict.label),
        *_changed(both, "person", lambda verdict: verdict.person),
        *_changed(both, "failures", lambda verdict: len(verdict.failures)),
        "",
        *_tracks(both),
        "",
        *_findings(both),
        "",
        *_scores(both),
    ]


def _changed(both: Both, what: str, of: Callable[[Verdict], Any]) -> Iterator[str]:
    changed = {name: pair for name, pair in both.items() if of(pair[0]) != of(pair[1])}
    yield f"- {what}: changed in {len(changed)} of {len(both)} files"
    for name, (old, new) in changed.items():
        yield f"    - {name}: {of(old)} -> {of(new)}"


def _tracks(both: Both) -> list[str]:
    rows = []
    for name, (old, new) in both.items():
        kept = _shared(old.tracks, new.tracks)
        rows.append((name, old, new, kept, _shared(new.tracks, old.tracks)))
    lines = [
        "Faces that were followed, in all files; a track is there in the other revision when one "
        "is seen over half of its time.",
        "",
        *table(
            ("", "before", "after"),
            [
                _sums("tracks", both, lambda one: len(one.tracks)),
                _sums("faces in them", both, lambda one: sum(t.faces for t in one.tracks)),
                ("tracks there in the other", sum(r[3] for r in rows), sum(r[4] for r in rows)),
                _sums("files with a face", both, lambda one: bool(one.tracks)),
                _sums("tracks nearest to someone", both, lambda one: len(_near(one))),
            ],
        ),
    ]
    moved = [
        abs((a.cosine or 0.0) - (b.cosine or 0.0))
        for old, new in both.values()
        if len(old.tracks) == len(new.tracks)
        for a, b in zip(old.tracks, new.tracks, strict=True)
        if a.person == b.person and a.person
    ]
    if moved:
        lines += ["", f"Cosine to the nearest person moved by {_spread(moved)}."]
    for name, old, new, kept, back in rows:
        if kept < len(old.tracks) or back < len(new.tracks):
            lines.append(f"- {name}: {_shown(old.tracks)} -> {_shown(new.tracks)}")
    return lines


def _sums(what: str, both: Both, of: Callable[[Verdict], int]) -> tuple[Any, ...]:
    return what, *(sum(of(pair[turn]) for pair in both.values()) for turn in (0, 1))


def _near(verdict: Verdict) -> list[TrackSummary]:
    return [track for track in verdict.tracks if (track.cosine or 0.0) >= 0.4]


def _shared(own: Sequence[TrackSummary], others: Sequence[TrackSummary]) -> int:
    """Return how many tracks are seen by the others, too, over half of their time."""
    return sum(
        any(one.span.overlap(other.span) >= 0.5 * one.span.duration for other in others)
        for one in own
    )


def _shown(tracks: Iterable[TrackSummary]) -> str:
    return "; ".join(f"{_at(one.span)} {one.faces} of {one.size_px:.0f} px" for one in tracks)


def _at(span: Span) -> str:
    return f"{span.start:.1f}-{span.end:.1f} s"


def _findings(both: Both) -> list[str]:
    """Return which findings and abstentions of whole files were lost or came."""
    lost: Counter[str] = Counter()
    came: Counter[str] = Counter()
    where: dict[str, list[str]] = defaultdict(list)
    for name, (old, new) in both.items():
        one, other = _said(old), _said(new)
        lost.update(one - other)
        came.update(other - one)
        for what in one ^ other:
            where[what].append(name)
    rows = [(what, lost[what], came[what], ", ".join(where[what][:3])) for what in sorted(where)]
    head = ("finding or abstention", "files that lost it", "that have it now", "such as")
    return ["Findings:", "", *table(head, rows)] if rows else ["The same findings in every file."]


def _said(verdict: Verdict) -> set[str]:
    said = {f"{one.detector}: {one.finding or 'score'}" for one in verdict.evidence}
    return said | {f"{one.detector}: abstains, {one.reason}" for one in verdict.abstentions}


def _scores(both: Both) -> list[str]:
    """Return how the pooled score of each detector moved."""
    pairs: dict[str, list[tuple[Evidence, Evidence]]] = defaultdict(list)
    for old, new in both.values():
        known = {_key(one): one for one in old.evidence if one.span is None}
        for one in new.evidence:
            if one.span is None and _key(one) in known:
                pairs[one.detector].append((known[_key(one)], one))
    rows = []
    for detector, own in sorted(pairs.items()):
        before, after = (np.array([_raw(pair[turn]) for pair in own]) for turn in (0, 1))
        moved = [abs(a.llr - b.llr) for a, b in own]
        spread = min(float(before.std()), float(after.std()))
        rows.append(
            (
                detector,
                len(own),
                f"{before.mean():.3f} ({before.std():.3f})",
                f"{after.mean():.3f} ({after.std():.3f})",
                f"{np.corrcoef(before, after)[0, 1]:.4f}" if spread > 0 else NONE,
                _spread(moved),
            )
        )
    head = ("detector", "pieces", "before: mean (spread)", "after", "correlation", "ratio moved by")
    return ["Pooled scores, before calibration where there is one:", "", *table(head, rows)]


def _key(one: Evidence) -> tuple[str, str | None, str | None]:
    return one.detector, one.person, one.finding


def _raw(one: Evidence) -> float:
    return float(one.values.get("raw", one.score))


def _spread(moved: Sequence[float]) -> str:
    return f"{np.mean(moved):.3f} in the mean, {max(moved):.3f} at most"


if __name__ == "__main__":
    main()
