"""Gives campaigns ids that stay: files come and go, and two campaigns may turn out to be one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from media_screen.batch.campaigns.store import KeptCampaign
from media_screen.footage.campaigns import FootageGroup, ScreenedFile

DIGITS = 12  # hex digits of an id: of 100,000 campaigns two are called alike once in 50,000 folders


def name_groups(
    groups: Sequence[FootageGroup],
    files: Mapping[str, ScreenedFile],
    before: Mapping[str, str],
    known: Mapping[str, KeptCampaign],
) -> list[str]:
    """Return the id of each group.

    A group has the id that its files had, of several the oldest; when a campaign fell apart, the
    part with most of its files keeps the id. A new one is named after the first of its contents, so
    that the order in which files were screened does not matter. `before` is the id that each file
    had, `known` what is kept of ids, which say how old they are.
    """
    had = [Counter(before[key] for key in group.files if before.get(key)) for group in groups]
    claims = sorted(
        (known[name].number if name in known else 0, name, -count, place)
        for place, found in enumerate(had)
        for name, count in found.items()
    )
    names: dict[int, str] = {}
    taken = {name for name, row in known.items() if row.merged_into}
    for _, name, _, place in claims:
        if place not in names and name not in taken:
            names[place] = name
            taken.add(name)
    for place, group in enumerate(groups):
        if place not in names:
            names[place] = _new(group, files, taken)
            taken.add(names[place])
    return [names[place] for place in range(len(groups))]


def _new(group: FootageGroup, files: Mapping[str, ScreenedFile], taken: set[str]) -> str:
    content = min(files[key].sha256 or key for key in group.files)
    for more in range(1 << 16):
        text = f"{content} {more}" if more else content
        name = f"c-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"
        if name not in taken:
            return name
    raise AssertionError("thousands of ids of one content are taken")


def merged(
    groups: Sequence[FootageGroup],
    names: Sequence[str],
    before: Mapping[str, str],
    known: Mapping[str, KeptCampaign],
) -> dict[str, str]:
    """Return the ids that are given up, each with the one that its files have now.

    Those that were given up in earlier scans lead on to what their campaign is called now.
    """
    now = {key: name for name, group in zip(names, groups, strict=True) for key in group.files}
    found = {
        before[key]: name
        for key, name in sorted(now.items())
        if before.get(key, "") not in ("", *names)
    }
    older = {name: row.merged_into for name, row in known.items() if row.merged_into}
    return {name: found.get(into, into) for name, into in older.items()} | found
