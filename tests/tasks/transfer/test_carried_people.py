"""The way by geometry: holes are filled from around them, pixels find their nearest, a carried person stays itself."""

from __future__ import annotations

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.stances import stance
from poseloom.pose.types import Pose, heading
from poseloom.tasks.mesh_recovery.predict import picture_camera
from poseloom.tasks.transfer.geometry.carry import carry
from poseloom.tasks.transfer.geometry.fill import filled, patched
from poseloom.tasks.transfer.geometry.matting import between, to_edges, without_slivers, without_teeth
from poseloom.tasks.transfer.geometry.nearest import nearest_pixels
from poseloom.tasks.transfer.geometry.placing import placed
from poseloom.tasks.transfer.geometry.still import still_shares
from poseloom.tasks.transfer.geometry.surface import (
    GROUPS,
    seen_surface,
    template,
    towards_keypoints,
    visible_vertices,
)
from poseloom.tasks.transfer.people import openpose_of
from poseloom.tasks.transfer.photo import body_joints, cut_off
from poseloom.tasks.transfer.predict import check_joints, set_back

CAMERA = picture_camera((160, 240), 300.0)


@pytest.fixture(scope="module")
def standing() -> Pose:
    """A person who stands before the camera."""
    return Pose(stance("stand").with_hands().rotations.reshape(52, 3), torch.tensor([0.0, 0.0, -3.2]))


def test_nearest_pixels_against_all_distances():
    chosen = torch.zeros(20, 30, dtype=torch.bool)
    chosen[[3, 9, 15], [4, 22, 11]] = True
    near = nearest_pixels(chosen, 8)
    places = chosen.nonzero()
    y, x = torch.meshgrid(torch.arange(20), torch.arange(30), indexing="ij")
    own = torch.stack([y, x], -1)
    distance = (own[:, :, None] - places).square().sum(-1)
    least = distance.min(-1).values
    found = (near - own).square().sum(-1)
    assert torch.equal(near[..., 0] >= 0, least <= 64)
    assert torch.equal(found[near[..., 0] >= 0], least[near[..., 0] >= 0])


def test_a_hole_in_a_slope_is_filled_by_the_slope():
    slope = torch.linspace(0, 1, 32).expand(3, 24, 32).contiguous()
    hole = torch.zeros(24, 32, dtype=torch.bool)
    hole[8:16, 10:20] = True
    made = filled(slope * ~hole, hole)
    assert (made - slope).abs().max() < 0.05 and torch.equal(made[:, ~hole], slope[:, ~hole])
    nothing = torch.zeros_like(hole)
    assert torch.equal(filled(slope, nothing), slope) and torch.equal(patched(slope, nothing), slope)


def test_a_hole_in_stripes_is_filled_with_stripes():
    stripes = ((torch.arange(96) // 4) % 2).float().expand(3, 96, 96).contiguous()
    hole = torch.zeros(96, 96, dtype=torch.bool)
    hole[36:60, 34:58] = True
    made = patched(stripes * ~hole, hole)
    assert torch.equal(made[:, ~hole], stripes[:, ~hole])
    blurred = filled(stripes * ~hole, hole)
    errors = [(one - stripes).abs()[:, hole].mean() for one in (made, blurred)]
    assert errors[0] < 0.1 < errors[1]
    assert torch.isfinite(patched(torch.rand(3, 8, 8), torch.ones(8, 8, dtype=torch.bool))).all()  # nothing is known


def test_the_mirror_of_a_vertex_lies_on_the_other_side():
    kept = template()
    rest = kept.body.rig().vertices
    assert (rest[kept.mirrored][:, 0] + rest[:, 0]).abs().median() < 2e-3
    names = {GROUPS[number] for number in kept.group.unique().tolist()}
    assert names == set(GROUPS)


def test_what_faces_the_camera_is_visible(standing):
    surface = seen_surface(standing, CAMERA)
    kept = template()
    seen = visible_vertices(surface, kept.body.faces)
    ahead = kept.body.posed(standing).vertices[:, 2] - standing.translation[2]
    assert ahead[seen].mean() > ahead[~seen].mean() + 0.02
    corners = kept.body.posed(standing).vertices[kept.body.faces]
    turned = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = torch.zeros(len(seen), 3).index_add(0, kept.body.faces.flatten(), turned.repeat_interleave(3, 0))
    view = -kept.body.posed(standing).vertices  # the camera stands at the origin
    assert ((normals * view).sum(-1)[seen] > 0).float().mean() > 0.99
    assert surface.mask.any() and surface.mask.shape == (240, 160)


def test_keypoints_pull_the_body_to_where_they_are(standing):
    from poseloom.tasks.mesh_recovery.body_landmarks import body_places

    places, posed = body_places(), template().body.posed(standing)
    offsets = (posed.rotations[places.joint] @ places.offset.float()[..., None]).squeeze(-1)
    points = torch.zeros(33, 2)
    points[torch.tensor(places.rows)] = CAMERA.project(posed.joints[places.joint] + offsets)[:, :2]
    still = towards_keypoints(standing, CAMERA, points, torch.ones(33, dtype=torch.bool))
    assert still.abs().max() < 1e-3
    moved = towards_keypoints(standing, CAMERA, points + torch.tensor([5.0, -3.0]), torch.ones(33, dtype=torch.bool))
    torch.testing.assert_close(moved, torch.tensor([5.0, -3.0]).expand_as(moved), atol=1e-3, rtol=0)
    none = towards_keypoints(standing, CAMERA, points + 9, torch.zeros(33, dtype=torch.bool))
    assert none.abs().max() == 0


def test_a_person_carried_to_their_own_pose_stays_as_they_are(standing):
    """The photo itself comes out where the body is, and most of it is told by the photo."""
    scene = torch.full((3, 240, 160), 0.3)
    surface = seen_surface(standing, CAMERA)
    shade = surface.fragments.to_image(surface.fragments.weights, 0.0)[0].movedim(-1, 0)
    photo = torch.where(surface.mask, 0.3 + 0.5 * shade, scene)
    person = surface.mask.float()
    same = carry(
        photo, person, surface, seen_surface(standing, CAMERA), seen_surface(standing, CAMERA, scale=2), template()
    )
    inner = -torch.nn.functional.max_pool2d(-person[None], 7, 1, 3)[0] > 0
    assert (same.picture - photo).abs()[:, inner].mean() < 0.05
    assert (same.picture - scene).abs()[:, same.person == 0].max() < 0.02
    assert same.seen > 0.6


def test_a_pose_is_placed_on_the_same_floor_with_the_same_heading(standing):
    source = Pose(standing.turned(torch.tensor([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])).rotations, standing.translation)
    body = template().body
    bent = standing.rotations.clone()
    bent[[1, 2], 0] = -1.2
    goal = placed(Pose(bent), source)
    floors = [body.posed(one).vertices[:, 1].amin() for one in (source, goal)]
    assert abs(floors[0] - floors[1]) < 1e-4
    assert torch.equal(goal.translation[[0, 2]], source.translation[[0, 2]])
    assert abs(heading(goal.rotations[0]) - heading(source.rotations[0])) < 1e-4
    assert abs(heading(placed(Pose(bent), source, keep_heading=False).rotations[0])) < 1e-4


def test_joints_of_the_body_are_where_they_are_seen(standing):
    joints = body_joints(standing, CAMERA)
    assert joints.shape == (18, 2)
    head, hips, ankles = joints[0, 0], joints[[8, 11], 0].mean(), joints[[10, 13], 0].mean()
    assert head < joints[1, 0] < hips < ankles
    assert joints[2, 1] < joints[5, 1]  # the right shoulder of who looks at the camera is left in the picture


def test_joints_that_leave_the_photo_are_told():
    before = torch.full((18, 2), 50.0)
    before[9] = torch.tensor([130.0, 50.0])  # outside from the beginning
    after = before.clone()
    after[4], after[9] = torch.tensor([-3.0, 40.0]), torch.tensor([140.0, 50.0])
    (note,) = cut_off(before, after, (100, 80))
    assert "cut off (right wrist);" in note
    assert cut_off(before, before, (100, 80)) == ()


def test_landmarks_as_openpose_has_them():
    landmarks = torch.stack([torch.arange(33.0), 100 + torch.arange(33.0)], -1)
    seen = torch.ones(33, dtype=torch.bool)
    joints = openpose_of(landmarks, seen)
    assert joints[0].tolist() == [100, 0] and joints[1].tolist() == [111.5, 11.5] and joints[4].tolist() == [116, 16]
    seen[12] = False
    joints = openpose_of(landmarks, seen)
    assert joints[1].tolist() == joints[2].tolist() == [-1, -1]
    with pytest.raises(PoseloomError, match="the photo: 0 joints are seen, at least 6"):
        check_joints(torch.full((18, 2), -1.0), "the photo")


def test_a_made_picture_fades_into_the_photo_at_its_place():
    photo, made = torch.zeros(3, 60, 80), torch.ones(3, 20, 10)
    matrix = torch.tensor([[0.5, 0.0, -10.0], [0.0, 0.5, -5.0]])  # the frame is 20 x 40 pixels at 20, 10
    whole, box = set_back(photo, made, matrix)
    assert box.tolist() == [20, 10, 20, 40]
    assert whole[:, 30, 30].min() > 0.99 and whole[:, :, 45:].max() == 0 and whole[:, :9].max() == 0
    assert torch.equal(set_back(photo, torch.ones(3, 60, 80), torch.eye(2, 3))[0], torch.ones(3, 60, 80))


def test_what_does_not_move_stays_as_the_photo_has_it(standing):
    """One arm is raised: the legs and what lies beside them stay, the old and the new place of the arm do not."""
    raised = standing.rotations.clone()
    raised[JOINT_INDEX["left_shoulder"]] = torch.tensor([0.0, 0.0, 0.9])  # from the T-pose upwards
    source, target = (seen_surface(Pose(one, standing.translation), CAMERA) for one in (standing.rotations, raised))
    share = still_shares(source, target, template())
    assert share.always.shape == (240, 160) and share.always.min() == 0 and share.always.max() == 1
    knee, wrist = (JOINT_INDEX[f"left_{name}"] for name in ("knee", "wrist"))
    (column, row), (later, higher) = (one.joints[wrist, :2].long().tolist() for one in (source, target))
    assert share.before[row, column] == share.always[row, column] == share.always[higher, later] == 0
    assert share.before[higher, later] == 1  # the photo shows what will be behind the arm
    column, row = source.joints[knee, :2].long().tolist()
    assert (share.always[row, column - 12 : column + 12] == 1).all()  # the place beside the leg as well
    assert (still_shares(source, source, template()).always == 1).all()
    deeper = seen_surface(Pose(standing.rotations, standing.translation - torch.tensor([0.0, 0.0, 0.4])), CAMERA)
    assert (still_shares(source, deeper, template()).before == 0).float().mean() > 0.9


def test_what_stays_of_a_photo_is_no_guess(standing):
    """Noise is what nobody could paint: it comes back where nothing moves, whatever the mask says."""
    noise = torch.rand(3, 240, 160, generator=torch.Generator().manual_seed(0))
    surface = seen_surface(standing, CAMERA)
    fine = seen_surface(standing, CAMERA, scale=2)
    same = carry(noise, surface.mask.float().roll(6, 1), surface, surface, fine, template())
    assert torch.equal(same.picture, noise)


def test_a_coarse_mask_takes_the_edge_of_the_photo():
    photo = torch.full((3, 60, 80), 0.1)
    photo[:, :, 40:] = 0.9
    mask = torch.linspace(0, 1, 16)
    coarse = torch.cat([torch.zeros(34), mask, torch.ones(30)]).expand(60, 80)
    found = to_edges(coarse, photo, 12)
    truth = (photo[0] > 0.5).float()
    assert (found - truth).abs().mean() < 0.5 * (coarse - truth).abs().mean()
    assert found[:, 36:39].max() < 0.4 < 0.6 < found[:, 41:44].min()
    torch.testing.assert_close(to_edges(torch.full((60, 80), 0.6), photo, 12), torch.full((60, 80), 0.7))


def test_slivers_beside_a_body_are_left_out():
    body = torch.zeros(60, 60, dtype=torch.bool)
    body[20:40, 10:20] = True
    share = torch.zeros(60, 60)
    share[22:38, 20:30] = 1  # next to the body
    share[24, 30:50] = 1  # a thread
    share[45:57, 40:52] = 1  # far away
    kept = without_slivers(share, body, 2, 30)
    assert kept[24:36, 20:28].min() == 1 and kept[:, 34:].max() == 0
    gap = torch.zeros(60, 60)
    gap[22:38, 22:34] = 1
    found = between(gap, body, 2)
    assert found[24:36, 20:22].all() and not found[:, 40:].any() and not (found & body).any()
    teeth = torch.zeros(60, 60)
    teeth[20:40, 20:26] = 1
    teeth[20:40:6, 26:29] = 1
    smooth = without_teeth(teeth, body, 2)
    assert smooth[23:37, 20:24].min() == 1 and smooth[:, 27:].max() < 0.3 and bool((smooth <= teeth).all())
