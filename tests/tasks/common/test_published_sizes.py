"""The published recipes are the released ones: sizes, stages, rates."""

import pytest

from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.nn.text.vocabulary import SPECIAL_WORDS, Vocabulary
from poseloom.tasks.captioning.published import DescriptionGeneratorConfig
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.editing.published import PoseBGeneratorConfig
from poseloom.tasks.generation.published import CondTextPoserConfig
from poseloom.tasks.instruction.published import FeedbackGeneratorConfig
from poseloom.tasks.pair_retrieval.published import PairTextConfig
from poseloom.tasks.retrieval.published import PoseTextConfig

AUTOMATIC, HUMAN, BOTH = ["automatic"], ["human"], ["human", "paraphrase"]
RELEASED = {
    "retrieval": [(1000, 512, 2e-4, 0, 20, AUTOMATIC), (200, 32, 2e-4, 0, 1, HUMAN)],
    "pair_retrieval": [(400, 128, 5e-5, 0, 20, AUTOMATIC), (50, 128, 5e-5, 0, 1, HUMAN)],
    "generation": [(5000, 128, 1e-5, 1e-4, 20, AUTOMATIC), (2000, 128, 1e-5, 1e-4, 10, HUMAN)],
    "editing": [(5000, 128, 1e-5, 1e-4, 20, AUTOMATIC), (5000, 128, 1e-6, 1e-5, 20, BOTH)],
    "captioning": [(3000, 128, 1e-4, 1e-4, 20, AUTOMATIC), (2000, 128, 1e-5, 1e-4, 20, HUMAN)],
    "instruction": [(3000, 128, 1e-4, 1e-4, 20, AUTOMATIC), (2000, 128, 1e-5, 1e-4, 20, HUMAN)],
}
"""Epochs, batch, rate, decay, epochs between validations, texts; of automatic texts, then of people's."""


@pytest.mark.parametrize("task", RELEASED)
def test_stages_are_the_released_ones(task):
    _, recipe = open_recipe(f"{task}/published")
    found = [
        (
            one.epochs,
            one.batch_size,
            one.optimizer.lr,
            one.optimizer.weight_decay,
            one.validate_every,
            one.data["texts"],
        )
        for one in recipe.stages
    ]
    assert found == RELEASED[task]
    assert [one.data.get("flip", False) for one in recipe.stages] == [False, True]
    for stage in recipe.stages:
        assert stage.optimizer.name == "adam" and stage.schedule.name == "constant"
        assert stage.clip == stage.ema == stage.schedule.warmup == 0 and stage.accumulate == 1


@pytest.mark.parametrize("task", RELEASED)
def test_sizes_are_those_of_the_released_weights(task):
    _, recipe = open_recipe(f"{task}/published")
    model, text = recipe.model, TextEncoderChoice()
    if hasattr(model, "text"):
        assert (model.text.encoder, model.text.pooling, model.text.frozen_dropout) == (
            "distilbertUncased",
            "avgp",
            True,
        )
        made = {
            "retrieval": lambda: (PoseTextConfig(model.latent, model.joints, text), PoseTextConfig()),
            "pair_retrieval": lambda: (PairTextConfig(model.latent, model.joints, text), PairTextConfig()),
            "generation": lambda: (CondTextPoserConfig(model.latent, model.joints, text), CondTextPoserConfig()),
            "editing": lambda: (
                PoseBGeneratorConfig(model.latent, model.text_latent, model.joints, model.fusion, text),
                PoseBGeneratorConfig(),
            ),
        }[task]()
    else:
        words = {"captioning": 2158, "instruction": 2374}[task]
        decoder = model.decoder.config(Vocabulary((*SPECIAL_WORDS, *map(str, range(words - 4)))))
        made = {
            "captioning": lambda: (
                DescriptionGeneratorConfig(model.latent, model.joints, model.decoder.kind, decoder),
                DescriptionGeneratorConfig(),
            ),
            "instruction": lambda: (
                FeedbackGeneratorConfig(model.latent, model.joints, model.fusion, model.decoder.kind, decoder),
                FeedbackGeneratorConfig(),
            ),
        }[task]()
    assert made[0] == made[1]


def test_weights_of_the_losses_and_slow_modules_are_the_released_ones():
    generation, editing = (open_recipe(f"{task}/published")[1] for task in ("generation", "editing"))
    loss = generation.loss
    assert [value for _, value in loss.reconstruction.items()] == [4, 2, 2]
    assert (loss.divergence, loss.pose_prior, loss.text_prior) == (0.1, 0.01, 0.01)
    assert [value for _, value in editing.loss.reconstruction.items()] == [1, 1, 1]
    assert (editing.loss.floor, editing.loss.pose_prior, editing.data.copies) == (10, 0, 0)
    assert generation.pose_lr_factors == editing.pose_lr_factors == {"finetune": 0.1}
    assert generation.protocol.samples == editing.protocol.samples == 30
    for task in ("retrieval", "pair_retrieval", "captioning", "instruction"):
        protocol = open_recipe(f"{task}/published")[1].protocol
        assert (protocol.pool, protocol.repetitions) == (32, 10)
