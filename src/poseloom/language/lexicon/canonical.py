"""What was understood of a text as plain sentences of the library's own kind, which models learn from."""

from __future__ import annotations

from poseloom.language.description.plain import Statement
from poseloom.language.description.truth import BOTH
from poseloom.language.lexicon.names import SIDES
from poseloom.language.lexicon.understanding import Understanding, says

_STATES = {
    "up": "raised straight up", "down": "hanging down", "level": "level", "sideways": "stretched sideways",
    "forward": "stretched forward", "backward": "stretched backward", "square": "bent at a right angle",
    "slight": "slightly bent", "sharp": "sharply bent", "toleft": "to the left", "toright": "to the right",
    "shoulderwide": "shoulder-width apart", "tiptoe": "on tiptoe", "stretched": "straight",
}  # fmt: skip
_OF_LEGS = {"forward": "in front", "backward": "behind", "sideways": "raised sideways", "up": "raised"}
_RELATIONS = {"at": "on", "front": "in front of", "above": "above", "below": "below", "behind": "behind"}
_PLURALS = {"foot": "feet", "hand": "hands"}
_PLACES = {"backhead": "back of the head", "tophead": "top of the head", "upperarm": "upper arm"}


def canonical(understood: Understanding, standing: bool = True) -> str:
    """The sentences: of the describer's own kind as they were, then of named poses, then of limbs.

    Args:
        understood: the text.
        standing: whether quiet standing is said where no posture is.
    """
    named = (sentence for one in understood.mentions for sentence in says(one.pose, one.mirrored))
    standing = standing and not understood.own and not any(one.pose.whole for one in understood.mentions)
    sentences = [f"{one[0].upper()}{one[1:].rstrip('.')}." for one in understood.own]
    sentences += ["A person is standing."] if standing else []
    return " ".join([*sentences, *named, *(sentence_of(one) for one in understood.said)])


def sentence_of(said: Statement) -> str:
    """One statement: "The left arm is raised straight up."."""
    noun = _place(said.part)
    if said.side == BOTH:
        subject, verb = f"Both {_PLURALS.get(noun, f'{noun}s')}", "are"
    else:
        subject, verb = ("One " if said.side == "any" else f"The {said.side} ").rstrip() + f" {noun}", "is"
    denied = " not" if said.denied else ""
    return f"{subject} {verb}{denied} {_told(said)}."


def _told(said: Statement) -> str:
    if said.target:
        whose = f"{said.target_side} " if said.target_side in SIDES else ""
        plural = said.target_side == BOTH
        place = _place(said.target)
        return (
            f"{_RELATIONS.get(said.what, said.what)} the {whose}{_PLURALS.get(place, f'{place}s') if plural else place}"
        )
    leg = said.part in ("leg", "foot", "knee")
    state, _, way = said.what.partition(".")
    first = _OF_LEGS.get(state, _STATES.get(state, state)) if leg else _STATES.get(state, state)
    if not way:
        return first
    plain = {"forward": "forward", "backward": "backward", "sideways": "sideways"}
    plain["level"] = "to hip height" if leg else "to shoulder height"
    return f"{state} {plain.get(way, _STATES.get(way, way) if way.startswith('to') else way)}"


def _place(name: str) -> str:
    return _PLACES.get(name, name)
