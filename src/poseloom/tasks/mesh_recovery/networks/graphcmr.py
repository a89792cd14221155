"""GraphCMR (Kolotouros et al., CVPR 2019): a template mesh bent by graph convolutions, and parameters read off it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.tasks.mesh_recovery.mesh_levels import MeshGraph, MeshPyramid
from poseloom.tasks.mesh_recovery.networks.graph_layers import GraphLinear, GraphResBlock
from poseloom.tasks.mesh_recovery.networks.outputs import BodyParameters, MeshAndParameters
from poseloom.tasks.mesh_recovery.networks.regressor import CAMERA

_FIRST = 512
_LAYERS, _CHANNELS = 5, 256
_SHAPE = (64, 32)
_WIDE = 1024
_GROUP = 8
_SHAPE_GROUPS = 4
_REGRESSOR_BLOCKS = 2


class GraphCnn(nn.Module):
    """Pictures to the vertices of the reduced mesh and an orthographic camera (checkpoint key ``graph_cnn``).

    Args:
        resnet: pictures -> map.
        features: channels of the map.
        template: the reduced mesh at rest, about its middle, its largest coordinate 1.
        graph: neighbours in the reduced mesh.
    """

    template: Tensor

    def __init__(self, resnet: nn.Module, features: int, template: Float[Tensor, "vertices 3"], graph: MeshGraph):
        super().__init__()
        self.resnet = resnet
        self.register_buffer("template", template.mT.contiguous(), persistent=False)
        self.gc = nn.Sequential(
            GraphLinear(3 + features, _FIRST),
            GraphResBlock(_FIRST, _CHANNELS, graph),
            *(GraphResBlock(_CHANNELS, _CHANNELS, graph) for _ in range(_LAYERS)),
        )
        self.shape = nn.Sequential(
            GraphResBlock(_CHANNELS, _SHAPE[0], graph),
            GraphResBlock(_SHAPE[0], _SHAPE[1], graph),
            nn.GroupNorm(_SHAPE_GROUPS, _SHAPE[1]),
            nn.ReLU(inplace=True),
            GraphLinear(_SHAPE[1], 3),
        )
        self.camera_fc = nn.Sequential(
            nn.GroupNorm(_CHANNELS // _GROUP, _CHANNELS),
            nn.ReLU(inplace=True),
            GraphLinear(_CHANNELS, 1),
            nn.ReLU(inplace=True),
            nn.Linear(len(template), CAMERA),
        )

    def forward(
        self, pictures: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Float[Tensor, "batch 3 vertices"], Float[Tensor, "batch 3"]]:
        features = self.resnet(pictures).mean((2, 3))
        count = self.template.shape[1]
        told = features[:, :, None].expand(-1, -1, count)
        x = self.gc(torch.cat([self.template.expand(len(told), -1, -1), told], dim=1))
        return self.shape(x), self.camera_fc(x)[:, 0]


class ParametersOfMesh(nn.Module):
    """Vertices of the reduced mesh to rotations and shape (checkpoint key ``smpl_param_regressor``).

    Args:
        template: as of `GraphCnn`.
        joints: rotations of the body.
        betas: shape coefficients.
    """

    template: Tensor

    def __init__(self, template: Float[Tensor, "vertices 3"], joints: int = 24, betas: int = 10):
        super().__init__()
        self.joints, self.betas = joints, betas
        self.register_buffer("template", template, persistent=False)
        first = nn.Module()
        first.fc_block = nn.Sequential(nn.Linear(6 * len(template), _WIDE), nn.BatchNorm1d(_WIDE), nn.ReLU())
        blocks = [_ResidualBlock(_WIDE) for _ in range(_REGRESSOR_BLOCKS)]
        self.layers = nn.ModuleList([first, *blocks, nn.Linear(_WIDE, 9 * joints + betas)])

    def matrices(
        self, vertices: Float[Tensor, "batch vertices 3"]
    ) -> tuple[Float[Tensor, "batch joints 3 3"], Float[Tensor, "batch coefficients"]]:
        """Rotations before they are made orthogonal, and shape."""
        both = torch.cat([vertices, self.template.expand(len(vertices), -1, -1)], dim=-1).flatten(1)
        x = self.layers[0].fc_block(both)
        for layer in self.layers[1:]:
            x = layer(x)
        numbers, betas = x.split([9 * self.joints, self.betas], dim=1)
        return numbers.unflatten(1, (self.joints, 3, 3)), betas

    def forward(
        self, vertices: Float[Tensor, "batch vertices 3"]
    ) -> tuple[Float[Tensor, "batch joints 3 3"], Float[Tensor, "batch coefficients"]]:
        matrices, betas = self.matrices(vertices)
        return orthogonal(matrices), betas


def orthogonal(matrices: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3 3"]:
    """U V^T times its determinant: a rotation, as published; the nearest one only where no reflection is nearer."""
    u, _, vh = torch.linalg.svd(matrices)
    found = u @ vh
    return found * torch.linalg.det(found)[..., None, None]


class _ResidualBlock(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc_block = nn.Sequential(
            nn.Linear(width, width),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.BatchNorm1d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.fc_block(x)).relu()


class GraphCmr(nn.Module):
    """Pictures to a mesh by graph convolutions, and to body parameters that are read off it without touching it.

    Args:
        resnet: pictures -> map.
        features: channels of the map.
        pyramid: meshes of the body, the first reduction of which is bent.
        joints: rotations of the body.
        betas: shape coefficients.
    """

    def __init__(self, resnet: nn.Module, features: int, pyramid: MeshPyramid, joints: int = 24, betas: int = 10):
        super().__init__()
        self.mesh = pyramid
        template = pyramid.reduced(pyramid.centred()[None])[0]
        graph = pyramid.graphs[1]
        assert isinstance(graph, MeshGraph)
        self.graph_cnn = GraphCnn(resnet, features, template, graph)
        self.smpl_param_regressor = ParametersOfMesh(template, joints, betas)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> MeshAndParameters:
        """Normalised crops to bodies."""
        channels_first, weak = self.graph_cnn(pictures)
        coarse = channels_first.mT
        rotations, betas = self.smpl_param_regressor(coarse.detach())
        return MeshAndParameters(coarse, self.mesh.steps[0].up(coarse), BodyParameters(rotations, betas, weak))
