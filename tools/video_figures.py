"""How exact, calm and prompt bodies from videos are: rendered clips of captured motion through the whole pipeline.

    python tools/video_figures.py --poses val.npz

For each clip, with smoothing and without: error of the poses, restlessness of joints beside that of the truth, how far
points lag, how standing feet slide, and CPU a frame (body, hands and fit; one thread).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.checkpoints.people import keypoint_reader, lifter_of
from poseloom.formats.mocap_npz import read_mocap_sequences
from poseloom.metrics import pa_mpjpe, root_aligned_mpjpe
from poseloom.pose import BODY_JOINTS, Clip
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.render import Scene, View, observe
from poseloom.render.stage import stage_of
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.keypoints.people import collected
from poseloom.tasks.keypoints.tracking import Tracker
from poseloom.tasks.mesh_recovery.predict import recover_bodies

CLIPS = ("05_12", "12_02")
SIZE = (480, 640)
LONGEST = 300
"""Frames: ten seconds."""
_ROWS = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
_JOINTS = tuple(
    JOINT_INDEX[f"{side}_{part}"]
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
_SHIFTS = torch.linspace(0, 3, 31)
"""Frames by which a lag is looked for."""
_STANDING = 0.15
"""Metres a second: a foot of the truth that is slower stands."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses", type=Path, required=True, help="npz of captured sequences")
    parser.add_argument("--clips", nargs="+", default=list(CLIPS))
    parser.add_argument("--algorithm", default="lifted")
    given = parser.parse_args()
    torch.set_num_threads(1)
    clips = {clip.name: clip for clip in read_mocap_sequences(given.poses)}
    for name in given.clips:
        clip = clips[name][:LONGEST]
        frames, truth, pixels = drawn(clip)
        print(f"{name}: {clip.notes['description']}, {len(clip)} frames at {clip.fps:g} a second")
        print(f"  restlessness of the truth {restlessness(truth):.1f} mm")
        for smooth in (True, False):
            print(f"  {'smoothed' if smooth else 'raw':8s}", told(frames, clip, truth, pixels, smooth, given.algorithm))


def drawn(clip: Clip) -> tuple[list[Tensor], Float[Tensor, "frames 22 3"], Float[Tensor, "frames 22 2"]]:
    """Frames of one still camera, and joints in its axes: metres, and pixels."""
    scene = Scene(clip, SIZE, view=View(azimuth=30.0, elevation=5.0, shared=True), ground="shared")
    camera = next(iter(stage_of(scene).blocks())).camera[:1]
    frames, pixels = [], []
    for first in range(0, len(clip), 16):
        part = observe(Scene(clip[first : first + 16], SIZE, camera=camera[0], ground="translation"))
        frames += list((part.colour * 255).round().to(torch.uint8))
        pixels.append(part.joints[:, :BODY_JOINTS, :2] - 0.5)
    local = rot.rotvec_to_rotmat(clip.pose.rotations[:, :BODY_JOINTS].double())
    axes = torch.diag(torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)) @ camera.rotation[0].double()
    local[:, 0] = axes @ local[:, 0]
    root = clip.pose.translation.double() @ axes.mT if clip.pose.translation is not None else None
    return frames, joints_of(local, root), torch.cat(pixels)


def joints_of(local: Tensor, root: Tensor | None = None) -> Float[Tensor, "frames 22 3"]:
    return forward_kinematics(local, rest_offsets()[:BODY_JOINTS].double(), PARENTS[:BODY_JOINTS], root)[1]


def told(frames: list[Tensor], clip: Clip, truth: Tensor, pixels: Tensor, smooth: bool, algorithm: str) -> str:
    """The figures of a clip in one line."""
    tracker = Tracker(keypoint_reader(), clip.fps, 1, smooth)
    start = time.process_time()
    people = [tracker.step(frame.float() / 255).without_masks() for frame in frames]
    looked = time.process_time() - start
    found = collected(people, name=clip.name, fps=clip.fps, times=torch.arange(len(frames)) / clip.fps)
    start = time.process_time()
    bodies = recover_bodies(found, lifter=lifter_of(algorithm))
    fitted = time.process_time() - start
    own = joints_of(rot.rotvec_to_rotmat(bodies.poses.rotations[:, :BODY_JOINTS].double()))
    there = truth[found.frame] - truth[found.frame][:, :1] + own[:, :1]
    figures = {
        "mpjpe": f"{1000 * float(root_aligned_mpjpe(own, there).mean()):.0f} mm",
        "pa": f"{1000 * float(pa_mpjpe(own, there).mean()):.0f} mm",
        "restlessness": f"{restlessness(own):.1f} mm",
        "points": f"{float((found.points[:, _ROWS, :2] - pixels[found.frame][:, _JOINTS]).norm(dim=-1).mean()):.2f} px",
        "points' restlessness": f"{float(second(found.points[:, _ROWS, :2]).norm(dim=-1).mean()):.2f} px",
        "lag": f"{lag(found, pixels):.1f} frames",
        "feet slide": f"{sliding(bodies.pose().matrices().double(), bodies.stands.double(), truth, clip.fps):.3f} m/s",
        "CPU a frame": f"{1000 * looked / len(frames):.0f} + {1000 * fitted / len(frames):.0f} ms",
    }
    return "; ".join(f"{name} {value}" for name, value in figures.items())


def second(values: Tensor) -> Tensor:
    """Second differences over the frames."""
    return values[2:] - 2 * values[1:-1] + values[:-2]


def restlessness(joints: Float[Tensor, "frames 22 3"]) -> float:
    """Mean second difference of joints from the pelvis, mm a frame squared."""
    return 1000 * float(second(joints - joints[:, :1]).norm(dim=-1).mean())


def lag(found: Keypoints, pixels: Float[Tensor, "frames 22 2"]) -> float:
    """Frames by which the truth must be delayed to come nearest to the points, without what is off at all times."""
    own = found.points[:, _ROWS, :2]
    apart = []
    for shift in _SHIFTS.tolist():
        at = (found.frame - shift).clamp_min(0)
        low = at.floor().long()
        share = (at - low)[:, None, None]
        true = pixels[:, _JOINTS]
        there = true[low] * (1 - share) + true[(low + 1).clamp(max=len(true) - 1)] * share
        off = own - there
        apart.append(float((off - off.mean(0)).norm(dim=-1).mean()))
    return float(_SHIFTS[int(torch.tensor(apart).argmin())])


def sliding(local: Tensor, stands: Tensor, truth: Tensor, fps: float) -> float:
    """Speed over the floor of feet that stand in the truth, metres a second."""
    feet = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
    own = joints_of(local[:, :BODY_JOINTS], stands)[:, feet]
    standing = (truth[1:, feet] - truth[:-1, feet]).norm(dim=-1) * fps < _STANDING
    speed = (own[1:] - own[:-1])[..., [0, 2]].norm(dim=-1) * fps
    count = min(len(speed), len(standing))
    return float(speed[:count][standing[:count]].mean())


if __name__ == "__main__":
    main()
