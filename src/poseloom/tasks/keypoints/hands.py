"""Hands of people whose body landmarks are known: 21 points each, found from wrist and knuckles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.roi import Roi, crops, roi_of_points
from poseloom.nn.image.graph import OperatorGraph
from poseloom.tasks.keypoints.body import CAMERA_TO_WORLD, UPRIGHT

POINTS = 21
SIDES = ("left", "right")
WRIST, PINKY, INDEX = (15, 16), (17, 18), (19, 20)
"""Rows of the body's landmarks, left and right."""
_VISIBLE = 0.1
"""Of a wrist, below which its hand is not looked for."""
_SEARCH_SHIFT, _SEARCH_SCALE = -0.1, 2.7
_HAND_SHIFT = -0.1
DOWNWARD = -math.pi / 2
"""Where the second point of the recropped hand lies: its wrist."""
_ACCEPTED = 0.5
_DEPTH_SCALE = 0.4


@dataclass(frozen=True, eq=False)
class HandPoints:
    """Left and right hands; NaN where none was found.

    Args:
        points: x, y in pixels; z in pixels relative to the wrist, smaller is nearer.
        world: metres, origin in the hand's middle, +Y up, +Z towards the camera.
        score: probability that a hand is there; 0 where none was looked for.
        right: probability that it is a right hand.
    """

    points: Float[Tensor, "people 2 21 3"]
    world: Float[Tensor, "people 2 21 3"]
    score: Float[Tensor, "people 2"]
    right: Float[Tensor, "people 2"]


@dataclass(frozen=True, eq=False)
class HandNetworks:
    """The network that finds the hand's region, and the one that finds its points."""

    recrop: OperatorGraph
    landmarks: OperatorGraph

    def __call__(
        self,
        picture: Float[Tensor, "3 height width"],
        body: Float[Tensor, "people 33 3"],
        visibility: Float[Tensor, "people 33"],
    ) -> HandPoints:
        """The hands of people in a picture, from their body landmarks."""
        people = len(body)
        points = torch.full((people, 2, POINTS, 3), torch.nan)
        world, score, right = points.clone(), torch.zeros(people, 2), torch.full((people, 2), torch.nan)
        wrists = visibility[:, list(WRIST)]
        person, side = (wrists >= _VISIBLE).nonzero(as_tuple=True)
        if len(person):
            found = self._of_regions(picture, self.regions(picture, body, person, side))
            score[person, side] = found[2]
            accepted = found[2] > _ACCEPTED
            person, side = person[accepted], side[accepted]
            points[person, side], world[person, side] = found[0][accepted], found[1][accepted]
            right[person, side] = found[3][accepted]
        return HandPoints(points, world, score, right)

    def regions(
        self,
        picture: Float[Tensor, "3 height width"],
        body: Float[Tensor, "people 33 3"],
        person: Tensor,
        side: Tensor,
    ) -> Roi:
        """The hands' regions: guessed from wrist and knuckles, then looked at once."""
        rows = torch.tensor([WRIST, PINKY, INDEX])[:, side]
        wrist, pinky, index = (body[person, row, :2] for row in rows)
        middle = (2 * index + pinky) / 3
        search = roi_of_points(middle, 2 * middle - wrist, UPRIGHT, 1.0)
        search = search.shifted(_SEARCH_SHIFT, _SEARCH_SCALE)
        size = self.recrop.input_size[0]
        (pair,) = self.recrop(crops(picture, search, size))
        pair = search.to_picture(pair.reshape(-1, 2, 2) / size)
        return roi_of_points(pair[:, 0], pair[:, 1], DOWNWARD, 1.0).shifted(_HAND_SHIFT, 1.0)

    def _of_regions(
        self, picture: Float[Tensor, "3 height width"], roi: Roi
    ) -> tuple[
        Float[Tensor, "hands 21 3"], Float[Tensor, "hands 21 3"], Float[Tensor, " hands"], Float[Tensor, " hands"]
    ]:
        size = self.landmarks.input_size[0]
        rows, score, right, world = self.landmarks(crops(picture, roi, size))
        rows, world = rows.reshape(-1, POINTS, 3), world.reshape(-1, POINTS, 3)
        places = roi.to_picture(rows[..., :2] / size)
        depth = rows[..., 2:] / size / _DEPTH_SCALE * roi.side[:, None, None]
        turned = torch.cat([roi.turned(world[..., :2]), world[..., 2:]], dim=-1) * world.new_tensor(CAMERA_TO_WORLD)
        return torch.cat([places, depth], dim=-1), turned, score[:, 0], right[:, 0]
