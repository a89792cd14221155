"""A studio in a process of its own, and a browser without a screen; skipped where either is missing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from poseloom.cli.main import main

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""WebGL by software: the same pictures on machines without a graphics card."""


@pytest.fixture(scope="session")
def studio_address(tmp_path_factory) -> Iterator[str]:
    """Where the studio answers; it searches and browses a small table of stances."""
    pytest.importorskip("fastapi", reason="needs the extra studio")
    folder = tmp_path_factory.mktemp("studio")
    table, index = str(folder / "table"), str(folder / "index")
    for command in (
        ["data", "prepare", "procedural", "--rows", "40", "--describe", "--out", table, "-q"],
        ["index", "build", table, "--out", index, "-q"],
    ):
        assert main(command) == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "import sys; from poseloom.cli.main import main; sys.exit(main())"]
    options = ["studio", "--no-browser", "--port", str(port), "--table", f"poses={table}", "--index", f"poses={index}"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout is not None
        assert f":{port}/" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium under Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright; make studio-test installs it")
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("needs Chromium (apt install chromium); make studio-test says how")
    with playwright.sync_playwright() as one:
        opened = one.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield opened
        opened.close()
