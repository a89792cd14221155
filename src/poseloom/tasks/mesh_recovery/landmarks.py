"""Bodies fitted to the landmarks of people: rotations and camera by Levenberg-Marquardt, all people at once.

The networks give 33 points twice: in the picture, where they are good, and in metres about the hips, where x and y are
fair and depth is poor. Both are fitted with robust residuals; what is left open is decided by hinges, ranges of motion
and weak pulls. Where a learned lifter has seen the landmarks, the fit starts from its pose and takes the depth from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.progress import working
from poseloom.fitting.chain import BodyState, Chain
from poseloom.fitting.levenberg_marquardt import solve
from poseloom.fitting.start import start_rotations
from poseloom.fitting.terms import (
    JointRanges,
    NearDistance,
    NearRotations,
    PicturePoints,
    RelativePoints,
    SpacePoints,
    Term,
)
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, PARENTS
from poseloom.pose.ranges import clip_to_ranges
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.stances import stance
from poseloom.pose.types import Pose
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.lifting.predict import Lifted
from poseloom.tasks.mesh_recovery.body_landmarks import (
    beyond_edge,
    body_places,
    on_wrist,
    seen_joints,
    seen_rows,
)
from poseloom.tasks.mesh_recovery.hand_fit import fit_fingers, knuckles, smoothed
from poseloom.tasks.mesh_recovery.lifted_terms import LiftedWeights, lifted_state, lifted_terms
from poseloom.tasks.mesh_recovery.pose_prior import pose_prior


@dataclass(frozen=True)
class LandmarkWeights:
    """How much each energy counts; residuals are metres, a radian is worth as many metres as its weight says.

    Args:
        depth: how much the world landmarks' z counts beside their x and y.
        picture: how much the points in the picture count beside those in metres.
        robust: metres from which on a point is an outlier.
        prior: metres that one standard deviation from how people hold their joints is worth.
        ranges: pull back into the ranges of motion, in the last round.
        hand: how much the knuckles count that a hand's own network found.
        unseen: pull of limbs that are hidden towards standing; the networks' guesses count by their visibility.
        cut_off: the same of limbs beyond the picture's edge, whose guesses do not count.
        half_length: how much a body held upright counts, in depth, for those of whom no legs are seen.
        upright: how much shoulders above the hips count, in depth, for those who face the camera: the networks let
            them lean forward by some 8 degrees.
        upright_robust: metres of leaning from which on it is believed.
        lean: metres by which shoulders are nearer than hips: cameras look slightly down.
        smooth: pull towards the mean of the frames before and after, in clips.
        iterations: solver's steps a round.
        rounds: how often the person's size is taken anew.
        distance: metres that a factor of e in the distance from the camera is worth, where a lifter holds the pose.
        lifted: where a lifter has seen the landmarks.
        lifted_rounds: rounds then: it begins nearer to the end.
    """

    depth: float = 0.4
    picture: float = 3.0
    robust: float = 0.25
    prior: float = 0.04
    ranges: float = 0.3
    hand: float = 0.5
    unseen: float = 0.05
    cut_off: float = 0.3
    half_length: float = 1.0
    upright: float = 1.0
    upright_robust: float = 0.1
    lean: float = 0.04
    smooth: float = 1.0
    iterations: int = 4
    rounds: int = 3
    distance: float = 0.2
    lifted: LiftedWeights = field(default_factory=LiftedWeights)
    lifted_rounds: int = 2


_BONES = (("hip", "knee"), ("knee", "ankle"), ("ankle", "foot"), ("shoulder", "elbow"), ("elbow", "wrist"))
_LEAST_WEIGHT = 0.05
"""Of a landmark, however uncertain the network is; none of those that are cut off by the picture's edge."""
_ANNEALED = 2.0
"""Factor by which outliers are tolerated more in each earlier round."""
_SIZES = (0.5, 1.6)
"""Smallest and largest person beside the average body."""


@dataclass(frozen=True, eq=False)
class Bodies:
    """Fitted people of one picture, or one person in the frames of a clip.

    Args:
        local: rotations of the joints in their parents' axes; the root's in the camera's turned axes (+Y up, +Z
            towards the camera).
        place: where the pelvis is before the camera, metres in the same axes, on the average body.
        size: how large the person is beside the average body, as the network's landmarks in metres have it.
        error: weighted mean distance of the fitted points from the picture's, metres on the body.
        seen: joints that are told by landmarks which are seen.
    """

    local: Float[Tensor, "people 52 3 3"]
    place: Float[Tensor, "people 3"]
    size: Float[Tensor, " people"]
    error: Float[Tensor, " people"]
    seen: Bool[Tensor, "people 52"]

    def __getitem__(self, rows: Tensor) -> Bodies:
        return Bodies(*(getattr(self, one.name)[rows] for one in fields(self)))

    @classmethod
    def joined(cls, parts: list[Bodies]) -> Bodies:
        """Those of several fits."""
        return cls(*(torch.cat([getattr(part, one.name) for part in parts]) for one in fields(cls)))


@dataclass(frozen=True, eq=False)
class _Seen:
    """Landmarks as the fit takes them."""

    world: Float[Tensor, "people points 3"]
    rays: Float[Tensor, "people points 2"]
    """From the principal point, in focal lengths, y up."""
    weight: Float[Tensor, "people points"]
    joints: Bool[Tensor, "people 52"]
    cut_off: Bool[Tensor, "people 52"]
    """Joints beyond the picture's edge."""
    knuckles: Float[Tensor, "people knuckles 3"]
    """From the wrist, metres on the average body."""
    knuckle_weight: Float[Tensor, "people knuckles"]


@torch.no_grad()
def fit_landmarks(
    people: Keypoints,
    focal: float,
    weights: LandmarkWeights | None = None,
    *,
    in_time: bool = False,
    lifted: Lifted | None = None,
) -> Bodies:
    """Fit the free body to the landmarks of people.

    Args:
        people: who is in one picture, or one person's rows of many frames.
        focal: focal length of the picture's lens, pixels.
        weights: how much each energy counts.
        in_time: the rows are the frames of one person.
        lifted: what a lifter says of the same rows.
    """
    weights = weights or LandmarkWeights()
    chain, first = _chain()
    seen = _seen(people, focal)
    state = _start(seen, chain)
    rounds = weights.rounds
    if lifted is not None:
        local, root = lifted_state(lifted)
        state, rounds = BodyState(local, root, state.camera), weights.lifted_rounds
    assert state.camera is not None
    start = state.camera[:, 0]
    size = seen.world.new_ones(len(seen.world))
    with working("fitting the body", rounds * len(seen.world), "steps"):
        for turn in range(rounds):
            size = _size(chain, state, seen, in_time)
            last = turn + 1 == rounds
            robust = weights.robust * _ANNEALED ** (rounds - 1 - turn)
            terms = _points_terms(chain, first, seen, weights, robust)
            if lifted is None:
                terms += _guessed_terms(chain, first, seen, size, state, weights, robust)
            else:
                terms += _lifted(lifted, chain, seen, state, weights)
                terms.append(NearDistance(start, weights.distance))
            terms += _held_terms(state, weights, ranges=last, in_time=in_time)
            state = solve(chain, terms, state, weights.iterations)
    fingers = fit_fingers(people, state, chain, in_time)
    state = BodyState(_within_ranges(state.local), state.root, state.camera)
    local = torch.cat([state.local, fingers], dim=1)
    place, error = _placed(chain, state, seen)
    return Bodies(local, place, size, error, seen.joints)


@lru_cache(maxsize=1)
def _chain() -> tuple[Chain, int]:
    """The 22 joints with the landmarks, then wrists and knuckles; and where the latter begin."""
    places = body_places()
    names = [f"{side}_{name}" for side in ("left", "right") for name in knuckles()]
    hands = [on_wrist(JOINT_INDEX[name]) for name in names]
    wrists = [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]
    joint = torch.cat([places.joint, torch.tensor([*wrists, *(wrist for wrist, _ in hands)])])
    zero = torch.zeros(2, 3, dtype=torch.float64)
    offsets = torch.cat([places.offset, zero, torch.stack([offset for _, offset in hands])])
    return Chain(PARENTS[:BODY_JOINTS], rest_offsets()[:BODY_JOINTS].double(), joint, offsets), len(places.joint)


def _seen(people: Keypoints, focal: float) -> _Seen:
    rows = list(body_places().rows)
    weight = people.visibility[:, rows].double().clamp_min(_LEAST_WEIGHT)
    cut_off = beyond_edge(people)
    inside = ~cut_off[:, rows]
    inside = inside | ~inside.any(-1, keepdim=True)  # guesses are all that there is of somebody wholly beyond the edge
    weight = weight * inside * body_places().weight
    width, height = people.size
    middle = people.points.new_tensor([(width - 1) / 2, (height - 1) / 2]).double()
    rays = (people.points[:, rows, :2].double() - middle) / focal * middle.new_tensor([1.0, -1.0])
    places, found = _knuckles(people)
    return _Seen(
        people.world[:, rows].double(),
        rays,
        weight,
        seen_joints(seen_rows(people), found),
        seen_joints(cut_off, found),
        places,
        found.double().repeat_interleave(len(knuckles()), dim=1),
    )


def _knuckles(people: Keypoints) -> tuple[Float[Tensor, "people knuckles 3"], Bool[Tensor, "people 2"]]:
    """Knuckles from their wrists, scaled to the average body, and which hands were found."""
    count = len(people)
    places = torch.zeros(count, 2, len(knuckles()), 3, dtype=torch.float64)
    found = torch.zeros(count, 2, dtype=torch.bool)
    if people.hands_world is not None:
        world = people.hands_world.double()
        found = torch.isfinite(world).all(-1).all(-1)
        own = world[:, :, list(knuckles().values())] - world[:, :, :1]
        rest = torch.stack([on_wrist(JOINT_INDEX[f"left_{name}"])[1] for name in knuckles()])
        scale = rest.norm(dim=-1).mean() / own.norm(dim=-1).mean(-1)
        places = torch.nan_to_num(own * scale[..., None, None])
    return places.flatten(1, 2), found


def _start(seen: _Seen, chain: Chain) -> BodyState:
    """Rotations read off the landmarks in metres, and the weak perspective that they have in the picture."""
    joints = seen.world.new_zeros(len(seen.world), BODY_JOINTS, 3)
    known = torch.zeros(BODY_JOINTS, dtype=torch.bool)
    for place, name in enumerate(body_places().names):
        if name in JOINT_INDEX:
            joints[:, JOINT_INDEX[name]] = seen.world[:, place]
            known[JOINT_INDEX[name]] = True
    local = start_rotations(joints, known, chain.offsets)
    hips = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]
    root = joints[:, hips].mean(1) - chain.offsets[hips].mean(0)
    flat = seen.world[..., :2]
    share = seen.weight / seen.weight.sum(-1, keepdim=True)
    means = [(values * share[..., None]).sum(1, keepdim=True) for values in (flat, seen.rays)]
    spreads = [
        ((values - mean).square().sum(-1) * share).sum(-1).sqrt()
        for values, mean in zip((flat, seen.rays), means, strict=True)
    ]
    scale = spreads[1] / spreads[0]
    shift = means[1][:, 0] - scale[:, None] * means[0][:, 0]
    return BodyState(local, root, torch.cat([scale.log()[:, None], shift], dim=-1))


def _size(chain: Chain, state: BodyState, seen: _Seen, in_time: bool) -> Float[Tensor, " people"]:
    """The person's size beside the average body: the scale that brings the fitted points nearest to the landmarks."""
    points = chain.posed(state).points[:, : len(body_places().rows)]
    share = (seen.weight / seen.weight.sum(-1, keepdim=True))[..., None]
    own, there = (values - (values * share).sum(1, keepdim=True) for values in (points, seen.world))
    size = ((own * there).sum(-1) * share[..., 0]).sum(-1) / (own.square().sum(-1) * share[..., 0]).sum(-1)
    size = size.median().expand_as(size) if in_time else size
    return size.clamp(*_SIZES)


def _points_terms(chain: Chain, first: int, seen: _Seen, weights: LandmarkWeights, robust: float) -> list[Term]:
    """What the picture shows: landmarks where they are, knuckles from their wrists."""
    padded = [0, chain.joint.shape[0] - first]
    weight = torch.nn.functional.pad(seen.weight, padded)
    rays = torch.nn.functional.pad(seen.rays, [0, 0, *padded])
    knuckle = rays.new_full((3,), weights.hand)
    per_hand = len(knuckles())
    fingers = torch.arange(first + 2, chain.joint.shape[0])
    wrists = torch.tensor([first] * per_hand + [first + 1] * per_hand)
    return [
        PicturePoints(rays, weight * weights.picture, robust, perspective=True),
        RelativePoints(fingers, wrists, seen.knuckles, seen.knuckle_weight[..., None] * knuckle, robust),
    ]


def _guessed_terms(
    chain: Chain,
    first: int,
    seen: _Seen,
    size: Float[Tensor, " people"],
    state: BodyState,
    weights: LandmarkWeights,
    robust: float,
) -> list[Term]:
    """Depth from the networks' landmarks in metres, and from how people hold themselves."""
    padded = [0, chain.joint.shape[0] - first]
    weight = torch.nn.functional.pad(seen.weight, padded)
    world = torch.nn.functional.pad(seen.world / size[:, None, None], [0, 0, *padded])
    coordinates = world.new_tensor([1.0, 1.0, weights.depth])
    mean, spread = pose_prior()
    return [
        SpacePoints(world, weight[..., None] * coordinates, robust),
        *_upright(seen, state, weights, weights.upright),
        NearRotations(mean[None].expand_as(state.local), weights.prior / spread),
        NearRotations(_typical()[None].expand_as(state.local), _unseen_weight(seen, weights.unseen, weights.cut_off)),
    ]


def _lifted(lifted: Lifted, chain: Chain, seen: _Seen, state: BodyState, weights: LandmarkWeights) -> list[Term]:
    """Depth and pose from the lifter; limbs beyond the picture's edge stand as people's do."""
    weight = torch.nn.functional.pad(seen.weight, [0, chain.joint.shape[0] - seen.weight.shape[1]])
    standing = _unseen_weight(seen, 0.0, weights.cut_off)
    typical = _typical()[None].expand_as(lifted.local)
    return [
        *lifted_terms(lifted, weight, standing[..., 0] > 0, weights.lifted),
        *_upright(seen, state, weights, weights.lifted.upright),
        NearRotations(typical, standing),
    ]


def _held_terms(state: BodyState, weights: LandmarkWeights, *, ranges: bool, in_time: bool) -> list[Term]:
    """Ranges of motion, and the frames before and after."""
    terms: list[Term] = []
    if ranges:
        terms.append(JointRanges(weights.ranges))
    if in_time and len(state.root) > 1:
        smooth = torch.full((BODY_JOINTS, 3), weights.smooth, dtype=torch.float64)
        terms.append(NearRotations(smoothed(state.local), smooth))
    return terms


def _upright(seen: _Seen, state: BodyState, weights: LandmarkWeights, upright: float) -> list[Term]:
    """Shoulders are about as deep as the hips below them, unless the landmarks clearly say otherwise."""
    names = body_places().names
    rows = [names.index(f"{side}_{part}") for part in ("shoulder", "hip") for side in ("left", "right")]
    target = seen.world.new_zeros(len(seen.world), 2, 3)
    target[..., 2] = weights.lean
    weight = torch.zeros_like(target)
    facing = state.local[:, 0, 2, 2].clamp_min(0)
    weight[..., 2] = upright * facing[:, None]
    shoulders, hips = torch.tensor(rows[:2]), torch.tensor(rows[2:])
    legless = ~seen.joints[:, [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]]].any(-1)
    half = torch.zeros_like(weight)
    half[..., 2] = weights.half_length * legless[:, None]
    return [
        RelativePoints(shoulders, hips, target, weight, weights.upright_robust),
        RelativePoints(shoulders, hips, target, half),
    ]


@lru_cache(maxsize=1)
def _typical() -> Float[Tensor, "22 3 3"]:
    """Local rotations of quiet standing."""
    return rot.rotvec_to_rotmat(stance("stand", grounded=False).rotations[:BODY_JOINTS].double())


def _unseen_weight(seen: _Seen, hidden: float, cut_off: float) -> Float[Tensor, "people 22 3"]:
    """The pull on joints whose bone ends at a joint that nobody saw, within the picture and beyond its edge."""
    moved = torch.zeros(len(seen.joints), BODY_JOINTS, dtype=torch.float64)
    for upper, lower in _BONES:
        for side in ("left", "right"):
            end = JOINT_INDEX[f"{side}_{lower}"]
            pull = torch.where(seen.cut_off[:, end], cut_off, hidden)
            moved[:, JOINT_INDEX[f"{side}_{upper}"]] = ~seen.joints[:, end] * pull
    return moved[..., None].expand(-1, -1, 3)


def _within_ranges(local: Float[Tensor, "people 22 3 3"]) -> Float[Tensor, "people 22 3 3"]:
    """What the energy has left beyond the ranges of motion is cut off: mostly turns of wrists."""
    clipped = clip_to_ranges(Pose(rot.rotmat_to_rotvec(local)))
    return clipped.matrices()


def _placed(chain: Chain, state: BodyState, seen: _Seen) -> tuple[Float[Tensor, "people 3"], Float[Tensor, " people"]]:
    """Where the pelvis stands before the camera, and how far the points are from those of the picture."""
    assert state.camera is not None
    distance = torch.exp(-state.camera[:, 0])
    shift = state.camera[:, 1:] * distance[:, None]
    at = torch.cat([state.root[:, :2] + shift, state.root[:, 2:] - distance[:, None]], dim=-1)
    points = chain.posed(state).points[:, : len(body_places().rows)]
    depth = distance[:, None] - points[..., 2]
    apart = points[..., :2] + shift[:, None] - seen.rays * depth[..., None]
    share = seen.weight / seen.weight.sum(-1, keepdim=True)
    return at, (apart.norm(dim=-1) * share).sum(-1)
