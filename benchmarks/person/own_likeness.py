"""Measures how far swapped faces fall behind the likeness that a person's references have.

Only faces that a scan recognises as the person's are asked. Nothing is learned, so everybody is
held out; the limits are those that genuine pictures of DFDC's actors set, in their original size.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import interval, percent, table
from benchmarks.person.likeness import ROUNDS, SAME_SESSION, judged_actors
from benchmarks.person.references import (
    EmbeddedReferences,
    east_asian_person,
    east_asian_pictures,
    embedded,
    files_of_many,
    kept,
    person_of_lfw,
    pictures_of_many,
)
from media_screen.arrays import Doubles, Floats
from media_screen.evaluation import metrics
from media_screen.evidence import Span
from media_screen.faces.embed import calibrated_llr
from media_screen.fusion.thresholds import IDENTITY_THRESHOLD
from media_screen.look import Looker
from media_screen.media import Media
from media_screen.speech.embed import unit
from training.manifest import MediaRow, read_media_rows
from training.media.dfdc import DfdcRow
from training.media.stills import crop_file, dfdc_pairs

COUNTS = (3, 5, 8)  # references of a person
LEAST_REFERENCES = 5  # of other sessions, where so many are asked for
# Sides of a small copy beside those of the original: a face is then some 50 px wide.
SMALL = {"dfdc": 1 / 3, "lfw": 1 / 2}
QUALITY = 50  # of a small copy, as JPEG counts it
ANYBODY = 2_100  # genuine crops of DFDC, of whoever it may be
SEED = 7
FALSE_ALARMS = (0.05, 0.01)
CLIP, CLIP_FPS = Span(0.0, 5.0), 2.0  # what is looked at of a labelled clip
MANY_CLIPS = LEAST_REFERENCES + 1  # genuine ones of a person
SWAPS = (
    "eyecantell"  # collection in which swapped clips and those they were made of are named alike
)


@dataclass(frozen=True)
class LikenessTrial:
    """A recognised face of a person: how far behind the references it is, and its cosine."""

    person: str
    behind: float
    cosine: float


@dataclass(frozen=True)
class LikenessTrials:
    """Faces that were recognised, out of so many."""

    recognised: tuple[LikenessTrial, ...]
    asked: int

    @staticmethod
    def of(found: Sequence[LikenessTrial | None]) -> LikenessTrials:
        """Gather what `compare` found."""
        return LikenessTrials(tuple(one for one in found if one is not None), len(found))

    @property
    def behind(self) -> Doubles:
        """How far behind each is."""
        return np.array([one.behind for one in self.recognised])

    @property
    def unlike(self) -> Doubles:
        """How unlike the references each is, whatever these are like."""
        return np.array([-one.cosine for one in self.recognised])

    def row(self, kind: str, limits: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """Return the shares beyond limits of both measures."""
        scores = {"behind": self.behind, "unlike": self.unlike}
        return {
            "kind": kind,
            "people": len({one.person for one in self.recognised}),
            "recognised": len(self.recognised),
            "asked": self.asked,
        } | {
            name: [
                float(np.mean(scores[name] > limit)) if self.recognised else None for limit in ends
            ]
            for name, ends in limits.items()
        }


def alike(references: Floats) -> Doubles:
    """Return how like the mean of the others each reference is, as a cosine."""
    others = references.sum(axis=0) - references
    return np.asarray((others * references).sum(axis=1) / np.linalg.norm(others, axis=1))


def compare(face: Floats, references: Floats, person: str) -> LikenessTrial | None:
    """Set a face beside references; None where a scan would not recognise the person."""
    cosine = float(unit(references.sum(axis=0)) @ face)
    if calibrated_llr(cosine) < IDENTITY_THRESHOLD:
        return None
    return LikenessTrial(person, float(np.mean(alike(references))) - cosine, cosine)


@dataclass(frozen=True)
class KnownActors:
    """Actors of DFDC by their genuine pictures; only those of other sessions are references."""

    rows: Sequence[DfdcRow]
    faces: Mapping[str, Floats]

    def asked(self, faces: Mapping[str, Floats], count: int, *, swapped: bool) -> LikenessTrials:
        """Ask genuine pictures, or swaps beside the references of what they were made of."""
        found: list[LikenessTrial | None] = []
        for row in self.rows:
            references = self._references(row, count)
            for name in row.forgeries if swapped else [row.name]:
                if references is not None and name in faces:
                    found.append(compare(faces[name], references, str(row.actor)))
        return LikenessTrials.of(found)

    def anybody(self, faces: Mapping[str, Floats], count: int) -> LikenessTrials:
        """Ask genuine pictures of whoever it may be, each beside everybody's references."""
        own: dict[int, list[Floats]] = {}
        for row in self.rows:
            if row.name in self.faces:
                own.setdefault(row.actor, []).append(self.faces[row.name])
        found: list[LikenessTrial | None] = []
        for face in faces.values():
            for actor, pictures in own.items():
                use = [one for one in pictures if float(one @ face) < SAME_SESSION][:count]
                if len(use) >= min(count, LEAST_REFERENCES):
                    found.append(compare(face, np.stack(use), str(actor)))
        return LikenessTrials.of(found)

    def _references(self, row: DfdcRow, count: int) -> Floats | None:
        if row.name not in self.faces:
            return None
        own = [one.name for one in self.rows if one.actor == row.actor and one.name in self.faces]
        face = self.faces[row.name]
        use = [self.faces[name] for name in own if float(self.faces[name] @ face) < SAME_SESSION]
        return np.stack(use[:count]) if len(use) >= min(count, LEAST_REFERENCES) else None


def each_beside_the_others(
    own: Mapping[str, Mapping[str, Floats]], count: int, asked: Mapping[str, Floats]
) -> LikenessTrials:
    """Ask pictures beside the others of their person; `own` has the references by person."""
    found: list[LikenessTrial | None] = []
    for person, pictures in own.items():
        for name in pictures.keys() & asked.keys():
            use = [row for other, row in pictures.items() if other != name][:count]
            if len(use) >= min(count, LEAST_REFERENCES):
                found.append(compare(asked[name], np.stack(use), person))
    return LikenessTrials.of(found)


def told_apart(genuine: LikenessTrials, swapped: LikenessTrials) -> dict[str, Any]:
    """Return how well each measure tells swaps from genuine pictures, over people."""
    forged = np.arange(len(genuine.recognised) + len(swapped.recognised)) >= len(genuine.recognised)
    people = tuple(one.person for one in (*genuine.recognised, *swapped.recognised))
    scores = {
        "behind": np.concatenate([genuine.behind, swapped.behind]),
        "unlike": np.concatenate([genuine.unlike, swapped.unlike]),
    }
    area = metrics.bootstrap(metrics.auc, scores["behind"], forged, groups=people, rounds=ROUNDS)
    return {
        "genuine": len(genuine.recognised),
        "swapped": len(swapped.recognised),
        "auc": [area.value, area.low, area.high],
        "auc_of_cosine": metrics.auc(scores["unlike"], forged),
        "found": {
            name: [metrics.tpr_at_fpr(own, forged, share) for share in FALSE_ALARMS]
            for name, own in scores.items()
        },
    }


@dataclass(frozen=True)
class LikenessMedia:
    """Everybody who is asked: actors, their small copies, anybody, and people of elsewhere.

    `elsewhere` has by kind the references by person, and what is asked.
    """

    actors: KnownActors
    small: Mapping[str, Floats]
    anybody: Mapping[str, Floats]
    elsewhere: Mapping[str, tuple[Mapping[str, Mapping[str, Floats]], Mapping[str, Floats]]]

    def beside(self, count: int) -> dict[str, Any]:
        """Return what so many references came to; those of DFDC's genuine pictures set limits."""
        known = self.actors.faces
        genuine = self.actors.asked(known, count, swapped=False)
        swapped = self.actors.asked(known, count, swapped=True)
        scores = {"behind": genuine.behind, "unlike": genuine.unlike}
        limits = {
            name: [float(np.quantile(own, 1 - share)) for share in FALSE_ALARMS]
            for name, own in scores.items()
        }
        small = [self.actors.asked(self.small, count, swapped=one) for one in (False, True)]
        anybody = self.actors.anybody(self.anybody, count)
        tried = {
            "genuine, DFDC": genuine,
            "genuine, DFDC, small": small[0],
            "genuine, DFDC, whoever is recognised as an actor": anybody,
            **{
                kind: each_beside_the_others(own, count, asked)
                for kind, (own, asked) in self.elsewhere.items()
            },
            "swapped, DFDC": swapped,
            "swapped, DFDC, small": small[1],
        }
        rows = [one.row(kind, limits) for kind, one in tried.items()]
        told = {
            "of the actor": told_apart(genuine, swapped),
            "whoever is recognised": told_apart(anybody, swapped),
        }
        return {"references": count, "limits": limits, "kinds": rows, "told": told}


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what each number of references came to.

    `media` holds all face crops of DFDC and their metadata.csv in dfdc/, lfw-deepfunneled/, and the
    labelled clips and stills in labelled/.
    """
    if media is None:
        raise ValueError("expected --media with dfdc/, lfw-deepfunneled/ and labelled/, got none")
    rows = judged_actors()
    crops = [crop_file(media / "dfdc", name) for one in rows for name in (one.name, *one.forgeries)]
    actors = KnownActors(rows, _by_stem(kept(work / "dfdc.npz", lambda: embedded(crops))))
    anybody = kept(work / "dfdc-anybody.npz", lambda: embedded(_anybody(media / "dfdc")))
    clips = kept(work / "labelled.npz", lambda: _embedded_clips(media / "labelled"))
    everything = LikenessMedia(
        actors,
        _by_stem(kept(work / "dfdc-small.npz", lambda: _small(crops, "dfdc", work))),
        {name: face for name, face in _by_stem(anybody).items() if name not in actors.faces},
        _elsewhere(media, work, clips),
    )
    return {
        "counts": [everything.beside(count) for count in COUNTS],
        "clips": swapped_clips(clips, read_media_rows(media / "labelled")),
    }


def _elsewhere(
    media: Path, work: Path, clips: EmbeddedReferences
) -> dict[str, tuple[Mapping[str, Mapping[str, Floats]], Mapping[str, Floats]]]:
    news = pictures_of_many(media, work)
    small = kept(work / "lfw-small.npz", lambda: _small(files_of_many(media), "lfw", work))
    stills = east_asian_pictures(media / "labelled", work)
    shown = {row.path: row.identity for row in read_media_rows(media / "labelled") if not row.fake}
    own = _by_person(clips, lambda name: shown.get(name, ""))
    moods = {who: of for who, of in own.items() if who and len(of) >= MANY_CLIPS}
    by_person = _by_person(news, person_of_lfw)
    return {
        "genuine, news pictures (LFW)": (by_person, _by_name(news)),
        "genuine, news pictures, small": (by_person, _by_name(small)),
        "genuine, small stills of two East Asian people": (
            _by_person(stills, east_asian_person),
            _by_name(stills),
        ),
        "genuine, clips in several moods (MEAD)": (moods, _by_name(clips)),
    }


def _by_name(found: EmbeddedReferences) -> dict[str, Floats]:
    return dict(zip(found.names, found.rows, strict=True))


def _by_stem(found: EmbeddedReferences) -> dict[str, Floats]:
    return {Path(name).stem: face for name, face in _by_name(found).items()}


def _by_person(
    found: EmbeddedReferences, owner: Callable[[str], str]
) -> dict[str, dict[str, Floats]]:
    own: dict[str, dict[str, Floats]] = {}
    for name, face in _by_name(found).items():
        own.setdefault(owner(name), {})[name] = face
    return own


def _small(paths: Sequence[Path], kind: str, work: Path) -> EmbeddedReferences:
    """Return the faces of pictures that were made small and encoded again."""
    import cv2

    folder = work / "small" / kind
    folder.mkdir(parents=True, exist_ok=True)
    copies = [folder / path.name for path in paths]
    for path, copy in zip(paths, copies, strict=True):
        picture = cv2.imread(str(path))
        if picture is not None:
            height, width = (round(side * SMALL[kind]) for side in picture.shape[:2])
            smaller = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(copy), smaller, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return embedded(copies)


def _anybody(folder: Path) -> list[Path]:
    names = sorted(Path(name).stem for name in dfdc_pairs(folder))
    random.Random(SEED).shuffle(names)
    return [crop_file(folder, name) for name in names[:ANYBODY]]


def _embedded_clips(folder: Path) -> EmbeddedReferences:
    """Return the face that is seen most often in each clip that is asked about."""
    names, faces = [], []
    looker = Looker()
    for row in _clips(read_media_rows(folder)):
        with Media.open(folder / row.path, threads=1) as media:
            span = Span(CLIP.start, min(CLIP.end, media.info.duration_s))
            tracks = looker.look_at(media.window(span, fps=CLIP_FPS), span).tracks
        if tracks:
            names.append(row.path)
            faces.append(max(tracks, key=lambda one: len(one.faces)).embedding)
    return EmbeddedReferences(tuple(names), np.stack(faces), np.zeros(len(faces), np.float32))


def _clips(rows: Sequence[MediaRow]) -> list[MediaRow]:
    """Return genuine clips of people of whom there are many, and swaps with their originals."""
    often = Counter(row.identity for row in rows if row.kind == "real_video")
    return [
        row
        for row in rows
        if (row.kind == "real_video" and often[row.identity] >= MANY_CLIPS)
        or (row.kind in ("real_video", "fake_video") and SWAPS in row.path)
    ]


def swapped_clips(clips: EmbeddedReferences, rows: Sequence[MediaRow]) -> list[dict[str, Any]]:
    """Return how like the genuine clip that it was made of each swapped one is."""
    faces = _by_name(clips)
    own = [row for row in rows if SWAPS in row.path and row.path in faces]
    genuine = {row.identity: faces[row.path] for row in own if not row.fake}
    return [
        {"person": row.identity, "cosine": float(genuine[row.identity] @ faces[row.path])}
        for row in own
        if row.fake and row.identity in genuine
    ]


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return the tables as lines of Markdown."""
    return [
        "## Likeness beside the references' own",
        "",
        "`python -m benchmarks.person own_likeness --media MEDIA --work DIR`",
        "",
        "Of faces that a scan recognises as the person's, are swapped ones less like the "
        "references than genuine ones, relative to how like one another these are? Behind: the "
        "mean cosine of each reference to the others, less that of the face to all of them; in "
        "brackets the cosine alone. Swaps are single crops of DFDC, beside the actor who was "
        "filmed, compared with the same pictures as the crop they were made of: those of other "
        f"sessions (cosine to it under {SAME_SESSION}).",
        "",
        "The genuine pictures are chosen in two ways. *Of the actor*: those of the list of "
        "actors, which was made by comparing faces, so that an actor's least similar pictures are "
        f"not in it. *Whoever is recognised*: of {ANYBODY:,} genuine crops drawn by chance, all "
        "that a scan takes for one of the actors, be it the actor or not (each is asked of every "
        "actor). That is what a scan meets.",
        "",
        *table(
            (
                "references",
                "genuine pictures",
                "genuine / swapped",
                "AUC (95% over actors)",
                "found at 5% false alarms",
                "at 1%",
            ),
            (
                _told(row["references"], which, told)
                for row in found["counts"]
                for which, told in row["told"].items()
            ),
        ),
        "",
        *READING,
        "",
        "What lies beyond the limits that 5% and 1% of the pictures of the actors reach. Small: a "
        f"third of the side, news pictures half, as JPEG of quality {QUALITY}; references keep "
        "their size.",
        "",
        *table(
            ("references", "kind", "people", "recognised / asked", "beyond 5%", "beyond 1%"),
            (_beyond(kind, row["references"]) for row in found["counts"] for kind in row["kinds"]),
        ),
        "",
        "Swapped clips beside the genuine clip that each was made of (YouTube swaps, one session): "
        "half of them are as like the person as the original is.",
        "",
        *table(
            ("person", "cosine"),
            ((one["person"], f"{one['cosine']:.2f}") for one in found["clips"]),
        ),
    ]


READING = (
    "So the high figures are a shortcut: who is one actor was told by the very likeness that is "
    "measured. Of what is recognised, whoever it shows, about two fifths of the swaps are found at "
    "5% false alarms and hardly any at 1%, where the limit hangs on two pictures. Of the twelve "
    "genuine pictures that fall farthest behind eight references (looked at by eye) four are "
    "turned to the side, four dark or blurred, three seem to show somebody else, and one is an "
    "ordinary picture of the actor. **No detector was built on it**: it would suspect genuine "
    "files in profile or in bad light, and every stranger who is taken for the person. What it "
    "could say in words, how like the person the face is, `face_identity` says already.",
    "",
    "Relative to the references' own the measure is fairer than the cosine alone, which would call "
    "most pictures of the two East Asian people swapped. Not measured: limits by pose and light, "
    "means over the frames of a clip, and a person's face on another's body, of which there are "
    "too few.",
)


def _told(references: int, which: str, told: Mapping[str, Any]) -> Sequence[object]:
    found = told["found"]
    return (
        references,
        which,
        f"{told['genuine']} / {told['swapped']}",
        f"{interval(*told['auc'])} [{told['auc_of_cosine']:.2f}]",
        *map(_both, found["behind"], found["unlike"]),
    )


def _beyond(kind: Mapping[str, Any], references: int) -> Sequence[object]:
    return (
        references,
        kind["kind"],
        kind["people"],
        f"{kind['recognised']} / {kind['asked']}",
        *map(_both, kind["behind"], kind["unlike"]),
    )


def _both(behind: float | None, unlike: float | None) -> str:
    return f"{percent(behind)} [{percent(unlike)}]"
