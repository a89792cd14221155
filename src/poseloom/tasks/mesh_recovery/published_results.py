"""What the benchmark published, to be read beside a run of one's own: the rows that differ from it in one thing.

PA-MPJPE, and MPJPE where it was told, on 3DPW's test split in mm. The rows of mixes 7 and 11 may be exchanged between
their losses, as the released settings are.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from poseloom.tasks.mesh_recovery.objectives.recipe import MeshRecipe

PA = "pa_mpjpe"
_VARIANTS = ("normal", "l1", "l1+coco", "l1+coco+aug")


@lru_cache(maxsize=1)
def published_results() -> dict[str, Any]:
    """The benchmark's tables by name: ``algorithms``, ``backbones``, ``inits``, ``mixes``; and ``source``."""
    text = (resources.files("poseloom.tasks.mesh_recovery") / "published_results.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def variant_of(recipe: MeshRecipe) -> str:
    """The column of the benchmark's table in which a recipe stands: ``normal``, ``l1``, ``l1+coco``, ``l1+coco+aug``.

    Others have a name of the same form that no column has, such as ``mse+mpii``.
    """
    parts: list[str] = [recipe.loss]
    if recipe.init.weights != "imagenet":
        parts.append(recipe.init.weights.rpartition("/")[2])
    return "+".join([*parts, *(["aug"] if recipe.augment == "on" else [])])


def rows_beside(recipe: MeshRecipe) -> dict[str, dict[str, float]]:
    """Name -> figures of the published runs that stand next to a recipe.

    Those of its algorithm in all variants; for HMR also its backbone, its first weights and its mix.
    """
    tables, rows = published_results(), {}
    algorithm = tables["algorithms"][recipe.algorithm]
    where = f"{recipe.algorithm}, {algorithm['backbone']}, {algorithm['mix']}"
    for variant in _VARIANTS:
        rows[f"{where}, {variant}"] = {PA: algorithm["pa_mpjpe"][variant]}
    if recipe.algorithm != "hmr":
        return rows
    backbone = recipe.backbone or algorithm["backbone"]
    if backbone in tables["backbones"]:
        rows[f"hmr, {backbone}, mix5, normal"] = dict(tables["backbones"][backbone])
    for init, figure in tables["inits"].get(backbone, {}).items():
        rows.setdefault(f"hmr, {backbone}, mix5, normal+{init}" if init != "imagenet" else "", {PA: figure})
    for loss, figure in tables["mixes"].get(recipe.data.mix, {}).items():
        rows[f"hmr, resnet50, {recipe.data.mix}, {loss}"] = {PA: figure}
    rows.pop("", None)
    return rows
