"""Search: an index over poses, texts and any embedding of them, on disk, for up to millions of rows.

Questions in words are answered from posecode-like columns of the geometry; "poses like this one" from a geometric
descriptor, or from the vectors of any model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.results.found import Found, Hit
    from poseloom.search.beside import index_beside
    from poseloom.search.build import Built, build_index
    from poseloom.search.index import Answer, Index
    from poseloom.search.metadata import Filter, parse_filter
    from poseloom.search.rows import Block, MemoryRows, Rows
    from poseloom.search.tables import TableRows

_HOME = {
    "Answer": "index",
    "Block": "rows",
    "Built": "build",
    "Filter": "metadata",
    "Found": "index",
    "Hit": "index",
    "Index": "index",
    "MemoryRows": "rows",
    "Rows": "rows",
    "TableRows": "tables",
    "build_index": "build",
    "index_beside": "beside",
    "parse_filter": "metadata",
}
__all__ = [
    "Answer",
    "Block",
    "Built",
    "Filter",
    "Found",
    "Hit",
    "Index",
    "MemoryRows",
    "Rows",
    "TableRows",
    "build_index",
    "index_beside",
    "parse_filter",
]

__getattr__ = names_of(__name__, _HOME)
