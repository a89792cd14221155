"""How near could an arm turn a hand that is astray? A search over what shoulder, elbow, forearm, wrist and trunk allow.

python tools/sign_reach.py --strings ../shared/data/hamnosys/train.json --composed 0

For every hand of `tools/sign_figures.py` that misses its direction by more than 20 degrees: the hand's part stays
within 2 cm of where it is (5 cm where nothing is touched), and wrists, elbows, trunk and collars are tried all round.
The rotations that are left over are floors: of joint ranges alone, and with hand and forearm outside head and trunk.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import torch
from sign_figures import ASTRAY, SIDES, Skin, texts_of
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.language.hamnosys import parse
from poseloom.language.hamnosys.tree import Part
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX
from poseloom.signer import sign_clip
from poseloom.signer.arms import swivelled_arms
from poseloom.signer.frames import hand_axes, oriented
from poseloom.signer.hand_spheres import hand_spheres, sphere_radii
from poseloom.signer.postures import start_of
from poseloom.signer.shoulders import PER_SIDE, arm_bones
from poseloom.signer.trunk import trunk_distance

NEAR = {True: 0.02, False: 0.05}
"""Metres from its place that a hand may be: where it touches, where it does not."""
TRUNK = torch.tensor([8.0, 14.0, 6.0]).deg2rad()
COLLAR = (math.radians(14), math.radians(12))
"""Radians that a trunk bends, turns and leans; that a collar goes up and ahead."""
INSIDE = 0.01
"""Metres that hand and forearm may be within head and trunk."""
WRISTS, SWIVELS, WIDEST = 160, 33, 110.0
"""Wrists that are tried, elbows for each; degrees from the direction that is written to the farthest one."""


def girdles(side: int) -> list[tuple[Tensor, Tensor]]:
    """Rotations of the chest, and shoulders in its axes."""
    bones, found = arm_bones(), []
    signs = [torch.zeros(3), *torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3)]
    for up, ahead in ((0.0, 0.0), COLLAR):
        collar = rot.axis_to_rotmat(-PER_SIDE[side] * torch.tensor(ahead), "Y") @ rot.axis_to_rotmat(
            PER_SIDE[side] * torch.tensor(up), "Z"
        )
        shoulder = bones.collars[side] + collar @ (bones.shoulders - bones.collars)[side]
        found += [(rot.rotvec_to_rotmat(TRUNK * sign), shoulder) for sign in signs]
    return found


def directions(about: Tensor) -> Tensor:
    """Unit vectors evenly spread about one (Fibonacci)."""
    place = (torch.arange(WRISTS) + 0.5) / WRISTS
    height = 1 - (1 - math.cos(math.radians(WIDEST))) * place
    turn = torch.arange(WRISTS) * math.pi * (3 - math.sqrt(5))
    flat = (1 - height**2).sqrt()
    points = torch.stack([flat * turn.cos(), flat * turn.sin(), height], dim=-1)
    return points @ rot.shortest_arc_rotmat(torch.tensor([0.0, 0.0, 1.0]), about).T


def astray(rotations: Tensor, wanted: Tensor) -> Tensor:
    """Degrees."""
    cosine = ((rotations.mT @ wanted).diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2
    return torch.acos(cosine.clamp(-1, 1)).rad2deg()


def floors(place: Tensor, anchor: Tensor, wanted: Tensor, spheres: Tensor, side: int, near: float) -> list[float]:
    """Degrees that are left over at best: by joint ranges alone, and outside the body.

    Args:
        place: where the anchor is, metres, in the axes of a chest at rest.
        anchor: metres in the hand's frame.
        wanted: rotation of the hand in the world.
    """
    best = [180.0, 180.0]
    for chest, shoulder in girdles(side):
        seen = chest.T @ wanted
        reach = directions(torch.nn.functional.normalize(hand_axes(seen, SIDES[side]) @ anchor, dim=0))
        wrists = (place - reach * anchor.norm()).repeat_interleave(SWIVELS, 0)
        swivels = torch.linspace(-60, 170, SWIVELS).deg2rad().repeat(WRISTS)
        points = wrists[:, None].expand(-1, 2, 3)
        arms = swivelled_arms(
            points, seen.expand(len(points), 2, 3, 3), swivels[:, None].expand(-1, 2), shoulder.expand(1, 2, 3)
        )
        at, hands = arms.geometry.wrist[:, side], arms.hands[:, side]
        axes = hand_axes(hands, SIDES[side])
        there = (at + axes @ anchor - place).norm(dim=-1) < near
        left = torch.where(there, astray(hands, seen), 180.0)
        best[0] = min(best[0], float(left.min()))
        tried = left.argsort()[: int((left < best[1]).sum())]
        skin = at[tried, None] + spheres @ axes[tried].mT
        arm = torch.lerp(arms.elbow_points[tried, None, side], at[tried, None], torch.linspace(0, 0.9, 7)[:, None])
        deep = torch.cat([sphere_radii() - trunk_distance(skin), 0.028 - trunk_distance(arm)], dim=-1).amax(-1)
        clear = left[tried][deep < INSIDE]
        best[1] = min(best[1], float(clear.min()) if len(clear) else 180.0)
    return best


def hands_of(part: Part) -> dict[str, tuple[object, bool]]:
    """Both hands' postures, and whether they mirror the dominant one's."""
    found = {"right": (part.dominant, False)}
    if part.symmetry is not None:
        alike = part.symmetry.mirrored is not False and part.nondominant is None
        found["left"] = (part.nondominant or part.dominant, alike)
    elif part.nondominant is not None:
        found["left"] = (part.nondominant, False)
    return found


def measured(text: str, skin: Skin) -> list[tuple[float, float, float]]:
    """Degrees astray, and both floors, of the hands of a string that miss their direction."""
    signs = parse(text).signs
    if len(signs) != 1 or len(signs[0].parts) != 1:
        return []
    part, clip = signs[0].parts[0], sign_clip(text)
    frame = clip.notes["signs"][0][0] + 2
    posed = skin.shaped.posed(clip.pose[frame : frame + 1])
    chest = JOINT_INDEX["spine3"]
    turn, rest = posed.rotations[0, chest], skin.shaped.joints[chest] - skin.shaped.joints[0]
    start, found = start_of(part, None), []
    for name, (hand, mirrored) in hands_of(part).items():
        if hand is None or hand.loose or hand.orientation is None:
            continue
        if not (hand.orientation.fingers and hand.orientation.palm):
            continue
        wrist = JOINT_INDEX[f"{name}_wrist"]
        wanted = oriented(hand.orientation, name, mirrored)
        missed = float(astray(posed.rotations[0, wrist], wanted))
        if missed <= ASTRAY:
            continue
        state = start.right if name == "right" else start.left
        world = posed.joints[0, wrist] + hand_axes(posed.rotations[0, wrist], name) @ state.anchor
        place = turn.T @ (world - posed.joints[0, chest]) + rest
        near = NEAR[bool(state.bound.any())]
        spheres, side = hand_spheres(state.angles), SIDES.index(name)
        found.append((missed, *floors(place, state.anchor, wanted, spheres, side, near)))
    return found


def _measured(name: str, text: str, skin: Skin) -> list[tuple[float, float, float]]:
    """The same, or none where a string cannot be signed, which is told."""
    try:
        return measured(text, skin)
    except PoseloomError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strings", type=Path, help="a file of HamNoSys strings")
    parser.add_argument("--composed", type=int, default=0, help="strings drawn in the order of the notation")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--every", type=int, default=1, help="take every n-th string")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    skin, rows = Skin(), []
    for name, text in texts_of(arguments):
        rows += [(name, *each) for each in _measured(name, text, skin)]
    beyond = [sum(row[place] > ASTRAY for row in rows) for place in (2, 3)]
    gaps = sorted(row[1] - row[3] for row in rows)
    found = {
        "hands astray by more than 20 degrees": len(rows),
        "beyond 20 degrees whatever the joints do": beyond[0],
        "the same outside the body": beyond[1],
        "degrees above the floor, median": round(gaps[len(gaps) // 2], 1) if gaps else None,
        "most above the floor": [
            (round(row[1]), round(row[3]), row[0]) for row in sorted(rows, key=lambda row: row[3] - row[1])[:12]
        ],
    }
    print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
