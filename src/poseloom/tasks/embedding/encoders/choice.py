"""Which frozen encoders a model rests on: by name, with the files of those that poseloom does not ship."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from poseloom.base.errors import FileError, PoseloomError
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder

SHIPPED = Path(__file__).parents[3] / "checkpoints" / "weights"
"""Where poseloom's own weights lie."""
Build = Callable[[str], FrozenEncoder]


@dataclass(frozen=True)
class Encoders:
    """The frozen encoders.

    Args:
        image: blazepose (shipped: what its landmark network sees, with its landmarks), landmarks (of several looks
            alone), or smplerx (released).
        pose: retrieval (shipped), rotations (no network), or posevae (released).
        text: retrieval (shipped), or posetext (released).
        image_weights: file of smplerx: smpler_x_b32.pth.tar.
        pose_weights: model of posevae, or another retrieval model than the shipped one.
        text_weights: model of posetext, or another retrieval model than the shipped one.
    """

    image: Literal["blazepose", "landmarks", "smplerx"] = "blazepose"
    pose: Literal["retrieval", "rotations", "posevae"] = "retrieval"
    text: Literal["retrieval", "posetext"] = "retrieval"
    image_weights: str = ""
    pose_weights: str = ""
    text_weights: str = ""

    def open(self, modality: str) -> FrozenEncoder:
        """The encoder of a modality.

        Raises:
            PoseloomError: its file is not named.
            FileError: the file is missing, damaged, or of another model.
        """
        name, weights = getattr(self, modality), getattr(self, f"{modality}_weights")
        if name in ("blazepose", "landmarks", "rotations") and weights:
            raise PoseloomError(f"encoders.{modality}_weights has no effect with {name}; remove it")
        if name in _NEED and not weights:
            problem = f"the {modality} encoder {name} needs a file: {_NEED[name]}"
            raise PoseloomError(f"{problem}; name it by encoders.{modality}_weights")
        if weights and not Path(weights).exists():
            raise FileError(weights, "is missing", remedy=f"expected the weights of the {modality} encoder {name}")
        return _BUILDERS[modality, name](weights)


PUBLISHED = Encoders("smplerx", "posevae", "posetext")
"""Those of the released models, whose files are the user's."""
_NEED = {
    "smplerx": "smpler_x_b32.pth.tar of SMPLer-X",
    "posevae": "an imported posevae checkpoint ('poseloom models import')",
    "posetext": "an imported posetext checkpoint ('poseloom models import')",
}


def _blazepose(_: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.blazepose import BlazePose

    return BlazePose(SHIPPED)


def _landmarks(_: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.pictures import Landmarks

    return Landmarks(SHIPPED)


def _smplerx(weights: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.pictures import SmplerX

    return SmplerX(weights)


def _poses(weights: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.poses import SpacePoses

    return SpacePoses(weights or SHIPPED / "retrieval.safetensors")


def _rotations(_: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.poses import Rotations

    return Rotations()


def _posevae(weights: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.poses import VaeTrunk

    return VaeTrunk(weights)


def _texts(weights: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.texts import SpaceTexts

    return SpaceTexts(weights or SHIPPED / "retrieval.safetensors")


def _posetext(weights: str) -> FrozenEncoder:
    from poseloom.tasks.embedding.encoders.texts import PoseTextTokens

    return PoseTextTokens(weights)


_BUILDERS: dict[tuple[str, str], Build] = {
    ("image", "blazepose"): _blazepose,
    ("image", "landmarks"): _landmarks,
    ("image", "smplerx"): _smplerx,
    ("pose", "retrieval"): _poses,
    ("pose", "rotations"): _rotations,
    ("pose", "posevae"): _posevae,
    ("text", "retrieval"): _texts,
    ("text", "posetext"): _posetext,
}
