"""The published recipes of one space, with encoders of the published sizes: a step each, stopped and resumed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "mesh_recovery"))

from people_tables import drawn_table
from released import write_released

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.converted import write_converted
from poseloom.checkpoints.registry import load_model
from poseloom.checkpoints.released import read_released
from poseloom.data import Table, describe_table, pair_table
from poseloom.nn.image.vit import PoseVit
from poseloom.tasks.common.recipes import open_recipe
from poseloom.training import evaluate, fit

QUIET = [("engine.loggers", "[]"), ("engine.accelerator", "cpu"), ("engine.save_steps", "1")]
SPACES = ("published", "published-mlp", "published-noheads", "published-aligner")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A table of twelve drawn people, described, in pairs with instructions; their pictures; features."""
    folder = tmp_path_factory.mktemp("people")
    table = drawn_table(folder, rows=12)
    describe_table(table)
    pair_table(table)
    return table, folder / "pictures" / "drawn", folder / "features"


def _data(people):
    table, pictures, features = people
    return [("data.table", str(table)), ("data.pictures", str(pictures)), ("data.features", str(features))]


def _short(recipe, steps):
    """The first stage alone, of few steps."""
    stage = replace(recipe.stages[0], epochs=0, steps=steps, batch_size=3)
    return replace(recipe, stages=[stage])


class StoppedError(Exception):
    pass


def _fit_stopped_and_resumed(task, recipe, folder):
    """A run of two steps that is killed in the second and goes on."""
    learner = task.build(recipe)
    whole, seen = learner.losses, []

    def stopping(batch):
        seen.append(batch)
        if len(seen) == 2:
            raise StoppedError
        return whole(batch)

    learner.losses = stopping
    with pytest.raises(StoppedError):
        fit(learner, recipe, folder)
    return fit(task.build(recipe), recipe, folder)


def _same(first, second):
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def _made_up_pieces(folder):
    """A vocabulary of BERT's size with its marks in their places."""
    marks = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
    path = folder / "vocab.txt"
    path.write_text("\n".join(marks.get(place, f"word{place}") for place in range(30_522)) + "\n")
    return path


@pytest.fixture(scope="module")
def encoders(tmp_path_factory):
    """Files of the frozen encoders with made-up weights of the published shapes."""
    folder = tmp_path_factory.mktemp("encoders")
    torch.manual_seed(0)
    torch.save(
        {"network": {f"module.encoder.{k}": v for k, v in PoseVit().state_dict().items()}}, folder / "vit.pth.tar"
    )
    _made_up_pieces(folder)
    named = [("encoders.image_weights", str(folder / "vit.pth.tar"))]
    for modality, case in (("pose", "posevae"), ("text", "posetext")):
        path = folder / f"{case}.safetensors"
        write_converted(read_released(write_released(f"embroider/{case}", folder)), path)
        named.append((f"encoders.{modality}_weights", str(path)))
    return named


@pytest.mark.slow
@pytest.mark.parametrize("name", SPACES)
def test_a_published_space_takes_a_step_and_is_taken_up_again(people, encoders, tmp_path, name):
    task, recipe = open_recipe(f"embedding/{name}", [*QUIET, *_data(people), *encoders])
    assert recipe.quirks.moving_encoders
    learner = task.build(replace(recipe, stages=[replace(recipe.stages[0], epochs=0, steps=1, batch_size=3)]))
    before = {key: value.clone() for key, value in learner.model.state_dict().items()}
    result = fit(learner, learner.recipe, tmp_path / "run")
    after = load_model(result.model, "embedding").model.state_dict()
    assert any(not torch.equal(value, after[key]) for key, value in before.items())


@pytest.mark.slow
def test_a_published_space_on_kept_features_resumes_exactly(people, encoders, tmp_path):
    task, recipe = open_recipe(
        "embedding/published", [*QUIET, *_data(people), *encoders, ("quirks.moving_encoders", "false")]
    )
    recipe = _short(recipe, 2)
    whole = fit(task.build(recipe), recipe, tmp_path / "whole").model
    again = _fit_stopped_and_resumed(task, recipe, tmp_path / "again").model
    _same(*(load_model(one, "embedding").model.state_dict() for one in (whole, again)))
    assert 0 <= evaluate(task.build(recipe), "val", weights=whole)["mrecall"] <= 100


@pytest.fixture(scope="module")
def space(people, tmp_path_factory):
    task, recipe = open_recipe("embedding/tiny", [*QUIET, *_data(people)])
    return fit(task.build(recipe), recipe, tmp_path_factory.mktemp("space") / "run").model


def test_bodies_as_published_resume_exactly(people, space, tmp_path):
    task, recipe = open_recipe("embedding/published-bodies", [*QUIET, *_data(people), ("space", str(space))])
    recipe = _short(recipe, 2)
    whole = fit(task.build(recipe), recipe, tmp_path / "whole").model
    again = _fit_stopped_and_resumed(task, recipe, tmp_path / "again").model
    _same(*(load_model(one, "embedding").head.state_dict() for one in (whole, again)))


def test_instructions_are_learned_and_said(people, space, tmp_path):
    sizes = [("model.width", "16"), ("model.layers", "1"), ("model.heads", "2"), ("model.feed_forward", "16")]
    task, recipe = open_recipe("embedding/instructions", [*QUIET, *_data(people), *sizes, ("space", str(space))])
    recipe = replace(_short(recipe, 2), longest=12)
    whole = fit(task.build(recipe), recipe, tmp_path / "whole").model
    again = _fit_stopped_and_resumed(task, recipe, tmp_path / "again").model
    opened = [load_model(one, "embedding") for one in (whole, again)]
    _same(*(one.head.state_dict() for one in opened))
    poses = Table(people[0]).poses([0, 1])
    told = opened[0].instruct({"pose": poses[:1]}, {"pose": poses[1:]})
    assert len(told) == 1 and isinstance(told[0], str)
    figures = evaluate(task.build(recipe), "val", weights=whole)
    asked = {name.removesuffix("_bleu") for name in figures if name.endswith("_bleu")}
    assert asked == {"pose_to_pose", "image_to_image", "pose_to_image", "image_to_pose", "image+pose_to_image+pose"}
    with pytest.raises(PoseloomError, match="not texts"):
        fit(task.build(replace(recipe, inputs=["text"])), replace(recipe, inputs=["text"]), tmp_path / "texts")


@pytest.mark.slow
def test_the_published_instructions_say_word_pieces(people, space, tmp_path):
    pieces = _made_up_pieces(tmp_path)
    more = [("space", str(space)), ("pieces", str(pieces))]
    task, recipe = open_recipe("embedding/published-instructions", [*QUIET, *_data(people), *more])
    recipe = replace(_short(recipe, 1), longest=8)
    model = load_model(fit(task.build(recipe), recipe, tmp_path / "run").model, "embedding")
    assert model.head.config.decoder.words == 30_522
