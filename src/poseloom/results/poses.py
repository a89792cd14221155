"""Poses that a model makes, and which facts of the words that it was asked by hold for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int

from poseloom.base.errors import PoseloomError
from poseloom.pose.joints import JOINT_NAMES
from poseloom.pose.types import Pose
from poseloom.results.result import Result

_DECIMALS = 6
"""Of radians and metres: single precision has few more."""


_LATER = "_later"
"""Where facts keep the function that finds them, as long as nobody has asked for them."""


class _Later:
    def __init__(self, find: Callable[[], Facts]):
        self._find: Callable[[], Facts] | None = find
        self._found: dict[str, Any] = {}
        self._lock = Lock()

    def found(self) -> dict[str, Any]:
        """The fields of what is found."""
        with self._lock:
            if self._find is not None:
                facts = self._find()
                self._found = {name: getattr(facts, name) for name in _FIELDS}
                self._find = None
            return self._found


@dataclass(frozen=True, eq=False)
class Facts:
    """What was read in a text, and what the geometry says of it.

    Args:
        stated: each fact in words.
        holds: whether it is true.
        judged: whether the geometry can tell; what it cannot counts neither for nor against a pose.
        unread: words of the text without a meaning for poses.
    """

    stated: tuple[str, ...]
    holds: Bool[np.ndarray, "poses facts"]
    judged: Bool[np.ndarray, "poses facts"]
    unread: tuple[str, ...] = field(default_factory=tuple)  # no attribute of the class, for `later`

    def __post_init__(self) -> None:
        expected = (len(self.holds), len(self.stated))
        if self.holds.shape != expected or self.judged.shape != expected:
            raise PoseloomError(
                f"facts: expected holds and judged of {expected} poses and facts, got {self.holds.shape} and "
                f"{self.judged.shape}"
            )

    @classmethod
    def later(cls, find: Callable[[], Facts]) -> Facts:
        """The facts that a function finds, called once, when the first of them is asked for in whichever thread."""
        made = object.__new__(cls)
        vars(made)[_LATER] = _Later(find)
        return made

    @property
    def are_found(self) -> bool:
        """Whether they are at hand: not those of `later` that nobody has asked for."""
        return _LATER not in vars(self)

    if not TYPE_CHECKING:  # type checkers see the fields

        def __getattr__(self, name: str) -> Any:
            """A field that is not there yet."""
            later = vars(self).get(_LATER)
            if later is not None and name in _FIELDS:
                vars(self).update(later.found())
                vars(self).pop(_LATER, None)
            if name in _FIELDS and name in vars(self):  # another thread may have been first
                return vars(self)[name]
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}  # a function that finds them may not travel

    @property
    def read(self) -> Int[np.ndarray, " poses"]:
        """How many facts can be judged of each pose."""
        return self.judged.sum(1)

    @property
    def true(self) -> Int[np.ndarray, " poses"]:
        """How many of them hold."""
        return (self.holds & self.judged).sum(1)

    @property
    def share(self) -> Float[np.ndarray, " poses"]:
        """The part of them that holds, 0 to 1; NaN where nothing can be judged."""
        read = self.read
        return np.divide(self.true, read, out=np.full(len(read), np.nan), where=read > 0)

    def of(self, poses: Int[np.ndarray, " some"] | Sequence[int]) -> Facts:
        """The same of some of the poses."""
        chosen = np.asarray(poses, dtype=np.int64)
        return Facts(self.stated, self.holds[chosen], self.judged[chosen], self.unread)

    def in_words(self) -> list[str]:
        """``2 of 3 facts hold`` for each pose; parts that were not understood count as facts that do not; empty where
        nothing can be judged."""
        counts = zip(self.true.tolist(), self.read.tolist(), strict=True)
        parts = len(self.unread)
        left = f", {parts} part{'s were' if parts > 1 else ' was'} not understood" if parts else ""
        return [f"{true} of {read + parts} facts hold{left}" if read else "" for true, read in counts]

    def rows(self) -> list[dict[str, Any]]:
        """For each pose ``facts_read``, ``facts_true`` and ``holds``: true, false or, where it cannot be told, null."""
        each = zip(self.read.tolist(), self.true.tolist(), self.holds.tolist(), self.judged.tolist(), strict=True)
        return [
            {
                "facts_read": read,
                "facts_true": true,
                "holds": [held if told else None for held, told in zip(holds, judged, strict=True)],
            }
            for read, true, holds, judged in each
        ]


_FIELDS = tuple(one.name for one in fields(Facts))


@dataclass(frozen=True, eq=False)
class Judged(Result):
    """Words judged by poses.

    Args:
        text: the words.
        facts: which facts of the text hold, for each pose, or each pair.
    """

    text: str
    facts: Facts

    def as_json(self) -> dict[str, Any]:
        """``text``, ``facts``, ``unread``, ``poses`` (rows of ``facts_read``, ``facts_true``, ``holds``), ``notes``."""
        stated = {"text": self.text, "facts": list(self.facts.stated), "unread": list(self.facts.unread)}
        return {**stated, "poses": self.facts.rows(), "notes": list(self.notes)}


@dataclass(frozen=True, eq=False)
class Made(Result):
    """Poses that were asked for in words.

    Args:
        poses: one leading axis.
        facts: which facts of the words hold, for each pose.
        seed: that chose them; the same one gives the same poses.
        verified: whether they were chosen among more by their facts.
        understood: what was understood of the words, in words.
        not_understood: their words without a meaning for poses, and things that are not drawn.
        assumed: what the words left open and was taken as usual.
    """

    poses: Pose
    facts: Facts
    seed: int
    verified: bool
    understood: tuple[str, ...] = field(default=(), kw_only=True)
    not_understood: tuple[str, ...] = field(default=(), kw_only=True)
    assumed: tuple[str, ...] = field(default=(), kw_only=True)

    def reading(self) -> str:
        """``understood: handstand; not understood: violin; assumed: standing``; empty where nothing is known of it."""
        parts = (("understood", self.understood), ("not understood", self.not_understood), ("assumed", self.assumed))
        return "; ".join(f"{name}: {', '.join(words)}" for name, words in parts if words)

    def __post_init__(self) -> None:
        if self.facts.are_found and self.poses.batch_shape != (len(self.facts.holds),):
            raise PoseloomError(
                f"poses: expected one leading axis of {len(self.facts.holds)}, got {self.poses.batch_shape}"
            )

    def _made(self) -> dict[str, Any]:
        told = ("understood", "not_understood", "assumed")
        stated: dict[str, Any] = {"seed": self.seed, "verified": self.verified}
        stated |= {name: list(getattr(self, name)) for name in told}
        stated["facts"] = list(self.facts.stated)
        rows = [fact | pose for fact, pose in zip(self.facts.rows(), pose_rows(self.poses), strict=True)]
        names: dict[str, Any] = {"joints": list(JOINT_NAMES[: self.poses.joints])}
        if self.poses.shape is not None:
            names["shape_model"] = self.poses.shape_model
        return {**stated, "unread": list(self.facts.unread), **names, "poses": rows, "notes": list(self.notes)}


@dataclass(frozen=True, eq=False)
class Generated(Made):
    """Poses that a text tells of.

    Args:
        text: the text.
    """

    text: str

    def as_json(self) -> dict[str, Any]:
        """``text``, ``seed``, ``verified``, ``understood``, ``not_understood``, ``assumed``, ``facts``, ``unread``,
        ``joints``, ``poses``, ``notes``.

        Each of the poses has ``facts_read``, ``facts_true``, ``holds``, and what `pose_rows` says.
        """
        return {"text": self.text, **self._made()}


@dataclass(frozen=True, eq=False)
class Edited(Made):
    """A pose changed as an instruction says.

    Args:
        instruction: the instruction.
    """

    instruction: str

    def as_json(self) -> dict[str, Any]:
        """``instruction``, and else as `Generated`."""
        return {"instruction": self.instruction, **self._made()}


@dataclass(frozen=True, eq=False)
class Estimated(Result):
    """Bodies that a photo, words or both show.

    Args:
        poses: one leading axis, without heading; with the shape where pictures were given.
    """

    poses: Pose

    def __len__(self) -> int:
        return len(self.poses)

    def as_json(self) -> dict[str, Any]:
        """``joints``, ``shape_model`` where there is a shape, ``poses`` as `pose_rows` says, ``notes``."""
        names: dict[str, Any] = {"joints": list(JOINT_NAMES[: self.poses.joints])}
        if self.poses.shape is not None:
            names["shape_model"] = self.poses.shape_model
        return {**names, "poses": pose_rows(self.poses), "notes": list(self.notes)}


def pose_rows(poses: Pose) -> list[dict[str, Any]]:
    """Poses (n,) as JSON has them, each as far as it has it.

    ``rotations``: joints x 3, local axis-angle in radians, in the order of ``joints``; ``translation`` in metres;
    ``shape``; ``face``: 3 x 3. Numbers are rounded to 6 decimals.
    """
    names = ("rotations", "translation", "shape", "face")
    arrays = {name: getattr(poses, name) for name in names if getattr(poses, name) is not None}
    listed = {name: _rounded(array.detach().cpu().double().tolist()) for name, array in arrays.items()}
    return [{name: rows[place] for name, rows in listed.items()} for place in range(len(poses))]


def _rounded(values: Any) -> Any:
    return [_rounded(one) for one in values] if isinstance(values, list) else round(values, _DECIMALS)
