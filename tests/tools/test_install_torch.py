"""The build of torch that `make` installs, against a simulated public index."""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from install_torch import CPU_INDEX, has_nvidia_gpu, pinned_torch, plan

PROGRAM = Path(__file__).resolve().parents[2] / "tools" / "install_torch.py"
PINNED = pinned_torch()
VERSION = PINNED.partition("==")[2]


@pytest.mark.parametrize(
    ("system", "has_gpu", "index", "requirement"),
    [
        ("Linux", False, CPU_INDEX, f"{PINNED}+cpu"),
        ("Linux", False, None, PINNED),
        ("Linux", True, CPU_INDEX, PINNED),
        ("Darwin", False, CPU_INDEX, PINNED),
        ("Windows", True, None, PINNED),
    ],
)
def test_the_cpu_build_is_for_linux_without_a_gpu(system, has_gpu, index, requirement):
    chosen = plan(system, has_gpu, index, PINNED)
    assert chosen.requirement == requirement
    assert (CPU_INDEX in chosen.options) == requirement.endswith("+cpu")
    assert "\n" not in chosen.reason


def test_a_driver_that_does_not_answer_is_no_gpu(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'No devices were found'\nexit 6\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert not has_nvidia_gpu()
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA T4 (UUID: GPU-1)'\n")
    assert has_nvidia_gpu()


def wheel(folder: Path, version: str) -> None:
    """An empty torch of a version."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"torch-{version}.dist-info"
    files = {
        "torch/__init__.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(folder / f"torch-{version}-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    """Address of two indexes: ``plain`` has only the CUDA build, ``cpu`` the CPU build."""
    root = tmp_path_factory.mktemp("indexes")
    wheel(root / "plain" / "torch", VERSION)
    wheel(root / "cpu" / "torch", f"{VERSION}+cpu")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(root))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize(("cpu_index", "installed"), [("cpu", f"{VERSION}+cpu"), ("nothing", VERSION)])
def test_a_cuda_build_at_hand_is_not_chosen(indexes, tmp_path, cpu_index, installed):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHONPATH"))}
    env = clean | {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": f"{indexes}/plain", "PATH": "/usr/bin:/bin"}
    command = [python, PROGRAM, "--cpu-index", f"{indexes}/{cpu_index}"]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    found = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True)
    assert found.stdout.strip() == installed
    assert ("cannot be reached" in told) == (cpu_index == "nothing")
    assert subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout == ""
