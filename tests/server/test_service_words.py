"""Words over HTTP: the same as in Python, with each sentence's facts and joints."""

import json

import pytest
import torch

import poseloom
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.stances import stance
from poseloom.server.poses import PoseJson, pose_json


def pose_of(row):
    return PoseJson.model_validate(row).pose()


def test_a_pose_survives_its_json(standing):
    pose = pose_of(standing)
    assert torch.allclose(pose.rotations, stance("stand").rotations, atol=1e-6)
    assert pose_json(pose.reshape(1))[0] == standing
    shaped = Pose(torch.zeros(1, 22, 3), shape=torch.ones(1, 6), shape_model="anny")
    assert pose_of(pose_json(shaped)[0]).shape_model == "anny"


def test_describe_says_what_python_says(client, standing):
    answer = client.post("/v1/describe", json={"pose": standing, "seed": 3, "style": "short"}).json()
    assert answer == poseloom.describe_sentences(pose_of(standing), 3, style="short").as_json()
    plain = client.post("/v1/describe", json={"pose": standing, "steady": False}).json()
    assert plain["texts"][0]["text"] == poseloom.describe(pose_of(standing))[0]


def test_several_poses_and_clips_have_a_text_each(client, standing):
    several = client.post("/v1/describe", json={"poses": [standing, standing]}).json()["texts"]
    clip = client.post("/v1/describe", json={"clip": {"poses": [standing, standing], "fps": 2}}).json()["texts"]
    assert [row["text"] for row in several] == [row["text"] for row in clip]
    assert [row["seconds"] for row in clip] == [0.0, 0.5]


def test_requests_that_are_answered_together_get_their_own_answers():
    from poseloom.server.routers.describe import _singles

    options = (0, "paragraph", False, True)
    poses = [stance(name) for name in ("stand", "squat", "lunge left")]
    together = _singles([(pose, options) for pose in poses])
    assert [one.as_json() for one in together] == [
        poseloom.describe_sentences(pose, steady=True).as_json() for pose in poses
    ]


def test_instruct_takes_poses_lists_and_clips(client, standing):
    squat = pose_json(stance("squat").reshape(1))[0]
    one = client.post("/v1/instruct", json={"start": standing, "end": squat}).json()
    assert one == poseloom.instruct(pose_of(standing), pose_of(squat)).as_json()
    two = client.post("/v1/instruct", json={"start": [standing] * 2, "end": [squat] * 2}).json()
    assert [row["text"] for row in two["texts"]] == [one["texts"][0]["text"]] * 2
    clips = {"start": {"poses": [standing, squat] * 6, "fps": 4}, "end": {"poses": [standing, squat] * 6, "fps": 4}}
    assert "differences" in client.post("/v1/instruct", json=clips).json()


def test_judge_tells_which_facts_hold(client, standing):
    squat = pose_json(stance("squat").reshape(1))[0]
    told = client.post("/v1/judge", json={"text": "The person is squatting.", "poses": [squat, standing]}).json()
    assert [row["facts_true"] > 0 for row in told["poses"]] == [True, False]


@pytest.mark.parametrize(
    ("pose", "field"),
    [
        ({"rotations": [[0, 0, 0]] * 21}, "pose.rotations"),
        ({"rotations": [[0, 0, 0]] * 30}, "pose.rotations"),
        ({"rotations": [[0, 0]] * 22}, "pose.rotations.0.2"),
        ({"rotations": [[0, 0, 1e300]] * 22}, "pose.rotations.0.2"),
        ({"rotations": [[0, 0, 0]] * 22, "shape": [1.0]}, "pose"),
        ({"rotations": [[0, 0, 0]] * 22, "rotation": 1}, "pose.rotation"),
        ({"rotations": "T-pose"}, "pose.rotations"),
        (None, "pose"),
    ],
)
def test_a_pose_that_is_none_is_told_with_its_place(client, pose, field):
    answer = client.post("/v1/describe", json={"pose": pose})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid"
    assert answer.json()["error"]["field"] == field
    assert "\n" not in answer.json()["error"]["message"]


def test_numbers_that_are_none_are_refused(client):
    body = '{"pose": {"rotations": ' + json.dumps([[0, 0, 0]] * 21)[:-1] + ", [0, 0, NaN]]}}"
    answer = client.post("/v1/describe", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "pose.rotations.21.2"


def test_too_many_poses_are_refused(client, standing):
    answer = client.post("/v1/describe", json={"poses": [standing] * 9})
    assert answer.status_code == 413
    assert "at most 8" in answer.json()["error"]["message"]


def test_joints_are_those_that_a_sentence_speaks_of(client):
    row = pose_json(stance("front kick (right)").body().reshape(1))[0]
    sentences = client.post("/v1/describe", json={"pose": row}).json()["texts"][0]["sentences"]
    arms = next(one for one in sentences if all(fact["group"] == "arms" for fact in one["facts"]))
    assert any({f"{side}_shoulder", f"{side}_elbow"} <= set(arms["joints"]) for side in ("left", "right"))
    assert not any("hip" in name or "knee" in name for name in arms["joints"])
    opening = sentences[0]
    assert {"pelvis", "right_hip", "right_knee"} <= set(opening["joints"])
    assert not any("shoulder" in name for name in opening["joints"])
    assert all(JOINT_INDEX[name] < 22 for one in sentences for name in one["joints"])
