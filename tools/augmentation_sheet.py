"""Draw the sheet of augmentations in the docs: one photo, each augmentation, the keypoints where they went.

python tools/augmentation_sheet.py astronaut.jpg docs/images/augmentations.webp
"""

import sys

import torch

import poseloom
from poseloom.images import augment
from poseloom.images.augment import Geometry, GeometryLaw, PeoplePictures
from poseloom.images.read import picture_size
from poseloom.images.read_crop import read_crop
from poseloom.render import SheetLayout, contact_sheet

SIDE = 224
QUALITY = 70
BOX_SCALE = 1.25
SEEDS = {
    "GeometryLaw": 9,
    "CoarseDropout": 2,
    "HardErasing": 3,
    "SoftErasing": 6,
    "SelfMixing": 5,
    "KeypointOcclusion": 3,
    "SyntheticOcclusion": 5,
}
"""Of draws that change something that can be seen."""
CLASSES = (
    "GeometryLaw", "RandomCrop", "ChannelNoise", "PhotometricDistortion", "HardErasing", "SoftErasing", "SelfMixing",
    "SyntheticOcclusion", "KeypointOcclusion", "CoarseDropout", "GridDropout",
)  # fmt: skip
CERTAIN = {"probability": 1.0}
DOT = 2
SHOWN = 25
"""Of the 33 points, the first: down to the knees."""


def main() -> None:
    photo, out = sys.argv[1:3]
    found = poseloom.keypoints(photo, people=1, hands=False)
    points = torch.cat([found.points[0, :, :2], found.visibility[0, :, None]], dim=1)
    points[:, 2] = (points[:, 2] > 0.6).float()
    seen = points[points[:, 2] > 0, :2]
    low, extent = seen.amin(0), seen.amax(0) - seen.amin(0)
    box = torch.cat([low - extent * (BOX_SCALE - 1) / 2, extent * BOX_SCALE])[None]
    pictures = [drawn(batch_of(photo, box, points, Geometry.none(1)))]
    for name in CLASSES:
        seed = SEEDS.get(name, 1)
        if name == "GeometryLaw":
            drawing = GeometryLaw(flip=1.0, rotated=1.0).draw(torch.tensor([7]), seed)
            pictures.append(drawn(batch_of(photo, box, points, drawing)))
            continue
        kind = getattr(augment, name)
        change = kind(**CERTAIN) if hasattr(kind, "probability") else kind()
        pictures.append(drawn(change(batch_of(photo, box, points, Geometry.none(1)), seed)))
    layout = SheetLayout(columns=4, gap=10, padding=8)
    sheet = contact_sheet(torch.stack(pictures), ["as it is cut out", *CLASSES], layout=layout)
    sheet.convert("RGB").save(out, quality=QUALITY, method=6)


def batch_of(photo: str, box: torch.Tensor, points: torch.Tensor, geometry: Geometry) -> PeoplePictures:
    width = torch.tensor([float(picture_size(photo)[1])])
    matrix = geometry.matrices(box, width, (SIDE, SIDE))
    moved = geometry.pixels(points[None], matrix, "mediapipe_33")
    crop = read_crop(photo, matrix[0], (SIDE, SIDE))
    inside = torch.tensor([[16.0, 16, SIDE - 32, SIDE - 32]])
    return PeoplePictures(crop[None], moved, inside, torch.tensor([7]))


def drawn(batch: PeoplePictures) -> torch.Tensor:
    """The picture with a dot at each keypoint."""
    picture = batch.pictures[0].clone()
    for x, y, sure in batch.keypoints[0, :SHOWN].tolist():
        row, column = round(y), round(x)
        if sure and DOT <= row < SIDE - DOT and DOT <= column < SIDE - DOT:
            part = picture[:, row - DOT : row + DOT + 1, column - DOT : column + DOT + 1]
            part[:] = torch.tensor([1.0, 0.85, 0.1])[:, None, None]
    return picture


if __name__ == "__main__":
    main()
