"""A clip on a character: its mesh must move as our skeleton does, and nothing else of its file may change."""

import json

import numpy as np
import pygltflib
import pytest
import torch
from characters import (
    HIPS,
    OTHER_NAMES,
    GltfWriter,
    a_pose,
    character,
    gentle_clip,
    gltf_content,
    naming,
    save_character,
    straight_offsets,
    write_glb,
    write_gltf,
)

from poseloom.base.errors import FileError
from poseloom.formats.gltf_character import write_onto
from poseloom.formats.gltf_document import read_document
from poseloom.formats.gltf_nodes import matrix_of
from poseloom.formats.gltf_read import read_gltf
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics

MIXAMO = naming("Mixamo")
PREFIXED = {ours: f"mixamorig:{theirs}" for ours, theirs in MIXAMO.items()}


def skinned(path, frame):
    """Vertices of a file at a frame of its first animation, by the words of the specification."""
    gltf = pygltflib.GLTF2().load_binary(str(path))
    data = gltf.binary_blob()

    def array(number):
        accessor = gltf.accessors[number]
        view = gltf.bufferViews[accessor.bufferView]
        kind = np.dtype({5126: "<f4", 5123: "<u2", 5121: "u1"}[accessor.componentType])
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor.type]
        start = (view.byteOffset or 0) + (accessor.byteOffset or 0)
        return np.frombuffer(data, kind, accessor.count * width, start).reshape(-1, width)

    moved = {}
    chosen = gltf.animations[0]
    for channel in chosen.channels:
        keys = array(chosen.samplers[channel.sampler].output)
        moved[channel.target.node, channel.target.path] = keys[min(frame, len(keys) - 1)]
    world = {}

    def visit(number, above):
        node = gltf.nodes[number]
        own = np.eye(4)
        if node.matrix:
            own = np.array(node.matrix).reshape(4, 4).T
        else:
            turn = moved.get((number, "rotation"), node.rotation or [0, 0, 0, 1])
            own[:3, :3] = matrix_of(np.array(turn, float)) * np.array(node.scale or [1, 1, 1])
            own[:3, 3] = moved.get((number, "translation"), node.translation or [0, 0, 0])
        world[number] = above @ own
        for child in node.children or []:
            visit(child, world[number])

    for root in gltf.scenes[0].nodes:
        visit(root, np.eye(4))
    skin = gltf.skins[0]
    inverse = array(skin.inverseBindMatrices).reshape(-1, 4, 4).transpose(0, 2, 1)
    attributes = gltf.meshes[0].primitives[0].attributes
    places = np.concatenate([array(attributes.POSITION), np.ones((len(inverse), 1))], axis=1)
    hung = [skin.joints[int(joint)] for joint in array(attributes.JOINTS_0)[:, 0]]
    return np.stack([(world[j] @ inverse[k] @ places[k])[:3] for k, j in enumerate(hung)])


def expected(clip, frame, size, arms_down):
    """Points 0.03 m beside each joint at rest, as our skeleton carries them, relative to the pelvis."""
    joints = clip.pose.joints
    offsets = straight_offsets(joints) * size
    rest = forward_kinematics(a_pose(joints, arms_down), offsets, PARENTS[:joints])
    local = rot.rotvec_to_rotmat(clip.pose.rotations[frame].double())
    turns, places = forward_kinematics(local, offsets, PARENTS[:joints])
    beside = torch.full((joints, 3, 1), 0.03, dtype=torch.float64)
    points = places + (turns @ rest[0].mT @ beside)[..., 0]
    return (points - places[0]).numpy()


@pytest.mark.parametrize("family", OTHER_NAMES)
def test_rigs_of_other_programs_are_known_by_their_names(tmp_path, family):
    clip = gentle_clip()
    made = character(gentle_clip(seed=4), OTHER_NAMES[family], arms_down=45)
    save_character(tmp_path / "c.glb", made, animated=False)
    report = write_onto(clip, tmp_path / "c.glb", tmp_path / "o.glb")
    assert (report.still, report.remarks) == ((), ())
    found = skinned(tmp_path / "o.glb", 7)
    assert np.abs(found - found[0] - (expected(clip, 7, 1, 45) - expected(clip, 7, 1, 45)[0])[made.ours]).max() < 1e-4


def turned_and_small():
    top = np.eye(4)
    top[:3, :3] = rot.axis_to_rotmat(torch.tensor(-np.pi / 2, dtype=torch.float64), "X").numpy() * 0.01
    return top


@pytest.mark.parametrize("arms_down", [0, 45])
@pytest.mark.parametrize("names", [MIXAMO, PREFIXED])
@pytest.mark.parametrize("top", [np.eye(4), turned_and_small()])
def test_the_mesh_moves_as_our_skeleton(tmp_path, arms_down, names, top):
    clip, size = gentle_clip(), 1.3
    made = character(gentle_clip(seed=4), names, arms_down=arms_down, size=size)
    save_character(tmp_path / "c.glb", made, animated=False, top=top)
    write_onto(clip, tmp_path / "c.glb", tmp_path / "o.glb")
    for frame in (0, 5, 11):
        found = skinned(tmp_path / "o.glb", frame)
        pelvis = found[0] - (expected(clip, frame, size, arms_down)[0])
        assert np.abs(found - pelvis - expected(clip, frame, size, arms_down)[made.ours]).max() < 1e-4


def test_the_way_is_as_long_as_the_legs_and_the_feet_reach_the_floor(tmp_path):
    clip, size = gentle_clip(), 0.5
    made = character(clip, MIXAMO, size=size)
    save_character(tmp_path / "c.glb", made, animated=False)
    write_onto(clip, tmp_path / "c.glb", tmp_path / "o.glb")
    read = read_gltf(tmp_path / "o.glb").pose.translation
    own = clip.pose.translation
    assert torch.allclose((read - read[0])[:, [0, 2]], size * (own - own[0])[:, [0, 2]], atol=1e-5)
    assert abs(float(read[:, 1].mean()) - HIPS * size) < 0.05 * size


def test_vrm_0_characters_that_face_backwards_walk_forwards(tmp_path):
    """VRM 0 looks along -Z: the whole way turns with the body."""
    clip = gentle_clip()
    made, writer = character(clip, MIXAMO), GltfWriter()
    half_turn = np.diag([-1.0, 1, -1, 1])
    made.rest, made.moving = half_turn @ made.rest, half_turn @ made.moving
    write_glb(tmp_path / "c.glb", gltf_content(made, writer, animated=False), writer)
    write_onto(clip, tmp_path / "c.glb", tmp_path / "o.glb")
    gltf = json_of(tmp_path / "o.glb")
    first = gltf["animations"][0]
    channel = next(row for row in first["channels"] if row["target"]["path"] == "translation")
    keys = read_document(tmp_path / "o.glb").accessor(first["samplers"][channel["sampler"]]["output"], "x")
    assert keys[-1, 2] < keys[0, 2] - 0.4


def test_characters_of_other_names_are_guessed_or_told_by_a_map(tmp_path):
    clip = gentle_clip()
    names = {ours: f"bone {number}" for number, ours in enumerate(MIXAMO)}
    made = character(clip, names)
    save_character(tmp_path / "c.glb", made, animated=False)
    assert write_onto(clip, tmp_path / "c.glb", tmp_path / "o.glb").remarks  # guessed by shape
    table = {ours: name for ours, name in names.items() if name in made.names}
    (tmp_path / "map.json").write_text(json.dumps(table))
    report = write_onto(clip, tmp_path / "c.glb", tmp_path / "o.glb", tmp_path / "map.json")
    assert set(report.driven) == set(table)
    assert not report.remarks


def json_of(path):
    return read_document(path).content


def test_everything_else_is_kept_byte_for_byte(tmp_path):
    made, writer = character(gentle_clip(), MIXAMO), GltfWriter()
    content = gltf_content(made, writer)
    picture = writer.view(np.frombuffer(b"not really a picture", "u1"))
    content |= {"images": [{"bufferView": picture, "mimeType": "image/png"}], "textures": [{"source": 0}]}
    content |= {"materials": [{"name": "skin", "extras": {"a": 1}}], "extensionsUsed": ["KHR_materials_unlit"]}
    write_glb(tmp_path / "c.glb", content, writer)
    write_onto(gentle_clip(seed=3), tmp_path / "c.glb", tmp_path / "o.glb")
    before, after = read_document(tmp_path / "c.glb"), read_document(tmp_path / "o.glb")
    assert after.binary[: len(before.binary)] == before.binary
    for key in before.content:
        if key not in ("accessors", "bufferViews", "buffers", "animations"):
            assert after.content[key] == before.content[key], key
    for key in ("accessors", "bufferViews"):
        assert after.content[key][: len(before.content[key])] == before.content[key]
    assert after.content["animations"][1:] == before.content["animations"]


def test_a_text_file_with_pictures_beside_it_becomes_one_glb(tmp_path):
    made, writer = character(gentle_clip(), MIXAMO), GltfWriter()
    content = gltf_content(made, writer, animated=False)
    (tmp_path / "skin.png").write_bytes(b"picture bytes")
    content["images"] = [{"uri": "skin.png", "name": "skin"}]
    write_gltf(tmp_path / "c.gltf", content, writer, inside=False)
    (tmp_path / "far").mkdir()
    write_onto(gentle_clip(), tmp_path / "c.gltf", tmp_path / "far" / "o.glb")
    after = read_document(tmp_path / "far" / "o.glb")
    image = after.content["images"][0]
    assert (image["mimeType"], image["name"]) == ("image/png", "skin")
    assert after.view(image["bufferView"], "x") == b"picture bytes"
    assert len(read_gltf(tmp_path / "far" / "o.glb")) == 12


def test_buffers_are_joined_and_their_views_move_along(tmp_path):
    made, writer = character(gentle_clip(), MIXAMO), GltfWriter()
    content = gltf_content(made, writer, animated=False)
    document = writer.document(content)
    data, half = writer.data, document["bufferViews"][2]["byteOffset"]
    for view in document["bufferViews"][2:]:
        view |= {"buffer": 1, "byteOffset": view["byteOffset"] - half}
    document["buffers"] = []
    for number, part in enumerate((data[:half] + b"x", data[half:])):
        (tmp_path / f"{number}.bin").write_bytes(part)
        document["buffers"].append({"byteLength": len(part), "uri": f"{number}.bin"})
    (tmp_path / "c.gltf").write_text(json.dumps(document))
    write_onto(gentle_clip(), tmp_path / "c.gltf", tmp_path / "o.glb")
    before, after = read_document(tmp_path / "c.gltf"), read_document(tmp_path / "o.glb")
    for number in range(len(document["accessors"])):
        assert np.array_equal(before.accessor(number, "x"), after.accessor(number, "x"))


def test_bones_without_a_joint_of_ours_keep_their_place_in_their_parent(tmp_path):
    made, writer = character(gentle_clip(), MIXAMO), GltfWriter()
    content = gltf_content(made, writer, animated=False)
    hair = {"name": "hair", "translation": [0, 0.1, 0], "rotation": [0, 0.6, 0, 0.8]}
    content["nodes"].append(hair)
    content["nodes"][made.names.index("Head")]["children"] = [len(content["nodes"]) - 1]
    write_glb(tmp_path / "c.glb", content, writer)
    write_onto(gentle_clip(), tmp_path / "c.glb", tmp_path / "o.glb")
    after = json_of(tmp_path / "o.glb")
    assert after["nodes"][-1] == hair
    assert len(after["nodes"]) - 1 not in [row["target"]["node"] for row in after["animations"][0]["channels"]]


def test_a_character_of_poseloom_itself_shows_the_new_clip(tmp_path):
    from poseloom import api

    api.save(gentle_clip(seed=8), tmp_path / "c.glb")
    write_onto(gentle_clip(), tmp_path / "c.glb", tmp_path / "o.glb")
    read = read_gltf(tmp_path / "o.glb")
    turn = rot.rotvec_to_rotmat(read.pose.body().rotations).mT @ rot.rotvec_to_rotmat(gentle_clip().pose.rotations)
    angles = rot.rotmat_to_rotvec(turn).norm(dim=-1).rad2deg()
    arms = [JOINT_INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("elbow", "wrist")]
    assert angles[:, [joint for joint in range(22) if joint not in arms]].max() < 0.1


@pytest.mark.parametrize("name", ["c.fbx", "c.blend", "c"])
def test_a_character_of_another_format_is_refused_with_a_way(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(FileError, match=r"Export > glTF 2.0"):
        write_onto(gentle_clip(), tmp_path / name, tmp_path / "o.glb")
