"""Tells which files belong together, through whatever joins them one by one."""

from __future__ import annotations


class Joined:
    """Keys, each alone at first; all that are joined have one of them as their first.

    Which are together, and which is the first, depends on no order.
    """

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def first(self, key: str) -> str:
        """Return the least of all keys that belong together with this one."""
        above = self._above
        above.setdefault(key, key)
        while above[key] != key:
            above[key] = key = above[above[key]]
        return key

    def join(self, one: str, other: str) -> None:
        """Let two keys, and all that belong together with either, belong together."""
        least, greatest = sorted((self.first(one), self.first(other)))
        self._above[greatest] = least
