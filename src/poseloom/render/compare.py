"""Two poses in one picture: side by side under one camera, or one as a ghost behind the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose import Pose
from poseloom.pose.camera import Camera
from poseloom.render.observe import layers_of
from poseloom.render.pictures import cutout, render
from poseloom.render.scene import Scene, Size
from poseloom.render.stage import stage_of
from poseloom.render.style import STUDIO, Clothes, Style
from poseloom.render.view import View

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from poseloom.render.scene import SceneOptions

GHOST = replace(STUDIO, clothes=Clothes.uniform((0.66, 0.56, 0.84)))
"""All in one violet: the pose from which one comes."""

_GHOST_OPACITY = 0.5


def side_by_side(
    pose_a: Pose, pose_b: Pose, size: Size = 256, **options: Unpack[SceneOptions]
) -> Float[Tensor, "*batch 3 height twice_width"]:
    """The first pose on the left, the second on the right, at one scale and seen from one direction.

    The direction is chosen by the first pose, so that a turn of the body between the two is seen as one.

    Args:
        options: fields of `Scene`.
    """
    scenes = _pair(pose_a, pose_b, size, options)
    return torch.cat([render(scene) for scene in scenes], dim=-1)


def overlay(
    pose_a: Pose, pose_b: Pose, size: Size = 256, *, ghost: Style = GHOST, **options: Unpack[SceneOptions]
) -> Float[Tensor, "*batch 3 height width"]:
    """The second pose, with the first as a half-transparent figure in another colour behind it.

    Args:
        ghost: how the first is drawn.
        options: fields of `Scene`.
    """
    first, second = _pair(pose_a, pose_b, size, options)
    front = layers_of(second, "colour", "mask")
    behind = cutout(replace(first, style=ghost))
    opacity = _GHOST_OPACITY * behind[..., 3:, :, :] * (1 - front["mask"][..., None, :, :])
    return torch.lerp(front["colour"], behind[..., :3, :, :], opacity)


def _pair(pose_a: Pose, pose_b: Pose, size: Size, options: SceneOptions) -> tuple[Scene, Scene]:
    """Two scenes under one camera."""
    first, second = Scene(pose_a, size, **options), Scene(pose_b, size, **options)
    camera = first.camera or pair_camera(first, second)
    return replace(first, camera=camera), replace(second, camera=camera)


def pair_camera(first: Scene, second: Scene) -> Camera:
    """For every pair the camera that shows both poses, each standing on the floor.

    Raises:
        PoseloomError: the batches of the two differ.
    """
    batch_a, batch_b = first.poses.batch_shape, second.poses.batch_shape
    if batch_a != batch_b:
        raise PoseloomError(f"compare: the poses' batches differ: {batch_a} and {batch_b}")
    # without a view the floors alone are placed; the camera is made for both
    stages = [stage_of(replace(scene, view=None)) for scene in (first, second)]
    (vertices_a, joints_a), (vertices_b, _) = (stage.placed(slice(None)) for stage in stages)
    view = first.view or View()
    camera = view.camera(stages[0].pose, joints_a, torch.cat([vertices_a, vertices_b], 1), first.sides)
    return camera.reshape(batch_a)
