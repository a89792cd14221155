"""``poseloom serve`` and ``poseloom mcp``: their options, and a service that is started and stopped."""

import argparse
import json
import signal
import subprocess
import sys
import urllib.request

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")

from poseloom.base.errors import PoseloomError
from poseloom.cli import serve


def settings(*words):
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    return serve.settings_of(parser.parse_args(words))


def test_options_become_settings(tmp_path, monkeypatch):
    key = tmp_path / "key"
    key.write_text("secret\n", encoding="utf-8")
    (tmp_path / "poses").mkdir()
    made = settings(
        "--api-key-file", str(key), "--table", f"mine={tmp_path / 'poses'}", "--max-body", "2", "--port", "0"
    )
    assert made.api_key == "secret"
    assert made.tables == {"mine": tmp_path / "poses"}
    assert made.largest_body == 2 << 20
    monkeypatch.setenv(serve.KEY_VARIABLE, "other")
    assert settings().api_key == "other"
    assert settings().host == "127.0.0.1"
    assert settings("--index", str(tmp_path / "poses")).indexes == {"poses": tmp_path / "poses"}


@pytest.mark.parametrize(
    "words",
    [
        ("--table", "nowhere"),
        ("--table", "a=.", "--table", "a=.."),
        ("--port", "99999"),
        ("--max-seconds", "0"),
        ("--api-key-file", "nowhere"),
    ],
)
def test_options_that_mean_nothing_are_mistakes(words):
    with pytest.raises(PoseloomError):
        settings(*words)


def test_a_port_that_is_taken_is_told():
    from poseloom.server import Settings
    from poseloom.server.run import listening_socket

    taken = listening_socket(Settings(port=0))
    with taken, pytest.raises(PoseloomError, match="--port 0 takes a free one"):
        listening_socket(Settings(port=taken.getsockname()[1]))


@pytest.mark.slow
def test_a_service_answers_and_stops_when_it_is_told_to():
    command = [sys.executable, "-m", "poseloom", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        lines = ""
        while "}" not in lines:
            line = server.stdout.readline()
            assert line, server.stderr.read()
            lines += line
        try:
            with urllib.request.urlopen(json.loads(lines)["url"] + "/v1/health", timeout=60) as answer:
                assert json.load(answer)["status"] == "ok"
        finally:
            server.send_signal(signal.SIGTERM)
        _, logs = server.communicate(timeout=60)
    told = [json.loads(line) for line in logs.splitlines() if line.startswith("{")]
    assert any(one.get("route") == "/v1/health" and one["status"] == 200 for one in told)


def test_the_tools_of_assistants_are_listed(capsys):
    pytest.importorskip("mcp", reason="needs the extra mcp")
    from poseloom.cli.main import main

    assert main(["mcp", "--json"]) == 0
    tools = json.loads(capsys.readouterr().out)["tools"]
    assert {"generate", "describe", "render"} <= {one["name"] for one in tools}
