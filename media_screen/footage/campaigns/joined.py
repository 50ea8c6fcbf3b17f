"""Tells which files belong together, through whatever joins them one by one."""

from __future__ import annotations

from collections.abc import Iterable


class Joined:
    """Some keys, each alone at first; all that are joined have one of them as their first.

    Which are together, and which is the first, depends on no order.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._above = {key: key for key in keys}

    def first(self, key: str) -> str:
        """Return the least of all keys that belong together with this one."""
        above = self._above
        while above[key] != key:
            above[key] = key = above[above[key]]
        return key

    def join(self, one: str, other: str) -> None:
        """Let two keys, and all that belong together with either, belong together."""
        least, greatest = sorted((self.first(one), self.first(other)))
        self._above[greatest] = least
