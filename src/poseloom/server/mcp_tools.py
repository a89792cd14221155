"""The tools that assistants have: what they take, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from poseloom import api
from poseloom.base.errors import PoseloomError
from poseloom.pose import Pose
from poseloom.server.mcp_poses import PoseShelf
from poseloom.server.pictures import png_of

_SIDE = 256
PoseName = Annotated[str, Field(description="handle (pose-1), path of a file ('walk.bvh#20'), or stance ('squat')")]
Count = Annotated[int, Field(ge=1, le=16)]
Seed = Annotated[int, Field(ge=0, lt=1 << 63)]


@dataclass(frozen=True)
class Told:
    """What a tool gives.

    Args:
        values: for programs; ``notes`` among them.
        text: for reading.
        picture: a PNG.
    """

    values: dict[str, Any]
    text: str = ""
    picture: bytes | None = field(default=None, repr=False)


def generate(
    shelf: PoseShelf, text: str, n: Count = 4, seed: Seed = 0, verify: bool = True, picture: bool = True
) -> Told:
    """Make poses that a text tells of ("a person kneeling with both arms raised"); gives handles and a picture."""
    made = api.generate(text, n, seed, verify=verify)
    return _made(shelf, made.poses, made.as_json(), picture)


def edit(
    shelf: PoseShelf, pose: PoseName, instruction: str, n: Count = 1, seed: Seed = 0, picture: bool = True
) -> Told:
    """Change a pose as an instruction says, such as "raise the left arm"; gives new handles and a picture."""
    made = api.edit(shelf.pose(pose), instruction, n, seed)
    return _made(shelf, made.poses, made.as_json(), picture)


def describe(
    shelf: PoseShelf,
    pose: PoseName,
    style: Literal["paragraph", "short", "list", "coach"] = "paragraph",
    names: bool = True,
) -> Told:
    """Say in words what a pose is, sentence by sentence with the joints that each speaks of."""
    told = api.describe_sentences(shelf.pose(pose), style=style, names=names)
    return Told(told.as_json(), told[0])


def describe_motion(shelf: PoseShelf, clip: PoseName) -> Told:
    """Tell a clip phase by phase: steps and repetitions counted, sides, speeds, turns."""
    told = api.describe_motion(shelf.clip(clip))
    return Told(told.as_json(), told.text)


def instruct(shelf: PoseShelf, start: PoseName, end: PoseName) -> Told:
    """Say how to get from one pose to another; of two clips what to do differently, repetition by repetition."""
    told = api.instruct(shelf.clip(start), shelf.clip(end))
    return Told(told.as_json(), "\n".join(told))


def check(
    shelf: PoseShelf,
    clip: PoseName,
    sentences: list[str],
    each: Literal["repetition", "frame", "clip"] = "repetition",
) -> Told:
    """Judge a motion by sentences, such as "both knees bent past 90 degrees", for each repetition."""
    told = api.check(shelf.clip(clip), sentences, each=each)
    return Told(told.as_json())


def judge(shelf: PoseShelf, text: str, poses: list[PoseName]) -> Told:
    """Which facts of a text hold for poses, by the geometry."""
    return Told(api.judge(text, shelf.poses(poses)).as_json())


def caption(shelf: PoseShelf, pose: PoseName) -> Told:
    """What a learned model says of a pose; describe says it by rule."""
    told = api.caption(shelf.pose(pose))
    return Told(told.as_json(), told[0])


def render(
    shelf: PoseShelf,
    pose: PoseName,
    azimuth: Annotated[float | None, Field(ge=-360, le=360, description="0 from the front, 90 from the left")] = None,
    size: Annotated[int, Field(ge=64, le=1024)] = 512,
) -> Told:
    """Draw a pose."""
    from poseloom.render import View

    view = None if azimuth is None else View(azimuth)
    return Told(
        {"pose": pose, "notes": []}, f"a picture of {pose}", png_of(api.render(shelf.pose(pose), size, view=view))
    )


def control_picture(
    shelf: PoseShelf,
    pose: PoseName,
    style: Literal["openpose", "depth", "normal", "mask", "parts"] = "openpose",
    size: Annotated[int, Field(ge=64, le=1024)] = 512,
) -> Told:
    """A control picture for image generators: OpenPose sticks, depth, normals, mask or parts, and a caption."""
    from poseloom.render.control import control

    made = control(shelf.pose(pose), size)
    says = f"A person {made.view}. {api.describe(made.pose)[0]}"
    return Told({"pose": pose, "caption": says, "notes": []}, says, png_of(made.picture(style)))


def open_file(shelf: PoseShelf, path: str) -> Told:
    """Open a motion file, a photo or a video of a person on this machine; gives a handle."""
    place = Path(path).expanduser()
    clip = api.load(place)
    remarks = clip.notes.get("remarks", [])
    notes = [str(one) for one in remarks] if isinstance(remarks, list) else []
    (handle,) = shelf.keep(clip)
    values = {"handle": handle, "name": clip.name, "frames": len(clip), "fps": clip.fps, "notes": notes}
    return Told(values, f"{handle}: {clip.name}, {len(clip)} frames at {clip.fps:g} a second")


def save_file(shelf: PoseShelf, pose: PoseName, path: str) -> Told:
    """Write a pose or clip as .npz, .json, .bvh, .glb or .pose on this machine; nothing is written over."""
    place = Path(path).expanduser()
    if place.exists():
        raise PoseloomError(f"{place}: is there already; name another file")
    api.save(shelf.clip(pose), place)
    return Told({"file": str(place), "notes": []}, str(place))


def angles(shelf: PoseShelf, pose: PoseName) -> Told:
    """The 57 anatomical angles of a pose in degrees."""
    from poseloom.pose import Clip

    table = api.angles(Clip(shelf.pose(pose).reshape(1)))
    values = dict(zip(table.names, (round(one, 1) for one in table.degrees[0].tolist()), strict=True))
    return Told({"unit": "degrees", "angles": values, "notes": []})


def list_stances(shelf: PoseShelf) -> Told:
    """Names of the stances that other tools take as poses."""
    from poseloom.pose.stances import stance_names

    return Told({"stances": list(stance_names()), "notes": []})


def search(shelf: PoseShelf, index: str, text: str, k: Annotated[int, Field(ge=1, le=50)] = 10) -> Told:
    """Rows of an index on this machine (a folder made by 'poseloom index build') that meet a question in words."""
    return Told(api.find(text, Path(index).expanduser(), k, near=True).as_json())


def sign(shelf: PoseShelf, hamnosys: str) -> Told:
    """Say in English what a string of HamNoSys means, and sign it; gives the handle of the clip."""
    made = api.sign(hamnosys)
    (handle,) = shelf.keep(made.clip)
    return Told({"handle": handle, **made.as_json()}, made.says)


def _made(shelf: PoseShelf, poses: Pose, values: dict[str, Any], picture: bool) -> Told:
    """Poses that were made: their handles stand for their numbers."""
    handles = shelf.keep(poses)
    rows = [{"handle": handle} for handle in handles]
    for row, pose in zip(rows, values["poses"], strict=True):
        row.update({name: pose[name] for name in ("facts_read", "facts_true", "holds") if name in pose})
    values = {name: value for name, value in values.items() if name != "joints"} | {"poses": rows}
    drawn = _sheet(poses, handles) if picture else None
    return Told(values, f"poses: {', '.join(handles)}", drawn)


def _sheet(poses: Pose, labels: list[str]) -> bytes:
    from poseloom.render import contact_sheet, to_pil

    return png_of(contact_sheet([to_pil(one) for one in api.render(poses, _SIDE)], labels=labels))


TOOLS: tuple[Callable[..., Told], ...] = (
    *(generate, edit, describe, describe_motion, instruct, check, judge, caption),
    *(render, control_picture, open_file, save_file, angles, list_stances, search, sign),
)
"""All of them; each takes the session's poses first."""
