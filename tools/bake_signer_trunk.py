"""Bake the signed distance from the free body's head and trunk, which the signer's hands and arms keep out of.

python tools/bake_signer_trunk.py

Distances to the fine mesh at rest on a grid over the right half (the left one is its mirror image), whole millimetres,
negative inside. The arms are left out; inside and outside are told by winding numbers. A minute of CPU.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from scipy import ndimage
from scipy.spatial import cKDTree

from poseloom.body import AnnyBody
from poseloom.pose.joints import JOINT_NAMES
from poseloom.signer.shoulders import chest_origin

OUT = Path(__file__).resolve().parent.parent / "src" / "poseloom" / "signer" / "trunk.safetensors"
LOW, STEP, COUNT = (0.0, -0.8, -0.3), 0.0125, (25, 101, 49)
"""Metres (right, up, out) from the middle between the shoulders: first grid point, spacing; points along each axis."""
WIDEST, ARMPIT = 0.172, -0.2
"""Metres from the midplane at which the arms begin, and height above which they are."""
SAMPLES = 600_000
AT_ONCE = 400
FARTHEST = 127
NEAR = 0.012
"""Metres from the skin within which its own normals tell inside and outside."""


def main() -> None:
    torch.set_num_threads(1)
    points = _grid().reshape(-1, 3)
    coarse, faces, _ = _mesh("preview")
    armless = ((points[:, 0] < WIDEST) | (points[:, 1] < ARMPIT)).numpy()
    solid = ((_winding(points, coarse, faces) > 0.5).numpy() & armless).reshape(COUNT)
    solid = solid | ndimage.binary_fill_holes(ndimage.binary_closing(solid, iterations=1))
    vertices, faces, arm = (each.numpy() for each in _mesh("full"))
    distances, outside = _distances(points.numpy(), vertices, faces, arm, solid)
    inside = solid.reshape(-1)
    near = (distances < NEAR) & armless
    inside = np.where(near, ~outside, inside)
    signed = np.where(inside, -distances, distances).reshape(COUNT)
    millimetres = np.clip(np.round(signed * 1000), -FARTHEST, FARTHEST).astype(np.int8)
    grid = {"low": torch.tensor(LOW), "step": torch.tensor([STEP])}
    save_file({"distance": torch.from_numpy(millimetres), **grid}, OUT)
    print(f"{OUT.name}: {OUT.stat().st_size} bytes, {inside.mean():.1%} inside, deepest {signed.min():.3f} m")


def _mesh(name: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Vertices (right, up, out) from the middle between the shoulders, faces, and which vertices an arm carries."""
    body = AnnyBody(name)
    shaped = body.shaped()
    vertices = (shaped.at_rest() - shaped.joints[0] - chest_origin()) * torch.tensor([-1.0, 1.0, 1.0])
    weights = shaped.binding.unflatten(-1, (-1, 4))[..., 3]
    first = JOINT_NAMES.index("left_shoulder")
    carried = weights[:, first:52].sum(-1) > 0.6
    return vertices, body.faces.flip(-1), carried  # the mirrored axis turns the faces over


def _grid() -> torch.Tensor:
    axes = [low + STEP * torch.arange(count) for low, count in zip(LOW, COUNT, strict=True)]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)


def _winding(points: torch.Tensor, vertices: torch.Tensor, faces: torch.Tensor) -> torch.Tensor:
    """How often the surface goes round each point (solid angles of all faces)."""
    corners = vertices[faces]
    found = []
    for block in points.split(AT_ONCE):
        a, b, c = (corners[None, :, place] - block[:, None] for place in range(3))
        la, lb, lc = a.norm(dim=-1), b.norm(dim=-1), c.norm(dim=-1)
        volume = (a * torch.linalg.cross(b, c)).sum(-1)
        rest = la * lb * lc + (a * b).sum(-1) * lc + (b * c).sum(-1) * la + (c * a).sum(-1) * lb
        found.append(torch.atan2(volume, rest).sum(-1) / (2 * torch.pi))
    return torch.cat(found).abs()


def _distances(
    points: np.ndarray, vertices: np.ndarray, faces: np.ndarray, arm: np.ndarray, solid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """To samples of the outer surface, none of mouth and eyes, and on which side of the nearest one points lie."""
    kept = faces[~arm[faces].all(-1)]
    corners = vertices[kept]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normal, axis=-1)
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(kept), SAMPLES, p=area / area.sum())
    u, v = rng.random((2, SAMPLES))
    over = u + v > 1
    u[over], v[over] = 1 - u[over], 1 - v[over]
    a, b, c = corners[chosen].transpose(1, 0, 2)
    samples = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    deep = ndimage.distance_transform_edt(solid, sampling=STEP)
    place = (np.abs(samples * [1, 0, 0]) + samples * [0, 1, 1] - np.array(LOW)) / STEP
    outer = ndimage.map_coordinates(deep, place.T, order=1, mode="nearest") < 1.5 * STEP
    samples, normals = samples[outer], (normal / area[:, None])[chosen][outer]
    distances, nearest = cKDTree(samples).query(points)
    return distances, ((points - samples[nearest]) * normals[nearest]).sum(-1) > 0


if __name__ == "__main__":
    main()
