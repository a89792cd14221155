"""Laws of what is done to clips in time."""

import math

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import Clip, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.clips import LEG_NOTE, free_leg, grounded, leg_scale, mirrored, resampled, smoothed, trimmed
from poseloom.pose.contact import ContactFigure


def wave(frames=40, fps=20.0, joints=22, seed=0) -> Clip:
    """Every joint swings at its own pace; translation, face and shape come along."""
    generator = torch.Generator().manual_seed(seed)
    phase = 6.28 * torch.rand(joints, 3, generator=generator)
    times = torch.arange(frames)[:, None, None] / fps
    rotations = 0.6 * torch.sin(3 * times + phase)
    place = torch.stack([times[:, 0, 0], 0.9 + 0.02 * torch.sin(5 * times[:, 0, 0]), 0 * times[:, 0, 0]], -1)
    face = 0.1 * torch.sin(times + torch.rand(3, 3, generator=generator))
    return Clip(Pose(rotations, place, torch.ones(frames, 10), "smplx", face), fps, "wave", {"a": 1})


def angles_between(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    turn = rot.rotvec_to_rotmat(a.double()).mT @ rot.rotvec_to_rotmat(b.double())
    return rot.rotmat_to_rotvec(turn).norm(dim=-1).rad2deg()


@pytest.mark.parametrize(
    "change", [mirrored, smoothed, lambda clip: resampled(clip, 50), lambda clip: trimmed(clip, 0.5, 1), grounded]
)
def test_name_notes_and_other_fields_come_along(change):
    clip = change(wave())
    assert (clip.name, clip.notes, clip.pose.shape_model) == ("wave", {"a": 1}, "smplx")
    assert clip.pose.shape.shape == (len(clip), 10)
    assert clip.pose.face.shape == (len(clip), 3, 3)


def test_a_mirrored_mirror_image_is_the_clip():
    clip = wave()
    twice = mirrored(mirrored(clip)).pose
    for name in ("rotations", "translation", "face"):
        assert torch.equal(getattr(twice, name), getattr(clip.pose, name))
    assert torch.equal(mirrored(clip).pose.translation[:, 0], -clip.pose.translation[:, 0])


# -- smoothing -----------------------------------------------------------------------------------------------------


def test_what_stands_still_stays():
    clip = Clip(wave().pose[torch.zeros(30, dtype=torch.long)], 30)
    smooth = smoothed(clip, 0.3)
    assert angles_between(smooth.pose.rotations, clip.pose.rotations).max() < 1e-3
    assert torch.allclose(smooth.pose.translation, clip.pose.translation, atol=1e-6)


def test_jitter_goes_and_slow_motion_stays():
    clip = wave(120, 60.0)
    noise = 0.05 * torch.randn(clip.pose.rotations.shape, generator=torch.Generator().manual_seed(1))
    noisy = Clip(Pose(clip.pose.rotations + noise), 60.0)
    before = angles_between(noisy.pose.rotations, clip.pose.rotations).mean()
    after = angles_between(smoothed(noisy, 0.15).pose.rotations, clip.pose.rotations)[10:-10].mean()
    assert after < 0.4 * before
    still = angles_between(smoothed(clip, 0.1).pose.rotations, clip.pose.rotations)[10:-10].max()
    assert still < 2


def test_a_straight_way_stays_straight_away_from_its_ends():
    clip = wave(60)
    moved = smoothed(clip, 0.2).pose.translation
    assert torch.allclose(moved[15:-15, 0], clip.pose.translation[15:-15, 0], atol=1e-5)


def test_a_turn_through_a_half_turn_does_not_jump():
    """Axis-angle vectors flip their sign there; means of these would be nonsense."""
    angles = torch.linspace(2.6, 3.7, 45)
    rotations = torch.zeros(45, 22, 3)
    rotations[:, 0] = rot.rotmat_to_rotvec(rot.axis_to_rotmat(angles, "Y"))
    smooth = smoothed(Clip(Pose(rotations)), 0.2)
    assert angles_between(smooth.pose.rotations, rotations)[8:-8].max() < 0.1


def test_the_width_is_the_full_width_at_half_maximum():
    """A step of one metre comes out as a Gaussian's integral."""
    place = torch.zeros(201, 3)
    place[100:, 0] = 1
    moved = smoothed(Clip(Pose(torch.zeros(201, 22, 3), place), 100.0), 0.4)
    expected = 0.5 * (1 + math.erf(0.1 / (0.4 / 2.354820) / math.sqrt(2)))
    between = (moved.pose.translation[109, 0] + moved.pose.translation[110, 0]) / 2
    assert abs(float(between) - expected) < 5e-3


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
def test_no_width_is_refused(seconds):
    with pytest.raises(PoseloomError, match="positive number of seconds"):
        smoothed(wave(), seconds)


# -- resampling and trimming ---------------------------------------------------------------------------------------


def test_the_own_rate_changes_nothing():
    clip = wave()
    assert resampled(clip, clip.fps) is clip


def test_twice_the_rate_keeps_every_frame_and_halves_the_steps():
    clip = wave()
    double = resampled(clip, 40.0)
    assert (len(double), double.fps) == (79, 40.0)
    assert angles_between(double.pose.rotations[::2], clip.pose.rotations).max() < 1e-3
    halves = angles_between(double.pose.rotations[:-1:2], double.pose.rotations[1::2])
    assert torch.allclose(2 * halves, angles_between(clip.pose.rotations[:-1], clip.pose.rotations[1:]), atol=2e-3)
    assert torch.allclose(double.pose.translation[1::2], (clip.pose.translation[1:] + clip.pose.translation[:-1]) / 2)


def test_there_and_back_is_the_clip():
    clip = wave()
    back = resampled(resampled(clip, 60.0), 20.0)
    assert len(back) == len(clip)
    assert angles_between(back.pose.rotations, clip.pose.rotations).max() < 1e-2


@pytest.mark.parametrize(("frames", "old", "new", "expected"), [(31, 30, 15, 16), (30, 30, 15, 15), (1, 30, 60, 1)])
def test_new_frames_end_where_the_clip_ends(frames, old, new, expected):
    assert len(resampled(wave(frames, float(old)), float(new))) == expected


@pytest.mark.parametrize("fps", [0, -3, math.nan, 1e9])
def test_impossible_rates_are_refused(fps):
    with pytest.raises(PoseloomError):
        resampled(wave(), fps)


@pytest.mark.parametrize(("start", "end", "frames"), [(0, None, 40), (0.5, 1.0, 10), (0.5, None, 30), (0, 9, 40)])
def test_parts_have_the_frames_of_their_time(start, end, frames):
    part = trimmed(wave(), start, end)
    assert len(part) == frames
    assert torch.equal(part.pose.rotations[0], wave().pose.rotations[round(start * 20)])


def test_parts_side_by_side_are_the_whole():
    clip = wave()
    assert len(trimmed(clip, 0, 0.7)) + len(trimmed(clip, 0.7)) == len(clip)


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (5, None), (-1, 1)])
def test_parts_without_frames_are_refused(start, end):
    with pytest.raises(PoseloomError, match=r"no frame is left of a clip that lasts 2\.00 s"):
        trimmed(wave(), start, end)


# -- the floor -----------------------------------------------------------------------------------------------------


def lowest(clip: Clip) -> torch.Tensor:
    return ContactFigure.of(clip.pose.matrices()).lower_edges().amin(-1) + clip.pose.translation[:, 1]


def test_a_figure_that_stands_in_the_air_is_set_on_the_floor():
    place = torch.tensor([0.3, 5.0, -2.0]).repeat(20, 1)
    clip = grounded(Clip(Pose(torch.zeros(20, 22, 3), place)))
    assert lowest(clip).abs().max() < 1e-5
    assert torch.equal(clip.pose.translation[:, [0, 2]], place[:, [0, 2]])


def test_grounding_twice_changes_nothing_more():
    once = grounded(wave())
    assert torch.allclose(grounded(once).pose.translation, once.pose.translation, atol=1e-5)


def test_a_jump_stays_a_jump_and_one_low_frame_does_not_lift_the_others():
    height = torch.zeros(40)
    height[15:25] = 0.4 * torch.sin(torch.linspace(0, math.pi, 10))
    height[30] = -0.05
    place = torch.stack([0 * height, 2 + height, 0 * height], -1)
    clip = grounded(Clip(Pose(torch.zeros(40, 22, 3), place)))
    assert torch.allclose(lowest(clip), height, atol=1e-5)


def test_the_way_is_scaled_from_the_legs_that_walked_it_once():
    clip = wave()
    long = Clip(clip.pose, clip.fps, "", {LEG_NOTE: 1.25 * free_leg()})
    once = grounded(long)
    way, own = (each.pose.translation[:, [0, 2]] for each in (once, clip))
    assert torch.allclose((way - way[0]) * 1.25, own - own[0], atol=1e-3)
    assert torch.allclose(grounded(once).pose.translation, once.pose.translation, atol=1e-4)
    assert leg_scale(clip) == 1


def test_a_long_stand_on_a_box_does_not_become_the_floor():
    height = torch.cat([torch.zeros(20), torch.full((60,), 0.4)])
    place = torch.stack([0 * height, height, 0 * height], -1)
    clip = grounded(Clip(Pose(torch.zeros(80, 22, 3), place)))
    assert torch.allclose(lowest(clip), height, atol=1e-5)


def test_what_moves_does_not_tell_where_the_floor_is():
    hops = 0.05 + 0.04 * torch.sin(torch.arange(60) * 2.0)
    height = torch.cat([torch.zeros(20), hops])
    place = torch.stack([0 * height, height, 0 * height], -1)
    clip = grounded(Clip(Pose(torch.zeros(80, 22, 3), place)))
    assert torch.allclose(lowest(clip), height, atol=1e-5)


def test_every_frame_can_be_grounded_by_itself():
    assert lowest(grounded(wave(), every_frame=True)).abs().max() < 1e-5


def test_a_clip_without_translation_gets_one():
    clip = grounded(Clip(Pose(torch.zeros(5, 22, 3))))
    assert lowest(clip).abs().max() < 1e-5
