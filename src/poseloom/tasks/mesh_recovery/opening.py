"""Networks of mesh recovery from exported or imported weights."""

from __future__ import annotations

from pathlib import Path

from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork, open_body_network
from poseloom.tasks.mesh_recovery.networks.small import SMALL
from poseloom.tasks.mesh_recovery.small_predict import SmallBodyNetwork, open_small
from poseloom.training.export import read_card

__all__ = ["BodyNetwork", "SmallBodyNetwork", "open_model"]


def open_model(path: Path) -> BodyNetwork:
    """A network of exported or imported weights.

    Raises:
        FileError: damaged, or of something else.
    """
    is_small = read_card(path, BodyNetwork.task).recipe.get("algorithm") == SMALL
    return open_small(path) if is_small else open_body_network(path)
