"""Tables of pictures of synthetic people."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, prepare
from poseloom.data.build import Unit
from poseloom.data.builders.people import CONVENTIONS, People, appearance_of, render_people
from poseloom.data.schema import Layout, RowBlock
from poseloom.pose import Pose, keypoints
from poseloom.pose.camera import Camera


@dataclasses.dataclass(frozen=True)
class Three:
    """Three poses: one with its own split, one without any."""

    name: str = "three"
    layout: Layout = dataclasses.field(default_factory=lambda: Layout(22, translation=False))

    def options(self):
        return {}

    def units(self):
        return [Unit("00000", 4, None)]

    def read(self, unit):
        rotations = torch.zeros(4, 22, 3)
        rotations[1, 16, 2], rotations[2, 17, 2] = -1.2, 1.2
        splits = ["train", "val", "test", ""]
        return RowBlock(
            "three", ["a", "b", "c", "bare"], ["f"] * 4, [0, 1, 2, 3], splits, Pose(rotations), joints=[22, 22, 22, 0]
        )


@pytest.fixture(scope="session")
def poses(tmp_path_factory):
    folder = tmp_path_factory.mktemp("poses") / "table"
    prepare(Three(), folder)
    return folder


def people(poses, out, **options):
    return People(poses, out, (64, 80), "preview", **{"crowd": 0.0, **options})


@pytest.fixture(scope="session")
def drawn(poses, tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn") / "table"
    render_people(people(poses, out, layers=("parts", "people", "depth", "mask", "normals")))
    return out


def test_every_pose_becomes_a_row_with_a_picture_and_all_labels(drawn):
    table = Table.open(drawn)
    assert len(table) == 3
    assert [row.split for row in table] == ["train", "val", "test"]
    for row in table:
        with Image.open(drawn / row.images[0].path) as image:
            assert image.size == (80, 64) == (row.images[0].width, row.images[0].height)
        assert {one.convention for one in row.keypoints} == set(CONVENTIONS)
        assert row.pose.shape_model == "anny" and row.pose.shape.shape == (6,)
        stem = (drawn / row.images[0].path).with_suffix("")
        for layer in ("parts", "people", "depth", "mask", "normals"):
            with Image.open(stem.with_name(f"{stem.name}.{layer}.png")) as image:
                assert image.size == (80, 64)


def test_box_mask_and_points_agree(drawn):
    for row in Table.open(drawn):
        stem = (drawn / row.images[0].path).with_suffix("")
        own = np.array(Image.open(stem.with_name(f"{stem.name}.people.png"))) == 1
        rows, columns = np.nonzero(own)
        left, top, width, height = row.images[0].box
        assert (left, top) == (columns.min(), rows.min())
        assert (width, height) == (np.ptp(columns) + 1, np.ptp(rows) + 1)
        coco = next(one for one in row.keypoints if one.convention == "coco" and len(one.points) == 34)
        assert set(coco.confidence) <= {1.0, 0.25, 0.0} and 1.0 in coco.confidence
        for (x, y), sure in zip(np.reshape(coco.points, (-1, 2)), coco.confidence, strict=True):
            assert (0 <= x < 80 and 0 <= y < 64) == (sure > 0)


@pytest.mark.wrong_types
def test_points_in_metres_and_the_camera_give_the_points_in_pixels(drawn):
    table = Table.open(drawn)
    solid = table.keypoints("human_data", dimensions=3)
    flat = table.keypoints("human_data")
    cameras = table.cameras()
    for number in range(len(table)):
        camera = Camera.pinhole(
            torch.from_numpy(np.diag(cameras.intrinsics[number])[:2].copy()),
            (64, 80),
            centre=torch.from_numpy(cameras.intrinsics[number][:2, 2].copy()),
            rotation=torch.from_numpy(cameras.rotation[number]),
            translation=torch.from_numpy(cameras.translation[number]),
        )
        pixels = camera.project(torch.from_numpy(solid[number, :, :3].copy()))[:, :2]
        assert torch.allclose(pixels, torch.from_numpy(flat[number, :, :2].copy()), atol=0.05)
    pelvis = keypoints.names("human_data").index("pelvis")
    assert np.allclose(solid[:, pelvis, :3], table.array("translation"), atol=1e-4)


def test_a_person_can_be_drawn_again_by_the_look_of_its_row(drawn):
    table = Table.open(drawn)
    for number, row in enumerate(table):
        look = appearance_of(drawn, number)
        assert look.code == row.origin.file
        assert np.allclose(look.shape, row.pose.shape, atol=1e-6)


def test_one_person_in_several_poses_and_views(poses, tmp_path):
    render_people(people(poses, tmp_path / "t", same=2, views=2, layers=()))
    rows = list(Table.open(tmp_path / "t"))
    codes = [row.origin.file for row in rows]
    assert len(rows) == 6
    assert len(set(codes[:4])) == 1 and codes[4] == codes[5] != codes[0]
    assert [row.origin.frame for row in rows] == [0, 1] * 3
    assert rows[0].camera.rotation != rows[1].camera.rotation


def test_one_person_in_several_poses_before_one_camera_in_one_place(poses, tmp_path):
    render_people(people(poses, tmp_path / "t", same=2, same_place=True, crowd=1.0, layers=("people",)))
    rows = list(Table.open(tmp_path / "t"))
    assert len(rows) == 3  # nobody else is there
    assert rows[0].origin.file == rows[1].origin.file != rows[2].origin.file
    assert rows[0].camera == rows[1].camera != rows[2].camera
    assert not np.allclose(rows[0].pose.rotations, rows[1].pose.rotations)
    shown = [Image.open(tmp_path / "t" / row.images[0].path) for row in rows]
    away = [np.asarray(Image.open(_people_layer(tmp_path / "t", row))) == 0 for row in rows]
    both = away[0] & away[1]
    first, second = (np.asarray(one.convert("RGB")).astype(float)[both] for one in shown[:2])
    assert np.median(np.abs(first - second)) < 12  # shadows move, the place does not
    for row, seen in zip(rows[:2], away[:2], strict=True):
        x, y, width, height = row.images[0].box
        assert x > 0 and y > 0 and x + width < seen.shape[1] and y + height < seen.shape[0]  # nothing is cut off


def _people_layer(table, row):
    return (table / row.images[0].path).with_suffix(".people.png")


def test_a_build_that_was_stopped_continues_with_the_same_bytes(poses, drawn, tmp_path, content):
    import shutil

    first = people(poses, tmp_path / "t", layers=("parts",))
    render_people(first)
    before = content(tmp_path / "t")
    part = next((tmp_path / "t" / "rows").iterdir())
    shutil.rmtree(part / "00000")
    (tmp_path / "t" / "manifest.json").unlink()
    (tmp_path / "t" / "pictures" / "00000" / "000000.jpg").unlink()
    render_people(first)
    assert content(tmp_path / "t") == before


def test_others_get_rows_of_their_own(poses, tmp_path):
    render_people(people(poses, tmp_path / "t", crowd=1.0, layers=("people",)))
    rows = list(Table.open(tmp_path / "t"))
    assert len(rows) > 3
    notes = json.loads(next((tmp_path / "t" / "pictures" / "00000").glob("*.json")).read_text())
    assert {one["mask_value"] for one in notes["people"]} >= {1}
    assert len({row.id for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": (16, 64)}, "size"),
        ({"size": (64, 100_000)}, "size"),
        ({"views": 0}, "views"),
        ({"same": 0}, "same"),
        ({"count": 0}, "count"),
        ({"crowd": 1.5}, "crowd"),
        ({"layers": ("smell",)}, "smell"),
    ],
)
def test_numbers_out_of_range_are_refused(poses, tmp_path, options, said):
    with pytest.raises(PoseloomError, match=said):
        dataclasses.replace(people(poses, tmp_path / "t"), **options)


def test_a_missing_table_and_the_table_itself_are_refused(poses, tmp_path):
    with pytest.raises(PoseloomError, match="does not exist"):
        people(tmp_path / "nowhere", tmp_path / "t")
    with pytest.raises(PoseloomError, match="itself"):
        people(poses, poses)


def test_broken_backgrounds_are_counted_and_named(poses, tmp_path):
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    Image.new("RGB", (90, 60), (20, 90, 30)).save(folder / "good.jpg")
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing")
    part = render_people(people(poses, tmp_path / "t", backgrounds=folder))
    problems = [problem for shard in part.shards for problem in shard.problems]
    assert len(problems) == 1 and "bad.jpg" in problems[0]


def test_the_command_draws_and_says_how_many(poses, tmp_path, data):
    status, out, err = data(
        "render", poses, "--out", tmp_path / "t", "--size", "64x48", "--body", "preview", "--executor", "here"
    )
    assert status == 0, err
    assert "people in 1 shards" in out
    assert Table.open(tmp_path / "t").row(0).images[0].width == 64


@pytest.mark.parametrize(
    "given", [["--size", "9x9"], ["--size", "huge"], ["--layers", "x"], ["--views", "0"], ["--backgrounds", "nowhere"]]
)
def test_the_commands_mistakes_are_one_line(poses, tmp_path, data, given):
    status, _, err = data("render", poses, "--out", tmp_path / "t", *given, "--executor", "here")
    assert status == 2
    assert len(err.strip().splitlines()) == 1
