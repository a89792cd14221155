"""A source whose rows tell their numbers; and a program that builds it, to be killed."""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from killed import die
from poseloom.data import executor, prepare
from poseloom.data.build import Unit
from poseloom.data.schema import Camera, Image, Keypoints, Layout, RowBlock, Text
from poseloom.pose import Pose


@dataclass(frozen=True)
class Numbered:
    rows: int = 100
    shard_rows: int = 10
    joints: int = 22
    first: int = 0
    name: str = "numbered"

    @property
    def layout(self):
        return Layout(self.joints, translation=True, shape=2, shape_model="smplh")

    def options(self):
        return {"rows": self.rows, "shard_rows": self.shard_rows, "first": self.first}

    def units(self):
        starts = range(self.first, self.first + self.rows, self.shard_rows)
        parts = [range(one, min(one + self.shard_rows, self.first + self.rows)) for one in starts]
        return [Unit(f"{place:03d}", len(part), part) for place, part in enumerate(parts)]

    def read(self, unit):
        numbers = list(unit.content)
        value = torch.tensor(numbers, dtype=torch.float32)
        rotations = (value[:, None, None] / 1e4).expand(-1, self.joints, 3).clone()
        return RowBlock(
            data_set=self.name,
            ids=[f"row {number}" for number in numbers],
            files=[f"file {number // 5}" for number in numbers],
            frames=numbers,
            splits=["test" if number % 4 == 0 else "train" for number in numbers],
            pose=Pose(rotations, value[:, None].expand(-1, 3), value[:, None].expand(-1, 2), "smplh"),
            texts=[[Text(f"text {place} of {number}") for place in range(number % 3)] for number in numbers],
            images=[[Image(f"{number}.jpg", 640, 480, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))] for number in numbers],
            keypoints=[[Keypoints("coco", (1.0, 2.0), (0.5,))] * (number % 2) for number in numbers],
            cameras=[Camera((500.0, 500.0), (320.0, 240.0)) if number % 2 else None for number in numbers],
        )


def die_at(shards):
    """Reports progress by a kill as soon as so many shards are there."""

    def report(progress):
        if progress.done >= shards:
            die()

    return report


if __name__ == "__main__":
    prepare(Numbered(200), Path(sys.argv[1]), executor(sys.argv[2], 2), report=die_at(int(sys.argv[3])))
