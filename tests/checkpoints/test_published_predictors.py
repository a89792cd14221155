"""Published models with the methods of the small ones: other axes inside, the same outside."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.published_predictors import predictor_of
from poseloom.checkpoints.registry import load_model
from poseloom.nn.text.decoder import TextDecoderConfig
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.nn.text.tokenizers import WordTokenizer
from poseloom.nn.text.vocabulary import SPECIAL_WORDS, Vocabulary
from poseloom.pose.rotations import about_axis
from poseloom.pose.sampler import sample
from poseloom.pose.types import heading
from poseloom.tasks.captioning.published import DescriptionGenerator, DescriptionGeneratorConfig
from poseloom.tasks.common.frames import published
from poseloom.tasks.editing.published import PoseBGenerator, PoseBGeneratorConfig
from poseloom.tasks.generation.published import CondTextPoser, CondTextPoserConfig
from poseloom.tasks.instruction.published import FeedbackGenerator, FeedbackGeneratorConfig
from poseloom.tasks.pair_retrieval.published import PairText, PairTextConfig
from poseloom.tasks.retrieval.published import PoseText, PoseTextConfig

VOCABULARY = Vocabulary((*SPECIAL_WORDS, "raise", "the", "left", "arm", "is", "up", "knee", "bent", "."))
GRU = TextEncoderChoice("glovebigru", "vocPSA2H2", words=len(VOCABULARY))
DECODER = TextDecoderConfig(len(VOCABULARY), width=32, layers=1, heads=2)


@pytest.fixture
def opened(tmp_path):
    """opened(module) -> its predictor."""

    def build(module, vocabulary=VOCABULARY):
        kind, card = SimpleNamespace(name=type(module).__name__), SimpleNamespace(task="", sha256="0" * 64)
        model = SimpleNamespace(module=module.eval(), kind=kind, card=card, vocabulary=vocabulary)
        return predictor_of(model, tmp_path / "model.safetensors")

    torch.manual_seed(0)
    return build


def turned(pose):
    return pose.turned(about_axis(torch.tensor(1.3), "Y"))


def test_retrieval(opened):
    module = PoseText(PoseTextConfig(text=GRU))
    model, poses = opened(module), sample(5, seed=1)
    vectors = model.embed_poses(poses).vectors
    expected = module.encode_poses(published(poses.without_heading(), 52))
    torch.testing.assert_close(vectors, expected)
    torch.testing.assert_close(model.embed_poses(turned(poses)).vectors, vectors, atol=1e-4, rtol=0)
    texts = ["raise the left arm", "the knee is bent .", "up"]
    together = model.embed_texts(texts).vectors
    torch.testing.assert_close(
        together, torch.cat([model.embed_texts([text]).vectors for text in texts]), atol=1e-5, rtol=0
    )
    assert len(model.rank("the left arm is up", poses, 3)) == 3


def test_pair_retrieval(opened):
    model = opened(PairText(PairTextConfig(text=GRU)))
    a, b = sample(3, seed=1), sample(3, seed=2)
    here, there = model.embed_pairs(a, b).vectors, model.embed_pairs(turned(a), turned(b)).vectors
    torch.testing.assert_close(there, here, atol=1e-4, rtol=0)
    assert len(model.rank("raise the left arm", a, b)) == 3


def test_generation(opened):
    model = opened(CondTextPoser(CondTextPoserConfig(text=GRU)))
    poses = model.generate("the left arm is up", 3, seed=1).poses
    assert poses.rotations.shape == (3, 52, 3)
    assert heading(poses.rotations[:, 0]).abs().max() < 1e-4
    assert torch.equal(poses.rotations, model.generate("the left arm is up", 3, seed=1).poses.rotations)
    assert model.generate("the left arm is up", 2, verify=True).poses.rotations.shape == (2, 52, 3)
    assert "any pose" in model.generate("", 1).notes[0]
    assert model.generate("raise the left flipper", 1).notes == ("not known: flipper",)


def test_editing(opened):
    model = opened(PoseBGenerator(PoseBGeneratorConfig(text=GRU)))
    pose = sample(1, seed=1)[0]
    here, there = (model.edit(one, "raise the left arm", n=2, seed=3).poses for one in (pose, turned(pose)))
    torch.testing.assert_close(turned(here).matrices(), there.matrices(), atol=1e-4, rtol=0)
    assert here.joints == pose.joints and model.edit(pose.body(), "raise the left arm").poses.joints == 22


def test_texts_are_said_in_the_models_words(opened):
    module = DescriptionGenerator(DescriptionGeneratorConfig(decoder=DECODER))
    model, poses = opened(module), sample(2, seed=1)
    ids = module.say(published(poses.without_heading(), 52)).tokens
    assert (
        model.caption(poses) == [WordTokenizer(VOCABULARY).decode(row) for row in ids] == model.caption(turned(poses))
    )
    pairs = opened(FeedbackGenerator(FeedbackGeneratorConfig(decoder=DECODER)))
    assert len(pairs.instruct(poses, sample(2, seed=2))) == 2


def test_models_without_their_words_say_so(opened):
    poses = sample(1, seed=1)
    with pytest.raises(FileError, match="has no vocabulary"):
        opened(DescriptionGenerator(DescriptionGeneratorConfig(decoder=DECODER)), None).caption(poses)
    with pytest.raises(FileError, match="has no vocabulary"):
        opened(CondTextPoser(CondTextPoserConfig(text=GRU)), None).generate("the left arm is up", 1)


def test_a_checkpoint_becomes_a_model_on_the_command_line(command, released_file, tmp_path):
    checkpoint, out = released_file("embroider/posevae"), tmp_path / "vae.safetensors"
    status, told, err = command("models", "import", checkpoint, "--out", out)
    assert status == 0 and not err and "PoseVAE, task generation" in told
    model = load_model(out)
    made = model.generate("", 2)
    assert made.poses.rotations.shape == (2, 52, 3) and "any pose" in made.notes[0]
    with pytest.raises(PoseloomError, match="without words"):
        model.generate("sitting", 1)
    assert "CC BY-NC-SA" in command("models", "info", out)[1]
    status, _, err = command("models", "import", checkpoint, "--out", out, "--vocabulary", tmp_path)
    assert status == 2 and "no words of its own" in err


def test_text_generators_are_imported_with_or_without_words(command, released_file, tmp_path):
    checkpoint, out = released_file("text-pose/generative_caption"), tmp_path / "says.safetensors"
    status, _, err = command("models", "import", checkpoint, "--out", out)
    assert status == 0 and "vocPSA2H2" in err and err.count("\n") == 1
    assert command("caption", _pose_file(tmp_path), "--model", out)[0] == 2
    words = tmp_path / "words.txt"
    words.write_text("\n".join([*SPECIAL_WORDS, *(f"word{place}" for place in range(4, 2158))]))
    status, told, err = command("models", "import", checkpoint, "--out", out, "--vocabulary", words, "--json")
    assert status == 0 and not err and json.loads(told)["words"] == 2158
    status, told, _ = command("caption", _pose_file(tmp_path), "--model", out)
    assert status == 0 and told.startswith("Word")


def test_code_in_a_checkpoint_is_refused(command, tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("this must not run",))

    path = tmp_path / "checkpoint_best.pth"
    torch.save({"model": {}, "args": Evil()}, path)
    status, out, err = command("models", "import", path, "--out", tmp_path / "x.safetensors")
    assert status == 2 and "refused" in err and "must not run" not in out + err and err.count("\n") == 1
    path.write_bytes(path.read_bytes()[:200])
    status, _, err = command("models", "import", path, "--out", tmp_path / "x.safetensors")
    assert status == 2 and "cut off" in err and not list(tmp_path.glob("x.*"))


@pytest.mark.slow
def test_word_pieces_come_from_the_package_or_from_beside_the_model(released_file, tmp_path, command):
    pytest.importorskip("tokenizers")
    out = tmp_path / "gen.safetensors"
    assert command("models", "import", released_file("text-pose/generative"), "--out", out)[0] == 0
    try:
        poses = load_model(out).generate("a person kneeling", 2).poses
    except PoseloomError as missing:
        pytest.skip(str(missing))
    assert poses.rotations.shape == (2, 52, 3)


def _pose_file(folder):
    from poseloom import save

    path = folder / "pose.npz"
    save(replace(sample(1, seed=1), translation=None), path)
    return path
