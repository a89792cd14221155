"""``.pose`` files as motion: what a clip was written to is loaded as the same movement."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import poseloom
from poseloom.base.errors import FileError, PoseloomError
from poseloom.body import default_body
from poseloom.formats import registry
from poseloom.formats.pose_file import PoseSequence, clip_to_sequence, read_pose_file, write_pose_file
from poseloom.pose import Clip, Pose
from poseloom.pose.sampler import sample

ARMS = [16, 17, 18, 19, 20, 21]


def signing(frames=6):
    """Upright people with their arms somewhere in front."""
    rotations = torch.zeros(frames, 52, 3)
    turn = torch.linspace(0.2, 1.2, frames)
    rotations[:, 16, 2] = -1.0
    rotations[:, 17, 2] = 1.0
    rotations[:, 18, 1] = -turn
    rotations[:, 19, 1] = 0.5 * turn
    return Clip(Pose(rotations, torch.tensor([[0.0, 1.0, 0.0]]).repeat(frames, 1)), 25.0, "x")


def arms_apart(a, b):
    """Mean distance of elbows and wrists, shoulders on shoulders, metres."""
    first, second = (default_body().joints(clip.pose)[:, ARMS] for clip in (a, b))
    first, second = (x - x[:, :2].mean(1, keepdim=True) for x in (first, second))
    return float((first - second).norm(dim=-1).mean())


def test_a_clip_is_written_by_save_and_comes_back(tmp_path):
    clip = signing()
    poseloom.save(clip, tmp_path / "x.pose")
    back = poseloom.load(tmp_path / "x.pose")
    assert (len(back), back.fps) == (6, 25)
    assert arms_apart(clip, back) < 0.03
    assert "fitted to" in back.notes["fit"]


def test_flat_points_come_back_with_the_hands_in_front(tmp_path):
    clip = signing()
    write_pose_file(clip_to_sequence(clip, "openpose"), tmp_path / "x.pose")
    back = poseloom.load(tmp_path / "x.pose")
    assert "guessed" in back.notes["depth"]
    joints = default_body().joints(back.pose)
    assert bool((joints[:, 20, 2] > joints[:, 16, 2] - 0.02).all())
    assert arms_apart(clip, back) < 0.12


def test_world_landmarks_are_metres_once_the_picture_is_divided_out(tmp_path):
    clip = signing()
    sequence = clip_to_sequence(clip)
    body = sequence.component("POSE_LANDMARKS")
    joints = (sequence.values[:, :, :33] - [500, 500, 0]) / 400
    world = replace(body, name="POSE_WORLD_LANDMARKS")
    size = np.array([sequence.width, sequence.height, 1.0])
    both = PoseSequence(
        (*sequence.components, world),
        np.concatenate([sequence.values, joints * size], axis=2).astype(np.float32),
        np.concatenate([sequence.confidence, sequence.confidence[:, :, :33]], axis=2),
        sequence.fps,
        sequence.width,
        sequence.height,
    )
    write_pose_file(both, tmp_path / "x.pose")
    assert arms_apart(clip, poseloom.load(tmp_path / "x.pose")) < 0.03


def test_the_person_who_is_seen_most_or_the_one_asked_for(tmp_path):
    sequence = clip_to_sequence(signing())
    empty = np.zeros_like(sequence.confidence)
    two = replace(
        sequence,
        values=np.concatenate([sequence.values, sequence.values], axis=1),
        confidence=np.concatenate([empty, sequence.confidence], axis=1),
    )
    write_pose_file(two, tmp_path / "x.pose")
    tracks = registry.read_motion(tmp_path / "x.pose")
    assert (tracks.notes["people"], tracks.notes["person"]) == (2, 1)
    with pytest.raises(PoseloomError, match="there are 2, counted from 0"):
        poseloom.load(tmp_path / "x.pose", person=2)
    with pytest.raises(PoseloomError, match="points that the body knows"):
        poseloom.load(tmp_path / "x.pose", person=0)


def test_readers_of_rotations_say_what_reads_points(tmp_path):
    poseloom.save(signing(), tmp_path / "x.pose")
    with pytest.raises(FileError, match=r"points without rotations; poseloom\.load fits a body"):
        registry.read(tmp_path / "x.pose")


def test_real_recordings_show_people_who_stand_and_sign(shared_data):
    for name in ("holistic_586_5frames.pose", "openpose_example_v01.pose"):
        path = shared_data("pose-files") / name
        clip = poseloom.load(path)
        assert len(clip) == len(read_pose_file(path))
        joints = default_body().joints(clip.pose)
        assert bool((joints[:, 15, 1] > joints[:, 0, 1] + 0.3).all())
        assert bool((joints[:, 0, 1] > joints[:, 7, 1] + 0.5).all())


def test_commands_take_pose_files(tmp_path, command):
    poseloom.save(signing(3), tmp_path / "x.pose")
    status, said, _ = command("describe", tmp_path / "x.pose", "--frame", "0")
    assert status == 0
    assert "arm" in said or "hand" in said
    assert command("convert", tmp_path / "x.pose", tmp_path / "y.bvh")[0] == 0
    poseloom.save(Clip(sample(2, seed=0).body()), tmp_path / "z.npz")
    assert command("convert", tmp_path / "z.npz", tmp_path / "w.pose")[0] == 0
    assert len(read_pose_file(tmp_path / "w.pose")) == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.999), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_files_are_fitted_or_refused(tmp_path, place, byte, cut):
    path = tmp_path / "x.pose"
    write_pose_file(clip_to_sequence(signing(2)), path)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] = byte
    path.write_bytes(bytes(data[: int(place * len(data))] if cut else data))
    try:
        assert np.isfinite(poseloom.load(path).pose.rotations.numpy()).all()
    except PoseloomError as error:
        assert len(str(error)) < 500
