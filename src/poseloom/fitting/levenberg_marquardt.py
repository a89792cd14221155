"""Levenberg (1944) and Marquardt (1963): damped Gauss-Newton steps, every frame with its own damping, all at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.fitting.chain import BodyState, Chain, Posed, joined
from poseloom.fitting.terms import Term

FRAMES_AT_ONCE = 256
"""Bounds the memory of the Jacobians: about 100 MB for 75 points on 52 joints."""
_START, _EASIER, _HARDER = 1e-3, 0.3, 8.0
_LEAST, _MOST = 1e-9, 1e6


def solve(chain: Chain, terms: Sequence[Term], state: BodyState, iterations: int) -> BodyState:
    """The state after some steps, each of which is taken in the frames where it makes the energy smaller."""
    parts = []
    for start in range(0, len(state.root), FRAMES_AT_ONCE):
        frames = slice(start, start + FRAMES_AT_ONCE)
        parts.append(_solve(chain, [term.at(frames) for term in terms], state[frames], iterations))
    return joined(parts)


def energy(terms: Sequence[Term], posed: Posed) -> Float[Tensor, " frames"]:
    """Half the sum of the squared residuals of every frame."""
    return sum((0.5 * term.residuals(posed).square().sum(-1) for term in terms), posed.points.new_zeros(()))


def _solve(chain: Chain, terms: Sequence[Term], state: BodyState, iterations: int) -> BodyState:
    damping = state.root.new_full((len(state.root),), _START)
    posed = chain.posed(state)
    now = energy(terms, posed)
    for _ in range(iterations):
        step = _step(terms, posed, damping)
        trial = chain.posed(state.moved(step))
        after = energy(terms, trial)
        better = after < now
        state = trial.state.where(better, state)
        damping = torch.where(better, damping * _EASIER, damping * _HARDER).clamp(_LEAST, _MOST)
        now = torch.where(better, after, now)
        posed = chain.posed(state)
    return state


def _step(terms: Sequence[Term], posed: Posed, damping: Float[Tensor, " frames"]) -> Float[Tensor, "frames unknowns"]:
    size = posed.state.unknowns
    normal = posed.points.new_zeros(len(posed.points), size, size)
    slope = posed.points.new_zeros(len(posed.points), size)
    for term in terms:
        own_normal, own_slope = term.normal(posed)
        normal = normal + own_normal
        slope = slope + own_slope
    diagonal = normal.diagonal(dim1=-2, dim2=-1)
    added = damping[:, None] * (diagonal + _LEAST)
    factor, _ = torch.linalg.cholesky_ex(normal + torch.diag_embed(added + _LEAST))
    step = -torch.cholesky_solve(slope[..., None], factor).squeeze(-1)
    return torch.where(torch.isfinite(step).all(-1, keepdim=True), step, torch.zeros_like(step))
