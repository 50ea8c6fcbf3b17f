"""Weighs what a network sees in the crops of a face: how much it is that of a forged one.

Two lines, fitted by `training.face_artifact`: one over what the network of `whole` tells and holds,
and one over `texture` that knows photographs from drawings. What they are worth on collections and
methods that they never saw stands in the card of the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from media_screen import weights
from media_screen.arrays import Doubles, Image
from media_screen.detectors.face_artifact import texture, whole
from media_screen.faces.track import evenly
from media_screen.weights.linear import LinearModel

if TYPE_CHECKING:
    from media_screen.detectors.face_artifact.own import OwnNetwork

Track = TypeVar("Track")
View = TypeVar("View")

LINES = "face_artifact/lines.json"
LIMIT = 4.0  # spreads from the mean at which a measure is held
# Faces of a track that are looked at, evenly spread; its mean score hardly moves beyond them.
CROPS_OF_TRACK = 6
LEAST_PX = 36.0  # width of a face; smaller ones hold no trace of anything
LEAST_INSIDE = 0.6  # share of the crop that lies in the picture
# A track is judged when it has this share of the views of the one that has most: among many short
# tracks the highest mean is luck.
SHARE_OF_MOST = 0.5
MOST_TRACKS = 4  # of a file, those with most views: a crowd costs no more than a panel


@dataclass(frozen=True)
class Lines:
    """The shipped lines.

    `forged`, over `whole.NAMES`, rises with traces of forging; `photographic`, over
    `texture.NAMES`, is over 0 for photographs, and below for drawings, paintings and cartoons.
    """

    forged: LinearModel
    photographic: LinearModel


@dataclass(frozen=True, eq=False)
class Traces:
    """What the lines say of n faces, one uncalibrated number for each."""

    forged: Doubles
    photographic: Doubles


def traces(
    crops: Sequence[Image] | Image, *, device: str = "cpu", own: OwnNetwork | None = None
) -> Traces:
    """Return the traces of 256 x 256 RGB crops of `align`; `own` judges in place of the network."""
    known = lines()
    textures = np.zeros((0, len(texture.NAMES)), np.float32)
    if len(crops):
        textures = np.stack([texture.measure(crop) for crop in crops])
    if own is not None:
        forged = own.forged(crops, device=device)
    else:
        forged = known.forged.raw(whole.whole_net(device).measure(crops))
    return Traces(forged, known.photographic.raw(textures))


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
        LinearModel.from_dict(record["forged"], names=whole.NAMES, limit=LIMIT),
        LinearModel.from_dict(record["photographic"], names=texture.NAMES, limit=LIMIT),
    )
