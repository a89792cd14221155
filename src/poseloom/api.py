"""The functions that users call. The commands call these.

`load`, `save`, `render`; by rule `describe`, `instruct`, `sign`; by learned models `generate`, `edit`, `caption`,
`load_model`; `keypoints` of people in pictures and videos; `find` in an index; `judge` words by poses. What they find,
make and say are results (`poseloom.results`): each carries notes for the user, and its JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.files import writable_target
from poseloom.base.ranges import seed_number
from poseloom.checkpoints.finding import find
from poseloom.checkpoints.registry import load_model
from poseloom.formats import registry
from poseloom.formats.reading_options import ReadingOptions
from poseloom.images.kinds import shows_people
from poseloom.pose import Clip, Pose
from poseloom.pose.limbs import LIMBS
from poseloom.results.poses import Edited, Generated
from poseloom.results.recovered import RECOVERED_NOTE, UNSEEN_NOTE
from poseloom.results.texts import Captioned, Described, Instructed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseloom.body.export import RiggedBody
    from poseloom.pose.angles import AngleTable
    from poseloom.results.keypoints import Keypoints
    from poseloom.results.poses import Judged
    from poseloom.results.recovered import Recovered
    from poseloom.results.signing import Explained, Signed
    from poseloom.tasks.keypoints.sources import Progress, Source

__all__ = [
    "angles",
    "as_clip",
    "as_pose",
    "caption",
    "describe",
    "edit",
    "explain",
    "find",
    "generate",
    "instruct",
    "judge",
    "keypoints",
    "load",
    "load_model",
    "recover",
    "render",
    "save",
    "select",
    "sign",
]

GLB = "glb"
LONGEST_LENS = 5000
"""Millimetres."""
PICTURE_FORMATS = ("photo", "video")
"""What ``format`` may say of a file whose suffix tells nothing: that it shows people."""
_REMEDY = "poseloom.load reads one from a file"


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
        path: a photo or video of a person, whose body is recovered (see `recover`); BVH, AMC (with its ASF beside it),
            glTF, GLB, VRM, FBX, AMASS, SMPL-X or mocap npz, poseloom's own npz or JSON, ``.pose``, what pose estimators
            and motion generators write (pkl, pt, npz, npy).
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
    if format in PICTURE_FORMATS or (format is None and shows_people(path)):
        return _load_picture(path, options)
    motion = registry.read_motion(path, format, options)
    if isinstance(motion, Clip):
        return motion
    from poseloom.fitting import fit_tracks
    from poseloom.formats.read_clip import remarked

    fitted = remarked(fit_tracks(motion).clip)
    assert isinstance(fitted, Clip)
    return fitted


def _load_picture(path: str | Path, options: ReadingOptions) -> Clip:
    """The person in a picture or video as a clip; the one that is asked for, else the largest."""
    for name in ("joint_map", "up", "unit"):
        if getattr(options, name) is not None:
            raise PoseloomError(f"{path}: {name} cannot be given for a picture or video; it takes person and fps")
    number = 0 if options.person is None else options.person
    if isinstance(number, str) and not number.isdigit():
        raise PoseloomError(f"{path}: person {number!r}: the people of a picture are numbered 0, 1, ...")
    person = None if options.person is None else int(number)
    return recover(path, people=1 if person is None else None, fps=options.fps).clip(person)


def recover(
    source: Source,
    *,
    boxes: Sequence[Sequence[float]] | Tensor | None = None,
    people: int | None = 1,
    fps: float | None = None,
    lens: float | None = None,
    algorithm: str = "landmarks",
    smooth: bool = True,
    progress: Progress | None = None,
) -> Recovered:
    """The bodies of the people in a picture or a video: poses, where they stand before the camera, what was seen.

    Args:
        source: path of a picture or video, bytes of a picture, a Pillow image, or RGB floats (3, height, width).
        boxes: where the people are, x, y, width, height in pixels each; found by the detector if None.
        people: how many at most, the larger ones first; None for all.
        fps: frames a second of a video that are looked at; all by default.
        lens: focal length in millimetres on a sensor of 36 x 24; by default that of the file, or a normal lens.
        algorithm: how bodies are found: ``landmarks`` fits the free body to the keypoints.
        smooth: smooth the keypoints of a video over time.
        progress: told how far a video is.

    Raises:
        PoseloomError: nobody is found, a box outside the picture, no picture or video that can be read.
    """
    from poseloom.images.read import lens_of
    from poseloom.tasks.mesh_recovery.predict import recover_bodies

    found = keypoints(source, boxes=boxes, people=people, fps=fps, smooth=smooth, progress=progress)
    if lens is not None and not 1 <= lens <= LONGEST_LENS:
        raise PoseloomError(f"lens: expected 1 to {LONGEST_LENS} millimetres, got {lens:g}")
    if lens is None and found.fps is None and not isinstance(source, Tensor):
        lens = lens_of(source)
    return recover_bodies(found, lens=lens, algorithm=algorithm)


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


def describe(
    pose: Pose | Clip, seed: int = 0, *, style: str | None = None, version: str | None = None, names: bool = False
) -> Described:
    """Describe poses in plain English by rule: one text for each pose of the (flattened) batch.

    The result is used as a list of texts; those of a clip know their frames and times. The same seed gives the same
    words in any process; another seed words the same facts differently. Of a pose that was recovered from a picture
    only what is fairly sure is told; what the picture does not show of a person is said to be missing.

    Args:
        pose: what to describe.
        seed: chooses words.
        style: ``paragraph`` (default), ``short``, ``list`` or ``coach``, which speaks to the reader.
        version: write captions in the manner of PoseScript instead: ``complete``, ``A`` to ``F``, ``N2``, ...
        names: begin with the named pose, where somebody is in one: "The pose is warrior two to the left."

    Raises:
        PoseloomError: an unknown style or version, or both given, or names asked of a version.
    """
    if names and version is not None:
        raise PoseloomError(f"names and version {version!r}: give one of them; versions name no poses")
    if version is not None and style is not None:
        raise PoseloomError(f"style {style!r} and version {version!r}: give one of them; versions have no styles")
    seed = seed_number(seed)
    unseen = _unseen(pose)
    notes: tuple[str, ...] = ()
    if version is None:
        from poseloom.language import describe as write

        poses, doubtful = as_pose(pose), _from_picture(pose)
        texts = write(poses, seed, style=style or "paragraph", unseen=unseen, doubtful=doubtful, names=names)
    else:
        from poseloom.language.posescript import captions

        texts, notes = captions(as_pose(pose), version, seed), _guessed(unseen)
    described = Described(tuple(texts), notes=notes)
    return described.at(range(len(pose)), pose.fps) if isinstance(pose, Clip) else described


def instruct(
    pose_a: Pose | Clip,
    pose_b: Pose | Clip,
    seed: int = 0,
    *,
    style: str | None = None,
    version: str | None = None,
    model: str | Path | None = None,
) -> Instructed:
    """Say how to get from each pose of `pose_a` to its counterpart in `pose_b`, the largest changes first.

    Limbs that a photo does not show, of either, are not told of.

    Args:
        pose_a: where to start.
        pose_b: where to end; of the same batch shape.
        seed: chooses words.
        style: ``paragraph`` (if None), ``short``, or ``list``.
        version: write by paircodes in the manner of PoseFix instead: ``full``, ``pfA`` to ``pfC``, ``embroider``, ...
        model: let a learned model say it instead, by name or path: ``instruction`` is the one that poseloom ships.

    Raises:
        PoseloomError: other batch shapes, an unknown style or version, a model with either.
    """
    unseen = _unseen(pose_a) | _unseen(pose_b)
    start, end, seed = as_pose(pose_a), as_pose(pose_b), seed_number(seed)
    if unseen and start.batch_shape == end.batch_shape:
        end = _with_limbs_of(end, start, tuple(unseen))
    notes = _not_compared(unseen)
    if model is not None:
        if style is not None or version is not None:
            raise PoseloomError("styles and versions belong to the rules; leave them out or leave the model out")
        told = load_model(model, "instruction").instruct(start, end)
        return replace(told, notes=(*told.notes, *notes))
    style = style or "paragraph"
    if version is None:
        from poseloom.language import instruct as write

        return Instructed(tuple(write(start, end, seed=seed, style=style)), notes=notes)
    from poseloom.language import instructions

    return Instructed(tuple(instructions(start, end, version, seed, style=style)), notes=notes)


def _from_picture(motion: Pose | Clip) -> bool:
    """Whether a clip's poses were recovered from a picture, by its notes."""
    return isinstance(motion, Clip) and motion.notes.get(RECOVERED_NOTE) in ("picture", "video")


def _unseen(motion: Pose | Clip) -> dict[str, str]:
    """Limbs that are guesses, by the notes of a clip, also of one that was read from a file."""
    told = motion.notes.get(UNSEEN_NOTE, {}) if isinstance(motion, Clip) else {}
    known = isinstance(told, dict) and all(limb in LIMBS for limb in told)
    return {str(limb): str(why) for limb, why in told.items()} if known else {}


def _guessed(unseen: Mapping[str, str]) -> tuple[str, ...]:
    names = ", ".join(limb.replace("_", " ") for limb in unseen)
    return (f"not seen in the picture, so what is said of it is a guess: {names}",) if unseen else ()


def _not_compared(unseen: Mapping[str, str]) -> tuple[str, ...]:
    names = ", ".join(limb.replace("_", " ") for limb in unseen)
    return (f"not seen in both pictures, so not told of: {names}",) if unseen else ()


def _with_limbs_of(pose: Pose, other: Pose, limbs: Sequence[str]) -> Pose:
    """A pose with some limbs as in another one."""
    rotations = pose.rotations.clone()
    for limb in limbs:
        rotations[..., LIMBS[limb], :] = other.rotations[..., LIMBS[limb], :]
    return replace(pose, rotations=rotations)


def generate(
    text: str,
    n: int = 4,
    seed: int = 0,
    *,
    verify: bool = False,
    model: str | Path = "generation",
    anyway: bool = False,
) -> Generated:
    """Poses (n,) that a text tells of, each another one, facing +Z, and which facts of the text hold for each.

    Args:
        text: plain English: names of poses, limbs, whole descriptions; an empty one asks for any pose. The result says
            what was understood, what was not, and what was assumed.
        n: number of poses.
        seed: the same seed gives the same poses.
        verify: draw more, check them by the geometry against the facts that are read in the text, give the best.
        model: by name or path.
        anyway: draw poses even where nothing of the text is understood.

    Raises:
        PoseloomError: no such model, no number of poses from 1 to 10,000, or a text of which nothing is understood.
    """
    return load_model(model, "generation").generate(text, n, seed, verify, anyway)


def edit(
    pose: Pose | Clip,
    instruction: str,
    n: int = 1,
    seed: int = 0,
    *,
    verify: bool = False,
    model: str | Path = "editing",
) -> Edited:
    """A pose changed as an instruction says, in `n` ways: poses (n,) with its heading, translation, hands and shape.

    Args:
        pose: a single one.
        instruction: plain English. What is not understood of it stands in the notes.
        n: number of changed poses.
        seed: the same seed gives the same poses.
        verify: draw more, check them by the geometry against what is read in the instruction, give the best.
        model: by name or path.

    Raises:
        PoseloomError: no such model, several poses, an empty instruction, no number of poses from 1 to 1,000.
    """
    return load_model(model, "editing").edit(as_pose(pose), instruction, n, seed, verify)


def caption(
    pose: Pose | Clip,
    *,
    beams: int = 1,
    top_k: int = 0,
    top_p: float = 1.0,
    temperature: float = 1.0,
    seed: int = 0,
    model: str | Path = "captioning",
) -> Captioned:
    """What a learned model says of poses: one text for each pose of the (flattened) batch. `describe` does it by rule.

    Args:
        pose: what is said.
        beams: texts that are followed side by side; 1 is the most probable word each time.
        top_k: draw words among this many most probable ones.
        top_p: draw words among the most probable ones that together have this probability.
        temperature: temperature of drawn words.
        seed: seed of drawn words.
        model: by name or path.

    Raises:
        PoseloomError: no such model, or options that do not go together.
    """
    from poseloom.tasks.common.wording import Wording

    wording = Wording(beams, top_k, top_p, temperature, seed)
    captioned = load_model(model, "captioning").caption(as_pose(pose), wording)
    captioned = replace(captioned, notes=(*captioned.notes, *_guessed(_unseen(pose))))
    return captioned.at(range(len(pose)), pose.fps) if isinstance(pose, Clip) else captioned


def sign(text: str, name: str = "", *, strict: bool = False) -> Signed:
    """A body that signs HamNoSys by rule: 52 joints at 25 frames a second. ``load_model("sign")`` signs as it learned.

    Args:
        text: symbols of HamNoSys, or their names: ``"flathand extfingerl palml chest touch"``.
        name: name of the clip.
        strict: slips that are passed over count as mistakes.

    Raises:
        PoseloomError: a string that breaks the notation, or a name that no symbol has.
    """
    from poseloom.results.signing import Signed
    from poseloom.signer import sign_clip

    told = explain(text, strict=strict)
    return Signed(told.hamnosys, told.says, sign_clip(told.hamnosys, name), notes=told.notes)


def explain(text: str, *, strict: bool = False) -> Explained:
    """What HamNoSys says, in English; the notes are the slips that were passed over.

    Args:
        text: as for `sign`.
        strict: slips count as mistakes.

    Raises:
        PoseloomError: a string that breaks the notation, or a name that no symbol has.
    """
    from poseloom.language.hamnosys import explain as in_english
    from poseloom.language.hamnosys import notation, parse
    from poseloom.results.signing import Explained

    hamnosys = notation(text)
    signs = parse(hamnosys, strict=strict)
    return Explained(hamnosys, in_english(signs), notes=tuple(str(remark) for remark in signs.remarks))


def keypoints(
    source: Source,
    *,
    boxes: Sequence[Sequence[float]] | Tensor | None = None,
    people: int | None = None,
    fps: float | None = None,
    hands: bool = True,
    face: bool = False,
    smooth: bool = True,
    progress: Progress | None = None,
) -> Keypoints:
    """The people in a picture or a video: 33 points of the body, in the picture and in metres, hands, faces.

    Args:
        source: path of a picture or video (also an animated GIF or WebP), bytes of a picture, a Pillow image, or RGB
            floats (3, height, width) in [0, 1].
        boxes: where the people are, x, y, width, height in pixels each, of a video in its first frame; nobody else is
            looked for then. Found by the detector if None.
        people: how many at most, the larger ones first; None for all. In a picture, 1 takes less time: no small people
            are looked for when a prominent one is there.
        fps: frames a second of a video that are looked at; all by default.
        hands: look for 21 points of each hand.
        face: look for 468 points of each face.
        smooth: smooth points of a video over time.
        progress: told how far a video is.

    Raises:
        PoseloomError: nobody is found, a box outside the picture, no picture or video that can be read.
    """
    from poseloom.checkpoints.people import keypoint_reader
    from poseloom.tasks.keypoints.sources import read_keypoints

    return read_keypoints(
        keypoint_reader(),
        source,
        boxes=boxes,
        people=people,
        fps=fps,
        hands=hands,
        face=face,
        smooth=smooth,
        progress=progress,
    )


def judge(text: str, pose: Pose | Clip, pose_b: Pose | Clip | None = None) -> Judged:
    """Which facts of a text hold for each pose, by the geometry; with a second pose, which changes of an instruction.

    Args:
        text: a description, or an instruction where `pose_b` is given, in plain English; its first 250 words count.
        pose: what the text is about; a batch is flattened.
        pose_b: what the instruction leads to: one for each pose, or several for a single one.

    Raises:
        PoseloomError: as many second poses as do not fit.
    """
    from poseloom.nn.text.reading import cut_notes
    from poseloom.results.poses import Judged
    from poseloom.tasks.common.checking import instructed_facts, stated_facts

    first = as_pose(pose).reshape(-1)
    facts = stated_facts(text, first) if pose_b is None else instructed_facts(text, first, as_pose(pose_b).reshape(-1))
    return Judged(text, facts, notes=cut_notes(text))


def angles(motion: Clip | Pose) -> AngleTable:
    """The 57 anatomical angles of every frame, in degrees: what a goniometer would read off each joint.

    `poseloom.pose.angles.angle_definitions` says what each one measures.
    """
    from poseloom.pose.angles import angles_of

    return angles_of(as_clip(motion))


def render(pose: Pose | Clip, size: int = 256, **options: Any) -> Float[Tensor, "*batch 3 height width"]:
    """Draw poses on the free body: RGB images in [0, 1]. `options`: see `poseloom.render.pictures.render`."""
    from poseloom.render.pictures import render as draw

    return draw(as_pose(pose), size, **options)


def as_pose(motion: Pose | Clip) -> Pose:
    """The poses of a clip, or the pose itself."""
    if isinstance(motion, Clip):
        return motion.pose
    if isinstance(motion, Pose):
        return motion
    remedy = next((f"give its .{name}" for name in ("poses", "clip") if hasattr(motion, name)), _REMEDY)
    raise PoseloomError(f"expected a Pose or a Clip, got {type(motion).__name__}; {remedy}")


def as_clip(motion: Clip | Pose) -> Clip:
    """The clip itself, or poses as its frames."""
    if isinstance(motion, Clip):
        return motion
    return Clip(as_pose(motion).reshape(-1))


def select(clip: Clip, frames: list[int]) -> Clip:
    """The given frames of a clip; the rate no longer means anything when they are not evenly spaced.

    Raises:
        PoseloomError: a frame is not in the clip.
    """
    for frame in frames:
        if not 0 <= frame < len(clip):
            raise PoseloomError(
                f"{clip.name or 'clip'}: frame {frame} is out of range; the clip has {len(clip)} frames, "
                f"0 to {len(clip) - 1}"
            )
    return replace(clip, pose=clip.pose[torch.tensor(frames, dtype=torch.long)])
