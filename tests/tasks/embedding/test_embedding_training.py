"""One space from a table to answers: trained, stopped, taken up again, measured, asked; and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "mesh_recovery"))

from people_tables import drawn_table

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.data import Table
from poseloom.pose.sampler import sample
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.embedding.head_predict import check_same_space
from poseloom.training import evaluate, fit
from poseloom.training.recipe_files import plain

QUIET = [("engine.loggers", "[]"), ("engine.accelerator", "cpu"), ("engine.save_steps", "1")]


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A table of 24 drawn people, its pictures, and a folder for features."""
    folder = tmp_path_factory.mktemp("people")
    table = drawn_table(folder, rows=24)
    return table, folder / "pictures" / "drawn", folder / "features"


def _recipe(name, people, *more):
    table, pictures, features = people
    data = [("data.table", str(table)), ("data.pictures", str(pictures)), ("data.features", str(features))]
    return open_recipe(f"embedding/{name}", [*QUIET, *data, *more])


@pytest.fixture(scope="module")
def space(people, tmp_path_factory):
    """A space that was trained for four steps, and what its run measured."""
    task, recipe = _recipe("tiny", people)
    result = fit(task.build(recipe), recipe, tmp_path_factory.mktemp("run") / "space")
    return result


class StoppedError(Exception):
    pass


def test_a_run_that_was_stopped_goes_on_exactly(people, space, tmp_path):
    task, recipe = _recipe("tiny", people)
    learner = task.build(recipe)
    whole, steps = learner.losses, []

    def stopping(batch):
        steps.append(batch)
        if len(steps) == 3:
            raise StoppedError
        return whole(batch)

    learner.losses = stopping
    with pytest.raises(StoppedError):
        fit(learner, recipe, tmp_path / "run")
    again = fit(task.build(recipe), recipe, tmp_path / "run")
    first, second = (load_model(one.model, "embedding").model.state_dict() for one in (space, again))
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default", "aligner"])
def test_the_recipes_of_the_shipped_models_run_from_a_table_to_an_answer(people, tmp_path, name):
    stages = open_recipe(f"embedding/{name}", QUIET)[1].stages
    few = [(f"stages.{stage.name}.{key}", "2") for stage in stages for key in ("steps", "batch_size")]
    task, recipe = _recipe(name, people, *few, *[(f"stages.{stage.name}.epochs", "0") for stage in stages])
    result = fit(task.build(recipe), recipe, tmp_path / "run")
    shipped = load_model("embedding", "embedding").card.recipe["model"] if name == "default" else {}
    assert {key: plain(recipe)["model"][key] for key in shipped} == shipped
    figures = evaluate(task.build(recipe), "val", weights=result.model)
    assert 0 <= figures["mrecall"] <= 100
    model = load_model(result.model, "embedding")
    assert model.embed(text="both arms raised", target="image").vectors.shape[0] == 1


def test_nine_types_of_questions_are_measured(people, space):
    task, recipe = _recipe("tiny", people)
    figures = evaluate(task.build(recipe), "val", weights=space.model)
    assert len([name for name in figures if name.endswith("_r1")]) == 9
    assert figures["mrecall"] == pytest.approx((figures["mrecall_single"] + figures["mrecall_dual"]) / 2)


def test_any_mixture_becomes_one_vector(people, space):
    table, pictures, _ = people
    model, rows = load_model(space.model, "embedding"), Table(table)
    picture = pictures / "0.png"
    pose, text = rows.poses([0]), "The person stands with both arms raised."
    box = [rows.pictures([0]).box[0].tolist()]
    alone = model.embed(image=picture, boxes=box).vectors
    mixed = model.embed(image=picture, text=text, boxes=box).vectors
    everything = model.embed(image=picture, pose=pose, text=text, boxes=box).vectors
    for found in (alone, mixed, everything, model.embed(text=text, target="image").vectors):
        torch.testing.assert_close(found.norm(dim=-1), torch.ones(1))
    assert not torch.allclose(alone, mixed)
    torch.testing.assert_close(model.collection("pose", pose).norm(dim=-1), torch.ones(1))


@pytest.mark.wrong_types
def test_what_a_model_cannot_take_is_refused(people, space):
    model = load_model(space.model, "embedding")
    with pytest.raises(PoseloomError, match="no modality is given; give at least one of image, pose, text"):
        model.embed()
    with pytest.raises(PoseloomError, match="expected as many of each modality"):
        model.embed(pose=sample(2, seed=0), text="one text")
    with pytest.raises(PoseloomError, match="nobody is found in it; give a box"):
        model.embed(image=torch.rand(3, 96, 96))
    other = type("Other", (), {"sha256": "0" * 64, "extras": {}})()
    stranger = type(model)(model.model, other)
    with pytest.raises(PoseloomError, match="vectors of two spaces cannot be compared"):
        check_same_space(type("Card", (), {"extras": {"representation_sha256": model.card.sha256}})(), stranger)
    wrong = type(model)(model.model, model.card)
    wrong.card.extras["encoder_digests"]["text"] = "f" * 64
    with pytest.raises(PoseloomError, match="text features were made by another encoder"):
        wrong.embed(text="arms up")


def test_a_modality_that_was_never_seen(people, tmp_path):
    task, recipe = _recipe("tiny", people, ("data.modalities", '["pose", "text"]'))
    model = load_model(fit(task.build(recipe), recipe, tmp_path / "two").model, "embedding")
    assert len(model.embed(text="arms up").vectors) == 1
    with pytest.raises(PoseloomError, match="has never seen the modality 'image'; it was trained on pose, text"):
        model.embed(image=torch.rand(3, 96, 96))


def test_bodies_from_one_space(people, space, tmp_path):
    stage = [("stages.train.epochs", "0"), ("stages.train.steps", "2"), ("stages.train.batch_size", "4")]
    task, recipe = _recipe("bodies", people, ("space", str(space.model)), *stage)
    result = fit(task.build(recipe), recipe, tmp_path / "bodies")
    figures = evaluate(task.build(recipe), "val", weights=result.model)
    assert {"image_pa_mpjpe", "text_pa_mpjpe", "image+text_pa_mpjpe"} <= set(figures)
    model = load_model(result.model, "embedding")
    assert model.estimate(text="arms up").rotations.shape == (1, 22, 3)


def test_a_table_is_needed_and_must_be_there():
    task, recipe = open_recipe("embedding/tiny", QUIET)
    with pytest.raises(PoseloomError, match=r"data.table is empty"):
        task.build(recipe).evaluate("val")
    task, recipe = open_recipe("embedding/tiny", [*QUIET, ("data.table", "nowhere")])
    with pytest.raises(FileError, match="is missing"):
        task.build(recipe).evaluate("val")
