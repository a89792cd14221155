"""Joints by what their names mean in any dialect: ``Bip01 L UpperArm``, ``upper_arm.L``, ``LeftUpArm``, ``lshldr``.

A name is taken apart into side and word; each of our joints takes the best of its words (``joint_words.json``) that
no other joint took. So "shoulder" is the collar where there is an arm besides, and the shoulder where there is none.
Pelvis, spine and neck go by the tree, because their names tell little: ``spine.004`` is a neck.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from poseloom.formats.skeleton_motion import SourceSkeleton
from poseloom.formats.trunk import trunk_joints
from poseloom.pose.joints import FINGERS

_TOKEN = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_NUMBERED = re.compile(r"[-_. ]?\d+$")
_SEPARATOR = re.compile(r"[-_. ]")
_NEARLY_ALL = 0.8
"""Of the names of a skeleton."""
_SERIAL = re.compile(r"[-_. ](\d+)$")
_FINGER_WORDS = {"mid": "middle", "little": "pinky", "pinkie": "pinky", "pointer": "index"}
_FINGER = re.compile(r"(thumb|index|pointer|middle|mid|ring|pinky|pinkie|little)")
_BIPED_FINGER = re.compile(r"finger([0-4])\d?$")
_BIPED_FINGERS = ("thumb", "index", "middle", "ring", "pinky")

_LEGS_AND_ARMS = ("hip", "knee", "ankle", "foot", "shoulder", "elbow", "wrist", "collar")


@dataclass(frozen=True)
class JointWord:
    """A joint's name taken apart: side ("left", "right" or ""), word, and whether it looks like a helper bone."""

    side: str
    word: str
    helper: bool


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = (resources.files("poseloom.formats") / "joint_words.json").read_text(encoding="utf-8")
    return json.loads(text)


def joints_by_words(skeleton: SourceSkeleton) -> dict[str, tuple[int, ...]]:
    """Our joint -> the file's joint, or two for halfway between; without those that no word tells."""
    words = name_words(skeleton.names)
    vocabulary = _table()["joints"]
    found: dict[str, tuple[int, ...]] = {}
    for side in ("left", "right"):
        taken: set[int] = set()
        for ours in _LEGS_AND_ARMS:
            place = _pick(words, side, vocabulary[f"side_{ours}"], taken)
            if place is not None:
                found[f"{side}_{ours}"] = (place,)
                taken.add(place)
    taken = {place for places in found.values() for place in places}
    middle = {ours: _pick(words, "", vocabulary[ours], taken) for ours in ("pelvis", "head", "neck")}
    limbs = {name: places[0] for name, places in found.items()}
    found |= trunk_joints(skeleton, limbs, middle["pelvis"], middle["neck"], middle["head"])
    for side in ("left", "right"):
        if f"{side}_wrist" in found:
            found |= _fingers(skeleton, words, side, found[f"{side}_wrist"][0])
    return found


def _pick(words: tuple[JointWord, ...], side: str, accepted: list[str], taken: set[int]) -> int | None:
    for word in accepted:
        for place, joint in enumerate(words):
            if joint.word == word and joint.side == side and not joint.helper and place not in taken:
                return place
    for word in accepted:  # then with a number behind the word: "Spine01", "Toe2"
        for place, joint in enumerate(words):
            plain = _NUMBERED.sub("", joint.word)
            if plain == word and joint.side == side and not joint.helper and place not in taken:
                return place
    return None


def name_words(names: tuple[str, ...]) -> tuple[JointWord, ...]:
    """Every name taken apart."""
    plain = [re.split(r"[:|]", name)[-1] for name in names]
    serials = [_SERIAL.search(name) for name in plain]
    numbers = [match[1] for match in serials if match]
    if len(numbers) >= _NEARLY_ALL * len(names) and len(set(numbers)) == len(numbers):
        plain = [_SERIAL.sub("", name) for name in plain]
    return tuple(_take_apart(name) for name in _without_prefix(plain))


def _without_prefix(names: list[str]) -> list[str]:
    """The names without the words that nearly all of them begin with: ``ValveBiped.Bip01_``, ``RL_``."""
    sides = (*_table()["left"], *_table()["right"])
    while True:
        parts = [_SEPARATOR.split(name, maxsplit=1) for name in names]
        ranked = Counter(part[0] for part in parts if len(part) > 1 and part[1]).most_common(1)
        first, count = ranked[0] if ranked else ("", 0)
        if count < _NEARLY_ALL * len(names) or not first or first.lower() in sides:
            return names
        names = [
            part[1] if part[0] == first and len(part) > 1 and part[1] else name
            for name, part in zip(names, parts, strict=True)
        ]


def _take_apart(name: str) -> JointWord:
    table = _table()
    tokens = [token.lower() for token in _TOKEN.findall(name)]
    helper = any(token in table["helpers"] for token in tokens)
    joined = _side_of("".join(tokens))
    if joined is not None and not any(token in (*table["left"], *table["right"]) for token in tokens):
        return JointWord(joined[0], joined[1], helper)
    side = ""
    rest: list[str] = []
    for token in tokens:
        if not side and token in table["left"]:
            side = "left"
        elif not side and token in table["right"]:
            side = "right"
        else:
            rest.append(token)
    while len(rest) > 1 and rest[-1] in table["endings"]:
        rest = rest[:-1]
    while len(rest) > 1 and (rest[0] in table["noise"] or rest[0].isdigit()):
        rest = rest[1:]
    return JointWord(side, "".join(rest), helper)


def _side_of(word: str) -> tuple[str, str] | None:
    """``lshldr`` -> left, ``shldr``: the side is not set apart, but the rest is a known word."""
    for side, initials in (("left", ("left", "l")), ("right", ("right", "r"))):
        for initial in initials:
            if word.startswith(initial) and word[len(initial) :] in _side_words():
                return side, word[len(initial) :]
            if initial == side and word.endswith(side) and word[: -len(side)] in _side_words():
                return side, word[: -len(side)]
    return None


@lru_cache(maxsize=1)
def _side_words() -> frozenset[str]:
    joints = _table()["joints"]
    return frozenset(word for ours, words in joints.items() if ours.startswith("side_") for word in words)


def _fingers(
    skeleton: SourceSkeleton, words: tuple[JointWord, ...], side: str, wrist: int
) -> dict[str, tuple[int, ...]]:
    """Joints below the wrist by finger, in the order of the chain; a fourth one is the bone inside of the palm."""
    chains: dict[str, list[int]] = {}
    below = {wrist}
    for joint in range(wrist + 1, len(skeleton.names)):
        if skeleton.parents[joint] not in below:
            continue
        below.add(joint)
        word = words[joint]
        biped, named = _BIPED_FINGER.search(word.word), _FINGER.search(word.word)
        if word.helper or (biped is None and named is None):
            continue
        finger = _BIPED_FINGERS[int(biped[1])] if biped else _FINGER_WORDS.get(named[1], named[1])  # type: ignore[index]
        chains.setdefault(finger, []).append(joint)
    found: dict[str, tuple[int, ...]] = {}
    for finger, chain in chains.items():
        if finger in FINGERS:
            for number, joint in enumerate(chain[1:4] if len(chain) > 3 and finger != "thumb" else chain[:3], 1):
                found[f"{side}_{finger}{number}"] = (joint,)
    return found
