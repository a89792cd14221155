"""Packages that only some installations have: which extra brings them, and the line that says so."""

from __future__ import annotations

from poseloom.base.errors import PoseloomError

EXTRAS: dict[str, tuple[str, ...]] = {
    "train": ("lightning", "tensorboard", "jsonargparse", "rich"),
    "search": ("faiss",),
    "serve": (
        "fastapi",
        "starlette",
        "pydantic",
        "uvicorn",
        "websockets",
        "python_multipart",
        "prometheus_client",
        "httpx2",
    ),
    "mcp": ("mcp", "mcp_types"),
    "sign": ("pose_format",),
    "text": ("tokenizers",),
    "scale": ("ray",),
    "video": ("imageio_ffmpeg",),
    "datasets": ("scipy", "h5py", "cdflib"),
}
"""Extra -> the modules that it brings."""


class MissingPackageError(PoseloomError):
    """Something that was asked for needs a package that is not installed."""


def missing_package(error: ModuleNotFoundError) -> MissingPackageError | None:
    """The mistake behind a failed import; None where the module belongs to no extra (a fault of ours, then)."""
    module = (error.name or "").partition(".")[0]
    for extra, modules in EXTRAS.items():
        if module in modules:
            return MissingPackageError(f"this needs the package {module}, which is not installed; {install(extra)}")
    return None


def install(extra: str) -> str:
    """The command that installs an extra."""
    return f"pip install 'poseloom[{extra}]'"
