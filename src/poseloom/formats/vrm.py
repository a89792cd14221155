"""VRM avatars and animations: the file itself says which node is which bone of a human.

Specifications: VRM 0.x (extension ``VRM``), VRM 1.0 (``VRMC_vrm``), VRM Animation 1.0 (``VRMC_vrm_animation``).
"""

from __future__ import annotations

from poseloom.formats.gltf_document import GltfDocument
from poseloom.formats.joint_maps import REQUIRED
from poseloom.pose.joints import JOINT_INDEX

_MIDDLE = {"hips": "pelvis", "spine": "spine1", "chest": "spine2", "upperChest": "spine3"}
_MIDDLE |= {"neck": "neck", "head": "head"}
_ONE_SIDE = {
    "UpperLeg": "hip",
    "LowerLeg": "knee",
    "Foot": "ankle",
    "Toes": "foot",
    "Shoulder": "collar",
    "UpperArm": "shoulder",
    "LowerArm": "elbow",
    "Hand": "wrist",
}
_FINGERS = {"Index": "index", "Middle": "middle", "Ring": "ring", "Little": "pinky"}
_PHALANGES = ("Proximal", "Intermediate", "Distal")
_THUMBS = (("Metacarpal", "Proximal", "Distal"), ("Proximal", "Intermediate", "Distal"))
"""VRM 1 and VRM 0 name the three bones of the thumb differently."""


def _bone_names(thumb: tuple[str, str, str]) -> dict[str, str]:
    table = dict(_MIDDLE)
    for side in ("left", "right"):
        table |= {f"{side}{bone}": f"{side}_{joint}" for bone, joint in _ONE_SIDE.items()}
        for number in (0, 1, 2):
            table[f"{side}Thumb{thumb[number]}"] = f"{side}_thumb{number + 1}"
            for finger, ours in _FINGERS.items():
                table[f"{side}{finger}{_PHALANGES[number]}"] = f"{side}_{ours}{number + 1}"
    return table


def humanoid_joints(document: GltfDocument) -> dict[str, int] | None:
    """Our joint -> node, as the file's VRM extension says; None where it has none, or lacks bones that are needed.

    A spine of fewer bones than ours is mapped from below; our third spine joint takes the topmost.
    """
    nodes, thumb = _bones(document)
    table = _bone_names(thumb)
    found = {table[bone]: node for bone, node in nodes.items() if bone in table}
    if "spine3" not in found and "spine2" in found:
        found["spine3"] = found.pop("spine2")
    if not all(joint in {JOINT_INDEX[name] for name in found} for joint in REQUIRED):
        return None
    return found


def _bones(document: GltfDocument) -> tuple[dict[str, int], tuple[str, str, str]]:
    count = len(document.rows("nodes"))
    old = document.extension("VRM").get("humanoid")
    if isinstance(old, dict):
        rows = document.objects(old, "humanBones", "VRM humanoid")
        pairs = [(str(row.get("bone")), row.get("node")) for row in rows]
        thumb = _THUMBS[1]
    else:
        new = document.extension("VRMC_vrm").get("humanoid") or document.extension("VRMC_vrm_animation").get("humanoid")
        bones = new.get("humanBones") if isinstance(new, dict) else None
        rows_by_bone = bones if isinstance(bones, dict) else {}
        pairs = [(str(bone), row.get("node")) for bone, row in rows_by_bone.items() if isinstance(row, dict)]
        thumb = _THUMBS[0]
    return {bone: document.index(node, count, f"VRM bone {bone[:40]}", "node") for bone, node in pairs}, thumb
