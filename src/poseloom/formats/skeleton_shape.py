"""Joints by the shape of the skeleton alone, for files whose names say nothing (``Joint_0``, ``Bone.012``).

Two pairs of like branches are legs and arms: the legs are those farther from the head. In a limb the two consecutive
bones that are longest together are thigh and shin, or upper arm and forearm. The toes tell the front, and the front
which side is left.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Float64

from poseloom.formats.skeleton_motion import Array, SkeletonMotion, WorldMotion, forward_kinematics, some_frames
from poseloom.formats.trunk import is_above, trunk_joints

_ALIKE = 0.08
"""Relative difference of length up to which two branches are a pair."""

_LIMB = 0.35
"""Of the longest pair: shorter pairs are fingers, ears and helper bones."""

_LONGEST_SEARCH = 400
"""Joints of a skeleton that is searched for pairs."""

_FRAMES = 100
"""Frames in which the branches are looked at."""

_FACING = 0.02
"""Of the leg's length that toes or knees must stand out to tell the front."""


def joints_by_shape(motion: SkeletonMotion) -> dict[str, tuple[int, ...]]:
    """Our joint -> the file's joint (or two), or nothing where the tree is not one of a human figure."""
    if len(motion.skeleton.names) > _LONGEST_SEARCH:
        return {}
    tree = _Tree(motion)
    best: tuple[float, dict[str, tuple[int, ...]]] = (0.0, {})
    pairs = tree.pairs()
    for legs, arms in ((a, b) for a in pairs for b in pairs if a != b):
        ends = (*legs, *arms)
        if any(is_above(motion.skeleton, one, other) for one in ends for other in ends if one != other):
            continue
        score, found = tree.figure(legs, arms)
        if score > best[0]:
            best = (score, found)
    return best[1]


class _Tree:
    """The skeleton's branches with their lengths, and where they are in some frames."""

    def __init__(self, motion: SkeletonMotion):
        self.motion, self.skeleton = motion, motion.skeleton
        skeleton = self.skeleton
        self.children: dict[int, list[int]] = {}
        for joint, parent in enumerate(skeleton.parents):
            self.children.setdefault(parent, []).append(joint)
        self.length = np.linalg.norm(skeleton.offsets, axis=1)
        self.tip = {joint: np.asarray(offset) for joint, offset in reversed(skeleton.tails)}
        self.reach = np.array([np.linalg.norm(self.tip.get(joint, np.zeros(3))) for joint in range(len(self.length))])
        for joint in reversed(range(1, len(self.length))):
            parent = skeleton.parents[joint]
            self.reach[parent] = max(self.reach[parent], self.reach[joint] + self.length[joint])
        self.world: WorldMotion = forward_kinematics(some_frames(motion, _FRAMES))

    def pairs(self) -> list[tuple[int, int]]:
        found = []
        for children in self.children.values():
            for first, second in combinations(children[:_LONGEST_SEARCH], 2):
                both = [self.reach[one] + self.length[one] for one in (first, second)]
                if min(both) > 0 and max(both) - min(both) <= _ALIKE * max(both):
                    found.append((min(both), (first, second)))
        longest = max((length for length, _ in found), default=0.0)
        return [pair for length, pair in sorted(found, reverse=True) if length > _LIMB * longest][:12]

    def figure(self, legs: tuple[int, int], arms: tuple[int, int]) -> tuple[float, dict[str, tuple[int, ...]]]:
        """How well the two pairs go for legs and arms, and all joints then."""
        chest = self.skeleton.parents[arms[0]]
        pelvis = self.skeleton.parents[legs[0]]
        others = [
            child
            for child in self.children.get(chest, [])
            if child not in (*arms, *legs) and not is_above(self.skeleton, child, pelvis)
        ]
        if not others:
            return 0.0, {}
        column = self._chain(max(others, key=lambda child: self.reach[child] + self.length[child]))
        top = self.world.positions[column[-1]]
        far, near = (np.mean([np.linalg.norm(self._end(one) - top) for one in pair]) for pair in (legs, arms))
        chains: dict[tuple[str, int], tuple[int | None, list[int]]] = {}
        for name, pair in (("leg", legs), ("arm", arms)):
            for place, one in enumerate(pair):
                chain = self._limb(self._chain(one))
                if chain is None:
                    return 0.0, {}
                chains[name, place] = chain
        left = 0 if self._first_is_left(chains["leg", 0], chains["leg", 1], chest, pelvis) else 1
        same_side = self._same_side(legs, arms)
        limbs: dict[str, int] = {}
        for side, place in (("left", left), ("right", 1 - left)):
            limbs |= _named(side, ("hip", "knee", "ankle", "foot"), chains["leg", place][1])
            before, arm = chains["arm", place if same_side else 1 - place]
            limbs |= _named(side, ("shoulder", "elbow", "wrist"), arm)
            if before is not None:
                limbs[f"{side}_collar"] = before
        neck, head = column[0], column[1] if len(column) > 1 else None
        found = {name: (joint,) for name, joint in limbs.items()}
        return far / max(float(near), 1e-9), found | trunk_joints(self.skeleton, limbs, None, neck, head)

    def _chain(self, joint: int) -> list[int]:
        """The longest way down from a joint."""
        chain = [joint]
        while self.children.get(chain[-1]):
            chain.append(max(self.children[chain[-1]], key=lambda child: self.reach[child] + self.length[child]))
        return chain

    def _limb(self, chain: list[int]) -> tuple[int | None, list[int]] | None:
        """The joint before the limb, if there is one, and the limb's joints from its two longest bones on."""
        bones = [float(self.length[joint]) for joint in chain[1:]]
        if chain[-1] in self.tip:
            bones.append(float(np.linalg.norm(self.tip[chain[-1]])))
        if len(bones) < 2:
            return None
        first = max(range(len(bones) - 1), key=lambda place: min(bones[place], bones[place + 1]))
        if min(bones[first], bones[first + 1]) <= 0:
            return None
        return (chain[first - 1] if first else None), chain[first:]

    def _end(self, joint: int) -> Float64[Array, "#frames 3"]:
        return self.world.positions[self._chain(joint)[-1]]

    def _same_side(self, legs: tuple[int, int], arms: tuple[int, int]) -> bool:
        """Whether the first leg and the first arm are on one side: across the body, in the trunk's own axes."""
        at = self.world.positions
        across = at[legs[0]] - at[legs[1]]
        chains = [self._limb(self._chain(one)) for one in arms]
        shoulders = [chain[1][0] for chain in chains if chain is not None]
        return bool(((at[shoulders[0]] - at[shoulders[1]]) * across).sum(-1).mean() > 0)

    def _first_is_left(
        self, first: tuple[int | None, list[int]], second: tuple[int | None, list[int]], chest: int, pelvis: int
    ) -> bool:
        at = self.world.positions
        top = chest if chest != pelvis else self._chain(chest)[-1]
        hips = (at[first[1][0]] + at[second[1][0]]) / 2
        up = at[top] - hips
        front = np.cross(at[first[1][0]] - at[second[1][0]], up)
        front /= np.maximum(np.linalg.norm(front, axis=-1, keepdims=True), 1e-9)
        leg = max(float(self.reach[first[1][0]]), 1e-9)
        for stands_out in (self._toes, self._knees):
            told = [((stands_out(chain[1]) * front).sum(-1)).mean() for chain in (first, second)]
            if abs(sum(told)) > _FACING * leg:
                return bool(sum(told) > 0)
        return bool(at[first[1][0]][0, 0] > at[second[1][0]][0, 0])

    def _toes(self, chain: list[int]) -> Float64[Array, "#frames 3"]:
        at = self.world.positions
        if len(chain) > 3:
            return at[chain[3]] - at[chain[2]]
        if len(chain) == 3 and chain[2] in self.tip:
            return self.world.tail(chain[2], self.tip[chain[2]]) - at[chain[2]]
        return np.zeros((1, 3))

    def _knees(self, chain: list[int]) -> Float64[Array, "#frames 3"]:
        at = self.world.positions
        if len(chain) < 3:
            return np.zeros((1, 3))
        return at[chain[1]] - (at[chain[0]] + at[chain[2]]) / 2


def _named(side: str, names: tuple[str, ...], chain: list[int]) -> dict[str, int]:
    return {f"{side}_{name}": joint for name, joint in zip(names, chain, strict=False)}
