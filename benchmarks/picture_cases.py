"""Pictures of people for training: read from files, cut out, augmented."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Case, Work

PICTURES = 64
CORES = 2
WIDTH, HEIGHT = 640, 480
"""Pixels: as most photos of COCO."""


def on_two_cores(count: int) -> Callable[[float], str]:
    """Pictures a second of two cores, each with a worker of its own."""
    return lambda seconds: f"{CORES * count / seconds:,.0f} pictures/s on two cores"


def _files(folder: Path) -> None:
    """Photo-like JPEG files: large shapes, edges, grain."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        rough = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8))
        grain = rng.normal(0, 8, (HEIGHT, WIDTH, 3))
        pixels = np.asarray(rough.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) + grain
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.jpg", quality=90)


def _loader(names: tuple[str, ...]) -> Work:
    import json

    import numpy as np

    from poseloom.data import Table, open_source, prepare
    from poseloom.data.people_views import CropPlan, PeopleDataset
    from poseloom.images import augment
    from poseloom.images.normalise import IMAGENET

    folder = Path(tempfile.mkdtemp())
    _files(folder)
    rng = np.random.default_rng(1)
    people = []
    for number in range(PICTURES):
        points = np.concatenate([rng.uniform(100, 380, (17, 2)), np.full((17, 1), 2)], -1)
        box = [100, 80, 280, 320]
        people.append({"id": number, "image_id": number, "bbox": box, "keypoints": points.ravel().tolist()})
    images = [{"id": n, "file_name": f"{n}.jpg", "width": WIDTH, "height": HEIGHT} for n in range(PICTURES)]
    (folder / "annotations.json").write_text(json.dumps({"images": images, "annotations": people}))
    prepare(open_source("coco", {"folder": folder}), folder / "table")
    augmentations = tuple(getattr(augment, name)() for name in names)
    plan = CropPlan(law=augment.GeometryLaw(), augmentations=augmentations, normalisation=IMAGENET)
    view = PeopleDataset(Table.open(folder / "table"), folder, plan)
    return lambda: view.batch(view.rows)


CASES = (
    Case(
        "pictures for training: read, crop, noise, soft erasing, 224 x 224",
        lambda: _loader(("ChannelNoise", "SoftErasing")),
        on_two_cores(PICTURES),
        ">= 150 pictures/s on two cores",
    ),
    Case(
        "pictures for training: the same with every augmentation",
        lambda: _loader(
            ("ChannelNoise", "PhotometricDistortion", "HardErasing", "SyntheticOcclusion", "SelfMixing", "SoftErasing",
             "CoarseDropout", "GridDropout")
        ),
        on_two_cores(PICTURES),
    ),
)  # fmt: skip
