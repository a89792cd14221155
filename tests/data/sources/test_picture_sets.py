"""Sets of annotated pictures become rows as the benchmark of mesh recovery converts them; what is unfit is counted."""

import math

import numpy as np
import picture_releases as releases
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, open_source, prepare
from poseloom.data.sources.smpl_people import camera_pose
from poseloom.pose.keypoints import names
from poseloom.pose.rotations import rotvec_to_rotmat


def made(tmp_path, name, folder, **options):
    part = prepare(open_source(name, {"folder": folder, **options}), tmp_path / "table")
    return Table.open(tmp_path / "table"), [problem for shard in part.shards for problem in shard.problems]


def test_coco_keeps_people_with_all_body_joints_whose_picture_is_there(tmp_path):
    table, problems = made(tmp_path, "coco", releases.coco(tmp_path / "coco"))
    assert table.column("id").to_pylist() == ["coco/person_keypoints_train2014/11"]
    image = table.row(0).images[0]
    assert (image.path, image.width, image.height) == ("train2014/COCO_train2014_000000000005.jpg", 100, 120)
    assert image.box == (1.5, 2, 30, 60) and table.row(0).split == "train"
    assert table.keypoints("coco")[0, 3].tolist() == [6.5, 7.5, 1]  # labelled, seen or not, counts as known
    assert problems == [
        "1 people have fewer than 12 labelled body joints",
        "1 people are left out: their picture is missing, such as train2014/COCO_train2014_000000000006.jpg",
    ]


def test_fewer_joints_may_be_asked_for(tmp_path):
    table, _ = made(tmp_path, "coco", releases.coco(tmp_path / "coco"), joints=4)
    assert len(table) == 2


def test_without_the_folder_of_pictures_rows_are_made_and_that_is_told(tmp_path):
    folder = releases.coco(tmp_path / "coco")
    for one in (folder / "train2014").iterdir():
        one.unlink()
    (folder / "train2014").rmdir()
    table, problems = made(tmp_path, "coco", folder)
    assert len(table) == 2 and "2 rows are made without their pictures" in problems[1]


def test_keypoints_that_do_not_fit_are_told_in_a_line(tmp_path):
    def short(content):
        content["annotations"][0]["keypoints"] = [1, 2, 2] * 14

    with pytest.raises(PoseloomError, match=r"annotation 0, keypoints: has 42 numbers, expected 51 \(17 x 3\)"):
        made(tmp_path, "coco", releases.coco(tmp_path / "coco", short), strict=True)


def test_a_picture_outside_of_the_folder_is_refused(tmp_path):
    def leave(content):
        content["images"][0]["file_name"] = "../../secret.jpg"

    with pytest.raises(PoseloomError, match="names a picture outside of its folder"):
        made(tmp_path, "coco", releases.coco(tmp_path / "coco", leave))


def test_real_coco_people(tmp_path, shared_data):
    table, problems = made(tmp_path, "coco", shared_data("keypoint-samples") / "coco")
    assert len(table) == 4 and problems[0].startswith("7 people") and problems[1].startswith("3 people")
    first = table.row(0)
    assert first.id == "coco/annotations/442619" and first.images[0].box == pytest.approx(
        (280.79, 44.73, 218.7, 346.68)
    )
    assert table.keypoints("coco")[0, 0].tolist() == [367, 81, 1]


def test_real_mpii_people(tmp_path, shared_data):
    table, problems = made(tmp_path, "mpii", shared_data("keypoint-samples") / "mpii")
    image = table.row(0).images[0]
    side = 200 * 4.718488
    assert image.box == pytest.approx((966 - side / 2, 340 - side / 2, side, side)) and image.width > 1000
    assert table.keypoints("mpii")[0, 0].tolist() == [804, 711, 1] and len(table) == 3 and len(problems) == 1


def test_real_frames_of_human36m_in_both_forms(tmp_path, shared_data):
    folder = shared_data("keypoint-samples") / "h36m"
    table, problems = made(tmp_path, "spin", folder)
    assert len(table) == 4 and "expected (4, 24, 3)" in problems[0] and "without their pictures" in problems[1]
    points = table.keypoints("smpl_24")
    assert points.shape == (4, 24, 3) and (points[..., 2] > 0).any()
    assert np.abs(table.keypoints("smpl_24", dimensions=3)[..., :3]).max() < 10


def test_real_files_of_17_points_say_which_they_are(tmp_path, shared_data):
    folder = shared_data("keypoint-samples")
    table, problems = made(tmp_path, "spin", folder / "h36m", convention="h36m_mmpose")
    assert len(table) == 4 and "expected (4, 17, 3)" in problems[-1]  # the file of 24 points
    own, of_spin = table.keypoints("h36m_mmpose"), np.load(folder / "h36m/spin_format_24.npz")["part"]
    for name in ("right_ankle", "left_hip_extra", "left_wrist", "right_shoulder", "pelvis_extra"):
        places = [names(convention).index(name) for convention in ("h36m_mmpose", "smpl_24")]
        np.testing.assert_allclose(own[:, places[0], :2], of_spin[:, places[1], :2], atol=0.1)
    other, _ = made(tmp_path / "mi", "spin", folder / "mpi_inf_3dhp", convention="mpi_inf_3dhp_test")
    assert len(other) == 4 and np.abs(other.keypoints("mpi_inf_3dhp_test", dimensions=3)[:, :, 2]).max() < 10
    with pytest.raises(PoseloomError, match="unknown keypoint convention"):
        made(tmp_path / "no", "spin", folder / "h36m", convention="h36")


def test_eft_bodies_stand_upright_in_the_camera(tmp_path):
    matrices = releases.half_turns(2)
    table, _ = made(tmp_path, "eft-coco", releases.eft(tmp_path / "eft", matrices))
    back = torch.from_numpy(camera_pose(table.poses())).reshape(2, 24, 3)
    found = rotvec_to_rotmat(back[:, :22].double())
    torch.testing.assert_close(found, torch.from_numpy(matrices[:, :22]), atol=1e-4, rtol=0)
    turned = torch.diag(torch.tensor([1.0, -1, -1], dtype=torch.float64)) @ torch.from_numpy(matrices[:, 0])
    torch.testing.assert_close(rotvec_to_rotmat(table.poses().rotations[:, 0].double()), turned, atol=1e-4, rtol=0)
    assert table.row(1).images[0].path == "train2014/COCO_train2014_000000000001.jpg"
    assert table.row(1).images[0].box == (0, 10, 100, 100)
    assert table.poses().shape[0].tolist() == pytest.approx(list(np.arange(10) / 10))
    assert table.keypoints("smpl_49").shape == (2, 49, 3)


def test_spin_files_join_openpose_and_the_24_points(tmp_path):
    content = releases.spin(tmp_path / "spin")
    table, _ = made(tmp_path, "spin", tmp_path / "spin")
    points = table.keypoints("smpl_49")
    np.testing.assert_allclose(points[:, :25], content["openpose"], rtol=1e-6)
    np.testing.assert_allclose(points[:, 25:], content["part"], rtol=1e-6)
    assert table.posed().tolist() == [0] and table.row(1).images[0].box == (15, 5, 50, 50)
    np.testing.assert_allclose(camera_pose(table.poses([0]))[0, :66], content["pose"][0, :66], atol=1e-5)


def test_mpi_inf_names_of_spin_lose_their_folder(tmp_path):
    names = np.array(["S1/Seq1/imageFrames/video_0/frame_000001.jpg", "S1/Seq1/imageFrames/video_0/frame_000011.jpg"])
    releases.spin(tmp_path / "spin", "mpi_inf_3dhp_train.npz", imgname=names)
    table, _ = made(tmp_path, "spin", tmp_path / "spin")
    assert table.row(0).images[0].path == "S1/Seq1/video_0/000001.jpg"


def test_up3d_boxes_are_those_of_the_drawn_body(tmp_path):
    table, problems = made(tmp_path, "up-3d", releases.up3d(tmp_path / "up"))
    assert len(table) == 2 and any("00003" in one and "does not exist" in one for one in problems)
    assert table.row(0).images[0].box == pytest.approx((32, 24, 36, 72))  # 40 x 80 at 30, 20, times 0.9
    assert table.keypoints("lsp")[0, 13].tolist() == [60, 90, 1]
    assert table.poses().shape[0].tolist() == list(range(10))


def test_muco_people_whose_pelvis_is_seen(tmp_path):
    table, problems = made(tmp_path, "muco", releases.muco(tmp_path / "muco"))
    assert table.column("id").to_pylist() == ["muco/7", "muco/9"]
    assert table.posed().tolist() == [0] and any("pelvis" in one for one in problems)
    points = table.keypoints("mpi_inf_3dhp_test", dimensions=3)
    assert points[0, 14].tolist() == [0, 0, 0, 1] and points[0, 0, 0] == pytest.approx(-0.14)
    assert table.row(0).camera.focal == (1500, 1501) and table.row(0).camera.centre == (1024, 1025)


def test_agora_boxes_shrink_with_the_pictures(tmp_path):
    table, problems = made(tmp_path, "agora", releases.agora(tmp_path / "agora"))
    assert table.column("id").to_pylist() == ["agora/AGORA_train/1", "agora/AGORA_train/3"]
    assert table.row(0).images[0].box == (100, 200, 300, 400) and table.posed().tolist() == [0]
    assert table.layout.shape_model == "smplx" and table.poses([0]).rotations[0, 5].tolist() == pytest.approx([0.1] * 3)
    assert any("not valid" in one for one in problems) and any("no fit" in one for one in problems)


def test_market_joints_are_columns_and_rows_and_missing_ones_are_not_certain(tmp_path):
    table, _ = made(tmp_path, "market1501", releases.market(tmp_path / "market"))
    points = table.keypoints("openpose_18")
    assert points[0, 3].tolist() == [6, 15, 1] and points[0, 16].tolist() == [0, 0, 0]
    assert len(table) == 6 and table.row(0).images[0].box == (0, 0, 34, 85)
    assert [(one.row_a, one.row_b, one.split) for one in table.pairs] == [(0, 1, "train"), (1, 0, "train")]


def test_pairs_that_nobody_wrote_follow_from_the_rule(tmp_path):
    table, _ = made(tmp_path, "market1501", releases.market(tmp_path / "market", pairs=False))
    assert [(one.row_a, one.row_b) for one in table.pairs] == [(0, 1), (1, 0)]  # no distractors, hips are there


def test_an_annotation_with_too_few_joints_names_its_line(tmp_path):
    folder = releases.market(tmp_path / "market")
    path = folder / "market-annotation-train.csv"
    path.write_text(path.read_text() + "0009_c1.jpg:[1, 2]:[3, 4]\n")
    with pytest.raises(PoseloomError, match="line 8: has 2 numbers, expected 18"):
        made(tmp_path, "market1501", folder, strict=True)


def test_joints_of_deepfashion_lie_40_columns_to_the_right(tmp_path):
    folder = releases.market(tmp_path / "market")
    (folder / "bounding_box_train").rename(folder / "train")
    for kind in ("annotation", "pairs"):
        (folder / f"market-{kind}-train.csv").rename(folder / f"fasion-resize-{kind}-train.csv")
    for one in (folder / "train").iterdir():
        releases.picture(one, 256, 256)
    table, _ = made(tmp_path, "deepfashion", folder)
    points = table.keypoints("openpose_18")
    assert points[0, 3].tolist() == [46, 15, 1] and points[0, 16].tolist() == [0, 0, 0]
    assert len(table.pairs) == 2


def test_a_folder_of_something_else_is_refused_in_a_line(tmp_path):
    (tmp_path / "else").mkdir()
    for name in ("coco", "eft-coco", "lsp", "mpii", "up-3d", "muco", "h36m", "mpi-inf-3dhp", "agora", "market1501"):
        with pytest.raises(PoseloomError, match="holds none of the annotation files"):
            open_source(name, {"folder": tmp_path / "else"})


def test_boxes_of_no_points_are_not_known():
    from poseloom.data.sources.picture_people import boxes_of_points

    points = np.array([[[1.0, 2, 1], [5, 10, 1], [99, 99, 0]], [[1, 2, 0], [5, 10, 0], [3, 3, 0]]], np.float32)
    found = boxes_of_points(points, 1.5)
    assert found[0].tolist() == [0, 0, 6, 12] and found[1].tolist() == [0, 0, 0, 0]
    assert math.isclose(found[0, 2] / 4, 1.5)
