"""The paragraph on a clip: fixed sentences, the mirror law, steadiness, times and ways."""

import re
from itertools import pairwise

import pytest
import torch
from exercise_clips import repeated, walk

from poseloom import PoseloomError, describe_motion
from poseloom.language import swap_sides
from poseloom.pose import Clip, Pose
from poseloom.pose.blend import blend, ease
from poseloom.pose.clips import mirrored
from poseloom.pose.contact import ground
from poseloom.pose.stances import stance

CLIPS = {
    "lunges": lambda: repeated("stand", "lunge left", 3),
    "in turn": lambda: repeated("stand", "lunge left", 4, in_turn=True),
    "kicks": lambda: repeated("stand", "front kick (right)", 3, 1.2),
    "side bends": lambda: repeated("stand", "side bend (to the left, right arm over)", 3),
    "look": lambda: goes("stand", "look over the left shoulder"),
    "point": lambda: goes("stand", "point to the side (left)"),
    "kneel": lambda: goes("stand", "kneel on left knee"),
    "walk": lambda: walk(5, turn=90),
}


def goes(*names: str, seconds: float = 1.0, rest: float = 1.0, fps: float = 30.0) -> Clip:
    """From stance to stance, with rests."""
    stances = [stance(name) for name in names]
    weight = torch.cat([torch.zeros(round(rest * fps)), ease(torch.linspace(0, 1, round(seconds * fps)))])
    parts = [blend(a, b, weight).rotations for a, b in pairwise(stances)]
    last = stances[-1].rotations.expand(round(rest * fps), -1, -1)
    return Clip(ground(Pose(torch.cat([*parts, last]))), fps)


@pytest.mark.parametrize("name", CLIPS)
def test_the_mirrored_clip_has_the_mirrored_text(name):
    clip = CLIPS[name]()
    assert describe_motion(mirrored(clip)).text == swap_sides(describe_motion(clip).text)


def test_squats_in_a_sentence():
    text = describe_motion(repeated("stand", "squat", 10, noise=0)).text
    assert re.fullmatch(
        r"At first the person stands\. From 0\.\d to \d+\.\d s, they do ten squats, one every \d\.\d s; "
        r"the knees bend to about 1[12][05] degrees\.",
        text,
    )


def test_movements_have_their_times_and_ends():
    told = describe_motion(goes("stand", "arms overhead", "stand"))
    rise = next(phase for phase in told if "straight up" in phase.text)
    fall = next(phase for phase in told if "down to the sides" in phase.text)
    assert rise.text.startswith("From 1.") and "both arms rise" in rise.text
    assert 0.9 < rise.start < rise.end < 2.1 < 2.9 < fall.start < fall.end < 4.1
    assert "both arms come" in fall.text


def test_postures_are_told_where_they_change():
    text = describe_motion(goes("stand", "sit on a chair", "stand")).text
    assert "they sit down as on a chair" in text and "they stand up" in text
    assert "lie down on the back" in describe_motion(goes("sit on the floor, legs straight", "lie on the back")).text


def test_a_walk_tells_way_speed_and_turn():
    text = describe_motion(walk(6, 0.5, length=0.7, turn=90)).text
    way, speed = re.search(r"walks? forward: seven steps, (\d\.\d) m at (\d\.\d) m/s", text).groups()
    assert 3.2 < float(way) < 4.5 and 0.8 < float(speed) < 1.6
    assert re.search(r"turning by about (85|90|75|80) degrees to the left", text)


def test_walking_backward_and_sideways():
    clip = walk(6)
    place = clip.pose.translation
    back = Clip(Pose(clip.pose.rotations, translation=place * torch.tensor([1.0, 1.0, -1.0])), clip.fps)
    left = Clip(Pose(clip.pose.rotations, translation=place[:, [2, 1, 0]]), clip.fps)
    assert "backward" in describe_motion(back).text and "to the left" in describe_motion(left).text


def test_a_rest_hardly_moves():
    told = describe_motion(repeated("yoga tree (standing on left)", "yoga tree (standing on left)", 2, noise=0.02))
    assert re.fullmatch(r"The person stands on the left leg and hardly moves for \d\.\d s\.", told.text)
    assert len(told) == 1


def test_noise_changes_few_words():
    texts = [describe_motion(repeated("stand", "squat", 4, noise=noise, seed=2)).text for noise in (0.0, 0.01, 0.02)]
    assert len({re.sub(r"\d+(\.\d)?", "N", text) for text in texts}) == 1


def test_getting_tired_is_told():
    text = describe_motion(repeated("stand", "squat", 6, depth=(1, 1, 0.95, 0.9, 0.75, 0.7))).text
    assert "less far towards the end" in text


def test_poses_are_taken_as_frames_and_nothing_is_refused_in_one_line():
    told = describe_motion(stance("stand").reshape(1))
    assert told.text.startswith("The person stands") and told.seconds > 0
    with pytest.raises(PoseloomError, match="no frames"):
        describe_motion(Clip(Pose(torch.zeros(0, 22, 3))))
