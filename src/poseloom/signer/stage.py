"""A stretch of time of a sign: both hands, and how they may come to each other."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.signer.clearance import Meeting
from poseloom.signer.frames import SIDES
from poseloom.signer.hand_state import Track


@dataclass(frozen=True, eq=False)
class Stage:
    """Both hands over some frames, left and right.

    Args:
        tracks: of each side, equally long.
        meeting: how the hands may come to each other.
        moving: hands that act; the other one gives less way where they collide.
        used: hands that sign; others hang.
        acts: whether this is an action, which stops at a surface; on the way to a posture hands slide along it.
    """

    tracks: dict[str, Track]
    meeting: Meeting = Meeting.APART
    moving: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    acts: bool = False

    def __len__(self) -> int:
        return len(self.tracks[SIDES[0]])

    def at_speed(self, speed: float) -> Stage:
        """The same in less time (speed above 1) or more."""
        frames = max(1, round(len(self) / speed))
        if frames == len(self):
            return self
        place = torch.linspace(0, len(self) - 1, frames) if frames > 1 else torch.tensor([len(self) - 1.0])
        return replace(self, tracks={side: _at(track, place) for side, track in self.tracks.items()})

    @property
    def points(self) -> Float[Tensor, "frames 2 3"]:
        """Wrists."""
        return torch.stack([self.tracks[side].points for side in SIDES], dim=1)

    @property
    def rotations(self) -> Float[Tensor, "frames 2 3 3"]:
        """Of the hands."""
        return torch.stack([self.tracks[side].rotations for side in SIDES], dim=1)

    @property
    def angles(self) -> Float[Tensor, "frames 2 5 4"]:
        """Of the fingers."""
        return torch.stack([self.tracks[side].angles for side in SIDES], dim=1)

    @property
    def anchors(self) -> Float[Tensor, "frames 2 3"]:
        """Parts of the hands that stay where they are whatever a wrist can do."""
        return torch.stack([self.tracks[side].anchors for side in SIDES], dim=1)

    @property
    def bounds(self) -> Float[Tensor, "frames 2 2"]:
        """How much these parts are bound to the body, and to the other hand."""
        return torch.stack([self.tracks[side].bounds for side in SIDES], dim=1)

    @property
    def meetings(self) -> Int[Tensor, " frames"]:
        """Values of `Meeting`."""
        return torch.full((len(self),), int(self.meeting))

    @property
    def friction(self) -> Float[Tensor, " frames"]:
        """Of a hand at a surface."""
        return torch.full((len(self),), _FRICTION if self.acts else 0.0)

    @property
    def signing(self) -> Float[Tensor, "frames 2"]:
        """1 for hands that sign."""
        return torch.tensor([float(side in self.used) for side in SIDES]).expand(len(self), 2)

    @property
    def gives_way(self) -> Float[Tensor, "frames 2"]:
        """Share of a collision that each hand makes up for."""
        weights = torch.tensor([_GIVES_WAY[side in self.moving] for side in SIDES])
        return (weights / weights.sum()).expand(len(self), 2)


_FRICTION = 0.8
_GIVES_WAY = {True: 1.0, False: 0.1}


def _at(track: Track, place: Float[Tensor, " frames"]) -> Track:
    """A track at moments between its frames, linearly."""
    before = place.long()
    after, share = (before + 1).clamp(max=len(track) - 1), place - before

    def between(values: Tensor) -> Tensor:
        return values[before] + (values[after] - values[before]) * share.reshape(-1, *[1] * (values.ndim - 1))

    bounds = torch.minimum(track.bounds[before], track.bounds[after])
    return Track(between(track.points), between(track.rotations), between(track.angles), between(track.anchors), bounds)
