"""What learned models make of words and poses, by the task's name or by the model's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from poseloom.api.motions import as_pose
from poseloom.api.unseen import guessed_note, unseen_limbs
from poseloom.checkpoints.registry import load_model
from poseloom.pose import Clip, Pose
from poseloom.results.poses import Edited, Generated
from poseloom.results.texts import Captioned
from poseloom.results.vectors import Embedded


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
    anyway: bool = False,
) -> Edited:
    """A pose changed as an instruction says, in `n` ways: poses (n,) with its heading, translation, hands and shape.

    Args:
        pose: a single one.
        instruction: plain English. What is not understood of it stands in the notes.
        n: number of changed poses.
        seed: the same seed gives the same poses.
        verify: draw more, check them by the geometry against what is read in the instruction, give the best.
        model: by name or path.
        anyway: change the pose even where nothing of the instruction is understood.

    Raises:
        PoseloomError: no such model, several poses, an empty instruction, no number of poses from 1 to 1,000.
    """
    return load_model(model, "editing").edit(as_pose(pose), instruction, n, seed, verify, anyway)


def embed(
    *,
    image: str | Path | Tensor | Sequence[str | Path | Tensor] | None = None,
    pose: Pose | Clip | None = None,
    text: str | Sequence[str] | None = None,
    boxes: Sequence[Sequence[float] | None] | None = None,
    target: str | None = None,
    model: str | Path = "embedding",
) -> Embedded:
    """Vectors of one space of photos, poses and words: each of what is given together, in any mixture.

    Args:
        image: path of a picture, or RGB floats (3, height, width); several for several vectors.
        pose: a pose or a batch of them; heading and translation do not count.
        text: a description, or several.
        boxes: of the person in each picture: x, y, width, height in pixels; the largest person by default.
        target: image, pose or text that is looked for with the vectors; what all has in common by default.
        model: of the space, by name or path: one that was trained here, or an imported one.

    Raises:
        PoseloomError: nothing is given, different numbers of each, a modality that the model never saw, a picture
            without a person, no such model.
    """
    space = load_model(model, "embedding")
    given = None if pose is None else as_pose(pose)
    return space.embed(image=image, pose=given, text=text, boxes=boxes, target=target)


def caption(
    pose: Pose | Clip,
    *,
    beams: int = 1,
    top_k: int = 0,
    top_p: float = 1.0,
    temperature: float = 1.0,
    seed: int = 0,
    checked: bool = True,
    model: str | Path = "captioning",
) -> Captioned:
    """What a learned model says of poses: one text for each pose of the (flattened) batch. `describe` does it by rule.

    Args:
        pose: what is said.
        beams: texts that are followed side by side; 1 is the most probable word each time.
        top_k: draw words among this many most probable ones.
        top_p: draw words among the most probable ones that together have this probability.
        temperature: how freely words are drawn; below 1 the probable ones come more often.
        seed: the same seed draws the same words.
        checked: leave out sentences of the shipped model that cannot be read or that the pose denies, and say the pose
            by rule where less than half of a text is left; False gives what the model says.
        model: by name or path.

    Raises:
        PoseloomError: no such model, or options that do not go together.
    """
    from poseloom.tasks.common.wording import Wording

    wording = Wording(beams, top_k, top_p, temperature, seed, checked)
    captioned = load_model(model, "captioning").caption(as_pose(pose), wording)
    captioned = replace(captioned, notes=(*captioned.notes, *guessed_note(unseen_limbs(pose))))
    return captioned.at(range(len(pose)), pose.fps) if isinstance(pose, Clip) else captioned
