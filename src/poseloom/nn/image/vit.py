"""Vision transformers (Dosovitskiy et al., ICLR 2021): ViT-B/16, and those of pose estimation (ViTPose, SMPLer-X).

State names are those of timm's files, which ViTPose (Xu et al., NeurIPS 2022) and SMPLer-X (Cai et al., NeurIPS 2023)
kept: ``patch_embed.proj``, ``pos_embed``, ``blocks.0.attn.qkv``, ``last_norm``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.layers.stochastic_depth import StochasticDepth, rising_shares

_EPSILON = 1e-6
_WIDENED = 4
_SMALL = 0.02
"""Standard deviation of first position embeddings and tokens."""
PATCH = 16


@dataclass(frozen=True)
class VitSizes:
    """Widths and depths of a vision transformer.

    Args:
        width, depth, heads: of its blocks.
        rest: stochastic depth of the last block.
    """

    width: int = 768
    depth: int = 12
    heads: int = 12
    rest: float = 0.0


VIT_B = VitSizes()
VIT_H = VitSizes(1280, 32, 16)


class VitBlock(nn.Module):
    """Attention of all tokens, then a feed-forward layer, each after a normalisation and added to what came in."""

    def __init__(self, width: int, heads: int, rest: float):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=_EPSILON)
        self.attn = _Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=_EPSILON)
        self.mlp = _FeedForward(width)
        self.rest = StochasticDepth(rest)

    def forward(self, tokens: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens width"]:
        tokens = tokens + self.rest(self.attn(self.norm1(tokens)))
        return tokens + self.rest(self.mlp(self.norm2(tokens)))


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = self.qkv(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class _FeedForward(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, _WIDENED * width)
        self.fc2 = nn.Linear(_WIDENED * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(functional.gelu(self.fc1(tokens)))


class _Patches(nn.Module):
    def __init__(self, width: int, padding: int):
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, PATCH, padding)

    def forward(self, pictures: Tensor) -> tuple[Tensor, tuple[int, int]]:
        grid = self.proj(pictures)
        return grid.flatten(2).mT, (grid.shape[2], grid.shape[3])


def _blocks(sizes: VitSizes) -> nn.ModuleList:
    shares = rising_shares(sizes.rest, sizes.depth)
    return nn.ModuleList(VitBlock(sizes.width, sizes.heads, share) for share in shares)


class Vit(nn.Module):
    """A normalised picture to the maps of several blocks, one after another as channels; without the class token.

    Args:
        sizes: widths and depths.
        side: of the picture, pixels; position embeddings are learned for it.
        taken: blocks whose output is given, from 0.
    """

    def __init__(self, sizes: VitSizes = VIT_B, side: int = 224, taken: tuple[int, ...] = (2, 5, 8, 11)):
        super().__init__()
        self.taken, self.channels = taken, sizes.width * len(taken)
        self.patch_embed = _Patches(sizes.width, 0)
        cells = (side // PATCH) ** 2
        self.cls_token = nn.Parameter(_SMALL * torch.randn(1, 1, sizes.width))
        self.pos_embed = nn.Parameter(_SMALL * torch.randn(1, cells + 1, sizes.width))
        self.blocks = _blocks(sizes)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        cells, size = self.patch_embed(pictures)
        tokens = torch.cat([self.cls_token.expand(len(cells), -1, -1), cells], dim=1) + self.pos_embed
        found = []
        for place, block in enumerate(self.blocks):
            tokens = block(tokens)
            if place in self.taken:
                found.append(tokens[:, 1:].mT.unflatten(2, size))
        return torch.cat(found, dim=1)


class PoseVit(nn.Module):
    """A picture of a person, higher than wide, to one map: the ViT of ViTPose, and of SMPLer-X with its task tokens.

    SMPLer-X takes pictures in [0, 1] as they are. The position embedding of the class token, which is not there, is
    added to every cell.

    Args:
        sizes: widths and depths.
        size: height and width of the picture, pixels.
        task_tokens: learned tokens before the cells, which are left away at the end; SMPLer-X has 31.
    """

    def __init__(self, sizes: VitSizes = VIT_B, size: tuple[int, int] = (256, 192), task_tokens: int = 31):
        super().__init__()
        self.channels = sizes.width
        self.patch_embed = _Patches(sizes.width, 2)
        cells = (size[0] // PATCH) * (size[1] // PATCH)
        if task_tokens:
            self.task_tokens = nn.Parameter(_SMALL * torch.randn(1, task_tokens, sizes.width))
        self.pos_embed = nn.Parameter(_SMALL * torch.randn(1, cells + 1, sizes.width))
        self.blocks = _blocks(sizes)
        self.last_norm = nn.LayerNorm(sizes.width, eps=_EPSILON)
        self.tasks = task_tokens

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        tokens, size = self.patch_embed(pictures)
        tokens = tokens + self.pos_embed[:, 1:] + self.pos_embed[:, :1]
        if self.tasks:
            tokens = torch.cat([self.task_tokens.expand(len(tokens), -1, -1), tokens], dim=1)
        for block in self.blocks:
            tokens = block(tokens)
        return self.last_norm(tokens)[:, self.tasks :].mT.unflatten(2, size)
