"""Ask the index whether the pinned set resolves for every Python that poseloom names; needs `uv` and the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def resolves(python: str, extras: list[str]) -> str:
    """What keeps the pins from resolving for a Python; empty where nothing does."""
    chosen = [word for extra in extras for word in ("--extra", extra)]
    command = ["uv", "pip", "compile", "--quiet", "--native-tls", "--python-version", python, "-c", "constraints.txt"]
    command = [sys.executable, "-m", *command, *chosen, "pyproject.toml"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stderr.strip()


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    failures = {python: resolves(python, list(project["optional-dependencies"])) for python in PYTHONS}
    for python, reason in failures.items():
        print(f"Python {python}: {reason or 'resolves'}")
    return 1 if any(failures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
