"""Hand shapes and orientations of the rule-based signer."""

import math

import pytest
import torch

from poseloom.language.hamnosys import SymbolKind, from_names, parse, symbols
from poseloom.language.hamnosys.orientation import palm_normal
from poseloom.language.hamnosys.tree import Direction, Orientation
from poseloom.pose.joints import FINGERS
from poseloom.signer.frames import hand_axes, oriented, reoriented, to_world
from poseloom.signer.hand_points import hand_points
from poseloom.signer.shapes import hand_angles

DIRECTIONS = [symbol.letters for symbol in symbols() if symbol.kind is SymbolKind.DIRECTION]
PALMS = [symbol.letters for symbol in symbols() if symbol.kind is SymbolKind.PALM]
BASES = [symbol.short for symbol in symbols() if symbol.kind is SymbolKind.HANDSHAPE]
LONG = ("index", "middle", "ring", "pinky")


def angles_of(names):
    return hand_angles(parse(from_names(names)).signs[0].parts[0].dominant.shape)


def finger(angles, name):
    return angles[FINGERS.index(name)].rad2deg()


def tips(angles):
    points, _ = hand_points(angles)
    return {name: points[FINGERS.index(name), 3] for name in FINGERS}


@pytest.mark.parametrize("fingers", [*DIRECTIONS, ("u", "il"), ("d", "ir"), ("u", "ol"), ("d", "or")])
@pytest.mark.parametrize("palm", PALMS)
@pytest.mark.parametrize("mirrored", [False, True])
def test_every_direction_and_palm_gives_the_right_frame(fingers, palm, mirrored):
    direction = Direction((fingers,) if isinstance(fingers, str) else fingers)
    side = "left" if mirrored else "right"
    rotation = oriented(Orientation(direction, Direction((palm,))), side, mirrored)
    assert torch.allclose(rotation @ rotation.T, torch.eye(3), atol=1e-6)
    assert float(torch.linalg.det(rotation)) == pytest.approx(1, abs=1e-5)
    flip = torch.tensor([-1.0 if mirrored else 1.0, 1.0, 1.0])
    pointing, looking, thumb = hand_axes(rotation, side).unbind(-1)
    assert torch.allclose(pointing, to_world(direction.vector) * flip, atol=1e-6)
    assert torch.allclose(looking, to_world(palm_normal(direction.vector, Direction((palm,)))) * flip, atol=1e-6)
    across = torch.linalg.cross(pointing, looking)
    assert torch.allclose(thumb, -across if mirrored else across, atol=1e-6)


def test_a_right_hand_that_points_up_with_the_palm_out_has_its_thumb_to_the_left():
    rotation = oriented(Orientation(Direction(("u",)), Direction(("d",))), "right", False)
    _, palm, thumb = hand_axes(rotation, "right").unbind(-1)
    assert torch.allclose(palm, torch.tensor([0.0, 0.0, 1.0]), atol=1e-6)
    assert torch.allclose(thumb, torch.tensor([1.0, 0.0, 0.0]), atol=1e-6)


def test_a_hand_that_only_turns_its_palm_points_where_it_did():
    start = oriented(Orientation(Direction(("o",)), Direction(("d",))), "right", False)
    turned = reoriented(start, Orientation(palm=Direction(("u",))), "right", False)
    assert torch.allclose(
        turned, oriented(Orientation(Direction(("o",)), Direction(("u",))), "right", False), atol=1e-6
    )
    pointed = reoriented(start, Orientation(fingers=Direction(("l",))), "right", False)
    assert torch.allclose(
        pointed, oriented(Orientation(Direction(("l",)), Direction(("d",))), "right", False), atol=1e-6
    )


@pytest.mark.parametrize("base", BASES)
def test_extended_fingers_are_straighter_than_folded_ones(base):
    extended = {
        "fist": (),
        "flathand": LONG,
        "finger2": ("index",),
        "finger23": ("index", "middle"),
        "finger23spread": ("index", "middle"),
        "finger2345": LONG,
        "pinch12": ("index",),
        "pinchall": LONG,
        "pinch12open": LONG,
        "cee12": ("index",),
        "ceeall": LONG,
        "ceeopen": LONG,
    }[base]
    angles = angles_of(base)
    for name in LONG:
        curl = float(finger(angles, name)[1:].sum())
        assert curl < 130 if name in extended else curl > 200, name


@pytest.mark.parametrize(
    ("names", "fingers"),
    [
        ("pinch12", ["index"]),
        ("pinch12open", ["index"]),
        ("pinchall", ["index", "middle"]),
        ("pinch12 fingerstraightmod", ["index"]),
        ("pinchall fingerstraightmod", ["index", "middle"]),
    ],
)
def test_pinching_tips_meet(names, fingers):
    found = tips(angles_of(names))
    met = torch.stack([found[name] for name in fingers]).mean(0)
    assert float((found["thumb"] - met).norm()) < 0.026


@pytest.mark.parametrize("names", ["cee12", "ceeall", "ceeopen"])
def test_a_c_is_open_and_opens_wider_with_its_thumb_mark(names):
    gaps = [tips(angles_of(given)) for given in (names, f"{names} thumbopenmod")]
    narrow, wide = (float((found["thumb"] - found["index"]).norm()) for found in gaps)
    assert 0.035 < narrow < 0.065
    assert wide > narrow + 0.005


def test_bend_marks_bend_the_extended_fingers_alone():
    bent = angles_of("finger23 fingerstraightmod")
    assert finger(bent, "index")[1:].tolist() == pytest.approx([90, 0, 0], abs=1e-3)
    assert finger(bent, "ring")[1:].tolist() == pytest.approx([90, 100, 70], abs=1e-3)
    hooked = angles_of("finger2 fingerhookmod")
    assert finger(hooked, "index")[1:].tolist() == pytest.approx([0, 95, 60], abs=1e-3)
    half = angles_of("finger2 fingerbendmod between fingerhookmod")
    assert finger(half, "index")[1:].tolist() == pytest.approx([17.5, 67.5, 42.5], abs=1e-3)


def test_digits_named_after_a_shape():
    eight = angles_of("finger2345 thumboutmod middlefinger fingerstraightmod")
    assert finger(eight, "middle")[1].item() == pytest.approx(90, abs=1e-3)
    assert finger(eight, "ring")[1].item() == pytest.approx(0, abs=1e-3)
    horns = angles_of("finger2 thumboutmod pinky")
    assert float(finger(horns, "pinky")[1:].sum()) == pytest.approx(0, abs=1e-3)
    assert float(finger(horns, "middle")[1:].sum()) > 200


def test_thumbs_out_across_and_opposed():
    out, across, opposed = (
        tips(angles_of(f"flathand {mark}"))["thumb"]
        for mark in (
            "thumboutmod",
            "thumbacrossmod",
            "thumbopenmod",
        )
    )
    assert float(out[2]) > 0.09  # to the thumb's side
    assert float(across[2]) < 0.02  # before the palm
    assert float(across[1]) > 0.03
    assert float(opposed[1]) > 0.07  # away from the palm


def test_a_shape_between_two_is_their_mean():
    middle = angles_of("flathand between fist")
    assert torch.allclose(middle, (angles_of("flathand") + angles_of("fist")) / 2)


def test_spread_fingers_are_spread():
    points, _ = hand_points(angles_of("finger23spread"))
    first, second = (points[FINGERS.index(name), 3] - points[FINGERS.index(name), 0] for name in ("index", "middle"))
    cosine = float(torch.nn.functional.cosine_similarity(first, second, dim=0))
    assert 18 < math.degrees(math.acos(cosine)) < 35
