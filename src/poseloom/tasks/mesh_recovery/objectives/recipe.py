"""Recipes of mesh recovery, put together from few parts: data, loss, first weights, augmentation, backbone, body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import ClassVar, Literal

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.ranges import within
from poseloom.tasks.mesh_recovery.objectives.tables import Changes
from poseloom.training import Mix, Recipe

_MIXED_NOISE, _MIXED = 0.2, 0.5
"""With self-mixing the benchmark lowers the channel noise."""


@dataclass(frozen=True)
class MeshData:
    """Pictures of people to learn from; each data set is a table that ``poseloom data prepare`` made.

    Args:
        mix: mix1 to mix11 of the benchmark, graphcmr-all, graphcmr-itw, graphormer, or the name of one data set.
        shares: data set -> its share, in place of a mix.
        tables: folder with a table of each data set, by its name.
        pictures: folder with the pictures of each data set, by its name; that of the tables where it is empty.
        validation: data set on which is validated and measured.
        split: its split for validation between epochs.
        protocol: what is true: the body of each row, as on 3DPW; or joints in space of the data set, as on Human3.6M,
            of all cameras (h36m-p1) or of camera 60457274 alone (h36m-p2).
        samples: samples that count as an epoch; as many as the largest data set has where it is 0, as published.
        measured: samples of the validation between epochs, at most; 0 takes all.
        changes: how crops are varied.
    """

    shorthand: ClassVar[str] = "mix"

    mix: str = "mix5"
    shares: dict[str, float] = field(default_factory=dict)
    tables: str = ""
    pictures: str = ""
    validation: str = "3dpw"
    split: str = "val"
    protocol: Literal["body", "h36m-p1", "h36m-p2"] = "body"
    samples: int = within(0, 0, 1_000_000_000)
    measured: int = within(0, 0, 1_000_000_000)
    changes: Changes = field(default_factory=Changes)

    def share_of_each(self) -> Mix:
        """Data set -> its share.

        Raises:
            PoseloomError: there is no such mix.
        """
        if self.shares:
            return Mix(dict(self.shares))
        known = published_mixes()
        if self.mix in known:
            return Mix(dict(known[self.mix]))
        if self.mix.startswith(("mix", "graph")):
            near = closest(self.mix, list(known))
            raise PoseloomError(f"recipe: data.mix {self.mix!r} is unknown{near}; known are {', '.join(known)}")
        return Mix({self.mix: 1.0})


@lru_cache(maxsize=1)
def published_mixes() -> Mapping[str, Mapping[str, float]]:
    """Name -> shares of the benchmark's mixes, and of those that GraphCMR's and Graphormer's authors used."""
    text = (resources.files("poseloom.tasks.mesh_recovery") / "mixes.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, float]] = json.loads(text)
    return found


@dataclass(frozen=True)
class FirstWeights:
    """With which weights a network begins.

    Args:
        weights: imagenet, coco (2D pose) or mpii (2D pose): the backbone's file in `folder`; none; or the path of a
            file, of a backbone or of a whole network (SPIN begins with an HMR).
        folder: with files such as ``resnet50_imagenet.pth``, ``hrnet_coco_pose.pth``, ``twins_svt_mpii_pose.pth``.
    """

    shorthand: ClassVar[str] = "weights"

    weights: str = "imagenet"
    folder: str = ""

    def file(self, backbone: str) -> Path | None:
        """The file of a backbone; None where there is to be none.

        Raises:
            FileError: it is missing.
        """
        if self.weights == "none":
            return None
        if self.weights not in _INITS:
            return Path(self.weights)
        if not self.folder:
            raise PoseloomError(
                f"recipe: init.weights {self.weights!r} is a file of {backbone}; name the folder where it lies by "
                "--init.folder, or begin with --init none"
            )
        names = [f"{stem}_{_INITS[self.weights]}{suffix}" for stem in _stems(backbone) for suffix in _SUFFIXES]
        found = next((Path(self.folder) / name for name in names if (Path(self.folder) / name).is_file()), None)
        if found is None:
            problem = f"has no {self.weights} weights of {backbone}"
            raise FileError(self.folder, problem, remedy=f"expected {names[0]}; --init FILE names any file")
        return found


_INITS = {"imagenet": "imagenet", "coco": "coco_pose", "mpii": "mpii_pose"}
_SUFFIXES = (".pth", ".pt", ".safetensors")
_OTHER_STEMS = {"hrnet_w32": ("hrnet",), "hrnet_w48": ("hrnetw48",)}


def _stems(backbone: str) -> tuple[str, ...]:
    return (backbone, *_OTHER_STEMS.get(backbone, ()))


@dataclass(frozen=True)
class MeshRecipe(Recipe):
    """How a network of mesh recovery is trained.

    Args:
        algorithm: hmr, spin, pare, graphcmr or graphormer.
        backbone: one of the backbones; that of the algorithm where it is empty.
        loss: the benchmark's usual losses (normal), L1 for all (l1), squared for all (mse).
        init: with which weights it begins.
        augment: on adds the benchmark's self-mixing, and lowers the channel noise.
        body: folder of SMPL's files (SMPL_NEUTRAL.pkl, J_regressor_extra.npy, J_regressor_h36m.npy and, where the
            algorithm wants them, smpl_mean_params.npz, gmm_08.pkl, mesh_downsampling.npz); the free body where empty.
        gentle: factor of the learning rate of those backbones that the benchmark trains more slowly than the head.
        statistics: of the backbone's batch normalisations: batch trains them, kept leaves them as they came (short runs
            from weights of others), auto does as the benchmark (HRNet and ResNeXt keep them).
        frozen_stages: stages of a ResNet or HRNet that are not trained, from the front; the stem is the first.
        data: pictures to learn from.
    """

    algorithm: str = "hmr"
    backbone: str = ""
    loss: Literal["normal", "l1", "mse"] = "normal"
    init: FirstWeights = field(default_factory=FirstWeights)
    augment: Literal["off", "on"] = "off"
    body: str = ""
    gentle: float = within(1.0, 1e-6, 1)
    statistics: Literal["auto", "batch", "kept"] = "auto"
    frozen_stages: int = within(0, 0, 100)
    data: MeshData = field(default_factory=MeshData)

    @property
    def changes(self) -> Changes:
        """How training crops are varied."""
        own = self.data.changes
        if self.augment == "off":
            return own
        return replace(own, noise=min(own.noise, _MIXED_NOISE), mix=_MIXED)
