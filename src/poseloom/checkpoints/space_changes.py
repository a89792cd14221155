"""Questions in which words change what a photo or a pose shows: "like this, but with both arms raised".

A mean of both vectors lies between the two. Here the body of the photo is taken, changed as the words say, as
`poseloom.edit` does it, and the changed body is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jaxtyping import Float
from torch import Tensor

from poseloom.checkpoints.registry import load_model
from poseloom.pose.types import Pose
from poseloom.tasks.common.frames import flat
from poseloom.tasks.embedding.head_predict import SPACE_DIGEST, SpaceBodies

if TYPE_CHECKING:
    from poseloom.tasks.editing.predict import PoseEditor
    from poseloom.tasks.embedding.predict import ModalitySpace

BODIES = "embedding_bodies"
"""The model that tells bodies, as poseloom ships it."""


@dataclass(frozen=True, eq=False)
class ChangedQuestion:
    """What is looked for in place of a photo or a pose with words.

    Args:
        vectors: to be compared with the collection of the modality that is asked for.
        body: the changed body (1,), without heading.
        understood: what of the words was carried out.
        notes: what a user should know of it.
    """

    vectors: Float[Tensor, "1 latent"]
    body: Pose
    understood: tuple[str, ...]
    notes: tuple[str, ...]


def changed_question(
    space: ModalitySpace,
    target: str,
    text: str,
    *,
    image: Any = None,
    pose: Pose | None = None,
    box: Sequence[float] | None = None,
) -> ChangedQuestion | None:
    """The question that asks for the changed body; None where the words tell of no change that is understood.

    Args:
        space: makes the vectors.
        target: modality that is looked for.
        text: what changes, in plain words; what is not named stays.
        image: the photo, where no pose is given.
        pose: a single pose.
        box: where the person is in the photo: x, y, width, height; the largest person by default.

    Raises:
        PoseloomError: nobody is in the photo, several poses, or no model of bodies hangs on the space.
    """
    editor: PoseEditor = load_model("editing", "editing")
    asked = editor.instructed(text)
    if asked is None or asked.nothing:
        return None
    body = _body(space, image, box) if pose is None else flat(pose).without_heading()
    edited = editor.edit(body[0] if len(body) == 1 else body, text)
    changed = edited.poses.without_heading()
    found = space.embed(pose=changed, target=target)
    told = (
        f"asked for the {'photo' if pose is None else 'given'} body, changed ({'; '.join(edited.understood) or text})"
    )
    left = (f"not understood: {', '.join(edited.not_understood)}",) if edited.not_understood else ()
    return ChangedQuestion(found.vectors, changed, edited.understood, (told, *left, *edited.notes))


def can_change(space: ModalitySpace, pose: Pose | None) -> bool:
    """Whether a body is given, or can be told of a photo: the shipped model of bodies hangs on one space alone."""
    return pose is not None or load_model(BODIES, "embedding").card.extras.get(SPACE_DIGEST) == space.card.sha256


def _body(space: ModalitySpace, image: Any, box: Sequence[float] | None) -> Pose:
    bodies = load_model(BODIES, "embedding")
    assert isinstance(bodies, SpaceBodies)
    seen = bodies.with_space(space).estimate(image=image, boxes=None if box is None else [box])
    return Pose(seen.rotations).without_heading()
