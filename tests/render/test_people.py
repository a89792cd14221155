"""Skeletons over pictures: left and right in their colours, guesses pale, nothing beyond the person."""

from __future__ import annotations

import torch
from PIL import Image

from poseloom.pose.keypoints import names
from poseloom.pose.picture_keypoints import PictureKeypoints
from poseloom.render.people import LEFT, RIGHT, draw_people

BACK = (128, 128, 128)


def arms(confidence: float = 1.0) -> PictureKeypoints:
    """The right arm hangs at x = 30, the left one at x = 90."""
    place = {name: index for index, name in enumerate(names("coco"))}
    points, sure = torch.zeros(1, 17, 2), torch.zeros(1, 17)
    for side, x in (("right", 30.0), ("left", 90.0)):
        for part, y in (("shoulder", 20.0), ("elbow", 60.0), ("wrist", 100.0)):
            points[0, place[f"{side}_{part}"]] = torch.tensor([x, y])
            sure[0, place[f"{side}_{part}"]] = confidence
    return PictureKeypoints("coco", points, sure, torch.zeros(1, dtype=torch.long), torch.zeros(1, dtype=torch.long))


def canvas() -> Image.Image:
    return Image.new("RGB", (120, 120), BACK)


def far(a, b) -> int:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def test_left_and_right_have_their_colours():
    drawn = draw_people(canvas(), arms())
    assert far(drawn.getpixel((30, 40)), RIGHT) < 25 and far(drawn.getpixel((90, 80)), LEFT) < 25
    assert drawn.getpixel((60, 80)) == BACK and drawn.getpixel((5, 5)) == BACK
    assert far(LEFT, RIGHT) > 100


def test_guesses_are_pale_and_what_is_unknown_is_not_drawn():
    pale = draw_people(canvas(), arms(0.3)).getpixel((30, 40))
    assert pale != BACK and far(pale, RIGHT) > 40
    assert draw_people(canvas(), arms(0.0)).tobytes() == canvas().tobytes()


def test_the_given_picture_stays_as_it_was_and_people_outside_do_no_harm():
    given = canvas()
    draw_people(given, arms())
    assert given.getpixel((30, 40)) == BACK
    people = arms()
    outside = PictureKeypoints("coco", people.points + 5000, people.confidence, people.frame, people.person)
    assert draw_people(given, outside).tobytes() == given.tobytes()
    assert draw_people(given, outside, numbers=True).size == given.size


def test_hands_are_drawn_where_they_are():
    hands = torch.full((1, 2, 21, 3), torch.nan)
    hands[0, 0] = torch.stack([torch.linspace(40, 70, 21), torch.full((21,), 110.0), torch.zeros(21)], dim=-1)
    drawn = draw_people(canvas(), arms(), hands)
    assert far(drawn.getpixel((55, 110)), BACK) > 40
