"""Draws the named poses of the lexicon as sheets of pictures, and tells what does not hold of them as they are written.

python tools/named_poses.py [FOLDER] [--file yoga] [--name "tree pose"]
"""

from __future__ import annotations

import argparse
from pathlib import Path

_AT_ONCE, _COLUMNS, _PIXELS = 40, 8, 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="where the sheets go; without, nothing is drawn")
    parser.add_argument("--file", help="one file of named/, without .json")
    parser.add_argument("--name", action="append", help="one pose, may be given again")
    arguments = parser.parse_args()
    from poseloom.language.lexicon.checking import faults_of
    from poseloom.language.lexicon.entries import named_poses

    chosen = [
        pose
        for pose in named_poses().values()
        if arguments.file in (None, pose.field) and (not arguments.name or pose.name in arguments.name)
    ]
    for pose in chosen:
        for fault in faults_of(pose):
            print(f"{pose.field}.json: {pose.name}: {fault}")
    print(f"{len(chosen)} of {len(named_poses())} named poses")
    if arguments.folder is not None:
        _draw([pose.name for pose in chosen], arguments.folder)


def _draw(names: list[str], folder: Path) -> None:
    from poseloom.language.lexicon.bodies import body_pose
    from poseloom.pose.contact import ground
    from poseloom.pose.movement import to_matrices
    from poseloom.pose.types import Pose, stack
    from poseloom.render import contact_sheet, render, save_picture
    from poseloom.render.sheet import SheetLayout

    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        poses = stack([ground(Pose.from_matrices(to_matrices(body_pose(name).angles))) for name in part])
        sheet = contact_sheet(render(poses, _PIXELS), part, layout=SheetLayout(columns=_COLUMNS))
        save_picture(sheet, folder / f"named_{start:03d}.png")


if __name__ == "__main__":
    main()
