"""Draws training pairs: a genuine and a forged crop, treated alike, one pair for each number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from media_screen.arrays import Image
from media_screen.detectors.face_artifact.forged import is_good
from training.face_artifact import augment, blends
from training.face_artifact.copies import PORTRAITS
from training.face_artifact.crops import Crop, CropSource

# Of the genuine crops that stand against labelled fakes: most of those are portraits as generators
# write them, and a network that saw few genuine ones learns to tell the form.
PORTRAIT = 0.5
# Genuine crops drawn for a labelled fake, of which the one most like it in size and sharpness is
# taken: genuine web video is small and soft, what generators write is neither.
ALIKE = 12
# Of pictures that get other surroundings or edges: without them the network takes the plain
# backdrops of studios, and faces that fill the picture, for the traces of a blend.
SURROUNDED = 0.4
# Of forged stills that are degraded: with the others, two in five are then grey, as are 250 of the
# 604 genuine ones.
GREY_STILLS = 0.62


@dataclass(frozen=True)
class TrainingRecipe:
    """What a network is trained on; shares are of the forged pictures."""

    pseudo: float = 0.5  # pseudo-fakes; the rest are fakes of the labelled media
    mouth: float = 0.4  # of the pseudo-fakes: mouth or lower face only


class PairSet:
    """A data set of pairs: item k is (2, 3, side, side) bytes, genuine first.

    Draws collections by the square root of their number of files, then a file, then a crop, so
    that neither one large collection nor one long clip rules. Item k depends on seed and k alone.
    """

    def __init__(
        self,
        crops: Sequence[Crop],
        pixels: Image,
        sources: Sequence[CropSource],
        *,
        recipe: TrainingRecipe,
        side: int,
        length: int,
        seed: int,
    ) -> None:
        self._crops, self._pixels = crops, pixels
        self._recipe, self._side, self._length, self._seed = recipe, side, length, seed
        of_path = {source.path: source for source in sources if source.clean}
        usable = defaultdict(list)
        for index, crop in enumerate(crops):
            if crop.path in of_path and is_good(crop.size_px, crop.inside):
                usable[crop.path].append(index)
        self._genuine = _Tree({p: usable[p] for p in usable if not of_path[p].fake}, of_path)
        self._forged = _Tree({p: usable[p] for p in usable if of_path[p].fake}, of_path)
        self._portraits = {
            path: [i for i in indices if crops[i].version == PORTRAITS[0].name]
            for path, indices in usable.items()
        }
        looks = np.array([(np.log2(crop.size_px), crop.sharpness) for crop in crops])
        self._looks = (looks - looks.mean(axis=0)) / (looks.std(axis=0) + 1e-6)
        self._stills = {p for p in usable if of_path[p].kind.endswith("face")}

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of all files that crops are drawn from."""
        return (*self._genuine.files, *self._forged.files)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> Any:
        import torch

        rng = np.random.default_rng((self._seed, number))
        index = self._genuine.draw(rng)
        seed = int(rng.integers(1 << 62))
        if rng.random() < self._recipe.pseudo:
            fake, real = blends.pseudo_fake(
                self._with_others(index, rng), rng, mouth_share=self._recipe.mouth
            )
            real, fake = self._surrounded([real, fake], index, rng)
            real, fake = augment.frame_up([real, fake], seed, side=self._side)
            real, fake = augment.degrade([real, fake], seed)
        else:
            other = self._forged.draw(rng)
            index = self._like(other, rng)
            still = self._crops[other].path in self._stills
            other_seed = int(rng.integers(1 << 62))
            (real,) = self._surrounded([self._pixels[index]], index, rng)
            (real,) = augment.frame_up([real], seed, side=self._side)
            (real,) = augment.degrade([real], seed)
            (fake,) = self._surrounded([self._pixels[other]], other, rng)
            (fake,) = augment.frame_up([fake], other_seed, side=self._side)
            grey = GREY_STILLS if still else 0.08
            (fake,) = augment.degrade([fake], other_seed, grey=grey)
        return torch.from_numpy(np.stack([real, fake]).transpose(0, 3, 1, 2).copy())

    def _surrounded(self, images: list[Image], index: int, rng: np.random.Generator) -> list[Image]:
        if rng.random() >= SURROUNDED:
            return images
        other = self._pixels[self._genuine.draw(rng)]
        return blends.surrounded(images, self._crops[index].landmarks, other, rng)

    def _like(self, forged: int, rng: np.random.Generator) -> int:
        """Return a genuine crop about as large and sharp as a forged one."""
        drawn = [self._as_portrait(self._genuine.draw(rng), rng) for _ in range(ALIKE)]
        distances = np.square(self._looks[drawn] - self._looks[forged]).sum(axis=1)
        return drawn[int(distances.argmin())]

    def _as_portrait(self, index: int, rng: np.random.Generator) -> int:
        """Return a crop of the portrait copy of the same file half of the time, if it has one."""
        portraits = self._portraits.get(self._crops[index].path, [])
        if not portraits or rng.random() >= PORTRAIT:
            return index
        return portraits[int(rng.integers(len(portraits)))]

    def _with_others(self, index: int, rng: np.random.Generator) -> blends.Genuine:
        crop = self._crops[index]
        same = [
            i
            for i in self._genuine.files[crop.path]
            if self._crops[i].version == crop.version and self._crops[i].track == crop.track
        ]
        stranger = self._genuine.draw(rng)
        return blends.Genuine(
            crop=self._pixels[index],
            points=crop.landmarks,
            moment=self._pixels[same[int(rng.integers(len(same)))]],
            stranger=self._pixels[stranger],
        )


class _Tree:
    """Crops by collection and file, to draw from evenly."""

    def __init__(self, files: Mapping[str, list[int]], of_path: Mapping[str, CropSource]) -> None:
        self.files = files
        groups: dict[str, list[str]] = defaultdict(list)
        for path in sorted(files):
            source = of_path[path]
            # Forged files are drawn by method: one page shows many.
            groups[source.method if source.fake else source.collection].append(path)
        self._groups = list(groups.values())
        # A still is one picture where a clip is many, so it counts a tenth.
        sizes = [
            sum(0.1 if of_path[path].kind.endswith("face") else 1.0 for path in group)
            for group in self._groups
        ]
        self._chances = np.sqrt(sizes) / np.sqrt(sizes).sum()

    def draw(self, rng: np.random.Generator) -> int:
        """Return the index of one crop."""
        group = self._groups[int(rng.choice(len(self._groups), p=self._chances))]
        crops = self.files[group[int(rng.integers(len(group)))]]
        return crops[int(rng.integers(len(crops)))]
