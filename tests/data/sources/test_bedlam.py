import pickle
import shutil

import numpy as np
import pytest
import torch
from bedlam_standin import CLOSEUP, TRAINING, VALIDATION, write_bedlam, write_motion

from poseloom.base.errors import PoseloomError
from poseloom.body.smpl import SmplBody
from poseloom.data import Table, prepare
from poseloom.data.sources.bedlam import Bedlam
from poseloom.data.sources.bedlam_body import box_body
from poseloom.data.sources.bedlam_people import PeopleRules
from poseloom.pose import sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bedlam(tmp_path_factory.mktemp("bedlam"))


@pytest.fixture(scope="module")
def table(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "table"
    prepare(Bedlam(folder), path)
    return Table.open(path)


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def problems(path):
    return [line for part in Table.open(path).manifest.parts for shard in part.shards for line in shard.problems]


def test_everyone_in_every_fifth_frame_gets_a_row(table):
    assert len(table) == 3 * 2 * 3 * 9  # scenes, sequences, people, frames 0 to 40
    row = table.row(4)
    assert row.id == f"{TRAINING}/seq_000000/0005/rp_0_001_1000"
    assert row.origin.file == f"{TRAINING}/seq_000000/rp_0_001_1000" and row.origin.frame == 5
    assert row.images[0].path == f"training/{TRAINING}_6fps/png/seq_000000/seq_000000_0005.png"
    assert (row.images[0].width, row.images[0].height) == (1280, 720)
    assert set(table.column("split").to_pylist()) == {"train", "val"}
    assert row.pose.shape.shape == (11,) and row.pose.face[0, 0] == pytest.approx(0.1)


def test_the_frame_of_the_motion_is_that_of_the_film_after_its_start(table, folder):
    row = table.row(4)  # starts at frame 5, and frame 5 is shown
    poses = np.load(folder / "neutral_ground_truth_motioninfo/rp_0_001/1000/motion_seq.npz")["poses"].reshape(-1, 55, 3)
    assert torch.allclose(row.pose.rotations[1:22], torch.from_numpy(poses[10, 1:22]).float(), atol=1e-6)
    assert torch.allclose(row.pose.rotations[22:], torch.from_numpy(poses[10, 25:]).float(), atol=1e-6)


@pytest.mark.parametrize("scene", [TRAINING, CLOSEUP, VALIDATION])
def test_pose_camera_and_keypoints_agree(table, folder, scene):
    """The stored pose on the whole body, seen by the stored camera, gives the stored keypoints."""
    body = SmplBody.load(folder / "smplx" / "SMPLX_NEUTRAL.npz")
    row = next(row for row in table if row.id.startswith(scene))
    pose = row.pose
    joints = body.joints(type(pose)(pose.rotations, pose.translation, pose.shape[:10], "smplx", pose.face))
    camera = row.camera
    places = joints @ torch.tensor(camera.rotation).reshape(3, 3).T + torch.tensor(camera.translation)
    pixels = places[:, :2] / places[:, 2:] * torch.tensor(camera.focal) + torch.tensor(camera.centre)
    assert torch.allclose(pixels, torch.tensor(row.keypoints[0].points).reshape(52, 2), atol=0.05)
    assert row.keypoints[0].convention == "smplh" and min(row.keypoints[0].confidence) == 1.0


def test_people_stand_before_the_camera_where_they_were_put(table):
    """At X = 400, Y = -110, 0, 110 cm: four metres ahead, from left to right; yaw 90 faces the camera."""
    for place, row in enumerate(table.row(number) for number in range(3)):
        x, y, z = row.pose.translation.tolist()
        assert z == pytest.approx(-4, abs=0.1) and x == pytest.approx(1.1 * (place - 1), abs=0.1)
        assert y == pytest.approx(1.2 - 0.22, abs=0.02)  # of the pelvis, not of the body's origin


@pytest.mark.parametrize("scene", [TRAINING, CLOSEUP])
def test_a_crop_holds_the_whole_person_upright(table, scene):
    row = next(row for row in table if row.id.startswith(scene))
    crop = torch.tensor(row.images[0].crop).reshape(2, 3)
    points = torch.tensor(row.keypoints[0].points).reshape(52, 2)
    inside = points @ crop[:, :2].T + crop[:, 2]
    assert (inside > 0).all() and (inside < torch.tensor([192.0, 256.0])).all()
    assert torch.linalg.det(crop[:, :2]) > 0
    side = torch.tensor([1.0, 0.0]) @ crop[:, :2].T  # where the stored picture's x axis points
    assert (side[0] > 0) if scene == TRAINING else (side[1] > 0)


def test_rules_take_away_who_is_hidden(folder, table, tmp_path):
    prepare(Bedlam(folder, rules=PeopleRules(overlap=0.0)), tmp_path / "alone")
    kept = Table.open(tmp_path / "alone").column("id").to_pylist()
    assert 0 < len(kept) < len(table) and set(kept) < set(table.column("id").to_pylist())


def test_files_that_are_lost_are_counted_and_the_rest_is_read(copy, tmp_path):
    shutil.rmtree(copy / "neutral_ground_truth_motioninfo" / "rp_0_001")
    (copy / "csv" / CLOSEUP / "ground_truth" / "camera" / "seq_000001_camera.csv").unlink()
    prepare(Bedlam(copy), tmp_path / "t")
    found = problems(tmp_path / "t")
    assert len(found) == 3 and all("does not exist" in line and str(copy) not in line for line in found)
    assert len(Table.open(tmp_path / "t")) == 162 - 2 * 9 - 27
    with pytest.raises(PoseloomError, match=r"motion_seq\.npz: does not exist"):
        prepare(Bedlam(copy, strict=True), tmp_path / "strict")


def test_frames_behind_the_end_of_a_motion_are_counted(copy, tmp_path):
    write_motion(copy, "rp_0_000", "1000", frames=20)
    prepare(Bedlam(copy, limit=None), tmp_path / "t")
    told = f"{TRAINING}/seq_000000/rp_0_000_1000: 5 pictures show frames behind the end of its motion"
    assert problems(tmp_path / "t") == [told]


def test_a_limit_spreads_pictures_over_the_sequence(folder, tmp_path):
    prepare(Bedlam(folder, limit=3), tmp_path / "t")
    assert set(Table.open(tmp_path / "t").column("frame").to_pylist()) == {0, 15, 30}


def test_the_body_model_is_asked_for(copy, tmp_path):
    (copy / "smplx" / "SMPLX_NEUTRAL.npz").unlink()
    with pytest.raises(
        PoseloomError, match=r"smplx/SMPLX_NEUTRAL.npz: does not exist; get SMPLX_NEUTRAL.npz at smpl-x"
    ):
        Bedlam(copy)


def test_points_of_the_box_are_those_of_the_matrix_where_it_can_be_read(copy):
    model = copy / "smplx" / "SMPLX_NEUTRAL.npz"
    whole = SmplBody.load(model)
    pose = sample(2, 0)
    matrix = np.zeros((5, 1229))
    matrix[range(5), [7, 3, 900, 12, 1]] = 1
    (copy / "downsample_mat_smplx.pkl").write_bytes(pickle.dumps(matrix))
    box_body.cache_clear()
    body = box_body(model, copy)
    joints, surface = body.seen(pose)
    assert torch.allclose(surface, whole.mesh(pose).vertices[:, [7, 3, 900, 12, 1]], atol=1e-5)
    assert torch.allclose(joints, whole.joints(pose), atol=1e-5) and not body.problem
    (copy / "downsample_mat_smplx.pkl").write_bytes(pickle.dumps(np.zeros((5, 7))))
    box_body.cache_clear()
    body = box_body(model, copy)
    assert "downsample_mat_smplx.pkl: has shape (5, 7)" in body.problem and body.seen(pose)[1].shape == (2, 437, 3)
    box_body.cache_clear()


def test_canonical_joints_face_forward_whatever_the_heading(folder):
    body = box_body(folder / "smplx" / "SMPLX_NEUTRAL.npz", folder)
    pose = sample(20, 4)
    joints = body.canonical(pose)
    across = joints[:, 1] - joints[:, 2]
    assert (across[:, 0] > 0).all() and across[:, 2].abs().max() < 1e-5
    turned = pose.turned(torch.linalg.matrix_exp(torch.tensor([[0, 0, 1.0], [0, 0, 0], [-1.0, 0, 0]])))
    assert torch.allclose(body.canonical(turned), joints, atol=1e-5)
