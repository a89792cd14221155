"""Questions by meaning, with the shipped model: what is like nothing in an index, and the order of what meets them."""

import numpy as np
import pytest
import torch

import poseloom
from poseloom.body import default_body
from poseloom.checkpoints.finding import FLOOR
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.sampler import sample
from poseloom.search import Index, MemoryRows, build_index

ABSENT = (
    "lying on the back",
    "sitting cross-legged on the floor",
    "on all fours",
    "kneeling on both knees",
    "crawling",
)


@pytest.fixture(scope="module")
def space():
    return poseloom.load_model("retrieval")


@pytest.fixture(scope="module")
def upright(tmp_path_factory, space):
    """An index of people on their feet, by the places of their joints; their poses, and the joints."""
    poses = Pose(sample(600, seed=3).rotations)
    joints = default_body().joints(poses.without_heading())
    height = {name: joints[:, place, 1] for name, place in JOINT_INDEX.items() if place < joints.shape[1]}
    knees, ankles = (
        torch.stack([height[f"{side}_{joint}"] for side in ("left", "right")]) for joint in ("knee", "ankle")
    )
    trunk, thighs = height["neck"] - height["pelvis"], height["pelvis"] - knees.amax(0)
    kept = (trunk > 0.4) & (thighs > 0.25) & (knees.amin(0) - ankles.amin(0) > 0.25)
    folder = tmp_path_factory.mktemp("upright") / "index"
    build_index(MemoryRows(poses[kept], list(poseloom.describe(poses[kept]))), folder, embedder=space)
    return Index(folder), poses[kept], joints[kept]


@pytest.mark.parametrize("question", ABSENT)
def test_nobody_on_their_feet_is_like_a_posture_on_the_ground(upright, question):
    index = upright[0]
    found, nearest = poseloom.find(question, index, 5), poseloom.find(question, index, 5, near=True)
    assert not found and any("nothing in the index is like it" in note for note in found.notes)
    assert len(nearest) == 5 and nearest[0].score < FLOOR


def test_descriptions_are_like_the_pose_that_they_were_written_of(upright, space):
    index, poses, _ = upright
    texts = poseloom.describe(poses[:100], seed=9)
    liked = [
        any(hit.score >= FLOOR for hit in index.nearest(space.embed_texts([text]).vectors[0].numpy(), 1))
        for text in texts
    ]
    own = (space(poses[:100]) * space.embed_texts(list(texts)).vectors.numpy()).sum(1)
    assert all(liked) and (own >= FLOOR).mean() >= 0.97


def test_rows_that_meet_a_statement_come_by_their_meaning(upright, space):
    index, poses, joints = upright
    question = "the left hand is above the head"
    found = poseloom.find(question, index, 8)
    rows = [hit.row for hit in found]
    above = joints[:, JOINT_INDEX["left_wrist"], 1] > joints[:, JOINT_INDEX["head"], 1]
    assert len(rows) == 8 and above[rows].all()
    vector = space.embed_texts([space.meant(question)]).vectors[0].numpy()
    cosines = space(poses) @ vector
    assert [hit.score for hit in found] == pytest.approx(cosines[rows].tolist(), abs=2e-2), "vectors are kept short"
    met = [hit.row for hit in index.search(question, len(index))]
    assert set(rows) == set(np.array(met)[np.argsort(-cosines[met])[:8]].tolist()), "the best of all that meet it"
    assert not above.all() and (np.argsort(-cosines)[:8] != np.array(rows)).any(), "by vectors alone others come first"


def test_ranked_rows_keep_their_order_where_nothing_speaks_for_another(upright):
    index, *_ = upright
    hits = [index.hit(row) for row in (5, 3, 3, 9)]
    vector = index._vectors.take(np.array([3]))[0]
    ranked = index.ranked(hits, 4 * vector, 3)
    assert [hit.row for hit in ranked[:2]] == [3, 3] and len(ranked) == 3
    assert ranked[0].score == pytest.approx(1, abs=1e-3) and ranked[2].score < 1
    assert index.ranked([], vector) == ()
