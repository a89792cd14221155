import subprocess
import sys

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import Kind, Pose, SamplerOptions, heading, sample, within_ranges
from poseloom.pose.capsules import penetration
from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import MOVEMENT_INDEX, arm_twist, from_matrices
from poseloom.pose.sampler import EVERYDAY, sample_labelled
from poseloom.pose.stances import stance_names, stances

COUNT = 1500


@pytest.fixture(scope="module")
def samples():
    return sample_labelled(COUNT, seed=3)


def test_samples_are_complete_poses_within_their_ranges(samples):
    assert samples.pose.rotations.shape == (COUNT, 52, 3) and samples.pose.rotations.dtype == torch.float32
    assert within_ranges(samples.pose).all()
    assert len(samples.stances) == len(samples.kinds) == COUNT


def test_samples_stand_on_the_floor(samples):
    edges = ContactFigure.of(samples.pose.matrices()).lower_edges() + samples.pose.translation[:, 1:2]
    torch.testing.assert_close(edges.amin(-1), torch.zeros(COUNT), atol=1e-4, rtol=0)
    for kind, lowest, highest in ((Kind.SITTING, 0.08, 0.85), (Kind.LYING, 0.05, 0.5), (Kind.STANDING, 0.7, 1.15)):
        height = samples.pose.translation[[row for row, name in enumerate(samples.kinds) if name == kind], 1]
        assert (height > lowest).all() and (height < highest).all(), kind


def test_limbs_stay_apart(samples):
    overlap = penetration(ContactFigure.of(samples.pose.matrices()))
    assert (overlap < 0.1).all() and (overlap < 0.05).float().mean() > 0.95


def test_standing_feet_are_both_on_the_floor():
    drawn = sample_labelled(300, seed=1, kinds="standing")
    figure = ContactFigure.of(drawn.pose.matrices())
    height = figure.positions[..., 1] + drawn.pose.translation[:, 1:2]
    ankles = height[:, [JOINT_INDEX["left_ankle"], JOINT_INDEX["right_ankle"]]]
    assert (ankles < 0.15).all()


def test_headings_are_uniform(samples):
    upright = [row for row, kind in enumerate(samples.kinds) if kind in (Kind.STANDING, Kind.WALKING)]
    angle = heading(samples.pose.rotations[upright, 0])
    counts = torch.histc(angle, bins=4, min=-torch.pi, max=torch.pi) / len(upright)
    assert (counts > 0.15).all()
    straight = heading(sample(100, kinds="standing", options=SamplerOptions(turn=False)).rotations[:, 0])
    assert straight.abs().max() < 1.0


def test_the_same_seed_gives_the_same_poses_whatever_torch_did_before():
    torch.manual_seed(1)
    first = sample(40, seed=7)
    torch.manual_seed(2)
    torch.rand(10)
    second = sample(40, seed=7)
    assert torch.equal(first.rotations, second.rotations) and torch.equal(first.translation, second.translation)
    assert not torch.equal(first.rotations, sample(40, seed=8).rotations)


def test_sampling_leaves_torchs_own_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    sample(5, seed=1)
    assert torch.equal(torch.rand(3), expected)


def test_another_process_draws_the_same_poses():
    program = (
        "import torch; from poseloom.pose import sample; p = sample(50, seed=11); "
        "print(f'{p.rotations.double().sum():.4f} {p.translation.double().sum():.4f}')"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    pose = sample(50, seed=11)
    assert outputs == {f"{pose.rotations.double().sum():.4f} {pose.translation.double().sum():.4f}\n"}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_be_asked_for(kind):
    drawn = sample_labelled(40, seed=2, kinds=kind)
    assert set(drawn.kinds) == {kind}
    assert within_ranges(drawn.pose).all()
    if kind not in (Kind.ARMS_ANYWHERE, Kind.GESTURING):
        assert all(kind.value in stances()[name].kinds for name in drawn.stances)


def test_shares_of_kinds_are_kept(samples):
    for kind, share in EVERYDAY.items():
        assert samples.kinds.count(kind) / COUNT == pytest.approx(share, abs=0.04)
    mixed = sample_labelled(400, kinds={"lying": 3, Kind.SITTING: 1}).kinds
    assert mixed.count(Kind.LYING) == pytest.approx(300, abs=40)
    assert set(sample_labelled(50, kinds=["lying", "arms-anywhere"]).kinds) == {Kind.LYING, Kind.ARMS_ANYWHERE}


def test_arms_anywhere_point_everywhere_that_shoulders_reach():
    angles = from_matrices(sample(800, kinds="arms anywhere").matrices())
    for side in ("left", "right"):
        swing, elevation = (angles[:, MOVEMENT_INDEX[f"{side}_shoulder_{kind}"]] for kind in ("swing", "elevation"))
        collar = angles[:, MOVEMENT_INDEX[f"{side}_collar_elevation"]]
        height = torch.sin(elevation + collar)
        for low in (-1.0, -0.5, 0.0, 0.5):
            assert ((height >= low) & (height < low + 0.5)).float().mean() > 0.1
        ahead = torch.cos(elevation) * torch.sin(swing)
        assert (ahead > 0.5).float().mean() > 0.1 and (ahead < -0.2).float().mean() > 0.05
        assert arm_twist(angles, side).std() > 0.5


def test_samples_differ_and_both_sides_get_their_share():
    pose = sample(600, kinds="balancing", options=SamplerOptions(turn=False))
    assert len(torch.unique(pose.rotations[:, 1].round(decimals=4), dim=0)) == 600
    kicks = sample_labelled(300, kinds="balancing")
    ankles = ContactFigure.of(kicks.pose.matrices()).positions[:, [7, 8], 1]
    left_higher = (ankles[:, 0] > ankles[:, 1]).float().mean()
    assert 0.35 < left_higher < 0.65


def test_no_noise_and_no_exchange_gives_the_stances_themselves():
    from poseloom.pose import stance

    plain = SamplerOptions(noise=0, mirror=0, other_arms=0, other_head=0, turn=False, hands=False)
    drawn = sample_labelled(60, kinds="kneeling", options=plain)
    for row, name in enumerate(drawn.stances):
        expected = stance(name).body()
        torch.testing.assert_close(drawn.pose[row].body().matrices(), expected.matrices(), atol=0.12, rtol=0)


def test_hands_vary_unless_told_not_to():
    assert sample(50).rotations[:, 22:].std(0).max() > 0.2
    still = sample(50, options=SamplerOptions(hands=False)).rotations[:, 22:]
    assert torch.allclose(still, still[:1].expand_as(still))


def test_small_and_empty_draws():
    assert sample(0).batch_shape == (0,)
    one = sample(1, device="cpu")
    assert isinstance(one, Pose) and one.batch_shape == (1,)
    assert set(sample_labelled(3).stances) <= set(stance_names())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kinds": "walkin"}, "did you mean 'walking'"),
        ({"kinds": []}, "at least one kind"),
        ({"kinds": {"lying": -1.0}}, "positive share"),
        ({"kinds": {"lying": float("nan")}}, "positive share"),
        ({"count": -1}, "0 or more"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, message):
    with pytest.raises(PoseloomError, match=message):
        sample(**{"count": 2, **arguments})


@pytest.mark.parametrize("options", [{"noise": -1}, {"noise": float("nan")}, {"mirror": 1.5}, {"other_arms": -0.1}])
def test_options_are_checked(options):
    with pytest.raises(PoseloomError, match=f"SamplerOptions.{next(iter(options))}"):
        SamplerOptions(**options)
