"""Learned signing for users: HamNoSys to keypoints, signs after each other, clips repaired."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.pose_file import PoseSequence, first_seen
from poseloom.results.signing import Repaired, SignedKeypoints
from poseloom.tasks.common.exported import section_of
from poseloom.tasks.sign.bones import with_constant_bones
from poseloom.tasks.sign.hands_on_wrists import with_hands_on_wrists
from poseloom.tasks.sign.layouts import FPS, Placement, SignLayout, clip_of_prepared, sign_layout, to_model_layout
from poseloom.tasks.sign.models.choice import SignModelChoice, build_sign_model
from poseloom.tasks.sign.models.parts import SignModel, TextEncoding, check_steps
from poseloom.tasks.sign.views import as_layout, put_back, straight_lines
from poseloom.training.export import ModelCard, read_model

_WINDOW, _OVERLAP = 120, 20
"""Frames that are repaired at once, and how many of them the next window sees again."""
_FILLED_CONFIDENCE = 0.5
"""Of points that a repair has put in, so that they can be told from those that were seen."""


class LearnedSigner:
    """A trained sign generator.

    Args:
        model: in evaluation mode.
        card: what is known of it; its extras name the layout, the usual first frame and the points in use.
    """

    task = "sign"

    def __init__(self, model: SignModel, card: ModelCard):
        self.model, self.card = model, card
        self.layout: SignLayout = sign_layout(card.extras["layout"])
        self._start = np.array(card.extras["start"], np.float32)
        self._used = np.array(card.extras["used"], bool)

    def sign(
        self,
        text: str,
        *,
        start: PoseSequence | None = None,
        frames: int | None = None,
        steps: int | None = None,
        guidance: float = 0.0,
    ) -> SignedKeypoints:
        """One sign, or a string of them that the model takes at once.

        Args:
            text: HamNoSys.
            start: its first frame in which anything is seen is the first pose and gives appearance, place and scale,
                not the frame rate, which is that of the training clips; by default the usual one.
            frames: how long; by default what the model predicts.
            steps: refinements, 1 to 1000; by default those it was trained for.
            guidance: see `SignModel.refinements`.

        Raises:
            PoseloomError: an empty text, a symbol that HamNoSys has not, a start frame without shoulders, or numbers
                that the model cannot take.
        """
        *_, last = self.stream(text, start=start, frames=frames, steps=steps, guidance=guidance)
        return SignedKeypoints((text,), last, self._steps(steps))

    def stream(
        self,
        text: str,
        *,
        start: PoseSequence | None = None,
        frames: int | None = None,
        steps: int | None = None,
        guidance: float = 0.0,
    ) -> Iterator[PoseSequence]:
        """The start frame held still, then the sequence after each refinement; see `sign`."""
        first, seen, placement = self._first(start)
        confidence = (self._used | seen).astype(np.float32)
        for values in self._refined(text, first, seen, frames, steps, guidance):
            yield placement.sequence(self.layout, values, np.broadcast_to(confidence, values.shape[:2]))

    def sign_all(
        self,
        texts: Sequence[str],
        *,
        start: PoseSequence | None = None,
        steps: int | None = None,
        guidance: float = 0.0,
    ) -> SignedKeypoints:
        """Signs after each other: the last frame of one is the first pose of the next.

        Args:
            texts: HamNoSys of each.
            start, steps, guidance: see `sign`.

        Raises:
            PoseloomError: there is no text, or see `sign`.
        """
        if not texts:
            raise PoseloomError("there is no sign to sign; give one HamNoSys string or more")
        first, seen, placement = self._first(start)
        confidence = (self._used | seen).astype(np.float32)
        parts: list[ndarray] = []
        for number, text in enumerate(texts):
            *_, values = self._refined(text, first, seen, None, steps, guidance)
            parts.append(values[1:] if number and len(values) > 1 else values)
            first, seen = values[-1], confidence > 0
        joined = np.concatenate(parts)
        whole = placement.sequence(self.layout, joined, np.broadcast_to(confidence, joined.shape[:2]))
        return SignedKeypoints(tuple(texts), whole, self._steps(steps))

    @torch.no_grad()
    def repair(self, clip: PoseSequence, text: str = "", *, steps: int | None = None) -> Repaired:
        """A clip with its missing frames and keypoints filled in; what was seen stays as it was.

        Args:
            clip: its first person is repaired; any length.
            text: HamNoSys of what is signed, where it is known.
            steps: refinements, 1 to 1000.

        Returns:
            The clip's own layout and coordinates, face and world landmarks included; what was put in has confidence
            0.5. A hand that was not seen is on the wrist that was. Points that the model does not know are put on
            straight lines between frames in which they were seen.

        Raises:
            PoseloomError: no frame shows both shoulders, or the clip has points of neither family.
        """
        steps = self._steps(steps)
        seen = as_layout(clip, self.layout)
        ready, placement = to_model_layout(seen, self.layout)
        given = clip_of_prepared(ready, self.layout)
        known = given.confidence > 0
        values = self._filled(self._with_depth(given.values, clip), known, text, steps)
        values = with_hands_on_wrists(values, known, self.layout.arms)
        confidence = np.where(known, given.confidence, _FILLED_CONFIDENCE * self._used)
        whole = placement.sequence(self.layout, values, confidence)
        made, _ = straight_lines(put_back(clip, whole, self.layout), _FILLED_CONFIDENCE)
        filled = int((clip.missing[:, :1] & ~made.missing).sum())
        return Repaired((text,) if text else (), made, steps, filled, notes=clip.notes)

    def _filled(
        self,
        values: Float[ndarray, "frames keypoints d"],
        seen: Bool[ndarray, "frames keypoints"],
        text: str,
        steps: int,
    ) -> Float[ndarray, "frames keypoints d"]:
        """What the model puts in where nothing was seen, window by window."""
        encoding = self.model.encode_text(self.model.tokens([text]))
        whole, known = torch.from_numpy(values)[None].clone(), torch.from_numpy(seen)[None].clone()
        done = 0
        while done < len(values):
            first = max(0, done - _OVERLAP)
            part = slice(first, min(first + self._window, len(values)))
            whole[:, part] = self._repaired(encoding, whole[:, part], known[:, part], steps)
            done = part.stop
            known[:, :done] |= torch.from_numpy(self._used)
        return whole[0].numpy()

    def _with_depth(self, values: Float[ndarray, "frames keypoints d"], clip: PoseSequence) -> ndarray:
        """Flat points as deep as they usually are, for a model that knows depth."""
        if clip.values.shape[-1] >= self.layout.dims:
            return values
        values = values.copy()
        values[..., 2] = self._start[:, 2]
        return values

    @property
    def _window(self) -> int:
        return min(_WINDOW, self.model.sizes.max_frames)

    def _repaired(self, encoding: TextEncoding, values: Tensor, known: Tensor, steps: int) -> Tensor:
        device = encoding.values.device
        padding = torch.zeros(values.shape[:2], dtype=torch.bool)
        draft = self.model.draft(values.to(device), known.to(device), padding.to(device))
        *_, last = self.model.refinements(encoding, draft, steps)
        return draft.keeping(last).cpu()

    @torch.no_grad()
    def _refined(
        self, text: str, first: ndarray, seen: ndarray, frames: int | None, steps: int | None, guidance: float
    ) -> Iterator[Float[ndarray, "frames keypoints d"]]:
        if not text.strip():
            raise PoseloomError("HamNoSys: the text is empty; give the notation of a sign")
        steps = self._steps(steps)
        most = self.model.sizes.max_frames
        if frames is not None and not 1 <= frames <= most:
            raise PoseloomError(f"frames is {frames}, expected 1 to {most}, the longest that this model makes")
        encoding = self.model.encode_text(self.model.tokens([text]))
        lengths = self.model.frames_of(encoding) if frames is None else torch.tensor([frames])
        device = encoding.values.device
        draft = self.model.start(
            torch.from_numpy(first)[None].to(device), torch.from_numpy(seen)[None].to(device), lengths
        )
        like = draft.values[0, 0].cpu().numpy()
        for values in self.model.refinements(encoding, draft, steps, guidance):
            yield with_constant_bones(values[0].cpu().numpy(), like, self.layout)

    def _first(
        self, start: PoseSequence | None
    ) -> tuple[Float[ndarray, "keypoints d"], Bool[ndarray, " keypoints"], Placement]:
        """First frame, which of its points are known, and where to draw."""
        if start is None:
            return self._start, self._used, Placement()
        seen = as_layout(first_seen(start)[:1], self.layout)
        ready, placement = to_model_layout(seen, self.layout)
        clip = clip_of_prepared(ready, self.layout, name="start")
        values = self._with_depth(clip.values, start)
        return values[0], clip.confidence[0] > 0, replace(placement, fps=FPS)

    def _steps(self, steps: int | None) -> int:
        if steps is None:
            return self.model.default_steps
        check_steps(steps)
        return steps


def open_model(path: str | Path) -> LearnedSigner:
    """The sign generator of exported weights.

    Raises:
        FileError: they are of another task, damaged, or of other sizes than their card says.
    """
    card, weights = read_model(path, "sign")
    missing = [name for name in ("layout", "start", "used") if name not in card.extras]
    if missing:
        raise FileError(path, "is missing", field=f"extras.{missing[0]}", remedy="export the model again")
    model = build_sign_model(section_of(SignModelChoice, card.recipe.get("model"), path))
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        problem = f"does not fit its card: {str(error).splitlines()[-1].strip()}"
        raise FileError(path, problem, remedy="export or get both files again") from None
    return LearnedSigner(model.eval().requires_grad_(False), card)
