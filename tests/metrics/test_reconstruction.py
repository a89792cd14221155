import numpy as np
import pytest
import roma
import torch
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.metrics import (
    acceleration_error,
    auc,
    geodesic_degrees,
    mpjpe,
    mpvpe,
    pa_mpjpe,
    pck,
    point_errors,
    pose_geodesic_degrees,
    procrustes_align,
    root_aligned_mpjpe,
    sample_errors,
    scale_mpjpe,
)

MILLIMETRES = 150


def points(*shape, seed=0):
    return torch.randn(*shape, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_published_measures_of_mesh_recovery(golden):
    case, arrays = golden("mesh-recovery/metrics")
    given_ = {name: torch.from_numpy(arrays[name]) for name in case["inputs"]}
    given_ = {name: value.double() if value.is_floating_point() else value for name, value in given_.items()}
    own, true, mask = given_["pred"], given_["gt"], given_["mask"]
    aligned = procrustes_align(own, true)
    errors, pa_errors = point_errors(own, true), point_errors(aligned, true)
    found = {
        "mpjpe_per_sample": mpjpe(own, true),
        "mpjpe": mpjpe(own, true).mean(),
        "pa_mpjpe_per_sample": pa_mpjpe(own, true),
        "pa_mpjpe": pa_mpjpe(own, true).mean(),
        "scale_mpjpe": scale_mpjpe(own, true).mean(),
        "mpjpe_masked": errors[mask].mean(),
        "pa_mpjpe_masked": pa_errors[mask].mean(),
        "aligned": aligned,
        "pck150": pck(errors, MILLIMETRES),
        "pa_pck150": pck(pa_errors, MILLIMETRES),
        "auc": auc(errors, MILLIMETRES),
        "pa_auc": auc(pa_errors, MILLIMETRES),
        "pve": mpvpe(given_["pred_vertices"], given_["gt_vertices"]).mean(),
        "accel_error": acceleration_error(own, true),
    }
    assert set(found) == set(case["outputs"])
    for name, value in found.items():
        assert np.allclose(value.numpy(), arrays[name], **case["tolerance"]), name


def test_published_alignment_of_the_embroider(golden):
    case, arrays = golden("embroider/metrics")
    own, true, mirrored = (torch.from_numpy(arrays[name]) for name in ("S1", "S2", "S2_reflected"))
    found = {
        "aligned": procrustes_align(own, true),
        "pa_mpjpe": pa_mpjpe(own, true),
        "mpjpe": mpjpe(own, true),
        "aligned_reflected": procrustes_align(own, mirrored),
        "pa_mpjpe_reflected": pa_mpjpe(own, mirrored),
    }
    for name, value in found.items():
        assert np.allclose(value.numpy(), arrays[name], **case["tolerance"]), name


def test_published_rotation_and_point_distance(golden):
    case, arrays = golden("text-pose/metrics")
    a, b = torch.from_numpy(arrays["rotvec_a"]), torch.from_numpy(arrays["rotvec_b"])
    assert np.allclose(pose_geodesic_degrees(a, b), arrays["geodesic_deg"], **case["tolerance"])
    assert np.allclose(mpjpe(a, b), arrays["l2"], **case["tolerance"])


@given(st.integers(0, 1000), st.floats(0.2, 5))
def test_alignment_undoes_any_similarity_but_not_a_mirror(seed, scale):
    true = points(2, 3, 14, seed=seed)
    turn = roma.random_rotmat(dtype=torch.float64)
    moved = scale * true @ turn.T + 3
    assert pa_mpjpe(moved, true).max() < 1e-9
    assert pa_mpjpe(true * torch.tensor([-1.0, 1, 1]), true).min() > 0.05
    assert (pa_mpjpe(moved, true) <= mpjpe(moved, true) + 1e-9).all()


@given(st.integers(0, 1000))
def test_alignment_is_the_best_of_many(seed):
    """No similarity near the one found is better in least squares."""
    own, true = points(14, seed=seed), points(14, seed=seed + 1)
    found = procrustes_align(own, true)
    least = (found - true).square().sum()
    for turn in roma.rotvec_to_rotmat(0.05 * torch.randn(20, 3, dtype=torch.float64)):
        other = (found - found.mean(0)) @ turn.T * (1 + 0.05 * torch.randn(1).item()) + found.mean(0)
        assert (other - true).square().sum() >= least - 1e-9


def test_flat_and_single_points_are_aligned_without_nan():
    flat = points(5, 14) * torch.tensor([1.0, 1, 0])
    assert pa_mpjpe(flat, flat + 1).max() < 1e-9
    assert torch.isfinite(pa_mpjpe(torch.zeros(2, 4, 3), points(2, 4).float())).all()


def test_alignments_remove_what_they_say():
    true = points(6, 22)
    shifted = true + 5
    assert root_aligned_mpjpe(shifted, true).max() < 1e-9
    assert scale_mpjpe(2 * true, true).max() < 1e-9
    assert mpjpe(shifted, true).mean() == pytest.approx(5 * 3**0.5)


def test_masked_joints_do_not_count():
    own, true = points(2, 4), points(2, 4, seed=1)
    own[0, 2] = torch.nan
    mask = torch.ones(2, 4, dtype=torch.bool)
    mask[0, 2] = False
    assert mpjpe(own, true, mask)[0] == pytest.approx(float(mpjpe(own[0, [0, 1, 3]], true[0, [0, 1, 3]])))
    assert torch.isnan(mpjpe(own, true, torch.zeros(2, 4, dtype=torch.bool))).all()


def test_pck_counts_below_the_threshold_and_auc_averages_it():
    errors = torch.tensor([0.0, 0.075, 0.15, 1.0])
    assert pck(errors) == 50
    thresholds = torch.linspace(0, 0.15, 31)
    assert auc(errors) == pytest.approx(float(torch.stack([pck(errors, float(t)) for t in thresholds]).mean()))


@given(st.floats(0, 179.9), st.integers(0, 99))
def test_the_angle_of_a_turn_is_found(degrees, seed):
    axis = torch.nn.functional.normalize(points(1, seed=seed)[0], dim=0)
    a = roma.random_rotmat(dtype=torch.float64)
    b = a @ roma.rotvec_to_rotmat(axis * np.deg2rad(degrees))
    assert float(geodesic_degrees(a, b)) == pytest.approx(degrees, abs=1e-5)
    assert float(geodesic_degrees(b, a)) == pytest.approx(degrees, abs=1e-5)


def test_small_angles_survive_single_precision():
    turn = roma.rotvec_to_rotmat(torch.tensor([1e-4, 0, 0]))
    assert float(geodesic_degrees(torch.eye(3), turn)) == pytest.approx(np.rad2deg(1e-4), rel=1e-2)
    assert float(geodesic_degrees(torch.eye(3), torch.eye(3))) == 0


def test_mean_best_and_best_few_of_samples():
    errors = torch.tensor([[3.0, 1.0, 2.0], [30.0, 10.0, 20.0]])
    found = sample_errors(errors, few=2)
    assert (found.mean, found.top, found.best, found.count, found.few) == (11, 5.5, 8.25, 3, 2)
    assert sample_errors(errors, few=1).best == found.top
    with pytest.raises(PoseloomError, match="best of 6 samples"):
        sample_errors(errors)


@pytest.mark.wrong_types
def test_different_joints_are_refused():
    with pytest.raises(PoseloomError, match="select the joints that both have"):
        mpjpe(torch.zeros(2, 22, 3), torch.zeros(2, 52, 3))
