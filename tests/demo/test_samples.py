"""Sample motions, and the command that writes them."""

import pytest
import torch

import poseloom
from poseloom.demo.samples import FEET, SAMPLES, sample_clip
from poseloom.pose.contact import ContactFigure, floor_points


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_stand_on_the_floor_and_are_the_same_each_time(name):
    clip = sample_clip(name)
    lowest = ContactFigure.of(clip.pose.matrices()).lower_edges().amin(-1) + clip.pose.translation[:, 1]
    assert lowest.abs().max() < 0.02
    assert torch.equal(clip.pose.rotations, sample_clip(name).pose.rotations)


def test_the_foot_that_carries_does_not_slide():
    clip = sample_clip("walk")
    figure = ContactFigure.of(clip.pose.matrices())
    feet = [row for row, joint in enumerate(floor_points().joints) if joint in FEET]
    points = figure.points[:, feet, 2] + clip.pose.translation[:, None, 2]
    assert points.diff(dim=0).abs().amin(-1).max() < 1e-4
    assert 1.0 < clip.pose.translation[-1, 2] / clip.seconds < 2.0


def test_five_squats_are_five_squats():
    heights = sample_clip("squats").pose.translation[:, 1]
    low = heights < (heights.max() + heights.min()) / 2
    assert (low[1:] & ~low[:-1]).sum() == 5


def test_the_command_writes_what_it_can_read_back(command, tmp_path):
    path = tmp_path / "walk.bvh"
    status, out, err = command("sample", path)
    assert (status, err) == (0, "") and "frames" in out
    assert len(poseloom.load(path)) == len(sample_clip("walk"))
    status, _, err = command("sample", path)
    assert status == 2 and "--force" in err
    assert command("sample", path, "--force")[0] == 0
    status, _, err = command("sample", tmp_path / "wolk.bvh")
    assert status == 2 and "did you mean 'walk'" in err
