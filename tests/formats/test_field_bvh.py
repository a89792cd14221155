"""BVH files with the traits of real ones, re-made with one figure in four poses: what every frame must show."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from dialect_truth import angle, places

from poseloom.base.errors import FileError
from poseloom.formats.bvh import read_bvh
from poseloom.pose.joints import JOINT_INDEX

FOLDER = Path(__file__).parent / "field_bvh"
TRUTH = json.loads((FOLDER / "truth.json").read_text())["frames"]
LIMBS = [("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "toe")]
DEGREES = 8.0

FILES = sorted(path.name for path in FOLDER.glob("*.bvh"))
REMARKS = {
    "03-bones-along-x.bvh": "aligned by 3 frames (T-pose)",
    "05-frames-one-short.bvh": "all 4 are read",
    "10a-odd-unit-22.bvh": "scaled to an adult",
    "19-missing-space.bvh": "a space is missing between numbers, as in '0.0000-0.0000'",
    "21-frame-time-milliseconds.bvh": "taken for milliseconds: 30 frames a second",
}
"""Parts of what the reader must remark; the other files give it nothing to guess."""
PELVIS = {"10a-odd-unit-22.bvh": 0.096, "17-poser-no-head.bvh": 10.0}
"""Metres by which the pelvis may be off, 1 cm in the others: a unit that is guessed, a root without positions."""


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("39")])
def test_a_file_of_the_field_shows_the_truth(name):
    clip = read_bvh(FOLDER / name)
    found = places(clip)
    for frame, truth in enumerate(TRUTH):
        at = {joint: np.array(place) for joint, place in truth.items()}
        for side, ours in (("l", "left"), ("r", "right")):
            for upper, lower in LIMBS:
                start, end = (JOINT_INDEX[f"{ours}_{joint.replace('toe', 'foot')}"] for joint in (upper, lower))
                limb = at[side + lower] - at[side + upper]
                assert angle(found[frame, end] - found[frame, start], limb) < DEGREES, (frame, side + upper)
        np.testing.assert_allclose(clip.pose.translation[frame], at["hips"], atol=PELVIS.get(name, 0.01))
    assert (clip.fps, len(clip)) == (30, len(TRUTH))
    remarks = clip.notes.get("remarks", [])
    assert len(remarks) == (name in REMARKS)
    assert REMARKS.get(name, "") in " ".join(remarks)


def test_two_figures_in_one_file_are_told():
    with pytest.raises(FileError, match="B_Hips: is a second ROOT; keep one figure in the file"):
        read_bvh(FOLDER / "39-two-roots.bvh")
