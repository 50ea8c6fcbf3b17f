"""Joins files that share footage to campaigns, and passes along what is known of one copy."""

from __future__ import annotations

from media_screen.footage.campaigns.faces import FacesApart, FacesSaid
from media_screen.footage.campaigns.grouping import (
    FootageGroup,
    FootageTie,
    ScreenedFile,
    Suspicion,
    find_groups,
    find_ties,
)
from media_screen.footage.campaigns.passing import Pair, Passed, Passing, holding, pass_along

__all__ = [
    "FacesApart",
    "FacesSaid",
    "FootageGroup",
    "FootageTie",
    "Pair",
    "Passed",
    "Passing",
    "ScreenedFile",
    "Suspicion",
    "find_groups",
    "find_ties",
    "holding",
    "pass_along",
]
