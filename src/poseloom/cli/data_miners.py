"""``poseloom data pairs --miner NAME``: how pairs are found; all but writing them into words."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.progress import Step
from poseloom.base.progress import report as tell
from poseloom.cli.options import add_alias

if TYPE_CHECKING:
    from poseloom.data.build import Report
    from poseloom.data.builders.pairs import Pairing
    from poseloom.data.executors import Executor
    from poseloom.data.manifest import Part

_NEAR_OPTIONS = ("least", "most", "every", "window")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the miners."""
    parser.add_argument(
        "--miner",
        default="near",
        metavar="NAME",
        help="near: poses a step apart, shard by shard; posefix: by the rules of PoseFix, among all (default: near)",
    )
    parser.add_argument("--least", type=float, metavar="M", help="near: least distance (default: 0.08 m a joint)")
    parser.add_argument("--most", type=float, metavar="M", help="near: greatest distance (default: 0.35)")
    parser.add_argument("--every", type=int, metavar="N", help="near: every N-th row is a first pose (default: 1)")
    parser.add_argument("--window", type=int, metavar="N", help="near: rows in which the second is (default: 32)")
    recorded = "posefix: frames a second of the recordings (default: 120)"
    parser.add_argument("--fps", type=float, metavar="N", help=recorded)
    add_alias(parser, "--frame-rate", "fps", type=float)


def mined(arguments: argparse.Namespace, pairing: Pairing, executor: Executor, report: Report) -> Part:
    """Add the pairs that the chosen miner finds.

    Raises:
        PoseloomError: there is no such miner, or an option of another one was given.
    """
    if arguments.miner not in _MINERS:
        names = list(_MINERS)
        raise PoseloomError(
            f"--miner {arguments.miner!r}: expected {' or '.join(names)}{closest(arguments.miner, names)}"
        )
    return _MINERS[arguments.miner](arguments, pairing, executor, report)


def _near(arguments: argparse.Namespace, pairing: Pairing, executor: Executor, report: Report) -> Part:
    from poseloom.data import pair_table
    from poseloom.data.builders.neighbours import MiningOptions

    _refuse(arguments, ("fps",), "posefix")
    given = {name: getattr(arguments, name) for name in _NEAR_OPTIONS}
    mining = MiningOptions(**{name: value for name, value in given.items() if value is not None})
    return pair_table(arguments.table, arguments.seed, executor, pairing=pairing, mining=mining, report=report)


def _posefix(arguments: argparse.Namespace, pairing: Pairing, executor: Executor, report: Report) -> Part:
    from poseloom.data.builders.posefix_pairs import FRAME_RATE, posefix_pairs

    _refuse(arguments, _NEAR_OPTIONS, "near")
    return posefix_pairs(
        arguments.table,
        arguments.seed,
        executor,
        frame_rate=FRAME_RATE if arguments.fps is None else arguments.fps,
        pairing=pairing,
        sought=_sought,
        report=report,
    )


_MINERS: dict[str, Callable[[argparse.Namespace, Pairing, Executor, Report], Part]] = {
    "near": _near,
    "posefix": _posefix,
}


def _refuse(arguments: argparse.Namespace, names: tuple[str, ...], miner: str) -> None:
    for name in names:
        if getattr(arguments, name) is not None:
            raise PoseloomError(f"--{name.replace('_', '-')} goes with --miner {miner}, not with {arguments.miner}")


def _sought(done: int, poses: int) -> None:
    """Told by the search after every block of poses."""
    tell(Step("seeking pairs", done, poses, "poses"))
