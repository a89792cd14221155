import ast
import re
from pathlib import Path

import pytest

import poseloom.metrics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


@pytest.mark.parametrize("name", poseloom.metrics.__all__)
def test_every_public_name_exists_is_explained_and_stands_on_the_page(name):
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")
    value = getattr(poseloom.metrics, name)
    assert not callable(value) or value.__doc__


def test_the_page_names_nothing_that_does_not_exist():
    tables = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    functions = {name for line in tables for name in re.findall(r"`(\w+)`", line.rsplit("|", 2)[1])}
    assert functions <= set(poseloom.metrics.__all__)


def test_metrics_import_only_poses_and_errors():
    allowed = ("poseloom.pose", "poseloom.base.errors", "poseloom.base.lazy", "poseloom.metrics")
    for file in Path(poseloom.metrics.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("poseloom"):
                assert node.module.startswith(allowed), file.name
