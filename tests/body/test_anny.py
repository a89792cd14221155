import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.body import Body, default_body
from poseloom.body.phenotype import hat_weights
from poseloom.pose import JOINT_INDEX, Pose
from poseloom.pose.skeleton import rest_offsets

JOINT_TOLERANCE = {"preview": 0.5e-3, "full": 0.5e-3}
VERTEX_TOLERANCE = {"preview": (0.5 + 1.7) * 1e-3, "full": (0.5 + 2.3) * 1e-3}
TOPOLOGY = {"preview": "notoes_collapse10pc", "full": "anny"}


def random_pose(*batch, seed=0, scale=0.4, **fields):
    generator = torch.Generator().manual_seed(seed)
    return Pose(torch.randn(*batch, 52, 3, generator=generator) * scale, **fields)


@pytest.fixture(params=["preview", "full"])
def mesh_name(request):
    return request.param


def test_joints_and_vertices_are_those_of_anny(golden, mesh_name):
    case, arrays = golden(f"body/{TOPOLOGY[mesh_name]}")
    body = default_body(mesh_name)
    arrays = {name.split(".")[-1].split("/")[-1]: torch.as_tensor(value) for name, value in arrays.items()}
    pose = Pose(arrays["rotations"], arrays["translation"], arrays["phenotype"], "anny")
    joints, mesh = body.joints(pose), body.mesh(pose)
    assert (joints - arrays["joints"]).norm(dim=-1).max() < JOINT_TOLERANCE[mesh_name]
    vertices = mesh.vertices[:, arrays["vertex_indices"].long()]
    assert (vertices - arrays["vertices"]).norm(dim=-1).max() < VERTEX_TOLERANCE[mesh_name]
    assert mesh.vertices.shape[1] == case["config"]["vertices"] and len(mesh.faces) == case["config"]["faces"]
    first = arrays["faces_first"]
    assert torch.equal(mesh.faces[: len(first)], first.long())


def test_it_is_a_body():
    assert isinstance(default_body(), Body)


def test_zero_pose_is_a_t_pose_in_the_project_axes():
    positions = default_body().skeleton().positions
    left_wrist, left_ankle = positions[JOINT_INDEX["left_wrist"]], positions[JOINT_INDEX["left_ankle"]]
    toes = positions[JOINT_INDEX["left_foot"]]
    assert left_wrist[0] > 0.7 and abs(left_wrist[1] - positions[JOINT_INDEX["left_shoulder"], 1]) < 0.01
    assert left_ankle[1] < -0.9 and toes[2] > left_ankle[2] + 0.1


def test_rest_offsets_of_the_pose_room_are_those_of_this_body():
    assert torch.allclose(rest_offsets(), default_body().skeleton().offsets, atol=1e-5)


def test_both_meshes_share_the_skeleton():
    pose = random_pose(3)
    assert (default_body("preview").joints(pose) - default_body("full").joints(pose)).abs().max() < 1e-3


def test_one_shape_and_many_shapes_take_different_ways_to_the_same_vertices():
    body, shape = default_body(), torch.rand(6)
    pose = random_pose(2)
    together = Pose(pose.rotations, None, shape.expand(2, 6), "anny")
    apart = Pose(pose.rotations[[0, 1, 1]], None, torch.stack([shape, shape, torch.rand(6)]), "anny")
    assert torch.allclose(body.mesh(together).vertices, body.mesh(apart).vertices[:2], atol=1e-5)


def test_shape_coefficients_of_another_body_are_ignored():
    pose, body = random_pose(2), default_body()
    foreign = Pose(pose.rotations, None, torch.randn(2, 16), "smplh")
    assert torch.equal(body.joints(pose), body.joints(foreign))


@pytest.mark.wrong_types
def test_wrong_number_of_phenotypes_is_told():
    with pytest.raises(PoseloomError, match="takes 6 coefficients"):
        default_body().joints(Pose(torch.zeros(1, 52, 3), None, torch.zeros(1, 10), "anny"))


def test_taller_person_is_taller():
    body = default_body()
    low, high = (body.skeleton(torch.tensor([0.5, 0.7, 0.5, 0.5, height, 0.5])) for height in (0.1, 0.9))
    assert high.positions[JOINT_INDEX["head"], 1] > low.positions[JOINT_INDEX["head"], 1] + 0.05


def test_jaw_of_a_face_pose_moves_the_chin_alone():
    body, pose = default_body("full"), random_pose(1)
    face = torch.zeros(1, 3, 3)
    face[0, 0, 0] = 0.4
    moved = (body.mesh(pose).vertices - body.mesh(Pose(pose.rotations, face=face)).vertices).norm(dim=-1)[0]
    assert moved.max() > 0.01 and (moved > 1e-5).float().mean() < 0.2


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 3), max_size=3))
def test_any_batch_axes(batch):
    body, pose = default_body(), random_pose(*batch)
    flat = pose.reshape(-1)
    assert body.mesh(pose).vertices.shape == (*batch, 1229, 3)
    expected = body.joints(flat).reshape(*batch, 52, 3)
    assert torch.allclose(body.joints(pose), expected, atol=1e-6)


def test_gradients_are_finite_at_rest_and_reach_pose_and_shape():
    body = default_body()
    rotations = torch.zeros(2, 52, 3, requires_grad=True)
    shape = torch.rand(2, 6, requires_grad=True)
    body.mesh(Pose(rotations, None, shape, "anny")).vertices.square().sum().backward()
    assert rotations.grad.isfinite().all() and shape.grad.isfinite().all()
    assert rotations.grad.abs().sum() > 0 and shape.grad.abs().sum() > 0


def test_translation_moves_everything_along():
    body, pose = default_body(), random_pose(2)
    shift = torch.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]])
    moved = Pose(pose.rotations, shift)
    assert torch.allclose(body.mesh(moved).vertices, body.mesh(pose).vertices + shift[:, None], atol=1e-5)
    assert torch.allclose(body.joints(moved)[:, 0], shift, atol=1e-6)


def test_mirrored_pose_gives_the_mirrored_joints_but_for_the_body_s_own_asymmetry():
    from poseloom.pose import MIRROR

    body, pose = default_body(), random_pose(3)
    mirrored = body.joints(pose)[:, list(MIRROR)] * torch.tensor([-1.0, 1.0, 1.0])
    assert (body.joints(pose.mirror()) - mirrored).norm(dim=-1).max() < 0.02


@given(st.floats(-1, 2))
def test_hat_weights_sum_to_one(value):
    weights = hat_weights(torch.tensor(value), (0.0, 0.5, 1.0))
    assert weights.sum().item() == pytest.approx(1) and (weights >= 0).all()


@pytest.mark.parametrize("corner", range(8))
def test_rest_orientations_are_well_conditioned_over_all_shapes(corner):
    """The polar iteration needs a positive determinant; it holds far outside everyday shapes too."""
    from poseloom.body.phenotype import shape_coefficients

    body = default_body()
    generator = torch.Generator().manual_seed(corner)
    shapes = torch.rand(500, 6, generator=generator)
    shapes[:250] = shapes[:250].round()
    coefficients = shape_coefficients(shapes, body._mask, body._projection)
    matrices = body._orientations + torch.tensordot(coefficients, body._orientation_basis, 1)
    assert torch.linalg.det(matrices).min() > 0
