"""docs/commands.md is what the parsers say, and the parsers use one name for one thing."""

import argparse
import importlib.util
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "commands_page.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("commands_page", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_parsers_say(tool):
    written = tool.PAGE.read_text(encoding="utf-8")
    assert written == tool.whole(), "python tools/commands_page.py --write renews docs/commands.md"


def options(parser):
    """What stands for the value of each option that is shown."""
    return {
        name: action.metavar
        for action in parser._actions
        for name in action.option_strings
        if action.help != argparse.SUPPRESS
    }


VALUES = {
    "--frame": {"N"},
    "--every": {"N"},
    "--fps": {"N"},
    "--seed": {"S"},
    "--model": {"NAME|PATH", "[NAME=]FILE"},
    "--out": {"FILE", "DIR", "FILE|DIR"},
    "--render": {"FILE"},
    "--size": {"PIXELS", "WxH"},
    "--to": {"FORMAT", "POSE"},
    "--version": {"NAME"},
    "--joint-map": {"FILE"},
    "--json": {None},
    "--force": {None},
}
SOURCES = "data prepare"
"""Its options are those of the sources."""


def test_an_option_has_the_same_value_everywhere(tool):
    for name, parser in tool.commands().items():
        for option, value in options(parser).items():
            if name != SOURCES:
                assert value in VALUES.get(option, {value}), (name, option)


def test_every_command_has_the_common_options(tool):
    for name, parser in tool.commands().items():
        assert {"--verbose", "-v", "--quiet", "-q", "--help"} <= options(parser).keys(), name
        assert ("--json" in options(parser)) == (name != "completion"), name
        assert parser.description and parser.description.endswith("."), name


def test_options_that_are_shown_say_what_they_are(tool):
    for name, parser in tool.commands().items():
        assert all(action.help for action in parser._actions), name


@pytest.mark.parametrize(
    ("command", "old", "new", "value"),
    [
        ("index build", "--embedding", "model", "retrieval"),
        ("search", "--embedding", "model", "retrieval"),
        ("data pairs", "--frame-rate", "fps", "30"),
        ("describe", "--source-fps", "fps", "30"),
    ],
)
def test_older_names_go_on_to_work(tool, command, old, new, value):
    parser = tool.commands()[command]
    assert old not in options(parser)
    needed = {"index build": ["T", "--out", "I"], "search": ["a", "--index", "I"]}.get(command, ["X"])
    assert str(getattr(parser.parse_args([*needed, old, value]), new)).startswith(value)
