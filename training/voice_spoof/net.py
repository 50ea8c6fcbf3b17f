"""The networks: one looks at the texture of spectra, one at their course, and their scores add up.

Both end in attentive statistics pooling (Okabe et al., Interspeech 2018). Input:
`detectors.voice_spoof.network.features`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from media_screen.detectors.voice_spoof.network import LEVELS, PULSES

_BANDS = 8  # that `Texture` leaves of the frequencies
_COARSE, _FINE = 64, 32  # bands of `Course`: of 125 Hz for the level, of 250 Hz for what is finer
_SMOOTH = 5  # bins over which a spectrum is smoothed to tell its fine structure from its shape


class Texture(nn.Module):
    """Sees a quarter of a second at a time, too little to judge how something is said.

    Its convolutions over time and frequency are those of light networks for this task (LCNN:
    Lavrentyeva et al., Interspeech 2019).
    """

    def __init__(self, channels: Sequence[int], *, dropout: float = 0.0) -> None:
        super().__init__()
        first, second, third, fourth, last = channels
        self.levels = nn.Sequential(
            _plane(1, first, size=5, stride=(2, 2)),
            _plane(first, second, stride=(1, 2)),
            _plane(second, third, stride=(1, 2)),
        )
        # Now both are of 32 bands, each 20 ms.
        self.pulses = nn.AvgPool2d((2, 1), ceil_mode=True)
        self.both = nn.Sequential(
            _plane(third + 1, fourth, stride=(2, 2)), _plane(fourth, last, stride=(1, 2))
        )
        self.joined = nn.Sequential(nn.Conv1d(last * _BANDS, last, 1), nn.ReLU())
        self.attention = nn.Conv1d(last, 1, 1)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(2 * last, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return one score for each of n x frames x 288 features."""
        levels, pulses = torch.split(features, [LEVELS, PULSES], dim=2)
        # Without its mean over time, a frequency does not tell of microphone, filter or codec.
        levels = 6 * (levels - levels.mean(dim=1, keepdim=True))
        pulses = 4 * pulses - 1
        x = self.levels(levels[:, None])
        x = self.both(torch.cat([x, self.pulses(pulses[:, None])], dim=1))
        x = self.joined(x.transpose(2, 3).flatten(1, 2))  # n x channels x frames / 4
        pooled: torch.Tensor = self.score(self.dropout(_pooled(x, self.attention)))
        return pooled[:, 0]


class BandCourse(nn.Module):
    """Sees how bands rise and fall, without the pulses: what is left after telephone and music.

    Its convolutions over time are those of the x-vector (Snyder et al., ICASSP 2018).
    """

    def __init__(self, channels: Sequence[int], *, dropout: float = 0.0) -> None:
        super().__init__()
        first, second, third, last = channels
        self.body = nn.Sequential(
            _line(_COARSE + _FINE, first, size=5),
            _line(first, second, size=3, stride=2),
            _line(second, third, size=3, dilation=2),
            _line(third, last, size=3, dilation=3),
        )
        self.attention = nn.Conv1d(last, 1, 1)
        self.dropout = nn.Dropout(dropout)
        self.score = nn.Linear(2 * last, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return one score for each of n x frames x 288 features."""
        bins = features[..., :LEVELS]
        smooth = nn.functional.avg_pool1d(
            nn.functional.pad(bins, (_SMOOTH // 2, _SMOOTH // 2), mode="replicate"), _SMOOTH, 1
        )
        levels = nn.functional.avg_pool1d(bins, LEVELS // _COARSE)
        fine = nn.functional.avg_pool1d((bins - smooth).abs(), LEVELS // _FINE)
        levels = 6 * (levels - levels.mean(dim=1, keepdim=True))
        x = self.body(torch.cat([levels, 24 * fine - 1], dim=2).transpose(1, 2))
        pooled: torch.Tensor = self.score(self.dropout(_pooled(x, self.attention)))
        return pooled[:, 0]


KINDS: dict[str, type[Texture] | type[BandCourse]] = {"texture": Texture, "course": BandCourse}


class Net(nn.Module):
    """Adds the scores of several: below 0 rather genuine, above 0 rather synthetic.

    That of `borrowed` counts `weight` times.
    """

    def __init__(self, borrowed: nn.Module, weight: float, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.borrowed = borrowed
        self.weight = weight
        self.members = nn.ModuleList(members)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return one score for each of n x frames x 288 features."""
        scores = [self.weight * self.borrowed(features)]
        return torch.stack([*scores, *(member(features) for member in self.members)]).sum(dim=0)


def _pooled(x: torch.Tensor, attention: nn.Module) -> torch.Tensor:
    """Return mean and standard deviation over time, weighted: n x (2 channels)."""
    weights = torch.softmax(attention(x), dim=2)
    mean = (weights * x).sum(dim=2)
    spread = torch.sqrt(((weights * x * x).sum(dim=2) - mean * mean).clamp_min(1e-5))
    return torch.cat([mean, spread], dim=1)


def _plane(inputs: int, outputs: int, *, stride: tuple[int, int], size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def _line(
    inputs: int, outputs: int, *, size: int, dilation: int = 1, stride: int = 1
) -> nn.Sequential:
    reach = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, size, dilation=dilation, stride=stride, padding=reach),
        nn.BatchNorm1d(outputs),
        nn.ReLU(),
    )
