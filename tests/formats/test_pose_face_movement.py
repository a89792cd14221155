"""Faces of 468 points that blink and act."""

import numpy as np
import pytest

from poseloom.api import sign
from poseloom.formats.pose_file.face_movement import BLINK, face_movement
from poseloom.formats.pose_file.joints import clip_to_sequence, face_points

_UPPER, _LOWER, _BROW = {"left": 386, "right": 159}, {"left": 374, "right": 145}, {"left": 334, "right": 105}


def opening(points: np.ndarray, side: str) -> np.ndarray:
    """How far an eye is open, as a share of the face at rest."""
    rest = face_points()
    own = np.linalg.norm(points[:, _UPPER[side]] - points[:, _LOWER[side]], axis=-1)
    return own / np.linalg.norm(rest[_UPPER[side]] - rest[_LOWER[side]])


def test_people_blink_every_three_to_five_seconds():
    points = face_movement(25 * 60, 25.0).of(face_points())
    for side in _UPPER:
        closed = opening(points, side) < 0.3
        starts = np.flatnonzero(closed[1:] & ~closed[:-1]) / 25
        assert 12 <= len(starts) <= 20 and 3 <= np.diff(starts).min() <= np.diff(starts).max() <= 5
        shut = opening(points, side) < 0.99
        assert shut.sum() / 25 <= len(starts) * (BLINK + 0.05)


@pytest.mark.parametrize("fps", [12.0, 25.0, 60.0])
def test_a_blink_is_seen_at_any_rate_and_nothing_else_moves(fps):
    points = face_movement(round(fps * 4), fps).of(face_points())
    assert opening(points, "left").min() < 1e-6 and opening(points, "left")[0] == 1
    moved = np.abs(points - face_points()).max((0, 2)) > 0
    assert moved.sum() == 2 * 2 * 7


def test_lids_and_brows_do_what_they_are_told():
    acts = [[10, 20, 1, 0, 0, 0], [20, 30, 0, 0, 1, 1], [30, 40, 0, 0, -1, -1]]
    points = face_movement(40, 25.0, acts).of(face_points())
    assert opening(points, "left")[15] < 1e-6 and opening(points, "right")[15] == pytest.approx(1)
    rest = face_points()
    for side, inwards in (("left", -1), ("right", 1)):
        raised, frowning = (points[frame, _BROW[side]] - rest[_BROW[side]] for frame in (25, 35))
        assert raised[1] > 0.005 and frowning[1] < -0.002 and frowning[0] * inwards > 0.002
    assert (points[0] == rest).all()


def test_what_sigml_says_of_lids_and_brows_is_acted():
    manual = "".join(f"<ham{name}/>" for name in ("flathand", "extfingerl", "palml", "chest", "touch"))
    face = '<hamnosys_nonmanual><hnm_eyelids tag="CL"/><hnm_eyebrows tag="RB"/></hamnosys_nonmanual>'
    signed = sign(f'<sigml><hns_sign gloss="A">{face}<hamnosys_manual>{manual}</hamnosys_manual></hns_sign></sigml>')
    first, end = signed.clip.notes["signs"][0]
    made = clip_to_sequence(signed.clip, face=True)
    start = made.point("FACE_LANDMARKS", "0")
    points = made.values[:, 0, start : start + 468].astype(float)
    own = {side: np.linalg.norm(points[:, _UPPER[side]] - points[:, _LOWER[side]], axis=-1) for side in _UPPER}
    middle = (first + end) // 2
    assert own["left"][middle] < 0.1 * own["left"][0] and own["right"][middle] > 0.9 * own["right"][0]
    assert any("acted by the 468 points of a face alone: eyebrows both raised" in note for note in signed.notes)
