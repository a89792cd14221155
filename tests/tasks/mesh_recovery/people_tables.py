"""A small table of drawn people: the free body in a few poses, as pictures of 96 x 96 pixels."""

from dataclasses import dataclass
from pathlib import Path

import torch

from poseloom.body import default_body
from poseloom.data import prepare
from poseloom.data.build import Unit
from poseloom.data.schema import Camera, Image, Keypoints, Layout, RowBlock
from poseloom.pose import Pose
from poseloom.pose.camera import Camera as Pinhole
from poseloom.pose.sampler import sample
from poseloom.render import observe, save_picture

SIDE, FOCAL, DISTANCE = 96, 150.0, 4.0
LOOKING = torch.tensor([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]])
AWAY = torch.tensor([0.0, 0.0, DISTANCE])
FLAT = torch.tensor([0.5, 0.7, 0.5, 0.5, 0.5, 0.5])


@dataclass(frozen=True)
class DrawnPeople:
    """Rows with poses, shapes, cameras and pictures; with keypoints every third has no pose."""

    folder: Path
    rows: int = 12
    keypoints: bool = False
    h36m: bool = False
    solid: str = ""
    seed: int = 0
    name: str = "drawn"

    @property
    def layout(self):
        return Layout(22, translation=True, shape=6, shape_model="anny")

    def options(self):
        names = ("rows", "keypoints", "h36m", "solid", "seed")
        return {name: getattr(self, name) for name in names}

    def units(self):
        return [Unit("000", self.rows, self.rows)]

    def read(self, unit):
        pose = sample(self.rows, seed=self.seed).rotations[:, :22]
        bodies = Pose(pose, torch.zeros(self.rows, 3), FLAT.expand(self.rows, -1), "anny")
        camera = Pinhole.pinhole(FOCAL, (SIDE, SIDE), rotation=LOOKING, translation=AWAY)
        seen = observe(bodies, SIDE, camera=camera, body=default_body(), ground="translation", supersample=1)
        for row in range(self.rows):
            save_picture(seen.colour[row], self.folder / f"{row}.png")
        object.__setattr__(self, "_posed", default_body().joints(bodies))
        splits = ["val" if row % 4 == 3 else "train" for row in range(self.rows)]
        return RowBlock(
            data_set=self.name,
            ids=[f"{self.name}/{'60457274' if row % 2 else '54138969'}/{row}" for row in range(self.rows)],
            files=[""] * self.rows,
            frames=list(range(self.rows)),
            splits=splits,
            pose=bodies,
            joints=[0 if self.keypoints and row % 3 == 0 else 22 for row in range(self.rows)],
            images=[[_image(row, seen.joints[row])] for row in range(self.rows)],
            keypoints=[self._keypoints(seen.joints[row], row) for row in range(self.rows)],
            cameras=[_camera(camera)] * self.rows,
        )

    def _keypoints(self, joints, number):
        """Joints in the picture; or 17 in space, a metre from the pelvis."""
        away = (0.0, 5.0, 2.0, *(0.0, 6.0, 2.0) * 16)
        found = [_points(joints)] * self.keypoints + [Keypoints("h36m", away, (1.0,) * 17)] * self.h36m
        if self.solid:
            space = self._posed[number] @ (LOOKING.T if self.solid == "camera" else torch.eye(3))
            found.append(Keypoints("smplh", tuple(space.flatten().tolist()), (1.0,) * 52))
        return found


def _box(joints):
    low, high = joints[:, :2].amin(0) - 4, joints[:, :2].amax(0) + 4
    return tuple(torch.cat([low, high - low]).tolist())


def _image(row, joints):
    return Image(f"{row}.png", SIDE, SIDE, box=_box(joints))


def _points(joints):
    return Keypoints("smpl", tuple(joints[:24, :2].flatten().tolist()), (1.0,) * 22 + (0.0,) * 2)


def _camera(camera):
    rotation = tuple(camera.rotation.flatten().tolist())
    middle = (SIDE / 2, SIDE / 2)
    return Camera((FOCAL, FOCAL), middle, rotation, tuple(camera.translation.tolist()))


def drawn_table(folder, **options):
    """The table in `folder`/NAME, its pictures beside its shards."""
    place = folder / options.get("name", "drawn")
    pictures = folder / "pictures" / options.get("name", "drawn")
    pictures.mkdir(parents=True, exist_ok=True)
    prepare(DrawnPeople(pictures, **options), place)
    return place
