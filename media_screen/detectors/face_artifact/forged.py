"""Weighs what the crops of a face hold: how much it is that of a forged one, as far as measured.

Two lines, fitted by `training.face_artifact`: one over the measures of `texture` and the borrowed
ones of `features`, and one over texture alone that knows photographs from drawings. What they are
worth on collections and methods that they never saw stands in the card of the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np

from media_screen import weights
from media_screen.arrays import Doubles, Floats, Image
from media_screen.detectors.face_artifact import features, texture
from media_screen.faces.track import evenly
from media_screen.weights.linear import LinearModel

Track = TypeVar("Track")
View = TypeVar("View")

LINES = "face_artifact/lines.json"
NAMES = (*texture.NAMES, *features.NAMES)
LIMIT = 4.0  # spreads from the mean at which a measure is held
# Faces of a track that are looked at, evenly spread; its mean score hardly moves beyond them.
CROPS_OF_TRACK = 8
LEAST_PX = 36.0  # width of a face; smaller ones hold no trace of anything
LEAST_INSIDE = 0.6  # share of the crop that lies in the picture
# A track is judged when it has this share of the views of the one that has most: among many short
# tracks the highest mean is luck.
SHARE_OF_MOST = 0.5
MOST_TRACKS = 8  # of a file, those with most views: a crowd costs no more than a panel


@dataclass(frozen=True)
class Lines:
    """The shipped lines.

    `forged`, over NAMES, rises with traces of forging; `photographic`, over texture, is over 0 for
    photographs, and below for drawings, paintings and cartoons.
    """

    forged: LinearModel
    photographic: LinearModel


@dataclass(frozen=True, eq=False)
class Traces:
    """What the lines say of n faces, one uncalibrated number for each."""

    forged: Doubles
    photographic: Doubles


def measure(crops: Sequence[Image] | Image, *, device: str = "cpu") -> Floats:
    """Return the measures (n, 1302) of 256 x 256 RGB crops of `align`, in the order of NAMES."""
    rows = np.zeros((0, len(texture.NAMES)), np.float32)
    if len(crops):
        rows = np.stack([texture.measure(crop) for crop in crops])
    return np.hstack([rows, features.feature_net(device).measure(crops)])


def traces(crops: Sequence[Image] | Image, *, device: str = "cpu") -> Traces:
    """Return the traces of 256 x 256 RGB crops of `align`."""
    measures, known = measure(crops, device=device), lines()
    return Traces(
        known.forged.raw(measures), known.photographic.raw(measures[:, : len(texture.NAMES)])
    )


def is_good(size_px: float, inside: float) -> bool:
    """Say whether a view is large enough and lies in the picture (`faces.align.Quality`)."""
    return size_px >= LEAST_PX and inside >= LEAST_INSIDE


def to_judge(views: Mapping[Track, Sequence[View]]) -> dict[Track, list[View]]:
    """Return the tracks that can speak for a file, with some of their views."""
    most = max((len(own) for own in views.values()), default=0)
    long = sorted(
        (track for track, own in views.items() if own and len(own) >= SHARE_OF_MOST * most),
        key=lambda track: -len(views[track]),
    )
    return {track: evenly(views[track], CROPS_OF_TRACK) for track in long[:MOST_TRACKS]}


@cache
def lines() -> Lines:
    """Return the shipped lines."""
    record = json.loads(weights.path(LINES).read_text("utf-8"))
    return Lines(
        LinearModel.from_dict(record["forged"], names=NAMES, limit=LIMIT),
        LinearModel.from_dict(record["photographic"], names=texture.NAMES, limit=LIMIT),
    )
