import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file import (
    Picture,
    clip_to_sequence,
    joints_to_sequence,
    read_pose_file,
    sequence_to_keypoints,
    write_pose_file,
)
from poseloom.pose import JOINT_INDEX, PARENTS, Clip, stance
from poseloom.pose.keypoints import names
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose, stack


@pytest.fixture(scope="module")
def clip():
    body = stance("wave (right hand)").with_hands()
    pose = stack([body, body.mirror(), body])
    return Clip(Pose(pose.rotations, translation=torch.tensor([[0.0, 1, 0], [0.1, 1, 0.2], [0.3, 1, 0]])), fps=25)


def skeleton(clip):
    pose = clip.pose
    return forward_kinematics(pose.matrices(), rest_offsets(), PARENTS, pose.translation)[1].numpy()


@pytest.mark.parametrize("family", ["holistic", "openpose"])
def test_a_clip_comes_back_as_the_same_keypoints(clip, family, tmp_path):
    picture = Picture(centre=(0, 1, 0))
    write_pose_file(clip_to_sequence(clip, family, picture), tmp_path / "a.pose")
    keypoints, seen = sequence_to_keypoints(read_pose_file(tmp_path / "a.pose"), "smplx", picture)
    axes = slice(None) if family == "holistic" else slice(2)
    places = {name: index for index, name in enumerate(names("smplx"))}
    for ours, theirs in {"left_wrist": "left_wrist", "right_index1": "right_index_1", "left_hip": "left_hip"}.items():
        assert seen[:, places[theirs]].all()
        found = keypoints[:, places[theirs], axes]
        assert np.allclose(found, skeleton(clip)[:, JOINT_INDEX[ours], axes], atol=1e-4)
    assert seen[:, places["nose"]].all()
    head = skeleton(clip)[:, JOINT_INDEX["head"], axes]
    assert (np.linalg.norm(keypoints[:, places["nose"], axes] - head, axis=-1) < 0.13).all()  # goes along with the head
    bare = sequence_to_keypoints(clip_to_sequence(clip, family, picture, head=False), "smplx", picture)
    assert not bare[1][:, places["nose"]].any() and (bare[0][:, places["nose"]] == 0).all()


def test_the_picture_is_seen_from_the_front(clip):
    found = clip_to_sequence(clip[:1])
    point = {name: found.values[0, 0, found.point("POSE_LANDMARKS", name)] for name in found.components[0].points}
    assert point["LEFT_SHOULDER"][0] > point["RIGHT_SHOULDER"][0]  # the person's left is the picture's right
    assert point["LEFT_SHOULDER"][1] < point["LEFT_HIP"][1] < point["LEFT_ANKLE"][1]  # y down
    assert point["LEFT_FOOT_INDEX"][2] < point["LEFT_ANKLE"][2]  # toes nearer to the camera


def test_a_file_without_a_known_scale_is_measured_by_its_shoulders(clip):
    keypoints, _ = sequence_to_keypoints(clip_to_sequence(clip, "holistic", Picture(123.0, centre=(1, 2, 3))), "smplh")
    joints = skeleton(clip)
    left, right = JOINT_INDEX["left_elbow"], JOINT_INDEX["right_knee"]
    expected, found = joints[:, left] - joints[:, right], keypoints[:, left] - keypoints[:, right]
    assert np.allclose(found, expected, rtol=0.1)


def test_real_recordings_become_people_of_human_size(shared_data):
    for name, least in (("holistic_576_97frames.pose", 50), ("openpose.pose", 40)):
        keypoints, seen = sequence_to_keypoints(read_pose_file(shared_data("pose-files") / name), "smplx")
        assert seen.any(0).sum() >= least
        wrists = keypoints[:, [names("smplx").index(f"{side}_wrist") for side in ("left", "right")]]
        assert np.abs(wrists[..., :2]).max() < 1.2  # metres from the middle of the shoulders


def test_tips_continue_the_fingers(clip):
    found = clip_to_sequence(clip[:1])
    hand = found.select({"LEFT_HAND_LANDMARKS": None}).values[0, 0]
    last, tip = hand[7] - hand[6], hand[8] - hand[7]
    assert np.allclose(np.cross(last, tip), 0, atol=1e-2) and last @ tip > 0
    assert not found.select({"LEFT_HAND_LANDMARKS": None}).missing.any()


def test_mistakes_are_told():
    with pytest.raises(PoseloomError, match="unknown keypoint family 'holistc'; did you mean 'holistic'"):
        joints_to_sequence({"nose": np.zeros((1, 3))}, "holistc", 25)
    with pytest.raises(PoseloomError, match=r"tracks of one length, got lengths \[1, 2\]"):
        joints_to_sequence({"nose": np.zeros((1, 3)), "neck": np.zeros((2, 3))}, "openpose", 25)
    with pytest.raises(PoseloomError, match="shoulders are never seen apart"):
        sequence_to_keypoints(joints_to_sequence({"nose": np.zeros((1, 3))}, "openpose", 25))


def test_a_face_is_the_mesh_of_468_points_in_front_of_the_head(clip):
    found = clip_to_sequence(clip[:1], face=True)
    assert [len(component.points) for component in found.components] == [33, 468, 21, 21]
    point = {name: found.values[0, 0, found.point("FACE_LANDMARKS", name)] for name in ("1", "152", "10")}
    nose = found.values[0, 0, found.point("POSE_LANDMARKS", "NOSE")]
    assert np.allclose(point["1"], nose, atol=1e-3)
    with pytest.raises(PoseloomError, match="belongs to the keypoints 'holistic'"):
        clip_to_sequence(clip, "openpose", face=True)
