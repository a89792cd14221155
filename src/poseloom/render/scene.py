"""What is to be drawn: poses on a body, seen by cameras, in a style."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from poseloom.base.errors import PoseloomError
from poseloom.body import Body
from poseloom.pose import Clip, Pose
from poseloom.pose.camera import Camera
from poseloom.render.style import STUDIO, Style
from poseloom.render.view import View

if TYPE_CHECKING:
    from typing_extensions import TypedDict

    class SceneOptions(TypedDict, total=False):
        """The fields of a `Scene` that have a default, as keywords."""

        body: Body | None
        camera: Camera | None
        view: View | None
        style: Style
        ground: Ground
        supersample: int


Ground = Literal["lowest", "shared", "translation"]
"""Where the floor is: under each pose where it bears; under the lowest of the whole batch, so that jumps leave it;
or at height 0 of the world in which the poses' translations are given. The latter two need a translation and are
``"lowest"`` without one."""

Size = int | tuple[int, int]
"""Side of a square picture, or (height, width), in pixels."""

LARGEST_SIZE = 8192
"""Pixels a side."""

LARGEST_SUPERSAMPLE = 4


@dataclass(frozen=True, eq=False)
class Scene:
    """Poses on a body, and how they are looked at; what `render`, `observe` and the others draw.

    Args:
        pose: any batch axes; each is drawn into a picture of its own.
        size: pixels, one number for a square or (height, width).
        body: what the poses are put on; the free body's fine mesh by default.
        camera: takes the place of `view`; its batch axes broadcast to those of the pose. It sees the bodies where
            `ground` has put them: the floor is y = 0. A camera of another picture size shows the same in its height.
        view: direction and lens of the cameras that are made.
        style: colours, lights, background.
        ground: where the floor is, see `Ground`. Across the floor, bodies stay where their translation puts them.
        supersample: pixels drawn for every pixel of the picture, along each side; 1 leaves the outlines jagged.

    Raises:
        PoseloomError: no poses, a size outside 1 to 8192, a camera that does not fit the batch.
    """

    pose: Pose | Clip
    size: Size = 256
    body: Body | None = None
    camera: Camera | None = None
    view: View | None = None
    style: Style = STUDIO
    ground: Ground = "lowest"
    supersample: int = 2

    def __post_init__(self) -> None:
        if not isinstance(self.pose, Pose | Clip):
            remedy = next((f"; give its .{name}" for name in ("poses", "clip") if hasattr(self.pose, name)), "")
            raise PoseloomError(f"render: expected a Pose or a Clip, got {type(self.pose).__name__}{remedy}")
        if self.poses.rotations.shape[:-2].numel() == 0:
            raise PoseloomError(f"render: no poses to draw: the batch has shape {self.poses.batch_shape}")
        if self.ground not in ("lowest", "shared", "translation"):
            raise PoseloomError(f'render: ground: expected "lowest", "shared" or "translation", got {self.ground!r}')
        if self.supersample not in range(1, LARGEST_SUPERSAMPLE + 1):
            raise PoseloomError(f"render: supersample: expected 1 to {LARGEST_SUPERSAMPLE}, got {self.supersample!r}")
        _ = self.sides

    @property
    def poses(self) -> Pose:
        """The poses, also of a clip."""
        return self.pose.pose if isinstance(self.pose, Clip) else self.pose

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of the pictures, pixels."""
        sides = tuple(self.size) if isinstance(self.size, (tuple, list)) else (self.size, self.size)
        if len(sides) != 2 or not all(type(side) is int and 0 < side <= LARGEST_SIZE for side in sides):
            raise PoseloomError(
                f"render: size: expected 1 to {LARGEST_SIZE} pixels, one number or (height, width), got {self.size!r}"
            )
        return sides


def as_scene(scene: Scene | Pose | Clip, size: Size | None, options: SceneOptions) -> Scene:
    """The scene with other options, or the scene of poses."""
    if not isinstance(scene, Scene):
        return Scene(scene, 256 if size is None else size, **options)
    return replace(scene, size=scene.size if size is None else size, **options)
