"""Released checkpoints of the five networks give the outputs of the original code (golden cases of mesh-recovery)."""

import numpy as np
import pytest
import torch
from fill import fill
from network_cases import benchmark_file, case, prefixed, stand_in_rest
from released import close

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.image.hrnet import GridFeatures
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.mesh_recovery.networks.choice import network_of_state
from poseloom.tasks.mesh_recovery.networks.discriminator import BodyDiscriminator
from poseloom.tasks.mesh_recovery.networks.regressor import ParameterRegressor
from poseloom.tasks.mesh_recovery.released import build_released, read_released_network


@pytest.fixture(autouse=True)
def _without_gradients():
    with torch.no_grad():
        yield


def imported(path, rest=None):
    released = read_released_network(path)
    path.unlink()
    return released.choice, build_released(released, rest)


def check_parameters(found, arrays, told, suffix=""):
    close(found.rotations, arrays[f"pred_pose{suffix}"], told)
    close(found.betas, arrays[f"pred_shape{suffix}"], told)
    close(found.weak, arrays[f"pred_cam{suffix}"], told)


def test_hmr_of_the_benchmark(tmp_path):
    told, arrays, state = case("hmr-resnet50")
    choice, network = imported(benchmark_file(tmp_path / "hmr.pth", state))
    assert (choice.algorithm, choice.network) == ("hmr", "resnet50")
    close(network.head.pooled(network.backbone(arrays["img"])), arrays["pooled"], told)
    check_parameters(network(arrays["img"]), arrays, told)


def test_hmr_on_twins_the_best_of_the_benchmark(tmp_path):
    told, arrays, state = case("hmr-twins-svt")
    choice, network = imported(benchmark_file(tmp_path / "twins.pth", state))
    assert choice.network == "twins_svt"
    close(network.backbone(arrays["img"]), arrays["feature_map"], told)
    check_parameters(network(arrays["img"]), arrays, told)


def test_spin_of_its_authors(tmp_path):
    told, arrays, state = case("spin-hmr")
    path = tmp_path / "model_checkpoint.pt"
    torch.save({"model": state, "optimizer": {"state": {}, "param_groups": []}, "epoch": 3}, path)
    choice, network = imported(path)
    assert (choice.algorithm, choice.network) == ("spin", "resnet50")
    check_parameters(network(arrays["img"]), arrays, told)


def test_a_regressor_steps_from_the_mean():
    told, arrays, state = case("hmr-head")
    head = ParameterRegressor(2048).eval()
    head.load_state_dict(state)
    check_parameters(head(arrays["features"]), arrays, told)
    check_parameters(head(arrays["features"], steps=1), arrays, told, "_iter1")
    check_parameters(head(head.pooled(arrays["feature_map"])), arrays, told, "_map")


def test_hmr_on_hrnet_pools_runs_of_memory(tmp_path):
    told, arrays, head = case("hmr-reshape-pool-head")
    hrnet, seen, backbone = case("hrnet-w32")
    path = benchmark_file(tmp_path / "hrnet.pth", {**prefixed("backbone.", backbone), **prefixed("head.", head)})
    choice, network = imported(path)
    assert choice.network == "hrnet_w32"
    pooled = network.head.pooled(arrays["feature_map"])
    close(pooled, arrays["pooled"], told)
    check_parameters(network.head(pooled), arrays, told)
    found = network.backbone(seen["img"])
    close(found.mean((2, 3)), seen["channel_mean"], hrnet)
    close(found.std((2, 3), unbiased=False), seen["channel_std"], hrnet)
    close(found[:, :, ::8, ::8], seen["subsample"], hrnet)


def test_pare_of_its_authors(tmp_path):
    told, arrays, head = case("pare-head")
    _, _, backbone = case("hrnet-w32")
    state = prefixed("model.", {**prefixed("backbone.", backbone), **prefixed("head.", head)})
    path = tmp_path / "pare_checkpoint.ckpt"
    beside = {"model.head.smpl.faces": torch.zeros(2, 3), "smpl.betas": torch.zeros(1, 10)}
    torch.save({"state_dict": {**state, **beside}, "epoch": 1, "pytorch-lightning_version": "1.1.8"}, path)
    choice, network = imported(path)
    assert (choice.algorithm, choice.network) == ("pare", "hrnet_w32")
    found = network.head(arrays["features"])
    close(found.parts, arrays["pred_segm_mask"], told)
    check_parameters(found, arrays, told)


def test_graphcmr_of_its_authors(tmp_path):
    told, arrays, graph = case("graphcmr-graph-cnn")
    regressor_told, regressor_arrays, regressor = case("graphcmr-smpl-regressor")
    path = tmp_path / "model_checkpoint_h36m_up3d.pt"
    torch.save({"graph_cnn": graph, "smpl_param_regressor": regressor, "epoch": 50}, path)
    choice, network = imported(path, stand_in_rest())
    assert (choice.algorithm, choice.network) == ("graphcmr", "resnet50")
    template = torch.from_numpy(np.array(fill("standin.ref_vertices", (1723, 3))))
    network.graph_cnn.template.copy_(template.mT)
    network.smpl_param_regressor.template.copy_(template)
    vertices, camera = network.graph_cnn(arrays["img"])
    close(vertices, arrays["vertices_sub"], told)
    close(camera, arrays["camera"], told)
    raw, betas = network.smpl_param_regressor.matrices(regressor_arrays["vertices_sub"])
    close(raw, regressor_arrays["raw_rotmat"], regressor_told)
    close(betas, regressor_arrays["pred_shape"], regressor_told)
    rotations, _ = network.smpl_param_regressor(regressor_arrays["vertices_sub"])
    close(rotations, regressor_arrays["pred_pose"], {"tolerance": {"atol": 1e-3, "rtol": 1e-3}})
    again = network_of_state(choice, network.state_dict())  # a model is whole without the body's file
    assert torch.equal(again.mesh.template, network.mesh.template)


@pytest.mark.slow
def test_graphormer_of_its_authors(tmp_path):
    told, arrays, head = case("graphormer")
    backbone = {name: (shape, kind) for name, (shape, kind) in told["backbone_state_dict"].items()}
    filled = {name: torch.from_numpy(np.array(fill(name, shape, kind))) for name, (shape, kind) in backbone.items()}
    path = tmp_path / "graphormer_h36m_state_dict.bin"
    torch.save({**filled, **head}, path)
    choice, network = imported(path, stand_in_rest())
    assert (choice.algorithm, choice.network) == ("graphormer", "hrnet_w64")
    assert sum(weight.numel() for weight in network.backbone.parameters()) == 128_059_944
    network.head.template.copy_(torch.from_numpy(np.array(fill("standin.query_template", (445, 3)))))
    found = network.head(GridFeatures(arrays["image_feature"], arrays["grid_feature"]))
    close(found.joints, arrays["joints"], told)
    close(found.coarsest, arrays["vertices_sub2"], told)
    close(found.coarse, arrays["vertices_sub"], told)
    close(found.vertices, arrays["vertices"], told)
    close(found.weak[0], arrays["camera"], told)


def test_the_adversary():
    told, arrays, state = case("smpl-discriminator")
    judge = BodyDiscriminator().eval()
    judge.load_state_dict(state)
    rotations = rotvec_to_rotmat(arrays["pose_aa"].unflatten(1, (24, 3)))
    close(judge(rotations, arrays["betas"]), arrays["scores"], told)


def test_a_file_of_something_else_is_none(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"model": {"pose_encoder.x": torch.zeros(2)}, "args": None}, path)
    assert read_released_network(path) is None


def test_weights_that_do_not_fit_are_told_by_their_first_names(tmp_path):
    _, _, state = case("hmr-resnet50")
    state["backbone.layer9.0.weight"] = torch.zeros(1)
    del state["backbone.layer2.1.conv1.weight"]
    path = benchmark_file(tmp_path / "odd.pth", state)
    released = read_released_network(path)
    with pytest.raises(FileError, match=r"lacks backbone.layer2.1.conv1.weight and has backbone.layer9.0.weight"):
        build_released(released)


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    state = {"head.decpose.weight": torch.full((144, 1024), torch.nan)}
    with pytest.raises(FileError, match="not finite"):
        read_released_network(benchmark_file(tmp_path / "nan.pth", state))


def test_an_unknown_backbone_is_told_by_its_first_names(tmp_path):
    state = {"backbone.strange.weight": torch.zeros(1), "head.decpose.weight": torch.zeros(144, 1024)}
    with pytest.raises(FileError, match=r"backbone.strange.weight"):
        read_released_network(benchmark_file(tmp_path / "strange.pth", state))


def test_a_bent_mesh_needs_its_body(tmp_path):
    path = tmp_path / "cmr.pt"
    graph = {"resnet.layer1.0.conv2.weight": torch.zeros(64, 64, 3, 3), "resnet.layer1.0.conv3.weight": torch.zeros(1)}
    graph |= {f"resnet.layer3.{block}.conv1.weight": torch.zeros(1) for block in range(6)}
    torch.save({"graph_cnn": graph, "smpl_param_regressor": {}}, path)
    with pytest.raises(PoseloomError, match="bends the mesh of a body"):
        build_released(read_released_network(path))
