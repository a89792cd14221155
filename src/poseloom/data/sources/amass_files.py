"""A folder of AMASS as people unpack it, and which of its files a path in another data set means.

The SMPL+H release holds ``SUBSET/SUBJECT/NAME_poses.npz``, the SMPL-X one ``SUBSET/SUBJECT/NAME_stageii.npz``; both
also hold files of shapes alone. Archives nest their subset's folder to different depths and under different names, so
that a file is known by its last two names, and by the subset where those are not unique.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from functools import lru_cache
from importlib import resources
from pathlib import Path, PurePosixPath

from poseloom.base.errors import FileError
from poseloom.data.sources.recordings import existing_folder, files_below

DOWNLOAD = "amass.is.tue.mpg.de: the archives of the data sets that you want, unpacked into one folder"
_SIGNS = re.compile(r"[^a-z0-9]+")
_SPACES = re.compile(r"[\s_]+")


class Release(str, Enum):
    """A variant of AMASS, by how the names of its files end."""

    SMPL_H = "_poses.npz"
    SMPL_X = "_stageii.npz"

    @property
    def label(self) -> str:
        """As the download page calls it."""
        return {Release.SMPL_H: "SMPL+H G", Release.SMPL_X: "SMPL-X G"}[self]


class AmassFolder:
    """The motion files of AMASS in a folder and its subfolders.

    Args:
        folder: where files are looked for, at any depth.
        release: that variant alone; both by default.

    Raises:
        FileError: the folder is missing, or holds none of these files.
    """

    def __init__(self, folder: Path, release: Release | None = None):
        self.folder = existing_folder(folder, f"name the folder of AMASS; get {DOWNLOAD}")
        below = files_below(folder)
        suffixes = tuple(one.value for one in Release)
        motions = [name for name in below if name.lower().endswith(suffixes)]
        self.names = [name for name in motions if release is None or name.lower().endswith(release.value)]
        """Relative paths, sorted."""
        if not self.names:
            raise self._nothing(below, motions, release)
        self._exact = set(self.names)
        self._like: dict[tuple[str, str], list[str]] = {}
        for name in self.names:
            self._like.setdefault(_key(name), []).append(name)

    def find(self, path: str) -> str | None:
        """The file that a path in another data set means; None where it is not there."""
        if path in self._exact:
            return path
        wanted = subset_of(path)
        above = self.folder.resolve().name  # the folder may be that of a single subset
        same = [name for name in self._like.get(_key(path), ()) if subset_of(f"{above}/{name}") == wanted]
        return same[0] if same else None

    def _nothing(self, below: list[str], motions: list[str], release: Release | None) -> FileError:
        expected = " or ".join(f"*{one.value}" for one in ([release] if release else Release))
        remedy = f"get {DOWNLOAD}"
        if motions and release is not None:
            other = next(one for one in Release if one is not release)
            problem = f"holds AMASS as {other.label}, expected {release.label} ({expected})"
            remedy = f"download {release.label}: frames and texts of this data set belong to that release"
            return FileError(self.folder, problem, remedy=remedy)
        packed = [name for name in below if ".tar" in name]
        if packed:
            remedy = f"unpack its archives, such as {packed[0]}"
        return FileError(self.folder, f"holds no motion of AMASS ({expected})", remedy=remedy)


@lru_cache(maxsize=1)
def _subsets() -> dict[str, str]:
    text = (resources.files("poseloom.data.sources") / "amass_subsets.json").read_text(encoding="utf-8")
    listed: dict[str, list[str]] = json.loads(text)["subsets"]
    return {_plain(spelling): subset for subset, spellings in listed.items() for spelling in spellings}


@lru_cache(maxsize=65536)
def subset_of(path: str) -> str:
    """The subset that a path belongs to, under one name whichever way it is spelled.

    It is the last folder above the subject's whose name is listed, else the folder right above the subject's.
    """
    above = [_plain(part) for part in PurePosixPath(path).parts[:-2]]
    if not above:
        return ""
    return next((_subsets()[part] for part in reversed(above) if part in _subsets()), above[-1])


def _key(path: str) -> tuple[str, str]:
    """Subject and name of a motion, the same for either release."""
    parts = PurePosixPath(path).parts
    name = parts[-1].lower()
    for release in Release:
        name = name.removesuffix(release.value)
    return (_spaced(parts[-2].lower()) if len(parts) > 1 else "", _spaced(name))


def _spaced(name: str) -> str:
    """The SMPL-X release has underscores where the other one has spaces."""
    return _SPACES.sub("_", name)


def _plain(name: str) -> str:
    return _SIGNS.sub("", name.lower())
