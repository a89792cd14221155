"""Model files of the SMPL family, forged at small size in the published layouts."""

import pickle

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body import Body
from poseloom.body.smpl import SmplBody
from poseloom.pose import PARENTS, Pose

VERTICES = 60
SMPL_PARENTS = [*PARENTS[:22], 20, 21]
SMPLX_PARENTS = [*PARENTS[:22], 15, 15, 15, *[p + 3 if p >= 22 else p for p in PARENTS[22:]]]
TREES = {"smpl": SMPL_PARENTS, "smplh": list(PARENTS), "smplx": SMPLX_PARENTS}


def model_arrays(parents, seed=0, shape_columns=16):
    random = np.random.default_rng(seed)
    joints = len(parents)
    regressor = random.random((joints, VERTICES))
    weights = random.random((VERTICES, joints))
    tree = np.array([[2**32 - 1, *parents[1:]], range(joints)], dtype=np.uint32)
    return {
        "v_template": random.normal(size=(VERTICES, 3)),
        "shapedirs": random.normal(size=(VERTICES, 3, shape_columns)) * 0.01,
        "posedirs": random.normal(size=(VERTICES, 3, 9 * (joints - 1))) * 0.001,
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": tree,
        "f": random.integers(0, VERTICES, (40, 3)).astype(np.uint32),
    }


def save(path, arrays):
    if path.suffix == ".pkl":
        path.write_bytes(pickle.dumps(arrays, protocol=2))
    else:
        np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("suffix", [".npz", ".pkl"])
@pytest.mark.parametrize("family", TREES)
def test_each_member_of_the_family_is_recognised_by_its_joints(tmp_path, family, suffix):
    body = SmplBody.load(save(tmp_path / f"model{suffix}", model_arrays(TREES[family])))
    pose = Pose(torch.randn(2, 3, 52, 3) * 0.2, torch.randn(2, 3, 3))
    assert isinstance(body, Body) and body.shape_model == family
    assert body.joints(pose).shape == (2, 3, 22 if family == "smpl" else 52, 3)
    assert body.mesh(pose).vertices.shape == (2, 3, VERTICES, 3)
    assert body.skeleton().names[:3] == ("pelvis", "left_hip", "right_hip")


def test_zero_pose_is_the_template_and_smpls_own_translation_is_added(tmp_path):
    arrays = model_arrays(TREES["smplh"])
    body = SmplBody.load(save(tmp_path / "model.npz", arrays))
    shift, still = torch.tensor([1.0, 2.0, 3.0]), torch.eye(3).expand(52, 3, 3)
    template = torch.tensor(arrays["v_template"]).float()
    assert torch.allclose(body.posed(still, shift).mesh().vertices, template + shift, atol=1e-5)
    assert torch.allclose(body.posed(still).mesh().vertices, template, atol=1e-5)


def test_the_translation_of_a_pose_is_where_the_pelvis_is(tmp_path):
    body = SmplBody.load(save(tmp_path / "model.npz", model_arrays(TREES["smplh"])))
    rotations, there = torch.randn(3, 52, 3), torch.randn(3, 3)
    shape = torch.randn(3, 10)
    for pose in (Pose(rotations, there), Pose(rotations, there, shape, "smplh")):
        assert torch.allclose(body.joints(pose)[:, 0], there, atol=1e-5)
        at_rest = body.shaped(pose.shape).rest_pelvis
        explicit = body.posed(body.local_rotations(pose), there - at_rest, pose.shape)
        assert torch.allclose(body.mesh(pose).vertices, explicit.mesh().vertices, atol=1e-5)
    assert body.joints(Pose(rotations))[:, 0].abs().max() < 1e-5


def test_whole_body_turn_is_about_the_rest_pelvis(tmp_path):
    body = SmplBody.load(save(tmp_path / "model.npz", model_arrays(TREES["smplh"])))
    rotations = torch.zeros(52, 3)
    rotations[0, 1] = 1.0
    turned = body.posed(body.local_rotations(Pose(rotations)))
    assert torch.allclose(turned.joints[0], body.skeleton().positions[0], atol=1e-5)


def test_shape_of_the_same_family_is_used(tmp_path):
    body = SmplBody.load(save(tmp_path / "model.npz", model_arrays(TREES["smplh"])))
    rotations = torch.zeros(1, 52, 3)
    plain = body.mesh(Pose(rotations)).vertices
    assert not torch.allclose(body.mesh(Pose(rotations, None, torch.ones(1, 10), "smplh")).vertices, plain)
    assert torch.equal(body.mesh(Pose(rotations, None, torch.ones(1, 6), "anny")).vertices, plain)
    with pytest.raises(PoseloomError, match="16 shape coefficients"):
        body.mesh(Pose(rotations, None, torch.ones(1, 17), "smplh"))


def test_expression_columns_of_smplx_are_not_shape(tmp_path):
    arrays = model_arrays(TREES["smplx"], shape_columns=20)
    assert SmplBody.load(save(tmp_path / "model.npz", arrays)).coefficients == 10


def test_jaw_of_smplx_follows_the_face(tmp_path):
    body = SmplBody.load(save(tmp_path / "model.npz", model_arrays(TREES["smplx"])))
    rotations, face = torch.zeros(1, 52, 3), torch.zeros(1, 3, 3)
    face[0, 0, 0] = 0.3
    still, moved = (body.mesh(Pose(rotations, face=value)).vertices for value in (None, face))
    assert (still - moved).abs().max() > 1e-3


def test_gradients_reach_the_pose_at_rest(tmp_path):
    body = SmplBody.load(save(tmp_path / "model.npz", model_arrays(TREES["smpl"])))
    rotations = torch.zeros(2, 52, 3, requires_grad=True)
    body.mesh(Pose(rotations)).vertices.square().sum().backward()
    assert rotations.grad.isfinite().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": None}, "weights: is missing"),
        ({"v_template": np.zeros((5, 2))}, r"v_template: is float64 of shape \(5, 2\)"),
        ({"posedirs": np.zeros((VERTICES, 3, 7))}, "posedirs"),
        ({"kintree_table": np.zeros((2, 30), np.uint32)}, "has 30 joints; expected 24, 52 or 55"),
        ({"f": np.full((2, 3), VERTICES)}, "points outside the 60 vertices"),
        ({"J_regressor": np.full((52, VERTICES), np.nan)}, "J_regressor: holds NaN"),
        ({"kintree_table": np.array([[0, 5, *([0] * 50)], range(52)])}, "stands before its parent"),
    ],
)
def test_a_damaged_model_file_is_told_by_its_field(tmp_path, change, message):
    arrays = {**model_arrays(TREES["smplh"]), **change}
    arrays = {name: value for name, value in arrays.items() if value is not None}
    with pytest.raises(PoseloomError, match=message):
        SmplBody.load(save(tmp_path / "model.npz", arrays))


def test_unknown_suffix_and_missing_file(tmp_path):
    with pytest.raises(PoseloomError, match="unknown kind of body model"):
        SmplBody.load(tmp_path / "model.obj")
    with pytest.raises(PoseloomError, match="does not exist"):
        SmplBody.load(tmp_path / "model.npz")
