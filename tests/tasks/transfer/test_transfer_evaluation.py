"""The protocols: what they measure, what the original scripts' habits change, judges from files, the same on repeat."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from paired_people import StickPeople, joints

from poseloom.base.errors import FileError
from poseloom.data import prepare
from poseloom.data.schema import Keypoints
from poseloom.metrics.ssim import INHERITED, UNIFORM, ssim
from poseloom.nn.image.inception import Inception, open_inception
from poseloom.nn.image.lpips import Lpips, open_lpips
from poseloom.tasks.transfer.evaluate import Protocol, held_out_figures
from poseloom.tasks.transfer.judges import Judges, NetworkFigures
from poseloom.tasks.transfer.maps import pose_maps
from poseloom.tasks.transfer.masks import evaluation_mask, published_mask
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL
from poseloom.tasks.transfer.pairs import PairData, PairPictures
from poseloom.tasks.transfer.pictures import Saving, as_bytes, grid, saved, strip


@pytest.fixture
def held_out(pairs):
    """held_out() -> the four held-out pairs in batches of three."""
    values = {key.removeprefix("data."): text for key, text in pairs if key.startswith("data.")}
    data = PairData(table=values["table"], images=values["images"], height=64, width=64)
    return lambda size=3: PairPictures(data, "test").batches(size)


def nearly(batch):
    """Targets with noise, some of it out of range."""
    noise = torch.Generator().manual_seed(len(batch))
    return {FINAL: batch.target + 0.2 * torch.randn(batch.target.shape, generator=noise)}


def test_the_targets_themselves_are_perfect_and_the_source_is_not(held_out):
    figures = held_out_figures(lambda batch: {FINAL: batch.target, COARSE: batch.inputs.source}, held_out())
    assert figures["ssim"] == figures["mask_ssim"] == pytest.approx(1.0) and figures["l1"] == 0
    assert figures["ms_ssim"] == pytest.approx(1.0) and figures["psnr"] == float("inf")
    assert figures["coarse_ssim"] == figures["copy_ssim"] < 0.9


def test_figures_do_not_depend_on_batches_and_repeat_exactly(held_out):
    def made(batch):
        return {FINAL: batch.inputs.source * 0.5}

    once = held_out_figures(made, held_out(3))
    assert once == held_out_figures(made, held_out(3))
    assert held_out_figures(made, held_out(1)) == pytest.approx(once)


@pytest.mark.parametrize(
    ("name", "variant", "mask"), [("pg2", UNIFORM, published_mask), ("patn", INHERITED, evaluation_mask)]
)
def test_protocols_take_their_papers_variants(held_out, name, variant, mask):
    figures = held_out_figures(nearly, held_out(4), Protocol(name))
    (batch,) = held_out(4)
    target, made = as_bytes(batch.target), as_bytes(nearly(batch)[FINAL])
    inside = mask(batch.inputs.target_keypoints, batch.inputs.size).byte()
    assert figures["ssim"] == pytest.approx(ssim(target, made, variant).mean().item())
    assert figures["mask_ssim"] == pytest.approx(ssim(target * inside, made * inside, variant).mean().item())


def test_bytes_are_rounded_and_clipped_unless_a_habit_is_asked_for():
    values = torch.tensor([-3.0, -1.0, 0.0, 0.004, 1.0, 2.0]).view(1, 1, 6).expand(3, 1, 6)
    assert as_bytes(values)[0, 0].tolist() == [0, 0, 128, 128, 255, 255]
    assert as_bytes(values, cut=True)[0, 0].tolist() == [0, 0, 127, 128, 255, 255]


def test_a_strip_dims_all_three_pictures_by_one_bright_pixel(held_out):
    batch = next(held_out())
    made = batch.target.clone()
    made[:, :, 0, 0] = 3.0
    target, _ = saved(batch, made, Saving())
    dimmed, dimmed_made = saved(batch, made, Saving(strip=True))
    assert torch.equal(target, as_bytes(batch.target))
    assert dimmed.float().mean() < 0.8 * target.float().mean()
    assert (dimmed_made[:, :, 0, 0] == 255).all()
    figures = [
        held_out_figures(lambda b: {FINAL: made[: len(b)]}, [batch], Protocol(saving=Saving(strip=one)))
        for one in (False, True)
    ]
    assert figures[0]["psnr"] != figures[1]["psnr"]


def test_jpeg_changes_pictures_a_little(held_out):
    batch = next(held_out())
    sharp, _ = saved(batch, batch.target, Saving())
    soft, made = saved(batch, batch.target, Saving(jpeg=True))
    assert torch.equal(soft, made) and 0 < (soft.float() - sharp.float()).abs().mean() < 12


def test_wide_pictures_of_deepfashion_are_measured_in_white(held_out):
    batch = next(held_out())
    wide = torch.nn.functional.interpolate(batch.target, (256, 176))
    batch = replace(batch, target=wide, target_mask=wide[:, :1], inputs=replace(batch.inputs, source=wide * 0))
    framed = held_out_figures(lambda _: {FINAL: wide * 0.8}, [batch], Protocol("patn"))
    bare = held_out_figures(lambda _: {FINAL: wide * 0.8}, [batch], Protocol("pg2"))
    assert framed["ssim"] > bare["ssim"] and framed["mask_ssim"] < 1
    assert held_out_figures(lambda _: {FINAL: wide}, [batch], Protocol("gfla"))["ssim"] == pytest.approx(1.0)


class Seeing(torch.nn.Module):
    """Stands in for Inception: brightness as features, ten classes by brightness."""

    def forward(self, pictures):
        from poseloom.nn.image.inception import FEATURES, Seen

        bright = pictures.float().mean((1, 2, 3)) / 255
        features = torch.zeros(len(bright), FEATURES)
        features[:, 0] = bright
        return Seen(features, torch.stack([bright, 1 - bright], 1).double())


@pytest.mark.wrong_types
def test_networks_judge_batch_by_batch(held_out, monkeypatch):
    from poseloom.tasks.transfer import evaluate

    monkeypatch.setattr(evaluate, "open_judges", lambda judges: NetworkFigures(Seeing(), None, 2))
    monkeypatch.setattr(
        "poseloom.tasks.transfer.judges.frechet_distance", lambda a, b: float((a.mean[0] - b.mean[0]) ** 2)
    )
    figures = held_out_figures(lambda batch: {FINAL: batch.target}, held_out(), judges=Judges(inception="x"))
    assert figures["fid"] == 0 and figures["is"] >= 1 and figures["mask_is"] >= 1
    dark = [torch.zeros(2, 3, 8, 8, dtype=torch.uint8)]
    other = held_out_figures(
        lambda batch: {FINAL: batch.target}, held_out(), references=dark, judges=Judges(inception="x")
    )
    assert other["fid"] > 0


@pytest.mark.slow
def test_inception_from_a_file(tmp_path):
    torch.manual_seed(0)
    model = Inception(1008)
    state = {name: value for name, value in model.state_dict().items() if "num_batches" not in name}
    torch.save({**state, "AuxLogits.fc.weight": torch.zeros(1)}, tmp_path / "inception.pth")
    opened = open_inception(tmp_path / "inception.pth")
    seen = opened(torch.zeros(1, 3, 64, 32, dtype=torch.uint8))
    assert (
        opened.tensorflow and seen.features.shape == (1, 2048) and float(seen.probabilities.sum()) == pytest.approx(1)
    )
    assert (
        sum(one.numel() for one in Inception(1000).parameters()) == 23_834_568
    )  # torchvision's, without its side exit


def test_files_that_are_no_judges(tmp_path):
    torch.save({"fc.weight": torch.zeros(7, 2048)}, tmp_path / "seven.pth")
    with pytest.raises(FileError, match="knows 7 classes"):
        open_inception(tmp_path / "seven.pth")
    torch.save({"0.weight": torch.zeros(1)}, tmp_path / "none.pth")
    with pytest.raises(FileError, match="holds no AlexNet"):
        open_lpips(tmp_path / "none.pth", tmp_path / "none.pth")


def test_lpips_from_files(tmp_path):
    torch.manual_seed(0)
    model = Lpips()
    torch.save({f"features.{name}": value for name, value in model.features.state_dict().items()}, tmp_path / "a.pth")
    linear = {f"lin{number}.model.1.weight": lin.weight.data.abs() for number, lin in enumerate(model.lin)}
    torch.save(linear, tmp_path / "l.pth")
    opened = open_lpips(tmp_path / "a.pth", tmp_path / "l.pth")
    pictures = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    assert opened(pictures, pictures).tolist() == [0, 0] and (opened(pictures, 255 - pictures) > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize(("classes", "fc"), [(1008, "tensorflow"), (1000, "torchvision")])
def test_all_judges_from_the_users_files(held_out, tmp_path, classes, fc):
    """Layouts of pytorch-fid, torchvision and LPIPS: targets are perfect, their negatives are not; repeatable."""
    torch.manual_seed(0)
    network, measure = Inception(classes), Lpips()
    for part in network.modules():
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(part.weight)  # else nothing of the picture is left at the end
    torch.save({**network.state_dict(), "AuxLogits.fc.weight": torch.zeros(1)}, tmp_path / "i.pth")
    alexnet = {f"features.{name}": value for name, value in measure.features.state_dict().items()}
    torch.save({**alexnet, "classifier.6.weight": torch.zeros(1000, 1)}, tmp_path / "a.pth")
    linear = {f"lin{number}.model.1.weight": lin.weight.data.abs() for number, lin in enumerate(measure.lin)}
    torch.save(linear, tmp_path / "l.pth")
    named = Judges(*(str(tmp_path / f"{name}.pth") for name in "ial"), splits=2)
    right = held_out_figures(lambda batch: {FINAL: batch.target}, held_out(), judges=named)
    assert right["fid"] == pytest.approx(0, abs=1e-3) and right["lpips"] == 0 and right["is"] > 0.99 < right["mask_is"]
    wrong = held_out_figures(lambda batch: {FINAL: -batch.target}, held_out(), judges=named)
    assert wrong["fid"] > 1e-3 and wrong["lpips"] > 0
    assert open_inception(tmp_path / "i.pth").tensorflow == (fc == "tensorflow")
    assert wrong == held_out_figures(lambda batch: {FINAL: -batch.target}, held_out(), judges=named)


def test_strips_and_grids(held_out):
    batch = next(held_out())
    rows = strip(batch, {COARSE: batch.inputs.source, FINAL: batch.target})
    assert rows.shape == (3, 3, 64, 5 * 64)
    pose = pose_maps(batch.inputs.target_keypoints, (64, 64), "skeleton")
    assert torch.equal(rows[0, :, :, 64:128], (pose[0] + 1) / 2)
    assert grid(list(rows), columns=2).shape == (3, 128, 640)


class OfOneOrigin:
    """Stick people as tables of synthetic people have them: no pairs, but a row's file is the person; 25 keypoints."""

    name = "origins"

    def __init__(self, folder):
        self.drawn = StickPeople(folder)
        self.layout, self.options, self.units = self.drawn.layout, self.drawn.options, self.drawn.units

    def read(self, unit):
        block = self.drawn.read(unit)
        larger = []
        for (known,) in block.keypoints:
            points = (*known.points[:16], 0.0, 0.0, *known.points[16:], *[0.0] * 12)
            sure = (*known.confidence[:8], 0.0, *known.confidence[8:], *[0.0] * 6)
            larger.append([Keypoints("openpose_25", points, sure)])
        files = [f"person{number // 2}" for number in range(len(block.ids))]
        splits = ["test" if number == 1 else split for number, split in enumerate(block.splits)]
        return replace(block, keypoints=larger, files=files, splits=splits)


def test_pictures_of_one_origin_are_pairs_where_a_table_names_none(tmp_path):
    """Nobody is in two splits: a person counts where their first row does."""
    (tmp_path / "pictures").mkdir()
    prepare(OfOneOrigin(tmp_path / "pictures"), tmp_path / "table")
    data = PairData(table=str(tmp_path / "table"), images=str(tmp_path / "pictures"), height=64, width=32)
    train, test = PairPictures(data, "train"), PairPictures(data, "test")
    assert (len(train), len(test)) == (12, 4)
    first, second = train.__getitems__([0])[0]
    assert (first.name, second.name) == ("0_0.png", "0_1.png")
    assert first.keypoints.tolist() == joints(0).tolist()
