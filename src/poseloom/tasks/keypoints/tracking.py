"""People through the frames of a video: each is looked at where the frame before left them, and keeps a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.images.roi import Roi, roi_of_points
from poseloom.results.keypoints import boxes_of
from poseloom.tasks.keypoints.appearance import trunk_colours
from poseloom.tasks.keypoints.body import ROI_SCALE, UPRIGHT, BodyPoints, body_points
from poseloom.tasks.keypoints.finding import ACCEPTED, distinct
from poseloom.tasks.keypoints.people import People
from poseloom.tasks.keypoints.smoothing import MASK_SHARE, PICTURE, REGION, VISIBILITY_SHARE, WORLD, Smoother

if TYPE_CHECKING:
    from poseloom.tasks.keypoints.predict import KeypointReader

LOOK_AGAIN, LOOK_FOR_LOST = 1.0, 0.25
"""Seconds after which others are looked for while somebody is in the picture, and while somebody else is lost."""
LOOK_FOR_SMALL = 4.0
"""Seconds after which small people are looked for as well, in tiles, which takes ten times as long."""
REMEMBERED = 3.0
"""Seconds for which somebody who is lost is known again."""
_NEAR = 1.5
"""How far somebody may have gone meanwhile, of the region's side, to be known by place and clothes."""
_OTHER_COLOUR = 0.35
"""Difference of clothes (of 1) that counts as much as the whole distance allowed."""
_LIKE_BEFORE = 0.12
"""Difference of clothes below which somebody may come back anywhere in the picture."""
_COLOUR_SHARE = 0.05
"""How much of newly seen clothes is taken."""
_PART_OF = 0.5
"""Of somebody's box, below which somebody within it is taken for a part."""
_GREW = 2.0
"""Factor of size that nobody grows by between two frames in which they are seen."""


@dataclass(eq=False)
class _Track:
    """Somebody who is followed."""

    number: int
    rate: float
    roi: Roi
    colours: Float[Tensor, " 6"]
    seen_at: int
    lost: bool = False
    points: Smoother = field(init=False)
    world: Smoother = field(init=False)
    region: Smoother = field(init=False)
    hands: Smoother = field(init=False)
    hands_world: Smoother = field(init=False)
    visibility: Tensor | None = None
    mask: Tensor | None = None

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what was smoothed: somebody lost comes back at another place."""
        self.points, self.world = Smoother(PICTURE, self.rate), Smoother(WORLD, self.rate)
        self.hands, self.hands_world = Smoother(PICTURE, self.rate), Smoother(WORLD, self.rate)
        self.region = Smoother(REGION, self.rate)
        self.visibility = self.mask = None


class Tracker:
    """Follows the people of one video.

    Args:
        reader: the networks.
        fps: frames a second.
        limit: people at most; None for all.
        smooth: whether points are smoothed over time; regions always are.
        with_hands, with_face: as for `KeypointReader.people`.
        boxes: where the people of the first frame are, x, y, width, height in pixels; nobody else is looked for then.
    """

    def __init__(
        self,
        reader: KeypointReader,
        fps: float,
        limit: int | None = None,
        smooth: bool = True,
        with_hands: bool = True,
        with_face: bool = False,
        boxes: Float[Tensor, "people 4"] | None = None,
    ):
        self.reader, self.fps, self.limit, self.smooth = reader, fps, limit, smooth
        self.with_hands, self.with_face, self.boxes = with_hands, with_face, boxes
        self._tracks: list[_Track] = []
        self._frame, self._count, self._next_look, self._next_tiles = -1, 0, 0.0, 0.0

    def follow(self, pictures: Iterable[Float[Tensor, "3 height width"]]) -> Iterator[People]:
        """The people of each frame; `People` of length 0 where nobody is."""
        for picture in pictures:
            yield self.step(picture)

    @torch.inference_mode()
    def step(self, picture: Float[Tensor, "3 height width"]) -> People:
        """The people of the next frame, in the order of their numbers."""
        self._frame += 1
        before = [track for track in self._tracks if not track.lost]
        roi, body = self._followed(picture, before)
        active = [track for track in before if not track.lost]
        if self._looks_around(before):
            found_roi, found = self._newcomers(picture, body)
            rows, tracks = self._recognised(picture, found_roi, found)
            roi, body = Roi.joined([roi, found_roi[rows]]), BodyPoints.joined([body, found[rows]])
            active += tracks
        self._remember(picture, active, body)
        return self._people(picture, active, roi, body)

    def _followed(self, picture: Tensor, active: list[_Track]) -> tuple[Roi, BodyPoints]:
        """One look at everybody who was there; who is not there any more, or twice, is lost."""
        if not active:
            nobody = self.reader.nothing()
            return nobody.next_roi, nobody
        roi = Roi.joined([track.roi for track in active])
        body = body_points(self.reader.body, picture, roi)
        grown = body.next_roi.side / roi.side
        fit = (body.score >= ACCEPTED) & (grown < _GREW) & (grown > 1 / _GREW) & _in_sight(picture, body)
        alike = 1 - _difference(trunk_colours(picture, body.points), torch.stack([track.colours for track in active]))
        fit &= distinct(body.points, torch.where(fit, alike, -1.0))  # where two are one, the clothes decide who it is
        for track, is_there in zip(active, fit.tolist(), strict=True):
            track.lost = not is_there
        return roi[fit], body[fit]

    def _looks_around(self, before: list[_Track]) -> bool:
        there = sum(not track.lost for track in self._tracks)
        if self.boxes is not None:
            return self._frame == 0 or there < self._count
        if self.limit is not None and there >= self.limit:
            return False
        return there < len(before) or there == 0 or self._frame >= self._next_look

    def _newcomers(self, picture: Tensor, known: BodyPoints) -> tuple[Roi, BodyPoints]:
        """People whom nobody follows yet."""
        missed = any(track.lost for track in self._tracks)
        self._next_look = self._frame + (LOOK_FOR_LOST if missed else LOOK_AGAIN) * self.fps
        if self.boxes is not None and self._frame == 0:
            roi, body = self.reader.of_boxes(picture, self.boxes)
            fit = body.score >= ACCEPTED
            return roi[fit], body[fit]
        roi, body = self._looked_for(picture)
        both = BodyPoints.joined([known, body])
        sure = torch.cat([torch.full((len(known),), 2.0), body.score])
        new = distinct(both.points, sure)[len(known) :]
        roi, body = roi[new], body[new]
        order = (roi.side * body.score).argsort(descending=True, stable=True)
        if self.limit is not None:
            order = order[: max(self.limit - len(known), 0)]
        return roi[order], body[order]

    def _looked_for(self, picture: Tensor) -> tuple[Roi, BodyPoints]:
        """Whoever is in the picture; from time to time small people as well, of whom one is wanted only if nobody
        larger is there."""
        several, small = self.limit != 1, self._frame >= self._next_tiles
        roi, body = self.reader.look_for(picture, several, tiled=several and small)
        if not several and small and not len(roi) and not self._tracks:
            several = True
            roi, body = self.reader.look_for(picture, True)
        if several and small:
            self._next_tiles = self._frame + LOOK_FOR_SMALL * self.fps
            apart = ~_within_larger(boxes_of(body.points, body.visibility))
            roi, body = roi[apart], body[apart]
        return roi, body

    def _recognised(self, picture: Tensor, roi: Roi, found: BodyPoints) -> tuple[Tensor, list[_Track]]:
        """Which newcomers are followed, and their tracks: those of lost people who are like them, else new ones.

        Where the user said who is in the video, newcomers who are nobody of those are not followed.
        """
        colours = trunk_colours(picture, found.points)
        lost = [track for track in self._tracks if track.lost and self._frame - track.seen_at <= REMEMBERED * self.fps]
        closed = self.boxes is not None and self._frame > 0
        costs = torch.full((len(found), len(lost)), torch.inf)
        for column, track in enumerate(lost):
            way = (roi.centre - track.roi.centre).norm(dim=-1) / torch.maximum(roi.side, track.roi.side)
            differs = _difference(colours, track.colours)
            cost = way / _NEAR + differs / _OTHER_COLOUR
            costs[:, column] = torch.where((cost < 1) | (differs < _LIKE_BEFORE), cost, torch.inf)
        tracks: dict[int, _Track] = {}
        while costs.numel() and bool(costs.amin() < torch.inf):
            row, column = divmod(int(costs.argmin()), len(lost))
            lost[column].lost = False
            lost[column].restart()
            tracks[row] = lost[column]
            costs[row], costs[:, column] = torch.inf, torch.inf
        for row in range(0 if closed else len(found)):
            if row not in tracks:
                tracks[row] = _Track(self._count, self.fps, roi[row : row + 1], colours[row], self._frame)
                self._tracks.append(tracks[row])
                self._count += 1
        followed = sorted(tracks)
        return torch.tensor(followed, dtype=torch.long), [tracks[row] for row in followed]

    def _remember(self, picture: Tensor, active: list[_Track], body: BodyPoints) -> None:
        colours = trunk_colours(picture, body.points)
        for row, track in enumerate(active):
            track.colours = torch.lerp(track.colours, colours[row], _COLOUR_SHARE)
            track.seen_at = self._frame
            track.roi = _steady(track.region, body.next_roi[row : row + 1])
        oldest = self._frame - REMEMBERED * self.fps
        self._tracks = [track for track in self._tracks if not track.lost or track.seen_at >= oldest]

    def _people(self, picture: Tensor, active: list[_Track], roi: Roi, body: BodyPoints) -> People:
        order = sorted(range(len(active)), key=lambda row: active[row].number)
        index = torch.tensor(order, dtype=torch.long)
        active, roi, body = [active[row] for row in order], roi[index], body[index]
        numbers = torch.tensor([track.number for track in active], dtype=torch.long)
        people = self.reader.finished(picture, roi, body, numbers, self.with_hands, self.with_face)
        return _smoothed(people, active) if self.smooth and active else people


def _within_larger(boxes: Float[Tensor, "people 4"]) -> Bool[Tensor, " people"]:
    """Whose middle lies in the box of somebody larger: in a tile, a part of a person may look like another one."""
    middle, low, high = boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    inside = ((middle[:, None] > low[None]) & (middle[:, None] < high[None])).all(-1)
    area = boxes[:, 2:].prod(-1)
    return (inside & (area[:, None] < _PART_OF * area[None])).any(1)


def _smoothed(people: People, tracks: list[_Track]) -> People:
    rows = []
    for row, track in enumerate(tracks):
        one = people[row : row + 1]
        scale = 1 / float(one.roi.side)
        if track.visibility is None or track.mask is None:
            track.visibility, track.mask = one.body.visibility, one.body.masks
        track.visibility = torch.lerp(track.visibility, one.body.visibility, VISIBILITY_SHARE)
        track.mask = torch.lerp(track.mask, one.body.masks, MASK_SHARE)
        body = replace(
            one.body,
            points=track.points(one.body.points, scale),
            world=track.world(one.body.world),
            visibility=track.visibility,
            masks=track.mask,
        )
        hands = one.hands
        if hands is not None:
            hands = replace(hands, points=track.hands(hands.points, scale), world=track.hands_world(hands.world))
        rows.append(replace(one, body=body, hands=hands))
    return People.joined(rows)


def _steady(smoother: Smoother, roi: Roi) -> Roi:
    """A region smoothed as its two points."""
    reach = (roi.side / 2 / ROI_SCALE)[:, None]
    point = roi.centre + reach * torch.stack([roi.turn.sin(), -roi.turn.cos()], dim=-1)
    both = smoother(torch.cat([roi.centre, point]), 1 / float(roi.side))
    return roi_of_points(both[:1], both[1:], UPRIGHT, ROI_SCALE)


def _in_sight(picture: Tensor, body: BodyPoints) -> Tensor:
    """Whether the middle of somebody's head and shoulders is in the picture."""
    middle = body.points[:, :13, :2].mean(1)
    extent = middle.new_tensor([picture.shape[-1], picture.shape[-2]])
    margin = 0.1 * body.next_roi.side[:, None]
    return ((middle > -margin) & (middle < extent + margin)).all(-1)


def _difference(a: Float[Tensor, "*people 6"], b: Float[Tensor, "*#people 6"]) -> Float[Tensor, "*people"]:
    return (a - b).abs().mean(-1)
