"""The published checkpoints of one space, and of the models that hang on it (PoseEmbroider, arXiv 2409.06535)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.released_kinds import ReleasedKind, decoder_mode
from poseloom.tasks.common.released_options import CheckpointOptions
from poseloom.tasks.embedding.head_predict import InstructorOfSpace, SpaceBodies
from poseloom.tasks.embedding.networks.aligner import Aligner
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.embroider import PoseEmbroider
from poseloom.tasks.embedding.networks.estimator import EstimatorConfig, HpsEstimator
from poseloom.tasks.embedding.networks.instructor import InstructionGenerator, InstructorConfig, piece_decoder
from poseloom.tasks.embedding.predict import ModalitySpace
from poseloom.training.export import ModelCard

_MOST_LAYERS = 100
_FROZEN = tuple(f"{one}_encoder.pretrained_{one}_encoder." for one in ("image", "pose", "text"))
"""Weights of frozen encoders, which have checkpoints of their own; released files lack them."""
_REPRESENTATION = "representation_wrapper."


def _without(beginnings: tuple[str, ...], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if not name.startswith(beginnings)}


def _space_only(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return _without(_FROZEN, state)


def _head_only(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return _without((_REPRESENTATION,), state)


def _space_config(kind: Literal["embroider", "aligner"], options: CheckpointOptions) -> EmbeddingConfig:
    external = options.word_or_none("external_encoder_projection_type")
    core = options.word_or_none("embroider_core_type")
    encoder = options.word_or_none("encoder_projection_type")
    for name, value, known in (
        ("external_encoder_projection_type", external, ("none", "minimlp", "mediummlpxs", None)),
        ("embroider_core_type", core, ("transformer", "mlp", None)),
        ("encoder_projection_type", encoder, ("layerplus", "minimlp", None)),
    ):
        if value not in known:
            expected = ", ".join(str(one) for one in known if one)
            raise PoseloomError(f"args.{name} is {value!r}, expected one of {expected}")
    default: Any = "none" if kind == "embroider" else "mediummlpxs"
    chosen: Any = (encoder or "layerplus", external or default, core or "transformer")
    return EmbeddingConfig(
        kind,
        options.count("latentD"),
        unit=bool(options.values.get("l2normalize", True)),
        encoder_projection=chosen[0],
        external_projection=chosen[1],
        core=chosen[2],
        heads=not options.values.get("no_projection_heads", False),
    )


def _embroider(options: CheckpointOptions, words: int) -> EmbeddingConfig:
    return _space_config("embroider", options)


def _aligner(options: CheckpointOptions, words: int) -> EmbeddingConfig:
    return _space_config("aligner", options)


def _estimator(options: CheckpointOptions, words: int) -> EstimatorConfig:
    shaped = options.values.get("predict_bodyshape", True)
    shapes = options.count("num_shape_coeffs", 999) if shaped else 0
    return EstimatorConfig(options.count("latentD"), options.joints(), shapes, released_angles=True)


def _instructor(options: CheckpointOptions, words: int) -> InstructorConfig:
    decoder = piece_decoder(
        words,
        options.count("decoder_latentD"),
        options.count("decoder_nlayers", _MOST_LAYERS),
        options.count("decoder_nhead"),
    )
    latent = options.count("encoder_latentD") if "encoder_latentD" in options.values else options.count("latentD")
    comparison = options.count("comparison_latentD")
    if latent != comparison:
        raise PoseloomError(f"args.comparison_latentD is {comparison}, expected that of the representation, {latent}")
    return InstructorConfig(latent, comparison, options.word("comparison_module_mode"), decoder_mode(options), decoder)


def _call_space(module: Any, card: ModelCard, vocabulary: Vocabulary | None, path: Path) -> ModalitySpace:
    return ModalitySpace(module, card)


def _call_bodies(module: HpsEstimator, card: ModelCard, vocabulary: Vocabulary | None, path: Path) -> SpaceBodies:
    return SpaceBodies(module, card, path)


def _call_instructor(
    module: InstructionGenerator, card: ModelCard, vocabulary: Vocabulary | None, path: Path
) -> InstructorOfSpace:
    return InstructorOfSpace(module, card, path)


KINDS = (
    ReleasedKind(
        "PoseEmbroider",
        "embedding",
        has=("intermodality_token", "embroider_core.", "temperature"),
        lacks=(),
        read_config=_embroider,
        config_class=EmbeddingConfig,
        build=PoseEmbroider,
        calling=_call_space,
        tidy=_space_only,
    ),
    ReleasedKind(
        "Aligner",
        "embedding",
        has=("image_encoder.image_projection.", "temperature"),
        lacks=("intermodality_token",),
        read_config=_aligner,
        config_class=EmbeddingConfig,
        build=Aligner,
        calling=_call_space,
        tidy=_space_only,
    ),
    ReleasedKind(
        "HPSEstimator",
        "embedding",
        has=("pose_prediction_head.",),
        lacks=(),
        read_config=_estimator,
        config_class=EstimatorConfig,
        build=HpsEstimator,
        calling=_call_bodies,
        tidy=_head_only,
    ),
    ReleasedKind(
        "InstructionGenerator",
        "embedding",
        has=("comparison_module.", "modality_input_adapter.", "text_decoder."),
        lacks=("pose_encoder.",),
        read_config=_instructor,
        config_class=InstructorConfig,
        build=InstructionGenerator,
        calling=_call_instructor,
        tidy=_head_only,
    ),
)
