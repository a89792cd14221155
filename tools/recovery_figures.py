"""How exact bodies from pictures are: drawn people with known poses through the whole pipeline.

    python tools/recovery_figures.py --poses val.npz --renders renders.json
    python tools/recovery_figures.py --poses val.npz --algorithm lifted         # by keypoints and the lifter
    python tools/recovery_figures.py --poses val.npz --algorithm landmarks      # by keypoints alone

Sets: the 120 listed renders (half extreme, half ordinary), 300 varied ones (lens, shape, clothes, light, height of the
camera; half extreme), 30 upright people before the camera, 98 varied ones on which weights are chosen and which are no
figures, and on demand (--sets any) 2,000 that vary alike in poses taken at random.
Keypoints are found once and kept in a folder. The lens is not told. Both poses stand on the average body.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from poseloom import load_model
from poseloom.checkpoints.people import keypoint_reader, lifter_of
from poseloom.formats import read
from poseloom.formats.mocap_npz import read_mocap_selection
from poseloom.language.description.describe import figures
from poseloom.language.description.doubt import believed
from poseloom.language.description.facts import facts_of
from poseloom.language.description.truth import joined_truths, truth_of
from poseloom.language.description.unseen import told as seen_facts
from poseloom.metrics import pa_mpjpe, root_aligned_mpjpe
from poseloom.pose import BODY_JOINTS, Pose
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.ranges import degrees_over
from poseloom.pose.sampler import sample
from poseloom.pose.skeleton import rest_offsets
from poseloom.render import View, observe
from poseloom.results.keypoints import Keypoints
from poseloom.results.recovered import Recovered
from poseloom.tasks.keypoints.people import collected
from poseloom.tasks.keypoints.predict import NobodyFoundError
from poseloom.tasks.lifting.drawing import CAMERA_AXES, DrawnPerson, draw_person
from poseloom.tasks.lifting.predict import PoseLifter, open_model
from poseloom.tasks.mesh_recovery.networks.small import SMALL
from poseloom.tasks.mesh_recovery.predict import focal_of, recover_bodies
from poseloom.tasks.mesh_recovery.small_looks import look_again
from poseloom.tasks.mesh_recovery.small_predict import SmallBodyNetwork

SIDE = 512
SETS = ("listed", "varied", "upright", "chosen", "any")
VARIED, CHOSEN_ON, UPRIGHT, ANY = 300, 98, 30, 2000
_LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
_IN_PICTURE = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_ROWS = {"shoulder": 11, "elbow": 13, "wrist": 15, "hip": 23, "knee": 25, "ankle": 27}
_CLEAR = 0.1
"""Metres: a limb that is deeper points clearly forward or back."""
_FINGERS = "hand.shape"
"""Facts of fingers are left out: captured poses know nothing of them."""
_FAR = 5.0
"""Degrees beyond a range."""


@dataclass(frozen=True, eq=False)
class Truth:
    """People of a set who were found; poses in the camera's axes."""

    rotations: Float[Tensor, "people 22 3"]
    pixels: Float[Tensor, "people 22 2"]
    azimuth: Float[Tensor, " people"]
    number: Float[Tensor, " people"]
    """Place in the set."""
    kept: Shaped[Tensor, "people 3 height width"]
    """The pictures, bytes."""

    @property
    def pictures(self) -> Iterator[Float[Tensor, "3 height width"]]:
        """One a person, RGB in [0, 1]."""
        return (picture.float() / 255 for picture in self.kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses", type=Path, required=True, help="motion file of captured poses that no training saw")
    parser.add_argument("--renders", type=Path, help="JSON list of the 120 renders")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS[:3]))
    parser.add_argument("--algorithm", default=SMALL, help="small, lifted, or landmarks (without the lifter)")
    parser.add_argument("--model", type=Path, help="another lifter or small network than the shipped one")
    parser.add_argument("--keep", type=Path, help="folder for pictures and the keypoints that were found")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    opened = teller_of(given.algorithm, given.model)
    told: dict[str, Any] = {}
    for name in given.sets:
        people, truth = found_people(name, given.poses, given.renders, given.keep)
        told.update(figures_of(name, bodies_of(opened, people, truth), truth))
    if given.json:
        print(json.dumps(told, indent=1))
        return
    for name, row in told.items():
        print(name, "  ".join(f"{key} {value:g}" for key, value in row.items()))


def teller_of(algorithm: str, model: Path | None) -> PoseLifter | SmallBodyNetwork | None:
    """What tells depth and pose to the fit."""
    if algorithm == SMALL:
        network = load_model(model or "mesh_recovery", "mesh_recovery")
        assert isinstance(network, SmallBodyNetwork)
        return network
    return open_model(model) if model else lifter_of(algorithm)


def bodies_of(opened: PoseLifter | SmallBodyNetwork | None, people: Keypoints, truth: Truth) -> Recovered:
    """The bodies of people in pictures as `poseloom.recover` finds them."""
    if isinstance(opened, SmallBodyNetwork):
        people, lifted = look_again(opened, people, truth.pictures, focal_of(people.size, None))
        return recover_bodies(people, lifter=lifted)
    return recover_bodies(people, lifter=opened)


# -- sets --------------------------------------------------------------------------------------------------------------


def found_people(name: str, poses: Path, renders: Path | None, keep: Path | None) -> tuple[Keypoints, Truth]:
    """The people of a set, as the networks find them, and the truth."""
    kept = None if keep is None else keep / f"{name}.pt"
    if kept is not None and kept.exists():
        people, truth = torch.load(kept, weights_only=False)
        return people, truth
    reader = keypoint_reader()
    rows, drawn = [], []
    for number, person in enumerate(people_of(name, poses, renders)):
        try:
            seen = reader.people(person.picture)
        except NobodyFoundError:
            continue
        rows.append(collected([seen], "", None, torch.zeros(1)))
        drawn.append((number, replace(person, picture=(255 * person.picture).round().byte())))
    truth = Truth(
        torch.stack([person.rotations[:BODY_JOINTS] for _, person in drawn]),
        torch.stack([person.pixels for _, person in drawn]),
        torch.tensor([person.azimuth for _, person in drawn]),
        torch.tensor([float(number) for number, _ in drawn]),
        torch.stack([person.picture for _, person in drawn]),
    )
    people = joined_people(rows)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        torch.save((people, truth), kept)
    return people, truth


def people_of(name: str, poses: Path, renders: Path | None) -> Iterable[DrawnPerson]:
    """The drawn people of a set."""
    if name == "upright":
        drawn = sample(UPRIGHT, seed=31, kinds=["standing", "walking"]).rotations
        turns = torch.rand(UPRIGHT, generator=torch.Generator().manual_seed(31)) * 60 - 30
        return (listed_person(one, float(turn), 5.0) for one, turn in zip(drawn, turns, strict=True))
    captured = read(poses).pose.rotations
    if name == "listed":
        if renders is None:
            raise SystemExit("the listed renders need --renders")
        rows = json.loads(renders.read_text())["renders"]
        return (listed_person(captured[row["pose"]], row["azimuth"], row["elevation"]) for row in rows)
    order = torch.from_numpy(read_mocap_selection(poses).order)
    good = good_rows(poses, len(captured))
    generator = torch.Generator().manual_seed(5)
    random = good[torch.randperm(len(good), generator=generator)]
    both = torch.stack([order[: VARIED + CHOSEN_ON], random[: VARIED + CHOSEN_ON]], 1).flatten()
    chosen, first = {
        "varied": (both[:VARIED], 1_000_000),
        "chosen": (both[VARIED : VARIED + CHOSEN_ON], 2_000_000),
        "any": (random[VARIED + CHOSEN_ON :][:ANY], 3_000_000),
    }[name]
    return (draw_person(captured[row], first + place, SIDE, whole=True) for place, row in enumerate(chosen))


def good_rows(poses: Path, count: int) -> Tensor:
    """Rows that the file does not call bad."""
    good = torch.ones(count, dtype=torch.bool)
    for first, last in read(poses).notes.get("not_ok", []):
        good[first:last] = False
    return good.nonzero()[:, 0]


def listed_person(rotations: Float[Tensor, "joints 3"], azimuth: float, elevation: float) -> DrawnPerson:
    """A render of the average body in the studio, and its truth."""
    from poseloom.body import default_body
    from poseloom.render.scene import Scene
    from poseloom.render.stage import stage_of

    pose = Pose(rotations[None].float()).with_hands()
    scene = Scene(pose, SIDE, body=default_body("full"), view=View(azimuth, elevation))
    camera = next(iter(stage_of(scene).blocks())).camera
    seen = observe(scene)
    axes = torch.diag(torch.tensor(CAMERA_AXES)) @ camera.rotation[0]
    root = axes @ rot.rotvec_to_rotmat(pose.rotations[0, 0])
    turned = torch.cat([rot.rotmat_to_rotvec(root)[None], pose.rotations[0, 1:]])
    pixels = seen.joints[0, :BODY_JOINTS, :2] - 0.5
    own = torch.zeros(BODY_JOINTS, 3)
    focal, centre = float(camera.focal[0, 0]), camera.centre[0]
    visible = seen.visible[0, :BODY_JOINTS]
    return DrawnPerson(seen.colour[0], turned, own, pixels, visible, torch.zeros(6), focal, centre, azimuth)


def joined_people(rows: list[Keypoints]) -> Keypoints:
    """People of pictures of one size, each in a frame."""
    from dataclasses import fields

    from poseloom.images.roi import Roi

    first = rows[0]
    order = torch.arange(len(rows))
    values: dict[str, Any] = {"person": order, "frame": order, "times": order.float()}
    for one in fields(first):
        value = getattr(first, one.name)
        if one.name in ("points", "world", "visibility", "scores", "hands", "hands_world"):
            values[one.name] = torch.cat([getattr(row, one.name) for row in rows])
        elif isinstance(value, Roi):
            values[one.name] = Roi.joined([row.roi for row in rows])
    return replace(first, **values)


# -- figures -----------------------------------------------------------------------------------------------------------


def figures_of(name: str, bodies: Recovered, truth: Truth) -> dict[str, dict[str, float]]:
    """The rows of a set."""
    found = bodies.poses.rotations
    if name == "upright":
        return {"upright": trunk_figures(found, truth)}
    every = torch.ones(len(found), dtype=torch.bool)
    groups = {name: every}
    if name == "listed":
        groups |= {"extreme": truth.number < 60, "ordinary": truth.number >= 60}
    behind = ((truth.azimuth + 180) % 360 - 180).abs() > 120
    groups |= {f"{name}, from behind": behind}
    errors = errors_of(bodies, truth)
    told = {}
    for group, rows in groups.items():
        told[group] = {key: _mean(values, rows) for key, values in errors.items()} | word_figures(bodies, truth, rows)
    return told


def errors_of(bodies: Recovered, truth: Truth) -> dict[str, Tensor]:
    """Each measure for each person; NaN where it says nothing."""
    found = bodies.poses.rotations
    own, true = joints_of(found), joints_of(truth.rotations)
    trunk = truth.pixels[:, [16, 17]].mean(1) - truth.pixels[:, [1, 2]].mean(1)
    limit = 0.1 * trunk.norm(dim=-1)[:, None]
    columns = [JOINT_INDEX[f"{side}_{part}"] for part in _IN_PICTURE for side in ("left", "right")]
    rows = [_ROWS[part] + place for part in _IN_PICTURE for place in (0, 1)]
    seen = projected(bodies)
    near = (seen[:, columns] - truth.pixels[:, columns]).norm(dim=-1) < limit
    keypoints = (bodies.keypoints.points[:, rows, :2] - truth.pixels[:, columns]).norm(dim=-1) < limit
    facing = rot.rotvec_to_rotmat(found[:, 0])[:, :, 2]
    truly = rot.rotvec_to_rotmat(truth.rotations[:, 0])[:, :, 2]
    return {
        "mpjpe": 1000 * root_aligned_mpjpe(own, true),
        "pa": 1000 * pa_mpjpe(own, true),
        "sign": 100 * wrong_signs(own, true),
        "clear_sign": 100 * wrong_signs(own, true, _CLEAR),
        "pck": near.float().mean(-1),
        "pck_keypoints": keypoints.float().mean(-1),
        "beyond": 100.0 * (torch.rad2deg(_over(found)) > _FAR),
        "turned_over": 100.0 * ((facing * truly).sum(-1) < 0),
    }


def _over(found: Tensor) -> Float[Tensor, " people"]:
    """Radians beyond the ranges, of the worst joint."""
    return torch.deg2rad(degrees_over(Pose(found)).amax(-1))


def projected(part: Recovered) -> Float[Tensor, "people 22 2"]:
    """Pixels of a recovered body's joints."""
    assert part.poses.translation is not None
    joints = joints_of(part.poses.rotations) + part.poses.translation[:, None]
    return part.camera.project(joints.float())[..., :2] - 0.5


def joints_of(rotations: Float[Tensor, "people joints 3"]) -> Float[Tensor, "people 22 3"]:
    """Of the average body, from its pelvis, metres."""
    local = rot.rotvec_to_rotmat(rotations[:, :BODY_JOINTS].double())
    return forward_kinematics(local, rest_offsets()[:BODY_JOINTS].double(), PARENTS[:BODY_JOINTS])[1]


def wrong_signs(own: Tensor, true: Tensor, least: float = 0.0) -> Float[Tensor, " people"]:
    """Share of the limbs that point forward and should point back, or the reverse; of those of at least some depth."""
    wrong = []
    for above, below in _LIMBS:
        for side in ("left", "right"):
            ends = JOINT_INDEX[f"{side}_{above}"], JOINT_INDEX[f"{side}_{below}"]
            depth, truly = (joints[:, ends[1], 2] - joints[:, ends[0], 2] for joints in (own, true))
            value = (depth * truly < 0).double()
            wrong.append(torch.where(truly.abs() > least, value, torch.nan))
    return torch.stack(wrong, 1).nanmean(1)


def trunk_figures(found: Tensor, truth: Truth) -> dict[str, float]:
    """Degrees between the trunks, from the pelvis to the neck."""
    ways = [joints_of(rotations)[:, JOINT_INDEX["neck"]] for rotations in (found, truth.rotations)]
    angle = torch.rad2deg(torch.arccos(torch.cosine_similarity(*ways, dim=-1).clamp(-1, 1)))
    return {"median": round(float(angle.median()), 1), "90th": round(float(angle.quantile(0.9)), 1)}


def word_figures(bodies: Recovered, truth: Truth, rows: Bool[Tensor, " people"]) -> dict[str, float]:
    """Of the facts that `describe` tells: how many a pose, and the share that holds for the true pose."""
    own, true = Pose(bodies.poses.rotations[rows]), Pose(truth.rotations[rows])
    doubt = None if bodies.doubt is None else bodies.doubt[rows]
    every = [one for figure in figures(own) for one in facts_of(figure, slight=False)]
    told = [
        seen_facts(one, bodies.unseen(int(person)))
        for person, one in zip(rows.nonzero()[:, 0], believed(own, every, figures, doubt), strict=True)
    ]
    truths = joined_truths([truth_of(figure) for figure in figures(true)])
    result = {}
    for label, lists in (("", told), ("all_", every)):
        holds = [
            bool(truths.part(slice(row, row + 1)).fact(one))
            for row, told_here in enumerate(lists)
            for one in told_here
            if not one.name.startswith(_FINGERS)
        ]
        result[f"{label}facts"] = round(len(holds) / max(len(lists), 1), 2)
        result[f"{label}true"] = round(100 * sum(holds) / max(len(holds), 1), 1)
    return result


def _mean(values: Tensor, rows: Bool[Tensor, " people"]) -> float:
    value = float(values[rows].double().nanmean())
    return round(value, 3 if math.fabs(value) < 2 else 1)


if __name__ == "__main__":
    main()
