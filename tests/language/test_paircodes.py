"""Paircodes against the original system's values, categories, eligibility and codes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.language.paircodes import (
    concerned,
    evaluate_pairs,
    paircode_tables,
    rotation_change,
    stated_targets,
    target_eligibility,
)
from poseloom.language.paircodes.rotation import turn_table
from poseloom.language.tables import TABLES
from poseloom.pose.rotations import axis_to_rotmat, rotmat_to_rotvec, rotvec_to_rotmat


@pytest.fixture(scope="module")
def case(golden):
    return golden("paircodes/pairs")


@pytest.fixture(scope="module")
def given(case):
    """Joints, pairs and rotations of the golden case."""
    return tuple(torch.from_numpy(case[1][name]) for name in ("coords", "pair_ids", "rotations"))


@pytest.fixture(scope="module")
def evaluated(given):
    return evaluate_pairs(*given)


def test_tables_are_those_of_the_original(case):
    config, tables = case[0]["config"], paircode_tables()
    assert list(tables.interpretations) == config["interpretation_order"]
    assert list(tables.kinds) == list(config["pair_kinds"])
    for name, kind in config["pair_kinds"].items():
        ours = tables.kinds[name]
        assert [list(ours.categories), list(ours.thresholds)] == [kind["categories"], kind["thresholds"]]
        assert (ours.noise, ours.unit, ours.categories[ours.switch]) == (kind["noise"], kind["unit"], kind["switch"])
        for row, expected in zip(tables.sets[name], config["paircodes"][name], strict=True):
            assert (list(row.joints), row.subject) == (expected["joints"], expected["focus"])
            assert (list(ours.acceptable), []) == (expected["acceptable"], expected["rare"])
            assert sorted(row.support.items()) == sorted(map(tuple, expected["support"]))
            assert sorted(row.support_direction.items()) == sorted(map(tuple, expected["support_direction"]))
    names = {"first": 0, "second": 1, "strict": "strict", "direction": "direction"}
    for one, expected in zip(tables.supers, config["super_paircodes"], strict=True):
        ways = [
            [[part.kind, list(part.joints), part.category, names[part.bound.value]] for part in way] for way in one.ways
        ]
        assert [one.id, one.subject, one.interpretation, one.rare, ways] == [
            expected[name] for name in ("id", "subject", "interpretation", "rare", "ways")
        ]


def test_values_categories_and_eligibility_are_exact(case, evaluated):
    arrays = case[1]
    for kind in evaluated.kinds:
        tolerance = 0.06 if evaluated.tables.kinds[kind].unit == "deg" else 2e-6
        np.testing.assert_allclose(evaluated.values(kind).numpy(), arrays[f"value_{kind}"], atol=tolerance, rtol=0)
        np.testing.assert_array_equal(evaluated.categories(kind).numpy(), arrays[f"category_{kind}"])
        np.testing.assert_array_equal(evaluated.eligibility(kind).numpy(), arrays[f"eligibility_{kind}"])
    np.testing.assert_array_equal(evaluated.super_eligibility.numpy(), arrays["eligibility_superPaircodes"])


def test_posecodes_that_may_be_targets_are_exact(case, evaluated):
    arrays = case[1]
    elementary, supers = target_eligibility(evaluated)
    for one in evaluated.posecodes.plan.kinds:
        name = one.kind.name
        np.testing.assert_array_equal(evaluated.posecodes.categories(name).numpy(), arrays[f"pose_category_{name}"])
        np.testing.assert_array_equal(elementary[one.rows].T.numpy(), arrays[f"pose_eligibility_{name}"])
    np.testing.assert_array_equal(supers.T.numpy(), arrays["pose_eligibility_superPosecodes"])


def test_codes_are_exact(case, evaluated):
    targets = [[code for code, _ in told] for told in stated_targets(evaluated)]
    kept = [[*codes, *concerned(codes, own)] for codes, own in zip(evaluated.codes(), targets, strict=True)]
    for name, ours in (("paircodes", evaluated.codes()), ("posecodes_b", targets), ("codes", kept)):
        assert [[list(code) for code in codes] for codes in ours] == case[0][name]


def test_without_rotations_two_kinds_are_missing(given, evaluated):
    joints, pairs, _ = given
    plain = evaluate_pairs(joints, pairs)
    assert len(plain.all_values) == 47
    assert torch.equal(plain.all_eligibility, evaluated.all_eligibility[:47])
    with pytest.raises(PoseloomError, match="needs rotations"):
        plain.values("pair_relativeRotX")


def test_blocks_do_not_show(given, evaluated):
    joints, pairs, rotations = given
    many = evaluate_pairs(joints, pairs.repeat(300, 1), rotations)
    assert torch.equal(many.all_eligibility, evaluated.all_eligibility.repeat(1, 300))
    assert torch.equal(many.super_eligibility_rows, evaluated.super_eligibility_rows.repeat(1, 300))


def test_exchanged_poses_have_opposite_differences(given, evaluated):
    joints, pairs, rotations = given
    back = evaluate_pairs(joints, pairs.flip(1), rotations)
    assert torch.equal(back.all_values, -evaluated.all_values)


def test_noise_depends_on_seed_and_position_alone(given, evaluated):
    joints, pairs, _ = given
    first = evaluate_pairs(joints, pairs, noise_seed=3)
    assert torch.equal(first.all_categories, evaluate_pairs(joints, pairs, noise_seed=3).all_categories)
    assert torch.equal(first.all_categories[:, :9], evaluate_pairs(joints, pairs[:9], noise_seed=3).all_categories)
    steps = (first.all_categories - evaluate_pairs(joints, pairs).all_categories).abs()
    assert 0 < (steps > 0).float().mean() < 0.2
    assert steps.max() == 1


def test_coincident_joints_and_bones_without_length_give_numbers(given):
    joints = given[0][:4].clone()
    joints[1] = 0
    joints[2, 20] = joints[2, 18]
    values = evaluate_pairs(joints, torch.tensor([[0, 1], [1, 2], [2, 3]])).all_values
    assert torch.isfinite(values).all()


@pytest.mark.wrong_types
@pytest.mark.parametrize("pairs", [[[0, 64]], [[-1, 3]], [[0.0, 1.0]], [0, 1]])
def test_pairs_that_point_to_no_pose_are_refused(given, pairs):
    with pytest.raises(PoseloomError, match="pairs: expected"):
        evaluate_pairs(given[0], torch.tensor(pairs))


def test_no_pairs_give_no_codes(given):
    assert evaluate_pairs(given[0], torch.zeros(0, 2, dtype=torch.long)).codes() == []


# -- the turn of the whole person --------------------------------------------------------------------------------


def y_up(vector: np.ndarray) -> torch.Tensor:
    """Axis-angle of z-up data in our axes."""
    x, y, z = torch.from_numpy(vector).unbind(-1)
    return torch.stack([x, z, -y], -1)


def test_orientations_and_their_change_are_exact(golden):
    case, arrays = golden("paircodes/rotation_change")
    # From z up to y up: rotations R become M R M^-1, as their axes turn along.
    ours = rotation_change(
        y_up(arrays["orient_a"]), y_up(arrays["orient_b"]), torch.from_numpy(arrays["same_sequence"]), faithful=True
    )
    assert list(turn_table().categories) == case["config"]["categories"]
    assert list(turn_table().thresholds) == case["config"]["thresholds"]
    upright = axis_to_rotmat(torch.tensor(-np.pi / 2), "X").float()
    seen = {"normalised_a": ours.first, "normalised_b": ours.second, "rotation_applied_to_a": ours.applied}
    for name, matrix in seen.items():
        expected = upright @ rotvec_to_rotmat(torch.from_numpy(arrays[name])) @ upright.mT
        assert rotmat_to_rotvec(matrix @ expected.mT).norm(dim=-1).max() < 0.002
    inside = np.linalg.norm(arrays["rotation_change"], axis=-1) < 179.5
    np.testing.assert_allclose(ours.degrees.numpy()[inside], arrays["rotation_change"][inside], atol=0.05)
    expected = arrays["category"] % (len(case["config"]["categories"]) - 1)
    np.testing.assert_array_equal(ours.all_categories.numpy(), expected)


def test_a_turn_while_bending_over_keeps_its_degrees():
    bent = axis_to_rotmat(torch.tensor([1.2]), "X")
    first, second = (
        rotmat_to_rotvec(axis_to_rotmat(torch.tensor([angle]), "Y") @ bent) for angle in (0.3, 0.3 + np.pi / 2)
    )
    assert rotation_change(first.float(), second.float(), True).turn.item() == pytest.approx(90, abs=0.01)
    assert rotation_change(first.float(), second.float(), False).names() == ["ignored-rotation"]


# -- broken tables -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.pop("prefix"), "prefix"),
        (lambda table: table["kinds"]["pair_angle"].update(measure="angles"), "did you mean 'angle'"),
        (lambda table: table["kinds"]["pair_angle"]["thresholds"].pop(), "kinds.pair_angle"),
        (lambda table: table["kinds"]["pair_angle"].update(switch="ignored"), "kinds.pair_angle.switch"),
        (lambda table: table["paircodes"]["pair_angle"][1].update(joints=["tail"]), "tail"),
        (lambda table: table["paircodes"]["pair_angle"][1].update(support={"bent": 1}), r"paircodes.pair_angle\[1\]"),
        (lambda table: table["super_paircodes"][0]["ways"][0][0].__setitem__(3, "loosely"), "loosely"),
        (lambda table: table["super_paircodes"][0]["ways"][0][1].__setitem__(2, "crooked"), "crooked"),
        (lambda table: table["distance_supers"].pop("middle"), "distance_supers.middle"),
    ],
)
def test_a_broken_table_is_named(tmp_path, change, message):
    table = json.loads((TABLES / "paircodes.json").read_text())
    change(table)
    broken = tmp_path / "paircodes.json"
    broken.write_text(json.dumps(table))
    with pytest.raises(FileError, match=message) as fault:
        paircode_tables(broken)
    assert str(broken) in str(fault.value)
