"""The list of sources: what each is, where it comes from, its licence and size. Imports none of them.

A source is three things: ``NAME.py`` with its class, here or, where it is built in several steps, with the builders;
``NAME.json`` here with what is told of it; and its line in `NAMES`. Options that no other source has are added to
`options.OPTIONS`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError, closest
from poseloom.data.sources.options import BY_NAME, FOLDER, OPTIONS

if TYPE_CHECKING:
    from poseloom.data.sources.source import Source

__all__ = ["CATALOGUE", "FOLDER", "OPTIONS", "SourceInfo", "find_source", "open_source", "option_name"]

NAMES = (
    "procedural",
    "cmu",
    "amass",
    "babel",
    "posescript",
    "posefix",
    "3dpw",
    "bedlam",
    "bedlam-script",
    "bedlam-fix",
    "photos",
    "human-data",
    "spin",
    "coco",
    "eft-coco",
    "eft-coco-part",
    "eft-lspet",
    "eft-mpii",
    "eft-ochuman",
    "eft-posetrack",
    "lsp",
    "lspet",
    "mpii",
    "up-3d",
    "muco",
    "h36m",
    "mpi-inf-3dhp",
    "agora",
    "market1501",
    "deepfashion",
)


@dataclass(frozen=True)
class SourceInfo:
    """A row of the catalogue.

    Args:
        name: what a user calls it.
        title: what it is, in a line.
        download: what to get, and where.
        licence: its terms.
        size: size of the download and of the table.
        made_by: ``module:class`` below `poseloom.data`, or in full where models take part; the class takes the options
            as keywords.
        options: those that it knows; `FOLDER` where it reads files.
        required: those that must be given.
    """

    name: str
    title: str
    download: str
    licence: str
    size: str
    made_by: str
    options: tuple[str, ...]
    required: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The shortest command that makes a table of it."""
        words = [f"{BY_NAME[name].flag} {BY_NAME[name].metavar}" for name in self.required]
        return " ".join(["poseloom data prepare", self.name, *words, "--out TABLE"])


def _info(name: str) -> SourceInfo:
    told: dict[str, Any] = json.loads(
        (resources.files("poseloom.data.sources") / f"{name}.json").read_text(encoding="utf-8")
    )
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return SourceInfo(name, **values)


CATALOGUE = tuple(map(_info, NAMES))


def find_source(name: str) -> SourceInfo:
    """The catalogue's row of that name.

    Raises:
        PoseloomError: there is none.
    """
    known = [one.name for one in CATALOGUE]
    for one in CATALOGUE:
        if one.name == name.lower():
            return one
    raise PoseloomError(f"unknown source {name!r}{closest(name.lower(), known)}; known: {', '.join(known)}")


def open_source(name: str, options: Mapping[str, Any]) -> Source:
    """The source of that name with these options; those that are None count as not given.

    Raises:
        PoseloomError: an unknown source, an option that it does not know or that is wrong, one that it lacks.
    """
    info = find_source(name)
    given = {option: value for option, value in options.items() if value is not None}
    for option in given:
        if option not in info.options:
            takes = ", ".join(map(option_name, info.options))
            raise PoseloomError(f"the source {info.name} takes no {option_name(option)}; it takes {takes}")
    for option in info.required:
        if option not in given:
            raise PoseloomError(f"the source {info.name} needs {option_name(option)}; get {info.download}")
    given = {option: Path(value) if BY_NAME[option].of is Path else value for option, value in given.items()}
    module, name_of_class = info.made_by.split(":")
    place = module if module.startswith("poseloom.") else f"poseloom.data.{module}"
    return getattr(import_module(place), name_of_class)(**given)


def option_name(option: str) -> str:
    """As it is written on the command line."""
    return BY_NAME[option].shown if option in BY_NAME else f"--{option}"
