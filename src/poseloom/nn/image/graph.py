"""A network given as weights and a list of operators, as `tools/bake_blazepose.py` makes them of TensorFlow Lite files.

Every operator is checked when the file is read, so that a forward pass meets none that it does not know. Pictures are
(batch, 3, H, W) as everywhere in poseloom; outputs have TensorFlow's order of axes (channels last), as the models'
documents describe them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.errors import FileError

Row = dict[str, Any]
_ACTIVATIONS: dict[str | None, Callable[[Tensor], Tensor]] = {
    None: lambda x: x,
    "relu": functional.relu,
    "relu6": functional.relu6,
}
_PICTURE_AXES = 4


class OperatorGraph(nn.Module):
    """A network that runs its operators one after the other.

    Args:
        graph: input, outputs and operators by number; see `read_graph`.
        weights: constants by name, in single precision.
    """

    def __init__(self, graph: Row, weights: dict[str, Tensor]):
        super().__init__()
        self.operators: list[Row] = graph["operators"]
        (self.source,) = graph["inputs"]
        self.input_size: tuple[int, int] = (graph["input_shape"][0], graph["input_shape"][1])
        self.outputs: list[int] = graph["outputs"]
        for name, weight in weights.items():
            self.register_buffer(name, weight)
        self._plans: dict[tuple[int, ...], list[tuple[Row, list[int]]]] = {}

    def forward(self, picture: Float[Tensor, "batch 3 height width"]) -> tuple[Tensor, ...]:
        """The outputs, in the file's order, where the pictures are; pictures of the size `input_size`."""
        return self.values(picture, self.outputs)

    def values(self, picture: Float[Tensor, "batch 3 height width"], wanted: Sequence[int]) -> tuple[Tensor, ...]:
        """Values within the network, by their numbers; only what they need is computed. Channels are last."""
        weight = next(self.buffers(), picture)
        values: dict[int, Tensor] = {self.source: picture.to(weight.device)}
        for row, freed in self._plan(tuple(wanted)):
            inputs = [values[index] for index in row["inputs"]]
            values[row["output"]] = _OPERATORS[row["op"]](self, row, inputs)
            for index in freed:
                del values[index]
        return tuple(_channels_last(values[index]).to(picture.device) for index in wanted)

    def operators_for(self, wanted: Sequence[int]) -> list[Row]:
        """The operators that values within the network need, in their order."""
        needed, rows = set(wanted), []
        for row in reversed(self.operators):
            if row["output"] in needed:
                needed.update(row["inputs"])
                rows.append(row)
        return rows[::-1]

    def _plan(self, wanted: tuple[int, ...]) -> list[tuple[Row, list[int]]]:
        """The operators that these values need, each with the values that nobody needs after it."""
        if wanted not in self._plans:
            rows = self.operators_for(wanted)
            last = _last_uses(rows, list(wanted))
            self._plans[wanted] = [(row, last.get(number, [])) for number, row in enumerate(rows)]
        return self._plans[wanted]

    def only(self, outputs: list[int]) -> OperatorGraph:
        """The same network, which shares its weights, with other outputs; only what they need is computed.

        Args:
            outputs: numbers of values, which it gives in this order.
        """
        smaller = copy(self)
        smaller.outputs = list(outputs)
        return smaller

    def source_of(self, value: int) -> int:
        """The value that an operator of one input makes another one of.

        Raises:
            ValueError: no operator makes it, or of several.
        """
        for row in self.operators:
            if row["output"] == value:
                (source,) = row["inputs"]
                return int(source)
        raise ValueError(f"value {value} is made by no operator")

    def weight(self, row: Row, name: str = "weight") -> Tensor:
        """A constant of an operator."""
        return self.get_buffer(row[name])


def read_graph(path: Path) -> OperatorGraph:
    """The network of a file.

    Raises:
        FileError: the file is missing or damaged, or has an operator that is not known.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            graph = json.loads((file.metadata() or {})["graph"])
            stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise FileError(path, f"is no network of poseloom ({type(error).__name__})", remedy="get it again") from None
    try:
        weights = _unpacked(stored)
        _check(graph, weights)
        graph["operators"] = _padded_convolutions(graph["operators"], graph["outputs"])
        return OperatorGraph(graph, weights).eval().requires_grad_(False)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        problem = f"holds an operator list that does not fit ({type(error).__name__}: {error})"
        raise FileError(path, problem, remedy="get it again") from None


def _unpacked(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """Constants in single precision; those that came as a bit mask and values are filled in."""
    weights = {name: tensor.float() for name, tensor in stored.items() if "." not in name}
    for name in [name.removesuffix(".mask") for name in stored if name.endswith(".mask")]:
        mask, values, shape = (stored[f"{name}.{part}"] for part in ("mask", "values", "shape"))
        size = int(shape.prod())
        bits = (mask[:, None] >> torch.arange(7, -1, -1, dtype=torch.uint8)) & 1
        dense = torch.zeros(size)
        dense[bits.reshape(-1)[:size].bool()] = values.float()
        weights[name] = dense.reshape(shape.tolist())
    return weights


def _check(graph: Row, weights: dict[str, Tensor]) -> None:
    known = set(graph["inputs"])
    for row in graph["operators"]:
        if row["op"] not in _OPERATORS:
            raise ValueError(f"operator {str(row['op'])[:40]!r} is not known")
        lacking = [name for name in _FIELDS[row["op"]] if name not in row]
        if lacking:
            raise ValueError(f"operator {row['op']} of {row['output']}: lacks {', '.join(lacking)}")
        missing = [index for index in row["inputs"] if index not in known]
        missing += [row[name] for name in ("weight", "bias") if name in row and row[name] not in weights]
        if missing or row.get("activation") not in _ACTIVATIONS:
            raise ValueError(f"operator {row['op']} of {row['output']}: {missing or row['activation']} is not there")
        known.add(row["output"])
    if not set(graph["outputs"]) <= known:
        raise ValueError("an output is made by no operator")


def _padded_convolutions(operators: list[Row], outputs: list[int]) -> list[Row]:
    """The operators, where a convolution pads by itself what it alone reads: the same numbers, a map less to write."""
    uses: dict[int, list[Row]] = {}
    for row in operators:
        for index in row["inputs"]:
            uses.setdefault(index, []).append(row)
    pads = {row["output"]: row for row in operators if row["op"] == "pad" and _pads_for_one(row, uses, outputs)}
    kept = []
    for row in operators:
        if row["op"] == "conv" and row["inputs"][0] in pads:
            pad = pads[row["inputs"][0]]
            row = {**row, "inputs": pad["inputs"], "padding": pad["padding"][:4]}
        if row["output"] not in pads:
            kept.append(row)
    return kept


def _pads_for_one(row: Row, uses: dict[int, list[Row]], outputs: list[int]) -> bool:
    """Whether a padding of height and width is read by one convolution alone, which pads nothing itself."""
    readers = uses.get(row["output"], [])
    if len(readers) != 1 or row["output"] in outputs or readers[0]["op"] != "conv":
        return False
    return not any(readers[0]["padding"]) and not any(row["padding"][4:])


def _last_uses(operators: list[Row], outputs: list[int]) -> dict[int, list[int]]:
    """For each operator the values that nobody needs after it."""
    last = {index: number for number, row in enumerate(operators) for index in row["inputs"]}
    freed: dict[int, list[int]] = {}
    for index, number in last.items():
        if index not in outputs:
            freed.setdefault(number, []).append(index)
    return freed


def _channels_last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1) if x.dim() == _PICTURE_AXES else x


def _activated(row: Row, x: Tensor) -> Tensor:
    return _ACTIVATIONS[row.get("activation")](x)


def _conv(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    left, right, top, bottom = row["padding"]
    x, padding = inputs[0], (0, 0)
    if left == right and top == bottom:
        padding = (top, left)
    else:  # TensorFlow's SAME puts what is left over behind
        x = functional.pad(x, (left, right, top, bottom))
    bias = net.weight(row, "bias") if "bias" in row else None
    x = functional.conv2d(x, net.weight(row), bias, row["stride"], padding, row["dilation"], row["groups"])
    return _activated(row, x)


def _max_pool(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    x = functional.pad(inputs[0], row["padding"], value=-torch.inf) if any(row["padding"]) else inputs[0]
    return functional.max_pool2d(x, row["size"], row["stride"])


def _resize(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    return functional.interpolate(inputs[0], size=row["size"], mode="bilinear", align_corners=False)


def _concat(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    axis = row["axis"] % inputs[0].dim()
    return torch.cat(inputs, dim=(0, 2, 3, 1)[axis] if inputs[0].dim() == _PICTURE_AXES else axis)


def _reshape(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    x = _channels_last(inputs[0]).reshape(len(inputs[0]), *row["shape"])
    return x.permute(0, 3, 1, 2) if x.dim() == _PICTURE_AXES else x


def _mean(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    return _reshape(net, row, [_channels_last(inputs[0]).mean(row["axes"])])


def _linear(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    return _activated(row, functional.linear(inputs[0].flatten(1), net.weight(row), net.weight(row, "bias")))


def _depth_to_space(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    batch, channels, height, width = inputs[0].shape
    block = row["block"]
    x = inputs[0].reshape(batch, block, block, channels // block**2, height, width).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(batch, channels // block**2, height * block, width * block)


def _slice(net: OperatorGraph, row: Row, inputs: list[Tensor]) -> Tensor:
    (top, left, first), (bottom, right, last) = row["starts"][1:], row["ends"][1:]
    return inputs[0][:, first:last, top:bottom, left:right]


_OPERATORS: dict[str, Callable[[OperatorGraph, Row, list[Tensor]], Tensor]] = {
    "conv": _conv,
    "max_pool": _max_pool,
    "resize": _resize,
    "concat": _concat,
    "reshape": _reshape,
    "mean": _mean,
    "linear": _linear,
    "depth_to_space": _depth_to_space,
    "slice": _slice,
    "add": lambda net, row, inputs: _activated(row, inputs[0] + inputs[1]),
    "pad": lambda net, row, inputs: functional.pad(inputs[0], _padding(row)),
    "sigmoid": lambda net, row, inputs: inputs[0].sigmoid(),
    "relu": lambda net, row, inputs: functional.relu(inputs[0]),
    "prelu": lambda net, row, inputs: functional.prelu(inputs[0], net.weight(row).reshape(-1)),
}


def _padding(row: Row) -> list[int]:
    """Of width, height, channels, as torch wants it."""
    left, right, top, bottom, front, back = row["padding"]
    return [left, right, top, bottom, front, back]


_FIELDS: dict[str, tuple[str, ...]] = dict.fromkeys(_OPERATORS, ()) | {
    "conv": ("weight", "stride", "padding", "dilation", "groups"),
    "max_pool": ("size", "stride", "padding"),
    "resize": ("size",),
    "concat": ("axis",),
    "reshape": ("shape",),
    "mean": ("axes", "shape"),
    "linear": ("weight", "bias"),
    "depth_to_space": ("block",),
    "slice": ("starts", "ends"),
    "pad": ("padding",),
    "prelu": ("weight",),
}
"""What an operator cannot do without, besides inputs and output."""
