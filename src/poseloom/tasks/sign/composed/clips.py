"""Clips of the rule-based signer as training data: it signs strings that were drawn at random."""

from __future__ import annotations

from itertools import islice

from poseloom.formats.pose_file.joints import clip_to_sequence
from poseloom.signer import sign_clip
from poseloom.tasks.sign.clips import SignClip
from poseloom.tasks.sign.composed.strings import composed_strings
from poseloom.tasks.sign.layouts import SignLayout, sign_layout, to_clip

LAYOUT = "holistic-75"
_FAMILY = "holistic"


def signer_clips(seed: int, count: int) -> list[SignClip]:
    """Clips of different strings at 25 frames a second in the layout holistic-75, that depend on the seed alone."""
    layout = sign_layout(LAYOUT)
    return [signed_by_rule(text, layout) for text in islice(composed_strings(seed), count)]


def signed_by_rule(text: str, layout: SignLayout) -> SignClip:
    """What the rule-based signer makes of a string, as models see it.

    Args:
        text: HamNoSys.
        layout: which keypoints of Holistic there are.

    Raises:
        HamNoSysError: the string breaks the notation.
    """
    return to_clip(clip_to_sequence(sign_clip(text), _FAMILY), layout, text, "signer")
