"""Reading published checkpoints: what is taken, and what is refused with one line."""

from __future__ import annotations

import argparse
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from released import case_of

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.published_kinds import published_kinds
from poseloom.checkpoints.released import build_released, read_released
from poseloom.formats import torch_files

SMALL = "embroider/posevae"
CAPTIONS = "text-pose/generative_caption"
_CASES = {
    "text-pose/retrieval": ("PoseText", "retrieval"),
    "embroider/posetext": ("PoseText", "retrieval"),
    "text-pose/retrieval_modifier": ("PairText", "pair_retrieval"),
    "embroider/pairtext": ("PairText", "pair_retrieval"),
    "text-pose/generative": ("CondTextPoser", "generation"),
    "embroider/posevae": ("PoseVAE", "generation"),
    "text-pose/generative_b": ("PoseBGenerator", "editing"),
    "text-pose/generative_caption": ("DescriptionGenerator", "captioning"),
    "text-pose/generative_modifier": ("FeedbackGenerator", "instruction"),
}


@pytest.mark.parametrize("name", list(_CASES))
def test_the_kind_is_told_by_the_names_of_the_weights(name):
    names = list(case_of(name)[0]["state_dict"])
    assert [(kind.name, kind.task) for kind in published_kinds() if kind.fits(names)] == [_CASES[name]]


def test_what_a_file_says(released_file):
    checkpoint = read_released(released_file(CAPTIONS))
    assert checkpoint.kind.name == "DescriptionGenerator"
    assert (checkpoint.words, checkpoint.vocabulary, checkpoint.epoch) == (2158, "vocPSA2H2", 199)
    assert checkpoint.config.decoder.heads == 8
    module = build_released(checkpoint)
    assert not module.training
    assert sum(value.numel() for value in module.parameters()) == 15_471_078
    assert all(value.requires_grad for value in module.parameters())


def test_absent_joints_mean_52_and_old_buffers_are_passed_over(released_file, contents):
    content = contents(CAPTIONS)
    arguments = {key: value for key, value in vars(content["args"]).items() if key != "num_body_joints"}
    state = {**content["model"], "text_decoder.position_ids": torch.arange(5)}
    checkpoint = read_released(released_file(CAPTIONS, args=argparse.Namespace(**arguments), model=state))
    assert checkpoint.config.joints == 52
    assert "text_decoder.position_ids" not in checkpoint.state


def test_files_of_older_torch_and_numpy_scores(contents, tmp_path):
    path = tmp_path / "old.pth"
    torch.save({**contents(SMALL), "best_val_loss": np.float32(0.5)}, path, _use_new_zipfile_serialization=False)
    assert read_released(path).kind.name == "PoseVAE"


def test_the_archive_that_they_are_published_in(released_file, tmp_path):
    archive = tmp_path / "posevae.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.write(released_file(SMALL), "posevae/seed1/checkpoint_best.pth")
        files.writestr("posevae/seed1/checkpoint_last.pth", b"not read")
    assert read_released(archive).kind.name == "PoseVAE"


def test_archives_without_or_with_several_checkpoints(released_file, tmp_path):
    archive = tmp_path / "some.zip"
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("readme.txt", "hello")
    with pytest.raises(FileError, match="holds no checkpoint"):
        read_released(archive)
    with zipfile.ZipFile(archive, "w") as files:
        for seed in (1, 2):
            files.write(released_file(SMALL), f"a/seed{seed}/checkpoint_best.pth")
    with pytest.raises(FileError, match=r"holds 2 checkpoints.*seed1.*unpack"):
        read_released(archive)


def test_an_archive_that_unpacks_to_too_much(monkeypatch, tmp_path):
    archive = tmp_path / "large.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("a/checkpoint_best.pth", bytes(100_000))
    monkeypatch.setattr(torch_files, "MAXIMUM_BYTES", 50_000)
    with pytest.raises(FileError, match="unpacks to 100,000 bytes"):
        read_released(archive)


class _Attack:
    def __reduce__(self):
        return (os.system, ("echo executed",))


@pytest.mark.parametrize("new", [True, False])
def test_a_file_with_code_is_refused_and_nothing_runs(new, contents, tmp_path, capfd):
    path = tmp_path / "attack.pth"
    torch.save({**contents(SMALL), "args": _Attack()}, path, _use_new_zipfile_serialization=new)
    with pytest.raises(FileError, match=r"refused: it names \w+\.system") as error:
        read_released(path)
    assert "\n" not in str(error.value)
    path.write_bytes(pickle.dumps(_Attack()))
    with pytest.raises(FileError):
        read_released(path)
    assert "executed" not in capfd.readouterr().out


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.999))
def test_a_file_that_was_cut_off(share, released_file):
    path = released_file(SMALL)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(FileError) as error:
        read_released(path)
    assert len(str(error.value)) < 500


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_a_damaged_file_is_read_or_refused(seed, released_file):
    path = released_file(SMALL)
    data = bytearray(path.read_bytes())
    generator = np.random.default_rng(seed)
    for place in generator.integers(0, len(data), 4).tolist() + generator.integers(0, 3000, 4).tolist():
        data[place] ^= 1 << int(generator.integers(8))
    path.write_bytes(data)
    try:
        build_released(read_released(path))
    except PoseloomError as error:
        assert "\n" not in str(error)


def test_another_task(released_file):
    with pytest.raises(FileError, match="is PoseVAE, of task 'generation', expected one of task 'retrieval'"):
        read_released(released_file(SMALL), task="retrieval")


def test_files_of_another_structure(released_file, contents, tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"weights": {}}, path)
    with pytest.raises(FileError, match="no 'model' table"):
        read_released(path)
    cases = [
        ({"args": None}, "has no 'args'"),
        ({"model": {"network.0.weight": torch.zeros(2)}}, "no known model, but network"),
        ({"model": {"a": 3}}, "'a' that is no plain tensor"),
        ({"model": {**contents(SMALL)["model"], "decsigma_rot": torch.tensor([torch.nan])}}, "not finite"),
        ({"args": argparse.Namespace(num_body_joints=22)}, "args.latentD is missing"),
        ({"args": argparse.Namespace(num_body_joints=22, latentD="x")}, "args.latentD is 'x'"),
        ({"args": argparse.Namespace(num_body_joints=24, latentD=32)}, "expected 22 or 52"),
        ({"args": argparse.Namespace(num_body_joints=22, latentD=16)}, r"\[32, 512\], by its args \[16, 512\]"),
        ({"args": argparse.Namespace(num_body_joints=22, latentD=10**9)}, "from 1 to"),
    ]
    for changes, message in cases:
        with pytest.raises(FileError, match=message):
            read_released(released_file(SMALL, **changes))


def test_weights_that_are_missing_or_too_many(released_file, contents):
    state = contents(SMALL)["model"]
    fewer = {name: value for name, value in state.items() if not name.startswith("pose_decoder.decoder.5")}
    with pytest.raises(FileError, match=r"lacks pose_decoder.decoder.5.weight and 1 more"):
        read_released(released_file(SMALL, model=fewer))
    with pytest.raises(FileError, match=r"has the unknown pose_decoder.x"):
        read_released(released_file(SMALL, model={**state, "pose_decoder.x": torch.zeros(1)}))


def test_more_numbers_than_the_file_has(released_file, contents):
    state = {**contents(SMALL)["model"], "decsigma_rot": torch.zeros(1).expand(10**9)}
    with pytest.raises(FileError, match="more numbers than it has"):
        read_released(released_file(SMALL, model=state))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"decoder_nhead": 7}, "do not fit each other"),
        ({"decoder_nlayers": 10**5}, "args.decoder_nlayers"),
        ({"transformer_mode": "telepathy"}, "expected one of crossattention, prompt"),
    ],
)
def test_options_that_do_not_fit(changed, message, released_file, contents):
    arguments = {**vars(contents(CAPTIONS)["args"]), **changed}
    with pytest.raises(FileError, match=message):
        read_released(released_file(CAPTIONS, args=argparse.Namespace(**arguments)))
