"""The person of a photo in another pose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.api.files import load
from poseloom.api.models import generate
from poseloom.base.errors import FileError
from poseloom.checkpoints.registry import load_model
from poseloom.formats import registry
from poseloom.pose import Clip, Pose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float
    from torch import Tensor

    from poseloom.pose.picture_keypoints import PictureKeypoints
    from poseloom.results.transferred import Transferred
    from poseloom.tasks.keypoints.sources import Source


def transfer(
    photo: Source,
    to: str | Path | Pose | Clip,
    *,
    model: str | Path | None = None,
    box: Sequence[float] | None = None,
    seed: int = 0,
    keep_heading: bool = True,
    from_files: bool = True,
) -> Transferred:
    """The person of a photo in another pose, in the same photo.

    Args:
        photo: path of a picture, bytes of one, a Pillow image, or RGB floats (3, height, width) in [0, 1]; the largest
            person in it. Photos above 1280 pixels are shrunk.
        to: the pose: words, a path of another photo or of a motion file (its first frame), or a `Pose` or `Clip`. Words
            that name limbs and no posture ("this person, waving") move these limbs alone. With a generator also the
            path of a file of keypoints (`poseloom.formats.keypoint_files`), in pixels of the photo, or of the size that
            it states.
        model: path of a generator that makes the picture; without one the body that is fitted to the photo carries its
            visible surface over, and what was hidden is guessed.
        box: where the person is, x, y, width, height in pixels; looked for if None.
        seed: of the pose that is drawn for words.
        keep_heading: the person keeps looking where they look; else the pose's own heading counts, 0 to the camera.
        from_files: words in `to` that are the path of a file mean that file.

    Raises:
        PoseloomError: nobody is found, too little of the person is seen, or there is no such pose or model.
    """
    from poseloom.checkpoints.transferring import opened_photo
    from poseloom.tasks.transfer.photo import transferred

    joints = _keypoints_in(to) if from_files and not isinstance(to, Pose | Clip) else None
    opened = opened_photo(photo, box)
    if joints is not None:
        target, notes = _target_joints(joints, photo, (opened[0].shape[-2], opened[0].shape[-1]))
    else:
        target, notes = _target_pose(to, opened[2].poses[0], seed, from_files)
    generator = None if model is None else load_model(model, "transfer")
    made = transferred(*opened, target, model=generator, keep_heading=keep_heading)
    return replace(made, notes=(*made.notes, *notes))


def _keypoints_in(path: str | Path) -> PictureKeypoints | None:
    """Those of a file, if it is one of keypoints."""
    if Path(path).suffix.lower() != ".json" or not Path(path).is_file():
        return None
    from poseloom.formats.keypoint_files import read_keypoint_file

    try:
        return read_keypoint_file(path)
    except FileError:  # a motion, or damaged: whoever reads motions tells
        return None


def _target_joints(
    found: PictureKeypoints, photo: Source, size: tuple[int, int]
) -> tuple[Float[Tensor, "18 2"], tuple[str, ...]]:
    """Joints of the largest person of a file in pixels of the opened photo, and what is to be said of them."""
    from torch import Tensor

    from poseloom.images.read import read_picture
    from poseloom.tasks.transfer.people import joints_of_file

    whole = photo if isinstance(photo, Tensor) else read_picture(photo)
    count = int((found.frame == found.frame.amin()).sum())
    notes = (f"the file has {count} people; the largest one is taken",) if count > 1 else ()
    return joints_of_file(found, size, (whole.shape[-2], whole.shape[-1])), notes


def _target_pose(to: str | Path | Pose | Clip, own: Pose, seed: int, from_files: bool) -> tuple[Pose, tuple[str, ...]]:
    """One pose of what `transfer` takes, and what is to be said of it; `own` is that of the photo."""
    if isinstance(to, Clip):
        to = to.pose
    if isinstance(to, Pose):
        return (to if not to.batch_shape else to[0]), ()
    if isinstance(to, Path) or (from_files and (Path(to).suffix.lower() in _suffixes() or Path(to).is_file())):
        clip = load(to)
        more = (f"{Path(to).name} has {len(clip.pose)} frames; the first one is taken",) if len(clip.pose) > 1 else ()
        return clip.pose[0], more
    from poseloom.tasks.transfer.words import pose_words

    asked = pose_words(to)
    made = generate(asked.text, n=1, seed=seed, verify=True)
    return asked.moved(own, made.poses[0]), tuple(made.notes)


def _suffixes() -> set[str]:
    """Of files that tell a pose."""
    from poseloom.images.kinds import PICTURES

    return {suffix for row in registry.formats() for suffix in row.suffixes} | set(PICTURES)
