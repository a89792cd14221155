"""Draw the picture at the top of the README: stances on the free body, each with its description.

python tools/readme_picture.py docs/images/poses.webp
"""

import sys

import poseloom
from poseloom.pose import stack
from poseloom.pose.stances import stance
from poseloom.render import SheetLayout, contact_sheet, save_picture

STANCES = (
    "running (right forward)",
    "yoga tree (standing on left)",
    "kneel on right knee",
    "cross-legged sit",
)
SEED = 2


def main() -> None:
    poses = stack([stance(name).body() for name in STANCES])
    pictures = poseloom.render(poses, size=300)
    texts = poseloom.describe(poses, seed=SEED)
    save_picture(contact_sheet(pictures, texts, layout=SheetLayout(columns=4)), sys.argv[1])


if __name__ == "__main__":
    main()
