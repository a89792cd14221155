"""Left and right alike: joints of a body whose small unevenness words must not notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import ALL_JOINTS, MIRROR
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

ACROSS = (-1.0, 1.0, 1.0)
"""Signs of a point's coordinates in the mirror."""


def even_joints(body: Body, pose: Pose) -> Float[Tensor, "*batch joints 3"]:
    """Joints on the body made even: a real body is a millimetre off its mirror image."""
    seen = body.joints(pose)[..., :ALL_JOINTS, :]
    mirrored = body.joints(pose.mirror())[..., list(MIRROR[: seen.shape[-2]]), :] * seen.new_tensor(ACROSS)
    return (seen + mirrored) / 2
