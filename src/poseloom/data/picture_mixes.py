"""Which picture sets are trained on together, with their shares: the mixes of the benchmark, and a user's own."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.files import read_text
from poseloom.data.sources.catalogue import NAMES

_FILE = "picture_mixes.json"


@dataclass(frozen=True)
class PictureMix:
    """Data sets and their shares.

    Args:
        name: name of the mix.
        shares: data set -> part of the samples; they need not sum to 1.
        mse, l1: published PA-MPJPE on 3DPW, mm; None where none is.
    """

    name: str
    shares: Mapping[str, float]
    mse: float | None = None
    l1: float | None = None

    def __post_init__(self) -> None:
        if not self.shares:
            raise PoseloomError(f"{self.name}: names no data set")
        known = (*NAMES, *outside())
        for data_set, share in self.shares.items():
            if data_set not in known:
                raise PoseloomError(f"{self.name}: unknown data set {data_set!r}{closest(data_set, known)}")
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < math.inf:
                raise PoseloomError(f"{self.name}: {data_set}: expected a share above 0, got {share!r}")

    @property
    def line(self) -> str:
        """For a list of mixes: name, shares, published errors."""
        shares = ", ".join(f"{name} {share:g}" for name, share in self.shares.items())
        told = [f"{title} {value:.2f}" for title, value in (("MSE", self.mse), ("L1", self.l1)) if value is not None]
        return f"{self.name}: {shares}" + (f" ({', '.join(told)} mm)" if told else "")


def find_mix(name: str) -> PictureMix:
    """The mix of a name, ``mix-1`` to ``mix-11``; or the one in a JSON file: ``{"shares": {"coco": 0.4, ...}}``.

    Raises:
        PoseloomError: there is none, or the file names unknown data sets or shares that are no numbers above 0.
    """
    if name.endswith(".json"):
        return _of_file(Path(name))
    known = {one.name: one for one in MIXES}
    if name.lower() not in known:
        raise PoseloomError(f"unknown mix {name!r}{closest(name.lower(), tuple(known))}; known: {', '.join(known)}")
    return known[name.lower()]


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    text = (resources.files("poseloom.data") / _FILE).read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def outside() -> dict[str, str]:
    """Data sets of the mixes that have no reader of their own, and how they are read."""
    found: dict[str, str] = _content()["outside"]
    return found


def _of_file(path: Path) -> PictureMix:
    try:
        content = json.loads(read_text(path))
    except ValueError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(path, f"is no JSON: {error}", remedy='expected {"shares": {"coco": 0.4, ...}}') from None
    if not isinstance(content, dict) or not isinstance(content.get("shares"), dict):
        raise FileError(path, "expected a table of shares", field="shares", remedy='{"shares": {"coco": 0.4, ...}}')
    return PictureMix(path.stem, content["shares"])


MIXES = tuple(PictureMix(name, **told) for name, told in _content()["mixes"].items())
