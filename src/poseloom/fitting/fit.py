"""Poses fitted to points over time: the whole way from `JointTracks` to rotations on the free body.

Bones are measured, rotations read off the points (`start`), then all points, a weak pull towards the zero pose, hinges,
ranges of motion and the neighbouring frames are brought together by Levenberg-Marquardt steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.fitting.chain import BodyState, Chain
from poseloom.fitting.landmarks import Landmark, landmarks, offsets_of
from poseloom.fitting.lengths import fitted_branches, measured_offsets, size_of
from poseloom.fitting.levenberg_marquardt import solve
from poseloom.fitting.parts import body_part, neighbours, with_hands
from poseloom.fitting.start import start_rotations, with_guessed_depth
from poseloom.fitting.terms import JointRanges, NearRotations, RotationPrior, SpacePoints, Term
from poseloom.fitting.weights import PICTURE, FitWeights
from poseloom.pose import rotations as rot
from poseloom.pose.joint_tracks import JointTracks
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Clip, Pose

_FLAT = 0.3
"""Trust in depth below which bones are not measured one by one."""
_HIPS = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]
_NEEDED = 6
"""Points of limbs and trunk that a fit cannot do without."""


_FACTORS = {"spine": 1.5, "neck": 2.5, "head": 2.5, "collar": 3.0, "wrist": 0.7, "ankle": 0.7, "foot": 4.0}
_OTHER_FACTOR = 0.05
_NOD = 0.2
"""Pull on neck and head beside that on the pelvis, where depth is not seen."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit found.

    Args:
        clip: the poses; the translation is where the pelvis is seen.
        offsets: the bones of the person who was seen.
        error: weighted mean distance of the seen points from the fitted ones, pelvis on pelvis, metres.
        points: how many points were used.
    """

    clip: Clip
    offsets: Float[Tensor, "joints 3"]
    error: float
    points: int


@dataclass(frozen=True, eq=False)
class _Seen:
    """The points of tracks that the body knows, and its joints among them."""

    used: list[int]
    marks: list[Landmark]
    points: Float[Tensor, "frames points 3"]
    weights: Float[Tensor, "frames points"]
    joints: Float[Tensor, "frames joints 3"]
    has_joint: Bool[Tensor, "frames joints"]


def fit_tracks(tracks: JointTracks, weights: FitWeights | None = None) -> Fitted:
    """Fit the free body to points; 52 joints where fingers are seen, else 22.

    Args:
        tracks: at least hips or shoulders and some limbs.
        weights: by default those for measured points, or `PICTURE` where the depth is poor.

    Raises:
        PoseloomError: too few points that the body knows.
    """
    weights = weights or (FitWeights() if tracks.depth >= 1 else PICTURE)
    seen = _seen(tracks)
    count = seen.joints.shape[1]
    poor = tracks.depth < 1
    rest = rest_offsets()[:count].double()
    flat = tracks.depth < _FLAT
    size = size_of(seen.joints, seen.has_joint, rest, flat)
    offsets = rest * size if poor else measured_offsets(seen.joints, seen.has_joint, rest, size)
    chain = Chain(PARENTS[:count], offsets, torch.tensor([m.joint for m in seen.marks]), offsets_of(seen.marks) * size)
    filled, ever = _filled(seen.joints, seen.has_joint), seen.has_joint.any(0)
    if flat:
        filled = with_guessed_depth(filled, ever, offsets)
    state = BodyState(start_rotations(filled, ever, offsets), _start_root(filled, ever, chain))
    prior = _prior_of(weights, flat, hips_seen=bool(ever[_HIPS].any()))
    coordinates = seen.points.new_tensor([1.0, 1.0, tracks.depth]) * seen.weights[..., None]
    points = SpacePoints(seen.points, coordinates, weights.robust)
    body = body_part(chain, points)
    body_state = BodyState(state.local[:, :BODY_JOINTS], state.root)
    for turn in range(weights.rounds):
        terms = _terms(body.points, body_state, weights, prior)
        body_state = solve(body.chain, terms, body_state, weights.iterations)
        if not poor and turn + 1 < weights.rounds:
            turned = body.chain.posed(body_state).rotations
            offsets = torch.cat(
                [fitted_branches(seen.joints, seen.has_joint, turned, offsets[:BODY_JOINTS]), offsets[BODY_JOINTS:]]
            )
            chain = chain.with_offsets(offsets)
            body = body_part(chain, points)
    local = torch.cat([body_state.local, state.local[:, BODY_JOINTS:]], dim=1)
    state = BodyState(local, body_state.root)
    if count > BODY_JOINTS:
        state = with_hands(chain, points, state, weights)
    return _result(tracks, seen, chain, state)


def _result(tracks: JointTracks, seen: _Seen, chain: Chain, state: BodyState) -> Fitted:
    posed = chain.posed(state)
    apart = posed.points - seen.points
    known = seen.weights > 0
    if tracks.depth == 0:
        apart = apart[..., :2]
    apart = apart - _pelvis_shift(apart, seen, known)
    error = float((apart.norm(dim=-1) * seen.weights).sum() / seen.weights.sum())
    pose = Pose(rot.to_axis_angle(state.local).float(), translation=state.root.float())
    notes = {**tracks.notes, "fit": f"fitted to {len(seen.used)} points: {1000 * error:.0f} mm"}
    return Fitted(Clip(pose, tracks.fps, tracks.name, notes), chain.offsets.float(), error, len(seen.used))


def _pelvis_shift(
    apart: Float[Tensor, "frames points d"], seen: _Seen, known: Bool[Tensor, "frames points"]
) -> Float[Tensor, "frames 1 d"]:
    """By how much the pelvis is off; where it is not seen, all points in the mean."""
    pelvis = [place for place, mark in enumerate(seen.marks) if mark.joint == 0 and mark.is_joint]
    if pelvis:
        return apart[:, pelvis[:1]] * known[:, pelvis[:1], None]
    share = known / known.sum(-1, keepdim=True).clamp_min(1)
    return (apart * share[..., None]).sum(1, keepdim=True)


def _terms(points: SpacePoints, state: BodyState, weights: FitWeights, prior: Float[Tensor, "22 3"]) -> list[Term]:
    terms: list[Term] = [points, RotationPrior(prior), JointRanges(weights.ranges)]
    if len(state.root) > 1 and weights.smooth:
        each = torch.full((BODY_JOINTS, 3), weights.smooth, dtype=torch.float64)
        terms.append(NearRotations(neighbours(state.local), each))
    return terms


def _prior_of(weights: FitWeights, flat: bool, *, hips_seen: bool) -> Float[Tensor, "22 3"]:
    """Weight of the pull to the zero pose for every axis of every joint.

    The pelvis is free where its points are measured; it is pulled upright where depth or the hips are not seen. Of a
    flat picture the nod of the head is not believed either: it is told by its height, in which people differ.
    """
    table = torch.full((BODY_JOINTS, 3), weights.prior * _OTHER_FACTOR, dtype=torch.float64)
    for index, name in enumerate(JOINT_NAMES[:BODY_JOINTS]):
        for part, factor in _FACTORS.items():
            if part in name:
                table[index] = weights.prior * factor
    for side in ("left", "right"):
        table[JOINT_INDEX[f"{side}_knee"], 1:] = weights.hinge
        table[JOINT_INDEX[f"{side}_elbow"], [0, 2]] = table.new_tensor(weights.hinge)
    table[0] = 0
    if flat:
        table[0, 0] = weights.upright
        table[[JOINT_INDEX["neck"], JOINT_INDEX["head"]], 0] = _NOD * weights.upright
    if not hips_seen:
        table[0] = table.new_tensor([weights.upright, weights.prior, weights.upright])
    return table


def _seen(tracks: JointTracks) -> _Seen:
    known = landmarks()
    used = [
        index for index, name in enumerate(tracks.names) if name in known and bool((tracks.weights[:, index] > 0).any())
    ]
    marks = [known[tracks.names[index]] for index in used]
    if len({mark.joint for mark in marks if mark.joint < BODY_JOINTS}) < _NEEDED:
        names = ", ".join(tracks.names[index] for index in used)
        raise PoseloomError(
            f"{tracks.name or 'points'}: only {len(used)} points that the body knows ({names[:80]}), expected at least "
            f"{_NEEDED} of trunk and limbs; name the points with joint_map"
        )
    positions = torch.nan_to_num(tracks.positions[:, used].double())
    weights = tracks.weights[:, used].double() * positions.new_tensor([mark.weight for mark in marks])
    count = ALL_JOINTS if any(mark.joint >= BODY_JOINTS for mark in marks) else BODY_JOINTS
    joints = positions.new_zeros(len(positions), count, 3)
    has_joint = torch.zeros(joints.shape[:2], dtype=torch.bool)
    for place, mark in sorted(enumerate(marks), key=lambda pair: pair[1].weight):
        here = weights[:, place] > 0
        if mark.is_joint:
            joints[here, mark.joint] = positions[here, place]
            has_joint[:, mark.joint] |= here
    return _Seen(used, marks, positions, weights, joints, has_joint)


def _filled(
    joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, "frames joints"]
) -> Float[Tensor, "frames joints 3"]:
    """Joints that are missing in some frames taken from the nearest frame before, else the first after."""
    frames = torch.arange(len(joints))[:, None]
    last = torch.where(seen, frames, -1).cummax(0).values
    first = torch.where(seen, frames, len(joints)).flip(0).cummin(0).values.flip(0)
    source = torch.where(last >= 0, last, first).clamp(0, len(joints) - 1)
    return joints.gather(0, source[..., None].expand(-1, -1, 3))


def _start_root(
    joints: Float[Tensor, "frames joints 3"], seen: Bool[Tensor, " joints"], chain: Chain
) -> Float[Tensor, "frames 3"]:
    """The pelvis if it is seen; else so that the seen joints lie around their middle."""
    if seen[0]:
        return joints[:, 0]
    found = _HIPS if bool(seen[_HIPS].all()) else [int(index) for index in seen.nonzero()]
    rest = torch.zeros(len(chain.parents), 3, dtype=joints.dtype)
    for index, parent in enumerate(chain.parents):
        if parent >= 0:
            rest[index] = rest[parent] + chain.offsets[index]
    return joints[:, found].mean(1) - rest[found].mean(0)
