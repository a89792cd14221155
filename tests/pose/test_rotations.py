import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.pose import rotations as rot


def tensors(arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def test_sixd_and_axis_angle_match_the_golden_case(golden):
    _, arrays = golden("mesh-recovery/rotations")
    data = tensors(arrays)
    torch.testing.assert_close(rot.sixd_to_rotmat(data["x6"]), data["rotmat_from_6d"], atol=1e-4, rtol=1e-3)
    matrices = rot.rotvec_to_rotmat(data["axis_angle"])
    torch.testing.assert_close(matrices, data["rotmat_from_aa"], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(rot.rotmat_to_sixd(matrices), data["x6_from_rotmat"], atol=1e-4, rtol=1e-3)
    back = rot.rotmat_to_rotvec(data["rotmat_from_aa"])
    torch.testing.assert_close(rot.rotvec_to_rotmat(back), rot.rotvec_to_rotmat(data["aa_back"]), atol=1e-4, rtol=1e-3)


def test_sixd_of_exactly_three_rotations_is_no_special_case(golden):
    _, arrays = golden("mesh-recovery/rotations")
    x6 = tensors(arrays)["x6"][:3]
    torch.testing.assert_close(rot.sixd_to_rotmat(x6), torch.stack([rot.sixd_to_rotmat(row) for row in x6]))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from(["XYZ", "ZXY", "YZX", "XY", "ZYZ"]))
def test_euler_angles_are_the_product_as_written(seed, axes):
    angles = torch.randn(4, len(axes), generator=torch.Generator().manual_seed(seed))
    expected = torch.eye(3).expand(4, 3, 3)
    for place, axis in enumerate(axes):
        unit = torch.eye(3)["XYZ".index(axis)]
        expected = expected @ rot.rotvec_to_rotmat(angles[:, place, None] * unit)
    torch.testing.assert_close(rot.euler_to_rotmat(angles, axes), expected, atol=1e-5, rtol=0)


def test_euler_xyz_undoes_its_product():
    a, b, c = angles = torch.randn(3, 50).clamp(-1.5, 1.5)
    product = rot.axis_to_rotmat(c, "Z") @ rot.axis_to_rotmat(b, "Y") @ rot.axis_to_rotmat(a, "X")
    torch.testing.assert_close(torch.stack(rot.rotmat_to_euler_xyz(product)), angles, atol=1e-4, rtol=0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_shortest_arc_takes_one_direction_to_the_other(seed):
    generator = torch.Generator().manual_seed(seed)
    source, target = torch.randn(2, 6, 3, generator=generator)
    source[0], target[0] = torch.tensor([1.0, 0, 0]), torch.tensor([-1.0, 0, 0])
    turn = rot.shortest_arc_rotmat(source, target)
    moved = (turn @ torch.nn.functional.normalize(source, dim=-1)[..., None]).squeeze(-1)
    torch.testing.assert_close(moved, torch.nn.functional.normalize(target, dim=-1), atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.linalg.det(turn), torch.ones(6), atol=1e-4, rtol=0)


def test_nearest_rotations_agree_and_keep_rotations():
    matrix = rot.rotvec_to_rotmat(torch.randn(20, 3))
    torch.testing.assert_close(rot.nearest_rotmat(matrix), matrix, atol=1e-5, rtol=0)
    noisy = 2.5 * (matrix + 0.05 * torch.randn(20, 3, 3))
    torch.testing.assert_close(rot.polar_rotmat(noisy), rot.nearest_rotmat(noisy), atol=1e-4, rtol=0)


def test_gradient_at_zero_is_finite():
    vector = torch.zeros(3, requires_grad=True)
    rot.rotvec_to_rotmat(vector).sum().backward()
    assert torch.isfinite(vector.grad).all()
