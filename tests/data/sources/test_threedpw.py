import numpy as np
import pytest
import torch
from releases import threedpw, threedpw_sequence, write_pickle

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, open_source, prepare
from poseloom.data.sources.threedpw import REST_PELVIS, crop_of
from poseloom.pose.rotations import rotvec_to_rotmat


def source(folder, **options):
    return open_source("3dpw", {"folder": folder, **options})


@pytest.fixture
def table(tmp_path):
    prepare(source(threedpw(tmp_path / "3dpw")), tmp_path / "t")
    return Table.open(tmp_path / "t")


def test_people_in_pictures_with_a_camera(table):
    ids = table.column("id").to_pylist()
    assert len(table) == 12 and "3dpw/validation/downtown_walking_01/1-female:3" in ids
    assert {table.row(number).origin.frame for number in range(len(table))} == {0, 2, 3}  # 1 has no valid camera
    splits = {table.row(number).split for number in range(len(table))}
    assert splits == {"train", "val", "test"}
    row = table.row(0)
    image = row.images[0]
    assert (image.path, image.width, image.height) == ("imageFiles/downtown_walking_00/image_00000.jpg", 1080, 1920)
    assert row.camera.focal == pytest.approx((1961.8, 1969.2)) and row.camera.centre == (540.0, 960.0)
    assert row.keypoints[0].convention == "pw3d" and len(row.keypoints[0].points) == 36
    assert row.joints == 22 and table.layout.shape == 10 and table.layout.shape_model == "smpl"


def test_the_camera_sees_the_row_where_it_saw_the_file(tmp_path):
    """A point of the body, moved as an average SMPL body moves it, lies in the same place of the picture."""
    folder = tmp_path / "3dpw"
    rng = np.random.default_rng(4)
    cameras = np.tile(np.eye(4), (4, 1, 1))
    cameras[:, :3, :3] = rotvec_to_rotmat(torch.from_numpy(rng.normal(0, 1, (4, 3)))).numpy()
    cameras[:, :3, 3] = rng.normal(0, 1, (4, 3))
    content = threedpw_sequence(1, cam_poses=cameras, trans=[rng.normal(0, 1, (4, 3))])
    write_pickle(folder / "sequenceFiles/test/a.pkl", content)
    prepare(source(folder), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    pelvis, point = torch.tensor(REST_PELVIS).double(), torch.tensor([0.1, 0.5, -0.2]).double()
    for number, frame in enumerate((0, 2, 3)):
        root = rotvec_to_rotmat(torch.from_numpy(content["poses"][0][frame, :3]))
        world = root @ (point - pelvis) + pelvis + torch.from_numpy(content["trans"][0][frame])
        seen = torch.from_numpy(cameras[frame, :3, :3]) @ world + torch.from_numpy(cameras[frame, :3, 3])
        row = table.row(number)
        turned = rotvec_to_rotmat(row.pose.rotations[0].double()) @ (point - pelvis) + row.pose.translation.double()
        camera = torch.tensor(row.camera.rotation).double().reshape(3, 3)
        assert torch.allclose(camera @ turned + torch.tensor(row.camera.translation).double(), seen, atol=1e-5)


def test_crops_hold_the_points_that_were_seen(table):
    (crop, points) = table.row(0).images[0].crop, table.row(0).keypoints[0]
    matrix = np.array(crop).reshape(2, 3)
    seen = np.array(points.points).reshape(-1, 2)[np.array(points.confidence) > 0]
    inside = seen @ matrix[:, :2].T + matrix[:, 2]
    assert inside.min() >= 0 and inside.max() <= 224
    assert np.ptp(inside, axis=0).max() == pytest.approx(224 / 1.2, rel=1e-5)
    unseen = [row for row in table if row.origin.frame == 3]
    assert all(row.images[0].crop == () for row in unseen)
    assert crop_of(np.ones((18, 3), np.float32)) == ()


def test_both_forms_of_the_files(tmp_path):
    """Keypoints under either name or none, motions at 60 Hz alone, people as an array."""
    one = threedpw_sequence(1)
    for name, changed in {
        "a": {"poses2d": None, "poses2D": one["poses2d"]},
        "b": {"poses2d": None},
        "c": {"poses": None, "trans": None},
        "d": {"genders": np.array(["m"]), "sequence": None},
    }.items():
        write_pickle(tmp_path / f"3dpw/test/{name}.pkl", {**threedpw_sequence(1, **changed)})
    part = prepare(source(tmp_path / "3dpw", strict=True), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    assert part.rows == 12
    rows = {row.id.split("/")[2]: row for row in table if row.origin.frame == 2}
    assert rows["a"].keypoints[0].confidence[0] == pytest.approx(0.8) and not any(rows["b"].keypoints[0].confidence)
    dense = one["poses_60Hz"][0][4].reshape(24, 3)
    assert np.allclose(rows["c"].pose.rotations[1:], dense[1:22], atol=1e-6)
    assert rows["d"].images[0].path == "imageFiles/d/image_00002.jpg"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"cam_poses": None}, "cam_poses: is missing, expected a sequence file of 3DPW"),
        ({"cam_intrinsics": np.eye(4)}, r"cam_intrinsics: has shape \(4, 4\), expected \(3, 3\)"),
        ({"poses": [np.zeros((3, 72))]}, r"poses\[0\]: has shape \(3, 72\), expected \(4, 72\)"),
        ({"poses": [np.full((4, 72), np.nan)]}, r"poses\[0\]: NaN or infinity at index"),
        ({"betas": [np.zeros(5)]}, r"betas\[0\]: has 5 coefficients, expected at least 10"),
        ({"genders": []}, "genders: has 0 people, expected one more"),
        ({"betas": 3}, "betas: is a int, expected a list"),
        ({"poses": None, "img_frame_ids": np.array([0, 2, 4, 8])}, "img_frame_ids: expected 4 frames of the 8"),
    ],
)
def test_bad_files_are_told_or_stop_a_strict_build(tmp_path, changed, told):
    folder = threedpw(tmp_path / "3dpw")
    write_pickle(folder / "sequenceFiles/train/bad.pkl", {**threedpw_sequence(1, **changed)})
    part = prepare(source(folder), tmp_path / "t")
    assert part.rows == 12 and part.shards[0].problems[0].startswith("sequenceFiles/train/bad.pkl: ")
    with pytest.raises(PoseloomError, match=told):
        prepare(source(folder, strict=True), tmp_path / "strict")


def test_nothing_in_a_pickle_is_run(tmp_path):
    folder = threedpw(tmp_path / "3dpw")
    bad = folder / "sequenceFiles/test/evil.pkl"
    bad.write_bytes(b"cposix\nsystem\n(S'touch hacked'\ntR.")
    with pytest.raises(PoseloomError, match=r"evil\.pkl: refused: the pickle names posix\.system"):
        prepare(source(folder, strict=True), tmp_path / "t")


def test_a_folder_without_sequences(tmp_path):
    with pytest.raises(PoseloomError, match=r"holds no train, validation or test folder .*sequenceFiles\.zip"):
        source(tmp_path)
    with pytest.raises(PoseloomError, match="3dpw takes no --fps; it takes --from FOLDER, --every, --limit"):
        source(tmp_path, fps=3)
    with pytest.raises(PoseloomError, match="every: expected a positive number"):
        source(tmp_path, every=-1)


def test_boxes_are_about_the_points_that_were_seen(table):
    rows = [row for row in table if row.images[0].box]
    assert len(rows) == sum(bool(row.images[0].crop) for row in table) > 3
    for row in rows:
        points = np.array(row.keypoints[0].points).reshape(-1, 2)[np.array(row.keypoints[0].confidence) > 0]
        x, y, width, height = row.images[0].box
        assert width == pytest.approx(1.2 * np.ptp(points[:, 0]), rel=1e-4)
        middle = (points.min(0) + points.max(0)) / 2
        np.testing.assert_allclose((x + width / 2, y + height / 2), middle, rtol=1e-4)
