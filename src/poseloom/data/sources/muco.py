"""MuCo-3DHP (Mehta et al., 3DV 2018): people of MPI-INF-3DHP pasted together, with SMPL fits.

``MuCo-3DHP.json`` is like COCO's: pictures with camera (``f``, ``c``), annotations with ``bbox``, ``keypoints_img``
(21, 2), ``keypoints_cam`` (21, 3) in millimetres and ``keypoints_vis``. ``SMPLX/smpl_param.json`` (or
``smpl_param.json``) maps the annotation's id to ``pose`` (72) and ``shape`` (10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from poseloom.base.errors import FileError
from poseloom.data.schema import Layout
from poseloom.data.sources.annotations import (
    PictureList,
    column,
    listed,
    load_annotations,
    read_annotations,
    safe_name,
    told_sizes,
    word,
)
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    chosen,
    root_centred,
)
from poseloom.data.sources.smpl_people import SMPL_LAYOUT, row_camera, upright_pose

_JOINTS, _NAMED = 21, 17
"""The first 17 are those of MPI-INF-3DHP's test set; hands and toes behind them are not used."""
_PELVIS = 14
_FITS = ("SMPLX/smpl_param.json", "smpl_param.json")
_CONVENTION = "mpi_inf_3dhp_test"


@dataclass(frozen=True)
class Muco(AnnotatedPictures):
    """A row for each person whose pelvis is seen; without a fit it has no pose."""

    name: str = "muco"

    @property
    def title(self) -> str:
        return "MuCo-3DHP"

    @property
    def origin(self) -> str:
        return "the MuCo-3DHP pictures and annotations, and smpl_param.json of their SMPL fits"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("MuCo-3DHP.json", "*/MuCo-3DHP.json")

    @property
    def layout(self) -> Layout:
        return SMPL_LAYOUT

    def count(self, file: str) -> int:
        path = self.folder / file
        return len(listed(path, read_annotations(path), "annotations"))

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        path = self.folder / file
        fits = self._fits(path)
        content = read_annotations(path)
        pictures = PictureList(path, content)
        items = listed(path, content, "annotations")[rows.start : rows.stop]

        def of(field: str, shape: tuple[int, ...], largest: float = LARGEST_PIXEL) -> np.ndarray:
            return column(path, items, field, shape, largest, rows.start)

        seen = of("keypoints_vis", (_JOINTS,)) > 0
        points = np.concatenate([of("keypoints_img", (_JOINTS, 2)), seen[..., None]], -1).astype(np.float32)
        metres = root_centred(of("keypoints_cam", (_JOINTS, 3), 1e7), _PELVIS)
        ids = [word(path, one, "id", place) for place, one in enumerate(items, rows.start)]
        numbers = np.array([_numbers(fits.get(one)) for one in ids], np.float32).reshape(-1, 82)
        fitted = np.asarray(np.isfinite(numbers).all(1))
        numbers[~fitted] = 0
        found = [pictures.of(one, place) for place, one in enumerate(items, rows.start)]
        folder = "" if "/" not in file else f"{file.rpartition('/')[0]}/"
        people = PicturePeople(
            ids=ids,
            pictures=[folder + safe_name(path, word(path, one, "file_name", 0)) for one in found],
            boxes=of("bbox", (4,)),
            points=(Points(_CONVENTION, points[:, :_NAMED]), Points(_CONVENTION, metres[:, :_NAMED])),
            places=list(rows),
            splits=["train"] * len(items),
            sizes=told_sizes(found),
            pose=upright_pose(numbers[:, :72], numbers[:, 72:]),
            posed=fitted,
            cameras=[row_camera(*_lens(path, one)) for one in found],
        )
        kept = people.kept(chosen(seen[:, _PELVIS], problems, "people are left out: their pelvis is not seen"))
        if not fitted.all():
            problems.append(f"{int((~fitted).sum()):,} people have no SMPL fit")
        return kept

    def _fits(self, path: Path) -> Mapping[str, Any]:
        for name in _FITS:
            if (path.parent / name).exists():
                content = read_fits(path.parent / name)
                if not isinstance(content, dict):
                    raise FileError(path.parent / name, "expected a table by annotation", remedy="get the file again")
                return content
        return {}


def read_fits(path: Path) -> Any:
    """The fits; kept apart from the annotations, which are read in turn with them."""
    there = path.stat()
    return _kept_fits(path, (there.st_size, there.st_mtime_ns))


@lru_cache(maxsize=1)
def _kept_fits(path: Path, _state: object) -> Any:
    return load_annotations(path)


def _numbers(fit: Any) -> list[float]:
    """Pose and shape; NaN where there is no usable fit."""
    try:
        found = [float(one) for name in ("pose", "shape") for one in fit[name]]
    except (TypeError, KeyError, ValueError):
        return [np.nan] * 82
    return found if len(found) == 82 else [np.nan] * 82


def _lens(path: Path, picture: Mapping[str, Any]) -> tuple[tuple[float, float], tuple[float, float]]:
    try:
        (fx, fy), (cx, cy) = picture["f"], picture["c"]
        return (float(fx), float(fy)), (float(cx), float(cy))
    except (KeyError, TypeError, ValueError):
        problem = "expected a focal length f and a centre c of two numbers each"
        raise FileError(path, problem, field=f"picture {picture.get('id')}", remedy="get the file again") from None
