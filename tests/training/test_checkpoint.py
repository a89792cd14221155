"""Files that are no checkpoint of this model are refused in one line; what they hold is never run."""

import argparse
import os
import pickle

import pytest
import torch
from torch import nn

from poseloom.base.errors import FileError
from poseloom.training.checkpoint import load_weights, read_checkpoint, write_checkpoint

CONTENT = {"task": "toy", "recipe": {"task": "toy"}, "weights": {"w": torch.arange(4.0)}}


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_what_is_written_is_read(tmp_path):
    write_checkpoint(tmp_path / "a.ckpt", CONTENT)
    read = read_checkpoint(tmp_path / "a.ckpt", "toy")
    assert torch.equal(read["weights"]["w"], CONTENT["weights"]["w"]) and read["recipe"] == CONTENT["recipe"]


def bad_files(folder):
    trace = folder / "ran"
    write_checkpoint(folder / "good.ckpt", CONTENT)
    good = (folder / "good.ckpt").read_bytes()
    files = {
        "cut off": (good[:-100], "is damaged, cut off"),
        "half": (good[: len(good) // 2], "is damaged, cut off"),
        "empty": (b"", "is empty"),
        "text": (b"hello", "is damaged"),
        "bare pickle": (pickle.dumps(Payload(trace)), "is damaged, cut off, or no checkpoint"),
        "old pickle": (pickle.dumps(Payload(trace), protocol=2), r"holds code \(\w+\.system\), which is never run"),
    }
    for name, (content, message) in files.items():
        path = folder / f"{name}.ckpt"
        path.write_bytes(content)
        yield path, message
    objects = {
        "code": ({**CONTENT, "weights": Payload(trace)}, r"holds code \(\w+\.system\)"),
        "arguments": ({**CONTENT, "args": argparse.Namespace(lr=1)}, r"holds code \(argparse.Namespace\)"),
        "other dict": ({"model": {}}, "is not a checkpoint of a poseloom run; .* 'poseloom models import'"),
        "number": (3, "is not a checkpoint"),
        "later version": ({**CONTENT, "format": "poseloom training checkpoint", "version": 9}, "has version 9"),
    }
    for name, (content, message) in objects.items():
        path = folder / f"{name}.pth"
        torch.save(content, path)
        yield path, message


def test_bad_files_are_refused(tmp_path):
    for path, message in bad_files(tmp_path):
        with pytest.raises(FileError, match=message) as refused:
            read_checkpoint(path, "toy")
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "ran").exists()


def test_another_task_is_refused(tmp_path):
    write_checkpoint(tmp_path / "a.ckpt", CONTENT)
    with pytest.raises(FileError, match="is of task 'toy', expected 'retrieval'"):
        read_checkpoint(tmp_path / "a.ckpt", "retrieval")


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a.ckpt"
    write_checkpoint(path, CONTENT)
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(FileError, match="No space left"):
        write_checkpoint(path, {**CONTENT, "more": torch.zeros(9)})
    assert "more" not in read_checkpoint(path) and [file.name for file in tmp_path.iterdir()] == ["a.ckpt"]


def test_weights_of_another_model_are_told_by_name():
    model = nn.Linear(2, 3)
    weights = {"weight": torch.zeros(3, 4), "scale": torch.zeros(1)}
    message = "lacks bias, has besides scale, has another shape for weight; use the recipe"
    with pytest.raises(FileError, match=message):
        load_weights(model, weights, "a.ckpt", ())


def test_names_left_out_are_not_asked_for():
    model = nn.Linear(2, 3)
    before = model.bias.detach().clone()
    load_weights(model, {"weight": torch.ones(3, 2)}, "a.ckpt", ("bias",))
    assert torch.equal(model.weight, torch.ones(3, 2)) and torch.equal(model.bias, before)
