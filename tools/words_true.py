"""Tells which share of what texts claim is true of their poses, by plain geometry (`tests/prompts/seen.py`) that shares
nothing with the rules that write and read texts; what no pattern knows counts as unjudged.

    python tools/words_true.py POSES.npz [describe|short|caption|instruct|instruct-model ...] [--count 200] [--fails]

The npz holds `pose` (n, 22, 3) and, for instructions, `pairs_within` and `pairs_across` (m, 2).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "prompts"))
KINDS = ("describe", "short", "caption", "instruct", "instruct-model")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("poses", type=Path)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all by default")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="chooses poses and words")
    parser.add_argument("--fails", action="store_true", help="show what is false")
    parser.add_argument("--unjudged", action="store_true", help="show what no pattern knows")
    arguments = parser.parse_args()
    arrays = np.load(arguments.poses)
    unknown = set(arguments.kinds) - set(KINDS)
    if unknown:
        parser.error(f"unknown kinds: {', '.join(sorted(unknown))}")
    for kind in arguments.kinds or KINDS:
        _report(kind, _judged(kind, arrays, arguments), arguments)


def _judged(kind: str, arrays: Any, arguments: argparse.Namespace) -> list[tuple[str, list[Any]]]:
    """Texts and their claims."""
    from claimed import claims_of
    from claimed_changes import changes_claimed
    from seen import poses_seen

    import poseloom

    generator = np.random.default_rng(arguments.seed)
    if kind.startswith("instruct"):
        half = arguments.count // 2
        chosen = [generator.choice(arrays[name], half, replace=False) for name in ("pairs_within", "pairs_across")]
        first, second = (_poses(arrays, np.concatenate(chosen)[:, place]) for place in (0, 1))
        model = "instruction" if kind == "instruct-model" else None
        texts = poseloom.instruct(first, second, arguments.seed, model=model)
        seen = zip(poses_seen(first), poses_seen(second), strict=True)
        return [(text, changes_claimed(text, *pair)) for text, pair in zip(texts, seen, strict=True)]
    rows = np.flatnonzero(arrays["ok"]) if "ok" in arrays else np.arange(len(arrays["pose"]))
    poses = _poses(arrays, generator.choice(rows, arguments.count, replace=False))
    if kind == "caption":
        texts = poseloom.load_model("captioning").caption(poses)
    else:
        texts = poseloom.describe(poses, arguments.seed, style="short" if kind == "short" else "paragraph")
    return [(text, claims_of(text, one)) for text, one in zip(texts, poses_seen(poses), strict=True)]


def _poses(arrays: Any, rows: Any) -> Any:
    from poseloom.pose import Pose

    return Pose(torch.from_numpy(arrays["pose"][rows].astype(np.float32)))


def _report(kind: str, judged: list[tuple[str, list[Any]]], arguments: argparse.Namespace) -> None:
    counts = Counter(claim.holds for _, claims in judged for claim in claims)
    known = counts[True] + counts[False]
    words = sum(len(text.split()) for text, _ in judged) / max(len(judged), 1)
    print(
        f"{kind}: {counts[True]} of {known} judged claims true ({100 * counts[True] / max(known, 1):.1f} %), "
        f"{counts[None]} unjudged, {len(judged)} texts, {words:.0f} words each"
    )
    for text, claims in judged:
        for claim in claims:
            if (arguments.fails and claim.holds is False) or (arguments.unjudged and claim.holds is None):
                print(f"  {claim.holds}: {claim.words!r} in {text!r}")


if __name__ == "__main__":
    main()
