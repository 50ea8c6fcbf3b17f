"""Adds to a campaign who posted its files, and what these accounts do together."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from media_screen import sidecar as sidecars
from media_screen.coordination import AccountPost, FindNames, coordinate, post_of
from media_screen.evidence import Campaign
from media_screen.results.plain import plain

_log = logging.getLogger(__name__)


class Accounts:
    """Reads the posts of campaigns; `paths` are those of the files, by their keys.

    Accounts are tied by what they did at most `within_s` seconds apart; `find_names` gives the
    names in a comment.
    """

    def __init__(
        self, paths: Mapping[str, Path], *, within_s: float, find_names: FindNames | None
    ) -> None:
        self._paths = paths
        self._within_s = within_s
        self._find_names = find_names

    def added_to(self, campaign: Campaign) -> Campaign:
        """Return a campaign with its accounts, what ties them, their wordings and the comments.

        What can't be read is left out, and the log says so.
        """
        posts: list[AccountPost] = []
        comments: dict[str, Path] = {}
        for file in campaign.files:
            beside = sidecars.find(self._paths[file.key])
            if beside is None:
                continue
            try:
                posts.append(post_of(sidecars.read(beside), key=file.key, media=campaign.id))
            except sidecars.SidecarError:
                continue  # the verdict of the file says it
            comments[file.key] = beside
        found = coordinate(posts, comments, within_s=self._within_s, find_names=self._find_names)
        for problem in found.problems:
            _log.warning("%s: %s", campaign.id, plain(problem))
        return replace(
            campaign,
            accounts=found.accounts,
            ties=found.ties,
            wordings=found.wordings,
            comments=found.comments,
        )
