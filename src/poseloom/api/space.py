"""One space of pictures, poses and texts, for users: bodies of what is given, instructions between photos, sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.api.motions import as_pose
from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.ranges import seed_number
from poseloom.checkpoints.registry import load_model, model_path
from poseloom.checkpoints.space_changes import BODIES
from poseloom.pose import Clip, Pose
from poseloom.results.poses import Estimated
from poseloom.results.texts import Instructed

if TYPE_CHECKING:
    from PIL import Image

    from poseloom.results.found import Found, Hit
    from poseloom.tasks.embedding.head_predict import SpaceBodies

_SIDE = 256
"""Pixels of a picture on a sheet."""
_AROUND = 1.25
"""Of the longer side of a person's box, what is shown."""
_SHOWN = 140
"""Characters of a row's text that are shown."""


def estimate(
    *,
    image: str | Path | Tensor | Sequence[str | Path | Tensor] | None = None,
    pose: Pose | Clip | None = None,
    text: str | Sequence[str] | None = None,
    boxes: Sequence[Sequence[float] | None] | None = None,
    model: str | Path = BODIES,
) -> Estimated:
    """Bodies of what is given together: of a photo, of words, or of a photo that words put right.

    Args:
        image, pose, text, boxes: as for `poseloom.embed`.
        model: that tells bodies of a space, by name or path.

    Raises:
        PoseloomError: as for `poseloom.embed`, or a model of something else.
    """
    told = bodies_model(model)
    given = None if pose is None else as_pose(pose)
    features, notes = told.space.features_with_notes(image=image, pose=given, text=text, boxes=boxes)
    return Estimated(told.of_features(features), notes=notes)


def instruct_between(
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    model: str | Path = BODIES,
    seed: int = 0,
    *,
    style: str | None = None,
) -> Instructed:
    """How one person becomes another, in words: of two photos, two poses, or one of each.

    Args:
        first: what is given of the one, as `poseloom.embed` takes it by name: ``{"image": "a.jpg"}``.
        second: the same of the other.
        model: an InstructionGenerator on a space, which says it itself; or a model that tells bodies, between which it
            is said by rule.
        seed: chooses words, where rules say it.
        style: ``paragraph``, ``short`` or ``list``, where rules say it.

    Raises:
        PoseloomError: as for `poseloom.embed`, or a model of something else.
    """
    from poseloom.language import instruct
    from poseloom.tasks.embedding.head_predict import InstructorOfSpace

    opened = load_model(model, "embedding")
    if isinstance(opened, InstructorOfSpace):
        if style is not None:
            raise PoseloomError("styles belong to the rules; leave the style out, or name a model that tells bodies")
        return opened.instruct(first, second)
    start, end = (estimate(**given, model=model) for given in (first, second))
    texts = instruct(start.poses, end.poses, seed=seed_number(seed), style=style or "paragraph")
    return Instructed(tuple(texts), notes=tuple(dict.fromkeys((*start.notes, *end.notes))))


def bodies_model(model: str | Path) -> SpaceBodies:
    """The model that tells bodies of a space.

    Raises:
        PoseloomError: there is none of that name, or it is of something else.
    """
    from poseloom.tasks.embedding.head_predict import SpaceBodies

    opened = load_model(model, "embedding")
    if not isinstance(opened, SpaceBodies):
        kind = "the space itself" if type(opened).__name__ == "ModalitySpace" else type(opened).__name__
        raise PoseloomError(f"{model}: is {kind}, which tells no bodies; name {BODIES}, or an HPSEstimator")
    return opened


def is_space_model(model: str | Path | None) -> bool:
    """Whether a model's name or path is of one space, or hangs on one.

    Raises:
        PoseloomError: there is no such model.
    """
    if model is None:
        return False
    from poseloom.training.export import read_card

    return read_card(model_path(model)).task == "embedding"


def found_sheet(
    found: Found, image: str | Path | Tensor | None = None, box: Sequence[float] | None = None, title: str = ""
) -> Image.Image:
    """The people that a search found as one picture, the best first, each with its score and its text.

    Args:
        found: rows of an index of one space whose table has pictures.
        image: the photo that was asked with, which is shown first.
        box: where the person is in it: x, y, width, height.
        title: a line above everything, such as the words that were asked with.

    Raises:
        PoseloomError: nothing was found, rows without pictures, or pictures that are not there any more.
    """
    from poseloom.images.read import read_picture
    from poseloom.render import contact_sheet
    from poseloom.render.sheet import SheetLayout

    if not found:
        raise PoseloomError("nothing was found, so there is nothing to show; ask something else")
    pictures = [shown_person(*_picture_of(hit)) for hit in found]
    labels = [f"{place}. {hit.score:.3f}" for place, hit in enumerate(found, start=1)]
    texts = [hit.text if len(hit.text) <= _SHOWN else f"{hit.text[:_SHOWN]} ..." for hit in found]
    if image is not None:
        asked = image if isinstance(image, Tensor) else read_picture(image)
        pictures.insert(0, shown_person(asked, box))
        labels.insert(0, "asked with")
        texts.insert(0, "")
    columns = min(len(pictures), 6 if image is None else (len(pictures) + 1) // 2)
    return contact_sheet(pictures, texts, labels=labels, title=title, layout=SheetLayout(columns=columns))


def save_found_sheet(
    found: Found,
    path: str | Path,
    image: str | Path | Tensor | None = None,
    box: Sequence[float] | None = None,
    title: str = "",
) -> Path:
    """Write `found_sheet` as a picture.

    Raises:
        PoseloomError: see `found_sheet`, or the file cannot be written.
    """
    from poseloom.render import save_picture

    save_picture(found_sheet(found, image, box, title), Path(path))
    return Path(path)


def _picture_of(hit: Hit) -> tuple[Tensor, list[float] | None]:
    from poseloom.checkpoints.space_index import BOX, PICTURE
    from poseloom.images.read import read_picture

    path, box = hit.metadata.get(PICTURE), hit.metadata.get(BOX)
    if not path:
        remedy = (
            "'poseloom index build TABLE --model embedding' over a table with pictures makes an index that has some; "
            "'poseloom search --render FILE --poses TABLE' draws the bodies"
        )
        raise PoseloomError(f"{hit.id}: the index knows no picture of it; {remedy}")
    if not Path(path).is_file():
        raise FileError(path, "is missing", remedy="put the table's pictures back, or build the index again")
    return read_picture(path), None if not box else [float(one) for one in str(box).split()]


def shown_person(
    picture: Float[Tensor, "3 height width"], box: Sequence[float] | None = None, side: int = _SIDE
) -> Float[Tensor, "3 side side"]:
    """A person cut out as a square, with something around; the whole picture without a box, on a light ground."""
    from poseloom.images.roi import Roi, crops

    height, width = picture.shape[-2:]
    whole = Roi.around(torch.tensor([[0.0, 0.0, width, height]]))
    roi = whole if box is None else Roi.around(torch.tensor([list(map(float, box))]), _AROUND)
    return crops(picture, roi, side, outside=0.9)[0]
