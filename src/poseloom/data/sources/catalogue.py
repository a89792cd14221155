"""The list of sources: what each is, where it comes from, its licence and size. Imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.errors import PoseloomError, closest

if TYPE_CHECKING:
    from poseloom.data.sources.source import Source

FOLDER = "folder"
"""The option that names the folder of the downloaded files: ``--from`` on the command line."""


@dataclass(frozen=True)
class SourceInfo:
    """A row of the catalogue.

    Args:
        name: what a user calls it.
        title: what it is, in a line.
        download: what to get, and where.
        licence: its terms.
        size: of the download and of the table.
        made_by: ``module:class`` below `poseloom.data.sources`; the class takes the options as keywords.
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


CATALOGUE = (
    SourceInfo(
        "procedural",
        "random poses of everyday life and sport, drawn from stances within the ranges of motion",
        "nothing: it comes with poseloom",
        "Apache-2.0",
        "any number of rows; 0.7 KB each",
        "procedural:Procedural",
        ("rows", "seed"),
    ),
    SourceInfo(
        "cmu",
        "the CMU motion capture database, or any other folder of BVH or ASF/AMC files",
        "mocap.cs.cmu.edu: allasfamc.zip, or one of its conversions to BVH; unpack it into a folder",
        "free for research and products, not to be sold itself (mocap.cs.cmu.edu)",
        "2,605 recordings, 2 GB as ASF/AMC; 0.3 KB a row",
        "cmu:Cmu",
        (FOLDER, "every", "fps", "limit", "hands", "strict"),
        (FOLDER,),
    ),
)


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
    if FOLDER in given:
        given[FOLDER] = Path(given[FOLDER])
    module, name_of_class = info.made_by.split(":")
    return getattr(import_module(f"poseloom.data.sources.{module}"), name_of_class)(**given)


def option_name(option: str) -> str:
    """As it is written on the command line."""
    return "--from FOLDER" if option == FOLDER else f"--{option}"
