"""Random actions as symbols: movements, posture changes, and what is done at once or in order."""

from __future__ import annotations

from collections.abc import Callable

from poseloom.tasks.sign.composed.choices import Choices
from poseloom.tasks.sign.composed.postures import Symbols, on_body, orientation, shape


def actions(choices: Choices) -> Symbols:
    """What a sign does from its posture on, repetitions included; a tenth of the signs does nothing."""
    done = _ACTIONS[choices.of("actions")](choices)
    return done + choices.symbols("repetitions") if done else []


def _nothing(choices: Choices) -> Symbols:
    return []


def _straight(choices: Choices) -> Symbols:
    move = [f"move{choices.of('moves')}", *choices.symbols("sizes"), *choices.symbols("arcs")]
    return [*move, *choices.symbols("paths"), *choices.symbols("manners")]


def _circle(choices: Choices) -> Symbols:
    return [f"circle{choices.of('circles')}", *choices.symbols("sizes"), *choices.symbols("turns")]


def _local(choices: Choices) -> Symbols:
    return [choices.of("locals")]


def _new_posture(choices: Choices) -> Symbols:
    return ["replace", *_POSTURES[choices.of("new_postures")](choices)]


def _shape_and_orientation(choices: Choices) -> Symbols:
    return shape(choices) + orientation(choices)


def _move_and_posture(choices: Choices) -> Symbols:
    return ["parbegin", *_straight(choices), *_new_posture(choices), "parend"]


def _move_and_local(choices: Choices) -> Symbols:
    return ["parbegin", *_straight(choices), *_local(choices), "parend"]


def _one_after_other(choices: Choices) -> Symbols:
    return _straight(choices) + _straight(choices)


def _fused(choices: Choices) -> Symbols:
    return ["fusionbegin", *_straight(choices), *_straight(choices), "fusionend"]


def _to_place(choices: Choices) -> Symbols:
    return _straight(choices) + on_body(choices)


Drawn = Callable[[Choices], Symbols]

_POSTURES: dict[str, Drawn] = {
    "shape": shape,
    "orientation": orientation,
    "shape_and_orientation": _shape_and_orientation,
}
_ACTIONS: dict[str, Drawn] = {
    "nothing": _nothing,
    "straight": _straight,
    "circle": _circle,
    "local": _local,
    "new_posture": _new_posture,
    "move_and_posture": _move_and_posture,
    "move_and_local": _move_and_local,
    "one_after_other": _one_after_other,
    "fused": _fused,
    "to_place": _to_place,
}
