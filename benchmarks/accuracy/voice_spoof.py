"""The ratios of `voice_spoof`: see `benchmarks.voice.heldout`.

WORK is the folder in which `training.voice_spoof` left windows and networks.
"""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.voice import heldout, spoof
from media_screen.weights import nets

NAME = heldout.NAME


def gather(work: Path, media: Path) -> None:
    """Write the ratios of genuine and synthetic speech, clips and copies of clips."""
    nets.limit_threads(1)
    torch.set_num_threads(1)
    windows, _ = spoof.score_folds(work)
    heldout.gather(work, media, windows)
