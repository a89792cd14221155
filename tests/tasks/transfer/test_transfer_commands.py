"""What users call: a photo's person in another pose, by geometry or a model, all pairs of a table, weights imported."""

from __future__ import annotations

import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

from released import case_of, filled_state

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.images.files import save_picture
from poseloom.images.read import read_picture
from poseloom.pose.picture_keypoints import PictureKeypoints
from poseloom.pose.stances import stance
from poseloom.render import render
from poseloom.tasks.keypoints.files import save_keypoints
from poseloom.tasks.transfer.all_pairs import read_features
from poseloom.tasks.transfer.people import joints_of_file

SIZES = {"levels": 3, "base": 8}


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """A drawn person who stands."""
    path = tmp_path_factory.mktemp("photo") / "person.png"
    save_picture(render(stance("stand"), 320), path)
    return path


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A model of PG2, both stages, imported from an archive as it is published; of 32 x 16 pixels."""
    from poseloom.checkpoints.converted import write_converted
    from poseloom.checkpoints.released import read_released

    folder = tmp_path_factory.mktemp("weights")
    with zipfile.ZipFile(folder / "pg2.zip", "w") as archive:
        for stage, name in (("G1", "pg2_g1_small"), ("G2", "pg2_g2_small_skip0")):
            torch.save(filled_state(case_of(f"transfer/{name}")[0]), folder / f"{stage}.pth")
            archive.write(folder / f"{stage}.pth", f"checkpoints/network_{stage}_22000.pth")
    write_converted(read_released(folder / "pg2.zip"), folder / "pg2.safetensors")
    return folder / "pg2.safetensors"


def test_a_drawn_person_raises_an_arm(photo, command, tmp_path):
    out = tmp_path / "waving.png"
    status, told, _ = command("transfer", photo, "--to", "this person, waving", "--out", out, "--json")
    assert status == 0
    made, (before, after) = json.loads(told), map(read_picture, (photo, out))
    assert made["way"] == "geometry" and made["size"] == [320, 320] and before.shape == after.shape
    joints = [torch.tensor(made[key]) for key in ("source_keypoints", "target_keypoints")]
    assert joints[1][4, 0] < joints[0][4, 0] - 30  # the right wrist is higher
    assert (joints[1][[9, 10, 12, 13]] - joints[0][[9, 10, 12, 13]]).abs().max() < 25  # the legs stay
    changed = (before - after).abs().mean(0)
    legs = changed[220:300]
    assert changed.max() > 0.3 and legs.mean() < 0.03


def test_a_model_makes_the_part_around_the_person(photo, generator):
    made = poseloom.transfer(photo, stance("t-pose"), model=generator)
    assert made.way == "model" and made.person.shape == (3, 32, 16)
    x, y, width, height = made.box.tolist()
    outside = torch.ones(320, 320, dtype=torch.bool)
    edge = 12  # a pixel of the model's picture is as wide as eleven of the photo
    outside[max(0, int(y) - edge) : int(y + height) + edge, max(0, int(x) - edge) : int(x + width) + edge] = False
    assert outside.any()
    assert torch.equal(made.picture[:, outside], made.photo[:, outside])
    assert made.beside().shape == (3, 320, 640)


def test_a_generator_puts_joints_where_a_file_of_keypoints_has_them(photo, generator, command, tmp_path):
    size = (320, 320)
    people = poseloom.keypoints(photo, people=1, hands=False)
    save_keypoints(people, tmp_path / "coco.json", "coco")
    made = poseloom.transfer(photo, tmp_path / "coco.json", model=generator)
    there = (made.source_keypoints >= 0).all(1) & (made.target_keypoints >= 0).all(1)
    assert there.sum() >= 12 and made.way == "model" and made.photo.shape[-2:] == size
    torch.testing.assert_close(made.target_keypoints[there], made.source_keypoints[there], atol=2.0, rtol=0)
    status, _, told = command("transfer", photo, "--to", tmp_path / "coco.json", "--out", tmp_path / "a.png")
    assert status == 2 and "not how the body stands" in told and not (tmp_path / "a.png").exists()


def test_joints_of_a_file_of_keypoints():
    points, sure = torch.zeros(3, 17, 2), torch.ones(3, 17)
    points[:, 5], points[:, 6], points[:, 9] = torch.tensor([60.0, 20.0]), torch.tensor([20.0, 24.0]), torch.tensor(8.0)
    points[1] *= 2  # the largest person of the first picture
    points[2] *= 3  # another picture
    sure[1, 9] = 0
    found = PictureKeypoints("coco", points, sure, torch.tensor([0, 0, 1]), torch.tensor([0, 1, 0]), ("a", "b"))
    joints = joints_of_file(found, (100, 100), (200, 400))  # the photo was shrunk by two and four
    assert joints[5].tolist() == [40 / 2 - 0.5, 120 / 4 - 0.5] and joints[2].tolist() == [23.5, 9.5]
    assert joints[1].tolist() == [21.5, 19.5]  # the neck is between the shoulders
    assert joints[7].tolist() == [-1, -1]  # the left wrist is missing
    own = replace(found, size=(100, 100))
    assert joints_of_file(own, (100, 100), (200, 400))[5].tolist() == [39.5, 119.5]


def test_mistakes(photo, generator, command, tmp_path):
    status, _, told = command("transfer", photo, "--out", tmp_path / "a.png")
    assert status == 2 and "--to is missing" in told
    save_picture(torch.full((3, 64, 64), 0.5), tmp_path / "nobody.png")
    status, _, told = command("transfer", tmp_path / "nobody.png", "--to", "waving", "--out", tmp_path / "a.png")
    assert status == 2 and "nobody is found" in told
    status, _, told = command("transfer", tmp_path, "--out", tmp_path / "a.png")
    assert status == 2 and "need --model" in told
    status, _, told = command("transfer", photo, "--to", "waving", "--out", photo)
    assert status == 2


def test_all_pairs_of_a_table(pairs, generator, command, tmp_path):
    given = dict(pairs)
    table = ("transfer", given["data.table"], "--images", given["data.images"], "--model", generator)
    status, told, _ = command(*table, "--out", tmp_path / "made", "--limit", "3", "--json")
    made = json.loads(told)
    assert status == 0 and (made["pairs"], made["files"]) == (3, 3)
    files = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert len(files) == 3 and files[0] == "6_0.png___6_1.png.png"
    assert read_picture(tmp_path / "made" / files[0]).shape == (3, 32, 16)
    _, told, _ = command(*table, "--out", tmp_path / "made", "--json")
    assert json.loads(told)["files"] == 1  # what is there is not made again
    assert command(*table, "--out", tmp_path / "grid.png", "--grid", "2")[0] == 0
    assert read_picture(tmp_path / "grid.png").shape == (3, 64, 5 * 16)
    assert command(*table, "--out", tmp_path / "strips", "--strips", "--limit", "1")[0] == 0
    assert read_picture(next((tmp_path / "strips").iterdir())).shape == (3, 32, 5 * 16)
    status, _, told = command(*table, "--out", tmp_path / "none", "--refuse-other-sizes")
    assert status != 0 and "has 32 x 64 pixels, the generator 16 x 32" in " ".join(told.split())
    status, _, told = command(*table, "--out", tmp_path / "none", "--size", "64x128")
    assert status == 2 and "16 x 32 pixels alone, not of 64 x 128" in told and not (tmp_path / "none").exists()
    shipped = (*table[:-1], "transfer", "--size", "48x96", "--limit", "1")
    assert command(*shipped, "--out", tmp_path / "other")[0] == 0
    assert read_picture(next((tmp_path / "other").iterdir())).shape == (3, 96, 48)


def test_features_of_all_pairs(pairs, generator, command, tmp_path):
    given = dict(pairs)
    folder = tmp_path / "features"
    arguments = (
        "--images",
        given["data.images"],
        "--model",
        generator,
        "--out",
        folder,
        "--features",
        "--split",
        "train",
    )
    status, told, _ = command("transfer", given["data.table"], *arguments)
    assert status == 0 and "12 pairs" in told
    ((features, sources, targets),) = read_features(folder)
    assert features.shape == (12, 32, 4, 2) and sources[0] == "0_0.png" and targets[0] == "0_1.png"
    assert (features >= 0).all() and features.abs().max() > 0  # after a ReLU
    assert json.loads((folder / "index.json").read_text())["shape"] == [32, 4, 2]
    command("transfer", given["data.table"], *arguments)
    assert len(list(folder.glob("*.npz"))) == 1


def test_weights_of_a_part_are_no_model(tmp_path, command):
    for stage, name in (("G1", "pg2_g1_small"), ("G2", "pg2_g2_small_skip0"), ("D", "pg2_d_fashion_small")):
        torch.save(filled_state(case_of(f"transfer/{name}")[0]), tmp_path / f"{stage}.pth")
    for stage, told in (("G2", "import it together with stage 1"), ("D", "'start' section")):
        assert (
            command("models", "import", tmp_path / f"{stage}.pth", "--out", tmp_path / f"{stage}.safetensors")[0] == 0
        )
        with pytest.raises(FileError, match=told):
            load_model(tmp_path / f"{stage}.safetensors", "transfer")
    out = tmp_path / "both.safetensors"
    status, told, _ = command("models", "import", tmp_path / "G1.pth", "--stage2", tmp_path / "G2.pth", "--out", out)
    assert status == 0 and "PG2, task transfer" in told
    assert load_model(out, "transfer").size == (32, 16)
    status, _, told = command(
        "models", "import", tmp_path / "G2.pth", "--stage2", tmp_path / "G1.pth", "--out", out, "--force"
    )
    assert status == 2 and "do not belong together: PG2-G2 and PG2-G1" in told


def test_too_little_of_a_person():
    with pytest.raises(PoseloomError, match="at least 6"):
        from poseloom.tasks.transfer.predict import check_joints

        keypoints = torch.full((18, 2), -1.0)
        keypoints[:5] = 3
        check_joints(keypoints, "the photo")
