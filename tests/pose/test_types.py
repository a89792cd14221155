import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.pose import Clip, Pose, concatenate, heading, stack
from poseloom.pose import rotations as rot

BATCHES = st.lists(st.integers(1, 3), max_size=3).map(tuple)


def random_pose(batch=(), joints=52, seed=0, **fields):
    generator = torch.Generator().manual_seed(seed)
    return Pose(torch.randn(*batch, joints, 3, generator=generator), **fields)


def full_pose(batch=(4,), seed=0):
    generator = torch.Generator().manual_seed(seed)

    def draw(*own):
        return torch.randn(*batch, *own, generator=generator)

    return Pose(draw(52, 3), draw(3), draw(10), "smplh", draw(3, 3))


@settings(deadline=None, max_examples=30)
@given(BATCHES, st.sampled_from([22, 52]), st.integers(0, 1000))
def test_mirror_twice_is_the_same_pose(batch, joints, seed):
    pose = random_pose(batch, joints, seed, translation=torch.randn(*batch, 3))
    twice = pose.mirror().mirror()
    assert torch.equal(twice.rotations, pose.rotations)
    assert torch.equal(twice.translation, pose.translation)


@settings(deadline=None, max_examples=30)
@given(BATCHES, st.sampled_from([22, 52]), st.integers(0, 1000))
def test_sixd_and_matrices_lead_back_to_the_same_rotations(batch, joints, seed):
    pose = random_pose(batch, joints, seed)
    for again in (Pose.from_sixd(pose.sixd()), Pose.from_matrices(pose.matrices())):
        assert again.batch_shape == batch
        torch.testing.assert_close(again.matrices(), pose.matrices(), atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(-3, 3))
def test_heading_removal_forgets_any_turn_about_the_vertical_and_nothing_else(seed, angle):
    pose = random_pose((5,), 22, seed, translation=torch.randn(5, 3))
    turned = pose.turned(rot.axis_to_rotmat(torch.tensor(angle), "Y"))
    a, b = pose.without_heading(), turned.without_heading()
    torch.testing.assert_close(a.matrices(), b.matrices(), atol=1e-4, rtol=0)
    torch.testing.assert_close(a.translation, b.translation, atol=1e-4, rtol=0)
    torch.testing.assert_close(heading(a.rotations[..., 0, :]), torch.zeros(5), atol=1e-4, rtol=0)
    assert torch.equal(a.rotations[..., 1:, :], pose.rotations[..., 1:, :])


def test_heading_is_the_turn_to_the_own_left():
    root = torch.tensor([0.0, 0.7, 0.0])
    torch.testing.assert_close(heading(root), torch.tensor(0.7))


def z_up(rotations):
    """Poses of a Z-up world in ours: the root turned by -90 degrees about x."""
    return Pose(rotations).turned(rot.axis_to_rotmat(torch.tensor(-torch.pi / 2), "X"))


def test_heading_removal_matches_the_golden_case(golden):
    _, arrays = golden("text-pose/pose_normalisation")
    data = {name: torch.from_numpy(array) for name, array in arrays.items()}
    raw_a, raw_b = (data[name].reshape(-1, 52, 3) for name in ("raw_a", "raw_b"))
    for raw, normalised in ((raw_a, "pose_a"), (raw_b, "pose_b_out_of_sequence")):
        ours, theirs = z_up(raw).without_heading(), z_up(data[normalised])
        torch.testing.assert_close(ours.matrices(), theirs.matrices(), atol=2e-5, rtol=0)
    back = rot.axis_to_rotmat(-heading(z_up(raw_a).rotations[..., 0, :]), "Y")
    in_sequence = z_up(raw_b).turned(back)
    torch.testing.assert_close(in_sequence.matrices(), z_up(data["pose_b_in_sequence"]).matrices(), atol=2e-5, rtol=0)


def test_mirror_matches_the_golden_case(golden):
    _, arrays = golden("text-pose/pose_normalisation")
    pose = Pose(torch.from_numpy(arrays["pose_a"]))
    for ours, name in ((pose, "mirrored_a_52"), (pose.body(), "mirrored_a_22")):
        theirs = rot.rotvec_to_rotmat(torch.from_numpy(arrays[name]))
        torch.testing.assert_close(ours.mirror().matrices(), theirs, atol=1e-5, rtol=0)


def test_mirror_exchanges_the_sides_of_every_field():
    pose = full_pose()
    mirrored = pose.mirror()
    torch.testing.assert_close(mirrored.rotations[:, 1], pose.rotations[:, 2] * torch.tensor([1.0, -1, -1]))
    torch.testing.assert_close(mirrored.translation, pose.translation * torch.tensor([-1.0, 1, 1]))
    torch.testing.assert_close(mirrored.face[:, 1], pose.face[:, 2] * torch.tensor([1.0, -1, -1]))
    assert torch.equal(mirrored.shape, pose.shape)


def test_slices_index_every_field():
    pose = full_pose((4, 6))
    for index in (1, slice(1, 3), (slice(None), 2), torch.tensor([0, 2]), (1, 2)):
        part = pose[index]
        for name in ("rotations", "translation", "shape", "face"):
            assert torch.equal(getattr(part, name), getattr(pose, name)[index]), name
    assert pose[..., 1].batch_shape == (4,)
    assert pose.reshape(24).batch_shape == (24,)
    assert len(list(pose)) == len(pose) == 4


def test_a_single_pose_has_no_axis_to_index():
    with pytest.raises(IndexError):
        random_pose()[0]
    with pytest.raises(TypeError):
        len(random_pose())


def test_body_and_hands_views():
    pose = full_pose()
    assert pose.body().joints == 22 and pose.body().translation is pose.translation
    with_hands = pose.body().with_hands()
    assert with_hands.joints == 52
    assert torch.equal(with_hands.rotations[:, 22:], torch.zeros(4, 30, 3))
    assert Pose.identity(2, 3).batch_shape == (2, 3)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"rotations": torch.zeros(5, 3)}, "rotations"),
        ({"rotations": torch.zeros(22, 4)}, "rotations"),
        ({"rotations": torch.zeros(22, 3, dtype=torch.long)}, "rotations"),
        ({"rotations": [[0.0] * 3] * 22}, "rotations"),
        ({"rotations": torch.full((22, 3), torch.nan)}, "rotations"),
        ({"rotations": torch.zeros(22, 3), "translation": torch.zeros(2, 3)}, "translation"),
        ({"rotations": torch.zeros(22, 3), "translation": torch.full((3,), torch.inf)}, "translation"),
        ({"rotations": torch.zeros(2, 22, 3), "shape": torch.zeros(10)}, "shape"),
        ({"rotations": torch.zeros(22, 3), "face": torch.zeros(2, 3)}, "face"),
    ],
)
def test_errors_name_the_field(fields, name):
    with pytest.raises(PoseloomError, match=rf"Pose\.{name}") as caught:
        Pose(**fields)
    assert "\n" not in str(caught.value)


def test_concatenate_and_stack():
    a, b = full_pose((4,), 0), full_pose((4,), 1)
    assert concatenate([a, b]).batch_shape == (8,)
    assert stack([a, b]).batch_shape == (2, 4)
    assert torch.equal(stack([a, b])[1].rotations, b.rotations)
    with pytest.raises(PoseloomError, match="22 and of 52"):
        concatenate([a, b.body()])
    with pytest.raises(PoseloomError, match="translation"):
        concatenate([a, Pose(b.rotations, shape_model="smplh")])
    with pytest.raises(PoseloomError, match="at least one"):
        stack([])


def test_clips_need_frames_and_a_frame_rate():
    clip = Clip(random_pose((10,)), fps=20)
    assert len(clip) == 10 and clip.seconds == 0.5
    assert len(clip[::2]) == 5 and clip[::2].fps == 10
    with pytest.raises(PoseloomError, match=r"Clip\.pose"):
        Clip(random_pose())
    for fps in (0, -1, float("inf"), float("nan")):
        with pytest.raises(PoseloomError, match=r"Clip\.fps"):
            Clip(random_pose((2,)), fps=fps)


def test_gradients_reach_the_rotations():
    rotations = torch.zeros(2, 22, 3, requires_grad=True)
    pose = Pose(rotations)
    (pose.mirror().without_heading().matrices().sum() + pose.sixd().sum()).backward()
    assert torch.isfinite(rotations.grad).all()
