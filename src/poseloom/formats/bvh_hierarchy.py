"""The HIERARCHY part of a BVH file: joints, offsets, channels and the ends of bones, however they are spelled."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from poseloom.base.errors import FileError
from poseloom.formats.skeleton_motion import MAXIMUM_JOINTS, MAXIMUM_VALUE

_CHANNEL = re.compile(r"([xyz])(position|rotation|translation|scale|scaling)", re.IGNORECASE)
_KINDS = {"translation": "position", "scaling": "scale"}
_BRACE = re.compile(r"([{}])")
_COMMENT = re.compile(r"^[ \t]*(#|//|;).*$", re.MULTILINE)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_GLUED = re.compile(r"(?<=[0-9.])(?=[-+][0-9.])")
_BEFORE_KEYWORD = re.compile(r"\s+(?=(?:ROOT|JOINT|OFFSET|CHANNELS|End\s*Site)\b)", re.IGNORECASE)
_LINES = 3
"""A HIERARCHY of fewer lines was written without any."""
QUOTED = 40
"""Characters of a wrong word that an error message shows."""

MAXIMUM_CHANNELS = 9
"""Of one joint: position, rotation and scale along three axes."""

_LONGEST_NAME = 200
_LONGEST_HIERARCHY = 1 << 24
"""Bytes; the 4096 joints that are read take less than two million."""

Channel = tuple[str, str]
"""Axis, and "position", "rotation" or "scale"."""


@dataclass
class Hierarchy:
    """Joints in the order of the file, parents before children."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, float, float] | None] = field(default_factory=list)
    channels: list[list[Channel] | None] = field(default_factory=list)
    """Per joint, in the order of the file."""
    tails: list[tuple[int, tuple[float, float, float]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def channel_count(self) -> int:
        """Values of one frame."""
        return sum(len(channels or ()) for channels in self.channels)


_END_SITE = -2


class HierarchyReader:
    """Reads the HIERARCHY part line by line, with a stack instead of recursion."""

    def __init__(self, path: str | Path):
        self.path = path
        self.result = Hierarchy()
        self.stack: list[int] = []
        self.opened: int | None = None
        """The joint, or `_END_SITE`, whose brace is expected next."""
        self.seen: set[str] = set()
        self.repeated: list[str] = []
        self.commas = False
        self.closed_too_often = 0

    def read(self, text: str) -> Hierarchy:
        """The joints of the text before MOTION.

        Raises:
            FileError: the text is damaged.
        """
        if len(text) > _LONGEST_HIERARCHY:
            problem = f"is {len(text):,} characters long; that many no skeleton has"
            self._fail("HIERARCHY", problem, "keep the body's joints only")
        text = _COMMENT.sub("", text)
        if text.count("\n") < _LINES:
            text = _BEFORE_KEYWORD.sub("\n", text)
        lines = (line.split(maxsplit=MAXIMUM_CHANNELS + 3) for line in _BRACE.sub(r"\n\1\n", text).splitlines())
        lines = (words for words in lines if words)
        first = next(lines, [""])[0]
        if first.upper() != "HIERARCHY":
            self._fail("HIERARCHY", f"the file begins with {first[:QUOTED]!r}", "check that it is a BVH file")
        for words in lines:
            self._line(words)
        self._check()
        if self.commas:
            self.result.remarks.append("OFFSET has decimal commas; they are read as points")
        if self.repeated:
            named = ", ".join(name[:QUOTED] for name in self.repeated[:3])
            self.result.remarks.append(f"several joints are called {named}; the first one is taken")
        return self.result

    def _check(self) -> None:
        if not self.result.names:
            self._fail("HIERARCHY", "has no ROOT", "get the file again")
        if self.opened is not None:
            self._fail("HIERARCHY", "ends before the '{' of a joint", "get the file again")
        if self.stack or self.closed_too_often:
            slip = f"{len(self.stack)} '}}' too few" if self.stack else f"{self.closed_too_often} '}}' too many"
            self.result.remarks.append(f"the HIERARCHY ends with {slip}")
        for name, offset in zip(self.result.names, self.result.offsets, strict=True):
            if offset is None:
                self._fail(name[:QUOTED], "has no OFFSET", "add 'OFFSET x y z' to the joint")

    def _line(self, words: list[str]) -> None:
        keyword = words[0].upper()
        handler = {
            "ROOT": self._joint,
            "JOINT": self._joint,
            "END": self._end_site,
            "ENDSITE": self._end_site,
            "END_SITE": self._end_site,
            "{": self._open,
            "}": self._close,
            "OFFSET": self._offset,
            "CHANNELS": self._channels,
        }.get(keyword)
        if handler is None:
            self._fail("HIERARCHY", f"unexpected {words[0][:QUOTED]!r}", "get the file again")
        if self.opened is not None and keyword != "{":
            self._fail("HIERARCHY", f"expected '{{' before {words[0][:QUOTED]!r}", "get the file again")
        handler(words)

    def _joint(self, words: list[str]) -> None:
        name = " ".join(words[1:]).strip('"')
        if not name:
            self._fail("HIERARCHY", f"{words[0]} without a name", "name every joint")
        if len(name) > _LONGEST_NAME:
            self._fail(name[:QUOTED], f"a joint's name has {len(name):,} characters", f"use at most {_LONGEST_NAME}")
        is_root = words[0].upper() == "ROOT"
        if is_root and self.result.names:
            self._fail(name[:QUOTED], "is a second ROOT", "keep one figure in the file")
        if not is_root and (not self.stack or self.stack[-1] == _END_SITE):
            self._fail(name[:QUOTED], "stands outside of a joint", "get the file again")
        if len(self.result.names) >= MAXIMUM_JOINTS:
            self._fail("HIERARCHY", f"has more than {MAXIMUM_JOINTS} joints", "keep the body's joints only")
        if name in self.seen:
            self.repeated.append(name)
            name = f"{name}#{len(self.result.names)}"
        self.seen.add(name)
        self.result.parents.append(self.stack[-1] if self.stack else -1)
        self.result.names.append(name)
        self.result.offsets.append(None)
        self.result.channels.append(None)
        self.opened = len(self.result.names) - 1

    def _end_site(self, words: list[str]) -> None:
        if not self.stack or self.stack[-1] == _END_SITE:
            self._fail("End Site", "stands outside of a joint", "get the file again")
        self.opened = _END_SITE

    def _open(self, words: list[str]) -> None:
        if self.opened is None:
            self._fail("HIERARCHY", "'{' without a joint before it", "get the file again")
        self.stack.append(self.opened)
        self.opened = None

    def _close(self, words: list[str]) -> None:
        if self.stack:
            self.stack.pop()
        elif self.result.names:
            self.closed_too_often += 1
        else:
            self._fail("HIERARCHY", "'}' without a '{'", "get the file again")

    def _offset(self, words: list[str]) -> None:
        joint = self._current("OFFSET")
        numbers = self._numbers(words[1:])
        if len(numbers) != 3:
            self._fail(self._name(), f"OFFSET has {len(numbers)} numbers, expected 3", "write 'OFFSET x y z'")
        x, y, z = (finite_number(self.path, f"{self._name()}: OFFSET", word) for word in numbers)
        if joint == _END_SITE:
            self.result.tails.append((self.stack[-2], (x, y, z)))
        else:
            self.result.offsets[joint] = (x, y, z)

    def _numbers(self, words: list[str]) -> list[str]:
        """The words as numbers are written in the file: with decimal commas, commas between them, or no spaces."""
        text = " ".join(words)
        if "," in text:
            decimal = _DECIMAL_COMMA.sub(".", text)
            if len(decimal.split()) == 3 and "." not in text:
                self.commas = True
                return decimal.split()
            return text.replace(",", " ").split()
        if len(words) < 3:
            return _GLUED.sub(" ", text).split()
        return words

    def _channels(self, words: list[str]) -> None:
        joint = self._current("CHANNELS")
        names = words[2:]
        if len(names) > MAXIMUM_CHANNELS:
            problem = f"has more channels than a joint can have, which are {MAXIMUM_CHANNELS}"
            self._fail(self._name(), problem, "keep positions and rotations")
        if len(words) < 2 or not words[1].isdigit():
            remedy = "write 'CHANNELS 3 Zrotation Xrotation Yrotation'"
            self._fail(self._name(), "CHANNELS does not say how many there are", remedy)
        if words[1] != str(len(names)):  # the rows tell whether the names are right
            slip = f"{self._name()}: CHANNELS says {words[1][:QUOTED]}, but {len(names)} are named and taken"
            self.result.remarks.append(slip)
        if joint == _END_SITE or self.result.channels[joint] is not None:
            self._fail(self._name(), "has no right to CHANNELS here", "give each joint one CHANNELS line")
        channels = []
        for name in names:
            match = _CHANNEL.fullmatch(name)
            if match is None:
                remedy = "known are Xposition ... Zposition, Xrotation ... Zrotation"
                self._fail(self._name(), f"unknown channel {name[:QUOTED]!r}", remedy)
            kind = match[2].lower()
            channels.append((match[1].upper(), _KINDS.get(kind, kind)))
        self.result.channels[joint] = channels

    def _current(self, keyword: str) -> int:
        if not self.stack:
            self._fail("HIERARCHY", f"{keyword} stands outside of a joint", "get the file again")
        return self.stack[-1]

    def _name(self) -> str:
        joint = self.stack[-1]
        return "End Site" if joint == _END_SITE else self.result.names[joint][:QUOTED]

    def _fail(self, where: str, problem: str, remedy: str) -> NoReturn:
        raise FileError(self.path, problem, field=where, remedy=remedy)


def finite_number(path: str | Path, where: str, word: str) -> float:
    """A number of the file, of a size that a motion can have.

    Raises:
        FileError: the word is no such number.
    """
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not abs(value) <= MAXIMUM_VALUE:
        raise FileError(path, f"{word[:QUOTED]!r} is not a finite number", field=where, remedy="correct it")
    return value
