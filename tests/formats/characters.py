"""Rigged characters made by the tests: any names, rest pose and axes of bones, moved by a clip, as glTF files."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass, field

import numpy as np
import torch

from poseloom.formats.joint_maps import known_skeletons
from poseloom.pose import Clip, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets

HIPS = 0.95


def straight_offsets(joints: int) -> torch.Tensor:
    """Our skeleton with limbs along the axes, so that its rest pose is exactly the zero pose."""
    offsets = rest_offsets()[:joints].double().clone()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for joint in ("knee", "ankle"):
            row = JOINT_INDEX[f"{side}_{joint}"]
            offsets[row] = torch.tensor([0, -offsets[row].norm(), 0])
        for joint in ("elbow", "wrist"):
            row = JOINT_INDEX[f"{side}_{joint}"]
            offsets[row] = torch.tensor([sign * offsets[row].norm(), 0, 0])
        row = JOINT_INDEX[f"{side}_foot"]
        offsets[row, 0] = 0
    return offsets


def a_pose(joints: int, degrees: float = 45) -> torch.Tensor:
    """Local rotations of arms that point down by so many degrees."""
    matrices = torch.eye(3, dtype=torch.float64).repeat(joints, 1, 1)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        angle = torch.deg2rad(torch.tensor(sign * degrees, dtype=torch.float64))
        matrices[JOINT_INDEX[f"{side}_shoulder"]] = rot.axis_to_rotmat(angle, "Z")
    return matrices


def gentle_clip(frames: int = 12, joints: int = 22, seed: int = 0, fps: float = 30.0) -> Clip:
    """A smooth motion of every joint but the hands' roots, the pelvis moving near `HIPS`."""
    generator = torch.Generator().manual_seed(seed)
    phase = torch.rand(joints, 3, generator=generator) * 6.28
    size = 0.4 * torch.rand(joints, 3, generator=generator)
    times = torch.arange(frames)[:, None, None] * 0.25
    rotations = size * torch.sin(times + phase)
    for side in ("left", "right"):
        rotations[:, JOINT_INDEX[f"{side}_wrist"]] *= torch.tensor([0.0, 1.0, 1.0])
    place = torch.stack([0.02 * torch.arange(frames), torch.full((frames,), HIPS), 0.05 * torch.arange(frames)], -1)
    return Clip(Pose(rotations, place), fps, "gentle")


def naming(family: str) -> dict[str, str]:
    """Our joint -> the first name that a known family gives it."""
    table = next(row for row in known_skeletons() if row.name == family)
    return {ours: theirs[0] for ours, theirs in table.joints.items() if " + " not in theirs[0]}


_MIDDLE = ("pelvis", "spine1", "spine2", "spine3", "neck", "head")
_SIDED = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")


def _names(middle: str, sided: str, sides: tuple[str, str]) -> dict[str, str]:
    table = dict(zip(_MIDDLE, middle.split(), strict=True))
    for side, letter in zip(("left", "right"), sides, strict=True):
        words = (word.replace("*", letter) for word in sided.split())
        table |= {f"{side}_{joint}": word for joint, word in zip(_SIDED, words, strict=True)}
    return table


OTHER_NAMES = {
    "Rigify": _names(
        "spine spine.001 spine.002 spine.003 spine.004 spine.006",
        "thigh.* shin.* foot.* toe.* shoulder.* upper_arm.* forearm.* hand.*",
        ("L", "R"),
    ),
    "Unreal": _names(
        "pelvis spine_01 spine_02 spine_03 neck_01 head",
        "thigh_* calf_* foot_* ball_* clavicle_* upperarm_* lowerarm_* hand_*",
        ("l", "r"),
    ),
    "VRoid": _names(
        "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head",
        "J_Bip_*_UpperLeg J_Bip_*_LowerLeg J_Bip_*_Foot J_Bip_*_ToeBase "
        "J_Bip_*_Shoulder J_Bip_*_UpperArm J_Bip_*_LowerArm J_Bip_*_Hand",
        ("L", "R"),
    ),
    "Unity": _names(
        "Hips Spine Chest UpperChest Neck Head",
        "*UpperLeg *LowerLeg *Foot *Toes *Shoulder *UpperArm *LowerArm *Hand",
        ("Left", "Right"),
    ),
}


@dataclass
class Character:
    """Transforms in the world, metres, +Y up: (joints, 4, 4) at rest, (frames, joints, 4, 4) moving."""

    names: list[str]
    parents: list[int]
    rest: np.ndarray
    moving: np.ndarray
    fps: float
    ours: list[int]
    vertices: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))


def character(
    clip: Clip, names: dict[str, str], *, arms_down: float = 0, size: float = 1.0, seed: int = 1
) -> Character:
    """The clip on a character with bones in random axes of their own."""
    joints = clip.pose.joints
    used = [joint for joint in range(joints) if JOINT_NAMES[joint] in names]
    offsets, rest = straight_offsets(joints) * size, a_pose(joints, arms_down)
    root = torch.tensor([0, HIPS * size, 0], dtype=torch.float64)
    rest_turns, rest_places = forward_kinematics(rest, offsets, PARENTS[:joints], root)
    local = rot.rotvec_to_rotmat(clip.pose.rotations.double())
    turns, places = forward_kinematics(local, offsets, PARENTS[:joints], clip.pose.translation.double() * size)
    generator = torch.Generator().manual_seed(seed)
    axes = rot.rotvec_to_rotmat(torch.randn(joints, 3, generator=generator, dtype=torch.float64))
    parents = []
    for joint in used:
        above = PARENTS[joint]
        while above >= 0 and above not in used:
            above = PARENTS[above]
        parents.append(used.index(above) if above >= 0 else -1)
    return Character(
        [names[JOINT_NAMES[joint]] for joint in used],
        parents,
        _transforms(rest_turns @ axes, rest_places)[used],
        _transforms(turns @ axes, places)[:, used],
        clip.fps,
        used,
        rest_places.numpy() + 0.03,
    )


def _transforms(turns: torch.Tensor, places: torch.Tensor) -> np.ndarray:
    matrices = np.zeros((*places.shape[:-1], 4, 4))
    matrices[..., :3, :3], matrices[..., :3, 3], matrices[..., 3, 3] = turns.numpy(), places.numpy(), 1
    return matrices


def locals_of(world: np.ndarray, parents: list[int], top: np.ndarray) -> np.ndarray:
    """Transforms relative to the parents, of (..., joints, 4, 4); `top` carries the root."""
    own = world.copy()
    for joint, parent in enumerate(parents):
        above = top if parent < 0 else world[..., parent, :, :]
        own[..., joint, :, :] = np.linalg.inv(above) @ world[..., joint, :, :]
    return own


def quaternions(matrices: np.ndarray) -> np.ndarray:
    import roma

    scale = np.linalg.norm(matrices[..., :3, :3], axis=-2, keepdims=True)
    return roma.rotmat_to_unitquat(torch.from_numpy(matrices[..., :3, :3] / scale)).numpy()


KINDS = {"f4": 5126, "i1": 5120, "i2": 5122, "u1": 5121, "u2": 5123, "u4": 5125}
SHAPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


class GltfWriter:
    """Collects arrays into a buffer; knows nothing of the package's own writer."""

    def __init__(self):
        self.data, self.views, self.accessors = b"", [], []

    def view(self, array):
        array = np.ascontiguousarray(array)
        self.data += b"\0" * (-len(self.data) % 4)
        self.views.append({"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes})
        self.data += array.tobytes()
        return len(self.views) - 1

    def add(self, array, kind="f4", **fields):
        array = np.asarray(array)
        array = array.reshape(len(array), -1)
        view = self.view(array.astype("<" + kind))
        row = {"bufferView": view, "componentType": KINDS[kind], "count": len(array)}
        self.accessors.append({**row, "type": SHAPES[array.shape[1]], **fields})
        return len(self.accessors) - 1

    def document(self, content):
        arrays = {"accessors": self.accessors, "bufferViews": self.views}
        return {"asset": {"version": "2.0"}, **content, **arrays}


def gltf_content(
    made: Character, writer: GltfWriter, *, top=None, animated=True, skinned=True, stored="rest", bound=None
) -> dict:
    """The JSON of a character under a node `Armature` with the transform `top`, bound in the space `bound`."""
    top = np.eye(4) if top is None else top
    own = locals_of(made.moving, made.parents, top)
    shown = locals_of(made.rest[None], made.parents, top)[0] if stored == "rest" else own[0]
    count = len(made.names)
    nodes = [{"name": name, **_parts(matrix)} for name, matrix in zip(made.names, shown, strict=True)]
    for joint, parent in enumerate(made.parents):
        if parent >= 0:
            nodes[parent].setdefault("children", []).append(joint)
    nodes.append({"name": "Armature", "children": [0], "matrix": top.T.reshape(-1).tolist()})
    content = {"scene": 0, "nodes": nodes, "scenes": [{"nodes": [count]}]}
    if skinned:
        nodes.append({"name": "Body", "mesh": 0, "skin": 0})
        content["scenes"][0]["nodes"].append(count + 1)
        space = np.eye(4) if bound is None else bound
        inverse = (np.linalg.inv(made.rest) @ space).transpose(0, 2, 1)
        content["skins"] = [{"joints": list(range(count)), "inverseBindMatrices": writer.add(inverse)}]
        content["meshes"] = [_mesh(made, writer)]
    if animated:
        content["animations"] = [animation(made, writer, own)]
    return content


def animation(made: Character, writer: GltfWriter, own: np.ndarray, name: str = "walk") -> dict:
    clock = writer.add(np.arange(len(own)) / made.fps)
    samplers, channels = [], []
    for joint in range(len(made.names)):
        paths = [("rotation", quaternions(own[:, joint]))]
        if made.parents[joint] < 0:
            paths.append(("translation", own[:, joint, :3, 3]))
        for path, values in paths:
            channels.append({"sampler": len(samplers), "target": {"node": joint, "path": path}})
            samplers.append({"input": clock, "output": writer.add(values)})
    return {"name": name, "samplers": samplers, "channels": channels}


def _mesh(made: Character, writer: GltfWriter) -> dict:
    """One vertex near each joint, hanging on it alone."""
    places = made.rest[:, :3, 3] + 0.03
    count = len(places)
    joints = np.zeros((count, 4))
    joints[:, 0] = np.arange(count)
    weights = np.tile([1.0, 0, 0, 0], (count, 1))
    bounds = {"min": places.min(0).tolist(), "max": places.max(0).tolist()}
    attributes = {
        "POSITION": writer.add(places, **bounds),
        "JOINTS_0": writer.add(joints, "u2"),
        "WEIGHTS_0": writer.add(weights),
    }
    return {"primitives": [{"attributes": attributes, "indices": writer.add(np.arange(count // 3 * 3), "u2")}]}


def _parts(matrix: np.ndarray) -> dict:
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    place = matrix[:3, 3].tolist()
    return {"translation": place, "rotation": quaternions(matrix).tolist(), "scale": scale.tolist()}


def write_glb(path, content: dict, writer: GltfWriter) -> None:
    document = writer.document(content) | {"buffers": [{"byteLength": len(writer.data)}]}
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    data = writer.data + b"\0" * (-len(writer.data) % 4)
    chunks = struct.pack("<L4s", len(text), b"JSON") + text + struct.pack("<L4s", len(data), b"BIN\0") + data
    path.write_bytes(b"glTF" + struct.pack("<LL", 2, 12 + len(chunks)) + chunks)


def write_gltf(path, content: dict, writer: GltfWriter, *, inside: bool) -> None:
    """As text with its buffer as data URI, or as a file beside it."""
    uri = "data:application/octet-stream;base64," + base64.b64encode(writer.data).decode()
    if not inside:
        (path.parent / "motion data.bin").write_bytes(writer.data)
        uri = "motion%20data.bin"
    document = writer.document(content) | {"buffers": [{"byteLength": len(writer.data), "uri": uri}]}
    path.write_text(json.dumps(document))


def save_character(path, made: Character, **options) -> None:
    writer = GltfWriter()
    write_glb(path, gltf_content(made, writer, **options), writer)


def worst_degrees(clip: Clip, truth: Clip, made: Character, *, but=("left_elbow", "right_elbow")) -> float:
    """Largest angle between the global rotations of two clips' joints; elbows take a share of the forearm's twist."""
    joints = min(clip.pose.joints, truth.pose.joints)
    offsets, parents = straight_offsets(joints), PARENTS[:joints]
    sides = [rot.rotvec_to_rotmat(each.pose.rotations[:, :joints].double()) for each in (clip, truth)]
    (a, places_a), (b, places_b) = (forward_kinematics(side, offsets, parents) for side in sides)
    rows = [joint for joint in made.ours if joint < joints and JOINT_NAMES[joint] not in but]
    angles = rot.rotmat_to_rotvec(a.transpose(-1, -2) @ b).norm(dim=-1).rad2deg()[:, rows]
    assert (places_a - places_b).abs().max() < 2e-3
    return float(angles.max())
