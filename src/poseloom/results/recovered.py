"""`Recovered`: the bodies of the people in a picture or a video."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose.blend import blend
from poseloom.pose.camera import Camera
from poseloom.pose.contact import ground
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES
from poseloom.pose.types import Clip, Pose
from poseloom.results.json_values import plain
from poseloom.results.keypoints import Keypoints
from poseloom.results.poses import pose_rows
from poseloom.results.result import Result

RECOVERED_NOTE = "recovered_from"
"""Key of a clip's notes: ``picture`` or ``video``."""
DOUBT_NOTE = "doubt"
"""Key of a clip's notes: radians by which the rotation of each of the 22 joints may be off, in the mean."""
UNSEEN_NOTE = "unseen"
"""Key of a clip's notes: limbs that are not told by the picture, and why (`HIDDEN` or `OUTSIDE`)."""
HIDDEN, OUTSIDE = "hidden", "outside"
_TOLD_BY: dict[str, tuple[str, ...]] = {
    "head": ("head",),
    **{f"{side}_arm": (f"{side}_elbow", f"{side}_wrist") for side in ("left", "right")},
    **{f"{side}_leg": (f"{side}_knee", f"{side}_ankle") for side in ("left", "right")},
}
"""Limbs, and the joints of which each must be seen."""
_PICTURE_FPS = 30.0
_DECIMALS = 4
_MOSTLY = 0.5
"""Share of a clip's frames in which a limb is not seen that counts as not seen."""


@dataclass(frozen=True, eq=False)
class Recovered(Result):
    """A row for each person in a picture, or for each person in each frame of a video.

    The poses' world is that of the camera, which stands at its origin: +X to the picture's right, +Y up, +Z towards the
    camera; people stand at negative z. `clip` puts one person on a floor.

    Args:
        keypoints: from which the bodies were fitted; says which row is whose, and when.
        poses: 52 joints; the translation is where the pelvis is, metres, for a body of average size.
        camera: through which the picture was taken; all rows share it.
        focal_known: whether the file told the lens; else a normal lens is assumed.
        seen: joints of which the picture tells where they are; the others are guesses.
        outside: joints that lie beyond the picture's edge.
        confidence: mean visibility of the landmarks that were fitted, 0 to 1, times the score of the person.
        error: mean distance of the body from the landmarks, metres.
        doubt: mean error that is foreseen for each joint's rotation, radians; None where nothing foresees it.
        stands: where each row's pelvis is on a floor (y = 0) over which feet that stand do not slide, metres.
    """

    keypoints: Keypoints
    poses: Pose
    camera: Camera
    focal_known: bool
    seen: Bool[Tensor, "rows 52"]
    outside: Bool[Tensor, "rows 52"]
    confidence: Float[Tensor, " rows"]
    error: Float[Tensor, " rows"]
    stands: Float[Tensor, "rows 3"]
    doubt: Float[Tensor, "rows 22"] | None = None

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def people(self) -> tuple[int, ...]:
        """Numbers of the people; in a picture 0, 1, ..., else those who are seen in most frames first."""
        return self.keypoints.people

    @property
    def is_video(self) -> bool:
        """Whether the rows are frames of a video."""
        return self.keypoints.fps is not None

    def rows_of(self, person: int | None = None) -> Int[Tensor, " some"]:
        """Where a person's rows are; by default those of the first person.

        Raises:
            PoseloomError: there is no such person.
        """
        number = self.people[0] if person is None else person
        if number not in self.people:
            known = ", ".join(map(str, self.people[:20]))
            raise PoseloomError(f"{self.keypoints.name or 'picture'}: no person {number}; there are: {known}")
        return (self.keypoints.person == number).nonzero()[:, 0]

    def at_rows(self, rows: Int[Tensor, " some"]) -> Recovered:
        """Some of the rows, as those of one frame."""
        return replace(
            self,
            keypoints=self.keypoints[rows],
            poses=self.poses[rows],
            seen=self.seen[rows],
            outside=self.outside[rows],
            confidence=self.confidence[rows],
            error=self.error[rows],
            stands=self.stands[rows],
            doubt=None if self.doubt is None else self.doubt[rows],
        )

    def pose(self, person: int | None = None) -> Pose:
        """The poses (rows,) of a person, on the floor."""
        rows = self.rows_of(person)
        chosen = self.poses[rows]
        return Pose(chosen.rotations, self.stands[rows])

    def clip(self, person: int | None = None) -> Clip:
        """A person's poses in time, on the floor.

        Frames in which the person was not found lie between their neighbours.

        Raises:
            PoseloomError: there is no such person.
        """
        rows = self.rows_of(person)
        found = self.keypoints
        number = int(found.person[rows[0]])
        notes: dict[str, Any] = {RECOVERED_NOTE: "video" if self.is_video else "picture"}
        if len(self.people) > 1:
            notes["person"] = number
        if self.doubt is not None:
            notes[DOUBT_NOTE] = [round(value, _DECIMALS) for value in self.doubt[rows].mean(0).tolist()]
        unseen = self.unseen(number)
        if unseen:
            notes[UNSEEN_NOTE] = unseen
        name = found.name.rsplit(".", 1)[0] if found.name else ""
        pose = self.pose(number)
        if found.fps is None:
            return Clip(pose[:1], _PICTURE_FPS, name, notes)
        return Clip(_without_gaps(pose, found.frame[rows]), found.fps, name, notes)

    def unseen(self, person: int | None = None) -> dict[str, str]:
        """Limbs of a person that are guesses, ``left_arm``, ``head``, ..., each ``hidden`` or ``outside``."""
        rows = self.rows_of(person)
        told = {}
        for limb, joints in _TOLD_BY.items():
            places = [JOINT_INDEX[joint] for joint in joints]
            hidden = ~self.seen[rows][:, places].all(-1)
            if float(hidden.float().mean()) > _MOSTLY:
                beyond = self.outside[rows][:, places].any(-1).float().mean()
                told[limb] = OUTSIDE if float(beyond) > _MOSTLY else HIDDEN
        return told

    def as_json(self) -> dict[str, Any]:
        """``name``, ``size``, ``fps``, ``frames``, ``camera``, ``joints``, ``people``, ``notes``.

        ``camera`` has ``focal`` and ``centre`` in pixels and ``focal_known``; each of ``people`` has ``frame``,
        ``person``, ``box``, ``confidence``, ``error_mm``, ``unseen`` (joints), ``keypoints`` (x, y, visibility),
        ``rotations`` and ``translation`` (before the camera).
        """
        found = self.keypoints
        camera = {
            "focal": round(float(self.camera.focal[0]), 2),
            "centre": [round(value, 2) for value in self.camera.centre.tolist()],
            "focal_known": self.focal_known,
        }
        points = torch.cat([found.points[..., :2], found.visibility[..., None]], dim=-1).tolist()
        people = []
        for row, pose in enumerate(pose_rows(self.poses)):
            hidden = [name for name, seen in zip(JOINT_NAMES, self.seen[row].tolist(), strict=True) if not seen]
            people.append(
                {
                    "frame": int(found.frame[row]),
                    "person": int(found.person[row]),
                    "box": [round(value, 1) for value in found.boxes[row].tolist()],
                    "confidence": round(float(self.confidence[row]), _DECIMALS),
                    "error_mm": plain(round(1000 * float(self.error[row]), 1)),
                    "unseen": hidden,
                    "keypoints": [[round(x, 2), round(y, 2), round(v, 3)] for x, y, v in points[row]],
                    **pose,
                }
            )
        return {
            "name": found.name,
            "size": list(found.size),
            "fps": found.fps,
            "frames": found.frames,
            "camera": camera,
            "joints": list(JOINT_NAMES),
            "people": people,
            "notes": list(self.notes),
        }


def on_floor(pose: Pose) -> Float[Tensor, "rows 3"]:
    """Where the pelvis is when each pose stands on the floor above the origin, metres."""
    placed = ground(Pose(pose.rotations)).translation
    assert placed is not None
    return placed


def _without_gaps(pose: Pose, frames: Int[Tensor, " rows"]) -> Pose:
    """Every frame from the first to the last one, those that are missing between their neighbours."""
    wanted = torch.arange(int(frames[0]), int(frames[-1]) + 1)
    after = torch.searchsorted(frames.contiguous(), wanted)
    before = torch.where(frames[after] == wanted, after, after - 1)
    gap = (frames[after] - frames[before]).clamp_min(1)
    share = (wanted - frames[before]) / gap
    return blend(pose[before], pose[after], share)
