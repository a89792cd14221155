"""Networks that judge made pictures: Inception and LPIPS from the user's files, keypoints by poseloom's own reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from poseloom.base.ranges import within
from poseloom.metrics.frechet import FeatureStatistics, frechet_distance
from poseloom.metrics.inception_score import SPLITS, inception_score
from poseloom.nn.image.inception import FEATURES, Inception, open_inception
from poseloom.nn.image.lpips import Lpips, open_lpips

Bytes = UInt8[Tensor, "batch 3 height width"]


@dataclass(frozen=True)
class Judges:
    """What judges made pictures besides pixels. What is not named is not measured.

    Args:
        inception: file of Inception-v3's weights, for FID and the inception score: that of pytorch-fid (TensorFlow's of
            2015, 1008 classes; published numbers are of it) or torchvision's (1000 classes). The variants give other
            numbers.
        lpips_alexnet: file of torchvision's AlexNet, for LPIPS.
        lpips_linear: file of LPIPS's linear layers for AlexNet, version 0.1.
        keypoints: PCKh, by the keypoints that poseloom reads in made pictures. Published numbers are of OpenPose's.
        splits: of the inception score.
    """

    inception: str = ""
    lpips_alexnet: str = ""
    lpips_linear: str = ""
    keypoints: bool = False
    splits: int = within(SPLITS, 1, 100_000)


class NetworkFigures:
    """Inception score, FID and LPIPS of pictures that come in batches.

    Args:
        inception, lpips: the networks; what is not there is not measured.
        splits: of the inception score.
    """

    def __init__(self, inception: Inception | None, lpips: Lpips | None, splits: int = SPLITS):
        self.inception, self.lpips, self.splits = inception, lpips, splits
        self._made, self._real, self._target = (FeatureStatistics(FEATURES) for _ in range(3))
        self._classes: list[Tensor] = []
        self._masked: list[Tensor] = []
        self._distances: list[Tensor] = []

    @torch.no_grad()
    def refer_to(self, pictures: Iterable[Bytes]) -> None:
        """Pictures that FID compares with; the targets where none are given."""
        if self.inception is not None:
            for part in pictures:
                self._real.add(self.inception(part).features)

    @torch.no_grad()
    def add(self, target: Bytes, made: Bytes, mask: UInt8[Tensor, "batch 1 rows columns"]) -> None:
        """A batch of targets, of made pictures, and of the masks of people in them."""
        if self.inception is not None:
            seen = self.inception(made)
            self._made.add(seen.features)
            self._target.add(self.inception(target).features)
            self._classes.append(seen.probabilities)
            if mask.shape[-2:] == made.shape[-2:]:
                self._masked.append(self.inception(made * mask).probabilities)
        if self.lpips is not None:
            self._distances.append(self.lpips(target, made))

    def figures(self) -> dict[str, float]:
        """``fid``, ``is``, ``is_std``, ``mask_is``, ``mask_is_std``, ``lpips``, as far as there are networks."""
        found: dict[str, float] = {}
        if self._classes:
            found["is"], found["is_std"] = inception_score(torch.cat(self._classes), self.splits)
            real = self._real if self._real.count else self._target
            found["fid"] = float(frechet_distance(real, self._made))
        if self._masked:
            found["mask_is"], found["mask_is_std"] = inception_score(torch.cat(self._masked), self.splits)
        if self._distances:
            found["lpips"] = float(torch.cat(self._distances).mean())
        return found


class FoundKeypoints:
    """OpenPose's 18 joints that poseloom's reader finds in small pictures, which are enlarged for it."""

    def __init__(self) -> None:
        from poseloom.tasks.transfer.people import small_picture_joints

        self._joints = small_picture_joints

    def __call__(self, pictures: Bytes) -> Float[Tensor, "batch 18 2"]:
        """Row and column in each picture, -1 where nothing is found."""
        return torch.stack([self._joints(one.float() / 255) for one in pictures])


def open_judges(judges: Judges) -> NetworkFigures:
    """The networks that are named.

    Raises:
        FileError: a file is missing, damaged, or of another network.
    """
    inception: Any = open_inception(judges.inception) if judges.inception else None
    lpips: Any = None
    if judges.lpips_alexnet or judges.lpips_linear:
        lpips = open_lpips(judges.lpips_alexnet, judges.lpips_linear)
    return NetworkFigures(inception, lpips, judges.splits)
