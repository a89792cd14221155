"""The examples run as they stand: scripts as a user starts them, the notebook cell by cell."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTEBOOK = EXAMPLES / "quickstart.ipynb"
ARGUMENTS = {
    "coach.py": ["walk.bvh", "0", "squats.bvh", "30"],
    "describe_motion.py": ["walk.bvh"],
}
"""Of each script, as its first lines tell."""


def test_every_script_is_tried():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(ARGUMENTS)


@pytest.fixture
def motions(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("walk.bvh", "squats.bvh"):
        assert command("sample", name)[0] == 0
    return tmp_path


@pytest.mark.parametrize("script", ARGUMENTS)
def test_script_runs(script, motions):
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *ARGUMENTS[script]],
        cwd=motions,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    if script == "coach.py":
        assert "squat" in ran.stdout or "knee" in ran.stdout
        assert Image.open(motions / "coach.png").width > 384
    else:
        lines = ran.stdout.splitlines()
        assert [line.split(":")[0] for line in lines] == [f"{second} s" for second in range(4)]


def _cells():
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_notebook_runs_cell_by_cell(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names: dict[str, object] = {}
    code = ["".join(cell["source"]) for cell in _cells() if cell["cell_type"] == "code"]
    shown = [_value_of(source, names) for source in code]
    pictures = [value for value in shown if isinstance(value, Image.Image)]
    assert len(pictures) == 5 and all(picture.getcolors(1000) is None for picture in pictures)
    assert shown[-1] == ["index", "kneeling.npz", "kneeling.png", "walk.bvh", "walk.glb"]


def test_notebook_stores_no_outputs():
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in _cells() if "outputs" in cell)
    assert NOTEBOOK.stat().st_size < 20_000


def _value_of(source: str, names: dict[str, object]) -> object:
    """Run a cell; what its last line is worth, as a notebook shows it."""
    *rest, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        exec(source, names)
        return None
    exec(compile(ast.Module(rest, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
