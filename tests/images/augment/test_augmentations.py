"""Augmentations do what they say to the pixels, leave the rest, and depend on seed and key alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from poseloom.base.errors import PoseloomError
from poseloom.data.occluders import open_objects
from poseloom.images.augment import (
    ChannelNoise,
    CoarseDropout,
    GridDropout,
    HardErasing,
    KeypointOcclusion,
    Objects,
    OnlyFor,
    PeoplePictures,
    PhotometricDistortion,
    RandomCrop,
    SelfMixing,
    SoftErasing,
    SyntheticOcclusion,
    augmented,
    drawn_objects,
)
from poseloom.images.augment.photometric import shifted_hsv

ALL = (
    ChannelNoise(),
    PhotometricDistortion(),
    HardErasing(),
    SoftErasing(),
    SelfMixing(),
    SyntheticOcclusion(),
    KeypointOcclusion(),
    CoarseDropout(),
    GridDropout(),
    RandomCrop(),
)
NAMES = [type(one).__name__ for one in ALL]


def batch(people=6, height=64, width=48, value=None):
    generator = torch.Generator().manual_seed(1)
    pictures = torch.rand(people, 3, height, width, generator=generator)
    if value is not None:
        pictures[:] = value
    points = torch.rand(people, 17, 3, generator=generator) * torch.tensor([width, height, 1])
    points[:, 5, 2] = 1
    boxes = torch.tensor([10.0, 8, 24, 50]).repeat(people, 1)
    return PeoplePictures(pictures, points, boxes, torch.arange(people) + 40, ("h36m", "coco") * (people // 2))


def same(first, second):
    return all(
        torch.equal(getattr(first, name), getattr(second, name)) for name in ("pictures", "keypoints", "boxes", "keys")
    )


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_a_picture_is_changed_alike_in_any_batch(one):
    whole = batch()
    changed = one(whole, 7)
    assert same(changed, one(batch(), 7))
    rows = torch.tensor([4, 1])
    part = PeoplePictures(whole.pictures[rows], whole.keypoints[rows], whole.boxes[rows], whole.keys[rows])
    again = one(part, 7)
    assert torch.equal(again.pictures, changed.pictures[rows]) and torch.equal(again.keypoints, changed.keypoints[rows])
    assert any(not torch.equal(changed.pictures, one(whole, seed).pictures) for seed in (8, 9, 10))


@pytest.mark.parametrize("one", ALL, ids=NAMES)
def test_pictures_stay_pictures_and_what_was_given_is_not_touched(one):
    given, before = batch(), batch()
    for seed in range(8):
        changed = one(given, seed)
        assert changed.pictures.shape == given.pictures.shape and changed.keypoints.shape == given.keypoints.shape
        assert changed.pictures.min() >= 0 and changed.pictures.max() <= 1
        assert torch.equal(changed.keypoints[..., 2], given.keypoints[..., 2])
    assert same(given, before)


@pytest.mark.parametrize("one", [one for one in ALL if hasattr(one, "probability")], ids=lambda one: type(one).__name__)
def test_the_probability_is_that_of_the_pictures_changed(one):
    many = batch(400, 32, 32)
    changed = (replace(one, probability=0.3)(many, 2).pictures != many.pictures).flatten(1).any(1).float().mean()
    assert changed < 0.37 and changed > (0.02 if isinstance(one, HardErasing) else 0.2)
    assert same(replace(one, probability=0.0)(many, 2), many)


def test_channels_are_scaled_each_by_its_own():
    changed = ChannelNoise(0.4)(batch(value=0.5), 3).pictures / 0.5
    factors = changed[:, :, 0, 0]
    torch.testing.assert_close(changed, factors[:, :, None, None].expand_as(changed))
    assert factors.min() >= 0.6 and factors.max() <= 1.4 and (factors[:, 0] - factors[:, 1]).abs().min() > 0
    assert ChannelNoise(0.4)(batch(value=1.0), 3).pictures.max() == 1


def test_hsv_is_that_of_pillow():
    """Hue moved by a third turns red to green; saturation times nothing is grey; nothing changes nothing."""
    pictures = torch.rand(3, 3, 20, 20, generator=torch.Generator().manual_seed(5))
    torch.testing.assert_close(shifted_hsv(pictures, torch.ones(3), torch.zeros(3)), pictures, atol=1e-5, rtol=0)
    grey = shifted_hsv(pictures, torch.zeros(3), torch.zeros(3))
    torch.testing.assert_close(grey, pictures.amax(1, keepdim=True).expand_as(pictures), atol=1e-6, rtol=0)
    turned = shifted_hsv(pictures, torch.ones(3), torch.full((3,), 1 / 3))
    torch.testing.assert_close(turned, pictures.roll(1, 1), atol=1e-5, rtol=0)
    strong = shifted_hsv(pictures[:1], torch.tensor([1.4]), torch.zeros(1))[0]
    image = np.array(Image.fromarray((pictures[0] * 255).byte().permute(1, 2, 0).numpy()).convert("HSV"), float)
    found = np.array(Image.fromarray((strong * 255).byte().permute(1, 2, 0).numpy()).convert("HSV"), float)
    expected = np.minimum(image[..., 1] * 1.4, 255)
    bright = image[..., 2] > 60
    assert np.abs(found[..., 1] - expected)[bright].mean() < 3
    assert np.abs(found[..., 2] - image[..., 2]).max() <= 2


def test_brightness_and_contrast_of_grey_are_straight_lines():
    """Grey has no hue: what comes out is shift and factor, in one order or the other."""
    many = batch(300, 2, 2, value=0.4)
    found = PhotometricDistortion()(many, 1).pictures[:, 0, 0, 0]
    shift = 32 / 255
    assert found.min() >= (0.4 - shift) * 0.5 - 1e-6 and found.max() <= (0.4 + shift) * 1.5 + 1e-6
    assert (found == 0.4).float().mean() == pytest.approx(0.25, abs=0.08)  # neither brightness nor contrast


def changed_box(before, after):
    rows, columns = (before != after).any(0).nonzero(as_tuple=True)
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_hard_erasing_stays_in_the_picture_and_is_noise():
    given = batch(200, 64, 48, value=0.5)
    found = HardErasing(1.0)(given, 4).pictures
    changed = [place for place in range(200) if not torch.equal(found[place], given.pictures[place])]
    assert len(changed) > 60
    for place in changed:
        top, bottom, left, right = changed_box(given.pictures[place], found[place])
        part = found[place][:, top : bottom + 1, left : right + 1]
        assert (part != 0.5).float().mean() > 0.99
        assert (bottom - top + 1) * (right - left + 1) <= 0.7 * 24 * 50 + 80
    values = torch.cat([found[place][found[place] != 0.5] for place in changed])
    assert values.mean() == pytest.approx(0.5, abs=0.02) and values.std() == pytest.approx(12**-0.5, abs=0.02)


def test_soft_erasing_leaves_the_picture_to_be_seen_through():
    given = batch(100, 64, 48, value=0.0)
    found = SoftErasing(1.0)(given, 4).pictures
    highest = found.flatten(1).max(1).values
    assert (highest > 0.05).float().mean() > 0.95 and highest.max() <= 0.9 and highest.std() > 0.1
    shares = (found != 0).any(1).flatten(1).float().mean(1)
    assert shares.max() <= 0.4 and shares.mean() == pytest.approx(0.21, abs=0.05)


def test_self_mixing_takes_the_picture_itself():
    """A picture of two values mixed with itself has nothing above or below them, and no noise."""
    pictures = torch.full((40, 3, 64, 48), 0.25)
    pictures[..., 24:] = 0.75
    given = replace(batch(40), pictures=pictures, data_sets=())
    found = SelfMixing(1.0)(given, 2).pictures
    assert found.min() >= 0.25 and found.max() <= 0.75 + 1e-6
    assert max(len(one.unique()) for one in found) <= 4 and (found != pictures).flatten(1).any(1).float().mean() > 0.5
    assert not torch.equal(found, SoftErasing(1.0)(given, 2).pictures)


def test_dropouts_are_black_and_of_their_size():
    given = batch(60, 64, 48, value=1.0)
    coarse = CoarseDropout(1.0, holes=(1, 1), sides=(10, 12))(given, 3).pictures[:, 0]
    for one in coarse:
        rows, columns = (one == 0).nonzero(as_tuple=True)
        extent = (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1)
        assert all(10 <= side <= 12 for side in extent) and len(rows) == extent[0] * extent[1]
    grid = GridDropout(1.0)(given, 3).pictures[:, 0]
    assert (grid == 0).float().mean() == pytest.approx(0.25, abs=0.05) and set(grid.unique().tolist()) == {0, 1}
    runs = GridDropout(1.0, unit=(10, 10))(given, 3).pictures[0, 0]
    lengths = [
        len(run) for row in runs for run in "".join(str(int(value)) for value in row).strip("1").split("1") if run
    ]
    assert max(lengths) == 5


def square(value):
    return Objects((torch.cat([torch.full((3, 40, 40), value), torch.ones(1, 40, 40)]),))


def test_objects_are_pasted_at_their_size():
    given = batch(50, 128, 128, value=0.0)
    found = SyntheticOcclusion(square(0.5), count=(1, 1), scale=(1.0, 1.0))(given, 3).pictures
    areas = (found[:, 0] > 0.25).flatten(1).sum(1)
    assert areas.max() == 400 and (areas == 400).float().mean() > 0.5  # 40 x 128/256 = 20 a side; some are cut off
    several = SyntheticOcclusion(square(0.5), count=(3, 3), scale=(0.2, 0.2))(given, 3).pictures
    assert (several[:, 0] > 0.25).flatten(1).sum(1).max() == 48  # three of 4 x 4


def test_objects_lie_over_keypoints_that_are_certain():
    given = batch(50, 128, 128, value=0.0)
    points = torch.rand(50, 17, 3) * torch.tensor([128, 128, 0.9])
    points[:, 5] = torch.tensor([64.0, 32.0, 1.0])
    points[0, 5, 2] = 0.99
    given = replace(given, keypoints=points)
    found = KeypointOcclusion(square(0.5), count=(1, 1), scale=(1.0, 1.0), spread=0.0)(given, 3).pictures
    assert (found[0] == 0).all()
    assert (found[1:, :, 22:42, 54:74] == 0.5).all() and (found[1:] != 0).sum() == 49 * 3 * 400


def test_zooming_carries_points_and_boxes():
    """A dot at a keypoint is found at the keypoint of the enlarged picture."""
    pictures = torch.zeros(20, 3, 96, 96)
    pictures[:, :, 39:42, 47:50] = 1
    points = torch.zeros(20, 1, 3)
    points[:] = torch.tensor([48.0, 40.0, 1.0])
    boxes = torch.tensor([28.0, 20, 40, 40]).repeat(20, 1)
    found = RandomCrop(1.0)(PeoplePictures(pictures, points, boxes, torch.arange(20)), 5)
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    weight = found.pictures[:, 0] / found.pictures[:, 0].sum((1, 2), keepdim=True)
    middle = torch.stack([(weight * x).sum((1, 2)), (weight * y).sum((1, 2))], -1)
    torch.testing.assert_close(middle, found.keypoints[:, 0, :2], atol=0.3, rtol=0)
    torch.testing.assert_close(found.boxes[:, 2:], torch.full((20, 2), 160.0))
    assert (found.boxes[:, 0] == -32).all() and found.boxes[:, 1].std() > 5


def test_only_some_data_sets_are_changed_and_an_empty_list_is_a_mistake():
    given = batch(value=0.5)
    changed = OnlyFor(PhotometricDistortion(), ("h36m",))(given, 3)
    assert torch.equal(changed.pictures[1::2], given.pictures[1::2])
    assert not torch.equal(changed.pictures[::2], given.pictures[::2])
    with pytest.raises(PoseloomError, match="names no data set"):
        OnlyFor(SoftErasing(), ())
    with pytest.raises(PoseloomError, match="does not tell the data set"):
        OnlyFor(SoftErasing(), ("coco",))(replace(given, data_sets=()), 1)


def test_equal_augmentations_in_a_row_draw_numbers_of_their_own():
    given = batch(value=0.5)
    once, twice = (augmented(given, [ChannelNoise(0.2)] * count, 3).pictures / 0.5 for count in (1, 2))
    assert not torch.allclose(once**2, twice)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ChannelNoise(1.5),
        lambda: HardErasing(1.2),
        lambda: SoftErasing(area=(0.5, 0.2)),
        lambda: GridDropout(ratio=1.0),
        lambda: CoarseDropout(holes=(0, 3)),
        lambda: RandomCrop(side=0.0),
        lambda: KeypointOcclusion(spread=-1.0),
        lambda: Objects(()),
    ],
)
def test_wrong_numbers_are_told(wrong):
    with pytest.raises(PoseloomError, match="expected"):
        wrong()


def test_drawn_objects_are_whole_and_unlike():
    things = drawn_objects(16)
    assert len(things) == 16 and drawn_objects(16, 0).pictures[3].equal(things.pictures[3])
    for one in things.pictures:
        assert one.shape[0] == 4 and max(one.shape[1:]) == 128 and one[3].max() > 0.99 and one[3].mean() > 0.05
        assert all((edge.max() > 0.3) for edge in (one[3, 0], one[3, -1], one[3, :, 0], one[3, :, -1]))


def test_objects_from_files(tmp_path):
    folder = tmp_path / "cut"
    folder.mkdir()
    Image.new("RGBA", (6, 4), (255, 0, 0, 128)).save(folder / "a.png")
    found = open_objects(folder).pictures[0]
    assert found.shape == (4, 4, 6) and found[:, 0, 0].tolist() == pytest.approx([1, 0, 0, 128 / 255])
    array = np.empty(2, dtype=object)
    array[0], array[1] = np.full((3, 5, 4), 255, np.uint8), np.zeros((2, 2, 4), np.uint8)
    np.save(tmp_path / "pascal_occluders.npy", array)
    assert [one.shape[1:] for one in open_objects(tmp_path / "pascal_occluders.npy").pictures] == [(3, 5), (2, 2)]
    np.save(tmp_path / "wrong.npy", np.zeros((2, 3, 3, 3), np.uint8))
    with pytest.raises(PoseloomError, match="object 0: has shape"):
        open_objects(tmp_path / "wrong.npy")
    with pytest.raises(PoseloomError, match="is no folder"):
        open_objects(tmp_path / "nothing")
