"""Line drawings of keypoint sequences."""

import numpy as np
import pytest
from PIL import Image

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.pose_file import Component, PoseSequence
from poseloom.formats.pose_file.joints import holistic_components
from poseloom.render import KeypointView, animate_keypoints, draw_keypoints
from poseloom.render.keypoint_heads import HEIGHT, RISE, heads
from poseloom.render.keypoints import BACKGROUND


def line(frames=4, fps=25.0) -> PoseSequence:
    """Two points and the limb between them, which moves to the right."""
    values = np.zeros((frames, 1, 2, 2), np.float32)
    values[:, 0, 1] = [100, 100]
    values[..., 0] += np.arange(frames)[:, None, None] * 20
    return PoseSequence((Component("body", ("a", "b"), ((0, 1),)),), values, np.ones((frames, 1, 2)), fps)


def inked(picture: Image.Image) -> np.ndarray:
    """Where something is drawn."""
    return (np.abs(np.asarray(picture).astype(int) - BACKGROUND) > 60).any(-1)


def test_limbs_are_drawn_where_the_points_are():
    view = KeypointView(0, 0, 200)
    first, last = (inked(draw_keypoints(line(), frame, 100, view)) for frame in (0, 3))
    assert first[25, 25] and not first[25, 55]
    assert last[25, 55] and not last[25, 25]


def test_missing_points_and_their_limbs_are_left_out():
    sequence = line(1)
    alone = sequence.masked(np.array([[[False, True]]]))
    assert inked(draw_keypoints(alone, 0, 100)).sum() < inked(draw_keypoints(sequence, 0, 100)).sum() / 3


def test_everything_seen_has_room():
    picture = inked(draw_keypoints(line(), 0, 100))
    assert picture.any() and not (picture[[0, -1]].any() or picture[:, [0, -1]].any())


@pytest.mark.parametrize(("fps", "shown"), [(25.0, 4), (60.0, 2)])
def test_animations_have_the_frames_that_can_be_seen(tmp_path, fps, shown):
    path = animate_keypoints(line(fps=fps), tmp_path / "line.gif", 40)
    assert Image.open(path).n_frames == shown


def test_what_cannot_be_drawn(tmp_path):
    with pytest.raises(PoseloomError, match="none is seen"):
        animate_keypoints(line().masked(np.ones((4, 1, 2), bool)), tmp_path / "a.gif")
    with pytest.raises(FileError):
        animate_keypoints(line(), tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())


def signer(names=("LEFT_SHOULDER", "RIGHT_SHOULDER"), points=((140, 200), (60, 200)), frames=1) -> PoseSequence:
    """Points of a body that stands upright."""
    values = np.tile(np.array(points, np.float32)[None, None], (frames, 1, 1, 1))
    limbs = ((0, 1),)
    return PoseSequence((Component("body", names, limbs),), values, np.ones((frames, 1, len(names))), 25.0)


def test_a_figure_without_a_face_has_a_head_over_its_shoulders():
    found = heads(signer())
    np.testing.assert_allclose(found.middle[0, 0], [100, 200 - 80 * RISE])
    np.testing.assert_allclose(found.radius, [80 * HEIGHT])
    picture = inked(draw_keypoints(signer(), 0, 200, KeypointView(0, 0, 300)))
    top = round((200 - 80 * RISE - 80 * HEIGHT) * 200 / 300)
    assert picture[top : top + 4, 65:69].any() and not picture[: top - 2].any()


def test_a_head_is_where_the_face_is_and_leans_with_the_trunk():
    names = ("LEFT_SHOULDER", "RIGHT_SHOULDER", "NOSE")
    seen = signer(names, ((140, 200), (60, 200), (120, 130)))
    np.testing.assert_allclose(heads(seen).middle[0, 0], [120, 130])
    hidden = seen.masked(np.array([[[False, False, True]]]))
    np.testing.assert_allclose(heads(hidden).middle[0, 0], [100, 200 - 80 * RISE])
    hips = ("LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_HIP", "RIGHT_HIP")
    lying = heads(signer(hips, ((200, 60), (200, 140), (100, 60), (100, 140))))
    np.testing.assert_allclose(lying.middle[0, 0], [200 + 80 * RISE, 100])


def test_there_is_no_head_without_shoulders_or_beside_a_mesh_of_the_face():
    assert not heads(line()).there.any()
    mesh = tuple(f"face {number}" for number in range(60))
    points = ((140, 200), (60, 200), *((100, 120 + number / 3) for number in range(60)))
    whole = signer(("LEFT_SHOULDER", "RIGHT_SHOULDER", *mesh), points)
    assert not heads(whole).there.any()


def test_heads_have_room_in_the_picture():
    view = KeypointView.of(signer())
    assert view.top < 200 - 80 * RISE - 80 * HEIGHT


def with_hands_at_times() -> PoseSequence:
    """Holistic's shoulders, hips and knees; a hand that is seen in the second frame alone; a mesh of the face."""
    face = tuple(map(str, range(468)))
    body = ("NOSE", "LEFT_EYE", "LEFT_EAR", "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_HIP", "LEFT_KNEE")
    limbs = ((0, 1), (1, 2), (3, 4), (3, 5), (5, 6))
    hand = holistic_components()[1]
    components = (Component("POSE_LANDMARKS", body, limbs), Component("FACE_LANDMARKS", face), hand)
    values = np.zeros((2, 1, 7 + 468 + 21, 2), np.float32)
    values[:, 0, :7] = [[100, 60], [120, 50], [140, 60], [140, 100], [60, 100], [140, 200], [140, 380]]
    values[:, 0, 7:475] = [250, 60]  # aside, so that what the body draws is told from it
    values[:, 0, 475:] = [200, 150]
    confidence = np.ones(values.shape[:3])
    confidence[0, 0, 475:] = 0
    return PoseSequence(components, values, confidence, 25.0)


def test_legs_are_hidden_in_the_frames_without_hands_too():
    picture = inked(draw_keypoints(with_hands_at_times(), 0, 400, KeypointView(0, 0, 400)))
    assert picture[150, 138:143].any() and not picture[230:].any()


def test_the_face_is_drawn_by_its_own_points_alone():
    sequence = with_hands_at_times()
    picture = inked(draw_keypoints(sequence, 0, 400, KeypointView(0, 0, 400)))
    assert not picture[40:80, 90:150].any()
    hidden = np.zeros((2, 1, 496), bool)
    hidden[..., 7:475] = True
    faceless = sequence.masked(hidden)
    assert inked(draw_keypoints(faceless, 0, 400, KeypointView(0, 0, 400)))[40:80, 90:150].any()
