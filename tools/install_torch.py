"""Install the build of torch that fits this machine: the CPU build where no NVIDIA GPU is found.

On Linux, PyPI's torch is the CUDA build, whose NVIDIA wheels take gigabytes. `make` runs this before it installs the
library: with the Python that torch is wanted for. Where torch is there already, nothing happens.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"
PROBE_SECONDS = 5.0


def has_nvidia_gpu() -> bool:
    """Whether the driver of an NVIDIA GPU answers."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    try:
        answer = subprocess.run([program, "--list-gpus"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "GPU" in answer.stdout


def answers(index: str) -> bool:
    """Whether an index has torch and can be reached within a few seconds."""
    try:
        with urllib.request.urlopen(f"{index.rstrip('/')}/torch/", timeout=PROBE_SECONDS) as reply:
            return reply.status == 200
    except (OSError, ValueError, urllib.error.URLError):
        return False


@dataclass(frozen=True)
class Plan:
    """How torch is installed: the requirement, options for pip, and why, in one line."""

    requirement: str
    options: tuple[str, ...]
    reason: str


def plan(system: str, has_gpu: bool, index: str | None, pinned: str) -> Plan:
    """What fits a machine.

    Args:
        system: as `platform.system` names it.
        has_gpu: an NVIDIA GPU answers.
        index: where CPU builds are; None where it cannot be reached.
        pinned: torch as the pinned set wants it, such as ``torch==2.13.0``.
    """
    if system != "Linux":
        return Plan(pinned, (), "the plain index, whose build needs no CUDA on this system")
    if has_gpu:
        return Plan(pinned, (), "the plain index: the CUDA build, as an NVIDIA GPU is here")
    if index is None:
        return Plan(
            pinned,
            (),
            "the plain index, as PyTorch's CPU index cannot be reached; on Linux that is usually the CUDA build of "
            "several gigabytes (to choose yourself, install torch into the environment first)",
        )
    # The local version names the build, so that a CUDA build on another index that pip is told of cannot win.
    return Plan(
        f"{pinned}+cpu", ("--index-url", index, "--no-deps"), f"{index}: the CPU build, as no NVIDIA GPU is here"
    )


def pinned_torch() -> str:
    """The requirement of the pinned set."""
    found = re.search(r"^torch==\S+", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    return found.group() if found else "torch"


def install(chosen: Plan) -> int:
    """Run pip; its exit status."""
    print(f"poseloom: torch comes from {chosen.reason}", flush=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    return subprocess.run([*pip, *chosen.options, chosen.requirement], check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cpu-index", default=CPU_INDEX, help="index of CPU builds (default: PyTorch's own)")
    index = parser.parse_args().cpu_index
    if importlib.util.find_spec("torch") is not None:
        return 0
    system, has_gpu, pinned = platform.system(), has_nvidia_gpu(), pinned_torch()
    wanted = system == "Linux" and not has_gpu and answers(index)
    status = install(plan(system, has_gpu, index if wanted else None, pinned))
    if status and wanted:  # an index that answers and lacks a build for this Python
        status = install(plan(system, has_gpu, None, pinned))
    return status


if __name__ == "__main__":
    sys.exit(main())
