"""Stores a model's weights as int8: ``python tools/quantise.py retrieval --out small/retrieval.safetensors``.

Every tensor of two axes or more becomes whole numbers of eight bits with one scale for each output channel (see
`poseloom.training.quantised`); the card comes along, with its new checksum. What is read is expanded when the model is
opened. ``poseloom evaluate small/retrieval.safetensors`` tells what it costs.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

from poseloom.base.errors import PoseloomError
from poseloom.base.files import refuse_source
from poseloom.checkpoints.registry import model_path
from poseloom.training.export import read_model, weights_file, write_model

MEGABYTE = 1e6
SUFFIX = ".safetensors"


def quantise(model: str, out: Path) -> tuple[int, int]:
    """Write a model anew; gives the bytes of its weights before and after.

    Raises:
        PoseloomError: there is no such model, or the place cannot be written or is the model's own.
    """
    path = model_path(model)
    if out.suffix != SUFFIX:
        raise PoseloomError(f"{out}: does not end in {SUFFIX}")
    refuse_source(out, path)
    card, weights = read_model(path)
    content = weights_file(weights, "int8")
    write_model(replace(card, precision="int8", sha256=hashlib.sha256(content).hexdigest()), content, out)
    return path.stat().st_size, len(content)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="name of a shipped model, or the path of one")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=f"a {SUFFIX} file; its card lies beside"
    )
    given = parser.parse_args()
    try:
        before, after = quantise(given.model, given.out)
    except PoseloomError as mistake:
        print(f"quantise: {mistake}", file=sys.stderr)
        return 2
    print(f"{given.out}: {before / MEGABYTE:.2f} MB -> {after / MEGABYTE:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
