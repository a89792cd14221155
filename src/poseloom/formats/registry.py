"""Every motion format by name and suffix: one table, one `read`, one `write`.

Nothing is imported until a file is read or written: this module loads neither numpy nor torch. Adding a format means
adding its file and one row here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection
from functools import lru_cache
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.files import readable_file, writable_target
from poseloom.formats.format import Format

if TYPE_CHECKING:
    from poseloom.formats.npz_files import NpzArchive
    from poseloom.formats.reading_options import ReadingOptions
    from poseloom.pose.joint_tracks import JointTracks
    from poseloom.pose.types import Clip


def formats() -> tuple[Format, ...]:
    """All formats, in the order in which an archive's content is compared with them."""
    return _FORMATS


def read(path: str | Path, format: str | None = None, options: ReadingOptions | None = None) -> Clip:
    """Read a motion file that holds rotations; `poseloom.load` also reads those that hold points only.

    Args:
        path: the file.
        format: name of the format where suffix and content do not tell.
        options: what the user says of axes, unit, frame rate, joints and person.

    Returns:
        The clip; ``notes["remarks"]`` has a line for everything that had to be guessed.

    Raises:
        PoseloomError: the file is missing or damaged, or of a kind that is not known, or an option means nothing to it.
    """
    from poseloom.pose.types import Clip

    motion = read_motion(path, format, options)
    if not isinstance(motion, Clip):
        raise FileError(path, "holds points without rotations", remedy="poseloom.load fits a body to them")
    return motion


def read_motion(
    path: str | Path, format: str | None = None, options: ReadingOptions | None = None
) -> Clip | JointTracks:
    """Read a motion file of any kind: a clip, or tracks of points where the file has no rotations.

    Raises:
        PoseloomError: as for `read`.
    """
    file = readable_file(path)
    row = _by_content(file) if format is None else _named(format, "read")
    assert row.read is not None
    from poseloom.formats.read_clip import with_options

    return with_options(row, file, options)


def write(clip: Clip, path: str | Path, format: str | None = None, *, extra_writers: Collection[str] = ()) -> None:
    """Write a motion file; it appears whole or not at all.

    Args:
        clip: the motion.
        path: the file; its suffix tells the format unless `format` is given.
        format: name of the format.
        extra_writers: names of formats that the caller writes itself, for the list in an error's text.

    Raises:
        PoseloomError: the format is not known or cannot be written, or the place is not writable.
    """
    if format is not None:
        writer = _named(format, "write", extra_writers).write
    else:
        candidates = [row for row in _with_suffix(path) if row.write is not None]
        if not candidates:
            raise _unknown_suffix(path, "write", extra_writers)
        writer = candidates[0].write
    writable_target(path)
    if len(clip) == 0:
        raise PoseloomError(f"{path}: the clip has no frames; nothing to write")
    assert writer is not None
    from poseloom.formats.read_clip import without_remarks

    writer(without_remarks(clip), Path(path))


def _by_content(path: Path) -> Format:
    candidates = [row for row in _with_suffix(path) if row.read is not None]
    if not candidates:
        raise _unknown_suffix(path, "read")
    if Path(path).suffix.lower() == JSON:
        return _named("json" if _is_own_json(path) else "model", "read")
    if len(candidates) == 1 or candidates[0].recognise is None:
        return candidates[0]
    from poseloom.formats.npz_files import open_npz

    archive = open_npz(path)
    for row in candidates:
        if row.recognise is not None and row.recognise(archive):
            return row
    keys = ", ".join(sorted(archive)[:_LISTED_KEYS])
    raise FileError(
        path,
        f"no known motion has the arrays {keys}"[:300],
        remedy=f"known npz formats: {', '.join(row.name for row in candidates)}; choose one by name if it is one",
    )


def _named(name: str, action: str, extra: Collection[str] = ()) -> Format:
    able = [row.name for row in _FORMATS if getattr(row, action) is not None]
    for row in _FORMATS:
        if row.name == name.lower() and getattr(row, action) is not None:
            return row
    known = (*able, *extra)
    exists = any(row.name == name.lower() for row in _FORMATS)
    problem = f"format {name!r} cannot be {_PAST[action]}" if exists else f"unknown format {name!r}"
    raise PoseloomError(f"{problem}; formats that can: {', '.join(known)}{closest(name.lower(), known)}")


def _with_suffix(path: str | Path) -> list[Format]:
    suffix = Path(path).suffix.lower()
    return [row for row in _FORMATS if suffix in row.suffixes]


def _unknown_suffix(path: str | Path, action: str, extra: Collection[str] = ()) -> FileError:
    rows = [row for row in _FORMATS if getattr(row, action) is not None]
    suffixes = tuple(dict.fromkeys(suffix for row in rows for suffix in row.suffixes))
    known = (*suffixes, *(f".{name}" for name in extra))
    suffix = Path(path).suffix.lower()
    ways = _ways()["ways" if action == "read" else "not_written"]
    if suffix in ways:
        what = f"is {ways[suffix][0]}, which is not read" if action == "read" else f"{suffix} is not written"
        return FileError(path, what, remedy=ways[suffix][1] if action == "read" else ways[suffix])
    found = f"the suffix {suffix!r} tells no format that can be {_PAST[action]}" if suffix else "has no suffix"
    way = "" if action == "write" else "; or say what it is, as in --from bvh"
    return FileError(path, found, remedy=f"known: {', '.join(known)}{closest(suffix, known) if suffix else way}")


@lru_cache(maxsize=1)
def _ways() -> dict[str, Any]:
    """By the suffix of files of other programs: what they are and how to get from there to here; how to get there."""
    text = (resources.files("poseloom.formats") / "other_programs.json").read_text(encoding="utf-8")
    ways: dict[str, Any] = json.loads(text)
    return ways


def _lazy(module: str, function: str) -> Callable[..., Any]:
    """The function, imported when it is called."""

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(f"poseloom.formats.{module}"), function)(*arguments, **options)

    call.__name__ = function
    return call


JSON = ".json"
_HEAD = 1 << 16


def _is_own_json(path: Path) -> bool:
    """Whether poseloom wrote it, or something that is neither a table nor a list: its reader says what is wrong."""
    from poseloom.formats.own_npz import FORMAT

    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    return FORMAT.encode() in head or b'"rotations"' in head or not head.lstrip().startswith((b"{", b"["))


# -- which npz is it: by the names of its arrays, and the width of one of them -----------------------------------


def _is_own(archive: NpzArchive) -> bool:
    return {"format", "version", "rotations"} <= set(archive)


def _is_mocap(archive: NpzArchive) -> bool:
    return {"pose", "seq", "frame"} <= set(archive)


def _is_smplx_parameters(archive: NpzArchive) -> bool:
    if "body_pose" not in archive:
        return False
    shape = archive.header("body_pose").shape
    frame = shape[1:] if len(shape) > 1 and shape not in _ONE_SMPLX_FRAME else shape
    return math.prod(frame) in (*_SMPLX_BODY, *(3 * size for size in _SMPLX_BODY))


def _is_amass(archive: NpzArchive) -> bool:
    if {"smpl_trans", "full_pose"} & set(archive):
        return False  # those of other programs, with the same word for their poses
    if "poses" in archive:
        return math.prod(archive.header("poses").shape[1:]) in _AMASS_NUMBERS
    return {"root_orient", "pose_body"} <= set(archive) and len(archive.header("root_orient").shape) == 2


def _is_amass_smplx(archive: NpzArchive) -> bool:
    if not _is_amass(archive):
        return False
    if "poses" in archive:
        shape = archive.header("poses").shape
        return shape[-1:] == (_SMPLX_NUMBERS,) or shape[-2:] == (_SMPLX_NUMBERS // 3, 3)
    return "pose_jaw" in archive or "pose_eye" in archive


_SMPLX_NUMBERS = 165
"""Numbers a frame of SMPL-X: 55 joints."""
_AMASS_NUMBERS = (66, 72, 156, _SMPLX_NUMBERS)
"""Numbers a frame of axis-angle: body, SMPL, SMPL-H, SMPL-X. Other encodings belong to the models' reader."""
_SMPLX_BODY = (63, 69)
_ONE_SMPLX_FRAME = ((21, 3), (23, 3), (21, 3, 3), (23, 3, 3))
_LISTED_KEYS = 8
_PAST = {"read": "read", "write": "written"}
_SKELETAL = ("joint_map", "up", "unit", "fps")
_READ_AMASS = _lazy("amass", "read_amass")


def _is_model_output(archive: NpzArchive) -> bool:
    from poseloom.formats.model_outputs.people import find_layout

    return find_layout(archive) is not None


_FORMATS = (
    Format(
        "poseloom",
        "poseloom's own npz, every field exactly",
        (".npz",),
        _lazy("own_npz", "read_own_npz"),
        _lazy("own_npz", "write_own_npz"),
        _is_own,
    ),
    Format(
        "amass-smplx",
        "AMASS, SMPL-X variant",
        (".npz",),
        _READ_AMASS,
        _lazy("amass", "write_amass_smplx"),
        _is_amass_smplx,
        takes=("up",),
        takes_whole=True,
    ),
    Format(
        "amass",
        "AMASS, SMPL-H variant",
        (".npz",),
        _READ_AMASS,
        _lazy("amass", "write_amass"),
        _is_amass,
        takes=("up",),
        takes_whole=True,
    ),
    Format(
        "smplx",
        "SMPL-X or SMPL parameters, as mesh recovery writes them",
        (".npz",),
        _lazy("smplx_npz", "read_smplx_npz"),
        _lazy("smplx_npz", "write_smplx_npz"),
        _is_smplx_parameters,
        takes=("up",),
        takes_whole=True,
    ),
    Format(
        "mocap",
        "many motion-capture sequences in one npz",
        (".npz",),
        _lazy("mocap_npz", "read_mocap_npz"),
        None,
        _is_mocap,
    ),
    Format(
        "model",
        "what pose estimators and motion generators write",
        (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".npy", ".npz", ".json"),
        _lazy("model_outputs.read", "read_model_output"),
        None,
        _is_model_output,
        takes=("joint_map", "up", "unit", "fps", "person"),
        takes_whole=True,
    ),
    Format("json", "readable JSON", (".json",), _lazy("json_file", "read_json"), _lazy("json_file", "write_json")),
    Format(
        "bvh",
        "Biovision hierarchy",
        (".bvh",),
        _lazy("bvh", "read_bvh"),
        _lazy("bvh_write", "write_bvh"),
        takes=_SKELETAL,
    ),
    Format(
        "pose",
        ".pose of sign language processing, points of MediaPipe Holistic or OpenPose",
        (".pose",),
        _lazy("pose_file.clips", "read_pose_tracks"),
        _lazy("pose_file.clips", "write_pose_clip"),
        takes=("person",),
        takes_whole=True,
    ),
    Format(
        "gltf",
        "glTF, GLB, VRM: the animation of a rigged character",
        (".glb", ".gltf", ".vrm", ".vrma"),
        _lazy("gltf_read", "read_gltf"),
        takes=_SKELETAL,
    ),
    Format("fbx", "Autodesk FBX, binary and text", (".fbx",), _lazy("fbx", "read_fbx"), takes=_SKELETAL),
    Format(
        "amc",
        "Acclaim motion, with its ASF skeleton beside it",
        (".amc", ".asf"),
        _lazy("asf_amc", "read_asf_amc"),
        takes=_SKELETAL,
    ),
)
