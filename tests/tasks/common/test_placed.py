"""A network on another device is called as one on the CPU: what it takes goes there, what it gives comes back."""

from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from poseloom.checkpoints.registry import load_model
from poseloom.pose import sample
from poseloom.tasks.common.placed import Placed, moved

THERE, HERE = torch.device("meta"), torch.device("cpu")
Two = namedtuple("Two", "first second")


@dataclass(frozen=True)
class Parts:
    values: Tensor
    names: tuple[str, ...]
    inner: list[Tensor]


def test_tensors_move_wherever_they_stand():
    one = torch.zeros(2)
    value = {"a": [one, (one, 3)], "b": Two(one, "x"), "c": Parts(one, ("n",), [one])}
    found = moved(value, THERE)
    tensors = [found["a"][0], found["a"][1][0], found["b"].first, found["c"].values, found["c"].inner[0]]
    assert all(tensor.device == THERE for tensor in tensors)
    assert found["a"][1][1] == 3 and found["b"].second == "x" and found["c"].names == ("n",)
    assert moved(Normal(one, one + 1), THERE).mean.device == THERE
    assert all(tensor.device == THERE for tensor in moved(iter([one, one]), THERE))


def test_what_holds_no_tensor_stays_as_it_is():
    value = Two(1, "x")
    table = Parts("no tensor", (), [])
    assert moved(value, THERE) == value and moved(table, HERE) == table


class Asked(nn.Module):
    """Remembers where it was asked."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.inner = nn.Linear(1, 1)
        self.seen: list[torch.device] = []

    def forward(self, value: Tensor) -> Tensor:
        self.seen.append(value.device)
        return torch.zeros(1)

    def each(self, value: Tensor):
        for _ in range(2):
            self.seen.append(value.device)
            yield torch.zeros(1)


def test_every_way_to_call_a_module_moves_what_it_takes():
    module = Asked()
    placed = Placed(module, THERE)
    placed(torch.zeros(1))
    placed.forward(value=torch.zeros(1))
    list(placed.each(torch.zeros(1)))
    assert module.seen == [THERE] * 4 and module.weight.device == THERE
    assert isinstance(placed.inner, Placed) and placed.inner.in_features == 1


def _answers(name, model):
    poses = sample(2, seed=1).body()
    if name == "retrieval":
        return [*model.embed_texts(["standing"]).vectors, *model.embed_poses(poses).vectors]
    if name == "pair_retrieval":
        return [*model.embed_pairs(poses, poses).vectors]
    if name == "generation":
        return [model.generate("left hand up", 2).poses.rotations]
    if name == "editing":
        return [model.edit(poses[0], "raise the left arm", 2).poses.rotations]
    if name == "captioning":
        return list(model.caption(poses))
    if name == "instruction":
        return list(model.instruct(poses, poses.without_heading()))
    return [model.sign("\ue000\ue00e\ue020\ue03e", steps=2).keypoints.values]


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    "name", ["retrieval", "pair_retrieval", "generation", "editing", "captioning", "instruction", "sign"]
)
def test_every_shipped_model_answers_as_without_it(monkeypatch, name):
    model = load_model(name)
    expected = _answers(name, model)
    monkeypatch.setattr(model, "model", Placed(model.model, HERE))
    for found, known in zip(_answers(name, model), expected, strict=True):
        assert (
            found == known if isinstance(known, str) else torch.allclose(torch.as_tensor(found), torch.as_tensor(known))
        )
