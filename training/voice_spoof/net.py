"""The network: what two borrowed sets of filters say of a window, and one line that is trained."""

from __future__ import annotations

import torch
from torch import nn

from training.voice_spoof import whisper, yamnet

STATISTICS = whisper.STATISTICS + yamnet.STATISTICS


class Statistics(nn.Module):
    """Tells what both say of windows: n x STATISTICS, those of Whisper first."""

    def __init__(self) -> None:
        super().__init__()
        self.whisper = whisper.WhisperLayers(whisper.whisper_layers())
        self.yamnet = yamnet.YamnetLayers(yamnet.yamnet_layers())

    def forward(self, levels: torch.Tensor, mel: torch.Tensor) -> torch.Tensor:
        """Return the statistics of log spectra (n x frames x 256) and mel bands (n x f x 80)."""
        return torch.cat([self.whisper(mel), self.yamnet(levels)], dim=1)


class Net(nn.Module):
    """Scores windows: below 0 rather genuine, above 0 rather synthetic."""

    def __init__(self, statistics: Statistics, line: nn.Linear) -> None:
        super().__init__()
        self.statistics = statistics
        self.line = line

    def forward(self, levels: torch.Tensor, mel: torch.Tensor) -> torch.Tensor:
        """Return one score for each window, as `Statistics` takes them."""
        scores: torch.Tensor = self.line(self.statistics(levels, mel))
        return scores[:, 0]
