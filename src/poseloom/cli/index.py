"""``poseloom index build TABLE ... --out DIR``, ``poseloom index info DIR``: make a table searchable."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError
from poseloom.base.progress import Step, report
from poseloom.cli import options, printing

if TYPE_CHECKING:
    from poseloom.results import IndexDescribed
    from poseloom.search import Index

_MIBIBYTE = 1 << 20
SPACE = "embedding"
"""Task of the models that bring pictures, poses and texts into one space."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(parser))
    build = actions.add_parser("build", help="index tables of poses", description="Index tables of poses.")
    tables = "folder of a table ('poseloom data prepare' makes one); of several, ids begin with the folder's name"
    build.add_argument("table", metavar="DIR", nargs="+", help=tables)
    build.add_argument("--out", metavar="DIR", required=True, help="folder of the index")
    learned = "vectors of a learned model: retrieval, or embedding for photos and mixtures (default: geometry)"
    build.add_argument("--model", metavar="NAME|PATH", help=learned)
    options.add_alias(build, "--embedding", "model")
    found = "with a model of one space, what is found (default: pictures where the table has any, else poses)"
    build.add_argument("--of", choices=("image", "pose", "text"), help=found)
    pictures = "with a model of one space, folder that the paths of pictures begin in (default: the table's)"
    build.add_argument("--pictures", type=Path, metavar="DIR", help=pictures)
    kept = "with a model of one space, folder that keeps what its encoders make (default: until the index is whole)"
    build.add_argument("--features", type=Path, metavar="DIR", help=kept)
    options.add_device(build)
    build.add_argument("--add", action="store_true", help="add to the index: the rows that it does not have yet")
    options.add_json(build)
    info = actions.add_parser("info", help="what an index holds", description="What an index holds.")
    info.add_argument("index", metavar="DIR", help="folder of the index")
    info.add_argument("--check", action="store_true", help="compare every file with its checksum")
    options.add_json(info)


def run(arguments: argparse.Namespace) -> None:
    {"build": _build, "info": _info}[arguments.action](arguments)


def _build(arguments: argparse.Namespace) -> None:
    from poseloom.data.table import Table
    from poseloom.results import IndexBuilt
    from poseloom.search import TableRows, build_index
    from poseloom.search.tables import NamedRows, names_of

    tables, embedder = [Table(one) for one in arguments.table], None
    if _is_of_space(arguments):
        from poseloom.checkpoints.space_index import build_space_index

        kept = {"pictures": arguments.pictures, "features": arguments.features}
        built = build_space_index(
            tables, arguments.out, arguments.model, arguments.of, **kept, add=arguments.add, progress=progress
        )
    else:
        if arguments.model is not None:
            from poseloom.checkpoints.registry import load_model

            embedder = load_model(arguments.model, "retrieval")
        names = names_of(arguments.table)
        rows = [NamedRows(TableRows(one), name) for one, name in zip(tables, names, strict=True)]
        built = build_index(rows, arguments.out, add=arguments.add, embedder=embedder, progress=progress)
    printing.tell(built.notes)
    if arguments.json:
        printing.print_json(IndexBuilt(Path(arguments.out), built.rows, built.added, notes=tuple(built.notes)))
        return
    added = f", {built.added:,} of them new" if arguments.add else ""
    print(f'{arguments.out}: {built.rows:,} rows{added}; poseloom search "TEXT" --index {arguments.out}')


def _is_of_space(arguments: argparse.Namespace) -> bool:
    """Whether the model that is named is one space of pictures, poses and texts.

    Raises:
        PoseloomError: it is not, but options of one are given; there is no such model.
    """
    if arguments.model is not None:
        from poseloom.checkpoints.registry import model_path
        from poseloom.training.export import read_card

        if read_card(model_path(arguments.model)).task == SPACE:
            return True
    for option in ("of", "pictures", "features"):
        if getattr(arguments, option) is not None:
            raise PoseloomError(f"--{option} goes with a model of one space: --model {SPACE}")
    return False


def progress(done: int, total: int) -> None:
    """Tell how many rows are indexed."""
    report(Step("indexing", done, total, "rows"))


def _info(arguments: argparse.Namespace) -> None:
    from poseloom.search import Index

    index = Index(arguments.index)
    if arguments.check:
        index.check()
    told = _described(index)
    if arguments.json:
        printing.print_json(told)
        return
    print(f"{arguments.index}: {told.rows:,} rows, {told.bytes / _MIBIBYTE:,.1f} MiB")
    vectors = f"{told.dimensions} numbers a row by {told.embedder}" if told.dimensions else "none"
    print(f"vectors: {vectors}, compared {'one by one' if told.exact else 'within cells (faiss)'}")
    print(f"questions about poses: {'yes' if told.features else 'no, the rows have no poses'}")
    print(f"filters: {', '.join(told.metadata) or 'none'}")
    if told.example:
        print(f"first row: {told.example['id']}: {told.example['text']}")
    if arguments.check:
        print("every file has its checksum")


def _described(index: Index) -> IndexDescribed:
    from poseloom.results import IndexDescribed

    manifest = index.manifest
    first = index.hit(0)
    return IndexDescribed(
        rows=len(index),
        bytes=sum(stored.bytes for _, stored in manifest.files()),
        embedder=manifest.embedder,
        dimensions=manifest.dimensions,
        features=manifest.features,
        exact=not manifest.cells,
        metadata=tuple(index.metadata_names()),
        segments=tuple({"rows": one.rows, "source": one.source} for one in manifest.segments),
        example={"id": first.id, "text": first.text, "metadata": first.metadata},
    )
