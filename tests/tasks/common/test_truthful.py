"""Sentences of models that cannot be read or are not true of the pose are left out."""

import torch

from poseloom.language import describe, instruct
from poseloom.language.lexicon.bodies import posed
from poseloom.pose.types import concatenate
from poseloom.tasks.common.truthful import truthful_captions, truthful_instructions

STANDING, RAISED = posed("standing").body(), posed("t-pose").body()


def one(pose):
    return pose.reshape(1)


def test_what_is_true_stays_and_what_is_false_or_broken_goes():
    good = "A person is standing. Both legs are straight."
    text = f"{good} Both arms are raised straight up. The knee is bent the, and is."
    assert truthful_captions([text], one(STANDING)) == [good]


def test_a_text_of_which_little_is_left_becomes_that_of_the_rules():
    made = truthful_captions(["The person is lying face down. Both arms are raised straight up."], one(STANDING))
    assert made == list(describe(one(STANDING), seed=0))


def test_each_text_is_held_against_its_own_pose():
    poses = concatenate([one(STANDING), one(RAISED)])
    text = "A person is standing. Both arms are stretched out to the sides, level with the shoulders."
    first, second = truthful_captions([text, text], poses)
    assert first == "A person is standing."
    assert second == text


def test_instructions_that_do_not_lead_there_are_left_out():
    first, second = one(STANDING), one(RAISED)
    right = str(instruct(first, second, seed=0)[0])
    assert truthful_instructions([f"{right} Kneel down on both knees."], first, second) == [right]
    assert truthful_instructions(["Kneel down on both knees."], first, second) == [right]


def test_turns_are_told_in_the_degrees_that_were_measured():
    quarter = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    told = truthful_instructions(["Turn about 120 degrees to your left."], one(STANDING), one(STANDING.turned(quarter)))
    assert told == ["Turn about 90 degrees to your left."]


def test_no_text_is_no_text():
    assert truthful_captions([], one(STANDING)[torch.zeros(0, dtype=torch.long)]) == []
