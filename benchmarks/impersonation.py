"""Are fakes of enrolled people told from what they published, and from other genuine clips?

    python -m benchmarks.impersonation --media ../shared/media [--work DIR]

Enrolls people from genuine clips as official footage, writes the sidecars of official and of other
channels, and screens with everything: posts of the official channels, re-encoded copies of them on
other channels, fakes made of them (as they are and re-encoded), unseen genuine clips of the same
people, and genuine clips of others. Prints which labels each kind got, and three aims. With a DIR
a second run goes on where one stopped. The networks were trained on these very clips, so what they
add here is flattered; what comes from channels and footage is not.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from benchmarks.markdown import escaped, table
from benchmarks.posted import run_and_write
from media_screen.batch.scan import scan
from media_screen.evaluation.outcomes import ResultsError, read_results
from media_screen.evaluation.reencode import make_copies
from media_screen.evidence import ACCUSING, LABELS, Label, Verdict
from media_screen.results.folder import RESULTS
from media_screen.screen import Config
from training.manifest import read_media_rows

COMMAND = "python -m benchmarks.impersonation --media ../shared/media"
COPY = "480p"
LONGEST = 8.0  # s; other genuine clips that take longer are left out, to keep the run short
CAUGHT: tuple[Label, ...] = ("suspected_impersonation", "altered_official")

# Enrolled people: their official clips (below real_video/), the fakes of them (below fake_video/)
# and the numbers of the two in the names. Of the three of MEAD half of the clips are official.
_SWAPS = "youtube-face-swap-deepfake-likely-deepfa/eyecantell-000"
OFFICIAL: dict[str, tuple[str, ...]] = {
    "reagan": ("eyecantell/eyecantell-0001.mp4",),
    "obama": ("eyecantell/eyecantell-0002.mp4",),
    "putin": ("eyecantell/eyecantell-0003.mp4",),
    "clinton": ("eyecantell/eyecantell-0004.mp4",),
    "taxi": ("eyecantell/eyecantell-0005.mp4",),
    "bateman": ("eyecantell/eyecantell-0006.mp4",),
    "hyperlips-2": ("hyperlips/hyperlips-0001.mp4",),
    "ff-004": ("icpr2020dfdc/icpr2020dfdc-0001.mp4",),
    "ff-634": ("icpr2020dfdc/icpr2020dfdc-0002.mp4",),
    "ff-519": ("icpr2020dfdc/icpr2020dfdc-0003.mp4",),
    "ocasio-cortez": ("sadtalker/sadtalker-0001.mp4",),
}
FAKES: dict[str, str] = {  # to the person
    f"{_SWAPS}1.mp4": "reagan",
    f"{_SWAPS}2.mp4": "putin",
    f"{_SWAPS}3.mp4": "obama",
    f"{_SWAPS}4.mp4": "taxi",
    f"{_SWAPS}5.mp4": "clinton",
    f"{_SWAPS}9.mp4": "bateman",
    "hyperlips/hyperlips-0002.mp4": "hyperlips-2",
    "ff-neuraltextures/icpr2020dfdc-0001.mp4": "ff-004",
    "ff-faceswap/icpr2020dfdc-0001.mp4": "ff-634",
    "ff-deepfakes/icpr2020dfdc-0001.mp4": "ff-519",
}
MEAD = "MEAD "
# Other clips of enrolled people. Those of Ocasio-Cortez are the footage that is official.
UNSEEN: dict[str, str] = {"edtalk/edtalk-0004.mp4": "obama", "lia/lia-0004.mov": "obama"}
SAME_FOOTAGE: dict[str, str] = {"edtalk/edtalk-0002.mp4": "ocasio-cortez"}

Kind = Literal[
    "official post",
    "copy elsewhere",
    "fake",
    "fake, re-encoded",
    "genuine, of enrolled people",
    "genuine, of others",
]


@dataclass(frozen=True)
class PostToJudge:
    """One post: its file, what it is, and whose it is ("" for nobody enrolled)."""

    source: Path
    kind: Kind
    person: str
    official: bool  # posted on the person's own channel

    @property
    def name(self) -> str:
        """A name that tells all posts of all files apart."""
        folder = self.kind.replace(",", "").replace(" ", "-")
        return f"{folder}/{self.source.parent.name}-{self.source.name}"


@dataclass(frozen=True)
class Aim:
    """One of the three aims: how many did what is asked for or refused, of how many."""

    what: str
    count: int
    of: int
    met: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Enroll, screen, print and write."""
    return run_and_write(
        "impersonation",
        __doc__,
        lambda media, work: summary(run(media, work)),
        markdown,
        arguments,
    )


def run(media: Path, work: Path) -> list[tuple[PostToJudge, Verdict]]:
    """Enroll, post and screen; returns every post with its verdict."""
    official = official_clips(media)
    for person, files in official.items():
        _enroll(work / "people", person, files)
    asked = list(queries(media, official, work / "copies"))
    posts = {query.name: work / "posts" / query.name for query in asked}
    for query in asked:
        _post(query, posts[query.name])
    out = work / "out"
    scan(list(posts.values()), out, Config(people=work / "people", device="cpu", threads=1))
    saved = read_results(out / RESULTS)
    verdicts = saved.of([posts[query.name] for query in asked])
    if None in verdicts:
        raise ResultsError(f"a post has no verdict: {' '.join(saved.notes) or 'scan again'}")
    return [(query, one) for query, one in zip(asked, verdicts, strict=True) if one is not None]


def official_clips(media: Path) -> dict[str, list[Path]]:
    """Return the official clips of each enrolled person; of MEAD every second of each person."""
    clips = media / "real_video"
    found = {person: [clips / name for name in names] for person, names in OFFICIAL.items()}
    for person, files in _mead(media).items():
        found[person] = files[::2]
    return found


def _mead(media: Path) -> dict[str, list[Path]]:
    people: dict[str, list[Path]] = {}
    for row in read_media_rows(media):
        if row.identity.startswith(MEAD) and row.kind == "real_video":
            slug = row.identity.lower().replace(" ", "-")
            people.setdefault(slug, []).append(media / row.path)
    return people


def queries(media: Path, official: dict[str, list[Path]], copies: Path) -> Iterator[PostToJudge]:
    """Give every post, in a fixed order."""
    real, fake = media / "real_video", media / "fake_video"
    mead = _mead(media)
    own = [(person, file) for person, files in official.items() for file in files]
    made = [fake / name for name in FAKES]
    smaller = make_copies([*(file for _, file in own), *made], COPY, copies).paths
    for person, file in own:
        yield PostToJudge(file, "official post", person, True)
        if file in smaller:
            yield PostToJudge(smaller[file], "copy elsewhere", person, False)
    for name, person in SAME_FOOTAGE.items():
        yield PostToJudge(real / name, "copy elsewhere", person, False)
    for file, person in zip(made, FAKES.values(), strict=True):
        yield PostToJudge(file, "fake", person, False)
        if file in smaller:
            yield PostToJudge(smaller[file], "fake, re-encoded", person, False)
    unseen = [(person, file) for person, files in mead.items() for file in files[1::2]]
    for number, (person, file) in enumerate(unseen):
        own_channel = number % 2 == 0
        kind: Kind = "official post" if own_channel else "genuine, of enrolled people"
        yield PostToJudge(file, kind, person, own_channel)
    for name, person in UNSEEN.items():
        yield PostToJudge(real / name, "genuine, of enrolled people", person, False)
    taken = {file for _, file in (*own, *unseen)} | {real / n for n in (*UNSEEN, *SAME_FOOTAGE)}
    for row in read_media_rows(media):
        file = media / row.path
        usable = row.kind == "real_video" and not row.shifted
        if usable and file not in taken and float(row.duration_s) <= LONGEST:
            yield PostToJudge(file, "genuine, of others", "", False)


def _enroll(people: Path, person: str, files: Sequence[Path]) -> None:
    """Write a person's folder; what is there stays, so that nothing is screened again."""
    folder = people / person
    (folder / "official").mkdir(parents=True, exist_ok=True)
    registry = folder / "person.toml"
    if not registry.exists():
        registry.write_text(
            f'name = "{_name(person)}"\n[[channel]]\nplatform = "youtube"\nid = "{_id(person)}"\n'
            f'handle = "@{_handle(person)}"\n',
            "utf-8",
        )
    for file in files:
        _copy(file, folder / "official" / f"{file.parent.name}-{file.name}", _sidecar(person, file))


def _post(query: PostToJudge, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    channel = query.person if query.official else "clips of the day"
    _copy(query.source, target, _sidecar(channel, query.source))


def _copy(source: Path, target: Path, sidecar: dict[str, Any]) -> None:
    if not target.exists():
        shutil.copyfile(source, target)
        beside = target.with_name(f"{target.stem}.info.json")
        beside.write_text(json.dumps(sidecar), "utf-8")


def _sidecar(channel: str, file: Path) -> dict[str, Any]:
    """Return what yt-dlp writes of a video on a channel of YouTube."""
    return {
        "extractor_key": "Youtube",
        "extractor": "youtube",
        "id": file.stem[:11],
        "webpage_url": "https://www.youtube.com/watch?v=0000000000a",
        "ext": file.suffix[1:],
        "title": "A video",
        "channel": _name(channel),
        "uploader": _name(channel),
        "channel_id": _id(channel),
        "uploader_id": f"@{_handle(channel)}",
    }


def _name(person: str) -> str:
    return person.replace("-", " ").title()


def _handle(person: str) -> str:
    return person.replace("-", "").replace(" ", "") + "channel"


def _id(person: str) -> str:
    return "UC" + (_handle(person) + "0" * 22)[:22]


def summary(found: Sequence[tuple[PostToJudge, Verdict]]) -> dict[str, Any]:
    """Return counts of labels by kind, the aims, and the posts that were judged wrongly."""
    counts = {kind: Counter[str]() for kind in get_args(Kind)}
    for query, verdict in found:
        counts[query.kind][verdict.label] += 1
    return {
        "command": COMMAND,
        "people": len(OFFICIAL) + len({q.person for q, _ in found} - set(OFFICIAL) - {""}),
        "labels": {kind: dict(counts[kind]) for kind in counts},
        "aims": [vars(aim) for aim in aims(found)],
        "missed": [
            {
                "kind": query.kind,
                "file": query.name.partition("/")[2],
                "person": query.person,
                "label": verdict.label,
                "why": verdict.summary,
            }
            for query, verdict in found
            if _wrong(query, verdict.label)
        ],
    }


def _wrong(query: PostToJudge, label: Label) -> bool:
    return label not in CAUGHT if query.kind.startswith("fake") else label in ACCUSING


def aims(found: Sequence[tuple[PostToJudge, Verdict]]) -> list[Aim]:
    """Return the three aims: fakes caught, nothing official accused, few other clips accused."""
    fakes = [one.label in CAUGHT for query, one in found if query.kind.startswith("fake")]
    posts = ("official post", "copy elsewhere")
    own = [one.label in ACCUSING for query, one in found if query.kind in posts]
    other = [one.label in ACCUSING for query, one in found if query.kind.startswith("genuine")]
    return [
        Aim(
            "fakes of enrolled people called suspected_impersonation or altered_official: 95%",
            sum(fakes),
            len(fakes),
            sum(fakes) >= 0.95 * len(fakes),
        ),
        Aim("official posts and copies accused: none", sum(own), len(own), not any(own)),
        Aim(
            "other genuine clips accused: at most 3%",
            sum(other),
            len(other),
            sum(other) <= 0.03 * len(other),
        ),
    ]


def markdown(record: dict[str, Any]) -> str:
    """Return impersonation.md."""
    used = [label for label in LABELS if any(label in row for row in record["labels"].values())]
    lines = [
        "# Impersonation of enrolled people",
        "",
        f"`{COMMAND}`. {record['people']} people enrolled by genuine clips, with all detectors. "
        "The networks were trained on clips of this gathering, so what they add here is flattered.",
        "",
        *table(
            ("posts", *(f"`{label}`" for label in used)),
            [
                (kind, *(row.get(label, 0) for label in used))
                for kind, row in record["labels"].items()
            ],
        ),
        "",
        *table(
            ("aim", "found", "met"),
            [
                (one["what"], f"{one['count']} of {one['of']}", "yes" if one["met"] else "**no**")
                for one in record["aims"]
            ],
        ),
        "",
        "## Judged wrongly",
        "",
        *table(
            ("posts", "file", "label", "why"),
            [
                (one["kind"], escaped(one["file"]), f"`{one['label']}`", escaped(one["why"]))
                for one in record["missed"]
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
