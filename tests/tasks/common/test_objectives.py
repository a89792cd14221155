"""Each objective can be followed: its losses fall on fixed examples, and rise where its gradient is turned round."""

from dataclasses import fields, is_dataclass

import pytest
import torch

from poseloom.tasks import TASKS, task
from poseloom.training import Share
from poseloom.training.feed import on_device
from tiny_models import tiny_recipe

PICTURED = {"embedding", "mesh_recovery", "transfer"}
"""They learn from tables of pictures, which their own tests make."""
STEPS = 20
RATE = 2e-3
PARTS = {
    "generation": ("rotation", "geometry", "classifier"),
    "editing": ("rotation", "moves", "classifier"),
    "sign": ("place", "length"),
}
"""Losses that must fall besides the total, so that none of them is left out of it."""


@pytest.fixture(scope="module", params=[name for name in TASKS if name not in PICTURED])
def ready(request):
    """(name, learner at its first weights, one fixed batch)."""
    recipe = tiny_recipe(request.param, batch_size=16, data={})
    learner = task(request.param).build(recipe)
    learner.train()
    learner.begin(recipe.stages[-1])
    batch = learner.batches(Share(recipe.stages[-1], 0, 5))[0, 0]
    first = {name: value.clone() for name, value in learner.state_dict().items()}
    return request.param, learner, batch, first


def losses_of(learner, batch):
    """The same noise each time."""
    torch.manual_seed(7)
    return learner.losses(batch)


def followed(ready, sign):
    """Losses before and after some steps down (1) or up (-1) the gradient of the total."""
    _, learner, batch, first = ready
    learner.load_state_dict(first)
    optimizer = torch.optim.Adam(learner.parameters(), lr=RATE)
    before = {name: value.item() for name, value in losses_of(learner, batch).items()}
    for _ in range(STEPS):
        optimizer.zero_grad()
        (sign * losses_of(learner, batch)["total"]).backward()
        optimizer.step()
    return before, {name: value.item() for name, value in losses_of(learner, batch).items()}


def test_the_losses_fall_on_fixed_examples(ready):
    before, after = followed(ready, 1)
    assert 0 < after["total"] < 0.9 * before["total"]
    for part in PARTS.get(ready[0], ()):
        assert after[part] < 0.97 * before[part], part


def test_they_rise_where_the_gradient_is_turned_round(ready):
    before, after = followed(ready, -1)
    assert after["total"] > 1.1 * before["total"]


def test_a_batch_names_its_fields_and_depends_on_its_place_alone(ready):
    name, learner, batch, _ = ready
    assert is_dataclass(batch) and type(batch).__dataclass_params__.frozen
    again = on_device(learner.batches(Share(learner.recipe.stages[-1], 0, 5))[0, 0], torch.device("cpu"))
    other = learner.batches(Share(learner.recipe.stages[-1], 0, 5))[0, 1]
    for field in fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(value, getattr(again, field.name), rtol=0, atol=0, equal_nan=True)
            assert len(value) in (16, 32), (name, field.name)
    first = "values" if name == "sign" else fields(batch)[0].name
    a, b = getattr(batch, first), getattr(other, first)
    assert a.shape != b.shape or not torch.equal(a, b)


def test_texts_come_to_their_own_poses(ready):
    """A contrastive loss of negative scores falls as well, the wrong way."""
    name, learner, batch, _ = ready
    if not hasattr(learner, "embedded"):
        pytest.skip(f"{name} has no space of texts and poses")
    followed(ready, 1)
    with torch.no_grad():
        found = learner.embedded(batch)
    scores = found.texts @ found.items.T
    assert scores.diagonal().mean() > scores.mean() + 0.1
