"""PARE (Kocabas et al., ICCV 2021): each joint's rotation from where its body part is seen."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.pose.rotations import sixd_to_rotmat
from poseloom.tasks.mesh_recovery.networks.outputs import PartsAndParameters
from poseloom.tasks.mesh_recovery.networks.regressor import CAMERA

_CHANNELS = 128
_LAYERS = 2
_SHAPE = 64


class PareHead(nn.Module):
    """A feature map to part scores and body parameters.

    Two branches read the map. The first says for each place which part it shows; its softmax over the places is where
    the second is looked at, part by part. Each joint has a layer of its own. The buffers of a mean body and of a
    temperature are those of the public files; nothing is computed with them.

    Args:
        channels: of the map; HRNet-W32 with all branches has 480.
        joints: rotations of the body, each with a part; SMPL has 24.
        betas: shape coefficients.
    """

    def __init__(self, channels: int = 480, joints: int = 24, betas: int = 10):
        super().__init__()
        self.joints = joints
        self.keypoint_deconv_layers = _branch(channels)
        self.smpl_deconv_layers = _branch(channels)
        self.keypoint_final_layer = nn.Conv2d(_CHANNELS, joints + 1, 1)
        self.smpl_final_layer = nn.Conv2d(_CHANNELS, _SHAPE, 1)
        self.pose_mlp = _LayerOfEachJoint(_CHANNELS, 6, joints)
        self.shape_mlp = nn.Linear(_SHAPE * joints, betas)
        self.cam_mlp = nn.Linear(_SHAPE * joints, CAMERA)
        nn.init.zeros_(self.shape_mlp.weight)
        nn.init.normal_(self.cam_mlp.weight, std=1e-3)
        with torch.no_grad():
            self.cam_mlp.bias.copy_(torch.tensor([0.9, 0.0, 0.0]))
        self.register_buffer("temperature", torch.tensor(1.0))
        for name, size in (("init_pose", 6 * joints), ("init_shape", betas), ("init_cam", CAMERA)):
            self.register_buffer(name, torch.zeros(1, size))

    def forward(self, maps: Float[Tensor, "batch channels rows columns"]) -> PartsAndParameters:
        parts = self.keypoint_final_layer(self.keypoint_deconv_layers(maps))
        attention = parts[:, 1:].flatten(2).softmax(-1)
        body = self.smpl_deconv_layers(maps)
        pose = torch.einsum("bjp,bcp->bcj", attention, body.flatten(2))
        shape = torch.einsum("bjp,bcp->bcj", attention, self.smpl_final_layer(body).flatten(2)).flatten(1)
        sixd = self.pose_mlp(pose).mT
        return PartsAndParameters(sixd_to_rotmat(sixd), self.shape_mlp(shape), self.cam_mlp(shape), parts)


class _LayerOfEachJoint(nn.Module):
    """A linear map of its own for each joint."""

    def __init__(self, channels: int, out: int, joints: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, out, channels, joints, 1, 1) / channels**0.5)

    def forward(self, features: Tensor) -> Tensor:
        return torch.einsum("bcj,ocj->boj", features, self.weight[0, ..., 0, 0])


def _branch(channels: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for number in range(_LAYERS):
        parts.append(nn.Conv2d(channels if number == 0 else _CHANNELS, _CHANNELS, 3, padding=1, bias=False))
        parts += [nn.BatchNorm2d(_CHANNELS), nn.ReLU(inplace=True)]
    return nn.Sequential(*parts)


class Pare(nn.Module):
    """PARE on a backbone that keeps a map of a quarter of the picture's size."""

    def __init__(self, backbone: nn.Module, head: PareHead):
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> PartsAndParameters:
        """Normalised crops to bodies."""
        return self.head(self.backbone(pictures))
