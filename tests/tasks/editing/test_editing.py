import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.language.claims.checking import check_instructions
from poseloom.nn.text.reading import WordReader
from poseloom.nn.text.words import WordList
from poseloom.pose import Pose, stack
from poseloom.pose.contact import ground
from poseloom.pose.limbs import LIMBS
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.pose.types import heading
from poseloom.tasks import task
from poseloom.tasks.editing.predict import SAMPLES_FOR_EACH, PoseEditor
from poseloom.training import fit
from tiny_models import tiny_recipe

TEXT = "Raise the left arm and bend the right knee."


@pytest.fixture
def model(tiny_models):
    return load_model(tiny_models["editing"])


@pytest.fixture
def pose():
    """A person who stands somewhere, turned, with hands that are no others'."""
    body = sample(1, seed=3).rotations[0]
    whole = Pose(body, torch.tensor([1.0, 0.9, -2.0])).with_hands()
    hands = torch.cat([whole.rotations[:22], torch.full((30, 3), 0.1)])
    return Pose(hands, whole.translation).turned(axis_to_rotmat(torch.tensor(1.1), "Y"))


def test_it_trains(tmp_path):
    recipe = tiny_recipe("editing", steps=4, batch_size=16)
    result = fit(task("editing").build(recipe), recipe, tmp_path / "run")
    assert set(result.figures) == {"facts", "unnamed", "mpjpe", "mpjpe_unchanged"}
    assert load_model(result.model).edit(sample(1, seed=1).body(), TEXT).poses.joints == 22


def test_place_hands_and_joints_are_those_of_the_pose(model, pose):
    edited = model.edit(pose, TEXT, n=3).poses
    assert edited.rotations.shape == (3, 52, 3)
    assert torch.equal(edited.translation, pose.translation.expand(3, 3))
    assert torch.equal(edited.rotations[:, 22:], pose.rotations[22:].expand(3, -1, -1))
    assert model.edit(pose.body(), TEXT).poses.rotations.shape == (1, 22, 3)


def test_a_turned_pose_is_edited_alike(model, pose):
    turn = axis_to_rotmat(torch.tensor(-2.0), "Y")
    here, there = (model.edit(one, TEXT, seed=4).poses for one in (pose, pose.turned(turn)))
    torch.testing.assert_close(there.matrices(), here.turned(turn).matrices(), atol=1e-4, rtol=0)
    assert heading(there.rotations[:, 0]).abs().max() > 0.1


def test_the_seed_chooses_the_poses(model, pose):
    a, b, c = (model.edit(pose, TEXT, n=2, seed=seed).poses for seed in (1, 1, 2))
    assert torch.equal(a.rotations, b.rotations) and not torch.allclose(a.rotations, c.rotations)


def test_checked_poses_follow_better(model, pose):
    plain, checked = (model.edit(pose, TEXT, n=4, verify=verify) for verify in (False, True))
    assert checked.facts.share.mean() >= plain.facts.share.mean()
    assert checked.verified and not plain.verified


@pytest.mark.parametrize("verify", [False, True])
def test_the_facts_are_those_of_the_poses_that_are_given(model, pose, verify):
    made = model.edit(pose, TEXT, n=3, verify=verify)
    before = stack([pose.body()] * 3)
    checked = check_instructions([TEXT] * 3, before, made.poses.body())
    assert made.facts.holds.tolist() == [[bool(one) for one in row.holds] for row in checked]
    assert made.facts.judged.all() and made.facts.stated == ("left arm go up", "right knee bend more")


class Drawn(PoseEditor):
    """In every 32nd place the left arm is raised a little, in the next one far; elsewhere nothing changes."""

    def _sample(self, pose, instruction, count, generator):
        rotations = pose.rotations.repeat(count, 1, 1)
        rotations[7::SAMPLES_FOR_EACH, 16, 2] += 2.0
        rotations[8::SAMPLES_FOR_EACH, 16, 2] += 1.0
        return Pose(rotations)


def test_of_those_that_follow_best_the_one_that_moves_least_is_given(model):
    low = torch.zeros(22, 3)
    low[16, 2] = -1.3
    drawn = Drawn(model.card, WordReader(WordList(["raise", "the", "left", "arm"])))
    plain, checked = (drawn.edit(Pose(low), "Raise the left arm.", n=2, verify=verify) for verify in (False, True))
    assert plain.facts.in_words() == ["0 of 1 facts hold"] * 2
    assert checked.facts.in_words() == ["1 of 1 facts hold"] * 2
    torch.testing.assert_close(checked.poses.rotations[:, 16, 2], torch.full((2,), -0.3))


@pytest.mark.parametrize(
    ("instruction", "moves"),
    [
        ("cross your arms", {"left_arm", "right_arm"}),
        ("look up", {"head", "trunk"}),
        ("undo the left arm", {"left_arm"}),
        ("raise the right arm as far as you can", {"right_arm"}),
    ],
)
def test_what_is_not_named_stays(model, pose, instruction, moves):
    made = model.edit(pose, instruction)
    changed = (made.poses.rotations[0] - pose.rotations).abs().amax(-1)[:22] > 1e-4
    named = [joint for limb in moves for joint in LIMBS[limb]]
    assert bool(changed[named].any())
    changed[named] = False
    assert not changed.any()
    assert made.facts.true.tolist() == made.facts.read.tolist() == [1]


def test_sitting_down_keeps_the_arms_and_the_floor(model, pose):
    made = model.edit(pose, "kneel down on the left knee")
    assert made.understood == ("kneeling on one knee (left)",) and made.facts.in_words() == ["1 of 1 facts hold"]
    arms = [*LIMBS["left_arm"], *LIMBS["right_arm"]]
    torch.testing.assert_close(made.poses.rotations[0, arms], pose.rotations[arms], atol=1e-4, rtol=0)
    lowest = [ground(one).translation[..., 1] - one.translation[..., 1] for one in (pose, made.poses[0])]
    torch.testing.assert_close(*lowest, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("instruction", "degrees"), [("turn to the right", -90), ("turn 30 degrees to the left", 30)])
def test_turning_changes_the_heading_alone(model, pose, instruction, degrees):
    made = model.edit(pose, instruction).poses[0]
    torch.testing.assert_close(made.rotations[1:], pose.rotations[1:])
    turned = torch.rad2deg(heading(made.rotations[0]) - heading(pose.rotations[0]))
    assert abs((float(turned) - degrees + 180) % 360 - 180) < 0.1


def test_mirrored_twice_is_the_pose_itself(model, pose):
    once = model.edit(pose, "mirror it").poses[0]
    torch.testing.assert_close(model.edit(once, "mirror it").poses[0].matrices(), pose.matrices(), atol=1e-4, rtol=0)


def test_an_instruction_of_which_nothing_is_understood_is_refused(model, pose):
    with pytest.raises(PoseloomError, match="nothing is understood of 'transmogrify'"):
        model.edit(pose, "transmogrify")


def test_mistakes(model, pose):
    with pytest.raises(PoseloomError, match="instruction is empty"):
        model.edit(pose, " ")
    with pytest.raises(PoseloomError, match="expected one pose"):
        model.edit(sample(2, seed=1), TEXT)
    with pytest.raises(PoseloomError, match="expected 1 to 1,000"):
        model.edit(pose, TEXT, n=0)


@pytest.mark.wrong_types
def test_a_result_in_the_place_of_a_pose_is_refused_with_the_remedy(model, pose):
    with pytest.raises(PoseloomError, match=r"give its \.poses"):
        model.edit(model.edit(pose, TEXT), TEXT)


def test_what_is_not_understood_stands_in_the_notes(model, pose):
    assert model.edit(pose, "raise the left flipper", anyway=True).notes == ("not known: flipper",)
    unchecked = model.edit(pose, "raise the flipper", verify=True, anyway=True)
    assert not unchecked.verified and "poses were not chosen" in unchecked.notes[-1]
