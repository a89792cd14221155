"""Posecodes against the original system's values, categories, eligibility and codes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.language.posecodes import POINT_NAMES, evaluate, posecode_tables, prepare
from poseloom.language.posecodes.evaluation import _categorise
from poseloom.language.posecodes.plan import plan_of
from poseloom.language.tables import TABLES


@pytest.fixture(scope="module")
def case(golden):
    return golden("posecodes/poses")


@pytest.fixture(scope="module")
def evaluated(case):
    _, arrays = case
    return evaluate(torch.from_numpy(arrays["coords"]), torch.from_numpy(arrays["rotations"]))


def test_tables_are_those_of_the_original(case):
    config, tables = case[0]["config"], posecode_tables()
    assert list(tables.interpretations) == config["interpretation_order"]
    assert list(POINT_NAMES) == config["prepared_joints"]
    for name, kind in config["kinds"].items():
        ours = tables.kinds[name]
        assert [list(ours.categories), list(ours.thresholds)] == [kind["categories"], kind["thresholds"]]
        assert (ours.noise, ours.unit) == (kind["noise"], kind["unit"])
        for row, expected in zip(tables.sets[name], config["posecodes"][name], strict=True):
            assert list(row.joints) == expected["joints"]
            assert sorted(row.acceptable) == sorted(expected["acceptable"])
            assert sorted(row.rare) == sorted(expected["rare"])
            assert sorted(row.absolute) == sorted(expected["absolute"])
            assert sorted(row.support.items()) == sorted(map(tuple, expected["support"]))
    for ours, expected in zip(tables.supers, config["super_posecodes"], strict=True):
        assert (ours.id, ours.rare, ours.absolute) == (expected["id"], expected["rare"], expected["absolute"])
        ways = [[[part.kind, list(part.joints), part.category] for part in way] for way in ours.ways]
        assert ways == expected["ways"]


def test_points_are_exact(golden, case):
    for arrays in (case[1], golden("posecodes/poses_22_joints")[1]):
        points = prepare(torch.from_numpy(arrays["coords"])).numpy()
        np.testing.assert_allclose(points, arrays["prepared_coords"], atol=1e-6)


def test_values_categories_and_eligibility_are_exact(case, evaluated):
    arrays = case[1]
    for kind in evaluated.kinds:
        tolerance = 0.03 if evaluated.tables.kinds[kind].unit == "deg" else 1e-6
        np.testing.assert_allclose(evaluated.values(kind).numpy(), arrays[f"value_{kind}"], atol=tolerance, rtol=0)
        np.testing.assert_array_equal(evaluated.categories(kind).numpy(), arrays[f"category_{kind}"])
        np.testing.assert_array_equal(evaluated.eligibility(kind).numpy(), arrays[f"eligibility_{kind}"])
    np.testing.assert_array_equal(evaluated.super_eligibility.numpy(), arrays["eligibility_superPosecodes"])


def test_codes_are_exact(case, evaluated):
    assert [[list(code) for code in codes] for codes in evaluated.codes()] == case[0]["codes"]


def test_22_joints_without_rotations_are_exact(golden):
    arrays = golden("posecodes/poses_22_joints")[1]
    ours = evaluate(torch.from_numpy(arrays["coords"]))
    assert len(ours.all_values) == 268
    for kind in ours.kinds:
        np.testing.assert_array_equal(ours.categories(kind).numpy(), arrays[f"category_{kind}"])
        np.testing.assert_array_equal(ours.eligibility(kind).numpy(), arrays[f"eligibility_{kind}"])
    np.testing.assert_array_equal(ours.super_eligibility.numpy(), arrays["eligibility_superPosecodes"])


@pytest.mark.parametrize("batch", [(), (1,), (4, 3), (2, 2, 3), (0,)])
def test_any_batch_shape(case, evaluated, batch):
    coords, rotations = (torch.from_numpy(case[1][name]) for name in ("coords", "rotations"))
    count = int(np.prod(batch))
    ours = evaluate(coords[:count].reshape(*batch, 52, 3), rotations[:count].reshape(*batch, 52, 3))
    for kind in ours.kinds:
        assert ours.values(kind).shape[:-1] == batch
        expected = evaluated.categories(kind)[:count].reshape(ours.categories(kind).shape)
        assert torch.equal(ours.categories(kind), expected)
    assert len(ours.codes()) == count


def test_blocks_do_not_show(case, evaluated):
    coords, rotations = (torch.from_numpy(case[1][name]).repeat(40, 1, 1) for name in ("coords", "rotations"))
    many = evaluate(coords, rotations)
    assert torch.equal(many.all_eligibility, evaluated.all_eligibility.repeat(1, 40))
    assert torch.equal(many.super_eligibility_rows, evaluated.super_eligibility_rows.repeat(1, 40))


def test_a_folded_limb_is_not_called_straight():
    # Shoulder, elbow and wrist exactly folded in many directions: the cosine exceeds one by rounding in some.
    generator = torch.Generator().manual_seed(0)
    joints = torch.randn(2000, 52, 3, generator=generator)
    joints[:, 20] = joints[:, 18] + 0.7 * (joints[:, 16] - joints[:, 18])
    elbow = evaluate(joints).categories("angle")[:, 2]
    assert (elbow == 0).all()
    unclamped = evaluate(joints, clamped=False)
    assert torch.isnan(unclamped.values("angle")[:, 2]).any()
    assert (unclamped.categories("angle")[:, 2] == 5).any()


def test_noise_depends_on_seed_and_position_alone(case):
    coords = torch.from_numpy(case[1]["coords"])
    first = evaluate(coords, noise_seed=5)
    assert torch.equal(first.all_categories, evaluate(coords, noise_seed=5).all_categories)
    assert torch.equal(first.all_categories[:, :10], evaluate(coords[:10], noise_seed=5).all_categories)
    assert not torch.equal(first.all_categories, evaluate(coords, noise_seed=6).all_categories)
    # Noise moves a value by no more than the offset of its kind: a few categories change, and by one step only.
    steps = (first.all_categories - evaluate(coords).all_categories).abs()
    assert 0 < (steps > 0).float().mean() < 0.2
    assert steps.max() == 1


@pytest.mark.wrong_types
@pytest.mark.parametrize("shape", [(5, 21, 3), (5, 24, 3), (5, 52, 2), (3,)])
def test_other_numbers_of_joints_are_refused(shape):
    with pytest.raises(PoseloomError, match="22 or at least 52"):
        evaluate(torch.zeros(shape))


@pytest.mark.wrong_types
def test_rotations_of_another_batch_are_refused():
    with pytest.raises(PoseloomError, match="rotations: expected"):
        evaluate(torch.zeros(5, 52, 3), torch.zeros(4, 52, 3))


def test_a_kind_that_was_not_evaluated_is_named():
    with pytest.raises(PoseloomError, match="needs rotations"):
        evaluate(torch.zeros(1, 52, 3)).values("relativeRotX")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.pop("kinds"), "kinds"),
        (lambda table: table["kinds"]["angle"]["thresholds"].pop(), "kinds.angle"),
        (lambda table: table["kinds"]["angle"]["thresholds"].reverse(), "must increase"),
        (lambda table: table["posecodes"]["angle"][2].update(acceptable=["bendy"]), r"posecodes.angle\[2\]"),
        (lambda table: table["posecodes"]["distance"][0].update(joints=["left_elbow", "tail"]), "tail"),
        (lambda table: table["super_posecodes"][0]["ways"][0][0].__setitem__(2, "sloping"), "sloping"),
    ],
)
def test_a_broken_table_is_named(tmp_path, change, message):
    table = json.loads((TABLES / "posecodes.json").read_text())
    change(table)
    broken = tmp_path / "posecodes.json"
    broken.write_text(json.dumps(table))
    with pytest.raises(FileError, match=message) as fault:
        posecode_tables(broken)
    assert str(broken) in str(fault.value)


def test_a_table_that_is_not_json_is_named(tmp_path):
    broken = tmp_path / "posecodes.json"
    broken.write_text("{")
    with pytest.raises(FileError, match="not valid JSON"):
        posecode_tables(broken)


def test_a_value_at_a_threshold_is_in_the_lower_category():
    plan = plan_of(True)
    values = torch.zeros(plan.rows, 1)
    for one in plan.kinds:
        values[one.rows] = one.kind.thresholds[-1]
    found = _categorise(plan, values)
    for one in plan.kinds:
        assert (found[one.rows] == len(one.kind.thresholds) - 1).all(), one.kind.name
