"""``poseloom completion``: the scripts are asked as a shell asks them."""

import os
import pty
import select
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


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not here")
def test_fish_offers_commands_their_subcommands_and_options(tmp_path):
    (tmp_path / "poseloom.fish").write_text(script("fish"))

    def offered(typed):
        ask = f"source {tmp_path}/poseloom.fish; complete -C '{typed}'"
        return subprocess.run(["fish", "-c", ask], capture_output=True, text=True, check=True).stdout.split("\t")[0]

    assert offered("poseloom desc") == "describe"
    assert offered("poseloom data prep").strip() == "prepare"
    assert offered("poseloom render walk.bvh --si") == "--size"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not here")
def test_zsh_completes_at_its_prompt(tmp_path):
    (tmp_path / "poseloom.zsh").write_text(script("zsh"))
    keys, end = pty.openpty()
    with subprocess.Popen(["zsh", "-f", "-i"], stdin=end, stdout=end, stderr=end, cwd=tmp_path) as zsh:
        os.close(end)
        os.write(keys, b"autoload -Uz compinit && compinit -u -D; source ./poseloom.zsh; print rea''dy\n")
        _shown_until(keys, "ready")
        os.write(keys, b"poseloom data prep\t")
        shown = _shown_until(keys, "prepare")
        zsh.kill()
    assert "prepare" in shown


def _shown_until(terminal, wanted, patience=20):
    """What a terminal shows until a word is there, or nothing comes any more."""
    shown = ""
    while wanted not in shown and select.select([terminal], [], [], patience)[0]:
        shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


def test_an_unknown_shell_gets_the_known_ones(command):
    status, _, err = command("completion", "bish")
    assert status == 2 and "did you mean" in err
