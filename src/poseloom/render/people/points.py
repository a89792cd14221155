"""Keypoints of a dressed person: joints, and points on the skin, under the 190 names of ``human_data``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.pose import JOINT_INDEX
from poseloom.pose.camera import Camera
from poseloom.pose.keypoints import names
from poseloom.render.people.drawing import Drawn
from poseloom.render.people.mannequin import Figure, Mannequin
from poseloom.render.people.mannequin import mannequin as fine_mannequin

CONVENTION = "human_data"
_CLOTH = 0.035
"""Metres by which clothes and shoes may lie before a joint that counts as visible."""
_ON_SKIN = 0.035
"""Metres: a point of the skin is hidden by what is so much nearer, hair and thin cloth apart."""
_FACE_FILE = Path(__file__).with_name("face_points.json")
_AS_JOINT = {
    "neck_extra": "neck", "spine_extra": "spine2", "head_extra": "head", "spine_4_3dhp": "spine3",
    "left_clavicle_3dhp": "left_collar", "left_hand_3dhp": "left_middle1", "left_toe_3dhp": "left_foot",
    "head_bottom_pt": "neck", "left_hand": "left_middle1", "left_hip_extra": "left_hip",
}  # fmt: skip
_MEANS = {
    "pelvis_extra": ("left_hip", "right_hip"), "pelvis_openpose": ("left_hip", "right_hip"),
    "thorax_extra": ("left_shoulder", "right_shoulder"), "neck_openpose": ("left_shoulder", "right_shoulder"),
}  # fmt: skip
_TIPS = ("thumb", "index", "middle", "ring", "pinky")


@dataclass(frozen=True, eq=False)
class Points:
    """Where each name's point is: a mean of joints, or a place on a triangle of the skin.

    Args:
        joints: rows of weights on the 52 joints; zero for points of the skin.
        corners, weights: triangle of the skin and place on it.
        on_skin: which are points of the skin.
    """

    joints: Float[Tensor, "points 52"]
    corners: Int[Tensor, "points 3"]
    weights: Float[Tensor, "points 3"]
    on_skin: Bool[Tensor, " points"]

    def of(self, figure: Figure) -> Float[Tensor, "points 3"]:
        """The points of a person, metres."""
        flat = self.corners.flatten()
        return self._placed(figure.posed(figure.still[flat], flat), figure.joints)

    def placed(
        self, vertices: Float[Tensor, "vertices 3"], joints: Float[Tensor, "joints 3"]
    ) -> Float[Tensor, "points 3"]:
        """The points of a posed mesh with its joints, metres."""
        return self._placed(vertices[self.corners.flatten()], joints)

    def _placed(self, corners: Float[Tensor, "corners 3"], joints: Float[Tensor, "joints 3"]) -> Tensor:
        skin = (corners.unflatten(0, (-1, 3)) * self.weights[..., None]).sum(-2)
        return torch.where(self.on_skin[:, None], skin, self.joints @ joints)


@lru_cache(maxsize=2)
def points_of(mannequin: Mannequin) -> Points:
    """The points of a mesh, found once."""
    known = names(CONVENTION)
    joints = torch.zeros(len(known), len(mannequin.joints))
    on_skin = torch.zeros(len(known), dtype=torch.bool)
    places = torch.zeros(len(known), 3)
    skin = _skin_places(fine_mannequin("full"))
    for row, name in enumerate(known):
        place = skin.get(name.removesuffix("_openpose"))
        if name in _MEANS:
            joints[row, [JOINT_INDEX[joint] for joint in _MEANS[name]]] = 0.5
        elif place is not None:
            on_skin[row], places[row] = True, place
        else:
            joints[row, JOINT_INDEX[_joint_of(name)]] = 1
    corners, weights = _on_surface(mannequin, places)
    return Points(joints, corners, weights, on_skin)


def _joint_of(name: str) -> str:
    """The joint that has this name, or that stands for it."""
    mirrored = name.replace("right", "left")
    if mirrored in _AS_JOINT:
        joint = _AS_JOINT[mirrored]
        return joint.replace("left", "right") if name.startswith("right") else joint
    plain = name.removesuffix("_extra").removesuffix("_openpose")
    words = plain.split("_")
    if words[-1].isdigit():  # spine_1 is spine1, left_index_1 is left_index1
        plain = "_".join(words[:-1]) + words[-1]
    return plain


def _skin_places(mannequin: Mannequin) -> dict[str, Float[Tensor, " 3"]]:
    """Places on the average body at the T-pose."""
    rest = mannequin.rest
    eyes = mannequin.body.eyes
    unit, middle = (eyes[0] - eyes[1]).norm(), eyes.mean(0)
    outer = rest[~mannequin.inner]
    places: dict[str, Tensor] = {}
    for name, (x, y) in _face_places().items():
        places[name] = _before(outer, torch.stack([middle[0] + x * unit, middle[1] + y * unit]))
    head = outer[outer[:, 1] > mannequin.joint("head")[1]]
    places["left_ear"] = head[head[:, 0].argmax()]
    top = outer[outer[:, 1].argmax()]
    places["headtop"] = places["headtop_h36m"] = top
    places["head_h36m"] = _before(outer, middle[:2])
    places["jaw_extra"] = places["jaw"]
    ends = mannequin.body.shaped().rest.t_pose_heads
    bones = {name: ends[number] for number, name in enumerate(mannequin.body.bone_names)}
    for finger in _TIPS:
        places[f"left_{finger}"] = bones[f"LeftHand{finger.title()}End"]
    toe, ankle = bones["LeftToeEnd"], mannequin.joint("left_ankle")
    foot = outer[(outer[:, 0] > 0) & (outer[:, 1] < ankle[1])]
    places["left_bigtoe"] = toe + torch.tensor([-0.02, 0.0, 0.0])
    places["left_smalltoe"] = toe + torch.tensor([0.05, 0.0, -0.045])
    places["left_heel"] = foot[foot[:, 2].argmin()]
    for name in [name for name in places if name.startswith("left_")]:
        places[name.replace("left", "right", 1)] = places[name] * torch.tensor([-1.0, 1.0, 1.0])
    return places


def _face_places() -> dict[str, tuple[float, float]]:
    """Points of the face by name, in distances between the eyes."""
    table = read_table(_FACE_FILE)
    face = {name: (float(x), float(y)) for name, (x, y) in entry(_FACE_FILE, table, "points", dict).items()}
    from_chin = [(float(x), float(y)) for x, y in reversed(entry(_FACE_FILE, table, "contour", list))]
    chin = len(from_chin)
    for away, (x, y) in enumerate(from_chin):
        face[f"face_contour_{chin - away}"] = (-x, y)
        face[f"face_contour_{chin + away}"] = (x, y)
    return face


def _before(points: Float[Tensor, "points 3"], place: Float[Tensor, " 2"]) -> Float[Tensor, " 3"]:
    """The place on the front that one sees at x and y."""
    front = points[points[:, 2] > 0.02]
    near = (front[:, :2] - place).norm(dim=-1).argmin()
    return torch.cat([place, front[near, 2:]])


def _on_surface(mannequin: Mannequin, places: Float[Tensor, "points 3"]) -> tuple[Tensor, Tensor]:
    """The nearest triangle of each place, and the nearest point on it."""
    faces = mannequin.faces[~mannequin.inner[mannequin.faces].any(-1)]
    a, b, c = (mannequin.rest[corner] for corner in faces.unbind(-1))
    ab, ac = b - a, c - a
    d00, d01, d11 = (ab * ab).sum(-1), (ab * ac).sum(-1), (ac * ac).sum(-1)
    scale = 1 / (d00 * d11 - d01 * d01).clamp_min(1e-14)
    corners, weights = [], []
    for place in places:
        off = place - a
        d20, d21 = (off * ab).sum(-1), (off * ac).sum(-1)
        v, w = (d11 * d20 - d01 * d21) * scale, (d00 * d21 - d01 * d20) * scale
        own = torch.stack([1 - v - w, v, w], -1).clamp_min(0)
        own = own / own.sum(-1, keepdim=True)
        nearest = own[:, :1] * a + own[:, 1:2] * b + own[:, 2:] * c
        best = (nearest - place).norm(dim=-1).argmin()
        corners.append(faces[best])
        weights.append(own[best])
    return torch.stack(corners), torch.stack(weights)


def seen_points(
    figure: Figure, camera: Camera, drawn: Drawn, owner: int
) -> tuple[Float[Tensor, "points 3"], Float[Tensor, "points 3"], Bool[Tensor, " points"], Bool[Tensor, " points"]]:
    """Points in the world, in the picture (x, y in pixels, depth in metres), which lie in it, and which are seen.

    Args:
        owner: number of the person in the picture, from 1.
    """
    table = points_of(figure.mannequin)
    world = table.of(figure)
    pixels = camera.project(world)
    height, width = camera.size
    x, y, z = pixels.unbind(-1)
    inside = (z > 0) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    fine = drawn.fine.shape[1] // height
    column = (x.nan_to_num() * fine).long().clamp(0, width * fine - 1)
    row = (y.nan_to_num() * fine).long().clamp(0, height * fine - 1)
    surface = drawn.fine.depth[0, row, column]
    face = drawn.fine.face[0, row, column]
    other = (face >= 0) & (drawn.soup.owner[face.clamp_min(0)] != owner) & (surface < z)
    thick = torch.where(table.on_skin, torch.tensor(_ON_SKIN), _CLOTH + table.joints @ _thickness(figure.mannequin))
    free = (surface == 0) | (surface > z - thick)
    return world, pixels, inside, inside & free & ~other


def _thickness(mannequin: Mannequin) -> Float[Tensor, " 52"]:
    """Metres by which joints lie under the skin."""
    return mannequin.surface.thickness[: len(mannequin.joints)]
