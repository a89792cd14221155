"""Annotation files with anything wrong in them are read or refused in one line; nothing else happens."""

import json
import random
import shutil

import numpy as np
import picture_releases as releases
import pytest
from scipy.io import savemat

from poseloom.base.errors import PoseloomError
from poseloom.data import open_source

JUNK = [
    None,
    -1,
    0,
    10**40,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x" * 300,
    "../..",
    [],
    {},
    [[]],
    [None],
    {"a": []},
    True,
]
TRIES = 40


def mpii(folder):
    person = {"image": "a.jpg", "center": [5.0, 6.0], "scale": 0.5, "joints": [[1.0, 2.0]] * 16, "joints_vis": [1] * 16}
    releases.write(folder / "annotations.json", [person, person])
    return folder


RELEASES = {
    "coco": (releases.coco, "annotations/person_keypoints_train2014.json"),
    "eft-coco": (
        lambda folder: releases.eft(folder, releases.half_turns(2)),
        "coco_2014_train_fit/COCO2014-All-ver01.json",
    ),
    "muco": (releases.muco, "MuCo-3DHP.json"),
    "agora": (releases.agora, "AGORA_train.json"),
    "mpii": (mpii, "annotations.json"),
}


def nodes(value, path=()):
    """Paths to everything in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from nodes(one, (*path, key))


def changed(content, path, new):
    if not path:
        return new
    copy = json.loads(json.dumps(content))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return copy


def read_all(name, folder, strict):
    """Everything a build reads; its errors are one line."""
    try:
        source = open_source(name, {"folder": folder, "strict": strict})
        source.options()
        for unit in source.units():
            block = source.read(unit)
            assert all("\n" not in line for line in block.problems)
    except PoseloomError as error:
        assert "\n" not in str(error) and len(str(error)) <= 400


@pytest.mark.parametrize("name", RELEASES)
def test_json_with_junk_in_any_place(tmp_path, name):
    make, file = RELEASES[name]
    folder = make(tmp_path / "set")
    content = json.loads((folder / file).read_text())
    shallow = [path for path in nodes(content) if len(path) <= 3]
    deep = list(nodes(content))
    rng = random.Random(name)
    for number in range(TRIES):
        path = rng.choice(shallow if number % 3 else deep)
        (folder / file).write_text(json.dumps(changed(content, path, rng.choice(JUNK))))
        read_all(name, folder, strict=bool(number % 2))


@pytest.mark.parametrize("name", ["human-data", "spin", "lsp", "up-3d", "market1501"])
def test_files_with_flipped_bytes(tmp_path, name):
    folder = tmp_path / "set"
    folder.mkdir()
    if name == "human-data":
        body = {"body_pose": np.ones((3, 69)), "global_orient": np.ones((3, 3)), "betas": np.ones((3, 10))}
        points = {"keypoints2d": np.ones((3, 190, 3)), "keypoints2d_mask": np.ones(190)}
        np.savez(folder / "a.npz", image_path=np.array(["a", "b", "c"]), smpl=np.array(body, dtype=object), **points)
        files = [folder / "a.npz"]
    elif name == "spin":
        releases.spin(folder)
        files = [folder / "coco_2014_train.npz"]
    elif name == "lsp":
        savemat(folder / "joints.mat", {"joints": np.ones((3, 14, 4))})
        files = [folder / "joints.mat"]
    elif name == "up-3d":
        releases.up3d(folder)
        files = sorted(folder.iterdir())
    else:
        releases.market(folder)
        files = sorted(folder.glob("*.csv"))
    rng = random.Random(name)
    for number in range(TRIES):
        path = rng.choice(files)
        whole = path.read_bytes()
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data[: rng.randrange(len(data))] if number % 5 == 0 else data)
        read_all(name, folder, strict=bool(number % 2))
        path.write_bytes(whole)


def test_a_release_of_another_kind_in_the_folder(tmp_path):
    """COCO's file under the names of the others."""
    content = releases.coco(tmp_path / "coco") / "annotations/person_keypoints_train2014.json"
    for name, (_, file) in RELEASES.items():
        (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
        if name != "coco":
            shutil.copy(content, tmp_path / name / file)
        read_all(name, tmp_path / name, strict=True)
