"""Cameras: where they stand, what they project, and how they are placed so that a body fills the picture.

A camera's own axes are those of computer vision: x to the right, y down, z forwards. Pixels are counted from the
picture's upper left corner, x to the right and y down; the centre of the first pixel is at (0.5, 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose.viewpoint import FIELD_OF_VIEW, FULL_FRAME, focal_of_angle, framing_cone, orbit

Size = tuple[int, int]
"""Height and width of a picture, pixels."""

_SIZE: Size = (256, 256)
_SMALLEST_EXTENT = 0.2
"""Metres: half the width that a framed picture shows at least, so that a single point has a camera too."""

_UP = (0.0, 1.0, 0.0)
_OWN_AXES = {"rotation": (3, 3), "translation": (3,), "intrinsics": (3, 3)}


@dataclass(frozen=True, eq=False)
class Camera:
    """A perspective or parallel camera of one picture; any leading batch axes, which broadcast against the points'.

    Args:
        rotation: takes directions of the world to the camera's axes.
        translation: added after the rotation, metres: p_camera = rotation @ p_world + translation.
        intrinsics: to pixels, its last row (0, 0, 1): pixel = intrinsics @ (x/z, y/z, 1) for a perspective camera,
            intrinsics @ (x, y, 1) for a parallel one. A picture that was turned or flipped has off-diagonal or
            negative entries.
        size: height and width of the picture in pixels.
        perspective: False for a parallel projection (weak perspective).
    """

    rotation: Float[Tensor, "*batch 3 3"]
    translation: Float[Tensor, "*batch 3"]
    intrinsics: Float[Tensor, "*batch 3 3"]
    size: Size
    perspective: bool = True

    def __post_init__(self) -> None:
        for name, axes in _OWN_AXES.items():
            expected = (*self.batch_shape, *axes)
            if tuple(getattr(self, name).shape) != expected:
                got = tuple(getattr(self, name).shape)
                raise PoseloomError(f"Camera.{name}: expected shape {expected}, got {got}")
        if len(self.size) != 2 or min(self.size) <= 0:
            raise PoseloomError(f"Camera.size: expected (height, width) in pixels, got {self.size!r}")

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes; ``()`` for one camera."""
        return tuple(self.rotation.shape[:-2])

    @property
    def position(self) -> Float[Tensor, "*batch 3"]:
        """Where the camera stands in the world, metres."""
        return -(self.rotation.transpose(-1, -2) @ self.translation[..., None]).squeeze(-1)

    @property
    def focal(self) -> Float[Tensor, "*batch 2"]:
        """Focal lengths along x and y: pixels, or pixels per metre of a parallel camera."""
        return torch.stack([self.intrinsics[..., 0, 0], self.intrinsics[..., 1, 1]], dim=-1)

    @property
    def centre(self) -> Float[Tensor, "*batch 2"]:
        """Principal point, pixels."""
        return self.intrinsics[..., :2, 2]

    @property
    def field_of_view(self) -> Float[Tensor, "*batch 2"]:
        """Horizontal and vertical angle of the lens in degrees, for a principal point in the middle."""
        sides = self.focal.new_tensor([self.size[1], self.size[0]])
        return torch.rad2deg(2 * torch.atan2(sides / 2, self.focal.abs()))

    @property
    def lens(self) -> Float[Tensor, "*batch"]:
        """Focal length in millimetres on a sensor 36 mm wide."""
        return self.focal[..., 0].abs() * FULL_FRAME / self.size[1]

    def extrinsics(self) -> Float[Tensor, "*batch 4 4"]:
        """World to camera as one homogeneous matrix."""
        matrix = torch.eye(4, dtype=self.rotation.dtype, device=self.rotation.device)
        matrix = matrix.expand(*self.batch_shape, 4, 4).clone()
        matrix[..., :3, :3], matrix[..., :3, 3] = self.rotation, self.translation
        return matrix

    # -- between world and picture --------------------------------------------------------------------------------

    def project(self, points: Float[Tensor, "*own points 3"]) -> Float[Tensor, "*batch points 3"]:
        """Pixel x, pixel y and depth in metres of points in the world.

        Where the depth is zero or negative the point is behind the camera and its pixel means nothing.
        """
        seen = points @ self.rotation.transpose(-1, -2) + self.translation[..., None, :]
        flat, z = seen[..., :2], seen[..., 2:]
        if self.perspective:
            flat = flat / torch.where(z == 0, torch.finfo(z.dtype).tiny, z)
        pixels = flat @ self.intrinsics[..., :2, :2].transpose(-1, -2) + self.centre[..., None, :]
        return torch.cat([pixels, z], dim=-1)

    def unproject(
        self, pixels: Float[Tensor, "*own points 2"], depth: Float[Tensor, "*own points"]
    ) -> Float[Tensor, "*batch points 3"]:
        """The points of the world that are seen at these pixels in this depth, metres: the inverse of `project`."""
        flat = self._normalised(pixels)
        if self.perspective:
            flat = flat * depth[..., None]
        seen = torch.cat([flat, depth[..., None].expand_as(flat[..., :1])], dim=-1)
        return (seen - self.translation[..., None, :]) @ self.rotation

    def _normalised(self, pixels: Float[Tensor, "*own points 2"]) -> Float[Tensor, "*batch points 2"]:
        """x/z and y/z (x and y of a parallel camera) of pixels."""
        back = torch.linalg.inv(self.intrinsics[..., :2, :2])
        return (pixels - self.centre[..., None, :]) @ back.transpose(-1, -2)

    def rays(
        self, rows: slice | None = None
    ) -> tuple[Float[Tensor, "*batch rows columns 3"], Float[Tensor, "*batch rows columns 3"]]:
        """Start (metres) and direction (depth 1 per unit) in the world of the ray through every pixel's centre.

        Args:
            rows: only these rows of the picture.
        """
        height, width = self.size
        device, dtype = self.rotation.device, self.rotation.dtype
        y = torch.arange(height, device=device, dtype=dtype)[rows or slice(None)] + 0.5
        x = torch.arange(width, device=device, dtype=dtype) + 0.5
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
        offset = self._normalised(grid.flatten(0, 1)).unflatten(-2, grid.shape[:2])
        zero, one = torch.zeros_like(offset[..., :1]), torch.ones_like(offset[..., :1])
        to_world = self.rotation[..., None, :, :]  # rows of directions times the rotation: its transpose applied
        if self.perspective:
            directions = torch.cat([offset, one], dim=-1) @ to_world
            return self.position[..., None, None, :].expand_as(directions), directions
        starts = torch.cat([offset, zero], dim=-1) @ to_world + self.position[..., None, None, :]
        return starts, torch.cat([zero, zero, one], dim=-1) @ to_world

    # -- other pictures of the same camera ------------------------------------------------------------------------

    def transformed(self, matrix: Float[Tensor, "*own 2 3"], size: Size) -> Camera:
        """The camera of a picture that was made of this one's: cut out, resized, turned or flipped.

        Args:
            matrix: takes pixels of this picture to pixels of the other one, see `poseloom.images.crop`.
            size: height and width of the other picture, pixels.
        """
        last = self.intrinsics[..., 2:, :]
        matrix = matrix.to(self.intrinsics)
        added = torch.cat([torch.zeros_like(matrix[..., :2]), matrix[..., 2:]], dim=-1)
        top = matrix[..., :2] @ self.intrinsics[..., :2, :] + added
        batch = torch.broadcast_shapes(top.shape[:-2], self.batch_shape)
        spread = self.expand(batch)
        intrinsics = torch.cat([top.expand(*batch, 2, 3), last.expand(*batch, 1, 3)], dim=-2)
        return replace(spread, intrinsics=intrinsics, size=size)

    def resized(self, size: Size) -> Camera:
        """The camera of the whole picture at another size."""
        scale_y, scale_x = size[0] / self.size[0], size[1] / self.size[1]
        return self.transformed(self.intrinsics.new_tensor([[scale_x, 0, 0], [0, scale_y, 0]]), size)

    def fitted(self, size: Size) -> Camera:
        """The camera of another size that shows the same in its height, the middle in its middle: never distorted."""
        if size == self.size:
            return self
        scale = size[0] / self.size[0]
        shift_x, shift_y = ((new - scale * old) / 2 for new, old in zip(size[::-1], self.size[::-1], strict=True))
        return self.transformed(self.intrinsics.new_tensor([[scale, 0, shift_x], [0, scale, shift_y]]), size)

    def flipped(self) -> Camera:
        """The camera of the picture whose left and right are exchanged."""
        return self.transformed(self.intrinsics.new_tensor([[-1, 0, self.size[1]], [0, 1, 0]]), self.size)

    def as_parallel(self, depth: Float[Tensor, "*own"] | float) -> Camera:
        """The parallel camera that shows what lies in this depth (metres) as this one does: weak perspective."""
        if not self.perspective:
            return self
        depth = torch.as_tensor(depth, dtype=self.intrinsics.dtype, device=self.intrinsics.device)
        scale = torch.stack([1 / depth, 1 / depth, torch.ones_like(depth)], dim=-1)
        return replace(self, intrinsics=self.intrinsics * scale[..., None, :], perspective=False)

    def as_perspective(self, focal: float) -> Camera:
        """The perspective camera of this focal length in pixels, so far away that what it shows is as large.

        It agrees with this parallel camera where rotation @ p_world has no depth: at a body about the origin.
        """
        if self.perspective:
            return self
        linear = self.intrinsics[..., :2, :2]
        scale = torch.linalg.det(linear).abs().sqrt()
        spread = torch.stack([focal / scale, focal / scale, torch.ones_like(scale)], dim=-1)
        translation = torch.cat([self.translation[..., :2], (focal / scale)[..., None]], dim=-1)
        intrinsics = self.intrinsics * spread[..., None, :]
        return replace(self, intrinsics=intrinsics, translation=translation, perspective=True)

    # -- batches ------------------------------------------------------------------------------------------------

    def to(self, *args: Any, **kwargs: Any) -> Camera:
        """Move or cast every tensor, as `torch.Tensor.to` does."""
        return self._map(lambda tensor: tensor.to(*args, **kwargs))

    def expand(self, batch: tuple[int, ...]) -> Camera:
        """The same cameras repeated over the axes `batch`."""
        own = len(self.batch_shape)
        return self._map(lambda tensor: tensor.expand(*batch, *tensor.shape[own:]))

    def flat(self, batch: tuple[int, ...]) -> Camera:
        """The same cameras repeated over the axes `batch`, which are laid flat into one."""
        return self.expand(batch)._map(lambda tensor: tensor.flatten(0, len(batch) - 1))

    def reshape(self, batch: tuple[int, ...]) -> Camera:
        """The same cameras with other leading axes."""
        own = len(self.batch_shape)
        return self._map(lambda tensor: tensor.reshape((*batch, *tensor.shape[own:])))

    def moved(self, offset: Float[Tensor, "*own 3"]) -> Camera:
        """Cameras that stand elsewhere by `offset` (metres, world) and look the same way; batch axes broadcast."""
        translation = self.translation - (self.rotation @ offset[..., None]).squeeze(-1)
        return replace(self.expand(tuple(translation.shape[:-1])), translation=translation)

    def __getitem__(self, index: Any) -> Camera:
        """Index the leading axes."""
        return self._map(lambda tensor: tensor[index])

    def _map(self, function: Any) -> Camera:
        return replace(self, **{name: function(getattr(self, name)) for name in _OWN_AXES})

    # -- ways to make one ---------------------------------------------------------------------------------------

    @classmethod
    def pinhole(
        cls,
        focal: Float[Tensor, "*batch"] | Float[Tensor, "*batch 2"] | float,
        size: Size,
        *,
        centre: Float[Tensor, "*batch 2"] | None = None,
        rotation: Float[Tensor, "*batch 3 3"] | None = None,
        translation: Float[Tensor, "*batch 3"] | None = None,
        perspective: bool = True,
    ) -> Camera:
        """A camera by its numbers; by default it stands at the world's origin and looks along +Z, y down.

        Args:
            focal: pixels (per metre, of a parallel camera); one number, or those along x and y in a last axis of 2
                where a `centre` is given.
            size: height and width of the picture.
            centre: principal point, pixels; the middle of the picture by default.
        """
        focal = torch.as_tensor(focal, dtype=None if isinstance(focal, Tensor) else torch.float32)
        if centre is None:
            centre = focal.new_tensor([size[1] / 2, size[0] / 2]).expand(*focal.shape, 2)
        focal = focal if focal.shape == centre.shape else focal[..., None]
        intrinsics = torch.diag_embed(torch.cat([focal.expand_as(centre), torch.ones_like(centre[..., :1])], dim=-1))
        intrinsics = intrinsics + torch.nn.functional.pad(centre[..., None], (2, 0, 0, 1))
        batch = centre.shape[:-1]
        if rotation is None:
            rotation = torch.eye(3).to(centre)
        translation = centre.new_zeros(3) if translation is None else translation
        return cls(rotation.expand(*batch, 3, 3), translation.expand(*batch, 3), intrinsics, size, perspective)

    @classmethod
    def look_at(
        cls,
        position: Float[Tensor, "*batch 3"],
        target: Float[Tensor, "*batch 3"],
        *,
        size: Size = _SIZE,
        field_of_view: float = FIELD_OF_VIEW,
        up: tuple[float, float, float] = _UP,
    ) -> Camera:
        """A perspective camera at `position` whose image shows `target` in its middle.

        Args:
            size: height and width of the picture.
            field_of_view: vertical, degrees.
            up: direction of the world that points up in the image; must not be the viewing direction.
        """
        forward = torch.nn.functional.normalize(target - position, dim=-1)
        right = torch.linalg.cross(forward, forward.new_tensor(up).expand_as(forward))
        if not (right.norm(dim=-1) > 1e-6).all():
            raise PoseloomError("Camera.look_at: it stands at its target, or looks along `up`; give another `up`")
        right = torch.nn.functional.normalize(right, dim=-1)
        rotation = torch.stack([right, torch.linalg.cross(forward, right), forward], dim=-2)
        return cls._placed(rotation, position, size, focal_of_angle(field_of_view, size[0]), True)

    @classmethod
    def framing(
        cls,
        points: Float[Tensor, "*batch points 3"],
        azimuth: Float[Tensor, "*#batch"] | float = 0.0,
        elevation: Float[Tensor, "*#batch"] | float = 0.0,
        *,
        margin: float = 0.08,
        size: Size = _SIZE,
        field_of_view: float = FIELD_OF_VIEW,
        perspective: bool = True,
        smallest: float = _SMALLEST_EXTENT,
    ) -> Camera:
        """The camera of a given direction that stands as near as it can with all points in the picture.

        The distance follows in closed form: along each image axis the cone of view that holds all points has its
        apex where the two outermost planes meet.

        Args:
            azimuth: where the camera stands, radians about +Y from +Z towards +X; 0 sees the front of the T-pose.
            elevation: how high it stands above the horizontal, radians.
            margin: free border on every side, as a share of the image.
            size: height and width of the picture.
            field_of_view: vertical, degrees.
            perspective: False for a parallel projection.
            smallest: metres, half the extent that the image shows at least.
        """
        azimuth, elevation = (
            torch.as_tensor(a, dtype=points.dtype, device=points.device) for a in (azimuth, elevation)
        )
        rotation = orbit(azimuth, elevation)
        rotation = rotation.expand(*points.shape[:-2], 3, 3)
        x, y, z = (points @ rotation.transpose(-1, -2)).unbind(-1)
        aspect = size[1] / size[0]
        focal = focal_of_angle(field_of_view, 1.0)
        inner = 1 - 2 * margin
        slopes = (0.5 * aspect * inner / focal, 0.5 * inner / focal)
        if perspective:
            middles, distance = framing_cone(x, y, z, slopes, smallest)
        else:
            half = [(axis.amax(-1) - axis.amin(-1)).clamp_min(2 * smallest) / 2 for axis in (x, y)]
            middles = [(axis.amax(-1) + axis.amin(-1)) / 2 for axis in (x, y)]
            span = torch.maximum(half[0] / aspect, half[1]) * 2 / inner
            distance = span * focal - z.amin(-1)
            focal = 1 / span
        position = torch.stack([*middles, -distance], dim=-1)
        position = (rotation.transpose(-1, -2) @ position[..., None]).squeeze(-1)
        return cls._placed(rotation, position, size, focal * size[0], perspective)

    @classmethod
    def weak_perspective(
        cls,
        scale: Float[Tensor, "*batch"],
        offset: Float[Tensor, "*batch 2"],
        *,
        side: int = 224,
        distance: float = 10.0,
    ) -> Camera:
        """The parallel camera of mesh recovery: a square image from -1 to 1 shows scale * (x + offset).

        The world is that of the image (x right, y down, z forwards), as those systems predict it.

        Args:
            scale: half image sizes per metre.
            offset: metres, x and y.
            side: pixels along an edge of the square picture.
            distance: metres by which the body is pushed away, for the depth alone.
        """
        translation = torch.cat([offset, torch.full_like(offset[..., :1], distance)], dim=-1)
        return cls.pinhole(scale * (side / 2), (side, side), translation=translation, perspective=False)

    @classmethod
    def _placed(
        cls, rotation: Tensor, position: Tensor, size: Size, focal: Tensor | float, perspective: bool
    ) -> Camera:
        translation = -(rotation @ position[..., None]).squeeze(-1)
        focal = torch.as_tensor(focal, dtype=position.dtype, device=position.device).expand(position.shape[:-1])
        return cls.pinhole(focal, size, rotation=rotation, translation=translation, perspective=perspective)
