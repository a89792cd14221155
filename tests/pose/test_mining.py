"""Pair mining against the original's matrices after each constraint, and laws of the final lists."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import mining
from poseloom.pose.mining import MiningRules, PoseTable, mine_pairs


@pytest.fixture(scope="module")
def case(golden):
    return golden("paircodes/mining")


@pytest.fixture(scope="module")
def table(case):
    names = ("features", "sequence", "frame", "framerate", "posecode_categories")
    return PoseTable(*(torch.from_numpy(case[1][name]) for name in names))


@pytest.fixture(scope="module")
def mined(table):
    return mine_pairs(table)


def dense(candidates, poses: int, values=None) -> np.ndarray:
    matrix = np.zeros((poses, poses), np.int64)
    matrix[candidates.second, candidates.first] = 1 if values is None else values
    return matrix


def unpacked(arrays, name: str, poses: int) -> np.ndarray:
    return np.unpackbits(arrays[name], axis=1)[:, :poses]


def test_rules_are_those_of_the_original(case):
    config, rules = case[0]["config"], MiningRules()
    assert [rules.seconds, rules.neighbours, rules.least_similarity, rules.most_similarity, rules.kept_across] == [
        config[name] for name in ("max_timediff_s", "top_k", "min_sim", "max_sim", "keep")
    ]
    least = config["min_posecode_difference"]
    assert [rules.least_difference_within, rules.least_difference_across] == [
        least["in-sequence"],
        least["out-sequence"],
    ]


@pytest.mark.parametrize(
    "name",
    [
        "in_sequence_2_feature",
        "in_sequence_3_posecode",
        "in_sequence_4_unicity",
        "out_sequence_2_feature",
        "out_sequence_3_posecode",
    ],
)
def test_every_constraint_is_exact(case, table, mined, name):
    found = (mined.within if name.startswith("in") else mined.across)[name.rsplit("_", 1)[1]]
    np.testing.assert_array_equal(dense(found, len(table)), unpacked(case[1], name, len(table)))


def test_bookkeeping_is_exact(case, table, mined):
    for kind, stages in (("in", mined.within), ("out", mined.across)):
        ours = dense(stages["feature"], len(table), stages["feature"].bookkeeping)
        last = stages["posecode"]
        ours[last.second, last.first] = last.bookkeeping
        np.testing.assert_array_equal(ours, case[1][f"{kind}_sequence_pc_info"])


def test_pairs_within_recordings_are_exact_and_in_order(case, mined):
    assert mined.within_pairs.flip(1).tolist() == case[1]["in_sequence_pairs"].tolist()


def test_blocks_do_not_show(table, mined, monkeypatch):
    monkeypatch.setattr(mining, "BLOCK_ENTRIES", 7 * len(table))
    seen = []
    blocked = mine_pairs(table, progress=lambda done, total: seen.append((done, total)))
    assert torch.equal(blocked.across_pairs, mined.across_pairs)
    assert torch.equal(blocked.within_pairs, mined.within_pairs)
    assert seen[0] == (7, len(table)) and seen[-1] == (len(table), len(table))


def test_drawn_pairs_obey_the_rules(table, mined):
    allowed = set(zip(mined.across["posecode"].first.tolist(), mined.across["posecode"].second.tolist(), strict=True))
    pairs = [tuple(pair) for pair in mined.across_pairs.tolist()]
    assert all(pair in allowed or pair[::-1] in allowed for pair in pairs)
    assert len(set(pairs)) == len(pairs)
    # Every pose that has a first pose to start from is led to, and to each leads one pair.
    assert sorted(second for _, second in pairs) == sorted(set(mined.across["posecode"].second.tolist()))


def test_the_draw_depends_on_the_seed_alone(table, mined):
    assert torch.equal(mine_pairs(table, seed=0).across_pairs, mined.across_pairs)
    assert not torch.equal(mine_pairs(table, seed=1).across_pairs, mined.across_pairs)


def test_pairs_are_listed_by_the_rank_of_the_second_pose(table):
    order = torch.arange(len(table)).flip(0)
    ranks = order[mine_pairs(table, order=order).within_pairs[:, 1]].tolist()
    assert ranks == sorted(ranks)


def test_nothing_in_common_gives_no_pairs(table):
    far = PoseTable(torch.eye(160), table.sequence, table.frame, table.fps, table.categories)
    found = mine_pairs(far)
    assert found.within_pairs.shape == found.across_pairs.shape == (0, 2)


@pytest.mark.wrong_types
def test_unusable_tables_are_refused(table):
    columns = {name: getattr(table, name) for name in ("features", "sequence", "frame", "fps", "categories")}
    with pytest.raises(PoseloomError, match="frame: expected 160 rows"):
        PoseTable(**{**columns, "frame": table.frame[:5]})
    with pytest.raises(PoseloomError, match="features: holds NaN"):
        PoseTable(**{**columns, "features": table.features * torch.nan})
    with pytest.raises(PoseloomError, match="fps: expected numbers above 0"):
        PoseTable(**{**columns, "fps": table.fps * 0})
    few = PoseTable(**{name: column[:30] for name, column in columns.items()})
    with pytest.raises(PoseloomError, match="at least 100 poses"):
        mine_pairs(few)
    assert len(mine_pairs(few, MiningRules(neighbours=10)).across_pairs) >= 0
