"""The tables of PoseEmbroider's paper for any models, beside each other, as Markdown.

    python tools/space_table.py MODEL [MODEL ...] --table TABLE [--split val] [--features DIR] [--held-out 1000]

MODEL is a shipped name, the folder of a run or an exported model: spaces give the table of any-to-any retrieval, models
that tell bodies or instructions those of theirs. Figures are those of `poseloom evaluate`; --features keeps what the
frozen encoders make, so that a second model on the same encoders takes seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from poseloom.checkpoints.registry import model_path
from poseloom.tasks import task_of
from poseloom.tasks.embedding.modalities import QUERIES
from poseloom.training import evaluate
from poseloom.training.export import read_card
from poseloom.training.recipe_files import recipe_of

Figures = Mapping[str, float]
_DEPTHS = (1, 5, 10)
_RETRIEVAL, _BODIES = "mrecall", "pa_mpjpe"
_ERRORS = {"pa_mpjpe": "after the best similarity, mm", "mpjpe": "of joints, mm", "degrees": "of rotations, degrees"}
_TEXTS = {"bleu": "BLEU-4", "rouge_l": "ROUGE-L", "meteor_es": "METEOR"}


def figures_of(model: str, data: Mapping[str, str], split: str) -> Figures:
    """The figures of a model's own protocol on a table."""
    path = Path(model) / "model.safetensors" if Path(model).is_dir() else model_path(model)
    values = read_card(path).recipe
    task = task_of(values)
    recipe = recipe_of(values, task.recipe, [(f"data.{key}", value) for key, value in data.items()], path)
    return evaluate(task.build(recipe), split, weights=path)


def retrieval(found: Mapping[str, Figures]) -> list[str]:
    """R@1, R@5, R@10 of the nine types of questions, and their means."""
    rows = [_row("question", [f"{name} R@1 / 5 / 10" for name in found])]
    for query in QUERIES:
        told = [" / ".join(f"{one[f'{query.name}_r{k}']:.1f}" for k in _DEPTHS) for one in found.values()]
        rows.append(_row(query.name.replace("_to_", " -> ").replace("+", " and "), told))
    for key, name in (("mrecall_single", "single"), ("mrecall_dual", "double"), ("mrecall", "**mRecall**")):
        rows.append(_row(name, [f"{one[key]:.1f}" for one in found.values()]))
    return rows


def parts(found: Mapping[str, Figures], kinds: Mapping[str, str], what: str) -> list[str]:
    """Figures that are named after what is given, one row for each."""
    ending = next(iter(kinds))
    given = [name.removesuffix(f"_{ending}") for name in next(iter(found.values())) if name.endswith(f"_{ending}")]
    # the aligned error ends as the plain one does
    given = [one for one in given if not one.endswith("_pa")]
    head = _row(what, [f"{name} {told}" for name in found for told in kinds.values()])
    rows = [[f"{figures[f'{one}_{kind}']:.1f}" for figures in found.values() for kind in kinds] for one in given]
    return [head, *(_row(one, row) for one, row in zip(given, rows, strict=True))]


def _row(first: str, others: Sequence[str]) -> str:
    return f"| {first} | {' | '.join(others)} |"


def _show(title: str, found: Mapping[str, Figures], made: Callable[[Mapping[str, Figures]], list[str]]) -> None:
    if not found:
        return
    head, *rows = made(found)
    print(f"\n{title}\n\n{head}\n{'| --- ' * (head.count('|') - 1)}|")
    print("\n".join(rows), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--table", required=True)
    parser.add_argument("--pictures", default="")
    parser.add_argument("--features", default="")
    parser.add_argument("--split", default="val")
    parser.add_argument("--held-out", type=int, default=1000, help="rows that are measured, the first ones")
    given = parser.parse_args()
    data = {"table": given.table, "pictures": given.pictures, "features": given.features}
    found = {
        Path(one).stem: figures_of(one, {**data, "held_out": str(given.held_out)}, given.split) for one in given.models
    }
    spaces = {name: one for name, one in found.items() if _RETRIEVAL in one}
    bodies = {name: one for name, one in found.items() if any(key.endswith(_BODIES) for key in one)}
    words = {name: one for name, one in found.items() if name not in spaces and name not in bodies}
    _show("Any-to-any retrieval, percent.", spaces, retrieval)
    _show("Errors of bodies.", bodies, lambda some: parts(some, _ERRORS, "given"))
    _show("Instructions, 0 to 100.", words, lambda some: parts(some, _TEXTS, "from"))


if __name__ == "__main__":
    main()
