from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.bvh import read_bvh, read_bvh_motion
from poseloom.formats.bvh_write import euler_zxy_of, write_bvh
from poseloom.formats.skeleton_motion import forward_kinematics, from_euler
from poseloom.pose import rotations as rot
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_NAMES
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Clip, Pose


def random_clip(seed: int, frames: int = 5, joints: int = ALL_JOINTS, fps: float = 30.0) -> Clip:
    generator = torch.Generator().manual_seed(seed)
    rotations = torch.randn(frames, joints, 3, generator=generator)
    return Clip(Pose(rotations, torch.randn(frames, 3, generator=generator)), fps)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    joints=st.sampled_from([BODY_JOINTS, ALL_JOINTS]),
    fps=st.sampled_from([1.0, 24.0, 29.97, 30.0, 59.94, 120.0, 240.0]),
)
def test_reading_gives_back_what_was_written(tmp_path, seed, joints, fps):
    clip = random_clip(seed, joints=joints, fps=fps)
    path = tmp_path / "clip.bvh"
    write_bvh(clip, path)
    found = read_bvh(path)
    assert found.pose.joints == joints
    assert found.fps == pytest.approx(fps, rel=1e-9)
    turn = rot.rotvec_to_rotmat(found.pose.rotations.double()).mT @ rot.rotvec_to_rotmat(clip.pose.rotations.double())
    assert rot.rotmat_to_rotvec(turn).norm(dim=-1).max() < 1e-5
    torch.testing.assert_close(found.pose.translation, clip.pose.translation, atol=1e-6, rtol=0)


def test_right_angles_are_written_exactly():
    half, full = np.pi / 2, np.pi
    vectors = torch.tensor(
        [[half, 0, 0], [-half, 0, 0], [full, 0, 0], [0, full, 0], [0, 0, full], [0, half, 0], [half, half, half]],
        dtype=torch.float64,
    )
    matrices = rot.rotvec_to_rotmat(vectors).numpy()
    np.testing.assert_allclose(from_euler(np.stack(euler_zxy_of(matrices), -1), "ZXY"), matrices, atol=1e-12)


def test_bones_are_the_given_rest_offsets_in_centimetres(tmp_path):
    offsets = rest_offsets() * 0.5
    write_bvh(Clip(Pose.identity(2, joints=BODY_JOINTS)), tmp_path / "half.bvh", rest_offsets=offsets)
    motion = read_bvh_motion(tmp_path / "half.bvh")
    assert set(motion.skeleton.names) == set(JOINT_NAMES[:BODY_JOINTS])
    for name, offset in zip(motion.skeleton.names, motion.skeleton.offsets, strict=True):
        expected = offsets[JOINT_NAMES.index(name)] * 100
        np.testing.assert_allclose(offset, expected, atol=1e-5)


def test_positions_on_the_written_skeleton_are_those_of_the_pose(tmp_path):
    from poseloom.pose.joints import PARENTS
    from poseloom.pose.kinematics import forward_kinematics as ours

    clip = random_clip(1)
    write_bvh(clip, tmp_path / "clip.bvh")
    motion = read_bvh_motion(tmp_path / "clip.bvh")
    world = forward_kinematics(motion)
    _, expected = ours(clip.pose.matrices(), rest_offsets(), PARENTS, clip.pose.translation)
    for joint, name in enumerate(motion.skeleton.names):
        places = world.positions[joint] / 100
        np.testing.assert_allclose(places, expected[:, JOINT_NAMES.index(name)], atol=1e-5)


def test_angles_do_not_jump_between_frames(tmp_path):
    turn = torch.linspace(0, 12, 60)
    rotations = torch.zeros(60, BODY_JOINTS, 3)
    rotations[:, 0, 1] = turn
    write_bvh(Clip(Pose(rotations)), tmp_path / "turn.bvh")
    rows = [line.split() for line in (tmp_path / "turn.bvh").read_text().splitlines()[-60:]]
    heading = np.array([float(row[5]) for row in rows])
    np.testing.assert_allclose(heading, np.degrees(turn.numpy()), atol=1e-3)


def test_nothing_is_left_when_writing_fails(tmp_path):
    clip = random_clip(0)
    with pytest.raises(FileError, match="does not exist"):
        write_bvh(clip, tmp_path / "nowhere" / "clip.bvh")
    with pytest.raises(FileError, match="is a folder"):
        write_bvh(clip, tmp_path)
    with pytest.raises(PoseloomError, match="no frames"):
        write_bvh(Clip(Pose.identity(0)), tmp_path / "none.bvh")
    with pytest.raises(PoseloomError, match=r"rest_offsets: expected \(52, 3\)"):
        write_bvh(clip, tmp_path / "short.bvh", rest_offsets=torch.zeros(22, 3))
    assert list(tmp_path.iterdir()) == []
