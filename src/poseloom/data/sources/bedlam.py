"""BEDLAM: every person in the pictures of rendered crowds (Black et al., CVPR 2023), with body, camera and box.

Steps 1 to 3 of the seven that lead to BEDLAM-Script and BEDLAM-Fix (PoseEmbroider, Delmas et al., ECCV 2024): people
are projected into the pictures, grouped by picture, and those that are seen well enough are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.build import Unit
from poseloom.data.manifest import checksum, fingerprint
from poseloom.data.schema import Camera, Image, Keypoints, Layout, RowBlock
from poseloom.data.sources import bedlam_camera as geometry
from poseloom.data.sources import bedlam_files as files
from poseloom.data.sources import bedlam_people as seen
from poseloom.data.sources.bedlam_body import DOWNSAMPLING_FILE, BoxBody, box_body, mark_of, model_file
from poseloom.data.sources.bedlam_files import PlacedBody, Sequence
from poseloom.data.sources.bedlam_people import People, PeopleRules
from poseloom.pose import ALL_JOINTS, BODY_JOINTS, Pose, concatenate
from poseloom.pose.keypoints import names

COEFFICIENTS = 11
_FACE_JOINTS = 3
_CONVENTION = "smplh"
_SEQUENCES_A_UNIT = 16
"""About 2,500 people: a sequence has some 36 pictures of four."""
_AT_ONCE = 1024


class Shown(NamedTuple):
    """People of one sequence, by picture, then by their line in the file; and what could not be used."""

    pose: Pose
    frame: Tensor
    subject: list[str]
    image: Tensor
    problems: list[str]


@dataclass(frozen=True)
class Bedlam:
    """A row for each person in each picture, 6 pictures a second. The pictures need not be there.

    Poses stand in the world: +Y up, where Unreal's front is -Z. The id of a row is ``SCENE/SEQUENCE/FRAME/PERSON``;
    frames count at 30 a second. Crop, camera and keypoints are those of the picture as it is stored.

    Args:
        folder: where the raw files lie; see `bedlam_files`.
        body: SMPL-X's model file; ``smplx/SMPLX_NEUTRAL.npz`` in the folder if None.
        limit: at most that many pictures of a sequence, evenly spread over it.
        strict: a file that cannot be read ends the build, instead of being reported.
        rules: take only people that are seen well; everyone in a picture if None.

    Raises:
        PoseloomError: the folder or the model file is missing, or a number is out of range.
    """

    folder: Path
    body: Path | None = None
    limit: int | None = None
    strict: bool = False
    rules: PeopleRules | None = None
    name: str = "bedlam"

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise PoseloomError(f"limit: expected at least 1, got {self.limit}")
        assert self._scenes and self.model

    @property
    def layout(self) -> Layout:
        return Layout(ALL_JOINTS, face=True, shape=COEFFICIENTS, shape_model="smplx")

    @cached_property
    def model(self) -> Path:
        """The body model's file."""
        return model_file(self.folder, self.body)

    def options(self) -> Mapping[str, Any]:
        scenes = {
            name: checksum(self.folder / files.SCENES / name / files.SEQUENCES_FILE).sha256 for name in self._scenes
        }
        pictures = {name: files.picture_folder(self.folder, name) for name in self._scenes}
        return {
            "translation": "pelvis",
            "rules": self.rules.to_json() if self.rules else None,
            "limit": self.limit,
            "strict": self.strict,
            "scenes": len(scenes),
            "fingerprint": fingerprint({**scenes, **pictures}),
            "body": mark_of(self.model),
            "points": (self.folder / DOWNSAMPLING_FILE).exists(),
        }

    def units(self) -> SequenceOf[Unit]:
        work: list[tuple[str, list[Sequence]]] = []
        for scene in self._scenes:
            sequences = files.read_sequences(self.folder, scene)
            firsts = range(0, len(sequences), _SEQUENCES_A_UNIT)
            work += [(scene, sequences[first : first + _SEQUENCES_A_UNIT]) for first in firsts]
        return [Unit(f"{place:05d}", 0, content) for place, content in enumerate(work)]

    def read(self, unit: Unit) -> RowBlock:
        scene, sequences = unit.content
        body = box_body(self.model, self.folder)
        blocks = [block for sequence in sequences for block in self._sequence(scene, sequence, body)]
        problems = [body.problem] if body.problem and unit.name == "00000" else []
        return _joined(blocks, self.layout, self.name, problems)

    @cached_property
    def _scenes(self) -> list[str]:
        return files.scene_names(self.folder)

    def _sequence(self, scene: str, sequence: Sequence, body: BoxBody) -> list[RowBlock]:
        """The people of a sequence that are taken; one block, or none where nobody is."""
        try:
            path = files.read_camera(self.folder, scene, sequence.name)
        except FileError as error:
            return [self._nobody([self._short(error)])]
        places = np.flatnonzero(path.frames % files.FRAME_STEP == 0)
        if self.limit is not None and len(places) > self.limit:
            places = places[np.arange(self.limit) * len(places) // self.limit]
        shown = self._shown(scene, sequence, path.frames[places], body)
        if len(shown.image) == 0:
            return [self._nobody(shown.problems)]
        columns = {name: torch.from_numpy(getattr(path, name)[places]) for name in ("position", "yaw", "pitch", "roll")}
        focal = torch.from_numpy(path.focal[places])
        cameras = geometry.cameras(**columns, focal=focal, closeup=files.CLOSEUP in scene)[shown.image]
        joints, surface = _project(shown.pose, cameras, body)
        box = seen.tight_boxes(surface[..., :2], cameras.frame)
        people = People(shown.image, joints[:, :BODY_JOINTS, :2], box, joints[:, 0, 2], cameras.frame)
        there = seen.in_picture(people)
        if self.rules is not None:
            there[there.clone()] = seen.visible_people(people[there], self.rules)
        kept = there.nonzero().squeeze(-1)
        return [self._block(scene, sequence, shown, people[kept], joints[kept], cameras[kept], kept)]

    def _shown(self, scene: str, sequence: Sequence, frames: Any, body: BoxBody) -> Shown:
        """Everyone in the pictures of a sequence, placed in the world."""
        poses: list[Pose] = []
        images: list[Tensor] = []
        subjects: list[str] = []
        problems: list[str] = []
        for number, placed in enumerate(sequence.bodies):
            try:
                motion = files.read_motion(self.folder, placed)
            except FileError as error:
                problems.append(self._short(error))
                continue
            there = np.flatnonzero(frames + placed.start < len(motion.rotations))
            if len(there) < len(frames):
                behind = f"{len(frames) - len(there)} pictures show frames behind the end of its motion"
                problems.append(f"{scene}/{sequence.name}/{placed.subject}: {behind}")
            if len(there):
                poses.append(_placed(_pose(motion, frames[there] + placed.start), placed, body))
                images.append(torch.from_numpy(there))
                before = sum(placed.subject == one.subject for one in sequence.bodies[:number])
                subjects += [placed.subject + f"#{before + 1}" * (before > 0)] * len(there)
        if self.strict and problems:
            raise PoseloomError(problems[0])
        if not poses:
            return Shown(Pose(torch.zeros(0, ALL_JOINTS, 3)), torch.zeros(0), [], torch.zeros(0), problems)
        image = torch.cat(images)
        order = torch.argsort(image, stable=True)
        frame = torch.from_numpy(frames)[image[order]]
        return Shown(concatenate(poses)[order], frame, [subjects[i] for i in order], image[order], problems)

    def _block(
        self,
        scene: str,
        sequence: Sequence,
        shown: Shown,
        people: People,
        joints: Float[Tensor, "people 52 3"],
        cameras: geometry.BedlamCameras,
        kept: Tensor,
    ) -> RowBlock:
        closeup = cameras.closeup
        scale = (self.rules or PeopleRules()).scale
        crops = seen.crop_matrices(seen.scaled_boxes(people, scale))
        frames = shown.frame[kept].tolist()
        subjects = [shown.subject[place] for place in kept]
        folder = files.picture_folder(self.folder, scene)
        paths = [f"{folder}/{sequence.name}/{sequence.name}_{frame:04d}.png" for frame in frames]
        ids = [f"{scene}/{sequence.name}/{frame:04d}/{who}" for frame, who in zip(frames, subjects, strict=True)]
        size = (geometry.WIDTH, geometry.HEIGHT)
        crop = _of_stored(crops) if closeup else crops
        return RowBlock(
            data_set=self.name,
            ids=ids,
            files=[f"{scene}/{sequence.name}/{who}" for who in subjects],
            frames=frames,
            splits=[files.split_of_scene(self.folder, scene)] * len(ids),
            pose=shown.pose[kept],
            images=[
                [Image(path, *size, tuple(one))] for path, one in zip(paths, crop.flatten(1).tolist(), strict=True)
            ],
            keypoints=_keypoints(joints, people.frame, closeup),
            cameras=_cameras(cameras.stored()),
            problems=shown.problems,
        )

    def _nobody(self, problems: list[str]) -> RowBlock:
        if self.strict and problems:
            raise PoseloomError(problems[0])
        return _joined([], self.layout, self.name, problems)

    def _short(self, error: FileError) -> str:
        """The error's line with the path in the folder."""
        path = error.path
        relative = path.relative_to(self.folder) if path.is_relative_to(self.folder) else path
        return str(FileError(relative, error.problem, field=error.field))


def _pose(motion: files.Motion, frames: Any) -> Pose:
    """Frames of a motion as `Pose` has them, jaw and eyes apart, but with SMPL-X's own translation."""
    rotations = torch.from_numpy(motion.rotations[frames])
    hands = rotations[:, BODY_JOINTS + _FACE_JOINTS :]
    given = torch.from_numpy(motion.shape)[:COEFFICIENTS]
    shape = torch.zeros(len(rotations), COEFFICIENTS)
    shape[:, : len(given)] = given
    return Pose(
        torch.cat([rotations[:, :BODY_JOINTS], hands], dim=1),
        torch.from_numpy(motion.translation[frames]),
        shape,
        "smplx",
        rotations[:, BODY_JOINTS : BODY_JOINTS + _FACE_JOINTS],
    )


def _placed(pose: Pose, placed: PlacedBody, body: BoxBody) -> Pose:
    """A motion's poses turned and moved to where they are in the sequence; the translation is where the pelvis is."""
    turn = geometry.body_turn(torch.tensor(placed.yaw))
    place = geometry.to_world(torch.tensor(placed.position))
    turned = pose.turned(turn)
    assert turned.translation is not None
    translation = turned.translation + body.pelvis(pose) @ turn.T + place  # from the body's origin to its pelvis
    return Pose(turned.rotations, translation, pose.shape, pose.shape_model, pose.face)


def _project(
    pose: Pose, cameras: geometry.BedlamCameras, body: BoxBody
) -> tuple[Float[Tensor, "people 52 3"], Float[Tensor, "people points 3"]]:
    joints: list[Tensor] = []
    surface: list[Tensor] = []
    for first in range(0, len(pose), _AT_ONCE):
        part = torch.arange(first, min(first + _AT_ONCE, len(pose)))
        for found, points in zip((joints, surface), body.seen(pose[part]), strict=True):
            found.append(cameras[part].see(points))
    return torch.cat(joints), torch.cat(surface)


def _of_stored(crops: Float[Tensor, "people 2 3"]) -> Float[Tensor, "people 2 3"]:
    """Crops of upright pictures as crops of those that lie on their side."""
    upright = crops.new_tensor([[0.0, -1.0, geometry.HEIGHT], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return crops @ upright


def _keypoints(joints: Float[Tensor, "people 52 3"], frame: tuple[int, int], closeup: bool) -> list[list[Keypoints]]:
    """All joints in pixels of the stored picture; confidence 1 for those inside it."""
    pixels = joints[..., :2]
    inside = ((pixels > 0) & (pixels < pixels.new_tensor(frame))).all(-1)
    stored = (geometry.on_its_side(pixels) if closeup else pixels).nan_to_num(0.0)
    assert len(names(_CONVENTION)) == pixels.shape[1]
    columns = zip(stored.flatten(1).tolist(), inside.float().tolist(), strict=True)
    return [[Keypoints(_CONVENTION, tuple(points), tuple(told))] for points, told in columns]


def _cameras(cameras: geometry.BedlamCameras) -> list[Camera | None]:
    centre = (geometry.WIDTH / 2, geometry.HEIGHT / 2)
    columns = (cameras.focal.tolist(), cameras.rotation.flatten(1).tolist(), cameras.translation.tolist())
    return [Camera((f, f), centre, tuple(r), tuple(t)) for f, r, t in zip(*columns, strict=True)]


def _joined(blocks: list[RowBlock], layout: Layout, data_set: str, problems: list[str]) -> RowBlock:
    """Blocks one behind the other."""
    told = [*problems, *(problem for block in blocks for problem in block.problems)]
    filled = [block for block in blocks if len(block)]
    columns: dict[str, list[Any]] = {
        name: [value for block in filled for value in getattr(block, name)]
        for name in ("ids", "files", "frames", "splits", "images", "keypoints", "cameras")
    }
    empty = Pose(
        torch.zeros(0, layout.joints, 3),
        torch.zeros(0, 3),
        torch.zeros(0, layout.shape),
        layout.shape_model,
        torch.zeros(0, _FACE_JOINTS, 3),
    )
    pose = concatenate([block.pose for block in filled if block.pose is not None]) if filled else empty
    return RowBlock(data_set=data_set, pose=pose, problems=told, **columns)
