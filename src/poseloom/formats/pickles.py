"""Pickles as data: the files of the SMPL family are read without running anything that they name.

A pickle is a program; this module runs it on a machine that knows only plain values and a fixed list of names, each
of which is a stand-in of our own (chumpy arrays, scipy's sparse matrices and numpy's arrays among them). Nothing is
imported. The pure Python unpickler is the base because the one in C takes the size of its memory from a number in
the file.
"""

from __future__ import annotations

import io
import pickle
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from poseloom.base.errors import FileError
from poseloom.base.files import GIBIBYTE, read_bytes, reason
from poseloom.formats.pickled_arrays import STAND_INS, JoblibArray, StandIn, StorageKind, TorchStorage, plain

MAXIMUM_PICKLE_BYTES = 2 * GIBIBYTE
"""The largest published model file, SMPL-X, has about half a gigabyte."""
MAXIMUM_RATIO = 100
FREE_BYTES = 64 << 20
"""A compressed pickle may unpack to this much whatever its size, beyond it to `MAXIMUM_RATIO` times as much."""
_DEEPEST = 3
"""Pickles within pickles, in joblib's manner."""
_DEFLATED, _GZIPPED = b"\x78", b"\x1f\x8b"
"""How zlib's and gzip's streams begin, which joblib writes for ``compress=``; no pickle begins so."""
_REMEDY = "expected a file of the SMPL family; do not use this one if you do not know where it is from"

_OPCODES = (
    *(pickle.PROTO, pickle.FRAME, pickle.MARK, pickle.STOP, pickle.POP, pickle.POP_MARK),
    *(pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.INT, pickle.BININT, pickle.BININT1, pickle.BININT2),
    *(pickle.LONG, pickle.LONG1, pickle.LONG4, pickle.FLOAT, pickle.BINFLOAT),
    *(pickle.STRING, pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES, pickle.SHORT_BINBYTES),
    *(pickle.BINBYTES8, pickle.UNICODE, pickle.BINUNICODE, pickle.SHORT_BINUNICODE, pickle.BINUNICODE8),
    *(pickle.EMPTY_LIST, pickle.LIST, pickle.APPEND, pickle.APPENDS, pickle.EMPTY_DICT),
    *(pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3),
    *(pickle.GET, pickle.BINGET, pickle.LONG_BINGET, pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT, pickle.MEMOIZE),
    *(pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.REDUCE),
)
"""What pickle writes for plain values; those that build objects or fill tables are handled below, others refused."""


Members = Callable[[str], bytes]
_PythonUnpickler: Any = pickle._Unpickler


class _RefusedError(Exception):
    """The pickle asks for something that plain data never need."""


class _DataUnpickler(_PythonUnpickler):
    """The unpickler without the means to reach anything outside the file."""

    def __init__(self, stream: io.BytesIO, depth: int = 0, members: Members | None = None):
        super().__init__(stream, encoding="latin1")
        self.members = members
        self.storages: dict[str, bytes] = {}
        self.stream, self.depth = stream, depth
        self.size = stream.getbuffer().nbytes

    def find_class(self, module: str, name: str) -> Any:
        stand_in = STAND_INS.get((module, name))
        if stand_in is None:
            raise _RefusedError(f"names {module}.{name}, which is not on the list of harmless names"[:300])
        return stand_in

    def load_build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, StandIn):
            raise _RefusedError(f"sets the state of a {type(target).__name__}")
        target.set_state(state)
        if isinstance(target, JoblibArray):
            self._read_behind(target)

    def _read_behind(self, array: JoblibArray) -> None:
        """Take the bytes that joblib writes after the array's description, outside the pickle."""
        if array.is_objects():  # a pickle of its own follows
            if self.depth >= _DEEPEST:
                raise _RefusedError("holds arrays of objects within each other")
            array.objects = _DataUnpickler(self.stream, self.depth + 1).load()
            return
        count = array.count()
        if count > self.size:
            raise _RefusedError("claims more bytes than the file has")
        if array.alignment():
            self.read(self.read(1)[0])
        array.content = self.read(count) if count else b""

    def load_binpersid(self) -> None:
        """A tensor's storage in torch's zip files: ("storage", kind, member, device, count)."""
        name = self.stack.pop()
        is_storage = isinstance(name, tuple) and len(name) == 5 and name[0] == "storage"
        if self.members is None or not is_storage or not isinstance(name[1], StorageKind):
            raise _RefusedError("names something outside the file")
        storage = TorchStorage()
        data = self.members(str(name[2]))
        storage.numbers = np.frombuffer(
            data[: len(data) // name[1].dtype.itemsize * name[1].dtype.itemsize], name[1].dtype
        )
        self.append(storage)

    def load_newobj(self) -> None:
        arguments, kind = self.stack.pop(), self.stack.pop()
        if not (isinstance(kind, type) and issubclass(kind, StandIn)):
            raise _RefusedError("makes an object of an unknown kind")
        self.append(kind(*arguments))

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._fill(self.stack[-1], [key, value])

    def load_setitems(self) -> None:
        items = self.pop_mark()
        self._fill(self.stack[-1], items)

    def load_dict(self) -> None:
        items = self.pop_mark()
        self.append({})
        self._fill(self.stack[-1], items)

    def load_empty_set(self) -> None:
        self.append([])  # a list, so that nothing has to be hashed

    def load_additems(self) -> None:
        items = self.pop_mark()
        if type(self.stack[-1]) is not list:
            raise _RefusedError("adds to something that is no set")
        self.stack[-1].extend(items)

    def load_bytearray8(self) -> None:
        (length,) = struct.unpack("<Q", self.read(8))
        if length > self.size:
            raise _RefusedError("claims more bytes than the file has")
        self.append(bytearray(self.read(length)))

    @staticmethod
    def _fill(table: Any, items: list[Any]) -> None:
        # Tuples that hold the same tuple many times over take for ever to hash, so keys are simple values only.
        if type(table) is not dict or not all(isinstance(key, str | int | float | bytes) for key in items[::2]):
            raise _RefusedError("holds a table whose keys are not words or numbers")
        table.update(zip(items[::2], items[1::2], strict=True))

    dispatch = {  # noqa: RUF012 - overrides the base's table
        **{opcode[0]: _PythonUnpickler.dispatch[opcode[0]] for opcode in _OPCODES},
        pickle.BUILD[0]: load_build,
        pickle.NEWOBJ[0]: load_newobj,
        pickle.BINPERSID[0]: load_binpersid,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.DICT[0]: load_dict,
        pickle.EMPTY_SET[0]: load_empty_set,
        pickle.ADDITEMS[0]: load_additems,
        pickle.BYTEARRAY8[0]: load_bytearray8,
    }


def load_pickle(path: str | Path) -> dict[str, Any]:
    """Read a pickled table, such as a body model's, without executing anything.

    chumpy and sparse arrays come back as dense numpy arrays; text of Python 2 as latin-1.

    Raises:
        FileError: the file names anything but the listed classes, is damaged, or holds no table.
    """
    content = load_data(read_bytes(path, maximum_bytes=MAXIMUM_PICKLE_BYTES), path)
    if not isinstance(content, dict):
        raise FileError(path, f"holds a {type(content).__name__}, expected a table of arrays", remedy=_REMEDY)
    strange = [key for key in content if not isinstance(key, str)]
    if strange:
        raise FileError(path, f"has the key {strange[0]!r}, expected words", remedy=_REMEDY)
    return content


def load_data(data: bytes, path: str | Path, *, field: str | None = None, members: Members | None = None) -> Any:
    """Read pickled bytes that come from `path`, also those of joblib, compressed or not; see `load_pickle`.

    `members` gives the bytes of a named storage where tensors keep theirs beside the pickle.
    """
    if data.startswith((_DEFLATED, _GZIPPED)):
        data = _unpacked(data, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes in damaged text of Python 2
            return plain(_DataUnpickler(io.BytesIO(data), members=members).load())
    except _RefusedError as error:
        raise FileError(path, f"refused: the pickle {error}", field=field, remedy=_REMEDY) from None
    except KeyError as error:
        raise FileError(path, f"refused: unknown pickle instruction {error}", field=field, remedy=_REMEDY) from None
    except RecursionError:
        raise FileError(path, "is a pickle nested too deeply", field=field, remedy=_REMEDY) from None
    except Exception as error:  # a damaged pickle can raise anything
        raise FileError(path, f"is not a readable pickle: {reason(error)}", field=field, remedy=_REMEDY) from None


def _unpacked(data: bytes, path: str | Path) -> bytes:
    """A compressed stream, measured while it is unpacked."""
    most = max(FREE_BYTES, MAXIMUM_RATIO * len(data))
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)  # zlib or gzip, as the stream says
    try:
        content = stream.decompress(data, most)
    except zlib.error as error:
        raise FileError(path, f"is a damaged compressed pickle: {reason(error)}", remedy="get it again") from None
    if stream.unconsumed_tail:
        raise FileError(path, f"unpacks from {len(data):,} to more than {most:,} bytes", remedy=_REMEDY)
    if not stream.eof:
        raise FileError(path, "is a compressed pickle that was cut off", remedy="get the file again")
    return content
