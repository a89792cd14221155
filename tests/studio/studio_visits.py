"""A visit to the studio's page in a browser: what is done there, what the page asked for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

MILLISECONDS = 180_000
"""Patience: software WebGL on a busy machine is slow, and no test is about time."""
PICTURES = os.environ.get("POSELOOM_STUDIO_PICTURES", "")
"""A folder for screenshots, to be looked at."""


class Visit:
    """One page in the browser, with what it asked for and complained of."""

    def __init__(self, browser, address, before="", **options):
        self.page = browser.new_page(accept_downloads=True, **options)
        self.page.set_default_timeout(MILLISECONDS)
        self.hosts, self.faults = set(), []
        self.own_host = urlsplit(address).netloc
        self.page.on("request", lambda request: self._asks(urlsplit(request.url)))
        self.page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).netloc))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        if before:
            self.page.add_init_script(before)
        self.page.goto(address)
        self.page.wait_for_selector("body.ready", state="attached")
        self.page.wait_for_selector(".sentence")

    def _asks(self, address):
        if address.scheme not in ("blob", "data"):  # what the page has made itself
            self.hosts.add(address.netloc)

    def words(self):
        return self.page.inner_text("[data-words]").strip()

    def pose(self):
        return self.page.evaluate("poseloomStudio.stage.pose")

    def wait_for(self, script):
        """Until a script is true; asked by the browser's own protocol, since the page permits no evaluation."""
        for _ in range(MILLISECONDS // 200):
            if self.page.evaluate(script):
                return
            self.page.wait_for_timeout(200)
        raise AssertionError(f"never true: {script}")

    def drag(self, handle, right, up, steps=8):
        box = self.page.locator(f"[data-handle={handle}]").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for step in range(1, steps + 1):
            mouse.move(x + right * step / steps, y - up * step / steps)
        mouse.up()

    def picture(self, name, *schemes):
        for scheme in schemes if PICTURES else ():
            self.page.emulate_media(color_scheme=scheme)
            self.page.wait_for_timeout(800)  # colours change softly
            self.page.screenshot(path=str(Path(PICTURES) / f"{name}-{scheme}.png"))
        if PICTURES and not schemes:
            self.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def slide(slider, value):
    """As a hand moves a slider and lets it go."""
    slider.evaluate(
        "(one, value) => { one.value = value; for (const kind of ['input', 'change'])"
        " one.dispatchEvent(new Event(kind)); }",
        value,
    )


def start_studio(port: int, *options: str) -> subprocess.Popen[str]:
    """A studio in a process of its own, once it answers."""
    command = [sys.executable, "-c", "import sys; from poseloom.cli.main import main; sys.exit(main())"]
    asked = [*command, "studio", "--no-browser", "--port", str(port), "--max-seconds", "900", *options]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    assert f":{port}/" in process.stdout.readline()
    return process


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
