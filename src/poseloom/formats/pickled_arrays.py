"""Stand-ins for the classes that the pickles of the SMPL family name, and their change into plain numpy arrays."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DTYPE = re.compile(r"[<>|=]?([?biufcSUO])(\d{0,9})")
_LARGEST_DENSE = 1 << 24
_LARGEST_SIDE = 1 << 20
TRIPLES = np.dtype([("row", np.int64), ("column", np.int64), ("value", np.float64)])
"""Entries of a sparse matrix."""
"""Elements of a sparse matrix once dense: the joint regressor of SMPL-X has 55 x 10,475."""

Resolve = Callable[[Any], Any]
"""Changes what a stand-in holds, which may be stand-ins again, into plain values."""


class StandIn:
    """Takes the place of an object in the file: keeps its state until the whole file is read."""

    def __init__(self, *arguments: Any):
        self.arguments = arguments
        self.state: Any = None

    def set_state(self, state: Any) -> None:
        self.state = state

    def array(self, resolve: Resolve) -> Any:
        """The plain value that it stands for."""
        raise ValueError("holds a bare object")

    def _field(self, name: str) -> Any:
        if not isinstance(self.state, dict) or name not in self.state:
            raise ValueError(f"{type(self).__name__.strip('_')} without the field {name!r}")
        return self.state[name]


class DType(StandIn):
    """`numpy.dtype`: the arguments give kind and size, the state the byte order."""

    def array(self, resolve: Resolve) -> np.dtype[Any]:
        code = self.arguments[0] if self.arguments else None
        match = _DTYPE.fullmatch(code) if isinstance(code, str) else None
        if match is None or not isinstance(code, str):
            raise ValueError(f"unknown type of array {code!r}"[:100])
        order = self.state[1] if isinstance(self.state, tuple) and len(self.state) > 1 else "="
        if order not in ("<", ">", "|", "="):
            raise ValueError("unknown byte order")
        if match[1] == "O":
            return np.dtype(object)
        own_order = code[0] if code[0] in "<>" else ""
        return np.dtype((order if order in ("<", ">") else own_order) + match[1] + match[2])


class Array(StandIn):
    """`numpy.ndarray`, made by `_reconstruct` and filled by its state (version, shape, dtype, order, content)."""

    def array(self, resolve: Resolve) -> NDArray[Any]:
        if not isinstance(self.state, tuple) or len(self.state) not in (4, 5):
            raise ValueError("array without content")
        shape, dtype, fortran_order, content = self.state[-4:]
        return _filled(shape, dtype, "F" if fortran_order else "C", content)


class _Buffer(Array):
    """`numpy._frombuffer`: an array of protocol 5 (content, dtype, shape, order)."""

    def array(self, resolve: Resolve) -> NDArray[Any]:
        content, dtype, shape, order = self.arguments
        if order not in ("C", "F"):
            raise ValueError("unknown order of an array")
        return _filled(shape, dtype, order, content)


class _Scalar(StandIn):
    """`numpy.scalar`: one value of (dtype, content)."""

    def array(self, resolve: Resolve) -> Any:
        dtype, content = self.arguments
        return _filled((), dtype, "C", content)[()]


class Chumpy(StandIn):
    """`chumpy.Ch`: a differentiable array; its value is the field ``x``."""

    def array(self, resolve: Resolve) -> Any:
        return _as_array(resolve(self._field("x")))


class ChumpySelection(StandIn):
    """`chumpy.reordering.Select`: elements `idxs` of the flattened `a`, in the shape `preferred_shape`."""

    def array(self, resolve: Resolve) -> NDArray[Any]:
        flat = _as_array(resolve(self._field("a"))).reshape(-1)[_as_array(resolve(self._field("idxs")))]
        shape = resolve(self.state.get("preferred_shape"))
        return flat if shape is None else flat.reshape(shape)


class SparseColumns(StandIn):
    """`scipy.sparse.csc_matrix`, made dense; one that would be too large so is an array of `TRIPLES`."""

    def array(self, resolve: Resolve) -> NDArray[Any]:
        rows, columns = (int(size) for size in resolve(self._field("_shape")))
        data, indices, starts = (_as_array(resolve(self._field(name))) for name in ("data", "indices", "indptr"))
        if min(rows, columns) < 0 or max(rows, columns) > _LARGEST_SIDE:
            raise ValueError(f"sparse matrix of {rows} x {columns}")
        if len(starts) != columns + 1 or len(indices) != len(data) or starts[-1] != len(data):
            raise ValueError("sparse matrix whose parts do not fit")
        starts = starts.astype(np.int64)
        counts = starts[1:] - starts[:-1]
        if starts[0] != 0 or (counts < 0).any() or (len(data) and not 0 <= indices.min() <= indices.max() < rows):
            raise ValueError("sparse matrix that points outside itself")
        owner = np.repeat(np.arange(columns), counts)
        if rows * columns > _LARGEST_DENSE:
            triples = np.zeros(len(data), TRIPLES)
            triples["row"], triples["column"], triples["value"] = indices, owner, data
            return triples
        dense = np.zeros((rows, columns), dtype=data.dtype)
        np.add.at(dense, (indices, owner), data)
        return dense


class JoblibArray(StandIn):
    """`joblib.numpy_pickle.NumpyArrayWrapper`: type and shape of an array whose bytes follow in the stream."""

    content: bytes = b""
    objects: Any = None
    """The array itself, where it holds Python objects."""

    def alignment(self) -> bool:
        """Whether padding stands before the bytes, with its length in front."""
        return isinstance(self.state, dict) and self.state.get("numpy_array_alignment_bytes") is not None

    def count(self) -> int:
        """How many bytes follow.

        Raises:
            ValueError: no plain array.
        """
        kind, shape = self._kind(), self._field("shape")
        if not isinstance(shape, tuple) or not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError("array without shape")
        return math.prod(shape) * kind.itemsize

    def is_objects(self) -> bool:
        """Whether a pickle of its own follows instead."""
        return self._kind().hasobject

    def array(self, resolve: Resolve) -> NDArray[Any]:
        if self.objects is not None:
            return resolve(self.objects)
        order = self._field("order")
        return _filled(self._field("shape"), self._field("dtype"), order if order in ("C", "F") else "C", self.content)

    def _kind(self) -> np.dtype[Any]:
        dtype = self._field("dtype")
        if not isinstance(dtype, DType):
            raise ValueError("array without type")
        return dtype.array(plain)


class TorchTensor(StandIn):
    """`torch._utils._rebuild_tensor_v2` of (storage, start, shape, strides, ...) with a storage in bytes."""

    def array(self, resolve: Resolve) -> NDArray[Any]:
        storage, start, shape, strides = self.arguments[:4]
        if not isinstance(storage, TorchStorage):
            raise ValueError("tensor without storage")
        numbers = resolve(storage)
        sizes = (start, *shape, *strides) if isinstance(shape, tuple) and isinstance(strides, tuple) else (None,)
        if not all(type(size) is int and size >= 0 for size in sizes) or len(shape) != len(strides):
            raise ValueError("tensor without shape")
        count = math.prod(shape)
        last = start + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) if count else start
        if last >= max(len(numbers), 1) or count > len(numbers):
            raise ValueError("tensor that points outside its storage")
        steps = tuple(stride * numbers.itemsize for stride in strides)
        return np.lib.stride_tricks.as_strided(numbers[start:], shape, steps, writeable=False)


class StorageKind:
    """`torch.FloatStorage` and its kin: what the bytes of a tensor mean."""

    def __init__(self, dtype: str):
        self.dtype = np.dtype(dtype)


class TorchStorage(StandIn):
    """`torch.storage._load_from_bytes`: the numbers of a tensor as torch writes them, read as data by torch itself.

    In torch's zip files the numbers are members of the archive instead: `numbers`.
    """

    numbers: NDArray[Any] | None = None

    def array(self, resolve: Resolve) -> NDArray[Any]:
        if self.numbers is not None:
            return self.numbers
        if len(self.arguments) != 1 or not isinstance(self.arguments[0], bytes):
            raise ValueError("storage without bytes")
        from poseloom.formats.torch_storage import storage_of

        return storage_of(self.arguments[0])


class Bare(StandIn):
    """`object`: only ever the base that `_reconstructor` is given."""


def _reconstruct(kind: Any, *_: Any) -> StandIn:
    if kind is not Array:
        raise ValueError("array of an unknown kind")
    return Array()


def _reconstructor(kind: Any, base: Any, _: Any) -> StandIn:
    if not (isinstance(kind, type) and issubclass(kind, StandIn)) or base is not Bare:
        raise ValueError("object of an unknown kind")
    return kind()


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    """`_codecs.encode`: how Python 3 writes bytes into protocol 2."""
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ValueError("text in an unknown encoding")
    return text.encode("latin1")


def _ordered(*items: Any) -> dict[Any, Any]:
    """`collections.OrderedDict`, filled afterwards; the hooks of a tensor are one."""
    if items:
        raise ValueError("table made of something else")
    return {}


def _set(items: Any = ()) -> list[Any]:
    """`set`: kept as a list, so that nothing has to be hashed."""
    return list(items)


def _no_bytes() -> bytes:
    """`bytes`: how Python 3 writes an empty one into protocol 2; with any argument it could fill the memory."""
    return b""


_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC = ("numpy.core.numeric", "numpy._core.numeric")
_STORAGES = {
    **{"Double": "<f8", "Float": "<f4", "Half": "<f2", "Long": "<i8", "Int": "<i4", "Short": "<i2"},
    **{"Char": "<i1", "Byte": "<u1", "Bool": "?"},
}
_BUILTINS = ("__builtin__", "builtins")

STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): Array,
    ("numpy", "dtype"): DType,
    **{(module, "_reconstruct"): _reconstruct for module in _MULTIARRAY},
    **{(module, "scalar"): _Scalar for module in _MULTIARRAY},
    **{(module, "_frombuffer"): _Buffer for module in _NUMERIC},
    ("_codecs", "encode"): _encode,
    ("copy_reg", "_reconstructor"): _reconstructor,
    ("copyreg", "_reconstructor"): _reconstructor,
    **{(module, "set"): _set for module in _BUILTINS},
    **{(module, "bytes"): _no_bytes for module in _BUILTINS},
    **{(module, "object"): Bare for module in _BUILTINS},
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): JoblibArray,
    ("torch._utils", "_rebuild_tensor_v2"): TorchTensor,
    ("torch.storage", "_load_from_bytes"): TorchStorage,
    **{("torch", f"{name}Storage"): StorageKind(dtype) for name, dtype in _STORAGES.items()},
    ("collections", "OrderedDict"): _ordered,
    ("chumpy.ch", "Ch"): Chumpy,
    ("chumpy", "Ch"): Chumpy,
    ("chumpy.reordering", "Select"): ChumpySelection,
    ("scipy.sparse.csc", "csc_matrix"): SparseColumns,
    ("scipy.sparse._csc", "csc_matrix"): SparseColumns,
}
"""Every name that a pickle may use, and what it gets instead."""


def plain(value: Any) -> Any:
    """Replace all stand-ins in nested tables and lists by what they stand for.

    Raises:
        ValueError: a list or table is in there twice (lists of the same list over and over would fill the memory),
            or holds itself, or something is left that is no data.
    """
    return _plain(value, {})


_UNFINISHED = object()


def _plain(value: Any, done: dict[int, Any]) -> Any:
    if callable(value):
        raise ValueError("holds a class or a function")
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        flat = np.empty(value.size, dtype=object)
        for index, item in enumerate(value.reshape(-1)):
            flat[index] = _plain(item, done)
        return flat.reshape(value.shape)
    if not isinstance(value, dict | list | tuple | StandIn) or value == ():
        return value
    if id(value) in done:
        if done[id(value)] is _UNFINISHED or not isinstance(value, StandIn):
            raise ValueError("holds the same table or list twice")
        return done[id(value)]
    done[id(value)] = _UNFINISHED
    if isinstance(value, StandIn):
        done[id(value)] = _plain(value.array(lambda held: _plain(held, done)), done)
        return done[id(value)]
    if isinstance(value, dict):
        return {key: _plain(item, done) for key, item in value.items()}
    return type(value)(_plain(item, done) for item in value)


def _as_array(value: Any) -> NDArray[Any]:
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.hasobject:
        raise ValueError(f"holds a {type(value).__name__} where an array was expected")
    return np.asarray(value)


def _filled(shape: Any, dtype: Any, order: Any, content: Any) -> NDArray[Any]:
    """An array from its pickled parts, allocated only if the content is all there."""
    kind = dtype.array(plain) if isinstance(dtype, DType) else None
    if not isinstance(shape, tuple) or not all(type(size) is int and size >= 0 for size in shape) or kind is None:
        raise ValueError("array without shape or type")
    count = math.prod(shape)
    if kind.hasobject:
        if not isinstance(content, list) or len(content) != count:
            raise ValueError(f"array of {count} objects whose content is missing")
        objects = np.empty(count, dtype=object)
        for index, item in enumerate(content):
            objects[index] = item
        return objects.reshape(shape, order=order)
    data = content.encode("latin1") if isinstance(content, str) else content
    if not isinstance(data, bytes | bytearray) or len(data) != count * kind.itemsize:
        raise ValueError(f"array of shape {shape} whose content is missing"[:200])
    return np.frombuffer(data, dtype=kind).reshape(shape, order=order)
