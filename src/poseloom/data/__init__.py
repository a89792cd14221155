"""Tables of poses with texts and pairs, the sources and builders that fill them, and views of them for training.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.data.builders.describe import Describer, describe_table
    from poseloom.data.builders.pairs import pair_table
    from poseloom.data.builders.rows import prepare
    from poseloom.data.executors import executor
    from poseloom.data.schema import Pair, Row, Text
    from poseloom.data.sources.catalogue import open_source
    from poseloom.data.table import Table
    from poseloom.data.text_views import PairTextDataset, TextDataset
    from poseloom.data.views import PairDataset, Sample, TableDataset, TableStream

_HOME = {
    "Describer": "builders.describe",
    "Pair": "schema",
    "PairDataset": "views",
    "PairTextDataset": "text_views",
    "Row": "schema",
    "Sample": "views",
    "Table": "table",
    "TableDataset": "views",
    "TableStream": "views",
    "Text": "schema",
    "TextDataset": "text_views",
    "describe_table": "builders.describe",
    "executor": "executors",
    "open_source": "sources.catalogue",
    "pair_table": "builders.pairs",
    "prepare": "builders.rows",
}
__all__ = [
    "Describer",
    "Pair",
    "PairDataset",
    "PairTextDataset",
    "Row",
    "Sample",
    "Table",
    "TableDataset",
    "TableStream",
    "Text",
    "TextDataset",
    "describe_table",
    "executor",
    "open_source",
    "pair_table",
    "prepare",
]

__getattr__ = names_of(__name__, _HOME)
