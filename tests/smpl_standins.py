"""Model files in the published layouts: the surface of the free body, and the SMPL of golden cases."""

import importlib.util
from pathlib import Path

import numpy as np
import torch

from poseloom.body import default_body
from poseloom.pose import PARENTS

SMPLX_PARENTS = (*PARENTS[:22], 15, 15, 15, *(p + 3 if p >= 22 else p for p in PARENTS[22:]))
_NEAREST = 12
"""Vertices whose mean makes a joint."""
_INSIDE = np.array([0.5, 0.3, 0.2])
"""Shares of the corners in a point inside a face."""
_LOW = np.array([0.0, -0.22, 0.0])
"""SMPL's pelvis rests that much below the origin."""
GOLDEN_VERTICES = 6890


def golden_fill():
    """fill(name, shape) -> the numbers that golden cases are filled with."""
    path = Path(__file__).parent / "golden" / "fill.py"
    spec = importlib.util.spec_from_file_location("fill", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fill


def mean_regressor(rows):
    """Joints that are the means of every so many vertices."""
    regressor = np.zeros((rows, GOLDEN_VERTICES), np.float32)
    regressor[np.arange(GOLDEN_VERTICES) % rows, np.arange(GOLDEN_VERTICES)] = 1
    return regressor / regressor.sum(1, keepdims=True)


def write_golden_smpl(path, golden):
    """The SMPL of the golden case smpl-standin: of the right sizes, with made-up numbers."""
    parents = np.array(golden("mesh-recovery/smpl-standin")[0]["config"]["body"]["parents"])
    fill, joint, vertices = golden_fill(), np.arange(GOLDEN_VERTICES) % 24, np.arange(GOLDEN_VERTICES)
    weights = np.zeros((GOLDEN_VERTICES, 24), np.float32)
    weights[vertices, joint] += np.where(joint == 0, 1.0, 0.75)
    weights[vertices, parents[joint]] += np.where(joint == 0, 0.0, 0.25)
    np.savez(
        path,
        v_template=0.5 * fill("standin.v_template", (GOLDEN_VERTICES, 3)),
        shapedirs=0.1 * fill("standin.shapedirs", (GOLDEN_VERTICES, 3, 10)),
        posedirs=fill("standin.posedirs", (207, 3 * GOLDEN_VERTICES)).T.reshape(GOLDEN_VERTICES, 3, 207),
        J_regressor=mean_regressor(24),
        weights=weights,
        kintree_table=np.stack([parents.astype(np.uint32), np.arange(24, dtype=np.uint32)]),
        f=np.array([[0, 1, 2]], np.uint32),
    )
    return path


def write_smplh(path, mesh="preview"):
    """The surface as it is."""
    vertices, joints, weights, faces = _surface(mesh)
    np.savez(path, **_arrays(vertices + _LOW, joints + _LOW, weights, faces, PARENTS, columns=16))
    return path


def write_smplx(path, mesh="preview", stretch=(1.0, 1.0, 1.0), columns=20, elsewhere=False):
    """The surface with its vertices in another order, stretched, with jaw and eyes.

    With `elsewhere` its vertices lie inside the faces of the other one, and its own faces mean nothing.
    """
    vertices, joints, weights, faces = _surface(mesh)
    if elsewhere:
        vertices, weights = ((values[faces] * _INSIDE[:, None]).sum(1) for values in (vertices, weights))
        faces = faces % len(vertices)
    order = np.random.default_rng(5).permutation(len(vertices))
    place = np.argsort(order)
    head = joints[15]
    face_joints = head + np.array([[0, 0.02, 0.03], [0.03, 0.09, 0.08], [-0.03, 0.09, 0.08]])
    joints = np.concatenate([joints[:22], face_joints, joints[22:]])
    weights = np.concatenate([weights[:, :22], np.zeros((len(weights), 3)), weights[:, 22:]], axis=1)
    stretch = np.array(stretch)
    arrays = _arrays(
        vertices[order] * stretch + _LOW, joints * stretch + _LOW, weights[order], place[faces], SMPLX_PARENTS, columns
    )
    np.savez(path, **arrays)
    return path


def _surface(mesh):
    body = default_body(mesh)
    rig = body.rig()
    tensors = (rig.vertices, rig.skeleton.positions, rig.weights)
    vertices, joints, weights = (tensor.double().numpy() for tensor in tensors)
    return vertices, joints, weights, body.faces.numpy()


def _arrays(vertices, joints, weights, faces, parents, columns):
    shapes = np.zeros((len(vertices), 3, columns))
    for axis in range(3):  # the first three coefficients stretch the body along an axis each
        shapes[:, axis, axis] = 0.02 * vertices[:, axis]
    shapes[..., 3:] = np.random.default_rng(1).normal(size=(1, 3, columns - 3)) * 1e-3 * vertices[:, 1:2, None]
    return {
        "v_template": vertices,
        "shapedirs": shapes,
        "posedirs": np.random.default_rng(2).normal(size=(len(vertices), 3, 9 * (len(joints) - 1))) * 1e-5,
        "J_regressor": _regressor(vertices, joints),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, *parents[1:]], range(len(parents))], dtype=np.uint32),
        "f": faces.astype(np.uint32),
    }


def _regressor(vertices, joints):
    """Rows that sum to one and make each joint of the vertices around it."""
    apart = torch.cdist(torch.from_numpy(joints), torch.from_numpy(vertices))
    regressor = np.zeros((len(joints), len(vertices)))
    for joint, near in enumerate(apart.topk(_NEAREST, largest=False).indices.numpy()):
        system = np.concatenate([vertices[near].T, np.ones((1, _NEAREST))])
        regressor[joint, near] = np.linalg.lstsq(system, np.append(joints[joint], 1.0), rcond=None)[0]
    return regressor
