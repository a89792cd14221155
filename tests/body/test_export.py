import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.body.export import skinned_mesh, static_mesh
from poseloom.pose import Clip, Pose
from poseloom.pose.rotations import rotvec_to_rotmat


def everyday_clip(frames=4):
    generator = torch.Generator().manual_seed(1)
    rotations = torch.randn(frames, 52, 3, generator=generator) * 0.25
    return Clip(Pose(rotations, torch.randn(frames, 3, generator=generator)), 30.0, "moves")


def skinned_by_hand(mesh, frame):
    """Vertices of one frame from nothing but the arrays that go into the file."""
    joints = len(mesh.parents)
    turn, place = np.zeros((joints, 3, 3)), np.zeros((joints, 3))
    for joint, parent in enumerate(mesh.parents):
        local = mesh.rotations[frame, joint]
        if parent < 0:
            turn[joint], place[joint] = local, mesh.rest_joints[joint] + mesh.translation[frame]
        else:
            turn[joint] = turn[parent] @ local
            place[joint] = place[parent] + turn[parent] @ (mesh.rest_joints[joint] - mesh.rest_joints[parent])
    relative = mesh.vertices[:, None] - mesh.rest_joints[mesh.joint_indices]
    moved = np.einsum("vkij,vkj->vki", turn[mesh.joint_indices], relative) + place[mesh.joint_indices]
    return (moved * mesh.weights[..., None]).sum(1) / mesh.weights.sum(1)[:, None]


def test_skinned_free_body_moves_as_the_body_does_but_for_millimetres():
    clip, body = everyday_clip(), default_body("full")
    mesh = skinned_mesh(clip, body)
    for frame in range(len(clip)):
        expected = body.mesh(clip.pose[frame]).vertices.numpy()
        error = np.linalg.norm(skinned_by_hand(mesh, frame) - expected, axis=-1)
        assert error.mean() < 1e-3 and np.quantile(error, 0.99) < 0.015


def test_skinned_mesh_names_every_joint_and_keeps_the_rate():
    mesh = skinned_mesh(everyday_clip(), default_body("preview"))
    assert len(mesh.joint_names) == 52 and mesh.fps == 30 and mesh.name == "moves"
    assert np.allclose(mesh.weights.sum(1), 1, atol=1e-5)


def test_static_mesh_is_the_posed_surface():
    pose, body = everyday_clip().pose[2], default_body("preview")
    mesh = static_mesh(pose, body)
    assert np.allclose(mesh.vertices, body.mesh(pose).vertices.numpy()) and len(mesh.faces) == len(body.faces)
    with pytest.raises(PoseloomError, match="single pose"):
        static_mesh(everyday_clip().pose, body)


def test_shape_of_the_first_frame_is_kept():
    pose = everyday_clip().pose
    tall = torch.tensor([0.5, 0.7, 0.5, 0.5, 1.0, 0.5]).expand(4, 6)
    shaped = skinned_mesh(Clip(Pose(pose.rotations, pose.translation, tall, "anny")), default_body())
    plain = skinned_mesh(Clip(pose), default_body())
    assert np.ptp(shaped.vertices[:, 1]) > np.ptp(plain.vertices[:, 1]) + 0.05


def test_smpl_family_is_skinned_on_its_own_joints(tmp_path):
    from test_smpl_files import TREES, model_arrays, save

    from poseloom.body.smpl import SmplBody

    body = SmplBody.load(save(tmp_path / "model.npz", model_arrays(TREES["smplx"])))
    clip = everyday_clip(2)
    mesh = skinned_mesh(clip, body)
    assert mesh.joint_names[22:25] == ("jaw", "left_eye", "right_eye")
    assert np.abs(mesh.rest_joints[0]).max() < 1e-6  # so that the translation is where the pelvis is
    assert np.allclose(mesh.rest_joints[1], body.skeleton().offsets[1], atol=1e-5)
    assert np.allclose(mesh.rotations[0, 25], rotvec_to_rotmat(clip.pose.rotations[0, 22]).numpy(), atol=1e-6)
