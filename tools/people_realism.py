"""How real synthetic people look to the detector that poseloom ships, which learned from photos of people alone.

    python tools/people_realism.py TABLE [--pictures 500] [--textures FOLDER]

Draws people in the poses of a table and looks for them as in any photo. Prints how many are found (the boxes overlap),
and how many of their visible joints, shoulders to ankles, are within 0.2 of the torso's length of where they truly are.
A person who is taken for one seen from the other side counts as found, with most joints wrong.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from poseloom.checkpoints.people import keypoint_reader
from poseloom.data.table import Table
from poseloom.pose.keypoints import names
from poseloom.render.people.pictures import as_pillow, pictures_in
from poseloom.render.people.points import CONVENTION, seen_points
from poseloom.render.people.snapshot import Snapshot, Taste, take
from poseloom.render.people.wardrobe import random_person
from poseloom.tasks.keypoints.predict import NobodyFoundError

_JOINTS = tuple(
    f"{side}_{name}" for side in ("left", "right") for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)
_ROWS = [row for side in (0, 1) for row in (11 + side, 13 + side, 15 + side, 23 + side, 25 + side, 27 + side)]
_THRESHOLD = 0.2
_FOUND = 0.3
"""Overlap (intersection over union) of a detected person's box and the true one from which on the person is found."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mesh", default="full")
    parser.add_argument("--textures", type=Path)
    parser.add_argument("--missed", type=Path, help="folder for the pictures in which nobody was found")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    table, reader = Table.open(arguments.table), keypoint_reader()
    own = pictures_in(arguments.textures) if arguments.textures else None
    taste = Taste((arguments.size, arguments.size), arguments.mesh, own)
    found, right, counted = 0, 0, 0
    places: dict[str, list[int]] = {}
    with torch.no_grad():
        for number in range(arguments.pictures):
            snapshot = _snapshot(table, number, taste, arguments.seed)
            errors = _errors(reader, snapshot)
            kind = places.setdefault(snapshot.place, [0, 0, 0, 0])
            kind[0] += 1
            if errors is None:
                if arguments.missed:
                    arguments.missed.mkdir(exist_ok=True)
                    as_pillow(snapshot.picture).save(arguments.missed / f"{number:05d}.png")
                continue
            found += 1
            right += int((errors < _THRESHOLD).sum())
            counted += len(errors)
            kind[1] += 1
            kind[2] += int((errors < _THRESHOLD).sum())
            kind[3] += len(errors)
    total = arguments.pictures
    print(f"{found} of {total} people found ({found / total:.1%})")
    print(f"PCK@{_THRESHOLD} {right / max(counted, 1):.1%} of {counted} visible joints")
    for place, (count, seen, good, all_) in sorted(places.items()):
        print(f"  {place:9} {count:4} pictures, {seen / count:6.1%} found, PCK {good / max(all_, 1):6.1%}")


def _snapshot(table: Table, number: int, taste: Taste, seed: int) -> Snapshot:
    rng = np.random.default_rng([seed, number, 1])
    count = 1 + int(rng.random() < taste.others[0])
    poses = [table.pose(int(rng.integers(len(table)))) for _ in range(count)]
    people = [(random_person([seed, number, 2 + k]), pose) for k, pose in enumerate(poses)]
    return take([seed, number], people, taste)


def _errors(reader, snapshot: Snapshot) -> torch.Tensor | None:  # type: ignore[no-untyped-def]
    """Distances of the visible joints over the torso's length; None where the first person is not found."""
    figure = snapshot.people[0].figure
    _, pixels, _, seen = seen_points(figure, snapshot.camera, snapshot.drawn, 1)
    rows = [names(CONVENTION).index(name) for name in _JOINTS]
    place = {name: pixels[row, :2] - 0.5 for name, row in zip(_JOINTS, rows, strict=True)}
    middle = {part: (place[f"left_{part}"] + place[f"right_{part}"]) / 2 for part in ("shoulder", "hip")}
    flat = float((middle["shoulder"] - middle["hip"]).norm())
    shoulder, hip = ((figure.joint(f"left_{part}") + figure.joint(f"right_{part}")) / 2 for part in ("shoulder", "hip"))
    depth = float(pixels[rows, 2].mean())
    torso = max(flat, 0.7 * float((shoulder - hip).norm() * snapshot.camera.focal[0]) / depth)
    visible = seen[rows]
    if int(visible.sum()) < 3:
        visible = torch.ones_like(visible)
    picture = torch.from_numpy(np.array(as_pillow(snapshot.picture))).permute(2, 0, 1).float() / 255
    try:
        people = reader.people(picture, limit=1 if len(snapshot.people) == 1 else None, with_hands=False)
    except NobodyFoundError:
        return None
    truth = torch.stack(list(place.values()))
    errors = (people.body.points[:, _ROWS, :2] - truth).norm(dim=-1)[:, visible] / torso
    overlap = _overlap(people.body.points[..., :2] + 0.5, snapshot.drawn.owner == 1)
    if float(overlap.max()) < _FOUND:
        return None
    return errors[int(overlap.argmax())]


def _overlap(points: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Of the boxes of detected people, within the picture, with that of a mask."""
    if not bool(mask.any()):
        return torch.zeros(len(points))
    size = torch.tensor([mask.shape[1], mask.shape[0]])
    low, high = (getattr(points, how)(1).clamp(torch.zeros(2), size) for how in ("amin", "amax"))
    rows, columns = mask.any(1).nonzero(), mask.any(0).nonzero()
    first = torch.tensor([float(columns[0]), float(rows[0])])
    last = torch.tensor([float(columns[-1]) + 1, float(rows[-1]) + 1])
    shared = (torch.minimum(high, last) - torch.maximum(low, first)).clamp_min(0).prod(-1)
    return shared / ((high - low).prod(-1) + (last - first).prod() - shared)


if __name__ == "__main__":
    main()
