"""Sizes and choices of the models that bring modalities into one space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from poseloom.base.ranges import WIDEST, within
from poseloom.tasks.embedding.networks.projections import EncoderProjection, ExternalProjection


@dataclass(frozen=True)
class EmbeddingConfig:
    """The defaults are those of ``poseembroider_model_bedlamscript``.

    Args:
        kind: embroider (PoseEmbroider), or aligner (the paper's baseline).
        latent: size of the space.
        image_width: size of a token of the frozen picture encoder.
        pose_width: size of the frozen pose encoder's vector.
        text_width: size of the frozen text encoder's vector.
        unit: bring every vector of the space to length 1 (``l2normalize``).
        encoder_projection: from frozen features into the space.
        external_projection: after it; the Aligner's is mediummlpxs.
        core: of PoseEmbroider: transformer (released), mlp (an ablation), or slots (not released).
        heads: of PoseEmbroider: project the token back into each modality (released); else it is only normalised.
        standardised_images: features of pictures are brought to mean 0 and deviation 1 first (not released).
        lead: of PoseEmbroider: how much the answer of the modality that finds the target best counts beside that of
            several together (not released).
    """

    kind: Literal["embroider", "aligner"] = "embroider"
    latent: int = within(512, 2, WIDEST)
    image_width: int = within(768, 1, WIDEST)
    pose_width: int = within(512, 1, WIDEST)
    text_width: int = within(512, 1, WIDEST)
    unit: bool = True
    encoder_projection: EncoderProjection = "layerplus"
    external_projection: ExternalProjection = "none"
    core: Literal["transformer", "mlp", "slots"] = "transformer"
    heads: bool = True
    standardised_images: bool = False
    lead: float = within(0.0, 0.0, 100.0)

    def width(self, modality: str) -> int:
        """Size of a modality's frozen features."""
        return {"image": self.image_width, "pose": self.pose_width, "text": self.text_width}[modality]
