"""Stages of a body: each step by itself gives what the short cuts give, and kinematics are worked out once."""

from __future__ import annotations

import pytest
import torch

from poseloom.body import Body, default_body
from poseloom.body import anny as anny_module
from poseloom.body import smpl as smpl_module
from poseloom.body.smpl import SmplBody
from poseloom.pose import Pose
from smpl_standins import write_smplh


def poses(shape_model: str = "", coefficients: int = 0) -> Pose:
    generator = torch.Generator().manual_seed(3)
    shape = torch.rand(4, coefficients, generator=generator) if coefficients else None
    return Pose(
        0.4 * torch.randn(4, 52, 3, generator=generator), torch.randn(4, 3, generator=generator), shape, shape_model
    )


@pytest.fixture(params=["anny", "smplh"])
def body_and_pose(request, tmp_path) -> tuple[Body, Pose]:
    if request.param == "anny":
        return default_body(), poses("anny", 6)
    return SmplBody.load(write_smplh(tmp_path / "smplh.npz")), poses("smplh", 4)


def test_stages_one_by_one_are_joints_and_mesh(body_and_pose):
    body, pose = body_and_pose
    posed = body.shaped(pose.shape).posed(pose)
    torch.testing.assert_close(posed.joints, body.joints(pose))
    torch.testing.assert_close(posed.mesh().vertices, body.mesh(pose).vertices)
    torch.testing.assert_close(posed.transforms[..., :3, 3], posed.joints)
    assert isinstance(body, Body)


def test_a_shaped_body_ignores_the_shape_of_poses(body_and_pose):
    body, pose = body_and_pose
    average = body.shaped().posed(pose).joints
    torch.testing.assert_close(average, body.joints(Pose(pose.rotations, pose.translation)))
    assert not torch.allclose(average, body.joints(pose), atol=1e-3)


def test_joints_and_surface_share_one_forward_kinematics(body_and_pose, monkeypatch):
    body, pose = body_and_pose
    body.joints(pose)
    calls = []
    for module in (anny_module, smpl_module):
        known = module.forward_kinematics
        counted = lambda *a, known=known, **k: calls.append(1) or known(*a, **k)  # noqa: E731
        monkeypatch.setattr(module, "forward_kinematics", counted)
    posed = body.shaped(None).posed(pose)
    assert posed.joints.shape == (4, 52, 3) and posed.mesh().vertices is posed.mesh().vertices
    assert len(calls) == 1


def test_transforms_carry_a_child_joint_with_its_parent(body_and_pose):
    body, pose = body_and_pose
    shaped = body.shaped()
    posed, rest = shaped.posed(pose), body.shaped().posed(Pose(torch.zeros(52, 3))).joints
    elbow, wrist = 18, 20
    carried = posed.transforms[:, elbow] @ torch.cat([rest[wrist] - rest[elbow], torch.ones(1)])
    torch.testing.assert_close(carried[:, :3], posed.joints[:, wrist], atol=1e-5, rtol=1e-5)
