"""Which estimator a ``.pose`` file comes from, by the names in its header, and its usual selections of points.

The reader takes any header. What works on named points (shoulders, legs, hands) needs one of the two families that
`layouts.json` names: MediaPipe Holistic (543 points, 553 with irises, 576 and 586 with the world landmarks, and what
is selected from those) and OpenPose with 25 body points (137 in all, and what is selected from those). OpenPose 135
files name their points otherwise: they are read and written, but have no named selections.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from poseloom.base.errors import PoseloomError
from poseloom.formats.pose_file.sequence import PoseSequence


@dataclass(frozen=True)
class Layout:
    """Names of one family of estimators.

    Args:
        name: ``holistic`` or ``openpose``.
        shoulders: component, right shoulder, left shoulder.
        legs: points below the hips, for each component.
        hips: the two hip joints, for each component.
        face: component of the face.
        hands: components of the left and of the right hand.
        wrists: for left and right: component and point of the body's wrist, component and point of the hand's.
    """

    name: str
    shoulders: tuple[str, str, str]
    legs: dict[str, tuple[str, ...]]
    hips: dict[str, tuple[str, ...]]
    face: str
    hands: tuple[str, str]
    wrists: tuple[tuple[str, str, str, str], tuple[str, str, str, str]]


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """`layouts.json`."""
    text = (resources.files("poseloom.formats.pose_file") / "layouts.json").read_text(encoding="utf-8")
    return json.loads(text)


@lru_cache(maxsize=2)
def layout(name: str) -> Layout:
    """A family by its name."""
    row = table()[name]
    left, right = (tuple(wrist) for wrist in row["wrists"])
    return Layout(
        name=name,
        shoulders=tuple(row["shoulders"]),
        legs={component: tuple(points) for component, points in row["legs"].items()},
        hips={component: tuple(points) for component, points in row["hips"].items()},
        face=row["face"],
        hands=tuple(row["hands"]),
        wrists=(left, right),
    )


def layout_of(sequence: PoseSequence) -> Layout:
    """The family of a sequence: the one whose shoulders or hands it has.

    Raises:
        PoseloomError: neither.
    """
    names = {component.name for component in sequence.components}
    for known in (layout("holistic"), layout("openpose")):
        if names & {known.shoulders[0], *known.hands}:
            return known
    raise PoseloomError(
        f"the components {', '.join(sorted(names))[:120]} are neither MediaPipe Holistic's nor OpenPose's; "
        "select points by name instead"
    )


def holistic_75(sequence: PoseSequence) -> PoseSequence:
    """Body 33 and both hands, what text-to-pose trains on."""
    return sequence.select(dict.fromkeys(("POSE_LANDMARKS", *layout("holistic").hands)))


def holistic_178(sequence: PoseSequence) -> PoseSequence:
    """Holistic reduced: 8 body points, 128 points of the face's contours, both hands."""
    own = table()["holistic"]
    wanted = {"POSE_LANDMARKS": own["reduced_body"], own["face"]: [str(index) for index in own["face_contours"]]}
    return sequence.select({**wanted, **dict.fromkeys(own["hands"])})


def hands_only(sequence: PoseSequence) -> PoseSequence:
    """Both hands, 21 + 21 points."""
    return sequence.select(dict.fromkeys(layout_of(sequence).hands))
