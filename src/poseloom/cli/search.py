"""``poseloom search "TEXT" --index DIR``: poses that meet a question; ``--like FILE``: poses like one."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import options

if TYPE_CHECKING:
    from poseloom.search import Answer, Hit, Index
    from poseloom.tasks.retrieval.predict import TextPoseSpace

_DIGITS = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="?", help='what to look for: "left hand above the head"')
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--index", metavar="DIR", help="folder made by 'poseloom index build'")
    where.add_argument("--table", metavar="TABLE", help="a table; its index is built beside it when it is needed")
    parser.add_argument("-k", type=int, default=10, metavar="N", help="most results (default: 10)")
    parser.add_argument(
        "--where", action="append", default=[], metavar="NAME=VALUE", help="only rows with this metadata; repeatable"
    )
    parser.add_argument("--near", action="store_true", help="where no row meets the question, show the nearest ones")
    parser.add_argument(
        "--embedding", metavar="NAME|PATH", help="model of an index of learned vectors (default: the shipped retrieval)"
    )
    parser.add_argument(
        "--statements", action="store_true", help="answer TEXT by its statements where the index has learned vectors"
    )
    parser.add_argument("--like", metavar="FILE", help="poses like the one in this file, instead of TEXT")
    parser.add_argument("--frame", type=int, metavar="N", help="with --like: which frame, counted from 0 (default: 0)")
    parser.add_argument("--mirrored", action="store_true", help="with --like: mirrored poses count as well")
    options.add_format(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom.search import Index

    _check(arguments)
    index = Index(arguments.index or _index_of(arguments.table))
    model = _model(arguments, index)
    if arguments.like is not None:
        hits: Sequence[Hit] = _like(arguments, index, model)
    elif model is not None:
        hits = _by_meaning(arguments, index, model)
    else:
        answer = index.search(arguments.text, arguments.k, arguments.where, arguments.near)
        _tell(answer)
        hits = answer.hits
        if not hits and not arguments.near:
            print("poseloom: --near shows the rows that come nearest", file=sys.stderr)
    if arguments.json:
        print(json.dumps([_row(hit) for hit in hits], indent=1, allow_nan=False))
        return
    for place, hit in enumerate(hits, start=1):
        mirrored = ", mirrored" if hit.mirrored else ""
        print(f"{place:2}. {hit.score:.3f}{mirrored}  {hit.id}" + (f"\n    {hit.text}" if hit.text else ""))


def _check(arguments: argparse.Namespace) -> None:
    if (arguments.text is None) == (arguments.like is None):
        raise PoseloomError("search needs either TEXT or --like FILE")
    if arguments.like is None:
        for option in ("frame", "mirrored", "source_format", "joint_map", "up", "unit", "fps"):
            if getattr(arguments, option) not in (None, False):
                name = {"source_format": "from", "joint_map": "joint-map"}.get(option, option)
                raise PoseloomError(f"--{name} goes with --like FILE, not with TEXT")


def _index_of(table: str) -> Path:
    from poseloom.cli.index import progress, tell_notes
    from poseloom.search import index_beside

    folder, built = index_beside(table, progress())
    if built is not None:
        tell_notes(built)
    return folder


def _model(arguments: argparse.Namespace, index: Index) -> TextPoseSpace | None:
    """The model of an index of learned vectors; None for other indices, and where it is not needed.

    Raises:
        PoseloomError: the index was built with another model.
    """
    from poseloom.tasks.retrieval.predict import LEARNED

    if not index.manifest.embedder.startswith(LEARNED):
        if arguments.embedding is not None:
            remedy = "'poseloom index build TABLE --embedding retrieval' makes one"
            raise FileError(index.folder, "is no index of learned vectors", remedy=remedy)
        return None
    if arguments.statements and arguments.like is None:
        return None
    from poseloom.checkpoints.registry import load_model

    model: TextPoseSpace = load_model(arguments.embedding or "retrieval", "retrieval")
    if model.name != index.manifest.embedder:
        problem = f"has vectors made by {index.manifest.embedder}, the model is {model.name}"
        raise FileError(index.folder, problem, remedy="name the model that it was built with: --embedding PATH")
    return model


def _by_meaning(arguments: argparse.Namespace, index: Index, model: TextPoseSpace) -> list[Hit]:
    from poseloom.cli import learned

    if not arguments.text.strip():
        raise PoseloomError("an empty question; say what to look for")
    with learned.told():
        vector = model.embed_texts([arguments.text])[0].numpy()
    return index.nearest(vector, arguments.k, arguments.where)


def _like(arguments: argparse.Namespace, index: Index, model: TextPoseSpace | None) -> list[Hit]:
    from poseloom import api

    clip = options.read_motion(arguments, arguments.like)
    frame = options.checked_frame(arguments.like, clip, arguments.frame or 0)
    pose = api.select(clip, [frame]).pose
    return index.like(pose, arguments.k, arguments.where, arguments.mirrored, embedder=model)


def _tell(answer: Answer) -> None:
    """What was understood, on stderr: results on stdout stay clean."""
    lines = list(answer.notes)
    if answer.plain:
        lines.append(f"looked for in the texts: {', '.join(answer.plain)}")
    if answer.unknown:
        lines.append(f"not understood and in no text: {', '.join(answer.unknown)}")
    if lines and answer.understood:
        lines.insert(0, f"understood: {'; '.join(answer.understood)}")
    for line in lines:
        print(f"poseloom: {line}", file=sys.stderr)


def _row(hit: Hit) -> dict[str, Any]:
    row: dict[str, Any] = {"id": hit.id, "score": round(hit.score, _DIGITS), "text": hit.text}
    if hit.metadata:
        row["metadata"] = hit.metadata
    if hit.holds is not None:
        row["holds"] = hit.holds
    if hit.mirrored:
        row["mirrored"] = True
    return row
