"""Adds to a campaign who posted its files, and what these accounts do together."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from media_screen import sidecar as sidecars
from media_screen.coordination import AccountPost, FindNames, coordinate, post_of
from media_screen.errors import MediaScreenError
from media_screen.evidence import Campaign
from media_screen.results.plain import plain
from media_screen.screen import Config

_log = logging.getLogger(__name__)


class Accounts:
    """Reads the posts of campaigns; `paths` are those of the files, by their keys.

    Accounts are tied by what they did at most `within_s` seconds apart.
    """

    def __init__(self, paths: Mapping[str, Path], config: Config, *, within_s: float) -> None:
        self._paths = paths
        self._config = config
        self._within_s = within_s

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

    @cached_property
    def _find_names(self) -> FindNames | None:
        """Return what finds names of enrolled people and of the watch-list in a text, if any."""
        from media_screen.names.mentions import Names, Text, names_of_people, read_watch_list
        from media_screen.people.registry import load_people

        config = self._config
        try:
            people = load_people(Path(config.people)) if config.people else ()
            watched = read_watch_list(Path(config.watch)) if config.watch else ()
        except (MediaScreenError, OSError) as error:
            _log.warning("comments are not searched for names: %s", error)
            return None
        names = Names((*names_of_people(people), *watched))
        if not names:
            return None
        return lambda text: [one.name for one in names.find([Text("description", text)]).names]
