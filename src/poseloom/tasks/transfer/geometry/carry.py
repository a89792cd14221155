"""A photo's person in another pose: every pixel of the posed body takes its colour from where it was seen.

What was hidden takes that of the surface before it on the same piece, of its mirrored side, or of its neighbours on
the body. Hair and clothes that reach beyond the fitted body move along with the piece that they are next to. What the
person no longer covers is filled from around it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from poseloom.pose.joints import JOINT_INDEX
from poseloom.tasks.transfer.geometry.fill import patched
from poseloom.tasks.transfer.geometry.matting import between, to_edges, without_slivers, without_teeth
from poseloom.tasks.transfer.geometry.nearest import around, nearest_pixels
from poseloom.tasks.transfer.geometry.still import still_shares
from poseloom.tasks.transfer.geometry.surface import GROUPS, SeenSurface, Template, visible_vertices

_BEYOND = 0.09
"""How far hair and clothes may reach beyond the body, times the person's height in the picture."""
_CERTAIN = 0.5
_DIFFUSIONS = 150
_HARDLY = 0.2
"""What is less surely the person may be what lies behind them."""
_HOLE_MARGIN = 0.012
"""By which the hole that the person leaves is widened, times the person's height."""
_EDGE = 0.01
"""Width of the person's edge that may show the background, times the person's height."""
_UNCERTAIN = 0.015
"""How far the outline of the mask may lie from the person's, times the person's height."""
_DOUBT = 0.02
"""By which the outlines of fitted pieces are doubted, times the person's height."""
_BEFORE = 0.07
"""Metres: a piece so much nearer to the camera hides what is beside its outline."""
_FAR = 1e3
_SLIVER = 0.012
"""Half the width of what is left out as too thin beyond the body, times the person's height."""
_TEETH = 0.006
"""Half the width of teeth that outlines lose, times the person's height."""
_SHORT = 0.35
"""A bone that looks shorter than so much of what it did points towards the camera, and turns nothing."""
_BONES = {
    "head": ("neck", "head"), "trunk": ("pelvis", "neck"),
    **{f"{side}_arm": (f"{side}_shoulder", f"{side}_elbow") for side in ("left", "right")},
    **{f"{side}_forearm": (f"{side}_elbow", f"{side}_wrist") for side in ("left", "right")},
    **{f"{side}_thigh": (f"{side}_hip", f"{side}_knee") for side in ("left", "right")},
    **{f"{side}_shin": (f"{side}_knee", f"{side}_ankle") for side in ("left", "right")},
    **{f"{side}_foot": (f"{side}_ankle", f"{side}_foot") for side in ("left", "right")},
    **{f"{side}_hand": (f"{side}_elbow", f"{side}_wrist") for side in ("left", "right")},
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Carried:
    """A person who was carried over.

    Args:
        picture: the whole photo.
        person: share of each pixel that the person covers.
        seen: share of the posed body's pixels whose colour the photo shows; the others are guesses.
    """

    picture: Float[Tensor, "3 height width"]
    person: Float[Tensor, "height width"]
    seen: float


def carry(
    photo: Float[Tensor, "3 height width"],
    person: Float[Tensor, "height width"],
    source: SeenSurface,
    target: SeenSurface,
    fine: SeenSurface,
    kept: Template,
) -> Carried:
    """The person of a photo in another pose.

    Args:
        photo: 0 to 1.
        person: probability that a pixel shows the person.
        source: body as it is in the photo, on the person's keypoints; pixels of the photo.
        target: body as it shall be; pixels of the photo.
        fine: the same in pixels that are a whole number of times smaller, for smooth edges.
        kept: the body.
    """
    texture = _Texture(photo, person, source, kept)
    scale = fine.shape[0] // target.shape[0]
    colour, covered, seen = texture.drawn(fine)
    small, alpha = _reduced(colour * covered, scale), _reduced(covered[None].float(), scale)
    beyond, share = texture.beyond(target)
    beyond, share = _joined(beyond, share, small / alpha.clamp(min=1e-3), target.mask)
    still = still_shares(source, target, kept)
    background = texture.background()
    background = photo * still.before + background * (1 - still.before)
    behind = background * (1 - share) + beyond * share
    whole = behind * (1 - alpha) + small
    whole = photo * still.always + whole * (1 - still.always)
    return Carried(whole.clamp(0, 1), torch.maximum(alpha[0], share), seen)


def _joined(beyond: Tensor, share: Tensor, body: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """What lies beyond the body carried on under its edge, so that no seam shows between them."""
    grown = functional.max_pool2d(share[None], 3, 1, 1)[0]
    return torch.where(mask, body, beyond), torch.where(mask, grown, share)


class _Texture:
    """What a photo tells of the surface of a body."""

    def __init__(self, photo: Tensor, person: Tensor, source: SeenSurface, kept: Template):
        self.photo, self.source, self.kept = photo, source, kept
        faces = kept.body.faces
        tall = source.screen[:, 1].amax() - source.screen[:, 1].amin()
        self.height = float(tall.clamp(min=8.0))
        self.coarse = person
        self.person = to_edges(person, photo, _UNCERTAIN * self.height)
        self.places = source.screen[:, :2]
        margin = max(1, int(_EDGE * self.height))
        surely = -_largest(-person[None], margin)
        inside = _at(surely, self.places)[0] > _CERTAIN
        front = source.fragments.face[0]
        group = kept.group[faces[front.clamp(min=0)][..., 0]]
        self.groups = torch.where(front >= 0, group, torch.full_like(group, -1))
        sure = inside & ~self._near_another()
        self.visible = visible_vertices(source, faces) & sure
        self.through = self._through() & sure
        self.colours = self._diffused()

    def drawn(self, target: SeenSurface) -> tuple[Tensor, Bool[Tensor, "height width"], float]:
        """Colours of the posed body's pixels, where it is, and the share of them that is seen in the photo."""
        fragments, faces = target.fragments, self.kept.body.faces
        corners = faces[fragments.covering]
        weights = fragments.weights
        mirrored = self.kept.mirrored
        found = (self.colours[corners] * weights[..., None]).sum(1)
        seen = torch.zeros(len(corners), dtype=torch.bool)
        choices = (
            (self.places, self.through),
            (self.places[mirrored], self.visible[mirrored]),
            (self.places, self.visible),
        )
        for places, there in choices:  # the last one that fits is the best
            fits = (there[corners].float() * weights).sum(-1)
            at = (places[corners] * weights[..., None]).sum(1)
            sampled = _at(self.photo, at).T
            share = ((fits - 0.3) / 0.4).clamp(0, 1)[:, None]
            found = found * (1 - share) + sampled * share
            seen = fits > _CERTAIN
        image = fragments.to_image(found, 0.0)[0].movedim(-1, 0)
        return image, target.mask, float(seen.float().mean())

    def beyond(self, target: SeenSurface) -> tuple[Tensor, Tensor]:
        """Colours and shares of pixels next to the posed body: hair and clothes that reach beyond it."""
        reach = int(_BEYOND * self.height)
        near = nearest_pixels(target.mask, reach)
        there = (near[..., 0] >= 0) & ~target.mask
        colour, share = torch.zeros(3, *target.shape), torch.zeros(target.shape)
        rows, columns = there.nonzero(as_tuple=True)
        if not len(rows):
            return colour, share
        own, by = torch.stack([columns, rows], -1).float() + 0.5, near[rows, columns]
        anchor = by.flip(-1).float() + 0.5
        corners = self.kept.body.faces[target.fragments.face[0][by[:, 0], by[:, 1]]]
        weights = target.fragments.barycentric[0][by[:, 0], by[:, 1]]
        at = (self.places[corners] * weights[..., None]).sum(1)
        group = self.kept.group[corners[:, 0]]
        turn = self._turns(target)[group]
        place = at + ((own - anchor)[:, None] @ turn.transpose(-1, -2)).squeeze(1)
        share[rows, columns] = self._loose(place, group)
        own_share = torch.zeros(target.shape)
        own_share[rows, columns] = _at(self.person[None], place)[0]
        window = around(target.mask, reach + math.ceil(3 * _SLIVER * self.height) + 2)
        share[window] = self._outlined(share[window], own_share[window], target.mask[window])
        colour[:, rows, columns] = _at(self.photo, place)
        return colour, share

    def _outlined(
        self, share: Float[Tensor, "rows columns"], person: Float[Tensor, "rows columns"], body: Tensor
    ) -> Float[Tensor, "rows columns"]:
        """Shares beside the body without slivers, gaps and teeth; `person` is what the photo has at their places."""
        thin = _SLIVER * self.height
        share = without_slivers(share, body, thin, int(_BEYOND * self.height) + 2)
        return without_teeth(share + between(share, body, thin) * person, body, _TEETH * self.height)

    def background(self) -> Tensor:
        """The photo without the person."""
        margin = max(2, int(_HOLE_MARGIN * self.height))
        taken = (torch.maximum(self.person, self.coarse) > _HARDLY) | self.source.mask
        wide = _largest(taken[None].float(), margin)[0] > 0
        return patched(self.photo, wide)

    def _loose(self, place: Float[Tensor, "pixels 2"], group: Int[Tensor, " pixels"]) -> Tensor:
        """Share of the person at places of the photo that lie beyond the body, next to the same piece of it."""
        height, width = self.source.shape
        inside = (place >= 0).all(-1) & (place[:, 0] < width) & (place[:, 1] < height)
        column, row = place[:, 0].long().clamp(0, width - 1), place[:, 1].long().clamp(0, height - 1)
        near = nearest_pixels(self.source.mask, int(_BEYOND * self.height) + 2)[row, column]
        beside = self.groups[near[:, 0].clamp(min=0), near[:, 1].clamp(min=0)]
        same = (near[:, 0] >= 0) & (beside == group) & ~self.source.mask[row, column]
        return _at(self.person[None], place)[0] * (inside & same)

    def _near_another(self) -> Bool[Tensor, " vertices"]:
        """Vertices beside which another piece lies before them: the fit is not so exact that they can be trusted."""
        margin = max(2, int(_DOUBT * self.height))
        height, width = self.source.shape
        column, row = self.places[:, 0].long().clamp(0, width - 1), self.places[:, 1].long().clamp(0, height - 1)
        depth, own = self.source.fragments.depth[0], self.kept.group
        found = torch.zeros(len(column), dtype=torch.bool)
        for group in range(len(GROUPS)):
            near = torch.where(self.groups == group, -depth, torch.full_like(depth, -_FAR))
            near = -_largest(near[None], margin)[0]
            found |= (own != group) & (near[row, column] < self.source.screen[:, 2] - _BEFORE)
        return found

    def _through(self) -> Bool[Tensor, " vertices"]:
        """Vertices behind the visible surface of their own piece; but nobody has a face at the back of the head."""
        height, width = self.source.shape
        column, row = self.places[:, 0].long().clamp(0, width - 1), self.places[:, 1].long().clamp(0, height - 1)
        before = self.groups[row, column]
        return (before == self.kept.group) & (self.kept.group != GROUPS.index("head"))

    def _turns(self, target: SeenSurface) -> Float[Tensor, "groups 2 2"]:
        """How the picture of each piece turns from the target back to the source."""
        turns = []
        for group in GROUPS:
            start, end = (JOINT_INDEX[name] for name in _BONES[group])
            ways = [one.joints[end, :2] - one.joints[start, :2] for one in (target, self.source)]
            lengths = [float(way.norm()) for way in ways]
            if min(lengths) < _SHORT * max(lengths) / 2:
                turns.append(torch.eye(2))
                continue
            angles = [torch.atan2(way[1], way[0]) for way in ways]
            angle = angles[1] - angles[0]
            turns.append(
                torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
            )
        return torch.stack(turns)

    def _diffused(self) -> Float[Tensor, "vertices 3"]:
        """A colour for every vertex: what is seen of it or of its mirrored one, else its neighbours'."""
        own = _at(self.photo, self.places).T
        mirrored = self.kept.mirrored
        other = self.visible[mirrored] & ~self.visible
        known = self.visible | other
        colour = torch.where(other[:, None], own[mirrored], own) * known[:, None]
        first, second = self.kept.edges
        weight = known.float()
        fixed, value = known, colour
        for _ in range(_DIFFUSIONS):
            total = torch.zeros_like(value).index_add(0, first, value[second] * weight[second, None])
            count = torch.zeros_like(weight).index_add(0, first, weight[second])
            new = total / count.clamp(min=1e-6)[:, None]
            value = torch.where(fixed[:, None], colour, new)
            weight = torch.where(fixed, torch.ones_like(weight), (count > 0).float())
        return value


def _largest(values: Float[Tensor, "1 height width"], reach: int) -> Float[Tensor, "1 height width"]:
    """The largest value of the square around each pixel: along rows, then along columns, which is the same and fast."""
    side = 2 * reach + 1
    along = functional.max_pool2d(values, (1, side), 1, (0, reach))
    return functional.max_pool2d(along, (side, 1), 1, (reach, 0))


def _at(
    picture: Float[Tensor, "channels height width"], places: Float[Tensor, "points 2"]
) -> Float[Tensor, "channels points"]:
    """Bilinear values of a picture at places (x, y) in its pixels."""
    size = places.new_tensor([picture.shape[-1], picture.shape[-2]])
    grid = (2 * places / size - 1)[None, None]
    return functional.grid_sample(picture[None], grid, padding_mode="border", align_corners=False)[0, :, 0]


def _reduced(picture: Tensor, scale: int) -> Tensor:
    return functional.avg_pool2d(picture[None], scale)[0] if scale > 1 else picture
