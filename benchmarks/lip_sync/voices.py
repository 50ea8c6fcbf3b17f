"""Says how well several voices at once are told from one, each collection held out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from media_screen.evaluation import metrics
from training import columns
from training.lip_sync import overlap


def table(path: Path) -> dict[str, Any]:
    """Return for clips and for read speech what is told apart, and what is at the limit."""
    known = columns.load(path, overlap.SoundTable)
    raw, limit = overlap.held_out(known), overlap.fit(known).limit
    alone = known.clip & ~known.several
    rows = {
        f"clips, the other voice {under:.0f} dB under": (
            alone,
            known.clip & (known.under_db == under),
        )
        for under in overlap.UNDER_DB
    }
    rows["read speech, 0 to 8 dB under"] = (
        ~known.clip & ~known.several,
        ~known.clip & known.several,
    )
    found = {}
    for name, (one, several) in rows.items():
        use = one | several
        found[name] = {
            "one": int(one.sum()),
            "several": int(several.sum()),
            "auc": round(metrics.auc(raw[use], known.several[use]), 3),
            "left_out": round(float(np.mean(raw[several] > limit)), 3),
            "left_out_of_one": round(float(np.mean(raw[one] > limit)), 3),
        }
    return found
