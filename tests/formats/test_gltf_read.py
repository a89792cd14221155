"""glTF in: characters with known motion, in every way that the format stores one."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from characters import (
    GltfWriter,
    animation,
    character,
    gentle_clip,
    gltf_content,
    locals_of,
    naming,
    quaternions,
    save_character,
    straight_offsets,
    worst_degrees,
    write_glb,
    write_gltf,
)

from poseloom import api
from poseloom.base.errors import FileError
from poseloom.formats.bvh import read_bvh
from poseloom.formats.bvh_write import write_bvh
from poseloom.formats.gltf_animation import Channel
from poseloom.formats.gltf_document import read_document
from poseloom.formats.gltf_read import read_gltf, read_gltf_motion
from poseloom.formats.vrm import humanoid_joints
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX

MIXAMO = naming("Mixamo")
PREFIXED = {ours: f"mixamorig:{theirs}" for ours, theirs in MIXAMO.items()}
ROUNDING = 0.01
"""Degrees: keys are float32."""


def turned_and_small() -> np.ndarray:
    """A node as converters from FBX make it: Z up and centimetres."""
    top = np.eye(4)
    top[:3, :3] = rot.axis_to_rotmat(torch.tensor(-np.pi / 2, dtype=torch.float64), "X").numpy() * 0.01
    return top


@pytest.mark.parametrize("arms_down", [0, 45])
@pytest.mark.parametrize("names", [MIXAMO, PREFIXED])
@pytest.mark.parametrize("joints", [22, 52])
def test_a_mixamo_character_moves_as_it_was_made(tmp_path, arms_down, names, joints):
    clip = gentle_clip(joints=joints)
    made = character(clip, names, arms_down=arms_down)
    save_character(tmp_path / "a.glb", made)
    read = read_gltf(tmp_path / "a.glb")
    assert (len(read), read.fps, read.pose.joints) == (len(clip), 30.0, joints)
    but = [name for name in PREFIXED if "thumb" in name] if joints == 52 else []
    assert worst_degrees(read, clip, made, but=(*but, "left_elbow", "right_elbow", *hands(joints))) < ROUNDING
    assert torch.allclose(read.pose.translation, clip.pose.translation, atol=1e-5)
    assert read.notes["skeleton"] == "Mixamo"


def hands(joints):
    """Hands are aligned by their knuckles, which a straightened arm does not keep."""
    return [
        name for name in MIXAMO if joints == 52 and ("wrist" in name or (name[-1].isdigit() and "spine" not in name))
    ]


@pytest.mark.parametrize("top", [np.eye(4), turned_and_small()])
@pytest.mark.parametrize("stored", ["rest", "first frame"])
def test_scaled_ancestors_and_the_stored_pose_change_nothing(tmp_path, top, stored):
    clip = gentle_clip()
    made = character(clip, MIXAMO, arms_down=30)
    save_character(tmp_path / "a.glb", made, top=top, stored=stored)
    read = read_gltf(tmp_path / "a.glb")
    assert worst_degrees(read, clip, made) < ROUNDING
    assert torch.allclose(read.pose.translation, clip.pose.translation, atol=1e-4)


@pytest.mark.parametrize("stored", ["rest", "first frame"])
@pytest.mark.parametrize("top", [turned_and_small(), np.diag([0.01, 0.01, 0.01, 1])])
def test_skins_that_are_bound_in_the_space_of_their_armature_are_the_same(tmp_path, stored, top):
    clip = gentle_clip()
    made = character(clip, MIXAMO, arms_down=30)
    save_character(tmp_path / "a.glb", made, top=top, stored=stored, bound=top)
    read = read_gltf(tmp_path / "a.glb")
    assert worst_degrees(read, clip, made) < ROUNDING
    assert torch.allclose(read.pose.translation, clip.pose.translation, atol=1e-4)
    motion = read_gltf_motion(tmp_path / "a.glb")
    assert np.allclose(motion.skeleton.rest[:, 1], made.rest[:, 1, 3], atol=1e-4)


@pytest.mark.parametrize("inside", [True, False])
def test_text_files_with_their_buffer_inside_or_beside_are_the_same(tmp_path, inside):
    clip = gentle_clip()
    made, writer = character(clip, MIXAMO), GltfWriter()
    write_gltf(tmp_path / "a.gltf", gltf_content(made, writer), writer, inside=inside)
    assert worst_degrees(api.load(tmp_path / "a.gltf"), clip, made) < ROUNDING


def test_a_child_of_half_the_size_keeps_its_size(tmp_path):
    clip = gentle_clip()
    made = character(clip, MIXAMO, size=0.6)
    save_character(tmp_path / "a.glb", made)
    read = read_gltf(tmp_path / "a.glb")
    assert torch.allclose(read.pose.translation, clip.pose.translation * 0.6, atol=1e-4)


VRM_BONES = {"hips": "pelvis", "spine": "spine1", "chest": "spine2", "upperChest": "spine3", "neck": "neck"}
VRM_BONES |= {"head": "head"}
for _side in ("left", "right"):
    VRM_BONES |= {
        f"{_side}{bone}": f"{_side}_{ours}"
        for bone, ours in {
            "UpperLeg": "hip",
            "LowerLeg": "knee",
            "Foot": "ankle",
            "Toes": "foot",
            "Shoulder": "collar",
            "UpperArm": "shoulder",
            "LowerArm": "elbow",
            "Hand": "wrist",
        }.items()
    }


@pytest.mark.parametrize("version", ["0", "1", "animation"])
def test_vrm_files_say_themselves_which_node_is_which_bone(tmp_path, version):
    clip = gentle_clip()
    names = {ours: f"odd {number}" for number, ours in enumerate(VRM_BONES.values())}
    made, writer = character(clip, names), GltfWriter()
    content = gltf_content(made, writer, skinned=version != "animation")
    node = {bone: made.names.index(names[ours]) for bone, ours in VRM_BONES.items()}
    if version == "0":
        rows = [{"bone": bone, "node": place} for bone, place in node.items()]
        content["extensions"] = {"VRM": {"humanoid": {"humanBones": rows}}}
    else:
        table = {bone: {"node": place} for bone, place in node.items()}
        key = "VRMC_vrm" if version == "1" else "VRMC_vrm_animation"
        content["extensions"] = {key: {"humanoid": {"humanBones": table}}}
    path = tmp_path / ("a.vrma" if version == "animation" else "a.vrm")
    write_glb(path, content, writer)
    read = api.load(path)
    assert worst_degrees(read, clip, made) < ROUNDING
    assert read.notes["skeleton"] == "VRM humanoid"


@pytest.mark.parametrize(
    ("version", "bones"),
    [("0", ("Proximal", "Intermediate", "Distal")), ("1", ("Metacarpal", "Proximal", "Distal"))],
)
def test_the_thumbs_of_both_versions_of_vrm_are_the_same(tmp_path, version, bones):
    nodes = [{"name": f"n{number}"} for number in range(30)]
    place = {bone: number for number, bone in enumerate(VRM_BONES)}
    place |= {f"leftThumb{bone}": 25 + number for number, bone in enumerate(bones)}
    if version == "0":
        rows = [{"bone": bone, "node": node} for bone, node in place.items()]
        extension = {"VRM": {"humanoid": {"humanBones": rows}}}
    else:
        extension = {"VRMC_vrm": {"humanoid": {"humanBones": {bone: {"node": node} for bone, node in place.items()}}}}
    write_glb(tmp_path / "a.glb", {"nodes": nodes, "extensions": extension}, GltfWriter())
    found = humanoid_joints(read_document(tmp_path / "a.glb"))
    assert [found[f"left_thumb{number}"] for number in (1, 2, 3)] == [25, 26, 27]


def test_other_names_are_read_by_a_joint_map(tmp_path):
    clip = gentle_clip()
    names = {ours: f"bone {number}" for number, ours in enumerate(MIXAMO)}
    made = character(clip, names)
    save_character(tmp_path / "a.glb", made)
    assert read_gltf(tmp_path / "a.glb").notes["remarks"]  # guessed by shape, and told
    own = {ours: names[ours] for ours in list(MIXAMO)[:22] if names[ours] in made.names}
    assert worst_degrees(read_gltf(tmp_path / "a.glb", own), clip, made) < ROUNDING


def test_without_an_animation_the_stored_pose_is_a_clip_of_one_frame(tmp_path):
    clip = gentle_clip()
    made = character(clip, MIXAMO)
    save_character(tmp_path / "a.glb", made, animated=False, stored="first frame")
    read = read_gltf(tmp_path / "a.glb")
    assert len(read) == 1
    assert worst_degrees(read, clip[:1], made) < ROUNDING


def test_of_several_animations_the_first_is_read_unless_one_is_named(tmp_path):
    walk, jump = gentle_clip(), gentle_clip(frames=7, seed=5)
    made, other, writer = character(walk, MIXAMO), character(jump, MIXAMO), GltfWriter()
    content = gltf_content(made, writer)
    own = locals_of(other.moving, other.parents, np.eye(4))
    content["animations"].append(animation(other, writer, own, "jump"))
    write_glb(tmp_path / "a.glb", content, writer)
    first = read_gltf(tmp_path / "a.glb")
    assert (first.notes["animation"], first.notes["animations"]) == ("walk", "walk, jump")
    assert "has 2 animations, the first is read: walk, jump" in first.notes["remarks"][0]
    named = read_gltf(tmp_path / "a.glb", animation="jump")
    assert (len(named), named.notes.get("remarks")) == (7, None)
    assert worst_degrees(named, jump, other) < ROUNDING
    with pytest.raises(FileError, match="did you mean 'jump'"):
        read_gltf(tmp_path / "a.glb", animation="jmp")


# -- accessors and interpolation -----------------------------------------------------------------------------------


def test_normalised_integers_and_sparse_values_are_read(tmp_path):
    clip = gentle_clip()
    made, writer = character(clip, MIXAMO), GltfWriter()
    content = gltf_content(made, writer)
    own = locals_of(made.moving, made.parents, np.eye(4))
    samplers = content["animations"][0]["samplers"]
    for channel in content["animations"][0]["channels"]:
        target = channel["target"]
        if target["path"] != "rotation":
            continue
        keys = quaternions(own[:, target["node"]])
        if target["node"] % 2:
            output = writer.add(np.round(keys * 32767), "i2", normalized=True)
        else:
            output = writer.add(np.tile(keys[:1], (len(keys), 1)))
            places = writer.view(np.arange(1, len(keys), dtype="<u2"))
            values = {"bufferView": writer.view(keys[1:].astype("<f4"))}
            sparse = {"count": len(keys) - 1, "indices": {"bufferView": places, "componentType": 5123}}
            writer.accessors[output]["sparse"] = {**sparse, "values": values}
        samplers[channel["sampler"]]["output"] = output
    write_glb(tmp_path / "a.glb", content, writer)
    assert worst_degrees(read_gltf(tmp_path / "a.glb"), clip, made) < 0.05


def test_a_sparse_accessor_without_a_view_starts_from_zeros(tmp_path):
    writer = GltfWriter()
    at, values = writer.view(np.array([1], "u1")), writer.view(np.array([2.5], "<f4"))
    sparse = {"count": 1, "indices": {"bufferView": at, "componentType": 5121}, "values": {"bufferView": values}}
    writer.accessors.append({"componentType": 5126, "count": 3, "type": "SCALAR", "sparse": sparse})
    write_glb(tmp_path / "a.glb", {}, writer)
    assert read_document(tmp_path / "a.glb").accessor(0, "x").tolist() == [[0], [2.5], [0]]


def test_normalised_integers_are_fractions_of_their_range(tmp_path):
    writer = GltfWriter()
    writer.add([-32768, -32767, 0, 32767], "i2", normalized=True)
    writer.add([0, 51, 255], "u1", normalized=True)
    writer.add([0, 51, 255], "u1")
    write_glb(tmp_path / "a.glb", {}, writer)
    document = read_document(tmp_path / "a.glb")
    found = [document.accessor(number, "x")[:, 0].tolist() for number in range(3)]
    assert found == [[-1, -1, 0, 1], [0, 0.2, 1], [0, 51, 255]]


def test_strided_views_are_read(tmp_path):
    writer = GltfWriter()
    view = writer.view(np.arange(12, dtype="<f4"))
    writer.views[view]["byteStride"] = 16
    writer.accessors.append({"bufferView": view, "componentType": 5126, "count": 3, "type": "VEC3", "byteOffset": 4})
    write_glb(tmp_path / "a.glb", {}, writer)
    assert read_document(tmp_path / "a.glb").accessor(0, "x").tolist() == [[1, 2, 3], [5, 6, 7], [9, 10, 11]]


TIMES = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 2.0])


def test_step_keys_hold_their_value():
    channel = Channel(np.array([0.0, 0.5, 1.0]), np.array([[1.0], [2.0], [3.0]]), "STEP", "translation")
    assert channel.at(TIMES)[:, 0].tolist() == [1, 1, 2, 2, 3, 3]


def test_a_cubic_spline_follows_its_polynomial():
    """f(t) = t^3 - t with its derivative 3 t^2 - 1 at keys 0 and 2."""
    rows = [[9.0], [0.0], [-1.0], [11.0], [6.0], [9.0]]
    channel = Channel(np.array([0.0, 2.0]), np.array(rows), "CUBICSPLINE", "translation")
    assert np.allclose(channel.at(TIMES)[:, 0], TIMES**3 - TIMES)


def test_linear_rotations_take_the_short_way_at_an_even_pace():
    quarter = np.array([[0, 0, 0, 1.0], [0, 0, -np.sqrt(0.5), -np.sqrt(0.5)]])
    found = Channel(np.array([0.0, 1.0]), quarter, "LINEAR", "rotation").at(np.array([1 / 3]))
    assert np.allclose(found, [[0, 0, np.sin(np.pi / 12), np.cos(np.pi / 12)]])


def test_keys_with_gaps_come_back_on_their_own_grid(tmp_path):
    clip = gentle_clip(frames=9, fps=24.0)
    made, writer = character(clip, MIXAMO), GltfWriter()
    content = gltf_content(made, writer)
    own = locals_of(made.moving, made.parents, np.eye(4))
    kept = np.array([0, 1, 2, 4, 5, 8])
    clock = writer.add(kept / 24.0)
    for channel in content["animations"][0]["channels"]:
        sampler = content["animations"][0]["samplers"][channel["sampler"]]
        node, path = channel["target"]["node"], channel["target"]["path"]
        values = quaternions(own[kept, node]) if path == "rotation" else own[kept, node, :3, 3]
        sampler |= {"input": clock, "output": writer.add(values)}
    write_glb(tmp_path / "a.glb", content, writer)
    read = read_gltf(tmp_path / "a.glb")
    assert (len(read), read.fps) == (9, 24.0)


# -- poseloom's own, and the way over BVH --------------------------------------------------------------------------


@pytest.mark.parametrize("joints", [22, 52])
def test_an_own_glb_comes_back_exactly(tmp_path, joints):
    clip = gentle_clip(joints=joints)
    api.save(clip, tmp_path / "a.glb")
    read = api.load(tmp_path / "a.glb")
    assert torch.equal(read.pose.rotations, clip.pose.rotations)
    assert torch.equal(read.pose.translation, clip.pose.translation)
    assert (read.fps, read.name) == (clip.fps, clip.name)


def test_what_a_reader_guessed_is_not_written_into_a_glb(tmp_path):
    api.save(replace(gentle_clip(), notes={"remarks": ["guessed"], "actor": "A"}), tmp_path / "a.glb")
    assert api.load(tmp_path / "a.glb").notes == {"actor": "A"}


def test_an_own_glb_that_was_changed_is_read_by_its_skeleton(tmp_path):
    clip = gentle_clip()
    api.save(clip, tmp_path / "a.glb")
    document = read_document(tmp_path / "a.glb")
    content = document.content
    pelvis = next(row for row in content["nodes"] if row["name"] == "pelvis")
    pelvis["scale"] = [1, 1, 1]
    writer = GltfWriter()
    writer.data, writer.views, writer.accessors = document.binary, content["bufferViews"], content["accessors"]
    write_glb(tmp_path / "b.glb", content, writer)
    read = read_gltf(tmp_path / "b.glb")
    turn = rot.rotvec_to_rotmat(read.pose.body().rotations).mT @ rot.rotvec_to_rotmat(clip.pose.rotations)
    assert rot.rotmat_to_rotvec(turn).norm(dim=-1).rad2deg().max() < 0.1
    assert "animation" in read.notes


def test_bvh_to_glb_to_bvh_stays_within_a_tenth_of_a_degree(tmp_path):
    write_bvh(gentle_clip(), tmp_path / "a.bvh")
    start = api.load(tmp_path / "a.bvh")
    api.save(start, tmp_path / "a.glb")
    api.save(api.load(tmp_path / "a.glb"), tmp_path / "b.bvh")
    end = read_bvh(tmp_path / "b.bvh")
    turn = rot.rotvec_to_rotmat(end.pose.rotations).mT @ rot.rotvec_to_rotmat(start.pose.rotations)
    assert rot.rotmat_to_rotvec(turn).norm(dim=-1).rad2deg().max() < 0.1


# -- damaged files -------------------------------------------------------------------------------------------------


def broken(tmp_path, change):
    made, writer = character(gentle_clip(), MIXAMO), GltfWriter()
    content = gltf_content(made, writer)
    change(content, writer)
    write_glb(tmp_path / "a.glb", content, writer)
    return tmp_path / "a.glb"


def circle(content, writer):
    content["nodes"][-1]["children"] = []
    content["nodes"][3].setdefault("children", []).append(len(content["nodes"]) - 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (circle, "in a circle"),
        (lambda content, writer: content["nodes"][0]["children"].append(0), "hangs on two nodes or on itself"),
        (lambda content, writer: content["nodes"][0]["children"].append(999), "refers to nodes 999"),
        (lambda content, writer: writer.accessors[0].update(count=10**9), "reach beyond"),
        (lambda content, writer: writer.views[0].update(byteLength=10**12), "of a buffer of"),
        (lambda content, writer: writer.accessors[0].update(bufferView=-1), "refers to bufferViews -1"),
        (lambda content, writer: content["animations"][0]["samplers"][0].update(input=3), "keys with values"),
        (lambda content, writer: content["nodes"][2].update(rotation=[0, 0, 1e400, 1]), "neither a GLB nor JSON"),
        (lambda content, writer: content["nodes"][2].update(rotation=[0, 0, 1]), "not 4 finite numbers"),
        (lambda content, writer: content["skins"][0].update(joints="all"), "joints is not a list"),
    ],
)
def test_damage_is_told_in_one_line(tmp_path, change, message):
    path = broken(tmp_path, change)
    with pytest.raises(FileError, match=message) as caught:
        read_gltf(path)
    assert len(str(caught.value)) < 400 + len(str(path))


def test_an_hour_between_two_keys_is_refused_not_sampled(tmp_path):
    def stretch(content, writer):
        clock = writer.add(np.linspace(0, 1e8, 12))
        for sampler in content["animations"][0]["samplers"]:
            sampler["input"] = clock

    with pytest.raises(FileError, match="more than"):
        read_gltf(broken(tmp_path, stretch))


@pytest.mark.parametrize("uri", ["../secret.bin", "/etc/passwd", "http://example.org/a.bin", "file:///etc/passwd"])
def test_files_outside_its_folder_are_not_opened(tmp_path, uri):
    content = {"asset": {"version": "2.0"}, "buffers": [{"uri": uri, "byteLength": 4}]}
    (tmp_path / "a.gltf").write_text(json.dumps(content))
    with pytest.raises(FileError, match="not in its folder"):
        read_document(tmp_path / "a.gltf").buffer(0, "x")


def test_a_mesh_without_a_skeleton_says_so(tmp_path):
    api.save(gentle_clip().pose[0], tmp_path / "a.glb")
    with pytest.raises(FileError, match="has no skeleton"):
        api.load(tmp_path / "a.glb")


def test_a_stored_pose_that_is_folded_up_does_not_change_the_size(tmp_path):
    """The size of the bind pose is compared bone by bone: a crouching figure is as large as a standing one."""
    clip = gentle_clip()
    folded = clip.pose.rotations.clone()
    for side in ("left", "right"):
        folded[:, JOINT_INDEX[f"{side}_hip"], 0] = -2.2
        folded[:, JOINT_INDEX[f"{side}_knee"], 0] = 2.3
    folded[:, 3, 0] = 1.2
    crouching = replace(clip, pose=replace(clip.pose, rotations=folded))
    made = character(crouching, MIXAMO)
    save_character(tmp_path / "a.glb", made, stored="first frame")
    read = read_gltf(tmp_path / "a.glb")
    assert worst_degrees(read, crouching, made) < ROUNDING
    assert read.notes["leg_metres"] == pytest.approx(leg(), abs=1e-3)


def leg():
    offsets = straight_offsets(22)
    return float(sum(offsets[JOINT_INDEX[f"left_{joint}"]].norm() for joint in ("knee", "ankle")))
