"""Inverse kinematics and anatomical angles over HTTP and through the socket."""

import math

import pytest

from poseloom.pose import JOINT_INDEX


def test_a_hand_is_brought_to_a_place(client, standing):
    answer = client.post("/v1/ik", json={"pose": standing, "targets": {"left_wrist": [0.45, 1.2, 0.25]}})
    assert answer.status_code == 200
    made = answer.json()
    assert made["misses"]["left_wrist"] < 1e-3
    hip = JOINT_INDEX["left_hip"]
    assert made["pose"]["rotations"][hip] == standing["rotations"][hip]
    assert made["pose"]["translation"] == standing["translation"]


def test_pins_are_obeyed(client, standing):
    low = [0.0, standing["translation"][1] - 0.15, 0.0]
    held = client.post("/v1/ik", json={"pose": standing, "targets": {"pelvis": low}}).json()
    free = client.post("/v1/ik", json={"pose": standing, "targets": {"pelvis": low}, "pins": [], "floor": False}).json()
    knee = JOINT_INDEX["left_knee"]
    assert held["misses"]["left_ankle"] < 1e-3
    assert math.hypot(*held["pose"]["rotations"][knee]) > 0.3
    assert free["pose"]["rotations"][knee] == standing["rotations"][knee]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"targets": {"left_hand": [0, 0, 0]}}, "targets"),
        ({"targets": {"left_wrist": [0, 0]}}, "targets"),
        ({"targets": {}}, "targets"),
        ({"targets": {"head": [0, 1, 0]}, "pins": ["tail"]}, "pins"),
        ({"targets": {"head": [0, 1e99, 0]}}, "targets"),
    ],
)
def test_wrong_targets_are_refused_by_field(client, standing, change, field):
    answer = client.post("/v1/ik", json={"pose": standing, **change})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"].startswith(field)


def test_the_socket_answers_like_the_endpoint(client, standing):
    body = {"pose": standing, "targets": {"right_wrist": [-0.4, 1.1, 0.3]}}
    with client.websocket_connect("/v1/live", headers={"host": "127.0.0.1:8642"}) as socket:
        socket.send_json({"id": 1, "kind": "ik", **body})
        answer = socket.receive_json()
    assert answer["result"] == client.post("/v1/ik", json=body).json()


def test_movements_are_read_and_set_within_their_ranges(client, standing):
    rows = client.post("/v1/movements", json={"pose": standing}).json()
    assert rows["pose"] == standing
    assert len(rows["movements"]) == 57
    made = client.post("/v1/movements", json={"pose": standing, "set": {"left_elbow_flexion": 300}}).json()
    angle = next(one for one in made["movements"] if one["name"] == "left_elbow_flexion")
    assert angle["angle"] == angle["high"] == 148
    other = JOINT_INDEX["right_elbow"]
    assert made["pose"]["rotations"][other] == standing["rotations"][other]
    wrong = client.post("/v1/movements", json={"pose": standing, "set": {"left_elbow": 3}})
    assert wrong.status_code == 422
    assert "left_elbow" in wrong.json()["error"]["message"]


def test_the_body_comes_in_other_shapes(client):
    usual, other = (
        client.get("/v1/body.glb", params={"mesh": "preview", "shape": shape}).content
        for shape in ("0.5,0.7,0.5,0.5,0.5,0.5", "0,0.2,0.5,0.5,1,0.5")
    )
    assert usual[:4] == other[:4] == b"glTF"
    assert usual != other
    assert client.get("/v1/body.glb", params={"shape": "1,2"}).status_code == 422
    assert client.get("/v1/body.glb", params={"shape": "0,0,0,0,0,7"}).status_code == 422


def test_a_joint_that_is_turned_too_far_comes_back_into_its_range_and_no_other_moves(client, standing):
    elbow, knee = JOINT_INDEX["left_elbow"], JOINT_INDEX["left_knee"]
    rotations = [list(row) for row in standing["rotations"]]
    rotations[elbow], rotations[knee] = [0, -3, 0], [-1, 0, 0]
    body = {"pose": {**standing, "rotations": rotations}, "within": ["left_elbow"]}
    made = client.post("/v1/movements", json=body).json()["pose"]["rotations"]
    assert math.degrees(math.hypot(*made[elbow])) == pytest.approx(148, abs=0.1)
    assert made[knee] == rotations[knee]
    within = client.post("/v1/movements", json={"pose": standing, "within": ["left_elbow", "spine1", "head"]}).json()
    assert within["pose"] == standing
    refused = client.post("/v1/movements", json={"pose": standing, "within": ["tail"]})
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "within"
