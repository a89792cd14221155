import hashlib
import shutil

import pytest

from poseloom.data import Table


@pytest.fixture
def table(numbered):
    return Table.open(numbered)


@pytest.fixture
def copy(numbered, tmp_path):
    """A copy of the numbered table that may be damaged."""
    return shutil.copytree(numbered, tmp_path / "copy")


@pytest.fixture(scope="session")
def content():
    """content(folder) -> checksum of every file of a table, without the builder's own folder."""

    def read(folder):
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        names = {path.relative_to(folder).as_posix(): path for path in files}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in names.items()
            if not name.startswith(".build/")
        }

    return read


@pytest.fixture
def data(command):
    """data("info", table) -> (status, stdout, stderr) of ``poseloom data``."""
    return lambda *arguments: command("data", *arguments)
