"""Where a fit starts: rotations read off the points directly, joint by joint down the tree.

The root stands on the line of the hips and the direction to the shoulders, the chest on the shoulders; a limb is turned
by the shortest arc, and about itself so that its elbow or knee bends about its hinge.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.kinematics import small_matmul

_HINGES = {
    "hip": ("knee", "ankle", (1.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "shoulder": ("elbow", "wrist", (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)),
}
"""Upper joint -> middle joint, end joint, hinge axis at the zero pose on the left and on the right."""
_FORESHORTENED = {
    "elbow": ("shoulder", 0.0),
    "wrist": ("elbow", 1.0),
    "knee": ("hip", 1.0),
    "ankle": ("knee", -1.0),
}
"""Joint -> the one above it, and whether a bone that looks too short points to the front."""
_BENT = 0.25
"""Sine of the angle at elbow or knee from which its plane tells the twist of the limb above."""
_LARGEST_TWIST = 2.2
"""Radians; a limb that would have to turn further about itself is rather bent against its hinge."""
_TRUNK = ("spine1", "spine2", "spine3")
_KNUCKLES = ("index1", "middle1", "pinky1", "ring1")


def start_rotations(
    joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, " joints"], offsets: Float[Tensor, "joints 3"]
) -> Float[Tensor, "frames joints 3 3"]:
    """Local rotations that bring the joints near their places.

    Args:
        joints: positions; those that are not seen mean nothing.
        seen: which joints are known.
        offsets: of each joint from its parent at the zero pose.
    """
    eye = torch.eye(3, dtype=joints.dtype).expand(len(joints), 3, 3)
    root = _frame_of_trunk(joints, seen, eye)
    chest = _chest(joints, seen, root)
    share = rot.to_matrix(rot.to_axis_angle(root.mT @ chest) / len(_TRUNK))
    turned: list[Tensor] = [root]
    for index, name in enumerate(JOINT_NAMES[: joints.shape[1]]):
        if index == 0:
            continue
        above = turned[PARENTS[index]]
        if name in _TRUNK:
            turned.append(above @ share)
        else:
            turned.append(_limb(name, index, joints, seen, offsets, above))
    glob = torch.stack(turned, dim=1)
    parents = [max(parent, 0) for parent in PARENTS[: joints.shape[1]]]
    local = small_matmul(glob[:, parents].mT, glob)
    return torch.cat([glob[:, :1], local[:, 1:]], dim=1)


def with_guessed_depth(
    joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, " joints"], offsets: Float[Tensor, "joints 3"]
) -> Float[Tensor, "frames joints 3"]:
    """Joints of a flat picture with the depth that bones need which look too short: forearms and thighs to the front.

    A picture does not tell the sign; people hold their hands before them and bend their knees forward.
    """
    moved = joints.clone()
    for part, (upper, sign) in _FORESHORTENED.items():
        for side in ("left", "right"):
            child, parent = JOINT_INDEX[f"{side}_{part}"], JOINT_INDEX[f"{side}_{upper}"]
            if not (seen[child] and seen[parent]):
                continue
            flat = (joints[:, child, :2] - joints[:, parent, :2]).square().sum(-1)
            lost = (offsets[child].square().sum() - flat).clamp_min(0).sqrt()
            moved[:, child, 2] = moved[:, parent, 2] + sign * lost
    return moved


def _limb(
    name: str,
    index: int,
    joints: Float[Tensor, "frames joints 3"],
    seen: Bool[Tensor, " joints"],
    offsets: Float[Tensor, "joints 3"],
    above: Float[Tensor, "frames 3 3"],
) -> Float[Tensor, "frames 3 3"]:
    """Global rotation of a joint outside the trunk."""
    side, _, part = name.partition("_")
    if part == "wrist":
        return _hand(side, index, joints, seen, offsets, above)
    children = [child for child in range(joints.shape[1]) if PARENTS[child] == index and seen[child]]
    if not seen[index] or len(children) != 1:
        return above
    bone = joints[:, children[0]] - joints[:, index]
    carried = (above @ offsets[children[0]][:, None]).squeeze(-1)
    arc = rot.shortest_arc(carried, bone) @ above
    if part not in _HINGES:
        return arc
    middle, end, left, right = _HINGES[part]
    knee, ankle = JOINT_INDEX[f"{side}_{middle}"], JOINT_INDEX[f"{side}_{end}"]
    if not seen[ankle]:
        return arc
    lower = joints[:, ankle] - joints[:, knee]
    hinge = torch.linalg.cross(_unit(bone), _unit(lower))
    rest = bone.new_tensor(left if side == "left" else right)
    framed = _frame(bone, hinge) @ _frame(offsets[knee][None], rest[None]).mT
    twist = rot.to_axis_angle(arc.mT @ framed).norm(dim=-1)
    told = (hinge.norm(dim=-1) > _BENT) & (twist < _LARGEST_TWIST)
    return torch.where(told[:, None, None], framed, arc)


def _hand(
    side: str,
    wrist: int,
    joints: Float[Tensor, "frames joints 3"],
    seen: Bool[Tensor, " joints"],
    offsets: Float[Tensor, "joints 3"],
    above: Float[Tensor, "frames 3 3"],
) -> Float[Tensor, "frames 3 3"]:
    """The wrist's rotation that brings the knuckles nearest to their places (Kabsch); the forearm's without them."""
    knuckles = [JOINT_INDEX[f"{side}_{name}"] for name in _KNUCKLES]
    if joints.shape[1] <= max(knuckles) or not (seen[wrist] and seen[knuckles].all()):
        return above
    there = joints[:, knuckles] - joints[:, wrist, None]
    return rot.project_to_rotation(there.mT @ offsets[knuckles])


def _frame_of_trunk(
    joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, " joints"], eye: Float[Tensor, "frames 3 3"]
) -> Float[Tensor, "frames 3 3"]:
    hips, shoulders = _pair("hip", seen), _pair("shoulder", seen)
    if hips is None:
        return _frame_of_shoulders(joints, seen, eye)
    across = joints[:, hips[0]] - joints[:, hips[1]]
    bottom = joints[:, hips].mean(1)
    top = joints[:, shoulders].mean(1) if shoulders is not None else _above(joints, seen)
    if top is None:
        return eye
    return _frame(across, top - bottom)


def _chest(
    joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, " joints"], root: Float[Tensor, "frames 3 3"]
) -> Float[Tensor, "frames 3 3"]:
    shoulders = _pair("shoulder", seen)
    if shoulders is None or _pair("hip", seen) is None:
        return root
    across = joints[:, shoulders[0]] - joints[:, shoulders[1]]
    return _frame(root[..., 1], across)[..., [1, 0, 2]] * across.new_tensor([1.0, 1.0, -1.0])


def _frame_of_shoulders(
    joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, " joints"], eye: Float[Tensor, "frames 3 3"]
) -> Float[Tensor, "frames 3 3"]:
    """An upright trunk below the line of the shoulders, where no hips are seen."""
    shoulders = _pair("shoulder", seen)
    if shoulders is None:
        return eye
    across = joints[:, shoulders[0]] - joints[:, shoulders[1]]
    return _frame(across, eye[..., 1])


def _above(joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, " joints"]) -> Tensor | None:
    for name in ("neck", "spine3", "spine2", "spine1", "head"):
        if seen[JOINT_INDEX[name]]:
            return joints[:, JOINT_INDEX[name]]
    return None


def _pair(part: str, seen: Bool[Tensor, " joints"]) -> list[int] | None:
    pair = [JOINT_INDEX[f"left_{part}"], JOINT_INDEX[f"right_{part}"]]
    return pair if bool(seen[pair].all()) else None


def _frame(first: Float[Tensor, "frames 3"], second: Float[Tensor, "frames 3"]) -> Float[Tensor, "frames 3 3"]:
    """Right-handed axes as columns: along `first`, near `second`, and across both."""
    a = _unit(first)
    b = _unit(second - (second * a).sum(-1, keepdim=True) * a)
    return torch.stack([a, b, torch.linalg.cross(a, b)], dim=-1)


def _unit(vector: Float[Tensor, "frames 3"]) -> Float[Tensor, "frames 3"]:
    return torch.nn.functional.normalize(vector, dim=-1)
