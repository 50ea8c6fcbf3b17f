"""The analyst's trial holds what it says that it holds."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.campaign.posts import KINDS
from benchmarks.trial import DRAWN, IMPOSTOR, REVOICED, lay_out


def test_a_trial_has_its_posts_on_both_days(tmp_path: Path) -> None:
    trial = lay_out(tmp_path / "trial", samples=(IMPOSTOR, REVOICED), seconds=1.0, short_side=120)
    first = sorted(path.name for path in trial.downloads.glob("*.mp4"))
    assert len(first) == 2 + len(KINDS) + DRAWN
    assert {IMPOSTOR, REVOICED} < set(first)

    trial.turn()
    second = sorted(trial.downloads.glob("*.mp4"))
    assert len(second) == len(first) + 3
    assert list(trial.next_day.iterdir()) == []
    accounts = {
        json.loads(path.with_suffix(".info.json").read_text("utf-8"))["channel_id"]
        for path in second
        if "repost" in path.name
    }
    assert len(accounts) == len(KINDS) + 2, "each repost is of an account of its own"
