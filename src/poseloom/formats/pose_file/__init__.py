"""``.pose`` files of sign language processing: read, write, select, prepare, resample, and from and to our joints.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.formats.pose_file.files import read_pose_file, write_pose_file
    from poseloom.formats.pose_file.frame_rate import fill_gaps, resample
    from poseloom.formats.pose_file.hands import normalise_hand
    from poseloom.formats.pose_file.joints import Picture, clip_to_sequence, joints_to_sequence, sequence_to_keypoints
    from poseloom.formats.pose_file.layouts import hands_only, holistic_75, holistic_178, layout_of
    from poseloom.formats.pose_file.prepare import (
        first_seen,
        focus,
        hide,
        hide_legs,
        hide_low_confidence,
        normalise,
        trim_unseen,
    )
    from poseloom.formats.pose_file.sequence import Component, PoseSequence

_HOME = {
    "Component": "sequence",
    "Picture": "joints",
    "PoseSequence": "sequence",
    "clip_to_sequence": "joints",
    "fill_gaps": "frame_rate",
    "first_seen": "prepare",
    "focus": "prepare",
    "hands_only": "layouts",
    "hide": "prepare",
    "hide_legs": "prepare",
    "hide_low_confidence": "prepare",
    "holistic_75": "layouts",
    "holistic_178": "layouts",
    "joints_to_sequence": "joints",
    "layout_of": "layouts",
    "normalise": "prepare",
    "normalise_hand": "hands",
    "read_pose_file": "files",
    "resample": "frame_rate",
    "sequence_to_keypoints": "joints",
    "trim_unseen": "prepare",
    "write_pose_file": "files",
}
__all__ = [
    "Component",
    "Picture",
    "PoseSequence",
    "clip_to_sequence",
    "fill_gaps",
    "first_seen",
    "focus",
    "hands_only",
    "hide",
    "hide_legs",
    "hide_low_confidence",
    "holistic_75",
    "holistic_178",
    "joints_to_sequence",
    "layout_of",
    "normalise",
    "normalise_hand",
    "read_pose_file",
    "resample",
    "sequence_to_keypoints",
    "trim_unseen",
    "write_pose_file",
]

__getattr__ = names_of(__name__, _HOME)
