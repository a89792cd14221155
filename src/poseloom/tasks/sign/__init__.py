"""HamNoSys -> signing: generators that learn, and a signer that knows the notation.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of
from poseloom.tasks.declaration import Declaration

if TYPE_CHECKING:
    from poseloom.tasks.sign.clips import SignBatch, SignClip
    from poseloom.tasks.sign.predict import LearnedSigner, open_model

_HOME = {
    "LearnedSigner": "predict",
    "SignBatch": "clips",
    "SignClip": "clips",
    "open_model": "predict",
}
__all__ = ["DECLARATION", "LearnedSigner", "SignBatch", "SignClip", "open_model"]

__getattr__ = names_of(__name__, _HOME)

DECLARATION = Declaration(
    __name__,
    "HamNoSys -> keypoints of a signer, and gaps filled",
    model="LearnedSigner",
    offers=("sign", "sign_all", "stream", "repair"),
    place=7,
    shipped=True,
)
