"""Tables of pictured people as crops: keypoints and bodies follow every flip, turn and scale of the picture."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from people_tables import drawn_table

from poseloom.base.errors import FileError, PoseloomError
from poseloom.images.normalise import IMAGENET, UNIT
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.weak_perspective import FOCAL, estimated_translation
from poseloom.tasks.mesh_recovery.learned_body import FreeBody
from poseloom.tasks.mesh_recovery.objectives.batch import in_crop, mirrored, out_of_crop
from poseloom.tasks.mesh_recovery.objectives.recipe import FirstWeights, MeshData, MeshRecipe, published_mixes
from poseloom.tasks.mesh_recovery.objectives.tables import STILL, Changes, CropForm, PeopleTable, self_mixed
from poseloom.training import Stage

FORM = CropForm((224, 224), IMAGENET, "smpl_54")
STRONG = Changes(noise=0.4, flip=0.5, scale=0.25, turn=60.0, turns=1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    drawn_table(folder, name="drawn")
    drawn_table(folder, name="points", keypoints=True, seed=1)
    return folder


@pytest.fixture(scope="module")
def body():
    return FreeBody()


def people(folder, body, name="drawn", **options):
    return PeopleTable(name, folder / name, folder / "pictures" / name, body, FORM, **options)


def drawn_apart(body, batch):
    """Pixels between the 2D keypoints and the body of a batch, put before the camera by least squares."""
    joints = body.posed(batch.rotations, batch.betas).joints
    sure = batch.keypoints2d[..., 2] * body.known
    place = estimated_translation(joints, batch.keypoints2d[..., :2], sure)
    seen = joints + place[:, None]
    pixels = FOCAL * seen[..., :2] / seen[..., 2:] + 112
    return ((pixels - batch.keypoints2d[..., :2]).norm(dim=-1) * sure).sum(-1) / sure.sum(-1)


def test_bodies_follow_the_picture_however_it_is_changed(folder, body):
    still = drawn_apart(body, people(folder, body).__getitems__(range(9)))
    changed = people(folder, body, changes=STRONG).__getitems__(range(9))
    assert changed.flipped.any() and not changed.flipped.all()
    # not zero: the table's camera is near, the networks' is far away
    assert still.mean() < 4
    assert drawn_apart(body, changed).mean() < 6


def test_points_in_space_follow_as_the_body_does(folder, body):
    batch = people(folder, body, changes=STRONG).__getitems__(range(9))
    joints = body.posed(batch.rotations, batch.betas).joints
    about = joints - joints[:, :1]
    known = batch.keypoints3d[..., 3] > 0
    # not exact where it was mirrored: the free body is not quite symmetric
    assert torch.allclose(about[known], batch.keypoints3d[..., :3][known], atol=0.005)


@pytest.mark.parametrize("axes", ["camera", "world"])
def test_points_in_space_may_stand_in_the_camera_or_in_the_world(axes, body, tmp_path):
    """Which of the two is told by the bodies of the same rows."""
    drawn_table(tmp_path, name=axes, rows=4, solid=axes)
    batch = people(tmp_path, body, axes).__getitems__(range(3))
    joints = body.posed(batch.rotations, batch.betas).joints
    about = batch.keypoints3d[..., :3] - batch.keypoints3d[:, :1, :3]
    assert torch.allclose(about[:, :22], (joints - joints[:, :1])[:, :22], atol=1e-4)


def test_keypoints_of_the_table_come_before_those_of_the_body(folder, body):
    batch = people(folder, body, "points").__getitems__(range(9))
    assert (batch.keypoints2d[:, :22, 2] == 1).all()
    assert batch.keypoints2d[:, 24:, 2].sum() == 0
    assert batch.has_body.tolist() == [place % 3 != 0 for place in (0, 1, 2, 4, 5, 6, 8, 9, 10)]
    assert not batch.has_shape[~batch.has_body].any()


def test_the_same_epoch_gives_the_same_crops_and_another_others(folder, body):
    first, again = (people(folder, body, changes=STRONG, seed=5) for _ in range(2))
    assert torch.equal(first[3].pictures, again.__getitems__([1, 3]).pictures[1:])
    again.set_epoch(1)
    assert not torch.equal(first[3].pictures, again[3].pictures)


def test_only_posed_people_of_a_split(folder, body):
    assert len(people(folder, body, split="val")) == 3
    assert len(people(folder, body, "points", posed=True)) == 6
    with pytest.raises(PoseloomError, match="'test' has no people"):
        people(folder, body, split="test")


def test_a_missing_picture_is_told(folder, body):
    with pytest.raises(FileError, match="nowhere"):
        PeopleTable("drawn", folder / "drawn", folder / "nowhere", body, FORM)[0]


def test_crops_may_be_higher_than_wide(folder, body):
    form = CropForm((256, 192), UNIT, "smpl_24")
    batch = PeopleTable("drawn", folder / "drawn", folder / "pictures" / "drawn", body, form)[0]
    assert batch.pictures.shape == (1, 3, 256, 192)
    assert batch.keypoints2d.shape == (1, 24, 3)
    inside = batch.keypoints2d[0, :12, :2]
    assert (inside > -20).all() and (inside[:, 0] < 212).all() and (inside[:, 1] < 276).all()


@given(st.floats(-3, 3), st.booleans(), st.sampled_from([22, 24]))
def test_a_crop_can_be_untwisted(angle, flip, joints):
    rotations = rotvec_to_rotmat(torch.randn(2, joints, 3, generator=torch.Generator().manual_seed(0)))
    turned, flipped = torch.full((2,), angle), torch.tensor([flip, False])
    back = out_of_crop(in_crop(rotations, turned, flipped), turned, flipped)
    assert torch.allclose(back, rotations, atol=1e-5)


def test_a_mirror_exchanges_sides():
    rotations = torch.eye(3).repeat(1, 24, 1, 1)
    rotations[0, 18] = rotvec_to_rotmat(torch.tensor([0.2, 1.0, -0.3]))
    rotations[0, 22] = rotvec_to_rotmat(torch.tensor([0.1, 0.0, 0.5]))
    found = mirrored(rotations)
    assert torch.allclose(found[0, 19], rotvec_to_rotmat(torch.tensor([0.2, -1.0, 0.3])), atol=1e-6)
    assert torch.allclose(found[0, 23], rotvec_to_rotmat(torch.tensor([0.1, 0.0, -0.5])), atol=1e-6)
    assert torch.allclose(mirrored(found), rotations)


def test_self_mixing_changes_a_rectangle_alone():
    import numpy as np

    crop = torch.rand(3, 64, 64)
    mixed = self_mixed(crop, np.random.default_rng(3))
    changed = (mixed != crop).any(0)
    rows, columns = changed.any(1).nonzero()[:, 0], changed.any(0).nonzero()[:, 0]
    extent = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    assert 0.015 * 64 * 64 <= extent <= 0.45 * 64 * 64
    assert changed.sum() > 0.9 * extent
    assert (mixed >= 0).all() and (mixed <= 1).all()


def test_mixes_are_the_published_ones():
    mixes = published_mixes()
    assert len([name for name in mixes if name.startswith("mix")]) == 11
    assert sum(mixes["mix1"].values()) == pytest.approx(1)
    assert MeshData(mix="mix5").share_of_each().normalised()["h36m"] == pytest.approx(0.35)
    assert MeshData(mix="coco").share_of_each().shares == {"coco": 1.0}
    assert MeshData(shares={"a": 2.0}).share_of_each().shares == {"a": 2.0}
    with pytest.raises(PoseloomError, match="'mix12' is unknown"):
        MeshData(mix="mix12").share_of_each()


def test_augmentation_mixes_and_lowers_the_noise():
    plain, on = (MeshRecipe(augment=one, stages=[Stage(epochs=1)]) for one in ("off", "on"))
    assert (plain.changes.mix, plain.changes.noise) == (0.0, 0.4)
    assert (on.changes.mix, on.changes.noise) == (0.5, 0.2)


def test_first_weights_are_files_of_the_backbone(tmp_path):
    assert FirstWeights("none").file("resnet50") is None
    with pytest.raises(PoseloomError, match="--init none"):
        FirstWeights("imagenet").file("resnet50")
    with pytest.raises(FileError, match=r"expected hrnet_w32_coco_pose.pth"):
        FirstWeights("coco", str(tmp_path)).file("hrnet_w32")
    (tmp_path / "hrnet_coco_pose.pth").touch()
    assert FirstWeights("coco", str(tmp_path)).file("hrnet_w32") == tmp_path / "hrnet_coco_pose.pth"
    assert str(FirstWeights("mine.pth").file("hrnet_w32")) == "mine.pth"


def test_nothing_is_changed_in_evaluation(folder, body):
    batch = people(folder, body, changes=STILL)[0]
    assert not batch.flipped.any() and not batch.turned.any()
    assert batch.samples.tolist() == [0]
