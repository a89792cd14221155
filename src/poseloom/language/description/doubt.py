"""What is sure of a pose that was recovered from a picture: the facts that hold in most of the poses around it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.language.description.fact import Fact
from poseloom.language.description.truth import Truth, joined_truths, truth_of
from poseloom.language.description.unseen import with_posture
from poseloom.language.tables import TABLES
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, MIRROR, other_side
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from poseloom.language.description.figure import Figure

_FILE = TABLES / "picture_doubt.json"
_LEAST = 0.02
"""Radians: spreads below are as good as none."""
_DRAWN = 16
"""Poses around each; their mirrored errors are looked at as well, so that mirrored poses are told alike."""


def believed(
    pose: Pose,
    found: list[list[Fact]],
    figures: Callable[[Pose], Iterable[Figure]],
    doubt: Float[Tensor, "*#batch 22"] | None = None,
) -> list[list[Fact]]:
    """The facts of each pose that hold in most of the poses around it which the picture could have meant.

    Args:
        pose: any batch axes.
        found: the facts of each pose of the flattened batch.
        figures: what facts are read off, for poses.
        doubt: radians by which each joint's rotation may be off; usual ones by default.
    """
    if not found:
        return found
    around = agreement(pose, figures, doubt)
    table = read_table(_FILE)
    usual, own = entry(_FILE, table, "told", float), entry(_FILE, table, "told_of", dict)
    kept = []
    for number, facts in enumerate(found):
        here = around(number)
        sure = [fact for fact in facts if here.fact(fact).mean() >= own.get(fact.name, usual)]
        kept.append(with_posture(sure))
    return kept


def agreement(
    pose: Pose, figures: Callable[[Pose], Iterable[Figure]], doubt: Float[Tensor, "*#batch 22"] | None = None
) -> Callable[[int], Truth]:
    """What holds in the poses around each one of the flattened batch; arguments as for `believed`."""
    around = _around(pose, _spread() if doubt is None else _spread_of(doubt))
    each = around.batch_shape[1]
    truth = joined_truths([truth_of(figure) for figure in figures(around.reshape(-1))])
    return lambda number: truth.part(slice(number * each, (number + 1) * each))


def _around(pose: Pose, spread: Float[Tensor, "*#batch 22 3"]) -> Pose:
    """Poses (n, drawn) with errors as recovered ones have them; the same in any process."""
    flat = pose.rotations.detach().reshape(-1, pose.joints, 3)
    drawn = torch.randn(_DRAWN, BODY_JOINTS, 3, generator=torch.Generator().manual_seed(0))
    mirrored = drawn[:, MIRROR[:BODY_JOINTS]] * torch.tensor([1.0, -1.0, -1.0])
    wide = spread.reshape(-1, 1, BODY_JOINTS, 3)
    errors = rot.rotvec_to_rotmat(torch.cat([drawn, mirrored]) * wide).to(flat)
    turned = rot.rotmat_to_rotvec(rot.rotvec_to_rotmat(flat[:, None, :BODY_JOINTS]) @ errors)
    fingers = flat[:, None, BODY_JOINTS:].expand(-1, 2 * _DRAWN, -1, -1)
    return Pose(torch.cat([turned, fingers], dim=2))


def _spread_of(doubt: Float[Tensor, "*batch 22"]) -> Float[Tensor, "*batch 22 3"]:
    """The usual spreads about the axes of each joint, as large in all as the doubt says."""
    usual = _spread()
    share = entry(_FILE, read_table(_FILE), "share", float)
    return usual * (share * doubt / usual.norm(dim=-1).clamp_min(_LEAST))[..., None]


@lru_cache(maxsize=1)
def _spread() -> Float[Tensor, "22 3"]:
    spread = torch.zeros(BODY_JOINTS, 3)
    for name, row in entry(_FILE, read_table(_FILE), "joints", dict).items():
        own = torch.tensor(entry(_FILE, {name: row}, name, list))
        spread[JOINT_INDEX[name]] = spread[JOINT_INDEX[other_side(name)]] = own
    return spread
