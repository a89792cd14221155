"""Control pictures for image makers."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from poseloom.base.errors import PoseloomError
from poseloom.pose import JOINT_INDEX, Pose
from poseloom.pose.keypoints import names
from poseloom.render.control import (
    OPENPOSE,
    PART_COLOURS,
    STYLES,
    camera_of,
    control,
    near_is_white,
    sticks,
    view_in_words,
)
from poseloom.render.surface import Part
from poseloom.render.view import View

NAMES = [name.removesuffix("_openpose") for name in names(OPENPOSE)]


def hanging(**joints):
    rotations = torch.zeros(52, 3)
    rotations[JOINT_INDEX["left_shoulder"], 2] = -1.3
    rotations[JOINT_INDEX["right_shoulder"], 2] = 1.3
    for name, turn in joints.items():
        rotations[JOINT_INDEX[name]] = torch.tensor(turn)
    return Pose(rotations)


@pytest.fixture(scope="module")
def front():
    return control(hanging(), (192, 128), view=View(0.0, 0.0))


@pytest.fixture(scope="module")
def left():
    return control(hanging(), (192, 128), view=View(90.0, 0.0))


def seen(made):
    return {name for name, sure in zip(NAMES, made.points.confidence[0].tolist(), strict=True) if sure > 0}


def test_from_the_front_all_eighteen_points_are_seen_but_the_ears_edge_on(front):
    assert set(NAMES) - {"left_ear", "right_ear"} <= seen(front)


def test_from_the_side_what_the_body_hides_is_left_out(left):
    found = seen(left)
    assert {"left_shoulder", "left_elbow", "left_wrist", "left_hip", "left_ear"} <= found
    assert not {"right_shoulder", "right_elbow", "right_hip", "right_ear", "right_eye"} & found


def test_from_behind_the_face_is_left_out():
    found = seen(control(hanging(), (192, 128), view=View(180.0, 0.0)))
    assert not {"nose", "left_eye", "right_eye"} & found
    assert {"left_ankle", "right_ankle", "left_elbow"} <= found


def test_points_lie_on_the_body(front):
    for (x, y), sure in zip(front.points.points[0].tolist(), front.points.confidence[0].tolist(), strict=True):
        if sure:
            assert front.mask[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].max() > 0.5


def test_left_is_on_the_right_of_a_picture_from_the_front(front):
    place = dict(zip(NAMES, front.points.points[0].tolist(), strict=True))
    assert place["left_shoulder"][0] > place["neck"][0] > place["right_shoulder"][0]


def test_sticks_are_drawn_on_black_in_the_usual_colours(front):
    picture = np.array(front.picture("openpose"))
    assert picture.shape == (192, 128, 3)
    x, y = (round(value) for value in front.points.points[0, NAMES.index("left_wrist")].tolist())
    assert picture[y, x].tolist() == [0, 255, 85]  # the eighth colour
    assert (picture.sum(-1) == 0).mean() > 0.85


def test_a_point_that_is_not_seen_takes_its_limbs_along(front):
    from dataclasses import replace

    confidence = front.points.confidence.clone()
    confidence[0, NAMES.index("left_elbow")] = 0
    picture = np.array(sticks(replace(front.points, confidence=confidence), front.distance, (192, 128)))
    upper, lower = ([round(v * 0.6) for v in colour] for colour in ((170, 255, 0), (85, 255, 0)))
    assert not any((picture == colour).all(-1).any() for colour in (upper, lower))
    whole = np.array(front.picture("openpose"))
    assert all((whole == colour).all(-1).any() for colour in (upper, lower))


def test_depth_has_sixteen_bits_and_the_nearest_point_is_white(front):
    picture = front.picture("depth")
    numbers = np.array(picture)
    assert picture.mode == "I;16" and numbers.max() == 65535
    assert (numbers[front.depth.numpy() == 0] == 0).all()
    there = front.depth.numpy() > 0
    order = np.argsort(front.depth.numpy()[there])
    assert (np.diff(numbers[there][order].astype(int)) <= 1).all()
    assert numbers[there].min() > 0.1 * 65535
    assert len(np.unique(numbers)) > 256


def test_nothing_to_see_is_black():
    assert not near_is_white(torch.zeros(3, 4)).any()


def test_normals_look_at_the_camera(front):
    colours = np.array(front.picture("normal")).astype(int)
    there = front.depth.numpy() > 0
    assert (colours[there][:, 2] >= 120).mean() > 0.98  # blue: towards the camera
    assert not colours[~there].any()
    row = colours[96][there[96]]
    assert row[0, 0] < 100 and row[-1, 0] > 150  # red: the right edge looks to the right


def test_parts_are_indices_with_colours_of_their_own(front):
    picture = front.picture("parts")
    assert picture.mode == "P"
    assert np.array_equal(np.array(picture), front.parts.numpy())
    assert len(set(PART_COLOURS)) == len(Part)
    assert picture.getpalette()[3 * Part.HEAD : 3 * Part.HEAD + 3] == list(PART_COLOURS[Part.HEAD])


@pytest.mark.parametrize("style", STYLES)
def test_every_style_has_the_size_that_was_asked_for(front, style):
    image = front.picture(style)
    assert isinstance(image, Image.Image) and image.size == (128, 192)


def test_an_unknown_style_is_refused(front):
    with pytest.raises(PoseloomError, match="canny"):
        front.picture("canny")


def test_the_same_camera_sees_the_same(front):
    again = control(hanging(), (192, 128), camera=front.camera)
    assert torch.allclose(again.depth, front.depth, atol=1e-5)
    assert torch.allclose(camera_of(hanging(), (192, 128), view=View(0.0, 0.0)).rotation, front.camera.rotation)


def test_a_lens_is_in_millimetres():
    made = control(hanging(), (192, 128), view=View(0.0, 0.0), lens=35.0)
    assert float(made.camera.lens) == pytest.approx(35.0, abs=0.01)


def test_several_poses_and_absurd_lenses_are_refused():
    with pytest.raises(PoseloomError, match="one pose"):
        control(Pose(torch.zeros(2, 52, 3)))
    with pytest.raises(PoseloomError, match="millimetres"):
        control(hanging(), 64, lens=0.0)


@pytest.mark.parametrize(
    ("azimuth", "elevation", "words"),
    [
        (0.0, 0.0, "seen from the front"),
        (90.0, 0.0, "seen from the left"),
        (-45.0, 20.0, "seen from the front right, slightly from above"),
        (180.0, 60.0, "seen from behind, steeply from above"),
        (135.0, -20.0, "seen from behind on the left, slightly from below"),
    ],
)
@pytest.mark.parametrize("heading", [0.0, 2.0])
def test_the_view_is_told_by_the_persons_own_sides(azimuth, elevation, words, heading):
    pose = hanging(pelvis=(0.0, heading, 0.0))
    made = control(pose, 32, view=View(azimuth, elevation))
    assert view_in_words(made.pose, made.camera) == words


def test_a_person_who_lies_is_drawn_too():
    made = control(hanging(pelvis=(-math.pi / 2, 0.0, 0.0)), 64)
    assert made.mask.max() > 0.5
