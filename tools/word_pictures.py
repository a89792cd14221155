"""Draw the pictures and write the tables of docs/words.md: what each kind of posecode measures, and its classes.

python tools/word_pictures.py docs            # pictures and tables
python tools/word_pictures.py docs --tables   # tables alone
"""

import math
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import torch

from poseloom.body import default_body
from poseloom.language.posecodes import evaluate
from poseloom.language.posecodes.tables import posecode_tables
from poseloom.language.posescript import PoseScriptOptions, versions
from poseloom.pose import Pose, stack
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.rotations import euler_to_rotmat, rotmat_to_rotvec
from poseloom.render import SIDES, SheetLayout, View, contact_sheet, render

Turns = dict[str, tuple[str, tuple[float, ...]]]
"""Joints and how they are turned: axes and degrees, from standing with hanging arms."""

FRONT, SIDE = 12.0, 70.0
SIZE, COLUMNS = 168, 6
SIGN = {"left": 1, "right": -1}


def both(joint: str, axes: str, *degrees: float) -> Turns:
    """The same on both sides: turns about Y and Z change their sign in the mirror."""
    signs = [[1 if axis == "X" else sign for axis in axes] for sign in SIGN.values()]
    return {
        f"{side}_{joint}": (axes, tuple(a * b for a, b in zip(degrees, row, strict=True)))
        for side, row in zip(SIGN, signs, strict=True)
    }


SIT = both("hip", "X", -90) | both("knee", "X", 90)
FORWARD = both("shoulder", "Y", -90)


@dataclass(frozen=True)
class Pair:
    """Two poses that differ in one code."""

    kind: str
    joints: tuple[str, ...] | str
    """The measured joints, or the name of a super-posecode."""
    first: Turns
    second: Turns
    azimuth: float = FRONT


PAIRS = {
    "limbs": (
        Pair(
            "angle",
            ("left_shoulder", "left_elbow", "left_wrist"),
            {"left_shoulder": ("Z", (0,))},
            {"left_shoulder": ("Z", (0,)), "left_elbow": ("Y", (-90,))},
        ),
        Pair("distance", ("left_hand", "right_hand"), both("shoulder", "Y", -102), both("shoulder", "Y", -45)),
        Pair("relativeVAxis", ("left_hip", "left_knee"), {}, {"left_hip": ("X", (-88,)), "left_knee": ("X", (88,))}),
        Pair("onGround", ("left_foot",), {}, {"left_hip": ("X", (-50,)), "left_knee": ("X", (60,))}),
    ),
    "positions": (
        Pair(
            "relativePosX",
            ("left_hand", "left_shoulder"),
            {"left_shoulder": ("Y", (-115,)), "left_elbow": ("Y", (-60,))},
            {"left_shoulder": ("Y", (-90,))},
        ),
        Pair("relativePosY", ("left_hand", "left_shoulder"), {"left_shoulder": ("Z", (50,))}, {}),
        Pair(
            "relativePosZ",
            ("left_foot", "right_foot"),
            {"left_hip": ("X", (-28,)), "right_hip": ("X", (18,))},
            {},
            SIDE,
        ),
    ),
    "trunk": (
        Pair(
            "bodyInclineX",
            ("left_shoulder", "right_shoulder"),
            {"pelvis": ("X", (40,)), **both("hip", "X", -40)},
            {},
            SIDE,
        ),
        Pair("bodyInclineY", ("left_shoulder", "right_shoulder"), {"spine1": ("Y", (30,)), "spine2": ("Y", (30,))}, {}),
        Pair(
            "bodyInclineZ", ("left_shoulder", "right_shoulder"), {"spine1": ("Z", (-25,)), "spine2": ("Z", (-15,))}, {}
        ),
        Pair("relativeRotX", ("head", "neck"), {"neck": ("X", (25,)), "head": ("X", (20,))}, {}, SIDE),
        Pair("relativeRotY", ("head", "pelvis"), {"neck": ("Y", (45,))}, {}),
        Pair("relativeRotZ", ("head", "neck"), {"neck": ("Z", (22,)), "head": ("Z", (18,))}, {}),
    ),
    "supers": (
        Pair("super", "torso_horizontal", {"pelvis": ("X", (88,)), **both("hip", "X", -88), **FORWARD}, {}, SIDE),
        Pair(
            "super",
            "kneel_on_left",
            {
                "right_hip": ("X", (-90,)),
                "right_knee": ("X", (90,)),
                "left_knee": ("X", (92,)),
                "left_ankle": ("X", (60,)),
            },
            {},
            40.0,
        ),
        Pair("super", "kneeling", both("knee", "X", 92) | both("ankle", "X", 60), SIT, 40.0),
        Pair("super", "hands_shoulder_width", FORWARD, both("shoulder", "Y", -50)),
        Pair("super", "feet_shoulder_width", both("hip", "Z", 5), both("hip", "Z", 22)),
        Pair(
            "super",
            "xz-aligned_Lhand_Lknee",
            SIT | both("shoulder", "YZ", -80, -40) | both("elbow", "Y", -20),
            SIT,
            40.0,
        ),
    ),
}


def posed(turns: Turns) -> Pose:
    """A pose from turns of its joints."""
    rotations = torch.zeros(BODY_JOINTS, 3)
    for name, (axes, degrees) in (both("shoulder", "Z", -75) | turns).items():
        angles = torch.tensor([math.radians(one) for one in degrees])
        rotations[JOINT_INDEX[name]] = rotmat_to_rotvec(euler_to_rotmat(angles, axes))
    return Pose(rotations)


def measured(pair: Pair, poses: Pose) -> list[str]:
    """For both poses the value and its class."""
    codes = evaluate(default_body().joints(poses), poses.rotations)
    tables = posecode_tables()
    if pair.kind == "super":
        names = [one.id for one in tables.supers]
        rows = codes.super_eligibility[:, names.index(str(pair.joints))]
        return ["holds" if row else "does not hold" for row in rows.tolist()]
    kind = tables.kinds[pair.kind]
    column = next(
        place for place, one in enumerate(tables.sets[pair.kind]) if one.joints[: len(pair.joints)] == pair.joints
    )
    said = []
    for pose in range(2):
        value = float(codes.values(pair.kind)[pose, column])
        name = kind.categories[int(codes.categories(pair.kind)[pose, column])]
        told = "nothing to tell" if "ignored" in name else name
        digits, unit = (0, "°") if kind.unit == "deg" else (2, " m")
        said.append(f"{round(value, digits) + 0.0:.{digits}f}{unit}: {told}")  # adding zero makes a zero of minus zero
    return said


def draw(folder: Path) -> int:
    """Draw all sheets; gives their size in bytes."""
    total = 0
    for name, pairs in PAIRS.items():
        pictures, texts, labels = [], [], []
        for pair in pairs:
            poses = stack([posed(pair.first), posed(pair.second)])
            pictures += list(render(poses, SIZE, view=View(azimuth=pair.azimuth), style=SIDES))
            texts += measured(pair, poses)
            joints = pair.joints if isinstance(pair.joints, str) else ", ".join(pair.joints)
            labels += ["super-posecode" if pair.kind == "super" else pair.kind, joints.replace("_", " ")]
        columns = COLUMNS if len(pictures) % COLUMNS == 0 else 4
        layout = SheetLayout(columns=columns, gap=8, padding=6, text_size=13, label_size=11)
        path = folder / f"posecodes-{name}.webp"
        contact_sheet(torch.stack(pictures), texts, labels=labels, layout=layout).save(path, quality=72, method=6)
        total += path.stat().st_size
    return total


# -- tables ------------------------------------------------------------------------------------------------------


def kinds_table() -> list[str]:
    """Kinds of posecodes, how many of each are measured, and their classes with the bounds between them."""
    tables = posecode_tables()
    rows = ["| kind | codes | unit | classes and the bounds between them | noise |", "| --- | --- | --- | --- | --- |"]
    for kind in tables.kinds.values():
        classes = ["–" if "ignored" in name else name for name in kind.categories]
        bounds = [*(f" **{bound:g}** " for bound in kind.thresholds), ""]
        scale = "".join(a + b for a, b in zip(classes, bounds, strict=True))
        rows.append(f"| `{kind.name}` | {len(tables.sets[kind.name])} | {kind.unit} | {scale} | ± {kind.noise:g} |")
    return rows


def versions_table() -> list[str]:
    """The switches that each version of captions turns on."""
    names = [one.name for one in fields(PoseScriptOptions) if one.name not in ("noise", "faithful")]
    rows = [f"| version | {' | '.join(name.replace('_', ' ') for name in names)} |", "| --- |" + " --- |" * len(names)]
    for version, options in versions().items():
        rows.append(f"| `{version}` | {' | '.join('x' if getattr(options, name) else '' for name in names)} |")
    return rows


def with_tables(page: str) -> str:
    """The page with its tables written anew between their marks."""
    for mark, table in (("kinds", kinds_table), ("versions", versions_table)):
        start, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
        before, _, rest = page.partition(start)
        page = before + start + "\n".join(table()) + "\n" + end + rest.partition(end)[2]
    return page


def main() -> None:
    folder = Path(sys.argv[1])
    page = folder / "words.md"
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
    if "--tables" not in sys.argv:
        total = draw(folder / "images")
        sys.stderr.write(f"{total / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
