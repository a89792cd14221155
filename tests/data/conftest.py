import hashlib
import shutil

import pytest
from numbered import Numbered

from poseloom.data import Table, prepare


@pytest.fixture(scope="session")
def numbered(tmp_path_factory):
    """Folder of a table of 100 rows in shards of 10, row n with the number n in it. Do not change it."""
    folder = tmp_path_factory.mktemp("numbered") / "table"
    prepare(Numbered(), folder)
    return folder


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
