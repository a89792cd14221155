"""HMR 2.0: its head by hand, its names, a file in the layout of its release, and what it cuts out."""

import math

import pytest
import torch
from torch.nn import functional

from poseloom.nn.image import backbones
from poseloom.nn.image.vit import VIT_H, PoseVit, VitSizes
from poseloom.tasks.mesh_recovery import released
from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork
from poseloom.tasks.mesh_recovery.networks.choice import NetworkChoice, build_network
from poseloom.tasks.mesh_recovery.networks.hmr2 import HEADS, TokenHead

SMALL = VitSizes(64, 2, 4)


@pytest.fixture(autouse=True)
def _without_gradients():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def attended(query, key, value):
    """Attention written out: (n, h d), (m, h d), (m, h d) -> (n, h d)."""
    query, key, value = (part.reshape(len(part), HEADS, -1) for part in (query, key, value))
    scores = torch.einsum("nhd,mhd->hnm", query, key) / math.sqrt(query.shape[-1])
    return torch.einsum("hnm,mhd->nhd", scores.softmax(-1), value).flatten(1)


def by_hand(state, maps, layers):
    """The head's pose, shape and camera of one map, from its weights by their released names."""

    def linear(name, x):
        return x @ state[f"{name}.weight"].T + state.get(f"{name}.bias", torch.zeros(()))

    def normed(name, x):
        return functional.layer_norm(x, x.shape[-1:], state[f"{name}.norm.weight"], state[f"{name}.norm.bias"])

    places = maps.flatten(1).T
    token = state["transformer.to_token_embedding.bias"][None] + state["transformer.pos_embedding"][0]
    for number in range(layers):
        itself, across, onward = (f"transformer.transformer.layers.{number}.{part}" for part in range(3))
        x = linear(f"{itself}.fn.to_qkv", normed(itself, token)).chunk(3, -1)
        token = token + linear(f"{itself}.fn.to_out.0", attended(*x))
        query = linear(f"{across}.fn.to_q", normed(across, token))
        x = linear(f"{across}.fn.to_kv", places).chunk(2, -1)
        token = token + linear(f"{across}.fn.to_out.0", attended(query, *x))
        hidden = functional.gelu(linear(f"{onward}.fn.net.0", normed(onward, token)))
        token = token + linear(f"{onward}.fn.net.3", hidden)
    pose = linear("decpose", token) + state["init_body_pose"]
    return (
        pose[0],
        (linear("decshape", token) + state["init_betas"])[0],
        (linear("deccam", token) + state["init_cam"])[0],
    )


def test_the_head_does_what_its_names_say():
    head = TokenHead(48, width=32, layers=2).eval()
    for buffer in (head.init_body_pose, head.init_betas, head.init_cam):
        buffer.copy_(torch.randn_like(buffer))
    maps = torch.randn(3, 48, 4, 3)
    found = head(maps)
    for number in range(3):
        pose, betas, weak = by_hand(head.state_dict(), maps[number], 2)
        assert torch.allclose(found.betas[number], betas, atol=1e-5)
        assert torch.allclose(found.weak[number], weak, atol=1e-5)
        columns = pose.reshape(24, 2, 3)  # the first column's three numbers, then the second's
        first = functional.normalize(columns[:, 0], dim=-1)
        second = functional.normalize(columns[:, 1] - (first * columns[:, 1]).sum(-1, keepdim=True) * first, dim=-1)
        turned = torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)
        assert torch.allclose(found.rotations[number], turned, atol=1e-5)


def test_names_and_sizes_are_those_of_the_release():
    with torch.device("meta"):
        state = build_network(NetworkChoice("hmr2")).state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    assert shapes["backbone.pos_embed"] == (1, 193, 1280)
    assert shapes["backbone.blocks.31.attn.qkv.weight"] == (3840, 1280)
    assert shapes["backbone.last_norm.weight"] == (1280,)
    assert shapes["smpl_head.transformer.to_token_embedding.weight"] == (1024, 1)
    assert shapes["smpl_head.transformer.transformer.layers.5.1.fn.to_kv.weight"] == (1024, 1280)
    assert shapes["smpl_head.transformer.transformer.layers.5.2.fn.net.3.weight"] == (1024, 1024)
    assert shapes["smpl_head.decpose.weight"] == (144, 1024)
    assert shapes["smpl_head.init_body_pose"] == (1, 144)
    assert VIT_H.depth == 32 and not any("token" in name for name in shapes if name.startswith("backbone."))


@pytest.fixture
def small_sizes(monkeypatch):
    """ViT-H by another, smaller size: its own weights are 2.5 GB."""
    kind = backbones.BackboneKind(lambda: PoseVit(SMALL, task_tokens=0), SMALL.width, size=(256, 192))
    monkeypatch.setitem(backbones.BACKBONES, "vit_h", kind)
    monkeypatch.setattr(released, "VIT_H", SMALL)


def test_a_file_of_the_release_is_read(small_sizes, tmp_path):
    network = build_network(NetworkChoice("hmr2")).eval()
    beside = {"smpl.faces_tensor": torch.zeros(3, 3), "discriminator.conv.weight": torch.ones(2)}
    beside["initialized"] = torch.tensor(True)
    content = {"state_dict": network.state_dict() | beside, "epoch": 35, "pytorch-lightning_version": "1.8.1"}
    torch.save(content, tmp_path / "epoch=35-step=1000000.ckpt")
    found = released.read_released_network(tmp_path / "epoch=35-step=1000000.ckpt")
    assert (found.choice.algorithm, found.choice.network) == ("hmr2", "vit_h")
    pictures = torch.rand(2, 3, 256, 192)
    assert torch.allclose(released.build_released(found)(pictures).rotations, network(pictures).rotations, atol=1e-6)


def test_the_crop_is_the_middle_of_a_square_that_holds_the_box(small_sizes):
    bodies = BodyNetwork(build_network(NetworkChoice("hmr2")).eval(), NetworkChoice("hmr2"), "smpl")
    seen = bodies.look(torch.rand(3, 300, 400), [[100, 50, 60, 200], [100, 50, 180, 200]])
    assert seen.squares.tolist() == [[130, 150, 200], [190, 150, 240]]  # as high as the box; 180 of three quarters
