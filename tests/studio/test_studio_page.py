"""The studio's page as it is served and shipped: whole, checked, and what its sources give."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra studio")

from starlette.testclient import TestClient

from poseloom.studio.app import create_studio, static_folder

WEB = Path(__file__).parents[2] / "web"


@pytest.fixture(scope="module")
def client():
    with TestClient(create_studio(), base_url="http://127.0.0.1:8642") as one:
        yield one


def test_the_page_and_all_that_it_names_are_served(client):
    page = client.get("/")
    assert page.status_code == 200
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {"main.js", "three.js", "style.css"} <= set(named)
    for name in named:
        assert client.get(f"/{name}").status_code == 200, name


def test_the_page_may_ask_nobody_else(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403


def test_the_service_answers_beside_the_page_and_nothing_else_does(client):
    assert client.get("/v1/health").json()["status"] == "ok"
    assert client.get("/no-such-file").status_code == 404
    assert client.get("/..%2f..%2fapp.py").status_code == 404


def test_three_js_ships_with_its_notice_and_apart_from_our_code():
    notice = (static_folder() / "NOTICE.txt").read_text()
    assert "MIT License" in notice
    assert "three.js authors" in notice
    assert (static_folder() / "main.js").stat().st_size < 200_000
    assert "WebGLRenderer" not in (static_folder() / "style.css").read_text()


def test_texts_name_no_address_outside():
    for file in static_folder().glob("*"):
        if file.name in ("three.js", "NOTICE.txt", "icon.svg"):
            continue
        found = set(re.findall(r"https?://[\w.-]+", file.read_text())) - {"http://www.w3.org"}
        assert not found, file.name


@pytest.mark.slow
@pytest.mark.parametrize("script", ["check", "test", "compare"])
def test_the_sources_hold_and_give_the_committed_page(script):
    if shutil.which("npm") is None or not (WEB / "node_modules").is_dir():
        pytest.skip("needs node and 'npm ci' in web/; make studio-test does it")
    done = subprocess.run(["npm", "run", "-s", script], cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
