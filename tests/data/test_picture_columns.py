"""Pictures, boxes, cameras and keypoints come back from tables one by one and as arrays; old tables stay readable."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.data import Table
from poseloom.data.arrow import pa, read_ipc, write_ipc
from poseloom.data.manifest import MANIFEST, Manifest, Part, PartKind, Shard, write_manifest
from poseloom.data.schema import ROWS_SCHEMA, ROWS_SCHEMA_1, Camera, Image, Keypoints, Layout, RowBlock
from poseloom.data.shards import ROWS_FILE, write_rows
from poseloom.pose import Pose
from poseloom.pose.keypoints import names

COCO = len(names("coco"))
TURN = (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def flat_points(row: int) -> tuple[float, ...]:
    return tuple(float(100 * row + number) for number in range(2 * COCO))


def block(first: int, count: int) -> RowBlock:
    """Rows with a picture and 2D and 3D points; every third lacks the camera, box and confidence, every fourth all."""
    rows = range(first, first + count)
    solid = tuple(float(number) for number in range(3 * COCO))
    return RowBlock(
        data_set="pictures",
        ids=[str(row) for row in rows],
        files=["a"] * count,
        frames=list(rows),
        splits=["train"] * count,
        pose=Pose(torch.zeros(count, 22, 3)),
        images=[
            [Image(f"{row}.jpg", 640, 480 + row, (2.0, 0, 1, 0, 2, 3), () if row % 3 == 0 else (row, 1.0, 2.0, 3.0))]
            * 2
            if row % 4
            else []
            for row in rows
        ],
        keypoints=[
            [
                Keypoints("smpl", (1.0, 2.0)),
                Keypoints("coco", solid, (0.5,) * COCO),
                Keypoints("coco", flat_points(row), () if row % 3 == 0 else (0.25,) * COCO),
            ]
            if row % 4
            else []
            for row in rows
        ],
        cameras=[Camera((500.0, 510.0), (320.0, 240.0), TURN, (0.0, 0.0, row)) if row % 3 else None for row in rows],
    )


@pytest.fixture
def pictured(tmp_path) -> Table:
    """Twenty rows in two shards."""
    layout = Layout(22, translation=False)
    shards = []
    for place in range(2):
        folder = tmp_path / PartKind.ROWS.value / "pictures" / f"{place}"
        folder.mkdir(parents=True)
        write_rows(folder, block(10 * place, 10), layout)
        shards.append(Shard(f"{place}", rows=10, files={}))
    write_manifest(tmp_path, Manifest(layout, (Part(PartKind.ROWS, "pictures", {}, tuple(shards)),)))
    return Table.open(tmp_path)


ROWS = [13, 2, 19, 4, 2, 9]


def test_one_row_and_many_say_the_same(pictured):
    points, cameras, pictures = pictured.keypoints("coco", ROWS), pictured.cameras(ROWS), pictured.pictures(ROWS)
    for place, number in enumerate(ROWS):
        row = pictured.row(number)
        if not row.images:
            assert pictures.paths[place] == "" and not points[place].any()
            continue
        image = row.images[0]
        assert pictures.paths[place] == image.path == f"{number}.jpg"
        assert pictures.size[place].tolist() == [image.height, image.width]
        assert pictures.box[place].tolist() == list(image.box or (0, 0, 0, 0))
        assert pictures.crop[place].ravel().tolist() == list(image.crop)
        assert points[place, :, :2].ravel().tolist() == list(row.keypoints[2].points)
        assert (points[place, :, 2] == (row.keypoints[2].confidence or (1.0,) * COCO)).all()
        assert cameras.known[place] == (row.camera is not None)
    assert points.shape == (6, COCO, 3) and points.dtype == np.float32


def test_points_in_space_are_told_from_points_in_pictures(pictured):
    solid = pictured.keypoints("coco", [1, 4], dimensions=3)
    assert solid.shape == (2, COCO, 4) and not solid[1].any()
    assert solid[0, 1].tolist() == [3, 4, 5, 0.5]
    assert not pictured.keypoints("openpose_25").any()
    with pytest.raises(PoseloomError, match="unknown keypoint convention"):
        pictured.keypoints("cocoa")


def test_cameras_become_one_batch_that_projects(pictured):
    cameras = pictured.cameras([1, 2, 3])
    assert cameras.known.tolist() == [True, True, False]
    assert cameras.intrinsics[2].tolist() == np.eye(3).tolist() and not cameras.translation[2].any()
    pixel = cameras.camera((480, 640))[1].project(torch.tensor([[0.4, 0.2, 2.0]]))[0]
    torch.testing.assert_close(pixel, torch.tensor([500 * 0.2 / 4 + 320, 510 * -0.4 / 4 + 240, 4.0]))


def test_all_rows_and_none(pictured):
    assert pictured.keypoints("coco").shape[0] == len(pictured.pictures().paths) == len(pictured.cameras().known) == 20
    assert pictured.keypoints("coco", []).shape == (0, COCO, 3) and pictured.pictures([]).paths == []


def test_a_table_without_pictures(tmp_path):
    folder = tmp_path / PartKind.ROWS.value / "bare" / "0"
    folder.mkdir(parents=True)
    bare = RowBlock("bare", ["a"], ["f"], [0], [""], Pose(torch.zeros(1, 22, 3)))
    write_rows(folder, bare, Layout(22, translation=False))
    part = Part(PartKind.ROWS, "bare", {}, (Shard("0", rows=1, files={}),))
    write_manifest(tmp_path, Manifest(Layout(22, translation=False), (part,)))
    table = Table.open(tmp_path)
    assert not table.keypoints("coco").any() and table.pictures().paths == [""] and not table.cameras().known.any()


def test_tables_of_the_first_schema_are_read(pictured):
    """The columns as version 1 wrote them: pictures without boxes."""
    for path in pictured.path.rglob(ROWS_FILE):
        batch = read_ipc(path, ROWS_SCHEMA)
        rows = batch.to_pylist()
        for row in rows:
            for image in row["images"]:
                del image["box"]
        path.unlink()
        write_ipc(path, pa.Table.from_pylist(rows, schema=ROWS_SCHEMA_1))
    manifest = json.loads((pictured.path / MANIFEST).read_text())
    (pictured.path / MANIFEST).write_text(json.dumps(manifest | {"schema": 1}))
    old = Table.open(pictured.path)
    assert old.row(7).images[0] == Image("7.jpg", 640, 487, (2.0, 0, 1, 0, 2, 3))
    assert old.row(4).images == () and old.row(7).keypoints[2].points == flat_points(7)
    assert old.pictures([7, 4]).paths == ["7.jpg", ""] and not old.pictures().box.any()
    assert old.column("images").type == ROWS_SCHEMA.field("images").type
    (pictured.path / MANIFEST).write_text(json.dumps(manifest | {"schema": 3}))
    with pytest.raises(PoseloomError, match="update poseloom"):
        Table.open(pictured.path)
