"""GLB files are checked by pygltflib and trimesh, and by an evaluator of skins that knows only the specification."""

import io

import numpy as np
import pygltflib
import pytest
import roma
import torch
import trimesh

from poseloom.base.errors import PoseloomError
from poseloom.formats.gltf import SkinnedMesh, StaticMesh, write_glb

COMPONENTS = {5126: np.float32, 5125: np.uint32, 5123: np.uint16, 5121: np.uint8}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def tetrahedron(**fields) -> StaticMesh:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])
    return StaticMesh(vertices, faces, **fields)


def body(frames=6, influences=8, joints=5, vertices=40, seed=0, **changes) -> SkinnedMesh:
    rng = np.random.default_rng(seed)
    vectors = np.cumsum(rng.normal(size=(frames, joints, 3)) * 0.8, axis=0)
    fields = {
        "vertices": rng.normal(size=(vertices, 3)).astype(np.float32),
        "faces": rng.integers(0, vertices, (60, 3)),
        "joint_names": [f"joint{index}" for index in range(joints)],
        "parents": [-1, 0, 1, 1, 3][:joints],
        "rest_joints": rng.normal(size=(joints, 3)),
        "joint_indices": rng.integers(0, joints, (vertices, influences)),
        "weights": rng.random((vertices, influences)),
        "rotations": roma.rotvec_to_rotmat(torch.tensor(vectors)).numpy(),
        "translation": rng.normal(size=(frames, 3)),
        "fps": 25.0,
    }
    return SkinnedMesh(**{**fields, **changes})


def expected_vertices(mesh: SkinnedMesh) -> np.ndarray:
    """Linear blend skinning from the definition: (frames, vertices, 3)."""
    frames, joints = mesh.rotations.shape[:2]
    turn, place = np.zeros((frames, joints, 3, 3)), np.zeros((frames, joints, 3))
    for joint, parent in enumerate(mesh.parents):
        if parent < 0:
            turn[:, joint], place[:, joint] = mesh.rotations[:, joint], mesh.rest_joints[joint] + mesh.translation
        else:
            turn[:, joint] = turn[:, parent] @ mesh.rotations[:, joint]
            place[:, joint] = place[:, parent] + turn[:, parent] @ (mesh.rest_joints[joint] - mesh.rest_joints[parent])
    from_joint = mesh.vertices[:, None] - mesh.rest_joints[mesh.joint_indices]
    moved = np.einsum("fvkij,vkj->fvki", turn[:, mesh.joint_indices], from_joint) + place[:, mesh.joint_indices]
    share = mesh.weights / mesh.weights.sum(1, keepdims=True)
    return (moved * share[..., None]).sum(2)


class Reader:
    """Evaluates a GLB file by the words of the specification."""

    def __init__(self, path):
        self.gltf = pygltflib.GLTF2().load_binary(str(path))
        self.data = self.gltf.binary_blob()

    def array(self, number):
        accessor = self.gltf.accessors[number]
        view = self.gltf.bufferViews[accessor.bufferView]
        kind, width = np.dtype(COMPONENTS[accessor.componentType]), WIDTHS[accessor.type]
        assert view.byteOffset % 4 == 0
        assert accessor.count * width * kind.itemsize == view.byteLength
        array = np.frombuffer(self.data, kind, accessor.count * width, view.byteOffset).reshape(accessor.count, width)
        if accessor.min:
            assert np.array_equal(array.min(0), np.array(accessor.min, kind))
            assert np.array_equal(array.max(0), np.array(accessor.max, kind))
        return array

    def frames(self):
        if not self.gltf.animations:
            return 1
        return self.gltf.accessors[self.gltf.animations[0].samplers[0].input].count

    def vertices(self):
        gltf, frames = self.gltf, self.frames()
        count = len(gltf.nodes)
        turns = np.array([node.rotation or [0, 0, 0, 1] for node in gltf.nodes])[None].repeat(frames, 0)
        places = np.array([node.translation or [0, 0, 0] for node in gltf.nodes])[None].repeat(frames, 0)
        for channel in gltf.animations[0].channels if gltf.animations else []:
            sampler = gltf.animations[0].samplers[channel.sampler]
            assert sampler.interpolation == "LINEAR"
            target = turns if channel.target.path == "rotation" else places
            target[:, channel.target.node] = self.array(sampler.output)
        local = np.tile(np.eye(4), (frames, count, 1, 1))
        local[..., :3, :3] = roma.unitquat_to_rotmat(torch.tensor(turns)).numpy()
        local[..., :3, 3] = places
        world = np.zeros_like(local)

        def walk(node, above):
            world[:, node] = above @ local[:, node]
            for child in gltf.nodes[node].children or []:
                walk(child, world[:, node])

        for root in gltf.scenes[gltf.scene].nodes:
            walk(root, np.tile(np.eye(4), (frames, 1, 1)))
        skin = gltf.skins[0]
        bind = self.array(skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
        matrices = world[:, skin.joints] @ bind
        attributes = gltf.meshes[0].primitives[0].attributes
        points = np.c_[self.array(attributes.POSITION), np.ones(gltf.accessors[attributes.POSITION].count)]
        total = 0
        for number in (0, 1):
            joints, weights = (getattr(attributes, f"{kind}_{number}", None) for kind in ("JOINTS", "WEIGHTS"))
            if joints is not None:
                moved = np.einsum("fvkij,vj->fvki", matrices[:, self.array(joints)], points)[..., :3]
                total = total + (moved * self.array(weights)[..., None]).sum(2)
        return total


@pytest.mark.parametrize("influences", [1, 3, 4, 5, 8])
def test_the_skin_moves_the_vertices_where_they_belong(tmp_path, influences):
    mesh = body(influences=influences)
    write_glb(mesh, tmp_path / "a.glb")
    assert np.abs(Reader(tmp_path / "a.glb").vertices() - expected_vertices(mesh)).max() < 1e-4


def test_quaternions_do_the_same_as_matrices(tmp_path):
    mesh = body()
    quaternions = -roma.rotmat_to_unitquat(torch.tensor(mesh.rotations)).numpy()
    write_glb(body(rotations=quaternions), tmp_path / "a.glb")
    assert np.abs(Reader(tmp_path / "a.glb").vertices() - expected_vertices(mesh)).max() < 1e-4


def test_more_than_eight_influences_keep_the_heaviest(tmp_path):
    mesh = body(influences=12)
    order = np.argsort(-mesh.weights, axis=1)
    light = np.take_along_axis(mesh.weights, order, 1)
    light[:, 8:] = 0
    joints = np.take_along_axis(mesh.joint_indices, order, 1)
    write_glb(mesh, tmp_path / "a.glb")
    found = Reader(tmp_path / "a.glb").vertices()
    assert np.abs(found - expected_vertices(body(influences=12, joint_indices=joints, weights=light))).max() < 1e-4


def test_weights_sum_to_one_and_unused_joints_are_zero(tmp_path):
    mesh = body(influences=5)
    mesh.weights[:, 3:] = 0
    write_glb(mesh, tmp_path / "a.glb")
    reader = Reader(tmp_path / "a.glb")
    attributes = reader.gltf.meshes[0].primitives[0].attributes
    weights, joints = reader.array(attributes.WEIGHTS_0), reader.array(attributes.JOINTS_0)
    assert getattr(attributes, "JOINTS_1", None) is None
    assert np.allclose(weights.sum(1), 1, atol=1e-6)
    assert (joints[weights == 0] == 0).all()


def test_neighbouring_quaternions_never_take_the_long_way(tmp_path):
    angle = np.linspace(0, 8 * np.pi, 60)
    vectors = np.zeros((60, 5, 3))
    vectors[:, :, 1] = angle[:, None]
    write_glb(body(60, rotations=roma.rotvec_to_rotmat(torch.tensor(vectors)).numpy()), tmp_path / "a.glb")
    reader = Reader(tmp_path / "a.glb")
    animation = reader.gltf.animations[0]
    for channel in animation.channels:
        if channel.target.path == "rotation":
            values = reader.array(animation.samplers[channel.sampler].output)
            assert ((values[1:] * values[:-1]).sum(1) > 0).all()
            assert np.allclose(np.linalg.norm(values, axis=1), 1, atol=1e-6)


def test_times_follow_the_frame_rate_and_still_joints_have_no_channel(tmp_path):
    mesh = body()
    mesh.rotations[:, 2:] = mesh.rotations[:1, 2:]
    write_glb(mesh, tmp_path / "a.glb")
    reader = Reader(tmp_path / "a.glb")
    animation = reader.gltf.animations[0]
    assert np.allclose(reader.array(animation.samplers[0].input)[:, 0], np.arange(6) / 25)
    assert [(c.target.node, c.target.path) for c in animation.channels] == [
        (0, "rotation"),
        (1, "rotation"),
        (0, "translation"),
    ]
    assert np.abs(reader.vertices() - expected_vertices(mesh)).max() < 1e-4


def test_one_frame_is_a_posed_body_without_animation(tmp_path):
    mesh = body(frames=1)
    write_glb(mesh, tmp_path / "a.glb")
    reader = Reader(tmp_path / "a.glb")
    assert not reader.gltf.animations
    assert np.abs(reader.vertices() - expected_vertices(mesh)).max() < 1e-4


def test_the_hierarchy_has_our_names(tmp_path):
    write_glb(body(), tmp_path / "a.glb")
    nodes = Reader(tmp_path / "a.glb").gltf.nodes
    assert [node.name for node in nodes[:5]] == [f"joint{index}" for index in range(5)]
    assert [node.children for node in nodes[:5]] == [[1], [2, 3], [], [4], []]


def test_trimesh_reads_a_static_mesh_back(tmp_path):
    colors = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.5]])
    mesh = tetrahedron(colors=colors)
    write_glb(mesh, tmp_path / "a.glb")
    back = trimesh.load(tmp_path / "a.glb", process=False, force="mesh")
    assert np.array_equal(back.vertices, mesh.vertices)
    assert np.array_equal(back.faces, mesh.faces)
    assert back.is_watertight
    assert np.isclose(back.volume, 1 / 6)


def test_colors_become_linear_and_normals_point_outwards(tmp_path):
    mesh = tetrahedron(colors=np.full((4, 4), 0.5))
    write_glb(mesh, tmp_path / "a.glb")
    reader = Reader(tmp_path / "a.glb")
    attributes = reader.gltf.meshes[0].primitives[0].attributes
    assert np.allclose(reader.array(attributes.COLOR_0) / 65_535, [0.21404] * 3 + [0.5], atol=1e-4)
    normals = reader.array(attributes.NORMAL)
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
    assert ((normals * (mesh.vertices - mesh.vertices.mean(0))).sum(1) > 0).all()


def test_a_mesh_of_many_vertices_uses_wide_indices(tmp_path):
    vertices = np.random.default_rng(0).normal(size=(70_000, 3)).astype(np.float32)
    faces = np.array([[0, 1, 69_999]])
    write_glb(StaticMesh(vertices, faces), tmp_path / "a.glb")
    reader = Reader(tmp_path / "a.glb")
    assert reader.array(reader.gltf.meshes[0].primitives[0].indices)[:, 0].tolist() == [0, 1, 69_999]


def test_the_file_is_well_formed(tmp_path):
    write_glb(body(), tmp_path / "a.glb")
    data = (tmp_path / "a.glb").read_bytes()
    assert data[:4] == b"glTF"
    assert int.from_bytes(data[8:12], "little") == len(data)
    assert len(data) % 4 == 0
    assert trimesh.load(io.BytesIO(data), file_type="glb") is not None


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tetrahedron(colors=np.zeros((3, 3))), "colors: expected numbers of shape"),
        (lambda: StaticMesh(np.zeros((2, 3)), np.array([[0, 1, 2]])), "faces: points outside the 2 vertices"),
        (lambda: StaticMesh(np.full((3, 3), np.nan), np.array([[0, 1, 2]])), "vertices: holds NaN"),
        (lambda: body(parents=[-1, -1, 0, 0, 0]), "parents: "),
        (lambda: body(parents=[-1, 3, 0, 1, 0]), "parents: "),
        (lambda: body(weights=np.zeros((40, 8))), "weights: "),
        (lambda: body(joint_indices=np.full((40, 8), 5)), "joint_indices: points outside the 5 joints"),
        (lambda: body(rotations=np.zeros((6, 4, 4))), "rotations: expected numbers of shape"),
        (lambda: body(translation=np.zeros((5, 3))), "translation: expected"),
        (lambda: body(fps=0), "fps: "),
    ],
)
def test_a_bad_mesh_is_refused_and_nothing_is_written(tmp_path, make, message):
    with pytest.raises(PoseloomError, match=message):
        write_glb(make(), tmp_path / "a.glb")
    assert not any(tmp_path.iterdir())
