"""Shells around the body: clothes, hair, hats and beards are parts of the skin, cut out, smoothed and lifted off."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.render.people.mannequin import Figure
from poseloom.render.people.materials import Material
from poseloom.render.people.pieces import Clipped, Limb, Piece, clip, normals_of
from poseloom.render.surface import Part

_LIP_DEPTH = 0.85
"""How far towards the skin the edge of a cloth is closed, as a share of the gap."""

_LIMB_OF = torch.zeros(len(Part), dtype=torch.long)
for _part in (Part.LEFT_UPPER_ARM, Part.RIGHT_UPPER_ARM, Part.LEFT_FOREARM, Part.RIGHT_FOREARM):
    _LIMB_OF[_part] = Limb.ARM
for _part in (Part.LEFT_HAND, Part.RIGHT_HAND):
    _LIMB_OF[_part] = Limb.ARM
for _part in (Part.LEFT_THIGH, Part.RIGHT_THIGH, Part.LEFT_SHIN, Part.RIGHT_SHIN, Part.LEFT_FOOT, Part.RIGHT_FOOT):
    _LIMB_OF[_part] = Limb.LEG


@dataclass(frozen=True, eq=False)
class Shell:
    """What is cut out of the skin and lifted off.

    Args:
        inside: positive where the shell is, about metres from its edge.
        lifted: the shell's vertices at the T-pose.
        material: how it is painted.
        closed: whether its edge bends towards the skin; else its inside can be seen.
    """

    inside: Float[Tensor, " vertices"]
    lifted: Float[Tensor, "vertices 3"]
    material: Material
    closed: bool = True


def shell_piece(figure: Figure, shell: Shell, hidden: Bool[Tensor, " vertices"]) -> Piece | None:
    """The shell in the pose; None where nothing of it is to be seen.

    Args:
        hidden: vertices at which something that is worn above covers it.
    """
    mannequin = figure.mannequin
    cut = clip(mannequin.faces, shell.inside)
    seen = ~hidden[mannequin.faces[cut.origin]].all(-1)
    if not bool(seen.any()):
        return None
    whole = torch.zeros_like(shell.lifted)
    kept = torch.cat([cut.kept, cut.start, cut.end]).unique()
    whole[kept] = figure.posed(shell.lifted[kept], kept)
    vertices = cut.values(whole)
    rest = cut.values(mannequin.rest)
    faces = cut.faces[seen]
    normals = _normals(whole, mannequin.faces, cut)
    part = mannequin.surface.parts[cut.origin][seen]
    if shell.closed and len(cut.border):
        skin = torch.zeros_like(whole)
        skin[kept] = figure.posed(figure.still[kept], kept)
        return _with_lip(figure, Piece(vertices, normals, rest, faces, limbs_of(part), part, shell.material), cut, skin)
    if not shell.closed:
        count = len(vertices)
        vertices, rest, part = torch.cat([vertices, vertices]), torch.cat([rest, rest]), torch.cat([part, part])
        faces, normals = torch.cat([faces, faces.flip(-1) + count]), torch.cat([normals, -normals])
    return Piece(vertices, normals, rest, faces, limbs_of(part), part, shell.material)


def limbs_of(part: Int[Tensor, " faces"]) -> Int[Tensor, " faces"]:
    return _LIMB_OF[part]


def _normals(whole: Float[Tensor, "vertices 3"], faces: Int[Tensor, "faces 3"], cut: Clipped) -> Tensor:
    """Of the vertices of a cut, from the faces that it left whole or cut."""
    return torch.nn.functional.normalize(cut.values(normals_of(whole, faces[cut.origin.unique()])), dim=-1, eps=1e-9)


def _with_lip(figure: Figure, piece: Piece, cut: Clipped, skin: Float[Tensor, "vertices 3"]) -> Piece:
    """The piece with its edge bent to the skin, so that one does not look under it."""
    first, second = cut.border.unbind(-1)
    ends = torch.cat([first, second])
    place = ends - len(cut.kept)
    on_skin = torch.lerp(skin[cut.start[place]], skin[cut.end[place]], cut.share[place])
    low = torch.lerp(piece.vertices[ends], on_skin, _LIP_DEPTH)
    count, segments = len(piece.vertices), len(first)
    p, q = count + torch.arange(segments), count + segments + torch.arange(segments)
    inner = count + 2 * segments + torch.arange(2 * segments)
    faces = torch.cat(
        [torch.stack([q, p, inner[:segments]], -1), torch.stack([q, inner[:segments], inner[segments:]], -1)]
    )
    around = torch.linalg.cross(piece.vertices[second] - piece.vertices[first], low[:segments] - piece.vertices[first])
    outward = torch.nn.functional.normalize(-around, dim=-1, eps=1e-12)
    normals = torch.nn.functional.normalize(piece.normals[ends] + outward.repeat(2, 1), dim=-1, eps=1e-9)
    part = figure.mannequin.part[cut.start[place[:segments]]].repeat(2)
    return Piece(
        torch.cat([piece.vertices, piece.vertices[ends], low]),
        torch.cat([piece.normals, normals, normals]),
        torch.cat([piece.rest, piece.rest[ends], piece.rest[ends]]),
        torch.cat([piece.faces, faces]),
        torch.cat([piece.limb, limbs_of(part)]),
        torch.cat([piece.part, part]),
        piece.material,
    )
