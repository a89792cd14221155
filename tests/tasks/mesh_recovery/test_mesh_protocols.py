"""The protocol: order of samples, missing ones, the body of a person's gender, figures of exact small cases."""

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.tasks.mesh_recovery.learned_body import SmplLearnedBody
from poseloom.tasks.mesh_recovery.objectives.batch import FEMALE, MALE, UNKNOWN, MeshBatch
from poseloom.tasks.mesh_recovery.objectives.learner import MeshLearner
from poseloom.tasks.mesh_recovery.protocols import Measured, MeshErrors, about, surface_errors
from smpl_standins import mean_regressor, write_golden_smpl


def measured(samples, joints, true, errors=None):
    count = len(samples)
    return Measured(torch.tensor(samples), joints, true, torch.full((count,), torch.nan) if errors is None else errors)


def test_figures_of_a_shift_are_exact():
    true = torch.randn(4, 14, 3, generator=torch.Generator().manual_seed(0))
    errors = MeshErrors()
    errors.add(measured([0, 1, 2, 3], true + torch.tensor([0.02, 0.048, 0.0]), true, torch.full((4,), 0.02)))
    figures = errors.figures()
    assert figures["mpjpe"] == pytest.approx(52, abs=1e-3)
    assert figures["pa_mpjpe"] == pytest.approx(0, abs=1e-2)
    assert figures["pve"] == pytest.approx(20, abs=1e-3)
    assert figures["pck"] == 100
    assert figures["auc"] == pytest.approx(100 * 20 / 31, abs=1e-6)
    assert "acceleration" not in figures


def test_batches_may_come_in_any_order():
    true, own = torch.randn(2, 6, 14, 3, generator=torch.Generator().manual_seed(0))
    whole, parts = MeshErrors(), MeshErrors()
    whole.add(measured([0, 1, 2, 3, 4, 5], own, true))
    for order in ([4, 1], [5, 0, 3], [2]):
        parts.add(measured(order, own[order], true[order]))
    expected = torch.arange(6)
    assert parts.figures(expected, video=True) == whole.figures(expected, video=True)
    assert whole.figures(video=True)["acceleration"] > 0


def test_missing_samples_are_a_mistake():
    points = torch.zeros(2, 14, 3)
    errors = MeshErrors()
    with pytest.raises(PoseloomError, match="nothing was measured"):
        errors.figures()
    errors.add(measured([0, 2], points, points))
    with pytest.raises(PoseloomError, match="1 samples were not measured, the first is 1"):
        errors.figures(torch.arange(3))
    errors.add(measured([2], points[:1], points[:1]))
    with pytest.raises(PoseloomError, match="sample 2 was measured twice"):
        errors.figures()


def test_surfaces_count_where_they_are_known():
    own, true = torch.zeros(2, 5, 3), torch.ones(2, 5, 3)
    found = surface_errors(own, true, torch.tensor([True, False]))
    assert found[0] == pytest.approx(3**0.5) and torch.isnan(found[1])
    assert torch.equal(about(true, true[:, 0]), own)


@pytest.fixture(scope="module")
def smpl_folder(golden, tmp_path_factory):
    """Three bodies of SMPL's sizes: the female one is twice as large, the male half as large."""
    folder = tmp_path_factory.mktemp("smpl")
    neutral = dict(np.load(write_golden_smpl(folder / "SMPL_NEUTRAL.npz", golden)))
    for name, size in (("SMPL_FEMALE", 2.0), ("SMPL_MALE", 0.5)):
        np.savez(folder / f"{name}.npz", **{**neutral, "v_template": size * neutral["v_template"]})
    np.save(folder / "J_regressor_extra.npy", mean_regressor(9))
    np.save(folder / "J_regressor_h36m.npy", mean_regressor(17))
    return folder


def test_the_truth_of_3dpw_is_of_the_persons_gender(smpl_folder):
    class Bare(MeshLearner):
        def __init__(self):
            torch.nn.Module.__init__(self)
            self.body = SmplLearnedBody(smpl_folder)

        def recovered(self, pictures):
            raise NotImplementedError

        def batches(self, share):
            raise NotImplementedError

    nothing = torch.zeros(3, dtype=torch.bool)
    batch = MeshBatch(
        pictures=torch.zeros(3, 3, 8, 8),
        keypoints2d=torch.zeros(3, 54, 3),
        keypoints3d=torch.zeros(3, 54, 4),
        rotations=torch.eye(3).repeat(3, 24, 1, 1),
        betas=torch.zeros(3, 10),
        has_body=~nothing,
        has_shape=~nothing,
        samples=torch.arange(3),
        turned=torch.zeros(3),
        flipped=nothing,
        gender=torch.tensor([UNKNOWN, MALE, FEMALE]),
    )
    true = Bare().truth(batch)
    neutral = true.vertices[0]
    assert torch.allclose(true.vertices[1], 0.5 * neutral, atol=1e-5)
    assert torch.allclose(true.vertices[2], 2.0 * neutral, atol=1e-5)
    assert torch.allclose(true.joints[2], 2.0 * true.joints[0], atol=1e-5)


def test_the_folder_of_smpl_says_what_it_lacks(smpl_folder, tmp_path):
    with pytest.raises(PoseloomError, match=r"holds no SMPL_NEUTRAL.pkl or .npz"):
        SmplLearnedBody(tmp_path)
    np.save(tmp_path / "J_regressor_extra.npy", np.zeros((9, 5)))
    (tmp_path / "SMPL_NEUTRAL.npz").write_bytes((smpl_folder / "SMPL_NEUTRAL.npz").read_bytes())
    with pytest.raises(PoseloomError, match=r"is \(9, 5\), expected \(rows, 6890\)"):
        SmplLearnedBody(tmp_path)
    body = SmplLearnedBody(smpl_folder)
    assert body.mean() is None and body.mixture() is None
