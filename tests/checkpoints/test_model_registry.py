"""Models by name and by path."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints import registry

METHODS = {
    "retrieval": "embed_poses",
    "pair_retrieval": "embed_pairs",
    "generation": "generate",
    "editing": "edit",
    "captioning": "caption",
    "instruction": "instruct",
}


@pytest.mark.parametrize("task", METHODS)
def test_every_task_has_a_model_that_can_be_called(tiny_models, task):
    model = poseloom.load_model(tiny_models[task])
    assert model.task == model.card.task == task and callable(getattr(model, METHODS[task]))
    assert poseloom.load_model(str(tiny_models[task])) is model  # from memory


def test_shipped_models_are_found_by_name(tiny_models, monkeypatch):
    monkeypatch.setattr(registry, "WEIGHTS", tiny_models.folder)
    assert registry.load_model("generation").card.figures == {"made_up": 12.5}
    assert [model.name for model in registry.shipped_models() if model.card] == [
        *METHODS,
        "sign",
        "lifting",
        "mesh_recovery",
    ]
    poses = poseloom.generate("both arms raised", n=2, seed=3).poses
    again = poseloom.load_model("generation").generate("both arms raised", 2, 3).poses
    assert torch.equal(poses.rotations, again.rotations)


def test_a_name_without_a_model_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "WEIGHTS", tmp_path)
    with pytest.raises(PoseloomError, match="not in this installation; train it"):
        registry.load_model("generation")
    assert not any(model.card for model in registry.shipped_models())


def test_names_that_nothing_has():
    with pytest.raises(PoseloomError, match="did you mean 'generation'"):
        registry.load_model("generaton")


def test_files_that_are_no_models(tiny_models, tmp_path):
    cases = {"a.pth": "models import", "b.ckpt": "checkpoint of a training", "c.npz": "is no model"}
    for name, message in cases.items():
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(FileError, match=message):
            registry.load_model(tmp_path / name)
    (tmp_path / "d.safetensors").write_bytes(b"nothing")
    with pytest.raises(FileError, match="has no card"):
        registry.load_model(tmp_path / "d.safetensors")


def test_models_that_are_damaged_or_of_another_task(tiny_models, tmp_path):
    with pytest.raises(FileError, match="is of task 'generation', expected 'editing'"):
        registry.load_model(tiny_models["generation"], "editing")
    path = tmp_path / "cut.safetensors"
    path.write_bytes(tiny_models["generation"].read_bytes()[:-100])
    card = json.loads(tiny_models["generation"].with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(FileError, match="cut off"):
        registry.load_model(path)
    path.write_bytes(tiny_models["generation"].read_bytes())
    path.with_suffix(".json").write_text(json.dumps({**card, "task": "sculpture"}))
    with pytest.raises(FileError, match="'sculpture'"):
        registry.load_model(path)


def test_a_changed_file_is_read_again(tiny_models, tmp_path):
    path = tmp_path / "model.safetensors"
    for task in ("generation", "editing"):
        path.write_bytes(tiny_models[task].read_bytes())
        path.with_suffix(".json").write_bytes(tiny_models[task].with_suffix(".json").read_bytes())
        assert registry.load_model(path).task == task


def test_nothing_of_training_is_loaded_to_predict(tiny_models):
    code = (
        "import sys, poseloom; "
        f"poseloom.load_model({str(tiny_models['generation'])!r}).generate('arms raised', 1); "
        "print([name for name in ('lightning', 'jsonargparse', 'tensorboard', 'pyarrow', 'tokenizers') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python keeps overloads from 3.11 on")
@pytest.mark.skipif("POSELOOM_SHAPES" in os.environ, reason="wrapped by checks, overloads take each other's place")
@pytest.mark.parametrize("name", registry.shipped_names())
def test_type_checkers_know_a_model_by_its_name_and_by_its_task(tiny_models, name):
    from typing import get_overloads

    kinds = [kind.__name__ for kind in type(poseloom.load_model(tiny_models[name])).__mro__]
    named = [one.__annotations__ for one in get_overloads(registry.load_model)]
    for key in ("model", "task"):
        found = [one["return"] for one in named if one[key].startswith(f"Literal['{name}']")]
        assert found and set(found) <= set(kinds)
