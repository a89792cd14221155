"""Recovered people drawn over their photo."""

from __future__ import annotations

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn import functional

from poseloom.images.files import to_pil
from poseloom.render.on_photo import LARGEST_SIDE, bodies_on_photo, skeletons_on_photo, with_side_views
from poseloom.results.recovered import Recovered


def drawn_over(
    found: Recovered, photo: Float[Tensor, "3 height width"], *, skeleton: bool = False, side_views: bool = True
) -> Image.Image:
    """A photo with the people who were found in it: bodies in its camera and their side views, or skeletons.

    Args:
        found: values of that photo.
        photo: RGB in [0, 1]; shrunk where it is larger than 1280 pixels.
        skeleton: draw keypoints instead of bodies.
        side_views: the first people from the side, beside the photo.
    """
    share = min(1.0, LARGEST_SIDE / max(photo.shape[-2:]))
    size = tuple(max(1, round(side * share)) for side in photo.shape[-2:])
    if share < 1:
        photo = functional.interpolate(photo[None], size=size, mode="area")[0]
    if skeleton:
        keypoints = found.keypoints.resized((size[1], size[0]))
        hands = None if keypoints.hands is None else keypoints.hands[..., :2]
        return skeletons_on_photo(photo, keypoints.points[..., :2], keypoints.seen, hands)
    camera = found.camera.resized((size[0], size[1]))
    with torch.no_grad():
        drawn = bodies_on_photo(photo, found.poses, camera, found.seen)
        return to_pil(with_side_views(drawn, found.poses) if side_views else drawn)
