"""Single values out of Arrow columns, several times faster than pyarrow's own scalars.

A training loop or a search that asks for one text at a time would otherwise spend its time in pyarrow: building a
scalar of a nested type takes tens of microseconds, slicing the column's buffer takes one.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from poseloom.data.arrow import pa
from poseloom.data.schema import Text

_OFFSET_BYTES = 4


class Strings:
    """A column of strings without nulls."""

    def __init__(self, column: Any):
        _, offsets, data = column.buffers()
        self._offsets = _integers(offsets, column.offset, len(column) + 1)
        self._data = memoryview(data) if data is not None and data.size else memoryview(b"")

    def __getitem__(self, index: int) -> str:
        return str(self._data[self._offsets[index] : self._offsets[index + 1]], "utf-8")


class Names:
    """A column of strings without nulls of which few differ: each of them is decoded once."""

    def __init__(self, column: Any):
        encoded = column.dictionary_encode()
        self._names: list[str] = encoded.dictionary.to_pylist()
        self._places = memoryview(encoded.indices.to_numpy())

    def __getitem__(self, index: int) -> str:
        return self._names[self._places[index]]


class TextColumn:
    """A column of lists of texts."""

    def __init__(self, column: Any):
        self._offsets = _integers(column.buffers()[1], column.offset, len(column) + 1)
        values = column.values
        self._text = Strings(values.field("text"))
        self._kind, self._source = (Names(values.field(name)) for name in ("kind", "source"))
        self._seed_column = values.field("seed")

    def count(self, index: int) -> int:
        """How many texts a row has."""
        return self._offsets[index + 1] - self._offsets[index]

    def words(self, index: int, which: int) -> str:
        """The words alone of one of a row's texts."""
        return self._text[self._offsets[index] + which]

    @cached_property
    def _seeds(self) -> list[int | None]:
        return self._seed_column.to_pylist()

    def __getitem__(self, index: int) -> tuple[Text, ...]:
        return tuple([self._typed(place) for place in range(self._offsets[index], self._offsets[index + 1])])

    def _typed(self, place: int) -> Text:
        return Text(self._text[place], self._kind[place], self._source[place], self._seeds[place])


def _integers(buffer: Any, first: int, count: int) -> memoryview:
    if buffer is None or buffer.size == 0:  # an empty column may have no buffer
        buffer = pa.py_buffer(bytes(_OFFSET_BYTES))
    return memoryview(buffer).cast("B")[: buffer.size // _OFFSET_BYTES * _OFFSET_BYTES].cast("i")[first : first + count]
