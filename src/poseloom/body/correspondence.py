"""Which places of two bodies' surfaces are the same: found on the bodies themselves, at their zero poses."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body.reduced import with_vertices
from poseloom.body.smpl import FAMILIES, SmplBody
from poseloom.body.smpl_files import SmplArrays
from poseloom.pose import ALL_JOINTS, farthest_points

POINTS_A_JOINT = 12
"""Points of the surface that speak for each joint; fewer where its skin is small."""
_NEIGHBOURS = 6
"""Vertices of the other body that a point is a weighted mean of."""
_FARTHEST = 0.015
"""Metres between a point and the other surface beyond which it has no counterpart: eyes, the inside of the mouth."""
_LEAST_WEIGHT = 0.3
"""Skinning weight that the same joint must have on both bodies: else a finger is taken for its neighbour."""
_NEARNESS = 0.01
"""Share of its square distance that a vertex costs: of equal means, that of the nearest vertices is taken."""
_STIFFNESS = 1e-8
"""Square metres: makes weights finite where vertices coincide with the point."""


@dataclass(frozen=True, eq=False)
class Correspondence:
    """The same points on two bodies, each cut down to what they need.

    Args:
        source, target: the bodies.
        neighbours, shares: each point as a weighted mean of vertices of `source`.
        places: each point as a vertex of `target`.
    """

    source: SmplBody
    target: SmplBody
    neighbours: Int[Tensor, "points 6"]
    shares: Float[Tensor, "points 6"]
    places: Int[Tensor, " points"]

    def on_source(self, vertices: Float[Tensor, "*batch vertices 3"]) -> Float[Tensor, "*batch points 3"]:
        """The points on a posed source."""
        return (vertices[..., self.neighbours, :] * self.shares[..., None]).sum(-2)

    def on_target(self, vertices: Float[Tensor, "*batch vertices 3"]) -> Float[Tensor, "*batch points 3"]:
        """The points on a posed target."""
        return vertices[..., self.places, :]


def laid_over(source: SmplArrays, target: SmplArrays) -> Float[Tensor, "vertices 3"]:
    """The target's skin moved so that its joints lie where the source's do."""
    joints = _shared_joints(source, target)
    source_rest, target_rest = (body.joint_regressor @ body.template for body in (source, target))
    shift = target.template.new_zeros(len(target.parents), 3)
    shift[joints[1]] = source_rest[joints[0]] - target_rest[joints[1]]
    return target.template + target.weights @ shift


def correspondence(source: SmplArrays, target: SmplArrays, moved: Float[Tensor, "vertices 3"]) -> Correspondence:
    """Points spread over the skin of each joint that both bodies have, and these joints themselves.

    Args:
        source, target: the bodies.
        moved: the target's vertices, laid over the source's surface as well as is known.

    Raises:
        PoseloomError: the two surfaces have next to nothing in common.
    """
    joints = _shared_joints(source, target)
    neighbours, shares = _means(moved, source.template)
    apart = ((source.template[neighbours] * shares[..., None]).sum(-2) - moved).norm(dim=-1)
    held = (source.weights[neighbours] * shares[..., None]).sum(-2)[:, joints[0]]
    own, place = target.weights[:, joints[1]].max(-1)
    same = held.gather(1, place[:, None]).squeeze(-1)
    usable = (apart < _FARTHEST) & (own > _LEAST_WEIGHT) & (same > _LEAST_WEIGHT)
    points = _spread(target.template, torch.where(usable, place, -1), len(joints[0]))
    if len(points) < len(joints[0]):
        raise PoseloomError(
            f"the two bodies share {len(points)} points of their surfaces, expected at least {len(joints[0])}; "
            "give two bodies of the SMPL family, as they were published"
        )
    used, inverse = neighbours[points].unique(return_inverse=True)
    joint_shares = torch.eye(1, _NEIGHBOURS).expand(len(joints[0]), -1)
    joint_places = [
        (torch.tensor(own) + first)[:, None] for own, first in zip(joints, (len(used), len(points)), strict=True)
    ]
    return Correspondence(
        source=with_vertices(source, used),
        target=with_vertices(target, points),
        neighbours=torch.cat([inverse, joint_places[0].expand(-1, _NEIGHBOURS)]),
        shares=torch.cat([shares[points], joint_shares]),
        places=torch.cat([torch.arange(len(points)), joint_places[1].squeeze(-1)]),
    )


def _shared_joints(source: SmplArrays, target: SmplArrays) -> tuple[list[int], list[int]]:
    """Places of the joints of `Pose` that both bodies have, in the one and in the other."""
    orders = [FAMILIES[len(body.parents)].sources for body in (source, target)]
    shared = [joint for joint in range(ALL_JOINTS) if all(joint in order for order in orders)]
    first, second = ([order.index(joint) for joint in shared] for order in orders)
    return first, second


def _means(
    points: Float[Tensor, "points 3"], vertices: Float[Tensor, "vertices 3"]
) -> tuple[Int[Tensor, "points 6"], Float[Tensor, "points 6"]]:
    """Each point as a mean of the nearest vertices; the weights sum to one."""
    near = torch.cdist(points, vertices).topk(_NEIGHBOURS, largest=False).indices
    apart = (vertices[near] - points[:, None]).double()
    far = apart.square().sum(-1)
    gram = apart @ apart.mT + torch.diag_embed(_NEARNESS * far + _STIFFNESS)
    weights = torch.linalg.solve(gram, torch.ones(len(points), _NEIGHBOURS, 1, dtype=torch.double)).squeeze(-1)
    return near, (weights / weights.sum(-1, keepdim=True)).float()


def _spread(vertices: Tensor, joint_of: Tensor, joints: int) -> Int[Tensor, " points"]:
    """Up to `POINTS_A_JOINT` vertices of each joint, far from each other."""
    chosen = []
    for joint in range(joints):
        own = (joint_of == joint).nonzero().squeeze(-1)
        if len(own):
            chosen.append(own[farthest_points(vertices[own][:, None], min(POINTS_A_JOINT, len(own)))])
    return torch.cat(chosen) if chosen else torch.zeros(0, dtype=torch.long)
