"""The network: four convolutions over time and attentive statistics pooling.

It follows the x-vector (Snyder et al., ICASSP 2018) with attentive statistics pooling (Okabe et
al., Interspeech 2018). Input: `media_screen.speech.spoof.frame_features`, n x frames x 96.
"""

from __future__ import annotations

import torch
from torch import nn

from media_screen.speech.spoof import BANDS, FINE_BANDS


class Net(nn.Module):
    """Score features: below 0 rather genuine, above 0 rather synthetic."""

    def __init__(self, *, width: int = 48, dropout: float = 0.3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _layer(BANDS + FINE_BANDS, width, size=5),
            _layer(width, width, size=3, stride=2),
            _layer(width, width, size=3, dilation=2),
            _layer(width, width, size=3, dilation=3),
        )
        self.attention = nn.Conv1d(width, 1, 1)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(2 * width, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return one score for each of n x frames x 96 features."""
        levels, fine = features[..., :BANDS], features[..., BANDS:]
        # Without its mean over time, a band does not tell of microphone, filter or codec.
        levels = levels - levels.mean(dim=1, keepdim=True)
        x = self.body(torch.cat([levels * 6, fine * 6 - 1], dim=2).transpose(1, 2))
        weights = torch.softmax(self.attention(x), dim=2)
        mean = (weights * x).sum(dim=2)
        spread = torch.sqrt(((weights * x * x).sum(dim=2) - mean * mean).clamp_min(1e-5))
        pooled: torch.Tensor = self.score(self.dropout(torch.cat([mean, spread], dim=1)))
        return pooled[:, 0]


def _layer(
    inputs: int, outputs: int, *, size: int, dilation: int = 1, stride: int = 1
) -> nn.Sequential:
    reach = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, size, dilation=dilation, stride=stride, padding=reach),
        nn.BatchNorm1d(outputs),
        nn.ReLU(),
    )
