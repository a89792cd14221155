"""Videos: feet that stand stay where they are, on the floor; gaps are filled; smoothing makes motion calmer."""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from poseloom.pose.types import Pose
from poseloom.tasks.mesh_recovery.on_ground import _soles
from poseloom.tasks.mesh_recovery.predict import recover_bodies

sys.path.insert(0, str(Path(__file__).parent))
from people_stand_ins import keypoints_of, standing


def squats(count=24):
    """Somebody who goes up and down on both feet, seen from the front."""
    rotations = standing(count).rotations.clone()
    bend = 0.5 * (1 - torch.cos(torch.linspace(0, 6.28, count)))
    for joint, share in ((1, -0.5), (2, -0.5), (4, 1.0), (5, 1.0), (7, -0.5), (8, -0.5)):
        rotations[:, joint, 0] += share * bend
    return Pose(rotations)


def seen_squats(noise=0.0, drift=0.0):
    poses = squats()
    soles = _soles(poses.with_hands())[..., 1].amin((-1, -2)).float()
    rows = [
        keypoints_of(poses[i : i + 1], right=drift * i, up=float(-soles[i]) - 0.9, fps=24.0) for i in range(len(poses))
    ]
    names = ("points", "world", "visibility", "scores")
    joined = {name: torch.cat([getattr(row, name) for row in rows]) for name in names}
    found = keypoints_of(poses, fps=24.0)
    found = replace(found, **joined)
    shaken = torch.randn(found.world.shape, generator=torch.Generator().manual_seed(1)) * noise
    return replace(found, world=found.world + shaken)


def test_standing_feet_stay_on_the_floor():
    found = recover_bodies(seen_squats(drift=0.006))  # the camera's hand moves by 15 cm
    pose = found.pose()
    soles = _soles(pose) + pose.translation.double()[:, None, None]
    assert float(soles[..., 1].amin()) > -1e-3
    assert float(soles[..., 1].amin((-1, -2)).max()) < 0.02
    middle = soles.mean((1, 2))
    assert float((middle - middle.mean(0))[:, [0, 2]].norm(dim=-1).max()) < 0.03
    assert float(pose.translation[:, 1].max() - pose.translation[:, 1].min()) > 0.05


def test_neighbouring_frames_calm_each_other():
    keypoints = seen_squats(noise=0.03)
    calm = recover_bodies(keypoints).poses.matrices()[:, :22]
    alone = recover_bodies(replace(keypoints, fps=None, times=torch.zeros(1), person=torch.arange(len(keypoints))))
    jumps = [(m[2:] - 2 * m[1:-1] + m[:-2]).abs().mean() for m in (calm, alone.poses.matrices()[:, :22])]
    assert jumps[0] < 0.8 * jumps[1]


def test_frames_in_which_nobody_was_found_lie_between_their_neighbours():
    keypoints = seen_squats()
    kept = torch.tensor([i for i in range(24) if i not in (10, 11)])
    clip = recover_bodies(keypoints[kept]).clip()
    assert len(clip) == 24 and clip.fps == 24.0 and clip.notes["recovered_from"] == "video"
    between = clip.pose.translation[9:13, 1]
    steps = between[1:] - between[:-1]
    assert torch.allclose(steps, steps.mean().expand(3), atol=1e-5)
