"""PN-GAN's loss of identities: a network of the user's, in the layouts that such networks are saved in."""

from __future__ import annotations

import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.transfer.identities import Identities, open_identities
from poseloom.tasks.transfer.pairs import PairData, PairPictures


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Identities(6).eval()


def released(network, head="fc", prefix=""):
    """Torchvision's names, with a classifier under one name or another."""
    state = network.state_dict()
    named = {n.replace("trunk.", "").replace("head.", f"{head}."): value for n, value in state.items()}
    return {f"{prefix}{name}": value for name, value in named.items()}


@pytest.mark.parametrize(("head", "prefix", "wrapped"), [("fc", "", False), ("classifier", "module.", True)])
def test_layouts_of_the_files(network, head, prefix, wrapped, tmp_path):
    state = released(network, head, prefix)
    torch.save({"state_dict": state} if wrapped else state, tmp_path / "r.pth")
    opened = open_identities(str(tmp_path / "r.pth"), 1.0, 6)
    picture = torch.rand(2, 3, 64, 32) * 2 - 1
    torch.testing.assert_close(opened(picture), network(picture))
    assert not any(one.requires_grad for one in opened.parameters()) and not opened.training


def test_what_is_refused(network, tmp_path):
    assert open_identities("", 0.0, 6) is None
    with pytest.raises(PoseloomError, match=r"loss\.identities is empty"):
        open_identities("", 1.0, 6)
    torch.save(released(network), tmp_path / "r.pth")
    with pytest.raises(FileError, match="knows 6 people, but the training pairs show 7"):
        open_identities(str(tmp_path / "r.pth"), 1.0, 7)
    torch.save({"fc.weight": torch.zeros(6, 2048)}, tmp_path / "head.pth")
    with pytest.raises(FileError, match="holds no ResNet-50"):
        open_identities(str(tmp_path / "head.pth"), 1.0, 6)
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "trunk.pth")
    with pytest.raises(FileError, match="has no classifier of people"):
        open_identities(str(tmp_path / "trunk.pth"), 1.0, 6)


def test_who_is_not_known_costs_nothing(network):
    pictures = (torch.rand(2, 3, 64, 32) * 2 - 1).requires_grad_()
    unknown, first = torch.tensor([-1, -1]), torch.tensor([3, -1])
    assert network.loss(pictures, unknown).item() == 0
    expected = torch.nn.functional.cross_entropy(network(pictures[:1]), torch.tensor([3]))
    torch.testing.assert_close(network.loss(pictures, first), expected)


def test_pairs_tell_who_they_show(pairs):
    given = dict(pairs)
    data = PairData(table=given["data.table"], images=given["data.images"], height=64, width=32, flip=0)
    shown = PairPictures(data, "train")
    batch = shown.batch(shown.__getitems__(range(len(shown))))
    assert shown.people == 6 and sorted(set(batch.people.tolist())) == list(range(6))
    assert [name.partition("_")[0] for name in batch.source_names] == [str(one) for one in batch.people.tolist()]


def test_the_loss_moves_pngan(network, pairs, tmp_path):
    torch.save(released(network), tmp_path / "r.pth")
    sizes = [("model.base", "4"), ("model.blocks", "2"), ("model.judge_base", "4"), ("loss.perceptual", "0")]
    own = [("loss.identity", "1"), ("loss.identities", str(tmp_path / "r.pth"))]
    task, recipe = open_recipe("transfer/pngan-pairs", [*pairs, *sizes, *own])
    learner = task.build(recipe)
    (turn, *_) = learner.turns(recipe.stages[0])
    shown = PairPictures(recipe.data, "train")
    batch = shown.batch(shown.__getitems__(range(2)))
    losses = turn.losses(batch)
    made = learner.made(batch)
    torch.testing.assert_close(losses["identity"], learner.identities.loss(made, batch.people))
    losses["total"].backward()
    assert all(one.grad is None for one in learner.identities.parameters())
