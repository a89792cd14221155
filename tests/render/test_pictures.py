"""Pictures show the whole body, standing on the floor, from in front of the person, whatever the batch and size."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

import poseloom.render
from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.pose import Clip, Pose
from poseloom.pose import rotations as rot
from poseloom.render import (
    CLAY,
    SIDES,
    STUDIO,
    Camera,
    Clothes,
    Part,
    Scene,
    View,
    cutout,
    depth,
    observe,
    parts,
    render,
    render_each,
    shadows,
)
from poseloom.render import band as band_module
from poseloom.render import stage as stage_module

SIZE = 96


@pytest.mark.parametrize("batch", [(), (5,), (1, 5), (5, 1, 1)])
def test_any_batch_axes(poses, preview, batch):
    pose = poses[0] if batch == () else poses.reshape(*batch)
    image = render(pose, 32, body=preview)
    assert image.shape == (*batch, 3, 32, 32)
    assert depth(pose, 32, body=preview).shape == (*batch, 32, 32)
    assert parts(pose, (20, 40), body=preview).shape == (*batch, 20, 40)
    assert image.min() >= 0 and image.max() <= 1 and torch.isfinite(image).all()


def test_the_whole_body_is_in_every_picture(poses):
    seen = parts(poses, SIZE) > 0
    for image in seen:
        rows, columns = image.any(1).nonzero().squeeze(-1), image.any(0).nonzero().squeeze(-1)
        assert rows.min() >= 2 and rows.max() < SIZE - 2
        assert columns.min() >= 2 and columns.max() < SIZE - 2
        assert max(len(rows), len(columns)) > 0.7 * SIZE


def test_a_lying_body_is_seen_along_its_length(poses):
    seen = parts(poses[2:4], SIZE) > 0
    for image in seen:
        assert image.any(0).sum() > 1.8 * image.any(1).sum()


@pytest.mark.parametrize("turn", [0.7, math.pi, -2.0])
def test_the_camera_goes_round_with_the_person(poses, preview, turn):
    around = poses.turned(rot.axis_to_rotmat(torch.tensor(turn), "Y"))
    here, there = (depth(pose, 48, body=preview) for pose in (poses, around))
    assert ((here - there).abs() > 1e-3).float().mean() < 0.01
    fixed = View(relative=False, azimuth=0.0)
    here, there = (depth(pose, 48, body=preview, view=fixed) for pose in (poses[:2], around[:2]))
    assert ((here - there).abs() > 1e-3).float().mean() > 0.02


def test_moving_the_person_changes_nothing(poses, preview):
    moved = dataclasses.replace(poses, translation=torch.tensor([4.0, 1.0, -7.0]).expand(5, 3))
    torch.testing.assert_close(render(moved, 48, body=preview), render(poses, 48, body=preview), atol=0.3, rtol=0)
    assert (render(moved, 48, body=preview) - render(poses, 48, body=preview)).abs().mean() < 2e-3


def test_blocks_and_bands_do_not_show(poses, preview, monkeypatch):
    whole = render(poses, 40, body=preview)
    monkeypatch.setattr(stage_module, "_PIXELS_AT_ONCE", 7 * 40 * 4)
    banded = render(poses, 40, body=preview)
    torch.testing.assert_close(banded, whole, atol=2e-2, rtol=0)
    assert (banded - whole).abs().mean() < 1e-4
    assert torch.equal(torch.stack(list(render_each(poses, 40, body=preview))), banded)


def test_body_parts_are_where_they_belong(poses):
    image = parts(poses[0], SIZE, view=View(azimuth=0.0, elevation=0.0))
    assert set(image.unique().tolist()) == set(range(17))

    def middle(part: Part) -> torch.Tensor:
        return (image == part).nonzero().float().mean(0)

    assert middle(Part.HEAD)[0] < middle(Part.TORSO)[0] < middle(Part.HIPS)[0] < middle(Part.LEFT_SHIN)[0]
    assert middle(Part.LEFT_HAND)[1] > middle(Part.TORSO)[1] > middle(Part.RIGHT_HAND)[1]


def test_depth_is_that_of_the_camera(poses, preview):
    camera = Camera.look_at(torch.tensor([0.0, 1.0, 4.0]), torch.tensor([0.0, 1.0, 0.0]))
    image = depth(poses[0], SIZE, body=preview, camera=camera)
    assert 3.6 < image[image > 0].min() < image.max() < 4.3
    assert (image == 0).float().mean() > 0.5


@pytest.mark.wrong_types
def test_a_body_without_bones_is_drawn_in_one_part(poses, plain_body):
    assert parts(poses[:2], 32, body=plain_body).unique().tolist() == [0, int(Part.BODY)]
    assert render(poses[:2], 32, body=plain_body).shape == (2, 3, 32, 32)


def test_sides_can_be_told_apart_by_colour(poses):
    front = View(azimuth=0.0)
    plain, marked = (render(poses[0], SIZE, style=style, view=front) for style in (STUDIO, SIDES))
    changed = (plain - marked).abs().amax(0) > 0.05
    columns = changed.any(0).nonzero()
    assert changed.sum() > 50
    assert columns.min() >= SIZE // 2 - 1  # the person's left is on the right of the picture


def test_the_light_falls_on_the_floor(poses, preview):
    lit = render(poses[1], SIZE, body=preview)
    dark = render(poses[1], SIZE, body=preview, style=dataclasses.replace(STUDIO, shadows=False))
    darker = (dark - lit).amax(0) > 0.02
    floor = parts(poses[1], SIZE, body=preview) == 0
    assert (darker & floor)[SIZE // 2 :].sum() > 50
    assert (darker & floor)[: SIZE // 3].sum() < 5


def test_a_cutout_laid_on_the_backdrop_is_the_picture(poses, preview):
    over = cutout(poses, 48, body=preview, style=CLAY)
    picture = render(poses, 48, body=preview, style=CLAY)
    alpha = over[:, 3:]
    assert ((alpha > 0) & (alpha < 1)).any()
    wall = picture[:, :, :1, :1]
    covered = alpha.expand(-1, 3, -1, -1) == 1
    torch.testing.assert_close(over[:, :3][covered], picture[covered])
    assert ((picture - wall).abs().amax(1, keepdim=True)[alpha == 0] < 0.1).all()


def test_jumps_leave_a_shared_floor(poses, preview):
    jump = dataclasses.replace(poses[[1, 1]], translation=torch.tensor([[0.0, 1.1, 0.0], [0.0, 1.5, 0.0]]))
    view = View(shared=True)

    def lowest_row(**options) -> list[int]:
        seen = parts(jump, 64, body=preview, view=view, **options) > 0
        return [int(image.any(1).nonzero().max()) for image in seen]

    glued, jumping, world = lowest_row(), lowest_row(ground="shared"), lowest_row(ground="translation")
    assert abs(glued[0] - glued[1]) <= 1
    assert jumping[0] - jumping[1] >= 5
    assert world[0] - world[1] >= 5


def test_a_following_camera_keeps_a_walker_large(poses, preview):
    path = torch.stack([torch.tensor([0.0, 1.07, 0.2 * k]) for k in range(40)])
    walk = dataclasses.replace(poses[[1] * 40], translation=path)
    still, following = (View(shared=True, follow=follow, azimuth=90.0) for follow in (False, True))
    far, near = (parts(walk, 48, body=preview, view=view) > 0 for view in (still, following))
    assert near.float().mean() > 4 * far.float().mean()
    assert near.any(-1).any(-1).all()


FACE = Camera.look_at(torch.tensor([0.0, 1.66, 1.3]), torch.tensor([0.0, 1.66, 0.0]), size=(128, 128), field_of_view=14)


def test_the_face_has_eyes_and_brows_where_they_belong(poses):
    painted, blank = (
        render(poses[1], 128, camera=FACE, style=dataclasses.replace(STUDIO, clothes=clothes))
        for clothes in (Clothes(), Clothes(eyes=None))
    )
    changed = (painted - blank).abs().amax(0) > 0.08
    eyes = changed[30:66].nonzero()[:, 1]  # rows of brows and eyes
    assert (eyes < 60).any() and (eyes > 68).any() and not ((eyes > 61) & (eyes < 67)).any()
    assert abs((eyes.float() + 0.5 - 64).mean()) < 2  # as much on either side
    behind = Camera.look_at(torch.tensor([0.0, 1.66, -1.3]), torch.tensor([0.0, 1.66, 0.0]), size=(128, 128))
    styles = [dataclasses.replace(STUDIO, clothes=clothes) for clothes in (Clothes(), Clothes(eyes=None))]
    assert torch.equal(*(render(poses[1], 64, camera=behind, style=style) for style in styles))


def test_a_shadow_on_the_body_is_never_black_and_has_soft_edges(crossed_arms):
    """The arms crossed before the chest: neighbouring vertices differ by little, so no blotches show."""
    stage = stage_module.stage_of(Scene(crossed_arms))
    band = band_module.Band(stage, next(stage.blocks()))
    vertices, faces = band.block.vertices, stage.surface.faces
    light = shadows.light_on_body(band.key_map, vertices, band.vertex_normals)[0]
    assert 0.25 - 1e-6 <= light.min() < 0.3 and light.max() == 1
    jumps = (light[faces[:, 0]] - light[faces[:, 1]]).abs()
    assert (jumps > 0.3).float().mean() < 0.01


def test_bodies_give_way_a_little_where_they_lie(poses):
    camera = Camera.look_at(torch.tensor([0.0, 0.1, 6.0]), torch.tensor([0.0, 0.1, 0.0]), size=(200, 200))
    heights = observe(poses[1:3], 200, camera=camera).joints[:, :, 1]
    assert torch.isfinite(heights).all()
    for pose in (poses[1], poses[2]):
        stage = stage_module.stage_of(Scene(pose))
        lowest = stage.placed(slice(None))[0][..., 1].amin()
        assert -0.0201 <= lowest <= 0


def test_clips_and_the_rooms_own_name_are_taken(poses, preview):
    clip = Clip(poses)
    assert torch.equal(poseloom.render(clip, 24, body=preview), render(poses, 24, body=preview))


def test_the_default_body_is_the_fine_one(poses):
    fine = render(poses[0], 64)
    coarse = render(poses[0], 64, body=default_body("preview"))
    assert not torch.equal(fine, coarse)


@pytest.mark.wrong_types
@pytest.mark.parametrize("size", [0, -3, 8193, (64, 0), (1, 2, 3), 12.5, "256", True])
def test_bad_sizes_are_told(poses, size):
    with pytest.raises(PoseloomError, match="size"):
        render(poses[0], size)


@pytest.mark.wrong_types
def test_other_mistakes_are_told(poses, preview):
    with pytest.raises(PoseloomError, match="no poses"):
        render(Pose.identity(0), 32, body=preview)
    with pytest.raises(PoseloomError, match="ground"):
        render(poses, 32, body=preview, ground="floor")  # type: ignore[arg-type]
    with pytest.raises(PoseloomError, match="supersample"):
        render(poses, 32, body=preview, supersample=0)
    with pytest.raises(PoseloomError, match="camera"):
        render(poses, 32, body=preview, camera=Camera.framing(torch.randn(2, 9, 3)))
    with pytest.raises(PoseloomError, match="expected a Pose"):
        render(torch.zeros(52, 3), 32, body=preview)  # type: ignore[arg-type]
