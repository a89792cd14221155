from collections import Counter

import torch

from poseloom.facts.measured import FACTS, SIDED, MeasuredFacts, laid_out, measure_facts
from poseloom.facts.stated import facts_of_description
from poseloom.language import describe
from poseloom.pose.sampler import sample
from poseloom.pose.types import Pose

POSES = sample(200, seed=4).body()
NOWHERE = torch.zeros(40)


def test_what_is_described_is_measured():
    texts = describe(POSES[:40], seed=1)
    holds = dict(measure_facts(POSES[:40]))
    true = []
    for row, text in enumerate(texts):
        for name, weight in facts_of_description(text).items():
            whole = " " + name.partition(" ")[2]  # a channel without sides that is told of one
            if weight == 1 and " not " not in name:
                true.append(bool(holds.get(name, holds.get(whole, NOWHERE))[row]))
    assert len(true) > 100 and sum(true) / len(true) > 0.97


def test_numbers_of_poses():
    facts = MeasuredFacts.of_poses(POSES)
    numbers = facts.numbers(POSES)
    assert numbers.shape == (200, FACTS) and set(numbers.unique().tolist()) == {0.0, 1.0}
    assert not numbers[:, [place for place, name in enumerate(facts.names) if not name]].any()
    assert torch.equal(facts.numbers(POSES[5:10]), numbers[5:10])
    assert facts.numbers(POSES[:0]).shape == (0, FACTS)


def test_both_sides_have_the_same_places():
    facts = MeasuredFacts.of_poses(POSES)
    left, right, common = facts.names[:SIDED], facts.names[SIDED : 2 * SIDED], facts.names[2 * SIDED :]
    assert [name.replace("left", "right") for name in left] == list(right) and len(set(left)) > 50
    assert all(name[:1] in ("", " ") for name in common)
    numbers, mirrored = facts.numbers(POSES), facts.numbers(POSES.mirror())
    assert (numbers[:, :SIDED] == mirrored[:, SIDED : 2 * SIDED]).float().mean() > 0.99


def test_the_mirror_image_has_the_mirrored_facts():
    facts = dict(measure_facts(POSES))
    mirrored = dict(measure_facts(POSES.mirror()))
    for name in ("left elbow square", "right thigh.level level", "left zone front_chest"):
        side = name.split()[0]
        other = name.replace(side, {"left": "right", "right": "left"}[side])
        if name in facts:
            assert (facts[name] == mirrored[other]).mean() > 0.97


def test_names_and_places_of_hands_do_not_count():
    whole = sample(20, seed=9)
    facts = MeasuredFacts.of_poses(POSES)
    assert torch.equal(facts.numbers(whole), facts.numbers(Pose(whole.rotations[:, :22])))


def test_the_most_frequent_names_have_places_those_of_both_sides_together():
    counts = Counter({"left rare": 3, "left often": 4, "right often": 4, " common": 9, " seldom": 5, " never": 2})
    assert laid_out(counts, 1, 1) == ("left often", "right often", " common")
    assert laid_out(counts, 3, 3)[-3:] == (" common", " seldom", "")
