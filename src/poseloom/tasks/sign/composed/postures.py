"""Random postures as symbols: hand shapes, orientations, places."""

from __future__ import annotations

from poseloom.tasks.sign.composed.choices import Choices, weights

Symbols = list[str]


def shape(choices: Choices) -> Symbols:
    """A basic hand shape with its marks."""
    base = choices.of("shapes")
    if base in weights()["round_shapes"]:
        return [base, *choices.symbols("opened")]
    bends = [] if base == _CLOSED else choices.symbols("bends")
    return [base, *choices.symbols("thumbs"), *bends]


def orientation(choices: Choices) -> Symbols:
    """Where the hand points and where the palm looks."""
    return [f"extfinger{choices.of('directions')}", f"palm{choices.of('palms')}"]


def hand(choices: Choices) -> Symbols:
    """Shape and orientation of one hand."""
    return shape(choices) + orientation(choices)


def two_hands(choices: Choices) -> Symbols:
    """Two hands, each with its own posture."""
    return ["parbegin", *hand(choices), "plus", *hand(choices), "parend"]


def place(choices: Choices) -> Symbols:
    """Where a sign of one hand, or of two alike, is made; often nowhere in particular."""
    return _PLACES[choices.of("places")](choices)


def on_body(choices: Choices) -> Symbols:
    """A place on the body, perhaps a side of it, perhaps how near."""
    where = [choices.of("body"), *choices.symbols("sides")]
    nearness = choices.symbols("nearness")
    if nearness != [_TOUCH]:
        return where + nearness
    return where + (choices.symbols("touching") or nearness)


def on_other_hand(choices: Choices) -> Symbols:
    """A part of the other hand, with or without contact."""
    return [choices.of("sites"), *choices.symbols("nearness")]


def _nowhere(choices: Choices) -> Symbols:
    return []


def _other_side(choices: Choices) -> Symbols:
    return ["lrat", choices.of("body"), *choices.symbols("nearness")]


def _hands_meet(choices: Choices) -> Symbols:
    return choices.symbols("nearness")


_CLOSED, _TOUCH = "fist", "touch"
_PLACES = {"none": _nowhere, "on_body": on_body, "other_side": _other_side, "hands_meet": _hands_meet}
