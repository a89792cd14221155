"""How much of a text is true of poses: the measure by which texts and poses of learned models are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.language.description.describe import figures
from poseloom.language.description.truth import Claim, Together, joined_truths, truth_of
from poseloom.language.lexicon.understanding import understand
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

Options = tuple[Claim | Together, ...]
"""What a statement may mean; it is true where one of these is."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """How many facts were read in each text and how many of them are true of each of its poses."""

    read: Int[np.ndarray, " texts"]
    true: Int[np.ndarray, "texts *samples"]
    unread: tuple[tuple[str, ...], ...]
    """Words of each text that have no meaning for poses."""

    @property
    def share(self) -> Float[np.ndarray, "texts *samples"]:
        """True facts of those that were read, 0 to 1; NaN for a text in which none was read."""
        read = self.read.reshape(-1, *[1] * (self.true.ndim - 1))
        return np.divide(self.true, read, out=np.full(self.true.shape, np.nan), where=read > 0)


@dataclass(frozen=True)
class Claims:
    """What a text states."""

    statements: tuple[Options, ...]
    unread: tuple[str, ...]


def fact_agreement(
    texts: Sequence[str], poses: Pose | Float[Tensor, "*batch joints 3"], body: Body | None = None
) -> Agreement:
    """Read the facts in texts and count those that are true of the poses.

    Texts may be descriptions of any style, or what a person wrote: "kneeling on the left knee, both arms raised".
    A fact counts once, for both sides too. What was not understood counts neither for nor against a text.

    Args:
        texts: one for each entry of the poses' first axis; further axes hold samples of the same text. A single text
            goes with all poses of one axis.
        poses: poses, or their joints as `describe` takes them.
        body: gives the joints of a `Pose`; the free body if None.

    Raises:
        PoseloomError: numbers of texts and poses that do not fit; joints of another number, or NaN in them.
    """
    batch = tuple(poses.rotations.shape[:-2] if isinstance(poses, Pose) else poses.shape[:-2])
    if len(texts) == 1 and len(batch) < 2:
        batch = (1, *batch)
    if not batch or batch[0] != len(texts):
        raise PoseloomError(f"poses: expected one entry for each of {len(texts)} texts, got the shape {batch}")
    each = int(np.prod(batch[1:]))
    truths = [truth_of(figure) for figure in figures(poses, body)]
    truth = joined_truths(truths)
    read, true, unread = [], [], []
    for number, text in enumerate(texts):
        claims = claims_of(text)
        mine = truth.part(slice(number * each, (number + 1) * each))
        counts = np.zeros(each, np.int64)
        for options in claims.statements:
            counts += np.logical_or.reduce([mine.holds(one) for one in options])
        read.append(len(claims.statements))
        true.append(counts)
        unread.append(claims.unread)
    shape = (len(texts), *batch[1:])
    return Agreement(np.array(read, np.int64), np.array(true, np.int64).reshape(shape), tuple(unread))


@lru_cache(maxsize=4096)
def claims_of(text: str) -> Claims:
    """What a text states: the describer's own sentences word by word, others as people speak, named poses by what must
    hold of them."""
    understood = understand(text)
    return Claims(understood.statements, understood.unread)
