"""A person in a pose, dressed: all pieces of skin, clothes, hair and shoes, each showing only what can be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.body.anny import MeshName
from poseloom.pose import Pose
from poseloom.render.people import clothes, footwear, heads
from poseloom.render.people.appearance import Appearance
from poseloom.render.people.fabrics import Cloth
from poseloom.render.people.mannequin import Figure, figure, mannequin
from poseloom.render.people.materials import Material
from poseloom.render.people.pieces import Piece, clip
from poseloom.render.people.shells import Shell, limbs_of, shell_piece
from poseloom.render.people.skin import Skin
from poseloom.render.people.tubes import skirt_points, tube_piece
from poseloom.render.surface import Part

_UNDER = 0.018
"""Metres by which something reaches under the edge of what is worn above it."""
_APART = 0.004
"""Metres between two garments."""


@dataclass(frozen=True, eq=False)
class Dressed:
    """A person ready to be drawn."""

    look: Appearance
    pose: Pose
    figure: Figure
    pieces: tuple[Piece, ...]

    @property
    def lowest(self) -> float:
        """Height of the lowest point."""
        return min(float(piece.vertices[:, 1].min()) for piece in self.pieces)

    def moved(self, offset: Float[Tensor, " 3"]) -> Dressed:
        """The same person elsewhere."""
        figure = self.figure
        shifted = figure.of_joints.clone()
        shifted[:, [3, 7, 11]] += offset
        blended = figure.blended.clone()
        blended[:, :, 3] += offset
        moved = replace(figure, joints=figure.joints + offset, of_joints=shifted, blended=blended)
        pieces = tuple(replace(piece, vertices=piece.vertices + offset) for piece in self.pieces)
        return replace(self, figure=moved, pieces=pieces)


def dressed(look: Appearance, pose: Pose, mesh: MeshName = "full") -> Dressed:
    """A person in a pose (without batch axes), the pelvis where the pose puts it."""
    with torch.no_grad():
        own = figure(mannequin(mesh), torch.tensor(look.shape), pose)
        layers = _apart(own, _worn(own, look))
        hidden = _hidden_by_shoes(own, look)
        pieces: list[Piece] = []
        for shell in reversed(layers):
            piece = shell_piece(own, shell, hidden)
            if piece is not None:
                pieces.append(piece)
            hidden = hidden | (shell.inside > _UNDER)
        pieces.append(_skin(own, look, hidden))
        pieces += footwear.shoe_pieces(own, look)
        pieces += _skirts(own, look)
        pieces += heads.hanging(own, look)
    return Dressed(look, pose, own, tuple(pieces))


def _worn(figure: Figure, look: Appearance) -> list[Shell]:
    """Shells from the innermost to the outermost."""
    top, bottom = clothes.top_shell(figure, look), clothes.bottom_shell(figure, look)
    layers = [top, bottom] if look.tucked or look.bottom.kind == "dress" else [bottom, top]
    if look.outer is not None:
        layers.append(clothes.outer_shell(figure, look))
    return [*layers, *heads.on_head(figure, look)]


def _apart(figure: Figure, layers: list[Shell]) -> list[Shell]:
    """Every layer lifted over those beneath."""
    made: list[Shell] = []
    highest = torch.full((len(figure.soft),), -1.0)
    for shell in layers:
        height = ((shell.lifted - figure.soft) * figure.soft_normals).sum(-1)
        missing = (highest + _APART - height).clamp_min(0) * (highest > -1)
        made.append(replace(shell, lifted=shell.lifted + figure.soft_normals * missing[:, None]))
        highest = torch.where(shell.inside > -_UNDER, torch.maximum(highest, height + missing), highest)
    return made


def _hidden_by_shoes(figure: Figure, look: Appearance) -> Bool[Tensor, " vertices"]:
    rest, part = figure.mannequin.rest, figure.mannequin.part
    hidden = figure.mannequin.inner & (rest[:, 1] < 0.63)
    if look.shoes in ("bare", "sandals"):
        return hidden
    feet = (part == Part.LEFT_FOOT) | (part == Part.RIGHT_FOOT)
    low = float(figure.mannequin.joint("left_ankle")[1])
    return hidden | (feet & (rest[:, 1] < low + (-0.04 if look.shoes == "ballet" else 0.0)))


def _skin(figure: Figure, look: Appearance, hidden: Bool[Tensor, " vertices"]) -> Piece:
    """What of the skin is not covered."""
    mannequin = figure.mannequin
    seen = ~hidden[mannequin.faces].all(-1)
    faces, part = mannequin.faces[seen], mannequin.surface.parts[seen]
    cut = clip(faces, torch.ones(len(mannequin.rest)))
    used = cut.kept
    vertices = figure.posed(figure.still[used], used)
    still_normals = mannequin.surface.normals(figure.still[None])[0][used]
    normals = (figure.blended[used][:, :, :3] @ still_normals[:, :, None]).squeeze(-1)
    own = Skin(look, mannequin.surface.cut.head)
    return Piece(
        vertices,
        torch.nn.functional.normalize(normals, dim=-1),
        mannequin.rest[used],
        cut.faces,
        limbs_of(part),
        part,
        own,
    )


def _skirts(figure: Figure, look: Appearance) -> list[Piece]:
    """The hanging parts of skirts, dresses and coats."""
    made = []
    if look.bottom.kind in ("skirt", "long_skirt", "dress"):
        garment = look.bottom
        flare = 0.12 + 0.75 * garment.loose
        folds = 5 + garment.fabric.seed % 6
        points, rest = skirt_points(
            figure,
            -0.075,
            clothes.hem_of(garment),
            0.010 + 0.004 * garment.loose,
            flare,
            folds,
            14,
            garment.fabric.seed,
        )
        made.append(_hung(points, rest, Cloth(garment.fabric, 0.3)))
    if look.outer is not None and look.outer.kind == "coat":
        garment = look.outer
        points, rest = skirt_points(
            figure, clothes.CROTCH + 0.04, clothes.hem_of(garment), 0.045, 0.18 + 0.3 * garment.loose, 4, 12, 1.0
        )
        made.append(_hung(points, rest, Cloth(garment.fabric, 0.4)))
    return made


def _hung(points: Tensor, rest: Tensor, material: Material) -> Piece:
    return tube_piece(points, rest, material, int(Part.HIPS))
