"""The fenced blocks of the README and the pages of docs/, and how they are run as printed.

Comments of the pages, which readers do not see, say what a block needs. Both stand directly before it:

    <!-- before: poseloom convert walk.bvh hero.glb -->    a command, or Python (see `made_files`), that prepares it
    <!-- not run: needs AMASS -->                 why this block is not run at all
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
COMMANDS = ("poseloom ", "make ", "pip ")
_SHELL = {"", "bash", "sh"}
_PYTHON = "python"
_COMMENT = re.compile(r"<!-- (before|not run): (.*) -->")

Command = Callable[..., tuple[int, str, str]]
"""Runs a command of poseloom: (status, stdout, stderr)."""


@dataclass(frozen=True)
class Snippet:
    """A block that can be run.

    Args:
        page: where it stands, with its first line.
        language: `python` or empty for a shell.
        text: as printed.
        before: what prepares it, each a command or Python.
        not_run: why it is not run; empty where it is.
    """

    page: Path
    line: int
    language: str
    text: str
    before: tuple[str, ...] = ()
    not_run: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def snippets(page: Path) -> list[Snippet]:
    """The blocks of a page that can be run: Python, and those with a command of poseloom, make or pip.

    A line with `make` is checked for its target alone: what it does is an environment and all tests.
    """
    found, said, lines = [], [], page.read_text(encoding="utf-8").splitlines()
    place = 0
    while place < len(lines):
        comment, fence = _COMMENT.fullmatch(lines[place]), re.fullmatch(r"```(\w*)", lines[place])
        if comment:
            said.append(comment.groups())
        elif fence:
            end = lines.index("```", place + 1)
            before = tuple(text for kind, text in said if kind == "before")
            reasons = [text for kind, text in said if kind == "not run"]
            text = "\n".join(lines[place + 1 : end])
            snippet = Snippet(page, place + 1, fence[1], text, before, "; ".join(reasons))
            if _is_run(snippet):
                found.append(snippet)
            elif said:
                raise ValueError(f"{snippet.place}: the comment before this block means nothing, it is never run")
            place, said = end, []
        elif said:
            raise ValueError(f"{page.name}:{place + 1}: a comment for a block, and no block under it")
        place += 1
    return found


def _is_run(snippet: Snippet) -> bool:
    if snippet.language == _PYTHON:
        return True
    return snippet.language in _SHELL and any(
        line.removeprefix("$ ").startswith(COMMANDS) for line in snippet.text.splitlines()
    )


def run(snippet: Snippet, command: Command, names: dict[str, Any]) -> None:
    """Run a block in the current folder; Python shares `names` with the other blocks of its page."""
    for preparation in snippet.before:
        if preparation.startswith(COMMANDS):
            _run_line(preparation, "", command, snippet)
        else:
            exec(preparation, names)
    if snippet.language == _PYTHON:
        exec(compile("\n" * snippet.line + snippet.text, str(snippet.page), "exec"), names)
        return
    for line, output in _commands(snippet.text):
        _run_line(line, output, command, snippet)


def _commands(text: str) -> list[tuple[str, str]]:
    """Each command of a block, and the output that is printed under it where it stands after a prompt."""
    found: list[tuple[str, str]] = []
    prompted = False
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
            prompted = True
        elif prompted:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line}")
        elif line.startswith(COMMANDS):
            found.append((line, ""))
        elif line.strip():
            raise AssertionError(f"not a command, and no output of one: {line}")
    return found


def _run_line(line: str, output: str, command: Command, snippet: Snippet) -> None:
    program, *arguments = shlex.split(line, comments=True)
    assert program != "pip", f"{snippet.place}: packages are not installed here; say why the block is not run"
    if program == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{arguments[0]}:", makefile, re.M), f"{snippet.place}: the Makefile has no {arguments[0]!r}"
        return
    status, out, err = command(*arguments)
    if output:
        printed = " ".join((out + err).split())
        assert " ".join(output.split()) in printed, f"{snippet.place}: {line} printed {printed!r}"
    else:
        assert status == 0, f"{snippet.place}: {line}: {err}"
