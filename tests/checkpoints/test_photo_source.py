"""A folder of photos becomes a table of the people in them; what shows nobody or is damaged is counted."""

import numpy as np
import pytest
import torch
from PIL import Image

import poseloom
from poseloom.base.errors import PoseloomError
from poseloom.data import Table, open_source, prepare
from poseloom.pose.sampler import sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    person = (poseloom.render(sample(1, seed=3), 320)[0] * 255).byte().permute(1, 2, 0).numpy()
    Image.fromarray(person).save(folder / "person.png")
    (folder / "deeper").mkdir()
    Image.fromarray(np.full((80, 80, 3), 128, np.uint8)).save(folder / "deeper/wall.jpg")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (folder / "notes.txt").write_text("nothing")
    return folder


def test_people_are_found_and_the_rest_is_counted(tmp_path, folder):
    part = prepare(open_source("photos", {"folder": folder, "limit": 1}), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    assert table.column("id").to_pylist() == ["photos/person.png/0"] and not table.layout.joints
    problems = part.shards[0].problems
    assert problems[0].startswith("broken.jpg: ") and problems[1].startswith("1 photos in which nobody is found")
    found = poseloom.keypoints(folder / "person.png", people=1, hands=False)
    points = table.keypoints("mediapipe_33")
    torch.testing.assert_close(torch.from_numpy(points[0, :, :2]), found.points[0, :, :2])
    torch.testing.assert_close(torch.from_numpy(points[0, :, 2]), found.visibility[0])
    metres = table.keypoints("mediapipe_33", dimensions=3)[0, :, :3]
    torch.testing.assert_close(torch.from_numpy(metres), found.world[0] * torch.tensor([1.0, -1, -1]))
    box = table.row(0).images[0].box
    assert 0 < box[2] <= 320 and box[3] > box[2] / 3 and table.row(0).images[0].width == 320


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(PoseloomError, match="holds no pictures"):
        open_source("photos", {"folder": tmp_path})
    with pytest.raises(PoseloomError, match="limit: expected at least 1"):
        open_source("photos", {"folder": tmp_path, "limit": 0})
