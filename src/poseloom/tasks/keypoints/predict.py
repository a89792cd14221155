"""People and their keypoints in a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.progress import advance
from poseloom.images.roi import Roi
from poseloom.nn.image.graph import OperatorGraph, read_graph
from poseloom.tasks.keypoints.body import POINTS, BodyPoints, body_points
from poseloom.tasks.keypoints.detection import FACE, PERSON, Detector
from poseloom.tasks.keypoints.face import FaceNetworks
from poseloom.tasks.keypoints.finding import (
    ACCEPTED,
    FIRST_THRESHOLD,
    Candidates,
    averaged,
    candidates,
    confirmed,
    distinct,
    filling,
    hidden_in_larger,
    plausible,
    regions_in_boxes,
    regions_of_boxes,
    trust,
)
from poseloom.tasks.keypoints.hands import HandNetworks
from poseloom.tasks.keypoints.people import People

LOOKS = 4
"""At one picture, as `advance` counts them: where somebody may be, who is there, a second look, hands and face."""
_ROUNDS = 4
"""Of looks at the candidates for somebody."""


class NobodyFoundError(PoseloomError):
    """No person is in a picture."""


@dataclass(frozen=True, eq=False)
class KeypointReader:
    """The networks that read people off a picture; `read_people` opens the ones that poseloom ships."""

    detector: Detector
    body: OperatorGraph
    hands: HandNetworks
    face: FaceNetworks

    @torch.inference_mode()
    def people(
        self,
        picture: Float[Tensor, "3 height width"],
        boxes: Float[Tensor, "people 4"] | None = None,
        limit: int | None = 1,
        with_hands: bool = True,
        with_face: bool = False,
    ) -> People:
        """The people in a picture, the larger and more certain first.

        Args:
            picture: RGB in [0, 1].
            boxes: where they are (x, y, width, height in pixels), each taken as it is; found by the detector if None.
            limit: how many at most; None for all, small ones included.
            with_hands: look for their hands.
            with_face: look for the points of their faces.

        Raises:
            NobodyFoundError: nobody is there; tells the score of the best candidate.
        """
        roi, body = self.of_boxes(picture, boxes) if boxes is not None else self._found(picture, limit)
        others = 0 if limit is None or boxes is not None else max(len(roi) - limit, 0)
        if others:
            roi, body = roi[:limit], body[:limit]
        people = self.finished(picture, roi, body, torch.arange(len(roi)), with_hands, with_face)
        return replace(people, others=others)

    def finished(
        self,
        picture: Float[Tensor, "3 height width"],
        roi: Roi,
        body: BodyPoints,
        ids: Int[Tensor, " people"],
        with_hands: bool,
        with_face: bool,
    ) -> People:
        """People whose body landmarks are known, with hands and face."""
        hands = self.hands(picture, body.points, body.visibility) if with_hands else None
        face = self.face(picture, body.points) if with_face else None
        advance(1)
        return People(body, hands, face, roi, (picture.shape[-1], picture.shape[-2]), ids)

    def of_boxes(
        self, picture: Float[Tensor, "3 height width"], boxes: Float[Tensor, "people 4"]
    ) -> tuple[Roi, BodyPoints]:
        """The landmarks of the person in each box: of several looks the one that fills the box best.

        One look at the box itself, one at the region that it gives, and one where the detector sees somebody in it.
        """
        first = body_points(self.body, picture, regions_of_boxes(boxes))
        advance(1)
        second = body_points(self.body, picture, first.next_roi)
        advance(1)
        looks = [(regions_of_boxes(boxes), first), (first.next_roi, second)]
        seen = regions_in_boxes(self.detector, picture, boxes)
        if seen is not None:
            looks.append((seen, body_points(self.body, picture, seen)))
        advance(1)
        fits = torch.stack([filling(body, boxes) * body.score for _, body in looks])
        best = fits.argmax(0) * len(boxes) + torch.arange(len(boxes))
        return Roi.joined([roi for roi, _ in looks])[best], BodyPoints.joined([body for _, body in looks])[best]

    def _found(self, picture: Tensor, limit: int | None) -> tuple[Roi, BodyPoints]:
        roi, body = self.look_for(picture, limit is None or limit > 1)
        if not len(roi) and limit == 1:
            roi, body = self.look_for(picture, True)
        if not len(roi):
            best = self.detector.best_score(picture)
            raise NobodyFoundError(
                f"nobody is found in the picture (the best candidate scores {best:.2f}, needed are {FIRST_THRESHOLD}); "
                f"give a box around the person if one is there"
            )
        order = (roi.side * body.score).argsort(descending=True, stable=True)
        return roi[order], body[order]

    def look_for(
        self, picture: Float[Tensor, "3 height width"], several: bool, *, tiled: bool = True, most: int = 64
    ) -> tuple[Roi, BodyPoints]:
        """Regions with people, and their landmarks; none where nobody is.

        Args:
            picture: RGB in [0, 1].
            several: look for less certain people as well.
            tiled: look at parts of the picture as well, for small people, which takes ten times as long.
            most: candidates that are looked at.
        """
        found = candidates(self.detector, picture, several, several and tiled)[:most]
        advance(1)
        first = body_points(self.body, picture, found.roi) if len(found) else self.nothing()
        advance(1)
        fit = torch.where(found.prominent, first.score >= ACCEPTED, plausible(first, found.roi))
        found, first = found[fit], first[fit]
        if several:
            kept, first = self._confirmed(picture, found, first)
            found, first = found[kept], first[kept]
            kept = ~hidden_in_larger(first, found.roi)
        else:
            kept = distinct(first.points, trust(found, first))
        advance(1)
        return found.roi[kept], first[kept]

    def _confirmed(
        self, picture: Tensor, found: Candidates, first: BodyPoints
    ) -> tuple[Bool[Tensor, " candidates"], BodyPoints]:
        """One candidate of each person that a second look confirms: where the best fails, the next one is looked at.

        Both looks are averaged where they agree, since a single one is noisy.
        """
        worth, better = trust(found, first), first
        sure = torch.zeros(len(found), dtype=torch.bool)
        for _ in range(_ROUNDS):
            chosen = distinct(first.points, worth + 2.0 * sure) & (worth > 0)
            new = (chosen & ~sure).nonzero()[:, 0]
            if not len(new):
                break
            roi = first.next_roi[new]
            second = body_points(self.body, picture, roi)
            there = found.prominent[new] | confirmed(first[new], second, roi)
            better = averaged(better, second, new)
            sure[new] = there
            worth[new[~there]] = 0.0
        return sure & distinct(first.points, worth + 2.0 * sure), better

    def nothing(self) -> BodyPoints:
        """The landmarks of nobody."""
        none = Roi(torch.zeros(0, 2), torch.zeros(0), torch.zeros(0))
        flat, size = torch.zeros(0, POINTS), self.body.input_size[0]
        deep = torch.zeros(0, POINTS, 3)
        return BodyPoints(deep, deep, flat, flat, torch.zeros(0), none, torch.zeros(0, size, size))


def read_people(weights: Path, device: torch.device | None = None) -> KeypointReader:
    """The networks in a folder.

    Args:
        weights: holds ``mediapipe_*.safetensors``.
        device: where they compute; the CPU by default.

    Raises:
        FileError: one is missing or damaged.
    """

    def network(name: str) -> OperatorGraph:
        return read_graph(weights / f"mediapipe_{name}.safetensors").to(device or "cpu")

    return KeypointReader(
        Detector(network("pose_detection"), PERSON),
        network("pose_landmark_full"),
        HandNetworks(network("hand_recrop"), network("hand_landmark_full")),
        FaceNetworks(Detector(network("face_detection_short_range"), FACE), network("face_landmark")),
    )
