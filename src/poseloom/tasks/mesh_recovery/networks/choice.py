"""Which network: an algorithm, a backbone, the sizes of a body; and the module that is built of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.ranges import within
from poseloom.images.normalise import IMAGENET, Normalisation
from poseloom.nn.image.backbones import BACKBONES, CLASSIFIERS, SQUARE, backbone_kind
from poseloom.tasks.mesh_recovery.mesh_levels import MeshPyramid
from poseloom.tasks.mesh_recovery.networks.graphcmr import GraphCmr
from poseloom.tasks.mesh_recovery.networks.graphormer import JOINTS, Graphormer
from poseloom.tasks.mesh_recovery.networks.hmr2 import Hmr2, TokenHead
from poseloom.tasks.mesh_recovery.networks.pare import Pare, PareHead
from poseloom.tasks.mesh_recovery.networks.regressor import Hmr, ParameterRegressor

HMR, SPIN, PARE, GRAPHCMR, GRAPHORMER, HMR2 = ALGORITHMS = ("hmr", "spin", "pare", "graphcmr", "graphormer", "hmr2")
_MESH = "mesh."
_USUAL = {
    HMR: "resnet50",
    SPIN: "resnet50",
    PARE: "hrnet_w32",
    GRAPHCMR: "resnet50",
    GRAPHORMER: "hrnet_w64",
    HMR2: "vit_h",
}


@dataclass(frozen=True)
class NetworkChoice:
    """A network that looks at a picture of a person.

    Args:
        algorithm: hmr, spin, pare, graphcmr, graphormer or hmr2.
        backbone: one of `poseloom.nn.image.backbones`; that of the algorithm's authors where it is empty.
        joints: rotations of the body; SMPL has 24.
        betas: shape coefficients of the body.
    """

    algorithm: str = HMR
    backbone: str = ""
    joints: int = within(24, 1, 999)
    betas: int = within(10, 1, 999)

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            near = closest(self.algorithm, ALGORITHMS)
            raise PoseloomError(f"algorithm {self.algorithm!r} is unknown (of {', '.join(ALGORITHMS)}){near}")
        known = CLASSIFIERS if self.algorithm == GRAPHORMER else BACKBONES
        if self.network not in known:
            near = closest(self.network, list(known))
            raise PoseloomError(
                f"{self.algorithm} has no backbone {self.network!r}{near}; known are {', '.join(known)}"
            )

    @property
    def network(self) -> str:
        """The backbone's name."""
        return self.backbone or _USUAL[self.algorithm]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the crops, pixels."""
        return SQUARE if self.algorithm == GRAPHORMER else backbone_kind(self.network).size

    @property
    def normalisation(self) -> Normalisation:
        """Of the crops."""
        return IMAGENET if self.algorithm == GRAPHORMER else backbone_kind(self.network).normalisation

    @property
    def bends_mesh(self) -> bool:
        """Whether the network bends a mesh of the body, which it then has as a part."""
        return self.algorithm in (GRAPHCMR, GRAPHORMER)


@dataclass(frozen=True, eq=False)
class BodyAtRest:
    """What networks that bend a mesh know of the body.

    Args:
        pyramid: its mesh at three sizes, at the T-pose.
        joints: the 14 on which is measured, metres.
        pelvis: about which they are told.
    """

    pyramid: MeshPyramid
    joints: Float[Tensor, "14 3"]
    pelvis: Float[Tensor, "3"]


def build_network(choice: NetworkChoice, rest: BodyAtRest | None = None) -> nn.Module:
    """A network with first weights of its own.

    Args:
        choice: which.
        rest: the body; needed where a mesh is bent.

    Raises:
        PoseloomError: the body is missing.
    """
    if choice.bends_mesh and rest is None:
        raise PoseloomError(f"{choice.algorithm} bends the mesh of a body; name its files")
    if choice.algorithm == GRAPHORMER:
        assert rest is not None
        return Graphormer(CLASSIFIERS[choice.network](), rest.pyramid, rest.joints, rest.pelvis)
    kind = backbone_kind(choice.network)
    backbone = kind.build()
    if choice.algorithm == GRAPHCMR:
        assert rest is not None
        return GraphCmr(backbone, _channels(backbone), rest.pyramid, choice.joints, choice.betas)
    if choice.algorithm == HMR2:
        return Hmr2(backbone, TokenHead(_channels(backbone), choice.joints, choice.betas))
    if choice.algorithm == PARE:
        return Pare(backbone, PareHead(_channels(backbone), choice.joints, choice.betas))
    return Hmr(backbone, ParameterRegressor(kind.pooled, choice.joints, choice.betas, kind.pooling))


def network_of_state(choice: NetworkChoice, state: Mapping[str, Tensor]) -> nn.Module:
    """A network with weights that poseloom wrote, in evaluation mode.

    Raises:
        PoseloomError: names or shapes differ; with the first of them.
    """
    rest = None
    if choice.bends_mesh:
        pyramid = MeshPyramid.of_state(state, _MESH)
        rest = BodyAtRest(pyramid, torch.zeros(JOINTS, 3), torch.zeros(3))
    network = build_network(choice, rest)
    check_names(network.state_dict(), state)
    network.load_state_dict(dict(state))
    return network.eval()


def check_names(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Refuse weights of another network.

    Raises:
        PoseloomError: with the first name that differs.
    """
    lacking = [name for name in own if name not in given and not name.endswith("num_batches_tracked")]
    unknown = [name for name in given if name not in own]
    if lacking or unknown:
        first = [f"lacks {lacking[0]}"] if lacking else []
        first += [f"has {unknown[0]}, which is not expected"] if unknown else []
        more = len(lacking) + len(unknown) - len(first)
        raise PoseloomError(
            f"weights are of another network: it {' and '.join(first)}" + (f" ({more} more)" * (more > 0))
        )
    for name, value in own.items():
        if name in given and given[name].shape != value.shape:
            found, wanted = list(given[name].shape), list(value.shape)
            raise PoseloomError(f"weights are of another network: {name} is {found}, expected {wanted}")


def _channels(backbone: nn.Module) -> int:
    channels = backbone.channels
    assert isinstance(channels, int)
    return channels
