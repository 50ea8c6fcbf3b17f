"""Borrowed filters: the early layers of YAMNet look at spectra.

What the few recordings here can't teach, filters learned on two million other sounds bring along
(Gemmeke et al., "Audio Set", ICASSP 2017; MobileNet: Howard et al., 2017). Only the early layers
are taken. They see texture; the later ones know what makes a sound, which is the same for a voice
and its copy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import onnx
import torch
from torch import nn

from media_screen import weights
from media_screen.speech.listen import YAMNET
from media_screen.speech.spectra import htk_filters
from media_screen.speech.synthesis import LEVELS, LOWEST_DB, RANGE_DB
from training.convert.small_storage import stored_weights

_BANDS = 64  # rows of a picture: YAMNet's mel bands, or bins of 31 Hz, 2 kHz in all
PICTURES = LEVELS // _BANDS  # mel bands of all, and the bins of 2 to 4, 4 to 6 and 6 to 8 kHz
# Of YAMNet's convolutions, in order: whether they halve time and frequency.
_HALVING = (True, False, False, True, False, False, False, True, False, False, False, True, False)
STATISTICS = PICTURES * 2 * 512  # mean and spread of each channel of the seventh layer
_NEPER = math.log(10) / 20  # of a decibel
# Where YAMNet's inputs, natural logarithms of magnitudes, are for speech of usual loudness.
_MEL_MEAN, _BAND_MEAN, _LOWEST, _GAIN = -1.5, -2.0, -6.9, 4.0
_LEAST = 1e-8  # of a variance, whose root has a slope then
_QUIET = 1.5 / 255  # levels up to which nothing is heard ...
_UNHEARD = 1e-4  # ... and the magnitude they stand for


class YamnetLayers(nn.Module):
    """Tells what YAMNet's first seven layers say of four pictures of the spectra.

    Three of the pictures are bands of 2 kHz in which one bin of 31 Hz is a row, so that harmonics
    and what lies between them are seen; the fourth is of mel bands. None shows how loud a band is
    on the whole, which tells of microphone and codec.
    """

    mel: torch.Tensor

    def __init__(self, layers: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList()
        # One over all inputs, and then by turns one for each channel and one that mixes channels.
        for place, ((kernel, bias), halving) in enumerate(zip(layers, _HALVING, strict=True)):
            outputs, inputs, size, _ = kernel.shape
            groups = outputs if place % 2 else 1
            one = nn.Conv2d(
                inputs * groups,
                outputs,
                size,
                stride=2 if halving else 1,
                groups=groups,
                padding=0 if halving else size // 2,
            )
            one.load_state_dict({"weight": kernel, "bias": bias})
            self.convolutions.append(one)
        mel = htk_filters(_BANDS, size=2 * LEVELS, low=125.0, high=7500.0)[:, 1:]
        self.register_buffer("mel", torch.from_numpy(np.ascontiguousarray(mel.T)))
        self.requires_grad_(False)

    def forward(self, levels: torch.Tensor) -> torch.Tensor:
        """Return means and spreads of what the last layer says of n x frames x 256: n x 4,096."""
        pictures = self._pictures(levels)
        x = pictures.flatten(0, 1)[:, None]
        for convolution, halving in zip(self.convolutions, _HALVING, strict=True):
            # As YAMNet fills up: behind the end only, where it halves.
            x = torch.relu(convolution(nn.functional.pad(x, (0, 1, 0, 1)) if halving else x))
        mean = x.mean(dim=(2, 3))
        spread = torch.sqrt(torch.relu((x * x).mean(dim=(2, 3)) - mean * mean) + _LEAST)
        # Not by the number of windows, which an exported network would take for a constant.
        return torch.cat([mean, spread], dim=1).reshape(-1, STATISTICS)

    def _pictures(self, levels: torch.Tensor) -> torch.Tensor:
        """Return n x 4 x frames x 64, each row without its mean over time."""
        nepers = _NEPER * (RANGE_DB * levels + LOWEST_DB)
        magnitudes = torch.where(levels > _QUIET, torch.exp(nepers), _UNHEARD)
        mel = torch.log(_GAIN * magnitudes @ self.mel + 10**-3)
        bands = torch.stack(torch.split(nepers[..., _BANDS:], _BANDS, dim=2), dim=1)
        mel = mel - mel.mean(dim=1, keepdim=True) + _MEL_MEAN
        bands = bands - bands.mean(dim=2, keepdim=True) + _BAND_MEAN
        return torch.cat([mel[:, None], bands.clamp_min(_LOWEST)], dim=1)


def yamnet_layers() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return kernel and bias of each convolution of YAMNet's first seven layers, as shipped."""
    model = onnx.load(weights.path(YAMNET))
    known = stored_weights(model)
    found = [
        [torch.from_numpy(known[name].astype(np.float32)) for name in node.input[1:]]
        for node in model.graph.node
        if node.op_type == "Conv"
    ]
    return [(kernel, bias) for kernel, bias in found[: len(_HALVING)]]
