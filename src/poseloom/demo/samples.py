"""Sample motions of our own, made of the procedural stances: something to try every command with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest
from poseloom.demo.motion import FPS, embedded_clip
from poseloom.pose import Clip, Pose, concatenate, stack
from poseloom.pose.blend import blend, ease
from poseloom.pose.contact import ContactFigure, floor_points, ground
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.stances import stance

STRIDE, PASSING = "walking stride (left forward)", "walking, passing (standing on left)"
STEP_FRAMES = 18
"""Of a step, from one stride to the next: 0.6 seconds."""
STEPS = 6
FEET = tuple(JOINT_INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "foot"))
SQUATS = 5
SQUAT_SECONDS = (0.9, 0.2, 0.8, 0.3)
"""On the way down, below, on the way up, and standing."""


def walk() -> Clip:
    """Six steps straight ahead; the foot that carries stays where it is."""
    keys = stack([stance(STRIDE), stance(PASSING), stance(STRIDE, True), stance(PASSING, True)])
    steps = torch.arange(STEPS * STEP_FRAMES) / (STEP_FRAMES / 2)
    standing = ["left" if int(step) % 4 < 2 else "right" for step in steps]
    pose = _carried(Pose.from_sixd(_cyclic(keys.sixd(), steps)), standing)
    return Clip(pose, FPS, "walk", {"source": "procedural stances"})


def squats() -> Clip:
    """Five squats."""
    low, high = stance("squat").reshape(1), stance("stand").reshape(1)
    down, below, up, above = (round(seconds * FPS) for seconds in SQUAT_SECONDS)
    parts = [
        blend(high, low, ease(torch.arange(down) / down)),
        blend(low, low, torch.zeros(below)),
        blend(low, high, ease(torch.arange(up) / up)),
        blend(high, high, torch.zeros(above)),
    ]
    return Clip(ground(concatenate(parts * SQUATS)), FPS, "squats", {"source": "procedural stances"})


SAMPLES: dict[str, Callable[[], Clip]] = {"walk": walk, "squats": squats, "exercise": embedded_clip}
"""Name -> what makes the clip; each call makes the same one."""


def sample_clip(name: str) -> Clip:
    """A sample motion by its name.

    Raises:
        PoseloomError: there is none of that name.
    """
    if name not in SAMPLES:
        raise PoseloomError(f"sample {name!r} is unknown (of {', '.join(SAMPLES)}){closest(name, list(SAMPLES))}")
    return SAMPLES[name]()


def _cyclic(keys: Float[Tensor, "keys joints 6"], times: Float[Tensor, " frames"]) -> Float[Tensor, "frames joints 6"]:
    """A closed Catmull-Rom spline through keys at times 0, 1, 2, ..."""
    whole = times.floor().long()
    t = (times - whole)[:, None, None]
    before, start, end, after = (keys[(whole + step) % len(keys)] for step in (-1, 0, 1, 2))
    slopes = (end - before) / 2, (after - start) / 2
    curve = (2 * t**3 - 3 * t**2 + 1) * start + (3 * t**2 - 2 * t**3) * end
    return curve + (t**3 - 2 * t**2 + t) * slopes[0] + (t**3 - t**2) * slopes[1]


def _carried(pose: Pose, standing: list[str]) -> Pose:
    """The same frames moved along by the foot that stands (its side, for each frame), on the floor."""
    points = floor_points()
    figure = ContactFigure.of(pose.matrices())
    others = torch.tensor([[not name.startswith(f"{side}_") for name in points.names] for side in standing])
    feet = torch.tensor([joint in FEET for joint in points.joints])
    lowest = figure.lower_edges().masked_fill(others | ~feet, torch.inf)[:-1].argmin(-1)
    moved = figure.points.diff(dim=0)[torch.arange(len(lowest)), lowest]
    travel = torch.cat([torch.zeros(1, 3), -moved]).cumsum(0) * torch.tensor([0.0, 0.0, 1.0])
    return ground(Pose(pose.rotations, travel))
