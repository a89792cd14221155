"""Pictures of poses: camera, z-buffer, light and clothes, sheets and animations.

The module can be called: `poseloom.render(pose)` draws, whether that name is the function of the package's front or,
once this room has been imported, the room itself.
"""

import sys
from types import ModuleType
from typing import Any

from poseloom.images.files import save_picture, to_pil
from poseloom.pose.camera import Camera
from poseloom.render.animation import animate, write_animation
from poseloom.render.compare import overlay, side_by_side
from poseloom.render.keypoints import KeypointView, animate_keypoints, draw_keypoints
from poseloom.render.observe import Observation, observe
from poseloom.render.pictures import cutout, depth, parts, render, render_each
from poseloom.render.rasterise import Fragments, rasterise
from poseloom.render.scene import Scene
from poseloom.render.sheet import SheetLayout, contact_sheet
from poseloom.render.style import CLAY, SIDES, STUDIO, Clothes, Light, Style
from poseloom.render.surface import Part
from poseloom.render.view import View

__all__ = [
    "CLAY",
    "SIDES",
    "STUDIO",
    "Camera",
    "Clothes",
    "Fragments",
    "KeypointView",
    "Light",
    "Observation",
    "Part",
    "Scene",
    "SheetLayout",
    "Style",
    "View",
    "animate",
    "animate_keypoints",
    "contact_sheet",
    "cutout",
    "depth",
    "draw_keypoints",
    "observe",
    "overlay",
    "parts",
    "rasterise",
    "render",
    "render_each",
    "save_picture",
    "side_by_side",
    "to_pil",
    "write_animation",
]


class _CallableModule(ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.render(*args, **options)


sys.modules[__name__].__class__ = _CallableModule
