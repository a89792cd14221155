"""Single-shot detectors: anchors, decoding of boxes and keypoints, weighted suppression of what overlaps.

The person detector is BlazePose's (Bazarevsky et al., 2020), the face detector BlazeFace (Bazarevsky et al., 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.roi import Roi, crops
from poseloom.nn.image.graph import OperatorGraph

OVERLAP = 0.3
"""Intersection over union from which on two boxes are taken for the same person."""
_LOGIT = 100.0


@dataclass(frozen=True)
class DetectorKind:
    """How a detector's rows are to be read.

    Args:
        grids: cells along a side, and anchors in each cell.
        outside: what lies outside the picture, see `poseloom.images.roi.crops`.
    """

    grids: tuple[tuple[int, int], ...]
    outside: float = 0.0

    def anchors(self) -> Float[Tensor, "anchors 2"]:
        """Centres of the anchors in [0, 1]; y outer, x inner."""
        rows = []
        for cells, times in self.grids:
            middle = (torch.arange(cells) + 0.5) / cells
            y, x = torch.meshgrid(middle, middle, indexing="ij")
            rows.append(torch.stack([x, y], dim=-1).reshape(-1, 1, 2).expand(-1, times, -1).reshape(-1, 2))
        return torch.cat(rows)


PERSON = DetectorKind(((28, 2), (14, 2), (7, 6)))
FACE = DetectorKind(((16, 2), (8, 6)))


@dataclass(frozen=True, eq=False)
class Detections:
    """What a detector found, the best first.

    Args:
        boxes: x, y, width, height in pixels of the picture; without meaning for regions that are turned.
        points: keypoints of the detector, pixels of the picture.
        scores: in [0, 1].
    """

    boxes: Float[Tensor, "found 4"]
    points: Float[Tensor, "found keypoints 2"]
    scores: Float[Tensor, " found"]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Tensor | slice) -> Detections:
        return Detections(self.boxes[index], self.points[index], self.scores[index])


@dataclass(frozen=True, eq=False)
class Detector:
    """A detector's network and how its rows are read."""

    network: OperatorGraph
    kind: DetectorKind

    def __call__(self, picture: Float[Tensor, "3 height width"], roi: Roi, threshold: float) -> list[Detections]:
        """What is found in each region of a picture, as pixels of the picture."""
        size = self.network.input_size[0]
        rows, logits = self.network(crops(picture, roi, size, self.kind.outside) * 2 - 1)
        scores = logits[..., 0].clamp(-_LOGIT, _LOGIT).sigmoid()
        values = rows.reshape(*rows.shape[:2], -1, 2) / size
        anchors = self.kind.anchors()[:, None]
        points = torch.cat([values[:, :, :1] + anchors, values[:, :, 1:2], values[:, :, 2:] + anchors], dim=2)
        found = []
        for number in range(len(roi)):
            keep = scores[number] >= threshold
            merged = suppressed(points[number][keep], scores[number][keep])
            found.append(_in_picture(merged[0], merged[1], roi[number : number + 1]))
        return found

    def best_score(self, picture: Float[Tensor, "3 height width"]) -> float:
        """The score of the best candidate in a whole picture, however low."""
        (found,) = self(picture, Roi.whole(picture), 0.0)
        return float(found.scores.amax()) if len(found) else 0.0


def _in_picture(values: Float[Tensor, "n points 2"], scores: Float[Tensor, " n"], roi: Roi) -> Detections:
    centres = roi.to_picture(values[None, :, 0])[0]
    sizes = values[:, 1] * roi.side
    points = roi.to_picture(values[None, :, 2:].flatten(1, 2))[0].reshape(len(values), values.shape[1] - 2, 2)
    return Detections(torch.cat([centres - sizes / 2, sizes], dim=-1), points, scores)


def suppressed(
    values: Float[Tensor, "n points 2"], scores: Float[Tensor, " n"]
) -> tuple[Float[Tensor, "m points 2"], Float[Tensor, " m"]]:
    """Weighted suppression: the best box becomes the mean, by score, of all that overlap it; those go; and so on.

    Args:
        values: centre, size and keypoints of each box.
        scores: how sure each box is; a mean box keeps the score of its best one.
    """
    kept, kept_scores = [], []
    left = scores.argsort(descending=True, stable=True)
    while len(left):
        alike = overlaps(values[left[:1]], values[left])[0] > OVERLAP
        alike[0] = True
        group = left[alike]
        weight = scores[group]
        kept.append((values[group] * weight[:, None, None]).sum(0) / weight.sum())
        kept_scores.append(weight[0])
        left = left[~alike]
    if not kept:
        return values[:0], scores[:0]
    return torch.stack(kept), torch.stack(kept_scores)


def overlaps(a: Float[Tensor, "n points 2"], b: Float[Tensor, "m points 2"]) -> Float[Tensor, "n m"]:
    """Intersection over union of boxes, each given by centre and size as its first two points."""
    low = torch.maximum((a[:, 0] - a[:, 1] / 2)[:, None], (b[:, 0] - b[:, 1] / 2)[None])
    high = torch.minimum((a[:, 0] + a[:, 1] / 2)[:, None], (b[:, 0] + b[:, 1] / 2)[None])
    common = (high - low).clamp(min=0).prod(-1)
    union = a[:, 1].prod(-1)[:, None] + b[:, 1].prod(-1)[None] - common
    return common / union.clamp(min=1e-12)
