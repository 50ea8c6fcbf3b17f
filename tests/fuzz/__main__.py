"""Fuzzes for a time, and keeps what failed.

    python -m tests.fuzz --seconds 600
    python -m tests.fuzz --check media --seed 1234        # one failure again

Each round has a seed; what failed is printed with it, and its files stay in `fuzz-failures/`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz.checks import CHECKS

SHARE_OF_MEDIA = 0.5  # of the time; the others are a thousand times as fast


def main() -> int:
    """Run rounds until the time is over; returns 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--check", choices=CHECKS)
    parser.add_argument("--seed", type=int, help="run this round only")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"))
    arguments = parser.parse_args()
    names = [arguments.check] if arguments.check else list(CHECKS)
    if arguments.seed is not None:
        return sum(not passes(name, arguments.seed, arguments.keep) for name in names)
    start, seed = time.monotonic(), random.SystemRandom().randrange(1 << 32)
    spent: Counter[str] = Counter()
    rounds: Counter[str] = Counter()
    failed = 0
    while (now := time.monotonic()) - start < arguments.seconds:
        seed += 1
        # The check that had the least of its share of the time is next.
        name = min(names, key=lambda one: spent[one] / _share(one))
        failed += not passes(name, seed, arguments.keep)
        spent[name] += time.monotonic() - now  # type: ignore[assignment]
        rounds[name] += 1
    print(", ".join(f"{count} rounds of {name}" for name, count in rounds.items()))
    print(f"{failed} failed" if failed else "none failed")
    return int(failed > 0)


def _share(name: str) -> float:
    return SHARE_OF_MEDIA if name == "media" else (1 - SHARE_OF_MEDIA) / (len(CHECKS) - 1)


def passes(name: str, seed: int, keep: Path) -> bool:
    """Run one round; when it fails, print why and keep its files."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            CHECKS[name](random.Random(seed), Path(folder))
        except Exception:
            kept = keep / f"{name}-{seed}"
            keep.mkdir(exist_ok=True)
            if not kept.exists():
                Path(folder).rename(kept)
                Path(folder).mkdir()
            (kept / "error.txt").write_text(traceback.format_exc(), "utf-8")
            print(f"FAILED: python -m tests.fuzz --check {name} --seed {seed}   ({kept})")
            print("    " + " ".join(traceback.format_exc(limit=-1).split())[-400:])
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
