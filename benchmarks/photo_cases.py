"""People in pictures: each network, a picture end to end, a frame of a video."""

from __future__ import annotations

from benchmarks.measure import Case, Work, milliseconds

SIDE = 720
NETWORKS = {
    "person detector": "pose_detection",
    "33 body points": "pose_landmark_full",
    "hand's region": "hand_recrop",
    "21 hand points": "hand_landmark_full",
    "face detector": "face_detection_short_range",
    "468 face points": "face_landmark",
}


def _network(name: str) -> Work:
    import torch

    from poseloom.checkpoints.registry import WEIGHTS
    from poseloom.nn.image.graph import read_graph

    network = read_graph(WEIGHTS / f"mediapipe_{name}.safetensors")
    picture = torch.rand(1, 3, *network.input_size)

    def look() -> None:
        with torch.inference_mode():
            network(picture)

    return look


def _person():
    """A drawn person: the cost does not depend on who it is."""
    import torch

    from poseloom import render
    from poseloom.pose.sampler import sample

    picture = render(sample(1, seed=3), 512)[0]
    return torch.nn.functional.interpolate(picture[None], size=(SIDE, SIDE), mode="bilinear")[0]


def _box() -> list[list[float]]:
    return [[0.1 * SIDE, 0.05 * SIDE, 0.8 * SIDE, 0.9 * SIDE]]


def _picture(hands: bool, everybody: bool = False) -> Work:
    import poseloom

    picture = _person()

    def look() -> None:
        try:
            poseloom.keypoints(picture, people=None if everybody else 1, hands=hands)
        except poseloom.PoseloomError:
            return

    return look


def _frame(hands: bool) -> Work:
    import torch

    from poseloom.checkpoints.people import keypoint_reader
    from poseloom.tasks.keypoints.tracking import Tracker

    picture = _person()
    tracker = Tracker(keypoint_reader(), 25, 1, with_hands=hands, boxes=torch.tensor(_box()))
    tracker.step(picture)
    return lambda: tracker.step(picture)


CASES = (
    *(Case(f"photo: {title}", lambda name=name: _network(name), milliseconds) for title, name in NETWORKS.items()),
    Case("photo: one person in 720 x 720 pixels, body and hands", lambda: _picture(True), milliseconds),
    Case("photo: everybody in 720 x 720 pixels, body", lambda: _picture(False, True), milliseconds),
    Case("video: a frame of 720 x 720 pixels, body", lambda: _frame(False), milliseconds, "<= 60 ms"),
    Case("video: a frame of 720 x 720 pixels, body and hands", lambda: _frame(True), milliseconds, "<= 120 ms"),
)
