"""Helpers shared by all tests: golden cases of the original systems, real files when they are there."""

from __future__ import annotations

import json
import os
from pathlib import Path

# Before anything imports torch. With more threads, a process that a test forks would wait for those it does not have.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

SHAPES = "POSELOOM_SHAPES"
"""Set to 1, the tests check the types and shapes of every call into poseloom: see `shape_checks`."""

if os.environ.get(SHAPES):
    import shape_checks

    shape_checks.install()

from poseloom.cli.main import main  # noqa: E402 - behind the hook, which sees only what is imported after it

# No deadlines: a busy machine is no failure. CI draws the same examples each time, so that a change is judged by
# itself; elsewhere new examples are tried in every run.
settings.register_profile("everywhere", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "everywhere")

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _types_are_checked(request):
    """Where types are checked at all, not in a test that hands in wrong ones on purpose."""
    if not os.environ.get(SHAPES) or request.node.get_closest_marker("wrong_types") is None:
        yield
        return
    with shape_checks.unchecked():
        yield


@pytest.fixture(scope="session")
def golden():
    """golden("posecodes/poses") -> (case.json as a dict, arrays of case.npz)."""

    def load(name: str) -> tuple[dict, dict[str, np.ndarray]]:
        folder = GOLDEN / name
        arrays = dict(np.load(folder / "case.npz")) if (folder / "case.npz").exists() else {}
        return json.loads((folder / "case.json").read_text()), arrays

    return load


@pytest.fixture(scope="session")
def shared_data():
    """shared_data("bvh") -> folder of real files; the test is skipped, with a message, where they are absent."""

    def folder(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"real data is not here: ../shared/data/{name}")
        return path

    return folder


@pytest.fixture
def command(capsys):
    """command("describe", file) -> (status, stdout, stderr)."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        return (status or 0, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory):
    """Task -> path of an exported tiny model with its first weights."""
    from tiny_models import TinyModels

    return TinyModels(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def described(tmp_path_factory):
    """Folder of a table of 1,100 procedural poses in two shards, with descriptions and pairs. Do not change it."""
    from poseloom.data import describe_table, pair_table, prepare
    from poseloom.data.sources.procedural import Procedural

    folder = tmp_path_factory.mktemp("described") / "table"
    prepare(Procedural(1100, shard_rows=1024), folder)
    describe_table(folder)
    pair_table(folder)
    return folder


@pytest.fixture(scope="session")
def numbered(tmp_path_factory):
    """Folder of a table of 100 rows in shards of 10, row n with the number n in it. Do not change it."""
    from numbered import Numbered
    from poseloom.data import prepare

    folder = tmp_path_factory.mktemp("numbered") / "table"
    prepare(Numbered(), folder)
    return folder
