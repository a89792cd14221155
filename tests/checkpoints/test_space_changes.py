"""Words beside a photo or a pose change what it shows; what is found is like the changed body."""

import pytest
import torch

import poseloom
from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.space_changes import BODIES, can_change, changed_question
from poseloom.nn.pose.features import joint_positions
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_NAMES
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.pose.sampler import sample
from poseloom.pose.skeleton import rest_offsets
from poseloom.render import render
from poseloom.search import Index, MemoryRows, build_index

HEAD, WRISTS = JOINT_NAMES.index("head"), [JOINT_NAMES.index(f"{side}_wrist") for side in ("left", "right")]
LEGS = [JOINT_NAMES.index(f"{side}_{name}") for side in ("left", "right") for name in ("hip", "knee", "ankle")]
WORDS = "like this, but with both arms raised"


@pytest.fixture(scope="module")
def space():
    return poseloom.load_model("embedding")


@pytest.fixture(scope="module")
def index(space, tmp_path_factory):
    """Forty poses, and the same with their arms raised."""
    poses = sample(40, seed=3).without_heading()
    raised = [poseloom.edit(pose, WORDS).poses[0].rotations for pose in poses]
    both = Pose(torch.cat([poses.rotations, torch.stack(raised)]))
    folder = tmp_path_factory.mktemp("changes") / "I"
    rows = MemoryRows(both, vectors=space.collection("pose", both).numpy())

    class Named:
        name, dimensions = f"{space.name}/pose", space.dimensions

        def __call__(self, pose):
            return space.embed(pose=pose, target="pose").vectors.numpy()

    build_index(rows, folder, embedder=Named())
    return Index(folder), both


def _places(pose):
    rotations = rotvec_to_rotmat(pose.without_heading().rotations[:, :22])
    return joint_positions(rotations, rest_offsets()[:22])


def test_words_beside_a_pose_find_the_pose_with_what_they_say(index):
    opened, both = index
    for row in range(0, 40, 8):
        found = poseloom.find(WORDS, opened, 3, pose=both[row])
        assert row + 40 in [hit.row for hit in found], "this very pose with its arms raised is there"
        assert found.notes[0] == "asked for the given body, changed (arms overhead)"


def test_blended_words_make_another_question(index, space):
    opened, both = index
    blended = poseloom.find(WORDS, opened, 3, pose=both[8], blend=True)
    mixed = space.embed(pose=both[8], text=WORDS, target="pose")
    assert [hit.row for hit in blended] == [hit.row for hit in opened.nearest(mixed.vectors[0].numpy(), 3)]
    assert not any(note.startswith("asked for") for note in blended.notes)


def test_the_body_of_a_photo_is_changed_as_the_words_say(space):
    picture, box = render(sample(1, seed=0), 256)[0], (60.0, 10.0, 140.0, 240.0)
    seen = _places(poseloom.estimate(image=picture, boxes=[box]).poses)[0]
    for words, sign in (("but with both arms raised", 1), ("but with the arms hanging down", -1)):
        asked = changed_question(space, "image", words, image=picture, box=box)
        after = _places(asked.body)[0]
        assert (sign * (after[WRISTS, 1] - after[HEAD, 1]) > 0.1).all(), words
        assert (after[LEGS] - seen[LEGS]).norm(dim=-1).max() < 0.02, "what is not named stays"
        alone = space.embed(pose=asked.body, target="image")
        torch.testing.assert_close(asked.vectors, alone.vectors)


def test_words_that_change_nothing_are_blended(index, space):
    opened, both = index
    assert changed_question(space, "pose", "quite some weather today", pose=both[0]) is None
    found = poseloom.find("quite some weather today", opened, 2, pose=both[0])
    mixed = space.embed(pose=both[0], text="quite some weather today", target="pose")
    assert [hit.row for hit in found] == [hit.row for hit in opened.nearest(mixed.vectors[0].numpy(), 2)]


def test_bodies_of_photos_are_told_on_their_own_space_alone(space):
    from copy import copy
    from dataclasses import replace

    other = copy(space)
    other.card = replace(space.card, sha256="0" * 64)
    assert can_change(space, None) and not can_change(other, None) and can_change(other, sample(1, seed=0))
    assert poseloom.load_model(BODIES).space.card.sha256 == space.card.sha256


def test_only_one_body_is_changed(space):
    with pytest.raises(PoseloomError, match="expected one pose"):
        changed_question(space, "pose", WORDS, pose=sample(2, seed=0))
