"""Clips that the tests of the formats write and read."""

from __future__ import annotations

import numpy as np
import torch

from poseloom.pose import Clip, Pose
from poseloom.pose import rotations as rot


def sample_clip(frames: int = 5, joints: int = 52, *, full: bool = True, seed: int = 0) -> Clip:
    """Random poses; `full` adds translation, shape of SMPL-X and face."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    shape = normal(1, 16).repeat(frames, 1)
    pose = Pose(
        normal(frames, joints, 3),
        translation=normal(frames, 3) if full else None,
        shape=shape if full else None,
        shape_model="smplx" if full else "",
        face=normal(frames, 3, 3) if full else None,
    )
    return Clip(pose, 25.0, "sample", {"gender": "female", "tags": ["a", "ü"]} if full else {})


def same_rotations(a: Pose, b: Pose, tolerance: float = 1e-5) -> bool:
    """Equal as matrices: an axis-angle vector may come back with another turn."""
    return bool((rot.rotvec_to_rotmat(a.rotations) - rot.rotvec_to_rotmat(b.rotations)).abs().max() < tolerance)


def amass_arrays(frames: int = 4, width: int = 156, seed: int = 0) -> dict[str, np.ndarray]:
    """The arrays of an AMASS file as published: double precision, Z up."""
    rng = np.random.default_rng(seed)
    return {
        "poses": rng.normal(size=(frames, width)) * 0.5,
        "trans": rng.normal(size=(frames, 3)),
        "betas": rng.normal(size=16),
        "dmpls": rng.normal(size=(frames, 8)),
        "gender": np.array("male"),
        "mocap_framerate": np.array(120.0),
    }
