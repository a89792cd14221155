"""The published recipes, from small tables in the releases' formats to predictors."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from published_tables import posefix_table, posescript_table, small_distilbert, tiny

import poseloom
import poseloom.pose.sampler
from poseloom.base.errors import PoseloomError
from poseloom.training import Observer, Share, evaluate, fit


class KilledError(Exception):
    """Stands for a process that ends."""


PAIRS = ("pair_retrieval", "editing", "instruction")
ALL = ("retrieval", "generation", "captioning", *PAIRS)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Task -> folder of a table that it learns from."""
    folder = tmp_path_factory.mktemp("releases")
    poses, pairs = posescript_table(folder), posefix_table(folder)
    return {task: pairs if task in PAIRS else poses for task in ALL}


@pytest.fixture(scope="module")
def runs(tables, tmp_path_factory):
    """Task -> result of a whole run of its tiny published recipe."""
    folder = tmp_path_factory.mktemp("runs")
    results = {}
    for task in ALL:
        chosen, recipe = tiny(task, tables[task])
        results[task] = fit(chosen.build(recipe), recipe, folder / task)
    return results


@pytest.mark.parametrize("task", ALL)
def test_two_stages_are_trained_and_exported(runs, task):
    result = runs[task]
    assert set(result.stages) == {"pretrain", "finetune"} and result.model.exists()
    assert all(value == value for value in result.figures.values())


JUDGES = {
    "generation": {"judges.retrieval": "retrieval", "judges.retrieval_of_generated": "retrieval"},
    "editing": {"judges.retrieval": "retrieval"},
    "captioning": {"judges.retrieval": "retrieval", "judges.generation": "generation"},
    "instruction": {
        "judges.pair_retrieval": "pair_retrieval",
        "judges.editing": "editing",
        "judges.retrieval": "retrieval",
    },
}
RANKS = ["mrecall", "multimodality", "r_precision_1", "r_precision_1_mended"]
ERRORS = ["mpjpe", "mpjpe_top1", "mpjpe_best2", "mpvpe_top1", "geodesic"]
ELBO = ["elbo_jts", "elbo_vert", "elbo_rot"]
WORDS = ["bleu", "rouge_l", "meteor_es", "likelihood"]
EXPECTED = {
    "retrieval": [*RANKS, "text_to_pose_r1", "pose_to_text_r10"],
    "pair_retrieval": [*RANKS, "text_to_pair_r5", "pair_to_text_r1"],
    "generation": [*ELBO, *ERRORS, "fid", "mrecall_rg", "mrecall_gr"],
    "editing": [
        *ELBO,
        *ERRORS,
        "fid",
        "pose_similarity_elbo_jts",
        "pose_only_mpjpe",
        "text_only_geodesic_top1",
        "in_sequence_elbo_rot",
        "out_of_sequence_mpvpe",
    ],
    "captioning": [*WORDS, *ERRORS, "r_precision_2", "fid", "kld_a", "kld_b"],
    "instruction": [*WORDS, *ERRORS, "r_precision_3", "fid", "kld_a", "kld_b"],
}


@pytest.mark.parametrize("task", ALL)
@pytest.mark.parametrize("split", ["val", "test"])
def test_the_published_protocol_is_measured_on_a_split(tables, runs, task, split):
    judges = [(key, str(runs[name].model)) for key, name in JUDGES.get(task, {}).items()]
    chosen, recipe = tiny(task, tables[task], *judges)
    figures = evaluate(chosen.build(recipe), split, weights=runs[task].model)
    assert set(EXPECTED[task]) <= set(figures)
    assert all(value == value for value in figures.values())
    assert figures == evaluate(chosen.build(recipe), split, weights=runs[task].model)


def test_exported_models_are_opened_by_their_predictors(runs):
    pose = poseloom.pose.sampler.sample(3, seed=1)
    found = poseloom.load_model(runs["retrieval"].model).rank("The left arm is raised.", pose, k=2)
    assert len(found) == 2 and abs(found[0].score) <= 1
    assert poseloom.load_model(runs["pair_retrieval"].model).embed_pairs(pose, pose).vectors.shape == (3, 32)
    assert (
        len(poseloom.load_model(runs["generation"].model)._sample("The left arm is raised.", 2, torch.Generator())) == 2
    )
    assert len(poseloom.load_model(runs["captioning"].model).caption(pose)) == 3
    assert len(poseloom.load_model(runs["instruction"].model).instruct(pose[:2], pose[1:])) == 2
    edited = poseloom.load_model(runs["editing"].model)._sample(pose[:1], "Move the left arm", 2, torch.Generator())
    assert edited.rotations.shape == (2, 52, 3)


def test_a_run_that_was_stopped_goes_on_exactly(tables, tmp_path):
    chosen, recipe = tiny("retrieval", tables["retrieval"], ("engine.save_steps", "1"))

    class Stops(Observer):
        def stepped(self, step, logged):
            if step == 3:
                raise KilledError

    with pytest.raises(KilledError):
        fit(chosen.build(recipe), recipe, tmp_path / "stopped", observer=Stops())
    went_on = fit(chosen.build(recipe), recipe, tmp_path / "stopped")
    whole = fit(chosen.build(recipe), recipe, tmp_path / "whole")
    assert went_on.figures == whole.figures
    first, second = (load_file(run.model) for run in (went_on, whole))
    assert all(torch.equal(first[name], second[name]) for name in second)


@pytest.fixture(scope="module")
def distilbert(tmp_path_factory):
    return small_distilbert(tmp_path_factory.mktemp("distilbert") / "model")


def frozen(distilbert, features):
    return [
        ("model.text.encoder", "distilbertUncased"),
        ("model.text.weights", str(distilbert)),
        ("model.text.frozen_dropout", "false"),
        *([("data.features", str(features))] if features else []),
    ]


@pytest.mark.parametrize("task", ["retrieval", "editing"])
def test_kept_features_give_the_run_that_the_language_model_gives(tables, distilbert, tmp_path, task):
    results = []
    for name, features in (("computed", None), ("kept", tmp_path / "features")):
        chosen, recipe = tiny(task, tables[task], *frozen(distilbert, features))
        results.append(fit(chosen.build(recipe), recipe, tmp_path / name))
    computed, kept = results
    assert list((tmp_path / "features").glob("*/segment-*"))
    for name, value in computed.figures.items():
        assert kept.figures[name] == pytest.approx(value, rel=0.02, abs=0.02), name
    assert poseloom.load_model(kept.model).notes("the left arm is blue") == (
        "not known: blue",
    )  # by the model's pieces


def test_features_of_other_weights_are_never_taken_for_these(tables, distilbert, tmp_path):
    other = small_distilbert(tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    weights["transformer.layer.0.ffn.lin1.bias"] += 0.01
    save_file(weights, other / "model.safetensors")
    folders = []
    for name in (distilbert, other, distilbert):
        chosen, recipe = tiny("retrieval", tables["retrieval"], *frozen(name, tmp_path / "features"))
        learner = chosen.build(recipe)
        learner.items.maker(["the left arm is raised"])
        folders.append(learner.items.maker.cache.folder)
    assert folders[0] == folders[2] != folders[1]


def test_word_tables_begin_with_the_vectors_of_a_file(tables, tmp_path):
    glove = tmp_path / "glove.txt"
    glove.write_text("arm " + " ".join(["0.25"] * 300) + "\nelephant " + " ".join(["1"] * 300) + "\n")
    chosen, recipe = tiny("retrieval", tables["retrieval"], ("model.text.glove", str(glove)))
    learner = chosen.build(recipe)
    row = learner.model.text_encoder.embed.weight[learner.words.id_of("arm")]
    assert torch.equal(row, torch.full((300,), 0.25))
    assert not torch.equal(learner.model.text_encoder.embed.weight[learner.words.id_of("leg")], row)


def test_recall_of_real_poses_after_training_on_drawn_ones(tables, runs, tmp_path):
    """G/R: the same recipe with a generator in place of the table's poses."""
    chosen, recipe = tiny("retrieval", tables["retrieval"], ("data.generator", str(runs["generation"].model)))
    learner = chosen.build(recipe)
    share = Share(recipe.stages[0], 0, 5)
    batch = learner.batches(share)[(0, 0)]
    real = chosen.build(replace(recipe, data=replace(recipe.data, generator=""))).batches(share)[(0, 0)]
    assert torch.equal(batch.texts.tokens, real.texts.tokens)
    assert (batch.poses - real.poses).abs().amax((1, 2)).min() > 0.05
    again = learner.batches(share)[(0, 0)]
    assert torch.equal(batch.poses, again.poses)
    assert fit(learner, recipe, tmp_path / "gr").model.exists()


def test_from_the_command_line(command, tables, tmp_path):
    run = tmp_path / "run"
    said = command(
        "train",
        "pair_retrieval/published-tiny",
        "--data.table",
        tables["editing"],
        "--out",
        run,
        "--engine.loggers",
        "[]",
        "--stages.pretrain.steps",
        "2",
    )
    assert said[0] == 0, said
    status, out, _ = command("evaluate", run, "--split", "test", "--json")
    assert status == 0 and {"mrecall", "r_precision_1"} <= set(json.loads(out)["figures"])
    status, out, _ = command("evaluate", run / "model.safetensors", "--split", "test", "--json")
    assert status == 0
    status, _, err = command("evaluate", run, "--split", "tset")
    assert status == 2 and "no pairs" in err and "tset" in err
    assert command("models", "info", run / "model.safetensors")[0] == 0


@pytest.mark.parametrize(
    "task, key, value, expected",
    [
        ("retrieval", "data.table", "", "data.table is empty"),
        ("retrieval", "data.features", "f", "data.features has no effect with model.text.encoder glovebigru"),
        ("retrieval", "model.text.weights", "w", "model.text.weights has no effect"),
        ("retrieval", "stages.finetune.data.vocabulary", "w.txt", "data.vocabulary has no effect"),
        ("retrieval", "stages.finetune.data.table", "human-texts", "human-texts"),
        (
            "editing",
            "stages.finetune.data.sources",
            '["posefix-Z"]',
            "no pairs with .* posefix-Z texts",
        ),
        ("retrieval", "data.texts", '["humn"]', "human"),
        ("generation", "pose_lr_factors.finetun", "0.5", "did you mean 'finetune'"),
        ("instruction", "judges.retrieval", "x", "has no effect without judges.editing"),
        ("editing", "stages.finetune.data.copies", "1.5", "data.copies: expected a share"),
    ],
)
def test_values_that_cannot_work_are_refused_before_training(tables, task, key, value, expected):
    overrides = (
        [(key, value)]
        if key != "data.texts"
        else [(f"stages.{one}.data.texts", value) for one in ("pretrain", "finetune")]
    )
    with pytest.raises(PoseloomError, match=expected):
        chosen, recipe = tiny(task, tables[task], *overrides)
        chosen.build(recipe).batches(Share(recipe.stages[0], 0, 1))


def test_distilbert_needs_its_weights(tables):
    chosen, recipe = tiny("retrieval", tables["retrieval"], ("model.text.encoder", "distilbertUncased"))
    with pytest.raises(PoseloomError, match=r"model\.text\.weights is empty"):
        chosen.build(recipe)


@pytest.mark.parametrize(
    "task, values",
    [
        ("retrieval", [("model.text.encoder", "glovetransf"), ("model.text.pooling", "augtokens")]),
        ("captioning", [("model.decoder.mode", "prompt")]),
        ("instruction", [("model.fusion", "concat-mlp")]),
    ],
)
def test_other_encoders_decoders_and_fusions_are_trained_and_opened(tables, tmp_path, task, values):
    chosen, recipe = tiny(
        task, tables[task], *values, *((f"stages.{one}.steps", "1") for one in ("pretrain", "finetune"))
    )
    result = fit(chosen.build(recipe), recipe, tmp_path / "run")
    assert poseloom.load_model(result.model).card.sha256
    assert evaluate(chosen.build(recipe), "test", weights=result.model)


def test_a_model_brings_its_words_to_other_tables(tables, runs):
    """Evaluation on another table needs the words that the model was trained with."""
    words = ("data.vocabulary", str(runs["captioning"].model))
    chosen, recipe = tiny("captioning", tables["captioning"], words, ("stages.pretrain.data.texts", '["human"]'))
    assert evaluate(chosen.build(recipe), "test", weights=runs["captioning"].model)
    chosen, other = tiny("captioning", tables["captioning"], ("stages.pretrain.data.texts", '["human"]'))
    with pytest.raises(PoseloomError, match="does not fit the model"):
        evaluate(chosen.build(other), "test", weights=runs["captioning"].model)
