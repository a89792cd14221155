"""Measures of made pictures: golden values of the published scripts, and laws."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from released import case_of, close

from poseloom.base.errors import PoseloomError
from poseloom.metrics.inception_score import inception_score
from poseloom.metrics.pckh import Pckh, pckh
from poseloom.metrics.picture_error import grey, picture_l1, psnr
from poseloom.metrics.ssim import (
    GAUSSIAN,
    INHERITED,
    INHERITED_LEGACY,
    UNIFORM,
    UNIFORM_51,
    multi_scale_ssim,
    ssim,
)

CASE, ARRAYS = case_of("transfer/metrics")
REFERENCE, GENERATED = (ARRAYS[name].movedim(-1, 1) for name in ("reference", "generated"))
MASK = ARRAYS["eval_mask"][:, None]


def test_ssim_of_the_inherited_script_under_both_libraries():
    close(ssim(REFERENCE, GENERATED, INHERITED), ARRAYS["ssim"], CASE)
    close(ssim(REFERENCE, GENERATED, INHERITED_LEGACY), ARRAYS["ssim_legacy"], CASE)
    close(ssim(REFERENCE * MASK, GENERATED * MASK, INHERITED), ARRAYS["mask_ssim"], CASE)
    close(ssim(REFERENCE * MASK, GENERATED * MASK, INHERITED_LEGACY), ARRAYS["mask_ssim_legacy"], CASE)


def test_ssim_of_pg2():
    close(ssim(REFERENCE, GENERATED, UNIFORM), ARRAYS["pg2_ssim"], CASE)
    close(ssim(REFERENCE * MASK, GENERATED * MASK, UNIFORM), ARRAYS["pg2_mask_ssim"], CASE)
    grey_variant = replace(UNIFORM, data_range=0.0)
    close(ssim(grey(GENERATED) / 255, grey(REFERENCE) / 255, grey_variant), ARRAYS["pg2_gray_ssim"], CASE)


def test_pixel_errors():
    close(picture_l1(REFERENCE, GENERATED), ARRAYS["l1"], CASE)
    close(psnr(REFERENCE, GENERATED), ARRAYS["pg2_psnr"], CASE)


def test_inception_score_and_pckh():
    close(torch.tensor(inception_score(ARRAYS["softmax"]), dtype=torch.float64), ARRAYS["inception_score"], CASE)
    found = pckh(ARRAYS["pckh_target"], ARRAYS["pckh_predicted"])
    close(torch.tensor([found.right, found.counted, found.share]).double(), ARRAYS["pckh"], CASE)
    assert found + Pckh(1, 5) == Pckh(found.right + 1, found.counted + 5)
    with pytest.raises(PoseloomError, match="fewer than 10 splits"):
        inception_score(ARRAYS["softmax"][:5])


@pytest.mark.parametrize("variant", [GAUSSIAN, UNIFORM, INHERITED, INHERITED_LEGACY])
def test_a_picture_is_most_like_itself(variant):
    assert ssim(REFERENCE, REFERENCE, variant).tolist() == pytest.approx([1.0] * 3)
    assert (ssim(REFERENCE, 255 - REFERENCE, variant) < ssim(REFERENCE, GENERATED, variant)).all()
    one = ssim(REFERENCE[1], GENERATED[1], variant)
    assert one.shape == () and one == pytest.approx(ssim(REFERENCE, GENERATED, variant)[1].item())


def test_scales():
    assert multi_scale_ssim(REFERENCE, REFERENCE).tolist() == pytest.approx([1.0] * 3)
    large = torch.nn.functional.interpolate(REFERENCE.float(), scale_factor=6)
    other = (large + 20 * torch.randn(large.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 255)
    values = multi_scale_ssim(large, other)
    assert ((values > 0) & (values < 1)).all() and (values > ssim(large, other)).all()  # noise goes


@pytest.mark.wrong_types
def test_pictures_that_are_too_small():
    with pytest.raises(PoseloomError, match="64 x 32 are smaller than the window of 51"):
        ssim(REFERENCE, GENERATED, UNIFORM_51)
    with pytest.raises(PoseloomError, match="bring them to one size"):
        ssim(REFERENCE, GENERATED[..., 1:])
