"""HMR 2.0 (Goel et al., "Humans in 4D", ICCV 2023): one token asks a vision transformer's map for the body.

State names are those of its authors' files: ``backbone.*`` and ``smpl_head.*``.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.pose.rotations import sixd_to_rotmat
from poseloom.tasks.mesh_recovery.networks.outputs import BodyParameters
from poseloom.tasks.mesh_recovery.networks.regressor import CAMERA

WIDTH, LAYERS, HEADS, HEAD_WIDTH = 1024, 6, 8, 64


class Hmr2(nn.Module):
    """A picture, higher than wide, to the body in it.

    Args:
        backbone: pictures -> map; `PoseVit` with the sizes of ViT-H.
        head: map -> parameters.
    """

    def __init__(self, backbone: nn.Module, head: TokenHead):
        super().__init__()
        self.backbone, self.smpl_head = backbone, head

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyParameters:
        """Normalised crops of 256 x 192 pixels, the middle of a square, to bodies; the camera is the square's."""
        return self.smpl_head(self.backbone(pictures))


class TokenHead(nn.Module):
    """A feature map to body parameters: a token attends to its places, what comes of it is added to the mean.

    Args:
        channels: of the map.
        joints: rotations of the body.
        betas: shape coefficients.
        width: of the token.
        layers: of attention to itself, attention to the map, and a feed-forward layer.
    """

    init_body_pose: Tensor
    init_betas: Tensor
    init_cam: Tensor

    def __init__(self, channels: int, joints: int = 24, betas: int = 10, width: int = WIDTH, layers: int = LAYERS):
        super().__init__()
        self.joints = joints
        self.transformer = _Token(channels, width, layers)
        self.decpose = nn.Linear(width, 6 * joints)
        self.decshape = nn.Linear(width, betas)
        self.deccam = nn.Linear(width, CAMERA)
        self.register_buffer("init_body_pose", torch.zeros(1, 6 * joints))
        self.register_buffer("init_betas", torch.zeros(1, betas))
        self.register_buffer("init_cam", torch.zeros(1, CAMERA))

    def forward(self, maps: Float[Tensor, "batch channels rows columns"]) -> BodyParameters:
        told = self.transformer(maps.flatten(2).mT)
        columns = (self.decpose(told) + self.init_body_pose).unflatten(1, (self.joints, 2, 3))
        return BodyParameters(
            sixd_to_rotmat(columns.mT.flatten(2)),
            self.decshape(told) + self.init_betas,
            self.deccam(told) + self.init_cam,
        )


class _Token(nn.Module):
    """The token, which is the same for all pictures, after it has looked at one."""

    def __init__(self, channels: int, width: int, layers: int):
        super().__init__()
        self.to_token_embedding = nn.Linear(1, width)
        self.pos_embedding = nn.Parameter(torch.randn(1, 1, width))
        self.transformer = _Layers(channels, width, layers)

    def forward(self, places: Float[Tensor, "batch places channels"]) -> Float[Tensor, "batch width"]:
        start = self.to_token_embedding(places.new_zeros(len(places), 1, 1)) + self.pos_embedding
        return self.transformer(start, places)[:, 0]


class _Layers(nn.Module):
    def __init__(self, channels: int, width: int, layers: int):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    _Normed(width, _SelfAttention(width)),
                    _Normed(width, _CrossAttention(width, channels)),
                    _Normed(width, _FeedForward(width)),
                ]
            )
            for _ in range(layers)
        )

    def forward(self, token: Tensor, places: Tensor) -> Tensor:
        for itself, across, onward in self.layers:
            token = token + itself(token)
            token = token + across(token, places)
            token = token + onward(token)
        return token


class _Normed(nn.Module):
    def __init__(self, width: int, inner: nn.Module):
        super().__init__()
        self.norm, self.fn = nn.LayerNorm(width), inner

    def forward(self, token: Tensor, *others: Tensor) -> Tensor:
        found: Tensor = self.fn(self.norm(token), *others)
        return found


class _SelfAttention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.to_qkv = nn.Linear(width, 3 * HEADS * HEAD_WIDTH, bias=False)
        self.to_out = nn.Sequential(nn.Linear(HEADS * HEAD_WIDTH, width))

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = self.to_qkv(tokens).chunk(3, dim=-1)
        return _attend(query, key, value, self.to_out)


class _CrossAttention(nn.Module):
    def __init__(self, width: int, channels: int):
        super().__init__()
        self.to_kv = nn.Linear(channels, 2 * HEADS * HEAD_WIDTH, bias=False)
        self.to_q = nn.Linear(width, HEADS * HEAD_WIDTH, bias=False)
        self.to_out = nn.Sequential(nn.Linear(HEADS * HEAD_WIDTH, width))

    def forward(self, tokens: Tensor, places: Tensor) -> Tensor:
        key, value = self.to_kv(places).chunk(2, dim=-1)
        return _attend(self.to_q(tokens), key, value, self.to_out)


def _attend(query: Tensor, key: Tensor, value: Tensor, out: nn.Module) -> Tensor:
    heads = (part.unflatten(-1, (HEADS, HEAD_WIDTH)).transpose(1, 2) for part in (query, key, value))
    mixed: Tensor = out(functional.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2))
    return mixed


class _FeedForward(nn.Module):
    """Without dropout, whose place in the sequence stays."""

    def __init__(self, width: int):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Identity(), nn.Linear(width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        found: Tensor = self.net(tokens)
        return found
