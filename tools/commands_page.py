"""The list of commands in docs/commands.md, made from the parsers themselves.

``python tools/commands_page.py --write`` renews it; without ``--write`` it only says whether it is true.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from poseloom.cli.main import COMMANDS, build_parser
from poseloom.cli.mistakes import leaves

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
MARK = "<!-- made by tools/commands_page.py: what stands below comes from the parsers -->"
EVERYWHERE = ("--help", "--json", "--verbose", "--quiet")
"""Options that the page explains once."""
READING = ("--from", "--joint-map", "--up", "--unit", "--fps", "--source-fps", "--person")
"""Options of all commands that read a motion, explained once."""


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parsers of all commands that do something, by what is typed."""
    found = {}
    for name in COMMANDS:
        top = build_parser([name])
        (actions,) = (one for one in top._actions if isinstance(one, argparse._SubParsersAction))
        for leaf in leaves(actions.choices[name]):
            found[leaf.prog.removeprefix("poseloom ")] = leaf
    return found


def shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Arguments and options but hidden ones."""
    return [action for action in parser._actions if action.help != argparse.SUPPRESS]


def reads_motion(parser: argparse.ArgumentParser) -> bool:
    """Whether it has the options that say what a motion file is."""
    return any("--joint-map" in action.option_strings for action in shown(parser))


def page_part() -> str:
    """Everything below the mark."""
    return "\n".join(line for name, parser in commands().items() for line in section(name, parser)) + "\n"


def section(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """One command."""
    once = (*EVERYWHERE, *(READING if reads_motion(parser) else ()))
    reads = "; options of reading" if reads_motion(parser) else ""
    rows = [action for action in shown(parser) if not set(action.option_strings) & set(once) or _is_new(name, action)]
    positionals = " ".join(placeholder(action) for action in rows if not action.option_strings)
    yield f"## `poseloom {' '.join(filter(None, (name, positionals)))}`"
    yield ""
    yield f"{parser.description or ''}{reads}".replace(".;", "; it takes the") + ("." if reads else "")
    yield ""
    if rows:
        yield "| | |"
        yield "| --- | --- |"
        yield from (row(action) for action in rows)
        yield ""


def _is_new(name: str, action: argparse.Action) -> bool:
    """``--fps`` of convert is what the result shall have, not what the file has."""
    return name == "convert" and "--fps" in action.option_strings


def placeholder(action: argparse.Action) -> str:
    """What stands for a positional: FILE, [FILE ...]."""
    word = str(action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest))
    forms = {"?": f"[{word}]", "+": f"{word} [{word} ...]", "*": f"[{word} ...]", argparse.REMAINDER: f"[{word}]"}
    return forms.get(str(action.nargs), word)


def row(action: argparse.Action) -> str:
    """A line of the table."""
    told = (action.help or "").replace("%%", "%").replace("|", "\\|")
    return f"| `{option(action)}` | {told} |".replace("NAME|PATH", "NAME\\|PATH").replace("FILE|DIR", "FILE\\|DIR")


def option(action: argparse.Action) -> str:
    """An option with its value, or a positional."""
    if not action.option_strings:
        return placeholder(action)
    names = ", ".join(action.option_strings)
    if action.nargs == 0:
        return names
    if isinstance(action.metavar, tuple):
        return f"{names} {' '.join(action.metavar)}"
    word = str(action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest))
    return f"{names} {f'[{word}]' if action.nargs == '?' else f'{word} ...' if action.nargs == '+' else word}"


def whole() -> str:
    """The page as it should be."""
    return PAGE.read_text(encoding="utf-8").split(MARK)[0] + f"{MARK}\n\n{page_part()}"


def main() -> int:
    """Renew the page, or say whether it is true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/commands.md")
    if parser.parse_args().write:
        PAGE.write_text(whole(), encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == whole():
        return 0
    print(f"{PAGE}: is not what the parsers say; python tools/commands_page.py --write renews it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
