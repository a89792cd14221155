"""Pictures out of tables: what a crop shows is what its points say, whatever the file; draws go by seed and row."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

import poseloom.data.schema as schema
from numbered import Numbered
from poseloom.base.errors import PoseloomError
from poseloom.data import Table, open_source, prepare
from poseloom.data.mixed_people import MixedPeople
from poseloom.data.people_views import CropPlan, PeopleDataset, stored_pixels, whole_batch
from poseloom.data.static_fits import StaticFits
from poseloom.images.augment import ChannelNoise, Geometry, GeometryLaw, SoftErasing
from poseloom.images.augment.geometry import flipped_smpl, rotated_smpl
from poseloom.images.crop import cut_out
from poseloom.images.normalise import IMAGENET
from poseloom.images.read import read_picture
from poseloom.images.read_crop import read_crop

DOTS = np.array([[30, 20], [90, 40], [60, 100], [40, 70]])
"""Left and right wrist, and two more."""


def picture(path, size=(120, 140)):
    """Dots on grey."""
    pixels = np.full((size[1], size[0], 3), 60, np.uint8)
    for number, (x, y) in enumerate(DOTS):
        pixels[y - 2 : y + 3, x - 2 : x + 3] = (255, 60, 60) if number == 0 else (60, 60, 255) if number == 1 else 60
    Image.fromarray(pixels).save(path, quality=98)


@dataclass(frozen=True)
class Dots(Numbered):
    """Pictures of two wrists, with poses."""

    name: str = "dots"

    def read(self, unit):
        block = super().read(unit)
        points, sure = np.zeros((17, 2)), np.zeros(17)
        points[[9, 10]], sure[[9, 10]] = DOTS[:2], 1
        marks = schema.Keypoints("coco", tuple(points.ravel()), tuple(sure))
        deep = schema.Keypoints("coco", tuple(np.arange(51.0)), tuple(sure))
        images = [[schema.Image(f"{n % 4}.jpg", 0, 0, box=(20, 10, 80, 100))] for n in unit.content]
        return replace(block, images=images, keypoints=[[marks, deep]] * len(block))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dots")
    for number in range(4):
        picture(folder / f"{number}.jpg")
    prepare(Dots(24), folder / "table")
    return folder


@pytest.fixture
def table(folder):
    return Table.open(folder / "table")


def middle_of(picture, channel):
    """Where a picture is of a colour: red is 0, blue 2."""
    other = 2 - channel
    weight = (picture[channel] - picture[other]).clamp_min(0.15) - 0.15
    rows, columns = torch.meshgrid(*(torch.arange(float(side)) for side in weight.shape), indexing="ij")
    return torch.stack([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()


LEFT, RIGHT = 20, 21
"""Wrists of smpl_54."""


def test_dots_are_where_the_points_say_in_every_crop(table, folder):
    plan = CropPlan((96, 96), law=GeometryLaw(scale=0.1, rotation=20))
    batch = PeopleDataset(table, folder, plan).batch(np.arange(24))
    assert batch.geometry.flip.any() and not batch.geometry.flip.all() and (batch.geometry.rotation != 0).any()
    seen = 0
    for place in range(24):
        red, blue = (RIGHT, LEFT) if batch.geometry.flip[place] else (LEFT, RIGHT)
        for channel, joint in ((0, red), (2, blue)):
            if not (batch.keypoints[place, joint, :2] - 48).abs().lt(44).all():
                continue  # outside of the crop
            seen += 1
            found = middle_of(batch.pictures[place], channel)
            torch.testing.assert_close(found, batch.keypoints[place, joint, :2], atol=0.5, rtol=0)
    assert seen > 35 and (batch.keypoints[..., 2].sum(-1) == 2).all()
    back = stored_pixels(batch.keypoints[..., :2], batch)
    own = torch.where(batch.geometry.flip, RIGHT, LEFT)
    expected = torch.from_numpy(DOTS[:1]).float().expand(24, 2)
    torch.testing.assert_close(back[torch.arange(24), own], expected, atol=1e-2, rtol=0)


def test_a_crop_is_the_same_in_any_batch_and_another_in_the_next_epoch(table, folder):
    plan = CropPlan((64, 64), law=GeometryLaw(), augmentations=(ChannelNoise(), SoftErasing()))
    view = PeopleDataset(table, folder, plan, seed=3)
    whole, part = view.batch(np.arange(12)), view.batch(np.array([7, 2]))
    assert torch.equal(whole.pictures[[7, 2]], part.pictures) and torch.equal(whole.keypoints[[7, 2]], part.keypoints)
    rotations = {round(float(value), 4) for value in view.batch(np.arange(24)).geometry.rotation if value}
    assert len(rotations) > 8
    view.set_epoch(1)
    assert not torch.equal(view.batch(np.array([7, 2])).pictures, part.pictures)


def test_without_a_plan_the_box_is_cut_out_upright(table, folder):
    batch = PeopleDataset(table, folder).batch(np.array([0]))
    expected = torch.tensor([[2.24, 0, -10 * 2.24], [0, 2.24, -10 * 2.24]])
    torch.testing.assert_close(batch.matrices[0], expected, atol=1e-3, rtol=0)
    assert batch.pictures.shape == (1, 3, 224, 224) and batch.posed.all() and batch.data_sets == ("dots",)
    torch.testing.assert_close(batch.pose.rotations, table.poses([0]).rotations, atol=1e-5, rtol=0)
    normal = PeopleDataset(table, folder, CropPlan(normalisation=IMAGENET)).batch(np.array([0]))
    torch.testing.assert_close(normal.pictures, IMAGENET.apply(batch.pictures))


def test_workers_of_a_loader_read_the_same(table, folder):
    view = PeopleDataset(table, folder, CropPlan((32, 32), law=GeometryLaw()))
    loader = DataLoader(view, batch_size=10, collate_fn=whole_batch)
    batches = list(loader)
    assert [len(one) for one in batches] == [10, 10, 4]
    assert torch.equal(torch.cat([one.pictures for one in batches]), view.batch(np.arange(24)).pictures)


def test_pictures_that_cannot_be_read_are_left_out_and_told(table, folder, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes((folder / f"{number}.jpg").read_bytes())
    (tmp_path / "2.jpg").write_bytes((folder / "2.jpg").read_bytes()[:700])
    batch = PeopleDataset(table, tmp_path, CropPlan((32, 32))).batch(np.arange(8))
    assert batch.rows.tolist() == [0, 1, 4, 5] and len(batch.problems) == 4
    assert "2.jpg" in batch.problems[0] or "3.jpg" in batch.problems[0]
    with pytest.raises(PoseloomError, match=r"does not exist|damaged"):
        PeopleDataset(table, tmp_path, CropPlan((32, 32)), strict=True).batch(np.arange(8))
    with pytest.raises(PoseloomError, match="none of 2 pictures can be read"):
        PeopleDataset(table, tmp_path / "nowhere", CropPlan((32, 32))).batch(np.arange(2))


def test_a_table_without_pictures_is_refused(tmp_path):
    prepare(open_source("procedural", {"rows": 3}), tmp_path / "t")
    with pytest.raises(PoseloomError, match="no row has a picture"):
        PeopleDataset(Table.open(tmp_path / "t"), tmp_path)


def test_coco_and_another_table_feed_one_mix(table, folder, tmp_path, shared_data):
    samples = shared_data("keypoint-samples") / "coco"
    prepare(open_source("coco", {"folder": samples}), tmp_path / "coco")
    plan = CropPlan((64, 64), law=GeometryLaw(), augmentations=(SoftErasing(),))
    members = {
        "coco": PeopleDataset(Table.open(tmp_path / "coco"), samples, plan),
        "dots": PeopleDataset(table, folder, plan),
    }
    mix = MixedPeople(members, {"coco": 0.25, "dots": 0.75}, length=2000)
    which, rows = mix.drawn(np.arange(2000))
    assert (which == 0).mean() == pytest.approx(0.25, abs=0.03)
    assert set(rows[which == 0].tolist()) == set(range(4)) and set(rows[which == 1].tolist()) == set(range(24))
    batch = mix.__getitems__(list(range(16)))
    assert (
        len(batch) == 16
        and batch.data_sets == ("coco",) * (which[:16] == 0).sum() + ("dots",) * (which[:16] == 1).sum()
    )
    assert torch.equal(batch.posed, torch.tensor([name == "dots" for name in batch.data_sets]))
    assert batch.pose.joints == 22 and batch.pictures.shape == (16, 3, 64, 64)
    assert len(MixedPeople(members, {"coco": 1, "dots": 1})) == 24
    with pytest.raises(PoseloomError, match="there is no data set 'cocoo'"):
        MixedPeople(members, {"cocoo": 1.0})


@pytest.mark.parametrize("kind", ["jpg", "png", "grey.png", "cmyk.jpg", "alpha.png", "deep.png", "turned.jpg", "gif"])
def test_a_crop_of_a_file_is_a_crop_of_its_picture(tmp_path, kind):
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 255, (12, 9, 3), dtype=np.uint8)).resize(
        (90, 120), Image.Resampling.BICUBIC
    )
    path = tmp_path / f"a.{kind}"
    if kind.startswith("cmyk"):
        smooth.convert("CMYK").save(path)
    elif kind.startswith("grey"):
        smooth.convert("L").save(path)
    elif kind.startswith("alpha"):
        smooth.putalpha(Image.fromarray(rng.integers(0, 255, (120, 90), dtype=np.uint8)))
        smooth.save(path)
    elif kind.startswith("deep"):
        Image.fromarray(rng.integers(0, 65535, (120, 90), dtype=np.uint16)).save(path)
    elif kind.startswith("turned"):
        exif = Image.Exif()
        exif[0x0112] = 6
        smooth.save(path, exif=exif, quality=95)
    else:
        smooth.save(path, **({"quality": 95} if kind == "jpg" else {}))
    matrix = torch.tensor([[0.8, 0.2, -10.0], [-0.2, 0.8, 6.0]])
    whole = read_picture(path)
    expected = cut_out(whole, matrix, (50, 60), rule="indices")
    torch.testing.assert_close(read_crop(path, matrix, (50, 60)), expected, atol=2e-3, rtol=0)
    beyond = torch.tensor([[1.0, 0, -500.0], [0, 1, 0]])
    assert (read_crop(path, beyond, (8, 8)) == 0).all()


def test_a_large_jpeg_is_shrunk_while_it_is_read(tmp_path):
    rng = np.random.default_rng(1)
    rough = Image.fromarray(rng.integers(0, 255, (10, 14, 3), dtype=np.uint8))
    rough.resize((1397, 1003), Image.Resampling.BICUBIC).save(tmp_path / "a.jpg", quality=95)
    matrix = torch.tensor([[0.15, 0, -8.0], [0, 0.15, -3]])
    expected = cut_out(read_picture(tmp_path / "a.jpg"), matrix, (100, 100), shrink_first=True)
    found = read_crop(tmp_path / "a.jpg", matrix, (100, 100), rule="centres")
    assert (found - expected).abs().mean() < 0.004 and (found - expected).abs().max() < 0.06


def test_bombs_and_text_are_refused_in_a_line(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing of a picture")
    with pytest.raises(PoseloomError, match="no picture of a known format"):
        read_crop(tmp_path / "a.png", torch.eye(2, 3), (8, 8))
    Image.new("1", (30_000, 30_000)).save(tmp_path / "bomb.png")
    with pytest.raises(PoseloomError, match="is too large"):
        read_crop(tmp_path / "bomb.png", torch.eye(2, 3), (8, 8))


def test_fits_go_to_the_crop_and_back(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "coco_fits.npy", rng.normal(0, 0.4, (6, 82)))
    fits = StaticFits.read(tmp_path / "coco_fits.npy", 6)
    before = fits.values.copy()
    drawn = Geometry(torch.tensor([True, False]), torch.ones(2), torch.tensor([0.6, -0.3]), torch.full((2,), torch.nan))
    places = torch.tensor([4, 1])
    pose, shape = fits.of_crops(places, drawn)
    stored = torch.from_numpy(before[[4, 1], :72])
    torch.testing.assert_close(pose[0], rotated_smpl(flipped_smpl(stored[:1]), drawn.rotation[:1])[0])
    torch.testing.assert_close(pose[1], rotated_smpl(stored[1:], drawn.rotation[1:])[0])
    fits.update(places, drawn, pose, shape + 1, torch.tensor([True, False]))
    np.testing.assert_allclose(fits.values[4, :72], before[4, :72], atol=1e-5)
    np.testing.assert_allclose(fits.values[4, 72:], before[4, 72:] + 1, atol=1e-6)
    np.testing.assert_array_equal(fits.values[[0, 1, 2, 3, 5]], before[[0, 1, 2, 3, 5]])
    fits.write(tmp_path / "new_fits.npy")
    np.testing.assert_array_equal(StaticFits.read(tmp_path / "new_fits.npy").values, fits.values)
    with pytest.raises(PoseloomError, match="another version"):
        StaticFits.read(tmp_path / "coco_fits.npy", 7)
    with pytest.raises(PoseloomError, match="out of range"):
        fits.of_crops(torch.tensor([6, 0]), drawn)
