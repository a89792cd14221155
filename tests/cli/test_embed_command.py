"""`poseloom embed`: what is given together becomes one vector, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from poseloom.checkpoints.converted import write_converted
from poseloom.checkpoints.published_kinds import kind_named
from poseloom.checkpoints.released import ReleasedCheckpoint
from poseloom.cli.main import main
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.embroider import PoseEmbroider


def _model(folder):
    """A space as an import leaves it, small, without the files of its encoders."""
    torch.manual_seed(0)
    config = EmbeddingConfig(latent=16)
    state = PoseEmbroider(config).state_dict()
    path = folder / "space.safetensors"
    write_converted(ReleasedCheckpoint(folder / "x.pth", kind_named("PoseEmbroider"), config, state, {}, 1), path)
    return path


def test_nothing_given(tmp_path, capsys):
    assert main(["embed", "--model", str(_model(tmp_path))]) == 2
    assert "no modality is given; give at least one of image, pose, text" in capsys.readouterr().err


def test_the_files_of_an_imported_models_encoders_are_asked_for(tmp_path, capsys):
    assert main(["embed", "--model", str(_model(tmp_path)), "--text", "arms up"]) == 2
    assert "the text encoder posetext needs a file: an imported posetext checkpoint" in capsys.readouterr().err


@pytest.mark.wrong_types
def test_a_vector_is_kept_and_printed(tmp_path, capsys, monkeypatch):
    from poseloom.tasks.embedding.encoders.choice import Encoders
    from poseloom.tasks.embedding.encoders.frozen import vectors_as_tokens

    class Lengths:
        name, modality, width, at_once = "lengths", "text", 512, 8

        def digest_key(self):
            return "0"

        def encode(self, items):
            return vectors_as_tokens(torch.stack([torch.full((512,), float(len(item.text))) for item in items]))

    monkeypatch.setattr(Encoders, "open", lambda self, modality: Lengths())
    out = tmp_path / "vector.npy"
    assert main(["embed", "--model", str(_model(tmp_path)), "--text", "arms up", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    kept = np.load(out)
    assert told["dimensions"] == 16 and kept.shape == (1, 16)
    np.testing.assert_allclose(np.linalg.norm(kept), 1, atol=1e-5)
