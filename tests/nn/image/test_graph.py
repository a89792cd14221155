"""Networks given as operators: TensorFlow's answers come out; files that do not fit are refused when opened."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from poseloom.base.errors import FileError
from poseloom.checkpoints.places import WEIGHTS
from poseloom.nn.image.graph import read_graph

NETWORKS = (
    "pose_detection",
    "pose_landmark_full",
    "hand_recrop",
    "hand_landmark_full",
    "face_detection_short_range",
    "face_landmark",
)
RELATIVE = 1e-4
"""Of an output's largest value."""


def as_input(name: str, pixels: np.ndarray) -> torch.Tensor:
    values = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    return values * 2 - 1 if "detection" in name else values


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_what_litert_gives(name, golden):
    case, arrays = golden("keypoints/networks")
    top, bottom, left, right, step = case["cuts"][name]
    network = read_graph(WEIGHTS / f"mediapipe_{name}.safetensors")
    outputs = network(as_input(name, arrays["picture"][top:bottom:step, left:right:step]))
    assert len(outputs) == sum(key.startswith(f"{name}.output") for key in arrays)
    for number, output in enumerate(outputs):
        assert output.numel() == arrays[f"{name}.shape{number}"].prod()
        wanted = arrays[f"{name}.output{number}"]
        step = max(1, output.numel() // 400)
        tolerance = RELATIVE * float(arrays[f"{name}.largest{number}"])
        np.testing.assert_allclose(output.reshape(-1)[::step].numpy(), wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_gives_what_litert_gives_for_a_real_crop(name, shared_data):
    oracle = np.load(shared_data("mediapipe") / "oracle.npz")
    network = read_graph(WEIGHTS / f"mediapipe_{name}.safetensors")
    outputs = network(as_input(name, oracle[f"{name}.input"]))
    for number, output in enumerate(outputs):
        key = f"{name}.output{number}"
        if key in oracle and oracle[key].dtype == np.float32:  # masks are kept in half precision
            wanted = oracle[key].reshape(-1)
            tolerance = RELATIVE * np.abs(wanted).max()
            np.testing.assert_allclose(output.reshape(-1).numpy(), wanted, rtol=0, atol=tolerance)


def write(path, operators, weights, outputs=(2,)):
    graph = {"inputs": [0], "input_shape": [4, 4, 3], "outputs": list(outputs), "operators": operators}
    save_file(weights, path, metadata={"graph": json.dumps(graph)})
    return path


CONV = {
    "op": "conv",
    "inputs": [0],
    "output": 1,
    "weight": "w",
    "bias": "b",
    "padding": [0, 1, 0, 1],
    "stride": [2, 2],
    "dilation": [1, 1],
    "groups": 1,
}
RELU = {"op": "relu", "inputs": [1], "output": 2}


def weights():
    return {"w": torch.ones(1, 3, 2, 2), "b": torch.tensor([-1.0])}


def test_padding_is_put_behind_and_answers_have_channels_last(tmp_path):
    network = read_graph(write(tmp_path / "a.safetensors", [CONV, RELU], weights()))
    picture = torch.zeros(1, 3, 4, 4)
    picture[0, :, 3, 3] = 1  # the last pixel is in the last window alone
    (output,) = network(picture)
    assert output.shape == (1, 2, 2, 1)
    assert output[0, :, :, 0].tolist() == [[0, 0], [0, 2]]


PAD = {"op": "pad", "inputs": [0], "output": 1, "padding": [1, 0, 2, 1, 0, 0]}
BEHIND = {**CONV, "inputs": [1], "output": 2, "padding": [0, 0, 0, 0]}


def test_a_convolution_pads_by_itself_what_it_alone_reads(tmp_path):
    network = read_graph(write(tmp_path / "a.safetensors", [PAD, BEHIND], weights()))
    picture = torch.rand(1, 3, 4, 4)
    wanted = torch.nn.functional.conv2d(
        torch.nn.functional.pad(picture, (1, 0, 2, 1)), torch.ones(1, 3, 2, 2), stride=2
    )
    assert len(network.operators) == 1
    assert torch.allclose(network(picture)[0].permute(0, 3, 1, 2), wanted - 1, atol=1e-5)


@pytest.mark.parametrize(
    ("operators", "outputs"),
    [
        ([PAD, BEHIND], (1, 2)),
        ([PAD, BEHIND, {**RELU, "output": 3}], (2, 3)),
        ([PAD, {**BEHIND, "padding": [1, 0, 0, 0]}], (2,)),
        ([{**PAD, "padding": [0, 0, 0, 0, 0, 1]}, {**BEHIND, "weight": "wide"}], (2,)),
    ],
)
def test_padding_that_others_need_stays(tmp_path, operators, outputs):
    own = {**weights(), "wide": torch.ones(1, 4, 2, 2)}
    network = read_graph(write(tmp_path / "a.safetensors", operators, own, outputs))
    assert network.operators == operators
    assert len(network(torch.rand(1, 3, 4, 4))) == len(outputs)


@pytest.mark.parametrize(
    ("operators", "kept", "outputs", "told"),
    [
        ([{**CONV, "op": "custom_warp"}, RELU], ("w", "b"), (2,), "operator 'custom_warp' is not known"),
        ([CONV, RELU], ("w",), (2,), "'b'"),
        ([CONV, {**RELU, "inputs": [7]}], ("w", "b"), (2,), r"\[7\]"),
        ([{**CONV, "activation": "gelu"}, RELU], ("w", "b"), (2,), "gelu"),
        ([CONV, RELU], ("w", "b"), (9,), "made by no operator"),
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_opened(tmp_path, operators, kept, outputs, told):
    own = {name: value for name, value in weights().items() if name in kept}
    with pytest.raises(FileError, match=told):
        read_graph(write(tmp_path / "a.safetensors", operators, own, outputs))


def test_a_file_of_another_kind_is_refused(tmp_path):
    save_file({"w": torch.ones(2)}, tmp_path / "a.safetensors")
    (tmp_path / "b.safetensors").write_bytes(b"no safetensors")
    for name in ("a", "b", "missing"):
        with pytest.raises(FileError, match="no network of poseloom"):
            read_graph(tmp_path / f"{name}.safetensors")


@given(place=st.integers(0, 100_000), value=st.integers(0, 255))
@settings(max_examples=60)
def test_a_damaged_file_is_read_or_refused(tmp_path_factory, place, value):
    content = bytearray((WEIGHTS / "mediapipe_hand_recrop.safetensors").read_bytes())
    content[place % 9000] = value  # the header and the operators lie there
    path = tmp_path_factory.mktemp("graph") / "a.safetensors"
    path.write_bytes(content)
    try:
        read_graph(path)
    except FileError as error:
        assert len(str(error).splitlines()) == 1
