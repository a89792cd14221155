"""Named poses recognised in poses: the directions of limbs and trunk are those of an entry, and its places meet.

Directions are compared after the turn about the vertical that brings two bodies closest, so the heading is nothing.
Compared are the limbs that carry the body, and arms of which the entry gives angles. Entries that many people take
without meaning them (standing at attention) or that nobody can tell from the body alone (sad) have no ``told``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.language.lexicon.bodies import BodyPose, body_pose
from poseloom.language.lexicon.entries import NamedPose, named_poses
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import to_matrices
from poseloom.pose.touch import FLOOR, apart
from poseloom.pose.types import Pose

CLOSE, MEAN = 24.0, 14.0
"""Degrees by which every direction, and all in the mean, may differ from those of an entry."""
_ARM_FACTOR = 1.3
"""Arms may differ by so much more: people hold them less exactly."""
_TOUCHING = 0.12
"""Metres between places that count as together."""
_CHUNK = 256
_BONES: tuple[tuple[str, str, str], ...] = (
    ("root", "left_hip", "right_hip"),
    ("root", "pelvis", "spine1"),
    ("trunk", "pelvis", "neck"),
    ("trunk", "left_collar", "right_collar"),
    *((f"{side}_leg", f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (("hip", "knee"),)),
    *((f"{side}_leg", f"{side}_knee", f"{side}_ankle") for side in ("left", "right")),
    *((f"{side}_arm", f"{side}_shoulder", f"{side}_elbow") for side in ("left", "right")),
    *((f"{side}_arm", f"{side}_elbow", f"{side}_wrist") for side in ("left", "right")),
)
"""Limb, and the joints between which its direction is taken."""


class Named(NamedTuple):
    """A named pose that somebody is in.

    Args:
        name: of the entry.
        side: left or right, where the entry has sides.
        degrees: mean difference of the directions.
    """

    name: str
    side: str
    degrees: float

    def __str__(self) -> str:
        return f"{self.name} to the {self.side}" if self.side else self.name


@dataclass(frozen=True, eq=False)
class _Forms:
    """The entries as they are looked for, both sides."""

    entries: tuple[tuple[NamedPose, BodyPose, bool], ...]
    directions: Float[Tensor, "forms bones 3"]
    compared: Bool[Tensor, "forms bones"]


@cache
def _forms() -> _Forms:
    chosen = [
        (pose, body_pose(pose.name, mirrored), mirrored)
        for pose in named_poses().values()
        if pose.told
        for mirrored in ((False, True) if pose.side else (False,))
    ]
    angles = torch.stack([body.angles for _, body, _ in chosen])
    compared = [[_is_compared(limb, pose, body) for limb, _, _ in _BONES] for pose, body, _ in chosen]
    return _Forms(tuple(chosen), _directions(ContactFigure.of(to_matrices(angles))), torch.tensor(compared))


def _is_compared(limb: str, pose: NamedPose, body: BodyPose) -> bool:
    return limb in body.limbs and (not limb.endswith("arm") or limb in body.told or not pose.whole)


def _directions(figure: ContactFigure) -> Float[Tensor, "*batch bones 3"]:
    starts, ends = ([JOINT_INDEX[bone[place]] for bone in _BONES] for place in (1, 2))
    return torch.nn.functional.normalize(figure.positions[..., ends, :] - figure.positions[..., starts, :], dim=-1)


def named(pose: Pose) -> list[tuple[Named, ...]]:
    """For each pose of the flattened batch the named poses that it is, the closest first; mostly none.

    Args:
        pose: poses (*batch, 22 or more joints) of any heading.
    """
    flat = pose.matrices().detach().flatten(0, -4)
    found: list[tuple[Named, ...]] = []
    for part in flat.split(_CHUNK) if len(flat) else ():
        found += _named(ContactFigure.of(part))
    return found


def _named(figure: ContactFigure) -> list[tuple[Named, ...]]:
    forms = _forms()
    degrees = _degrees(_directions(figure), forms)
    within = (degrees <= _allowed() * CLOSE) | ~forms.compared
    means = (degrees * forms.compared).sum(-1) / forms.compared.sum(-1).clamp_min(1)
    fits = within.all(-1) & (means <= MEAN)
    rows = []
    for row, fitting in enumerate(fits):
        alone = ContactFigure(figure.rotations[row], figure.positions[row], figure.points[row])
        hits = [
            Named(pose.name, _side_of(pose, mirrored), round(float(means[row, form]), 1))
            for form in fitting.nonzero().flatten().tolist()
            for pose, body, mirrored in [forms.entries[form]]
            if all(float(apart(alone, touch)) <= _TOUCHING for touch in body.touches if touch.second != FLOOR)
        ]
        rows.append(tuple(sorted(hits, key=lambda one: one.degrees)))
    return rows


def _degrees(directions: Float[Tensor, "n bones 3"], forms: _Forms) -> Float[Tensor, "n forms bones"]:
    """Angles between directions after the turn about the vertical that brings the compared ones closest."""
    here, there = directions[:, None], forms.directions[None] * forms.compared[None, ..., None]
    cosine = (here[..., 0] * there[..., 0] + here[..., 2] * there[..., 2]).sum(-1)
    sine = (here[..., 0] * there[..., 2] - here[..., 2] * there[..., 0]).sum(-1)
    length = torch.hypot(cosine, sine).clamp_min(1e-6)
    c, s = (cosine / length)[..., None], (sine / length)[..., None]
    x, z = c * there[..., 0] + s * there[..., 2], c * there[..., 2] - s * there[..., 0]
    dots = here[..., 0] * x + here[..., 1] * there[..., 1] + here[..., 2] * z
    return dots.clamp(-1, 1).acos().rad2deg()


@cache
def _allowed() -> Float[Tensor, " bones"]:
    return torch.tensor([_ARM_FACTOR if limb.endswith("arm") else 1.0 for limb, _, _ in _BONES])


def _side_of(pose: NamedPose, mirrored: bool) -> str:
    return "" if not pose.side else {"left": "right", "right": "left"}[pose.side] if mirrored else pose.side
