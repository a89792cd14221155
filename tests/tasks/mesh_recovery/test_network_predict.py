"""Networks from files look at pictures: crops and cameras lead back to the whole picture."""

import json

import pytest
import torch
from network_cases import benchmark_file, case

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints import networks
from poseloom.checkpoints.networks import import_network, recover_with
from poseloom.images.roi import Roi
from poseloom.nn.image.backbones import BACKBONES
from poseloom.nn.image.folding import folded
from poseloom.pose.weak_perspective import weak_project
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.common.recipes import open_recipe
from poseloom.tasks.mesh_recovery.learned_body import FreeBody
from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork
from poseloom.tasks.mesh_recovery.network_recover import recover_by_network
from poseloom.tasks.mesh_recovery.networks.choice import NetworkChoice
from poseloom.tasks.mesh_recovery.networks.outputs import BodyParameters, MeshLevels
from poseloom.tasks.mesh_recovery.published_results import published_results, rows_beside, variant_of
from poseloom.tasks.mesh_recovery.released import read_released_network
from poseloom.training.export import read_card

SIDE = 224


class Told(torch.nn.Module):
    """A network that says the same of every crop."""

    def __init__(self, weak, rotations=None):
        super().__init__()
        self.weak, self.rotations = torch.tensor(weak), rotations
        self.crops = []

    def forward(self, crops):
        self.crops.append(crops)
        count = len(crops)
        rotations = torch.eye(3).repeat(count, 22, 1, 1) if self.rotations is None else self.rotations
        return BodyParameters(rotations, torch.zeros(count, 6), self.weak.expand(count, -1))


def network_of(told, body="anny", **choice):
    found = BodyNetwork(told, NetworkChoice("hmr", "resnet18", 22, 6, **choice), body)
    found.network = told
    return found


def test_a_body_is_where_the_crop_shows_it():
    """A point drawn by the crop's camera, and by the picture's, is the same pixel."""
    weak, box, focal = (0.8, 0.1, -0.2), [30.0, 50.0, 100.0, 140.0], 5000.0
    seen = network_of(Told(weak)).look(torch.rand(3, 300, 400), [box], enlarged=1.0)
    centre, side = (80.0, 120.0), 140.0
    assert seen.squares[0].tolist() == [*centre, side]
    point = torch.tensor([[[0.3, -0.4, 0.0]]])
    in_crop = weak_project(point, torch.tensor([weak]))[0, 0] * side / 2 + torch.tensor(centre)
    before = point[0, 0] + seen.translation(focal)[0]
    in_picture = focal * before[:2] / before[2] + torch.tensor([200.0, 150.0])
    assert torch.allclose(in_crop, in_picture, atol=0.01)


def test_boxes_are_enlarged_and_the_whole_picture_is_not():
    network = network_of(Told((0.9, 0.0, 0.0)))
    seen = network.look(torch.rand(3, 100, 60))
    assert seen.squares.tolist() == [[30.0, 50.0, 100.0]]
    assert network.look(torch.rand(3, 100, 60), [[0, 0, 20, 40]]).squares.tolist() == [[10.0, 20.0, 50.0]]


def test_a_crop_shows_its_box():
    told = Told((0.9, 0.0, 0.0))
    picture = torch.zeros(3, 200, 200)
    picture[:, 60:140, 60:140] = 1.0
    network_of(told).look(picture, [[60, 60, 80, 80]], enlarged=2.0)
    crop = told.crops[0][0]
    assert crop.shape == (3, SIDE, SIDE)
    white, black = crop[:, 112, 112], crop[:, 20, 20]
    assert (white > 2).all() and (black < -1.7).all()


def test_an_upright_person_of_the_camera_stands_upright():
    upright = torch.diag(torch.tensor([1.0, -1.0, -1.0])).repeat(1, 22, 1, 1)
    upright[:, 1:] = torch.eye(3)
    pose = network_of(Told((0.9, 0.0, 0.0), upright)).look(torch.rand(3, 50, 50)).pose(100.0)
    assert torch.allclose(pose.rotations, torch.zeros(1, 22, 3), atol=1e-4)
    assert pose.translation[0, 2] < 0
    assert pose.shape_model == "anny"


def test_smpl_moves_its_origin_and_the_pelvis_with_it():
    told = Told((0.9, 0.0, 0.0))
    free, smpl = (network_of(told, body).look(torch.rand(3, 50, 50)).pose(100.0) for body in ("anny", "smpl"))
    assert (smpl.translation - free.translation)[0].tolist() == pytest.approx([0.0, 0.22, -0.03], abs=1e-5)


def test_a_mesh_alone_tells_rotations():
    body = FreeBody()
    rest = body.at_rest()

    class Bent(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.mesh = rest.pyramid

        def forward(self, crops):
            upside = self.mesh.template * torch.tensor([1.0, -1.0, -1.0])
            nothing = torch.zeros(len(crops), 14, 3)
            return MeshLevels(nothing, nothing, nothing, upside[None], torch.tensor([[0.9, 0.0, 0.0]]))

    choice = NetworkChoice("graphormer", "hrnet_w32", 22, 6)
    network = BodyNetwork(torch.nn.Identity(), choice, "anny")
    network.network = Bent()
    seen = network.look(torch.rand(3, 80, 80))
    assert seen.vertices.shape == (1, 1229, 3)
    assert seen.about_pelvis and seen.betas is None
    assert torch.allclose(seen.pose(100.0).rotations, torch.zeros(1, 22, 3), atol=1e-3)


@pytest.mark.parametrize("box", [[0, 0, 0, 10], [0, 0, 10, -1], [0, float("nan"), 10, 10]])
def test_boxes_without_extent_are_refused(box):
    with pytest.raises(PoseloomError, match=r"box 0: .*expected x, y and a width and height above 0"):
        network_of(Told((0.9, 0.0, 0.0))).look(torch.rand(3, 50, 50), [box])


def test_an_empty_list_of_boxes_is_no_picture_of_one_person():
    with pytest.raises(PoseloomError, match="none is given"):
        network_of(Told((0.9, 0.0, 0.0))).look(torch.rand(3, 50, 50), [])


@pytest.mark.parametrize("name", ["resnet18", "hrnet_w32", "efficientnet_lite0"])
@torch.no_grad()
def test_a_folded_network_says_the_same(name):
    network = BACKBONES[name].build().eval()
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)
    picture = torch.randn(1, 3, 64, 64)
    found = folded(network)
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in found.modules())
    expected = network(picture)
    assert torch.allclose(found(picture), expected, atol=1e-4 * float(expected.abs().max()))
    assert any(isinstance(part, torch.nn.BatchNorm2d) for part in network.modules())


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return benchmark_file(tmp_path_factory.mktemp("released") / "resnet50_hmr.pth", case("hmr-resnet50")[2])


@pytest.fixture(scope="module")
def imported(released, tmp_path_factory):
    out = tmp_path_factory.mktemp("imported") / "hmr.safetensors"
    import_network(read_released_network(released), out)
    return out


def test_an_imported_network_looks_as_the_released_one(imported):
    _, arrays, _ = case("hmr-resnet50")
    network = poseloom.load_model(imported, "mesh_recovery")
    assert (network.choice.algorithm, network.choice.network, network.body) == ("hmr", "resnet50", "smpl")
    with torch.no_grad():
        found = network.network(arrays["img"])
    assert torch.allclose(found.weak, arrays["pred_cam"], atol=1e-3, rtol=1e-3)
    assert torch.allclose(found.rotations, arrays["pred_pose"], atol=1e-3, rtol=1e-3)
    assert read_card(imported).extras["source"] == {"file": "resnet50_hmr.pth"}


def test_the_import_command_knows_networks(released, tmp_path, command):
    out = tmp_path / "mine.safetensors"
    status, told, _ = command("models", "import", released, "--out", out, "--json")
    assert status == 0
    assert json.loads(told)["kind"] == "hmr on resnet50"
    assert out.exists()


def test_a_damaged_model_is_refused(imported, tmp_path):
    path = tmp_path / "cut.safetensors"
    path.write_bytes(imported.read_bytes()[:1000])
    path.with_suffix(".json").write_bytes(imported.with_suffix(".json").read_bytes())
    with pytest.raises(FileError, match="does not match its card"):
        poseloom.load_model(path, "mesh_recovery")


# -- recover -----------------------------------------------------------------------------------------------------------


def keypoints_of(frames=(0,), fps=None):
    count = len(frames)
    points = torch.rand(count, 33, 3) * 40 + 20
    middle = torch.tensor([[50.0, 60.0]]).expand(count, -1)
    return Keypoints(
        name="me.jpg",
        size=(120, 100),
        fps=fps,
        times=torch.arange(max(frames) + 1) / (fps or 30.0),
        frame=torch.tensor(frames),
        person=torch.zeros(count, dtype=torch.long),
        points=points,
        world=torch.rand(count, 33, 3) - 0.5,
        visibility=torch.ones(count, 33),
        scores=torch.ones(count),
        roi=Roi(middle, torch.full((count,), 60.0), torch.zeros(count)),
    )


def test_people_of_a_picture_get_bodies():
    network = network_of(Told((0.9, 0.0, 0.0)))
    found = recover_by_network(network, keypoints_of(), [torch.rand(3, 100, 120)])
    assert len(found) == 1 and found.poses.joints == 52
    assert torch.isfinite(found.error).all()
    assert found.clip().pose.rotations.shape == (1, 52, 3)
    assert not found.focal_known


def test_a_video_is_looked_at_frame_by_frame():
    network = network_of(Told((0.9, 0.0, 0.0)))
    frames = [torch.rand(3, 100, 120) for _ in range(4)]
    found = recover_by_network(network, keypoints_of((0, 1, 3), fps=25.0), frames)
    assert len(found) == 3 and len(network.network.crops) == 3


def test_nobody_is_said():
    nobody = keypoints_of()[torch.zeros(0, dtype=torch.long)]
    with pytest.raises(PoseloomError, match="nobody is there"):
        recover_by_network(network_of(Told((0.9, 0.0, 0.0))), nobody, [torch.rand(3, 100, 120)])


def test_a_network_must_be_named_and_of_the_algorithm(monkeypatch):
    picture, found = torch.rand(3, 100, 120), keypoints_of()
    with pytest.raises(PoseloomError, match="name its weights, --model"):
        recover_with(picture, found, None, "pare")
    monkeypatch.setattr(networks, "load_model", lambda model, task: network_of(Told((0.9, 0.0, 0.0))))
    with pytest.raises(PoseloomError, match="is of the algorithm hmr, not pare"):
        recover_with(picture, found, "mine.safetensors", "pare")
    assert len(recover_with(picture, found, "mine.safetensors", "hmr")) == 1
    assert len(recover_with(picture, found, "mine.safetensors", "landmarks")) == 1


# -- published results -------------------------------------------------------------------------------------------------


def recipe_of(name, *more):
    return open_recipe(f"mesh_recovery/{name}", list(more))[1]


def test_the_published_rows_stand_beside_a_run():
    recipe = recipe_of("hmr", ("data", "mix6"), ("loss", "l1"), ("backbone", "twins_svt"))
    rows = rows_beside(recipe)
    assert rows["hmr, resnet50, mix5, l1+coco+aug"] == {"pa_mpjpe": 51.66}
    assert rows["hmr, twins_svt, mix5, normal"] == {"mpjpe": 105.42, "pa_mpjpe": 60.11}
    assert rows["hmr, twins_svt, mix5, normal+coco"] == {"pa_mpjpe": 52.61}
    assert rows["hmr, resnet50, mix6, l1"] == {"pa_mpjpe": 53.62}
    assert list(rows_beside(recipe_of("graphormer")).values())[-1] == {"pa_mpjpe": 58.82}


@pytest.mark.parametrize(
    ("options", "variant"),
    [
        ((), "normal"),
        ((("loss", "l1"),), "l1"),
        ((("loss", "l1"), ("init", "coco")), "l1+coco"),
        ((("loss", "l1"), ("init", "coco"), ("augment", "on")), "l1+coco+aug"),
        ((("loss", "mse"), ("init", "mpii")), "mse+mpii"),
    ],
)
def test_a_recipe_has_its_place_in_the_table(options, variant):
    recipe = recipe_of("hmr", *options)
    assert variant_of(recipe) == variant
    columns = published_results()["algorithms"]["hmr"]["pa_mpjpe"]
    assert (variant in columns) == (variant != "mse+mpii")
