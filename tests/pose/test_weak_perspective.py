"""Cameras of mesh-recovery networks give the figures of the original code, and agree with `Camera`."""

from __future__ import annotations

import pytest
import torch

from poseloom.pose.camera import Camera
from poseloom.pose.weak_perspective import (
    FOCAL,
    SIDE,
    estimated_translation,
    translation_in_full_picture,
    translation_to_weak,
    weak_in_full_picture,
    weak_project,
    weak_to_translation,
)


@pytest.fixture
def case(golden) -> tuple[dict, dict[str, torch.Tensor]]:
    case, arrays = golden("mesh-recovery/camera")
    return case, {name: torch.from_numpy(array) for name, array in arrays.items()}


def close(case, found, expected):
    tolerance = case["tolerance"]
    torch.testing.assert_close(found, expected, atol=tolerance["atol"], rtol=tolerance["rtol"])


def test_weak_perspective_and_its_translation_are_those_of_the_original(case):
    facts, arrays = case
    translation = weak_to_translation(arrays["cam"])
    close(facts, translation, arrays["translation"])
    close(facts, weak_project(arrays["points"], arrays["cam"]), arrays["weak_projected"])
    camera = Camera.pinhole(torch.full((3,), FOCAL), (SIDE, SIDE), translation=translation)
    close(facts, camera.project(arrays["points"])[..., :2] - SIDE / 2, arrays["projected"])
    torch.testing.assert_close(translation_to_weak(translation), arrays["cam"])


def test_the_estimated_translation_is_that_of_the_original(case):
    facts, arrays = case
    pixels = arrays["keypoints2d"][:, 25:]
    found = estimated_translation(arrays["points"][:, 25:], pixels[..., :2], pixels[..., 2])
    close(facts, found, arrays["estimated_translation"])


def test_the_true_translation_is_found_again():
    points = torch.randn(2, 12, 3, generator=torch.Generator().manual_seed(0))
    true = torch.tensor([[0.1, -0.3, 8.0], [0.5, 0.2, 14.0]])
    camera = Camera.pinhole(torch.full((2,), 700.0), (SIDE, SIDE), translation=true)
    pixels = camera.project(points)[..., :2]
    pixels[:, 0] += 500  # an outlier without confidence
    confidence = torch.ones(2, 12)
    confidence[:, 0] = 0
    torch.testing.assert_close(estimated_translation(points, pixels, confidence, 700.0), true, atol=1e-3, rtol=1e-3)


def test_the_crop_s_camera_in_the_whole_picture_is_that_of_the_original(case):
    facts, arrays = case
    width, height = facts["config"]["full_image"]
    close(facts, weak_in_full_picture(arrays["cam"], arrays["bbox"], (height, width)), arrays["orig_cam"])


def test_the_whole_picture_shows_the_body_where_the_crop_did(case):
    """A body far away, in the crop's camera and in that of the whole picture."""
    _, arrays = case
    weak, box, size = arrays["cam"], arrays["bbox"], (720, 1280)
    focal = 5e5
    flat = torch.cat([arrays["points"][..., :2], torch.zeros(3, 49, 1)], dim=-1)
    crop = (weak_project(flat, weak) + 1) / 2 * box[:, None, 2:] + box[:, None, :2] - box[:, None, 2:] / 2
    translation = translation_in_full_picture(weak, box, size, focal)
    camera = Camera.pinhole(torch.full((3,), focal), size, translation=translation)
    torch.testing.assert_close(camera.project(flat)[..., :2], crop, atol=0.05, rtol=1e-4)
