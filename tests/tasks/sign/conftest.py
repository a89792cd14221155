"""Sign generators with the weights of their golden cases."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

from released import case_of, filled_state

from poseloom.tasks.sign.models.generation_a import GenerationA, GenerationAConfig
from poseloom.tasks.sign.models.generation_c import GenerationC, GenerationCConfig
from poseloom.tasks.sign.models.ham2pose import Ham2Pose, Ham2PoseConfig

_KINDS = {
    "first_generation": (GenerationA, GenerationAConfig),
    "diffusion_default": (GenerationC, GenerationCConfig),
    "diffusion_10steps": (GenerationC, GenerationCConfig),
    "ham2pose_default": (Ham2Pose, Ham2PoseConfig),
}
_NAMES = {
    "hidden_dim": "width",
    "text_encoder_depth": "text_layers",
    "pose_encoder_depth": "layers",
    "encoder_heads": "heads",
    "encoder_dim_feedforward": "feed_forward",
    "max_seq_size": "max_frames",
    "min_seq_size": "min_frames",
    "num_steps": "steps",
    "step_size": "step_size",
}


@pytest.fixture(scope="session")
def released():
    """released("ham2pose_default") -> (module in evaluation mode, case, arrays, texts)."""

    @cache
    def load(name: str, published: bool = True):
        case, arrays = case_of(f"sign/{name}")
        keypoints, dims = case["config"]["pose_dims"]
        sizes = {_NAMES[key]: value for key, value in case["config"].items() if key in _NAMES}
        kind, config = _KINDS[name]
        module = kind(config(keypoints=keypoints, dims=dims, published=published, **sizes)).eval()
        module.load_state_dict(filled_state(case))
        texts = ["".join(chr(int(code, 16)) for code in row) for row in case["config"]["texts_codepoints"]]
        return module.requires_grad_(False), case, arrays, texts

    return load
