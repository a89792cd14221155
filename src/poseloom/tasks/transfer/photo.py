"""A photo's person in another pose: the body fitted to the photo says where the joints shall be, for both ways."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.crop import Size, cut_out
from poseloom.pose.camera import Camera
from poseloom.pose.keypoints import names
from poseloom.pose.types import Pose
from poseloom.results.recovered import Recovered
from poseloom.results.transferred import Transferred
from poseloom.tasks.keypoints.people import People
from poseloom.tasks.mesh_recovery.body_landmarks import body_places
from poseloom.tasks.transfer.geometry.carry import carry
from poseloom.tasks.transfer.geometry.placing import placed
from poseloom.tasks.transfer.geometry.surface import seen_surface, template, towards_keypoints
from poseloom.tasks.transfer.maps import MISSING, seen_joints
from poseloom.tasks.transfer.people import CONVENTION, joints_of, openpose_of
from poseloom.tasks.transfer.predict import PersonTransfer, check_joints

LARGEST_SIDE = 1280
"""Pixels: larger photos are shrunk first."""
_FINE = 2
"""Pixels of the carried body for one of the photo, both ways."""
_STAYS = 0.05
"""A vertex that moves by so much of the person's height no longer keeps the correction of where the fit is off."""
_NO_BODY = (
    "transfer: a file of keypoints tells where joints lie in the picture, but not how the body stands; "
    "name a generator, as in --model transfer, or give words, a photo or a motion"
)
_LITTLE = 0.25
"""Share of the posed body that the photo must show, so that no note is made."""


def transferred(
    photo: Float[Tensor, "3 height width"],
    people: People,
    found: Recovered,
    target: Pose | Float[Tensor, "18 2"],
    *,
    model: PersonTransfer | None = None,
    keep_heading: bool = True,
) -> Transferred:
    """The first person of a photo in another pose.

    Args:
        photo: 0 to 1.
        people: who is in it, with the masks of the networks.
        found: their bodies.
        target: one pose, whose place does not count; or OpenPose's 18 joints in pixels of the photo, row and column, -1
            where missing, which only a generator understands.
        model: makes the picture; without one the body fitted to the photo carries its visible surface over.
        keep_heading: turn the target as the person stands; else it stays as it is.

    Raises:
        PoseloomError: too little is seen of the person, or the target is joints and there is no generator.
    """
    if isinstance(target, Tensor):
        if model is None:
            raise PoseloomError(_NO_BODY)
        return model.transfer(photo, joints_of(people), target, notes=tuple(found.notes))
    source = found.poses[0]
    if source.translation is None:
        raise PoseloomError("transfer: the body of the photo has no place before the camera")
    goal = placed(target, source, keep_heading=keep_heading)
    keypoints = joints_of(people)
    check_joints(keypoints, "the photo")
    wanted = body_joints(goal, found.camera)
    notes = (*found.notes, *cut_off(body_joints(source, found.camera), wanted, (photo.shape[-2], photo.shape[-1])))
    if model is not None:
        return model.transfer(photo, keypoints, _where_known(wanted), notes=notes)
    kept = template()
    points = people.body.points[0, :, :2] + 0.5
    shift = towards_keypoints(source, found.camera, points, found.keypoints.seen[0])
    before = seen_surface(source, found.camera, shift)
    moved = (seen_surface(goal, found.camera).screen - before.screen)[:, :2] + shift
    tall = (before.screen[:, 1].amax() - before.screen[:, 1].amin()).clamp(min=1.0)
    stays = torch.exp(-moved.norm(dim=-1, keepdim=True) / (_STAYS * tall))
    carried = carry(
        photo,
        person_mask(people, (photo.shape[-2], photo.shape[-1])),
        before,
        seen_surface(goal, found.camera, shift * stays),
        seen_surface(goal, found.camera, shift * stays, scale=_FINE),
        kept,
    )
    if carried.seen < _LITTLE:
        notes = (
            *notes,
            f"the photo shows {carried.seen:.0%} of the surface that the new pose shows; the rest is guessed",
        )
    box = _box_of(carried.person)
    return Transferred(photo, carried.picture, carried.picture, keypoints, wanted, box, "geometry", notes=notes)


def cut_off(before: Float[Tensor, "18 2"], after: Float[Tensor, "18 2"], size: Size) -> tuple[str, ...]:
    """A note of the joints that the new pose brings out of the photo.

    Args:
        before, after: row and column of OpenPose's 18 joints, those outside as well.
        size: height and width of the photo.
    """
    limits = before.new_tensor(size) - 0.5
    inside, stays = (((one >= -0.5) & (one < limits)).all(-1) for one in (before, after))
    left = [name for name, gone in zip(names(CONVENTION), (inside & ~stays).tolist(), strict=True) if gone]
    if not left:
        return ()
    told = ", ".join(name.removesuffix("_openpose").replace("_", " ") for name in left)
    return (f"the new pose leaves the photo and is cut off ({told}); a photo with more room shows all of it",)


def person_mask(people: People, size: tuple[int, int]) -> Float[Tensor, "height width"]:
    """Probability that a pixel of the photo shows the first person."""
    masks = people.body.masks[:1]
    return cut_out(masks, people.roi.matrix(masks.shape[-1])[0], size, rule="indices")[0]


def body_joints(pose: Pose, camera: Camera) -> Float[Tensor, "18 2"]:
    """Row and column of OpenPose's 18 joints of the free body in a pose before a camera, pixels; those beyond the
    picture's edge as well."""
    places, posed = body_places(), template().body.posed(pose)
    offsets = (posed.rotations[places.joint] @ places.offset.float()[..., None]).squeeze(-1)
    own = camera.project(posed.joints[places.joint] + offsets)[:, :2] - 0.5
    rows = torch.tensor(places.rows)
    points, seen = torch.zeros(33, 2), torch.zeros(33, dtype=torch.bool)
    points[rows], seen[rows] = own, True
    return openpose_of(points, seen)


def _where_known(wanted: Float[Tensor, "18 2"]) -> Float[Tensor, "18 2"]:
    """Joints before the picture's upper or left edge count as missing, as generators take them."""
    there = seen_joints(wanted[None])[0][:, None]
    return torch.where(there, wanted, torch.full_like(wanted, MISSING))


def _box_of(person: Float[Tensor, "height width"]) -> Float[Tensor, "4"]:
    rows, columns = (person > 0.5).nonzero(as_tuple=True)
    if not len(rows):
        raise PoseloomError(
            "transfer: the person in the new pose lies outside the photo; choose a photo with more room"
        )
    left, top = columns.amin(), rows.amin()
    return torch.stack([left, top, columns.amax() + 1 - left, rows.amax() + 1 - top]).float()
