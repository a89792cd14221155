"""One space of pictures, poses and texts, for users: bodies of what is given, instructions between photos, sheets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError

if TYPE_CHECKING:
    from PIL import Image

    from poseloom.results.found import Found, Hit

_SIDE = 256
"""Pixels of a picture on a sheet."""
_AROUND = 1.25
"""Of the longer side of a person's box, what is shown."""
_SHOWN = 140
"""Characters of a row's text that are shown."""


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
            "'poseloom index build TABLE --model embedding' over a table with pictures makes an index that has some"
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
