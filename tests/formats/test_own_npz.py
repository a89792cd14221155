from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_clips import sample_clip

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.own_npz import read_own_npz, write_own_npz
from poseloom.pose import Clip, Pose


def assert_equal(a, b):
    for field in ("rotations", "translation", "shape", "face"):
        first, second = getattr(a.pose, field), getattr(b.pose, field)
        assert (first is None) == (second is None)
        assert first is None or (torch.equal(first, second) and first.dtype == second.dtype)
    assert (a.fps, a.name, a.notes, a.pose.shape_model) == (b.fps, b.name, b.notes, b.pose.shape_model)


@settings(max_examples=20, deadline=None)
@given(
    frames=st.integers(1, 4),
    joints=st.sampled_from([22, 52]),
    full=st.booleans(),
    fps=st.floats(0.1, 1000),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]),
)
def test_every_field_comes_back_exactly(tmp_path_factory, frames, joints, full, fps, name, dtype):
    clip = sample_clip(frames, joints, full=full)
    clip = replace(clip, pose=clip.pose.to(dtype), fps=fps, name=name)
    path = tmp_path_factory.getbasetemp() / "own.npz"
    write_own_npz(clip, path)
    assert_equal(clip, read_own_npz(path))


def test_gradients_and_bfloat16_do_not_stop_the_writer(tmp_path):
    write_own_npz(Clip(Pose(torch.zeros(1, 22, 3, requires_grad=True))), tmp_path / "a.npz")
    write_own_npz(Clip(Pose(torch.ones(1, 22, 3, dtype=torch.bfloat16))), tmp_path / "a.npz")
    assert read_own_npz(tmp_path / "a.npz").pose.rotations.dtype == torch.float32


def test_the_same_clip_gives_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        write_own_npz(sample_clip(), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": np.array(2)}, "version: is 2, at most 1 is read here; use a newer poseloom"),
        ({"version": np.array(0)}, "version: "),
        ({"version": np.array(1.5)}, "version: "),
        ({"format": np.array("other")}, "format: is 'other'"),
        ({"rotations": np.zeros((5, 24, 3))}, "rotations: has 24 joints, expected 22 or 52"),
        ({"translation": np.zeros((4, 3))}, "translation: holds 4 frames where rotations holds 5"),
        ({"fps": np.array(-1.0)}, "fps: -1 frames a second"),
        ({"notes": np.array("[1]")}, "notes: is a list"),
        ({"notes": np.array("{")}, "notes: is not JSON"),
    ],
)
def test_a_bad_array_is_named(tmp_path, changes, message):
    write_own_npz(sample_clip(), tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", **{**np.load(tmp_path / "a.npz"), **changes})
    with pytest.raises(FileError, match=message):
        read_own_npz(tmp_path / "b.npz")


def test_notes_that_json_cannot_hold_are_refused_and_nothing_is_written(tmp_path):
    for value in (object(), float("nan"), {1, 2}):
        with pytest.raises(PoseloomError, match=r"Clip\.notes"):
            write_own_npz(replace(sample_clip(), notes={"x": value}), tmp_path / "a.npz")
    assert not any(tmp_path.iterdir())
