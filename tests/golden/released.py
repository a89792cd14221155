"""Checkpoint files in the structure of the released ones, with the weights of golden cases."""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from fill import fill

GOLDEN = Path(__file__).resolve().parent
_FROZEN = "text_encoder.pretrained_text_encoder."
_VOCABULARY = {"DescriptionGenerator": "vocPSA2H2", "FeedbackGenerator": "vocPFAHPP"}
_BEST = {"PoseText": "best_score", "PairText": "best_score"}
_CLASS = {
    "posetext": "PoseText",
    "pairtext": "PairText",
    "posevae": "PoseVAE",
    "poseembroider_transformer": "PoseEmbroider",
    "poseembroider_mlp": "PoseEmbroider",
    "poseembroider_noheads": "PoseEmbroider",
    "aligner": "Aligner",
    "hpsestimator": "HPSEstimator",
    "instructiongenerator": "InstructionGenerator",
}
_OPTIONS = (
    "l2normalize",
    "encoder_projection_type",
    "external_encoder_projection_type",
    "embroider_core_type",
    "no_projection_heads",
    "num_shape_coeffs",
    "predict_bodyshape",
)
_OVERRIDDEN = {"temperature": 10.0}
"""Parameters that cases set after the fill."""


def case_of(name: str) -> tuple[dict, dict[str, torch.Tensor]]:
    """case.json, and case.npz as tensors."""
    folder = GOLDEN / name
    arrays = {key: torch.from_numpy(value) for key, value in np.load(folder / "case.npz").items()}
    return json.loads((folder / "case.json").read_text()), arrays


def filled_state(case: dict) -> dict[str, torch.Tensor]:
    """The case's weights; sinusoidal tables that keep their computed value are computed here, in numpy."""
    kept = case.get("not_filled", {})
    state = {
        name: sinusoids(shape) if name in kept else _filled(name, tuple(shape), kind)
        for name, (shape, kind) in case["state_dict"].items()
    }
    overridden = _OVERRIDDEN if "override" in case else {}
    return state | {name: torch.full_like(state[name], value) for name, value in overridden.items()}


def sinusoids(shape: list[int]) -> torch.Tensor:
    positions, _, width = shape
    angle = np.arange(positions)[:, None] * np.float64(10_000) ** (-np.arange(0, width, 2) / width)
    table = np.zeros((positions, width))
    table[:, 0::2], table[:, 1::2] = np.sin(angle), np.cos(angle)
    return torch.from_numpy(table[:, None].astype(np.float32))


def _filled(name: str, shape: tuple[int, ...], kind: str) -> torch.Tensor:
    make = _filled_once if name.startswith(_FROZEN) else _filled_again
    return make(name, shape, kind)


def _filled_again(name: str, shape: tuple[int, ...], kind: str) -> torch.Tensor:
    return torch.from_numpy(np.array(fill(name, shape, kind)))


@cache
def _filled_once(name: str, shape: tuple[int, ...], kind: str) -> torch.Tensor:
    """DistilBERT's weights have the same names in all cases: 66 million numbers that are made once."""
    return _filled_again(name, shape, kind)


def arguments_of(name: str, case: dict) -> argparse.Namespace:
    """The options that the training would have recorded, with some that a reader does not need."""
    config = case["config"]
    kind = config.get("model") or _CLASS[Path(name).name]
    values = {key: value for key, value in config.items() if key.startswith(("text_", "transformer_", "num_body"))}
    values.update({key: config[key] for key in ("latentD", "special_text_latentD", "decoder_latentD") if key in config})
    for key in ("decoder_nlayers", "decoder_nhead", "comparison_latentD"):
        if key in config:
            values[key] = config[key]
    for key in ("correction_module_mode", "comparison_module_mode"):
        if key in config:
            values[key] = config[key]
    values.update({key: config[key] for key in _OPTIONS if key in config})
    if kind == "InstructionGenerator":
        values |= {"latentD": config["encoder_latentD"], "text_decoder_name": "distilbertUncased"}
    elif "encoder_latentD" in config:
        values["latentD"] = config["encoder_latentD"]
        values["text_decoder_name"] = f"transformer_{_VOCABULARY[kind]}"
    return argparse.Namespace(**values, model=kind, output_dir="somewhere/seed1", lr=1e-5, wloss_kld=0.1, seed=1)


def released_content(name: str) -> dict:
    """What the released file of a case would hold."""
    case, _ = case_of(name)
    state, arguments = filled_state(case), arguments_of(name, case)
    moments = {"step": 7, "exp_avg": torch.zeros(3), "exp_avg_sq": torch.zeros(3)}
    return {
        "epoch": 199,
        "model": state,
        "optimizer": {"state": {0: moments}, "param_groups": [{"lr": 1e-5, "betas": (0.9, 0.999), "params": [0]}]},
        "scheduler": {"step_size": 40, "gamma": 0.5, "base_lrs": [1e-5], "last_epoch": 3, "_last_lr": [1e-5]},
        "args": arguments,
        _BEST.get(arguments.model, "best_val_loss"): np.float64(0.25),
    }


def write_released(name: str, folder: Path) -> Path:
    """A file in the structure of the released checkpoint of a case."""
    path = folder / "checkpoint_best.pth"
    torch.save(released_content(name), path)
    return path


def close(actual: torch.Tensor, expected: torch.Tensor, case: dict) -> None:
    """Within the case's tolerance."""
    tolerance = case["tolerance"]
    torch.testing.assert_close(
        actual.detach(), expected.reshape(actual.shape), atol=tolerance["atol"], rtol=tolerance["rtol"]
    )
