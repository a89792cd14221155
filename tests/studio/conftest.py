"""A studio in a process of its own, and a browser without a screen; skipped where either is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from studio_visits import Visit, free_port, start_studio

from poseloom.cli.main import main

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""WebGL by software: the same pictures on machines without a graphics card."""


@pytest.fixture(scope="session")
def studio_table(tmp_path_factory) -> tuple[str, str]:
    """A small table of stances, and its index."""
    pytest.importorskip("fastapi", reason="needs the extra studio")
    folder = tmp_path_factory.mktemp("studio")
    table, index = str(folder / "table"), str(folder / "index")
    for command in (
        ["data", "prepare", "procedural", "--rows", "40", "--describe", "--out", table, "-q"],
        ["index", "build", table, "--out", index, "-q"],
    ):
        assert main(command) == 0
    return table, index


@pytest.fixture(scope="session")
def studio_address(studio_table) -> Iterator[str]:
    """Where the studio answers; it searches and browses the small table."""
    table, index = studio_table
    port = free_port()
    process = start_studio(port, "--table", f"poses={table}", "--index", f"poses={index}")
    try:
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


@pytest.fixture
def visit(browser, studio_address):
    """Opens pages; in the end none has failed, and none has asked anybody but the studio."""
    opened = []

    def go(**options):
        options.setdefault("viewport", {"width": 1440, "height": 900})
        query = options.pop("query", "?mesh=preview")
        opened.append(Visit(browser, options.pop("address", studio_address) + query, **options))
        return opened[-1]

    yield go
    for one in opened:
        assert one.faults == []
        assert one.hosts == {one.own_host}
        one.page.close()
