import re

import pytest
import torch

from poseloom.demo import embedded_clip, page, take_tour
from poseloom.demo.tour import telling_frames
from poseloom.pose import Clip, Pose


@pytest.fixture(scope="module")
def short_tour():
    rotations = torch.zeros(30, 22, 3)
    rotations[:, 16, 2] = torch.linspace(-1.3, 1.3, 30)
    return take_tour(Clip(Pose(rotations), 10.0, "<raise> & wave"))


def test_telling_frames_are_far_apart_and_in_order():
    joints = torch.zeros(100, 22, 3)
    joints[:, 5, 0] = torch.linspace(0, 1, 100)
    frames = telling_frames(joints, 3)
    assert frames == sorted(frames) and frames[0] == 0 and frames[-1] == 99 and 40 < frames[1] < 60


def test_a_clip_of_one_frame_has_a_tour_without_comparisons():
    tour = take_tour(Clip(Pose(torch.zeros(1, 52, 3)), 30.0, "still"))
    assert len(tour.stills) == 1 and not tour.comparisons
    assert "From one pose" not in page(tour, "still")


def test_angles_say_that_the_elbows_are_straight(short_tour):
    assert all(angle > 170 for angle in short_tour.angles["left elbow"])


def test_page_holds_every_text_and_escapes_the_name(short_tour):
    html = page(short_tour, short_tour.clip.name)
    assert "&lt;raise&gt; &amp; wave" in html and "<raise>" not in html
    assert all(still.text in html for still in short_tour.stills)
    assert not re.search(r"\$\w", html)
    assert not re.search(r"""(src|href)=["'](?!data:)""", html)


def test_embedded_clip_is_smooth_and_stands_on_no_nan():
    clip = embedded_clip()
    joint_speed = (clip.pose.matrices()[1:] - clip.pose.matrices()[:-1]).abs().amax()
    assert clip.fps == 30 and len(clip) > 200 and joint_speed < 0.35
