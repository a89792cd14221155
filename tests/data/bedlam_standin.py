"""A tiny BEDLAM: its raw files in their published layout, with the motions of sampled poses."""

import csv

import numpy as np
import torch

from poseloom.pose import sample
from smpl_standins import write_smplx

HEADER = ("Index", "Type", "Body", "X", "Y", "Z", "Yaw", "Pitch", "Roll", "Comment")
CAMERA_HEADER = ("name", "x", "y", "z", "yaw", "pitch", "roll", "focal_length", "sensor_width", "sensor_height", "hfov")
TRAINING = "20221010_3_1000_batch01hand"
CLOSEUP = "20221011_1_250_batch01hand_closeup_suburb_a"
VALIDATION = "20221018_1_250_batch01hand_zoom_suburb_b"
FRAMES = 41
MOTION_FRAMES = 60
FOCAL = 30.0
HEIGHT = 100.0
"""cm of the camera above the floor."""
STANDING = 1.2
"""metres by which a motion lifts the body, so that it stands on the floor."""


def write_bedlam(folder, sequences=2, people=3, scenes=(TRAINING, CLOSEUP, VALIDATION), spread=110.0):
    """The whole data set: in each sequence `people` side by side, 4 m before a still camera that looks along X."""
    write_smplx_here(folder)
    for number, scene in enumerate(scenes):
        rows, paths = [], folder / "csv" / scene / "ground_truth" / "camera"
        paths.mkdir(parents=True)
        for place in range(sequences):
            name = f"seq_{place:06d}"
            rows.append(("Group", "", 0, 0, 0, 0, f"sequence_name={name};frames={FRAMES};hdri=x"))
            for one in range(people):
                person, motion = f"rp_{number}_{one:03d}", f"{1000 + place}"
                write_motion(folder, person, motion, seed=100 * number + 10 * place + one)
                across = spread * (one - (people - 1) / 2)
                body = ("Body", f"{person}_{motion}", 400, across, 0, 90 + 10 * one, f"start_frame={5 * one};x=1")
                rows.append(body)
            write_camera(paths / f"{name}_camera.csv", name, roll=90.0 if "closeup" in scene else 0.0)
        write_scene(folder, scene, rows)
    return folder


def write_smplx_here(folder):
    (folder / "smplx").mkdir(parents=True, exist_ok=True)
    return write_smplx(folder / "smplx" / "SMPLX_NEUTRAL.npz")


def write_scene(folder, scene, rows):
    """be_seq.csv of a scene; rows are (Type, Body, X, Y, Z, Yaw, Comment)."""
    path = folder / "csv" / scene / "be_seq.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for index, (kind, body, x, y, z, yaw, comment) in enumerate(rows):
            writer.writerow((index, kind, body, x, y, z, yaw, 0, 0, comment))


def write_camera(path, sequence, frames=FRAMES, position=(0.0, 0.0, HEIGHT), yaw=0.0, pitch=0.0, roll=0.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(CAMERA_HEADER)
        for frame in range(frames):
            name = f"{sequence}_{frame:04d}.png"
            writer.writerow((name, *position, yaw, pitch, roll, FOCAL, 36, 20.25, 62))


def write_motion(folder, person, motion, seed=0, frames=MOTION_FRAMES, **changes):
    """A motion that goes evenly from one sampled pose to another, facing +z."""
    path = folder / "neutral_ground_truth_motioninfo" / person / motion / "motion_seq.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    ends = sample(2, seed).without_heading().rotations
    share = torch.linspace(0, 1, frames)[:, None, None]
    rotations = ends[0] * (1 - share) + ends[1] * share
    face = torch.zeros(frames, 3, 3)
    face[:, 0, 0] = 0.1
    poses = torch.cat([rotations[:, :22], face, rotations[:, 22:]], dim=1).flatten(1)
    translation = np.tile([0.0, STANDING, 0.0], (frames, 1))
    arrays = {
        "poses": poses.double().numpy(),
        "trans": translation,
        "betas": np.random.default_rng(seed).normal(size=11),
        "gender": np.array("neutral"),
        "gender_sub": np.array("female"),
        "motion_info": np.array({"from": "a dictionary"}, dtype=object),
        **changes,
    }
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path
