"""What is known of the free body's mesh once, whatever the person and the pose: weights, places, neighbours."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.body.anny import AnnyBody, MeshName
from poseloom.pose import ALL_JOINTS, JOINT_INDEX, Pose
from poseloom.render.surface import Part, Surface, surface_of, vertex_parts

_SMOOTHING = {"full": 14, "preview": 1}
"""Rounds of averaging with the neighbours that turn skin into something that clothes lie on."""


@dataclass(frozen=True, eq=False)
class Mannequin:
    """A body mesh and what dressing needs to know of it."""

    body: AnnyBody
    surface: Surface
    weights: Float[Tensor, "vertices 52"]
    """How much each joint carries each vertex, from the T-pose."""
    rest: Float[Tensor, "vertices 3"]
    """The average body at the T-pose: patterns are cut in these coordinates."""
    joints: Float[Tensor, "52 3"]
    part: Int[Tensor, " vertices"]
    smoothed: Tensor
    """Sparse (vertices, vertices): the mesh without its small forms."""
    inner: Bool[Tensor, " vertices"]
    """Eyeballs, teeth and tongue: not skin."""

    @property
    def faces(self) -> Int[Tensor, "faces 3"]:
        return self.surface.faces

    def joint(self, name: str) -> Float[Tensor, " 3"]:
        """Place of a joint of the average body."""
        return self.joints[JOINT_INDEX[name]]


@dataclass(frozen=True, eq=False)
class Figure:
    """A person's naked body: at the T-pose, and the transforms that put anything fixed to the T-pose into the pose."""

    mannequin: Mannequin
    still: Float[Tensor, "vertices 3"]
    """At the T-pose."""
    soft: Float[Tensor, "vertices 3"]
    """The same, smoothed: what clothes lie on."""
    soft_normals: Float[Tensor, "vertices 3"]
    still_joints: Float[Tensor, "52 3"]
    joints: Float[Tensor, "52 3"]
    """In the pose."""
    of_joints: Float[Tensor, "52 12"]
    """Transforms from the T-pose of each joint, 3 x 4 row by row."""
    blended: Float[Tensor, "vertices 3 4"]
    """The same of each vertex."""
    bend: Float[Tensor, " 52"]
    """Radians by which each joint is bent."""

    def posed(self, points: Float[Tensor, "some 3"], vertices: Tensor | slice) -> Float[Tensor, "some 3"]:
        """Points of the T-pose that are carried as the given vertices are."""
        turn = self.blended[vertices]
        return (turn[:, :, :3] @ points[:, :, None]).squeeze(-1) + turn[:, :, 3]

    def carried(self, points: Float[Tensor, "some 3"], weights: Float[Tensor, "some 52"]) -> Float[Tensor, "some 3"]:
        """Points of the T-pose that are carried by joints with these weights."""
        turn = (weights @ self.of_joints).unflatten(-1, (3, 4))
        return (turn[:, :, :3] @ points[:, :, None]).squeeze(-1) + turn[:, :, 3]

    def still_joint(self, name: str) -> Float[Tensor, " 3"]:
        return self.still_joints[JOINT_INDEX[name]]

    def joint(self, name: str) -> Float[Tensor, " 3"]:
        return self.joints[JOINT_INDEX[name]]


@lru_cache(maxsize=2)
def mannequin(mesh: MeshName = "full") -> Mannequin:
    """The mannequin of one of the free body's meshes, made once."""
    body = AnnyBody(mesh)
    with torch.no_grad():
        rig = body.rig()
        surface = surface_of(body, torch.device("cpu"))
        part = _parts(body)
    inner = torch.zeros(len(rig.vertices), dtype=torch.bool)
    inner[_islands(body.faces, len(rig.vertices))] = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch calls its sparse tensors a beta
        smoothed = _smoothing(body.faces, len(rig.vertices), _SMOOTHING[mesh])
    joints = rig.skeleton.positions[:ALL_JOINTS]
    return Mannequin(body, surface, rig.weights, rig.vertices, joints, part, smoothed, inner)


def figure(mannequin: Mannequin, shape: Float[Tensor, " 6"], pose: Pose) -> Figure:
    """A person of a shape in a pose (without batch axes), the pelvis where the pose's translation puts it."""
    shaped = mannequin.body.shaped(shape)
    still_joints = shaped.skeleton().positions
    still = shaped.at_rest()
    posed = shaped.posed(pose)
    turn, place = posed.rotations, posed.joints
    shift = place - (turn @ still_joints[..., None]).squeeze(-1)
    of_joints = torch.cat([turn, shift[..., None]], dim=-1).flatten(-2)
    soft = _soft(mannequin, still)
    angles = pose.with_hands().rotations.norm(dim=-1)
    return Figure(
        mannequin,
        still,
        soft,
        mannequin.surface.normals(soft[None])[0],
        still_joints,
        place,
        of_joints,
        (mannequin.weights @ of_joints).unflatten(-1, (3, 4)),
        angles,
    )


def _soft(mannequin: Mannequin, still: Float[Tensor, "vertices 3"]) -> Float[Tensor, "vertices 3"]:
    """The smoothed skin, not smaller than the skin itself."""
    soft = mannequin.smoothed @ still
    normals = mannequin.surface.normals(soft[None])[0]
    over = ((still - soft) * normals).sum(-1, keepdim=True).clamp_min(0)
    return soft + normals * (mannequin.smoothed @ over)


def _parts(body: AnnyBody) -> Int[Tensor, " vertices"]:
    return vertex_parts(body, len(body.dominant_bones))


def _neighbours(faces: Int[Tensor, "faces 3"], vertices: int) -> Tensor:
    """Sparse 0/1 matrix of edges, both ways."""
    pairs = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    pairs = torch.cat([pairs, pairs.flip(1)]).unique(dim=0)
    return torch.sparse_coo_tensor(pairs.T, torch.ones(len(pairs)), (vertices, vertices)).coalesce()


def _smoothing(faces: Int[Tensor, "faces 3"], vertices: int, rounds: int) -> Tensor:
    """`rounds` of half-steps towards the mean of the neighbours as one sparse matrix."""
    edges = _neighbours(faces, vertices)
    rows = edges.indices()[0]
    degree = torch.bincount(rows, minlength=vertices).clamp_min(1)
    step = torch.sparse_coo_tensor(edges.indices(), 0.5 / degree[rows].float(), edges.shape)
    diagonal = torch.arange(vertices)
    keep = torch.sparse_coo_tensor(torch.stack([diagonal, diagonal]), torch.full((vertices,), 0.5), edges.shape)
    once = (step + keep).coalesce()
    total = once
    for _ in range(rounds - 1):
        total = torch.sparse.mm(total, once).coalesce()
        kept = total.values() > _NEGLIGIBLE
        total = torch.sparse_coo_tensor(total.indices()[:, kept], total.values()[kept], edges.shape).coalesce()
    sums = torch.zeros(vertices).index_add_(0, total.indices()[0], total.values())
    values = total.values() / sums[total.indices()[0]]
    return torch.sparse_coo_tensor(total.indices(), values, edges.shape).to_sparse_csr()


_NEGLIGIBLE = 3e-3
"""Weights of the smoothing below which a neighbour is left out."""


def _islands(faces: Int[Tensor, "faces 3"], vertices: int) -> Int[Tensor, " some"]:
    """Vertices that are not joined to most of the mesh."""
    label = torch.arange(vertices)
    while True:
        lowest = label[faces].amin(-1)
        spread = label.scatter_reduce(0, faces.flatten(), lowest.repeat_interleave(3), "amin")
        spread = spread[spread]
        if bool((spread == label).all()):
            break
        label = spread
    largest = label.bincount().argmax()
    return (label != largest).nonzero().flatten()


LEGS = (Part.LEFT_THIGH, Part.RIGHT_THIGH, Part.LEFT_SHIN, Part.RIGHT_SHIN, Part.LEFT_FOOT, Part.RIGHT_FOOT)
ARMS = (Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM, Part.LEFT_FOREARM, Part.RIGHT_FOREARM)
HANDS = (Part.LEFT_HAND, Part.RIGHT_HAND)
