"""Recovered bodies over the photo that they come from, in its camera; their side view beside it; skeletons."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from poseloom.body import default_body
from poseloom.images.files import to_pil
from poseloom.pose.camera import Camera
from poseloom.pose.joints import ALL_JOINTS, JOINT_INDEX
from poseloom.pose.types import Pose
from poseloom.render.observe import layers_of
from poseloom.render.pictures import render
from poseloom.render.scene import Scene
from poseloom.render.style import SIDES, Style
from poseloom.render.surface import Part
from poseloom.render.view import View

LARGEST_SIDE = 1280
"""Pixels: larger photos are shrunk for overlays."""
_FLESH, _NEAREST = 0.3, 0.4
"""Metres about the joints within which a body lies, and before the camera within which that says nothing."""
_PALE = 0.3
"""Opacity of limbs that the photo does not tell."""
_MOST_BESIDE = 3
"""People whose side view is shown beside a photo."""
_LEFT, _RIGHT, _MIDDLE = "#f08a24", "#2a7de1", "#f4f4f4"
_BODY_LINES = {
    _LEFT: ((11, 13), (13, 15), (23, 25), (25, 27), (27, 29), (29, 31), (27, 31), (11, 23)),
    _RIGHT: ((12, 14), (14, 16), (24, 26), (26, 28), (28, 30), (30, 32), (28, 32), (12, 24)),
    _MIDDLE: ((11, 12), (23, 24), (0, 11), (0, 12)),
}
"""Lines between rows of the 33 landmarks."""
_HAND_LINES = tuple(
    (0 if step == 1 else 4 * finger + step - 1, 4 * finger + step) for finger in range(5) for step in range(1, 5)
)
_PARTS_OF_JOINT = {
    "elbow": ("UPPER_ARM",),
    "wrist": ("FOREARM", "HAND"),
    "knee": ("THIGH",),
    "ankle": ("SHIN",),
    "foot": ("FOOT",),
}
"""Joint that is not seen -> parts that end at it."""


def bodies_on_photo(
    photo: Float[Tensor, "3 height width"],
    poses: Pose,
    camera: Camera,
    seen: Bool[Tensor, "people 52"] | None = None,
    *,
    style: Style = SIDES,
    opacity: float = 0.9,
) -> Float[Tensor, "3 height width"]:
    """A photo with people drawn over it where they stand, the nearer ones in front; unseen limbs are pale.

    Args:
        photo: RGB in [0, 1].
        poses: (people,), their translations in the camera's world.
        camera: through which the photo was taken.
        seen: joints that the photo tells; all by default.
        style: how the bodies are drawn.
        opacity: how much of the photo a limb that is seen covers, 0 to 1.
    """
    seen = torch.ones(len(poses), ALL_JOINTS, dtype=torch.bool) if seen is None else seen
    assert poses.translation is not None
    drawn = photo.clone()
    for person in poses.translation[:, 2].argsort().tolist():
        rows, columns = _surroundings(poses[person], camera, tuple(photo.shape[-2:]))
        if rows.stop <= rows.start or columns.stop <= columns.start:
            continue
        part = drawn[:, rows, columns]
        corner = camera.intrinsics.new_tensor([[1, 0, -columns.start], [0, 1, -rows.start]])
        size = tuple(part.shape[-2:])
        scene = Scene(
            poses[person],
            size,
            camera=camera.transformed(corner, size),
            style=replace(style, shadows=False, ground=False),
            ground="translation",
        )
        layers = layers_of(scene, "figure", "parts")
        pale = torch.tensor([part in pale_parts(seen[person]) for part in Part])
        share = torch.where(pale[layers["parts"]], _PALE, opacity)
        alpha = layers["figure"][3:] * _softened(share)
        drawn[:, rows, columns] = part * (1 - alpha) + layers["figure"][:3] * alpha
    return drawn


def _surroundings(pose: Pose, camera: Camera, size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a picture in which a person may be seen."""
    joints = default_body("full").joints(pose)
    seen = camera.project(joints)
    if float(seen[:, 2].amin()) < _NEAREST:
        return slice(0, size[0]), slice(0, size[1])
    margin = _FLESH * camera.focal.amax() / seen[:, 2:]
    low, high = (seen[:, :2] - margin).amin(0), (seen[:, :2] + margin).amax(0)
    spans = []
    for axis, extent in ((1, size[0]), (0, size[1])):
        first = min(max(int(low[axis]), 0), extent)
        spans.append(slice(first, max(first, min(int(high[axis]) + 1, extent))))
    return spans[0], spans[1]


def _softened(share: Float[Tensor, "height width"]) -> Float[Tensor, "1 height width"]:
    """No hard line between limbs that are seen and those that are not."""
    return functional.avg_pool2d(share[None], 5, stride=1, padding=2, count_include_pad=False)


def pale_parts(seen: Bool[Tensor, " 52"]) -> frozenset[Part]:
    """Parts of the body that end at a joint which is not seen."""
    hidden = {Part.HEAD} if not seen[JOINT_INDEX["head"]] else set()
    for side in ("left", "right"):
        for joint, parts in _PARTS_OF_JOINT.items():
            if not seen[JOINT_INDEX[f"{side}_{joint}"]]:
                hidden |= {Part[f"{side}_{part}".upper()] for part in parts}
    return frozenset(hidden)


def with_side_views(
    picture: Float[Tensor, "3 height width"], poses: Pose, azimuth: float = 90.0, style: Style = SIDES
) -> Float[Tensor, "3 height wider"]:
    """A picture with the first people beside it as they look from the side, counted from the camera.

    Args:
        picture: with the bodies over it.
        poses: (people,), in the camera's axes.
        azimuth: degrees round the vertical from the camera.
        style: how the bodies are drawn.
    """
    shown = poses[:_MOST_BESIDE]
    height = picture.shape[-1 - 1]
    side = height // len(shown)
    views = render(shown, side, view=View(azimuth=azimuth, elevation=0.0, relative=False), style=style)
    column = torch.cat(list(views), dim=-2)
    column = functional.pad(column, (0, 0, 0, height - column.shape[-2]), value=1.0)
    return torch.cat([picture, column], dim=-1)


def skeletons_on_photo(
    photo: Float[Tensor, "3 height width"],
    points: Float[Tensor, "people 33 2"],
    seen: Bool[Tensor, "people 33"],
    hands: Float[Tensor, "people 2 21 2"] | None = None,
) -> Image.Image:
    """A photo with the landmarks' skeletons: the person's left in orange, the right in blue; unseen points left out.

    Args:
        photo: RGB in [0, 1].
        points: pixels.
        seen: which of them the photo shows.
        hands: left and right, pixels; NaN where there is none.
    """
    image = to_pil(photo)
    draw = ImageDraw.Draw(image)
    width = max(2, round(max(image.size) / 250))
    for person, there in zip(points.tolist(), seen.tolist(), strict=True):
        for colour, lines in _BODY_LINES.items():
            for a, b in lines:
                if there[a] and there[b]:
                    draw.line([*person[a], *person[b]], fill=colour, width=width)
    if hands is not None:
        for person_hands in hands:
            for hand, colour in zip(person_hands, (_LEFT, _RIGHT), strict=True):
                if bool(torch.isfinite(hand).all()):
                    places = hand.tolist()
                    for a, b in _HAND_LINES:
                        draw.line([*places[a], *places[b]], fill=colour, width=max(1, width // 2))
    return image
