import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.language.claims.checking import check_instructions
from poseloom.nn.text.reading import TextWarning
from poseloom.pose import Pose
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.pose.types import heading
from poseloom.tasks import task
from poseloom.training import fit
from tiny_models import tiny_recipe

TEXT = "Raise the left arm and bend the right knee."
pytestmark = pytest.mark.filterwarnings("ignore::poseloom.nn.text.reading.TextWarning")


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
    assert set(result.figures) == {"facts", "unnamed", "mpje", "mpje_unchanged"}
    assert load_model(result.model).edit(sample(1, seed=1).body(), TEXT).joints == 22


def test_place_hands_and_joints_are_those_of_the_pose(model, pose):
    edited = model.edit(pose, TEXT, n=3)
    assert edited.rotations.shape == (3, 52, 3)
    assert torch.equal(edited.translation, pose.translation.expand(3, 3))
    assert torch.equal(edited.rotations[:, 22:], pose.rotations[22:].expand(3, -1, -1))
    assert model.edit(pose.body(), TEXT).rotations.shape == (1, 22, 3)


def test_a_turned_pose_is_edited_alike(model, pose):
    turn = axis_to_rotmat(torch.tensor(-2.0), "Y")
    here, there = model.edit(pose, TEXT, seed=4), model.edit(pose.turned(turn), TEXT, seed=4)
    torch.testing.assert_close(there.matrices(), here.turned(turn).matrices(), atol=1e-4, rtol=0)
    assert heading(there.rotations[:, 0]).abs().max() > 0.1


def test_the_seed_chooses_the_poses(model, pose):
    a, b, c = (model.edit(pose, TEXT, n=2, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(a.rotations, b.rotations) and not torch.allclose(a.rotations, c.rotations)


def test_checked_poses_follow_better(model, pose):
    def share(poses):
        before = Pose(pose.rotations[None, :22].expand(len(poses), -1, -1))
        return sum(one.share for one in check_instructions([TEXT] * len(poses), before, poses.body()))

    plain, checked = (model.edit(pose, TEXT, n=4, verify=verify) for verify in (False, True))
    assert share(checked) >= share(plain)


def test_mistakes(model, pose):
    with pytest.raises(PoseloomError, match="instruction is empty"):
        model.edit(pose, " ")
    with pytest.raises(PoseloomError, match="expected one pose"):
        model.edit(sample(2, seed=1), TEXT)
    with pytest.raises(PoseloomError, match="expected 1 to 1,000"):
        model.edit(pose, TEXT, n=0)
    with pytest.warns(TextWarning, match="not known: flipper"):
        model.edit(pose, "raise the left flipper")
