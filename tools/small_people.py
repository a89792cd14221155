"""Make the people from which the small network of mesh recovery learns: pictures of a table through the trunk.

    poseloom data render POSES --out TABLE --size 192x192 --body preview --layers none
    python tools/small_people.py TABLE PEOPLE/first --part 0/2 &
    python tools/small_people.py TABLE PEOPLE/first --part 1/2 &
    python tools/small_people.py TABLE PEOPLE/again --seed 1       # cut, coloured and mirrored in other ways

Some thirty people a second; a stopped process goes on where it was. A person takes 7 kB. Training takes all folders
within PEOPLE; each tenth shard of a table is held out in all of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from poseloom.data.table import Table
from poseloom.tasks.mesh_recovery.small_maps import shipped_trunk
from poseloom.tasks.mesh_recovery.small_people import SHARD, make_people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", type=int, help="the first rows of the table alone")
    parser.add_argument("--part", default="0/1", help="of the shards: which one of how many equal parts, from 0")
    given = parser.parse_args()
    part, parts = (int(value) for value in given.part.split("/"))
    torch.set_num_threads(1)
    rows = min(len(Table(given.table)), given.rows or len(Table(given.table)))
    shards = range(part, -(-rows // SHARD), parts)
    make_people(
        shipped_trunk(),
        given.table,
        given.folder,
        shards,
        given.seed,
        lambda number: print("shard", number, flush=True),
    )


if __name__ == "__main__":
    main()
