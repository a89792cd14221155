"""Modules that compute on another device than that of their callers' tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal

_CPU = torch.device("cpu")


class Placed:
    """A module on a device, called as the module itself with tensors of the CPU, of which it gives some back.

    Args:
        module: moved to the device.
        device: where it computes.
    """

    def __init__(self, module: nn.Module, device: torch.device):
        self._module, self._device = module.to(device), device

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._called(self._module, *arguments, **named)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        if isinstance(value, nn.Module):
            return Placed(value, self._device)
        if not callable(value) or isinstance(value, type):
            return moved(value, _CPU)

        def call(*arguments: Any, **named: Any) -> Any:
            return self._called(value, *arguments, **named)

        return call

    def _called(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        there = moved(arguments, self._device), moved(named, self._device)
        return moved(function(*there[0], **there[1]), _CPU)


def moved(value: Any, device: torch.device) -> Any:
    """The value with all its tensors on a device: those in tuples, lists, tables, data classes, and what is yielded."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, Normal):
        return Normal(value.mean.to(device), value.stddev.to(device), validate_args=False)
    if isinstance(value, tuple | list):
        items = [moved(item, device) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: moved(item, device) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        changed = {name: moved(part, device) for name, part in parts.items()}
        return replace(value, **changed) if any(changed[name] is not part for name, part in parts.items()) else value
    if isinstance(value, Iterator):
        return (moved(item, device) for item in value)
    return value
