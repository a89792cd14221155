"""Pelvis, spine and neck of a foreign skeleton by its tree, once the limbs are known."""

from __future__ import annotations

import numpy as np

from poseloom.formats.skeleton_motion import SourceSkeleton


def path_up(skeleton: SourceSkeleton, joint: int) -> list[int]:
    """The joint and its ancestors, up to the root."""
    path = []
    while joint >= 0:
        path.append(joint)
        joint = skeleton.parents[joint]
    return path


def common_ancestor(skeleton: SourceSkeleton, first: int, second: int) -> int:
    """The lowest joint that both hang on, or that one of them is."""
    above = set(path_up(skeleton, first))
    return next(joint for joint in path_up(skeleton, second) if joint in above)


def is_above(skeleton: SourceSkeleton, upper: int, lower: int) -> bool:
    """Whether `lower` hangs on `upper`, or is it."""
    return upper in path_up(skeleton, lower)


def trunk_joints(
    skeleton: SourceSkeleton,
    limbs: dict[str, int],
    pelvis: int | None = None,
    neck: int | None = None,
    head: int | None = None,
) -> dict[str, tuple[int, ...]]:
    """Our pelvis, spine1 to spine3, neck and head -> the file's joint, or two for halfway between.

    Args:
        skeleton: the file's.
        limbs: at least both hips and both shoulders, else nothing is found.
        pelvis: what the names say; taken where both legs hang on it.
        neck: what the names say, for skeletons whose head is only the end of the neck.
        head: what the names say.
    """
    if any(f"{side}_{joint}" not in limbs for side in ("left", "right") for joint in ("hip", "shoulder")):
        return {}
    legs = common_ancestor(skeleton, limbs["left_hip"], limbs["right_hip"])
    chest = common_ancestor(skeleton, limbs["left_shoulder"], limbs["right_shoulder"])
    if pelvis is None or not is_above(skeleton, pelvis, legs) or pelvis in limbs.values():
        pelvis = legs
    if pelvis in limbs.values():  # both legs on one leg's joint: no figure
        return {}
    found: dict[str, tuple[int, ...]] = {"pelvis": (pelvis,)}
    turn = common_ancestor(skeleton, pelvis, chest)
    spine = [joint for joint in path_up(skeleton, chest)[::-1] if joint not in path_up(skeleton, turn)]
    found |= _spine(spine)
    if head is None and neck is None:
        head = _continuation(skeleton, chest, limbs)
    top = head if head is not None else neck
    if top is None or not is_above(skeleton, chest, top) or top == chest:
        return found
    column = [joint for joint in path_up(skeleton, top)[::-1] if joint not in path_up(skeleton, chest)]
    if head is not None:
        found["head"] = (column.pop(),)
    if len(column) == 2:
        found["neck"] = (column[0], column[1])
    elif column:
        found["neck"] = (column[0],)
    return found


def _continuation(skeleton: SourceSkeleton, chest: int, limbs: dict[str, int]) -> int | None:
    """The last joint of the longest branch of the chest that is no arm: ``spine.006`` is a head."""
    arms = {joint for side in ("left", "right") for joint in path_up(skeleton, limbs[f"{side}_shoulder"])}
    length = np.linalg.norm(skeleton.offsets, axis=1)
    reach, best = {chest: 0.0}, chest
    for joint in range(chest + 1, len(length)):
        above = skeleton.parents[joint]
        if above in reach and joint not in arms and abs(skeleton.offsets[joint]).max() > 0:
            reach[joint] = reach[above] + float(length[joint])
            if reach[joint] > reach[best]:
                best = joint
    return best if best != chest else None


def _spine(joints: list[int]) -> dict[str, tuple[int, ...]]:
    """The arms hang on the last joint, which is our spine3; the first one bends the back where our spine1 does."""
    if not joints:
        return {}
    if len(joints) == 1:
        return {"spine1": (joints[0],)}
    found: dict[str, tuple[int, ...]] = {"spine1": (joints[0],), "spine3": (joints[-1],)}
    if len(joints) > 2:
        found["spine2"] = (joints[len(joints) // 2],)
    return found
