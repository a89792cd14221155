"""People and their keypoints in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.roi import Roi
from poseloom.nn.image.graph import OperatorGraph, read_graph
from poseloom.tasks.keypoints.body import BodyPoints, body_points
from poseloom.tasks.keypoints.detection import FACE, PERSON, Detector
from poseloom.tasks.keypoints.face import FaceNetworks
from poseloom.tasks.keypoints.finding import candidates, distinct, regions_of_boxes
from poseloom.tasks.keypoints.hands import HandNetworks
from poseloom.tasks.keypoints.people import People

ACCEPTED = 0.5
"""Probability of the body network from which on somebody is there."""
_MOST = 64
"""People that are looked for in a picture."""


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
        """The people in a picture, the most certain first.

        Args:
            picture: RGB in [0, 1].
            boxes: where they are (x, y, width, height in pixels), each taken as it is; found by the detector if None.
            limit: how many at most; None for all, small ones included.
            with_hands: look for their hands.
            with_face: look for the points of their faces.

        Raises:
            NobodyFoundError: nobody is there; tells the score of the best candidate.
        """
        given = boxes is not None
        roi, body = self._given(picture, boxes) if boxes is not None else self._found(picture, limit)
        order = torch.arange(len(roi)) if given else body.score.argsort(descending=True, stable=True)[:limit]
        roi, body = roi[order], _rows(body, order)
        places = body.points
        return People(
            body,
            self.hands(picture, places, body.visibility) if with_hands else None,
            self.face(picture, places) if with_face else None,
            roi,
            (picture.shape[-1], picture.shape[-2]),
        )

    def _given(self, picture: Tensor, boxes: Tensor) -> tuple[Roi, BodyPoints]:
        """Two looks: the second one in the region that the first one gave, upright and centred."""
        first = body_points(self.body, picture, regions_of_boxes(boxes))
        return first.next_roi, body_points(self.body, picture, first.next_roi)

    def _found(self, picture: Tensor, limit: int | None) -> tuple[Roi, BodyPoints]:
        several = limit is None or limit > 1
        found = candidates(self.detector, picture, several)
        if not len(found.roi) and not several:
            found = candidates(self.detector, picture, True)
        chosen = found.roi[:_MOST]
        if len(chosen):
            body = body_points(self.body, picture, chosen)
            kept = distinct(body.points, torch.where(body.score >= ACCEPTED, body.score, 0.0)) & (
                body.score >= ACCEPTED
            )
            if bool(kept.any()):
                return chosen[kept], _rows(body, kept)
        best = self.detector.best_score(picture)
        raise NobodyFoundError(
            f"nobody is found in the picture (the best candidate scores {best:.2f}, needed are 0.3); give a box around "
            f"the person if one is there"
        )


def _rows(body: BodyPoints, index: Tensor) -> BodyPoints:
    values = {name: getattr(body, name)[index] for name in BodyPoints.__dataclass_fields__}
    return BodyPoints(**values)


def read_people(weights: Path) -> KeypointReader:
    """The networks in a folder.

    Args:
        weights: holds ``mediapipe_*.safetensors``.

    Raises:
        FileError: one is missing or damaged.
    """

    def network(name: str) -> OperatorGraph:
        return read_graph(weights / f"mediapipe_{name}.safetensors")

    return KeypointReader(
        Detector(network("pose_detection"), PERSON),
        network("pose_landmark_full"),
        HandNetworks(network("hand_recrop"), network("hand_landmark_full")),
        FaceNetworks(Detector(network("face_detection_short_range"), FACE), network("face_landmark")),
    )
