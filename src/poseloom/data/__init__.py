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
    from poseloom.data.mixed_people import MixedPeople
    from poseloom.data.people_views import CropPlan, PeopleBatch, PeopleDataset
    from poseloom.data.picture_mixes import find_mix
    from poseloom.data.schema import Pair, Row, Text
    from poseloom.data.sources.catalogue import open_source
    from poseloom.data.table import Table
    from poseloom.data.text_views import PairTextDataset, TextDataset
    from poseloom.data.views import PairDataset, Sample, TableDataset, TableStream

_HOME = {
    "CropPlan": "people_views",
    "Describer": "builders.describe",
    "MixedPeople": "mixed_people",
    "Pair": "schema",
    "PairDataset": "views",
    "PairTextDataset": "text_views",
    "PeopleBatch": "people_views",
    "PeopleDataset": "people_views",
    "Row": "schema",
    "Sample": "views",
    "Table": "table",
    "TableDataset": "views",
    "TableStream": "views",
    "Text": "schema",
    "TextDataset": "text_views",
    "describe_table": "builders.describe",
    "executor": "executors",
    "find_mix": "picture_mixes",
    "open_source": "sources.catalogue",
    "pair_table": "builders.pairs",
    "prepare": "builders.rows",
}
__all__ = [
    "CropPlan",
    "Describer",
    "MixedPeople",
    "Pair",
    "PairDataset",
    "PairTextDataset",
    "PeopleBatch",
    "PeopleDataset",
    "Row",
    "Sample",
    "Table",
    "TableDataset",
    "TableStream",
    "Text",
    "TextDataset",
    "describe_table",
    "executor",
    "find_mix",
    "open_source",
    "pair_table",
    "prepare",
]

__getattr__ = names_of(__name__, _HOME)
