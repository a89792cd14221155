import json
from dataclasses import replace

import pytest
import torch
from toy import TASK, ToyLearner

from poseloom.base.errors import FileError
from poseloom.training import Card, evaluate, export_model, fit, read_card, read_model
from poseloom.training.export import card_path

CARD = Card(summary="draws sines", licence="CC0-1.0", attribution="Thanks to Hipparchus.", limits="knows no cosines")


@pytest.fixture
def exported(recipe, tmp_path):
    learner = TASK.build(replace(recipe, card=CARD))
    export_model(learner, learner.recipe, tmp_path / "model.safetensors", {"error": 0.5})
    return learner, tmp_path / "model.safetensors"


def test_card_and_weights_come_back(exported):
    learner, path = exported
    card, weights = read_model(path, "toy")
    assert (card.task, card.name, card.figures, card.card) == ("toy", "tiny", {"error": 0.5}, CARD)
    assert card.parameters == sum(p.numel() for p in learner.model.parameters())
    assert card.recipe["stages"][1]["data"] == {"phase": 0.5}
    torch.testing.assert_close(weights, dict(learner.model.state_dict()), rtol=0, atol=0)


def test_half_precision_halves_the_file_but_keeps_large_numbers(recipe, with_engine, tmp_path):
    learner = TASK.build(recipe)
    learner.model[0].bias.data[0] = 1e6
    export_model(learner, with_engine(recipe, export="fp16"), tmp_path / "model.safetensors", {})
    _, weights = read_model(tmp_path / "model.safetensors")
    assert weights["0.bias"][0] == 1e6 and weights["0.weight"].dtype == torch.float32
    torch.testing.assert_close(weights["0.weight"], learner.model[0].weight.detach(), rtol=1e-3, atol=1e-4)


def test_what_the_model_needs_besides_travels_in_the_card(recipe, tmp_path):
    class WithWords(ToyLearner):
        def extras(self):
            return {"words": ["raise", "lower"]}

    export_model(WithWords(recipe), recipe, tmp_path / "model.safetensors", {})
    assert read_card(tmp_path / "model.safetensors").extras == {"words": ["raise", "lower"]}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-8]), "sha256: does not match its card"),
        (lambda path: card_path(path).write_text("{}"), "is not a model card"),
        (lambda path: card_path(path).write_text("not json"), "is not a model card"),
        (lambda path: card_path(path).write_text(json.dumps(["a"])), "is not a model card"),
        (lambda path: card_path(path).unlink(), "does not exist"),
        (lambda path: path.unlink(), "does not exist"),
    ],
)
def test_damage_is_told(exported, spoil, message):
    spoil(exported[1])
    with pytest.raises(FileError, match=message):
        read_model(exported[1])


def test_a_model_of_another_task_is_refused(exported):
    with pytest.raises(FileError, match="is of task 'toy', expected 'editing'"):
        read_model(exported[1], "editing")


def test_checkpoint_and_exported_model_measure_alike(recipe, tmp_path):
    result = fit(TASK.build(recipe), recipe, tmp_path / "run")
    for weights in (result.model, tmp_path / "run/checkpoints/best-finetune.ckpt"):
        assert evaluate(TASK.build(recipe), weights=weights) == result.figures


def test_a_last_checkpoint_is_measured_by_its_average(recipe, tmp_path):
    averaged = replace(recipe, stages=recipe.stages[:1])
    result = fit(TASK.build(averaged), averaged, tmp_path / "run")
    last = evaluate(TASK.build(averaged), weights=tmp_path / "run/checkpoints/last.ckpt")
    assert last == result.figures  # the error falls, so that the last are the best
