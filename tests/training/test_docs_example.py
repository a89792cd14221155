"""The examples of docs/training.md are whole tasks that train."""

import re
import sys
import types
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/training.md"


def test_the_examples_learn(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    module = types.ModuleType("docs_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # data classes look up their types there
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), module.__dict__)
    assert module.result.figures["error"] < 0.7
    assert module.result.model.exists()
    assert module.imitated.figures["apart"] < 0.3 and module.learner.store.filled.sum() > 990


def test_named_files_and_keys_exist():
    text = PAGE.read_text(encoding="utf-8")
    from dataclasses import fields

    from poseloom.training import Card, Engine, Stage
    from poseloom.training.recipe_files import types_of

    sections = "\n".join(line for line in text.splitlines() if line.startswith(("| `stages`", "| `engine`")))
    known = {field.name for kind in (Stage, Engine, Card) for field in fields(kind)}
    named = set(re.findall(r"`(\w+)`", sections)) - {"stages", "engine", "model", "data", "card"}
    assert named <= known and types_of(Stage)
