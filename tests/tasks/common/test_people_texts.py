"""Texts by people among those by rule, in recipes of every text-pose model."""

from dataclasses import replace

import pytest
import torch
from published_tables import posefix_table, posescript_table

from poseloom.base.errors import PoseloomError
from poseloom.language.description.phrases import swap_sides
from poseloom.pose.types import Pose
from poseloom.tasks import task
from poseloom.tasks.common.people_texts import PeopleTexts
from poseloom.tasks.common.stage_data import stage_data
from poseloom.training import Stage
from tiny_models import tiny_recipe


@pytest.fixture(scope="module")
def poses(tmp_path_factory):
    return str(posescript_table(tmp_path_factory.mktemp("posescript")))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return str(posefix_table(tmp_path_factory.mktemp("posefix")))


def blank(count):
    return (Pose(torch.zeros(count, 22, 3)),), [""] * count


def test_a_share_of_the_examples_is_what_people_wrote_of_their_own_poses(poses):
    people = PeopleTexts([poses], pairs=False)
    (own,), written = people.rows
    assert len(own) == len(written) == 24 and all(len(texts) == 2 for texts in written)  # train, none by rule
    (seen,), texts = people.among(*blank(400), 0.5, 3)
    told = [place for place, text in enumerate(texts) if text]
    assert 150 < len(told) < 250
    both = torch.cat([own.rotations, own.mirror().rotations])
    for place in told[:40]:
        row = int((both - seen.rotations[place]).abs().amax((1, 2)).argmin())
        said = texts[place] if row < 24 else swap_sides(texts[place])
        assert said in written[row % 24]
    assert not seen.rotations[[place for place in range(400) if place not in told]].any()


def test_the_same_seed_chooses_the_same(poses):
    people = PeopleTexts([poses], pairs=False)
    first, second, other = (people.among(*blank(30), 0.5, seed) for seed in (1, 1, 2))
    assert first[1] == second[1] != other[1]
    assert torch.equal(first[0][0].rotations, second[0][0].rotations)


def test_pairs_come_with_their_instructions(pairs):
    (first, second), texts = PeopleTexts([pairs], pairs=True).rows
    assert len(first) == len(second) == len(texts) > 10
    assert all(text.startswith("Your") for written in texts for text in written)


def test_a_table_without_people_is_refused(pairs):
    for tables in ([], [pairs]):
        with pytest.raises(PoseloomError, match="no descriptions by people"):
            _ = PeopleTexts(tables, pairs=False).rows


@pytest.mark.parametrize("name", ["retrieval", "generation", "captioning", "editing", "instruction"])
def test_two_stages_learn_from_rules_first_and_then_from_people(name, poses, pairs):
    table = pairs if name in ("editing", "instruction") else poses
    recipe = tiny_recipe(name)
    stages = [Stage(name="rules", steps=1), Stage(name="people", steps=1, data={"human_texts": 1.0})]
    recipe = replace(recipe, data=replace(recipe.data, tables=[table], vocabulary_texts=300), stages=stages)
    learner = task(name).build(recipe)
    assert {"lowered", "stretched"} <= set(learner.words.words)
    by_rule = learner.told(1, 12, stage_data(recipe, recipe.stages[0]))[1]
    by_people = learner.told(1, 12, stage_data(recipe, recipe.stages[1]))[1]
    begin = ("The left", "The right", "Your left", "Your right", "")
    assert all(text.startswith(begin) and len(text) < 50 for text in by_people)
    assert any(len(text) > 50 for text in by_rule)
    assert learner.batch(*learner.told(1, 4, stage_data(recipe, recipe.stages[1])), 1) is not None
