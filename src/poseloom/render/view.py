"""From where a pose is looked at: an angle relative to the person, chosen by the pose where none is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import BODY_JOINTS, Pose, heading
from poseloom.pose import rotations as rot
from poseloom.pose.camera import Camera
from poseloom.pose.viewpoint import FIELD_OF_VIEW

THREE_QUARTERS = 25.0
"""Degrees from the front, to the person's left: both arms, both legs and the depth of a step can be seen."""

UPRIGHT_ELEVATION = 8.0
"""Degrees above the horizontal for a person who stands."""

LYING_ELEVATION = 26.0
"""Degrees above the horizontal for a person who lies: enough to tell what is on the ground from what is above it."""

_LYING_SWING = 18.0
"""Degrees by which the camera leaves the exact side of a long lying body, towards the person's front."""

_GLIDE = 31
"""Frames over which the path of a following camera is averaged: a second of most clips."""

_LONG, _LONGEST = 0.9, 2.2
"""Horizontal length over height of a pose where it begins to count as lying, and where it does so entirely."""


@dataclass(frozen=True)
class View:
    """Direction and lens of the camera that `render` makes. Angles in degrees.

    With `azimuth` or `elevation` None they are chosen for each pose: three quarters from the front and slightly from
    above for a person who is upright, turning to the side and rising for one who lies, so that the body is seen at
    its full length.
    """

    azimuth: float | None = None
    """Where the camera stands: 0 in front, 90 at the person's left, 180 behind, -90 at the right."""

    elevation: float | None = None
    """Height of the camera above the horizontal; 90 looks straight down."""

    relative: bool = True
    """Count the azimuth from where the person faces (the pose's heading), else from the world's +Z."""

    shared: bool = False
    """One camera for all poses of the batch, as for the frames of a clip, instead of one for each."""

    follow: bool = False
    """Let the one camera glide along with the pelvis, so that a person who walks far stays large."""

    margin: float = 0.08
    """Free border on every side, as a share of the image."""

    field_of_view: float = FIELD_OF_VIEW
    """Vertical angle of the lens in degrees."""

    perspective: bool = True
    """False for a parallel projection, in which nothing gets smaller with distance."""

    smallest: float = 0.55
    """Metres: half the extent that the picture shows at least, so that a crouching body is not blown up."""

    def camera(
        self,
        pose: Pose,
        joints: Float[Tensor, "batch joints 3"],
        vertices: Float[Tensor, "batch vertices 3"],
        size: tuple[int, int] = (256, 256),
    ) -> Camera:
        """Cameras for posed bodies: one for each pose, or one for all if `shared`.

        Args:
            joints, vertices: of the posed bodies where they stand in the scene, metres.
            size: height and width of the picture, pixels.
        """
        joints = joints[..., :BODY_JOINTS, :]
        facing = facing_angle(pose.rotations[..., 0, :])
        if self.shared:
            facing = torch.atan2(facing.sin().mean(0, keepdim=True), facing.cos().mean(0, keepdim=True))
        lying, side = _lying(joints, facing)
        if self.shared:
            lying, side = lying.mean(0, keepdim=True), side[:1]
        azimuth = torch.full_like(facing, math.radians(self.azimuth or 0.0))
        if self.azimuth is None:
            azimuth = math.radians(THREE_QUARTERS) + lying * (side - math.radians(THREE_QUARTERS))
        if self.relative or self.azimuth is None:
            azimuth = azimuth + facing
        rise = UPRIGHT_ELEVATION + lying * (LYING_ELEVATION - UPRIGHT_ELEVATION)
        elevation = torch.full_like(rise, self.elevation) if self.elevation is not None else rise
        path = _path(joints) if self.shared and self.follow else None
        if path is not None:
            vertices = vertices - path[:, None]
        camera = Camera.framing(
            vertices.flatten(0, 1)[None] if self.shared else vertices,
            azimuth,
            torch.deg2rad(elevation),
            margin=self.margin,
            size=size,
            field_of_view=self.field_of_view,
            perspective=self.perspective,
            smallest=self.smallest,
        )
        return camera if path is None else camera.moved(path)


def _path(joints: Float[Tensor, "frames joints 3"]) -> Float[Tensor, "frames 3"]:
    """Where the pelvis goes over the floor, smoothed so that the camera does not sway with every step."""
    pelvis = (joints[:, 0] * joints.new_tensor([1.0, 0.0, 1.0])).T[None]
    half = _GLIDE // 2
    padded = torch.nn.functional.pad(pelvis, (half, half), mode="replicate")
    return torch.nn.functional.avg_pool1d(padded, _GLIDE, 1)[0].T


def facing_angle(root: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch"]:
    """Angle about +Y, radians, towards which a person turns the face, the belly, or lying on a side the front.

    `heading` goes by the line of the hips, which says nothing about a body on its side; there the front decides.
    """
    front = rot.to_matrix(root)[..., :, 2]
    left = rot.to_matrix(root)[..., :, 0]
    on_side = left[..., 1].abs() > front[..., 1].abs().clamp_min(math.sqrt(0.5))
    return torch.where(on_side, torch.atan2(front[..., 0], front[..., 2]), heading(root))


def _lying(
    joints: Float[Tensor, "batch joints 3"], facing: Float[Tensor, " #batch"]
) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
    """How much a pose lies (0 to 1), and the azimuth relative to its facing that shows its whole length.

    The length is the horizontal principal axis of head, trunk and legs; arms held out are no sign of lying.
    """
    trunk = joints[..., list(_TRUNK_AND_LEGS), :]
    x, z = (trunk[..., axis] - trunk[..., axis].mean(-1, keepdim=True) for axis in (0, 2))
    xx, zz, xz = ((a * b).mean(-1) for a, b in ((x, x), (z, z), (x, z)))
    length = ((xx + zz) / 2 + (((xx - zz) / 2) ** 2 + xz**2).sqrt()).clamp_min(0).sqrt()
    height = trunk[..., 1].std(-1, unbiased=False)
    amount = ((length / height.clamp_min(1e-3) - _LONG) / (_LONGEST - _LONG)).clamp(0, 1)
    along = 0.5 * torch.atan2(2 * xz, zz - xx)  # azimuth of the long axis
    swing = math.radians(_LYING_SWING)
    left = _wrapped(along + math.pi / 2 - facing)
    # Of the two ends of the perpendicular the one nearer to the three-quarter view is taken.
    wanted = math.radians(THREE_QUARTERS)
    other = _wrapped(left + math.pi)
    side = torch.where(_wrapped(left - wanted).abs() <= _wrapped(other - wanted).abs(), left, other)
    towards_front = torch.where(side.abs() > swing, side - side.sign() * swing, torch.full_like(side, swing))
    return amount, towards_front


_TRUNK_AND_LEGS = (0, 3, 6, 9, 12, 15, 1, 2, 4, 5, 7, 8)
"""Pelvis, spine, neck, head, hips, knees, ankles."""


def _wrapped(angle: Tensor) -> Tensor:
    return torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
