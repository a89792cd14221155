"""Joint sets that mesh recovery reads off an SMPL body: 45, 54, 49, 24 and the 17 of Human3.6M.

Sources: the SMPL vertex picks of the public toolkits, SPIN (Kolotouros et al., ICCV 2019) for the 49 = 25 OpenPose
+ 24 ground-truth joints, HMR (Kanazawa et al., CVPR 2018) for the Human3.6M regressor. The two regressors (9 extra
joints, 17 of Human3.6M) belong to licensed files and are given by the user.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

SMPL_VERTICES = 6890

PICKED_VERTICES = {
    "nose": 332,
    "right_eye": 6260,
    "left_eye": 2800,
    "right_ear": 4071,
    "left_ear": 583,
    "left_bigtoe": 3216,
    "left_smalltoe": 3226,
    "left_heel": 3387,
    "right_bigtoe": 6617,
    "right_smalltoe": 6624,
    "right_heel": 6787,
    "left_thumb": 2746,
    "left_index": 2319,
    "left_middle": 2445,
    "left_ring": 2556,
    "left_pinky": 2673,
    "right_thumb": 6191,
    "right_index": 5782,
    "right_middle": 5905,
    "right_ring": 6016,
    "right_pinky": 6133,
}
"""Single vertices of the SMPL mesh that serve as joints, in the order in which they follow the 24 skeleton joints."""

_OPENPOSE_25_OF_54 = (24, 12, 17, 19, 21, 16, 18, 20, 0, 2, 5, 8, 1, 4, 7, *range(25, 35))
_DATASET_24_OF_54 = (8, 5, 45, 46, 4, 7, 21, 19, 17, 16, 18, 20, 47, 48, 49, 50, 51, 52, 53, 24, 26, 25, 28, 27)
_49_OF_54 = (*_OPENPOSE_25_OF_54, *_DATASET_24_OF_54)


def smpl_45(
    skeleton: Float[Tensor, "*batch 24 3"], vertices: Float[Tensor, "*batch 6890 3"]
) -> Float[Tensor, "*batch 45 3"]:
    """The 24 skeleton joints and the 21 picked vertices."""
    return torch.cat([skeleton, vertices[..., list(PICKED_VERTICES.values()), :]], dim=-2)


def smpl_54(
    skeleton: Float[Tensor, "*batch 24 3"],
    vertices: Float[Tensor, "*batch 6890 3"],
    extra_regressor: Float[Tensor, "9 6890"],
) -> Float[Tensor, "*batch 54 3"]:
    """`smpl_45` and the nine joints of SPIN's extra regressor."""
    return torch.cat([smpl_45(skeleton, vertices), extra_regressor @ vertices], dim=-2)


def smpl_49(joints: Float[Tensor, "*batch 54 3"]) -> Float[Tensor, "*batch 49 3"]:
    """25 OpenPose joints and 24 of the data sets, picked from the 54."""
    return joints[..., _49_OF_54, :]


def smpl_24(joints: Float[Tensor, "*batch 54 3"]) -> Float[Tensor, "*batch 24 3"]:
    """The last 24 of the 49: joints as data sets annotate them."""
    return joints[..., _DATASET_24_OF_54, :]
