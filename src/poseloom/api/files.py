"""Motion files, and pictures that stand for one, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.api.motions import as_clip
from poseloom.api.photos import load_picture
from poseloom.base.files import writable_target
from poseloom.formats import registry
from poseloom.formats.pose_in_png import pose_in_png
from poseloom.formats.reading_options import ReadingOptions
from poseloom.images.kinds import shows_people
from poseloom.pose import Clip, Pose

if TYPE_CHECKING:
    from poseloom.body.export import RiggedBody

GLB = "glb"
PICTURE_FORMATS = ("photo", "video")
"""What ``format`` may say of a file whose suffix tells nothing: that it shows people."""


def load(
    path: str | Path,
    format: str | None = None,
    *,
    joint_map: Mapping[str, Any] | str | Path | None = None,
    up: str | None = None,
    unit: str | float | None = None,
    fps: float | None = None,
    person: int | str | None = None,
) -> Clip:
    """Read a motion or pose file into a `Clip`; its `.pose` has the frames as leading axis.

    Files that hold points without rotations (joint positions, ``.pose``) are fitted by the free body.

    Args:
        path: a photo or video of a person, whose body is recovered (see `recover`); a PNG that poseloom drew with its
            pose inside; BVH, AMC (with its ASF beside it), glTF, GLB, VRM, FBX, AMASS, SMPL-X or mocap npz, poseloom's
            own npz or JSON, ``.pose``, what pose estimators and motion generators write (pkl, pt, npz, npy).
        format: name of a format where the suffix does not tell; see `poseloom.formats.registry.formats`.
        joint_map: for a skeleton that is not recognised: {our joint: the file's joint}, or a JSON file with it; for
            points also the name of a convention.
        up: the file's axis that points up, where it is not found right: ``"y"``, ``"z"``, ``"-y"`` for a camera's, ...
        unit: length unit of the file: ``"m"``, ``"cm"``, ``"inch"``, ... or metres a unit.
        fps: frames a second, where the file tells none or a wrong one.
        person: which one, of several people: a name in the file, or a number; in a photo the largest by default.

    Returns:
        The clip; ``notes["remarks"]`` has one line for everything that had to be guessed.

    Raises:
        PoseloomError: the file is missing, damaged or of an unknown kind; the message names file, field and remedy.
    """
    options = ReadingOptions(joint_map, up, unit, fps, person)
    if format is None and Path(path).suffix.lower() == ".png" and options == ReadingOptions():
        drawn = pose_in_png(path)
        if drawn is not None:
            return drawn
    if format in PICTURE_FORMATS or (format is None and shows_people(path)):
        return load_picture(path, options)
    motion = registry.read_motion(path, format, options)
    if isinstance(motion, Clip):
        return motion
    from poseloom.fitting import fit_tracks
    from poseloom.formats.read_clip import remarked

    fitted = remarked(fit_tracks(motion).clip)
    assert isinstance(fitted, Clip)
    return fitted


def save(motion: Clip | Pose, path: str | Path, format: str | None = None, body: RiggedBody | None = None) -> None:
    """Write a clip, or poses as a clip of 30 frames a second, in the format of the suffix.

    Besides the formats that `load` knows, ``.glb`` writes a body: animated and skinned for a clip or several poses,
    a plain mesh for a single pose. The file appears whole or not at all.

    Args:
        motion: what to write.
        path: where to; its suffix says the format.
        format: name of a format where the suffix does not tell.
        body: which body a GLB shows, the free body's fine mesh by default; or the SMPL body that an AMASS or SMPL-X
            file is for, so that its feet stand exactly where the clip's do; by default the average one.

    Raises:
        PoseloomError: an unknown format, or a place that cannot be written.
    """
    writable_target(path)
    if format == GLB or (format is None and Path(path).suffix.lower() == f".{GLB}"):
        _save_glb(motion, path, body)
    else:
        clip = as_clip(motion)
        if body is not None:
            rest = body.skeleton().positions[0].tolist()
            clip = replace(clip, notes={**clip.notes, "rest_pelvis": rest})
        registry.write(clip, path, format, extra_writers=(GLB,))


def _save_glb(motion: Clip | Pose, path: str | Path, body: RiggedBody | None) -> None:
    from poseloom.body import default_body
    from poseloom.body.export import skinned_mesh, static_mesh
    from poseloom.formats.gltf import write_glb
    from poseloom.render.vertex_colors import vertex_colors

    body = body or default_body("full")
    colors = vertex_colors(body)
    if isinstance(motion, Pose) and not motion.batch_shape:
        write_glb(static_mesh(motion, body, colors), path)
    else:
        write_glb(skinned_mesh(as_clip(motion), body, colors), path)
