"""Convolutions on the graph of a mesh: residual blocks of GraphCMR and of Mesh Graphormer.

Kolotouros et al., CVPR 2019; Lin et al., ICCV 2021. On graphs see
`poseloom.tasks.mesh_recovery.mesh_levels`.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.tasks.mesh_recovery.mesh_levels import MeshGraph

_GROUP = 8


class GraphLinear(nn.Module):
    """A linear layer on every vertex; channels stand before vertices."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        most = 1 / (channels * out)
        self.W = nn.Parameter(torch.empty(out, channels).uniform_(-most, most))
        self.b = nn.Parameter(torch.zeros(out))

    def forward(self, x: Float[Tensor, "batch channels vertices"]) -> Float[Tensor, "batch out vertices"]:
        return self.W @ x + self.b[:, None]


class GraphConvolution(nn.Module):
    """A linear layer on every vertex, then each vertex takes the mean of its neighbours (Kipf and Welling 2017).

    Args:
        channels, out: sizes.
        graph: who is whose neighbour; it belongs to the network, not to this layer.
    """

    def __init__(self, channels: int, out: int, graph: MeshGraph):
        super().__init__()
        self._graph = (graph,)
        most = 6 / (channels + out)
        self.weight = nn.Parameter(torch.empty(channels, out).uniform_(-most, most))
        self.bias = nn.Parameter(torch.zeros(out).uniform_(-most, most))

    def forward(self, x: Float[Tensor, "batch vertices channels"]) -> Float[Tensor, "batch vertices out"]:
        return self._graph[0].spread(x @ self.weight) + self.bias


class GraphResBlock(nn.Module):
    """GraphCMR's block: narrower, graph convolution, wider, added to the input; before each a norm and a ReLU.

    Public files have a ``skip_conv`` in every block; here it is only where input and output differ in width, for
    elsewhere it is not used.
    """

    def __init__(self, channels: int, out: int, graph: MeshGraph):
        super().__init__()
        narrow = out // 2
        self.lin1 = GraphLinear(channels, narrow)
        self.conv = GraphConvolution(narrow, narrow, graph)
        self.lin2 = GraphLinear(narrow, out)
        self.skip_conv = GraphLinear(channels, out) if channels != out else None
        self.pre_norm = nn.GroupNorm(channels // _GROUP, channels)
        self.norm1 = nn.GroupNorm(narrow // _GROUP, narrow)
        self.norm2 = nn.GroupNorm(narrow // _GROUP, narrow)

    def forward(self, x: Float[Tensor, "batch channels vertices"]) -> Float[Tensor, "batch out vertices"]:
        y = self.lin1(self.pre_norm(x).relu())
        y = self.conv(self.norm1(y).relu().mT).mT
        y = self.lin2(self.norm2(y).relu())
        return (x if self.skip_conv is None else self.skip_conv(x)) + y


class VertexLinear(nn.Module):
    """A linear layer on every vertex; channels stand behind vertices."""

    def __init__(self, channels: int, out: int):
        super().__init__()
        most = 1 / math.sqrt(channels)
        self.W = nn.Parameter(torch.empty(out, channels).uniform_(-most, most))
        self.b = nn.Parameter(torch.zeros(out))

    def forward(self, x: Float[Tensor, "batch vertices channels"]) -> Float[Tensor, "batch vertices out"]:
        return nn.functional.linear(x, self.W, self.b)


class VertexResBlock(nn.Module):
    """Graphormer's block: the same, normalised vertex by vertex. The ``skip_conv`` of public files is never used."""

    def __init__(self, channels: int, graph: MeshGraph):
        super().__init__()
        narrow = channels // 2
        self.lin1 = VertexLinear(channels, narrow)
        self.conv = GraphConvolution(narrow, narrow, graph)
        self.lin2 = VertexLinear(narrow, channels)
        self.pre_norm = nn.LayerNorm(channels, eps=1e-12)
        self.norm1 = nn.LayerNorm(narrow, eps=1e-12)
        self.norm2 = nn.LayerNorm(narrow, eps=1e-12)

    def forward(self, x: Float[Tensor, "batch vertices channels"]) -> Float[Tensor, "batch vertices channels"]:
        y = self.lin1(self.pre_norm(x).relu())
        y = self.conv(self.norm1(y).relu())
        return x + self.lin2(self.norm2(y).relu())
