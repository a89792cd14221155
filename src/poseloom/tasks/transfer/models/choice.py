"""Generators by name and sizes, as cards of trained models state them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from poseloom.base.errors import PoseloomError
from poseloom.tasks.common.configs import config_from_plain
from poseloom.tasks.transfer.models.dpig import Dpig, DpigConfig
from poseloom.tasks.transfer.models.patn import PatnConfig, PatnGenerator
from poseloom.tasks.transfer.models.pg2 import Pg2, Pg2Config
from poseloom.tasks.transfer.models.pngan import PnganConfig, PnganGenerator
from poseloom.tasks.transfer.models.small import SmallConfig, SmallGenerator
from poseloom.tasks.transfer.models.warped import WarpedConfig, WarpedGenerator

GENERATORS: dict[str, tuple[type[Any], Callable[[Any], nn.Module]]] = {
    "warped": (WarpedConfig, WarpedGenerator),
    "small": (SmallConfig, SmallGenerator),
    "PG2": (Pg2Config, Pg2),
    "PN-GAN-G": (PnganConfig, PnganGenerator),
    "PATN-G": (PatnConfig, PatnGenerator),
    "DPIG": (DpigConfig, Dpig),
}
"""Name -> data class of the sizes, and what builds it."""


def generator_of(kind: str, config: Any) -> Callable[[], nn.Module]:
    """What builds a generator of plain values of its sizes.

    Raises:
        PoseloomError: no such generator, or sizes that it has not.
    """
    if kind not in GENERATORS:
        raise PoseloomError(f"generator {kind!r} is unknown, expected one of {', '.join(GENERATORS)}")
    sizes, build = GENERATORS[kind]
    made = config_from_plain(sizes, config)
    return lambda: build(made)
