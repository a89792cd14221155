"""`render_people`: pictures of synthetic people in a table's poses, and a table of everything that is known of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write
from poseloom.body.anny import MeshName
from poseloom.data.build import Report, Unit
from poseloom.data.builders.rows import prepare
from poseloom.data.builders.tables import opened
from poseloom.data.executors import Executor
from poseloom.data.manifest import MANIFEST, Part, checksum
from poseloom.data.schema import Camera, Image, Keypoints, Layout, RowBlock
from poseloom.pose import Pose, concatenate, keypoints
from poseloom.pose import rotations as rot
from poseloom.pose.types import heading
from poseloom.render.people.appearance import Appearance
from poseloom.render.people.layers import LAYERS, layer_bytes
from poseloom.render.people.pictures import Pictures, as_pillow, pictures_in
from poseloom.render.people.points import CONVENTION, seen_points
from poseloom.render.people.snapshot import Snapshot, Taste, standing_points, take
from poseloom.render.people.wardrobe import random_person

PICTURES = "pictures"
"""Folder in the table's with the pictures."""
CONVENTIONS = ("human_data", "coco", "openpose_25", "mediapipe_33", "smplh")
"""Conventions of the 2D points that rows have; ``human_data`` holds the points of all the others."""
VISIBLE, HIDDEN, OUTSIDE = 1.0, 0.25, 0.0
"""Confidence of points that are seen, that something hides, and that lie beyond the border."""
SMALLEST, LARGEST = 32, 2048
"""Sides of the pictures, pixels."""
_MOST_VIEWS = 64
_PICTURES_A_SHARD = 64
_MARK_DIGITS = 8
_OTHERS = 100
"""Where the seeds of the other people in a picture begin."""
_PLACES = 1000
"""Where the seeds of places that all pictures of a person share begin."""
_TURNED, _ANYWHERE = math.radians(15), 0.25
"""How people in one place turn from how they first stood: a little, normally, or anywhere at this probability."""


@dataclass(frozen=True)
class People:
    """Rows with pictures of people in the poses of a table.

    Args:
        table: whose poses they take.
        out: folder of the new table; the pictures lie in it.
        size: height and width, pixels.
        mesh: ``"full"`` or ``"preview"``, which takes a third of the time.
        count: number of poses drawn, those of the first rows; all if None.
        views: pictures of each person in each pose, from all sides.
        same: so many poses after one another are those of one person.
        same_place: all pictures of a person are taken by one camera in one place and light; most poses face alike.
        layers: names of `LAYERS` that are kept beside each picture.
        backgrounds: folder of pictures, or None.
        crowd: probability that others are there.
        seed: another one draws other people.

    Raises:
        PoseloomError: a number that is out of range, an unknown layer, no table, no folder.
    """

    table: Path
    out: Path
    size: tuple[int, int] = (256, 256)
    mesh: MeshName = "full"
    count: int | None = None
    views: int = 1
    same: int = 1
    layers: tuple[str, ...] = ("parts", "people", "depth")
    backgrounds: Path | None = None
    crowd: float = 0.2
    seed: int = 0
    same_place: bool = False
    name: str = "people"

    def __post_init__(self) -> None:
        if not all(SMALLEST <= side <= LARGEST for side in self.size):
            raise PoseloomError(f"size: expected {SMALLEST} to {LARGEST} pixels, got {self.size[1]}x{self.size[0]}")
        for name, most in (("views", _MOST_VIEWS), ("same", 1 << 20)):
            if not 1 <= getattr(self, name) <= most:
                raise PoseloomError(f"{name}: expected 1 to {most:,}, got {getattr(self, name)}")
        if self.count is not None and self.count < 1:
            raise PoseloomError(f"count: expected at least 1, got {self.count}")
        if not 0 <= self.crowd <= 1:
            raise PoseloomError(f"crowd: expected a probability from 0 to 1, got {self.crowd:g}")
        for layer in self.layers:
            if layer not in LAYERS:
                raise PoseloomError(f"layer {layer!r}: expected some of {', '.join(LAYERS)}")
        if self.out.resolve() == self.table.resolve():
            raise FileError(self.out, "is the table of the poses itself", remedy="choose another folder")
        if not len(self._numbers):
            raise FileError(self.table, "has no row with a pose", remedy="choose a table of poses")

    @cached_property
    def _numbers(self) -> Any:
        """Rows whose poses are drawn."""
        numbers = opened(self.table).posed(None)
        return numbers if self.count is None else numbers[: self.count]

    @property
    def layout(self) -> Layout:
        held = opened(self.table).layout
        return Layout(held.joints, translation=True, shape=6, shape_model="anny")

    def options(self) -> Mapping[str, Any]:
        own = {name: getattr(self, name) for name in ("mesh", "views", "same", "crowd", "seed")}
        if self.same_place:
            own["same_place"] = True
        found = pictures_of(self.backgrounds)
        return {
            **own,
            "size": list(self.size),
            "rows": len(self._numbers),
            "layers": list(self.layers),
            "table": checksum(self.table / MANIFEST).sha256[:_MARK_DIGITS],
            "backgrounds": [] if found is None else sorted(path.name for path in (*found.photos, *found.cloths)),
        }

    def units(self) -> Sequence[Unit]:
        poses = max(1, _PICTURES_A_SHARD // self.views)
        firsts = range(0, len(self._numbers), poses)
        parts = [range(first, min(first + poses, len(self._numbers))) for first in firsts]
        return [Unit(f"{place:05d}", len(part) * self.views, part) for place, part in enumerate(parts)]

    def read(self, unit: Unit) -> RowBlock:
        """Draw the pictures of a unit."""
        folder = self.out / PICTURES / unit.name
        folder.mkdir(parents=True, exist_ok=True)
        rows: list[_PersonRow] = []
        for place in unit.content:
            for view in range(self.views):
                snapshot, ids, split = self._taken(place, view)
                rows += _written(snapshot, folder, f"{place * self.views + view:06d}", ids, split, self.layers, view)
        found = pictures_of(self.backgrounds)
        broken = list(found.broken) if found is not None and unit.name == "00000" else []
        return _block(rows, self.layout, broken)

    def _taken(self, place: int, view: int) -> tuple[Snapshot, list[str], str]:
        """One picture, the ids of the rows whose poses are in it, and the split of the first."""
        table = opened(self.table)
        if self.same_place:
            return self._in_one_place(place, view)
        rng = np.random.default_rng([self.seed, place, 1])
        others = _number_of_others(rng, self.crowd)
        rows = [int(self._numbers[place]), *(int(n) for n in rng.choice(self._numbers, others))]
        people = [(random_person([self.seed, place // self.same]), _pose(table, rows[0]))]
        people += [
            (random_person([self.seed, place, _OTHERS + number]), _pose(table, row))
            for number, row in enumerate(rows[1:])
        ]
        azimuth = None
        if self.views > 1:  # from all sides, the first anywhere
            azimuth = float(rng.uniform(-math.pi, math.pi)) + 2 * math.pi * view / self.views
        taste = Taste(self.size, self.mesh, pictures_of(self.backgrounds))
        snapshot = take([self.seed, place, 2 + view], people, taste, azimuth)
        return snapshot, [table.id(row) for row in rows], table.split(rows[0])

    def _in_one_place(self, place: int, view: int) -> tuple[Snapshot, list[str], str]:
        """As `_taken`, of a person alone; place, light and camera are those of the person's other pictures."""
        table, group = opened(self.table), place // self.same
        row = int(self._numbers[place])
        poses, room = _group(self, group)
        look, seed = random_person([self.seed, group]), [self.seed, group, _PLACES + view]
        azimuth = float(np.random.default_rng([self.seed, group, 1]).uniform(-math.pi, math.pi))
        azimuth += 2 * math.pi * view / self.views
        taste = Taste(self.size, self.mesh, pictures_of(self.backgrounds), occluded=0.0)
        snapshot = take(seed, [(look, poses[place % self.same])], taste, azimuth, room)
        return snapshot, [table.id(row)], table.split(int(self._numbers[group * self.same]))


@dataclass(frozen=True, eq=False)
class _PersonRow:
    """A person in a picture, on the way into the table."""

    id: str
    code: str
    view: int
    split: str
    pose: Pose
    image: Image
    keypoints: list[Keypoints]
    camera: Camera


def _number_of_others(rng: np.random.Generator, crowd: float) -> int:
    if rng.random() >= crowd:
        return 0
    return 1 + int(rng.random() < 0.25)


@lru_cache(maxsize=2)
def _group(people: People, group: int) -> tuple[list[Pose], Float[Tensor, "points 3"]]:
    """The poses of one person in one place, turned, and all points of the person in them."""
    table, numbers = opened(people.table), people._numbers
    places = range(group * people.same, min((group + 1) * people.same, len(numbers)))
    rng = np.random.default_rng([people.seed, group, 0])
    first = _pose(table, int(numbers[places[0]]))
    poses = [first]
    for place in places[1:]:
        pose = _pose(table, int(numbers[place]))
        turn = heading(first.rotations[0]) - heading(pose.rotations[0]) + float(rng.normal(0, _TURNED))
        if rng.random() < _ANYWHERE:
            turn = turn + float(rng.uniform(-math.pi, math.pi))
        poses.append(pose.turned(rot.axis_to_rotmat(turn, "Y")))
    look = random_person([people.seed, group])
    return poses, torch.cat([standing_points(look, pose, people.mesh) for pose in poses])


def _pose(table: Any, row: int) -> Pose:
    pose = table.pose(row)
    return replace(pose, shape=None, shape_model="")


@lru_cache(maxsize=2)
def pictures_of(folder: Path | None) -> Pictures | None:
    """The pictures of a folder, looked through once in each worker."""
    return None if folder is None else pictures_in(folder)


def _written(
    snapshot: Snapshot, folder: Path, name: str, ids: list[str], split: str, layers: Sequence[str], view: int
) -> list[_PersonRow]:
    """Write a picture with its layers and return a row for everyone of whom something is seen."""
    picture = folder / f"{name}.jpg"
    with atomic_write(picture) as temporary:
        as_pillow(snapshot.picture).save(temporary, "JPEG", quality=snapshot.lens.quality)
    for layer in layers:
        with atomic_write(folder / f"{name}.{layer}.png") as temporary:
            temporary.write_bytes(layer_bytes(layer, snapshot.drawn))
    rows = []
    told: list[dict[str, Any]] = []
    for number, source in enumerate(ids):
        row = _person_row(
            snapshot, number, f"{name}-{number}-{source}", f"{PICTURES}/{folder.name}/{name}.jpg", split, view
        )
        if row is not None:
            rows.append(row)
            look = snapshot.people[number].look
            told.append({"id": row.id, "code": row.code, "mask_value": number + 1, "appearance": asdict(look)})
    notes = {"place": snapshot.place, "lens_mm": round(float(snapshot.camera.lens), 2), "people": told}
    with atomic_write(folder / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(notes, separators=(",", ":")) + "\n", encoding="utf-8")
    return rows


def _person_row(snapshot: Snapshot, number: int, id: str, path: str, split: str, view: int) -> _PersonRow | None:
    person, camera = snapshot.people[number], snapshot.camera
    seen = snapshot.drawn.owner == number + 1
    if number and not bool(seen.any()):
        return None
    world, pixels, inside, visible = seen_points(person.figure, camera, snapshot.drawn, number + 1)
    box = _box(seen) if bool(seen.any()) else ()
    confidence = torch.where(visible, VISIBLE, torch.where(inside, HIDDEN, OUTSIDE))
    height, width = camera.size
    figure = person.figure
    pose = replace(person.pose, translation=figure.joints[0], shape=torch.tensor(person.look.shape), shape_model="anny")
    focal, centre = tuple(camera.focal.tolist()), tuple(camera.centre.tolist())
    kept = Camera(focal, centre, tuple(camera.rotation.flatten().tolist()), tuple(camera.translation.tolist()))
    return _PersonRow(
        id,
        person.look.code,
        view,
        split,
        pose,
        Image(path, width, height, box=box),
        [*_flat_points(pixels[:, :2], confidence), _solid_points(world)],
        kept,
    )


def _box(seen: Tensor) -> tuple[float, ...]:
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    top, left = float(rows[0]), float(columns[0])
    return left, top, float(columns[-1]) + 1 - left, float(rows[-1]) + 1 - top


def _flat_points(pixels: Float[Tensor, "points 2"], confidence: Float[Tensor, " points"]) -> list[Keypoints]:
    places, sure = pixels.tolist(), confidence.tolist()
    made = []
    for convention in CONVENTIONS:
        count = len(keypoints.names(convention))
        own, known = [[0.0, 0.0]] * count, [0.0] * count
        pairs = keypoints.mapping(CONVENTION, convention, approximate=True)
        for target, source in zip(pairs.target, pairs.source, strict=True):
            own[target], known[target] = places[source], sure[source]
        made.append(Keypoints(convention, tuple(value for place in own for value in place), tuple(known)))
    return made


def _solid_points(world: Float[Tensor, "points 3"]) -> Keypoints:
    return Keypoints(CONVENTION, tuple(world.flatten().tolist()), (1.0,) * len(world))


def _block(rows: list[_PersonRow], layout: Layout, broken: list[str]) -> RowBlock:
    pose = concatenate([_batched(row.pose, layout) for row in rows])
    return RowBlock(
        data_set="synthetic_people",
        ids=[row.id for row in rows],
        files=[row.code for row in rows],
        frames=[row.view for row in rows],
        splits=[row.split for row in rows],
        pose=pose,
        images=[[row.image] for row in rows],
        keypoints=[row.keypoints for row in rows],
        cameras=[row.camera for row in rows],
        problems=broken,
    )


def _batched(pose: Pose, layout: Layout) -> Pose:
    own = pose.with_hands() if layout.joints > pose.joints else pose
    assert own.translation is not None and own.shape is not None
    return Pose(own.rotations[None], own.translation[None], shape=own.shape[None], shape_model=own.shape_model)


def render_people(
    people: People, executor: Executor | None = None, *, restart: bool = False, report: Report | None = None
) -> Part:
    """Draw people and write their table. The same options give the same bytes with any number of workers.

    Run again after a stop, it continues.

    Raises:
        PoseloomError: as `People` and `prepare`.
    """
    return prepare(people, people.out, executor, restart=restart, report=report)


def appearance_of(table: str | Path, row: int) -> Appearance:
    """How the person of a row looks, so that it can be drawn again in other poses.

    Raises:
        PoseloomError: the table has no such row, or not such pictures.
    """
    held = opened(Path(table)).row(row)
    file = Path(table) / held.images[0].path
    try:
        notes = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        found = next(person["appearance"] for person in notes["people"] if person["id"] == held.id)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise FileError(file.with_suffix(".json"), "does not tell how the person looks") from error
    return Appearance.from_json(json.dumps(found))
