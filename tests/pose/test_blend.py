import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.pose import Pose
from poseloom.pose import rotations as rot
from poseloom.pose.blend import blend, ease


def two_poses(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (
        Pose(torch.randn(5, 22, 3, generator=generator) * 0.7, torch.randn(5, 3, generator=generator)) for _ in range(2)
    )


def test_the_ends_are_the_poses_themselves():
    start, end = two_poses()
    for weight, expected in ((0.0, start), (1.0, end)):
        pose = blend(start, end, torch.full((5,), weight))
        assert torch.allclose(pose.matrices(), expected.matrices(), atol=1e-5)
        assert torch.allclose(pose.translation, expected.translation, atol=1e-6)


@given(st.floats(0, 1))
def test_joints_turn_at_constant_speed(weight):
    start, end = two_poses()
    middle = blend(start, end, torch.full((5,), weight))

    def angle(a, b):
        return rot.rotmat_to_rotvec(a.matrices().transpose(-1, -2) @ b.matrices()).norm(dim=-1)

    assert torch.allclose(angle(start, middle), weight * angle(start, end), atol=2e-3)


def test_batch_axes_broadcast_and_a_missing_translation_is_dropped():
    start, end = two_poses()
    pose = blend(start[:1], Pose(end.rotations[:1]), torch.linspace(0, 1, 7))
    assert pose.batch_shape == (7,) and pose.translation is None


def test_ease_starts_and_stops_smoothly():
    weights = ease(torch.tensor([-1.0, 0.0, 0.01, 0.5, 1.0, 2.0]))
    assert torch.allclose(weights, torch.tensor([0.0, 0.0, 0.0003, 0.5, 1.0, 1.0]), atol=1e-4)
