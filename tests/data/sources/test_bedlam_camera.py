import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.data.sources import bedlam_camera as geometry
from poseloom.pose import Pose

ANGLES = st.floats(-180, 180)


def camera(position=(0.0, 0.0, 100.0), yaw=0.0, pitch=0.0, roll=0.0, focal=36.0, closeup=False):
    values = [torch.tensor(value) for value in (yaw, pitch, roll, focal)]
    return geometry.cameras(torch.tensor(position), *values, closeup)


def seen(eye, *places):
    """Pixels and depth of places in Unreal's world, cm."""
    return eye.see(geometry.to_world(torch.tensor(places)))


def test_what_lies_ahead_is_in_the_middle_right_is_right_and_up_is_up():
    ahead, right, up = seen(camera(), (500.0, 0.0, 100.0), (500.0, 50.0, 100.0), (500.0, 0.0, 150.0))
    assert ahead.tolist() == [640, 360, 5]
    assert right[0] == pytest.approx(640 + 1280 * 0.1) and right[1] == 360
    assert up[1] == pytest.approx(360 - 1280 * 0.1) and up[0] == 640


def test_yaw_turns_to_the_right_pitch_looks_up_and_roll_leans_the_camera_to_the_right():
    assert torch.allclose(seen(camera(yaw=90.0), (0.0, 500.0, 100.0))[0], torch.tensor([640.0, 360, 5]), atol=1e-3)
    assert seen(camera(pitch=10.0), (500.0, 0.0, 100.0))[0, 1] > 360  # what is level sinks in the picture
    leaning = seen(camera(roll=90.0), (500.0, 0.0, 150.0))[0]
    assert leaning[0] < 640 and leaning[1] == pytest.approx(360, abs=1e-3)  # what is above comes to lie on the left


@given(ANGLES, st.floats(-80, 80), ANGLES)
def test_cameras_turn_without_distortion(yaw, pitch, roll):
    rotation = camera(yaw=yaw, pitch=pitch, roll=roll).rotation
    assert torch.allclose(rotation @ rotation.T, torch.eye(3), atol=1e-5) and torch.linalg.det(rotation) > 0


def test_what_is_behind_the_camera_is_nowhere():
    assert seen(camera(), (-500.0, 0.0, 100.0))[0, :2].isnan().all()


def test_a_body_of_yaw_90_looks_at_a_camera_of_yaw_0_and_more_yaw_turns_it_to_its_own_left():
    towards = geometry.body_turn(torch.tensor(90.0)) @ torch.tensor([0.0, 0.0, 1.0])
    assert torch.allclose(towards, torch.tensor([0.0, 0.0, 1.0]), atol=1e-6)
    turned = geometry.body_turn(torch.tensor(100.0)) @ torch.tensor([0.0, 0.0, 1.0])
    assert turned[0] < 0  # on the picture's left
    # the same in Unreal's axes: a yaw of 0 looks along y, and more of it turns from there against the front
    along = geometry.body_turn(torch.tensor(0.0)) @ torch.tensor([0.0, 0.0, 1.0])
    assert torch.allclose(along, geometry.to_world(torch.tensor([0.0, 100.0, 0.0])), atol=1e-6)
    assert Pose.identity().turned(geometry.body_turn(torch.tensor(90.0))).rotations[0].norm() < 1e-6


@pytest.mark.parametrize("roll", [90.0, -90.0, 93.0])
def test_a_closeup_stands_upright_and_is_stored_on_its_side(roll):
    eye = camera(roll=roll, closeup=True)
    assert eye.frame == (720, 1280)
    up = seen(eye, (500.0, 0.0, 150.0))[0]
    assert abs(up[0] - 360) < 10 and up[1] < 640 - 100
    stored = seen(eye.stored(), (500.0, 0.0, 150.0))[0]
    assert torch.allclose(stored[:2], geometry.on_its_side(up[:2]), atol=1e-3)
    # turned clockwise by 90 degrees, a pixel (x, y) of 1280 x 720 comes to (720 - y, x)
    assert torch.allclose(torch.stack([720 - stored[1], stored[0]]), up[:2], atol=1e-3)
