"""Screens downloaded media for suspected impersonation of enrolled people.

    from media_screen import Config, Screener

    screener = Screener(Config(people="people"))
    verdict = screener.screen("downloads/a.mp4")
    print(verdict.label, verdict.summary)

Importing this package loads no network, no decoder and no array library; the first screening does.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media_screen.errors import MediaScreenError
from media_screen.evidence import (
    Abstention,
    Campaign,
    Evidence,
    Failure,
    Match,
    MediaInfo,
    Provenance,
    Span,
    Verdict,
)

if TYPE_CHECKING:
    from media_screen.config import Config
    from media_screen.screen import Screener

__version__ = "0.1.0"

# ONNX Runtime reports every session to its maker, and keeps an id of the device below HOME, from
# the moment that any package of this process imports it. Workers and nodes inherit the setting.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "Abstention",
    "Campaign",
    "Config",
    "Evidence",
    "Failure",
    "Match",
    "MediaInfo",
    "MediaScreenError",
    "Provenance",
    "Screener",
    "Span",
    "Verdict",
    "__version__",
    "campaigns",
]


def campaigns(out: str | os.PathLike[str]) -> tuple[Campaign, ...]:
    """Return the campaigns of a folder that a scan wrote, the most urgent first.

    Raises OSError when they are there and can't be read.
    """
    from media_screen.results.campaigns import read_campaigns

    return read_campaigns(Path(out))


def __getattr__(name: str) -> Any:
    if name == "Config":
        from media_screen.config import Config

        return Config
    if name == "Screener":
        from media_screen.screen import Screener

        return Screener
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
