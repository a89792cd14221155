"""``poseloom completion SHELL``: a script that completes commands and options, made from the parsers themselves."""

from __future__ import annotations

import argparse
import shlex

SHELLS = {
    "bash": "poseloom completion bash > ~/.local/share/bash-completion/completions/poseloom",
    "zsh": "poseloom completion zsh > ~/.poseloom-completion.zsh, and source that file in ~/.zshrc",
    "fish": "poseloom completion fish > ~/.config/fish/completions/poseloom.fish",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="; ".join(SHELLS.values()))


def run(arguments: argparse.Namespace) -> None:
    print(script(arguments.shell))


def script(shell: str) -> str:
    """The completion script of a shell: ``bash``, ``zsh`` or ``fish``."""
    from poseloom.cli.main import COMMANDS, build_parser

    parsers = {name: _commands(build_parser([name]))[name] for name in COMMANDS}
    if shell == "fish":
        return "\n".join(_fish(parsers, COMMANDS))
    lines = _bash(parsers)
    return "\n".join(["autoload -U +X bashcompinit && bashcompinit", *lines] if shell == "zsh" else lines)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The subcommands of a parser."""
    return {
        name: command
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, command in action.choices.items()
    }


def _words(parser: argparse.ArgumentParser) -> list[str]:
    """What may follow: subcommands, then options."""
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS]
    options = [option for action in shown for option in action.option_strings]
    return [*_commands(parser), *options]


def _bash(parsers: dict[str, argparse.ArgumentParser]) -> list[str]:
    rows = {"": [*parsers, "--help", "--version"]}
    for name, parser in parsers.items():
        rows[name] = _words(parser)
        rows.update({f"{name} {inner}": _words(command) for inner, command in _commands(parser).items()})
    cases = [f"    {shlex.quote(path)}) words={shlex.quote(' '.join(words))} ;;" for path, words in rows.items()]
    return [
        "_poseloom() {",
        "  local words place before=$((COMP_CWORD - 1))",
        '  local current="${COMP_WORDS[COMP_CWORD]}"',
        "  COMPREPLY=()",
        '  place="${COMP_WORDS[*]:1:$before}"',
        '  while [ -n "$place" ]; do',
        f'    case "$place" in {"|".join(shlex.quote(path) for path in rows if path)}) break ;; esac',
        '    case "$place" in *" "*) place="${place% *}" ;; *) place="" ;; esac',
        "  done",
        '  case "$place" in',
        *cases,
        "  esac",
        '  COMPREPLY=( $(compgen -W "$words" -- "$current") )',
        "}",
        "complete -o default -F _poseloom poseloom",
    ]


def _fish(parsers: dict[str, argparse.ArgumentParser], summaries: dict[str, str]) -> list[str]:
    lines = [
        f"complete -c poseloom -n __fish_use_subcommand -f -a {name} -d {shlex.quote(summaries[name])}"
        for name in parsers
    ]
    for name, parser in parsers.items():
        seen = f"-n '__fish_seen_subcommand_from {name}'"
        lines += [f"complete -c poseloom {seen} -a {inner}" for inner in _commands(parser)]
        for command in (parser, *_commands(parser).values()):
            for action in command._actions:
                shown = action.option_strings and action.help != argparse.SUPPRESS
                lines += [_fish_option(seen, action)] if shown else []
    return list(dict.fromkeys(lines))


def _fish_option(seen: str, action: argparse.Action) -> str:
    names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in action.option_strings]
    takes = " -r" if action.nargs != 0 else ""
    choices = f" -a {shlex.quote(' '.join(map(str, action.choices)))}" if action.choices else ""
    told = f" -d {shlex.quote(action.help)}" if action.help else ""
    return f"complete -c poseloom {seen} {' '.join(names)}{takes}{choices}{told}"
