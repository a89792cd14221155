"""AGORA (Patel et al., CVPR 2021) in its form like COCO's: people in rendered pictures, with fits of SMPL-X.

``AGORA_train.json`` and ``AGORA_validation.json`` have boxes in pictures of 3840 x 2160; the pictures may be stored at
1280 x 720. A fit file has ``body_pose``, ``global_orient``, ``betas`` and ``transl`` in the axes of its scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.schema import Layout
from poseloom.data.sources.annotations import PictureList, column, listed, read_annotations, safe_name, word
from poseloom.data.sources.coco import split_of_name
from poseloom.data.sources.picture_people import LARGEST_PIXEL, AnnotatedPictures, PicturePeople, chosen
from poseloom.data.sources.recordings import error_line
from poseloom.formats.arrays import LARGEST_ANGLE, LARGEST_COEFFICIENT, numbers
from poseloom.formats.pickles import load_pickle
from poseloom.images.read import picture_size
from poseloom.pose import BODY_JOINTS, Pose

FULL_WIDTH, FULL_HEIGHT = 3840, 2160
_BODY_NUMBERS = 63


@dataclass(frozen=True)
class Agora(AnnotatedPictures):
    """A row for each valid person; those whose fit is there have a pose, upright in the axes of its scan.

    How the scan was turned before it was put into the picture stands in AGORA's own data frames, which are not read:
    rows have no camera.
    """

    name: str = "agora"

    @property
    def title(self) -> str:
        return "AGORA"

    @property
    def origin(self) -> str:
        return "agora.is.tue.mpg.de: pictures, the fits of SMPL-X, AGORA_train.json and AGORA_validation.json"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("AGORA_*.json", "annotations/AGORA_*.json")

    @property
    def layout(self) -> Layout:
        return Layout(BODY_JOINTS, translation=False, shape=10, shape_model="smplx")

    def count(self, file: str) -> int:
        path = self.folder / file
        return len(listed(path, read_annotations(path), "annotations"))

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        path = self.folder / file
        content = read_annotations(path)
        pictures = PictureList(path, content)
        items = listed(path, content, "annotations")[rows.start : rows.stop]
        boxes = column(path, items, "bbox", (4,), LARGEST_PIXEL, rows.start)
        names, sizes = [], []
        for place, one in enumerate(items, rows.start):
            picture = pictures.of(one, place)
            names.append(safe_name(path, word(path, picture, "file_name", place)))
            sizes.append(self._size(names[-1]))
        scale = np.array(sizes, np.float32).reshape(-1, 2) / np.array([FULL_WIDTH, FULL_HEIGHT], np.float32)
        pose, posed = self._bodies(items, problems)
        people = PicturePeople(
            ids=[f"{PurePosixPath(file).stem}/{one.get('id', place)}" for place, one in enumerate(items, rows.start)],
            pictures=names,
            boxes=boxes * np.concatenate([scale, scale], 1),
            points=(),
            places=list(rows),
            splits=[split_of_name(file)] * len(items),
            sizes=np.array(sizes, np.int64).reshape(-1, 2),
            pose=pose,
            posed=posed,
        )
        valid = np.array([bool(one.get("is_valid", True)) for one in items], bool)
        return people.kept(chosen(valid, problems, "people are marked as not valid"))

    def _size(self, name: str) -> tuple[int, int]:
        """Width and height as the picture is stored; of the full one where it is not there."""
        path = self.folder / name
        try:
            height, width = picture_size(path) if path.is_file() else (FULL_HEIGHT, FULL_WIDTH)
        except PoseloomError:
            return FULL_WIDTH, FULL_HEIGHT
        return width, height

    def _bodies(self, items: list[dict[str, Any]], problems: list[str]) -> tuple[Pose, np.ndarray]:
        rotations = np.zeros((len(items), BODY_JOINTS, 3), np.float32)
        shape, posed = np.zeros((len(items), 10), np.float32), np.zeros(len(items), bool)
        lacking = 0
        for place, one in enumerate(items):
            name = one.get("smplx_param_path")
            path = self.folder / safe_name(self.folder, str(name)) if name else None
            if path is None or not path.is_file():
                lacking += 1
                continue
            try:
                rotations[place], shape[place] = _fit(path)
                posed[place] = True
            except PoseloomError as error:
                if self.strict:
                    raise
                problems.append(error_line(str(name), error))
        if lacking:
            problems.append(f"{lacking:,} people have no fit of SMPL-X in the folder")
        return Pose(torch.from_numpy(rotations), None, torch.from_numpy(shape), "smplx"), posed


def _fit(path: Path) -> tuple[np.ndarray, np.ndarray]:
    content: Mapping[str, Any] = load_pickle(path)
    parts = []
    for name, count in (("global_orient", 3), ("body_pose", _BODY_NUMBERS)):
        if name not in content:
            raise FileError(path, "is missing", field=name, remedy="get the file again")
        values = np.asarray(content[name]).reshape(-1)
        parts.append(numbers(path, name, values, (count,), largest=LARGEST_ANGLE))
    betas = np.asarray(content.get("betas", np.zeros(10))).reshape(-1)[:10]
    betas = numbers(path, "betas", betas, ("coefficients",), largest=LARGEST_COEFFICIENT)
    shape = np.zeros(10, np.float32)
    shape[: len(betas)] = betas
    return np.concatenate(parts).reshape(BODY_JOINTS, 3), shape
