"""Two poses in one picture: side by side under one camera, or one as a ghost behind the other."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body import Body
from poseloom.pose import Pose
from poseloom.pose.camera import Camera
from poseloom.render.pictures import cutout, render
from poseloom.render.scene import Size, scene_of
from poseloom.render.style import STUDIO, Clothes, Style
from poseloom.render.view import View

GHOST = replace(STUDIO, clothes=Clothes(*[(0.66, 0.56, 0.84)] * 5))
"""All in one violet: the pose from which one comes."""

_GHOST_OPACITY = 0.5


def side_by_side(
    pose_a: Pose,
    pose_b: Pose,
    size: Size = 256,
    *,
    body: Body | None = None,
    view: View | None = None,
    style: Style = STUDIO,
    supersample: int = 2,
) -> Float[Tensor, "*batch 3 height twice_width"]:
    """The first pose on the left, the second on the right, at one scale and seen from one direction.

    The direction is chosen by the first pose, so that a turn of the body between the two is seen as one.
    """
    camera = pair_camera(pose_a, pose_b, size, body=body, view=view)
    pictures = [
        render(pose, size, body=body, camera=camera, style=style, supersample=supersample) for pose in (pose_a, pose_b)
    ]
    return torch.cat(pictures, dim=-1)


def overlay(
    pose_a: Pose,
    pose_b: Pose,
    size: Size = 256,
    *,
    body: Body | None = None,
    view: View | None = None,
    style: Style = STUDIO,
    ghost: Style = GHOST,
    supersample: int = 2,
) -> Float[Tensor, "*batch 3 height width"]:
    """The second pose, with the first as a half-transparent figure in another colour behind it."""
    camera = pair_camera(pose_a, pose_b, size, body=body, view=view)
    picture = render(pose_b, size, body=body, camera=camera, style=style, supersample=supersample)
    front = cutout(pose_b, size, body=body, camera=camera, style=style, supersample=supersample)
    behind = cutout(pose_a, size, body=body, camera=camera, style=ghost, supersample=supersample)
    opacity = _GHOST_OPACITY * behind[..., 3:, :, :] * (1 - front[..., 3:, :, :])
    return torch.lerp(picture, behind[..., :3, :, :], opacity)


def pair_camera(
    pose_a: Pose, pose_b: Pose, size: Size = 256, *, body: Body | None = None, view: View | None = None
) -> Camera:
    """For every pair the camera that shows both poses, each standing on the floor.

    Raises:
        PoseloomError: the batches of the two differ.
    """
    if pose_a.batch_shape != pose_b.batch_shape:
        raise PoseloomError(f"compare: the poses' batches differ: {pose_a.batch_shape} and {pose_b.batch_shape}")
    scenes = [scene_of(pose, size, body=body) for pose in (pose_a, pose_b)]
    (vertices_a, joints_a), (vertices_b, _) = (scene.placed(slice(None)) for scene in scenes)
    first = scenes[0]
    view = view or View()
    camera = view.camera(first.pose, joints_a, torch.cat([vertices_a, vertices_b], 1), first.width / first.height)
    return camera.reshape(pose_a.batch_shape)
