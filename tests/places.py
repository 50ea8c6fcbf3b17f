"""Where the tests find what is shipped: the project, its samples, and detectors as plugins."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "media_screen"
SAMPLES = ROOT / "samples"
PLUGINS = ROOT / "tests" / "plugins"
