"""What is done to clips in time: mirror, smooth, resample, trim, put on the floor.

Each function gives a new clip and leaves name and notes as they are. Rotations are treated as rotations: means and
steps between frames are taken on the sphere of unit quaternions, not on axis-angle vectors, which jump.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose import rotations as rot
from poseloom.pose.contact import ContactFigure, ground
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Clip, Pose

LEG_NOTE = "leg_metres"
"""Note of a clip: from hip over knee to ankle, the legs that its translation belongs to."""
DEFAULT_SMOOTHING = 0.1
"""Seconds: takes away the jitter of marker and video capture, and little of a quick gesture."""
_HALF_WIDTHS = 2 * math.sqrt(2 * math.log(2))
"""Full width at half maximum of a Gaussian, in standard deviations."""
_REACH = 4.0
"""Standard deviations after which a Gaussian is cut off."""
_STANDING_SPEED = 0.25
"""Metres a second below which the body's lowest point counts as standing on the floor."""
_LOW = 0.1
"""Metres above the lowest moment within which a standing point counts as standing on the floor, not on a step."""
_SCALES = (0.6, 1.7)
"""Lengths of legs, relative to the free body's, that are believed: a child of six to a giant."""
_WHOLE = 1e-4
"""Part of a frame by which the last moment may be missed: rates such as 29.97 are rounded."""
MAXIMUM_FRAMES = 1 << 22


def mirrored(clip: Clip) -> Clip:
    """The clip seen in a mirror: left and right exchanged."""
    return replace(clip, pose=clip.pose.mirror())


def smoothed(clip: Clip, seconds: float = DEFAULT_SMOOTHING) -> Clip:
    """The clip after a Gaussian low-pass over time; at both ends over what is there of it.

    Args:
        clip: the motion.
        seconds: full width at half maximum; what is much shorter disappears, what is much longer stays.

    Raises:
        PoseloomError: `seconds` is not positive.
    """
    if not 0 < seconds < math.inf:
        raise PoseloomError(f"smoothing over {seconds:g} s: expected a positive number of seconds, such as 0.1")
    kernel = _gaussian(seconds / _HALF_WIDTHS * clip.fps, len(clip))
    pose = clip.pose
    fields: dict[str, Any] = {"rotations": _mean_rotations(pose.rotations, kernel)}
    if pose.translation is not None:
        fields["translation"] = _convolved(pose.translation, kernel)
    if pose.face is not None:
        fields["face"] = _mean_rotations(pose.face, kernel)
    return replace(clip, pose=replace(pose, **fields))


def _gaussian(deviation: float, frames: int) -> Float[Tensor, " taps"]:
    reach = min(math.ceil(_REACH * deviation), frames - 1)
    steps = torch.arange(-reach, reach + 1, dtype=torch.float64)
    return torch.exp(-0.5 * (steps / deviation).square())


def _convolved(values: Float[Tensor, "frames *own"], kernel: Float[Tensor, " taps"]) -> Float[Tensor, "frames *own"]:
    """Weighted means over time; the weights that reach beyond the ends are left out."""
    reach = len(kernel) // 2
    columns = values.double().flatten(1).T[:, None]
    weights = torch.nn.functional.conv1d(columns.new_ones(1, 1, len(values)), kernel[None, None], padding=reach)
    means = torch.nn.functional.conv1d(columns, kernel[None, None], padding=reach) / weights
    return means[:, 0].T.reshape(values.shape).to(values)


def _mean_rotations(
    rotations: Float[Tensor, "frames joints 3"], kernel: Float[Tensor, " taps"]
) -> Float[Tensor, "frames joints 3"]:
    """Weighted means of unit quaternions of the same sign, which for near rotations is their mean rotation."""
    import roma

    quaternions = roma.rotvec_to_unitquat(rotations.double())
    steps = (quaternions[1:] * quaternions[:-1]).sum(-1, keepdim=True)
    signs = torch.cat([torch.ones_like(steps[:1]), torch.where(steps < 0, -1.0, 1.0).cumprod(0)])
    means = torch.nn.functional.normalize(_convolved(quaternions * signs, kernel), dim=-1)
    return roma.unitquat_to_rotvec(means).to(rotations)


def resampled(clip: Clip, fps: float) -> Clip:
    """The clip at another rate, from its first moment to the last that the new frames reach.

    Rotations go along the shortest arc between neighbouring frames, everything else in straight lines. Motion that is
    quicker than the new rate can show is not smoothed away before.

    Raises:
        PoseloomError: `fps` is not positive, or the clip would get more than four million frames.
    """
    if not 0 < fps < math.inf:
        raise PoseloomError(f"{fps:g} frames a second: expected a positive number, such as 30")
    if fps == clip.fps:
        return clip
    frames = math.floor((len(clip) - 1) * fps / clip.fps + _WHOLE) + 1
    if frames > MAXIMUM_FRAMES:
        raise PoseloomError(f"{fps:g} frames a second make {frames:,} frames, at most {MAXIMUM_FRAMES:,} are made")
    places = (torch.arange(frames, dtype=torch.float64) * (clip.fps / fps)).clamp(max=len(clip) - 1)
    left = places.floor().long()
    right = (left + 1).clamp(max=len(clip) - 1)
    return replace(clip, pose=_between(clip.pose[left], clip.pose[right], places - left), fps=float(fps))


def _between(start: Pose, end: Pose, share: Float[Tensor, " frames"]) -> Pose:
    fields: dict[str, Any] = {"rotations": _arc(start.rotations, end.rotations, share)}
    if start.face is not None and end.face is not None:
        fields["face"] = _arc(start.face, end.face, share)
    for name in ("translation", "shape"):
        first, second = getattr(start, name), getattr(end, name)
        if first is not None:
            fields[name] = torch.lerp(first, second, share[:, None].to(first))
    return replace(start, **fields)


def _arc(
    start: Float[Tensor, "frames joints 3"], end: Float[Tensor, "frames joints 3"], share: Float[Tensor, " frames"]
) -> Float[Tensor, "frames joints 3"]:
    first, second = rot.rotvec_to_rotmat(start.double()), rot.rotvec_to_rotmat(end.double())
    step = rot.rotmat_to_rotvec(first.mT @ second) * share[:, None, None]
    return rot.rotmat_to_rotvec(first @ rot.rotvec_to_rotmat(step)).to(start)


def trimmed(clip: Clip, start: float = 0.0, end: float | None = None) -> Clip:
    """The part of a clip from `start` up to, but without, `end`; seconds, to the nearest frame.

    Raises:
        PoseloomError: nothing is left.
    """
    first = round(start * clip.fps)
    last = len(clip) if end is None else round(end * clip.fps)
    if not 0 <= first < min(last, len(clip)):
        asked = f"{start:g}:{'' if end is None else f'{end:g}'}"
        raise PoseloomError(f"trim {asked}: no frame is left of a clip that lasts {clip.seconds:.2f} s")
    return clip[first : min(last, len(clip))]


def grounded(clip: Clip, *, every_frame: bool = False) -> Clip:
    """The clip moved so that the free body stands on the floor y = 0 and its feet slide as little as they can.

    The way is scaled to the body's legs (see `leg_scale`). Then one shift for the whole clip, so that jumps stay
    jumps: by the median height of the body's lowest point over the moments in which it stands still near the ground;
    where it never does, by its lowest moment.

    Args:
        clip: the motion.
        every_frame: put each frame on the floor by itself instead.
    """
    if every_frame:
        return replace(clip, pose=ground(clip.pose))
    pose = clip.pose
    place = torch.zeros_like(pose.rotations[..., 0, :]) if pose.translation is None else pose.translation
    figure = ContactFigure.of(pose.matrices())
    start = place[:1] * torch.tensor((1.0, 0.0, 1.0)).to(place)
    place = start + (place - start) / leg_scale(clip)
    edges = figure.lower_edges() + place[:, None, 1]
    lowest, which = edges.min(-1)
    standing = _standing(figure.points + place[:, None], which, clip.fps) & (lowest < lowest.min() + _LOW)
    floor = lowest[standing].median() if standing.any() else lowest.min()
    notes = clip.notes | {LEG_NOTE: free_leg()} if LEG_NOTE in clip.notes else clip.notes
    moved = replace(pose, translation=place - torch.stack([floor * 0, floor, floor * 0]))
    return replace(clip, pose=moved, notes=notes)


def free_leg() -> float:
    """Length of the free body's leg from hip over knee to ankle, metres."""
    offsets = rest_offsets()
    return round(float(sum(offsets[JOINT_INDEX[f"left_{joint}"]].norm() for joint in ("knee", "ankle"))), 4)


def leg_scale(clip: Clip) -> float:
    """How long the legs are that the clip's way was walked on, as its reader noted, relative to the free body's."""
    noted = clip.notes.get(LEG_NOTE)
    if isinstance(noted, (int, float)) and _SCALES[0] < noted / free_leg() < _SCALES[1]:
        return noted / free_leg()
    return 1.0


def _standing(
    points: Float[Tensor, "frames points 3"], lowest: Int[Tensor, " frames"], fps: float
) -> Bool[Tensor, " frames"]:
    """Frames in which the lowest point hardly moves until the next."""
    if len(points) < 2:
        return torch.ones(len(points), dtype=torch.bool)
    speed = (points[1:] - points[:-1]).norm(dim=-1) * fps
    speed = torch.cat([speed, speed[-1:]])
    return speed.gather(-1, lowest[:, None])[:, 0] < _STANDING_SPEED
