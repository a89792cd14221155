"""How exact the small network of mesh recovery is on drawn people that no training saw.

    poseloom data render POSES --out TABLE --size 192x192 --body preview --layers none --seed 500
    python tools/small_figures.py TABLE --people 800 --captured val.npz [--model model.safetensors] [--keep FILE]

Each picture's person is looked for by the reader; those that it finds are told by the lifter, by the reader's fit with
its lifter, by the network alone in one look and in several, and by both with the fit. With --captured the figures of
those in its poses follow the figures of all, where poses are mixed with others; those whose points the reader finds
well are told apart.
22 joints of the average body, pelvis on pelvis, mm: MPJPE, then PA-MPJPE, mean (median). The lens is not told.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from poseloom import load_model
from poseloom.checkpoints.people import keypoint_reader, lifter_of
from poseloom.data.table import Table
from poseloom.images.read import read_picture
from poseloom.pose import BODY_JOINTS, Pose
from poseloom.pose import rotations as rot
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.keypoints.people import collected
from poseloom.tasks.keypoints.predict import NobodyFoundError
from poseloom.tasks.lifting.batch import carried_joints
from poseloom.tasks.lifting.poses import captured_poses
from poseloom.tasks.lifting.predict import Lifted
from poseloom.tasks.mesh_recovery.predict import TellsPoses, recover_bodies
from poseloom.tasks.mesh_recovery.small_looks import LOOKS, look_again
from poseloom.tasks.mesh_recovery.small_predict import Picture, SmallBodyNetwork

_CAMERA_AXES = (1.0, -1.0, -1.0)
_NEAR = 0.25
"""Of a box's longer side: a found person whose hips lie farther from the drawn one's is another."""
_LANDMARKS = {16: 11, 17: 12, 18: 13, 19: 14, 20: 15, 21: 16, 1: 23, 2: 24, 4: 25, 5: 26, 7: 27, 8: 28}
"""Joints, and the points of MediaPipe that show them."""
_ON_JOINTS = 0.025
"""Of the region's side."""
_SAME = 0.05
"""Distance of all rotation matrices of two poses that are one."""
_HIPS, _JOINT_HIPS = [23, 24], [1, 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--people", type=int, default=800, help="stop when so many are found")
    parser.add_argument("--model", type=Path, help="the shipped network if none is named")
    parser.add_argument("--captured", type=Path, help="motion file: its poses are told by themselves too")
    parser.add_argument("--keep", type=Path, help="file in which found people are kept")
    given = parser.parse_args()
    torch.set_num_threads(1)
    table = Table(given.table)
    if given.keep is not None and given.keep.exists():
        people, true, rows, missed = torch.load(given.keep, weights_only=False)
    else:
        people, true, rows, missed = found_people(table, given.people)
        if given.keep is not None:
            torch.save((people, true, rows, missed), given.keep)
    print(f"{len(people)} people; {missed} were not found")
    near = points_near(table, people, rows)
    groups = {"": torch.ones(len(people), dtype=torch.bool), ", points near": near, ", points far": ~near}
    print(f"{int(near.sum())} whose points are near")
    if given.captured is not None:
        groups[", captured poses"] = is_captured(true, captured_poses(given.captured))
        print(f"{int(groups[', captured poses'].sum())} in captured poses")
    network = load_model(given.model or "mesh_recovery", "mesh_recovery")
    assert isinstance(network, SmallBodyNetwork)
    small = PictureLifter(network, list(pictures_of(table, rows)))
    focal = float(np.hypot(*people.size))
    ways: dict[str, TellsPoses | None] = {"lifter": lifter_of("lifted"), "small": small}
    for name, way in ways.items():
        assert way is not None
        report(f"{name} alone", way.lift(people, focal).local, true, groups)
        report(f"{name} and fit", rotations_of(recover_bodies(people, lifter=way).poses.rotations), true, groups)
    seen, told = look_again(network, people, pictures_of(table, rows), focal)
    report(f"small in {len(LOOKS)} looks alone", told.local, true, groups)
    fitted = recover_bodies(seen, lifter=told).poses.rotations
    report(f"small in {len(LOOKS)} looks and fit", rotations_of(fitted), true, groups)
    report("fit alone", rotations_of(recover_bodies(people).poses.rotations), true, groups)


class PictureLifter:
    """The small network and the pictures that it looks at, where a lifter is asked for."""

    def __init__(self, network: SmallBodyNetwork, pictures: Iterable[Picture]):
        self.network, self.pictures = network, pictures

    def lift(self, people: Keypoints, focal: float) -> Lifted:
        """See `SmallBodyNetwork.lift`."""
        return self.network.lift(people, self.pictures, focal)


def found_people(table: Table, wanted: int) -> tuple[Keypoints, Tensor, list[int], int]:
    """Found people, one a picture and frame, their true rotations in the camera's axes, rows, how many were missed."""
    reader = keypoint_reader()
    parts, true, rows, missed = [], [], [], 0
    seen: set[str] = set()
    for row in range(len(table)):
        path = table.pictures([row]).paths[0]
        if path in seen:
            continue
        seen.add(path)
        box = torch.tensor(table.pictures([row]).box[0])
        hips = torch.from_numpy(table.keypoints("smplh", [row])[0, _JOINT_HIPS, :2]).mean(0) - 0.5
        try:
            people = reader.people(read_picture(table.path / path), limit=None)
        except NobodyFoundError:
            missed += 1
            continue
        apart = (people.body.points[:, _HIPS, :2].mean(1) - hips).norm(dim=-1)
        best = int(apart.argmin())
        if float(apart[best]) > _NEAR * float(box[2:].max()):
            missed += 1
            continue
        parts.append(people[best : best + 1])
        rows.append(row)
        camera = table.cameras([row])
        local = rot.rotvec_to_rotmat(table.poses([row]).rotations[0, :BODY_JOINTS])
        root = torch.diag(torch.tensor(_CAMERA_AXES)) @ torch.from_numpy(camera.rotation[0]) @ local[0]
        true.append(torch.cat([root[None], local[1:]]))
        if len(rows) == wanted:
            break
    together = collected(parts, "", 1.0, torch.arange(len(parts)).float())
    return replace(together, fps=None), torch.stack(true), rows, missed


def pictures_of(table: Table, rows: list[int]) -> Iterator[Tensor]:
    """The pictures of rows."""
    for row in rows:
        yield read_picture(table.path / table.pictures([row]).paths[0])


def rotations_of(rotations: Tensor) -> Tensor:
    """Matrices of the body's joints."""
    return rot.rotvec_to_rotmat(rotations[:, :BODY_JOINTS].float())


def points_near(table: Table, people: Keypoints, rows: list[int]) -> Tensor:
    """Whether the reader's points lie on the joints, in the mean of shoulders, elbows, wrists, hips, knees, ankles."""
    true = torch.from_numpy(table.keypoints("smplh", rows)[:, list(_LANDMARKS), :2]) - 0.5
    apart = (people.points[:, list(_LANDMARKS.values()), :2] - true).norm(dim=-1).mean(1)
    return apart < _ON_JOINTS * people.roi.side


def is_captured(true: Tensor, captured: Tensor) -> Tensor:
    """Whether each pose, its root aside, is a captured one or the mirror image of one."""
    poses = Pose(captured)
    both = torch.cat([poses.rotations, poses.mirror().rotations])[:, 1:]
    known = rot.rotvec_to_rotmat(both).flatten(1)
    return torch.cdist(true[:, 1:].flatten(1), known).amin(1) < _SAME


def report(name: str, own: Tensor, true: Tensor, groups: dict[str, Tensor]) -> None:
    """Print the rows of a way."""
    one, other = carried_joints(own.float()).numpy(), carried_joints(true).numpy()
    plain = 1000 * distances(one, other)
    aligned = 1000 * np.array([procrustes(*pair) for pair in zip(one, other, strict=True)])
    for group, rows in groups.items():
        told = [f"{values[rows].mean():.1f} ({np.median(values[rows]):.1f})" for values in (plain, aligned)]
        print(f"{name}{group}: {'  '.join(told)}", flush=True)


def distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean distance of joints, pelvis on pelvis."""
    return np.linalg.norm((one - one[:, :1]) - (other - other[:, :1]), axis=-1).mean(-1)


def procrustes(one: np.ndarray, other: np.ndarray) -> float:
    """Mean distance after the best rotation, scale and shift, by plain geometry (Kabsch 1976; Umeyama 1991)."""
    a, b = one - one.mean(0), other - other.mean(0)
    u, sizes, v = np.linalg.svd(a.T @ b)
    sizes[-1] *= np.sign(np.linalg.det(u @ v))
    u[:, -1] *= np.sign(np.linalg.det(u @ v))
    scale = sizes.sum() / (a**2).sum()
    return float(np.linalg.norm(scale * a @ (u @ v) - b, axis=-1).mean())


if __name__ == "__main__":
    main()
