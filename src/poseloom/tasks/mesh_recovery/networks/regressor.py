"""HMR (Kanazawa et al., CVPR 2018): body parameters of a picture by three steps from the mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.pose.rotations import sixd_to_rotmat
from poseloom.tasks.mesh_recovery.networks.outputs import BodyParameters

Pooling = Literal["mean", "reshaped"]
"""How a map becomes a vector: the mean over its places; or, as the benchmark does with HRNet, Swin and ViT, the map is
cut into as many runs of memory as there are features, whatever their channels, and each becomes its mean."""

STEPS = 3
CAMERA = 3
_HIDDEN = 1024
_DROPPED = 0.5
_GAIN = 0.01
_MEAN_SCALE = 0.9


class ParameterRegressor(nn.Module):
    """A vector of features to body parameters, in residual steps from the mean. There is no activation between layers.

    The mean pose (numbers of the first two columns of each rotation, row by row), shape and camera are buffers
    ``init_pose``, ``init_shape`` and ``init_cam``.

    Args:
        features: length of the vector.
        joints: rotations of the body; SMPL has 24.
        betas: shape coefficients.
        pooling: how a map becomes the vector.
    """

    init_pose: Tensor
    init_shape: Tensor
    init_cam: Tensor

    def __init__(self, features: int, joints: int = 24, betas: int = 10, pooling: Pooling = "mean"):
        super().__init__()
        self.features, self.joints, self.pooling = features, joints, pooling
        self.fc1 = nn.Linear(features + 6 * joints + betas + CAMERA, _HIDDEN)
        self.drop1 = nn.Dropout(_DROPPED)
        self.fc2 = nn.Linear(_HIDDEN, _HIDDEN)
        self.drop2 = nn.Dropout(_DROPPED)
        self.decpose = nn.Linear(_HIDDEN, 6 * joints)
        self.decshape = nn.Linear(_HIDDEN, betas)
        self.deccam = nn.Linear(_HIDDEN, CAMERA)
        for last in (self.decpose, self.decshape, self.deccam):
            nn.init.xavier_uniform_(last.weight, gain=_GAIN)
        upright = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
        still = torch.eye(3).expand(joints - 1, 3, 3)
        first = torch.cat([upright[None], still])[..., :2].reshape(1, -1)
        self.register_buffer("init_pose", first)
        self.register_buffer("init_shape", torch.zeros(1, betas))
        self.register_buffer("init_cam", torch.tensor([[_MEAN_SCALE, 0.0, 0.0]]))

    def set_mean(self, mean: Mapping[str, Float[Tensor, " numbers"]]) -> None:
        """Begin at other means: ``pose``, ``shape`` and ``cam``, as in ``smpl_mean_params.npz``."""
        for name, buffer in (("pose", self.init_pose), ("shape", self.init_shape), ("cam", self.init_cam)):
            buffer.copy_(mean[name].to(buffer).reshape(buffer.shape))

    def pooled(self, maps: Float[Tensor, "batch channels rows columns"]) -> Float[Tensor, "batch features"]:
        """The vector of a feature map."""
        if self.pooling == "mean":
            return maps.mean((2, 3))
        return maps.flatten(1).unflatten(1, (self.features, -1)).mean(-1)

    def forward(self, features: Float[Tensor, "batch features"], steps: int = STEPS) -> BodyParameters:
        """Args: steps: from the mean."""
        pose, betas, weak = (
            mean.expand(len(features), -1) for mean in (self.init_pose, self.init_shape, self.init_cam)
        )
        for _ in range(steps):
            hidden = self.drop1(self.fc1(torch.cat([features, pose, betas, weak], dim=1)))
            hidden = self.drop2(self.fc2(hidden))
            pose, betas, weak = pose + self.decpose(hidden), betas + self.decshape(hidden), weak + self.deccam(hidden)
        return BodyParameters(sixd_to_rotmat(pose.unflatten(1, (self.joints, 6))), betas, weak)


class Hmr(nn.Module):
    """HMR, and SPIN, which is the same network trained otherwise.

    Args:
        backbone: pictures -> map.
        head: map, pooled -> parameters.
    """

    def __init__(self, backbone: nn.Module, head: ParameterRegressor):
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> BodyParameters:
        """Normalised crops to bodies."""
        return self.head(self.head.pooled(self.backbone(pictures)))
