"""Pose encoder and decoder, fusions, positions: laws that no golden case shows."""

from __future__ import annotations

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.nn.layers.fusion import FUSIONS, build_fusion
from poseloom.nn.layers.transformers import PositionalEncoding
from poseloom.nn.pose.decoder import PoseDecoder, columns_to_rotations
from poseloom.nn.pose.encoder import PoseEncoder, Role
from poseloom.pose import rotations


@pytest.mark.parametrize("joints", [22, 52])
@pytest.mark.parametrize("role", list(Role))
def test_encoder_takes_flat_poses_and_leaves_extra_joints_out(role, joints):
    encoder = PoseEncoder(8, joints=joints, role=role).eval()
    poses = torch.randn(3, 52, 3)
    outputs = [encoder(given) for given in (poses, poses[:, :joints], poses[:, :joints].flatten(1))]
    vectors = [output.mean if role is Role.GENERATIVE else output for output in outputs]
    assert vectors[0].shape == (3, 8)
    assert all(torch.equal(vectors[0], other) for other in vectors[1:])


def test_decoder_gives_rotations_for_any_batch_and_gradients_through_axis_angle():
    decoder = PoseDecoder(4, joints=22).eval()
    latents = torch.randn(2, 3, 4, requires_grad=True)
    decoded = decoder(latents)
    assert decoded.axis_angle.shape == (2, 3, 22, 3)
    eye = decoded.matrices @ decoded.matrices.mT
    torch.testing.assert_close(eye, torch.eye(3).expand_as(eye), atol=1e-5, rtol=0)
    torch.testing.assert_close(rotations.rotvec_to_rotmat(decoded.axis_angle), decoded.matrices, atol=1e-4, rtol=0)
    decoded.axis_angle.sum().backward()
    assert latents.grad.isfinite().all()


def test_columns_agree_with_the_six_numbers_of_rotations_and_bear_zeros():
    sixd = torch.randn(7, 6)
    torch.testing.assert_close(columns_to_rotations(sixd.view(7, 3, 2)), rotations.sixd_to_rotmat(sixd))
    zeros = torch.zeros(1, 3, 2, requires_grad=True)
    columns_to_rotations(zeros).sum().backward()
    assert zeros.grad.isfinite().all()


@pytest.mark.parametrize("name", list(FUSIONS))
def test_fusions_keep_the_size_of_the_main_vector(name):
    fusion = build_fusion(name, 8, 5)
    fused = fusion(torch.randn(4, 8), torch.randn(4, 5))
    assert fused.shape == (4, 8)
    fused.sum().backward()
    assert all(value.grad.isfinite().all() for value in fusion.parameters())


def test_an_unknown_fusion_is_told():
    with pytest.raises(PoseloomError, match="did you mean 'tirg'"):
        build_fusion("tirgg", 2, 2)


def test_positions_begin_where_they_are_told():
    positions = PositionalEncoding(16).eval()
    zeros = torch.zeros(1, 12, 16)
    torch.testing.assert_close(positions(zeros[:, :4], start=8), positions(zeros)[:, 8:])
