"""Tables of pictured people as training crops: read, flipped, scaled, turned, cut out, coloured, normalised.

The order and the laws are those of the benchmark (Pang et al., NeurIPS 2022): channel noise, flip, scale and rotation,
crop. What is drawn for a sample depends on seed, epoch and sample alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.ranges import within
from poseloom.base.streams import mix_numbers
from poseloom.data import Table
from poseloom.images.crop import Region, composed, cut_out, flip_matrix, transformed
from poseloom.images.normalise import Normalisation
from poseloom.images.read import read_picture
from poseloom.pose import keypoints as conventions
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.mesh_recovery.learned_body import LearnedBody
from poseloom.tasks.mesh_recovery.objectives.batch import FEMALE, MALE, UNKNOWN, MeshBatch, in_crop

_UPRIGHT = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
"""Between the camera's axes and those of rows without a camera, which stand upright."""
_LOOKED_AT = 64
"""Rows by which the conventions of a table's keypoints are told."""
_IN_PICTURE, _IN_SPACE = 2, 3
"""Coordinates of keypoints."""
_JOINTS = "smpl_54"
_LARGEST_SCALE, _MOST_TURNED = 0.25, 2.0
"""Scales beyond 1 -+ that and turns beyond that many deviations are cut off."""
_MALE, _FEMALE = "-male:", "-female:"


@dataclass(frozen=True)
class Changes:
    """How crops are varied; see `Tables`.

    Args:
        noise: each colour is multiplied by up to 1 -+ this.
        flip: share of crops that are mirrored.
        scale: deviation of the box's side, a share of it.
        turn: deviation of the rotation, degrees.
        turns: share of crops that are turned.
        mix: self-mixing (Pang et al. 2022): share of crops a part of which is blended with another part of themselves.
    """

    noise: float = within(0.4, 0, 1)
    flip: float = within(0.5, 0, 1)
    scale: float = within(0.25, 0, 1)
    turn: float = within(30.0, 0, 180)
    turns: float = within(0.6, 0, 1)
    mix: float = within(0.0, 0, 1)


STILL = Changes(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Crops as they are: in evaluation."""


@dataclass(frozen=True)
class CropForm:
    """What a network wants of its crops.

    Args:
        size: height and width, pixels.
        normalisation: of the colours.
        convention: of the keypoints.
    """

    size: tuple[int, int]
    normalisation: Normalisation
    convention: str


class PeopleTable:
    """The people of a table's split, as crops.

    Args:
        name: of the data set, for messages.
        folder: of the table.
        pictures: folder of its pictures.
        body: that is learned.
        form: of the crops.
        changes: how they are varied.
        seed: of what is drawn.
        first: number of the first sample among those of all tables.
        split: split of the table.
        posed: only rows with a pose.
        only: only rows in whose id this stands.

    Raises:
        PoseloomError: the table is missing, or has no such person with a box.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        pictures: Path,
        body: LearnedBody,
        form: CropForm,
        changes: Changes = STILL,
        *,
        seed: int = 0,
        first: int = 0,
        split: str = "train",
        posed: bool = False,
        only: str = "",
    ):
        self.name, self.pictures, self.body, self.form, self.changes = name, pictures, body, form, changes
        self.table, self.seed, self.first, self.epoch = Table(folder), seed, first, 0
        rows = self.table.rows_of(split)
        there = self.table.pictures(rows)
        has_box = np.array([bool(path) for path in there.paths], bool) & (there.box[:, 2:] > 0).all(-1)
        with_pose = np.isin(rows, self.table.posed(rows)) if self.table.layout.joints else np.zeros(len(rows), bool)
        named = np.array([only in self.table.id(int(row)) for row in rows], bool) if only else True
        keep = has_box & (with_pose | (not posed)) & named
        self.rows: Int64[ndarray, " n"] = rows[keep]
        self.with_pose = with_pose[keep]
        self._seen = there
        self._kept = np.flatnonzero(keep)
        if not len(self.rows):
            what = "posed people with pictures and boxes" if posed else "people with pictures and boxes"
            among = f" named {only}" if only else ""
            raise PoseloomError(f"{name}: {folder}: split {split!r} has no {what}{among}")

    def __len__(self) -> int:
        return len(self.rows)

    def set_epoch(self, epoch: int) -> None:
        """Other draws in each epoch."""
        self.epoch = epoch

    def __getitem__(self, place: int) -> MeshBatch:
        return self.__getitems__([place])

    def __getitems__(self, places: Sequence[int]) -> MeshBatch:
        """A batch of some people."""
        rows = self.rows[np.asarray(places)]
        drawn = [self._drawn(int(row)) for row in rows]
        kept = self._kept[np.asarray(places)]
        boxes = torch.from_numpy(self._seen.box[kept].astype(np.float32))
        size = self.form.size
        matrices = torch.stack([self._matrix(box, one) for box, one in zip(boxes, drawn, strict=True)])
        pictures = torch.stack(
            [
                self._crop(self._seen.paths[place], matrix, one)
                for place, matrix, one in zip(kept.tolist(), matrices, drawn, strict=True)
            ]
        )
        turned = torch.tensor([one.turned for one in drawn])
        flipped = torch.tensor([one.flipped for one in drawn])
        rotations, betas, has_shape = self._bodies(rows, self.with_pose[np.asarray(places)])
        two, three = self._keypoints(rows, rotations, betas, self.with_pose[np.asarray(places)])
        two, three = _moved(two, three, matrices, turned, flipped, size, self.form.convention)
        return MeshBatch(
            pictures=pictures,
            keypoints2d=two,
            keypoints3d=three,
            rotations=in_crop(rotations, turned, flipped),
            betas=betas,
            has_body=torch.from_numpy(self.with_pose[np.asarray(places)].copy()),
            has_shape=has_shape,
            samples=torch.from_numpy(rows.astype(np.int64)) + self.first,
            turned=turned,
            flipped=flipped,
            gender=torch.tensor([_gender(self.table.id(int(row))) for row in rows]),
        )

    # -- pictures ----------------------------------------------------------------------------------------------------

    def _drawn(self, row: int) -> _Draw:
        changes = self.changes
        if changes is STILL:
            return _Draw()
        random = np.random.default_rng(mix_numbers(self.seed, self.epoch, row) >> 1)
        scale = float(np.clip(random.normal(1, changes.scale), 1 - _LARGEST_SCALE, 1 + _LARGEST_SCALE))
        angle = float(np.clip(random.normal(), -_MOST_TURNED, _MOST_TURNED)) * changes.turn
        turned = float(np.radians(angle)) if random.random() < changes.turns else 0.0
        noise = tuple(random.uniform(1 - changes.noise, 1 + changes.noise, 3).tolist())
        flipped, mixes = bool(random.random() < changes.flip), bool(random.random() < changes.mix)
        return _Draw(scale, turned, flipped, noise, random if mixes else None)

    def _matrix(self, box: Float[Tensor, "4"], drawn: _Draw) -> Float[Tensor, "2 3"]:
        height, width = self.form.size
        square = Region.of_box(box, enlarged=drawn.scale, rotation=drawn.turned)
        region = replace(square, extent=square.extent * square.extent.new_tensor([width / height, 1.0]))
        matrix = region.matrix(self.form.size)
        return composed(flip_matrix(width - 1).to(matrix), matrix) if drawn.flipped else matrix

    def _crop(self, path: str, matrix: Float[Tensor, "2 3"], drawn: _Draw) -> Float[Tensor, "3 height width"]:
        picture = read_picture(self.pictures / path)
        crop = cut_out(picture, matrix, self.form.size, rule="indices")
        crop = (crop * crop.new_tensor(drawn.noise)[:, None, None]).clamp(0, 1)
        if drawn.random is not None:
            crop = self_mixed(crop, drawn.random)
        return self.form.normalisation.apply(crop)

    # -- bodies ------------------------------------------------------------------------------------------------------

    def _bodies(self, rows: ndarray, known: ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """Rotations in the picture's axes, shapes, and whether the shapes are known."""
        count = len(rows)
        rotations = torch.eye(3).repeat(count, self.body.rotations, 1, 1)
        betas = self.body.average.repeat(count, 1)
        if not known.any():
            return rotations, betas, torch.zeros(count, dtype=torch.bool)
        pose = self.table.poses(rows[known])
        local = rotvec_to_rotmat(pose.rotations[:, :22])
        cameras = self.table.cameras(rows[known])
        into = torch.from_numpy(cameras.rotation)
        into = torch.where(torch.from_numpy(cameras.known)[:, None, None], into, _UPRIGHT)
        local = torch.cat([into[:, None] @ local[:, :1], local[:, 1:]], dim=1)
        place = torch.from_numpy(np.flatnonzero(known))
        joints = min(self.body.rotations, local.shape[1])
        rotations[place, :joints] = local[:, :joints]
        shaped = pose.shape is not None and pose.shape_model == self.body.name
        if shaped and pose.shape is not None:
            betas[place] = pose.shape[:, : self.body.betas]
        has_shape = torch.from_numpy(known.copy()) & shaped
        return rotations, betas, has_shape

    def _keypoints(self, rows: ndarray, rotations: Tensor, betas: Tensor, known: ndarray) -> tuple[Tensor, Tensor]:
        """Keypoints of the picture and of space; those of the body where the table has none."""
        count = len(conventions.names(self.form.convention))
        two, three = torch.zeros(len(rows), count, 3), torch.zeros(len(rows), count, 4)
        for convention, dimensions in self._conventions:
            given = torch.from_numpy(self.table.keypoints(convention, rows, dimensions=dimensions))
            if dimensions == _IN_SPACE and self._points_in_world:
                given = self._before_camera(given, rows)
            found, _ = conventions.convert(given, convention, self.form.convention)
            wanted = two if dimensions == _IN_PICTURE else three
            wanted[:] = torch.where((wanted[..., -1:] > 0) | (found[..., -1:] <= 0), wanted, found)
        lacking = torch.from_numpy(known) & ~(two[..., 2] > 0).any(-1)
        if bool(lacking.any()) and self.table.layout.translation:
            self._project(rows, rotations, betas, lacking, two, three)
        return two, three

    def _project(
        self, rows: ndarray, rotations: Tensor, betas: Tensor, lacking: Tensor, two: Tensor, three: Tensor
    ) -> None:
        """What the camera sees of the bodies of rows that have no keypoints."""
        place = lacking.nonzero()[:, 0]
        cameras = self.table.cameras(rows[place.numpy()])
        translation = self.table.poses(rows[place.numpy()]).translation
        if translation is None:
            return
        joints = self.body.posed(rotations[place], betas[place]).joints
        about = joints - joints[:, :1]
        into, moved, inner = (
            torch.from_numpy(one) for one in (cameras.rotation, cameras.translation, cameras.intrinsics)
        )
        pelvis = (into @ translation[..., None])[..., 0] + moved
        seen = about + pelvis[:, None]
        pixels = (seen / seen[..., 2:].clamp_min(1e-6)) @ inner.mT
        visible = self.body.known & (seen[..., 2] > 0) & torch.from_numpy(cameras.known)[:, None]
        points = torch.cat([pixels[..., :2], visible[..., None].float()], dim=-1)
        space = torch.cat([about, self.body.known.expand(len(place), -1)[..., None].float()], dim=-1)
        for found, wanted in ((points, two), (space, three)):
            own = conventions.convert(found, _JOINTS, self.form.convention)[0]
            wanted[place] = torch.where(wanted[place][..., -1:] > 0, wanted[place], own)

    def _before_camera(self, points: Float[Tensor, "some points 4"], rows: ndarray) -> Tensor:
        """Points of the world in the axes of each row's camera."""
        into = torch.from_numpy(self.table.cameras(rows).rotation)
        return torch.cat([points[..., :3] @ into.mT, points[..., 3:]], dim=-1)

    @cached_property
    def _points_in_world(self) -> bool:
        """Whether 3D keypoints stand in the world of the poses, not in the camera's axes: by which the bodies agree."""
        rows = self.rows[self.with_pose][:_LOOKED_AT]
        solid = [convention for convention, dimensions in self._conventions if dimensions == _IN_SPACE]
        if not len(rows) or not solid or not self.table.cameras(rows).known.all():
            return False
        given = torch.from_numpy(self.table.keypoints(solid[0], rows, dimensions=_IN_SPACE))
        rotations, betas, _ = self._bodies(rows, np.ones(len(rows), bool))
        body = self.body.posed(rotations, betas).joints
        errors = []
        for points in (given, self._before_camera(given, rows)):
            found, _ = conventions.convert(points, solid[0], _JOINTS)
            sure = (found[..., 3:] > 0) & self.body.known[:, None]
            apart = torch.where(sure, found[..., :3] - body, 0.0)
            middle = apart.sum(1, keepdim=True) / sure.sum(1, keepdim=True).clamp_min(1)
            errors.append(torch.where(sure, apart - middle, 0.0).norm(dim=-1).sum())
        return bool(errors[1] < errors[0])

    @cached_property
    def _conventions(self) -> list[tuple[str, int]]:
        """Which keypoints the rows have, by the first of them; points in the picture before those in space."""
        found: dict[tuple[str, int], None] = {}
        for row in self.rows[:_LOOKED_AT].tolist():
            for one in self.table.row(row).keypoints:
                dimensions = len(one.points) // max(1, len(conventions.names(one.convention)))
                if dimensions in (_IN_PICTURE, _IN_SPACE):
                    found[one.convention, dimensions] = None
        return list(found)


@dataclass(frozen=True)
class _Draw:
    """What was drawn for a crop."""

    scale: float = 1.0
    turned: float = 0.0
    flipped: bool = False
    noise: tuple[float, ...] = (1.0, 1.0, 1.0)
    random: np.random.Generator | None = None


def _moved(
    two: Tensor,
    three: Tensor,
    matrices: Tensor,
    turned: Tensor,
    flipped: Tensor,
    size: tuple[int, int],
    convention: str,
) -> tuple[Tensor, Tensor]:
    """Keypoints of the picture as the crop has them; in a flipped crop left and right change names."""
    pixels = torch.cat([transformed(matrices, two[..., :2]), two[..., 2:]], dim=-1)
    pixels = torch.where(pixels[..., 2:] > 0, pixels, torch.zeros_like(pixels))
    cosine, sine = turned.cos(), turned.sin()
    x = cosine[:, None] * three[..., 0] + sine[:, None] * three[..., 1]
    y = cosine[:, None] * three[..., 1] - sine[:, None] * three[..., 0]
    x = torch.where(flipped[:, None], -x, x)
    space = torch.stack([x, y, three[..., 2], three[..., 3]], dim=-1)
    order = list(range(two.shape[1]))
    for left, right in conventions.flip_pairs(convention):
        order[left], order[right] = right, left
    named = [torch.where(flipped[:, None, None], one[:, order], one) for one in (pixels, space)]
    return named[0], named[1]


def self_mixed(crop: Float[Tensor, "3 height width"], random: np.random.Generator) -> Float[Tensor, "3 height width"]:
    """A rectangle of the crop blended with another of the same size."""
    height, width = crop.shape[1:]
    for _ in range(_TRIES):
        area = random.uniform(*_AREA) * height * width
        aspect = random.uniform(*_ASPECT)
        rows, columns = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
        if 0 < rows < height and 0 < columns < width:
            break
    else:
        return crop
    (top, source_top), (left, source_left) = (
        random.integers(0, side - extent, 2) for side, extent in ((height, rows), (width, columns))
    )
    share = random.uniform(*_BLEND)
    mixed = crop.clone()
    patch = crop[:, source_top : source_top + rows, source_left : source_left + columns]
    mixed[:, top : top + rows, left : left + columns] *= 1 - share
    mixed[:, top : top + rows, left : left + columns] += share * patch
    return mixed


_AREA, _ASPECT, _BLEND, _TRIES = (0.02, 0.4), (0.3, 1 / 0.3), (0.1, 0.9), 100


def _gender(row: str) -> int:
    return MALE if _MALE in row else FEMALE if _FEMALE in row else UNKNOWN


def table_folder(tables: str, name: str) -> Path:
    """The table of a data set.

    Raises:
        PoseloomError: nothing is there.
    """
    if not tables:
        raise PoseloomError("recipe: data.tables is empty; name the folder in which the tables of the data sets lie")
    folder = Path(tables) / name
    if not folder.is_dir():
        raise FileError(folder, "is missing", remedy=f"'poseloom data prepare {name} ... {folder}' makes it")
    return folder
