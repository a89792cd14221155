"""Bodies: the free one that ships with the package, and the SMPL family from the user's own files."""

from __future__ import annotations

from functools import lru_cache

from poseloom.body.anny import AnnyBody, MeshName
from poseloom.body.types import Body, Mesh, PosedBody, Rig, ShapedBody, Skeleton

__all__ = ["AnnyBody", "Body", "Mesh", "PosedBody", "Rig", "ShapedBody", "Skeleton", "default_body"]


@lru_cache(maxsize=2)
def default_body(mesh: MeshName = "preview") -> AnnyBody:
    """The free body, read once: ``"preview"`` (1,229 vertices) or ``"full"`` (13,718 vertices, for pictures)."""
    return AnnyBody(mesh)
