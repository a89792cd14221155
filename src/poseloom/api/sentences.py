"""Descriptions of poses sentence by sentence, for those who show which limb each one speaks of."""

from __future__ import annotations

from poseloom.api.motions import as_pose
from poseloom.api.unseen import from_picture, joint_doubt, unseen_limbs
from poseloom.base.ranges import seed_number
from poseloom.pose import BODY_JOINTS, Clip, Pose
from poseloom.results.sentences import DescribedSentences, Sentence


def describe_sentences(
    pose: Pose | Clip, seed: int = 0, *, style: str | None = None, names: bool = False, steady: bool = True
) -> DescribedSentences:
    """What `describe` says of poses, with each sentence's facts and joints.

    Args:
        pose: what to describe; a batch is flattened.
        seed: chooses words.
        style: ``paragraph`` (default), ``short``, ``list`` or ``coach``.
        names: begin with the named pose, where somebody is in one.
        steady: words are chosen by what each of them tells alone, so that a sentence stays word for word while other
            limbs move. Without, the texts are those of `describe`.

    Raises:
        PoseloomError: an unknown style.
    """
    from poseloom.language.description.describe import sentences_of
    from poseloom.language.description.limb_joints import joints_of_all
    from poseloom.language.description.styles import joint_of

    style, given = style or "paragraph", as_pose(pose)
    rows = sentences_of(
        given,
        seed_number(seed),
        style=style,
        unseen=unseen_limbs(pose),
        doubtful=from_picture(pose),
        doubt=joint_doubt(pose),
        names=names,
        slight=False,
        steady=steady,
    )
    fingers = given.joints > BODY_JOINTS
    sentences = tuple(
        tuple(Sentence(text, tuple(facts), joints_of_all(facts, fingers)) for text, facts in one) for one in rows
    )
    texts = tuple(joint_of(style).join(one.text for one in each) for each in sentences)
    described = DescribedSentences(texts, sentences=sentences)
    return described.at(range(len(pose)), pose.fps) if isinstance(pose, Clip) else described
