"""Holes in pictures filled from around them: smoothly, or with patches of what is seen elsewhere.

Patches are found and averaged coarse to fine (Wexler, Shechtman & Irani, PAMI 2007): all pairs at the coarsest level,
then near the place that the level before found, and where neighbours found theirs (PatchMatch, Barnes et al., SIGGRAPH
2009). Nothing is drawn at random.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

_PASSES = 40
"""Relaxations of each level of a smooth filling, after which seams between levels are gone."""
_REACH = 3
"""Pixels from the middle of a patch to its side."""
_COARSEST = 72
"""Longest side of the level at which all patches are compared, pixels."""
_FINEST = 512
"""Longest side of the finest level at which patches are still looked for; beyond it they are copied."""
_ROUNDS = {True: 6, False: 2}
"""Times that patches are found and averaged: at the coarsest level, at the others."""
_FADING, _LEAST = 0.7, 0.02
"""How much less a pixel of the hole counts than its neighbour nearer to the border; the least."""
_FAR = 0.5
"""What a patch at the other end of the picture costs, as the square of a difference of its pixels."""
_AT_ONCE = 2048


def filled(
    picture: Float[Tensor, "channels height width"], hole: Bool[Tensor, "height width"]
) -> Float[Tensor, "channels height width"]:
    """A picture whose hole is filled smoothly, from coarse to fine (push-pull, Gortler et al., SIGGRAPH 1996), then
    relaxed towards the surface without bends. Pixels outside stay as they are."""
    known = (~hole).to(picture)[None]
    if not bool(hole.any()) or not bool(known.any()):
        return picture
    return _smooth(picture * known, known, (picture.shape[-2], picture.shape[-1]))


def patched(
    picture: Float[Tensor, "3 height width"], hole: Bool[Tensor, "height width"]
) -> Float[Tensor, "3 height width"]:
    """A picture whose hole is filled with patches of the rest; smoothly where too little of it is seen."""
    pictures, holes = [picture], [hole]
    while max(pictures[-1].shape[-2:]) > _COARSEST and min(pictures[-1].shape[-2:]) > 8 * _REACH:
        known = (~holes[-1]).to(picture)[None]
        colour, share = _halved(pictures[-1] * known), _halved(known)
        pictures.append(colour / share.clamp(min=1e-6))
        holes.append(share[0] < 1 - 1e-6)
    found, match = filled(pictures[-1], holes[-1]), None
    for level in reversed(range(len(pictures))):
        work = _Level(pictures[level], holes[level])
        if not work.usable:
            return filled(picture, hole)
        if level < len(pictures) - 1:
            size = pictures[level].shape[-2:]
            raised = functional.interpolate(found[None], size=size, mode="bilinear", align_corners=False)[0]
            found = torch.where(holes[level], raised, pictures[level])
        coarsest, fine = level == len(pictures) - 1, max(found.shape[-2:]) > _FINEST
        start = None if match is None else work.raised(match)
        found, match = work.completed(found, start, 1 if fine else _ROUNDS[coarsest], search=not fine)
    return found


class _Level:
    """A picture at one size, its hole, the patches that touch the hole and those that do not."""

    def __init__(self, picture: Tensor, hole: Tensor):
        self.picture, self.hole = picture, hole
        self.height, self.width = hole.shape
        side = 2 * _REACH + 1
        touched = functional.max_pool2d(hole[None].float(), side, 1, _REACH)[0] > 0
        inner = torch.zeros_like(hole)
        inner[_REACH : self.height - _REACH, _REACH : self.width - _REACH] = True
        self.valid = inner & ~touched
        self.targets = (inner & touched).nonzero()
        self.sources = self.valid.nonzero()
        self.trust = self._trust()
        steps = torch.arange(-_REACH, _REACH + 1)
        self.window = (steps[:, None] * self.width + steps).flatten()

    def _trust(self) -> Float[Tensor, "1 height width"]:
        """1 where the picture is known, less and less towards the middle of the hole."""
        known, trust, value = ~self.hole, (~self.hole).float(), 1.0
        while not bool(known.all()) and value > _LEAST:
            value *= _FADING
            grown = functional.max_pool2d(known[None].float(), 3, 1, 1)[0] > 0
            trust = torch.where(grown & ~known, torch.full_like(trust, value), trust)
            known = grown
        return trust.clamp(min=_LEAST)[None]

    @property
    def usable(self) -> bool:
        """Whether there are patches to take, and some to fill."""
        return len(self.sources) > 0 and (len(self.targets) > 0 or not bool(self.hole.any()))

    def raised(self, match: Int[Tensor, "rows columns 2"]) -> Int[Tensor, "targets 2"]:
        """Matches of the level before, at this size; where they touch the hole here, any valid patch."""
        half = (self.targets // 2).minimum(torch.tensor([match.shape[0] - 1, match.shape[1] - 1]))
        coarse = match[half[:, 0], half[:, 1]]
        found = 2 * coarse + self.targets % 2
        return torch.where(self._fits(found)[:, None], found, self.sources[0])

    def completed(
        self, start: Tensor, match: Tensor | None, rounds: int, *, search: bool
    ) -> tuple[Tensor, Int[Tensor, "height width 2"]]:
        """The picture filled, and the match of each patch that touches the hole."""
        found = start
        for _ in range(rounds):
            if match is None or (search and len(self.sources) * len(self.targets) < _COARSEST**4 / 4):
                match = self._best_of_all(found)
            elif search:
                match = self._better(found, match)
            found = self._voted(match)
        field = torch.zeros(self.height, self.width, 2, dtype=torch.long)
        assert match is not None
        field[self.targets[:, 0], self.targets[:, 1]] = match
        return found, field

    def _patches(self, picture: Tensor, centres: Tensor) -> Float[Tensor, "patches numbers"]:
        places = (centres[:, 0] * self.width + centres[:, 1])[:, None] + self.window
        return picture.flatten(1)[:, places].movedim(0, 1).flatten(1)

    def _best_of_all(self, picture: Tensor) -> Tensor:
        """The nearest patch of each; pixels deep in the hole count less, and patches far away cost more."""
        sources, squares = self._patches(self.picture, self.sources), self._patches(self.picture, self.sources) ** 2
        best = []
        for part in self.targets.split(_AT_ONCE):
            weight = self._patches(self.trust.expand(3, -1, -1), part)
            apart = torch.cdist(part.float(), self.sources.float()) / max(self.height, self.width)
            cost = weight @ squares.T - 2 * (weight * self._patches(picture, part)) @ sources.T
            best.append((cost + _FAR * weight.sum(1, keepdim=True) * apart**2).argmin(1))
        return self.sources[torch.cat(best)]

    def _better(self, picture: Tensor, match: Tensor) -> Tensor:
        """Of each match, its neighbours and those that neighbours' matches suggest: the patch that is nearest."""
        field = torch.full((self.height, self.width, 2), -self.height - self.width, dtype=torch.long)
        field[self.targets[:, 0], self.targets[:, 1]] = match
        limit = torch.tensor([self.height - 1, self.width - 1])
        choices = [match]
        for down in (-1, 0, 1):
            for along in (-1, 0, 1):
                if down or along:
                    step = torch.tensor([down, along])
                    beside = (self.targets + step).clamp(min=0).minimum(limit)
                    choices += [match + step, field[beside[:, 0], beside[:, 1]] - step]
        wanted = self._patches(picture, self.targets)
        best, least = match, torch.full((len(match),), torch.inf)
        for choice in choices:
            fits = self._fits(choice)
            safe = torch.where(fits[:, None], choice, match)
            cost = (self._patches(self.picture, safe) - wanted).square().sum(1).masked_fill(~fits, torch.inf)
            nearer = cost < least
            best, least = torch.where(nearer[:, None], safe, best), torch.where(nearer, cost, least)
        return best

    def _fits(self, centres: Tensor) -> Bool[Tensor, " patches"]:
        inside = ((centres >= 0) & (centres < torch.tensor([self.height, self.width]))).all(-1)
        safe = torch.where(inside[:, None], centres, torch.zeros_like(centres))
        return inside & self.valid[safe[:, 0], safe[:, 1]]

    def _voted(self, match: Tensor) -> Tensor:
        """Every pixel of the hole is the mean of what the patches over it say."""
        flat, total = self.picture.flatten(1), torch.zeros(3, self.height * self.width)
        count = torch.zeros(self.height * self.width)
        own = self.targets[:, 0] * self.width + self.targets[:, 1]
        trust = self.trust.flatten()[own] ** 2
        other = match[:, 0] * self.width + match[:, 1]
        for step in self.window.tolist():
            total.index_add_(1, own + step, flat[:, other + step] * trust)
            count.index_add_(0, own + step, trust)
        voted = (total / count.clamp(min=1e-9)).unflatten(1, (self.height, self.width))
        return torch.where(self.hole, voted, self.picture)


def _halved(picture: Tensor) -> Tensor:
    return functional.avg_pool2d(picture[None], 2, ceil_mode=True)[0]


def _smooth(colour: Tensor, weight: Tensor, size: tuple[int, int]) -> Tensor:
    """`colour` is weighed already."""
    own = torch.where(weight > 0, colour / weight.clamp(min=1e-6), torch.zeros_like(colour))
    if bool((weight > 0).all()) or min(size) <= 2:
        return torch.where(weight > 0, own, own.sum((-2, -1), keepdim=True) / (weight > 0).sum().clamp(min=1))
    smaller, share = _halved(colour), _halved(weight)
    below = _smooth(smaller, share, (smaller.shape[-2], smaller.shape[-1]))
    raised = functional.interpolate(below[None], size=size, mode="bilinear", align_corners=False)[0]
    found, hole = torch.where(weight > 0, own, raised), weight <= 0
    for _ in range(_PASSES):
        around = functional.pad(found[None], (1, 1, 1, 1), mode="replicate")[0]
        mean = (around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]) / 4
        found = torch.where(hole, mean, found)
    return found
