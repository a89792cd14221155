"""``poseloom models``: models that are here and what is known of them, import of published ones, export."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import options, printing

if TYPE_CHECKING:
    from poseloom.checkpoints.released import ReleasedCheckpoint
    from poseloom.nn.text.vocabulary import Vocabulary
    from poseloom.tasks.mesh_recovery.released import ReleasedNetwork
    from poseloom.training.export import ModelCard

_MEBIBYTE = 1 << 20
_WIDTH = 16
_GENERAL_NAMES = ("checkpoint_best", "checkpoint_release", "checkpoint_last", "model")
"""Stems of files that do not tell which model they hold."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="models_command", metavar="COMMAND", required=True, parser_class=type(parser))
    for name, (summary, add, _) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        add(command)
        options.add_json(command)


def run(arguments: argparse.Namespace) -> None:
    _COMMANDS[arguments.models_command][2](arguments)


# -- options -------------------------------------------------------------------------------------------------------


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "'poseloom models info NAME' tells more of one."


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="NAME|PATH", help="a name that 'poseloom models list' shows, or a file")


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="checkpoint (.pth) or the archive that it came in")
    parser.add_argument("--out", type=Path, metavar="FILE", help="NAME.safetensors; its card is written beside it")
    parser.add_argument("--stage2", type=Path, metavar="FILE", help="stage 2 (G2) of PG2, where FILE is stage 1 (G1)")
    parser.add_argument(
        "--vocabulary",
        type=Path,
        metavar="PATH",
        help="of a model with words of its own: the data set's folder, the original's .pkl, or a word list",
    )
    parser.add_argument(
        "--extra-words", type=Path, metavar="FILE", help="words that followed the data set's texts, one a line"
    )
    parser.add_argument(
        "--body", type=Path, metavar="DIR", help="folder of SMPL's files, for GraphCMR and Mesh Graphormer"
    )
    options.add_force(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="NAME|PATH", help="a name that 'poseloom models list' shows, or a file")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE|DIR", help="NAME.safetensors, or a folder")


# -- commands ------------------------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> None:
    from poseloom.checkpoints.listing import model_list

    known = model_list()
    if arguments.json:
        printing.print_json(known)
        return
    for row in known.models:
        told = "not in this installation"
        if row.parameters is not None and row.bytes is not None:
            told = f"{row.parameters / 1e6:5.1f} M numbers, {row.bytes / _MEBIBYTE:5.1f} MiB  {row.summary}"
        print(f"{row.name:{_WIDTH}}{told}")


def _info(arguments: argparse.Namespace) -> None:
    from poseloom.checkpoints.listing import model_card
    from poseloom.checkpoints.registry import model_path
    from poseloom.training.export import read_card

    path = model_path(arguments.model)
    if arguments.json:
        printing.print_json(model_card(path))
        return
    card = read_card(path)
    _print_card(path, card)


def _print_card(path: Path, card: ModelCard) -> None:
    print(f"{card.task}, {card.name}: {card.card.summary}")
    rows = {
        "file": str(path),
        "numbers": f"{card.parameters:,} ({card.precision})",
        "words": f"{len(words):,}" if (words := card.extras.get("words") or card.extras.get("vocabulary")) else "",
        "trained on": card.card.data,
        "measured": card.card.measured,
        **{f"  {name}": f"{value:.4g}" for name, value in card.figures.items()},
        "limits": card.card.limits,
        "licence": card.card.licence,
        "thanks": card.card.attribution,
        "made by": f"poseloom {card.poseloom}" if card.poseloom else "",
    }
    width = max(_WIDTH, *(len(name) + 2 for name in rows))
    for name, value in rows.items():
        if value:
            print(f"{name:{width}}{value}")


def _import(arguments: argparse.Namespace) -> None:
    from poseloom.base.files import refuse_source, writable_target
    from poseloom.checkpoints.converted import write_converted
    from poseloom.checkpoints.released import read_released
    from poseloom.results import ModelImported
    from poseloom.tasks.mesh_recovery.released import read_released_network
    from poseloom.training.export import card_path

    read = (arguments.file, arguments.stage2, arguments.vocabulary, arguments.extra_words)
    if arguments.out is not None:
        refuse_source(arguments.out, *read, force=arguments.force)
        writable_target(arguments.out)
    network = read_released_network(arguments.file)
    if network is not None:
        _import_network(network, arguments)
        return
    checkpoint = read_released(arguments.file, second=arguments.stage2)
    vocabulary, notes = _vocabulary(checkpoint, arguments)
    out = arguments.out or Path(_name_of(arguments.file, checkpoint)).with_suffix(".safetensors")
    for written in (out, card_path(out)):
        refuse_source(written, *read, force=arguments.force)
    card = write_converted(checkpoint, out, vocabulary)
    words = None if vocabulary is None else len(vocabulary)
    made = ModelImported(out, card.task, checkpoint.kind.name, card.parameters, words, notes=notes)
    printing.tell(made.notes)
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{out}: {made.kind}, task {made.task}, {made.parameters:,} numbers")


def _import_network(network: ReleasedNetwork, arguments: argparse.Namespace) -> None:
    """A network of mesh recovery."""
    from poseloom.base.files import refuse_source
    from poseloom.checkpoints.networks import import_network
    from poseloom.results import ModelImported
    from poseloom.training.export import card_path

    out = arguments.out or Path(arguments.file.stem).with_suffix(".safetensors")
    for written in (out, card_path(out)):
        refuse_source(written, arguments.file, force=arguments.force)
    card = import_network(network, out, arguments.body)
    kind = f"{network.choice.algorithm} on {network.choice.network}"
    made = ModelImported(out, card.task, kind, card.parameters, None, notes=())
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{out}: {made.kind}, task {made.task}, {made.parameters:,} numbers")


def _vocabulary(
    checkpoint: ReleasedCheckpoint, arguments: argparse.Namespace
) -> tuple[Vocabulary | None, tuple[str, ...]]:
    """The model's words, and what the user should know where they are missing."""
    from poseloom.checkpoints.vocabularies import find_vocabulary

    given = arguments.vocabulary
    if not checkpoint.words:
        if given is not None or arguments.extra_words is not None:
            raise FileError(arguments.file, "has no words of its own", remedy="leave --vocabulary out")
        return None, ()
    try:
        words = find_vocabulary(
            checkpoint.vocabulary, checkpoint.words, source=given, extra_words=arguments.extra_words
        )
    except PoseloomError as mistake:
        if given is not None:
            raise
        return None, (f"{mistake}; until then the model cannot read or say words (--vocabulary)",)
    return words, ()


def _name_of(file: Path, checkpoint: ReleasedCheckpoint) -> str:
    return f"{checkpoint.kind.task}-published" if file.stem in _GENERAL_NAMES else file.stem


def _export(arguments: argparse.Namespace) -> None:
    from poseloom.base.files import atomic_write, writable_target
    from poseloom.checkpoints.registry import SUFFIX, model_path
    from poseloom.results import ModelExported
    from poseloom.training.export import card_path, read_model

    source = model_path(arguments.model)
    if source.suffix != SUFFIX:
        raise PoseloomError(f"{arguments.model}: has several files and cannot be exported; copy those beside {source}")
    card, _ = read_model(source)
    out = arguments.out / source.name if arguments.out.is_dir() else arguments.out
    if out.suffix != SUFFIX:
        raise FileError(out, f"does not end in {SUFFIX}", remedy=f"name it {out.stem}{SUFFIX}, or name a folder")
    if out.resolve() == source.resolve():
        raise FileError(out, "is the model itself", remedy="name another place")
    writable_target(card_path(out))
    with atomic_write(out) as weights, atomic_write(card_path(out)) as words:
        weights.write_bytes(source.read_bytes())
        words.write_bytes(card_path(source).read_bytes())
    made = ModelExported(out, card_path(out), card.task, card.parameters)
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{out}: task {made.task}, {made.parameters:,} numbers; its card is {made.card}")


_Command = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], None]]
_COMMANDS: dict[str, _Command] = {
    "list": ("the models that poseloom ships", _add_list, _list),
    "info": ("what is known of a model: data, figures, limits, licence", _add_info, _info),
    "import": (
        "make a model of published weights: PoseScript and its kin, mesh recovery, PG2, PN-GAN, PATN, DPIG",
        _add_import,
        _import,
    ),
    "export": ("copy a model and its card to another place", _add_export, _export),
}
"""Name -> summary, what adds its options, what it does."""
