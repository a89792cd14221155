"""Mesh Graphormer (Lin et al., ICCV 2021): joints and vertices as tokens that attend to each other and to the picture.

The public files also hold a word table, poolers and skip layers, of which nothing is computed: `UNUSED`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.image.hrnet import GridFeatures, HrnetClassification
from poseloom.tasks.mesh_recovery.mesh_levels import MeshGraph, MeshPyramid
from poseloom.tasks.mesh_recovery.networks.graph_layers import VertexResBlock
from poseloom.tasks.mesh_recovery.networks.outputs import MeshLevels

JOINTS = 14
UNUSED = (".bert.embeddings.", ".bert.pooler.", ".skip_conv.")
"""Parts of state names of the public files with which nothing is computed."""
_LAYERS, _HEADS = 4, 4
_DROPPED = 0.1
_EPSILON = 1e-12
_POSITIONS = 512
_CAMERA = 250
_SMALL = 0.02
MASKED = 0.01
"""What stands in place of a masked token's numbers."""


@dataclass(frozen=True)
class BlockSizes:
    """Widths of an encoder block; feed-forward layers are twice as wide as `hidden`."""

    hidden: int
    out: int
    graph: bool


_BLOCKS = (BlockSizes(1024, 512, False), BlockSizes(256, 128, False), BlockSizes(64, 3, True))


class GraphormerHead(nn.Module):
    """What a classification network knows of a picture, to joints, meshes and camera.

    Args:
        template: joints, then vertices of the coarsest mesh, about the pelvis, metres.
        graph: neighbours in the coarsest mesh.
        coarse, vertices: how many vertices the two larger meshes have.
    """

    template: Tensor

    def __init__(
        self,
        template: Float[Tensor, "tokens 3"],
        graph: MeshGraph,
        coarse: int = 1723,
        vertices: int = 6890,
    ):
        super().__init__()
        features, channels = HrnetClassification.features, HrnetClassification.channels
        self.fewest = len(template) - JOINTS
        self.register_buffer("template", template)
        width = 3 + features
        self.trans_encoder = nn.Sequential()
        for number, sizes in enumerate(_BLOCKS):
            self.trans_encoder.add_module(str(number), _EncoderBlock(width, sizes, self.fewest, graph))
            width = sizes.out
        self.upsampling = nn.Linear(self.fewest, coarse)
        self.upsampling2 = nn.Linear(coarse, vertices)
        self.cam_param_fc = nn.Linear(3, 1)
        self.cam_param_fc2 = nn.Linear(self.fewest, _CAMERA)
        self.cam_param_fc3 = nn.Linear(_CAMERA, 3)
        self.grid_feat_dim = nn.Linear(channels, 3 + features)

    def forward(self, seen: GridFeatures, masked: Bool[Tensor, "batch tokens"] | None = None) -> MeshLevels:
        """Args: masked: joints and vertices whose token is not shown, in training."""
        batch = len(seen.pooled)
        told = seen.pooled[:, None].expand(-1, len(self.template), -1)
        queries = torch.cat([self.template.expand(batch, -1, -1), told], dim=-1)
        if masked is not None:
            queries = queries.masked_fill(masked[..., None], MASKED)
        grid = self.grid_feat_dim(seen.grid.flatten(2).mT)
        found = self.trans_encoder(torch.cat([queries, grid], dim=1))
        joints, coarsest = found[:, :JOINTS], found[:, JOINTS : JOINTS + self.fewest]
        camera = self.cam_param_fc3(self.cam_param_fc2(self.cam_param_fc(coarsest)[..., 0]))
        coarse = self.upsampling(coarsest.mT)
        return MeshLevels(joints, coarsest, coarse.mT, self.upsampling2(coarse).mT, camera)


class _EncoderBlock(nn.Module):
    """A small BERT without its words: tokens are embedded, attend to each other, and leave narrower."""

    def __init__(self, width: int, sizes: BlockSizes, fewest: int, graph: MeshGraph):
        super().__init__()
        hidden = sizes.hidden
        self.bert = nn.Module()
        self.bert.img_embedding = nn.Linear(width, hidden)
        self.bert.position_embeddings = nn.Embedding(_POSITIONS, hidden)
        nn.init.normal_(self.bert.position_embeddings.weight, std=_SMALL)
        self.bert.encoder = nn.Module()
        graphs = [VertexResBlock(hidden, graph) if sizes.graph else None for _ in range(_LAYERS)]
        self.bert.encoder.layer = nn.ModuleList(_EncoderLayer(hidden, fewest, graph) for graph in graphs)
        self.bert.dropout = nn.Dropout(_DROPPED)
        self.cls_head = nn.Linear(hidden, sizes.out)
        self.residual = nn.Linear(width, sizes.out)

    def forward(self, tokens: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens out"]:
        places = self.bert.position_embeddings.weight[: tokens.shape[1]]
        hidden = self.bert.dropout(self.bert.img_embedding(tokens) + places)
        layers = self.bert.encoder.layer
        for layer in layers:
            hidden = layer(hidden)
        return self.cls_head(hidden) + self.residual(tokens)


class _EncoderLayer(nn.Module):
    """Self-attention, a graph convolution of the vertices where the block has one, and a feed-forward layer."""

    def __init__(self, width: int, fewest: int, graph: VertexResBlock | None):
        super().__init__()
        self.fewest = fewest
        self.attention = nn.Module()
        self.attention.self = nn.Module()
        for name in ("query", "key", "value"):
            setattr(self.attention.self, name, nn.Linear(width, width))
        self.attention.output = _Output(width, width)
        self.graph_conv = graph
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(width, 2 * width)
        self.output = _Output(2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        own = self.attention.self
        query, key, value = (
            layer(hidden).unflatten(-1, (_HEADS, -1)).transpose(1, 2) for layer in (own.query, own.key, own.value)
        )
        dropout = _DROPPED if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        hidden = self.attention.output(mixed.transpose(1, 2).flatten(2), hidden)
        if self.graph_conv is not None:
            before, vertices, after = hidden.split([JOINTS, self.fewest, hidden.shape[1] - JOINTS - self.fewest], dim=1)
            hidden = torch.cat([before, self.graph_conv(vertices), after], dim=1)
        return self.output(functional.gelu(self.intermediate.dense(hidden)), hidden)


class _Output(nn.Module):
    """A linear layer, added to what came in, then normalised."""

    def __init__(self, width: int, out: int):
        super().__init__()
        self.dense = nn.Linear(width, out)
        self.LayerNorm = nn.LayerNorm(out, eps=_EPSILON)
        self.dropout = nn.Dropout(_DROPPED)

    def forward(self, x: Tensor, kept: Tensor) -> Tensor:
        return self.LayerNorm(self.dropout(self.dense(x)) + kept)


class Graphormer(nn.Module):
    """Mesh Graphormer on HRNet's classification network.

    Args:
        backbone: pictures -> features of the whole and of a grid.
        pyramid: meshes of the body, of all three sizes.
        joints: the 14 at rest, which are the first tokens; metres, in the axes of `pyramid`'s template.
        pelvis: about which they are told.
    """

    def __init__(
        self,
        backbone: nn.Module,
        pyramid: MeshPyramid,
        joints: Float[Tensor, "14 3"],
        pelvis: Float[Tensor, "3"],
    ):
        super().__init__()
        self.backbone, self.mesh = backbone, pyramid
        upside = torch.tensor([1.0, -1.0, -1.0])  # half a turn about x: in the axes of the camera the head is up
        coarsest = pyramid.reduced(pyramid.template[None], times=2)[0]
        template = (torch.cat([joints, coarsest]) - pelvis) * upside
        graph = pyramid.graphs[2]
        assert isinstance(graph, MeshGraph)
        vertices, coarse, _ = pyramid.sizes
        self.head = GraphormerHead(template, graph, coarse, vertices)

    def forward(
        self, pictures: Float[Tensor, "batch 3 height width"], masked: Bool[Tensor, "batch tokens"] | None = None
    ) -> MeshLevels:
        """Normalised crops to meshes. Args: masked: see `GraphormerHead.forward`."""
        return self.head(self.backbone(pictures), masked)
