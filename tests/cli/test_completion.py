"""``poseloom completion``: the scripts are asked as a shell asks them."""

import shutil
import subprocess

import pytest

from poseloom.cli.completion import script
from poseloom.cli.main import COMMANDS


def completed(tmp_path, *typed):
    """What bash offers for the last word of a command line."""
    file = tmp_path / "poseloom.bash"
    file.write_text(script("bash"))
    words = " ".join(f"'{word}'" for word in typed)
    ask = (
        f"source {file}; COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _poseloom; printf '%s\\n' ${{COMPREPLY[@]}}"
    )
    result = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    return result.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_bash_offers_commands_their_subcommands_and_options(tmp_path):
    assert set(completed(tmp_path, "poseloom", "")) == {*COMMANDS, "--help", "--version"}
    assert completed(tmp_path, "poseloom", "desc") == ["describe"]
    assert completed(tmp_path, "poseloom", "render", "walk.bvh", "--si") == ["--size"]
    assert "prepare" in completed(tmp_path, "poseloom", "data", "")
    assert completed(tmp_path, "poseloom", "data", "prepare", "procedural", "--ro") == ["--rows"]
    assert completed(tmp_path, "poseloom", "describe", "render", "--every") == ["--every"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_name_every_command_and_option(command, shell):
    status, out, err = command("completion", shell)
    assert (status, err) == (0, "")
    assert all(name in out for name in COMMANDS)
    assert "size" in out and "azimuth" in out


def test_an_unknown_shell_gets_the_known_ones(command):
    status, _, err = command("completion", "bish")
    assert status == 2 and "did you mean" in err
