"""Make the pairs from which lifting is learned: drawn people through the network of landmarks, with the truth.

    python tools/lifting_pairs.py FOLDER --poses train.npz --count 20000 --part 0/2 &
    python tools/lifting_pairs.py FOLDER --poses train.npz --count 20000 --part 1/2 &

Some twenty pairs a second and process; a stopped process goes on where it was. With --looks 2 each person is seen in
two pictures; with --maps the small network of mesh recovery can learn from them as well, which takes 5.5 kB a look.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from poseloom.checkpoints.people import keypoint_reader
from poseloom.tasks.lifting.pairs import SHARD, make_pairs
from poseloom.tasks.lifting.poses import captured_poses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--poses", type=Path, help="motion file of captured poses; sampled poses alone without it")
    parser.add_argument("--count", type=int, default=20_000, help="pictures")
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--looks", type=int, default=1, help="pictures of each person")
    parser.add_argument("--maps", action="store_true", help="keep the network's maps")
    parser.add_argument("--part", default="0/1", help="of the shards: which one of how many equal parts, from 0")
    given = parser.parse_args()
    part, parts = (int(value) for value in given.part.split("/"))
    torch.set_num_threads(1)
    captured = captured_poses(given.poses) if given.poses else None
    last = given.first + -(-given.count // SHARD)
    shards = range(given.first + part, last, parts)
    make_pairs(
        keypoint_reader(),
        given.folder,
        shards,
        captured,
        lambda number: print("shard", number, flush=True),
        given.looks,
        given.maps,
    )


if __name__ == "__main__":
    main()
