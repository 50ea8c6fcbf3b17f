"""Runs `benchmarks.provenance.local_changes`: `python -m benchmarks.local_changes`."""

from __future__ import annotations

from benchmarks.provenance.local_changes import main

if __name__ == "__main__":
    raise SystemExit(main())
