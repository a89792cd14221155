"""Cameras: where they stand, what they project, and how they are placed so that a body fills the picture.

A camera's own axes are those of computer vision: x to the right, y down, z forwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError

FIELD_OF_VIEW = 26.0
"""Degrees, vertical: about that of an 80 mm portrait lens, little distortion of near limbs."""

_SMALLEST_EXTENT = 0.2
"""Metres: half the width that a framed picture shows at least, so that a single point has a camera too."""

_UP = (0.0, 1.0, 0.0)


@dataclass(frozen=True, eq=False)
class Camera:
    """A perspective or parallel camera; any leading batch axes, which broadcast against those of the points.

    Args:
        rotation: takes directions of the world to the camera's axes.
        translation: added after the rotation, metres: p_camera = rotation @ p_world + translation.
        focal: in image heights (perspective), or image heights per metre (parallel).
        centre: principal point relative to the middle of the image, in image heights, x right and y down.
        perspective: False for a parallel projection.
    """

    rotation: Float[Tensor, "*batch 3 3"]
    translation: Float[Tensor, "*batch 3"]
    focal: Float[Tensor, "*batch"]
    centre: Float[Tensor, "*batch 2"]
    perspective: bool = True

    def __post_init__(self) -> None:
        own = {"rotation": (3, 3), "translation": (3,), "focal": (), "centre": (2,)}
        for name, axes in own.items():
            expected = (*self.batch_shape, *axes)
            if tuple(getattr(self, name).shape) != expected:
                got = tuple(getattr(self, name).shape)
                raise PoseloomError(f"Camera.{name}: expected shape {expected}, got {got}")

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The leading axes; ``()`` for one camera."""
        return tuple(self.rotation.shape[:-2])

    @property
    def position(self) -> Float[Tensor, "*batch 3"]:
        """Where the camera stands in the world, metres."""
        return -(self.rotation.transpose(-1, -2) @ self.translation[..., None]).squeeze(-1)

    def extrinsics(self) -> Float[Tensor, "*batch 4 4"]:
        """World to camera as one homogeneous matrix."""
        matrix = torch.eye(4, dtype=self.rotation.dtype, device=self.rotation.device)
        matrix = matrix.expand(*self.batch_shape, 4, 4).clone()
        matrix[..., :3, :3], matrix[..., :3, 3] = self.rotation, self.translation
        return matrix

    def intrinsics(self, height: int, width: int) -> Float[Tensor, "*batch 3 3"]:
        """Camera to pixels (the centre of the first pixel is at 0.5, 0.5), as a 3 x 3 matrix.

        For a parallel camera the third row applies to (x, y, 1) instead of (x, y, z).
        """
        matrix = torch.zeros_like(self.rotation)
        matrix[..., 0, 0] = matrix[..., 1, 1] = self.focal * height
        matrix[..., 0, 2] = self.centre[..., 0] * height + width / 2
        matrix[..., 1, 2] = self.centre[..., 1] * height + height / 2
        matrix[..., 2, 2] = 1.0
        return matrix

    def project(
        self, points: Float[Tensor, "*batch points 3"], height: int, width: int
    ) -> Float[Tensor, "*batch points 3"]:
        """Pixel x, pixel y and depth in metres of points in the world.

        Where the depth is zero or negative the point is behind the camera and its pixel means nothing.
        """
        x, y, z = (points @ self.rotation.transpose(-1, -2) + self.translation[..., None, :]).unbind(-1)
        scale = self.focal[..., None] * height
        if self.perspective:
            scale = scale / torch.where(z == 0, torch.finfo(z.dtype).tiny, z)
        shift = self.centre[..., None, :] * height
        return torch.stack([x * scale + shift[..., 0] + width / 2, y * scale + shift[..., 1] + height / 2, z], dim=-1)

    def rays(
        self, height: int, width: int, rows: slice | None = None
    ) -> tuple[Float[Tensor, "*batch rows columns 3"], Float[Tensor, "*batch rows columns 3"]]:
        """Start (metres) and direction (depth 1 per unit) in the world of the ray through every pixel's centre.

        Args:
            rows: only these rows of the image.
        """
        device, dtype = self.rotation.device, self.rotation.dtype
        y = (torch.arange(height, device=device, dtype=dtype)[rows or slice(None)] + 0.5) / height - 0.5
        x = ((torch.arange(width, device=device, dtype=dtype) + 0.5) - width / 2) / height
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
        offset = (grid - self.centre[..., None, None, :]) / self.focal[..., None, None, None]
        zero, one = torch.zeros_like(offset[..., :1]), torch.ones_like(offset[..., :1])
        to_world = self.rotation[..., None, :, :]  # rows of directions times the rotation: its transpose applied
        if self.perspective:
            directions = torch.cat([offset, one], dim=-1) @ to_world
            return self.position[..., None, None, :].expand_as(directions), directions
        starts = torch.cat([offset, zero], dim=-1) @ to_world + self.position[..., None, None, :]
        return starts, torch.cat([zero, zero, one], dim=-1) @ to_world

    def to(self, *args: Any, **kwargs: Any) -> Camera:
        """Move or cast every tensor, as `torch.Tensor.to` does."""
        return self._map(lambda tensor: tensor.to(*args, **kwargs))

    def flat(self, batch: tuple[int, ...]) -> Camera:
        """The same cameras repeated over the axes `batch`, which are laid flat into one."""
        own = len(self.batch_shape)
        return self._map(lambda tensor: tensor.expand(*batch, *tensor.shape[own:]).flatten(0, len(batch) - 1))

    def reshape(self, batch: tuple[int, ...]) -> Camera:
        """The same cameras with other leading axes."""
        own = len(self.batch_shape)
        return self._map(lambda tensor: tensor.reshape((*batch, *tensor.shape[own:])))

    def moved(self, offset: Float[Tensor, "*batch 3"]) -> Camera:
        """Cameras that stand elsewhere by `offset` (metres, world) and look the same way; batch axes broadcast."""
        translation = self.translation - (self.rotation @ offset[..., None]).squeeze(-1)
        batch = translation.shape[:-1]
        own = len(self.batch_shape)
        spread = self._map(lambda tensor: tensor.expand(*batch, *tensor.shape[own:]))
        return replace(spread, translation=translation)

    def __getitem__(self, index: Any) -> Camera:
        """Index the leading axes."""
        return self._map(lambda tensor: tensor[index])

    def _map(self, function: Any) -> Camera:
        names = ("rotation", "translation", "focal", "centre")
        return replace(self, **{name: function(getattr(self, name)) for name in names})

    # -- ways to make one ---------------------------------------------------------------------------------------

    @classmethod
    def look_at(
        cls,
        position: Float[Tensor, "*batch 3"],
        target: Float[Tensor, "*batch 3"],
        *,
        field_of_view: float = FIELD_OF_VIEW,
        up: tuple[float, float, float] = _UP,
    ) -> Camera:
        """A perspective camera at `position` whose image shows `target` in its middle.

        Args:
            field_of_view: vertical, degrees.
            up: direction of the world that points up in the image; must not be the viewing direction.
        """
        forward = torch.nn.functional.normalize(target - position, dim=-1)
        right = torch.linalg.cross(forward, forward.new_tensor(up).expand_as(forward))
        if not (right.norm(dim=-1) > 1e-6).all():
            raise PoseloomError("Camera.look_at: it stands at its target, or looks along `up`; give another `up`")
        right = torch.nn.functional.normalize(right, dim=-1)
        rotation = torch.stack([right, torch.linalg.cross(forward, right), forward], dim=-2)
        return cls._placed(rotation, position, _focal(field_of_view), True)

    @classmethod
    def framing(
        cls,
        points: Float[Tensor, "*batch points 3"],
        azimuth: Float[Tensor, "*#batch"] | float = 0.0,
        elevation: Float[Tensor, "*#batch"] | float = 0.0,
        *,
        margin: float = 0.08,
        aspect: float = 1.0,
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
            aspect: width / height of the image.
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
        focal = _focal(field_of_view)
        inner = 1 - 2 * margin
        slopes = (0.5 * aspect * inner / focal, 0.5 * inner / focal)
        if perspective:
            middles, distance = _cone(x, y, z, slopes, smallest)
        else:
            half = [(axis.amax(-1) - axis.amin(-1)).clamp_min(2 * smallest) / 2 for axis in (x, y)]
            middles = [(axis.amax(-1) + axis.amin(-1)) / 2 for axis in (x, y)]
            span = torch.maximum(half[0] / aspect, half[1]) * 2 / inner
            distance = span * focal - z.amin(-1)
            focal = 1 / span
        position = torch.stack([*middles, -distance], dim=-1)
        position = (rotation.transpose(-1, -2) @ position[..., None]).squeeze(-1)
        return cls._placed(rotation, position, focal, perspective)

    @classmethod
    def weak_perspective(
        cls, scale: Float[Tensor, "*batch"], offset: Float[Tensor, "*batch 2"], *, distance: float = 10.0
    ) -> Camera:
        """The parallel camera of mesh recovery: a square image from -1 to 1 shows scale * (x + offset).

        The world is that of the image (x right, y down, z forwards), as those systems predict it.

        Args:
            scale: half image sizes per metre.
            offset: metres, x and y.
            distance: metres by which the body is pushed away, for the depth alone.
        """
        rotation = torch.eye(3, dtype=scale.dtype, device=scale.device).expand(*scale.shape, 3, 3)
        translation = torch.cat([offset, torch.full_like(offset[..., :1], distance)], dim=-1)
        return cls(rotation, translation, scale / 2, torch.zeros_like(offset), perspective=False)

    @classmethod
    def _placed(cls, rotation: Tensor, position: Tensor, focal: Tensor | float, perspective: bool) -> Camera:
        translation = -(rotation @ position[..., None]).squeeze(-1)
        focal = torch.as_tensor(focal, dtype=position.dtype, device=position.device).expand(position.shape[:-1])
        return cls(rotation, translation, focal, torch.zeros_like(position[..., :2]), perspective)


def orbit(azimuth: Float[Tensor, "*batch"], elevation: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """World to camera for a camera that stands in this direction from what it looks at; well defined from above too."""
    azimuth, elevation = torch.broadcast_tensors(azimuth, elevation)
    sin_a, cos_a, sin_e, cos_e = azimuth.sin(), azimuth.cos(), elevation.sin(), elevation.cos()
    right = torch.stack([cos_a, torch.zeros_like(cos_a), -sin_a], dim=-1)
    forward = -torch.stack([sin_a * cos_e, sin_e, cos_a * cos_e], dim=-1)
    return torch.stack([right, torch.linalg.cross(forward, right), forward], dim=-2)


def _focal(field_of_view: float) -> float:
    if not 0 < field_of_view < 180:
        raise PoseloomError(f"field of view: expected degrees between 0 and 180, got {field_of_view}")
    return 0.5 / math.tan(math.radians(field_of_view) / 2)


def _cone(x: Tensor, y: Tensor, z: Tensor, slopes: tuple[float, float], smallest: float) -> tuple[list[Tensor], Tensor]:
    """Middle of the two image axes and distance of the eye from the origin, all in the camera's axes.

    |x - m| <= s (z + d) for all points: s d >= max(x - s z) - m and s d >= max(-x - s z) + m.
    """
    middles, distances = [], []
    for axis, slope in zip((x, y), slopes, strict=True):
        above = (axis - slope * z).amax(-1)
        below = (-axis - slope * z).amax(-1)
        middles.append((above - below) / 2)
        distances.append(((above + below) / 2).maximum(smallest - slope * z.mean(-1)) / slope)
    return middles, torch.maximum(*distances)
