"""Measure the signer by rule: does anything go through the body, do elbows flip, are contacts met, do signs mirror?

python tools/sign_figures.py --strings ../shared/data/hamnosys/train.json --composed 200 --every 3

Everything is measured on the skin of the free body and not by the signer's own means of keeping clear: vertices of
hands, forearms and elbows against the distance from the skin of head and trunk, and against the other arm's bones.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import torch
from jaxtyping import Float
from skin_gaps import between, to_triangles, triangles_within
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body import AnnyBody
from poseloom.language.hamnosys import check_file, from_names, parse
from poseloom.language.hamnosys.tree import Contact, Location, LocationPair, Part
from poseloom.pose import Clip
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES
from poseloom.signer import sign_clip
from poseloom.signer.frames import hand_axes, oriented
from poseloom.signer.targets import body_target, is_on_hand
from poseloom.signer.trunk import trunk_distance
from poseloom.tasks.sign.composed.strings import composed_strings

SIDES = ("left", "right")
DEEP = 0.01
"""Metres inside something else that count as a penetration."""
MET = 0.02
"""Metres between the skin and a place within which a contact is met."""
ELBOW_RATIO, ELBOW_FASTEST = 1.5, 3.5
"""Elbows are at most so much faster than the wrist, and at most so fast (metres a second)."""
UNRESTED = 0.4
"""Metres a second: an elbow that is slower than this never flips."""
MIRRORED = 0.01
ASTRAY = 20.0
"""Degrees by which an orientation is missed."""
FLIP = torch.tensor([-1.0, 1.0, 1.0])


@dataclass
class Figures:
    """What was measured on one string."""

    text: str
    depth: dict[str, float] = field(default_factory=dict)
    elbow: float = 0.0
    ratio: float = 0.0
    flips: int = 0
    mirror: float | None = None
    contacts: list[float] = field(default_factory=list)
    astray: list[float] = field(default_factory=list)


class Skin:
    """Vertices of the free body, by the part of an arm that they belong to."""

    def __init__(self) -> None:
        self.shaped = AnnyBody("preview").shaped()
        weights = self.shaped.binding.unflatten(-1, (-1, 4))[..., 3]
        self.rows: dict[tuple[str, str], Tensor] = {}
        for side in SIDES:
            joints = {
                "elbow": [f"{side}_elbow"],
                "hand": [n for n in JOINT_NAMES if n.startswith(side) and n[-1] in "123" and "spine" not in n],
            }
            joints["hand"] = [*joints["hand"], f"{side}_wrist"]
            for part, names in joints.items():
                share = weights[:, [JOINT_INDEX[name] for name in names]].sum(-1)
                self.rows[side, part] = (share > 0.5).nonzero()[:, 0]

    def of(self, vertices: Float[Tensor, "vertices 3"], side: str, *parts: str) -> Float[Tensor, "triangles 3 3"]:
        """Triangles of parts of an arm."""
        rows = torch.cat([self.rows[side, part] for part in parts])
        return triangles_within(vertices, self.shaped.body.faces, rows)

    def posed(self, clip: Clip) -> tuple[Tensor, Tensor, Tensor]:
        """Vertices, joints and rotations with the chest where it is at rest."""
        posed = self.shaped.posed(clip.pose)
        vertices, joints, rotations = posed.mesh().vertices, posed.joints, posed.rotations
        chest = JOINT_INDEX["spine3"]
        rest = self.shaped.joints[chest] - self.shaped.joints[0]
        turn, at = rotations[:, chest], joints[:, chest]
        back = lambda points: torch.einsum("fji,f...j->f...i", turn, points - at[:, None]) + rest  # noqa: E731
        return back(vertices), back(joints), rotations


def measure(text: str, skin: Skin) -> Figures:
    """All figures of one string."""
    clip = sign_clip(text)
    vertices, joints, rotations = skin.posed(clip)
    found = Figures(text)
    _depths(found, skin, vertices, joints)
    _elbows(found, joints, clip.fps)
    signs = parse(text).signs
    if len(signs) == 1 and len(signs[0].parts) == 1:
        part = signs[0].parts[0]
        start = clip.notes["signs"][0][0]
        found.mirror = _mirror(part, joints)
        found.astray = _astray(part, rotations[start + 2])
        found.contacts = _contacts(part, skin, vertices[start + 2], joints[start + 2])
    return found


# -- through the body --------------------------------------------------------------------------------------------------


def _depths(found: Figures, skin: Skin, vertices: Tensor, joints: Tensor) -> None:
    for part in ("hand", "elbow"):
        rows = torch.cat([skin.rows[side, part] for side in SIDES])
        found.depth[f"{part} in trunk"] = float(-trunk_distance(vertices[:, rows]).min())
    for side, other in (SIDES, SIDES[::-1]):
        for part in ("hand", "elbow"):
            mine = vertices[:, skin.rows[side, part]]
            for name, depth in _in_arm(mine, joints, other).items():
                key = f"{'forearm' if part == 'elbow' else part} in {name}"
                found.depth[key] = max(found.depth.get(key, -1.0), depth)


_FOREARM, _HAND, _FINGER = 0.026, 0.012, 0.007
"""Metres: radii that lie inside the skin of a thin arm, so that what is deeper is deeper in truth."""


def _in_arm(points: Tensor, joints: Tensor, side: str) -> dict[str, float]:
    at = {name: joints[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("elbow", "wrist")}
    bones = [(at["elbow"], at["wrist"], _FOREARM, "forearm")]
    for finger in ("index", "middle", "ring", "pinky", "thumb"):
        chain = [at["wrist"], *(joints[:, JOINT_INDEX[f"{side}_{finger}{place}"]] for place in (1, 2, 3))]
        radii = (_HAND if finger != "thumb" else _FINGER, _FINGER, _FINGER)
        bones += [(a, b, radius, "hand") for a, b, radius in zip(chain, chain[1:], radii, strict=False)]
    found: dict[str, float] = {}
    for a, b, radius, name in bones:
        line = (b - a)[:, None]
        share = ((points - a[:, None]) * line).sum(-1) / (line * line).sum(-1).clamp_min(1e-9)
        near = a[:, None] + share.clamp(0, 1)[..., None] * line
        found[name] = max(found.get(name, -1.0), float(radius - (points - near).norm(dim=-1).min()))
    return found


# -- elbows, mirrors ---------------------------------------------------------------------------------------------------


def _elbows(found: Figures, joints: Tensor, fps: float) -> None:
    """Speeds, and frames in which an elbow is faster than its wrist is about then."""
    for side in SIDES:
        elbow, wrist = (
            (joints[1:, JOINT_INDEX[f"{side}_{name}"]] - joints[:-1, JOINT_INDEX[f"{side}_{name}"]]).norm(dim=-1) * fps
            for name in ("elbow", "wrist")
        )
        about = torch.nn.functional.max_pool1d(wrist[None], 5, 1, 2)[0]
        found.elbow = max(found.elbow, float(elbow.max()))
        found.ratio = max(found.ratio, float(elbow.max() / wrist.max().clamp_min(UNRESTED)))
        found.flips += int(((elbow > ELBOW_RATIO * about) & (elbow > UNRESTED) | (elbow > ELBOW_FASTEST)).sum())


def _mirror(part: Part, joints: Tensor) -> float | None:
    symmetry = part.symmetry
    if symmetry is None or not symmetry.mirrored or symmetry.alternating or part.nondominant is not None:
        return None
    if symmetry.up_down or symmetry.out_in or not _alike(part):
        return None
    names = ("shoulder", "elbow", "wrist", "index1", "index3", "pinky3", "thumb3")
    left, right = (joints[:, [JOINT_INDEX[f"{side}_{name}"] for name in names]] for side in SIDES)
    return float((left - right * FLIP).norm(dim=-1).max())


def _alike(part: Part) -> bool:
    """Whether both hands do the same: nothing is said of one alone, no arms are crossed, no place is on one side."""
    said = repr(part)
    return not any(
        word in said
        for word in (
            "LocationPair",
            "nondominant=(",
            "nondominant=Hand",
            "CROSS",
            "INTERLOCK",
            "Side.",
            "name='palm'",
            "digits=(1",
            "digits=(2",
            "digits=(3",
            "digits=(4",
            "digits=(5",
            "handback",
            "thumbside",
            "pinkyside",
            "wristback",
            "wristpulse",
            "lowerarm",
            "upperarm",
            "'elbow",
            "thumbball",
        )
    )


# -- what the notation asks for ----------------------------------------------------------------------------------------


def _astray(part: Part, rotations: Tensor) -> list[float]:
    """Degrees between the orientation that is written and the one that is signed."""
    hands = {"right": (part.dominant, False)}
    if part.symmetry is not None:
        hands["left"] = (
            part.nondominant or part.dominant,
            part.symmetry.mirrored is not False and part.nondominant is None,
        )
    elif part.nondominant is not None:
        hands["left"] = (part.nondominant, False)
    found = []
    for side, (hand, mirrored) in hands.items():
        if (
            hand is None
            or hand.loose
            or hand.orientation is None
            or not (hand.orientation.fingers and hand.orientation.palm)
        ):
            continue
        wanted = oriented(hand.orientation, side, mirrored)
        cosine = ((rotations[JOINT_INDEX[f"{side}_wrist"]].T @ wanted).trace() - 1) / 2
        found.append(float(torch.acos(cosine.clamp(-1, 1)).rad2deg()))
    return found


TOUCHING = (Contact.TOUCH, Contact.INTERLOCK, Contact.CROSS)


def _contacts(part: Part, skin: Skin, vertices: Tensor, joints: Tensor) -> list[float]:
    """How far hands are from what they shall touch in the first posture: places of the body, each other."""
    found = []
    two = part.symmetry is not None or part.nondominant is not None
    own = part.dominant.locations if part.dominant is not None and not two else ()
    for where in (*own, *part.locations):
        if isinstance(where, LocationPair):
            if where.contact in TOUCHING:
                found.append(_between_hands(skin, vertices))
        elif where.contact in TOUCHING and (is_on_hand(where) or not where.places):
            arm = any(place.name in ("upperarm", "elbow", "elbowinside", "lowerarm") for place in where.places)
            if two and not arm:
                found.append(_between_hands(skin, vertices))
        elif where.contact is Contact.TOUCH and not where.behind:
            found += _to_place(where, part, skin, vertices)
    return found


def _to_place(where: Location, part: Part, skin: Skin, vertices: Tensor) -> list[float]:
    two = part.symmetry is not None
    target = body_target(where, two)
    if any("BESIDE" in side.name for place in where.places for side in place.sides):
        return []  # there is no skin beside a place
    sides = ["right"] if part.dominant is not None or part.symmetry is not None else ["left"]
    wants = [("right", target.point)] if "right" in sides else [("left", target.mirrored().point)]
    if two and part.symmetry.mirrored and part.nondominant is None:
        wants.append(("left", target.point * FLIP))
    if two and any(
        isinstance(one, Location) and (one.contact in TOUCHING and (is_on_hand(one) or not one.places))
        for one in part.locations
    ):
        wants = wants[:1]
    if "CROSS" in repr(part.locations):  # each hand where it comes to on that line
        points = torch.stack([target.point + (target.point * FLIP - target.point) * share / 8 for share in range(9)])
        return [float(to_triangles(points, skin.of(vertices, "left", "hand")).min())]
    return [float(to_triangles(point[None], skin.of(vertices, side, "hand"))) for side, point in wants]


def _between_hands(skin: Skin, vertices: Tensor) -> float:
    return between(*(skin.of(vertices, side, "hand", "elbow") for side in SIDES))


# -- places and palms --------------------------------------------------------------------------------------------------

PLACES = ("", "shoulders", "chest", "stomach", "head", "forehead", "chin", "neck", "shouldertop")
FINGERS, PALMS = ("u", "uo", "ul", "ol", "o", "l"), ("u", "r", "d", "l")


def palm_spread(skin: Skin) -> list[tuple[str, float]]:
    """How far the middle of a hand moves where only the palm is written differently."""
    found = []
    for place in PLACES:
        for fingers in FINGERS:
            middles = []
            for palm in PALMS:
                clip = sign_clip(from_names(f"flathand extfinger{fingers} palm{palm} {place}"))
                frame = clip.notes["signs"][0][0] + 2
                posed = skin.shaped.posed(clip.pose[frame : frame + 1])
                wrist = JOINT_INDEX["right_wrist"]
                axes = hand_axes(posed.rotations[0, wrist], "right")
                middles.append(posed.joints[0, wrist] + 0.07 * axes[:, 0])
            points = torch.stack(middles)
            found.append((f"{place or 'nowhere'} {fingers}", float(torch.cdist(points, points).max())))
    return found


# -- report ------------------------------------------------------------------------------------------------------------

WRITTEN = Path(__file__).with_name("sign_figures.txt")
"""Strings by name of kinds that are rare among drawn ones."""


def texts_of(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """Names and strings."""
    found = []
    if arguments.strings is not None:
        rows = [row for row in check_file(arguments.strings) if row.error is None]
        found += [(row.name, row.text) for row in rows]
    found += [(line, from_names(line)) for line in WRITTEN.read_text(encoding="utf-8").splitlines() if line]
    found += [
        (f"composed {i}", text) for i, text in enumerate(islice(composed_strings(arguments.seed), arguments.composed))
    ]
    return found[:: arguments.every]


def report(rows: list[tuple[str, Figures]], worst: int) -> dict[str, object]:
    """Figures of all strings together."""

    def share(values: list[bool]) -> str:
        return f"{sum(values)} of {len(values)}"

    deep = [max(figures.depth.values()) > DEEP for _, figures in rows]
    mirrors = [(figures.mirror, name) for name, figures in rows if figures.mirror is not None]
    contacts = [(distance, name) for name, figures in rows for distance in figures.contacts]
    astray = [(degrees, name) for name, figures in rows for degrees in figures.astray]
    kinds = sorted({key for _, figures in rows for key in figures.depth})
    return {
        "strings": len(rows),
        "deeper than 1 cm": share(deep),
        "by kind": {key: share([figures.depth[key] > DEEP for _, figures in rows]) for key in kinds},
        "deepest": sorted(
            ((round(max(f.depth.values()), 3), max(f.depth, key=f.depth.get), n) for n, f in rows), reverse=True
        )[:worst],
        "elbow flips": share([figures.flips > 0 for _, figures in rows]),
        "flipping": sorted(((f.flips, round(f.elbow, 2), n) for n, f in rows if f.flips), reverse=True)[:worst],
        "fastest elbow": round(max(figures.elbow for _, figures in rows), 2),
        "largest ratio of peaks": round(max(figures.ratio for _, figures in rows), 2),
        "mirrored within 1 cm": share([value <= MIRRORED for value, _ in mirrors]),
        "worst mirrors": sorted(((round(v, 3), n) for v, n in mirrors), reverse=True)[:worst],
        "contacts within 2 cm": share([d <= MET for d, _ in contacts]),
        "worst contacts": sorted(((round(d, 3), n) for d, n in contacts), reverse=True)[:worst],
        "orientation missed by > 20 degrees": share([d > ASTRAY for d, _ in astray]),
        "most astray": sorted(((round(d), n) for d, n in astray), reverse=True)[:worst],
    }


def _measured(name: str, text: str, skin: Skin) -> Figures | str:
    """The figures of a string, or why it cannot be signed."""
    try:
        return measure(text, skin)
    except PoseloomError as error:
        return f"{name}: {error}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strings", type=Path, help="a file of HamNoSys strings, as `poseloom sign --check` reads it")
    parser.add_argument("--composed", type=int, default=100, help="strings drawn in the order of the notation")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--every", type=int, default=1, help="take every n-th string")
    parser.add_argument("--worst", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    skin = Skin()
    texts = texts_of(arguments)
    measured = [(name, _measured(name, text, skin)) for name, text in texts]
    rows = [(name, figures) for name, figures in measured if isinstance(figures, Figures)]
    refused = [figures for _, figures in measured if isinstance(figures, str)]
    found = report(rows, arguments.worst)
    found["refused"] = refused
    spread = palm_spread(skin)
    found["places moving with the palm"] = {
        "median": round(sorted(v for _, v in spread)[len(spread) // 2], 3),
        "worst": sorted(((round(v, 3), n) for n, v in spread), reverse=True)[: arguments.worst],
    }
    begun = time.process_time()
    for _, figures in rows[:100]:
        sign_clip(figures.text)
    found["signs a second of CPU"] = round(min(100, len(rows)) / (time.process_time() - begun), 1)
    print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
