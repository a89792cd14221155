"""Real pictures: MediaPipe's own answers, who is found, and what turning and mirroring a picture does."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import poseloom
from poseloom.base.errors import PoseloomError
from poseloom.images.read import read_picture
from poseloom.pose.keypoints import flip_pairs, names
from poseloom.tasks.keypoints.predict import NobodyFoundError

AXES = torch.tensor([1.0, -1.0, -1.0])


@pytest.fixture(scope="module")
def official(shared_data):
    """MediaPipe's Python package on eleven pictures."""
    return dict(np.load(shared_data("mediapipe") / "official.npz"))


def test_bodies_are_those_of_mediapipe_s_own_package(reader, official, shared_data):
    pixels, millimetres = [], []
    for name in sorted({key.split("|")[0] for key in official}):
        picture = read_picture(shared_data(".") / name)
        with torch.inference_mode():
            roi, body = reader.look_for(picture, False)
        wanted = torch.from_numpy(official[f"{name}|xy"]).float()[:, :2]
        errors = (body.points[..., :2] - wanted).norm(dim=-1).mean(1) / roi.side * 256
        who = int(errors.argmin())
        pixels.append(float(errors[who]))
        world = torch.from_numpy(official[f"{name}|world"]).float() * AXES
        millimetres.append(1000 * float((body.world[who] - world).norm(dim=-1).mean()))
    assert len(pixels) == 11
    assert np.mean(pixels) <= 0.8 and np.mean(millimetres) <= 12


def test_hands_are_those_of_mediapipe_s_own_package(reader, official, shared_data):
    """From its body points, since hands follow the body's."""
    errors = []
    for key in sorted(official):
        name, part = key.split("|")
        if part not in ("left", "right") or not np.isfinite(official[key]).all():
            continue
        body = torch.from_numpy(official[f"{name}|xy"]).float()[None]
        with torch.inference_mode():
            found = reader.hands(read_picture(shared_data(".") / name), body[..., :3], body[..., 3])
        wanted = torch.from_numpy(official[key]).float()[:, :2]
        ours = found.points[0, ("left", "right").index(part), :, :2]
        side = 2 * (wanted.amax(0) - wanted.amin(0)).amax()
        errors.append(float((ours - wanted).norm(dim=-1).mean() / side * 224))
    assert len(errors) >= 10 and np.isfinite(errors).all()
    assert np.median(errors) <= 1


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("photos/charades-crop.jpg", 1),
        ("textures/background-hospitality-venue.jpg", 0),
        pytest.param("photos/camera.jpg", 1, marks=pytest.mark.slow),
        pytest.param("photos/vermeer-balance.jpg", 1, marks=pytest.mark.slow),
        pytest.param("keypoint-samples/coco/000000196141.jpg", 4, marks=pytest.mark.slow),
        pytest.param("photos/ada.jpg", 1, marks=pytest.mark.slow),
        pytest.param("photos/astronaut.jpg", 1, marks=pytest.mark.slow),
        pytest.param("photos/accounting-meeting.jpg", 6, marks=pytest.mark.slow),
        pytest.param("photos/consulting-meeting.jpg", 2, marks=pytest.mark.slow),
        pytest.param("textures/background-clinic-waiting-room.jpg", 0, marks=pytest.mark.slow),
        pytest.param("textures/background-retail-storefront.jpg", 0, marks=pytest.mark.slow),
        pytest.param("textures/brick.png", 0, marks=pytest.mark.slow),
        pytest.param("textures/grass.png", 0, marks=pytest.mark.slow),
        pytest.param("textures/gravel.png", 0, marks=pytest.mark.slow),
    ],
)
def test_everybody_is_found_once_and_nobody_else(shared_data, name, people):
    path = shared_data(".") / name
    if people:
        assert len(poseloom.keypoints(path, hands=False)) == people
        return
    with pytest.raises(NobodyFoundError, match=r"best candidate scores 0\.\d\d"):
        poseloom.keypoints(path, hands=False)


TOLD = ("nose", "eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "bigtoe")
"""Parts that both MediaPipe and annotators mark."""


def annotated(folder):
    """Picture, convention, points, which are marked, box: of nine people."""
    coco = json.loads((folder / "coco" / "annotations.json").read_text())["annotations"]
    for row in coco:
        path = folder / "coco" / f"{row['image_id']:012d}.jpg"
        if row["num_keypoints"] and path.exists():
            points = torch.tensor(row["keypoints"]).reshape(-1, 3).float()
            yield path, "coco", points[:, :2], points[:, 2] > 0, row["bbox"]
    for row in json.loads((folder / "mpii" / "annotations.json").read_text()):
        path = folder / "mpii" / row["image"]
        if path.exists():
            side = row["scale"] * 200 / 1.25
            box = [row["center"][0] - side / 2, row["center"][1] - side / 2, side, side]
            yield path, "mpii", torch.tensor(row["joints"]), torch.tensor(row["joints_vis"]) > 0, box
    people = json.loads((folder / "lsp" / "im1010_openpose.json").read_text())["people"]
    points = torch.tensor(people[0]["pose_keypoints_2d"]).reshape(-1, 3)
    box = json.loads((folder / "lsp" / "im1010_bbox.json").read_text())["bbox"]
    yield folder / "lsp" / "im1010.jpg", "openpose_25", points[:, :2], points[:, 2] > 0.2, box


def distances(found, convention, points, marked):
    """Of the person who fits best, each marked point over the trunk's longer diagonal."""
    order = [name.removesuffix("_openpose").removesuffix("_extra") for name in names(convention)]
    left, right = (
        (points[order.index(f"{side}_shoulder")] - points[order.index(f"{other}_hip")]).norm()
        for side, other in (("left", "right"), ("right", "left"))
    )
    used = [k for k, name in enumerate(order) if marked[k] and name.split("_")[-1] in TOLD]
    errors = (found.in_convention(convention).points - points)[:, used].norm(dim=-1) / torch.maximum(left, right)
    return errors[errors.mean(1).argmin()]


@pytest.mark.slow
@pytest.mark.parametrize("given", [False, True])
def test_nine_annotated_people_are_found_and_their_points_are_near(shared_data, given):
    near, people = [], 0
    for path, convention, points, marked, box in annotated(shared_data("keypoint-samples")):
        found = poseloom.keypoints(path, boxes=[box] if given else None, hands=False)
        errors = distances(found, convention, points, marked)
        people += bool((errors < 0.2).float().mean() > 0.6)
        near.append(errors < 0.2)
    share = torch.cat(near).float().mean()
    assert len(near) == 9 and people >= 8
    assert share >= (0.95 if given else 0.96)


@pytest.fixture(scope="module")
def actress(shared_data):
    """Half the size: faster, and as clear."""
    picture = read_picture(shared_data("photos") / "charades-crop.jpg")
    return torch.nn.functional.avg_pool2d(picture[None], 2)[0]


@pytest.fixture(scope="module")
def seen(actress):
    return poseloom.keypoints(actress, people=1)


def test_a_mirror_swaps_the_sides(actress, seen):
    mirrored = poseloom.keypoints(actress.flip(-1), people=1)
    order = list(range(33))
    for left, right in flip_pairs("mediapipe_33"):
        order[left], order[right] = right, left
    back = mirrored.points[0, order, :2]
    back[:, 0] = actress.shape[-1] - 1 - back[:, 0]
    upper = slice(11, 29)
    away = (back - seen.points[0, :, :2]).norm(dim=-1)[upper] / float(seen.roi.side[0])
    assert away.median() < 0.03
    assert (mirrored.world[0, order, 0][upper] * -1 - seen.world[0, :, 0][upper]).abs().median() < 0.06


def test_turning_the_picture_turns_the_landmarks(actress, seen):
    """By a quarter to the right, with a box, since the detector knows people upright."""
    turned = actress.rot90(-1, (1, 2))
    roi = seen.roi
    height = actress.shape[-2]
    from poseloom.checkpoints.people import keypoint_reader
    from poseloom.images.roi import Roi
    from poseloom.tasks.keypoints.body import body_points

    with torch.inference_mode():
        centre = torch.stack([height - 1 - roi.centre[:, 1], roi.centre[:, 0]], dim=-1)
        region = Roi(centre, roi.side, roi.turn + torch.pi / 2)
        body = body_points(keypoint_reader().body, turned, region)
    wanted = torch.stack([height - 1 - seen.points[0, :, 1], seen.points[0, :, 0]], dim=-1)
    assert (body.points[0, :, :2] - wanted).norm(dim=-1).mean() < 0.01 * float(roi.side[0])
    world = torch.stack([seen.world[0, :, 1], -seen.world[0, :, 0], seen.world[0, :, 2]], dim=-1)
    assert (body.world[0] - world).norm(dim=-1).mean() < 0.03


def test_a_box_says_where_the_person_is(actress, seen):
    x, y, width, height = seen.boxes[0].tolist()
    given = poseloom.keypoints(actress, boxes=[[x, y, width, height]], hands=False)
    away = (given.points[0, :, :2] - seen.points[0, :, :2]).norm(dim=-1) / float(seen.roi.side[0])
    assert len(given) == 1 and away.median() < 0.03


def test_those_who_are_left_out_are_told(shared_data):
    """In the group of six the detector is sure of several at first sight."""
    found = poseloom.keypoints(shared_data("photos") / "accounting-meeting.jpg", people=1, hands=False)
    assert len(found) == 1 and len(found.notes) == 1
    assert found.notes[0].endswith("people are found; the 1 largest and surest of them are given")


def test_hands_and_faces_belong_to_their_person(actress, seen):
    with_face = poseloom.keypoints(actress, people=1, face=True)
    assert with_face.face is not None and seen.face is None and seen.hands is not None
    nose = (with_face.face[0, 1, :2] - with_face.points[0, 0, :2]).norm()
    assert nose < 0.05 * float(seen.roi.side[0])
    there = seen.hands[0, :, 0, 0].isfinite()
    away = (seen.hands[0, :, 0, :2] - seen.points[0, [15, 16], :2]).norm(dim=-1)
    assert there.any() and (away[there] < 0.08 * seen.roi.side[0]).all()


@pytest.mark.parametrize(
    ("boxes", "told"),
    [
        ([[5000, 10, 50, 50]], "outside the picture of 273 x 450"),
        ([[10, 10, 0, 50]], "width and height above 0"),
        ([[1, 2, 3]], "x, y, width, height"),
        pytest.param([["a", 1, 2, 3]], "four numbers", marks=pytest.mark.wrong_types),
        ([[float("nan"), 1, 2, 3]], "in pixels"),
    ],
)
def test_boxes_that_are_none_are_told(actress, boxes, told):
    with pytest.raises(PoseloomError, match=told):
        poseloom.keypoints(actress, boxes=boxes)


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (torch.zeros(1, 50, 50), "expected RGB floats"),
        (torch.zeros(3, 50, 50, dtype=torch.uint8), "uint8"),
        (torch.zeros(3, 4, 50), "50 x 4 pixels are too few"),
    ],
)
def test_tensors_that_are_no_pictures_are_told(picture, told):
    with pytest.raises(PoseloomError, match=told):
        poseloom.keypoints(picture)


def test_numbers_of_people_and_rates_are_checked(actress):
    with pytest.raises(PoseloomError, match="people: expected 1 or more"):
        poseloom.keypoints(actress, people=0)
    with pytest.raises(PoseloomError, match="fps"):
        poseloom.keypoints(actress, fps=5)
