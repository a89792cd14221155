"""`instruct`: how to get from one pose to another, in the imperative; `changes`: what the text tells."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxtyping import Float
from torch import Tensor

from poseloom.errors import FileError, PoseloomError
from poseloom.language.datafiles import TABLES, read_table
from poseloom.language.description.describe import figures
from poseloom.language.description.phrases import Dice, Phrases, phrases_of
from poseloom.language.description.sentences import Writer
from poseloom.language.instruction.changes import Change, changes_of
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

SENTENCES = 8
"""Most changes that an instruction tells; the smallest ones are left out."""
INSTRUCTIONS = TABLES / "instructions.json"
GRADES = 3
"""Slight, clear and large changes have wordings of their own."""
SLOTS = ("limb", "side", "other", "degrees", "clause")
TURN_STEP = 15
"""Degrees to which turns of the whole body are rounded."""
_SLOT = re.compile(r"\{(\w+)\}")
_OTHER = {"left": "right", "right": "left"}


def instruct(
    pose_a: Pose | Float[Tensor, "*batch joints 3"],
    pose_b: Pose | Float[Tensor, "*batch joints 3"],
    seed: int = 0,
    count: int = SENTENCES,
    body: Body | None = None,
) -> list[str]:
    """How to get from each pose of `pose_a` to that of `pose_b`, largest changes first; flattened batch.

    A pair in which nothing differs enough to be told gets a sentence that says so. As with `describe`, the wording
    depends on the seed and on what is told alone.

    Args:
        pose_a, pose_b: poses, or their joints, of equal batch shapes. Where the two face different ways, the turn
            is told.
        count: the most changes that are told.
        body: gives the joints of a `Pose`; the free body if None.

    Raises:
        PoseloomError: the batches differ, or see `describe`.
    """
    if count < 1:
        raise PoseloomError(f"count: expected at least 1 change to tell, got {count}")
    words, phrases = instructions_of(), phrases_of()
    return [_text(words, phrases, seed, found[:count]) for found in changes(pose_a, pose_b, body)]


def changes(pose_a: Pose | Tensor, pose_b: Pose | Tensor, body: Body | None = None) -> list[list[Change]]:
    """The changes that lead from each pose to the other, largest first; flattened batch."""
    shapes = [tuple(one.batch_shape if isinstance(one, Pose) else one.shape[:-2]) for one in (pose_a, pose_b)]
    if shapes[0] != shapes[1]:
        raise PoseloomError(f"pose_a and pose_b: expected equal batch shapes, got {shapes[0]} and {shapes[1]}")
    pairs = zip(figures(pose_a, body), figures(pose_b, body), strict=True)
    return [found for first, second in pairs for found in changes_of(first, second)]


def _text(words: dict[str, Any], phrases: Phrases, seed: int, found: list[Change]) -> str:
    dice = Dice(seed, tuple(change.blind() for change in found))
    if not found:
        return dice.pick(tuple(words["same"]))
    return " ".join(f"{_sentence(words, phrases, seed, dice, change)}." for change in found)


def _sentence(words: dict[str, Any], phrases: Phrases, seed: int, dice: Dice, change: Change) -> str:
    options = _entry(words, change.name)
    if isinstance(options[0], list):
        options = options[change.degree]
    line = _SLOT.sub(lambda slot: _slot(slot[1], phrases, change), dice.pick(tuple(options)))
    if change.target is None:
        return line
    clause = Writer(phrases, seed, [change.target]).clause_for_you(change.target)
    return line + dice.pick(tuple(_entry(words, "until"))).replace("{clause}", clause)


def _slot(slot: str, phrases: Phrases, change: Change) -> str:
    if slot == "limb":
        singular, plural = phrases.nouns[change.noun]
        return f"both {plural}" if change.side == "both" else f"your {change.side} {singular}"
    if slot == "degrees":
        return str(max(TURN_STEP, round(change.amount / TURN_STEP) * TURN_STEP))
    return change.direction if slot == "side" else _OTHER[change.direction]


@cache
def instructions_of(path: Path = INSTRUCTIONS) -> dict[str, Any]:
    """The wordings of a file of instructions, checked.

    Raises:
        FileError: an entry has no wording, misses a grade, or uses an unknown slot; names the file and the entry.
    """
    words = read_table(path)
    words.pop("about", None)
    _check(path, words, "")
    return words


def _check(path: Path, words: Any, field: str) -> None:
    if isinstance(words, dict):
        for name, said in words.items():
            _check(path, said, f"{field}.{name}" if field else name)
        return
    graded = isinstance(words, list) and bool(words) and isinstance(words[0], list)
    if graded and len(words) != GRADES:
        raise FileError(path, f"expected wordings for {GRADES} grades, got {len(words)}", field=field)
    for options in words if graded else [words]:
        if not isinstance(options, list) or not options or not all(isinstance(one, str) and one for one in options):
            raise FileError(path, "expected a list with at least one wording", field=field)
        for slot in (slot for one in options for slot in _SLOT.findall(one)):
            if slot not in SLOTS:
                raise FileError(path, f"unknown slot {{{slot}}}; expected one of {', '.join(SLOTS)}", field=field)


def _entry(words: dict[str, Any], name: str) -> list:
    found: Any = words
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            raise FileError(INSTRUCTIONS, "this entry is missing", field=name)
        found = found[part]
    return found
