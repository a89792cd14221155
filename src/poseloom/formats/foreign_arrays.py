"""Arrays out of MATLAB, HDF5 and CDF files, through the packages that read them; they are imported when they are used.

Data sets of pictures come in these formats. The packages (scipy, h5py, cdflib) come with the extra `datasets`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import FileError, closest
from poseloom.base.extras import MissingPackageError, install
from poseloom.base.files import GIBIBYTE, readable_file, reason

MAXIMUM_BYTES = 2 * GIBIBYTE
_AGAIN = "get the file again"


def mat_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Variables of a MATLAB file up to version 7, as scipy gives them: MATLAB's own order of axes.

    Raises:
        FileError: no such file, or a variable is missing.
        MissingPackageError: scipy is not installed.
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_BYTES)
    scipy = _package("scipy.io", "scipy", path)
    try:
        content: Mapping[str, Any] = scipy.loadmat(file, variable_names=names)
    except Exception as error:  # a damaged file can raise anything
        problem = f"is no MATLAB file of version 5 to 7: {reason(error)[:150]}"
        raise FileError(path, problem, remedy=_AGAIN) from None
    return {name: np.asarray(_named(path, content, name)) for name in names}


@contextmanager
def hdf5_file(path: Path) -> Iterator[Any]:
    """An open HDF5 file, also MATLAB's of version 7.3, whose axes h5py gives in reverse.

    Raises:
        FileError: no such file; also for whatever h5py raises within the block.
        MissingPackageError: h5py is not installed.
    """
    file = readable_file(path, maximum_bytes=16 * GIBIBYTE)
    h5py = _package("h5py", "h5py", path)
    try:
        with h5py.File(file, "r") as content:
            yield content
    except FileError:
        raise
    except Exception as error:  # a damaged file can raise anything
        raise FileError(path, f"is no readable HDF5 file: {reason(error)[:150]}", remedy=_AGAIN) from None


def hdf5_arrays(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Data sets of an HDF5 file.

    Raises:
        As `hdf5_file`, and FileError: one is missing.
    """
    with hdf5_file(path) as content:
        return {name: np.asarray(_named(path, content, name)[()]) for name in names}


def cdf_array(path: Path, name: str) -> NDArray[Any]:
    """A variable of a NASA CDF file.

    Raises:
        FileError: no such file, or the variable is missing.
        MissingPackageError: cdflib is not installed.
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_BYTES)
    cdflib = _package("cdflib", "cdflib", path)
    try:
        return np.asarray(cdflib.CDF(file).varget(name))
    except Exception as error:  # a damaged file can raise anything
        problem = f"is no readable CDF file: {reason(error)[:150]}"
        raise FileError(path, problem, field=name, remedy=_AGAIN) from None


def _package(module: str, package: str, path: Path) -> Any:
    try:
        return import_module(module)
    except ImportError:
        problem = f"reading it needs the package {package}, which is not installed; {install('datasets')}"
        raise MissingPackageError(f"{path}: {problem}") from None


def _named(path: Path, content: Mapping[str, Any], name: str) -> Any:
    if name not in content:
        known = [str(one) for one in content if not str(one).startswith("__")]
        raise FileError(path, f"is missing{closest(name, known)}", field=name, remedy=_AGAIN)
    return content[name]
