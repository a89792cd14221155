"""Draws the named poses of the lexicon as sheets of pictures, and tells what does not hold of them as they are written.

python tools/named_poses.py [FOLDER] [--file yoga] [--name "tree pose"] [--after 20] [--settle]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

_AT_ONCE, _COLUMNS, _PIXELS = 20, 5, 200
_AZIMUTHS = (None, 75.0)
"""From where each pose is seen: as pictures choose it themselves, and degrees from its front to its left."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="where the sheets go; without, nothing is drawn")
    parser.add_argument("--file", help="one file of named/, without .json")
    parser.add_argument("--name", action="append", help="one pose, may be given again")
    parser.add_argument("--after", type=int, default=0, help="leave out so many of the chosen ones")
    parser.add_argument("--settle", action="store_true", help="write settled.safetensors: all entries as they come out")
    arguments = parser.parse_args()
    if arguments.settle:
        _settle()
    from poseloom.language.lexicon.checking import faults_of
    from poseloom.language.lexicon.entries import named_poses

    chosen = [
        pose
        for pose in named_poses().values()
        if arguments.file in (None, pose.field) and (not arguments.name or pose.name in arguments.name)
    ][arguments.after :]
    for pose in chosen:
        for fault in faults_of(pose):
            print(f"{pose.field}.json: {pose.name}: {fault}")
    print(f"{len(chosen)} of {len(named_poses())} named poses")
    if arguments.folder is not None:
        _draw([pose.name for pose in chosen], arguments.folder)


def _settle() -> None:
    import torch
    from safetensors.torch import save_file

    from poseloom.language.lexicon.bodies import SETTLED, body_pose, digest
    from poseloom.language.lexicon.entries import named_poses

    everyone = named_poses()
    angles = torch.stack([body_pose(name).angles for name in everyone])  # those that have not changed are kept
    digests = json.dumps({name: digest(pose) for name, pose in everyone.items()})
    save_file({"angles": angles}, SETTLED, metadata={"digests": digests})
    print(f"{SETTLED.name}: {len(everyone)} entries, {SETTLED.stat().st_size / 1e3:.0f} kB")


def _draw(names: list[str], folder: Path) -> None:
    import torch

    from poseloom.language.lexicon.bodies import posed
    from poseloom.pose.contact import ground
    from poseloom.pose.types import stack
    from poseloom.render import View, contact_sheet, render, save_picture
    from poseloom.render.sheet import SheetLayout

    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        poses = stack([ground(posed(name)) for name in part])
        seen = [render(poses, _PIXELS, view=View(azimuth=azimuth)) for azimuth in _AZIMUTHS]
        layout = SheetLayout(columns=_COLUMNS, gap=8, padding=4)
        save_picture(contact_sheet(torch.cat(seen, -1), part, layout=layout), folder / f"named_{start:03d}.png")


if __name__ == "__main__":
    main()
