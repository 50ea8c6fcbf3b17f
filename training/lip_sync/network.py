"""The synchrony network: two small stacks of convolutions over time, one for mouth, one for voice.

After Chung and Zisserman, "Out of time: automated lip sync in the wild" (ACCV workshop 2016), with
the movement of points and the lowest frequencies of the mouth in place of pixels, so that a few
dozen minutes of speech are enough to train on.
"""

from __future__ import annotations

import torch
from torch import nn

from media_screen.detectors.lip_sync.movement import FEATURES
from media_screen.detectors.lip_sync.sound import BANDS, STEPS

EMBEDDING = 64


class SyncNetwork(nn.Module):
    """Embeds movement (b, t, 186) at 25 Hz and levels (b, 4 t, 40) at 100 Hz as (b, t, 64) each.

    Embeddings are shorter than 1; a frame that says little about synchrony gets a short one.
    """

    def __init__(self, *, width: int = 80, dropout: float = 0.2) -> None:
        super().__init__()
        self.mouth = nn.Sequential(
            nn.BatchNorm1d(FEATURES),
            nn.Dropout1d(dropout / 2),
            _layer(FEATURES, width, 3),
            nn.Dropout(dropout),
            _layer(width, width, 5),
            nn.Dropout(dropout),
            _layer(width, width, 5, dilation=2),
            nn.Conv1d(width, EMBEDDING, 1),
        )
        self.voice = nn.Sequential(
            nn.BatchNorm1d(BANDS),
            # 80 ms at once: on a CPU a third of the time of two layers at 100 and 50 Hz.
            _layer(BANDS, width, 2 * STEPS, stride=STEPS),
            nn.Dropout(dropout),
            _layer(width, width, 5),
            nn.Dropout(dropout),
            _layer(width, width, 5, dilation=2),
            nn.Conv1d(width, EMBEDDING, 1),
        )
        self.log_scale = nn.Parameter(torch.tensor(3.0))  # of the logits, in training

    def forward(
        self, movement: torch.Tensor, sound: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the embeddings of mouth and voice."""
        return _shortened(self.mouth, movement), _shortened(self.voice, sound)


def _shortened(net: nn.Module, rows: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = net(rows.transpose(1, 2)).transpose(1, 2)
    return found / torch.sqrt(1.0 + (found * found).sum(dim=2, keepdim=True))


def _layer(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, dilation: int = 1
) -> nn.Module:
    padding = dilation * (kernel - stride) // 2
    return nn.Sequential(
        nn.Conv1d(
            inputs, outputs, kernel, stride=stride, dilation=dilation, padding=padding, bias=False
        ),
        nn.BatchNorm1d(outputs),
        nn.ReLU(),
    )
