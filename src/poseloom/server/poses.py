"""A pose as the service takes and gives it: JSON of finite numbers, rows of fixed length.

The same keys as in the results' JSON (`poseloom.results.poses.pose_rows`), so what one endpoint answers is what another
one takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.pose import Clip, Pose
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS
from poseloom.pose.types import concatenate
from poseloom.results.poses import pose_rows

LARGEST_ANGLE = 100.0
"""Radians of a rotation vector's numbers."""
LARGEST_PLACE = 10_000.0
"""Metres."""
LARGEST_COEFFICIENT = 1_000.0
MOST_COEFFICIENTS = 400
MOST_ROWS = 100_000
"""Poses or texts that are looked at before they are counted: each that is none costs memory."""
ShapeModel = Literal["anny", "smpl", "smplh", "smplx"]

_Angle = Annotated[float, Field(ge=-LARGEST_ANGLE, le=LARGEST_ANGLE, allow_inf_nan=False)]
_Metres = Annotated[float, Field(ge=-LARGEST_PLACE, le=LARGEST_PLACE, allow_inf_nan=False)]
_Coefficient = Annotated[float, Field(ge=-LARGEST_COEFFICIENT, le=LARGEST_COEFFICIENT, allow_inf_nan=False)]
Rotation = tuple[_Angle, _Angle, _Angle]
"""Axis times angle, radians."""
Place = tuple[_Metres, _Metres, _Metres]


def _of_known_joints(rotations: list[Rotation]) -> list[Rotation]:
    if len(rotations) not in (BODY_JOINTS, ALL_JOINTS):
        raise ValueError(f"expected {BODY_JOINTS} rows (body) or {ALL_JOINTS} (body and hands), got {len(rotations)}")
    return rotations


class PoseJson(BaseModel):
    """One pose. Rotations are local axis-angle vectors in radians, in the order of the body's joints (`/v1/body`)."""

    model_config = ConfigDict(extra="forbid")

    rotations: Annotated[
        list[Rotation],
        Field(min_length=BODY_JOINTS, max_length=ALL_JOINTS, description="22 joints, or 52 with the fingers"),
        AfterValidator(_of_known_joints),
    ]
    translation: Place | None = Field(None, description="where the pelvis is, metres; +Y is up")
    shape: Annotated[list[_Coefficient], Field(min_length=1, max_length=MOST_COEFFICIENTS)] | None = None
    shape_model: ShapeModel | None = Field(None, description="the body that the shape's numbers belong to")
    face: tuple[Rotation, Rotation, Rotation] | None = Field(None, description="SMPL-X's jaw, left eye, right eye")

    @model_validator(mode="after")
    def _shape_of_a_body(self) -> PoseJson:
        if self.shape is not None and self.shape_model is None:
            raise ValueError("shape_model: say whose numbers the shape has: anny, smpl, smplh or smplx")
        return self

    def pose(self) -> Pose:
        """The same as a `Pose` without leading axes."""

        def tensor(values: Any) -> Tensor | None:
            return None if values is None else torch.tensor(values, dtype=torch.float32)

        rotations = torch.tensor(self.rotations, dtype=torch.float32)
        return Pose(rotations, tensor(self.translation), tensor(self.shape), self.shape_model or "", tensor(self.face))


PosesJson = Annotated[list[PoseJson], Field(min_length=1, max_length=MOST_ROWS)]
"""At least one pose."""


class ClipJson(BaseModel):
    """Poses in time."""

    model_config = ConfigDict(extra="forbid")

    poses: PosesJson
    fps: Annotated[float, Field(ge=0.01, le=1000, allow_inf_nan=False)] = 30.0
    name: Annotated[str, Field(max_length=200)] = ""

    def clip(self) -> Clip:
        """The same as a `Clip`."""
        return Clip(together([one.pose() for one in self.poses]), self.fps, self.name)


def together(poses: Sequence[Pose]) -> Pose:
    """Poses (n,) of single ones; hands that some lack are flat.

    Raises:
        PoseloomError: some have a translation, a shape or a face and others none, or shapes are of different bodies.
    """
    if any(one.joints == ALL_JOINTS for one in poses):
        poses = [one.with_hands() for one in poses]
    sizes = {0 if one.shape is None else one.shape.shape[-1] for one in poses}
    if len(sizes) > 1:
        raise PoseloomError(f"poses with {' and '.join(map(str, sorted(sizes)))} numbers of shape do not go together")
    return concatenate([one.reshape(1) for one in poses])


def pose_json(pose: Pose) -> list[dict[str, Any]]:
    """Poses (n,) in the form that `PoseJson` takes."""
    rows = pose_rows(pose)
    if pose.shape is not None:
        for row in rows:
            row["shape_model"] = pose.shape_model
    return rows
