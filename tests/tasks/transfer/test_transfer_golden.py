"""Generators and discriminators give what the originals give: golden cases through a checkpoint file and its import."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

from released import case_of, close, filled_state

from poseloom.checkpoints.converted import load_converted, write_converted
from poseloom.checkpoints.released import build_released, read_released


def state_of(name: str) -> dict[str, torch.Tensor]:
    return filled_state(case_of(f"transfer/{name}")[0])


@pytest.fixture
def imported(tmp_path):
    """imported("pg2_g1_small") -> (module, its case's tensors, check): the module came from a file of weights."""

    def load(name: str, **changes):
        path = tmp_path / "network.pth"
        torch.save({**state_of(name), **changes}, path)
        checkpoint = read_released(path)
        path.unlink()
        module = build_released(checkpoint)
        case, arrays = case_of(f"transfer/{name}")
        weights = sum(value.numel() for value in module.parameters())
        assert weights == case["config"].get("parameters", weights)
        return module, arrays, lambda actual, key: close(actual, arrays[key], case)

    with torch.no_grad():
        yield load


@pytest.mark.parametrize("name", ["pg2_g1_small", "mobile_pg2_g1_small", "mobile_pg2_g1_market", "pg2_g1_market"])
def test_stage_one(imported, name):
    module, arrays, check = imported(name)
    code, skips = module.encode(module.inputs(arrays["condition"], arrays["target_bone"]))
    check(code, "z")
    check(module.decode(code, skips), "image")


@pytest.mark.parametrize("name", ["pg2_g2_market", "pg2_g2_small_skip0", "mobile_pg2_g2_market"])
def test_stage_two_and_its_features(imported, name):
    module, arrays, check = imported(name)
    features, skips = module.encode(arrays["condition"], arrays["stage1"])
    check(features, "gfv")
    difference = module.decode(features, skips)
    check(difference, "diff")
    check(arrays["stage1"] + difference, "image")
    other = module.decode(features + 1, skips)
    assert not torch.allclose(other, difference)  # a vector in place of the encoder's enters the decoder


@pytest.mark.parametrize("name", ["pg2_d_market", "pg2_d_fashion_small"])
def test_dcgan_discriminator(imported, name):
    module, arrays, check = imported(name)
    check(module(arrays["image"]), "logit")


@pytest.mark.parametrize("name", ["patn_g_small", "patn_g_small_nodropout", "patn_g_market", "patn_g_fashion"])
def test_attention_generator(imported, name):
    module, arrays, check = imported(name)
    poses = torch.cat([arrays["condition_bone"], arrays["target_bone"]], 1)
    check(module.code(arrays["condition"], poses), "image_code")
    check(module(arrays["condition"], poses), "image")


@pytest.mark.parametrize("name", ["patn_d_pb_market", "patn_d_pp_market", "patn_d_pb_fashion"])
def test_attention_discriminators(imported, name):
    module, arrays, check = imported(name)
    check(module(arrays["x"]), "score")


def test_pngan_of_the_original(imported):
    module, arrays, check = imported("pngan_g_official")
    check(module(arrays["image"], arrays["pose"]), "generated")


def test_pngan_of_two_branches(imported):
    module, arrays, check = imported("pngan_g_two_branch")
    poses = torch.cat([arrays["condition_bone"], arrays["target_bone"]], 1)
    check(module(arrays["image"], poses), "generated")
    check(module(arrays["image"], poses, blocks=3), "generated_after_3_blocks")


def test_patch_discriminators(imported):
    module, arrays, check = imported("pngan_d_official")
    check(module(arrays["image"]), "score")
    assert module(arrays["image"][:1]).shape == (1, 10, 2)  # a batch of one keeps its axis
    module, arrays, check = imported("pngan_d_pair")
    check(module(torch.cat([arrays["image"], arrays["condition"]], 1)), "score")


def test_dpig_parts(imported):
    module, arrays, check = imported("dpig_pose_autoencoder")
    codes = module.encode(arrays["pose"])
    check(codes, "z")
    check(module.decode(codes), "pose_reconstructed")
    module, arrays, check = imported("dpig_mapping")
    check(module(arrays["noise"]), "feature")


def test_a_model_of_ours_gives_the_same(tmp_path):
    """Not only the file of the original, also the one that the import writes."""
    torch.save(state_of("pg2_g1_small"), tmp_path / "G1.pth")
    write_converted(read_released(tmp_path / "G1.pth"), tmp_path / "coarse.safetensors")
    opened = load_converted(tmp_path / "coarse.safetensors", task="transfer")
    case, arrays = case_of("transfer/pg2_g1_small")
    with torch.no_grad():
        image = opened.module(opened.module.inputs(arrays["condition"], arrays["target_bone"]))
    close(image, arrays["image"], case)


def test_names_of_earlier_versions(imported, tmp_path):
    old = {"start_conv": "first_block", "end_conv": "last_conv", "down_fc": "fc1", "up_fc": "fc2"}
    renamed = {}
    for name, value in state_of("pg2_g1_small").items():
        part, _, rest = name.partition(".")
        if part in ("encoder", "decoder"):
            number, layer, *places = rest.split(".")
            tail = f"block_2conv.{'.'.join(places[1:])}" if layer == "res" else f"block_1conv.{'.'.join(places)}"
            renamed[f"{part[:2]}_block_{number}.{tail}"] = value
        else:
            renamed[f"{old[part]}.{rest}"] = value
    torch.save(renamed, tmp_path / "old.pth")
    checkpoint = read_released(tmp_path / "old.pth")
    assert set(checkpoint.state) == set(state_of("pg2_g1_small"))


def test_statistics_of_instance_norm_are_dropped(imported):
    """PyTorch 0.3 kept them beside instance norms and never used them; batch norms had no counts then."""
    extra = {"model.stream1_down.2.running_mean": torch.ones(8), "model.stream1_down.2.running_var": torch.ones(8)}
    module, arrays, check = imported("patn_g_small_nodropout", **extra)
    check(module(arrays["condition"], torch.cat([arrays["condition_bone"], arrays["target_bone"]], 1)), "image")


def test_batch_norm_without_counts(tmp_path):
    state = {name: value for name, value in state_of("patn_g_small").items() if "num_batches" not in name}
    torch.save(state, tmp_path / "market.pth")
    assert read_released(tmp_path / "market.pth").kind.name == "PATN-G"
