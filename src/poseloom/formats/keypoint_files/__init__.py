"""Keypoints in pictures, as detectors and annotators write them: read as `PictureKeypoints`, and written.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.formats.keypoint_files.read import read_keypoint_file
    from poseloom.formats.keypoint_files.write import write_coco, write_csv, write_openpose

_HOME = {
    "read_keypoint_file": "read",
    "write_coco": "write",
    "write_csv": "write",
    "write_openpose": "write",
}
__all__ = ["read_keypoint_file", "write_coco", "write_csv", "write_openpose"]

__getattr__ = names_of(__name__, _HOME)
