"""Files that pages name and that poseloom does not write; the comments of the pages call these by name."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

import poseloom
from poseloom.pose.joints import JOINT_NAMES

FRAMES = 9
ROOT = Path(__file__).resolve().parents[2]


def wham_output(path: str) -> None:
    """One person who stands in a T-pose, as WHAM writes it."""
    poses, places = np.zeros((FRAMES, 72), np.float32), np.zeros((FRAMES, 3), np.float32)
    person = {"pose": poses, "pose_world": poses, "trans": places, "trans_world": places}
    person |= {"betas": np.zeros((FRAMES, 10), np.float32), "frame_ids": np.arange(FRAMES)}
    Path(path).write_bytes(pickle.dumps({0: person}))


def photo(path: str) -> None:
    """A picture of a person: the left of the README's, a painting by Vermeer."""
    with Image.open(ROOT / "docs" / "images" / "photo.webp") as picture:
        picture.crop((0, 0, 448, picture.height)).convert("RGB").save(path, quality=95)


def photos(path: str) -> None:
    """A folder of one picture."""
    Path(path).mkdir()
    photo(f"{path}/one.jpg")


def clips(path: str) -> None:
    """A folder of two short motions."""
    Path(path).mkdir(exist_ok=True)
    for name in ("one", "two"):
        poseloom.save(poseloom.load("walk.bvh")[:3], Path(path) / f"{name}.bvh")


def animated(path: str, animation: str) -> None:
    """The walk as a glTF file whose animation has this name."""
    made = Path(path).with_suffix(".glb")
    poseloom.save(replace(poseloom.load("walk.bvh"), name=animation), made)
    made.rename(path)


def bone_map(path: str) -> None:
    """Our joints and the bones of a character with the same names."""
    text(path, json.dumps({name: name for name in JOINT_NAMES}))


def text(path: str, content: str) -> None:
    """Any text file."""
    Path(path).write_text(content, encoding="utf-8")
