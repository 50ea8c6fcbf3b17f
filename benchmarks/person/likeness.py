"""Measures whether forged media of a person can be told by how the person is, and by that alone.

Nothing is learned, so every person is held out: a measure compares a picture or a window with other
genuine ones of the same person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import NONE, interval, percent, table
from benchmarks.person.mouth_and_voice import asked_rows
from benchmarks.person.references import (
    EmbeddedReferences,
    embedded,
    kept,
    person_of_lfw,
    pictures_of_many,
)
from benchmarks.person.watching import KEPT, WatchedClip, WatchedMouth, watch_all
from media_screen.arrays import Doubles, Flags, Floats
from media_screen.evaluation import metrics
from media_screen.faces.embed import calibrated_llr
from media_screen.fusion.thresholds import IDENTITY_THRESHOLD
from media_screen.speech.embed import unit
from training.media.dfdc import KEPT as JUDGED
from training.media.dfdc import DfdcRow, read_table
from training.media.stills import crop_file

LEAST_CLIPS = 8  # genuine clips of an actor
MOST_CLIPS = 14  # of an actor that are used
# Cosine above which two pictures are taken for one session: there a genuine one is alike whatever
# is measured, and nobody has a reference of the session that a stranger's file shows.
SAME_SESSION = 0.8
LEAST_TRIALS = 20  # genuine and forged ones each, for a rate at 5% false alarms
ROUNDS = 1000


@dataclass(frozen=True, eq=False)
class LikenessMeasure:
    """One measure: higher means forged; `people` tells whose picture, window or clip each is.

    `elsewhere` are scores of genuine pictures of another collection.
    """

    name: str
    scores: Doubles
    forged: Flags
    people: tuple[str, ...]
    elsewhere: Doubles | None = None


def result(one: LikenessMeasure) -> dict[str, Any]:
    """Return how well a measure tells forged from genuine, with its interval over people."""
    row: dict[str, Any] = {
        "measure": one.name,
        "people": len(set(one.people)),
        "genuine": int((~one.forged).sum()),
        "forged": int(one.forged.sum()),
    }
    if min(row["genuine"], row["forged"]) < 2:
        return row
    area = metrics.bootstrap(metrics.auc, one.scores, one.forged, groups=one.people, rounds=ROUNDS)
    row["auc"] = [area.value, area.low, area.high]
    if min(row["genuine"], row["forged"]) >= LEAST_TRIALS:
        row["at_5"] = metrics.tpr_at_fpr(one.scores, one.forged, 0.05)
        row["at_1"] = metrics.tpr_at_fpr(one.scores, one.forged, 0.01)
    if one.elsewhere is not None:
        limit = np.quantile(one.scores[~one.forged], 0.95)
        row["elsewhere"] = float(np.mean(one.elsewhere > limit))
    return row


def swaps(
    rows: Sequence[DfdcRow], found: EmbeddedReferences, elsewhere: Mapping[str, Floats]
) -> Iterator[LikenessMeasure]:
    """Give how much less a swapped face is like the person than a genuine one of another day.

    A swap is asked of the actor who was filmed, and of the one whose face it may have: that is not
    recorded, so it is the actor whom it is most like besides. Either counts where a scan would
    recognise the person. `elsewhere` are genuine pictures of other people, by person.
    """
    at = {Path(name).stem: number for number, name in enumerate(found.names)}
    own: dict[int, list[int]] = {}
    for row in rows:
        if row.name in at:
            own.setdefault(row.actor, []).append(at[row.name])
    genuine = [
        one for who, places in own.items() for one in _own(found.rows, places, person=str(who))
    ]
    swapped = [(row, at[name]) for row in rows for name in row.forgeries if name in at]
    filmed: list[LikenessCosines] = []
    worn: list[LikenessCosines] = []
    everyone = list(own)
    means = np.stack([unit(found.rows[own[who]].sum(axis=0)) for who in everyone])
    for row, place in swapped:
        others = np.array([who != row.actor for who in everyone])
        who = everyone[int(np.where(others, means @ found.rows[place], -1.0).argmax())]
        for person, into in ((row.actor, filmed), (who, worn)):
            into += _against(found.rows, place, own[person], person=str(person))
    other = [
        one
        for name, pictures in elsewhere.items()
        for one in _own(pictures, range(len(pictures)), person=name)
    ]
    for name, forged in (("who was filmed", filmed), ("whose face it may have", worn)):
        yield from _beside(f"swap, beside {name}", genuine, forged, other)


@dataclass(frozen=True)
class LikenessCosines:
    """How like a person's references a picture is: their mean, and the nearest of them."""

    mean: float
    nearest: float
    person: str


def _beside(
    name: str,
    genuine: Sequence[LikenessCosines],
    forged: Sequence[LikenessCosines],
    other: Sequence[LikenessCosines],
) -> Iterator[LikenessMeasure]:
    every = [*genuine, *forged]
    is_forged = np.arange(len(every)) >= len(genuine)
    people = tuple(one.person for one in every)
    ways: tuple[tuple[str, Callable[[LikenessCosines], float]], ...] = (
        ("unlike their mean", lambda one: -one.mean),
        ("unlike the nearest reference", lambda one: -one.nearest),
        ("nearer to one reference than to their mean", lambda one: one.nearest - one.mean),
    )
    for way, score in ways:
        scores, elsewhere = (np.array([score(one) for one in part]) for part in (every, other))
        yield LikenessMeasure(f"{name}: {way}", scores, is_forged, people, elsewhere)


def _own(rows: Floats, places: Sequence[int], *, person: str) -> Iterator[LikenessCosines]:
    """Give each genuine picture of a person beside the others."""
    for place in places:
        yield from _against(rows, place, places, person=person)


def _against(
    rows: Floats, place: int, references: Sequence[int], *, person: str
) -> Iterator[LikenessCosines]:
    """Give how like references of other sessions a picture is, where it is recognised."""
    use = [other for other in references if other != place]
    use = [other for other in use if float(rows[other] @ rows[place]) < SAME_SESSION]
    if len(use) < LEAST_CLIPS // 2:
        return
    mean = float(unit(rows[use].sum(axis=0)) @ rows[place])
    if calibrated_llr(mean) >= IDENTITY_THRESHOLD:
        yield LikenessCosines(mean, float((rows[use] @ rows[place]).max()), person)


def moments(clips: Sequence[WatchedClip]) -> list[LikenessMeasure]:
    """Return how the identity of a face moves in a clip, beside another genuine clip or window."""
    own: dict[str, list[WatchedClip]] = {}
    for clip in clips:
        if not clip.row.fake and clip.longest is not None:
            own.setdefault(clip.row.identity, []).append(clip)
    rows: list[tuple[Sequence[float], bool, str]] = []
    for clip in clips:
        known = [one for one in own.get(clip.row.identity, ()) if one is not clip]
        rows += _moments(clip, known)
    if not rows:
        return []
    values = np.array([row[0] for row in rows])
    forged = np.array([row[1] for row in rows])
    people = tuple(row[2] for row in rows)
    names = ("unlike the person", "spread", "least like", "change from frame to frame")
    return [
        LikenessMeasure(f"clip: {name}", values[:, number], forged, people)
        for number, name in enumerate(names)
    ]


def _moments(
    clip: WatchedClip, known: Sequence[WatchedClip]
) -> Iterator[tuple[Sequence[float], bool, str]]:
    """Give the moments of each face of a clip that is followed, and whether it is forged."""
    if clip.row.fake:
        faces = [clip.longest] if clip.longest is not None else []
        references = [face for one in known for face in one.faces]
    else:  # of one genuine clip each window is asked beside the other
        faces, references = list(clip.faces), [face for one in known for face in one.faces]
        references = references or list(clip.faces)
    for face in faces:
        use = [one.mean for one in references if one is not face]
        if not use:
            continue
        reference = unit(np.sum(use, axis=0))
        cosines = face.embeddings @ reference
        if calibrated_llr(float(cosines.mean())) < IDENTITY_THRESHOLD:
            continue
        steps = 1.0 - (face.embeddings[1:] * face.embeddings[:-1]).sum(axis=1)
        yield (
            (
                -float(cosines.mean()),
                float(cosines.std()),
                -float(cosines.min()),
                float(np.median(steps)),
            ),
            clip.row.fake,
            clip.row.identity,
        )


def habits(clips: Sequence[WatchedClip]) -> list[LikenessMeasure]:
    """Return whether windows of one person move alike: the least that a habit must show.

    "Forged" stands for a window of another person here, which is what the measure must tell from
    the person's own; both own windows are of one clip, so that camera and mood are the same.
    """
    seen: list[tuple[str, Doubles]] = []
    for clip in clips:
        if clip.row.fake or clip.longest is None:
            continue
        own = [m for m in clip.mouths if float(m.face @ clip.longest.mean) > SAME_SESSION]
        seen += [(clip.row.identity, movement) for m in own if (movement := _habit(m)) is not None]
    if len(seen) < 2:
        return []
    names, rows = zip(*seen, strict=True)
    values = np.stack(rows)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    found = []
    for name, part in (("strength and ties", values), ("ties alone", values[:, len(SIGNALS) :])):
        pairs = list(combinations(range(len(names)), 2))
        apart = np.array([float(np.linalg.norm(part[one] - part[other])) for one, other in pairs])
        other = np.array([names[one] != names[two] for one, two in pairs])
        found.append(
            LikenessMeasure(
                f"movement: {name}", apart, other, tuple(names[one] for one, _ in pairs)
            )
        )
    return found


# What moves: the head by three angles, mouth by opening and width, lids and both brows.
SIGNALS = ("yaw", "pitch", "roll", "opening", "width", "lids", "left brow", "right brow")


def _habit(mouth: WatchedMouth) -> Doubles | None:
    """Return how much each signal moves in a window, and how each moves with each other one."""
    points = mouth.points.astype(np.float64)
    if len(points) < LEAST_TRIALS:
        return None
    signals = np.stack(_signals(points))
    ties = np.atleast_2d(np.corrcoef(signals))[np.triu_indices(len(signals), 1)]
    return np.concatenate([np.log(signals.std(axis=1) + 1e-4), np.nan_to_num(ties)])


def _signals(points: Doubles) -> list[Doubles]:
    at = {name: points[:, number] for number, name in enumerate(KEPT)}

    def gap(one: int, other: int) -> Doubles:
        return np.asarray(np.linalg.norm(at[one] - at[other], axis=1))

    eyes = gap(33, 263)
    across, down = at[263] - at[33], at[152] - at[10]
    return [
        np.arctan2(across[:, 2], across[:, 0]),
        np.arctan2(down[:, 2], down[:, 1]),
        np.arctan2(across[:, 1], across[:, 0]),
        gap(13, 14) / eyes,
        gap(61, 291) / eyes,
        (gap(159, 145) + gap(386, 374)) / eyes,
        gap(105, 159) / eyes,
        gap(334, 386) / eyes,
    ]


def measure(media: Path | None, work: Path) -> dict[str, Any]:
    """Return what each measure came to.

    `media` holds the clips that `training.media` lays out, in `dfdc/` the face crops of DFDC as
    `training.media.dfdc` takes them, and in `lfw-deepfunneled/` LFW.
    """
    if media is None:
        raise ValueError("expected --media with clips and dfdc/, got none")
    judged = judged_actors()
    names = [name for row in judged for name in (row.name, *row.forgeries)]
    paths = [crop_file(media / "dfdc", name) for name in names]
    found = kept(work / "dfdc.npz", lambda: embedded(paths))
    clips = list(watch_all(asked_rows(media), media, work / "watched"))
    many = pictures_of_many(media, work).by(person_of_lfw)
    news = {who: rows[:MOST_CLIPS] for who, rows in many.items()}
    every = [*swaps(judged, found, news), *moments(clips), *habits(clips)]
    return {"actors": len({row.actor for row in judged}), "measures": [*map(result, every)]}


def judged_actors() -> list[DfdcRow]:
    """Return a few rows of every actor of DFDC whom no network saw and of whom there are enough."""
    own: dict[int, list[DfdcRow]] = {}
    for row in read_table():
        if row.split == JUDGED:
            own.setdefault(row.actor, []).append(row)
    enough = [own[who] for who in sorted(own) if len(own[who]) >= LEAST_CLIPS]
    return [row for few in enough for row in few[:MOST_CLIPS]]


def markdown(found: Mapping[str, Any]) -> list[str]:
    """Return the table as lines of Markdown."""
    return [
        "## Likeness: how the person is, and nothing else",
        "",
        "`python -m benchmarks.person likeness --media CLIPS --work DIR`",
        "",
        "Each measure asks of a picture, a clip or a window how it is beside other genuine ones "
        "of the same person; nothing is learned, so everybody is held out. Only what a scan would "
        "recognise as the person is asked. Swaps: face crops of DFDC, whose actors are told apart "
        f"by their faces ({found['actors']} with {LEAST_CLIPS} clips and more, {MOST_CLIPS} at "
        "most used), compared with references of other sessions (cosine under "
        f"{SAME_SESSION}). Clips: those of the table of mouths and voices, forged ones of people "
        "of whom a genuine clip is there. Movement: two windows of 5 s of one genuine clip "
        "against windows of other people, which here stand for the forged: a habit must tell "
        "these at least. The last column is the control: news pictures of public figures on other "
        "days, genuine, recognised, and asked in the same way. **The figures of swaps are too "
        "good**: see the next table.",
        "",
        *table(
            (
                "measure",
                "people",
                "genuine / forged",
                "AUC (95% over people)",
                "found at 5% false alarms",
                "at 1%",
                "false alarms on LFW at the 5% limit",
            ),
            map(_cells, found["measures"]),
        ),
        "",
        "Habits of movement need windows of several genuine clips and forged ones of the same "
        "person; among these media nobody has them. Face against voice, without lips, needs a "
        "network that was shown both together; none is at hand.",
    ]


def _cells(row: Mapping[str, Any]) -> Sequence[object]:
    return (
        row["measure"],
        row["people"],
        f"{row['genuine']} / {row['forged']}",
        interval(*row["auc"]) if "auc" in row else NONE,
        percent(row.get("at_5")),
        percent(row.get("at_1")),
        percent(row.get("elsewhere")),
    )
