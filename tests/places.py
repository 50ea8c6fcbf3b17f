"""Where the tests find what is shipped, the plugins of their own, and the browser, if any."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "media_screen"
SAMPLES = ROOT / "samples"
PLUGINS = ROOT / "tests" / "plugins"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
