"""Bodies of people whose keypoints are known: in a picture each by itself, in a video each over time."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest
from poseloom.pose import rotations as rot
from poseloom.pose.camera import Camera
from poseloom.pose.types import Pose
from poseloom.results.keypoints import Keypoints
from poseloom.results.recovered import Recovered, on_floor
from poseloom.tasks.lifting.predict import Lifted
from poseloom.tasks.mesh_recovery.body_landmarks import beyond_edge, seen_joints
from poseloom.tasks.mesh_recovery.landmarks import Bodies, LandmarkWeights, fit_landmarks
from poseloom.tasks.mesh_recovery.lifted_terms import LiftedWeights
from poseloom.tasks.mesh_recovery.networks.choice import ALGORITHMS as NETWORKS
from poseloom.tasks.mesh_recovery.networks.small import SMALL
from poseloom.tasks.mesh_recovery.on_ground import stands_of

LIFTED = "lifted"
ALGORITHMS = (LIFTED, "landmarks", "keypoints")
"""Ways to a body: ``lifted`` lets a learned lifter tell depth and pose and fits these to the picture, ``landmarks``
and ``keypoints``, which are one, fit to what the keypoint networks see alone."""
NORMAL_LENS = 43.3
"""Millimetres: the diagonal of a 36 x 24 sensor; as long as this is the lens that is assumed where a file is silent."""
_STILL = LandmarkWeights(lifted=LiftedWeights(depth=2.0))
"""Of a picture, where depth that several looks tell may count more than in the frames of a video."""


class TellsPoses(Protocol):
    """Whatever says poses of people whose landmarks are known."""

    def lift(self, people: Keypoints, focal: float) -> Lifted:
        """Their poses, in the axes of the camera; the focal length is in pixels."""
        ...


def recover_bodies(
    keypoints: Keypoints,
    *,
    lens: float | None = None,
    lifter: TellsPoses | Lifted | None = None,
    notes: tuple[str, ...] = (),
) -> Recovered:
    """The bodies of people in a picture or a video.

    Args:
        keypoints: number of keypoints of at least one person.
        lens: focal length in millimetres on a sensor of 36 x 24, by the diagonal; a normal lens by default.
        lifter: tells depth and pose, or what it has told; without one the fit goes by the landmarks alone.
        notes: what the result says first, before the notes of the keypoints.

    Raises:
        PoseloomError: nobody in the keypoints.
    """
    if not len(keypoints):
        raise PoseloomError(f"{keypoints.name or 'keypoints'}: nobody is there whose body could be recovered")
    focal = focal_of(keypoints.size, lens)
    lifted = lifter if lifter is None or isinstance(lifter, Lifted) else lifter.lift(keypoints, focal)
    if keypoints.fps is None:
        bodies = fit_landmarks(keypoints, focal, _STILL, lifted=lifted)
        stands = on_floor(Pose(rot.rotmat_to_rotvec(bodies.local).float()))
    else:
        bodies, stands = _over_time(keypoints, focal, lifted)
    return Recovered(
        keypoints,
        Pose(rot.rotmat_to_rotvec(bodies.local).float(), bodies.place.float()),
        picture_camera(keypoints.size, focal),
        lens is not None,
        bodies.seen,
        seen_joints(beyond_edge(keypoints), torch.zeros(len(keypoints), 2, dtype=torch.bool), any_of=True),
        (keypoints.visibility.mean(-1) * keypoints.scores).clamp(0, 1),
        bodies.error.float(),
        stands,
        None if lifted is None else lifted.turn_error,
        notes=(*notes, *keypoints.notes),
    )


def focal_of(size: tuple[int, int], lens: float | None) -> float:
    """Focal length in pixels of a picture of some width and height; of a normal lens where none is told."""
    return math.hypot(*size) * (lens or NORMAL_LENS) / NORMAL_LENS


def picture_camera(size: tuple[int, int], focal: float) -> Camera:
    """The camera at the world's origin that looks along -Z, +Y up: that of the recovered poses.

    Args:
        size: width and height of the picture, pixels.
        focal: pixels.
    """
    rotation = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    return Camera.pinhole(focal, (size[1], size[0]), rotation=rotation)


def check_algorithm(algorithm: str) -> None:
    """Refuse an algorithm that is none of `ALGORITHMS`; the networks' names are told as well.

    Raises:
        PoseloomError: it is unknown.
    """
    if algorithm not in ALGORITHMS:
        known = (*ALGORITHMS, SMALL, *NETWORKS)
        raise PoseloomError(f"algorithm {algorithm!r} is unknown (of {', '.join(known)}){closest(algorithm, known)}")


def _over_time(keypoints: Keypoints, focal: float, lifted: Lifted | None) -> tuple[Bodies, Float[Tensor, "rows 3"]]:
    """Everybody over time, one after another; the rows as they were."""
    assert keypoints.fps is not None
    fitted, stands, order = [], [], []
    for person in keypoints.people:
        rows = (keypoints.person == person).nonzero()[:, 0]
        own = keypoints[rows]
        own_lifted = None if lifted is None else lifted[rows]
        bodies = fit_landmarks(own, focal, in_time=True, lifted=own_lifted)
        pose = Pose(rot.rotmat_to_rotvec(bodies.local).float())
        stands.append(stands_of(pose, bodies.place, own))
        fitted.append(bodies)
        order.append(rows)
    back = torch.cat(order).argsort()
    return Bodies.joined(fitted)[back], torch.cat(stands)[back]
